// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices, host bridges and firmware that lie, end to end. Two accelerators
 * below one host bridge: the good one is mapped first, and whatever is wrong
 * with the bad one, is attached:
 *
 *   root > host bridge 7 > root port 3 > good
 *			  > root port 4 > bad
 *
 * What is refused has a reason, and one line of the log that names the device,
 * the decoder, and what is wrong with it. Nothing stays behind.
 */
#include <kunit/test.h>
#include <linux/pci.h>

#include "../fake/fake_fabric.h"
#include "block_regs.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW_BASE	0x1000000000ULL
#define GOOD_BASE	0x1010000000ULL
#define BAD_BASE	0x1040000000ULL
#define RANGE_SIZE	((u64)SZ_512M)
#define NR_DECODERS	4

struct rig {
	struct fake_fabric *f;
	struct fake_node *bridge;
	struct fake_node *good;
	struct fake_node *bad;
};

static int malformed_init(struct kunit *test)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	test->priv = rig;
	rig->f = fake_test_fabric(test);
	rig->bridge = fake_bridge(rig->f, 7, NR_DECODERS);
	rig->good = fake_endpoint(fake_root_port(rig->bridge, 3), 0,
				  NR_DECODERS, RANGE_SIZE);
	rig->bad = fake_endpoint(fake_root_port(rig->bridge, 4), 0,
				 NR_DECODERS, 2 * RANGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, rig->bad);
	KUNIT_ASSERT_NOT_NULL(test, rig->good);
	fake_window(rig->f, rig->bridge, WINDOW_BASE, SZ_4G);
	KUNIT_ASSERT_EQ(test, fake_fabric_start(rig->f), 0);
	KUNIT_ASSERT_EQ(test, fake_map(rig->good, GOOD_BASE, RANGE_SIZE, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_map(rig->bad, BAD_BASE, RANGE_SIZE, 0), 0);
	fake_log_clear();
	return 0;
}

static struct rig *rig(struct kunit *test)
{
	return test->priv;
}

/* the registers of a committed decoder as they are, by nobody's rules */
static void poke(struct fake_node *node, int decoder, u64 base, u64 size)
{
	*fake_hdm_reg(node, decoder, CXL_HDM_BASE_LOW) = lower_32_bits(base);
	*fake_hdm_reg(node, decoder, CXL_HDM_BASE_HIGH) = upper_32_bits(base);
	*fake_hdm_reg(node, decoder, CXL_HDM_SIZE_LOW) = lower_32_bits(size);
	*fake_hdm_reg(node, decoder, CXL_HDM_SIZE_HIGH) = upper_32_bits(size);
	*fake_hdm_reg(node, decoder, CXL_HDM_CTRL) =
		CXL_HDM_CTRL_COMMIT | CXL_HDM_CTRL_COMMITTED;
}

static void poke_ctrl(struct fake_node *node, int decoder, u32 mask, u32 value)
{
	u32 *ctrl = fake_hdm_reg(node, decoder, CXL_HDM_CTRL);

	*ctrl = (*ctrl & ~mask) | value;
}

/* the root comes, and each device gets what it should; the log is kept */
static void outcome(struct kunit *test, enum cxla_reason reason, bool good)
{
	struct fake_snapshot before;

	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	before = fake_snapshot();
	fake_expect_refused(test, rig(test)->bad, reason);
	fake_expect_snapshot(test, &before);
	if (good)
		fake_expect_attached(test, rig(test)->good, GOOD_BASE,
				     RANGE_SIZE);
}

/* one line in all, about the bad device, that says @what */
static void said_once(struct kunit *test, const char *decoder, const char *what)
{
	const char *device = pci_name(rig(test)->bad->pdev);

	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR), 1);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, device, decoder,
					     what), 1);
}

static void refused(struct kunit *test, enum cxla_reason reason,
		    const char *what)
{
	outcome(test, reason, true);
	said_once(test, ".0: ", what);
}

/* ------------------------------ decoders --------------------------- */

static void decoder_committed_out_of_order_is_refused(struct kunit *test)
{
	poke(rig(test)->bad, 1, BAD_BASE, RANGE_SIZE);
	*fake_hdm_reg(rig(test)->bad, 0, CXL_HDM_CTRL) = 0;
	outcome(test, CXLA_REASON_BAD_DECODER, true);
	said_once(test, ".1: ", "a decoder in front of it is not");
}

/* firmware locks what it has no use for */
static void decoders_of_size_zero_are_not_committed(struct kunit *test)
{
	for (int i = 0; i < 4; i++) {
		poke(rig(test)->bad, i, i ? 0 : BAD_BASE, 0);
		poke_ctrl(rig(test)->bad, i, 0, CXL_HDM_CTRL_LOCK);
	}
	outcome(test, CXLA_REASON_NOT_COMMITTED, true);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR), 0);
}

static void decoder_behind_one_of_size_zero_is_attached(struct kunit *test)
{
	poke(rig(test)->bad, 0, BAD_BASE, 0);
	poke(rig(test)->bad, 1, BAD_BASE, RANGE_SIZE);
	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	fake_expect_attached(test, rig(test)->bad, BAD_BASE, RANGE_SIZE);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR), 0);
}

static void base_of_all_ones_is_a_device_that_does_not_answer(struct kunit *test)
{
	poke(rig(test)->bad, 0, ~0ULL, RANGE_SIZE);
	refused(test, CXLA_REASON_HW_ERROR, "does not answer");
}

static void size_of_all_ones_is_a_device_that_does_not_answer(struct kunit *test)
{
	poke(rig(test)->bad, 0, BAD_BASE, ~0ULL);
	refused(test, CXLA_REASON_HW_ERROR, "does not answer");
}

static void control_of_all_ones_is_a_device_that_does_not_answer(struct kunit *test)
{
	*fake_hdm_reg(rig(test)->bad, 0, CXL_HDM_CTRL) = ~0U;
	refused(test, CXLA_REASON_HW_ERROR, "does not answer");
}

static void highest_base_there_is_is_refused(struct kunit *test)
{
	poke(rig(test)->bad, 0, ~0ULL << 28, RANGE_SIZE);
	refused(test, CXLA_REASON_BAD_DECODER, "beyond the address space");
}

static void largest_size_there_is_is_refused(struct kunit *test)
{
	poke(rig(test)->bad, 0, BAD_BASE, ~0ULL << 28);
	refused(test, CXLA_REASON_BAD_DECODER, "beyond the address space");
}

static void end_past_the_address_space_is_refused(struct kunit *test)
{
	poke(rig(test)->bad, 0, BIT_ULL(52) - SZ_256M, RANGE_SIZE);
	refused(test, CXLA_REASON_BAD_DECODER, "beyond the address space");
}

static void misaligned_base_is_refused(struct kunit *test)
{
	poke(rig(test)->bad, 0, BAD_BASE + SZ_128M, RANGE_SIZE);
	refused(test, CXLA_REASON_BAD_DECODER, "not aligned to 256 MiB");
}

static void misaligned_size_is_refused(struct kunit *test)
{
	poke(rig(test)->bad, 0, BAD_BASE, RANGE_SIZE + SZ_1M);
	refused(test, CXLA_REASON_BAD_DECODER, "not aligned to 256 MiB");
}

static void decoder_that_overlaps_another_of_its_device_is_left_out(struct kunit *test)
{
	poke(rig(test)->bad, 1, BAD_BASE + SZ_256M, RANGE_SIZE);
	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	/* the first one is as good as before */
	fake_expect_attached(test, rig(test)->bad, BAD_BASE, RANGE_SIZE);
	fake_expect_attached(test, rig(test)->good, GOOD_BASE, RANGE_SIZE);
	said_once(test, ".1: ", "overlaps the decoder in front of it");
}

static void decoder_below_the_one_in_front_is_left_out(struct kunit *test)
{
	poke(rig(test)->bad, 1, BAD_BASE - RANGE_SIZE, RANGE_SIZE);
	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	fake_expect_attached(test, rig(test)->bad, BAD_BASE, RANGE_SIZE);
	said_once(test, ".1: ", "is below that of");
}

static void range_of_another_device_is_refused(struct kunit *test)
{
	struct fake_snapshot before;

	poke(rig(test)->bad, 0, GOOD_BASE + SZ_256M, RANGE_SIZE);
	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	fake_expect_attached(test, rig(test)->good, GOOD_BASE, RANGE_SIZE);
	before = fake_snapshot();
	fake_expect_refused(test, rig(test)->bad, CXLA_REASON_OVERLAP);
	fake_expect_snapshot(test, &before);
	said_once(test, ".0: ", "overlaps region");
	/* who was there first keeps it */
	KUNIT_EXPECT_EQ(test, rig(test)->good->accel.nr_revoke, 0);
}

static void range_outside_of_every_window_is_refused(struct kunit *test)
{
	poke(rig(test)->bad, 0, WINDOW_BASE + SZ_4G, RANGE_SIZE);
	refused(test, CXLA_REASON_NO_WINDOW, "is in no window");
}

static void range_that_leaves_its_window_is_refused(struct kunit *test)
{
	poke(rig(test)->bad, 0, WINDOW_BASE + SZ_4G - SZ_256M, RANGE_SIZE);
	refused(test, CXLA_REASON_NO_WINDOW, "is in no window");
}

static void reserved_ways_are_refused(struct kunit *test)
{
	poke_ctrl(rig(test)->bad, 0, CXL_HDM_CTRL_IW,
		  FIELD_PREP(CXL_HDM_CTRL_IW, 5));
	refused(test, CXLA_REASON_BAD_DECODER, "ways reserved");
}

static void reserved_granularity_is_refused(struct kunit *test)
{
	poke_ctrl(rig(test)->bad, 0, CXL_HDM_CTRL_IG,
		  FIELD_PREP(CXL_HDM_CTRL_IG, 7));
	refused(test, CXLA_REASON_BAD_DECODER, "granularity reserved");
}

static void commit_that_failed_is_refused(struct kunit *test)
{
	fake_hdm_uncommit(rig(test)->bad, 0);
	rig(test)->bad->commit_fails = true;
	KUNIT_EXPECT_EQ(test, fake_map(rig(test)->bad, BAD_BASE, RANGE_SIZE, 0),
			-EIO);
	refused(test, CXLA_REASON_HW_ERROR, "commit failed");
}

static void commit_in_flight_is_not_committed(struct kunit *test)
{
	struct fake_commit commit = { .base = BAD_BASE, .size = RANGE_SIZE };
	struct fake_node *bad = rig(test)->bad;

	fake_hdm_uncommit(bad, 0);
	bad->commit_delay = 2;
	KUNIT_ASSERT_EQ(test, fake_hdm_commit(bad, 0, &commit), 0);
	outcome(test, CXLA_REASON_NOT_COMMITTED, true);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR), 0);
	/* time enough has passed */
	fake_unbind(bad);
	KUNIT_ASSERT_EQ(test, fake_bind(bad), 0);
	fake_unbind(bad);
	fake_expect_attached(test, bad, BAD_BASE, RANGE_SIZE);
}

static void memory_beyond_the_device_s_own_is_refused(struct kunit *test)
{
	poke(rig(test)->bad, 0, BAD_BASE, 3 * RANGE_SIZE);
	refused(test, CXLA_REASON_BAD_DECODER, "beyond the device's");
}

static void skip_beyond_the_device_s_memory_is_refused(struct kunit *test)
{
	*fake_hdm_reg(rig(test)->bad, 0, CXL_HDM_SKIP_HIGH) = 1;
	refused(test, CXLA_REASON_BAD_DECODER, "beyond the device's");
}

/* --------------------------- host bridge --------------------------- */

static void bridge_that_maps_half_of_the_range_is_refused(struct kunit *test)
{
	poke(rig(test)->bridge, 1, BAD_BASE, RANGE_SIZE / 2);
	refused(test, CXLA_REASON_ROUTE_MISMATCH, "not all of");
}

static void bridge_that_maps_another_range_is_refused(struct kunit *test)
{
	poke(rig(test)->bridge, 1, BAD_BASE + RANGE_SIZE, RANGE_SIZE);
	refused(test, CXLA_REASON_NOT_COMMITTED, "no decoder of port");
}

static void bridge_that_interleaves_what_the_device_does_not_is_refused(struct kunit *test)
{
	poke_ctrl(rig(test)->bridge, 1, CXL_HDM_CTRL_IW,
		  FIELD_PREP(CXL_HDM_CTRL_IW, 1));
	*fake_hdm_reg(rig(test)->bridge, 1, CXL_HDM_TL_LOW) = 0x0403;
	refused(test, CXLA_REASON_ROUTE_MISMATCH, "1 ways, the path to it 2");
}

static void device_that_interleaves_what_the_bridge_does_not_is_refused(struct kunit *test)
{
	poke_ctrl(rig(test)->bad, 0, CXL_HDM_CTRL_IW,
		  FIELD_PREP(CXL_HDM_CTRL_IW, 1));
	refused(test, CXLA_REASON_ROUTE_MISMATCH, "2 ways, the path to it 1");
}

static void bridge_that_leads_to_another_port_is_refused(struct kunit *test)
{
	*fake_hdm_reg(rig(test)->bridge, 1, CXL_HDM_TL_LOW) = 3;
	refused(test, CXLA_REASON_ROUTE_MISMATCH, "does not route");
}

static void bridge_with_an_idle_decoder_is_not_committed(struct kunit *test)
{
	fake_hdm_uncommit(rig(test)->bridge, 1);
	refused(test, CXLA_REASON_NOT_COMMITTED, "no decoder of port");
}

static void window_that_leads_to_another_bridge_is_refused(struct kunit *test)
{
	rig(test)->f->windows[0].targets[0] = 8;
	outcome(test, CXLA_REASON_ROUTE_MISMATCH, false);
	said_once(test, ".0: ", "does not route");
}

/* the bridge is told of when the root comes, the device when it is bound */
static void bridge_is_broken(struct kunit *test, const char *decoder,
			     const char *what)
{
	outcome(test, CXLA_REASON_BAD_DECODER, true);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR), 2);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, "pci0000:",
					     decoder, what), 1);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, "no good decoder",
					     pci_name(rig(test)->bad->pdev)),
			1);
}

static void bridge_that_maps_nothing_is_not_committed(struct kunit *test)
{
	poke(rig(test)->bridge, 1, BAD_BASE, 0);
	outcome(test, CXLA_REASON_NOT_COMMITTED, true);
	said_once(test, ".0: ", "is committed for");
}

static void bridge_with_a_misaligned_base_is_refused(struct kunit *test)
{
	poke(rig(test)->bridge, 1, BAD_BASE + SZ_4K, RANGE_SIZE);
	bridge_is_broken(test, ".1: ", "not aligned");
}

static void bridge_committed_out_of_order_is_refused(struct kunit *test)
{
	u32 targets = *fake_hdm_reg(rig(test)->bridge, 1, CXL_HDM_TL_LOW);

	fake_hdm_uncommit(rig(test)->bridge, 1);
	poke(rig(test)->bridge, 2, BAD_BASE, RANGE_SIZE);
	*fake_hdm_reg(rig(test)->bridge, 2, CXL_HDM_TL_LOW) = targets;
	bridge_is_broken(test, ".2: ", "a decoder in front of it is not");
}

static void bridge_whose_decoders_overlap_keeps_the_first(struct kunit *test)
{
	poke(rig(test)->bridge, 1, GOOD_BASE + SZ_256M, BAD_BASE);
	bridge_is_broken(test, ".1: ", "overlaps the decoder in front of it");
}

static void bridge_with_reserved_ways_is_refused(struct kunit *test)
{
	poke_ctrl(rig(test)->bridge, 1, CXL_HDM_CTRL_IW,
		  FIELD_PREP(CXL_HDM_CTRL_IW, 0xf));
	bridge_is_broken(test, ".1: ", "ways reserved");
}

static void bridge_with_a_target_twice_is_refused(struct kunit *test)
{
	poke_ctrl(rig(test)->bridge, 1, CXL_HDM_CTRL_IW,
		  FIELD_PREP(CXL_HDM_CTRL_IW, 1));
	*fake_hdm_reg(rig(test)->bridge, 1, CXL_HDM_TL_LOW) = 0x0404;
	bridge_is_broken(test, ".1: ", "targets too few or repeated");
}

static void bridge_whose_decoders_do_not_answer_is_disabled(struct kunit *test)
{
	*fake_hdm_reg(rig(test)->bridge, 0, CXL_HDM_CTRL) = ~0U;
	outcome(test, CXLA_REASON_PORT_DISABLED, false);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR), 1);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, "pci0000:", ".0: ",
					     "does not answer"), 1);
}

static struct kunit_case malformed_cases[] = {
	KUNIT_CASE(decoder_committed_out_of_order_is_refused),
	KUNIT_CASE(decoders_of_size_zero_are_not_committed),
	KUNIT_CASE(decoder_behind_one_of_size_zero_is_attached),
	KUNIT_CASE(base_of_all_ones_is_a_device_that_does_not_answer),
	KUNIT_CASE(size_of_all_ones_is_a_device_that_does_not_answer),
	KUNIT_CASE(control_of_all_ones_is_a_device_that_does_not_answer),
	KUNIT_CASE(highest_base_there_is_is_refused),
	KUNIT_CASE(largest_size_there_is_is_refused),
	KUNIT_CASE(end_past_the_address_space_is_refused),
	KUNIT_CASE(misaligned_base_is_refused),
	KUNIT_CASE(misaligned_size_is_refused),
	KUNIT_CASE(decoder_that_overlaps_another_of_its_device_is_left_out),
	KUNIT_CASE(decoder_below_the_one_in_front_is_left_out),
	KUNIT_CASE(range_of_another_device_is_refused),
	KUNIT_CASE(range_outside_of_every_window_is_refused),
	KUNIT_CASE(range_that_leaves_its_window_is_refused),
	KUNIT_CASE(reserved_ways_are_refused),
	KUNIT_CASE(reserved_granularity_is_refused),
	KUNIT_CASE(commit_that_failed_is_refused),
	KUNIT_CASE(commit_in_flight_is_not_committed),
	KUNIT_CASE(memory_beyond_the_device_s_own_is_refused),
	KUNIT_CASE(skip_beyond_the_device_s_memory_is_refused),
	KUNIT_CASE(bridge_that_maps_half_of_the_range_is_refused),
	KUNIT_CASE(bridge_that_maps_another_range_is_refused),
	KUNIT_CASE(bridge_that_interleaves_what_the_device_does_not_is_refused),
	KUNIT_CASE(device_that_interleaves_what_the_bridge_does_not_is_refused),
	KUNIT_CASE(bridge_that_leads_to_another_port_is_refused),
	KUNIT_CASE(bridge_with_an_idle_decoder_is_not_committed),
	KUNIT_CASE(window_that_leads_to_another_bridge_is_refused),
	KUNIT_CASE(bridge_that_maps_nothing_is_not_committed),
	KUNIT_CASE(bridge_with_a_misaligned_base_is_refused),
	KUNIT_CASE(bridge_committed_out_of_order_is_refused),
	KUNIT_CASE(bridge_whose_decoders_overlap_keeps_the_first),
	KUNIT_CASE(bridge_with_reserved_ways_is_refused),
	KUNIT_CASE(bridge_with_a_target_twice_is_refused),
	KUNIT_CASE(bridge_whose_decoders_do_not_answer_is_disabled),
	{}
};

static struct kunit_suite malformed_suite = {
	.name = "malformed_kunit",
	.init = malformed_init,
	.test_cases = malformed_cases,
};

kunit_test_suite(malformed_suite);

MODULE_DESCRIPTION("KUnit: decoders that lie");
MODULE_LICENSE("GPL");
