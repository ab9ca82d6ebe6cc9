// SPDX-License-Identifier: GPL-2.0-only
/* `cxla exec` over a made-up root: what it takes for its own, and when it is refused. */
#include "program.h"

namespace cxla::test
{
namespace
{

struct ExecCommand : Program {
	json exec(const std::string &words)
	{
		Ran ran = run("exec --json " + words);

		EXPECT_EQ(wrong_with_reply(ran.out), "") << ran.out;
		return json::parse(ran.out);
	}
};

TEST_F(ExecCommand, without_a_program_is_2)
{
	EXPECT_EQ(run("exec").status, 2);
	EXPECT_EQ(run("exec --").status, 2);
}

TEST_F(ExecCommand, without_a_bus_to_lie_over_is_refused_and_says_what_to_do)
{
	json out = exec("-- cxl list");

	EXPECT_EQ(out["exit"], 3);
	EXPECT_EQ(out["refusals"][0]["code"], "not-loaded");
	EXPECT_EQ(out["refusals"][1]["code"], "no-in-tree-bus");
	made.file("/sys/bus/cxla/devices/root0/devtype", "");
	out = exec("-- cxl list");
	EXPECT_EQ(out["refusals"][0]["code"], "no-in-tree-bus");
}

/* options of the program are not looked at, its own are, and a value of one is no command */
TEST_F(ExecCommand, words_behind_the_program_are_the_programs)
{
	EXPECT_EQ(exec("cxl list -vvv --no-such-option exec --").at("exit"), 3);
	EXPECT_EQ(run("--progress never exec cxl --help").status, 3);
	EXPECT_EQ(run("exec --no-such-option cxl").status, 2);
	EXPECT_EQ(run("exec --help cxl").status, 0);
	EXPECT_EQ(run("status exec").status, 2);
}

} // namespace
} // namespace cxla::test
