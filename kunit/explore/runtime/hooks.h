/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Force-included before any other header, for what is compiled to be explored:
 * the kernel's atomics are inline assembly, which the compiler does not
 * instrument. <linux/instrumented.h> announces each by kcsan_check_access(),
 * which is the runtime's from here on.
 */
#ifndef EXPLORE_HOOKS_H
#define EXPLORE_HOOKS_H

#if defined(__SANITIZE_THREAD__) && !defined(__ASSEMBLY__)
#include <linux/kcsan-checks.h>

void explore_check_access(const volatile void *address, size_t size, int type);

#undef kcsan_check_access
#define kcsan_check_access explore_check_access
#endif

#endif
