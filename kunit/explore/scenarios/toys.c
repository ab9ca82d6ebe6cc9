// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bugs of a few lines that the runtime has to find, each by its kind of report,
 * and their mends, in which it must find nothing.
 */
#include <linux/bitops.h>
#include <linux/completion.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "worlds.h"

static unsigned long flags;
static int owners;
static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static struct completion done;
static bool ready;
static struct task_struct *consumer;
static int *shared;

static int toys_setup(void)
{
	flags = 0;
	owners = 0;
	ready = false;
	consumer = NULL;
	init_completion(&done);
	shared = kzalloc(64, GFP_KERNEL);
	return shared ? 0 : -ENOMEM;
}

static int take_in_two_steps(void *unused)
{
	if (!test_bit(0, &flags)) {
		set_bit(0, &flags);
		owners++;
	}
	return 0;
}

static int take_in_one_step(void *unused)
{
	if (!test_and_set_bit(0, &flags))
		owners++;
	return 0;
}

static int lock_in_order(void *unused)
{
	guard(mutex)(&first);
	guard(mutex)(&second);
	return 0;
}

static int lock_in_reverse(void *unused)
{
	guard(mutex)(&second);
	guard(mutex)(&first);
	return 0;
}

/* asks, and sleeps when it was not so, without saying so before it asks */
static int sleep_after_asking(void *unused)
{
	WRITE_ONCE(consumer, current);
	if (!READ_ONCE(ready)) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		schedule();
	}
	return 0;
}

static int wake(void *unused)
{
	WRITE_ONCE(ready, true);
	if (READ_ONCE(consumer))
		wake_up_process(READ_ONCE(consumer));
	return 0;
}

/* gives up after a second, and takes that for an answer */
static int wait_a_second(void *unused)
{
	if (!wait_for_completion_timeout(&done, HZ))
		explore_fail("the wait was over before its time");
	return 0;
}

static int answer(void *unused)
{
	explore_point();
	complete(&done);
	return 0;
}

static int use(void *unused)
{
	int *mine = READ_ONCE(shared);

	if (mine)
		mine[3]++;
	return 0;
}

static int free_it(void *unused)
{
	int *mine = READ_ONCE(shared);

	WRITE_ONCE(shared, NULL);
	kfree(mine);
	return 0;
}

static void toys_check(void)
{
	if (owners > 1)
		explore_fail("owned twice");
}

static void toys_teardown(void)
{
	kfree(shared);
}

static const struct explore_action toys_actions[] = {
	{ "two-steps", take_in_two_steps },
	{ "one-step", take_in_one_step },
	{ "in-order", lock_in_order },
	{ "in-reverse", lock_in_reverse },
	{ "sleep", sleep_after_asking },
	{ "wake", wake },
	{ "wait", wait_a_second },
	{ "answer", answer },
	{ "use", use },
	{ "free", free_it },
	{ }
};

const struct explore_world toys_world = {
	.name = "toys",
	.setup = toys_setup,
	.check = toys_check,
	.teardown = toys_teardown,
	.actions = toys_actions,
};
