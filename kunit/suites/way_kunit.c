// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the bridges above lead to a device: kmod/dax/peek_way.c on the fake
 * fabric.
 */
#include "../fake/fake_pm.h"
#include "peek_rig.h"
#include "../../kmod/dax/peek_way.c"

MODULE_IMPORT_NS("CXL");

/* the host bridge whose registers the platform tells of */
static struct fake_node *chbs_of;

static int way_init(struct kunit *test)
{
	chbs_of = NULL;
	return peek_init(test);
}

static int find_chbs(struct device *bridge, u64 *base)
{
	if (!chbs_of || bridge != &chbs_of->host->dev)
		return -ENODEV;
	*base = FAKE_MMIO_BASE + (u64)chbs_of->block * SZ_64K;
	return 0;
}

static const struct cxla_peek_chbs chbs = { .find = find_chbs };

static int way(struct fake_node *node, struct seen *seen, int *levels)
{
	struct cxla_peek peek = { .visit = see, .arg = seen };

	*seen = (struct seen) { };
	return cxla_peek_way(node->pdev, &chbs, &peek, levels);
}

/* that many bridges were read, and say these ranges, in any order */
static void leads(struct kunit *test, struct fake_node *node, int nr_levels,
		  const struct range *ranges, int nr)
{
	struct seen seen;
	int levels, found;

	KUNIT_EXPECT_EQ(test, way(node, &seen, &levels), 0);
	KUNIT_EXPECT_EQ(test, levels, nr_levels);
	KUNIT_ASSERT_EQ(test, seen.nr, nr);
	for (int i = 0; i < nr; i++) {
		for (found = 0; found < nr; found++)
			if (seen.ranges[found].start == ranges[i].start &&
			    seen.ranges[found].end == ranges[i].end)
				break;
		KUNIT_EXPECT_LT_MSG(test, found, nr, "[%#llx-%#llx]",
				    ranges[i].start, ranges[i].end);
	}
}

static void bridge_leads_to_the_device_behind_its_targets(struct kunit *test)
{
	struct rig *r = rig(test);

	/* by the port while there is one, by the platform's word otherwise */
	chbs_of = NULL;
	leads(test, r->dev, 0, NULL, 0);
	chbs_of = r->bridge;
	leads(test, r->dev, 1, wanted, 2);
	leads(test, r->plain, 1, NULL, 0);
	chbs_of = NULL;
	KUNIT_ASSERT_EQ(test, fake_root_add(r->f), 0);
	leads(test, r->dev, 1, wanted, 2);
	leads(test, r->plain, 1, NULL, 0);
}

static void faulty_decoder_of_a_bridge_leads_where_it_says(struct kunit *test)
{
	const struct range second = { SECOND_BASE, SECOND_BASE + SZ_512M - 1 };
	struct rig *r = rig(test);
	u32 *targets = fake_hdm_reg(r->bridge, 1, CXL_HDM_TL_LOW);

	KUNIT_ASSERT_EQ(test, fake_root_add(r->f), 0);
	fake_hdm_uncommit(r->bridge, 0);
	leads(test, r->dev, 1, &second, 1);
	/* one of two targets, and the same one twice */
	set_ways(r->bridge, 1, 1);
	*targets = 0x0304;
	leads(test, r->dev, 1, &second, 1);
	leads(test, r->plain, 1, &second, 1);
	*targets = 0x0303;
	leads(test, r->dev, 1, &second, 1);
	leads(test, r->plain, 1, NULL, 0);
	/* what is behind the last way is no target, unless ways make no sense */
	*targets = 0x030404;
	leads(test, r->dev, 1, NULL, 0);
	set_ways(r->bridge, 1, 0xf);
	leads(test, r->dev, 1, &second, 1);
}

static void each_bridge_says_all_that_can_reach_the_device(struct kunit *test)
{
	const struct range leaf = { WINDOW_BASE + SZ_2G,
				    WINDOW_BASE + SZ_2G + SZ_256M - 1 };
	const struct range both[] = { leaf, leaf };
	struct rig *r = rig(test);

	KUNIT_ASSERT_EQ(test, fake_map(r->leaves[0], leaf.start, SZ_256M, 0),
			0);
	chbs_of = r->bridge;
	leads(test, r->leaves[0], 2, both, 2);
	/* the upper one alone, the lower one alone */
	fake_hdm_uncommit(r->sw, 0);
	leads(test, r->leaves[0], 2, both, 1);
	chbs_of = NULL;
	leads(test, r->leaves[0], 1, NULL, 0);
	KUNIT_ASSERT_EQ(test, fake_map(r->leaves[1], leaf.start, SZ_256M, 0),
			0);
	leads(test, r->leaves[1], 1, both, 1);
	/* a switch that can't be read says nothing */
	*fake_cfg(r->sw, PCI_COMMAND) &= ~PCI_COMMAND_MEMORY;
	leads(test, r->leaves[1], 0, NULL, 0);
	*fake_cfg(r->sw, PCI_COMMAND) |= PCI_COMMAND_MEMORY;
	r->sw->pdev->current_state = PCI_D3hot;
	leads(test, r->leaves[1], 0, NULL, 0);
	r->sw->pdev->current_state = PCI_D0;
	fake_pm_suspended = &r->sw->pdev->dev;
	leads(test, r->leaves[1], 0, NULL, 0);
	fake_pm_suspended = NULL;
	leads(test, r->leaves[1], 1, both, 1);
	KUNIT_EXPECT_EQ(test, fake_pm_held, 0);
}

/* one decoder of the host bridge has the memory of both */
static void what_a_switch_sends_elsewhere_is_not_the_device_s(struct kunit *test)
{
	const u64 base = WINDOW_BASE + SZ_2G;
	const struct range parts[] = {
		{ base, base + SZ_256M - 1 },
		{ base + SZ_256M, base + SZ_512M - 1 },
		{ base + SZ_512M, base + SZ_512M + SZ_256M - 1 },
	};
	struct rig *r = rig(test);
	struct fake_commit commit = { .base = base, .size = 3 * RANGE_SIZE,
				      .targets = { 5 } };

	KUNIT_ASSERT_EQ(test, fake_hdm_commit(r->bridge, 2, &commit), 0);
	commit = (struct fake_commit) { .base = parts[1].start,
					.size = RANGE_SIZE, .targets = { 2 } };
	KUNIT_ASSERT_EQ(test, fake_hdm_commit(r->sw, 0, &commit), 0);
	chbs_of = r->bridge;
	leads(test, r->leaves[0], 2, (struct range[]) { parts[0], parts[2] },
	      2);
	leads(test, r->leaves[1], 2,
	      (struct range[]) { parts[1], { base, parts[2].end } }, 2);
	/* one that is faulty says nothing of others */
	set_ways(r->sw, 0, 0xf);
	*fake_hdm_reg(r->sw, 0, CXL_HDM_TL_LOW) = 0x02020202;
	*fake_hdm_reg(r->sw, 0, CXL_HDM_TL_HIGH) = 0x02020202;
	leads(test, r->leaves[0], 2, (struct range[]) { { base, parts[2].end } },
	      1);
}

static void bridge_that_does_not_answer_says_nothing(struct kunit *test)
{
	struct fake_snapshot before = fake_snapshot();
	struct rig *r = rig(test);
	struct seen seen;
	int levels = 0;

	chbs_of = r->bridge;
	r->bridge->gone = true;
	KUNIT_EXPECT_EQ(test, way(r->dev, &seen, &levels), 0);
	KUNIT_EXPECT_EQ(test, levels, 0);
	KUNIT_EXPECT_EQ(test, seen.nr, 0);
	r->bridge->gone = false;
	/* of its port no number is known: everything may lead there */
	r->port->gone = true;
	leads(test, r->dev, 1, wanted, 2);
	r->port->gone = false;
	KUNIT_EXPECT_EQ(test, fake_snapshot().mappings, before.mappings);
}

static int find_memory(struct device *bridge, u64 *base)
{
	*base = WINDOW_BASE;
	return 0;
}

static void memory_is_not_mapped_as_registers_of_a_bridge(struct kunit *test)
{
	const struct cxla_peek_chbs memory = { .find = find_memory };
	struct resource ram = {
		.name = "System RAM",
		.start = WINDOW_BASE,
		.end = WINDOW_BASE + SZ_256M - 1,
		.flags = IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY,
	};
	struct seen seen = { };
	struct cxla_peek peek = { .visit = see, .arg = &seen };
	int levels, rc;

	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, &ram), 0);
	rc = cxla_peek_way(rig(test)->dev->pdev, &memory, &peek, &levels);
	remove_resource(&ram);
	KUNIT_EXPECT_EQ(test, rc, 0);
	KUNIT_EXPECT_EQ(test, levels, 0);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, "System RAM is there"),
			1);
}

static struct kunit_case way_cases[] = {
	KUNIT_CASE(bridge_leads_to_the_device_behind_its_targets),
	KUNIT_CASE(faulty_decoder_of_a_bridge_leads_where_it_says),
	KUNIT_CASE(each_bridge_says_all_that_can_reach_the_device),
	KUNIT_CASE(what_a_switch_sends_elsewhere_is_not_the_device_s),
	KUNIT_CASE(bridge_that_does_not_answer_says_nothing),
	KUNIT_CASE(memory_is_not_mapped_as_registers_of_a_bridge),
	{}
};

static struct kunit_suite way_suite = {
	.name = "way_kunit",
	.init = way_init,
	.exit = peek_exit,
	.test_cases = way_cases,
};

kunit_test_suite(way_suite);

MODULE_DESCRIPTION("KUnit: what bridges lead to a device");
MODULE_LICENSE("GPL");
