// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: memdevs
 *
 * A memdev stands for the CXL.mem capability of a PCI device, as a child of it.
 * Adding one is synchronous: on return the topology above was found, the
 * decoders were read, the region was assembled, or all of that was undone.
 *
 * One devres action on the PCI device owns a memdev. It runs when the driver is
 * unbound, or when the worker of attach.c takes the range back.
 */
#include <linux/idr.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "../pause/pause.h"
#include "access.h"
#include "attach.h"
#include "mem_node.h"
#include "retry.h"
#include "snapshot.h"
#include "trace.h"

static DEFINE_IDA(cxla_memdev_ida);

/* of a memory device that was asked; empty of others, as mainline has it */
static const struct cxla_mem_identity *cxla_identity(struct device *dev)
{
	return &to_cxl_memdev(dev)->cxlds->identity;
}

CXLA_ATTR_RO(serial, "%#llx", to_cxl_memdev(dev)->cxlds->serial);
CXLA_ATTR_RO(numa_node, "%d", dev_to_node(dev));
CXLA_ATTR_RO(firmware_version, "%s", cxla_identity(dev)->firmware);

/* a number that is known, or nothing */
#define IDENTITY_ATTR(_name, _field)					       \
static ssize_t _name##_show(struct device *dev,				       \
			    struct device_attribute *attr, char *buf)	       \
{									       \
	if (!cxla_identity(dev)->known)					       \
		return sysfs_emit(buf, "\n");				       \
	return sysfs_emit(buf, "%u\n", cxla_identity(dev)->_field);	       \
}									       \
static DEVICE_ATTR_RO(_name)

IDENTITY_ATTR(payload_max, payload_max);
IDENTITY_ATTR(label_storage_size, label_storage);

static struct attribute *cxla_memdev_attributes[] = {
	&dev_attr_firmware_version.attr,
	&dev_attr_payload_max.attr,
	&dev_attr_label_storage_size.attr,
	&dev_attr_serial.attr,
	&dev_attr_numa_node.attr,
	NULL
};

static umode_t cxla_memdev_visible(struct kobject *kobj, struct attribute *a,
				   int n)
{
	if (!IS_ENABLED(CONFIG_NUMA) && a == &dev_attr_numa_node.attr)
		return 0;
	return a->mode;
}

static const struct attribute_group cxla_memdev_group = {
	.attrs = cxla_memdev_attributes,
	.is_visible = cxla_memdev_visible,
};

/* all of a device that nobody asked is taken for volatile */
CXLA_ATTR_SHOW(ram_size, "%#llx", cxla_identity(dev)->known ?
	       cxla_identity(dev)->ram : to_cxl_memdev(dev)->cxlds->capacity);
static struct device_attribute dev_attr_ram_size =
	__ATTR(size, 0444, ram_size_show, NULL);
static struct attribute *cxla_memdev_ram_attributes[] = {
	&dev_attr_ram_size.attr,
	NULL
};

static const struct attribute_group cxla_memdev_ram_group = {
	.name = "ram",
	.attrs = cxla_memdev_ram_attributes,
};

CXLA_ATTR_SHOW(pmem_size, "%#llx", cxla_identity(dev)->pmem);
static struct device_attribute dev_attr_pmem_size =
	__ATTR(size, 0444, pmem_size_show, NULL);
static struct attribute *cxla_memdev_pmem_attributes[] = {
	&dev_attr_pmem_size.attr,
	NULL
};

static const struct attribute_group cxla_memdev_pmem_group = {
	.name = "pmem",
	.attrs = cxla_memdev_pmem_attributes,
};

static const struct attribute_group *cxla_memdev_groups[] = {
	&cxla_base_group,
	&cxla_memdev_group,
	&cxla_memdev_ram_group,
	&cxla_memdev_pmem_group,
	NULL
};

static void cxla_memdev_release(struct device *dev)
{
	struct cxl_memdev *cxlmd = to_cxl_memdev(dev);

	ida_free(&cxla_memdev_ida, cxlmd->id);
	cleanup_srcu_struct(&cxlmd->srcu);
	put_device(dev->parent);
	kfree(cxlmd);
}

static const struct cxla_type cxla_memdev_type = {
	.base.name = "cxl_memdev",
	.base.release = cxla_memdev_release,
	.base.groups = cxla_memdev_groups,
	.id = CXLA_DEVICE_MEMDEV,
	.life = CXLA_LIFE_OF(struct cxl_memdev),
};

static void cxla_snapshot_end(void *cxlds)
{
	cxla_snapshot_drop(cxlds);
}

struct cxl_dev_state *_devm_cxl_dev_state_create(struct device *dev,
						 enum cxl_devtype type,
						 u64 serial, u16 dvsec,
						 size_t size, bool has_mbox)
{
	struct cxl_dev_state *cxlds;

	cxla_assert_host_locked(dev);
	cxlds = devm_kzalloc(dev, size, GFP_KERNEL);
	if (!cxlds || devm_add_action(dev, cxla_snapshot_end, cxlds))
		return NULL;
	cxlds->dev = dev;
	cxlds->type = type;
	cxlds->serial = serial;
	cxlds->cxl_dvsec = dvsec;
	cxlds->reg_map.host = dev;
	cxlds->reg_map.resource = CXL_RESOURCE_NONE;
	return cxlds;
}
EXPORT_SYMBOL_NS_GPL(_devm_cxl_dev_state_create, "CXL");

int cxl_set_capacity(struct cxl_dev_state *cxlds, u64 capacity)
{
	if (!capacity)
		return -EINVAL;
	if (cxlds->capacity)
		return -EBUSY;
	cxlds->capacity = capacity;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(cxl_set_capacity, "CXL");

static struct cxl_memdev *
cxla_memdev_alloc(struct cxl_dev_state *cxlds,
		  const struct cxl_memdev_attach *attach)
{
	struct cxl_memdev *cxlmd;
	int rc;

	cxlmd = kzalloc(sizeof(*cxlmd), GFP_KERNEL);
	if (!cxlmd)
		return ERR_PTR(-ENOMEM);
	rc = init_srcu_struct(&cxlmd->srcu);
	if (rc)
		goto err_free;
	rc = ida_alloc(&cxla_memdev_ida, GFP_KERNEL);
	if (rc < 0)
		goto err_srcu;

	cxlmd->id = rc;
	cxlmd->cxlds = cxlds;
	cxlmd->attach = attach;
	cxlmd->endpoint = ERR_PTR(-ENXIO);
	cxlmd->region_id = -1;
	cxla_attach_init(cxlmd);

	/* its parent is kept for as long as there is anybody who has the memdev */
	cxla_device_init(&cxlmd->dev, get_device(cxlds->dev), &cxla_memdev_type);
	set_dev_node(&cxlmd->dev, dev_to_node(cxlds->dev));
	return cxlmd;

err_srcu:
	cleanup_srcu_struct(&cxlmd->srcu);
err_free:
	kfree(cxlmd);
	return ERR_PTR(rc);
}

/* the end of a memdev, under the lock of its PCI device */
static void cxla_memdev_unregister(void *_cxlmd)
{
	struct cxl_memdev *cxlmd = _cxlmd;
	struct cxl_dev_state *cxlds = cxlmd->cxlds;

	cxla_assert_host_locked(cxlds->dev);
	/* from here on no worker detaches the driver on behalf of this memdev */
	set_bit(CXLA_MEMDEV_F_RELEASED, &cxlmd->flags);
	WRITE_ONCE(cxlmd->life, CXLA_DYING);
	cxla_mem_node_destroy(cxlmd->node);
	cxla_pause(CXLA_PAUSE_MEMDEV_ENDING);
	cxla_attach_revoke(cxlmd);
	device_del(&cxlmd->dev);
	cxla_pause(CXLA_PAUSE_MEMDEV_DELETED);
	/* why the driver is without a range from here on */
	if (test_bit(CXLA_MEMDEV_F_ATTACHED, &cxlmd->flags))
		cxlds->reason = CXLA_REASON_REVOKED;
	for (int i = 0; i < cxlmd->nr_more; i++)
		cxla_unclaim(&cxlmd->more[i]);
	cxla_unclaim(&cxlmd->claim);
	cxlds->cxlmd = NULL;
	cxla_retry_update(cxlds);
	put_device(&cxlmd->dev);
}

/**
 * cxla_memdev_drop() - give a memdev up before the driver is unbound
 * @cxlmd: registered memdev
 *
 * Context: the lock of its PCI device is held.
 */
void cxla_memdev_drop(struct cxl_memdev *cxlmd)
{
	devm_release_action(cxlmd->cxlds->dev, cxla_memdev_unregister, cxlmd);
}

void devm_cxl_del_memdev(struct cxl_dev_state *cxlds)
{
	cxla_assert_host_locked(cxlds->dev);
	if (!cxlds->cxlmd)
		return;
	/* who gives it up does not want it back for what came long ago */
	cxla_news_seen(cxlds);
	cxla_accel_enter();
	cxla_memdev_drop(cxlds->cxlmd);
	cxla_accel_exit();
}
EXPORT_SYMBOL_NS_GPL(devm_cxl_del_memdev, "CXL");

void cxl_reset_begin(struct cxl_dev_state *cxlds, enum cxl_reset_kind kind)
{
	cxla_assert_host_locked(cxlds->dev);
	cxlds->held |= BIT(kind);
	devm_cxl_del_memdev(cxlds);
	/* in a recovery the device may not take what CPUs write back */
	if (kind == CXL_RESET)
		cxla_snapshot_flush(cxlds);
	cxla_retry_update(cxlds);
}
EXPORT_SYMBOL_NS_GPL(cxl_reset_begin, "CXL");

bool cxl_reset_end(struct cxl_dev_state *cxlds, enum cxl_reset_kind kind)
{
	cxla_assert_host_locked(cxlds->dev);
	cxlds->held &= ~BIT(kind);
	WRITE_ONCE(cxlds->was_reset, true);
	if (!cxlds->held && !cxlds->cxlmd)
		cxla_snapshot_restore(cxlds);
	cxla_retry_update(cxlds);
	return !cxlds->held;
}
EXPORT_SYMBOL_NS_GPL(cxl_reset_end, "CXL");

/**
 * cxla_memdev_restore() - what a reset took comes back before an endpoint comes up
 * @cxlmd: memdev that is being bound, by its driver's attach, a retry, or userspace
 *
 * Context: the lock of the memdev is held, and no port's; sleeps.
 */
void cxla_memdev_restore(struct cxl_memdev *cxlmd)
{
	struct cxl_dev_state *cxlds = cxlmd->cxlds;

	device_lock_assert(&cxlmd->dev);
	if (!xchg(&cxlds->was_reset, false))
		return;
	if (cxla_snapshot_restore(cxlds) == -EAGAIN)
		WRITE_ONCE(cxlds->was_reset, true);
	cxla_ports_reread(cxlds);
}
EXPORT_SYMBOL_NS_GPL(cxla_memdev_restore, "CXL");

/* what a failed or successful attach leaves with the driver */
static void cxla_memdev_result(struct cxl_memdev *cxlmd, int rc)
{
	struct cxl_attach_region *attach = cxlmd->attach_region;
	struct cxl_dev_state *cxlds = cxlmd->cxlds;

	cxlds->error = rc;
	cxlds->reason = CXLA_REASON_NONE;
	if (rc == -ENXIO && cxlmd->reason)
		cxlds->reason = cxlmd->reason;
	else if (rc)
		cxlds->reason = CXLA_REASON_ERROR;
	cxlds->record = cxlmd->record;

	/* the attach may have failed long before it asked for its region */
	if (!attach && cxlmd->attach &&
	    cxlmd->attach->probe == cxl_memdev_attach_region)
		attach = container_of(cxlmd->attach, struct cxl_attach_region,
				      attach);
	if (rc && attach) {
		attach->region = (struct range) { .start = 0, .end = -1 };
		attach->nr_more = 0;
		attach->reason = cxlds->reason;
	}
	trace_cxla_attach(cxlmd, rc, cxlds->reason);
}

/*
 * Bring a memdev up. From when this has succeeded the attach is one that has to
 * be revoked and detached; or it failed, and nobody will call the driver about
 * it. One without attach may be idle when there is a reason.
 */
static int cxla_memdev_bring_up(struct cxl_memdev *cxlmd)
{
	int rc = cxla_device_bind(&cxlmd->dev);

	if (!cxlmd->attach) {
		if (!rc)
			rc = cxla_memdev_reroute(cxlmd);
		return rc == -ENXIO || rc == -ESHUTDOWN ? 0 : rc;
	}
	/* somebody unbound it, and binds it again */
	if (rc == -EBUSY && test_bit(CXLA_MEMDEV_F_REVOKING, &cxlmd->flags))
		rc = 0;
	if (!rc && !cxla_attach_complete(cxlmd))
		rc = cxla_refuse(cxlmd, CXLA_REASON_REVOKED);
	return rc;
}

/* with its node: there is none without, and who looks for it finds it at once */
static struct cxl_memdev *
cxla_memdev_alloc_with_node(struct cxl_dev_state *cxlds,
			    const struct cxl_memdev_attach *attach)
{
	struct cxl_memdev *cxlmd = cxla_memdev_alloc(cxlds, attach);
	struct cxla_mem_node *node;

	if (IS_ERR(cxlmd))
		return cxlmd;
	node = cxla_mem_node_create(cxlmd);
	if (IS_ERR(node)) {
		put_device(&cxlmd->dev);
		return ERR_CAST(node);
	}
	cxlmd->node = node;
	return cxlmd;
}

static struct cxl_memdev *
cxla_memdev_try(struct cxl_dev_state *cxlds,
		const struct cxl_memdev_attach *attach,
		const struct cxla_meter *meter)
{
	struct cxl_memdev *cxlmd;
	int rc;

	cxlmd = cxla_memdev_alloc_with_node(cxlds, attach);
	if (IS_ERR(cxlmd)) {
		cxlds->reason = CXLA_REASON_ERROR;
		cxlds->error = PTR_ERR(cxlmd);
		return cxlmd;
	}

	cxla_pause(CXLA_PAUSE_ATTACH_BEGIN);
	cxla_record_start(cxlmd);
	rc = dev_set_name(&cxlmd->dev, "mem%d", cxlmd->id);
	if (!rc)
		rc = device_add(&cxlmd->dev);
	if (!rc) {
		cxlds->cxlmd = cxlmd;
		rc = devm_add_action(cxlds->dev, cxla_memdev_unregister, cxlmd);
		if (rc) {
			cxlds->cxlmd = NULL;
			device_del(&cxlmd->dev);
		}
	}
	if (rc) {
		cxla_record_end(cxlmd, &meter->count);
		cxla_memdev_result(cxlmd, rc);
		cxla_mem_node_destroy(cxlmd->node);
		put_device(&cxlmd->dev);
		return ERR_PTR(rc);
	}

	/* the device is what its driver takes it for */
	if (cxla_is_expander(cxlmd))
		cxla_unreserve(dev_name(cxlds->dev));
	WRITE_ONCE(cxlmd->life, CXLA_LIVE);
	rc = cxla_memdev_bring_up(cxlmd);
	cxla_pause(CXLA_PAUSE_ATTACH_COMPLETE);
	cxla_record_end(cxlmd, &meter->count);
	cxla_memdev_result(cxlmd, rc);
	if (rc) {
		cxla_memdev_drop(cxlmd);
		return ERR_PTR(rc);
	}
	return cxlmd;
}

/**
 * cxla_memdev_add() - devm_cxl_add_memdev(), which documents it
 * @cxlds: device state
 * @attach: what the driver needs
 */
struct cxl_memdev *cxla_memdev_add(struct cxl_dev_state *cxlds,
				   const struct cxl_memdev_attach *attach)
{
	/* what finding the registers cost is a part of the first attach */
	struct cxla_meter meter = { .count = cxlds->reg_map.access };
	struct cxl_memdev *cxlmd;

	cxla_assert_host_locked(cxlds->dev);
	/* what is known of the memdev that is there stays known */
	if (cxlds->cxlmd)
		return ERR_PTR(-EBUSY);
	cxlds->reason = CXLA_REASON_ERROR;
	cxlds->error = -EBUSY;
	if (cxlds->held || cxla_device_detaching(cxlds->dev))
		return ERR_PTR(-EBUSY);
	if (!attach && !cxlds->waiter) {
		cxlds->error = devm_cxl_attach_retry(cxlds, NULL);
		if (cxlds->error)
			return ERR_PTR(cxlds->error);
	}

	cxlds->reg_map.access = (struct cxla_access) { };
	cxla_news_seen(cxlds);
	cxla_accel_enter();
	cxla_meter_start(&meter);
	cxlmd = cxla_memdev_try(cxlds, attach, &meter);
	/* an attach that has failed is over: the next one is another memdev's */
	if (PTR_ERR(cxlmd) == -ENXIO && cxla_is_rerouted(cxlds))
		cxlmd = cxla_memdev_try(cxlds, attach, &meter);
	cxla_retry_update(cxlds);
	cxla_meter_stop(&meter);
	cxla_accel_exit();
	return cxlmd;
}
EXPORT_SYMBOL_NS_GPL(cxla_memdev_add, "CXL");
