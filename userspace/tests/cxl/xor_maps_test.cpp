// SPDX-License-Identifier: GPL-2.0-only
/* Windows that pick host bridges by XOR: are their maps in the CEDT? */
#include "cxl/cedt.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace cxla::test
{
namespace
{

void append(std::string &table, uint64_t value, size_t bytes)
{
	while (bytes--) {
		table += static_cast<char>(value);
		value >>= 8;
	}
}

/* a window over as many host bridges, by XOR; and a CXIMS with as many maps */
std::string cedt(unsigned ways_code, unsigned ways, int maps)
{
	std::string table = "CEDT";

	append(table, 0, 32);
	for (unsigned uid = 0; uid < ways; uid++) {
		append(table, 32 << 16, 4);
		append(table, uid, 4);
		append(table, 1, 8);
		append(table, 0x680000000 + uint64_t{uid} * 0x10000, 8);
		append(table, 0x10000, 8);
	}
	append(table, 1 | (36 + 4 * ways) << 16, 8);
	append(table, 0x690000000, 8);
	append(table, uint64_t{ways} << 28, 8);
	append(table, ways_code | 1 << 8, 4);
	append(table, 0, 4);
	append(table, 0xf, 4);
	for (unsigned uid = 0; uid < ways; uid++)
		append(table, uid, 4);
	if (maps >= 0) {
		append(table, 2 | (8U + 8U * static_cast<unsigned>(maps)) << 16, 4);
		append(table, static_cast<uint64_t>(maps) << 24, 4);
		for (int i = 0; i < maps; i++)
			append(table, 0x100ULL << i, 8);
	}
	table[4] = static_cast<char>(table.size());
	table[5] = static_cast<char>(table.size() >> 8);

	unsigned sum = 0;

	for (unsigned char c : table)
		sum += c;
	table[9] = static_cast<char>(-sum);
	return table;
}

/* what is said of it */
std::string said(unsigned ways_code, unsigned ways, int maps)
{
	auto parsed = parse_cedt(cedt(ways_code, ways, maps), cedt_path);
	std::string all;

	EXPECT_TRUE(parsed);
	for (const auto &bad : parsed->bad)
		all += bad.text() + "\n";
	return all;
}

TEST(XorMaps, window_without_them_is_told_once)
{
	EXPECT_EQ(said(2, 4, -1),
		  "CFMWS: window 0x690000000 picks by XOR, and has 0 of 2 maps for 256 "
		  "bytes: nothing is interleaved in it\n");
	EXPECT_NE(said(2, 4, 1).find("1 of 2 maps"), std::string::npos);
	EXPECT_NE(said(9, 6, 0).find("0 of 1 maps"), std::string::npos);
}

TEST(XorMaps, window_with_what_it_needs_is_fine)
{
	EXPECT_EQ(said(2, 4, 2), "");
	EXPECT_EQ(said(2, 4, 4), "");
	EXPECT_EQ(said(8, 3, -1), "");
	EXPECT_EQ(said(0, 1, -1), "");
}

} // namespace
} // namespace cxla::test
