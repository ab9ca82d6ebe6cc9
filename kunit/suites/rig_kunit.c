// SPDX-License-Identifier: GPL-2.0-only
/* What other suites measure with: counted blocks, and faults on demand. */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "../fake/fake_count.h"

static void enter_three_blocks(void)
{
	for (int i = 0; i < 3; i++)
		__sanitizer_cov_trace_pc();
}

static int other_task(void *done)
{
	enter_three_blocks();
	kthread_complete_and_exit(done, 0);
}

static void blocks_are_counted_between_start_and_stop(struct kunit *test)
{
	enter_three_blocks();
	fake_count_start();
	KUNIT_EXPECT_EQ(test, fake_count_stop(), 0);

	fake_count_start();
	enter_three_blocks();
	KUNIT_EXPECT_EQ(test, fake_count_stop(), 3);
	enter_three_blocks();
	KUNIT_EXPECT_EQ(test, fake_count_stop(), 3);
}

static void blocks_of_another_task_are_not_counted(struct kunit *test)
{
	DECLARE_COMPLETION_ONSTACK(done);
	struct task_struct *other;

	fake_count_start();
	other = kthread_run(other_task, &done, "rig_kunit");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, other);
	wait_for_completion(&done);
	KUNIT_EXPECT_EQ(test, fake_count_stop(), 0);
}

static void allocation_fails_that_was_asked_to(struct kunit *test)
{
#if defined(CONFIG_FAILSLAB)
	void *failed, *next;

	/* a second point would be kmemleak's own allocation for the first */
	current->fail_nth = 1;
	failed = kmalloc(64, GFP_KERNEL);
	next = kmalloc(64, GFP_KERNEL);
	KUNIT_EXPECT_EQ(test, current->fail_nth, 0);
	KUNIT_EXPECT_NULL(test, failed);
	KUNIT_EXPECT_NOT_NULL(test, next);
	kfree(failed);
	kfree(next);
#else
	kunit_skip(test, "kernel without fault injection");
#endif
}

static struct kunit_case rig_cases[] = {
	KUNIT_CASE(blocks_are_counted_between_start_and_stop),
	KUNIT_CASE(blocks_of_another_task_are_not_counted),
	KUNIT_CASE(allocation_fails_that_was_asked_to),
	{}
};

static struct kunit_suite rig_suite = {
	.name = "rig_kunit",
	.test_cases = rig_cases,
};

kunit_test_suite(rig_suite);

MODULE_DESCRIPTION("KUnit tests of what other suites measure with");
MODULE_LICENSE("GPL");
