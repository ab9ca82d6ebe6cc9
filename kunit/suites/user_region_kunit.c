// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions that userspace makes, in the way of the in-tree stack, and what is refused:
 * kmod/core/user_region.c, layout.c and dpa.c.
 */
#include <linux/delay.h>

#include "user_region_rig.h"

MODULE_IMPORT_NS("CXL");

/* ------------------------------- made ------------------------------ */

static void region_of_one_device_is_made_and_taken_back(struct kunit *test)
{
	struct cxl_region *cxlr = region_of(test, ONE, &l0, 1, 0);

	expect_idle(test);
	fake_expect_cxla(test, &cxlr->dev, "commit", "0");
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	fake_expect_cxla(test, &cxlr->dev, "commit", "1");
	fake_expect_cxla(test, &cxlr->dev, "resource", "0x1000000000");
	KUNIT_EXPECT_TRUE(test, is_committed(l0, 0));
	KUNIT_EXPECT_EQ(test, base_of(l0, 0), ONE);
	KUNIT_EXPECT_EQ(test, base_of(left, 0), ONE);
	KUNIT_EXPECT_EQ(test, *fake_hdm_reg(left, 0, CXL_HDM_TL_LOW), 1);
	/* memory of expanders */
	KUNIT_EXPECT_TRUE(test, *fake_hdm_reg(l0, 0, CXL_HDM_CTRL) &
				CXL_HDM_CTRL_HOSTONLY);
	/* device-dax is offered it when its driver is bound, and not before */
	KUNIT_EXPECT_NULL(test, cxlr->dax);
	KUNIT_EXPECT_EQ(test, device_attach(&cxlr->dev), 1);
	KUNIT_EXPECT_NOT_NULL(test, cxlr->dax);
	KUNIT_EXPECT_EQ(test, delete(test, cxlr), 0);
	expect_idle(test);
	KUNIT_EXPECT_EQ(test, write_u64(&decoder(l0, 0)->cxld.dev, "dpa_size",
					0), 0);
	fake_expect_snapshot(test, &before);
}

static void target_shows_what_it_will_decode(struct kunit *test)
{
	struct fake_node *members[] = { l0, r0 };
	struct cxl_region *cxlr = region_of(test, BOTH, members, 2, 0);
	struct device *dev = &decoder(r0, 0)->cxld.dev;

	fake_expect_cxla(test, dev, "start", "0x2000000000");
	fake_expect_cxla(test, dev, "size", "0x20000000");
	fake_expect_cxla(test, dev, "interleave_ways", "2");
	fake_expect_cxla(test, dev, "interleave_granularity", "256");
	expect_idle(test);
	/* or it would decode more than its device gave it */
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "size", 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "size", 2 * SHARE), 0);
	KUNIT_EXPECT_EQ(test, set_target(cxlr, 1, "\n"), 0);
	fake_expect_cxla(test, dev, "start", "0x0");
	fake_expect_cxla(test, dev, "size", "0x0");
	fake_expect_cxla(test, dev, "interleave_ways", "1");
}

/* it decodes nothing by itself, whatever goes through it */
static void bridge_with_one_way_out_shows_nothing(struct kunit *test)
{
	struct cxl_port *port = fake_port(n0->parent->parent);
	struct cxl_region *cxlr;

	KUNIT_ASSERT_EQ(test, fake_bind(n0), 0);
	cxlr = region_of(test, NARROW, &n0, 1, 0);
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	KUNIT_EXPECT_TRUE(test, is_committed(n0, 0));
	fake_expect_cxla(test, &port->decoders[0]->dev, "start", "0x0");
	fake_expect_cxla(test, &port->decoders[0]->dev, "size", "0x0");
	KUNIT_EXPECT_EQ(test, delete(test, cxlr), 0);
	fake_unbind(n0);
	put_device(&port->dev);
}

static void region_is_uncommitted_taken_apart_and_made_of_others(struct kunit *test)
{
	struct cxl_region *cxlr = region_of(test, ONE, &l0, 1, 0);

	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	KUNIT_EXPECT_EQ(test, device_attach(&cxlr->dev), 1);
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "0"), 0);
	expect_idle(test);
	KUNIT_EXPECT_NULL(test, cxlr->dax);
	KUNIT_EXPECT_NULL(test, cxlr->dev.driver);
	KUNIT_EXPECT_EQ(test, set_target(cxlr, 0, "\n"), 0);
	fake_expect_cxla(test, &cxlr->dev, "target0", "");
	KUNIT_EXPECT_EQ(test, write_u64(&decoder(l0, 0)->cxld.dev, "dpa_size",
					0), 0);
	KUNIT_EXPECT_EQ(test, assign(test, cxlr, 0, l1, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	KUNIT_EXPECT_TRUE(test, is_committed(l1, 0));
	KUNIT_EXPECT_FALSE(test, is_committed(l0, 0));
	KUNIT_EXPECT_EQ(test, *fake_hdm_reg(left, 0, CXL_HDM_TL_LOW), 2);
	KUNIT_EXPECT_EQ(test, delete(test, cxlr), 0);
	expect_idle(test);
}

static void devices_decode_before_anything_is_routed_to_them(struct kunit *test)
{
	struct cxl_region *cxlr = region_of(test, ONE, &s0, 1, 0);
	unsigned int invalidations = fake_cache_invalidations;

	f->nr_changes = 0;
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	KUNIT_ASSERT_EQ(test, f->nr_changes, 3);
	KUNIT_EXPECT_PTR_EQ(test, f->changes[0].node, s0);
	KUNIT_EXPECT_PTR_EQ(test, f->changes[1].node, upstream);
	KUNIT_EXPECT_PTR_EQ(test, f->changes[2].node, left);
	KUNIT_EXPECT_GT(test, f->changes[0].invalidations, invalidations);
	f->nr_changes = 0;
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "0"), 0);
	KUNIT_ASSERT_EQ(test, f->nr_changes, 3);
	KUNIT_EXPECT_PTR_EQ(test, f->changes[0].node, s0);
	KUNIT_EXPECT_PTR_EQ(test, f->changes[2].node, left);
}

/* --------------------------- interleaved --------------------------- */

static void ways_of_bridges_are_the_low_bits(struct kunit *test)
{
	struct fake_node *nodes[] = { l0, r0, l1, r1 };
	struct cxl_region *cxlr = region_of(test, BOTH, nodes, 4, 0);

	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	for (int i = 0; i < 4; i++)
		expect_encoded(test, nodes[i], 0, 4, 256);
	expect_encoded(test, left, 0, 2, 512);
	expect_encoded(test, right, 0, 2, 512);
	KUNIT_EXPECT_EQ(test, *fake_hdm_reg(left, 0, CXL_HDM_TL_LOW), 0x201);
	KUNIT_EXPECT_EQ(test, base_of(right, 0), BOTH);
	KUNIT_EXPECT_EQ(test, delete(test, cxlr), 0);
	expect_idle(test);
}

static void ways_of_a_switch_are_above_those_of_its_bridge(struct kunit *test)
{
	struct fake_node *nodes[] = { l0, s0, l1, s1 };
	struct fake_node *level[] = { s0, s1 };
	struct cxl_region *cxlr;

	/* a bridge whose ways are not all as wide is no interleave of four */
	cxlr = region_of(test, ONE, nodes, 4, 0);
	fake_log_clear();
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"),
			-ENXIO);
	expect_idle(test);
	KUNIT_EXPECT_EQ(test, delete(test, cxlr), 0);
	for (int i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, write_u64(&decoder(nodes[i], 0)->cxld.dev,
						"dpa_size", 0), 0);

	cxlr = region_of(test, ONE, level, 2, 0);
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	expect_encoded(test, upstream, 0, 2, 256);
	KUNIT_EXPECT_EQ(test, *fake_hdm_reg(left, 0, CXL_HDM_TL_LOW), 4);
	KUNIT_EXPECT_EQ(test, *fake_hdm_reg(upstream, 0, CXL_HDM_TL_LOW), 0x605);
}

static void window_that_picks_by_xor_has_its_order(struct kunit *test)
{
	struct fake_node *nodes[] = { l0, r0, l1, r1 };
	struct cxl_region *cxlr = region_of(test, XOR, nodes, 4, 0);

	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	for (int i = 0; i < 4; i++)
		KUNIT_EXPECT_PTR_EQ(test, cxlr->targets[i],
				    decoder(nodes[i], 0));
	KUNIT_EXPECT_EQ(test, base_of(right, 0), XOR);
}

static void position_is_one_that_the_window_leads_to(struct kunit *test)
{
	struct cxl_region *cxlr = make(test, BOTH);

	describe(test, cxlr, 2, 2 * SHARE);
	KUNIT_EXPECT_EQ(test, assign(test, cxlr, 0, r0, 0), -ENXIO);
	KUNIT_EXPECT_EQ(test, assign(test, cxlr, 0, l0, 0), 0);
	KUNIT_EXPECT_EQ(test, assign(test, cxlr, 1, l1, 0), -ENXIO);
	KUNIT_EXPECT_EQ(test, assign(test, cxlr, 1, r0, 0), 0);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
}

static void positions_that_cross_on_a_level_are_refused(struct kunit *test)
{
	struct fake_node *nodes[] = { l0, r0, l0, r1 };
	struct cxl_region *cxlr = make(test, BOTH);

	describe(test, cxlr, 4, 4 * SHARE);
	KUNIT_EXPECT_EQ(test, assign(test, cxlr, 0, nodes[0], 0), 0);
	KUNIT_EXPECT_EQ(test, assign(test, cxlr, 1, nodes[1], 0), 0);
	/* one device twice */
	KUNIT_EXPECT_EQ(test, assign(test, cxlr, 2, nodes[2], 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, assign(test, cxlr, 3, nodes[3], 0), 0);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"),
			-ENXIO);
	expect_idle(test);
}

/* ---------------------- what is refused, and when ------------------ */

static void name_is_the_one_that_was_told(struct kunit *test)
{
	struct device *dev = &window_at(test, ONE)->cxld.dev;
	char *name = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	char *again = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, again);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(dev, "create_ram_region",
					      "region99"), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(dev, "create_ram_region", "mem0"),
			-EINVAL);
	next_name(test, ONE, name);
	next_name(test, ONE, again);
	KUNIT_EXPECT_STREQ(test, name, again);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(dev, "create_ram_region", name),
			0);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(dev, "create_ram_region", name),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(dev, "delete_region", name), 0);
	fake_expect_snapshot(test, &before);
}

static void what_is_not_said_is_asked_for_in_order(struct kunit *test)
{
	struct cxl_region *cxlr = make(test, BOTH);
	const char *l = dev_name(&decoder(l0, 0)->cxld.dev);

	fake_expect_cxla(test, &cxlr->dev, "resource", "0xffffffffffffffff");
	fake_expect_cxla(test, &cxlr->dev, "size", "0x0");
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"),
			-ENXIO);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "size", SHARE), -ENXIO);
	/* a multiple of the window's, and its granularity */
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "interleave_ways", 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "interleave_ways", 5),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "interleave_granularity",
					512), -EINVAL);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "interleave_granularity",
					300), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "uuid", "0"), -EINVAL);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "interleave_ways", 2), 0);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "interleave_granularity",
					256), 0);
	KUNIT_EXPECT_EQ(test, set_target(cxlr, 0, l), -ENXIO);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "size", SHARE), -EINVAL);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "size", 2 * SHARE), 0);
	/* what the size follows from stays */
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "interleave_ways", 2),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "size", 4 * SHARE), -EBUSY);
	/* no DPA, and no share */
	KUNIT_EXPECT_EQ(test, set_target(cxlr, 0, l), -ENXIO);
	KUNIT_EXPECT_EQ(test, write_u64(&decoder(l0, 0)->cxld.dev, "dpa_size",
					2 * SHARE), 0);
	KUNIT_EXPECT_EQ(test, set_target(cxlr, 0, l), -EINVAL);
	KUNIT_EXPECT_EQ(test, set_target(cxlr, 0, "decoder99.9"), -ENODEV);
	KUNIT_EXPECT_EQ(test, set_target(cxlr, 0, dev_name(&cxlr->dev)), -ENODEV);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"),
			-ENXIO);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "size", 0), 0);
	fake_expect_cxla(test, &cxlr->dev, "size", "0x0");
	KUNIT_EXPECT_EQ(test, delete(test, cxlr), 0);
}

static void committed_region_refuses_whatever_is_wrong_besides(struct kunit *test)
{
	struct cxl_region *cxlr = region_of(test, ONE, &l0, 1, 0);
	struct device *dev = &decoder(l0, 0)->cxld.dev;

	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "size", "?"), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "uuid", "?"), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "interleave_ways",
					      "?"), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev,
					      "interleave_granularity", "?"),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, set_target(cxlr, 0, "?"), -EBUSY);
	KUNIT_EXPECT_EQ(test, set_target(cxlr, 0, "\n"), -EBUSY);
	KUNIT_EXPECT_EQ(test, write_u64(dev, "dpa_size", 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(dev, "mode", "?"), -EBUSY);
}

static void memory_of_a_device_is_given_in_order_and_once(struct kunit *test)
{
	struct device *d0 = &decoder(l0, 0)->cxld.dev;
	struct device *d1 = &decoder(l0, 1)->cxld.dev;

	KUNIT_EXPECT_EQ(test, write_u64(d0, "dpa_size", SHARE / 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, write_u64(d0, "dpa_size", 5 * SHARE), -ENOSPC);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(d0, "mode", "pmem"), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(d0, "mode", "fast"), -EINVAL);
	KUNIT_EXPECT_EQ(test, write_u64(d0, "dpa_size", SHARE), 0);
	KUNIT_EXPECT_EQ(test, write_u64(d1, "dpa_size", 4 * SHARE), -ENOSPC);
	KUNIT_EXPECT_EQ(test, write_u64(d1, "dpa_size", 3 * SHARE), 0);
	fake_expect_cxla(test, d1, "dpa_resource", "0x10000000");
	KUNIT_EXPECT_EQ(test, write_u64(d0, "dpa_size", 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, write_u64(d1, "dpa_size", 0), 0);
	KUNIT_EXPECT_EQ(test, write_u64(d0, "dpa_size", 0), 0);
	fake_expect_cxla(test, d0, "mode", "none");
}

static void memory_of_an_accelerator_is_its_driver_s(struct kunit *test)
{
	struct cxl_region *cxlr = make(test, ONE);

	accel->accel.create = true;
	fake_expect_attached(test, accel, ONE, SHARE);
	describe(test, cxlr, 1, SHARE);
	KUNIT_EXPECT_EQ(test, write_u64(&decoder(accel, 1)->cxld.dev,
					"dpa_size", SHARE), -EBUSY);
	KUNIT_EXPECT_EQ(test, set_target(cxlr, 0,
					 dev_name(&decoder(accel, 1)->cxld.dev)),
			-ENXIO);
	fake_unbind(accel);
}

static void platform_that_can_t_flush_has_none(struct kunit *test)
{
	struct cxl_region *cxlr = region_of(test, ONE, &l0, 1, 0);

	fake_cache_able = false;
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"),
			-EOPNOTSUPP);
	expect_idle(test);
}

static void window_that_is_for_accelerators_offers_none(struct kunit *test)
{
	struct device *dev = &window_at(test, ONE)->cxld.dev;

	KUNIT_EXPECT_NOT_NULL(test, fake_attribute(dev, "create_ram_region"));
	fake_root_remove(f);
	f->windows[0].flags &= ~CXL_DECODER_F_TYPE3;
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	KUNIT_EXPECT_NE(test, fake_store_cxla(&window_at(test, ONE)->cxld.dev,
					      "create_ram_region", "region0"),
			0);
}

/* what is behind is System RAM, and what is in front of it ended: it is as it was */
static void decoder_in_front_of_one_that_stays_comes_back_after_a_reset(struct kunit *test)
{
	struct cxl_region *idle = region_of(test, ONE, &l0, 1, 0);
	struct cxl_dev_state *cxlds = l0->accel.memdev->cxlds;
	struct cxl_region *busy;
	struct resource ram = {
		.name = "System RAM",
		.flags = IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY,
	};
	u64 front, behind;

	KUNIT_ASSERT_EQ(test, fake_store_cxla(&idle->dev, "commit", "1"), 0);
	busy = region_of(test, ONE, &l0, 1, 1);
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&busy->dev, "commit", "1"), 0);
	ram.start = busy->res.start;
	ram.end = busy->res.end;
	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, &ram), 0);
	front = base_of(l0, 0);
	behind = base_of(l0, 1);
	scoped_guard(device, &l0->pdev->dev) {
		cxl_reset_begin(cxlds, CXL_RESET);
		fake_cxl_clear(l0);
		cxl_reset_end(cxlds, CXL_RESET);
	}
	KUNIT_EXPECT_TRUE(test, is_committed(l0, 0));
	KUNIT_EXPECT_TRUE(test, is_committed(l0, 1));
	KUNIT_EXPECT_EQ(test, base_of(l0, 0), front);
	KUNIT_EXPECT_EQ(test, base_of(l0, 1), behind);
	KUNIT_EXPECT_EQ(test, remove_resource(&ram), 0);
}

/* who has looked it up finds its port, whatever goes meanwhile */
static void decoder_that_is_held_keeps_its_port(struct kunit *test)
{
	struct cxl_decoder *cxld = &decoder(l0, 0)->cxld;
	struct cxl_port *port = cxld_to_port(cxld);
	struct kref *kref = &port->dev.kobj.kref;

	get_device(&cxld->dev);
	get_device(&port->dev);
	fake_unbind(l0);
	/* a kernel may release what nobody references seconds later, to find who does */
	msleep(10000);
	KUNIT_EXPECT_EQ(test, kref_read(kref), 2);
	put_device(&cxld->dev);
	msleep(10000);
	KUNIT_EXPECT_EQ(test, kref_read(kref), 1);
	put_device(&port->dev);
	KUNIT_ASSERT_EQ(test, fake_bind(l0), 0);
}

static struct kunit_case user_region_cases[] = {
	KUNIT_CASE(region_of_one_device_is_made_and_taken_back),
	KUNIT_CASE(target_shows_what_it_will_decode),
	KUNIT_CASE(bridge_with_one_way_out_shows_nothing),
	KUNIT_CASE(region_is_uncommitted_taken_apart_and_made_of_others),
	KUNIT_CASE(devices_decode_before_anything_is_routed_to_them),
	KUNIT_CASE(ways_of_bridges_are_the_low_bits),
	KUNIT_CASE(ways_of_a_switch_are_above_those_of_its_bridge),
	KUNIT_CASE(window_that_picks_by_xor_has_its_order),
	KUNIT_CASE(position_is_one_that_the_window_leads_to),
	KUNIT_CASE(positions_that_cross_on_a_level_are_refused),
	KUNIT_CASE(name_is_the_one_that_was_told),
	KUNIT_CASE(what_is_not_said_is_asked_for_in_order),
	KUNIT_CASE(committed_region_refuses_whatever_is_wrong_besides),
	KUNIT_CASE(memory_of_a_device_is_given_in_order_and_once),
	KUNIT_CASE(memory_of_an_accelerator_is_its_driver_s),
	KUNIT_CASE(platform_that_can_t_flush_has_none),
	KUNIT_CASE(window_that_is_for_accelerators_offers_none),
	KUNIT_CASE(decoder_in_front_of_one_that_stays_comes_back_after_a_reset),
	KUNIT_CASE(decoder_that_is_held_keeps_its_port),
	{}
};

static struct kunit_suite user_region_suite = {
	.name = "user_region_kunit",
	.init = user_region_init,
	.exit = user_region_exit,
	.test_cases = user_region_cases,
};

kunit_test_suite(user_region_suite);

MODULE_DESCRIPTION("KUnit: regions that userspace makes");
MODULE_LICENSE("GPL");
