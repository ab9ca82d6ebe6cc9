// SPDX-License-Identifier: GPL-2.0-only
// Who gets which part of a Soft Reserved range: the modules' own carver, with sanitizers, over all
// places that three parts can have in ranges of any alignment.
#include <gtest/gtest.h>

extern "C" {
#include "carve_check.h"
}

namespace
{

void every(u64 base, int offset, int length)
{
	carve_grid grid{};
	grid.base = base;
	grid.offset = offset;
	grid.length = length;
	grid.nr_parts = CARVE_PARTS;
	const char *fault = carve_every(&grid);
	ASSERT_EQ(fault, nullptr) << fault << ", range of " << length << " units from unit "
				  << offset << " on, set " << grid.count;
	// one part has more places than there are units, and three have many more sets than that
	EXPECT_GT(grid.count, 1000U * static_cast<unsigned>(length));
}

TEST(Carve, every_place_of_three_parts_in_every_range)
{
	for (int offset = 0; offset < 4; offset++)
		for (int length = 2; length <= 6; length++)
			every(0x1000000000, offset, length);
}

TEST(Carve, every_place_of_three_parts_at_the_last_byte_of_all)
{
	for (int offset = 2; offset < 7; offset++)
		every(0 - 2 * CARVE_ALIGN, offset, 8 - offset);
}

} // namespace
