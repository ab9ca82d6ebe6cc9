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
 * @maps: it picks by XOR of address bits, one map for each bit of the index; NULL:
 *	by modulo
 */
struct cxl_level {
	unsigned int ways;
	unsigned int granularity;
	unsigned int index;
	const u64 *maps;
};

/* how many maps a window of @ways has when it picks by XOR: 9.18.1.5 */
static inline unsigned int cxl_interleave_nr_maps(unsigned int ways)
{
	unsigned int bits = 0;

	/* a factor of three has none */
	while ((ways % 3 ? ways : ways / 3) >> (bits + 1))
		bits++;
	return bits;
}

/* the index of the target that @offset bytes into the range go to */
unsigned int cxl_interleave_index(unsigned int ways, unsigned int granularity,
				  u32 offset);
/*
 * The same of such a window: each bit of the index is the parity of the address
 * bits of its map; a third is picked by what is above, as by modulo.
 */
unsigned int cxl_interleave_xor_index(unsigned int ways,
				      unsigned int granularity,
				      const u64 *maps, u64 hpa);
/*
 * The position in an interleave of @ways by @granularity of the device that
 * @nr levels lead to, which have @ways in all, and of which one at most has maps:
 * in each stripe the granule of that number goes there and no other byte. With
 * maps, one granule of each stripe does, and which one depends on higher bits of
 * the address: the position is that of the target list. @base: of the range, HPA.
 * -EINVAL: what goes there is something else.
 */
int cxl_interleave_position(const struct cxl_level *levels, unsigned int nr,
			    unsigned int ways, unsigned int granularity,
			    u64 base);
/* the address bits that a decoder picks by: the lowest, and how many */
unsigned int cxl_interleave_bits(unsigned int ways, unsigned int granularity,
				 unsigned int *low);

#endif /* __CXLA_INTERLEAVE_H__ */
