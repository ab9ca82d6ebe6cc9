// SPDX-License-Identifier: GPL-2.0-only
/* Pages as text; tools/page-test has them laid out by a browser. */
#include "cli/program.h"
#include "draw/drawing.h"
#include "draw/pages.h"
#include "sys/error.h"
#include "sys/terminal.h"

#include <fstream>
#include <regex>
#include <sstream>

using namespace cxla;
using cxla::test::contains;
using cxla::test::Program;
using cxla::test::Ran;

namespace
{

using ordered = nlohmann::ordered_json;

std::string slurp(const std::string &path)
{
	std::ifstream file(path);

	return {std::istreambuf_iterator<char>(file), {}};
}

/* columns of the widest line of what was drawn on a terminal, without what moves the cursor */
size_t widest_in(const std::string &frame)
{
	std::istringstream lines(
		std::regex_replace(frame, std::regex("\033\\[[0-9;]*[A-Za-z]|\r"), ""));
	size_t widest = 0;

	for (std::string line; std::getline(lines, line);)
		widest = std::max(widest, text_width(line));
	return widest;
}

} // namespace

TEST(Drawn, what_a_machine_says_is_text_and_no_tag)
{
	ordered race = {{"finding", {{"what", "<script>alert(1)</script> & \"more\""}}},
			{"repeat", "cxla race --actors 'a'"},
			{"idle_actors", {"<b>"}}};
	std::string page = page_of("race", "0", race);

	EXPECT_FALSE(contains(page, "<script"));
	EXPECT_FALSE(contains(page, "<b>"));
	EXPECT_TRUE(contains(page, "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;"));
	EXPECT_TRUE(contains(page, "This repeats it: cxla race --actors &#39;a&#39;"));
}

TEST(Drawn, result_of_another_form_is_a_page_with_less_on_it)
{
	for (const char *command : {"status", "bench attach", "bench --compare", "race", "pairs"})
		for (const char *text :
		     {"{}", R"({"results": 5, "overlaps": [], "pairs": "x", "of": "y", "a": 1})",
		      R"({"results": [1, {"phases": []}, null], "pairs": [3], "actors": [[]]})"})
			EXPECT_TRUE(
				contains(page_of(command, "0", ordered::parse(text)), "</html>"))
				<< command << " " << text;
}

TEST(Drawn, command_without_a_page_says_so)
{
	EXPECT_TRUE(has_page("bench attach"));
	EXPECT_TRUE(has_page("status"));
	EXPECT_FALSE(has_page("statusx"));
	EXPECT_FALSE(has_page("ledger"));
	EXPECT_THROW(page_of("ledger", "0", ordered::object()), Error);
	EXPECT_THROW(page_of("status", "0", ordered()), Error);
}

TEST(Drawn, any_number_and_any_depth_has_a_page)
{
	std::string deep;

	EXPECT_TRUE(contains(
		page_of("bench attach", "0",
			ordered::parse(
				R"({"results": [{"bind": {"p50": 1.7976931348623157e308}}]})")),
		"</html>"));
	EXPECT_TRUE(contains(page_of("bench --compare", "0",
				     ordered::parse(R"({"of": "x", "results": [{"measured": [
			{"name": "n", "ratio": 1.7976931348623157e308, "spread": [1e-308, 1e308]}]}]})")),
			     "</html>"));
	for (int i = 0; i < 5000; i++)
		deep += R"({"children": [)";
	deep += "{}";
	for (int i = 0; i < 5000; i++)
		deep += "]}";
	EXPECT_TRUE(
		contains(page_of("status", "0", ordered::parse("{\"topology\": [" + deep + "]}")),
			 "</html>"));
}

TEST(Drawn, amounts_are_in_the_unit_that_was_measured)
{
	EXPECT_EQ(amount(1240000, "ns"), "1.24 ms");
	EXPECT_EQ(amount(999, "ns"), "999 ns");
	EXPECT_EQ(amount(999600, "ns"), "1 ms");
	EXPECT_EQ(amount(0, "ns"), "0 ns");
	EXPECT_EQ(amount(50100000, "instructions"), "50.1 M instructions");
}

TEST_F(Program, html_is_written_beside_what_is_printed)
{
	std::string page = made.folder() + "/page.html";

	made.add_kernel();
	made.add_platform();
	made.add_attached(2);
	EXPECT_EQ(run("status --html " + page).status, 0);
	EXPECT_TRUE(contains(slurp(page), "accel1 attached")) << slurp(page).substr(0, 200);
	EXPECT_EQ(reply("status --html " + page)["outcome"], "done");
	EXPECT_EQ(run("status --html /nowhere/page.html").status, 1);
	EXPECT_EQ(run("status --html -").status, 2);
	EXPECT_EQ(run("status --html /dev/full").status, 5);
}

TEST_F(Program, map_is_of_the_same_machine_as_status)
{
	made.add_kernel();
	made.add_platform();
	made.add_attached(2);

	std::string out = run("status --map").out;

	EXPECT_TRUE(contains(out, "decoder0.0  0x690000000-0x78fffffff")) << out;
	EXPECT_TRUE(contains(out, "0000:0e:00.0 [2]  mem1 accel1 attached")) << out;
	EXPECT_FALSE(contains(out, "\033")) << "colours in a file";
}

TEST_F(Program, kept_result_is_drawn_and_anything_else_is_refused)
{
	std::string kept = made.folder() + "/kept.json", page = made.folder() + "/kept.html";

	made.add_kernel();
	made.add_platform();
	std::ofstream(kept) << run("status --json").out;
	/* what was measured stays, whatever was mistyped */
	EXPECT_EQ(run("draw " + kept + " --html " + kept).status, 3);
	EXPECT_EQ(run("draw /nowhere --html " + kept).status, 3);
	EXPECT_TRUE(contains(slurp(kept), "\"result\""));
	EXPECT_EQ(run("draw / --html " + page).status, 1);
	EXPECT_EQ(result("draw " + kept + " --html " + page)["of"], "status");
	EXPECT_EQ(result("draw " + kept + " --html " + page)["of"], "status") << "drawn again";
	EXPECT_TRUE(contains(slurp(page), "Who has which memory"));
	EXPECT_EQ(run("draw " + kept).status, 2);
	EXPECT_EQ(reply("draw /nowhere --html " + page)["outcome"], "failed");
	std::ofstream(kept) << "[1, 2";
	EXPECT_EQ(run("draw " + kept + " --html " + page).status, 1);
	std::ofstream(kept) << run("ledger --json").out;
	EXPECT_EQ(run("draw " + kept + " --html " + page).status, 1);
}

TEST_F(Program, watch_ends_in_time_and_tells_what_it_can_not_hear)
{
	made.add_kernel();
	made.add_platform();
	made.add_attached(1);

	nlohmann::json watched = result("watch --seconds 0.2 --interval 0.05");

	EXPECT_EQ(watched["events"], false);
	EXPECT_EQ(watched["told"], 0);
	EXPECT_TRUE(contains(run("watch --seconds 0.1", true).out, "without the kernel's events"));
}

TEST_F(Program, watch_ends_by_a_signal_without_a_word_of_what_it_would_take_back)
{
	Ran ran = command(
		fmt::format("CXLA_ROOT={} timeout --preserve-status -s INT 1 {} watch --lines 2>&1",
			    made.folder(), CXLA_PROGRAM));

	EXPECT_EQ(ran.status, 0) << ran.out;
	EXPECT_FALSE(contains(ran.out, "stopping")) << ran.out;
}

TEST_F(Program, watch_follows_a_terminal_that_is_resized)
{
	made.add_kernel();
	made.add_platform();
	made.add_attached(1);

	/* between two looks: by itself it would draw only in the beginning and in the end */
	std::string out =
		command(fmt::format("script -qec 'stty cols 110 rows 30; TERM=xterm CXLA_ROOT={} "
				    "{} watch "
				    "--seconds 3 --interval 3600 & sleep 1.5; stty cols 60; "
				    "wait' /dev/null </dev/null 2>/dev/null",
				    made.folder(), CXLA_PROGRAM))
			.out;
	std::vector<std::string> frames;

	for (size_t at = out.find("\033[H"); at != std::string::npos;) {
		size_t next = out.find("\033[H", at + 1);

		frames.push_back(out.substr(at, next - at));
		at = next;
	}
	ASSERT_EQ(frames.size(), 3U) << out;
	EXPECT_GT(widest_in(frames[0]), 60U) << frames[0];
	EXPECT_LE(widest_in(frames[1]), 60U) << frames[1];
	EXPECT_LE(widest_in(frames[2]), 60U) << frames[2];
}

TEST_F(Program, watch_tells_of_each_change_in_a_line)
{
	made.add_kernel();
	made.add_platform();
	made.add_attached(1);

	std::string state = made.folder() + "/sys/bus/pci/devices/0000:0d:00.0/cxla/state";
	std::string out =
		command(fmt::format("(sleep 0.5; echo pci-only >{}) & CXLA_ROOT={} {} watch "
				    "--lines --seconds 2 --interval 0.05 2>/dev/null; wait",
				    state, made.folder(), CXLA_PROGRAM))
			.out;

	EXPECT_TRUE(contains(out, "0000:0d:00.0: accel0 attached")) << out;
	EXPECT_TRUE(contains(out, "-> accel0 pci-only")) << out;
}
