// SPDX-License-Identifier: GPL-2.0-only
/* Files that are not as they should be. */
#include "made_up_root.h"
#include "sys/error.h"
#include "sys/lines.h"

#include <gtest/gtest.h>
#include <unistd.h>

using namespace cxla;
using cxla::test::MadeUpRoot;

TEST(Reading, missing_file_is_absent_and_names_its_path)
{
	MadeUpRoot made;
	auto text = made.root().text("/sys/nothing");

	EXPECT_FALSE(text);
	EXPECT_TRUE(text.absent());
	EXPECT_EQ(text.problem().text(), "/sys/nothing: No such file or directory");
}

TEST(Reading, attribute_loses_white_space_around_it)
{
	MadeUpRoot made;

	made.file("/sys/a", "  accel0 \n");
	EXPECT_EQ(*made.root().text("/sys/a"), "accel0");
}

TEST(Reading, garbage_is_no_number_and_is_quoted)
{
	MadeUpRoot made;

	for (const char *garbage : {"", "-1", "0x", "12x", "0x1 2", "ten", "0x10000000000000000",
				    "18446744073709551616"}) {
		made.file("/sys/n", garbage);
		auto number = made.root().number("/sys/n");

		EXPECT_FALSE(number) << garbage;
		EXPECT_NE(number.problem().what.find("not a number"), std::string::npos) << garbage;
	}
}

TEST(Reading, numbers_are_decimal_or_hexadecimal_up_to_64_bits)
{
	EXPECT_EQ(parse_number("42"), 42U);
	EXPECT_EQ(parse_number("0x690000000"), 0x690000000U);
	EXPECT_EQ(parse_number("18446744073709551615"), UINT64_MAX);
}

TEST(Reading, file_larger_than_any_attribute_is_refused_not_read)
{
	MadeUpRoot made;

	made.file("/sys/huge", std::string(200 << 10, 'x'));
	EXPECT_EQ(made.root().text("/sys/huge").problem().err, EFBIG);
}

TEST(Reading, folder_in_place_of_a_file_is_a_problem)
{
	MadeUpRoot made;

	made.dir("/sys/a");
	EXPECT_EQ(made.root().text("/sys/a").problem().err, EISDIR);
}

TEST(Reading, unreadable_file_is_permission_denied_not_absent)
{
	MadeUpRoot made;

	made.file("/sys/secret", "1\n");
	ASSERT_EQ(chmod((made.folder() + "/sys/secret").c_str(), 0), 0);
	if (geteuid() == 0) {
		ASSERT_EQ(seteuid(65534), 0);
	}

	auto text = made.root().text("/sys/secret");

	if (getuid() == 0) {
		ASSERT_EQ(seteuid(0), 0);
	}
	EXPECT_EQ(text.problem().err, EACCES);
	EXPECT_FALSE(text.absent());
}

TEST(Reading, link_out_of_the_root_is_not_followed)
{
	MadeUpRoot made;

	made.dir("/sys");
	ASSERT_EQ(symlink("/proc", (made.folder() + "/sys/out").c_str()), 0);
	EXPECT_EQ(made.root().resolve("/sys/out").problem().err, EXDEV);
}

TEST(Reading, names_sort_by_their_numbers)
{
	MadeUpRoot made;

	for (const char *name : {"mem10", "mem2", "mem1", "root0"})
		made.dir(std::string("/d/") + name);
	EXPECT_EQ(*made.root().list("/d"),
		  (std::vector<std::string>{"mem1", "mem2", "mem10", "root0"}));
}

TEST(Reading, lines_keep_their_numbers_where_others_are_blank)
{
	std::string seen;

	each_line("one\n\n \t\nfour\n  five", [&](std::string_view line, size_t number) {
		seen += std::to_string(number) + std::string(line) + "|";
	});
	EXPECT_EQ(seen, "1one|4four|5  five|");
}

TEST(Reading, write_to_missing_attribute_says_what_was_written_where)
{
	MadeUpRoot made;

	try {
		made.root().write("/sys/bus/pci/drivers/x/bind", "0000:0d:00.0");
		FAIL() << "no error";
	} catch (const Error &error) {
		EXPECT_STREQ(error.what(), "writing '0000:0d:00.0' to /sys/bus/pci/drivers/x/bind: "
					   "No such file or directory");
	}
	EXPECT_FALSE(made.root().exists("/sys/bus/pci/drivers/x/bind"));
}

TEST(Range, text_round_trips_and_both_ends_are_inclusive)
{
	auto range = parse_range("0x690000000-0x6afffffff");

	ASSERT_TRUE(range);
	EXPECT_EQ(range->size(), 0x20000000U);
	EXPECT_EQ(range->text(), "0x690000000-0x6afffffff");
}

TEST(Range, reversed_open_or_wrapping_ranges_are_none)
{
	for (const char *bad :
	     {"", "-", "5", "0x10-0xf", "0x1-", "-0x1", "1-2-3", "0x1 -0x2", "x-y"})
		EXPECT_FALSE(parse_range(bad)) << bad;
	EXPECT_FALSE(range_of(0x1000, 0));
	EXPECT_FALSE(range_of(UINT64_MAX, 2));
	EXPECT_EQ(range_of(UINT64_MAX, 1)->end, UINT64_MAX);
}

TEST(Range, ranges_that_share_one_byte_overlap_and_neighbours_do_not)
{
	EXPECT_TRUE((Range{0, 10}.overlaps({10, 20})));
	EXPECT_FALSE((Range{0, 9}.overlaps({10, 20})));
}

TEST(Range, size_is_in_the_largest_unit_that_divides_it)
{
	EXPECT_EQ(size_text(0x20000000), "512 MiB");
	EXPECT_EQ(size_text(0), "0 bytes");
	EXPECT_EQ(size_text(1025), "1025 bytes");
}

TEST(Iomem, system_ram_is_found_by_its_overlap_also_hot_added_and_nested)
{
	Iomem iomem = parse_iomem("1000-1fff : System RAM\n"
				  "690000000-6afffffff : CXL Window 0\n"
				  "  690000000-69fffffff : dax0.0\n"
				  "    690000000-69fffffff : System RAM (kmem)\n");

	EXPECT_TRUE(iomem.addresses);
	EXPECT_EQ(iomem.system_ram_in({0x69fffffff, 0x6afffffff}).size(), 1U);
	EXPECT_TRUE(iomem.system_ram_in({0x6a0000000, 0x6afffffff}).empty());
	EXPECT_EQ(iomem.entries.back().depth, 2U);
}

TEST(Iomem, zeroed_addresses_are_known_to_be_hidden)
{
	Iomem iomem = parse_iomem(
		"00000000-00000000 : System RAM\n  00000000-00000000 : Soft Reserved\n");

	EXPECT_FALSE(iomem.addresses);
	EXPECT_EQ(iomem.named("Soft Reserved").size(), 1U);
	EXPECT_TRUE(iomem.system_ram_in({0, 0}).empty());
}

TEST(Iomem, broken_line_is_told_with_its_number_and_the_rest_is_read)
{
	Iomem iomem = parse_iomem("garbage\n1000-1fff : System RAM\n2000-1000 : x\n3000-3fff");

	EXPECT_EQ(iomem.entries.size(), 1U);
	ASSERT_EQ(iomem.problems.size(), 3U);
	EXPECT_NE(iomem.problems[0].what.find("line 1"), std::string::npos);
}

TEST(Cedt, windows_and_host_bridges_are_as_in_the_table)
{
	auto cedt = parse_cedt(cxla::test::make_cedt(), cedt_path);

	ASSERT_TRUE(cedt);
	ASSERT_EQ(cedt->windows.size(), 1U);
	ASSERT_EQ(cedt->bridges.size(), 1U);
	EXPECT_TRUE(cedt->bad.empty()) << cedt->bad.front().text();
	EXPECT_EQ(cedt->windows[0].range()->text(), "0x690000000-0x78fffffff");
	EXPECT_EQ(cedt->windows[0].targets, std::vector<uint32_t>{12});
	EXPECT_EQ(cedt->bridges[0].base, 0x680000000U);
}

TEST(Cedt, table_cut_short_keeps_whole_entries_and_reports_the_rest)
{
	std::string table = cxla::test::make_cedt();

	for (size_t length = 69; length < table.size(); length++) {
		auto cedt = parse_cedt(table.substr(0, length), cedt_path);

		ASSERT_TRUE(cedt) << length;
		EXPECT_EQ(cedt->bridges.size(), 1U) << length;
		EXPECT_TRUE(cedt->windows.empty()) << length;
		EXPECT_FALSE(cedt->bad.empty()) << length;
	}
}

TEST(Cedt, other_table_is_no_cedt)
{
	EXPECT_FALSE(parse_cedt(std::string(200, 'x'), cedt_path));
	EXPECT_FALSE(parse_cedt("", cedt_path));
}

TEST(Cedt, window_that_targets_an_unknown_host_bridge_is_reported)
{
	std::string table = cxla::test::make_cedt();

	table[68 + 36] = 13;

	auto cedt = parse_cedt(table, cedt_path);
	bool told = false;

	ASSERT_TRUE(cedt);
	for (const auto &bad : cedt->bad)
		told |= bad.what.find("host bridge 13") != std::string::npos;
	EXPECT_TRUE(told);
}

TEST(Pci, cxl_device_is_found_by_its_dvsec_behind_other_capabilities)
{
	MadeUpRoot made;

	made.add_device("0000:0d:00.0");

	PciDevice device = read_pci_device(made.root(), "0000:0d:00.0");

	ASSERT_TRUE(device.cxl);
	EXPECT_TRUE(device.cxl->mem);
	EXPECT_EQ(device.cxl->capacity, 0x20000000U);
	EXPECT_EQ(device.driver_override, "");
}

TEST(Pci, configuration_space_cut_at_64_bytes_asks_for_root)
{
	MadeUpRoot made;

	made.add_device("0000:0d:00.0");
	made.file(cxla::test::device_path("0000:0d:00.0") + "/config",
		  cxla::test::make_config().substr(0, 64));

	PciBus bus = read_pci(made.root());

	EXPECT_FALSE(bus.devices[0].cxl);
	EXPECT_TRUE(bus.extended_hidden);
	EXPECT_NE(bus.devices[0].config_problem->what.find("root"), std::string::npos);
}

TEST(Pci, capability_chain_that_loops_ends)
{
	MadeUpRoot made;
	std::string config = cxla::test::make_config();

	/* AER at 0x100 points to itself */
	config[0x103] = 0x10;
	config[0x102] = 0x01;
	made.add_device("0000:0d:00.0");
	made.file(cxla::test::device_path("0000:0d:00.0") + "/config", config);
	EXPECT_FALSE(read_pci_device(made.root(), "0000:0d:00.0").cxl);
}

TEST(Pci, device_that_reads_all_ones_is_no_cxl_device)
{
	MadeUpRoot made;

	made.add_device("0000:0d:00.0");
	made.file(cxla::test::device_path("0000:0d:00.0") + "/config", std::string(4096, '\xff'));
	EXPECT_FALSE(read_pci_device(made.root(), "0000:0d:00.0").cxl);
}

TEST(Pci, address_is_normalised_and_anything_else_is_none)
{
	EXPECT_EQ(parse_bdf("0d:00.0"), "0000:0d:00.0");
	EXPECT_EQ(parse_bdf("0001:0D:1f.7"), "0001:0d:1f.7");
	/* a VMD's */
	EXPECT_EQ(parse_bdf("10000:0d:00.0"), "10000:0d:00.0");
	EXPECT_EQ(parse_bdf("ffffffff:0d:00.0"), "ffffffff:0d:00.0");
	for (const char *bad : {"", "0d:00", "0d:00.8", "0d:20.0", "123456789:0d:00.0", "0d:00.0x",
				"accel0", "0d:00.0 ", "../0d:00.0", ":::", "0d:-1.0"})
		EXPECT_FALSE(parse_bdf(bad)) << bad;
}
