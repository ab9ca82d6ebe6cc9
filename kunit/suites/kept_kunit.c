// SPDX-License-Identifier: GPL-2.0-only
/*
 * What hardware decodes for an accelerator is kept from device-dax, however
 * faulty it looks, and whoever has the lock of a device: the survey of
 * kmod/dax/soft.c, on cxla_hmem and cxla_dax as shipped.
 */
#include "soft_says.h"

/* ------------------- what hardware decodes for a device ------------ */

static struct fake_node *bridge_of(struct fake_node *endpoint)
{
	return endpoint->parent->parent;
}

/* the second decoder of the bridge, which has led to the accelerator */
static void bridge_leads_nowhere(struct kunit *test)
{
	fake_hdm_uncommit(bridge_of(soft_rig(test)->accel), 1);
}

static void is_kept(struct kunit *test)
{
	load_and_settle(test);
	says(test, inside(), CXLA_OWNER_ACCEL, CXLA_LEDGER_RESERVED,
	     CXLA_WHY_MEANT);
	KUNIT_EXPECT_STREQ(test, verdict_at(inside()).who,
			   pci_name(soft_rig(test)->accel->pdev));
	says(test, lone(), CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
	     CXLA_WHY_NO_REGION);
	KUNIT_EXPECT_FALSE(test, soft_is_claimed(inside()));
	KUNIT_EXPECT_EQ(test, soft_stolen, 0);
}

static void range_of_a_faulty_decoder_is_kept(struct kunit *test)
{
	struct fake_node *accel = soft_rig(test)->accel;

	bridge_leads_nowhere(test);
	/* the second decoder is committed, the first one is not */
	for (int offset = 0; offset < 0x20; offset += 4) {
		*fake_hdm_reg(accel, 1, offset) = *fake_hdm_reg(accel, 0,
								offset);
		*fake_hdm_reg(accel, 0, offset) = 0;
	}
	is_kept(test);
}

static void range_of_a_dvsec_is_kept(struct kunit *test)
{
	struct fake_node *accel = soft_rig(test)->accel;

	bridge_leads_nowhere(test);
	fake_hdm_uncommit(accel, 0);
	*fake_block_reg(accel, FAKE_HDM + CXL_HDM_GLOBAL_CTRL) = 0;
	*fake_cfg(accel, FAKE_DVSEC_DEVICE + 0x20) = upper_32_bits(ACCEL_BASE);
	*fake_cfg(accel, FAKE_DVSEC_DEVICE + 0x24) = lower_32_bits(ACCEL_BASE);
	is_kept(test);
}

/* the device has an address that is not the system's */
static void range_that_a_bridge_leads_to_the_device_is_kept(struct kunit *test)
{
	struct fake_node *accel = soft_rig(test)->accel;

	*fake_hdm_reg(accel, 0, CXL_HDM_BASE_LOW) = 0;
	*fake_hdm_reg(accel, 0, CXL_HDM_BASE_LOW + 4) = 0;
	is_kept(test);
}

static void range_of_a_faulty_decoder_of_a_bridge_is_kept(struct kunit *test)
{
	struct fake_node *accel = soft_rig(test)->accel;

	soft_root(soft_rig(test));
	fake_hdm_uncommit(accel, 0);
	/* as many ways as the bridge has no targets for */
	*fake_hdm_reg(bridge_of(accel), 1, CXL_HDM_CTRL) |= CXL_HDM_CTRL_IW;
	is_kept(test);
}

/* firmware commits it all the same, and the accelerator is refused its range */
static void range_behind_a_window_that_is_broken_is_kept(struct kunit *test)
{
	soft_window_size = WINDOW_SIZE + SZ_1M;
	soft_make_table();
	load_and_settle(test);
	soft_window_size = WINDOW_SIZE;
	says(test, inside(), CXLA_OWNER_ACCEL, CXLA_LEDGER_RESERVED,
	     CXLA_WHY_MEANT);
	says(test, lone(), CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
	     CXLA_WHY_NO_WINDOW);
	KUNIT_EXPECT_EQ(test, soft_stolen, 0);
}

static void range_of_a_decoder_outside_of_all_windows_is_kept(struct kunit *test)
{
	const struct range *range = &soft_ranges[SOFT_OUTSIDE];

	KUNIT_ASSERT_EQ(test, fake_map(soft_rig(test)->accel, range->start,
				       SZ_256M, 0), 0);
	load_and_settle(test);
	for (u64 hpa = range->start; hpa <= range->end; hpa += SZ_8M)
		says(test, hpa, CXLA_OWNER_ACCEL, CXLA_LEDGER_RESERVED,
		     CXLA_WHY_MEANT);
	KUNIT_EXPECT_FALSE(test, soft_is_claimed(range->start));
}

static void range_of_a_device_without_power_is_kept(struct kunit *test)
{
	struct fake_node *accel = soft_rig(test)->accel;

	accel->pdev->current_state = PCI_D3cold;
	fake_count_reset(soft_rig(test)->f);
	is_kept(test);
	KUNIT_EXPECT_EQ(test, accel->count.reads, 0);
	KUNIT_EXPECT_EQ(test, accel->count.cfg_reads, 0);
}

static void windows_are_kept_when_nobody_says_what_a_device_decodes(struct kunit *test)
{
	struct soft_rig *rig = soft_rig(test);

	rig->accel->pdev->current_state = PCI_D3hot;
	soft_chbs = 0;
	soft_make_table();
	fake_log_clear();
	load_and_settle(test);
	soft_chbs = FAKE_MMIO_BASE;
	for (int id = SOFT_INSIDE; id < SOFT_NR; id++)
		says(test, soft_ranges[id].start, CXLA_OWNER_ACCEL,
		     CXLA_LEDGER_RESERVED, CXLA_WHY_MEANT);
	says(test, soft_ranges[SOFT_OUTSIDE].start, CXLA_OWNER_HMEM,
	     CXLA_LEDGER_OWNED, CXLA_WHY_NO_WINDOW);
	KUNIT_EXPECT_EQ(test, rig->accel->count.reads, 0);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_WARNING,
					     pci_name(rig->accel->pdev),
					     "all CXL windows are kept"), 1);
}

/* a window that is skipped may be anywhere */
static void all_ranges_are_kept_when_nobody_knows_the_windows_either(struct kunit *test)
{
	struct soft_rig *rig = soft_rig(test);

	rig->accel->pdev->current_state = PCI_D3hot;
	soft_chbs = 0;
	soft_window_size = WINDOW_SIZE + SZ_1M;
	soft_make_table();
	fake_log_clear();
	load_and_settle(test);
	soft_chbs = FAKE_MMIO_BASE;
	soft_window_size = WINDOW_SIZE;
	for (int id = 0; id < SOFT_NR; id++)
		says(test, soft_ranges[id].start, CXLA_OWNER_ACCEL,
		     CXLA_LEDGER_RESERVED, CXLA_WHY_MEANT);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_WARNING,
					     pci_name(rig->accel->pdev),
					     "a CXL window is broken"), 1);
}

/* ------------------------- locks of devices ------------------------ */

static s64 settles_in_ms(struct kunit *test)
{
	ktime_t start;

	soft_root(soft_rig(test));
	fake_log_clear();
	load(test);
	start = ktime_get();
	soft_settle(soft_rig(test));
	return ktime_ms_delta(ktime_get(), start);
}

static void device_that_is_none_of_cxl_is_not_locked(struct kunit *test)
{
	struct fake_node *port = soft_rig(test)->accel->parent;

	KUNIT_ASSERT_EQ(test, fake_hold(port), 0);
	KUNIT_EXPECT_LT(test, settles_in_ms(test), 1000);
	fake_let_go();
	says(test, inside(), CXLA_OWNER_ACCEL, CXLA_LEDGER_RESERVED,
	     CXLA_WHY_MEANT);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_WARNING,
					     "lock is not free"), 0);
}

static void device_whose_lock_is_never_free_keeps_its_range(struct kunit *test)
{
	struct fake_node *accel = soft_rig(test)->accel;
	s64 ms;

	KUNIT_ASSERT_EQ(test, fake_hold(accel), 0);
	ms = settles_in_ms(test);
	KUNIT_EXPECT_GE(test, ms, SURVEY_LOCK_MS);
	KUNIT_EXPECT_LT(test, ms, SURVEY_LOCK_MS + 1000);
	KUNIT_EXPECT_FALSE(test, turn_is_pending(&hmem_turn));
	says(test, inside(), CXLA_OWNER_ACCEL, CXLA_LEDGER_RESERVED,
	     CXLA_WHY_MEANT);
	says(test, lone(), CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
	     CXLA_WHY_NO_REGION);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_WARNING,
					     pci_name(accel->pdev),
					     "lock is not free"), 1);
	KUNIT_EXPECT_EQ(test, soft_stolen, 0);
	/* nothing of it was written without the lock */
	KUNIT_EXPECT_FALSE(test, *fake_cfg(accel, PCI_COMMAND) &
			   PCI_COMMAND_MEMORY);
	fake_let_go();
	soft_unload(soft_rig(test));
}

/* it may be bound to any driver meanwhile */
static void expander_whose_lock_is_never_free_keeps_its_range(struct kunit *test)
{
	struct fake_node *expander = soft_rig(test)->expander;

	KUNIT_ASSERT_EQ(test, fake_hold(expander), 0);
	settles_in_ms(test);
	fake_let_go();
	says(test, EXPANDER_BASE, CXLA_OWNER_ACCEL, CXLA_LEDGER_RESERVED,
	     CXLA_WHY_MEANT);
	KUNIT_EXPECT_STREQ(test, verdict_at(EXPANDER_BASE).who,
			   pci_name(expander->pdev));
}

static struct kunit_case kept_cases[] = {
	KUNIT_CASE(range_of_a_faulty_decoder_is_kept),
	KUNIT_CASE(range_of_a_dvsec_is_kept),
	KUNIT_CASE(range_that_a_bridge_leads_to_the_device_is_kept),
	KUNIT_CASE(range_of_a_faulty_decoder_of_a_bridge_is_kept),
	KUNIT_CASE(range_behind_a_window_that_is_broken_is_kept),
	KUNIT_CASE(range_of_a_decoder_outside_of_all_windows_is_kept),
	KUNIT_CASE(range_of_a_device_without_power_is_kept),
	KUNIT_CASE(windows_are_kept_when_nobody_says_what_a_device_decodes),
	KUNIT_CASE(all_ranges_are_kept_when_nobody_knows_the_windows_either),
	KUNIT_CASE(device_that_is_none_of_cxl_is_not_locked),
	KUNIT_CASE(device_whose_lock_is_never_free_keeps_its_range),
	KUNIT_CASE(expander_whose_lock_is_never_free_keeps_its_range),
	{}
};

static struct kunit_suite kept_suite = {
	.name = "kept_kunit",
	.init = soft_init,
	.exit = soft_exit,
	.test_cases = kept_cases,
};

kunit_test_suite(kept_suite);

MODULE_DESCRIPTION("KUnit: what is kept for a device");
MODULE_LICENSE("GPL");
