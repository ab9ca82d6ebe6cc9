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
	return interleave_log2(interleave_power(ways));
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

static bool interleave_leads_there(const struct cxl_level *levels,
				   unsigned int nr, u32 offset)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		if (cxl_interleave_index(levels[i].ways, levels[i].granularity,
					 offset) != levels[i].index)
			return false;
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
			    unsigned int ways, unsigned int granularity)
{
	u32 offset, unit, period;
	unsigned int position;

	period = interleave_period(levels, nr, ways, granularity, &unit);
	for (position = 0; position < ways; position++)
		if (interleave_leads_there(levels, nr, position * granularity))
			break;
	if (position == ways)
		return -EINVAL;
	for (offset = 0; offset < period; offset += unit)
		if (interleave_leads_there(levels, nr, offset) !=
		    (offset / granularity % ways == position))
			return -EINVAL;
	return position;
}
