/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: cxla_hmem and cxla_dax where there is no ACPI
 *
 * Their sources as shipped, in one module, so that a test loads and removes them
 * as often as it likes. Two things come from a test that come from firmware: the
 * table of windows, and the ranges that it marked Soft Reserved. The core's file
 * on whether enumeration has been started is there as well, as what it knows is
 * known until the core is removed.
 *
 * Below them is the fake fabric, with an expander, bound to cxla_pci as shipped,
 * and an accelerator, above them device-dax of the kernel:
 *
 *	    0    128M  256M        768M  832M   1G    1G+1M    1G+256M  1G+512M
 *	window .......[ expander   ]..........[ accelerator            ]..... 2G
 *	ranges   [ partial               ]       [ inside     ]         [ lone ]
 *
 * and one range that no window contains.
 */
#ifndef KUNIT_SOFT_RIG_H
#define KUNIT_SOFT_RIG_H

#include <kunit/test.h>
#include <linux/acpi.h>
#include <linux/dax.h>
#include <linux/delay.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "../fake/fake_fabric.h"
#include "../fake/fake_fail.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW_BASE	0x1000000000ULL
#define WINDOW_SIZE	((u64)SZ_4G)
#define EXPANDER_BASE	(WINDOW_BASE + SZ_256M)
#define ACCEL_BASE	(WINDOW_BASE + SZ_1G)
#define RANGE_SIZE	((u64)SZ_512M)

/* --------------------------- from firmware ------------------------- */

enum soft_id {
	SOFT_OUTSIDE,	/* in no window; its end is not aligned */
	SOFT_PARTIAL,	/* more than the expander's region, on both sides */
	SOFT_INSIDE,	/* some of the accelerator's */
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

typedef int (*soft_walk_fn)(struct device *dev, int nid,
			    const struct resource *res);

static int soft_walk(struct device *dev, soft_walk_fn fn)
{
	int rc = 0;

	for (int i = 0; i < SOFT_NR && !rc; i++)
		rc = fn(dev, 0, &soft_resources[i]);
	return rc;
}

/* header, and the one window of 36 bytes and a target */
static u8 soft_table[36 + 40];

static void soft_put(int offset, u64 value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		soft_table[offset + i] = value >> (8 * i);
}

static void soft_make_table(void)
{
	u8 sum = 0;

	memset(soft_table, 0, sizeof(soft_table));
	memcpy(soft_table, "CEDT", 4);
	soft_put(4, sizeof(soft_table), 4);
	soft_put(36, 1, 1);
	soft_put(36 + 2, 40, 2);
	soft_put(36 + 8, WINDOW_BASE, 8);
	soft_put(36 + 16, WINDOW_SIZE, 8);
	soft_put(36 + 32, 0x07, 2);
	soft_put(36 + 36, 7, 4);
	for (size_t i = 0; i < sizeof(soft_table); i++)
		sum += soft_table[i];
	soft_table[9] = -sum;
}

static bool soft_region_is_there(void);
/* one was there before it was asked whose the ranges are */
static bool soft_region_was_there;

static int soft_get_table(char *signature, u32 instance,
			  struct acpi_table_header **table)
{
	soft_region_was_there = soft_region_is_there();
	*table = (struct acpi_table_header *)soft_table;
	return 0;
}

static void soft_put_table(struct acpi_table_header *table)
{
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

static int soft_is_expander(const struct range *range, const char *name,
			    void *unused)
{
	return soft_overlap(range, &expander_range);
}

static bool soft_region_is_there(void)
{
	return cxla_regions_walk(soft_is_expander, NULL);
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
#define devm_create_dev_dax	soft_create_dev_dax
#include "../../kmod/dax/devdax.h"
#undef devm_create_dev_dax
struct dev_dax *devm_create_dev_dax(struct dev_dax_data *data);

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
#define walk_hmem_resources	soft_walk
#define devm_cxla_claim	soft_devm_claim
#define CXLA_HAS_HMEM

/* the core's own rests; of what it is told here it hears nothing */
void soft_enum_rest(void);
#define cxla_enum_rest	soft_enum_rest
#define cxla_wq		system_wq
/* a second is a millisecond: it is virtual, but KUnit ends a test after 300 */
#undef secs_to_jiffies
#define secs_to_jiffies(s)	DIV_ROUND_UP((s) * HZ, 1000)
#include "../../kmod/core/started.c"
#undef cxla_wq
#undef cxla_enum_rest

#include "../../kmod/dax/carve.c"
#include "../../kmod/dax/turn.c"
#include "../../kmod/acpi/cedt.c"
#include "../../kmod/dax/soft.c"
#include "../../kmod/dax/device.c"
#include "../../kmod/dax/hmem.c"
#define system_ram	dax_system_ram
#include "../../kmod/dax/dax.c"
#undef system_ram

#undef devm_cxla_claim
#undef MODULE_DESCRIPTION
#define MODULE_DESCRIPTION(text)	MODULE_INFO(description, text)

/* -------------------------------- rig ------------------------------ */

/**
 * struct soft_rig - a machine with ranges
 * @f: its fabric
 * @expander: memory expander by its class, to be bound to cxla_pci
 * @accel: not an expander by its class, to be bound to the test's driver
 * @platform: hmem_platform
 * @loaded: cxla_hmem and cxla_dax are
 */
struct soft_rig {
	struct fake_fabric *f;
	struct fake_node *expander;
	struct fake_node *accel;
	struct platform_device *platform;
	bool loaded;
};

static inline struct soft_rig *soft_rig(struct kunit *test)
{
	return test->priv;
}

/*
 * With DEBUG_KOBJECT_RELEASE the name of a driver is taken for up to four seconds
 * after it was unregistered. It has another each time, and in each suite; what it
 * binds is told by ids.
 */
static void soft_rename_drivers(void)
{
	static const struct platform_device_id device_ids[] = {
		{ "cxla_hmem" },
		{ }
	};
	static char names[3][48];
	static unsigned int loads;

	loads++;
	snprintf(names[0], sizeof(names[0]), "cxla_hmem_platform~%s%u",
		 KBUILD_MODNAME, loads);
	snprintf(names[1], sizeof(names[1]), "cxla_hmem~%s%u", KBUILD_MODNAME,
		 loads);
	snprintf(names[2], sizeof(names[2]), "cxla_dax_region~%s%u",
		 KBUILD_MODNAME, loads);
	hmem_driver.driver.name = names[0];
	cxla_hmem_device_driver.driver.name = names[1];
	cxla_hmem_device_driver.id_table = device_ids;
	cxla_dax_region_driver.drv.name = names[2];
}

/* as insmod does it: what is static is as new */
static int soft_load(struct soft_rig *rig)
{
	int rc;

	soft_rename_drivers();
	memset(&hmem_turn, 0, sizeof(hmem_turn));
	rc = cxla_hmem_init();
	if (rc)
		return rc;
	cxla_dax_listener.told = false;
	cxla_dax_rc = -EAGAIN;
	rc = cxla_dax_init();
	if (rc)
		cxla_hmem_exit();
	rig->loaded = !rc;
	return rc;
}

static void soft_unload(struct soft_rig *rig)
{
	if (!rig->loaded)
		return;
	cxla_dax_exit();
	cxla_hmem_exit();
	rig->loaded = false;
}

static inline bool soft_is_bound(struct soft_rig *rig)
{
	return rig->platform->dev.driver;
}

/* 0, or what the driver said */
static inline int soft_bind(struct soft_rig *rig)
{
	return device_driver_attach(&hmem_driver.driver, &rig->platform->dev);
}

static inline void soft_unbind(struct soft_rig *rig)
{
	device_release_driver(&rig->platform->dev);
}

/* work that is queued comes to its end, however long it waits */
static inline void soft_settle(struct soft_rig *rig)
{
	cxla_enum_rest();
	if (rig->loaded)
		flush_workqueue(hmem_wq);
	cxla_enum_rest();
}

static inline void soft_root(struct soft_rig *rig)
{
	if (rig->f->root)
		return;
	fake_root_add(rig->f);
	cxla_enum_start();
}

static inline int soft_bind_expander(struct soft_rig *rig)
{
	return device_attach(&rig->expander->pdev->dev) == 1 ? 0 : -ENODEV;
}

static inline void soft_unbind_expander(struct soft_rig *rig)
{
	device_release_driver(&rig->expander->pdev->dev);
}

/* the core as it is when it is loaded */
static inline void soft_forget(void)
{
	cxla_enum_started = false;
	cxla_enum_wait_over = false;
	soft_stolen = 0;
	soft_passed_over = 0;
	soft_twice = 0;
}

/* everything gone but the fabric */
static inline void soft_tear_down(struct soft_rig *rig)
{
	soft_unload(rig);
	fake_unbind(rig->accel);
	soft_unbind_expander(rig);
	fake_root_remove(rig->f);
	cxla_enum_rest();
}

static int soft_init(struct kunit *test)
{
	struct soft_rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	struct fake_node *bridge;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	test->priv = rig;
	soft_forget();
	soft_make_table();
	for (int i = 0; i < SOFT_NR; i++) {
		soft_resources[i] = (struct resource) {
			.name = "Soft Reserved",
			.start = soft_ranges[i].start,
			.end = soft_ranges[i].end,
			.flags = IORESOURCE_MEM,
			.desc = IORES_DESC_SOFT_RESERVED,
		};
		KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource,
						      &soft_resources[i]), 0);
	}
	rig->platform = platform_device_register_simple("hmem_platform", -1,
							NULL, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(rig->platform));

	rig->f = fake_test_fabric(test);
	bridge = fake_bridge(rig->f, 7, 4);
	rig->expander = fake_endpoint(fake_root_port(bridge, 3), 0, 2,
				      RANGE_SIZE);
	rig->accel = fake_endpoint(fake_root_port(bridge, 4), 0, 2, RANGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, rig->expander);
	KUNIT_ASSERT_NOT_NULL(test, rig->accel);
	*fake_cfg(rig->expander, PCI_CLASS_REVISION) =
		PCI_CLASS_MEMORY_CXL << 16 | 0x10 << 8;
	fake_window(rig->f, bridge, WINDOW_BASE, WINDOW_SIZE);
	KUNIT_ASSERT_EQ(test, fake_fabric_start(rig->f), 0);
	KUNIT_ASSERT_EQ(test, fake_map(rig->expander, EXPANDER_BASE, RANGE_SIZE,
				       0), 0);
	KUNIT_ASSERT_EQ(test, fake_map(rig->accel, ACCEL_BASE, RANGE_SIZE, 0),
			0);
	fake_test_driver(test, rig->expander, "cxla_pci");
	/* its registers have their place; it is meant by its class alone */
	fake_test_driver(test, rig->accel, "\n");
	rig->accel->accel.retry = true;
	return 0;
}

static void soft_exit(struct kunit *test)
{
	struct soft_rig *rig = soft_rig(test);

	if (rig->accel && rig->accel->pdev)
		soft_tear_down(rig);
	if (!IS_ERR_OR_NULL(rig->platform))
		platform_device_unregister(rig->platform);
	for (int i = 0; i < SOFT_NR; i++)
		if (soft_resources[i].parent)
			remove_resource(&soft_resources[i]);
}

#endif /* KUNIT_SOFT_RIG_H */
