/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: cxla_hmem and cxla_dax where there is no ACPI
 *
 * Their sources as shipped, in one module with who includes this, so that it
 * loads and removes them as often as it likes. Two things come from here that
 * come from firmware: the table of windows, and the ranges that it marked Soft
 * Reserved. Above them is device-dax of the kernel, below them a fabric with an
 * expander and an accelerator:
 *
 *	    0    128M  256M        768M  832M   1G    1G+1M    1G+256M  1G+512M
 *	window .......[ expander   ]..........[ accelerator            ]..... 2G
 *	ranges   [ partial               ]       [ inside     ]         [ lone ]
 *
 * and one range that no window contains.
 */
#ifndef KUNIT_SOFT_PARTS_H
#define KUNIT_SOFT_PARTS_H

#include <linux/acpi.h>
#include <linux/dax.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "../fake/fake_fabric.h"
#include "../fake/fake_fail.h"
#include "../fake/fake_mmio.h"

#define WINDOW_BASE	0x1000000000ULL
#define WINDOW_SIZE	((u64)SZ_4G)
#define EXPANDER_BASE	(WINDOW_BASE + SZ_256M)
#define ACCEL_BASE	(WINDOW_BASE + SZ_1G)
#define RANGE_SIZE	((u64)SZ_512M)

/* --------------------------- from firmware ------------------------- */

enum soft_id {
	SOFT_OUTSIDE,	/* in no window; its end is not aligned */
	SOFT_INSIDE,	/* some of the accelerator's */
	SOFT_PARTIAL,	/* more than the expander's region, on both sides */
	SOFT_LONE,	/* in the window, and no decoder leads there */
	SOFT_NR,
};

static const struct range soft_ranges[SOFT_NR] = {
	[SOFT_OUTSIDE] = { 0x8000000000, 0x8000000000 + SZ_16M + SZ_4K - 1 },
	[SOFT_PARTIAL] = { WINDOW_BASE + SZ_128M + SZ_4K,
			   EXPANDER_BASE + RANGE_SIZE + SZ_64M - 1 },
	[SOFT_INSIDE] = { ACCEL_BASE + SZ_1M, ACCEL_BASE + SZ_256M - 1 },
	[SOFT_LONE] = { WINDOW_BASE + SZ_2G, WINDOW_BASE + SZ_2G + SZ_64M - 1 },
};

static const struct range accel_range = {
	ACCEL_BASE, ACCEL_BASE + RANGE_SIZE - 1
};

static const struct range expander_range = {
	EXPANDER_BASE, EXPANDER_BASE + RANGE_SIZE - 1
};

static struct resource soft_resources[SOFT_NR];
/* what firmware describes where it marks a range: as much, or more in some tests */
static struct range soft_described[SOFT_NR];

typedef int (*soft_walk_fn)(struct device *dev, int nid,
			    const struct resource *res);

/*
 * SOFT_INSIDE: firmware did not mark the one before it. What is claimed first is
 * let go of last, and nothing comes after it.
 */
static enum soft_id soft_first = SOFT_OUTSIDE;

/* of all ranges, by firmware; and the one that device-dax was told last */
static int soft_nid, soft_target_node;

static int soft_walk(struct device *dev, soft_walk_fn fn)
{
	int rc = 0;

	for (int i = soft_first; i < SOFT_NR && !rc; i++) {
		const struct resource res = {
			.start = soft_described[i].start,
			.end = soft_described[i].end,
			.flags = IORESOURCE_MEM,
		};

		rc = fn(dev, soft_nid, &res);
	}
	return rc;
}

/* header, the one window of 36 bytes and a target, and its host bridge */
static u8 soft_table[36 + 40 + 32];

#define SOFT_BRIDGE	7
/* where its registers are: those of the first node that a fabric has; 0: nowhere */
static u64 soft_chbs = FAKE_MMIO_BASE;

static void soft_put(int offset, u64 value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		soft_table[offset + i] = value >> (8 * i);
}

/* of the window, which is broken when no multiple of 256 MiB */
static u64 soft_window_size = WINDOW_SIZE;

static void soft_make_table(void)
{
	u8 sum = 0;

	memset(soft_table, 0, sizeof(soft_table));
	memcpy(soft_table, "CEDT", 4);
	soft_put(4, sizeof(soft_table), 4);
	soft_put(36, 1, 1);
	soft_put(36 + 2, 40, 2);
	soft_put(36 + 8, WINDOW_BASE, 8);
	soft_put(36 + 16, soft_window_size, 8);
	soft_put(36 + 32, 0x07, 2);
	soft_put(36 + 36, SOFT_BRIDGE, 4);
	soft_put(76 + 2, 32, 2);
	soft_put(76 + 4, SOFT_BRIDGE, 4);
	soft_put(76 + 8, 1, 4);
	soft_put(76 + 16, soft_chbs, 8);
	soft_put(76 + 24, SZ_64K, 8);
	for (size_t i = 0; i < sizeof(soft_table); i++)
		sum += soft_table[i];
	soft_table[9] = -sum;
}

static bool soft_region_is_there(void);
/* one was there before it was asked whose the ranges are */
static bool soft_region_was_there;

/* a platform without CXL */
static bool soft_no_table;

static int soft_get_table(char *signature, u32 instance,
			  struct acpi_table_header **table)
{
	soft_region_was_there = soft_region_is_there();
	if (soft_no_table)
		return AE_NOT_FOUND;
	*table = (struct acpi_table_header *)soft_table;
	return 0;
}

static void soft_put_table(struct acpi_table_header *table)
{
}

/* there is one host bridge */
static int soft_uid(struct acpi_device *adev, u64 *uid)
{
	*uid = SOFT_BRIDGE;
	return 0;
}

/* ------------------------------- claims ---------------------------- */

/*
 * Who claims in device-dax's name, by a list that is not the ledger's. It is
 * taken off before the claim itself ends.
 */
struct soft_claim {
	struct range range;
	struct list_head list;
};

static DEFINE_MUTEX(soft_lock);
static LIST_HEAD(soft_claims);
/* of the accelerator's range something was claimed; or of a region's; or twice */
static int soft_stolen, soft_passed_over, soft_twice;

static bool soft_overlap(const struct range *a, const struct range *b)
{
	return a->start <= b->end && b->start <= a->end;
}

static bool soft_region_is_there(void)
{
	struct cxla_ledger_line line;

	return cxla_region_next(expander_range.start, &line) &&
	       soft_overlap(&line.range, &expander_range);
}

static void soft_claim_end(void *_claim)
{
	struct soft_claim *claim = _claim;

	guard(mutex)(&soft_lock);
	list_del(&claim->list);
}

static int soft_devm_claim(struct device *dev, const struct range *range,
			   const struct cxla_verdict *verdict)
{
	struct soft_claim *claim, *other;
	int rc;

	rc = devm_cxla_claim(dev, range, verdict);
	if (rc)
		return rc;
	claim = devm_kzalloc(dev, sizeof(*claim), GFP_KERNEL);
	if (!claim)
		return -ENOMEM;
	claim->range = *range;
	if (verdict->owner == CXLA_OWNER_HMEM &&
	    soft_overlap(range, &expander_range) && soft_region_was_there &&
	    soft_region_is_there())
		soft_passed_over++;
	scoped_guard(mutex, &soft_lock) {
		soft_stolen += soft_overlap(range, &accel_range);
		list_for_each_entry(other, &soft_claims, list)
			soft_twice += soft_overlap(range, &other->range);
		list_add(&claim->list, &soft_claims);
	}
	return devm_add_action_or_reset(dev, soft_claim_end, claim);
}

static bool soft_is_claimed(u64 hpa)
{
	const struct range byte = { hpa, hpa };
	struct soft_claim *claim;

	guard(mutex)(&soft_lock);
	list_for_each_entry(claim, &soft_claims, list)
		if (soft_overlap(&claim->range, &byte))
			return true;
	return false;
}

/* ---------------------------- device-dax --------------------------- */

/*
 * In the kernel's (6.12, 7.3) an allocation that fails in here, of a devres, ends
 * in a deadlock: unregister_dev_dax() takes dax_region_rwsem, which is held.
 */
#define alloc_dax_region	soft_alloc_region
#define devm_create_dev_dax	soft_create_dev_dax
#include "../../kmod/dax/devdax.h"
#undef alloc_dax_region
#undef devm_create_dev_dax
struct dax_region *alloc_dax_region(struct device *parent, int region_id,
				    struct range *range, int target_node,
				    unsigned int align, unsigned long flags);
struct dev_dax *devm_create_dev_dax(struct dev_dax_data *data);

struct dax_region *soft_alloc_region(struct device *parent, int region_id,
				     struct range *range, int target_node,
				     unsigned int align, unsigned long flags)
{
	soft_target_node = target_node;
	return alloc_dax_region(parent, region_id, range, target_node, align,
				flags);
}

struct dev_dax *soft_create_dev_dax(struct dev_dax_data *data)
{
	int left = fake_fail_pause();
	struct dev_dax *dev_dax = devm_create_dev_dax(data);

	fake_fail_start(left);
	return dev_dax;
}

/* ----------------------------- as shipped -------------------------- */

#undef __init
#define __init
#undef __exit
#define __exit
#undef module_init
#define module_init(fn)
#undef module_exit
#define module_exit(fn)
#undef EXPORT_SYMBOL_NS_GPL
#define EXPORT_SYMBOL_NS_GPL(symbol, ns)
#undef MODULE_DESCRIPTION
#define MODULE_DESCRIPTION(text)
#undef MODULE_SOFTDEP
#define MODULE_SOFTDEP(text)

#define acpi_get_table	soft_get_table
#define acpi_put_table	soft_put_table
#define acpi_dev_uid_to_integer	soft_uid
#define walk_hmem_resources	soft_walk
#define devm_cxla_claim	soft_devm_claim
#define CXLA_HAS_HMEM

#include "../../kmod/pure/carve.c"
#include "../../kmod/pure/turn.c"
#include "../../kmod/pure/cedt.c"
#include "../../kmod/pure/hdm_regs.c"
#include "../../kmod/core/peek.c"
#include "../../kmod/dax/peek_way.c"
#include "../../kmod/dax/soft.c"
#include "../../kmod/dax/notes.c"
#include "../../kmod/dax/device.c"
#include "../../kmod/dax/hmem.c"
#define system_ram	dax_system_ram
#include "../../kmod/dax/dax.c"
#undef system_ram

#undef devm_cxla_claim
#undef MODULE_DESCRIPTION
#define MODULE_DESCRIPTION(text)	MODULE_INFO(description, text)

/* ----------------------------- load, remove ------------------------ */

/*
 * With DEBUG_KOBJECT_RELEASE the name of a driver is taken for up to four seconds
 * after it was unregistered. It has another each time, and in each suite; what it
 * binds is told by ids.
 */
static void soft_rename_hmem(void)
{
	static const struct platform_device_id device_ids[] = {
		{ "cxla_hmem" },
		{ }
	};
	static char names[2][48];
	static unsigned int loads;

	loads++;
	snprintf(names[0], sizeof(names[0]), "cxla_hmem_platform~%s%u",
		 KBUILD_MODNAME, loads);
	snprintf(names[1], sizeof(names[1]), "cxla_hmem~%s%u", KBUILD_MODNAME,
		 loads);
	hmem_driver.driver.name = names[0];
	cxla_hmem_device_driver.driver.name = names[1];
	cxla_hmem_device_driver.id_table = device_ids;
}

static void soft_rename_dax(void)
{
	static char name[48];
	static unsigned int loads;

	snprintf(name, sizeof(name), "cxla_dax_region~%s%u", KBUILD_MODNAME,
		 ++loads);
	cxla_dax_region_driver.drv.name = name;
}

/* as insmod does it: what is static is as new */
static int soft_load_hmem(void)
{
	soft_rename_hmem();
	memset(&hmem_turn, 0, sizeof(hmem_turn));
	return cxla_hmem_init();
}

static int soft_load_dax(void)
{
	soft_rename_dax();
	cxla_dax_listener.told = false;
	cxla_dax_rc = -EAGAIN;
	return cxla_dax_init();
}

/* ------------------------------- ranges ---------------------------- */

/* as firmware marks them; 0, or an error after which soft_ranges_remove() is due */
static int soft_ranges_insert(void)
{
	int rc = 0;

	soft_make_table();
	for (int i = 0; i < SOFT_NR && !rc; i++) {
		soft_resources[i] = (struct resource) {
			.name = "Soft Reserved",
			.start = soft_ranges[i].start,
			.end = soft_ranges[i].end,
			.flags = IORESOURCE_MEM,
			.desc = IORES_DESC_SOFT_RESERVED,
		};
		soft_described[i] = soft_ranges[i];
		rc = insert_resource(&iomem_resource, &soft_resources[i]);
	}
	return rc;
}

static void soft_ranges_remove(void)
{
	for (int i = 0; i < SOFT_NR; i++)
		if (soft_resources[i].parent)
			remove_resource(&soft_resources[i]);
}

/* nothing was counted yet */
static void soft_forget_claims(void)
{
	soft_stolen = 0;
	soft_passed_over = 0;
	soft_twice = 0;
}

#endif /* KUNIT_SOFT_PARTS_H */
