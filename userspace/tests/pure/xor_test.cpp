// SPDX-License-Identifier: GPL-2.0-only
// Windows that pick by XOR of address bits: the maps that CEDT has for them, and which device an
// address goes to. CXL 3.1 sections 9.18.1.3 and 9.18.1.5.
#include <gtest/gtest.h>
#include <random>
#include <set>
#include <string>
#include <vector>

extern "C" {
#include "cedt.h"
#include "interleave.h"
}

namespace
{

constexpr uint64_t range_base = 0x1080000000;

// bit by bit, as the specification writes it
unsigned spelt_out(unsigned ways, unsigned granularity, const std::vector<uint64_t> &maps,
		   uint64_t hpa)
{
	unsigned index = 0, shift = 0;

	while (1U << shift != granularity)
		shift++;
	for (unsigned i = 0; i < maps.size(); i++) {
		bool odd = false;

		for (unsigned bit = 0; bit < 64; bit++)
			odd ^= (hpa >> bit & 1) && (maps[i] >> bit & 1);
		index += odd ? 1U << i : 0;
	}
	if (ways % 3 == 0)
		index += (hpa >> (shift + maps.size())) % 3 * (1U << maps.size());
	return index;
}

// each bit of the index by its own address bit, and any higher ones
std::vector<uint64_t> some_maps(unsigned ways, unsigned granularity, std::mt19937_64 &random)
{
	std::vector<uint64_t> maps;

	maps.reserve(cxl_interleave_nr_maps(ways));
	for (unsigned i = 0; i < cxl_interleave_nr_maps(ways); i++)
		maps.push_back(static_cast<uint64_t>(granularity) << i |
			       (random() & 0x000fffffff000000));
	return maps;
}

std::set<int> xor_positions(unsigned ways, unsigned granularity, const std::vector<uint64_t> &maps,
			    unsigned below = 1)
{
	std::set<int> found;

	for (unsigned index = 0; index < ways; index++)
		for (unsigned port = 0; port < below; port++) {
			cxl_level levels[] = {{below, granularity * ways, port, nullptr},
					      {ways, granularity, index, maps.data()}};

			found.insert(cxl_interleave_position(levels, 2, ways * below, granularity,
							     range_base));
		}
	return found;
}

TEST(Xor, index_is_as_the_specification_spells_it)
{
	std::mt19937_64 random(1);

	for (unsigned ways : {2U, 4U, 8U, 16U, 3U, 6U, 12U})
		for (unsigned granularity = 256; granularity <= 16384; granularity *= 2) {
			auto maps = some_maps(ways, granularity, random);

			for (unsigned i = 0; i < 500; i++) {
				uint64_t hpa = random() & 0xfffffffffffff;

				EXPECT_EQ(cxl_interleave_xor_index(ways, granularity, maps.data(),
								   hpa),
					  spelt_out(ways, granularity, maps, hpa))
					<< ways << " ways by " << granularity;
			}
		}
}

TEST(Xor, each_device_has_the_position_of_the_target_list)
{
	std::mt19937_64 random(2);

	for (unsigned ways : {2U, 4U, 8U, 16U, 3U, 6U, 12U})
		for (unsigned granularity = 256; granularity <= 16384; granularity *= 2) {
			auto maps = some_maps(ways, granularity, random);
			auto found = xor_positions(ways, granularity, maps);

			EXPECT_EQ(found.size(), ways) << ways << " ways by " << granularity;
			EXPECT_EQ(*found.begin(), 0);
		}
}

TEST(Xor, levels_below_the_window_pick_by_modulo)
{
	std::mt19937_64 random(3);

	for (unsigned ways : {2U, 4U, 8U}) {
		auto found = xor_positions(ways, 256, some_maps(ways, 256, random), 2);

		EXPECT_EQ(found.size(), 2 * ways) << ways;
		EXPECT_EQ(*found.begin(), 0) << ways;
	}
}

TEST(Xor, maps_that_leave_a_device_out_are_refused)
{
	// both bits of the index by the same address bit
	std::vector<uint64_t> same = {256, 256};

	EXPECT_EQ(xor_positions(4, 256, same), std::set<int>{-EINVAL});
	// a bit that is the same for a whole stripe
	EXPECT_EQ(xor_positions(2, 256, {1024}), std::set<int>{-EINVAL});
}

// Two ways by XOR above thirds. A stripe of six granules doesn't begin where address bits turn.
TEST(Xor, thirds_below_need_a_granule_that_the_window_divides)
{
	const auto position = [](unsigned granularity_of_thirds, uint64_t map) {
		cxl_level levels[] = {{3, granularity_of_thirds, 1, nullptr}, {2, 256, 1, &map}};

		return cxl_interleave_position(levels, 2, 6, 256, 0);
	};

	EXPECT_GE(position(512, 0x100), 0);
	EXPECT_GE(position(512, 0x100 | 1 << 20), 0);
	// the first stripe has one granule for the device, and a later one has none
	EXPECT_EQ(position(256, 0x2c0008003e00), -EINVAL);
	EXPECT_EQ(position(256, 0x200 | 1 << 20), -EINVAL);
}

TEST(Xor, map_for_each_bit_of_the_index)
{
	unsigned wanted[][2] = {{1, 0}, {2, 1}, {4, 2}, {8, 3}, {16, 4}, {3, 0}, {6, 1}, {12, 2}};

	for (auto [ways, maps] : wanted)
		EXPECT_EQ(cxl_interleave_nr_maps(ways), maps) << ways;
}

struct SeenMaps {
	std::vector<cedt_cxims> cxims;
	std::vector<std::string> bad;
};

std::string table_of_maps(const std::string &entries)
{
	std::string bytes(36, '\0');

	bytes.replace(0, 4, "CEDT");
	bytes += entries;
	bytes[4] = static_cast<char>(bytes.size());

	unsigned sum = 0;

	for (unsigned char c : bytes)
		sum += c;
	bytes[9] = static_cast<char>(-sum);
	return bytes;
}

std::string maps_entry(unsigned granularity, unsigned maps, unsigned bytes_of_maps,
		       unsigned char fill = 0x11)
{
	std::string e(8, '\0');

	e[0] = 2;
	e[2] = static_cast<char>(8 + bytes_of_maps);
	e[6] = static_cast<char>(granularity);
	e[7] = static_cast<char>(maps);
	return e + std::string(bytes_of_maps, static_cast<char>(fill));
}

SeenMaps walk_maps(const std::string &entries)
{
	SeenMaps seen;
	std::string bytes = table_of_maps(entries);
	cedt_visitor visitor{};

	visitor.cxims = [](const cedt_cxims *cxims, void *arg) {
		static_cast<SeenMaps *>(arg)->cxims.push_back(*cxims);
		return 0;
	};
	visitor.bad = [](size_t, int type, const char *what, void *arg) {
		static_cast<SeenMaps *>(arg)->bad.push_back(std::to_string(type) + " " + what);
	};
	visitor.arg = &seen;
	EXPECT_EQ(cedt_walk(bytes.data(), bytes.size(), &visitor), 0);
	return seen;
}

TEST(Cxims, maps_are_seen)
{
	SeenMaps seen = walk_maps(maps_entry(2, 3, 24) + maps_entry(0, 0, 0));

	ASSERT_EQ(seen.cxims.size(), 2U);
	EXPECT_EQ(seen.cxims[0].granularity, 1024U);
	ASSERT_EQ(seen.cxims[0].nr_maps, 3U);
	EXPECT_EQ(seen.cxims[0].maps[2], 0x1111111111111111U);
	EXPECT_EQ(seen.cxims[1].granularity, 256U);
	EXPECT_EQ(seen.cxims[1].nr_maps, 0U);
	EXPECT_TRUE(seen.bad.empty());
}

TEST(Cxims, malformed_one_is_skipped_and_told)
{
	std::string short_one = maps_entry(0, 1, 8);

	short_one[2] = 6;
	short_one.resize(6);

	for (const auto &[bytes, what] : std::vector<std::pair<std::string, std::string>>{
		     {maps_entry(7, 1, 8), "2 CXIMS: reserved granularity"},
		     {maps_entry(0, 2, 8), "2 CXIMS is too short for its maps"},
		     {maps_entry(0, 9, 72), "2 CXIMS: more maps than any window has"},
		     {maps_entry(0, 1, 8, 0), "2 CXIMS: a map of no bits"},
		     {short_one, "2 CXIMS is too short"}}) {
		SeenMaps seen = walk_maps(bytes + maps_entry(1, 1, 8));

		EXPECT_EQ(seen.bad, std::vector<std::string>{what});
		EXPECT_EQ(seen.cxims.size(), 1U) << what;
	}
}

} // namespace
