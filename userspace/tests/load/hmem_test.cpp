// SPDX-License-Identifier: GPL-2.0-only
/* Soft Reserved ranges in load and unload: who lets go of them, and when not. */
#include "cxl/snapshot.h"
#include "load/online.h"
#include "load/planning.h"
#include "load/runner.h"
#include "stress/operation.h"

#include <fmt/format.h>

using namespace cxla;
using namespace cxla::test;

namespace
{

const std::string in_use = "690000000-6afffffff : Soft Reserved\n"
			   "  690000000-6afffffff : dax0.0\n"
			   "    690000000-6afffffff : System RAM (kmem)\n";

struct Hmem : Planning {
	/* in-tree dax_hmem has the range, and device_dax its device */
	void give_to_intree()
	{
		made.add_module("dax_hmem");
		made.add_hmem(intree_hmem_driver);
		made.add_dax("dax0.0", "hmem.0", 0x690000000, "device_dax");
	}
	void give_to_ours()
	{
		for (const char *name : our_modules)
			made.add_module(name);
		made.add_hmem(our_hmem_driver);
		made.add_dax("dax0.0", "cxla_hmem.0", 0x690000000, "device_dax");
	}
	void add_block(unsigned index, const std::string &state)
	{
		std::string block = fmt::format("{}/memory{}", memory, index);

		made.file(block + "/phys_index", fmt::format("{:08x}\n", index));
		made.file(block + "/state", state + "\n");
	}
	static LoadRequest takeover() { return {true, false, {bdf}}; }

	const std::string memory = "/sys/devices/system/memory";
};

bool has_step(const std::vector<Step> &steps, Act act, const std::string &device)
{
	return std::any_of(steps.begin(), steps.end(), [&](const Step &step) {
		return step.act == act && step.device == device;
	});
}

bool noted(const Plan &plan, const std::string &text)
{
	return std::any_of(plan.notes.begin(), plan.notes.end(), [&](const std::string &note) {
		return note.find(text) != std::string::npos;
	});
}

} // namespace

TEST_F(Hmem, ranges_are_given_away_after_devices_that_are_asked_for_are_bound)
{
	made.add_hmem("");

	auto steps = plan({false, false, {bdf}}).steps;

	EXPECT_LT(index_of(steps, Act::Probe, bdf), index_of(steps, Act::Insert, "cxla_hmem"));
	EXPECT_LT(index_of(steps, Act::InsertDriver, "device_dax"),
		  index_of(steps, Act::Insert, "cxla_hmem"));
	EXPECT_LT(index_of(steps, Act::Insert, "cxla_hmem"),
		  index_of(steps, Act::Insert, "cxla_dax"));
}

TEST_F(Hmem, driver_of_dax_devices_that_load_inserted_goes_with_an_unload_and_no_other)
{
	made.add_hmem("");

	State record;

	record.modules = {"device_dax", "cxla_core"};
	made.add_module("device_dax");
	/* it was there before, so that load does not insert it */
	EXPECT_FALSE(has_step(plan({false, false, {bdf}}).steps, Act::InsertDriver, "device_dax"));
	EXPECT_TRUE(
		has_step(plan_unload(machine(), record).steps, Act::RemoveForeign, "device_dax"));
	record.modules = {"cxla_core"};
	EXPECT_FALSE(
		has_step(plan_unload(machine(), record).steps, Act::RemoveForeign, "device_dax"));
	EXPECT_FALSE(has_step(plan_unload(machine(), {}).steps, Act::RemoveForeign, "device_dax"));
}

TEST_F(Hmem, module_whose_driver_has_a_device_is_in_use)
{
	const std::string driver = "/sys/bus/dax/drivers/device_dax";

	made.add_module("device_dax");
	made.file(driver + "/uevent", "");
	made.file(driver + "/bind", "");
	made.link(driver + "/module", "/sys/module/device_dax");
	made.link("/sys/module/device_dax/drivers/dax:device_dax", driver);
	EXPECT_FALSE(module_drives_a_device(made.root(), "device_dax"));
	made.add_dax("dax0.0", "hmem.0", 0x690000000, "device_dax");
	made.link(driver + "/dax0.0", "/sys/bus/dax/devices/dax0.0");
	made.file("/sys/bus/dax/devices/dax0.0/uevent", "");
	EXPECT_TRUE(module_drives_a_device(made.root(), "device_dax"));
}

TEST_F(Hmem, without_dax_neither_module_is_loaded_nor_in_tree_dax_hmem_disturbed)
{
	give_to_intree();

	LoadRequest request = takeover();

	request.dax = false;

	auto steps = plan(request).steps;

	EXPECT_FALSE(has_step(steps, Act::Insert, "cxla_hmem"));
	EXPECT_FALSE(has_step(steps, Act::Insert, "cxla_dax"));
	EXPECT_FALSE(has_step(steps, Act::Unbind, "hmem_platform.0"));
	EXPECT_TRUE(has_step(steps, Act::Insert, "cxla_pci"));
}

TEST_F(Hmem, modules_that_are_not_built_are_left_out_without_a_refusal)
{
	ModuleSet modules = all_modules();

	modules.files.resize(necessary_modules);
	EXPECT_EQ(codes(check({}, modules)), "");
	EXPECT_TRUE(modules.missing().empty());
	EXPECT_FALSE(has_step(plan_load(machine(), modules, state, {}).steps, Act::InsertDriver,
			      "device_dax"));

	LoadRequest request;

	request.system_ram = true;
	EXPECT_TRUE(refused(check(request, modules), "no-modules"));
}

TEST_F(Hmem, parameters_reach_the_modules_that_have_them)
{
	LoadRequest request;

	request.system_ram = true;
	request.wait_seconds = 7;

	auto steps = plan(request).steps;

	EXPECT_EQ(steps[index_of(steps, Act::Insert, "cxla_hmem")].parameters,
		  "system_ram=1 wait_seconds=7");
	EXPECT_EQ(steps[index_of(steps, Act::Insert, "cxla_dax")].parameters, "system_ram=1");
	EXPECT_EQ(steps[index_of(steps, Act::Insert, "cxla_core")].parameters, "");
	EXPECT_TRUE(has_step(steps, Act::InsertDriver, "kmem"));
	EXPECT_EQ(codes(check(request)), "");
	request.dax = false;
	EXPECT_TRUE(refused(check(request), "no-dax"));
	request.dax = true;
	made.add_module("cxla_hmem");
	EXPECT_TRUE(refused(check(request), "loaded"));
}

TEST_F(Hmem, in_tree_dax_hmem_keeps_its_ranges_without_takeover_and_load_says_so)
{
	give_to_intree();

	Plan p = plan({false, false, {bdf}});

	EXPECT_EQ(codes(check({false, false, {bdf}})), "");
	EXPECT_FALSE(has_step(p.steps, Act::Unbind, "hmem_platform.0"));
	EXPECT_TRUE(noted(p, "in-tree dax_hmem has the Soft Reserved ranges"));
	EXPECT_TRUE(noted(p, "--takeover"));
	EXPECT_FALSE(noted(plan(takeover()), "in-tree dax_hmem has"));
}

TEST_F(Hmem, device_that_is_not_named_is_told_of_before_its_memory_goes_to_device_dax)
{
	made.add_hmem("");
	EXPECT_TRUE(noted(plan({}), "not named here: " + bdf));
	EXPECT_FALSE(noted(plan({false, false, {bdf}}), "not named here"));
}

TEST_F(Hmem, takeover_takes_the_ranges_before_devices_that_may_want_them)
{
	give_to_intree();

	auto steps = plan(takeover()).steps;
	size_t unbound = index_of(steps, Act::Unbind, "hmem_platform.0");

	EXPECT_EQ(steps.front().act, Act::SaveState);
	EXPECT_EQ(steps[unbound].driver, intree_hmem_driver);
	EXPECT_LT(unbound, index_of(steps, Act::SetOverride, "hmem_platform.0"));
	EXPECT_LT(unbound, index_of(steps, Act::Probe, bdf));
	EXPECT_LT(index_of(steps, Act::Insert, "cxla_hmem"),
		  index_of(steps, Act::Bind, "hmem_platform.0"));
}

TEST_F(Hmem, takeover_that_fails_anywhere_leaves_in_tree_dax_hmem_as_it_was)
{
	made.add_intree(bdf, false, false);
	give_to_intree();

	Plan p = plan(takeover());
	Model before(machine());

	ASSERT_GT(p.steps.size(), 15U);
	for (size_t n = 0; n < p.steps.size(); n++) {
		Model model(machine());

		model.fail_at = n;
		run_all_or_nothing(p.steps, model);
		EXPECT_EQ(model.everything(), before.everything())
			<< "after " << describe(p.steps[n]);
	}
}

TEST_F(Hmem, unload_gives_the_ranges_back_to_in_tree_dax_hmem_last)
{
	made.add_intree(bdf, false, false);
	give_to_intree();

	Plan p = plan(takeover());
	Model model(machine());
	Model before(machine());

	ASSERT_TRUE(run_all_or_nothing(p.steps, model).ok());
	EXPECT_EQ(model.drivers["hmem_platform.0"], our_hmem_driver);

	auto record = state_from_text(model.record, state_path);

	ASSERT_TRUE(record);
	make_taken_over();
	made.file("/sys/devices/platform/hmem_platform.0/driver_override",
		  std::string(our_hmem_driver) + "\n");

	Plan back = plan_unload(machine(), *record);

	EXPECT_TRUE(run_in_order(back.steps, model).ok());
	before.drivers["mem0"] = "";
	EXPECT_EQ(model.everything(), before.everything());
	EXPECT_LT(index_of(back.steps, Act::SetOverride, "hmem_platform.0"),
		  index_of(back.steps, Act::Rebind, "hmem_platform.0"));
	EXPECT_LT(index_of(back.steps, Act::Rebind, bdf),
		  index_of(back.steps, Act::Rebind, "hmem_platform.0"));
}

TEST_F(Hmem, takeover_is_refused_while_memory_of_in_tree_dax_hmem_is_online)
{
	give_to_intree();
	EXPECT_EQ(codes(check(takeover())), "");
	/* in no window, so that nothing but the dax device tells whose it is */
	made.remove("/sys/bus/dax/devices/dax0.0");
	made.add_dax("dax0.0", "hmem.0", 0x1000000000, "kmem");
	made.file("/proc/iomem", "1000000000-101fffffff : Soft Reserved\n"
				 "  1000000000-101fffffff : System RAM (kmem)\n");

	auto refusals = check(takeover());

	ASSERT_TRUE(refused(refusals, "system-ram"));
	EXPECT_NE(refusals[0].what.find("dax0.0 (0x1000000000-0x101fffffff)"), std::string::npos);
	EXPECT_EQ(codes(check({false, false, {bdf}})), "");
}

TEST_F(Hmem, takeover_is_refused_while_somebody_uses_a_dax_device_of_it)
{
	give_to_intree();

	LoadRequest request = takeover();

	request.users["dax0.0"] = {{42, "database"}};

	auto refusals = check(request);

	ASSERT_TRUE(refused(refusals, "in-use"));
	EXPECT_NE(refusals[0].what.find("database (pid 42)"), std::string::npos);
	request.takeover = false;
	EXPECT_EQ(codes(check(request)), "");
}

TEST_F(Hmem, user_of_a_dax_device_is_found_by_its_file_or_its_mapping)
{
	made.file("/proc/42/comm", "opener\n");
	made.dir("/proc/42/fd");
	ASSERT_EQ(symlink("/dev/dax0.0", (made.folder() + "/proc/42/fd/7").c_str()), 0);
	made.file("/proc/42/maps", "7f00-7f10 rw-s 00000000 00:06 9 /dev/dax0.0\n");
	made.file("/proc/43/comm", "mapper\n");
	made.file("/proc/43/maps",
		  "7f0000000000-7f0000200000 rw-s 00000000 00:06 9             /dev/dax0.0\n");
	made.file("/proc/44/comm", "other\n");
	made.file("/proc/44/maps", "7f00-7f10 rw-s 00000000 00:06 9 /dev/dax0.01\n"
				   "7f20-7f30 rw-s 00000000 00:06 9 /mnt/dev/dax0.0\n");

	auto users = find_openers(made.root(), "/dev/dax0.0");

	ASSERT_EQ(users.size(), 2U);
	EXPECT_EQ(users[0].command, "opener");
	EXPECT_EQ(users[1].command, "mapper");
}

TEST_F(Hmem, takeover_tells_where_in_tree_dax_hmem_takes_ranges_only_once)
{
	give_to_intree();
	EXPECT_FALSE(noted(plan(takeover()), "nobody's until the next boot"));
	made.file("/proc/sys/kernel/osrelease", "7.3.4-test\n");
	EXPECT_TRUE(noted(plan(takeover()), "nobody's until the next boot"));
	EXPECT_FALSE(noted(plan({}), "nobody's until the next boot"));
}

TEST_F(Hmem, unload_is_refused_while_a_range_of_ours_is_online_and_names_it)
{
	give_to_ours();
	EXPECT_EQ(codes(check_unload(machine(), {})), "");
	made.file("/proc/iomem", in_use);

	auto refusals = check_unload(machine(), {});

	ASSERT_TRUE(refused(refusals, "system-ram"));
	EXPECT_NE(refusals[0].what.find("0x690000000-0x6afffffff (dax0.0)"), std::string::npos);
}

TEST_F(Hmem, memory_that_is_offline_keeps_no_unload_and_of_one_block_online_all_does)
{
	give_to_ours();
	made.file("/proc/iomem", in_use);
	made.file(memory + "/block_size_bytes", "8000000\n");
	add_block(0xd1, "offline");
	add_block(0xd2, "offline");
	add_block(0xd6, "online"); /* behind the range */
	EXPECT_EQ(codes(check_unload(machine(), {}, OnlineMemory(made.root()))), "");
	add_block(0xd3, "going-offline");
	EXPECT_TRUE(refused(check_unload(machine(), {}, OnlineMemory(made.root())), "system-ram"));
	add_block(0xd3, "offline");
	/* one that can't be read may be any */
	made.file(memory + "/memory211/phys_index", "d3 and more\n");
	made.file(memory + "/memory211/state", "online\n");
	EXPECT_TRUE(refused(check_unload(machine(), {}, OnlineMemory(made.root())), "system-ram"));
}

TEST_F(Hmem, module_whose_memory_is_online_stays_when_a_load_is_undone)
{
	Root root = made.root();
	SystemRunner runner(root, "");
	auto problem = [&](const char *module) {
		try {
			runner.run({Act::Remove, {}, module, {}, {}, {}});
		} catch (const Error &error) {
			return std::string(error.what());
		}
		return std::string();
	};

	give_to_ours();
	made.file("/proc/iomem", in_use);
	EXPECT_NE(problem("cxla_hmem").find("is online as System RAM"), std::string::npos);
	EXPECT_NE(problem("cxla_dax").find("is online as System RAM"), std::string::npos);
	EXPECT_EQ(problem("cxla_core").find("is online as System RAM"), std::string::npos);
	made.file(memory + "/block_size_bytes", "8000000\n");
	add_block(0xd2, "offline");
	EXPECT_EQ(problem("cxla_hmem").find("is online as System RAM"), std::string::npos);
}

TEST_F(Hmem, unload_is_refused_while_a_range_whose_device_went_is_online)
{
	give_to_ours();
	made.remove("/sys/bus/dax/devices/dax0.0");
	made.file("/proc/iomem", in_use);
	EXPECT_EQ(codes(check_unload(machine(), {})), "");
	made.add_ledger("0x690000000-0x6afffffff hmem quarantined online dax0.0 9.000000\n");
	EXPECT_TRUE(refused(check_unload(machine(), {}), "system-ram"));
}

TEST_F(Hmem, unload_is_refused_while_a_dax_device_of_ours_is_used_and_not_for_others)
{
	give_to_ours();

	auto users = std::map<std::string, std::vector<Opener>>{{"dax0.0", {{42, "database"}}}};

	EXPECT_TRUE(refused(check_unload(machine(), users), "in-use"));
	made.remove("/sys/bus/dax/devices/dax0.0");
	made.add_dax("dax0.0", "hmem.0", 0x690000000, "device_dax");
	EXPECT_EQ(codes(check_unload(machine(), users)), "");
}

TEST_F(Hmem, unload_takes_ranges_back_before_their_regions_end)
{
	made.add_attached(2);
	made.make_expander(0);

	auto steps = plan_unload(machine(), std::nullopt).steps;

	EXPECT_LT(index_of(steps, Act::Remove, "cxla_dax"),
		  index_of(steps, Act::Remove, "cxla_hmem"));
	EXPECT_LT(index_of(steps, Act::Remove, "cxla_hmem"), index_of(steps, Act::Unbind, bdf));
	EXPECT_LT(index_of(steps, Act::Unbind, bdf), index_of(steps, Act::Remove, "cxla_core"));
}

TEST_F(Hmem, dax_region_of_ours_is_told_from_one_in_tree)
{
	made.add_attached(1);
	made.add_dax("dax0.0", "dax_region0", 0x690000000, "");
	ASSERT_EQ(machine().dax.size(), 1U);
	EXPECT_TRUE(machine().dax[0].ours);
	made.remove("/sys/bus/cxla/devices/dax_region0");
	EXPECT_FALSE(machine().dax[0].ours);
}

TEST_F(Hmem, snapshot_has_claims_dax_devices_and_their_drivers_without_numbers_and_times)
{
	give_to_ours();

	const std::string owner = "0x690000000-0x6afffffff hmem owned no-region ";

	made.add_ledger(owner + "dax0.0 5.208664\n");

	Snapshot before = take_snapshot(made.root());

	/* another number, another time, another reason for what nobody has */
	made.remove("/sys/bus/dax/devices/dax0.0");
	made.remove("/sys/bus/platform/devices/cxla_hmem.0");
	made.add_dax("dax1.0", "cxla_hmem.1", 0x690000000, "device_dax");
	made.add_ledger(owner + "dax1.0 7.000000\n0x0-0xfff none free released - 7.000000\n");
	EXPECT_TRUE(compare(before, take_snapshot(made.root())).empty());

	made.add_ledger("");
	EXPECT_EQ(compare(before, take_snapshot(made.root())).missing.size(), 1U);
	made.add_ledger(owner + "dax1.0 7.000000\n");
	made.remove("/sys/bus/dax/devices/dax1.0/driver");
	EXPECT_EQ(compare(before, take_snapshot(made.root())).missing.size(), 1U);
	made.remove("/sys/bus/platform/devices/cxla_hmem.1");
	EXPECT_EQ(compare(before, take_snapshot(made.root())).missing.size(), 2U);
}

TEST_F(Hmem, operations_on_ranges_are_done_where_there_are_any)
{
	const MachineOperation *unbind = find_operation("unbind-hmem");

	made.add_attached(2);

	TestBed without = find_test_bed(made.root(), machine(), "/nowhere");

	ASSERT_TRUE(unbind);
	EXPECT_NE(missing_for(without, *unbind), "");
	EXPECT_EQ(missing_for(without, *find_operation("attach")), "");
	give_to_ours();

	TestBed with = find_test_bed(made.root(), machine(), "/nowhere");

	EXPECT_EQ(with.hmem, "hmem_platform.0");
	with.modules = {{"cxla_hmem", "x"}, {"cxla_dax", "y"}};
	EXPECT_EQ(missing_for(with, *unbind), "");
	with.modules.erase("cxla_dax");
	EXPECT_NE(missing_for(with, *unbind), "");
}
