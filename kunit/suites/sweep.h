/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations of which one allocation fails, each time a later one, until the operation
 * makes no so many: what suites that do this have in common.
 */
#ifndef KUNIT_SWEEP_H
#define KUNIT_SWEEP_H

#include <kunit/test.h>

#include "../fake/fake_fail.h"

/* more allocations than any operation makes */
#define SWEEP_MANY	5000

/* the @n-th allocation of this task from here on fails */
static inline void sweep_fail(struct kunit *test, int n)
{
	if (!FAKE_CAN_FAIL)
		kunit_skip(test, "no fault injection in this kernel");
	fake_fail_start(n);
}

/*
 * With the @n-th none was left to fail: how many of them failed, for who reads the run.
 * `make proof` counts these lines.
 */
static inline void sweep_tell(struct kunit *test, const char *operation, int n, int stride)
{
	int tried = (n - 1 + stride - 1) / stride;

	KUNIT_EXPECT_LT_MSG(test, n, SWEEP_MANY, "%s: its allocations have no end",
			    operation);
	kunit_info(test, "figures: allocations: %s %d of %d failed", operation,
		   tried, n - 1);
}

#endif
