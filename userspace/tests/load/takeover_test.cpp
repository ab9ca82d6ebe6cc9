// SPDX-License-Identifier: GPL-2.0-only
/* What load and unload refuse, what they plan, and that it can be taken back. */
#include "load/planning.h"

#include <ranges>

using namespace cxla;
using namespace cxla::test;

TEST_F(Planning, free_device_on_a_cxl_machine_is_not_refused)
{
	EXPECT_EQ(codes(check({false, false, {bdf}})), "");
}

TEST_F(Planning, machine_without_cedt_is_refused)
{
	made.remove(cedt_path);
	EXPECT_TRUE(refused(check({}), "no-cedt"));
}

TEST_F(Planning, machine_without_acpi0017_is_refused)
{
	made.remove("/sys/bus/platform/devices/ACPI0017:00");
	EXPECT_TRUE(refused(check({}), "no-root"));
}

TEST_F(Planning, missing_modules_are_named_with_where_they_were_looked_for)
{
	ModuleSet modules = all_modules();

	modules.files.erase(modules.files.begin() + 1);

	auto refusals = check({}, modules);

	ASSERT_EQ(codes(refusals), "no-modules: cxla_port not found in /made/up\n");
}

TEST_F(Planning, modules_of_another_kernel_are_refused)
{
	EXPECT_TRUE(refused(check({}, all_modules("6.11.0")), "vermagic"));
}

TEST_F(Planning, unsigned_modules_are_refused_where_signatures_are_enforced)
{
	made.file("/sys/module/module/parameters/sig_enforce", "Y\n");
	EXPECT_TRUE(refused(check({}), "signature"));
	EXPECT_EQ(codes(check({}, all_modules("6.12.0-test", true))), "");
}

TEST_F(Planning, unsigned_modules_are_refused_under_lockdown)
{
	made.file("/sys/kernel/security/lockdown", "[none] integrity confidentiality\n");
	EXPECT_EQ(codes(check({})), "");
	made.file("/sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	EXPECT_TRUE(refused(check({}), "signature"));
}

TEST_F(Planning, root_held_in_tree_is_refused_unless_taken_over)
{
	made.bind("platform", "ACPI0017:00", "cxl_acpi");

	auto refusals = check({});

	ASSERT_TRUE(refused(refusals, "root-in-use"));
	EXPECT_TRUE(refusals[0].takeover_helps);
	EXPECT_NE(refusals[0].what.find("cxl_acpi is bound to ACPI0017:00"), std::string::npos);
	EXPECT_EQ(codes(check({true, false, {}})), "");
}

TEST_F(Planning, device_held_in_tree_is_refused_unless_taken_over)
{
	made.bind("pci", bdf, "cxl_pci");
	EXPECT_TRUE(refused(check({false, false, {bdf}}), "device-bound"));
	EXPECT_EQ(codes(check({true, false, {bdf}})), "");
}

TEST_F(Planning, device_of_a_foreign_driver_is_refused_even_by_takeover)
{
	made.bind("pci", bdf, "vfio-pci");
	EXPECT_TRUE(refused(check({true, false, {bdf}}), "device-bound"));
}

TEST_F(Planning, system_ram_is_refused_even_by_takeover)
{
	made.add_intree(bdf, true, true);
	made.file("/proc/iomem", "690000000-78fffffff : CXL Window 0\n"
				 "  690000000-6afffffff : System RAM (kmem)\n");
	EXPECT_TRUE(refused(check({true, false, {bdf}}), "system-ram"));
	EXPECT_TRUE(refused(check({true, true, {bdf}}), "system-ram"));
}

TEST_F(Planning, system_ram_of_another_device_below_the_root_is_refused_by_takeover)
{
	made.bind("platform", "ACPI0017:00", "cxl_acpi");
	made.file("/proc/iomem", "780000000-78fffffff : System RAM\n");
	EXPECT_TRUE(refused(check({true, false, {bdf}}), "system-ram"));
}

TEST_F(Planning, takeover_that_would_uncommit_decoders_is_refused_unless_allowed)
{
	made.add_intree(bdf, true, false);
	EXPECT_TRUE(refused(check({true, false, {bdf}}), "would-uncommit"));
	EXPECT_EQ(codes(check({true, true, {bdf}})), "");
}

TEST_F(Planning, takeover_of_locked_decoders_or_without_a_region_is_not_refused)
{
	made.add_intree(bdf, true, true);
	EXPECT_EQ(codes(check({true, false, {bdf}})), "");
	made.remove("/sys/bus/cxl/devices/region0");
	EXPECT_EQ(codes(check({true, false, {bdf}})), "");
}

TEST_F(Planning, device_that_is_absent_or_no_cxl_device_is_refused)
{
	made.file("/sys/devices/pci0000:00/0000:00:01.0/config", std::string(4096, '\0'));
	made.link("/sys/bus/pci/devices/0000:00:01.0", "/sys/devices/pci0000:00/0000:00:01.0");
	EXPECT_TRUE(refused(check({false, false, {"0000:00:01.0"}}), "not-cxl"));
	EXPECT_TRUE(refused(check({false, false, {"0000:77:00.0"}}), "no-device"));
}

TEST_F(Planning, record_of_an_unfinished_load_is_refused)
{
	state = State{"boot-1", "1", {"cxla_core"}, {}};
	EXPECT_TRUE(refused(check({}), "unfinished"));
}

TEST_F(Planning, all_means_mem_capable_devices_without_a_driver)
{
	made.add_device("0000:0e:00.0");
	made.add_device("0000:0f:00.0");
	made.file(cxla::test::device_path("0000:0f:00.0") + "/config",
		  cxla::test::make_config(false));
	made.bind("pci", "0000:0e:00.0", "cxl_pci");
	EXPECT_EQ(all_candidates(machine(), false), std::vector<std::string>{bdf});
	EXPECT_EQ(all_candidates(machine(), true), (std::vector<std::string>{bdf, "0000:0e:00.0"}));
}

TEST_F(Planning, modules_load_in_order_and_devices_bind_after_them)
{
	auto steps = plan({false, false, {bdf}}).steps;

	for (size_t i = 1; i < our_modules.size(); i++)
		EXPECT_LT(index_of(steps, Act::Insert, our_modules[i - 1]),
			  index_of(steps, Act::Insert, our_modules[i]));
	EXPECT_LT(index_of(steps, Act::Insert, "cxla_accel"), index_of(steps, Act::Probe, bdf));
	EXPECT_LT(index_of(steps, Act::SetOverride, bdf), index_of(steps, Act::Probe, bdf));
	EXPECT_EQ(steps.front().act, Act::SaveState);
}

TEST_F(Planning, loading_what_is_loaded_is_nothing_to_do)
{
	for (const char *name : our_modules)
		made.add_module(name);
	EXPECT_TRUE(plan({}).steps.empty());
}

TEST_F(Planning, takeover_unbinds_memdev_then_device_then_root_with_autoprobe_off)
{
	made.add_intree(bdf, false, false);

	auto steps = plan({true, false, {bdf}}).steps;
	size_t root_unbound = index_of(steps, Act::Unbind, "ACPI0017:00");

	EXPECT_EQ(steps[0].act, Act::SaveState);
	EXPECT_EQ(steps[1].act, Act::SetAutoprobe);
	EXPECT_EQ(steps[1].value, "0");
	EXPECT_LT(index_of(steps, Act::Unbind, "mem0"), index_of(steps, Act::Unbind, bdf));
	EXPECT_LT(index_of(steps, Act::Unbind, bdf), root_unbound);
	EXPECT_LT(root_unbound, index_of(steps, Act::Insert, "cxla_acpi"));
	EXPECT_EQ(steps[steps.size() - 2].act, Act::SetAutoprobe);
	EXPECT_EQ(steps[steps.size() - 2].value, "1");
	EXPECT_EQ(steps.back().act, Act::SaveState);
}

TEST_F(Planning, failing_step_undoes_those_before_it_whichever_it_is)
{
	made.add_intree(bdf, false, false);

	Plan p = plan({true, false, {bdf}});
	Model before(machine());

	ASSERT_GT(p.steps.size(), 10U);
	for (size_t n = 0; n < p.steps.size(); n++) {
		Model model(machine());

		model.fail_at = n;

		Outcome outcome = run_all_or_nothing(p.steps, model);

		EXPECT_EQ(outcome.done, n);
		EXPECT_EQ(outcome.error, "made to fail");
		EXPECT_EQ(*outcome.failed, p.steps[n]);
		EXPECT_EQ(model.everything(), before.everything())
			<< "after " << describe(p.steps[n]);
	}
}

TEST_F(Planning, interrupt_undoes_everything_whenever_it_comes)
{
	made.add_intree(bdf, false, false);

	Plan p = plan({true, false, {bdf}});
	Model before(machine());

	for (size_t n = 0; n <= p.steps.size(); n++) {
		Model model(machine());

		model.interrupt_at = n;
		EXPECT_TRUE(run_all_or_nothing(p.steps, model).interrupted);
		EXPECT_EQ(model.everything(), before.everything()) << n;
	}
}

TEST_F(Planning, undo_runs_in_reverse_order)
{
	made.add_intree(bdf, false, false);

	Plan p = plan({true, false, {bdf}});
	Model model(machine());

	model.fail_at = p.steps.size() - 1;
	run_all_or_nothing(p.steps, model);
	EXPECT_LT(index_of(model.ran, Act::Remove, "cxla_accel"),
		  index_of(model.ran, Act::Remove, "cxla_core"));
	EXPECT_LT(index_of(model.ran, Act::Remove, "cxla_core"),
		  index_of(model.ran, Act::Bind, "ACPI0017:00"));
	EXPECT_LT(index_of(model.ran, Act::Bind, "ACPI0017:00"),
		  index_of(model.ran, Act::Bind, bdf));
}

TEST_F(Planning, undo_goes_on_after_a_failure_and_keeps_the_record)
{
	/* everything fails from the fifth step on, but for what DropState would do */
	class Broken : public Model
	{
	public:
		using Model::Model;
		void run(const Step &step) override
		{
			if (step.act == Act::Remove)
				throw Error("can't remove");
			Model::run(step);
		}
	};

	Plan p = plan({false, false, {bdf}});
	Broken model(machine());

	model.fail_at = 4;

	Outcome outcome = run_all_or_nothing(p.steps, model);

	EXPECT_EQ(outcome.undo_errors.size(), 3U);
	EXPECT_FALSE(model.record.empty());
}

TEST_F(Planning, unload_gives_back_what_the_takeover_took)
{
	made.add_intree(bdf, false, false);

	Plan p = plan({true, false, {bdf}});
	Model model(machine());
	Model before(machine());

	ASSERT_TRUE(run_all_or_nothing(p.steps, model).ok());
	EXPECT_EQ(model.drivers[bdf], accel_driver);
	EXPECT_EQ(model.autoprobe, "1");

	auto record = state_from_text(model.record, state_path);

	ASSERT_TRUE(record);
	make_taken_over();

	Plan back = plan_unload(machine(), *record);

	EXPECT_TRUE(run_in_order(back.steps, model).ok());
	/* cxl_mem binds by itself when cxl_pci has made the memdev again */
	before.drivers["mem0"] = "";
	EXPECT_EQ(model.everything(), before.everything());
	EXPECT_LT(index_of(back.steps, Act::Remove, "cxla_core"),
		  index_of(back.steps, Act::Rebind, "ACPI0017:00"));
	EXPECT_LT(index_of(back.steps, Act::Rebind, "ACPI0017:00"),
		  index_of(back.steps, Act::Rebind, bdf));
}

TEST_F(Planning, device_that_can_not_be_given_back_keeps_back_no_other_and_stays_on_record)
{
	make_taken_over();
	state = State{"boot-1",
		      "1",
		      {},
		      {{"pci", bdf, "cxl_pci", ""}, {"platform", "ACPI0017:00", "cxl_acpi", ""}}};
	made.file("/sys/bus/pci/drivers_autoprobe", "0\n");

	Plan back = plan_unload(machine(), state);
	Model model(machine());

	model.record = "kept";
	model.fail_at = index_of(back.steps, Act::Rebind, "ACPI0017:00");

	Outcome outcome = run_in_order(back.steps, model);

	EXPECT_FALSE(outcome.ok());
	ASSERT_TRUE(outcome.failed);
	EXPECT_EQ(outcome.failed->device, "ACPI0017:00");
	EXPECT_EQ(model.drivers[bdf], "cxl_pci");
	EXPECT_EQ(model.autoprobe, "1");
	EXPECT_EQ(model.record, "kept");
}

TEST_F(Planning, unload_after_a_crash_restores_from_the_record_alone)
{
	made.file("/sys/bus/pci/drivers_autoprobe", "0\n");
	state = State{"boot-1", "1", {"cxla_core"}, {{"pci", bdf, "cxl_pci", ""}}};
	made.file(cxla::test::device_path(bdf) + "/driver_override", "cxla_accel\n");

	auto steps = plan_unload(machine(), state).steps;

	EXPECT_LT(index_of(steps, Act::SetOverride, bdf), index_of(steps, Act::Rebind, bdf));
	EXPECT_EQ(steps[steps.size() - 2].act, Act::SetAutoprobe);
	EXPECT_EQ(steps[steps.size() - 2].value, "1");
	EXPECT_EQ(steps.back().act, Act::DropState);
}

TEST_F(Planning, load_after_a_killed_one_restores_autoprobe_as_the_record_says)
{
	made.file("/sys/bus/pci/drivers_autoprobe", "0\n");
	made.add_module("cxla_core");
	state = State{"boot-1", "1", {"cxla_core"}, {}};
	for (bool takeover : {false, true}) {
		Plan p = plan({takeover, false, {bdf}});
		Model model(machine());

		EXPECT_TRUE(run_all_or_nothing(p.steps, model).ok());
		EXPECT_EQ(model.autoprobe, "1") << takeover;
	}
	/* also where nothing else is left to do */
	for (const char *name : our_modules)
		made.add_module(name);

	Model model(machine());

	EXPECT_TRUE(run_all_or_nothing(plan({}).steps, model).ok());
	EXPECT_EQ(model.autoprobe, "1");
}

TEST_F(Planning, load_leaves_autoprobe_off_where_the_record_says_nothing_of_it)
{
	made.file("/sys/bus/pci/drivers_autoprobe", "0\n");
	made.add_module("cxla_core");
	state = State{"boot-1", "", {"cxla_core"}, {}};
	for (const auto &step : plan({true, false, {bdf}}).steps)
		EXPECT_NE(step.act, Act::SetAutoprobe);
}

TEST_F(Planning, devices_are_given_back_in_the_order_of_their_memdevs_after_the_root)
{
	const std::string other = "0000:0c:00.0";

	made.add_device(bdf);
	made.add_device(other);
	made.add_intree(bdf, false, true);
	made.bind("pci", other, "cxl_pci");
	/* drivers probe in the background: the first device need not have the first number */
	made.file(cxla::test::device_path(other) + "/mem1/serial", "0x2\n");
	made.link("/sys/bus/cxl/devices/mem1", cxla::test::device_path(other) + "/mem1");

	LoadRequest request;
	std::vector<std::string> given, undone;

	request.takeover = true;
	request.devices = {other, bdf};

	Plan load = plan_load(machine(), all_modules(), state, request);

	for (const auto &step : std::views::reverse(load.steps))
		if (auto back = inverse(step); back && back->act == Act::Bind)
			undone.push_back(back->device);
	EXPECT_EQ(undone, (std::vector<std::string>{"ACPI0017:00", bdf, other}));

	auto record = state_from_text(load.steps.front().value, "");

	ASSERT_TRUE(record);
	for (const auto &step : plan_unload(machine(), *record).steps)
		if (step.act == Act::Rebind)
			given.push_back(step.device);
	EXPECT_EQ(given, undone);
}

TEST_F(Planning, override_that_somebody_had_set_for_ours_is_there_again_after_the_driver)
{
	State record;

	made.add_device(bdf);
	made.file(cxla::test::device_path(bdf) + "/driver_override", "cxla_accel\n");
	record.taken = {{"pci", bdf, "cxl_pci", "cxla_accel"}};

	std::vector<std::string> seen;

	for (const auto &step : plan_unload(machine(), record).steps)
		if (step.device == bdf)
			seen.push_back(describe(step));
	EXPECT_EQ(seen, (std::vector<std::string>{
				"clear driver_override of " + bdf,
				"bind " + bdf + " to cxl_pci if it is there and has no driver",
				"set driver_override of " + bdf + " to cxla_accel"}));
}

TEST_F(Planning, second_load_that_fails_leaves_the_record_of_the_first)
{
	state = State{"boot-1", "", {"cxla_core"}, {{"pci", "0000:0e:00.0", "cxl_pci", ""}}};
	made.add_module("cxla_core");

	Plan p = plan({false, false, {bdf}});
	Model model(machine());

	model.record = state_to_text(*state);
	model.fail_at = p.steps.size() - 1;
	run_all_or_nothing(p.steps, model);
	EXPECT_EQ(model.record, state_to_text(*state));
}

TEST_F(Planning, unload_is_refused_while_a_node_is_open_or_memory_is_system_ram)
{
	made.add_attached(1);

	auto openers = std::map<std::string, std::vector<Opener>>{{"accel0", {{42, "qemu"}}}};
	auto refusals = check_unload(machine(), openers);

	ASSERT_TRUE(refused(refusals, "in-use"));
	EXPECT_NE(refusals[0].what.find("qemu (pid 42)"), std::string::npos);
	EXPECT_EQ(codes(check_unload(machine(), {})), "");
	made.file("/proc/iomem", "690000000-690ffffff : System RAM\n");
	EXPECT_TRUE(refused(check_unload(machine(), {}), "system-ram"));
}

TEST_F(Planning, unload_unbinds_expanders_and_clears_their_override)
{
	made.add_attached(2);
	made.make_expander(0);

	auto steps = plan_unload(machine(), std::nullopt).steps;
	Model model(machine());

	for (const auto &step : steps)
		model.run(step);
	EXPECT_EQ(model.overrides[bdf], "");
	EXPECT_EQ(model.drivers[bdf], "");
	EXPECT_EQ(steps[index_of(steps, Act::Unbind, bdf)].driver, expander_driver);
	EXPECT_LT(index_of(steps, Act::WaitGone, "mem0"), index_of(steps, Act::Remove, "cxla_pci"));
	EXPECT_LT(index_of(steps, Act::Remove, "cxla_pci"),
		  index_of(steps, Act::Remove, "cxla_core"));
}

TEST_F(Planning, unload_is_refused_while_an_expander_s_node_is_open_or_its_memory_is_system_ram)
{
	made.add_attached(1);
	made.make_expander(0);
	EXPECT_EQ(codes(check_unload(machine(), {})), "");
	EXPECT_TRUE(refused(check_unload(machine(), {{"mem0", {{42, "cxla"}}}}), "in-use"));
	made.file("/proc/iomem", "690000000-690ffffff : System RAM\n");
	EXPECT_TRUE(refused(check_unload(machine(), {}), "system-ram"));
}

TEST_F(Planning, load_of_an_expander_is_refused_with_detach_as_hint)
{
	made.bind("pci", bdf, expander_driver);
	for (bool takeover : {false, true}) {
		auto refusals = check({takeover, false, {bdf}});

		ASSERT_TRUE(refused(refusals, "device-bound"));
		EXPECT_NE(refusals[0].todo.find("`cxla detach 0000:0d:00.0`"), std::string::npos);
		EXPECT_FALSE(refusals[0].takeover_helps);
	}
	EXPECT_TRUE(all_candidates(machine(), true).empty());
}

TEST_F(Planning, load_inserts_every_module_of_ours_in_order)
{
	auto steps = plan({false, false, {bdf}}).steps;

	for (size_t i = 1; i < our_modules.size(); i++)
		EXPECT_LT(index_of(steps, Act::Insert, our_modules[i - 1]),
			  index_of(steps, Act::Insert, our_modules[i]));
	EXPECT_STREQ(our_modules.back(), "cxla_dax");
}

TEST_F(Planning, unload_is_refused_while_a_module_of_somebody_else_uses_ours)
{
	made.add_module("cxla_mem", 1);
	made.dir("/sys/module/cxla_mem/holders/my_driver");
	EXPECT_TRUE(refused(check_unload(machine(), {}), "module-in-use"));
}

TEST_F(Planning, opener_of_a_node_is_found_in_proc)
{
	made.file("/proc/42/comm", "reader\n");
	made.dir("/proc/42/fd");
	ASSERT_EQ(symlink("/dev/cxla/accel0", (made.folder() + "/proc/42/fd/7").c_str()), 0);
	ASSERT_EQ(symlink("/dev/cxla/accel01", (made.folder() + "/proc/42/fd/8").c_str()), 0);

	auto openers = find_openers(made.root(), "/dev/cxla/accel0");

	ASSERT_EQ(openers.size(), 1U);
	EXPECT_EQ(openers[0].pid, 42);
	EXPECT_EQ(openers[0].command, "reader");
	EXPECT_TRUE(find_openers(made.root(), "/dev/cxla/accel1").empty());
}
