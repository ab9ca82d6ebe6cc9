// SPDX-License-Identifier: GPL-2.0-only
/* Regions in windows that pick host bridges by XOR of address bits. */

#include "topology_rig.h"

MODULE_IMPORT_NS("CXL");

/* as many bridges with a device each, and a window over them by these maps */
static void machine(struct kunit *test, int bridges, const u64 *maps, int nr_maps)
{
	struct topology *t = test->priv;
	struct cxla_window *window = NULL;

	for (int uid = 0; uid < bridges; uid++) {
		struct fake_node *bridge = fake_bridge(t->f, uid, 4);

		add_device(t, fake_root_port(bridge, uid))->accel.expander = true;
		if (!window)
			window = fake_window(t->f, bridge, BASE, WINDOW_SIZE);
		else
			fake_window_target(window, bridge);
	}
	window->xor = true;
	window->nr_maps = nr_maps;
	memcpy(window->maps, maps, nr_maps * sizeof(*maps));
	KUNIT_ASSERT_EQ(test, fake_map_interleaved(t->devices, t->nr, BASE, t->nr * SIZE, 256, 0),
			0);
	bring_up(test);
}

static struct cxl_region *region(struct kunit *test)
{
	struct topology *t = test->priv;

	for (int i = t->nr - 1; i >= 0; i--)
		KUNIT_ASSERT_EQ(test, fake_bind(t->devices[i]), 0);
	return decoder_of(t->devices[0])->region;
}

static void region_is_in_the_order_of_the_target_list(struct kunit *test)
{
	/* address bits beside those of the granules change which is first, and where */
	static const u64 maps[] = { 0x2041100, 0x104200200 };
	struct topology *t = test->priv;
	struct cxl_region *cxlr;

	machine(test, 4, maps, 2);
	cxlr = region(test);
	KUNIT_ASSERT_NOT_NULL(test, cxlr);
	KUNIT_EXPECT_EQ(test, cxlr->nr_targets, 4);
	for (int i = 0; i < t->nr; i++)
		KUNIT_EXPECT_PTR_EQ(test, &cxlr->targets[i]->cxld, decoder_of(t->devices[i]));
}

static void six_ways_have_one_map(struct kunit *test)
{
	static const u64 maps[] = { 0x10000100 };
	struct cxl_region *cxlr;

	machine(test, 6, maps, 1);
	cxlr = region(test);
	KUNIT_ASSERT_NOT_NULL(test, cxlr);
	KUNIT_EXPECT_EQ(test, cxlr->nr_targets, 6);
}

static void three_ways_need_none(struct kunit *test)
{
	machine(test, 3, NULL, 0);
	KUNIT_EXPECT_NOT_NULL(test, region(test));
}

static void without_its_maps_nothing_is_interleaved(struct kunit *test)
{
	static const u64 maps[] = { 0x100 };

	machine(test, 4, maps, 1);
	KUNIT_EXPECT_NULL(test, region(test));
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 0);
}

static void maps_that_leave_a_device_out_are_told(struct kunit *test)
{
	static const u64 maps[] = { 0x100, 0x100 };

	machine(test, 4, maps, 2);
	fake_log_clear();
	KUNIT_EXPECT_NULL(test, region(test));
	KUNIT_EXPECT_GE(test, fake_log_count(LOGLEVEL_ERR, " by XOR on bits 8-9"), 1);
}

/* a window of one way picks nothing, whatever it says */
static void window_of_one_way_needs_no_map(struct kunit *test)
{
	machine(test, 1, NULL, 0);
	KUNIT_EXPECT_NOT_NULL(test, region(test));
}

static struct kunit_case xor_cases[] = {
	KUNIT_CASE(region_is_in_the_order_of_the_target_list),
	KUNIT_CASE(six_ways_have_one_map),
	KUNIT_CASE(three_ways_need_none),
	KUNIT_CASE(without_its_maps_nothing_is_interleaved),
	KUNIT_CASE(maps_that_leave_a_device_out_are_told),
	KUNIT_CASE(window_of_one_way_needs_no_map),
	{}
};

static struct kunit_suite xor_suite = {
	.name = "xor_kunit",
	.init = topology_init,
	.test_cases = xor_cases,
};

kunit_test_suite(xor_suite);

MODULE_DESCRIPTION("KUnit: windows that pick by XOR");
MODULE_LICENSE("GPL");
