// SPDX-License-Identifier: GPL-2.0-only
/* PCI devices and drivers that come while a takeover has autoprobe off are not left without. */
#include "load/runner.h"
#include "planning.h"

namespace cxla::test
{
namespace
{

struct MissedProbe : Planning {
	Step back_on(const PciBefore &before)
	{
		return {Act::SetAutoprobe, "pci", {}, {}, "1", "0", {}, before};
	}
	void run(const Step &step)
	{
		Root root = made.root();

		SystemRunner(root, "").run(step);
	}
	std::string probed() { return made.read("/sys/bus/pci/drivers_probe"); }
	std::vector<Step> autoprobe_steps(const Plan &plan)
	{
		std::vector<Step> found;

		for (const auto &step : plan.steps)
			if (step.act == Act::SetAutoprobe)
				found.push_back(step);
		return found;
	}
};

TEST_F(MissedProbe, device_that_came_meanwhile_is_probed)
{
	run(back_on({{"0000:77:00.0"}, {}}));
	EXPECT_EQ(made.read("/sys/bus/pci/drivers_autoprobe"), "1\n");
	EXPECT_EQ(probed(), bdf);
}

TEST_F(MissedProbe, device_that_root_left_without_driver_is_left_so)
{
	run(back_on({{bdf}, {}}));
	EXPECT_EQ(probed(), "");
}

TEST_F(MissedProbe, device_with_an_override_or_a_driver_is_left_alone)
{
	made.file(device_path(bdf) + "/driver_override", "vfio-pci\n");
	run(back_on({{}, {}}));
	EXPECT_EQ(probed(), "");
	made.file(device_path(bdf) + "/driver_override", "(null)\n");
	made.bind("pci", bdf, "nvme");
	run(back_on({{}, {}}));
	EXPECT_EQ(probed(), "");
}

TEST_F(MissedProbe, nothing_is_probed_as_autoprobe_goes_off)
{
	run({Act::SetAutoprobe, "pci", {}, {}, "0", "1", {}, PciBefore{}});
	EXPECT_EQ(probed(), "");
}

TEST_F(MissedProbe, driver_that_came_meanwhile_is_offered_what_had_none)
{
	for (const char *driver : {"pcieport", "nvme", "cxl_pci", "cxla_pci"})
		made.file(fmt::format("/sys/bus/pci/drivers/{}/bind", driver), "");
	run(back_on({{bdf}, {"pcieport"}}));
	EXPECT_EQ(made.read("/sys/bus/pci/drivers/nvme/bind"), bdf);
	EXPECT_EQ(made.read("/sys/bus/pci/drivers/pcieport/bind"), "");
	EXPECT_EQ(made.read("/sys/bus/pci/drivers/cxl_pci/bind"), "");
	EXPECT_EQ(made.read("/sys/bus/pci/drivers/cxla_pci/bind"), "");
	EXPECT_EQ(probed(), "");
	/* where it is not known which were there, none has come */
	made.file("/sys/bus/pci/drivers/nvme/bind", "");
	run(back_on({{bdf}, {}}));
	EXPECT_EQ(made.read("/sys/bus/pci/drivers/nvme/bind"), "");
}

TEST_F(MissedProbe, undo_probes_as_well)
{
	Root root = made.root();
	SystemRunner runner(root, "");
	PciBefore before{{"0000:77:00.0"}, {}};
	std::vector<Step> steps = {
		{Act::SetAutoprobe, "pci", {}, {}, "0", "1", {}, before},
		{Act::Bind, "pci", bdf, "no_such_driver", {}, {}},
	};
	Outcome outcome = run_all_or_nothing(steps, runner);

	EXPECT_TRUE(outcome.failed);
	EXPECT_TRUE(outcome.undo_errors.empty());
	EXPECT_EQ(trim(made.read("/sys/bus/pci/drivers_autoprobe")), "1");
	EXPECT_EQ(probed(), bdf);
}

TEST_F(MissedProbe, load_knows_what_had_no_driver_or_one_of_ours)
{
	made.add_device("0000:0e:00.0");
	made.add_device("0000:0f:00.0");
	made.bind("pci", "0000:0e:00.0", "nvme");
	made.bind("pci", "0000:0f:00.0", accel_driver);

	Plan p = plan({true, false, {bdf}});
	auto steps = autoprobe_steps(p);
	Model model(machine());

	ASSERT_EQ(steps.size(), 2U);
	for (const auto &step : steps) {
		ASSERT_TRUE(step.before);
		EXPECT_EQ(step.before->driverless, (std::vector<std::string>{bdf, "0000:0f:00.0"}));
		EXPECT_EQ(step.before->drivers, (std::vector<std::string>{"cxla_accel", "nvme"}));
	}

	auto record = state_from_text(p.steps.front().value, state_path);

	ASSERT_TRUE(record);
	EXPECT_EQ(record->pci_before, steps[0].before);
	/* a load that has ended has nothing of it left to restore */
	EXPECT_TRUE(run_all_or_nothing(p.steps, model).ok());
	record = state_from_text(model.record, state_path);
	ASSERT_TRUE(record);
	EXPECT_EQ(record->pci_autoprobe, "");
	EXPECT_FALSE(record->pci_before);
}

TEST_F(MissedProbe, unload_after_a_crash_probes_by_the_record)
{
	PciBefore before{{bdf}, {"nvme"}};

	made.file("/sys/bus/pci/drivers_autoprobe", "0\n");
	state = State{"boot-1", "1", {"cxla_core"}, {{"pci", bdf, "cxl_pci", ""}}, before};

	Plan p = plan_unload(machine(), state);
	auto steps = autoprobe_steps(p);

	ASSERT_EQ(steps.size(), 1U);
	EXPECT_EQ(steps[0].value, "1");
	EXPECT_EQ(steps[0].before, before);
	/* what was taken has its driver again by then */
	EXPECT_LT(index_of(p.steps, Act::Rebind, bdf), index_of(p.steps, Act::SetAutoprobe, ""));
	/* and so does a load */
	made.add_module("cxla_core");
	EXPECT_EQ(autoprobe_steps(plan({})).at(0).before, before);
}

TEST_F(MissedProbe, rescan_probes_what_it_finds_but_not_what_is_taken_over)
{
	LoadRequest request;

	request.takeover = true;
	request.devices = {"0000:77:00.0"};

	auto steps = autoprobe_steps(plan_rescan(machine(), state, request));

	ASSERT_EQ(steps.size(), 2U);
	EXPECT_EQ(steps[1].value, "1");
	ASSERT_TRUE(steps[1].before);
	EXPECT_EQ(steps[1].before->driverless, (std::vector<std::string>{bdf, "0000:77:00.0"}));
}

TEST(Record, of_what_pci_was_like_round_trips_and_may_be_missing)
{
	State record{"boot-1", "1", {}, {}, PciBefore{{bdf}, {"nvme"}}};
	auto read = state_from_text(state_to_text(record), state_path);

	ASSERT_TRUE(read);
	EXPECT_EQ(*read, record);
	record.pci_before.reset();
	read = state_from_text(state_to_text(record), state_path);
	ASSERT_TRUE(read);
	EXPECT_EQ(*read, record);
}

} // namespace
} // namespace cxla::test
