/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a test of cxla_hmem and cxla_dax
 *
 * The machine of soft_parts.h, as fake fabric, for KUnit: the expander is bound to
 * cxla_pci as shipped, the accelerator to the test's driver. The core's file on
 * whether enumeration has been started is in the test's module as well, as what
 * it knows is known until the core is removed.
 */
#ifndef KUNIT_SOFT_RIG_H
#define KUNIT_SOFT_RIG_H

#include <kunit/test.h>
#include <linux/delay.h>

#include "soft_parts.h"

MODULE_IMPORT_NS("CXL");

/* --------------------------- as shipped, too ----------------------- */

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

/* as insmod does it for both */
static int soft_load(struct soft_rig *rig)
{
	int rc = soft_load_hmem();

	if (rc)
		return rc;
	rc = soft_load_dax();
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
	soft_forget_claims();
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
	KUNIT_ASSERT_EQ(test, soft_ranges_insert(), 0);
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
	soft_ranges_remove();
}

#endif /* KUNIT_SOFT_RIG_H */
