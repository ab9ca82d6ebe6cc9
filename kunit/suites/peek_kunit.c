// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a device's decoders lead, without binding it: kmod/core/peek.c on the
 * fake fabric. One endpoint with four decoders, of which two are committed.
 */
#include <kunit/test.h>
#include <linux/pci.h>

#include "../../kmod/core/pci.h"
#include "../fake/fake_fabric.h"
#include "../fake/fake_fail.h"
#include "../fake/fake_mmio.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW_BASE	0x1000000000ULL
#define FIRST_BASE	0x1010000000ULL
#define SECOND_BASE	0x1040000000ULL
#define RANGE_SIZE	((u64)SZ_256M)
#define MAX_SEEN	8
#define MANY		1000

static const struct range wanted[] = {
	{ FIRST_BASE, FIRST_BASE + RANGE_SIZE - 1 },
	{ SECOND_BASE, SECOND_BASE + 2 * RANGE_SIZE - 1 },
};

struct rig {
	struct fake_fabric *f;
	struct fake_node *port;
	struct fake_node *dev;
	struct fake_node *plain;
};

static struct rig *rig(struct kunit *test)
{
	return test->priv;
}

static int peek_init(struct kunit *test)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	struct fake_node *bridge;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	test->priv = rig;
	rig->f = fake_test_fabric(test);
	bridge = fake_bridge(rig->f, 7, 4);
	rig->port = fake_root_port(bridge, 3);
	rig->dev = fake_endpoint(rig->port, 0, 4, 4 * RANGE_SIZE);
	rig->plain = fake_endpoint(fake_root_port(bridge, 4), 0, 0, RANGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, rig->dev);
	KUNIT_ASSERT_NOT_NULL(test, rig->plain);
	fake_window(rig->f, bridge, WINDOW_BASE, SZ_4G);
	KUNIT_ASSERT_EQ(test, fake_fabric_start(rig->f), 0);
	for (int i = 0; i < 2; i++)
		KUNIT_ASSERT_EQ(test, fake_map(rig->dev, wanted[i].start,
					       range_len(&wanted[i]), 0), 0);
	/* a BAR is enabled when it has its place; the PCI core takes it back */
	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource,
					      &rig->dev->pdev->resource[0]), 0);
	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource,
					      &rig->plain->pdev->resource[0]),
			0);
	fake_count_reset(rig->f);
	return 0;
}

static void peek_exit(struct kunit *test)
{
	fake_ioremap_fails = 0;
}

struct seen {
	int nr;
	int stop;
	struct range ranges[MAX_SEEN];
};

static int see(const struct range *range, void *_seen)
{
	struct seen *seen = _seen;

	if (seen->nr < MAX_SEEN)
		seen->ranges[seen->nr] = *range;
	seen->nr++;
	return seen->stop;
}

static int peek(struct fake_node *node, struct seen *seen)
{
	guard(device)(&node->pdev->dev);
	return cxla_peek(node->pdev, see, seen);
}

static void sees(struct kunit *test, int nr)
{
	struct seen seen = { };

	KUNIT_EXPECT_EQ(test, peek(rig(test)->dev, &seen), 0);
	KUNIT_ASSERT_EQ(test, seen.nr, nr);
	for (int i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ(test, seen.ranges[i].start, wanted[i].start);
		KUNIT_EXPECT_EQ(test, seen.ranges[i].end, wanted[i].end);
	}
}

static bool is_enabled(struct fake_node *node)
{
	return *fake_cfg(node, PCI_COMMAND) & PCI_COMMAND_MEMORY;
}

static void ranges_of_committed_decoders_are_visited_in_order(struct kunit *test)
{
	sees(test, 2);
	sees(test, 2);
}

static void decoder_that_is_not_committed_leads_nowhere(struct kunit *test)
{
	fake_hdm_uncommit(rig(test)->dev, 1);
	sees(test, 1);
	fake_hdm_uncommit(rig(test)->dev, 0);
	sees(test, 0);
}

static void decoder_that_makes_no_sense_leads_nowhere(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;

	/* committed, and no bytes; or up to the end of all, and more */
	*fake_hdm_reg(dev, 1, CXL_HDM_SIZE_LOW) = 0;
	*fake_hdm_reg(dev, 1, CXL_HDM_SIZE_LOW + 4) = 0;
	sees(test, 1);
	*fake_hdm_reg(dev, 1, CXL_HDM_SIZE_LOW) = 0xf0000000;
	*fake_hdm_reg(dev, 1, CXL_HDM_SIZE_LOW + 4) = ~0U;
	sees(test, 1);
}

static void nothing_of_a_decoder_is_written(struct kunit *test)
{
	sees(test, 2);
	KUNIT_EXPECT_EQ(test, rig(test)->f->count.writes, 0);
	KUNIT_EXPECT_EQ(test, rig(test)->f->nr_changes, 0);
	KUNIT_EXPECT_GT(test, rig(test)->f->count.reads, 0);
}

static bool enabled_when_asked;

static void note_enabled(struct fake_node *node, void *data)
{
	enabled_when_asked = is_enabled(node);
}

static void device_without_driver_is_enabled_while_it_is_read(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	struct fake_census before = fake_census();

	KUNIT_ASSERT_FALSE(test, is_enabled(dev));
	enabled_when_asked = false;
	fake_on_read(dev, FAKE_MMIO, 1, note_enabled, NULL);
	sees(test, 2);
	KUNIT_EXPECT_TRUE(test, enabled_when_asked);
	KUNIT_EXPECT_FALSE(test, pci_is_enabled(dev->pdev));
	KUNIT_EXPECT_EQ(test, fake_census().mappings, before.mappings);
}

static void device_with_a_driver_stays_as_its_driver_has_it(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	unsigned int writes;

	/* one that never enabled it */
	dev->accel.media_ready = false;
	KUNIT_ASSERT_EQ(test, fake_bind(dev), 0);
	writes = dev->count.cfg_writes;
	sees(test, 2);
	KUNIT_EXPECT_EQ(test, dev->count.cfg_writes, writes);
	KUNIT_EXPECT_FALSE(test, pci_is_enabled(dev->pdev));
	/* and one that did */
	KUNIT_ASSERT_EQ(test, pci_enable_device(dev->pdev), 0);
	writes = dev->count.cfg_writes;
	sees(test, 2);
	KUNIT_EXPECT_EQ(test, dev->count.cfg_writes, writes);
	KUNIT_EXPECT_TRUE(test, pci_is_enabled(dev->pdev));
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->pdev->enable_cnt), 1);
	pci_disable_device(dev->pdev);
}

static void visitor_ends_it_and_says_why(struct kunit *test)
{
	struct seen seen = { .stop = -ENOMEM };

	KUNIT_EXPECT_EQ(test, peek(rig(test)->dev, &seen), -ENOMEM);
	KUNIT_EXPECT_EQ(test, seen.nr, 1);
	seen = (struct seen) { .stop = 1 };
	KUNIT_EXPECT_EQ(test, peek(rig(test)->dev, &seen), 1);
	KUNIT_EXPECT_EQ(test, seen.nr, 1);
	KUNIT_EXPECT_FALSE(test, pci_is_enabled(rig(test)->dev->pdev));
}

static void device_that_is_none_of_cxl_is_said_to_be(struct kunit *test)
{
	struct seen seen = { };

	KUNIT_EXPECT_EQ(test, peek(rig(test)->port, &seen), -ENODEV);
	KUNIT_EXPECT_EQ(test, peek(rig(test)->plain, &seen), -ENXIO);
	/* what it has not is not mapped, after its array of capabilities */
	fake_ioremap_fails = 2;
	KUNIT_EXPECT_EQ(test, peek(rig(test)->plain, &seen), -ENXIO);
	KUNIT_EXPECT_EQ(test, fake_ioremap_fails, 1);
	KUNIT_EXPECT_EQ(test, seen.nr, 0);
	KUNIT_EXPECT_FALSE(test, pci_is_enabled(rig(test)->plain->pdev));
}

static void device_that_does_not_answer_is_said_to_be(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	struct fake_census before = fake_census();
	struct seen seen = { };

	fake_on_read(dev, FAKE_MMIO, 1, fake_vanish, NULL);
	KUNIT_EXPECT_EQ(test, peek(dev, &seen), -ENXIO);
	/* not even by its configuration space */
	KUNIT_EXPECT_LT(test, peek(dev, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.nr, 0);
	KUNIT_EXPECT_EQ(test, fake_census().mappings, before.mappings);
	dev->gone = false;
}

/* it goes at any read: what is visited was there, and nothing else is */
static void device_that_goes_meanwhile_leads_to_nothing_else(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	struct fake_census before = fake_census();
	int nth, rc;

	for (nth = 1; nth < MANY; nth++) {
		struct seen seen = { };

		fake_on_read(dev, FAKE_MMIO, nth, fake_vanish, NULL);
		rc = peek(dev, &seen);
		for (int i = 0; i < seen.nr; i++) {
			KUNIT_ASSERT_LT(test, i, 2);
			KUNIT_EXPECT_EQ_MSG(test, seen.ranges[i].start,
					    wanted[i].start, "read %d", nth);
			KUNIT_EXPECT_EQ_MSG(test, seen.ranges[i].end,
					    wanted[i].end, "read %d", nth);
		}
		KUNIT_EXPECT_TRUE_MSG(test, !rc || rc == -ENXIO, "read %d: %d",
				      nth, rc);
		KUNIT_EXPECT_EQ(test, fake_census().mappings, before.mappings);
		KUNIT_EXPECT_FALSE(test, pci_is_enabled(dev->pdev));
		if (!dev->gone)
			break;
		dev->gone = false;
	}
	fake_on_read(dev, FAKE_MMIO, 0, NULL, NULL);
	KUNIT_EXPECT_GT(test, nth, 4);
	KUNIT_EXPECT_LT(test, nth, MANY);
	sees(test, 2);
}

static void registers_that_can_t_be_mapped_are_no_answer(struct kunit *test)
{
	struct seen seen = { };
	int nth, rc;

	for (nth = 1; nth < 10; nth++) {
		fake_ioremap_fails = nth;
		rc = peek(rig(test)->dev, &seen);
		if (fake_ioremap_fails)
			break;
		KUNIT_EXPECT_EQ(test, rc, -ENOMEM);
		KUNIT_EXPECT_EQ(test, seen.nr, 0);
		KUNIT_EXPECT_FALSE(test, pci_is_enabled(rig(test)->dev->pdev));
	}
	fake_ioremap_fails = 0;
	KUNIT_EXPECT_GT(test, nth, 1);
	sees(test, 2);
}

static void want_of_memory_is_told_from_no_answer(struct kunit *test)
{
	struct seen seen = { };
	int nth, rc = 0;

	if (!FAKE_CAN_FAIL)
		kunit_skip(test, "allocations can't be made to fail");
	for (nth = 1; nth < MANY; nth++) {
		seen = (struct seen) { };
		fake_fail_start(nth);
		rc = peek(rig(test)->dev, &seen);
		if (!fake_fail_stop())
			break;
		KUNIT_EXPECT_TRUE_MSG(test, rc == -ENOMEM || (!rc && seen.nr == 2),
				      "allocation %d: %d, %d ranges", nth, rc,
				      seen.nr);
		KUNIT_EXPECT_FALSE(test, pci_is_enabled(rig(test)->dev->pdev));
	}
	KUNIT_EXPECT_EQ(test, rc, 0);
	KUNIT_EXPECT_EQ(test, seen.nr, 2);
}

static struct kunit_case peek_cases[] = {
	KUNIT_CASE(ranges_of_committed_decoders_are_visited_in_order),
	KUNIT_CASE(decoder_that_is_not_committed_leads_nowhere),
	KUNIT_CASE(decoder_that_makes_no_sense_leads_nowhere),
	KUNIT_CASE(nothing_of_a_decoder_is_written),
	KUNIT_CASE(device_without_driver_is_enabled_while_it_is_read),
	KUNIT_CASE(device_with_a_driver_stays_as_its_driver_has_it),
	KUNIT_CASE(visitor_ends_it_and_says_why),
	KUNIT_CASE(device_that_is_none_of_cxl_is_said_to_be),
	KUNIT_CASE(device_that_does_not_answer_is_said_to_be),
	KUNIT_CASE(device_that_goes_meanwhile_leads_to_nothing_else),
	KUNIT_CASE(registers_that_can_t_be_mapped_are_no_answer),
	KUNIT_CASE(want_of_memory_is_told_from_no_answer),
	{}
};

static struct kunit_suite peek_suite = {
	.name = "peek_kunit",
	.init = peek_init,
	.exit = peek_exit,
	.test_cases = peek_cases,
};

kunit_test_suite(peek_suite);

MODULE_DESCRIPTION("KUnit: where a device's decoders lead");
MODULE_LICENSE("GPL");
