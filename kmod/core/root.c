// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: windows
 *
 * A window is a range of HPA space that the platform routes to host bridges: a
 * root decoder. Each has its place in the iomem tree, where whatever was there
 * before, Soft Reserved ranges above all, goes below it. Windows are looked up
 * by address.
 */
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/memregion.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "interleave.h"
#include "region.h"
#include "user_region.h"

/* HPA -> struct cxl_root_decoder; changed and read under cxl_rwsem.region */
static struct maple_tree cxla_windows =
	MTREE_INIT(cxla_windows, MT_FLAGS_ALLOC_RANGE);

#define CAP_ATTR(_name, _flag) \
	CXLA_ATTR_RO(_name, "%d", !!(to_cxl_decoder(dev)->flags & (_flag)))

CAP_ATTR(cap_ram, CXL_DECODER_F_RAM);
CAP_ATTR(cap_pmem, CXL_DECODER_F_PMEM);
CAP_ATTR(cap_type2, CXL_DECODER_F_TYPE2);
CAP_ATTR(cap_type3, CXL_DECODER_F_TYPE3);
CXLA_ATTR_RO(qos_class, "%d", to_cxl_root_decoder(dev)->qos_class);

static ssize_t delete_region_store(struct device *dev,
				   struct device_attribute *attr,
				   const char *buf, size_t len)
{
	int rc = cxla_region_delete(to_cxl_root_decoder(dev), buf);

	return rc ?: len;
}
static DEVICE_ATTR_WO(delete_region);

static ssize_t create_ram_region_show(struct device *dev,
				      struct device_attribute *attr, char *buf)
{
	int id = cxla_user_region_next(to_cxl_root_decoder(dev));

	return id < 0 ? id : sysfs_emit(buf, "region%d\n", id);
}

static ssize_t create_ram_region_store(struct device *dev,
				       struct device_attribute *attr,
				       const char *buf, size_t len)
{
	int rc = cxla_user_region_make(to_cxl_root_decoder(dev), buf);

	return rc ?: len;
}
static DEVICE_ATTR_RW(create_ram_region);

static struct attribute *cxla_root_attributes[] = {
	&dev_attr_cap_ram.attr,
	&dev_attr_cap_pmem.attr,
	&dev_attr_cap_type2.attr,
	&dev_attr_cap_type3.attr,
	&dev_attr_qos_class.attr,
	&dev_attr_create_ram_region.attr,
	&dev_attr_delete_region.attr,
	NULL
};

static umode_t cxla_root_visible(struct kobject *kobj, struct attribute *a,
				 int n)
{
	struct cxl_root_decoder *cxlrd =
		to_cxl_root_decoder(kobj_to_dev(kobj));

	return a != &dev_attr_create_ram_region.attr ||
	       cxla_window_is_ram(cxlrd) ? a->mode : 0;
}

static const struct attribute_group cxla_root_group = {
	.attrs = cxla_root_attributes,
	.is_visible = cxla_root_visible,
};

static const struct attribute_group *cxla_root_groups[] = {
	&cxla_base_group,
	&cxla_decoder_group,
	&cxla_decoder_targets_group,
	&cxla_root_group,
	NULL
};

static void cxla_decoder_root_release(struct device *dev)
{
	struct cxl_root_decoder *cxlrd = to_cxl_root_decoder(dev);

	cxla_decoder_put_port(&cxlrd->cxld);
	if (cxlrd->next_id >= 0)
		memregion_free(cxlrd->next_id);
	mtree_destroy(&cxlrd->regions);
	mutex_destroy(&cxlrd->regions_lock);
	kfree(cxlrd->res.name);
	kfree(cxlrd);
}

static const struct cxla_type cxla_decoder_root_type = {
	.base.name = "cxl_decoder_root",
	.base.release = cxla_decoder_root_release,
	.base.groups = cxla_root_groups,
	.id = CXLA_DEVICE_DECODER,
};

static int cxla_window_insert(struct cxl_root_decoder *cxlrd,
			      const struct range *range)
{
	struct resource *res = &cxlrd->res;

	res->start = range->start;
	res->end = range->end;
	res->flags = IORESOURCE_MEM;
	res->desc = IORES_DESC_CXL;
	res->name = kasprintf(GFP_KERNEL, "CXL Window %d", cxlrd->cxld.id);
	if (!res->name)
		return -ENOMEM;

	return cxla_resource_insert(NULL, res);
}

static int cxla_window_index(struct cxl_root_decoder *cxlrd)
{
	const struct range *range = &cxlrd->cxld.hpa_range;

	guard(rwsem_write)(&cxl_rwsem.region);
	return mtree_insert_range(&cxla_windows, range->start, range->end,
				  cxlrd, GFP_KERNEL);
}

static void cxla_window_forget(struct cxl_root_decoder *cxlrd)
{
	guard(rwsem_write)(&cxl_rwsem.region);
	mtree_erase(&cxla_windows, cxlrd->cxld.hpa_range.start);
}

/**
 * cxla_window_add() - add a window
 * @root: root port; the caller keeps it
 * @id: instance, below the count given to cxla_decoders_alloc()
 * @window: what the platform says
 *
 * Return: 0; -EEXIST: it overlaps one that is there already; -EBUSY: there is
 * no place for it in the iomem tree; -ENOMEM.
 */
int cxla_window_add(struct cxl_port *root, int id,
		    const struct cxla_window *window)
{
	struct cxl_root_decoder *cxlrd;
	struct cxl_decoder *cxld;
	int rc;

	cxlrd = kzalloc(sizeof(*cxlrd), GFP_KERNEL);
	if (!cxlrd)
		return -ENOMEM;
	mutex_init(&cxlrd->regions_lock);
	mt_init_flags(&cxlrd->regions, MT_FLAGS_ALLOC_RANGE);
	INIT_LIST_HEAD(&cxlrd->orphans);
	INIT_LIST_HEAD(&cxlrd->user_made);
	cxlrd->next_id = -1;
	cxlrd->qos_class = window->qos_class;
	cxlrd->xor = window->xor && window->ways > 1;
	cxlrd->has_maps = window->nr_maps >=
			  cxl_interleave_nr_maps(window->ways);
	memcpy(cxlrd->maps, window->maps, sizeof(cxlrd->maps));

	cxld = &cxlrd->cxld;
	rc = cxla_decoder_init(cxld, root, id, &cxla_decoder_root_type);
	cxld->hpa_range = window->range;
	cxld->ways = window->ways;
	cxld->granularity = window->granularity;
	cxld->flags = window->flags | CXL_DECODER_F_ENABLE;
	cxld->nr_targets = window->ways;
	memcpy(cxld->targets, window->targets, sizeof(cxld->targets));
	if (rc)
		goto err_put;

	rc = cxla_window_index(cxlrd);
	if (rc)
		goto err_put;
	rc = cxla_window_insert(cxlrd, &window->range);
	if (rc)
		goto err_erase;
	rc = device_add(&cxld->dev);
	if (rc)
		goto err_withdraw;

	down_write(&cxl_rwsem.region);
	root->decoders[id] = cxld;
	up_write(&cxl_rwsem.region);
	return 0;

err_withdraw:
	cxla_resource_remove(&cxlrd->res);
err_erase:
	cxla_window_forget(cxlrd);
err_put:
	put_device(&cxld->dev);
	return rc;
}
EXPORT_SYMBOL_NS_GPL(cxla_window_add, "CXL");

/**
 * cxla_windows_remove() - take all windows of a root away
 * @root: root port; no port is left below, and so no region but what userspace
 *	describes
 */
void cxla_windows_remove(struct cxl_port *root)
{
	for (int i = 0; i < root->nr_decoders; i++) {
		struct cxl_root_decoder *cxlrd;

		if (!root->decoders[i])
			continue;
		cxlrd = to_cxl_root_decoder(&root->decoders[i]->dev);
		cxla_user_regions_end(cxlrd);
		cxla_window_forget(cxlrd);
		cxla_resource_remove(&cxlrd->res);
	}
	cxla_decoders_remove(root);
}
EXPORT_SYMBOL_NS_GPL(cxla_windows_remove, "CXL");

/* what is behind a window that it ends in is not CXL's: a hole for MMIO */
static bool cxla_window_holds(const struct cxl_root_decoder *cxlrd,
			      const struct range *range)
{
	return cxla_range_contains(&cxlrd->cxld.hpa_range, range) ||
	       cxlrd->cxld.hpa_range.start == range->start;
}

/**
 * cxla_window_find() - the window that a range is in
 * @range: HPA, inclusive
 *
 * Decoders map multiples of 256 MiB times their ways, and a window may end where
 * memory below 4 GiB makes room for MMIO. A range that begins with its window and
 * is larger is in it, and cxla_window_part() is what CXL has of it: the kernel's
 * convention for low memory holes, Documentation/driver-api/cxl/conventions.
 *
 * Return: its root decoder with a reference to its device, or NULL.
 */
struct cxl_root_decoder *cxla_window_find(const struct range *range)
{
	struct cxl_root_decoder *cxlrd;

	guard(rwsem_read)(&cxl_rwsem.region);
	cxlrd = mtree_load(&cxla_windows, range->start);
	if (!cxlrd || !cxla_window_holds(cxlrd, range))
		return NULL;
	get_device(&cxlrd->cxld.dev);
	return cxlrd;
}

/**
 * cxla_window_report() - a range is in no window
 * @hw: the device to name
 * @name: of the decoder that maps it
 * @range: HPA, inclusive
 *
 * Says which window it meets, if any, and how far it is out of that.
 */
void cxla_window_report(struct device *hw, const char *name,
			const struct range *range)
{
	struct cxl_root_decoder *cxlrd;
	unsigned long index = range->start;
	u64 before, behind;

	guard(rwsem_read)(&cxl_rwsem.region);
	cxlrd = mt_find(&cxla_windows, &index, range->end);
	if (!cxlrd) {
		dev_err(hw, "%s: [%#llx-%#llx] is in no window\n", name,
			range->start, range->end);
		return;
	}
	before = cxlrd->cxld.hpa_range.start -
		 min(range->start, cxlrd->cxld.hpa_range.start);
	behind = max(range->end, cxlrd->cxld.hpa_range.end) -
		 cxlrd->cxld.hpa_range.end;
	dev_err(hw, "%s: [%#llx-%#llx] is in no window: it begins %#llx bytes before %s [%#llx-%#llx], and ends %#llx bytes behind it\n",
		name, range->start, range->end, before,
		dev_name(&cxlrd->cxld.dev), cxlrd->cxld.hpa_range.start,
		cxlrd->cxld.hpa_range.end, behind);
}

/**
 * cxla_region_next() - the region at an address, or behind it
 * @hpa: address
 * @line: what the ledger says of a region that nobody has
 *
 * Context: sleeps; takes regions_lock of one window at a time.
 * Return: false: there is none.
 */
bool cxla_region_next(u64 hpa, struct cxla_ledger_line *line)
{
	struct cxl_root_decoder *cxlrd;
	unsigned long window = hpa;
	struct cxl_region *cxlr;

	do {
		unsigned long index = hpa;

		scoped_guard(rwsem_read, &cxl_rwsem.region) {
			cxlrd = mt_find(&cxla_windows, &window, ULONG_MAX);
			if (!cxlrd)
				return false;
			get_device(&cxlrd->cxld.dev);
		}
		scoped_guard(mutex, &cxlrd->regions_lock) {
			cxlr = mt_find(&cxlrd->regions, &index, ULONG_MAX);
			if (cxlr) {
				*line = (struct cxla_ledger_line) {
					.range = cxla_region_range(cxlr),
					.verdict.why = CXLA_WHY_REGION_IDLE,
					.time_ns = cxlr->since_ns,
				};
				strscpy(line->verdict.who, dev_name(&cxlr->dev));
			}
		}
		put_device(&cxlrd->cxld.dev);
	} while (!cxlr && window);
	return cxlr;
}
EXPORT_SYMBOL_NS_GPL(cxla_region_next, "CXL");

/**
 * cxla_root_absent_reason() - why there is no root
 *
 * The core knows nothing of ACPI but the name of the device that stands for a
 * CXL root (CXL 3.1 section 9.18.3), to tell who has it.
 *
 * Return: one of no-root, root-unbound, root-in-use.
 */
enum cxla_reason cxla_root_absent_reason(void)
{
	enum cxla_reason reason = CXLA_REASON_ROOT_UNBOUND;
	struct device *dev;

	dev = bus_find_device_by_name(&platform_bus_type, NULL, "ACPI0017:00");
	if (!dev)
		return CXLA_REASON_NO_ROOT;

	/* somebody who holds the lock is about to bind or unbind it */
	if (device_trylock(dev)) {
		if (dev->driver && !strcmp(dev->driver->name, "cxl_acpi"))
			reason = CXLA_REASON_ROOT_IN_USE;
		else if (dev->driver)
			reason = CXLA_REASON_NO_ROOT;
		device_unlock(dev);
	}
	put_device(dev);
	return reason;
}
EXPORT_SYMBOL_NS_GPL(cxla_root_absent_reason, "CXL");
