// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which device an address goes to: a position that is found holds for any address of the range,
 * as it does for those that were followed to find it.
 */
#include "fuzz.h"

#include <algorithm>
#include <array>

extern "C" {
#include "interleave.h"
}

namespace
{

using cxla::fuzz::Input;
using cxla::fuzz::require;

constexpr unsigned all_ways[] = {1, 2, 4, 8, 16, 3, 6, 12};
constexpr unsigned most_levels = 4;

/* of 64 bits, and spelt out: by how many granules have gone before */
unsigned picks(unsigned ways, unsigned granularity, u64 offset)
{
	const u64 granule = offset / granularity;
	const unsigned power = ways % 3 ? ways : ways / 3;

	return static_cast<unsigned>(granule % power +
				     (power == ways ? 0 : granule / power % 3 * power));
}

struct Way {
	std::array<cxl_level, most_levels> levels{};
	std::array<std::array<u64, 4>, most_levels> maps{};
	unsigned nr = 0;
	unsigned ways = 1; /* of all levels together */
	bool xors = false;
};

bool leads_there(const Way &way, u64 base, u64 offset)
{
	for (unsigned i = 0; i < way.nr; i++) {
		const cxl_level &l = way.levels[i];
		const unsigned index = l.maps ? cxl_interleave_xor_index(l.ways, l.granularity,
									 l.maps, base + offset)
					      : picks(l.ways, l.granularity, offset);

		require(index < l.ways, "an index is less than the ways");
		if (index != l.index)
			return false;
	}
	return true;
}

/* the window is the last of the levels, and the one that may pick by XOR */
void some_way(Input &in, Way &way)
{
	way.nr = in.below(most_levels) + 1;
	for (unsigned i = 0; i < way.nr; i++) {
		cxl_level &l = way.levels[i];
		const unsigned shape = in.byte();

		l.ways = all_ways[shape & 7];
		l.granularity = 256U << (shape >> 3 & 7) % 7;
		l.index = in.below(l.ways);
		way.ways *= l.ways;
		if (!(shape & 0x40) || i + 1 < way.nr)
			continue;
		/* the address bit that modulo would take or any, and higher ones */
		for (unsigned bit = 0; bit < cxl_interleave_nr_maps(l.ways); bit++)
			way.maps[i][bit] =
				(in.take<u64>() & 0x000fffffffffff00ULL) |
				(shape & 0x80 ? 0 : static_cast<u64>(l.granularity) << bit);
		l.maps = way.maps[i].data();
		way.xors = true;
	}
}

/* one granule of the stripe at @offset leads there, and no other byte */
void is_spread(const Way &way, u64 base, u64 offset, unsigned ways, unsigned granularity)
{
	const u64 stripe = u64{ways} * granularity, begin = offset - offset % stripe;
	unsigned found = 0;

	for (u64 at = begin; at < begin + stripe; at += granularity)
		found += leads_there(way, base, at);
	require(found == 1, "one granule of each stripe leads to the device");
}

} // namespace

CXLA_FUZZ(interleave)
{
	Way way;
	const unsigned granularity = 256U << in.below(7);
	const u64 start = in.take<u16>();

	some_way(in, way);

	unsigned low = 0;
	const cxl_level &window = way.levels[way.nr - 1];

	require(cxl_interleave_bits(window.ways, window.granularity, &low) ==
				cxl_interleave_nr_maps(window.ways) &&
			1U << low == window.granularity,
		"address bits are those from the granularity on");

	const unsigned ways = way.ways;
	/* windows begin at multiples of 256 MiB times their ways */
	const u64 base = start * ways << 28;

	if (std::find(std::begin(all_ways), std::end(all_ways), ways) == std::end(all_ways))
		return;

	const int position =
		cxl_interleave_position(way.levels.data(), way.nr, ways, granularity, base);

	require(position >= -EINVAL && position < static_cast<int>(ways),
		"a position is one of the ways");
	if (position < 0)
		return;
	for (unsigned n = 0; n < 8; n++) {
		const u64 offset = in.take<u64>() & 0xfffffffffffULL;

		if (way.xors) {
			is_spread(way, base, offset, ways, granularity);
			continue;
		}
		require(leads_there(way, base, offset) ==
				(offset / granularity % ways == static_cast<unsigned>(position)),
			"what goes to the device is its granule of each stripe");
		require(cxl_interleave_index(ways, granularity, static_cast<u32>(offset)) ==
				picks(ways, granularity, static_cast<u32>(offset)),
			"an index is as the specification spells it");
	}
}
