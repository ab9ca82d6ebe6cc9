// SPDX-License-Identifier: GPL-2.0-only
/* The map of windows and devices, of what status prints of made-up roots. */
#include "draw/map.h"
#include "made_up_root.h"
#include "report/status.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace cxla;
using cxla::test::contains;
using cxla::test::MadeUpRoot;

namespace
{

class Maps : public testing::Test
{
protected:
	Maps()
	{
		made_.add_kernel();
		made_.add_platform();
	}

	Map map() const
	{
		Status status{read_machine(made_.root()), {}, {}};

		return map_of(status_json(status));
	}
	std::string text(MapStyle style = {80, false, false}) const
	{
		return map_text(map(), style);
	}

	MadeUpRoot made_;
};

/* all of the window, without a gap, and nothing twice */
void expect_whole(const MapWindow &window)
{
	uint64_t next = window.range.start;

	for (const auto &range : window.ranges) {
		EXPECT_EQ(range.range.start, next);
		next = range.range.end + 1;
	}
	EXPECT_EQ(next, window.range.end + 1);
}

} // namespace

TEST_F(Maps, window_is_there_before_any_stack_is)
{
	made_.add_device("0000:0d:00.0");
	ASSERT_EQ(map().windows.size(), 1U);
	EXPECT_EQ(map().windows[0].name, "window 0");
	expect_whole(map().windows[0]);
	/* and what firmware has reserved */
	EXPECT_EQ(map().windows[0].ranges.front().owner, MapOwner::Reserved);
	EXPECT_EQ(map().windows[0].ranges.back().owner, MapOwner::Free);
	ASSERT_EQ(map().bridges.size(), 1U);
	ASSERT_EQ(map().bridges[0].below.size(), 1U);
	EXPECT_EQ(map().bridges[0].below[0].text, "no driver");
}

TEST_F(Maps, text_is_there_for_any_number_of_columns)
{
	made_.add_attached(2);
	for (size_t columns = 0; columns < 8; columns++)
		EXPECT_TRUE(contains(text({columns, false, false}), "|")) << columns;
}

TEST_F(Maps, each_attached_range_is_its_accelerators_and_the_rest_is_free)
{
	made_.add_attached(2);

	Map now = map();

	ASSERT_EQ(now.windows.size(), 1U);
	expect_whole(now.windows[0]);
	EXPECT_EQ(now.windows[0].name, "decoder0.0");
	ASSERT_GE(now.bridges.size(), 1U);
	ASSERT_EQ(now.bridges[0].below.size(), 2U);
	EXPECT_TRUE(contains(now.bridges[0].below[0].text, "accel0 attached"));
	EXPECT_EQ(now.bridges[0].below[0].names, "1");
	EXPECT_EQ(now.bridges[0].below[1].names, "2");
	EXPECT_FALSE(now.bridges[0].below[0].wanting);
}

TEST_F(Maps, device_without_its_range_is_told_with_the_reason)
{
	made_.add_attached(2);
	made_.refuse(1, "bad-decoder");

	MapNode device = map().bridges[0].below[1];

	EXPECT_TRUE(device.wanting);
	EXPECT_TRUE(contains(device.text, "bad-decoder")) << device.text;
}

TEST_F(Maps, system_ram_is_seen_over_whatever_it_lies_in)
{
	made_.add_attached(1);
	made_.file("/proc/iomem", "690000000-78fffffff : CXL Window 0\n"
				  "  698000000-69fffffff : System RAM\n");

	const Map now = map();
	bool seen = false;

	for (const auto &range : now.windows[0].ranges)
		seen |= range.owner == MapOwner::SystemRam && range.range.start == 0x698000000;
	EXPECT_TRUE(seen) << text();
	expect_whole(map().windows[0]);
}

TEST_F(Maps, ledger_says_whose_a_range_is)
{
	made_.add_attached(2);
	made_.file("/sys/kernel/debug/cxla/ledger",
		   "0x690000000-0x6afffffff accelerator quarantined revoked 0000:0d:00.0 5.208664\n"
		   "0x6b0000000-0x6cfffffff hmem owned no-region dax0.0 5.208665\n");

	const auto ranges = map().windows[0].ranges;

	ASSERT_GE(ranges.size(), 3U) << text();
	EXPECT_EQ(ranges[0].owner, MapOwner::Lost);
	EXPECT_EQ(ranges[1].owner, MapOwner::Memory);
	EXPECT_EQ(ranges.back().owner, MapOwner::Free);
}

TEST_F(Maps, text_is_as_narrow_as_the_page_and_ascii_where_asked)
{
	made_.add_attached(2);
	for (size_t columns : {40, 60, 132}) {
		std::string out = text({columns, false, false});

		for (size_t at = 0, end; at < out.size(); at = end + 1) {
			end = out.find('\n', at);
			ASSERT_NE(end, out.npos);
			EXPECT_LE(end - at, columns) << out.substr(at, end - at);
		}
		EXPECT_TRUE(std::all_of(out.begin(), out.end(), [](char c) {
			return static_cast<unsigned char>(c) < 128 && c != '\033';
		}));
	}
	EXPECT_TRUE(contains(text({80, true, true}), "\033["));
}

TEST_F(Maps, ranges_of_any_number_have_at_least_a_column_each)
{
	Map many;
	MapWindow window{"decoder0.0", "to pci0000:0c", {0, 0xffffffff}, {}};

	for (uint64_t i = 0; i < 100; i++)
		window.ranges.push_back({{i * 0x1000, i * 0x1000 + 0xfff},
					 i % 2 ? MapOwner::Free : MapOwner::Accelerator,
					 "",
					 i % 2 ? "" : std::to_string(i)});
	window.ranges.push_back(
		{{UINT64_C(100) * 0x1000, 0xffffffff}, MapOwner::Memory, "", "101"});
	many.windows.push_back(window);

	std::string out = map_text(many, {80, false, false});

	EXPECT_GE(std::count(out.begin(), out.end(), 'A'), 50);
	EXPECT_TRUE(contains(map_windows_svg(many), "class=\"memory\""));
}

/* what lies across the end of a window is told in both places */
TEST_F(Maps, what_is_partly_in_a_window_is_told_outside_of_it)
{
	made_.file("/proc/iomem", "690000000-78fffffff : CXL Window 0\n"
				  "780000000-79fffffff : Soft Reserved\n");

	Map now = map();

	ASSERT_EQ(now.outside.size(), 1U) << text();
	EXPECT_EQ(now.outside[0].range.start, 0x790000000U);
	EXPECT_EQ(now.windows[0].ranges.back().owner, MapOwner::Reserved);
}

TEST_F(Maps, number_of_a_range_is_whole_or_not_there)
{
	for (size_t columns = 40; columns < 60; columns++) {
		Map many;
		MapWindow window{"w", "", {0, 0xffff}, {}};

		for (uint64_t i = 0; i < 16; i++)
			window.ranges.push_back({{i * 0x1000, i * 0x1000 + 0xfff},
						 MapOwner::Accelerator,
						 "",
						 std::to_string(i + 80)});
		many.windows.push_back(window);

		std::string out = map_text(many, {columns, false, false});
		std::string bar = out.substr(out.find('\n'));

		bar = bar.substr(0, bar.find('\n', 1));
		for (size_t i = 0; i < bar.size(); i++)
			if (std::isdigit(bar[i])) {
				i++;
				EXPECT_TRUE(std::isdigit(bar[i])) << bar;
			}
	}
}

TEST_F(Maps, what_a_terminal_would_obey_is_shown_and_not_obeyed)
{
	Map odd;

	odd.bridges.push_back({"\033[2J\x07", "\xc2\x9b", "", MapOwner::Free, false, false, {}});
	odd.windows.push_back({"w\033", "", {0, 0xfff}, {}});
	EXPECT_TRUE(contains(map_text(odd, {80, true, false}), "?[2J?  ?\n"));
	EXPECT_FALSE(contains(map_text(odd, {80, true, false}), "\033"));
}

TEST(MapOfNothing, is_empty_and_no_error)
{
	for (const char *status : {"null", "{}", "[]", R"({"cedt": 7, "pci": {"devices": null}})",
				   R"({"cedt": {"windows": [{"start": -1}, 5, {"size": "x"}]}})",
				   R"({"cedt": {"windows": [{"start": 18446744073709551615,
				       "size": 4096}]}})"}) {
		Map map = map_of(nlohmann::ordered_json::parse(status));

		EXPECT_TRUE(map.windows.empty()) << status;
		EXPECT_EQ(map_text(map, {80, false, false}), "");
		EXPECT_TRUE(contains(map_windows_svg(map), "no CXL window"));
		EXPECT_TRUE(contains(map_topology_svg(map), "no CXL host bridge"));
	}
}
