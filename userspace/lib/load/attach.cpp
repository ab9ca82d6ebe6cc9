// SPDX-License-Identifier: GPL-2.0-only
#include "load/attach.h"

#include "load/runner.h"
#include "sys/error.h"

#include <fmt/format.h>
#include <thread>

namespace cxla
{

namespace
{

using Clock = std::chrono::steady_clock;

void need_driver(const Root &root, const std::string &driver)
{
	std::string folder = "/sys/bus/pci/drivers/" + driver;

	if (!root.exists(folder))
		throw Error(fmt::format("there is no {}", folder),
			    fmt::format("{} is not loaded: `cxla load`", driver), Exit::Refused);
}

std::string bound_hint(const std::string &bdf, const std::string &driver)
{
	if (driver == "cxl_pci")
		return fmt::format("`cxla load --takeover {}` moves it over", bdf);
	if (is_our_pci_driver(driver))
		return fmt::format("`cxla detach {}` first", bdf);
	return "unbind it there first";
}

} // namespace

void bind_device(const Root &root, const std::string &bdf, const std::string &driver,
		 StepRunner &runner)
{
	PciDevice device = read_pci_device(root, bdf);
	std::vector<Step> steps;

	need_driver(root, driver);
	if (device.driver == driver) {
		Accelerator accel = read_accelerator(root, bdf, {});

		if (driver != accel_driver || !accel.state || accel.attached())
			return;
		need_unused(root, accel);
		steps.push_back({Act::Unbind, "pci", bdf, driver, {}, {}});
	} else if (!device.driver.empty()) {
		throw Error(fmt::format("{} is bound to {}", bdf, device.driver),
			    bound_hint(bdf, device.driver), Exit::Refused);
	}
	if (device.driver_override != driver)
		steps.push_back({Act::SetOverride, "pci", bdf, {}, driver, device.driver_override});
	steps.push_back({Act::Probe, "pci", bdf, driver, {}, {}});

	Outcome outcome = run_all_or_nothing(steps, runner);

	if (outcome.ok())
		return;

	std::string what = outcome.interrupted ? "interrupted" : outcome.error;

	for (const auto &undo : outcome.undo_errors)
		what += "; not undone: " + undo;
	throw Error(what, outcome.hint);
}

RegionCreation::RegionCreation(const Root &root)
{
	auto before = root.text(region_creation);

	if (!before)
		throw Error(fmt::format("{}: {}", region_creation, before.problem().what),
			    "program and modules must be of the same version: `cxla load`",
			    Exit::Refused);
	if (*before != "Y")
		creation_.emplace(root, BorrowedSetting{borrowed_creation, {}, *before, "Y"});
}

void need_unused(const Root &root, const Accelerator &accel)
{
	if (!accel.accel)
		return;

	std::string node = "/dev/cxla/" + *accel.accel;
	auto openers = find_openers(root, node);

	if (!openers.empty())
		throw Error(fmt::format("{} is in use by {}", node, openers_text(openers)),
			    "end what uses it first", Exit::Refused);
}

void unbind_device(const Root &root, const std::string &bdf)
{
	Accelerator accel = read_accelerator(root, bdf, {});

	if (!is_our_pci_driver(accel.driver))
		throw Error(fmt::format("{} is not bound to cxla_accel or cxla_pci but to {}", bdf,
					accel.driver.empty() ? "no driver" : accel.driver),
			    "`cxla status --table` shows what is", Exit::Refused);
	need_unused(root, accel);
	SystemRunner(root, {}).run({Act::Unbind, "pci", bdf, accel.driver, {}, {}});
}

Accelerator wait_for_outcome(const Root &root, const std::string &bdf,
			     std::chrono::milliseconds patience)
{
	auto end = Clock::now() + patience;

	for (;;) {
		Accelerator accel = read_accelerator(root, bdf, {});

		if (accel.state && !accel.state->empty())
			return read_accelerator(root, bdf, read_topology(root, "cxla"));
		if (Clock::now() >= end)
			throw Error(fmt::format("no outcome after {} ms: {}", patience.count(),
						accel.state ? "state is empty"
							    : accel.state.problem().text()),
				    "dmesg may say what the driver is waiting for");
		std::this_thread::sleep_for(std::chrono::milliseconds(5));
	}
}

} // namespace cxla
