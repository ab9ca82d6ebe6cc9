// SPDX-License-Identifier: GPL-2.0-only
// Where register blocks are: the modules' own decoder, with sanitizers.
#include <climits>
#include <cstring>
#include <random>

#include <gtest/gtest.h>

extern "C" {
#include "block_regs.h"
}

namespace
{

TEST(BlockRegs, locator_holds_the_entries_that_fit)
{
	EXPECT_EQ(cxl_locator_nr_entries(0), 0U);
	EXPECT_EQ(cxl_locator_nr_entries(0xb), 0U);
	EXPECT_EQ(cxl_locator_nr_entries(0x13), 0U);
	EXPECT_EQ(cxl_locator_nr_entries(0x14), 1U);
	EXPECT_EQ(cxl_locator_nr_entries(0x1b), 1U);
	EXPECT_EQ(cxl_locator_nr_entries(0x1c), 2U);
	EXPECT_EQ(cxl_locator_nr_entries(0xffe), 510U);
	EXPECT_EQ(cxl_locator_nr_entries(0x1004), 510U);
	EXPECT_EQ(cxl_locator_nr_entries(UINT_MAX), 510U);
}

TEST(BlockRegs, locator_entry_gives_bar_block_and_offset)
{
	cxl_locator_entry e;
	std::memset(&e, 0x5a, sizeof(e));
	EXPECT_EQ(cxl_locator_decode(0xabcd0304, 0x12, &e), 0);
	EXPECT_EQ(e.bir, 4);
	EXPECT_EQ(e.block_id, 3);
	EXPECT_EQ(e.offset, 0x12abcd0000U);
	EXPECT_EQ(cxl_locator_decode(0x0000fff8, 0xfffffffe, &e), 0);
	EXPECT_EQ(e.bir, 0);
	EXPECT_EQ(e.block_id, 0xff);
	EXPECT_EQ(e.offset, 0xfffffffe00000000U);
}

TEST(BlockRegs, blocks_less_than_64_kib_apart_in_one_bar_overlap)
{
	const auto overlap = [](u8 bar_a, u64 a, u8 bar_b, u64 b) {
		const cxl_locator_entry first{bar_a, 1, a}, second{bar_b, 3, b};
		EXPECT_EQ(cxl_locator_overlap(&first, &second),
			  cxl_locator_overlap(&second, &first));
		return cxl_locator_overlap(&first, &second);
	};
	EXPECT_TRUE(overlap(0, 0x20000, 0, 0x20000));
	EXPECT_TRUE(overlap(0, 0x20000, 0, 0x2ffff));
	EXPECT_FALSE(overlap(0, 0x20000, 0, 0x30000));
	EXPECT_FALSE(overlap(0, 0x20000, 2, 0x20000));
	EXPECT_FALSE(overlap(0, 0, 0, 0xffffffffffff0000));
}

TEST(BlockRegs, capabilities_that_share_a_byte_overlap)
{
	const auto overlap = [](u64 a, u64 size_a, u64 b, u64 size_b) {
		EXPECT_EQ(cxl_cap_overlap(a, size_a, b, size_b),
			  cxl_cap_overlap(b, size_b, a, size_a));
		return cxl_cap_overlap(a, size_a, b, size_b);
	};
	EXPECT_TRUE(overlap(0x100, 0x20, 0x11c, 0x20));
	EXPECT_TRUE(overlap(0x100, 0x20, 0x108, 4));
	EXPECT_FALSE(overlap(0x100, 0x20, 0x120, 0x20));
}

TEST(BlockRegs, locator_entry_of_no_bar_is_refused)
{
	cxl_locator_entry e;
	for (u32 bir = 0; bir < 8; bir++)
		EXPECT_EQ(cxl_locator_decode(0x100 | bir, 0, &e), bir <= 5 ? 0 : -ENXIO) << bir;
}

TEST(BlockRegs, locator_entry_that_does_not_answer_is_refused)
{
	cxl_locator_entry e;
	std::memset(&e, 0x5a, sizeof(e));
	EXPECT_EQ(cxl_locator_decode(0x100, ~0U, &e), -ENXIO);
	EXPECT_EQ(e.block_id, 0);
	EXPECT_EQ(e.offset, 0U);
	EXPECT_EQ(cxl_locator_decode(~0U, ~0U, &e), -ENXIO);
	EXPECT_EQ(cxl_locator_decode(~0U, 0, &e), -ENXIO);
}

TEST(BlockRegs, only_a_cxl_capability_array_is_counted)
{
	EXPECT_EQ(cxl_cap_array_count(0x05110001), 5);
	EXPECT_EQ(cxl_cap_array_count(0xff000001), 255);
	EXPECT_EQ(cxl_cap_array_count(0x00ff0001), 0);
	for (u32 bit = 0; bit < 16; bit++)
		EXPECT_EQ(cxl_cap_array_count(0x05110001 ^ 1U << bit), -ENXIO);
	EXPECT_EQ(cxl_cap_array_count(~0U), -ENXIO);
	EXPECT_EQ(cxl_cap_array_count(0), -ENXIO);
}

TEST(BlockRegs, capability_entry_gives_id_version_and_offset)
{
	cxl_cap_entry e;
	EXPECT_EQ(cxl_cap_entry_decode(0x12830005, 3, 0x90, &e), 0);
	EXPECT_EQ(e.id, CXL_CAP_ID_HDM);
	EXPECT_EQ(e.version, 3);
	EXPECT_EQ(e.offset, 0x128);
	EXPECT_EQ(cxl_cap_entry_decode(0xffc5ff02, 3, 4, &e), 0);
	EXPECT_EQ(e.id, 0xff02);
	EXPECT_EQ(e.version, 5);
	EXPECT_EQ(e.offset, 0xffc);
}

TEST(BlockRegs, capability_inside_of_the_array_is_refused)
{
	cxl_cap_entry e;
	for (unsigned count = 0; count < 256; count++) {
		const u32 end = 4 * (count + 1);
		EXPECT_EQ(cxl_cap_entry_decode(end << 20 | 5, count, 4, &e), 0) << count;
		std::memset(&e, 0x5a, sizeof(e));
		EXPECT_EQ(cxl_cap_entry_decode((end - 4) << 20 | 5, count, 4, &e), -ENXIO) << count;
		EXPECT_EQ(e.id, 0);
		EXPECT_EQ(e.offset, 0);
	}
	EXPECT_EQ(cxl_cap_entry_decode(0x10000005, UINT_MAX, 4, &e), -ENXIO);
}

TEST(BlockRegs, capability_past_the_end_is_refused)
{
	cxl_cap_entry e;
	EXPECT_EQ(cxl_cap_entry_decode(0xff000005, 3, 0x10, &e), 0);
	EXPECT_EQ(cxl_cap_entry_decode(0xff000005, 3, 0x11, &e), -ENXIO);
	EXPECT_EQ(cxl_cap_entry_decode(0xff000005, 3, UINT_MAX, &e), -ENXIO);
	EXPECT_EQ(cxl_cap_entry_decode(0x00400005, 0, 0xffc, &e), 0);
	EXPECT_EQ(cxl_cap_entry_decode(0x00400005, 0, 0xffd, &e), -ENXIO);
}

TEST(BlockRegs, capability_at_an_odd_offset_is_refused)
{
	cxl_cap_entry e;
	for (u32 low = 1; low < 4; low++)
		EXPECT_EQ(cxl_cap_entry_decode((0x100 + low) << 20 | 5, 3, 4, &e), -ENXIO);
	EXPECT_EQ(cxl_cap_entry_decode(~0U, 3, 0, &e), -ENXIO);
}

TEST(BlockRegs, dvsec_range_gives_size_and_base)
{
	cxl_dvsec_range r;
	EXPECT_EQ(cxl_dvsec_range_decode(1, 0x2ffffffd, 6, 0x9fffffff, &r), 0);
	EXPECT_TRUE(r.valid);
	EXPECT_FALSE(r.active);
	EXPECT_EQ(r.size, 0x120000000U);
	EXPECT_EQ(r.base, 0x690000000U);
	EXPECT_EQ(cxl_dvsec_range_decode(0, 0xf0000002, 0, 0, &r), 0);
	EXPECT_FALSE(r.valid);
	EXPECT_TRUE(r.active);
	EXPECT_EQ(r.size, 0xf0000000U);
}

TEST(BlockRegs, dvsec_range_that_does_not_answer_is_refused)
{
	cxl_dvsec_range r;
	std::memset(&r, 0x5a, sizeof(r));
	EXPECT_EQ(cxl_dvsec_range_decode(~0U, 1, 1, 1, &r), -ENXIO);
	EXPECT_EQ(r.size, 0U);
	EXPECT_EQ(cxl_dvsec_range_decode(1, ~0U, 1, 1, &r), -ENXIO);
	EXPECT_EQ(cxl_dvsec_range_decode(1, 1, ~0U, 1, &r), -ENXIO);
	EXPECT_EQ(cxl_dvsec_range_decode(1, 1, 1, ~0U, &r), -ENXIO);
}

TEST(BlockRegs, only_a_memory_device_has_ranges)
{
	for (unsigned cap = 0; cap <= 0xffff; cap++) {
		const int count = static_cast<int>(cap >> 4 & 3);
		const int want = cap & 4 && count < 3 ? count : -ENXIO;
		ASSERT_EQ(cxl_dvsec_range_count(static_cast<u16>(cap)), want) << cap;
	}
}

TEST(BlockRegs, random_entries_stay_within_the_block)
{
	std::mt19937 rnd(0x424c4b);
	unsigned usable = 0;
	for (int round = 0; round < 300000; round++) {
		const u32 header = rnd();
		const unsigned count = rnd() & 0xff, size = rnd() & 0x1fff;
		cxl_cap_entry e;
		if (cxl_cap_entry_decode(header, count, size, &e))
			continue;
		usable++;
		ASSERT_GE(e.offset, 4 * (count + 1));
		ASSERT_LE(e.offset + size, static_cast<unsigned>(CXL_CACHEMEM_SIZE));
		ASSERT_EQ(e.offset % 4, 0);
	}
	EXPECT_GT(usable, 1000U);
}

} // namespace
