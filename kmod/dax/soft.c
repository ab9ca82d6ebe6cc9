// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: Soft Reserved ranges, and who has something to say about them
 *
 * Windows are read from CEDT, so that it doesn't matter whether cxla_acpi came
 * before. Regions are those of the core. Somebody else's shows in the iomem
 * tree.
 *
 * A device is meant for the driver of an accelerator, and what hardware decodes
 * for it is kept for that driver, when
 *
 * - it is bound to a driver that is none of memory expanders, or
 * - it is not bound, and driver_override names such a driver, or
 * - it is not bound, nothing is named, and its class is not that of memory
 *   expanders (CXL 3.1 section 8.1.12.1: 0502h).
 *
 * That is asked once, when ranges are decided about: a driver_override written
 * later comes too late, as does a driver that binds by its ids alone to a
 * device with the class of an expander.
 *
 * Its own decoders and DVSEC say what hardware decodes for it, and so do the
 * bridges above it, each by itself. A device that is asleep is not woken, and
 * what the bridges say is all there is. Where nobody can be asked all windows
 * are kept, and where a window is broken all ranges.
 *
 * Only CXL devices are locked, and none for ever: one whose lock somebody else
 * has is taken to be meant for an accelerator when it is not free in time.
 */
#include <linux/acpi.h>
#include <linux/dax.h>
#include <linux/delay.h>
#include <linux/ioport.h>
#include <linux/jiffies.h>
#include <linux/memregion.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "../compat/override.h"
#include "../core/pci.h"
#include "../core/peek.h"
#include "../core/root.h"
#include "cedt.h"
#include "hmem.h"

/* all locks of devices together are waited for that long */
#define SURVEY_LOCK_MS	5000
#define SURVEY_POLL_MS	20

static int cxla_soft_part(struct cxla_soft_ranges *soft, u64 start, u64 end,
			  enum carve_kind kind, const char *who)
{
	struct carve_part *parts, *part;

	parts = krealloc_array(soft->parts, soft->nr_parts + 1, sizeof(*parts),
			       GFP_KERNEL);
	if (!parts)
		return -ENOMEM;
	soft->parts = parts;
	part = &parts[soft->nr_parts++];
	part->start = start;
	part->end = end;
	part->kind = kind;
	strscpy(part->who, who);
	return 0;
}

/* ------------------------- ranges and windows ---------------------- */

static int cxla_soft_window(const struct cedt_cfmws *cfmws, void *soft)
{
	return cxla_soft_part(soft, cfmws->base, cfmws->base + cfmws->size - 1,
			      CARVE_WINDOW, "");
}

/* where the table itself is broken any entry may be lost; cxla_acpi complains */
static void cxla_soft_skipped(size_t offset, int type, const char *what,
			      void *arg)
{
	struct cxla_soft_ranges *soft = arg;

	if (type != CEDT_TYPE_CHBS && type != CEDT_TYPE_CXIMS)
		soft->lost_windows = true;
}

/* -ENOENT: there is no table; -EINVAL: it is none */
static int cxla_soft_cedt(const struct cedt_visitor *visitor)
{
	struct acpi_table_header *table;
	int rc;

	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_CEDT, 0, &table)))
		return -ENOENT;
	rc = cedt_walk(table, table->length, visitor);
	acpi_put_table(table);
	return rc;
}

static int cxla_soft_windows(struct cxla_soft_ranges *soft)
{
	const struct cedt_visitor visitor = {
		.cfmws = cxla_soft_window,
		.bad = cxla_soft_skipped,
		.arg = soft,
	};
	int rc = cxla_soft_cedt(&visitor);

	soft->cedt = rc != -ENOENT;
	soft->lost_windows |= rc == -EINVAL;
	return rc == -ENOMEM ? rc : 0;
}

/**
 * struct cxla_soft_walk - ranges are being collected
 * @soft: where they go
 * @first: the first one of the resource that is looked at
 * @nid: NUMA node of that resource
 */
struct cxla_soft_walk {
	struct cxla_soft_ranges *soft;
	size_t first;
	int nid;
};

static int cxla_soft_range_add(struct resource *res, void *arg)
{
	struct cxla_soft_walk *walk = arg;
	struct cxla_soft_ranges *soft = walk->soft;
	struct cxla_soft_range *ranges;

	/* where one entry ends and the next one begins does not matter */
	if (soft->nr_ranges > walk->first &&
	    soft->ranges[soft->nr_ranges - 1].range.end + 1 == res->start) {
		soft->ranges[soft->nr_ranges - 1].range.end = res->end;
		return 0;
	}
	ranges = krealloc_array(soft->ranges, soft->nr_ranges + 1,
				sizeof(*ranges), GFP_KERNEL);
	if (!ranges)
		return -ENOMEM;
	soft->ranges = ranges;
	ranges[soft->nr_ranges++] = (struct cxla_soft_range) {
		.range = { res->start, res->end },
		.nid = walk->nid,
	};
	return 0;
}

/* firmware may describe more memory than it reserves */
static int cxla_soft_resource(struct device *host, int nid,
			      const struct resource *res)
{
	struct cxla_soft_walk *walk = dev_get_drvdata(host);
	int rc;

	walk->first = walk->soft->nr_ranges;
	walk->nid = nid;
	rc = cxla_walk_soft_reserved(res->start, res->end, walk,
				     cxla_soft_range_add);
	return rc == -EINVAL ? 0 : rc;
}

/**
 * cxla_soft_read() - what firmware says of ranges and windows
 * @dev: hmem_platform, its lock held; its driver data is used meanwhile
 * @soft: filled in; to be freed in any case
 *
 * Return: 0, or -ENOMEM.
 */
int cxla_soft_read(struct device *dev, struct cxla_soft_ranges *soft)
{
	struct cxla_soft_walk walk = { .soft = soft };
	int rc;

	device_lock_assert(dev);
	rc = cxla_soft_windows(soft);
	if (rc)
		return rc;
	dev_set_drvdata(dev, &walk);
	rc = walk_hmem_resources(dev, cxla_soft_resource);
	dev_set_drvdata(dev, NULL);
	return rc;
}

void cxla_soft_free(struct cxla_soft_ranges *soft)
{
	kfree(soft->ranges);
	kfree(soft->parts);
	*soft = (struct cxla_soft_ranges) { };
}

/* ------------------------------ survey ----------------------------- */

static bool cxla_is_expander_driver(const char *name)
{
	return !strcmp(name, "cxla_pci") || !strcmp(name, "cxl_pci");
}

/* its lock is held */
static bool cxla_is_meant_for_accel(struct pci_dev *pdev)
{
	int override;

	if (pdev->dev.driver)
		return !cxla_is_expander_driver(pdev->dev.driver->name);
	override = cxla_match_driver_override(pdev, "cxla_pci");
	if (override >= 0)
		return !override &&
		       cxla_match_driver_override(pdev, "cxl_pci") != 1;
	return pdev->class >> 8 != PCI_CLASS_MEMORY_CXL;
}

struct cxla_soft_chbs {
	u64 uid;
	u64 base;
};

static int cxla_soft_match_chbs(const struct cedt_chbs *chbs, void *arg)
{
	struct cxla_soft_chbs *search = arg;

	/* the first one counts, as for cxla_acpi; CXL 1.1 has no such registers */
	if (chbs->uid != search->uid ||
	    chbs->version != CEDT_CHBS_VERSION_CXL20 || search->base)
		return 0;
	search->base = chbs->base;
	return 0;
}

/* cxla_peek_chbs::find */
static int cxla_soft_find_chbs(struct device *bridge, u64 *base)
{
	struct cxla_soft_chbs search = { };
	const struct cedt_visitor visitor = {
		.chbs = cxla_soft_match_chbs,
		.arg = &search,
	};

	if (acpi_dev_uid_to_integer(ACPI_COMPANION(bridge), &search.uid))
		return -ENODEV;
	cxla_soft_cedt(&visitor);
	*base = search.base;
	return search.base ? 0 : -ENODEV;
}

static const struct cxla_peek_chbs cxla_soft_chbs = {
	.find = cxla_soft_find_chbs,
};

struct cxla_soft_device {
	struct cxla_soft_ranges *soft;
	struct pci_dev *pdev;
};

static int cxla_soft_meant(const struct range *range, void *arg)
{
	struct cxla_soft_device *device = arg;

	return cxla_soft_part(device->soft, range->start, range->end,
			      CARVE_MEANT, pci_name(device->pdev));
}

static int cxla_soft_any(const struct range *range, void *unused)
{
	return 1;
}

/*
 * 1: it is a CXL device; 0: it is none; -ENOMEM. Asked of configuration space,
 * without a lock. One that has no power can't be asked: it is one when CXL
 * bridges lead there.
 */
static int cxla_soft_is_cxl(struct pci_dev *pdev)
{
	struct cxla_peek any = { .visit = cxla_soft_any };
	int levels;

	if (cxla_peek_answers(pdev))
		return !!cxla_pci_find_dvsec(pdev, PCI_DVSEC_CXL_DEVICE);
	if (pdev->hdr_type != PCI_HEADER_TYPE_NORMAL)
		return 0;
	return cxla_peek_way(pdev, &cxla_soft_chbs, &any, &levels);
}

/* false: somebody has it all the time; all devices together wait until @deadline */
static bool cxla_soft_trylock(struct pci_dev *pdev, unsigned long deadline)
{
	while (!device_trylock(&pdev->dev)) {
		if (time_after(jiffies, deadline)) {
			pci_warn(pdev, "its lock is not free, so that what its driver is can't be asked: what it decodes is kept from device-dax\n");
			return false;
		}
		msleep(SURVEY_POLL_MS);
	}
	return true;
}

/* what may be this device's is in some window, and not all may be known */
static int cxla_soft_keep_windows(struct cxla_soft_ranges *soft,
				  struct pci_dev *pdev)
{
	size_t nr = soft->nr_parts;
	int rc = 0;

	if (soft->lost_windows) {
		pci_warn(pdev, "neither it nor a bridge above says what it decodes, and a CXL window is broken: all Soft Reserved ranges are kept from device-dax\n");
		return cxla_soft_part(soft, 0, U64_MAX, CARVE_MEANT,
				      pci_name(pdev));
	}
	pci_warn(pdev, "neither it nor a bridge above says what it decodes: all CXL windows are kept from device-dax\n");
	for (size_t i = 0; i < nr && !rc; i++)
		if (soft->parts[i].kind == CARVE_WINDOW)
			rc = cxla_soft_part(soft, soft->parts[i].start,
					    soft->parts[i].end, CARVE_MEANT,
					    pci_name(pdev));
	return rc;
}

static int cxla_soft_device(struct cxla_soft_ranges *soft, struct pci_dev *pdev,
			    unsigned long deadline)
{
	struct cxla_soft_device device = { .soft = soft, .pdev = pdev };
	struct cxla_peek peek = { .visit = cxla_soft_meant, .arg = &device };
	int rc, own = 0, levels;
	bool locked, meant;

	rc = cxla_soft_is_cxl(pdev);
	if (rc <= 0)
		return rc;
	locked = cxla_soft_trylock(pdev, deadline);
	meant = !locked || cxla_is_meant_for_accel(pdev);
	if (meant)
		own = cxla_peek(pdev, locked, &peek);
	if (locked)
		device_unlock(&pdev->dev);
	if (!meant || own == -ENOMEM)
		return own;
	rc = cxla_peek_way(pdev, &cxla_soft_chbs, &peek, &levels);
	if (rc)
		return rc;
	return own && !levels ? cxla_soft_keep_windows(soft, pdev) : 0;
}

static int cxla_soft_devices(struct cxla_soft_ranges *soft)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(SURVEY_LOCK_MS);
	struct pci_dev *pdev = NULL;

	for_each_pci_dev(pdev) {
		int rc = cxla_soft_device(soft, pdev, deadline);

		if (rc) {
			pci_dev_put(pdev);
			return rc;
		}
	}
	return 0;
}

/* all that @next lists is of @kind */
static int cxla_soft_lines(struct cxla_soft_ranges *soft,
			   bool (*next)(u64 hpa, struct cxla_ledger_line *line),
			   enum carve_kind kind)
{
	struct cxla_ledger_line line;
	u64 hpa = 0;
	int rc;

	while (next(hpa, &line)) {
		rc = cxla_soft_part(soft, line.range.start, line.range.end,
				    kind, line.verdict.who);
		if (rc || line.range.end == U64_MAX)
			return rc;
		hpa = line.range.end + 1;
	}
	return 0;
}

static int cxla_soft_busy(struct resource *res, void *soft)
{
	return cxla_soft_part(soft, res->start, res->end, CARVE_IN_USE,
			      "iomem");
}

/* what the in-tree stack has: windows of its own, devices of device-dax, RAM */
static int cxla_soft_in_tree(struct cxla_soft_ranges *soft)
{
	/* ours are marked alike, and are there only while the root is ours */
	bool windows = cxla_root_absent_reason() == CXLA_REASON_ROOT_IN_USE;
	int rc = 0;

	for (size_t i = 0; i < soft->nr_ranges && rc != -ENOMEM; i++) {
		const struct range *range = &soft->ranges[i].range;

		/* -EINVAL says that there is none */
		rc = walk_iomem_res_desc(IORES_DESC_NONE,
					 IORESOURCE_MEM | IORESOURCE_BUSY,
					 range->start, range->end, soft,
					 cxla_soft_busy);
		if (rc != -ENOMEM && windows)
			rc = walk_iomem_res_desc(IORES_DESC_CXL, IORESOURCE_MEM,
						 range->start, range->end, soft,
						 cxla_soft_busy);
	}
	return rc == -ENOMEM ? rc : 0;
}

/**
 * cxla_soft_survey() - who has something to say about the ranges, now
 * @soft: filled by cxla_soft_read()
 *
 * Context: sleeps; takes the locks of CXL devices, one by one, and waits for
 * them SURVEY_LOCK_MS at most.
 * Return: 0, or -ENOMEM.
 */
int cxla_soft_survey(struct cxla_soft_ranges *soft)
{
	int rc;

	BUILD_BUG_ON(CARVE_WHO_LEN != CXLA_WHO_LEN);
	rc = cxla_soft_devices(soft);
	return rc ?: cxla_soft_refresh(soft);
}

/**
 * cxla_soft_refresh() - who has come since the survey
 * @soft: what was said before stays said
 *
 * Context: sleeps; takes no lock of a device.
 * Return: 0, or -ENOMEM.
 */
int cxla_soft_refresh(struct cxla_soft_ranges *soft)
{
	int rc = cxla_soft_lines(soft, cxla_region_next, CARVE_REGION);

	rc = rc ?: cxla_soft_lines(soft, cxla_claim_next, CARVE_IN_USE);
	return rc ?: cxla_soft_in_tree(soft);
}
