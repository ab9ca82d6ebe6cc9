// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: basic blocks, counted
 *
 * The kernel has no KCOV here, so the function that the instrumented modules
 * call for each basic block is this module's. They can be loaded after it only.
 *
 * It is called in any context, also with any lock held, and nothing in it may
 * be instrumented (Kbuild sees to that). There is one processor: what is counted
 * is changed by the task that counts, outside of interrupts, and by no one else.
 */
#include <linux/module.h>
#include <linux/preempt.h>
#include <linux/sched.h>

#include "fake_count.h"

static struct task_struct *fake_counted;	/* compared with, never followed */
static u64 fake_blocks;

void notrace __sanitizer_cov_trace_pc(void)
{
	if (READ_ONCE(fake_counted) == current && in_task())
		WRITE_ONCE(fake_blocks, READ_ONCE(fake_blocks) + 1);
}
EXPORT_SYMBOL(__sanitizer_cov_trace_pc);

void notrace fake_count_start(void)
{
	WRITE_ONCE(fake_counted, NULL);
	WRITE_ONCE(fake_blocks, 0);
	WRITE_ONCE(fake_counted, current);
}
EXPORT_SYMBOL_GPL(fake_count_start);

u64 notrace fake_count_stop(void)
{
	WRITE_ONCE(fake_counted, NULL);
	return READ_ONCE(fake_blocks);
}
EXPORT_SYMBOL_GPL(fake_count_stop);

MODULE_DESCRIPTION("Counts the basic blocks that a task runs");
MODULE_LICENSE("GPL");
