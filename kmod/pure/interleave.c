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

/* @maps: as each level picks, or all of them by modulo */
static bool interleave_leads_there(const struct cxl_level *levels,
				   unsigned int nr, u64 base, u32 offset,
				   bool maps)
{
	unsigned int i, index;

	for (i = 0; i < nr; i++) {
		const struct cxl_level *l = &levels[i];

		if (maps && l->maps)
			index = cxl_interleave_xor_index(l->ways, l->granularity,
							 l->maps, base + offset);
		else
			index = cxl_interleave_index(l->ways, l->granularity,
						     offset);
		if (index != l->index)
			return false;
	}
	return true;
}

/*
 * With maps: does one granule of each stripe lead there, and no other byte? They
 * are linear, so that what holds of these stripes holds of all: higher bits change
 * which granule it is.
 */
static bool interleave_spreads(const struct cxl_level *levels, unsigned int nr,
			       unsigned int ways, unsigned int granularity,
			       u64 base, u32 period, u32 unit)
{
	u32 stripe = ways * granularity, offset;
	u32 bytes = 0, first = 0;

	for (offset = 0; offset < period; offset += unit) {
		if (offset % stripe == 0)
			bytes = 0;
		if (interleave_leads_there(levels, nr, base, offset, true)) {
			if (!bytes)
				first = offset / granularity;
			if (offset / granularity != first)
				return false;
			bytes += unit;
		}
		if ((offset + unit) % stripe == 0 && bytes != granularity)
			return false;
	}
	return true;
}

/* after so many bytes everything repeats; *@unit: and is the same in so many */
static u32 interleave_period(const struct cxl_level *levels, unsigned int nr,
			     unsigned int ways, unsigned int granularity,
			     u32 *unit)
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
	return three ? period * 3 : period;
}

int cxl_interleave_position(const struct cxl_level *levels, unsigned int nr,
			    unsigned int ways, unsigned int granularity,
			    u64 base)
{
	u32 offset, unit, period;
	unsigned int position, i;

	period = interleave_period(levels, nr, ways, granularity, &unit);
	for (position = 0; position < ways; position++)
		if (interleave_leads_there(levels, nr, base,
					   position * granularity, false))
			break;
	if (position == ways)
		return -EINVAL;
	for (offset = 0; offset < period; offset += unit)
		if (interleave_leads_there(levels, nr, base, offset, false) !=
		    (offset / granularity % ways == position))
			return -EINVAL;
	for (i = 0; i < nr; i++)
		if (levels[i].maps &&
		    !interleave_spreads(levels, nr, ways, granularity, base,
					period, unit))
			return -EINVAL;
	return position;
}
