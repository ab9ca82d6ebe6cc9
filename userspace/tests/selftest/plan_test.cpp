// SPDX-License-Identifier: GPL-2.0-only
#include "selftest/plan.h"

#include "made_up_root.h"
#include "selftest/surroundings.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace cxla::test
{
namespace
{

struct SelftestPlans : ::testing::Test {
	SelftestPlans()
	{
		made.add_kernel();
		made.add_platform();
	}
	SelftestPlan plan(std::vector<std::string> devices = {bdf}) const
	{
		Root root = made.root();
		Machine machine = read_machine(root);
		ModuleSet modules;

		machine.privileged = true;
		for (const char *name : our_modules)
			modules.files.push_back({name, fmt_path(name), machine.release, true, {}});
		modules.files[0].depends = {"dax"};
		return plan_selftest(root, machine, modules, std::nullopt,
				     {std::move(devices), 60, 100, true});
	}
	static std::string fmt_path(const std::string &name)
	{
		return "/lib/modules/" + name + ".ko";
	}
	static bool refused(const SelftestPlan &plan, const std::string &code)
	{
		return std::any_of(plan.refusals.begin(), plan.refusals.end(),
				   [&](const Refusal &refusal) { return refusal.code == code; });
	}
	static std::string codes(const SelftestPlan &plan)
	{
		std::string all;

		for (const auto &refusal : plan.refusals)
			all += refusal.code + ": " + refusal.what + "\n";
		return all;
	}

	MadeUpRoot made;
};

TEST_F(SelftestPlans, DeviceOfAnInTreeDriverIsTakenOverAndEveryStepIsTakenBack)
{
	made.add_device(bdf);
	made.add_intree(bdf, true, true);

	SelftestPlan all = plan();
	std::vector<std::string> loads, backs;

	EXPECT_EQ(codes(all), "");
	for (const auto &touch : all.touches)
		(touch.part == "load" ? loads : backs).push_back(touch.part + ": " + touch.what);

	std::string text;

	for (const auto &line : loads)
		text += line + "\n";
	EXPECT_TRUE(contains(text, "unbind " + bdf)) << text;
	EXPECT_TRUE(contains(text, "ACPI0017:00")) << text;
	text.clear();
	for (const auto &line : backs)
		text += line + "\n";
	for (const char *part : {"pattern: ", "latency: ", "race: ", "put-back: "})
		EXPECT_TRUE(contains(text, part)) << text;
	/* what was unbound is bound again, as the last things that are done */
	EXPECT_TRUE(contains(text, "put-back: bind " + bdf)) << text;
	EXPECT_TRUE(contains(text, "put-back: unload dax if nothing uses it")) << text;
}

TEST_F(SelftestPlans, ModulesThatAreLoadedAreSomebodyElses)
{
	made.add_attached(1);
	EXPECT_TRUE(refused(plan(), "loaded")) << codes(plan());
}

TEST_F(SelftestPlans, DeviceWithADriverThatIsNotKnownIsRefused)
{
	made.add_device(bdf);
	made.bind("pci", bdf, "vfio-pci");
	EXPECT_TRUE(refused(plan(), "device-bound")) << codes(plan());
}

TEST_F(SelftestPlans, DeviceThatIsNotThereIsRefused)
{
	EXPECT_TRUE(refused(plan({"0000:77:00.0"}), "no-device"));
}

TEST_F(SelftestPlans, RealMachineIsRefusedUntilSomebodyAgrees)
{
	Root root = made.root();
	Machine machine = read_machine(root);

	EXPECT_TRUE(refused(plan_selftest(root, machine, {}, std::nullopt, {{bdf}, 60, 100, false}),
			    "real-machine"));
	EXPECT_FALSE(refused(plan(), "real-machine"));
}

TEST_F(SelftestPlans, DecodersThatATakeoverWouldResetAreRefused)
{
	made.add_device(bdf);
	made.add_intree(bdf, true, false);
	EXPECT_TRUE(refused(plan(), "would-uncommit")) << codes(plan());
}

TEST_F(SelftestPlans, OtherDeviceBelowTheRootWithADriverThatIsNotKnownIsRefused)
{
	made.add_device(bdf);
	made.add_device("0000:0e:00.0");
	made.bind("pci", "0000:0e:00.0", "vfio-pci");
	EXPECT_TRUE(refused(plan(), "foreign")) << codes(plan());
}

TEST_F(SelftestPlans, WhatTheInTreeStackWouldNotMakeAgainIsRefused)
{
	const std::string region = "/sys/devices/platform/ACPI0017:00/root0/decoder0.0/region0";

	made.add_device(bdf);
	made.add_intree(bdf, true, true);
	EXPECT_EQ(codes(plan()), "");
	made.file(region + "/mode", "pmem\n");
	EXPECT_TRUE(refused(plan(), "persistent")) << codes(plan());
	made.file(region + "/mode", "ram\n");
	made.file(region + "/commit", "0\n");
	/* firmware's, which the kernel could not make a region of, and tries again */
	EXPECT_EQ(codes(plan()), "");
	made.file(region + "/target0", "decoder2.0\n");
	EXPECT_TRUE(refused(plan(), "region-idle")) << codes(plan());
}

TEST_F(SelftestPlans, DaxDeviceThatIsMountedOrWouldBecomeKmemsIsRefused)
{
	made.add_device(bdf);
	made.add_intree(bdf, true, true);
	made.add_dax("dax0.0", "hmem.0", 0x690000000, "device_dax");
	EXPECT_EQ(codes(plan()), "");
	made.add_module("kmem");
	EXPECT_TRUE(refused(plan(), "dax-configured")) << codes(plan());
	made.file("/proc/self/mounts", "/dev/root / ext4 rw 0 0\n/dev/dax0.0 /mnt famfs rw 0 0\n");
	EXPECT_TRUE(refused(plan(), "mounted")) << codes(plan());
}

TEST_F(SelftestPlans, SurroundingsOfAMachineThatDidNotChangeAreEqual)
{
	made.add_device(bdf);
	made.add_intree(bdf, true, true);

	Surroundings before = read_surroundings(made.root());

	EXPECT_FALSE(before.objects.empty());
	EXPECT_TRUE(compare_surroundings(made.root(), before, {}).empty());
}

TEST_F(SelftestPlans, EachThingThatIsNotAsItWasIsNamed)
{
	made.add_device(bdf);
	made.add_intree(bdf, true, true);
	made.file("/proc/modules", "dax 16384 0 - Live 0x0\n");

	Surroundings before = read_surroundings(made.root());
	auto change = [&] { return compare_surroundings(made.root(), before, {}); };
	auto named = [](const std::vector<std::string> &lines, const std::string &part) {
		return std::any_of(lines.begin(), lines.end(),
				   [&](const std::string &line) { return contains(line, part); });
	};

	made.file(device_path(bdf) + "/driver_override", "cxla_accel\n");
	EXPECT_TRUE(named(change().extra, bdf + ": driver cxl_pci, driver_override cxla_accel"));
	made.file(device_path(bdf) + "/driver_override", "(null)\n");
	EXPECT_TRUE(change().empty());

	made.file("/proc/modules", "kmem 16384 0 - Live 0x0\n");
	EXPECT_TRUE(named(change().missing, "module dax"));
	EXPECT_TRUE(named(change().extra, "module kmem"));
}

} // namespace
} // namespace cxla::test
