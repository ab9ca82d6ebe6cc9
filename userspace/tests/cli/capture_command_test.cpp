// SPDX-License-Identifier: GPL-2.0-only
/* `cxla capture`, and commands that answer from a capture. */
#include "program.h"

#include "sys/file_tree.h"

namespace cxla::test
{
namespace
{

struct CaptureCommand : Program {
	CaptureCommand() : file(folder.path() + "/capture")
	{
		made.add_kernel();
		made.add_platform();
		made.add_attached(1);
	}
	/* on a machine that has nothing of it */
	json elsewhere(const std::string &arguments)
	{
		MadeUpRoot empty;
		Ran ran = command(fmt::format("CXLA_ROOT={} {} {} --json 2>/dev/null",
					      empty.folder(), CXLA_PROGRAM, arguments));

		EXPECT_EQ(wrong_with_reply(ran.out), "") << ran.out;
		return json::parse(ran.out);
	}
	TemporaryFolder folder;
	std::string file;
};

TEST_F(CaptureCommand, commands_answer_from_it_elsewhere)
{
	json taken = result("capture " + file);

	EXPECT_EQ(taken["file"], file);
	EXPECT_GT(taken["bytes"], 100);
	for (const char *command : {"status", "ledger", "load --all --dry-run"})
		EXPECT_EQ(elsewhere(std::string(command) + " --from " + file)["result"],
			  result(command))
			<< command;
	EXPECT_TRUE(contains(run("status --from " + file).out, "taken by cxla"));
}

TEST_F(CaptureCommand, load_from_a_file_is_a_dry_run_only)
{
	result("capture " + file);

	Ran ran = run("load --all --from " + file, true);

	EXPECT_EQ(ran.status, 2);
	EXPECT_TRUE(contains(ran.out, "--dry-run")) << ran.out;
}

TEST_F(CaptureCommand, file_that_is_no_capture_is_told)
{
	made.file("/other", "other");

	Ran ran = run("status --from " + made.folder() + "/other", true);

	EXPECT_EQ(ran.status, 1);
	EXPECT_TRUE(contains(ran.out, "not in gzip")) << ran.out;
	EXPECT_TRUE(contains(ran.out, "takes a new one")) << ran.out;
	EXPECT_EQ(run("status --from /no/such/file").status, 1);
}

TEST_F(CaptureCommand, redacted_says_so)
{
	EXPECT_EQ(result("capture --redact " + file)["redacted"], true);
	EXPECT_TRUE(contains(run("status --from " + file).out, "redacted"));
}

} // namespace
} // namespace cxla::test
