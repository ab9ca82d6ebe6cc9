// SPDX-License-Identifier: GPL-2.0-only
/* The program itself, run over made-up roots: exit statuses and JSON. */
#include "bench/pattern.h"
#include "cli/program.h"

using cxla::test::bdf;
using cxla::test::Program;
using cxla::test::Ran;
using nlohmann::json;

TEST_F(Program, usage_error_is_2_and_help_is_0)
{
	EXPECT_EQ(run("").status, 2);
	EXPECT_EQ(run("frobnicate").status, 2);
	EXPECT_EQ(run("load no-address").status, 2);
	EXPECT_EQ(run("--help").status, 0);
}

TEST_F(Program, version_names_the_revision_that_the_sources_have)
{
	Ran said = run("--version");
	Ran wanted = command(CXLA_TOP "/tools/package/revision");

	ASSERT_EQ(wanted.status, 0);
	EXPECT_EQ(said.status, 0);
	EXPECT_EQ(said.out, fmt::format("cxla 0.1.0 (revision {})\n",
					wanted.out.substr(0, wanted.out.find('\n'))));
	EXPECT_EQ(run("version").out, said.out);
}

TEST_F(Program, refused_load_is_3_changes_nothing_and_says_why_in_json)
{
	made.add_kernel();
	made.add_platform();
	made.bind("platform", "ACPI0017:00", "cxl_acpi");

	json out = reply("load");
	bool told = false;

	EXPECT_EQ(out["exit"], 3);
	EXPECT_EQ(out["outcome"], "refused");
	for (const auto &refusal : out["refusals"])
		told |= refusal["code"] == "root-in-use" && refusal["takeover_helps"] == true;
	EXPECT_TRUE(told) << out;
	EXPECT_EQ(made.read("/sys/bus/platform/drivers/cxl_acpi/unbind"), "");
	EXPECT_FALSE(made.root().exists("/run/cxla/takeover.json"));
}

TEST_F(Program, dry_run_of_unload_prints_steps_and_changes_nothing)
{
	made.add_kernel();
	made.add_platform();
	made.add_attached(2);

	Ran result = run("unload --dry-run");

	if (geteuid() != 0)
		GTEST_SKIP() << "unload is refused to anybody but root";
	EXPECT_EQ(result.status, 0);
	EXPECT_NE(result.out.find("unbind 0000:0d:00.0 from cxla_accel"), std::string::npos);
	EXPECT_LT(result.out.find("unload cxla_accel"), result.out.find("unload cxla_core"));
	EXPECT_EQ(made.read("/sys/bus/pci/drivers/cxla_accel/unbind"), "");
}

TEST_F(Program, status_is_0_and_json_whatever_the_machine_is_like)
{
	EXPECT_EQ(run("status").status, 0);
	EXPECT_EQ(reply("status")["schema"], "cxla/1");
	made.add_kernel();
	made.add_platform();
	made.add_attached(2);
	made.remove("/sys/devices/platform/ACPI0017:00/root0/port1");
	EXPECT_EQ(run("status").status, 0);
	EXPECT_EQ(result("status")["accelerators"].size(), 2U);
	EXPECT_NE(run("status --table").out.find("accel1"), std::string::npos);
}

TEST_F(Program, status_survives_a_name_that_is_no_utf8)
{
	made.add_kernel();
	made.add_platform();
	made.add_attached(1);
	made.file(cxla::test::device_path(bdf) + "/cxla/reason", "\xff\xfe\n");

	Ran result = run("status --json");

	EXPECT_EQ(result.status, 0);
	EXPECT_TRUE(json::accept(result.out)) << result.out;
}

TEST_F(Program, attach_that_stays_pci_only_is_1_and_explains_the_reason)
{
	made.add_kernel();
	made.add_platform();
	made.add_attached(1);
	made.file(cxla::test::device_path(bdf) + "/cxla/state", "pci-only\n");
	made.file(cxla::test::device_path(bdf) + "/cxla/reason", "no-window\n");
	made.file(cxla::test::device_path(bdf) + "/cxla/range", "\n");

	/* nothing takes the driver away in a made-up root, so the bind finds it there */
	Ran ran = run("attach " + bdf);
	json as_json = reply("attach accel0");

	EXPECT_EQ(ran.status, 1);
	EXPECT_NE(ran.out.find("outside of every CXL window"), std::string::npos) << ran.out;
	EXPECT_NE(ran.out.find("what to do:"), std::string::npos);
	EXPECT_EQ(as_json["outcome"], "failed");
	EXPECT_EQ(as_json["result"]["devices"][0]["reason"], "no-window");
}

TEST_F(Program, attach_of_some_devices_only_is_4)
{
	made.add_kernel();
	made.add_platform();
	made.add_attached(2);
	made.file(cxla::test::device_path(bdf) + "/cxla/state", "pci-only\n");
	EXPECT_EQ(run("attach accel0 accel1").status, 4);
	EXPECT_EQ(run("attach accel1").status, 0);
}

TEST_F(Program, attach_without_the_driver_is_refused_with_what_to_do)
{
	made.add_kernel();
	made.add_platform();
	made.add_device(bdf);

	Ran result = run("attach " + bdf, true);

	EXPECT_EQ(result.status, 3);
	EXPECT_NE(result.out.find("`cxla load`"), std::string::npos);
	EXPECT_EQ(made.read(cxla::test::device_path(bdf) + "/driver_override"), "(null)\n");
}

TEST_F(Program, attach_as_expander_tells_memdev_and_regions)
{
	made.add_kernel();
	made.add_platform();
	made.add_attached(2);
	made.make_expander(0);

	/* a made-up root binds nothing: the device is there already */
	Ran ran = run("attach --expander " + bdf);
	json as_json = result("attach --expander mem0");

	EXPECT_EQ(ran.status, 0);
	EXPECT_EQ(ran.out, "0000:0d:00.0  mem0  expander  region0 0x690000000-0x6afffffff 512 MiB  "
			   "1 way\n");
	EXPECT_EQ(as_json["devices"][0]["regions"][0]["region"], "region0");
	EXPECT_EQ(as_json["devices"][0]["driver"], "cxla_pci");
}

TEST_F(Program, device_of_one_driver_of_ours_is_refused_to_the_other)
{
	made.add_kernel();
	made.add_platform();
	made.add_attached(2);
	made.make_expander(0);

	Ran accel = run("attach " + bdf, true), expander = run("attach --expander accel1", true);

	EXPECT_EQ(accel.status, 3);
	EXPECT_NE(accel.out.find("`cxla detach 0000:0d:00.0` first"), std::string::npos)
		<< accel.out;
	EXPECT_EQ(expander.status, 3);
	EXPECT_NE(expander.out.find("`cxla detach 0000:0e:00.0` first"), std::string::npos)
		<< expander.out;
}

TEST_F(Program, detach_unbinds_an_expander_from_its_own_driver)
{
	made.add_kernel();
	made.add_platform();
	made.add_attached(1);
	made.make_expander(0);

	EXPECT_EQ(run("detach mem0").out, "0000:0d:00.0  detached\n");
	EXPECT_EQ(made.read("/sys/bus/pci/drivers/cxla_pci/unbind"), bdf);
	EXPECT_EQ(made.read("/sys/bus/pci/drivers/cxla_accel/unbind"), "");
}

TEST_F(Program, detach_is_refused_while_somebody_has_the_node_open)
{
	made.add_kernel();
	made.add_platform();
	made.add_attached(1);
	made.file("/proc/42/comm", "reader\n");
	made.dir("/proc/42/fd");
	ASSERT_EQ(symlink("/dev/cxla/accel0", (made.folder() + "/proc/42/fd/7").c_str()), 0);

	Ran result = run("detach accel0", true);

	EXPECT_EQ(result.status, 3);
	EXPECT_NE(result.out.find("reader (pid 42)"), std::string::npos) << result.out;
	EXPECT_EQ(made.read("/sys/bus/pci/drivers/cxla_accel/unbind"), "");
}

TEST_F(Program, bench_of_nothing_attached_is_refused)
{
	made.add_kernel();
	EXPECT_EQ(run("bench attach --cycles 1").status, 3);
}

TEST_F(Program, bench_delete_without_an_expander_is_refused)
{
	made.add_virtual_machine();

	Ran ran = run("bench delete --cycles 1", true);

	EXPECT_EQ(ran.status, 3);
	EXPECT_NE(ran.out.find("no device is a memory expander"), std::string::npos) << ran.out;
	/* a list is one word: what follows is a device */
	ran = run("bench threads --threads 2,3 accel0", true);
	EXPECT_EQ(ran.status, 3);
	EXPECT_NE(ran.out.find("no more than 1 devices are attached"), std::string::npos)
		<< ran.out;
}

TEST_F(Program, bench_compares_two_files_or_measures)
{
	std::string blocks = "[100,100,100,100,100]", file = made.folder() + "/a.json";
	std::string numbers = R"("min":1,"p50":100,"p90":3,"p99":4,"p99.9":5,"max":6,"mean":2.5)";

	made.file("/a.json", R"({"command":"bench attach","kernel":"6.12","clock":"icount",)"
			     R"("results":[{"address":"0000:0d:00.0","cycles":15,"bind":{)" +
				     numbers + R"(,"blocks":)" + blocks + "}}]}");

	Ran ran = run("bench --compare " + file + " " + file);

	EXPECT_EQ(ran.status, 0);
	EXPECT_NE(ran.out.find("P50 (instructions)"), std::string::npos) << ran.out;
	EXPECT_NE(ran.out.find("1.000-1.000  same within spread"), std::string::npos) << ran.out;

	json out = result("bench --compare " + file + " " + file);

	EXPECT_EQ(out["results"][0]["measured"][0]["ratio"], 1);
	EXPECT_EQ(out["a"]["file"], file);
	EXPECT_EQ(out["b"]["kernel"], "6.12");
	EXPECT_EQ(run("bench").status, 2);
	EXPECT_EQ(run("bench --compare " + file).status, 2);
	EXPECT_EQ(run("bench attach --compare " + file + " " + file).status, 2);
	EXPECT_EQ(run("bench --compare " + file + " " + made.folder() + "/none.json").status, 2);

	/* of a bench that was refused */
	made.file("/b.json", run("bench attach --json").out);
	ran = run("bench --compare " + file + " " + made.folder() + "/b.json", true);
	EXPECT_EQ(ran.status, 2);
	EXPECT_NE(ran.out.find("b.json has no results"), std::string::npos) << ran.out;
	EXPECT_EQ(ran.out.find("json.exception"), std::string::npos) << ran.out;
}

TEST_F(Program, pattern_is_written_through_the_node_and_checked_from_the_file)
{
	made.add_kernel();
	made.add_platform();
	made.add_attached(1);
	/* the node stands for 64 pages of memory here */
	made.file("/dev/cxla/accel0", std::string(64 * cxla::pattern_page, '\0'));

	std::string size = std::to_string(64 * cxla::pattern_page);
	std::string file = "--file " + made.folder() + "/dev/cxla/accel0";

	EXPECT_EQ(run("pattern write accel0 --seed 5 --bytes " + size).status, 0);
	EXPECT_EQ(run("pattern check accel0 --seed 5 --bytes " + size).status, 0);
	EXPECT_EQ(run("pattern check --seed 5 " + file).status, 0);
	EXPECT_EQ(run("pattern check --seed 6 " + file).status, 1);

	json out = result("pattern check --seed 6 " + file);

	EXPECT_EQ(out["bad_words"], 64 * cxla::pattern_page / 8);
	EXPECT_EQ(out["first_bad"]["offset"], 0);
}

TEST_F(Program, a_range_that_is_revoked_under_a_pattern_is_an_error_with_a_reply)
{
	made.add_kernel();
	made.add_platform();
	made.add_attached(1);
	/* the range is longer than what stands for it: behind it is SIGBUS */
	made.file("/dev/cxla/accel0", std::string(4 * cxla::pattern_page, '\0'));

	for (const char *command :
	     {"pattern check accel0 --seed 5", "pattern write accel0 --seed 5"}) {
		Ran ran = run(std::string(command) + " --json");

		EXPECT_EQ(ran.status, 1) << command;
		EXPECT_NE(
			json::parse(ran.out)["errors"][0]["what"].get<std::string>().find("SIGBUS"),
			std::string::npos);
	}
}

TEST_F(Program, ledger_is_0_without_modules_and_3_when_it_can_not_be_read)
{
	made.add_kernel();
	made.add_platform();

	Ran before = run("ledger");

	EXPECT_EQ(before.status, 0);
	EXPECT_NE(before.out.find("none of ours is loaded"), std::string::npos) << before.out;
	EXPECT_EQ(result("ledger")["ledger"], nullptr);
	made.add_attached(1);

	Ran hidden = run("ledger", true);

	EXPECT_EQ(hidden.status, 3);
	EXPECT_NE(hidden.out.find(geteuid() ? "run as root" : "mount -t debugfs"),
		  std::string::npos)
		<< hidden.out;
	made.add_ledger("0x690000000-0x6afffffff accelerator owned attached " + bdf +
			" 5.000000\n");
	EXPECT_EQ(run("ledger").status, 0);
	EXPECT_EQ(result("ledger")["ledger"][0]["owner"], "accelerator");
	made.add_ledger("0x690000000-0x6afff");
	EXPECT_EQ(run("ledger").status, 1);
}

TEST_F(Program, race_refuses_lists_runs_and_repeats_its_seed)
{
	if (geteuid() != 0)
		GTEST_SKIP() << "race is refused to anybody but root";
	made.add_kernel();
	made.add_platform();
	EXPECT_EQ(run("race --cycles 1").status, 3);
	made.add_attached(1);
	made.file("/dev/kmsg", "");
	made.file("/sys/bus/cxla/flush", "");
	EXPECT_EQ(run("race --cycles 1 --actors accel").status, 3);
	EXPECT_EQ(run("race --cycles 1 --actors nobody --yes").status, 2);
	EXPECT_EQ(run("race --cycles 1 --backend wishes --yes").status, 2);

	Ran listed = run("race --dry-run --yes");

	EXPECT_EQ(listed.status, 0);
	EXPECT_NE(listed.out.find(bdf), std::string::npos);
	EXPECT_EQ(made.read("/sys/bus/pci/drivers/cxla_accel/unbind"), "");

	json whole = reply("race --cycles 3 --actors accel,root --seed 5 --yes");
	json out = whole["result"];

	EXPECT_EQ(whole["outcome"], "done") << whole;
	EXPECT_EQ(out["seed"], 5);
	EXPECT_GE(out["cycles"], 3);
	EXPECT_TRUE(out["finding"].is_null());
	EXPECT_EQ(out["repeat"], "cxla race --seed 5 --cycles 3 --actors accel,root --yes");
	EXPECT_EQ(made.read("/sys/bus/pci/drivers/cxla_accel/bind"), bdf);
	/* in a made-up root whatever is written is taken */
	EXPECT_EQ(run("race --seconds 5 --actors change --seed 5 --yes").status, 1);
}
