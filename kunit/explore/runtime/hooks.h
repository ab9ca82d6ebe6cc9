/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Force-included where code is explored: the kernel's atomics are inline
 * assembly, which the compiler does not instrument. <linux/instrumented.h>
 * announces each by kcsan_check_access(), which is the runtime's from here on.
 */
#ifndef EXPLORE_HOOKS_H
#define EXPLORE_HOOKS_H

#ifndef __ASSEMBLY__
#include <linux/kcsan-checks.h>

void explore_check_access(const volatile void *address, size_t size, int type);

#undef kcsan_check_access
#define kcsan_check_access explore_check_access
#endif

#endif
