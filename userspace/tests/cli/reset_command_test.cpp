// SPDX-License-Identifier: GPL-2.0-only
/* `cxla reset` over a made-up root, by a method of the kernel. */
#include "program.h"

namespace cxla::test
{
namespace
{

struct ResetCommand : Program {
	ResetCommand()
	{
		made.add_kernel();
		made.add_platform();
		made.add_attached(1);
		made.file(device_path(bdf) + "/reset_method", "flr bus\n");
		made.file(device_path(bdf) + "/reset", "");
	}
};

TEST_F(ResetCommand, what_it_reaches_is_told_first_and_a_dry_run_resets_nothing)
{
	Ran ran = run("reset accel0 --dry-run");

	EXPECT_EQ(ran.status, 0);
	EXPECT_TRUE(contains(ran.out, "function reset of " + bdf + " reaches")) << ran.out;
	EXPECT_TRUE(contains(ran.out, "loses 0x690000000-0x6afffffff meanwhile")) << ran.out;
	EXPECT_TRUE(contains(ran.out, "nothing was reset")) << ran.out;
	EXPECT_EQ(made.read(device_path(bdf) + "/reset"), "");
	EXPECT_EQ(reply("reset accel0 --dry-run")["result"]["dry_run"], true);
}

TEST_F(ResetCommand, what_came_back_is_told)
{
	json out = reply("reset " + bdf + " --method bus");

	EXPECT_EQ(out["exit"], 0);
	EXPECT_EQ(out["result"]["method"], "bus");
	EXPECT_EQ(out["result"]["after"][0]["as_before"], true);
	EXPECT_EQ(made.read(device_path(bdf) + "/reset"), "1");
}

TEST_F(ResetCommand, refusal_is_3_and_resets_nothing)
{
	json out = reply("reset " + bdf + " --method cxl");

	EXPECT_EQ(out["exit"], 3);
	EXPECT_EQ(out["refusals"][0]["code"], "no-method");
	EXPECT_EQ(made.read(device_path(bdf) + "/reset"), "");
	EXPECT_EQ(run("reset " + bdf + " --method warm").status, 2);
}

} // namespace
} // namespace cxla::test
