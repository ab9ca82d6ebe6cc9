// SPDX-License-Identifier: GPL-2.0-only
/* Entries of the CEDT that repeat or overlap others: what is said, and how often. */
#include "cxl/cedt.h"

#include <gtest/gtest.h>

namespace cxla::test
{
namespace
{

void append_number(std::string &table, uint64_t value, size_t bytes)
{
	for (; bytes--; value >>= 8)
		table += static_cast<char>(value);
}

/* of so many equal entries; its checksum is wrong, which is told first */
Reading<Cedt> table_of_equal(unsigned bridges, unsigned windows)
{
	std::string table = "CEDT";

	append_number(table, 36 + 32 * bridges + 40 * windows, 4);
	append_number(table, 1, 28);
	for (; bridges--;) {
		append_number(table, 32 << 16, 4);
		append_number(table, 7, 4);
		append_number(table, 1, 8);
		append_number(table, 0x680000000, 8);
		append_number(table, 0x10000, 8);
	}
	for (; windows--;) {
		append_number(table, 1 | 40 << 16, 8);
		append_number(table, 0x690000000, 8);
		append_number(table, 1 << 28, 8);
		append_number(table, 0, 8);
		append_number(table, 0xf, 4);
		append_number(table, 7, 4);
	}
	return parse_cedt(table, "table");
}

TEST(CedtConflicts, bridge_that_is_there_twice_is_told)
{
	const auto cedt = table_of_equal(2, 1);

	ASSERT_TRUE(cedt);
	ASSERT_EQ(cedt->bad.size(), 2U);
	EXPECT_EQ(cedt->bad[1].what, "host bridge 7 is there twice");
}

/* a table of one megabyte would else become gigabytes of words */
TEST(CedtConflicts, each_entry_is_told_once_however_many_it_repeats)
{
	const auto cedt = table_of_equal(300, 200);

	ASSERT_TRUE(cedt);
	EXPECT_EQ(cedt->bridges.size(), 300U);
	EXPECT_EQ(cedt->windows.size(), 200U);
	/* the checksum, the bridge, and each window but the first */
	EXPECT_EQ(cedt->bad.size(), 1U + 1U + 199U);
}

} // namespace
} // namespace cxla::test
