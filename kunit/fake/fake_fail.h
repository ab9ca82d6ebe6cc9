/* SPDX-License-Identifier: GPL-2.0-only */
/* allocations that fail, in this task, where the kernel was built for it */
#ifndef __FAKE_FAIL_H__
#define __FAKE_FAIL_H__

#include <linux/sched.h>

#ifdef CONFIG_FAILSLAB
#define FAKE_CAN_FAIL	true

/* the @n-th allocation from here on fails */
static inline void fake_fail_start(int n)
{
	current->fail_nth = n;
}

/* whether it came to that */
static inline bool fake_fail_stop(void)
{
	bool failed = !current->fail_nth;

	current->fail_nth = 0;
	return failed;
}

/* none fails until it is started again, with what this returns */
static inline int fake_fail_pause(void)
{
	int left = current->fail_nth;

	current->fail_nth = 0;
	return left;
}
#else
#define FAKE_CAN_FAIL	false

static inline void fake_fail_start(int n)
{
}

static inline bool fake_fail_stop(void)
{
	return false;
}

static inline int fake_fail_pause(void)
{
	return 0;
}
#endif

#endif /* __FAKE_FAIL_H__ */
