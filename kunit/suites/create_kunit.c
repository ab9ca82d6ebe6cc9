// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions of an accelerator where firmware made none: kmod/core/create.c. Which
 * addresses are taken, what hardware decodes then, and that nothing is left.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/pci.h>

#include "../../kmod/core/decoder.h"
#include "../fake/fake_cache.h"
#include "../fake/fake_fabric.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW	0x1000000000ULL
#define SIZE	((u64)SZ_512M)

/* three devices below a bridge of two decoders, two below a switch of two more */
static struct fake_fabric *f;
static struct fake_node *bridge, *upstream;
static struct fake_node *dev, *other, *third, *deep, *deeper;

static struct fake_node *accelerator(struct fake_node *port)
{
	struct fake_node *node = fake_endpoint(port, 0, 4, SIZE);

	if (node)
		node->accel.create = true;
	return node;
}

static void build(struct kunit *test, int decoders)
{
	f = fake_test_fabric(test);
	bridge = fake_bridge(f, 7, decoders);
	dev = accelerator(fake_root_port(bridge, 1));
	other = accelerator(fake_root_port(bridge, 2));
	third = accelerator(fake_root_port(bridge, 3));
	upstream = fake_switch(fake_root_port(bridge, 4), 2);
	deep = accelerator(fake_downstream(upstream, 5));
	deeper = accelerator(fake_downstream(upstream, 6));
	fake_window(f, bridge, WINDOW, SZ_4G);
	KUNIT_ASSERT_EQ(test, fake_fabric_start(f), 0);
}

static int create_init(struct kunit *test)
{
	build(test, 4);
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	fake_cache_able = true;
	return 0;
}

static void create_exit(struct kunit *test)
{
	fake_cache_able = true;
}

static bool is_committed(struct fake_node *node, int decoder)
{
	return *fake_hdm_reg(node, decoder, CXL_HDM_CTRL) &
	       CXL_HDM_CTRL_COMMITTED;
}

/* what a decoder decodes; 0: nothing */
static u64 base_of(struct fake_node *node, int decoder)
{
	if (!is_committed(node, decoder))
		return 0;
	return (u64)*fake_hdm_reg(node, decoder, CXL_HDM_BASE_HIGH) << 32 |
	       *fake_hdm_reg(node, decoder, CXL_HDM_BASE_LOW);
}

static u64 size_of(struct fake_node *node, int decoder)
{
	return (u64)*fake_hdm_reg(node, decoder, CXL_HDM_SIZE_HIGH) << 32 |
	       *fake_hdm_reg(node, decoder, CXL_HDM_SIZE_LOW);
}

static int nr_committed(struct fake_node *node)
{
	int nr = 0;

	for (int i = 0; i < node->nr_decoders; i++)
		nr += is_committed(node, i);
	return nr;
}

static void expect_idle(struct kunit *test)
{
	struct fake_node *all[] = { bridge, upstream, dev, other, third, deep,
				    deeper };

	for (int i = 0; i < ARRAY_SIZE(all); i++)
		KUNIT_EXPECT_EQ_MSG(test, nr_committed(all[i]), 0, "%d", i);
}

/* ------------------------------- made ------------------------------ */

static void region_is_made_of_all_memory_of_the_device(struct kunit *test)
{
	fake_expect_attached(test, dev, WINDOW, SIZE);
	KUNIT_EXPECT_EQ(test, base_of(dev, 0), WINDOW);
	KUNIT_EXPECT_EQ(test, size_of(dev, 0), SIZE);
	KUNIT_EXPECT_EQ(test, base_of(bridge, 0), WINDOW);
	KUNIT_EXPECT_EQ(test, size_of(bridge, 0), SIZE);
	KUNIT_EXPECT_EQ(test, *fake_hdm_reg(bridge, 0, CXL_HDM_TL_LOW), 1);
	/* device memory */
	KUNIT_EXPECT_FALSE(test, *fake_hdm_reg(dev, 0, CXL_HDM_CTRL) &
				 CXL_HDM_CTRL_HOSTONLY);
}

static void device_decodes_before_anything_is_routed_to_it(struct kunit *test)
{
	unsigned int before = fake_cache_invalidations;

	f->nr_changes = 0;
	fake_expect_attached(test, deep, WINDOW, SIZE);
	KUNIT_ASSERT_EQ(test, f->nr_changes, 3);
	KUNIT_EXPECT_PTR_EQ(test, f->changes[0].node, deep);
	KUNIT_EXPECT_PTR_EQ(test, f->changes[1].node, upstream);
	KUNIT_EXPECT_PTR_EQ(test, f->changes[2].node, bridge);
	/* and CPUs had let go of the addresses */
	KUNIT_EXPECT_GT(test, f->changes[0].invalidations, before);
}

static void detach_takes_back_from_the_device_up(struct kunit *test)
{
	struct fake_snapshot before = fake_snapshot();
	unsigned int invalidations;

	fake_expect_attached(test, deep, WINDOW, SIZE);
	f->nr_changes = 0;
	invalidations = fake_cache_invalidations;
	fake_unbind(deep);
	KUNIT_ASSERT_EQ(test, f->nr_changes, 3);
	KUNIT_EXPECT_GT(test, f->changes[0].invalidations, invalidations);
	KUNIT_EXPECT_PTR_EQ(test, f->changes[0].node, deep);
	KUNIT_EXPECT_PTR_EQ(test, f->changes[1].node, upstream);
	KUNIT_EXPECT_PTR_EQ(test, f->changes[2].node, bridge);
	expect_idle(test);
	fake_expect_snapshot(test, &before);
}

static void a_hundred_times_costs_no_address_and_no_decoder(struct kunit *test)
{
	struct fake_snapshot before = fake_snapshot();

	for (int i = 0; i < 100; i++) {
		fake_expect_attached(test, dev, WINDOW, SIZE);
		fake_unbind(dev);
	}
	expect_idle(test);
	fake_expect_snapshot(test, &before);
}

static void driver_that_does_not_ask_has_none(struct kunit *test)
{
	dev->accel.create = false;
	fake_expect_refused(test, dev, CXLA_REASON_NOT_COMMITTED);
	expect_idle(test);
}

static void what_firmware_made_is_taken_as_it_is(struct kunit *test)
{
	fake_unbind(dev);
	KUNIT_ASSERT_EQ(test, fake_map(dev, WINDOW + SZ_1G, SZ_256M, 0), 0);
	fake_expect_attached(test, dev, WINDOW + SZ_1G, SZ_256M);
	fake_unbind(dev);
	KUNIT_EXPECT_EQ(test, base_of(dev, 0), WINDOW + SZ_1G);
	KUNIT_EXPECT_EQ(test, base_of(bridge, 0), WINDOW + SZ_1G);
}

/* firmware locks those that it has no use for */
static void decoders_of_size_zero_are_passed_over(struct kunit *test)
{
	const u32 locked = CXL_HDM_CTRL_LOCK | CXL_HDM_CTRL_COMMIT |
			   CXL_HDM_CTRL_COMMITTED;

	fake_root_remove(f);
	*fake_hdm_reg(dev, 0, CXL_HDM_CTRL) = locked;
	*fake_hdm_reg(bridge, 0, CXL_HDM_CTRL) = locked;
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	fake_expect_attached(test, dev, WINDOW, SIZE);
	KUNIT_EXPECT_EQ(test, base_of(dev, 1), WINDOW);
	KUNIT_EXPECT_EQ(test, base_of(bridge, 1), WINDOW);
	fake_unbind(dev);
	KUNIT_EXPECT_EQ(test, nr_committed(dev), 1);
	KUNIT_EXPECT_EQ(test, nr_committed(bridge), 1);
	KUNIT_EXPECT_EQ(test, dev->locked_writes + bridge->locked_writes, 0);
}

/* ----------------------------- addresses --------------------------- */

static void nothing_is_made_where_another_device_decodes(struct kunit *test)
{
	/* no driver of ours has it */
	KUNIT_ASSERT_EQ(test, fake_map(other, WINDOW, SIZE, 0), 0);
	fake_root_remove(f);
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	fake_expect_attached(test, dev, WINDOW + SIZE, SIZE);
	fake_expect_attached(test, other, WINDOW, SIZE);
}

/* with @taken in the window the region of a device begins at @base */
static void attached_beside(struct kunit *test, struct resource *taken, u64 base)
{
	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, taken), 0);
	fake_expect_attached(test, dev, base, SIZE);
	fake_unbind(dev);
	KUNIT_EXPECT_EQ(test, remove_resource(taken), 0);
	expect_idle(test);
}

static void addresses_that_somebody_has_are_left_out(struct kunit *test)
{
	struct resource busy = {
		.name = "somebody",
		.start = WINDOW + SZ_256M,
		.end = WINDOW + SZ_256M + SZ_4K - 1,
		.flags = IORESOURCE_MEM | IORESOURCE_BUSY,
	};

	attached_beside(test, &busy, WINDOW + SIZE);
}

static void soft_reserved_addresses_are_left_out(struct kunit *test)
{
	struct resource soft = {
		.name = "Soft Reserved",
		.start = WINDOW,
		.end = WINDOW + SZ_256M - 1,
		.flags = IORESOURCE_MEM,
		.desc = IORES_DESC_SOFT_RESERVED,
	};

	attached_beside(test, &soft, WINDOW + SZ_256M);
}

static void addresses_with_one_soft_reserved_page_are_left_out(struct kunit *test)
{
	struct resource soft = {
		.name = "Soft Reserved",
		.start = WINDOW + SIZE - SZ_4K,
		.end = WINDOW + SIZE - 1,
		.flags = IORESOURCE_MEM,
		.desc = IORES_DESC_SOFT_RESERVED,
	};

	attached_beside(test, &soft, WINDOW + SIZE);
}

/* one whose decoder has others behind it has its addresses again */
static void devices_that_take_turns_use_nothing_up(struct kunit *test)
{
	fake_expect_attached(test, dev, WINDOW, SIZE);
	fake_expect_attached(test, other, WINDOW + SIZE, SIZE);
	fake_log_clear();
	for (int i = 0; i < 20; i++) {
		fake_unbind(dev);
		KUNIT_EXPECT_EQ(test, nr_committed(dev), 0);
		fake_expect_attached(test, dev, WINDOW, SIZE);
		fake_unbind(other);
		fake_expect_attached(test, other, WINDOW + SIZE, SIZE);
	}
	KUNIT_EXPECT_EQ(test, nr_committed(bridge), 2);
	/* no reset took it */
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_NOTICE, "was committed at"), 0);
	/* what is left over goes with what was behind it */
	fake_unbind(dev);
	KUNIT_EXPECT_EQ(test, nr_committed(bridge), 2);
	fake_unbind(other);
	expect_idle(test);
}

static void below_a_switch_what_is_left_over_is_used_again(struct kunit *test)
{
	fake_expect_attached(test, deep, WINDOW, SIZE);
	fake_expect_attached(test, dev, WINDOW + SIZE, SIZE);
	fake_unbind(deep);
	KUNIT_EXPECT_EQ(test, nr_committed(upstream), 0);
	KUNIT_EXPECT_EQ(test, nr_committed(bridge), 2);
	fake_expect_attached(test, deep, WINDOW, SIZE);
	KUNIT_EXPECT_EQ(test, base_of(upstream, 0), WINDOW);
	fake_unbind(deep);
	fake_unbind(dev);
	expect_idle(test);
}

static void left_over_decoder_does_where_there_is_no_other(struct kunit *test)
{
	fake_expect_attached(test, deep, WINDOW, SIZE);
	fake_expect_attached(test, deeper, WINDOW + SIZE, SIZE);
	fake_unbind(deep);
	/* all two of the switch are committed */
	KUNIT_EXPECT_EQ(test, nr_committed(upstream), 2);
	fake_expect_attached(test, deep, WINDOW, SIZE);
	fake_unbind(deep);
	fake_unbind(deeper);
	expect_idle(test);
}

/* by whatever reset that nobody saw */
static void left_over_decoder_that_was_lost_is_committed_again(struct kunit *test)
{
	fake_expect_attached(test, dev, WINDOW, SIZE);
	fake_expect_attached(test, other, WINDOW + SIZE, SIZE);
	fake_unbind(dev);
	fake_hdm_uncommit(bridge, 0);
	fake_expect_attached(test, dev, WINDOW, SIZE);
	KUNIT_EXPECT_EQ(test, base_of(bridge, 0), WINDOW);
}

/* and then it is the next one, for whatever comes */
static void left_over_decoder_that_was_lost_has_no_range(struct kunit *test)
{
	struct cxl_port *port;

	fake_expect_attached(test, deep, WINDOW, SIZE);
	fake_expect_attached(test, deeper, WINDOW + SIZE, SIZE);
	fake_unbind(deep);
	fake_hdm_uncommit(upstream, 1);
	fake_hdm_uncommit(upstream, 0);
	port = fake_port(upstream);
	KUNIT_ASSERT_NOT_NULL(test, port);
	scoped_guard(device, &port->dev)
		KUNIT_EXPECT_GT(test, cxla_hdm_reread(port), 0);
	put_device(&port->dev);
	deep->accel.capacity = SIZE / 2;
	KUNIT_ASSERT_EQ(test, fake_bind(deep), 0);
	KUNIT_EXPECT_EQ(test, range_len(&deep->accel.range), SIZE / 2);
	KUNIT_EXPECT_EQ(test, base_of(upstream, 0), deep->accel.range.start);
	KUNIT_EXPECT_EQ(test, size_of(upstream, 0), SIZE / 2);
}

/* ------------------------------ refused ---------------------------- */

/* refused, and nothing is left */
static void refused(struct kunit *test, struct fake_node *node,
		    enum cxla_reason reason)
{
	struct fake_snapshot before = fake_snapshot();

	fake_expect_refused(test, node, reason);
	fake_unbind(node);
	expect_idle(test);
	fake_expect_snapshot(test, &before);
}

static void window_that_is_full_is_no_hpa(struct kunit *test)
{
	dev->accel.capacity = SZ_4G + SZ_256M;
	refused(test, dev, CXLA_REASON_NO_HPA);
}

/* which comes by itself */
static void device_for_which_there_was_no_hpa_waits_for_it(struct kunit *test)
{
	dev->accel.capacity = SZ_4G;
	fake_expect_attached(test, dev, WINDOW, SZ_4G);
	other->accel.retry = true;
	fake_expect_refused(test, other, CXLA_REASON_NO_HPA);
	fake_unbind(dev);
	msleep(1000);
	KUNIT_EXPECT_EQ(test, other->accel.nr_attached, 1);
	KUNIT_EXPECT_EQ(test, base_of(other, 0), WINDOW);
}

static void device_of_less_than_a_unit_is_no_dpa(struct kunit *test)
{
	dev->accel.capacity = SZ_128M;
	refused(test, dev, CXLA_REASON_NO_DPA);
}

static void caches_that_can_t_be_invalidated_refuse(struct kunit *test)
{
	fake_cache_able = false;
	refused(test, dev, CXLA_REASON_NO_CACHE_FLUSH);
}

static void window_of_another_bridge_is_no_window(struct kunit *test)
{
	fake_root_remove(f);
	f->windows[0].targets[0] = 99;
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	refused(test, dev, CXLA_REASON_NO_WINDOW);
}

static void window_for_host_only_memory_is_no_window(struct kunit *test)
{
	fake_root_remove(f);
	f->windows[0].flags &= ~CXL_DECODER_F_TYPE2;
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	refused(test, dev, CXLA_REASON_NO_WINDOW);
}

static void level_without_a_decoder_is_named(struct kunit *test)
{
	fake_expect_attached(test, deep, WINDOW, SIZE);
	fake_expect_attached(test, deeper, WINDOW + SIZE, SIZE);
	fake_expect_attached(test, dev, WINDOW + 2 * SIZE, SIZE);
	fake_expect_attached(test, other, WINDOW + 3 * SIZE, SIZE);
	fake_log_clear();
	fake_expect_refused(test, third, CXLA_REASON_NO_DECODER);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR,
					     "all 4 decoders of", "in use"), 1);
	fake_unbind(third);
	fake_unbind(dev);
	fake_unbind(other);
	fake_expect_attached(test, third, WINDOW + 2 * SIZE, SIZE);
}

static void commit_that_fails_on_any_level_leaves_nothing(struct kunit *test)
{
	struct fake_node *levels[] = { deep, upstream, bridge };

	for (int i = 0; i < ARRAY_SIZE(levels); i++) {
		levels[i]->commit_fails = true;
		refused(test, deep, CXLA_REASON_COMMIT_FAILED);
		levels[i]->commit_fails = false;
		levels[i]->commit_delay = FAKE_NEVER;
		refused(test, deep, CXLA_REASON_COMMIT_FAILED);
		levels[i]->commit_delay = 0;
	}
	fake_expect_attached(test, deep, WINDOW, SIZE);
}

static void decoder_that_makes_no_sense_hides_what_is_free(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_map(other, WINDOW, SIZE, 0), 0);
	/* ways that are reserved */
	*fake_hdm_reg(bridge, 0, CXL_HDM_CTRL) |= 0xf0;
	fake_root_remove(f);
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	fake_expect_refused(test, dev, CXLA_REASON_BAD_DECODER);
	KUNIT_EXPECT_EQ(test, nr_committed(dev), 0);
}

/* ------------------------------- the end --------------------------- */

static void region_ends_with_the_root_and_is_made_again(struct kunit *test)
{
	dev->accel.retry = true;
	fake_expect_attached(test, dev, WINDOW, SIZE);
	fake_root_remove(f);
	msleep(1000);
	KUNIT_EXPECT_EQ(test, dev->accel.nr_revoke, 1);
	expect_idle(test);
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	msleep(1000);
	KUNIT_EXPECT_EQ(test, dev->accel.nr_attached, 2);
	KUNIT_EXPECT_EQ(test, base_of(dev, 0), WINDOW);
}

/* until it lets go it may touch the range */
static void range_of_a_driver_that_can_t_be_told_stays_decoded(struct kunit *test)
{
	dev->accel.no_revoke = true;
	dev->accel.no_detach = true;
	fake_expect_attached(test, dev, WINDOW, SIZE);
	fake_root_remove(f);
	KUNIT_EXPECT_EQ(test, base_of(dev, 0), WINDOW);
	KUNIT_EXPECT_EQ(test, base_of(bridge, 0), WINDOW);
	msleep(1000);
	/* and is found by the next one, whether it asks or not */
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	dev->accel.create = false;
	fake_expect_attached(test, dev, WINDOW, SIZE);
}

static void device_that_vanishes_leaves_nothing_above(struct kunit *test)
{
	fake_expect_attached(test, dev, WINDOW, SIZE);
	dev->gone = true;
	fake_unbind(dev);
	dev->gone = false;
	KUNIT_EXPECT_EQ(test, nr_committed(bridge), 0);
}

static void region_in_use_is_out_of_reach_of_userspace(struct kunit *test)
{
	struct cxl_region *cxlr;

	fake_expect_attached(test, dev, WINDOW, SIZE);
	cxlr = dev->accel.memdev->endpoint->decoders[0]->region;
	KUNIT_ASSERT_NOT_NULL(test, cxlr);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), -EBUSY);
	KUNIT_EXPECT_EQ(test, base_of(dev, 0), WINDOW);
}

static struct kunit_case create_cases[] = {
	KUNIT_CASE(region_is_made_of_all_memory_of_the_device),
	KUNIT_CASE(device_decodes_before_anything_is_routed_to_it),
	KUNIT_CASE(detach_takes_back_from_the_device_up),
	KUNIT_CASE(a_hundred_times_costs_no_address_and_no_decoder),
	KUNIT_CASE(driver_that_does_not_ask_has_none),
	KUNIT_CASE(what_firmware_made_is_taken_as_it_is),
	KUNIT_CASE(decoders_of_size_zero_are_passed_over),
	KUNIT_CASE(nothing_is_made_where_another_device_decodes),
	KUNIT_CASE(addresses_that_somebody_has_are_left_out),
	KUNIT_CASE(soft_reserved_addresses_are_left_out),
	KUNIT_CASE(addresses_with_one_soft_reserved_page_are_left_out),
	KUNIT_CASE(devices_that_take_turns_use_nothing_up),
	KUNIT_CASE(below_a_switch_what_is_left_over_is_used_again),
	KUNIT_CASE(left_over_decoder_does_where_there_is_no_other),
	KUNIT_CASE(left_over_decoder_that_was_lost_is_committed_again),
	KUNIT_CASE(left_over_decoder_that_was_lost_has_no_range),
	KUNIT_CASE(window_that_is_full_is_no_hpa),
	KUNIT_CASE(device_for_which_there_was_no_hpa_waits_for_it),
	KUNIT_CASE(device_of_less_than_a_unit_is_no_dpa),
	KUNIT_CASE(caches_that_can_t_be_invalidated_refuse),
	KUNIT_CASE(window_of_another_bridge_is_no_window),
	KUNIT_CASE(window_for_host_only_memory_is_no_window),
	KUNIT_CASE(level_without_a_decoder_is_named),
	KUNIT_CASE(commit_that_fails_on_any_level_leaves_nothing),
	KUNIT_CASE(decoder_that_makes_no_sense_hides_what_is_free),
	KUNIT_CASE(region_ends_with_the_root_and_is_made_again),
	KUNIT_CASE(range_of_a_driver_that_can_t_be_told_stays_decoded),
	KUNIT_CASE(device_that_vanishes_leaves_nothing_above),
	KUNIT_CASE(region_in_use_is_out_of_reach_of_userspace),
	{}
};

static struct kunit_suite create_suite = {
	.name = "create_kunit",
	.init = create_init,
	.exit = create_exit,
	.test_cases = create_cases,
};

kunit_test_suite(create_suite);

MODULE_DESCRIPTION("KUnit: regions that are made for an attach");
MODULE_LICENSE("GPL");
