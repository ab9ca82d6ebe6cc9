/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which device of an interleave an address goes to: CXL 3.1 section 8.2.4.20.13.
 */
#ifndef __CXLA_INTERLEAVE_H__
#define __CXLA_INTERLEAVE_H__

#include "pure.h"

/**
 * struct cxl_level - a decoder on the way to a device, which picks one of its ways
 * @ways: 1, 2, 4, 8, 16, 3, 6 or 12
 * @granularity: bytes, 256 to 16384, a power of two
 * @index: of its target list, the way that leads to the device
 */
struct cxl_level {
	unsigned int ways;
	unsigned int granularity;
	unsigned int index;
};

/* the index of the target that @offset bytes into the range go to */
unsigned int cxl_interleave_index(unsigned int ways, unsigned int granularity,
				  u32 offset);
/*
 * The position in an interleave of @ways by @granularity of the device that
 * @nr levels lead to: in each stripe the granule of that number goes there and no
 * other byte. -EINVAL: what goes there is something else.
 */
int cxl_interleave_position(const struct cxl_level *levels, unsigned int nr,
			    unsigned int ways, unsigned int granularity);
/* the address bits that a decoder picks by: the lowest, and how many */
unsigned int cxl_interleave_bits(unsigned int ways, unsigned int granularity,
				 unsigned int *low);

#endif /* __CXLA_INTERLEAVE_H__ */
