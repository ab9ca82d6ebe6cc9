// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/bus/cxla as userspace reads and writes it: names and formats are those of
 * Documentation/ABI/testing/sysfs-bus-cxl; what is locked refuses.
 *
 *   root > host bridge 7 > root port 3 > dev, root port 4 > other
 */
#include <kunit/test.h>
#include <linux/pci.h>

#include "../fake/fake_fabric.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW_BASE	0x1000000000ULL
#define RANGE_BASE	0x1010000000ULL
#define RANGE_SIZE	((u64)SZ_512M)

struct rig {
	struct fake_fabric *f;
	struct fake_node *bridge;
	struct fake_node *dev;
	struct fake_node *other;
};

static struct rig *rig(struct kunit *test)
{
	return test->priv;
}

static int bus_init(struct kunit *test)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	test->priv = rig;
	rig->f = fake_test_fabric(test);
	rig->bridge = fake_bridge(rig->f, 7, 2);
	rig->dev = fake_endpoint(fake_root_port(rig->bridge, 3), 0, 2,
				 2 * RANGE_SIZE);
	rig->other = fake_endpoint(fake_root_port(rig->bridge, 4), 0, 2,
				   2 * RANGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, rig->dev);
	KUNIT_ASSERT_NOT_NULL(test, rig->other);
	fake_window(rig->f, rig->bridge, WINDOW_BASE, SZ_4G);
	return 0;
}

static void bring_up(struct kunit *test, u32 flags)
{
	fake_test_up(test, rig(test)->f);
	fake_root_remove(rig(test)->f);
	KUNIT_ASSERT_EQ(test, fake_map(rig(test)->dev, RANGE_BASE, RANGE_SIZE,
				       flags), 0);
	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	KUNIT_ASSERT_EQ(test, fake_bind(rig(test)->dev), 0);
	KUNIT_ASSERT_EQ(test, rig(test)->dev->accel.rc, 0);
}

static struct cxl_decoder *decoder(struct kunit *test, int id)
{
	return rig(test)->dev->accel.memdev->endpoint->decoders[id];
}

static struct device *region(struct kunit *test)
{
	return &decoder(test, 0)->region->dev;
}

static struct device *window(struct kunit *test)
{
	return &rig(test)->f->root->decoders[0]->dev;
}

/* ------------------------------ formats ---------------------------- */

static void window_shows_what_it_is(struct kunit *test)
{
	struct device *dev;

	bring_up(test, 0);
	dev = window(test);
	fake_expect_cxla(test, dev, "devtype", "cxl_decoder_root");
	fake_expect_cxla(test, dev, "modalias", "cxla:t3");
	fake_expect_cxla(test, dev, "start", "0x1000000000");
	fake_expect_cxla(test, dev, "size", "0x100000000");
	fake_expect_cxla(test, dev, "locked", "0");
	fake_expect_cxla(test, dev, "target_list", "7");
	fake_expect_cxla(test, dev, "interleave_ways", "1");
	fake_expect_cxla(test, dev, "interleave_granularity", "256");
	fake_expect_cxla(test, dev, "cap_ram", "1");
	fake_expect_cxla(test, dev, "cap_pmem", "0");
	fake_expect_cxla(test, dev, "cap_type2", "1");
	fake_expect_cxla(test, dev, "qos_class", "0");
}

static void decoder_of_a_bridge_shows_where_it_leads(struct kunit *test)
{
	struct cxl_port *port;
	struct device *dev;

	bring_up(test, CXL_HDM_CTRL_LOCK);
	port = fake_port(rig(test)->bridge);
	dev = &port->decoders[0]->dev;
	fake_expect_cxla(test, dev, "devtype", "cxl_decoder_switch");
	fake_expect_cxla(test, dev, "start", "0x1010000000");
	fake_expect_cxla(test, dev, "size", "0x20000000");
	fake_expect_cxla(test, dev, "locked", "1");
	fake_expect_cxla(test, dev, "target_list", "3");
	fake_expect_cxla(test, dev, "target_type", "accelerator");
	fake_expect_cxla(test, dev, "region", dev_name(region(test)));
	dev = &port->decoders[1]->dev;
	fake_expect_cxla(test, dev, "start", "0x0");
	fake_expect_cxla(test, dev, "size", "0x0");
	fake_expect_cxla(test, dev, "target_list", "");
	fake_expect_cxla(test, dev, "region", "");
	fake_expect_cxla(test, &port->dev, "decoders_committed", "1");
	fake_expect_cxla(test, &port->dev, "devtype", "cxl_port");
	put_device(&port->dev);
}

static void decoder_of_an_endpoint_shows_device_memory(struct kunit *test)
{
	struct device *dev;

	bring_up(test, 0);
	dev = &decoder(test, 0)->dev;
	fake_expect_cxla(test, dev, "devtype", "cxl_decoder_endpoint");
	fake_expect_cxla(test, dev, "start", "0x1010000000");
	fake_expect_cxla(test, dev, "mode", "ram");
	fake_expect_cxla(test, dev, "dpa_resource", "0x0");
	fake_expect_cxla(test, dev, "dpa_size", "0x0000000020000000");
	fake_expect_cxla(test, dev, "region", dev_name(region(test)));
	dev = &decoder(test, 1)->dev;
	fake_expect_cxla(test, dev, "mode", "none");
	fake_expect_cxla(test, dev, "dpa_resource", "0xffffffffffffffff");
	fake_expect_cxla(test, dev, "region", "");
}

static void memdev_shows_serial_and_size(struct kunit *test)
{
	struct device *dev;

	bring_up(test, 0);
	dev = &rig(test)->dev->accel.memdev->dev;
	fake_expect_cxla(test, dev, "devtype", "cxl_memdev");
	fake_expect_cxla(test, dev, "serial", "0x1");
	fake_expect_cxla(test, dev, "ram/size", "0x40000000");
}

static void region_shows_range_and_members(struct kunit *test)
{
	struct device *dev;

	bring_up(test, 0);
	dev = region(test);
	fake_expect_cxla(test, dev, "devtype", "cxl_region");
	fake_expect_cxla(test, dev, "resource", "0x1010000000");
	fake_expect_cxla(test, dev, "size", "0x20000000");
	fake_expect_cxla(test, dev, "interleave_ways", "1");
	fake_expect_cxla(test, dev, "interleave_granularity", "256");
	fake_expect_cxla(test, dev, "mode", "ram");
	fake_expect_cxla(test, dev, "uuid", "");
	fake_expect_cxla(test, dev, "commit", "1");
	fake_expect_cxla(test, dev, "locked", "1");
	fake_expect_cxla(test, dev, "target0", dev_name(&decoder(test, 0)->dev));
	/* as many positions as ways */
	fake_expect_cxla(test, dev, "target1", "error -2");
}

/* ------------------------------ refusals --------------------------- */

static void region_in_use_refuses(struct kunit *test)
{
	static const char * const names[] = {
		"size", "uuid", "interleave_ways", "interleave_granularity",
		"target0",
	};
	struct fake_snapshot before;

	bring_up(test, 0);
	before = fake_snapshot();
	fake_count_reset(rig(test)->f);
	for (int i = 0; i < ARRAY_SIZE(names); i++)
		KUNIT_EXPECT_EQ_MSG(test, fake_store_cxla(region(test),
							  names[i], "0"),
				    -EBUSY, "%s", names[i]);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(region(test), "commit", "0"),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(region(test), "commit", "x"),
			-EINVAL);
	/* it is */
	KUNIT_EXPECT_EQ(test, fake_store_cxla(region(test), "commit", "1"), 0);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(window(test), "delete_region",
					      dev_name(region(test))), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(window(test), "delete_region",
					      "region4711"), -ENODEV);
	fake_expect_snapshot(test, &before);
	KUNIT_EXPECT_EQ(test, rig(test)->f->count.writes, 0);
	KUNIT_EXPECT_EQ(test, rig(test)->dev->accel.nr_revoke, 0);
	fake_expect_cxla(test, region(test), "commit", "1");
}

static void region_of_an_expander_is_deleted_once(struct kunit *test)
{
	struct fake_snapshot before;
	char name[32];

	rig(test)->dev->accel.expander = true;
	bring_up(test, 0);
	fake_expect_cxla(test, region(test), "locked", "0");
	strscpy(name, dev_name(region(test)), sizeof(name));
	before = fake_snapshot();
	KUNIT_EXPECT_EQ(test, fake_store_cxla(window(test), "delete_region",
					      name), 0);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, before.regions - 1);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(window(test), "delete_region",
					      name), -ENODEV);
	fake_expect_cxla(test, &decoder(test, 0)->dev, "region", "");
	/* the decoders are firmware's, and stay committed */
	KUNIT_EXPECT_TRUE(test, *fake_hdm_reg(rig(test)->dev, 0, CXL_HDM_CTRL) &
				CXL_HDM_CTRL_COMMITTED);
	fake_unbind(rig(test)->dev);
	KUNIT_ASSERT_EQ(test, fake_bind(rig(test)->dev), 0);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, before.regions);
}

static void region_locked_by_hardware_is_not_deleted(struct kunit *test)
{
	rig(test)->dev->accel.expander = true;
	bring_up(test, CXL_HDM_CTRL_LOCK);
	fake_expect_cxla(test, region(test), "locked", "1");
	KUNIT_EXPECT_EQ(test, fake_store_cxla(window(test), "delete_region",
					      dev_name(region(test))), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(region(test), "commit", "0"),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, rig(test)->dev->locked_writes, 0);
	KUNIT_EXPECT_EQ(test, rig(test)->bridge->locked_writes, 0);
}

static void region_of_a_fixed_window_is_not_deleted(struct kunit *test)
{
	rig(test)->dev->accel.expander = true;
	rig(test)->f->windows[0].flags |= CXL_DECODER_F_LOCK;
	bring_up(test, 0);
	fake_expect_cxla(test, window(test), "locked", "1");
	fake_expect_cxla(test, region(test), "locked", "1");
	KUNIT_EXPECT_EQ(test, fake_store_cxla(window(test), "delete_region",
					      dev_name(region(test))), -EBUSY);
}

static void lock_of_an_attach_ends_with_it(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;

	bring_up(test, 0);
	fake_expect_cxla(test, region(test), "locked", "1");
	fake_unbind(dev);
	dev->accel.expander = true;
	KUNIT_ASSERT_EQ(test, fake_bind(dev), 0);
	fake_expect_cxla(test, region(test), "locked", "0");
}

static void region_of_system_ram_is_not_deleted(struct kunit *test)
{
	struct resource ram = {
		.name = "System RAM",
		.start = RANGE_BASE,
		.end = RANGE_BASE + SZ_128M - 1,
		.flags = IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY,
	};

	rig(test)->dev->accel.expander = true;
	bring_up(test, 0);
	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, &ram), 0);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(window(test), "delete_region",
					      dev_name(region(test))), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(region(test), "commit", "0"),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, remove_resource(&ram), 0);
}

static struct kunit_case bus_cases[] = {
	KUNIT_CASE(window_shows_what_it_is),
	KUNIT_CASE(decoder_of_a_bridge_shows_where_it_leads),
	KUNIT_CASE(decoder_of_an_endpoint_shows_device_memory),
	KUNIT_CASE(memdev_shows_serial_and_size),
	KUNIT_CASE(region_shows_range_and_members),
	KUNIT_CASE(region_in_use_refuses),
	KUNIT_CASE(region_of_an_expander_is_deleted_once),
	KUNIT_CASE(region_locked_by_hardware_is_not_deleted),
	KUNIT_CASE(region_of_a_fixed_window_is_not_deleted),
	KUNIT_CASE(lock_of_an_attach_ends_with_it),
	KUNIT_CASE(region_of_system_ram_is_not_deleted),
	{}
};

static struct kunit_suite bus_suite = {
	.name = "sysfs_kunit",
	.init = bus_init,
	.test_cases = bus_cases,
};

kunit_test_suite(bus_suite);

MODULE_DESCRIPTION("KUnit: the bus as userspace sees it");
MODULE_LICENSE("GPL");
