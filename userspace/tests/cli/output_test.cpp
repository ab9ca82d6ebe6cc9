// SPDX-License-Identifier: GPL-2.0-only
/* What the program prints, whoever reads it, and that what it was asked to do does not depend on
 * that. */
#include "cli/program.h"

#include <filesystem>
#include <sstream>

using cxla::test::bdf;
using cxla::test::Program;
using cxla::test::Ran;
using nlohmann::json;

namespace
{

struct Output : Program {
	/* by a shell, where `cxla` is the program */
	Ran shell(const std::string &script)
	{
		/* `racing FILE`: once it has the first line of a race's --log */
		made.file(
			"/script",
			fmt::format("cxla() {{ CXLA_ROOT={} {} \"$@\"; }}\n"
				    "racing() {{ for i in {{1..600}}; do [ -s \"$1\" ] && return; "
				    "sleep 0.05; done; echo \"no race began\"; }}\n{}\n",
				    made.folder(), CXLA_PROGRAM, script));
		return command("env --default-signal=HUP,INT,TERM bash " + made.folder() +
			       "/script 2>&1");
	}
	void empty_root()
	{
		for (const auto &entry : std::filesystem::directory_iterator(made.folder()))
			std::filesystem::remove_all(entry.path());
	}
	void make_two_devices()
	{
		made.add_kernel();
		made.add_platform();
		made.add_attached(2);
		made.make_expander(0);
	}
};

} // namespace

TEST_F(Output, full_disk_is_5_and_said)
{
	make_two_devices();
	for (const char *arguments : {"status", "status --json", "status --tree", "pairs --list",
				      "completion bash", "--help", "version"}) {
		Ran ran = shell(
			fmt::format("cxla {} 2>&1 >/dev/full; echo \"status $?\"", arguments));

		EXPECT_NE(ran.out.find("No space left on device"), std::string::npos)
			<< arguments << ": " << ran.out;
		EXPECT_NE(ran.out.find("status 5\n"), std::string::npos)
			<< arguments << ": " << ran.out;
	}
}

TEST_F(Output, errors_that_can_not_be_written_change_no_exit_status)
{
	make_two_devices();
	EXPECT_EQ(shell("cxla attach zzz 2>/dev/full").status, 2);
	EXPECT_EQ(shell("cxla statsu 2>/dev/full").status, 2);
	EXPECT_EQ(shell("cxla detach mem0 2>&-").status, 0);
	EXPECT_EQ(shell("cxla detach mem0 >&- 2>&-").status, 5);
}

TEST_F(Output, reader_that_went_away_ends_no_command)
{
	make_two_devices();

	Ran ran = shell("exec 3> >(exit 0); sleep 0.3; cxla detach mem0 >&3; echo \"status $?\"");

	EXPECT_NE(ran.out.find("status 5\n"), std::string::npos) << ran.out;
	EXPECT_EQ(made.read("/sys/bus/pci/drivers/cxla_pci/unbind"), bdf);
}

/* tests/fail_nth.c makes the nth write of the program fail, to whatever file */
TEST_F(Output, write_that_fails_anywhere_kills_nothing)
{
	for (const char *arguments :
	     {"status --json", "status", "load --dry-run", "unload --dry-run --json",
	      "attach accel1", "attach --json accel1 zzz", "ledger"}) {
		bool failed = true;

		for (unsigned n = 1; failed && n < 60; n++) {
			empty_root();
			make_two_devices();

			Ran ran = shell(fmt::format(
				"export LD_PRELOAD={} CXLA_FAIL_NTH={} CXLA_FAILED={}/failed\n"
				"cxla {}",
				CXLA_FAIL_NTH_LIBRARY, n, made.folder(), arguments));

			failed = made.root().exists("/failed");
			EXPECT_LE(ran.status, 5) << arguments << ", write " << n << ": " << ran.out;
			EXPECT_EQ(made.root().exists("/run/cxla/takeover.json"), false);
		}
		EXPECT_FALSE(failed) << arguments;
	}
}

TEST_F(Output, unknown_word_names_the_nearest_one)
{
	EXPECT_NE(run("statsu", true).out.find("did you mean 'status'?"), std::string::npos);
	EXPECT_NE(run("bench atach", true).out.find("did you mean 'attach'?"), std::string::npos);
	EXPECT_NE(run("load --takover", true).out.find("did you mean '--takeover'?"),
		  std::string::npos)
		<< run("load --takover", true).out;
	EXPECT_NE(run("frobnicate", true).out.find("there is no command 'frobnicate'"),
		  std::string::npos);
	EXPECT_NE(run("pattern check --sed 1 accel0", true).out.find("did you mean '--seed'?"),
		  std::string::npos);
	EXPECT_NE(
		run("--progress lines load --takover", true).out.find("did you mean '--takeover'?"),
		std::string::npos);
	EXPECT_EQ(run("frobnicate", true).out.find("did you mean"), std::string::npos);
	for (const char *wrong : {"statsu", "load --takover", "race --seed x", ""})
		EXPECT_EQ(run(wrong).status, 2) << wrong;
}

TEST_F(Output, json_is_a_reply_also_when_nothing_was_understood)
{
	for (const char *wrong :
	     {"statsu", "load --takover", "race --seed x", "load nonsense", "bench", ""}) {
		json out = reply(wrong);

		EXPECT_EQ(out["outcome"], "usage") << wrong;
		EXPECT_EQ(out["errors"].size(), 1U) << wrong;
	}
	made.add_kernel();
	EXPECT_EQ(json::parse(run("--json status").out)["command"], "status");
}

TEST_F(Output, every_command_replies_as_its_schema_says)
{
	make_two_devices();
	for (const char *arguments : {"status",
				      "ledger",
				      "load",
				      "load --all",
				      "load --dry-run",
				      "load --takeover 0000:0d:00.0",
				      "unload",
				      "unload --dry-run",
				      "attach accel1",
				      "attach --expander mem0",
				      "attach zzz",
				      "detach accel1",
				      "bench attach --cycles 1",
				      "bench delete --cycles 1",
				      "bench --compare a b",
				      "version",
				      "help bench",
				      "--help",
				      "--version",
				      "completion bash",
				      "race --dry-run",
				      "race --cycles 1",
				      "pairs",
				      "pairs --list",
				      "failnth",
				      "failnth --list",
				      "pattern check --seed 1 accel1",
				      "pattern check --seed 1"})
		reply(arguments);
	empty_root();
	for (const char *arguments :
	     {"status", "ledger", "load", "unload", "race", "pairs", "failnth"})
		reply(arguments);
}

TEST_F(Output, help_and_version_have_a_command_each)
{
	std::string version = run("version").out;

	EXPECT_TRUE(version.starts_with("cxla 0.1.0 (revision ")) << version;
	EXPECT_EQ(run("-V").out, version);
	EXPECT_NE(run("help").out.find("Exit status"), std::string::npos);
	EXPECT_NE(run("help bench attach").out.find("--cycles"), std::string::npos);
	EXPECT_EQ(run("help statsu").status, 2);
	for (const char *group : {"Look:", "Operate:", "Test:"})
		EXPECT_NE(run("--help").out.find(group), std::string::npos) << group;
}

TEST_F(Output, numbers_are_taken_whole_or_refused)
{
	for (const char *arguments :
	     {"race --seed 18446744073709551616", "race --seed -1", "race --seed 12monkeys",
	      "race --seed 010", "race --cycles 08", "race --patience -1", "race --patience nan",
	      "pairs --patience 0", "failnth --stride 4294967297", "race --seconds 1e999"})
		EXPECT_EQ(run(arguments).status, 2) << arguments;
}

TEST_F(Output, tree_is_ascii_where_the_locale_is_not_utf8)
{
	make_two_devices();

	std::string plain = shell("LC_ALL=C cxla status").out,
		    utf8 = shell("LC_ALL=C.UTF-8 cxla status").out;

	EXPECT_TRUE(std::all_of(plain.begin(), plain.end(), [](char c) { return (c & 0x80) == 0; }))
		<< plain;
	EXPECT_NE(plain.find("`- "), std::string::npos);
	EXPECT_NE(utf8.find("└─ "), std::string::npos);
}

TEST_F(Output, interrupted_search_says_so_by_status_and_in_its_verdicts)
{
	if (geteuid() != 0)
		GTEST_SKIP() << "race is refused to anybody but root";
	made.add_virtual_machine();
	for (auto [signal, status] :
	     {std::pair{"INT", 130}, std::pair{"TERM", 143}, std::pair{"HUP", 129}}) {
		Ran ran = shell(fmt::format(
			"exec 2>/dev/null\ncxla race --seconds 60 --actors accel --json --yes "
			"--log {0}/log-{1} --junit {0}/junit --ktap {0}/ktap >{0}/reply &\n"
			"racing {0}/log-{1}; pkill -{1} -P $! ; pkill -{1} -P $!\n"
			"wait $!; echo \"status $?\"",
			made.folder(), signal));

		EXPECT_NE(ran.out.find(fmt::format("status {}\n", status)), std::string::npos)
			<< ran.out;
		EXPECT_EQ(cxla::test::wrong_with_reply(made.read("/reply")), "");
		EXPECT_EQ(json::parse(made.read("/reply"))["outcome"], "interrupted");
		EXPECT_NE(made.read("/junit").find("<failure message=\"interrupted by SIG"),
			  std::string::npos);
		EXPECT_NE(made.read("/ktap").find("not ok 2 interrupted"), std::string::npos)
			<< made.read("/ktap");
	}
}

TEST_F(Output, hangup_that_was_ignored_stays_ignored)
{
	if (geteuid() != 0)
		GTEST_SKIP() << "race is refused to anybody but root";
	made.add_virtual_machine();

	Ran ran = shell("exec 2>/dev/null\ntrap '' HUP\ncxla race --seconds 2 --actors accel --yes "
			">/dev/null &\n"
			"sleep 1; pkill -HUP -P $!\nwait $!; echo \"status $?\"");

	EXPECT_NE(ran.out.find("status 0\n"), std::string::npos) << ran.out;
}

TEST_F(Output, progress_is_few_lines_in_a_file_and_one_more_when_asked)
{
	if (geteuid() != 0)
		GTEST_SKIP() << "race is refused to anybody but root";
	made.add_virtual_machine();

	Ran quiet = shell("cxla race --seconds 2 --actors accel --yes 2>&1 >/dev/null");
	Ran asked = shell("cxla race --seconds 3 --actors accel --yes 2>&1 >/dev/null &\n"
			  "sleep 1; pkill -USR1 -P $!\nwait $!; echo \"status $?\"");

	EXPECT_EQ(quiet.out, "");
	EXPECT_NE(asked.out.find(" binds, "), std::string::npos) << asked.out;
	EXPECT_NE(asked.out.find("status 0\n"), std::string::npos) << asked.out;
}

TEST_F(Output, progress_is_drawn_over_itself_only_where_the_terminal_obeys)
{
	if (geteuid() != 0)
		GTEST_SKIP() << "race is refused to anybody but root";
	made.add_virtual_machine();
	for (auto [term, drawn] : {std::pair("xterm", true), {"dumb", false}}) {
		Ran ran = shell(fmt::format(
			"script -qec 'TERM={} CXLA_ROOT={} {} race --seconds 3 --actors accel "
			"--yes' /dev/null </dev/null",
			term, made.folder(), CXLA_PROGRAM));

		EXPECT_EQ(ran.out.find("\033[K") != std::string::npos, drawn) << term << ran.out;
	}
}

TEST_F(Output, text_fits_the_terminal)
{
	make_two_devices();
	made.refuse(1, "interleaved");

	Ran ran = shell(fmt::format(
		"script -qec 'stty cols 110; LC_ALL=C CXLA_ROOT={} {} status' /dev/null </dev/null",
		made.folder(), CXLA_PROGRAM));
	std::istringstream lines(ran.out);
	size_t widest = 0, count = 0;

	for (std::string line; std::getline(lines, line); count++)
		widest = std::max(widest, line.substr(0, line.find('\r')).size());
	EXPECT_GT(count, 10U) << ran.out;
	EXPECT_LE(widest, 110U) << ran.out;
}
