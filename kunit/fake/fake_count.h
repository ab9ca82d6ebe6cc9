/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __FAKE_COUNT_H__
#define __FAKE_COUNT_H__

#include <linux/types.h>

/*
 * How much code of the shipped modules one task runs: their objects are built
 * here with -fsanitize-coverage=trace-pc, so that each basic block that is
 * entered is a call that fake_count sees. What a count is for is to be compared
 * with another one of the same build: of twice the devices, say. Blocks, unlike
 * time, are the same in each run.
 *
 * Not counted: what other tasks (kthreads, work items) and interrupts do for
 * this one, the kernel's own code, and the suites'.
 *
 *	fake_count_start();
 *	what_is_measured();
 *	blocks = fake_count_stop();
 */

/* Counts from zero what the current task runs. One task at a time: the last one to start counts. */
void fake_count_start(void);

/* Basic blocks since fake_count_start(); counting is off from then on. */
u64 fake_count_stop(void);

/* What the compiler calls at the head of each basic block. */
void __sanitizer_cov_trace_pc(void);

#endif /* __FAKE_COUNT_H__ */
