// SPDX-License-Identifier: GPL-2.0-only
/* Devices below switches, and the ports of switches, which come and go. */

#include "topology_rig.h"

MODULE_IMPORT_NS("CXL");

static void devices_below_a_switch_of_two_attach(struct kunit *test)
{
	add_switch(test->priv, 2);
	all_attach_and_go(test);
}

static void devices_below_a_switch_of_four_attach(struct kunit *test)
{
	add_switch(test->priv, 4);
	all_attach_and_go(test);
}

static void device_below_two_switches_attaches(struct kunit *test)
{
	struct topology *t = test->priv;
	struct fake_node *outer = add_switch(t, 1);
	struct fake_node *inner = fake_switch(fake_downstream(outer, 9), 2);

	add_device(t, fake_downstream(inner, 0));
	add_device(t, fake_downstream(inner, 1));
	all_attach_and_go(test);
}

static void switch_without_decoders_and_with_one_way_attaches(struct kunit *test)
{
	struct topology *t = test->priv;
	struct fake_node *bridge = fake_bridge(t->f, 0, 2);
	struct fake_node *sw = fake_switch(fake_root_port(bridge, 1), 0);

	add_device(t, fake_downstream(sw, 4));
	fake_window(t->f, bridge, BASE, WINDOW_SIZE);
	all_attach_and_go(test);
}

static void switch_that_is_not_committed_refuses(struct kunit *test)
{
	struct topology *t = test->priv;
	struct fake_node *sw = add_switch(t, 2);

	map_all(test);
	fake_hdm_uncommit(sw, 1);
	bring_up(test);
	fake_expect_attached(test, t->devices[0], base_of(0), SIZE);
	fake_expect_refused(test, t->devices[1], CXLA_REASON_NOT_COMMITTED);
}

static void switch_that_routes_elsewhere_refuses(struct kunit *test)
{
	struct topology *t = test->priv;
	struct fake_node *sw = add_switch(t, 2);

	map_all(test);
	*fake_hdm_reg(sw, 1, CXL_HDM_TL_LOW) = 0;
	bring_up(test);
	fake_expect_refused(test, t->devices[1], CXLA_REASON_ROUTE_MISMATCH);
	fake_expect_attached(test, t->devices[0], base_of(0), SIZE);
}

static void switch_port_goes_with_the_last_endpoint(struct kunit *test)
{
	struct topology *t = test->priv;
	struct fake_node *outer = add_switch(t, 1);
	struct fake_node *inner = fake_switch(fake_downstream(outer, 9), 2);
	struct fake_snapshot none;

	add_device(t, fake_downstream(inner, 0));
	add_device(t, fake_downstream(inner, 1));
	map_all(test);
	bring_up(test);
	none = fake_snapshot();

	all_attach(test);
	KUNIT_EXPECT_EQ(test, fake_snapshot().ports, none.ports + 2);
	fake_unbind(t->devices[1]);
	KUNIT_EXPECT_EQ(test, fake_snapshot().ports, none.ports + 2);
	fake_unbind(t->devices[2]);
	KUNIT_EXPECT_EQ(test, fake_snapshot().ports, none.ports + 1);
	fake_unbind(t->devices[0]);
	fake_expect_snapshot(test, &none);
}

static void switch_port_that_is_unbound_revokes_what_is_below(struct kunit *test)
{
	struct topology *t = test->priv;
	struct fake_node *sw = add_switch(t, 2);
	struct cxl_port *port;

	map_all(test);
	bring_up(test);
	all_attach(test);
	port = fake_port(sw);
	KUNIT_ASSERT_NOT_NULL(test, port);
	device_release_driver(&port->dev);
	msleep(5000);
	for (int i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, t->devices[i]->accel.nr_revoke, 1);
		KUNIT_EXPECT_EQ(test, t->devices[i]->accel.nr_detach, 1);
	}
	/* both let go of it, and it is there to be bound again */
	unbind_all(t);
	fake_expect_refused(test, t->devices[0], CXLA_REASON_PORT_DISABLED);
	unbind_all(t);
	KUNIT_EXPECT_EQ(test, device_attach(&port->dev), 1);
	put_device(&port->dev);
	all_attach(test);
}

/* what hung off the outer one went by another way than its last device */
static void switch_port_that_was_unbound_goes_with_the_last_endpoint_too(struct kunit *test)
{
	struct topology *t = test->priv;
	struct fake_node *outer = add_switch(t, 1);
	struct fake_node *inner = fake_switch(fake_downstream(outer, 9), 2);
	struct fake_snapshot before;
	struct cxl_port *port;

	add_device(t, fake_downstream(inner, 0));
	map_all(test);
	bring_up(test);
	before = fake_snapshot();
	all_attach(test);
	port = fake_port(outer);
	KUNIT_ASSERT_NOT_NULL(test, port);
	device_release_driver(&port->dev);
	msleep(1000);
	KUNIT_EXPECT_EQ(test, device_attach(&port->dev), 1);
	put_device(&port->dev);
	unbind_all(t);
	all_attach(test);
	unbind_all(t);
	fake_expect_snapshot(test, &before);
}

static void switch_port_that_is_bound_again_brings_the_ranges_back(struct kunit *test)
{
	struct topology *t = test->priv;
	struct fake_node *sw = add_switch(t, 2);
	struct cxl_port *port;

	map_all(test);
	bring_up(test);
	for (int i = 0; i < 2; i++)
		t->devices[i]->accel.retry = true;
	all_attach(test);
	port = fake_port(sw);
	KUNIT_ASSERT_NOT_NULL(test, port);
	device_release_driver(&port->dev);
	msleep(1000);
	for (int i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, t->devices[i]->accel.nr_attached, 1);
	KUNIT_EXPECT_EQ(test, device_attach(&port->dev), 1);
	put_device(&port->dev);
	msleep(1000);
	for (int i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, t->devices[i]->accel.nr_attached, 2);
}

/* the port of one that is left out, as its number is taken, is found by nobody */
static void switch_that_was_added_in_vain_goes_again(struct kunit *test)
{
	struct topology *t = test->priv;
	struct fake_node *sw = add_switch(t, 1);
	struct fake_snapshot none;

	add_device(t, fake_downstream(sw, 0));
	KUNIT_ASSERT_EQ(test, fake_map(t->devices[0], base_of(0), SIZE, 0), 0);
	bring_up(test);
	none = fake_snapshot();
	KUNIT_ASSERT_EQ(test, fake_bind(t->devices[1]), 0);
	KUNIT_EXPECT_EQ(test, range_len(&t->devices[1]->accel.range), 0);
	fake_unbind(t->devices[1]);
	fake_expect_snapshot(test, &none);
}

static struct kunit_case switch_cases[] = {
	KUNIT_CASE(devices_below_a_switch_of_two_attach),
	KUNIT_CASE(devices_below_a_switch_of_four_attach),
	KUNIT_CASE(device_below_two_switches_attaches),
	KUNIT_CASE(switch_without_decoders_and_with_one_way_attaches),
	KUNIT_CASE(switch_that_is_not_committed_refuses),
	KUNIT_CASE(switch_that_routes_elsewhere_refuses),
	KUNIT_CASE(switch_port_goes_with_the_last_endpoint),
	KUNIT_CASE(switch_port_that_is_unbound_revokes_what_is_below),
	KUNIT_CASE(switch_port_that_was_unbound_goes_with_the_last_endpoint_too),
	KUNIT_CASE(switch_port_that_is_bound_again_brings_the_ranges_back),
	KUNIT_CASE(switch_that_was_added_in_vain_goes_again),
	{}
};

static struct kunit_suite switch_suite = {
	.name = "switch_kunit",
	.init = topology_init,
	.test_cases = switch_cases,
};

kunit_test_suite(switch_suite);

MODULE_DESCRIPTION("KUnit: switches");
MODULE_LICENSE("GPL");
