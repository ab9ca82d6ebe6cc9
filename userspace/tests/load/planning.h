// SPDX-License-Identifier: GPL-2.0-only
/* What tests of load and unload share: a machine to plan for, and a model of one. */
#pragma once

#include "load/takeover.h"
#include "made_up_root.h"
#include "sys/error.h"

#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <set>

namespace cxla::test
{

inline ModuleSet all_modules(const std::string &release = "6.12.0-test", bool is_signed = false)
{
	ModuleSet set;

	set.searched = {"/made/up"};
	for (const char *name : our_modules)
		set.files.push_back({name,
				     fmt::format("/made/up/{}.ko", name),
				     release + " SMP mod_unload",
				     is_signed,
				     {}});
	return set;
}

inline bool refused(const std::vector<Refusal> &refusals, const std::string &code)
{
	return std::any_of(refusals.begin(), refusals.end(),
			   [&](const Refusal &r) { return r.code == code; });
}

struct Planning : ::testing::Test {
	Planning()
	{
		made.add_kernel();
		made.add_platform();
		made.add_device(bdf);
	}
	Machine machine()
	{
		Machine m = read_machine(made.root());

		m.privileged = true;
		return m;
	}
	/* the machine as it is read after a load that took @bdf over */
	void make_taken_over()
	{
		made.bind("pci", bdf, accel_driver);
		made.file(device_path(bdf) + "/driver_override", "cxla_accel\n");
		made.file("/sys/devices/platform/ACPI0017:00/driver_override", "cxla_acpi\n");
		for (const char *name : our_modules)
			made.add_module(name);
	}
	std::vector<Refusal> check(LoadRequest request, ModuleSet modules = all_modules())
	{
		return check_load(machine(), modules, state, request);
	}
	Plan plan(LoadRequest request)
	{
		return plan_load(machine(), all_modules(), state, request);
	}
	std::string codes(const std::vector<Refusal> &refusals)
	{
		std::string text;

		for (const auto &refusal : refusals)
			text += refusal.code + ": " + refusal.what + "\n";
		return text;
	}

	MadeUpRoot made;
	std::optional<State> state;
};

/* what steps change, so that before and after can be compared */
class Model : public StepRunner
{
public:
	explicit Model(const Machine &m) : autoprobe(m.pci_autoprobe)
	{
		for (const auto &device : m.pci.devices) {
			drivers[device.bdf] = device.driver;
			overrides[device.bdf] = device.driver_override;
		}
		for (const auto &acpi : m.roots) {
			drivers[acpi.name] = acpi.driver;
			overrides[acpi.name] = acpi.driver_override;
		}
		for (const auto &device : m.hmem) {
			drivers[device.name] = device.driver;
			overrides[device.name] = device.driver_override;
		}
		for (const Node *memdev : m.intree.of(NodeKind::Memdev)) {
			drivers[memdev->name] = memdev->driver;
			overrides[memdev->name] = "";
		}
		for (const auto &[name, module] : m.loaded)
			modules.insert(name);
	}

	void run(const Step &step) override
	{
		if (count++ == fail_at)
			throw Error("made to fail");
		ran.push_back(step);
		switch (step.act) {
		case Act::SaveState:
			record = step.value;
			break;
		case Act::DropState:
			record.clear();
			break;
		case Act::SetAutoprobe:
			EXPECT_EQ(autoprobe, step.previous);
			autoprobe = step.value;
			break;
		case Act::SetOverride:
			EXPECT_EQ(overrides[step.device], step.previous) << step.device;
			overrides[step.device] = step.value;
			break;
		case Act::Unbind:
			EXPECT_EQ(drivers[step.device], step.driver) << step.device;
			drivers[step.device] = "";
			break;
		case Act::Rebind:
			if (!drivers.count(step.device) || !drivers[step.device].empty())
				break;
			[[fallthrough]];
		case Act::Bind:
		case Act::Probe:
			/* as in the kernel: an override excludes every other driver */
			EXPECT_TRUE(overrides[step.device].empty() ||
				    overrides[step.device] == step.driver)
				<< step.driver << " for " << step.device;
			drivers[step.device] = step.driver;
			break;
		case Act::Insert:
			if (step.device == "cxla_acpi") {
				EXPECT_NE(drivers["ACPI0017:00"], "cxl_acpi");
				drivers["ACPI0017:00"] = "cxla_acpi";
			}
			if (step.device == "cxla_hmem" && drivers.count("hmem_platform.0")) {
				EXPECT_NE(drivers["hmem_platform.0"], intree_hmem_driver);
				drivers["hmem_platform.0"] = our_hmem_driver;
			}
			modules.insert(step.device);
			break;
		case Act::Remove:
			for (const auto &[device, driver] : drivers) {
				EXPECT_FALSE(driver == step.device && driver == accel_driver);
			}
			if (step.device == "cxla_acpi")
				drivers["ACPI0017:00"] = "";
			if (step.device == "cxla_hmem" && drivers.count("hmem_platform.0"))
				drivers["hmem_platform.0"] = "";
			modules.erase(step.device);
			break;
		default:
			break;
		}
	}
	bool interrupted() override { return count >= interrupt_at; }

	/* as text, so that a difference is seen */
	std::string everything() const
	{
		std::string text = "autoprobe " + autoprobe + "\nrecord " + record + "\n";

		for (const auto &[device, driver] : drivers)
			text += device + " has " + driver + "\n";
		for (const auto &[device, driver] : overrides)
			text += device + " override " + driver + "\n";
		for (const auto &module : modules)
			text += module + "\n";
		return text;
	}

	std::map<std::string, std::string> drivers, overrides;
	std::set<std::string> modules;
	std::string autoprobe, record;
	std::vector<Step> ran;
	size_t count = 0, fail_at = SIZE_MAX, interrupt_at = SIZE_MAX;
};

inline size_t index_of(const std::vector<Step> &steps, Act act, const std::string &device)
{
	for (size_t i = 0; i < steps.size(); i++)
		if (steps[i].act == act && steps[i].device == device)
			return i;
	ADD_FAILURE() << "no step " << act_word(act) << " " << device;
	return 0;
}

} // namespace cxla::test
