// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: where scheduling points come from
 *
 * The compiler calls a function for each access to memory (-fsanitize=thread).
 * Volatile ones, which are READ_ONCE() and WRITE_ONCE(), are points at both
 * levels, others at the level of all accesses. The kernel's atomics come by
 * hooks.h, calls by the stubs that are generated from calls.list.
 *
 * The compiler refuses KASAN beside it, so that KASAN is asked here, where the
 * kernel has it.
 */
#include <linux/kasan-checks.h>
#include <linux/kcsan-checks.h>
#include <linux/module.h>

#include "internal.h"

#define PLAIN_ACCESS(name, bytes, check)				\
void name(void *p);							\
void name(void *p)							\
{									\
	if (explore_level == EXPLORE_ALL)				\
		explore_at(_RET_IP_, NULL, NULL);			\
	explore_check(p, _RET_IP_);					\
	check(p, bytes);						\
}									\
EXPORT_SYMBOL(name)

#define VOLATILE_ACCESS(name, bytes, check)				\
void name(void *p);							\
void name(void *p)							\
{									\
	explore_at(_RET_IP_, NULL, NULL);				\
	explore_check(p, _RET_IP_);					\
	check(p, bytes);						\
}									\
EXPORT_SYMBOL(name)

#define ACCESSES(bytes)							\
PLAIN_ACCESS(__tsan_read##bytes, bytes, kasan_check_read);		\
PLAIN_ACCESS(__tsan_write##bytes, bytes, kasan_check_write);		\
PLAIN_ACCESS(__tsan_unaligned_read##bytes, bytes, kasan_check_read);	\
PLAIN_ACCESS(__tsan_unaligned_write##bytes, bytes, kasan_check_write);	\
VOLATILE_ACCESS(__tsan_volatile_read##bytes, bytes, kasan_check_read);	\
VOLATILE_ACCESS(__tsan_volatile_write##bytes, bytes, kasan_check_write); \
VOLATILE_ACCESS(__tsan_unaligned_volatile_read##bytes, bytes,		\
		kasan_check_read);					\
VOLATILE_ACCESS(__tsan_unaligned_volatile_write##bytes, bytes,		\
		kasan_check_write)

ACCESSES(1);
ACCESSES(2);
ACCESSES(4);
ACCESSES(8);
ACCESSES(16);

#define RANGE_ACCESS(name, check)					\
void name(void *p, size_t bytes);					\
void name(void *p, size_t bytes)					\
{									\
	if (explore_level == EXPLORE_ALL)				\
		explore_at(_RET_IP_, NULL, NULL);			\
	explore_check(p, _RET_IP_);					\
	check(p, bytes);						\
}									\
EXPORT_SYMBOL(name)

RANGE_ACCESS(__tsan_read_range, kasan_check_read);
RANGE_ACCESS(__tsan_write_range, kasan_check_write);

void __tsan_init(void);
void __tsan_init(void)
{
}
EXPORT_SYMBOL(__tsan_init);

void __tsan_func_entry(void *caller);
void __tsan_func_entry(void *caller)
{
}
EXPORT_SYMBOL(__tsan_func_entry);

void __tsan_func_exit(void);
void __tsan_func_exit(void)
{
}
EXPORT_SYMBOL(__tsan_func_exit);

void __tsan_atomic_signal_fence(int order);
void __tsan_atomic_signal_fence(int order)
{
}
EXPORT_SYMBOL(__tsan_atomic_signal_fence);

/* an atomic, or a bit operation, of the kernel */
void explore_check_access(const volatile void *address, size_t size, int type);
void explore_check_access(const volatile void *address, size_t size, int type)
{
	explore_at(_RET_IP_, NULL, NULL);
	explore_check(address, _RET_IP_);
	if (type & KCSAN_ACCESS_WRITE)
		kasan_check_write(address, size);
	else
		kasan_check_read(address, size);
}
EXPORT_SYMBOL(explore_check_access);
