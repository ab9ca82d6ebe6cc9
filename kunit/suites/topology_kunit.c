// SPDX-License-Identifier: GPL-2.0-only
/* shapes of platforms: bridges, switches, windows, interleave */

#include "topology_rig.h"

MODULE_IMPORT_NS("CXL");

/* ------------------------------ bridges ---------------------------- */

static void passthrough_bridge_needs_no_decoder(struct kunit *test)
{
	struct topology *t = test->priv;
	struct fake_node *bridge = fake_bridge(t->f, 0, 0);

	add_device(t, fake_root_port(bridge, 3));
	fake_window(t->f, bridge, BASE, WINDOW_SIZE);
	all_attach_and_go(test);
}

static void bridge_with_two_ways_and_no_decoder_refuses(struct kunit *test)
{
	struct topology *t = test->priv;
	struct fake_node *bridge = fake_bridge(t->f, 0, 0);

	add_device(t, fake_root_port(bridge, 3));
	fake_root_port(bridge, 4);
	fake_window(t->f, bridge, BASE, WINDOW_SIZE);
	map_all(test);
	bring_up(test);
	fake_expect_refused(test, t->devices[0], CXLA_REASON_PORT_DISABLED);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, "no HDM decoder"), 1);
}

static void sixteen_devices_under_four_bridges_attach(struct kunit *test)
{
	struct topology *t = test->priv;

	for (int uid = 0; uid < 4; uid++)
		add_bridge(t, uid, 4);
	/* one window each, and the devices' ranges within */
	for (int i = 0; i < t->nr; i++)
		KUNIT_ASSERT_EQ(test, fake_map(t->devices[i],
					       BASE + i / 4 * WINDOW_SIZE +
					       i % 4 * SIZE, SIZE, 0), 0);
	bring_up(test);
	for (int i = 0; i < t->nr; i++)
		fake_expect_attached(test, t->devices[i],
				     BASE + i / 4 * WINDOW_SIZE + i % 4 * SIZE,
				     SIZE);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_WARNING), 0);
}

static void bridge_that_is_unbound_leaves_others_alone(struct kunit *test)
{
	struct topology *t = test->priv;
	struct cxl_port *port;

	add_bridge(t, 0, 2);
	add_bridge(t, 1, 2);
	for (int i = 0; i < 4; i++) {
		u64 base = BASE + i / 2 * WINDOW_SIZE + i % 2 * SIZE;

		KUNIT_ASSERT_EQ(test, fake_map(t->devices[i], base, SIZE, 0),
				0);
	}
	bring_up(test);
	for (int i = 0; i < 4; i++)
		KUNIT_ASSERT_EQ(test, fake_bind(t->devices[i]), 0);

	port = fake_port(the_bridge(t));
	KUNIT_ASSERT_NOT_NULL(test, port);
	device_release_driver(&port->dev);
	put_device(&port->dev);
	msleep(5000);
	for (int i = 0; i < 4; i++) {
		struct fake_accel *accel = &t->devices[i]->accel;

		KUNIT_EXPECT_EQ(test, accel->nr_attached, 1);
		KUNIT_EXPECT_EQ(test, accel->nr_revoke, i < 2);
		KUNIT_EXPECT_EQ(test, accel->nr_detach, i < 2);
	}
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 2);
}

static void restricted_host_is_a_reason(struct kunit *test)
{
	struct topology *t = test->priv;

	add_device(t, fake_root_port(fake_rch(t->f, 0), 0));
	bring_up(test);
	fake_expect_refused(test, t->devices[0], CXLA_REASON_RESTRICTED_HOST);
}

/* ------------------------- windows, decoders ----------------------- */

static void two_windows_of_one_bridge_are_told_apart(struct kunit *test)
{
	struct topology *t = test->priv;
	u64 second = BASE + 8 * WINDOW_SIZE;

	add_bridge(t, 0, 2);
	fake_window(t->f, the_bridge(t), second, WINDOW_SIZE);
	KUNIT_ASSERT_EQ(test, fake_map(t->devices[0], BASE, SIZE, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_map(t->devices[1], second, SIZE, 0), 0);
	bring_up(test);
	fake_expect_attached(test, t->devices[0], BASE, SIZE);
	fake_expect_attached(test, t->devices[1], second, SIZE);
}

static void first_mapped_decoder_counts(struct kunit *test)
{
	struct topology *t = test->priv;
	struct fake_node *device;

	add_bridge(t, 0, 0);
	device = fake_endpoint(fake_root_port(the_bridge(t), 0), 0, 4, 4 * SIZE);
	for (int i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, fake_map(device, base_of(i), SIZE, 0), 0);
	bring_up(test);
	fake_expect_attached(test, device, BASE, SIZE);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 3);
	KUNIT_EXPECT_EQ(test, decoder_of(device)->region->nr_attach, 1);
}

static void decoder_of_a_bridge_may_map_more_than_a_device_has(struct kunit *test)
{
	struct fake_commit whole = { .base = BASE, .size = 4 * SIZE };
	struct topology *t = test->priv;

	add_bridge(t, 0, 1);
	KUNIT_ASSERT_EQ(test, fake_hdm_commit(the_bridge(t), 0, &whole), 0);
	map_all(test);
	bring_up(test);
	all_attach(test);
}

/* a window that ends where memory below 4 GiB makes room for MMIO */
static void range_larger_than_its_window_is_the_windows_part(struct kunit *test)
{
	struct topology *t = test->priv;
	struct cxl_region *cxlr;

	add_bridge(t, 0, 1);
	map_all(test);
	t->f->windows[0].range.end = BASE + SIZE / 2 - 1;
	bring_up(test);
	fake_expect_attached(test, t->devices[0], BASE, SIZE / 2);
	KUNIT_ASSERT_EQ(test, t->devices[0]->accel.nr_attached, 1);
	cxlr = decoder_of(t->devices[0])->region;
	KUNIT_ASSERT_NOT_NULL(test, cxlr);
	KUNIT_EXPECT_EQ(test, cxlr->res.end, BASE + SIZE / 2 - 1);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR), 0);
}

static void range_that_begins_before_its_window_is_in_none(struct kunit *test)
{
	struct topology *t = test->priv;

	add_bridge(t, 0, 1);
	map_all(test);
	t->f->windows[0].range.start = BASE + SIZE / 2;
	bring_up(test);
	fake_expect_refused(test, t->devices[0], CXLA_REASON_NO_WINDOW);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR), 1);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, "bytes before decoder"), 1);
}

/* ----------------------------- interleave -------------------------- */

/* @bridges with @each devices, one range over all of them in this order */
static void interleaved(struct kunit *test, int bridges, int each)
{
	struct fake_node *order[MAX_DEVICES];
	struct topology *t = test->priv;
	struct cxla_window *window = NULL;

	for (int uid = 0; uid < bridges; uid++) {
		struct fake_node *bridge = fake_bridge(t->f, uid, 4);

		for (int i = 0; i < each; i++)
			add_device(t, fake_root_port(bridge, 10 * uid + i))
				->accel.expander = true;
		if (!window)
			window = fake_window(t->f, bridge, BASE, WINDOW_SIZE);
		else
			fake_window_target(window, bridge);
	}
	/* neighbouring granules are on different bridges */
	for (int i = 0; i < t->nr; i++)
		order[i] = t->devices[i % bridges * each + i / bridges];
	memcpy(t->devices, order, sizeof(order));
	KUNIT_ASSERT_EQ(test, fake_map_interleaved(t->devices, t->nr, BASE,
						   t->nr * SIZE, 256, 0), 0);
	bring_up(test);
}

static void region_has_members_in_order(struct kunit *test)
{
	struct topology *t = test->priv;
	struct cxl_region *cxlr;

	/* backwards: the order is the decoders', not that of arrival */
	for (int i = t->nr - 1; i >= 0; i--) {
		KUNIT_ASSERT_EQ(test, fake_bind(t->devices[i]), 0);
		KUNIT_ASSERT_EQ(test, t->devices[i]->accel.rc, 0);
	}
	cxlr = decoder_of(t->devices[0])->region;
	KUNIT_ASSERT_NOT_NULL(test, cxlr);
	KUNIT_EXPECT_EQ(test, cxlr->res.start, BASE);
	KUNIT_EXPECT_EQ(test, resource_size(&cxlr->res), t->nr * SIZE);
	KUNIT_EXPECT_EQ(test, cxlr->nr_targets, t->nr);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 1);
	KUNIT_EXPECT_NOT_NULL(test, cxlr->dev.driver);
	for (int i = 0; i < t->nr; i++)
		KUNIT_EXPECT_PTR_EQ(test, &cxlr->targets[i]->cxld,
				    decoder_of(t->devices[i]));
}

static void interleave_over_two_bridges_is_in_order(struct kunit *test)
{
	interleaved(test, 2, 1);
	region_has_members_in_order(test);
}

static void interleave_over_root_ports_is_in_order(struct kunit *test)
{
	interleaved(test, 1, 4);
	region_has_members_in_order(test);
}

static void interleave_over_bridges_and_root_ports_is_in_order(struct kunit *test)
{
	u32 mask = CXL_HDM_CTRL_IW | CXL_HDM_CTRL_IG;
	struct topology *t = test->priv;

	interleaved(test, 2, 2);
	/* 256 bytes to each bridge in turn, of these 512 to each port: is it? */
	KUNIT_EXPECT_EQ(test, *fake_hdm_reg(t->devices[3], 0, CXL_HDM_CTRL) &
			mask, 0x20);
	KUNIT_EXPECT_EQ(test, *fake_hdm_reg(the_bridge(t), 0, CXL_HDM_CTRL) &
			mask, 0x11);
	KUNIT_EXPECT_EQ(test, *fake_hdm_reg(the_bridge(t), 0, CXL_HDM_TL_LOW),
			0x0100);
	region_has_members_in_order(test);
}

/* two bridges that split 256 bytes each, and go on to split by 256 bytes */
static void interleave_that_uses_an_address_bit_twice_is_refused(struct kunit *test)
{
	struct topology *t = test->priv;

	interleaved(test, 2, 2);
	fake_root_remove(t->f);
	*fake_hdm_reg(the_bridge(t), 0, CXL_HDM_CTRL) &= ~CXL_HDM_CTRL_IG;
	bring_up(test);
	fake_log_clear();
	t->devices[0]->accel.expander = false;
	fake_expect_refused(test, t->devices[0], CXLA_REASON_ROUTE_MISMATCH);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR), 1);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, "address bits 8-9",
					     ".0 by bit 8, decoder",
					     pci_name(t->devices[0]->pdev)), 1);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 0);
}

/* firmware of the field: the window picks by 512 bytes, bridges below by 256 */
static void smaller_granularity_below_is_in_order(struct kunit *test)
{
	struct topology *t = test->priv;

	interleaved(test, 2, 2);
	fake_root_remove(t->f);
	t->f->windows[0].granularity = 512;
	for (int i = 0; i < 2; i++) {
		struct fake_node *bridge = t->devices[i]->parent->parent;

		*fake_hdm_reg(bridge, 0, CXL_HDM_CTRL) &= ~CXL_HDM_CTRL_IG;
	}
	bring_up(test);
	swap(t->devices[1], t->devices[2]);
	region_has_members_in_order(test);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR), 0);
}

static void window_of_another_granularity_than_the_device_is_refused(struct kunit *test)
{
	struct topology *t = test->priv;

	interleaved(test, 2, 1);
	fake_root_remove(t->f);
	t->f->windows[0].granularity = 512;
	bring_up(test);
	t->devices[0]->accel.expander = false;
	fake_expect_refused(test, t->devices[0], CXLA_REASON_ROUTE_MISMATCH);
}

static void interleave_below_a_switch_is_in_order(struct kunit *test)
{
	struct topology *t = test->priv;

	add_switch(t, 4);
	for (int i = 0; i < 4; i++)
		t->devices[i]->accel.expander = true;
	KUNIT_ASSERT_EQ(test, fake_map_interleaved(t->devices, 4, BASE,
						   4 * SIZE, 256, 0), 0);
	bring_up(test);
	region_has_members_in_order(test);
}

static void interleaved_region_comes_back_after_an_attach_that_was_refused(struct kunit *test)
{
	struct topology *t = test->priv;
	struct fake_node *other, *accel;
	struct cxl_region *cxlr;

	interleaved(test, 2, 1);
	other = t->devices[0];
	accel = t->devices[1];
	KUNIT_ASSERT_EQ(test, fake_bind(other), 0);
	accel->accel.expander = false;
	fake_expect_refused(test, accel, CXLA_REASON_INTERLEAVED);

	/* a member left */
	KUNIT_EXPECT_NULL(test, decoder_of(other)->region);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 0);

	/* and it is whole with one that asks for nothing */
	fake_unbind(accel);
	accel->accel.expander = true;
	KUNIT_ASSERT_EQ(test, fake_bind(accel), 0);
	cxlr = decoder_of(accel)->region;
	KUNIT_ASSERT_NOT_NULL(test, cxlr);
	KUNIT_EXPECT_PTR_EQ(test, decoder_of(other)->region, cxlr);
	KUNIT_EXPECT_EQ(test, cxlr->nr_targets, 2);
	KUNIT_EXPECT_EQ(test, cxlr->nr_attach, 0);
	KUNIT_EXPECT_NOT_NULL(test, cxlr->dev.driver);
}

static void interleaved_region_ends_with_the_first_member_that_leaves(struct kunit *test)
{
	struct topology *t = test->priv;
	struct fake_snapshot before;

	interleaved(test, 2, 1);
	before = fake_snapshot();
	for (int i = 0; i < 2; i++) {
		region_has_members_in_order(test);
		fake_unbind(t->devices[i]);
		KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 0);
		KUNIT_EXPECT_NULL(test, decoder_of(t->devices[!i])->region);
		/* the one that stayed is a member again when it comes back */
		KUNIT_EXPECT_EQ(test, fake_bind(t->devices[i]), 0);
		KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 1);
		KUNIT_EXPECT_PTR_EQ(test, decoder_of(t->devices[0])->region,
				    decoder_of(t->devices[1])->region);
		fake_unbind(t->devices[!i]);
		fake_unbind(t->devices[i]);
		fake_expect_snapshot(test, &before);
	}
}

static struct kunit_case topology_cases[] = {
	KUNIT_CASE(passthrough_bridge_needs_no_decoder),
	KUNIT_CASE(bridge_with_two_ways_and_no_decoder_refuses),
	KUNIT_CASE(sixteen_devices_under_four_bridges_attach),
	KUNIT_CASE(bridge_that_is_unbound_leaves_others_alone),
	KUNIT_CASE(restricted_host_is_a_reason),
	KUNIT_CASE(two_windows_of_one_bridge_are_told_apart),
	KUNIT_CASE(first_mapped_decoder_counts),
	KUNIT_CASE(decoder_of_a_bridge_may_map_more_than_a_device_has),
	KUNIT_CASE(interleave_over_two_bridges_is_in_order),
	KUNIT_CASE(interleave_over_root_ports_is_in_order),
	KUNIT_CASE(interleave_over_bridges_and_root_ports_is_in_order),
	KUNIT_CASE(interleave_that_uses_an_address_bit_twice_is_refused),
	KUNIT_CASE(range_larger_than_its_window_is_the_windows_part),
	KUNIT_CASE(range_that_begins_before_its_window_is_in_none),
	KUNIT_CASE(smaller_granularity_below_is_in_order),
	KUNIT_CASE(window_of_another_granularity_than_the_device_is_refused),
	KUNIT_CASE(interleave_below_a_switch_is_in_order),
	KUNIT_CASE(interleaved_region_comes_back_after_an_attach_that_was_refused),
	KUNIT_CASE(interleaved_region_ends_with_the_first_member_that_leaves),
	{}
};

static struct kunit_suite topology_suite = {
	.name = "topology_kunit",
	.init = topology_init,
	.test_cases = topology_cases,
};

kunit_test_suite(topology_suite);

MODULE_DESCRIPTION("KUnit: shapes of platforms, on fake hardware");
MODULE_LICENSE("GPL");
