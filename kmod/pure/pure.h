/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a file of plain arithmetic needs to be compiled both into a module and
 * into a userspace test: fixed-width types, bit fields, errno values. Such a
 * file includes this and its own header, touches no hardware, allocates
 * nothing, and takes values that it does not trust.
 */
#ifndef __CXLA_PURE_H__
#define __CXLA_PURE_H__

#ifdef __KERNEL__

#include <linux/bitfield.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/overflow.h>
#include <linux/sizes.h>
#include <linux/bitops.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/unaligned.h>

#else

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define GENMASK(h, l)		((~0UL << (l)) & (~0UL >> (63 - (h))))
#define __bf_shf(m)		(__builtin_ffsll(m) - 1)
#define FIELD_GET(m, v)		((u32)(((v) & (m)) >> __bf_shf(m)))
#define FIELD_PREP(m, v)	((u32)(((u64)(v) << __bf_shf(m)) & (m)))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define hweight64(v)		((unsigned int)__builtin_popcountll(v))
#define SZ_256M			0x10000000
#define SZ_64K			0x10000
#define IS_ALIGNED(x, a)	(((x) & ((__typeof__(x))(a) - 1)) == 0)
#define check_add_overflow(a, b, d) __builtin_add_overflow(a, b, d)
#define check_mul_overflow(a, b, d) __builtin_mul_overflow(a, b, d)

static inline bool is_power_of_2(u64 n)
{
	return n && !(n & (n - 1));
}

static inline u16 get_unaligned_le16(const void *p)
{
	const u8 *b = (const u8 *)p;

	return (u16)(b[0] | b[1] << 8);
}

static inline u32 get_unaligned_le32(const void *p)
{
	const u8 *b = (const u8 *)p;

	return b[0] | (u32)b[1] << 8 | (u32)b[2] << 16 | (u32)b[3] << 24;
}

static inline u64 get_unaligned_le64(const void *p)
{
	const u8 *b = (const u8 *)p;

	return get_unaligned_le32(b) | (u64)get_unaligned_le32(b + 4) << 32;
}

#endif /* __KERNEL__ */

#endif /* __CXLA_PURE_H__ */
