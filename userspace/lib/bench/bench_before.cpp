// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bench_before.h"

#include "cxl/accel.h"
#include "cxl/expander.h"
#include "sys/error.h"

#include <algorithm>
#include <fmt/format.h>

namespace cxla
{

namespace
{

using namespace std::chrono_literals;

constexpr auto patience = 10s;

std::string on_loss_file(const std::string &bdf)
{
	return "/sys/bus/pci/devices/" + bdf + "/cxla/on_loss";
}

size_t regions_of(const Root &root, const std::string &bdf)
{
	return read_expander(root, bdf, read_topology(root, "cxla")).regions.size();
}

DeviceBefore device_now(const Root &root, const std::string &bdf)
{
	Accelerator accel = read_accelerator(root, bdf, {});
	DeviceBefore now;

	now.bdf = bdf;
	now.driver = accel.driver;
	now.attached = accel.attached();
	if (accel.driver == accel_driver) {
		now.accel = accel.accel.value_or("");
		now.on_loss = root.text(on_loss_file(bdf)).value_or("");
	}
	if (accel.driver == expander_driver)
		now.regions = regions_of(root, bdf);
	return now;
}

/* a range that was just taken back: the driver has not been told yet */
void wait_while_revoked(const Root &root, const std::string &bdf)
{
	auto end = std::chrono::steady_clock::now() + patience;

	while (read_accelerator(root, bdf, {}).state.value_or("") == "revoked" &&
	       std::chrono::steady_clock::now() < end)
		std::this_thread::sleep_for(5ms);
}

void put_back_one(BenchMachine &machine, const DeviceBefore &before)
{
	wait_while_revoked(machine.root(), before.bdf);

	DeviceBefore now = device_now(machine.root(), before.bdf);
	bool lost = (before.attached && !now.attached) || now.regions < before.regions;

	if (now.driver == before.driver && lost) {
		machine.write(pci_driver_file(before.driver, "unbind"), before.bdf);
		now.driver.clear();
	}
	if (now.driver.empty())
		machine.write(pci_driver_file(before.driver, "bind"), before.bdf);
	now = device_now(machine.root(), before.bdf);
	if (now.driver != before.driver)
		throw Error(fmt::format("is bound to {}, not to {}",
					now.driver.empty() ? "nothing" : now.driver,
					before.driver));
	if (!before.on_loss.empty() && now.on_loss != before.on_loss)
		machine.write(on_loss_file(before.bdf), before.on_loss);
	if (before.attached && !now.attached)
		throw Error("is not attached any more");
	if (now.regions < before.regions)
		throw Error("has not all of its regions any more");
}

/* put_back_one() sees what came of it */
bool try_unbind(BenchMachine &machine, const DeviceBefore &device)
{
	try {
		machine.write(pci_driver_file(device.driver, "unbind"), device.bdf);
	} catch (const Error &) {
		return false;
	}
	return true;
}

/* those that have another's number let go of it: the lowest free one is given out first */
void free_numbers(BenchMachine &machine, const std::vector<DeviceBefore> &before)
{
	for (const auto &device : before) {
		std::string accel =
			machine.root()
				.text("/sys/bus/pci/devices/" + device.bdf + "/cxla/accel")
				.value_or("");

		if (!accel.empty() && accel != device.accel)
			try_unbind(machine, device);
	}
}

} // namespace

std::string pci_driver_file(const std::string &driver, const char *file)
{
	return fmt::format("/sys/bus/pci/drivers/{}/{}", driver, file);
}

std::vector<DeviceBefore> devices_before(const Root &root, const std::vector<std::string> &bdfs)
{
	std::vector<DeviceBefore> devices;

	devices.reserve(bdfs.size());
	for (const auto &bdf : bdfs)
		devices.push_back(device_now(root, bdf));
	std::sort(devices.begin(), devices.end(), [](const DeviceBefore &a, const DeviceBefore &b) {
		return a.accel == b.accel ? natural_less(a.bdf, b.bdf)
					  : natural_less(a.accel, b.accel);
	});
	return devices;
}

std::vector<std::string> put_back(BenchMachine &machine, const std::vector<DeviceBefore> &before)
{
	std::vector<std::string> problems;

	free_numbers(machine, before);
	for (const auto &device : before) {
		try {
			put_back_one(machine, device);
		} catch (const Error &error) {
			problems.push_back(fmt::format("{}: {}", device.bdf, error.what()));
		}
	}
	return problems;
}

void put_back_after(BenchMachine &machine, const std::vector<std::string> &bdfs,
		    const std::function<void()> &body)
{
	auto before = devices_before(machine.root(), bdfs);
	const char *hint = "`cxla status` shows what is there, `cxla attach` binds it";
	std::vector<std::string> problems;

	try {
		body();
	} catch (const Error &error) {
		problems = put_back(machine, before);
		if (problems.empty())
			throw Error(fmt::format("{}; everything is bound as before", error.what()),
				    error.hint(), error.status());
		throw Error(fmt::format("{}; and could not be put back: {}", error.what(),
					fmt::join(problems, "; ")),
			    hint);
	} catch (...) {
		put_back(machine, before);
		throw;
	}
	problems = put_back(machine, before);
	if (!problems.empty())
		throw Error(fmt::format("could not be put back: {}", fmt::join(problems, "; ")),
			    hint);
}

} // namespace cxla
