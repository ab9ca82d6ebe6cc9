// SPDX-License-Identifier: GPL-2.0-only
/* An expander of which some is persistent: that is listed, and left alone. */
#include <kunit/test.h>
#include <linux/pci.h>

#include "../fake/fake_fabric.h"
#include "../fake/fake_mailbox.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW_BASE	0x1000000000ULL
#define FIRST_BASE	0x1010000000ULL
#define SECOND_BASE	0x1020000000ULL

static int persistent_init(struct kunit *test)
{
	struct fake_fabric *f = fake_test_fabric(test);
	struct fake_node *bridge = fake_bridge(f, 7, 2);
	struct fake_node *dev = fake_endpoint(fake_root_port(bridge, 3), 0, 2,
					      SZ_1G);

	KUNIT_ASSERT_NOT_NULL(test, dev);
	test->priv = dev;
	KUNIT_ASSERT_NOT_NULL(test, fake_mailbox_add(dev));
	fake_window(f, bridge, WINDOW_BASE, SZ_4G);
	KUNIT_ASSERT_EQ(test, fake_fabric_start(f), 0);
	/* two ranges of 256 MiB, one behind the other in the device, too */
	KUNIT_ASSERT_EQ(test, fake_map(dev, FIRST_BASE, SZ_256M, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_map(dev, SECOND_BASE, SZ_256M, 0), 0);
	fake_test_up(test, f);
	fake_test_driver(test, dev, "cxla_pci");
	return 0;
}

static void persistent_exit(struct kunit *test)
{
	struct fake_node *dev = test->priv;

	if (dev && dev->pdev)
		device_release_driver(&dev->pdev->dev);
}

static int note_memdev(struct device *dev, void *found)
{
	if (dev->type && !strcmp(dev->type->name, "cxl_memdev"))
		*(struct cxl_memdev **)found = to_cxl_memdev(dev);
	return 0;
}

static int count_dax(struct device *dev, void *count)
{
	*(int *)count += dev->type && !strcmp(dev->type->name, "cxl_dax_region");
	return 0;
}

/* decoder @n and its region are of that mode, and device-dax may have it */
static void expect_mode(struct kunit *test, int n, const char *mode, int dax)
{
	struct fake_node *dev = test->priv;
	struct cxl_memdev *cxlmd = NULL;
	struct cxl_decoder *cxld;
	int count = 0;

	device_for_each_child(&dev->pdev->dev, &cxlmd, note_memdev);
	KUNIT_ASSERT_NOT_NULL(test, cxlmd);
	KUNIT_ASSERT_FALSE(test, IS_ERR(cxlmd->endpoint));
	cxld = cxlmd->endpoint->decoders[n];
	KUNIT_ASSERT_NOT_NULL(test, cxld->region);
	fake_expect_cxla(test, &cxld->dev, "mode", mode);
	fake_expect_cxla(test, &cxld->region->dev, "mode", mode);
	fake_expect_cxla(test, &cxld->region->dev, "commit", "1");
	device_for_each_child(&cxld->region->dev, &count, count_dax);
	KUNIT_EXPECT_EQ(test, count, dax);
}

static void identify(struct kunit *test, u64 ram, u64 pmem)
{
	struct fake_node *dev = test->priv;

	fake_mailbox_capacity(dev->mailbox, ram + pmem, ram, pmem, 0);
	KUNIT_ASSERT_EQ(test, device_attach(&dev->pdev->dev), 1);
}

static void persistent_memory_is_listed_and_left_alone(struct kunit *test)
{
	identify(test, 1, 3);
	expect_mode(test, 0, "ram", 1);
	expect_mode(test, 1, "pmem", 0);
}

static void volatile_memory_is_offered_to_the_last_byte(struct kunit *test)
{
	identify(test, 2, 2);
	expect_mode(test, 0, "ram", 1);
	expect_mode(test, 1, "ram", 1);
}

static struct kunit_case persistent_cases[] = {
	KUNIT_CASE(persistent_memory_is_listed_and_left_alone),
	KUNIT_CASE(volatile_memory_is_offered_to_the_last_byte),
	{}
};

static struct kunit_suite persistent_suite = {
	.name = "persistent_kunit",
	.init = persistent_init,
	.exit = persistent_exit,
	.test_cases = persistent_cases,
};

kunit_test_suite(persistent_suite);

MODULE_DESCRIPTION("KUnit: persistent memory of an expander");
MODULE_LICENSE("GPL");
