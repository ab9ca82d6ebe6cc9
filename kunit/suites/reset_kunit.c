// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a reset takes and how it comes back: kmod/core/snapshot.c and restore.c, by
 * cxla_accel and cxla_pci as shipped. The PCI core's part is played here.
 */
#include <kunit/test.h>
#include <linux/delay.h>

#include "reset_rig.h"
#include "sweep.h"

MODULE_IMPORT_NS("CXL");

static void comes_back(struct kunit *test, u32 flags)
{
	struct values before;

	machine(test, false, 2, flags);
	/* nobody decodes by it while decoders are enabled; it comes back all the same */
	*fake_cfg(dev, RANGE_BASE_HIGH) = 0x12;
	*fake_cfg(dev, RANGE_BASE_LOW) = 0x30000000;
	bind(test, dev);
	save(dev, &before);
	reset(dev);
	is(test, dev, "attached", "none");
	fake_expect_shows(test, dev, "cxla/range", RANGE_TEXT);
	same_as(test, dev, &before);
}

static void decoders_that_a_reset_cleared_are_what_they_were(struct kunit *test)
{
	comes_back(test, 0);
}

static void locked_decoders_that_a_reset_cleared_are_locked_again(struct kunit *test)
{
	comes_back(test, CXL_HDM_CTRL_LOCK);
	KUNIT_EXPECT_EQ(test, dev->locked_writes, 0);
}

static void lock_of_the_dvsec_comes_back(struct kunit *test)
{
	struct values before;

	machine(test, false, 2, 0);
	*fake_cfg(dev, CTRL) |= MEM_ENABLE;
	*fake_cfg(dev, LOCK) |= BIT(0);
	bind(test, dev);
	save(dev, &before);
	reset(dev);
	same_as(test, dev, &before);
}

/* decoders come back without memory; what the attach adds does when it has some */
static void decoders_are_restored_whatever_allocation_fails(struct kunit *test)
{
	struct values before, now;
	bool failed = true;
	int n;

	machine(test, false, 2, CXL_HDM_CTRL_LOCK);
	bind(test, dev);
	save(dev, &before);
	for (n = 1; n < SWEEP_MANY && failed; n++) {
		sweep_fail(test, n);
		reset(dev);
		failed = fake_fail_stop();
		save(dev, &now);
		KUNIT_EXPECT_MEMEQ(test, now.regs, before.regs, sizeof(now.regs));
		if (dev->pdev->dev.driver)
			device_release_driver(&dev->pdev->dev);
		bind(test, dev);
		is(test, dev, "attached", "none");
		same_as(test, dev, &before);
	}
	sweep_tell(test, "reset", n - 1, 1);
}

static void reset_that_keeps_decoders_writes_nothing(struct kunit *test)
{
	machine(test, false, 2, CXL_HDM_CTRL_LOCK);
	bind(test, dev);
	prepare(dev);
	fake_count_reset(f);
	done(dev);
	is(test, dev, "attached", "none");
	KUNIT_EXPECT_EQ(test, f->count.writes, 0);
	KUNIT_EXPECT_EQ(test, f->count.cfg_writes, 0);
}

static void host_bridge_that_lost_its_decoders_is_not_written(struct kunit *test)
{
	machine(test, false, 2, 0);
	bind(test, dev);
	prepare(dev);
	fake_cxl_clear(bridge);
	fake_cxl_clear(dev);
	fake_log_clear();
	fake_count_reset(f);
	done(dev);
	is(test, dev, "pci-only", "not-committed");
	KUNIT_EXPECT_EQ(test, f->nr_changes, 0);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_WARNING, "does not route it as before"), 1);
}

static void device_that_decodes_something_else_by_now_is_left_alone(struct kunit *test)
{
	static const struct fake_commit second = { .base = BASE + 2 * SIZE, .size = SZ_256M };
	static const struct fake_commit else_where = { .base = BASE + SIZE, .size = SZ_256M };
	struct values then;

	machine(test, false, 2, 0);
	KUNIT_ASSERT_EQ(test, fake_hdm_commit(dev, 1, &second), 0);
	bind(test, dev);
	prepare(dev);
	fake_cxl_clear(dev);
	KUNIT_ASSERT_EQ(test, fake_hdm_commit(dev, 0, &else_where), 0);
	save(dev, &then);
	fake_count_reset(f);
	done(dev);
	KUNIT_EXPECT_EQ(test, f->nr_changes, 0);
	KUNIT_EXPECT_MEMEQ(test, fake_hdm_reg(dev, 0, 0), then.regs[0], sizeof(then.regs[0]));
	fake_expect_shows(test, dev, "cxla/state", "pci-only");
}

/* nobody knows what it was for */
static void reset_that_nobody_saw_is_not_undone_by_the_next(struct kunit *test)
{
	machine(test, false, 2, 0);
	bind(test, dev);
	fake_cxl_clear(dev);
	fake_count_reset(f);
	fake_log_clear();
	prepare(dev);
	done(dev);
	is(test, dev, "pci-only", "not-committed");
	KUNIT_EXPECT_EQ(test, f->nr_changes, 0);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_NOTICE, "was committed at",
					     "0x1010000000-0x102fffffff"), 1);
}

static void switch_below_a_reset_is_restored_once(struct kunit *test)
{
	struct values before[3];

	machine(test, true, 2, CXL_HDM_CTRL_LOCK);
	bind(test, dev);
	bind(test, other);
	save(sw, &before[0]);
	save(dev, &before[1]);
	save(other, &before[2]);
	prepare(dev);
	prepare(other);
	fake_cxl_clear(sw);
	fake_cxl_clear(dev);
	fake_cxl_clear(other);
	fake_count_reset(f);
	done(other);
	done(dev);
	is(test, dev, "attached", "none");
	is(test, other, "attached", "none");
	same_as(test, sw, &before[0]);
	same_as(test, dev, &before[1]);
	same_as(test, other, &before[2]);
	commits_of(test, sw, 2);
	commits_of(test, bridge, 0);
	KUNIT_EXPECT_EQ(test, sw->locked_writes, 0);
}

/* what userspace took back for another device meanwhile is not ours to give */
static void switch_that_was_not_reset_is_not_written(struct kunit *test)
{
	machine(test, true, 2, 0);
	bind(test, dev);
	bind(test, other);
	prepare(dev);
	fake_cxl_clear(dev);
	fake_hdm_uncommit(sw, 1);
	fake_count_reset(f);
	done(dev);
	is(test, dev, "attached", "none");
	commits_of(test, sw, 0);
}

static void switch_that_routes_elsewhere_by_now_is_left_alone(struct kunit *test)
{
	machine(test, true, 2, 0);
	bind(test, dev);
	prepare(dev);
	fake_cxl_clear(dev);
	*fake_hdm_reg(sw, 0, CXL_HDM_TL_LOW) = 2;
	fake_count_reset(f);
	done(dev);
	KUNIT_EXPECT_EQ(test, f->nr_changes, 0);
	fake_expect_shows(test, dev, "cxla/state", "pci-only");
}

static void root_that_comes_after_the_reset_is_waited_for(struct kunit *test)
{
	struct values before;

	machine(test, false, 2, 0);
	bind(test, dev);
	save(dev, &before);
	prepare(dev);
	fake_cxl_clear(dev);
	fake_root_remove(f);
	fake_count_reset(f);
	done(dev);
	KUNIT_EXPECT_EQ(test, f->nr_changes, 0);
	fake_expect_shows(test, dev, "cxla/state", "pci-only");
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	msleep(2000);
	is(test, dev, "attached", "none");
	same_as(test, dev, &before);
}

static void commit_that_fails_after_a_reset_leaves_nothing_committed(struct kunit *test)
{
	static const struct fake_commit second = { .base = BASE + SIZE, .size = SZ_256M };

	machine(test, false, 2, 0);
	KUNIT_ASSERT_EQ(test, fake_hdm_commit(dev, 1, &second), 0);
	bind(test, dev);
	prepare(dev);
	fake_cxl_clear(dev);
	fake_log_clear();
	dev->commit_fails = true;
	done(dev);
	fake_expect_shows(test, dev, "cxla/state", "pci-only");
	for (int i = 0; i < 2; i++)
		KUNIT_EXPECT_FALSE(test, *fake_hdm_reg(dev, i, CXL_HDM_CTRL) &
				   CXL_HDM_CTRL_COMMITTED);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_WARNING, "can't be restored"), 1);
}

static void registers_that_keep_nothing_are_noticed(struct kunit *test)
{
	machine(test, false, 2, 0);
	bind(test, dev);
	prepare(dev);
	fake_cxl_clear(dev);
	dev->drops = BIT(CXL_HDM_BASE_HIGH / 4);
	done(dev);
	fake_expect_shows(test, dev, "cxla/state", "pci-only");
	KUNIT_EXPECT_FALSE(test, *fake_hdm_reg(dev, 0, CXL_HDM_CTRL) & CXL_HDM_CTRL_COMMITTED);
}

static void expander_has_its_region_again(struct kunit *test)
{
	struct values before;

	machine(test, false, 2, CXL_HDM_CTRL_HOSTONLY);
	KUNIT_ASSERT_EQ(test, fake_store(dev, "driver_override", "cxla_pci"), 0);
	bind(test, dev);
	save(dev, &before);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 1);
	prepare(dev);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 0);
	fake_cxl_clear(dev);
	done(dev);
	KUNIT_EXPECT_EQ(test, fake_snapshot().memdevs, 1);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 1);
	same_as(test, dev, &before);
}

static void caches_are_flushed_before_a_reset_and_before_decoders_come_back(struct kunit *test)
{
	unsigned int before;

	machine(test, false, 2, 0);
	bind(test, dev);
	before = fake_cache_invalidations;
	prepare(dev);
	KUNIT_EXPECT_EQ(test, fake_cache_invalidations, before + 1);
	fake_cxl_clear(dev);
	fake_count_reset(f);
	done(dev);
	KUNIT_ASSERT_GE(test, f->nr_changes, 1);
	KUNIT_EXPECT_EQ(test, f->changes[0].invalidations, before + 2);
}

static void caches_that_can_t_be_flushed_are_told(struct kunit *test)
{
	machine(test, false, 2, 0);
	bind(test, dev);
	fake_cache_able = false;
	fake_log_clear();
	reset(dev);
	fake_cache_able = true;
	is(test, dev, "attached", "none");
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_WARNING, "can't be flushed"), 2);
}

static void device_on_pci_only_has_its_decoders_again(struct kunit *test)
{
	struct values before;

	machine(test, false, 2, 0);
	bind(test, dev);
	save(dev, &before);
	KUNIT_ASSERT_EQ(test, fake_store(dev, "cxla/on_loss", "pci-only"), 0);
	reset(dev);
	is(test, dev, "pci-only", "revoked");
	KUNIT_EXPECT_MEMEQ(test, fake_hdm_reg(dev, 0, 0), before.regs[0],
			   sizeof(before.regs[0]));
}

static void endpoint_that_was_unbound_before_a_reset_is_restored(struct kunit *test)
{
	struct values before;

	machine(test, false, 2, 0);
	bind(test, dev);
	save(dev, &before);
	/* the root goes, and with it the endpoint */
	fake_root_remove(f);
	msleep(2000);
	prepare(dev);
	fake_cxl_clear(dev);
	done(dev);
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	msleep(2000);
	is(test, dev, "attached", "none");
	same_as(test, dev, &before);
}

static void range_of_a_dvsec_comes_back(struct kunit *test)
{
	struct values before;

	dvsec_machine(test);
	bind(test, dev);
	is(test, dev, "attached", "none");
	save(dev, &before);
	reset(dev);
	is(test, dev, "attached", "none");
	same_as(test, dev, &before);
}

static struct kunit_case reset_cases[] = {
	KUNIT_CASE(decoders_that_a_reset_cleared_are_what_they_were),
	KUNIT_CASE(locked_decoders_that_a_reset_cleared_are_locked_again),
	KUNIT_CASE(lock_of_the_dvsec_comes_back),
	KUNIT_CASE(decoders_are_restored_whatever_allocation_fails),
	KUNIT_CASE(reset_that_keeps_decoders_writes_nothing),
	KUNIT_CASE(host_bridge_that_lost_its_decoders_is_not_written),
	KUNIT_CASE(device_that_decodes_something_else_by_now_is_left_alone),
	KUNIT_CASE(reset_that_nobody_saw_is_not_undone_by_the_next),
	KUNIT_CASE(switch_below_a_reset_is_restored_once),
	KUNIT_CASE(switch_that_was_not_reset_is_not_written),
	KUNIT_CASE(switch_that_routes_elsewhere_by_now_is_left_alone),
	KUNIT_CASE(root_that_comes_after_the_reset_is_waited_for),
	KUNIT_CASE(commit_that_fails_after_a_reset_leaves_nothing_committed),
	KUNIT_CASE(registers_that_keep_nothing_are_noticed),
	KUNIT_CASE(expander_has_its_region_again),
	KUNIT_CASE(caches_are_flushed_before_a_reset_and_before_decoders_come_back),
	KUNIT_CASE(caches_that_can_t_be_flushed_are_told),
	KUNIT_CASE(device_on_pci_only_has_its_decoders_again),
	KUNIT_CASE(endpoint_that_was_unbound_before_a_reset_is_restored),
	KUNIT_CASE(range_of_a_dvsec_comes_back),
	{}
};

static struct kunit_suite reset_suite = {
	.name = "reset_kunit",
	.exit = reset_exit,
	.test_cases = reset_cases,
};

kunit_test_suite(reset_suite);

MODULE_DESCRIPTION("KUnit: what a reset takes comes back");
MODULE_LICENSE("GPL");
