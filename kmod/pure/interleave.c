// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: interleave
 *
 * Each decoder on the way to a device sends some addresses down the way that
 * leads there: it picks by a few address bits from its granularity upward, and
 * by the remainder of what is above them where its ways have a factor of three.
 * A device takes one granule of each stripe. Whether the two agree is found by
 * following every granule of the smallest size through all levels, for as long
 * as the pattern takes to repeat. So no rule says which level has the larger
 * granularity: any order of levels that sends the right granules is right.
 */
#include "interleave.h"

/* ways without their factor of three */
static unsigned int interleave_power(unsigned int ways)
{
	return ways % 3 ? ways : ways / 3;
}

static unsigned int interleave_log2(unsigned int power)
{
	unsigned int bits = 0;

	while (power >> (bits + 1))
		bits++;
	return bits;
}

unsigned int cxl_interleave_bits(unsigned int ways, unsigned int granularity,
				 unsigned int *low)
{
	*low = interleave_log2(granularity);
	return cxl_interleave_nr_maps(ways);
}

unsigned int cxl_interleave_index(unsigned int ways, unsigned int granularity,
				  u32 offset)
{
	unsigned int power = interleave_power(ways);
	u32 granule = offset / granularity;
	unsigned int index = granule % power;

	if (power != ways)
		index += granule / power % 3 * power;
	return index;
}

unsigned int cxl_interleave_xor_index(unsigned int ways,
				      unsigned int granularity,
				      const u64 *maps, u64 hpa)
{
	unsigned int bits = cxl_interleave_nr_maps(ways);
	unsigned int index = 0, i;

	for (i = 0; i < bits; i++)
		index |= (hweight64(hpa & maps[i]) & 1) << i;
	if (ways % 3 == 0)
		index += (unsigned int)((hpa >> (interleave_log2(granularity) +
						 bits)) % 3) << bits;
	return index;
}

/*
 * @maps: as each level picks, or all of them by modulo; @flips: bits of the index of
 * one that picks by XOR, turned by address bits that are not among @offset's
 */
static bool interleave_leads_there(const struct cxl_level *levels,
				   unsigned int nr, u64 base, u32 offset,
				   bool maps, unsigned int flips)
{
	unsigned int i, index;

	for (i = 0; i < nr; i++) {
		const struct cxl_level *l = &levels[i];

		if (maps && l->maps)
			index = flips ^
				cxl_interleave_xor_index(l->ways, l->granularity,
							 l->maps, base + offset);
		else
			index = cxl_interleave_index(l->ways, l->granularity,
						     offset);
		if (index != l->index)
			return false;
	}
	return true;
}

/* of the bytes from @begin to @end how many lead there; of two granules: U32_MAX */
static u32 interleave_bytes(const struct cxl_level *levels, unsigned int nr,
			    unsigned int granularity, u64 base, u32 begin,
			    u32 end, u32 unit, unsigned int flips)
{
	u32 offset, bytes = 0, first = 0;

	for (offset = begin; offset < end; offset += unit) {
		if (!interleave_leads_there(levels, nr, base, offset, true, flips))
			continue;
		if (bytes && offset / granularity != first)
			return ~0U;
		first = offset / granularity;
		bytes += unit;
	}
	return bytes;
}

/* bits of an index whose maps have bits of @top or above */
static unsigned int interleave_flips(const struct cxl_level *levels,
				     unsigned int nr, u32 top)
{
	unsigned int i, bit, flips = 0;

	for (i = 0; i < nr; i++)
		for (bit = 0; levels[i].maps &&
		     bit < cxl_interleave_nr_maps(levels[i].ways); bit++)
			if (levels[i].maps[bit] >= top)
				flips |= 1U << bit;
	return flips;
}

/*
 * With maps: does one granule of each stripe lead there, and no other byte? Address
 * bits of @top, a power of two, or above turn bits of the index, and are the same
 * in a block of @top bytes. A stripe with a factor of three lies in several blocks. So
 * what leads there of a block's part of a stripe has to be as much whichever bits
 * are turned; which granule it is may depend on them.
 */
static bool interleave_spreads(const struct cxl_level *levels, unsigned int nr,
			       unsigned int ways, unsigned int granularity,
			       u64 base, u32 period, u32 top, u32 unit)
{
	const unsigned int all = interleave_flips(levels, nr, top);
	u32 stripe = ways * granularity, begin, end, bytes, sum = 0;
	unsigned int flips;

	for (begin = 0; begin < period; begin = end) {
		end = begin - begin % stripe + stripe;
		if (end > begin - begin % top + top)
			end = begin - begin % top + top;
		bytes = interleave_bytes(levels, nr, granularity, base, begin,
					 end, unit, 0);
		/* all that have no other bit */
		for (flips = all; flips; flips = (flips - 1) & all)
			if (interleave_bytes(levels, nr, granularity, base,
					     begin, end, unit, flips) != bytes)
				return false;
		sum += bytes;
		if (end % stripe)
			continue;
		if (sum != granularity)
			return false;
		sum = 0;
	}
	return true;
}

/*
 * After so many bytes everything repeats; *@top: all but what has a factor of three;
 * *@unit: and is the same in so many.
 */
static u32 interleave_period(const struct cxl_level *levels, unsigned int nr,
			     unsigned int ways, unsigned int granularity,
			     u32 *top, u32 *unit)
{
	u32 period = granularity * interleave_power(ways);
	bool three = ways % 3 == 0;
	unsigned int i;

	*unit = granularity;
	for (i = 0; i < nr; i++) {
		u32 one = levels[i].granularity *
			  interleave_power(levels[i].ways);

		if (levels[i].ways == 1)
			continue;
		if (levels[i].ways % 3 == 0)
			three = true;
		if (levels[i].granularity < *unit)
			*unit = levels[i].granularity;
		if (one > period)
			period = one;
	}
	*top = period;
	return three ? period * 3 : period;
}

int cxl_interleave_position(const struct cxl_level *levels, unsigned int nr,
			    unsigned int ways, unsigned int granularity,
			    u64 base)
{
	u32 offset, unit, top, period;
	unsigned int position, i;

	period = interleave_period(levels, nr, ways, granularity, &top, &unit);
	for (position = 0; position < ways; position++)
		if (interleave_leads_there(levels, nr, base,
					   position * granularity, false, 0))
			break;
	if (position == ways)
		return -EINVAL;
	for (offset = 0; offset < period; offset += unit)
		if (interleave_leads_there(levels, nr, base, offset, false, 0) !=
		    (offset / granularity % ways == position))
			return -EINVAL;
	for (i = 0; i < nr; i++)
		if (levels[i].maps &&
		    !interleave_spreads(levels, nr, ways, granularity, base,
					period, top, unit))
			return -EINVAL;
	return position;
}
