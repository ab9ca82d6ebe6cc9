// SPDX-License-Identifier: GPL-2.0-only
/*
 * A lock taken between cxl_attach_enter() and cxl_attach_exit() that somebody
 * who waits for that may hold: lockdep has to fail the run; the test passes.
 * Nothing is unbound, so it has to be told at the first attach. The lock of the
 * PCI device is not among those: the driver core keeps it out of lockdep.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/pci.h>

#include "../fake/fake_fabric.h"

MODULE_IMPORT_NS("CXL");

static char *lock = "memdev";
module_param(lock, charp, 0444);
MODULE_PARM_DESC(lock, "memdev, port, endpoint, regions, region-rwsem or none");

/* a name to be found in the report */
static noinline void take_inside(struct kunit *test, struct fake_node *dev)
{
	struct cxl_memdev *cxlmd = dev->accel.memdev;
	struct cxl_port *endpoint = cxlmd->endpoint;

	if (sysfs_streq(lock, "memdev"))
		scoped_guard(device, &cxlmd->dev)
			kunit_info(test, "%s taken\n", lock);
	else if (sysfs_streq(lock, "port"))
		scoped_guard(device, &endpoint->parent->dev)
			kunit_info(test, "%s taken\n", lock);
	else if (sysfs_streq(lock, "endpoint"))
		scoped_guard(device, &endpoint->dev)
			kunit_info(test, "%s taken\n", lock);
	else if (sysfs_streq(lock, "regions"))
		scoped_guard(mutex, &endpoint->decoders[0]->region->cxlrd->regions_lock)
			kunit_info(test, "%s taken\n", lock);
	else if (sysfs_streq(lock, "region-rwsem"))
		fake_expect_cxla(test, &endpoint->dev, "decoders_committed", "1");
	else if (!sysfs_streq(lock, "none"))
		KUNIT_FAIL(test, "no such lock: %s", lock);
}

static void lock_inside_of_enter_is_reported(struct kunit *test)
{
	struct fake_node *dev = fake_test_endpoint(test, 0x1000000000ULL, 0x1010000000ULL, SZ_512M);
	int token;

	KUNIT_ASSERT_EQ(test, fake_root_add(dev->fabric), 0);
	fake_expect_attached(test, dev, 0x1010000000ULL, SZ_512M);
	token = cxl_attach_enter(dev->accel.memdev);
	KUNIT_ASSERT_GE(test, token, 0);
	take_inside(test, dev);
	cxl_attach_exit(dev->accel.memdev, token);
}

static struct kunit_case plant_guard_cases[] = {
	KUNIT_CASE(lock_inside_of_enter_is_reported),
	{}
};

static struct kunit_suite plant_guard_suite = {
	.name = "plant_guard",
	.test_cases = plant_guard_cases,
};

kunit_test_suite(plant_guard_suite);

MODULE_DESCRIPTION("planted lock inside of cxl_attach_enter()");
MODULE_LICENSE("GPL");
