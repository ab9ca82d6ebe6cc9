// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of DESIGN.md section 8 by name, on cxla_hmem and cxla_dax as shipped.
 * That somebody has the lock of the accelerator holds the work where it asks
 * whose ranges are.
 */
#include <linux/fs.h>

#include "soft_says.h"
#include "sweep.h"

static int stride = 3;
module_param(stride, int, 0444);
MODULE_PARM_DESC(stride, "one in so many allocations of a decision fails (default: 3)");

/* the work has begun, and waits in the middle of the survey */
static void load_until_survey(struct kunit *test)
{
	soft_root(soft_rig(test));
	KUNIT_ASSERT_EQ(test, fake_hold(soft_rig(test)->accel), 0);
	load(test);
	msleep(100);
	KUNIT_ASSERT_TRUE(test, turn_is_pending(&hmem_turn));
}

static void let_go_and_settle(struct kunit *test)
{
	fake_let_go();
	soft_settle(soft_rig(test));
}

/* --------------------------- rules 2 and 3 ------------------------- */

static void rebinding_while_work_is_left_is_busy(struct kunit *test)
{
	struct soft_rig *rig = soft_rig(test);

	load_until_survey(test);
	soft_unbind(rig);
	says(test, lone(), CXLA_OWNER_NONE, CXLA_LEDGER_FREE,
	     CXLA_WHY_UNBOUND);
	KUNIT_EXPECT_EQ(test, soft_bind(rig), -EBUSY);
	KUNIT_EXPECT_EQ(test, soft_bind(rig), -EBUSY);
	says(test, lone(), CXLA_OWNER_NONE, CXLA_LEDGER_FREE,
	     CXLA_WHY_UNBOUND);
	let_go_and_settle(test);
	KUNIT_EXPECT_EQ(test, soft_bind(rig), 0);
	soft_settle(rig);
	says(test, lone(), CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
	     CXLA_WHY_NO_REGION);
}

static void unbinding_before_the_work_decides_leaves_nothing_claimed(struct kunit *test)
{
	struct soft_rig *rig = soft_rig(test);

	load_until_survey(test);
	says(test, lone(), CXLA_OWNER_NONE, CXLA_LEDGER_WAITING,
	     CXLA_WHY_NO_CXL);
	soft_unbind(rig);
	let_go_and_settle(test);
	KUNIT_EXPECT_TRUE(test, list_empty(&soft_claims));
	says(test, lone(), CXLA_OWNER_NONE, CXLA_LEDGER_FREE,
	     CXLA_WHY_UNBOUND);
	/* nothing is pending, and so cxla_dax need not wait any more */
	KUNIT_EXPECT_EQ(test, cxla_dax_rc, 0);
	KUNIT_EXPECT_FALSE(test, cxla_enum_waited());
}

static void module_exit_ends_the_wait_and_the_work(struct kunit *test)
{
	struct soft_rig *rig = soft_rig(test);
	ktime_t start;

	/* an hour */
	wait_seconds = 3600 * 1000;
	load(test);
	msleep(1000);
	KUNIT_EXPECT_TRUE(test, turn_is_pending(&hmem_turn));
	start = ktime_get();
	soft_unload(rig);
	wait_seconds = 30;
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), 1000);
	KUNIT_EXPECT_EQ(test, work_busy(&hmem_work), 0);
	KUNIT_EXPECT_EQ(test, hmem_turn.state, TURN_IDLE);
	/* nothing of what it said is left */
	KUNIT_EXPECT_EQ(test, verdict_at(lone()).why, CXLA_NR_WHYS);
}

static void cxla_dax_waits_until_all_was_decided_about(struct kunit *test)
{
	struct soft_rig *rig = soft_rig(test);

	soft_root(rig);
	KUNIT_ASSERT_EQ(test, soft_bind_expander(rig), 0);
	load_until_survey(test);
	KUNIT_EXPECT_EQ(test, cxla_dax_rc, -EAGAIN);
	KUNIT_EXPECT_FALSE(test, soft_is_claimed(EXPANDER_BASE));
	let_go_and_settle(test);
	KUNIT_EXPECT_EQ(test, cxla_dax_rc, 0);
	says(test, EXPANDER_BASE, CXLA_OWNER_DAX, CXLA_LEDGER_OWNED,
	     CXLA_WHY_REGION);
	/* and what is around it in the same Soft Reserved range is hmem's */
	says(test, EXPANDER_BASE - 1, CXLA_OWNER_HMEM,
	     CXLA_LEDGER_OWNED, CXLA_WHY_NO_REGION);
	says(test, EXPANDER_BASE + RANGE_SIZE, CXLA_OWNER_HMEM,
	     CXLA_LEDGER_OWNED, CXLA_WHY_NO_REGION);
}

static void cxla_dax_that_is_removed_while_it_waits_is_not_called(struct kunit *test)
{
	struct soft_rig *rig = soft_rig(test);

	load_until_survey(test);
	cxla_dax_exit();
	let_go_and_settle(test);
	KUNIT_EXPECT_EQ(test, cxla_dax_rc, -EAGAIN);
	says(test, lone(), CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
	     CXLA_WHY_NO_REGION);
	/* it comes again, and is told at once */
	cxla_dax_listener.told = false;
	KUNIT_EXPECT_EQ(test, cxla_dax_init(), 0);
	KUNIT_EXPECT_EQ(test, cxla_dax_rc, 0);
	soft_unload(rig);
}

/* ------------------------------- rule 4 ---------------------------- */

static u64 outside(void)
{
	return soft_ranges[SOFT_OUTSIDE].start;
}

static void ranges_outside_of_windows_wait_as_well(struct kunit *test)
{
	load(test);
	for (int id = 0; id < SOFT_NR; id++)
		says(test, soft_ranges[id].start, CXLA_OWNER_NONE,
		     CXLA_LEDGER_WAITING, CXLA_WHY_NO_CXL);
	soft_settle(soft_rig(test));
	says(test, outside(), CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
	     CXLA_WHY_NO_WINDOW);
	says(test, soft_ranges[SOFT_OUTSIDE].end, CXLA_OWNER_NONE,
	     CXLA_LEDGER_FREE, CXLA_WHY_TOO_SMALL);
}

/* of what is set up, however long it might wait */
static void decides_at_once(struct kunit *test)
{
	ktime_t start = ktime_get();

	wait_seconds = 1000;
	load_and_settle(test);
	wait_seconds = 30;
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), 100);
}

static void without_a_table_of_windows_there_is_nothing_to_wait_for(struct kunit *test)
{
	soft_no_table = true;
	decides_at_once(test);
	soft_no_table = false;
	KUNIT_EXPECT_FALSE(test, turn_is_pending(&hmem_turn));
	says(test, outside(), CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
	     CXLA_WHY_NO_WINDOW);
	says(test, lone(), CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
	     CXLA_WHY_NO_WINDOW);
	/* what hardware decodes for an accelerator is its own there, too */
	says(test, inside(), CXLA_OWNER_ACCEL, CXLA_LEDGER_RESERVED,
	     CXLA_WHY_MEANT);
	KUNIT_EXPECT_EQ(test, soft_stolen, 0);
}

static void without_a_range_there_is_nothing_to_wait_for(struct kunit *test)
{
	soft_first = SOFT_NR;
	decides_at_once(test);
	soft_first = SOFT_OUTSIDE;
	/* and so cxla_dax does not wait */
	KUNIT_EXPECT_EQ(test, cxla_dax_rc, 0);
}

static void after_the_wait_it_is_first_come_first_served(struct kunit *test)
{
	struct soft_rig *rig = soft_rig(test);

	load_and_settle(test);
	says(test, EXPANDER_BASE, CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
	     CXLA_WHY_NO_REGION);
	/* too late, and that is said with the name of who has it */
	soft_root(rig);
	fake_log_clear();
	KUNIT_EXPECT_EQ(test, soft_bind_expander(rig), 0);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 1);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, "is not free",
					     "hmem, owned (dax"), 1);
	says(test, EXPANDER_BASE, CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
	     CXLA_WHY_NO_REGION);
}

static void there_is_no_second_wait(struct kunit *test)
{
	struct soft_rig *rig = soft_rig(test);
	ktime_t start;

	wait_seconds = 1000;
	load_and_settle(test);
	soft_unload(rig);
	start = ktime_get();
	load(test);
	says(test, lone(), CXLA_OWNER_NONE, CXLA_LEDGER_WAITING,
	     CXLA_WHY_PROBING);
	soft_settle(rig);
	wait_seconds = 30;
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), 100);
	says(test, lone(), CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
	     CXLA_WHY_NO_REGION);
}

/* ------------------------------- rule 5 ---------------------------- */

static void accelerator_that_comes_last_finds_its_range_kept(struct kunit *test)
{
	struct soft_rig *rig = soft_rig(test);

	soft_root(rig);
	load_and_settle(test);
	says(test, inside(), CXLA_OWNER_ACCEL, CXLA_LEDGER_RESERVED,
	     CXLA_WHY_MEANT);
	KUNIT_EXPECT_STREQ(test, verdict_at(inside()).who,
			   pci_name(rig->accel->pdev));
	fake_expect_attached(test, rig->accel, ACCEL_BASE, RANGE_SIZE);
	says(test, inside(), CXLA_OWNER_ACCEL, CXLA_LEDGER_OWNED,
	     CXLA_WHY_ATTACHED);
	/* it keeps it, whatever comes and goes */
	soft_unload(rig);
	load_and_settle(test);
	says(test, inside(), CXLA_OWNER_ACCEL, CXLA_LEDGER_OWNED,
	     CXLA_WHY_ATTACHED);
	KUNIT_EXPECT_EQ(test, rig->accel->accel.nr_revoke, 0);
	KUNIT_EXPECT_EQ(test, soft_stolen, 0);
}

static const struct meaning {
	const char *name;
	bool expander_class;
	const char *override;
	bool kept;
} meanings[] = {
	{ "another class", false, "\n", true },
	{ "class of expanders", true, "\n", false },
	{ "class of expanders, named driver", true, "fake_accel\n", true },
	{ "another class, cxla_pci named", false, "cxla_pci\n", false },
	{ "another class, cxl_pci named", false, "cxl_pci\n", false },
};

static void meaning_name(const struct meaning *meaning, char *name)
{
	strscpy(name, meaning->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(meaning, meanings, meaning_name);

static void range_is_kept_for_what_is_meant_for_an_accelerator(struct kunit *test)
{
	const struct meaning *meaning = test->param_value;
	struct fake_node *accel = soft_rig(test)->accel;

	if (meaning->expander_class)
		accel->pdev->class = PCI_CLASS_MEMORY_CXL << 8 | 0x10;
	KUNIT_ASSERT_EQ(test, fake_store(accel, "driver_override",
					 meaning->override), 0);
	load_and_settle(test);
	if (meaning->kept)
		says(test, inside() + SZ_1M, CXLA_OWNER_ACCEL,
		     CXLA_LEDGER_RESERVED, CXLA_WHY_MEANT);
	else
		says(test, inside() + SZ_1M, CXLA_OWNER_HMEM,
		     CXLA_LEDGER_OWNED, CXLA_WHY_NO_REGION);
	KUNIT_EXPECT_EQ(test, soft_stolen, !meaning->kept);
}

/* a driver that has it without a range says enough, whatever the class is */
static void range_is_kept_for_the_driver_that_is_bound(struct kunit *test)
{
	struct fake_node *accel = soft_rig(test)->accel;

	accel->pdev->class = PCI_CLASS_MEMORY_CXL << 8 | 0x10;
	accel->accel.media_ready = false;
	soft_root(soft_rig(test));
	KUNIT_ASSERT_EQ(test, fake_bind(accel), 0);
	KUNIT_ASSERT_LT(test, accel->accel.rc, 0);
	load_and_settle(test);
	says(test, inside(), CXLA_OWNER_ACCEL, CXLA_LEDGER_RESERVED,
	     CXLA_WHY_MEANT);
	KUNIT_EXPECT_EQ(test, soft_stolen, 0);
}

static void what_somebody_has_in_the_iomem_tree_is_left_alone(struct kunit *test)
{
	struct resource busy = {
		.name = "dax9.0",
		.start = lone(),
		.end = lone() + SZ_16M + SZ_4K - 1,
		.flags = IORESOURCE_MEM | IORESOURCE_BUSY,
	};

	KUNIT_ASSERT_EQ(test, request_resource(&soft_resources[SOFT_LONE],
					       &busy), 0);
	load_and_settle(test);
	says(test, busy.start, CXLA_OWNER_IN_TREE, CXLA_LEDGER_FOREIGN,
	     CXLA_WHY_IN_USE);
	says(test, busy.end, CXLA_OWNER_IN_TREE, CXLA_LEDGER_FOREIGN,
	     CXLA_WHY_IN_USE);
	says(test, busy.end + 1, CXLA_OWNER_NONE, CXLA_LEDGER_FREE,
	     CXLA_WHY_TOO_SMALL);
	says(test, lone() + SZ_16M + SZ_2M, CXLA_OWNER_HMEM,
	     CXLA_LEDGER_OWNED, CXLA_WHY_NO_REGION);
	soft_unload(soft_rig(test));
	release_resource(&busy);
}

static void autoprobe(struct kunit *test, char wanted)
{
	struct file *file = filp_open("/sys/bus/platform/drivers_autoprobe",
				      O_WRONLY, 0);

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_EQ(test, kernel_write(file, &wanted, 1, NULL), 1);
	filp_close(file, NULL);
}

static void range_goes_to_device_dax_while_the_platform_bus_does_not_probe(struct kunit *test)
{
	load(test);
	autoprobe(test, '0');
	soft_settle(soft_rig(test));
	autoprobe(test, '1');
	says(test, outside(), CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
	     CXLA_WHY_NO_WINDOW);
}

/* ----------------------- what firmware describes ------------------- */

static void range_of_no_node_is_of_the_nearest(struct kunit *test)
{
	soft_nid = NUMA_NO_NODE;
	soft_target_node = NUMA_NO_NODE;
	load_and_settle(test);
	soft_nid = 0;
	says(test, outside(), CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
	     CXLA_WHY_NO_WINDOW);
	KUNIT_EXPECT_NE(test, soft_target_node, NUMA_NO_NODE);
}

static void is_nobodys_business(struct kunit *test, u64 hpa)
{
	KUNIT_EXPECT_EQ_MSG(test, verdict_at(hpa).why, CXLA_NR_WHYS, "%#llx",
			    hpa);
	KUNIT_EXPECT_FALSE_MSG(test, soft_is_claimed(hpa), "%#llx", hpa);
}

static void only_what_is_soft_reserved_is_decided_about(struct kunit *test)
{
	struct soft_rig *rig = soft_rig(test);

	soft_described[SOFT_LONE].start -= SZ_64M;
	soft_described[SOFT_LONE].end += SZ_64M;
	/* around the entry there is nothing, and then a window */
	for (int with_root = 0; with_root < 2; with_root++) {
		if (with_root)
			soft_root(rig);
		load_and_settle(test);
		says(test, lone(), CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
		     CXLA_WHY_NO_REGION);
		says(test, soft_ranges[SOFT_LONE].end, CXLA_OWNER_HMEM,
		     CXLA_LEDGER_OWNED, CXLA_WHY_NO_REGION);
		is_nobodys_business(test, lone() - 1);
		is_nobodys_business(test, soft_ranges[SOFT_LONE].end + 1);
		soft_unload(rig);
	}
}

static void insert_soft(struct kunit *test, struct resource *res, u64 start,
			u64 size)
{
	*res = (struct resource) {
		.name = "Soft Reserved",
		.start = start,
		.end = start + size - 1,
		.flags = IORESOURCE_MEM,
		.desc = IORES_DESC_SOFT_RESERVED,
	};
	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, res), 0);
}

/* those that touch are one range, whose middle device-dax takes */
static void each_soft_reserved_entry_of_a_resource_is_decided_about(struct kunit *test)
{
	const u64 start = lone() + SZ_128M;
	struct resource entries[3];

	insert_soft(test, &entries[0], start, SZ_1M);
	insert_soft(test, &entries[1], start + SZ_1M, SZ_1M);
	insert_soft(test, &entries[2], start + SZ_64M, SZ_4M);
	soft_described[SOFT_LONE].end = start + SZ_128M - 1;
	load_and_settle(test);
	says(test, lone(), CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
	     CXLA_WHY_NO_REGION);
	is_nobodys_business(test, start - 1);
	says(test, start, CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
	     CXLA_WHY_NO_REGION);
	says(test, start + SZ_2M - 1, CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
	     CXLA_WHY_NO_REGION);
	is_nobodys_business(test, start + SZ_2M);
	says(test, start + SZ_64M, CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
	     CXLA_WHY_NO_REGION);
	is_nobodys_business(test, start + SZ_64M + SZ_4M);
	soft_unload(soft_rig(test));
	for (int i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, remove_resource(&entries[i]), 0);
}

/* --------------------------- want of memory ------------------------ */

static int count_child(struct device *dev, void *count)
{
	++*(int *)count;
	return 0;
}

static void bind_without_memory_is_whole_or_nothing(struct kunit *test)
{
	struct soft_rig *rig = soft_rig(test);
	int nth, rc = 0;

	if (!FAKE_CAN_FAIL)
		kunit_skip(test, "allocations can't be made to fail");
	soft_root(rig);
	load_and_settle(test);
	for (nth = 1; nth < SWEEP_MANY; nth++) {
		soft_unbind(rig);
		fake_fail_start(nth);
		rc = soft_bind(rig);
		if (!fake_fail_stop())
			break;
		if (rc) {
			int children = 0;

			device_for_each_child(&rig->platform->dev, &children,
					      count_child);
			/* a name without memory is invalid to the driver core */
			KUNIT_EXPECT_TRUE_MSG(test, rc == -ENOMEM ||
					      rc == -EINVAL,
					      "allocation %d: %d", nth, rc);
			KUNIT_EXPECT_EQ(test, children, 0);
			KUNIT_EXPECT_TRUE(test, list_empty(&soft_claims));
			continue;
		}
		soft_settle(rig);
		says(test, outside(), CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
		     CXLA_WHY_NO_WINDOW);
		says(test, lone(), CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
		     CXLA_WHY_NO_REGION);
	}
	KUNIT_EXPECT_EQ(test, rc, 0);
	KUNIT_EXPECT_GT(test, nth, 10);
	sweep_tell(test, "bind-hmem", nth, 1);
}

static DECLARE_COMPLETION(soft_blocked);

static void block(struct work_struct *work)
{
	wait_for_completion(&soft_blocked);
}

/* bound, and the work is to be run by the test itself */
static void bind_without_work(struct kunit *test)
{
	struct work_struct blocker;

	INIT_WORK_ONSTACK(&blocker, block);
	reinit_completion(&soft_blocked);
	queue_work(hmem_wq, &blocker);
	KUNIT_EXPECT_EQ(test, soft_bind(soft_rig(test)), 0);
	KUNIT_EXPECT_TRUE(test, cancel_work_sync(&hmem_work));
	complete(&soft_blocked);
	flush_work(&blocker);
	destroy_work_on_stack(&blocker);
}

static void each_byte_has_an_answer(struct kunit *test, int nth)
{
	for (int id = 0; id < SOFT_NR; id++) {
		u64 pos = soft_ranges[id].start, time;
		struct cxla_verdict verdict;
		struct range range;

		for (; pos <= soft_ranges[id].end; pos = range.end + 1) {
			bool there = fake_ledger_find(pos, &range, &verdict,
						      &time);
			bool owned = verdict.state == CXLA_LEDGER_OWNED;

			KUNIT_ASSERT_TRUE_MSG(test, there && range.start <= pos,
					      "allocation %d: %#llx", nth, pos);
			KUNIT_EXPECT_NE_MSG(test, verdict.state,
					    CXLA_LEDGER_WAITING,
					    "allocation %d: %#llx", nth, pos);
			KUNIT_EXPECT_EQ_MSG(test, owned, soft_is_claimed(pos),
					    "allocation %d: %#llx", nth, pos);
		}
	}
}

static void decision_without_memory_leaves_no_byte_without_answer(struct kunit *test)
{
	struct soft_rig *rig = soft_rig(test);
	bool failed = true;
	int nth;

	if (!FAKE_CAN_FAIL)
		kunit_skip(test, "allocations can't be made to fail");
	soft_root(rig);
	KUNIT_ASSERT_EQ(test, soft_bind_expander(rig), 0);
	load_and_settle(test);
	for (nth = 1; nth < SWEEP_MANY && failed; nth += stride) {
		soft_unbind(rig);
		bind_without_work(test);
		fake_fail_start(nth);
		hmem_work_func(&hmem_work);
		failed = fake_fail_stop();
		KUNIT_ASSERT_EQ(test, hmem_turn.state, TURN_DECIDED);
		each_byte_has_an_answer(test, nth);
		KUNIT_EXPECT_EQ(test, soft_stolen, 0);
		KUNIT_EXPECT_EQ(test, soft_twice, 0);
		KUNIT_EXPECT_EQ(test, soft_passed_over, 0);
	}
	says(test, lone(), CXLA_OWNER_HMEM, CXLA_LEDGER_OWNED,
	     CXLA_WHY_NO_REGION);
	says(test, inside(), CXLA_OWNER_ACCEL, CXLA_LEDGER_RESERVED,
	     CXLA_WHY_MEANT);
	KUNIT_EXPECT_GT(test, nth, 20);
	sweep_tell(test, "decide", nth - stride, stride);
}

static struct kunit_case soft_cases[] = {
	KUNIT_CASE(rebinding_while_work_is_left_is_busy),
	KUNIT_CASE(unbinding_before_the_work_decides_leaves_nothing_claimed),
	KUNIT_CASE(module_exit_ends_the_wait_and_the_work),
	KUNIT_CASE(cxla_dax_waits_until_all_was_decided_about),
	KUNIT_CASE(cxla_dax_that_is_removed_while_it_waits_is_not_called),
	KUNIT_CASE(ranges_outside_of_windows_wait_as_well),
	KUNIT_CASE(without_a_table_of_windows_there_is_nothing_to_wait_for),
	KUNIT_CASE(without_a_range_there_is_nothing_to_wait_for),
	KUNIT_CASE(after_the_wait_it_is_first_come_first_served),
	KUNIT_CASE(there_is_no_second_wait),
	KUNIT_CASE(accelerator_that_comes_last_finds_its_range_kept),
	KUNIT_CASE_PARAM(range_is_kept_for_what_is_meant_for_an_accelerator,
			 meaning_gen_params),
	KUNIT_CASE(range_is_kept_for_the_driver_that_is_bound),
	KUNIT_CASE(what_somebody_has_in_the_iomem_tree_is_left_alone),
	KUNIT_CASE(range_goes_to_device_dax_while_the_platform_bus_does_not_probe),
	KUNIT_CASE(range_of_no_node_is_of_the_nearest),
	KUNIT_CASE(only_what_is_soft_reserved_is_decided_about),
	KUNIT_CASE(each_soft_reserved_entry_of_a_resource_is_decided_about),
	KUNIT_CASE(bind_without_memory_is_whole_or_nothing),
	KUNIT_CASE(decision_without_memory_leaves_no_byte_without_answer),
	{}
};

static struct kunit_suite soft_suite = {
	.name = "soft_kunit",
	.init = soft_init,
	.exit = soft_exit,
	.test_cases = soft_cases,
};

kunit_test_suite(soft_suite);

MODULE_DESCRIPTION("KUnit: Soft Reserved ranges, rule by rule");
MODULE_LICENSE("GPL");
