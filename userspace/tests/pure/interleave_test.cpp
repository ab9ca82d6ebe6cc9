// SPDX-License-Identifier: GPL-2.0-only
// Which device of an interleave an address goes to: all ways that levels can share the address
// bits, and those in which two take the same one, or leave one out.
#include <algorithm>
#include <gtest/gtest.h>
#include <set>
#include <vector>

extern "C" {
#include "interleave.h"
}

namespace
{

struct Way {
	unsigned ways, granularity;
};

// the positions of all devices below these levels; empty: of one it is none
std::set<int> positions(const std::vector<Way> &way, unsigned ways, unsigned granularity)
{
	std::vector<cxl_level> levels;
	std::set<int> found;

	levels.reserve(way.size());
	for (auto [level_ways, level_granularity] : way)
		levels.push_back({level_ways, level_granularity, 0, nullptr});
	for (;;) {
		int position =
			cxl_interleave_position(levels.data(), levels.size(), ways, granularity, 0);

		if (position < 0 || !found.insert(position).second)
			return {};
		size_t i = 0;
		while (i < levels.size() && ++levels[i].index == levels[i].ways)
			levels[i++].index = 0;
		if (i == levels.size())
			return found;
	}
}

bool fits(const std::vector<Way> &way, unsigned ways, unsigned granularity)
{
	return positions(way, ways, granularity).size() == ways;
}

TEST(Interleave, index_is_as_the_specification_has_it)
{
	for (unsigned granularity : {256U, 1024U, 16384U}) {
		for (unsigned k = 0; k < 48; k++) {
			u32 offset = k * granularity + 17;

			EXPECT_EQ(cxl_interleave_index(1, granularity, offset), 0U);
			EXPECT_EQ(cxl_interleave_index(8, granularity, offset), k & 7);
			EXPECT_EQ(cxl_interleave_index(3, granularity, offset), k % 3);
			EXPECT_EQ(cxl_interleave_index(6, granularity, offset),
				  (k >> 1) % 3 * 2 + (k & 1));
			EXPECT_EQ(cxl_interleave_index(12, granularity, offset),
				  (k >> 2) % 3 * 4 + (k & 3));
		}
	}
}

TEST(Interleave, levels_share_the_bits_in_any_order)
{
	EXPECT_TRUE(fits({{4, 256}}, 4, 256));
	// the smaller granularity above, below, and between
	EXPECT_TRUE(fits({{2, 512}, {2, 256}}, 4, 256));
	EXPECT_TRUE(fits({{2, 256}, {2, 512}}, 4, 256));
	EXPECT_TRUE(fits({{2, 1024}, {4, 4096}, {2, 2048}}, 16, 1024));
	EXPECT_TRUE(fits({{2, 256}, {2, 1024}, {2, 512}}, 8, 256));
	// one that leads to one place takes no bits, whatever it says
	EXPECT_TRUE(fits({{1, 16384}, {2, 256}}, 2, 256));
}

TEST(Interleave, a_factor_of_three_goes_with_any_bits_it_is_above_of)
{
	EXPECT_TRUE(fits({{3, 256}}, 3, 256));
	EXPECT_TRUE(fits({{2, 256}, {3, 256}}, 6, 256));
	EXPECT_TRUE(fits({{2, 256}, {3, 512}}, 6, 256));
	EXPECT_TRUE(fits({{4, 256}, {3, 1024}}, 12, 256));
	EXPECT_TRUE(fits({{2, 512}, {6, 256}}, 12, 256));
	EXPECT_FALSE(fits({{2, 256}, {3, 1024}}, 6, 256));
	EXPECT_FALSE(fits({{3, 256}}, 3, 512));
	EXPECT_FALSE(fits({{3, 256}, {3, 256}}, 12, 256));
}

TEST(Interleave, a_bit_that_is_taken_twice_or_left_out_does_not_fit)
{
	EXPECT_FALSE(fits({{2, 256}, {2, 256}}, 4, 256));
	EXPECT_FALSE(fits({{2, 512}, {4, 256}}, 8, 256));
	EXPECT_FALSE(fits({{2, 1024}, {2, 256}}, 4, 256));
	EXPECT_FALSE(fits({{2, 512}}, 2, 256));
	EXPECT_FALSE(fits({{2, 256}}, 2, 512));
	EXPECT_FALSE(fits({{2, 256}}, 4, 256));
}

// of every number of ways and granularity: what fits are the orders of distinct, consecutive bits
TEST(Interleave, powers_of_two_fit_when_their_bits_are_distinct_and_consecutive)
{
	for (unsigned a = 1; a <= 3; a++) {
		for (unsigned b = 1; a + b <= 4; b++) {
			for (unsigned ga = 8; ga <= 14; ga++) {
				for (unsigned gb = 8; gb <= 14; gb++) {
					bool right = std::min(ga, gb) == 8 &&
						     (ga == 8 ? gb == 8 + a : ga == 8 + b);

					EXPECT_EQ(fits({{1U << a, 1U << ga}, {1U << b, 1U << gb}},
						       1U << (a + b), 256),
						  right)
						<< a << " bits from " << ga << ", " << b << " from "
						<< gb;
				}
			}
		}
	}
}

TEST(Interleave, position_counts_granules_from_the_start)
{
	cxl_level levels[] = {{2, 256, 1, nullptr}, {2, 512, 0, nullptr}};

	EXPECT_EQ(cxl_interleave_position(levels, 2, 4, 256, 0), 1);
	levels[0].index = 0;
	levels[1].index = 1;
	EXPECT_EQ(cxl_interleave_position(levels, 2, 4, 256, 0), 2);
}

} // namespace
