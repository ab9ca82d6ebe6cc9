// SPDX-License-Identifier: GPL-2.0-only
#include "attach.h"

#include "error.h"
#include "reason.h"
#include "runner.h"

#include <algorithm>
#include <fmt/format.h>
#include <thread>

namespace cxla
{

namespace
{

using Clock = std::chrono::steady_clock;

const std::string driver_dir = std::string("/sys/bus/pci/drivers/") + accel_driver;

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

/* devtmpfs makes the node before the bind returns, udev may rename or chmod it later */
cxla_accel_info read_info(const Root &root, const std::string &accel)
{
	return AccelNode(root, accel, false).info();
}

} // namespace

void bind_device(const Root &root, const std::string &bdf, const std::string &driver)
{
	PciDevice device = read_pci_device(root, bdf);
	SystemRunner runner(root, {});

	need_driver(root, driver);
	if (device.driver == driver)
		return;
	if (!device.driver.empty())
		throw Error(fmt::format("{} is bound to {}", bdf, device.driver),
			    bound_hint(bdf, device.driver), Exit::Refused);
	if (device.driver_override != driver)
		runner.run({Act::SetOverride, "pci", bdf, {}, driver, device.driver_override});
	try {
		runner.run({Act::Probe, "pci", bdf, driver, {}, {}});
	} catch (const Error &) {
		if (device.driver_override != driver && root.exists(device.path()))
			runner.run({Act::SetOverride, "pci", bdf, {}, device.driver_override, {}});
		throw;
	}
}

void unbind_device(const Root &root, const std::string &bdf)
{
	Accelerator accel = read_accelerator(root, bdf, {});

	if (!is_our_pci_driver(accel.driver))
		throw Error(fmt::format("{} is not bound to cxla_accel or cxla_pci but to {}", bdf,
					accel.driver.empty() ? "no driver" : accel.driver),
			    "`cxla status --table` shows what is", Exit::Refused);
	if (accel.accel) {
		std::string node = "/dev/cxla/" + *accel.accel;
		auto openers = find_openers(root, node);

		if (!openers.empty())
			throw Error(fmt::format("{} is open in {} (pid {})", node,
						openers.front().command, openers.front().pid),
				    "end what uses it first", Exit::Refused);
	}
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

void BenchResult::add(uint64_t bind_ns, const cxla_attach_record &record)
{
	AccessCounts counts{record.mmio_reads, record.mmio_writes, record.cfg_reads,
			    record.cfg_writes};

	if (!cycles)
		accesses = counts;
	equal_accesses = equal_accesses && counts == accesses;
	bind.record(bind_ns);
	total.record(record.total_ns);
	for (size_t i = 0; i < phases.size(); i++)
		phases[i].record(record.phase_ns[i]);
	cycles++;
}

BenchResult bench_attach(const Root &root, const std::string &bdf, const BenchRequest &request)
{
	BenchResult result;
	unsigned all = request.warmup + request.cycles;
	Accelerator before = read_accelerator(root, bdf, {});

	result.bdf = bdf;
	if (before.driver != accel_driver || !before.attached())
		throw Error(fmt::format("{} is not attached ({})", bdf,
					before.driver == accel_driver
						? before.state.value_or("?") + ", " +
							  before.reason.value_or("?")
						: "driver is not cxla_accel"),
			    fmt::format("`cxla attach {}` first", bdf), Exit::Refused);

	for (unsigned done = 0; done < all; done++) {
		/* checks for openers once: /proc is large, and the node is gone in between */
		if (!done)
			unbind_device(root, bdf);
		else
			root.write(driver_dir + "/unbind", bdf);

		auto start = Clock::now();
		root.write(driver_dir + "/bind", bdf);
		auto took = Clock::now() - start;
		std::string accel =
			root.text("/sys/bus/pci/devices/" + bdf + "/cxla/accel").value_or("");
		cxla_accel_info info = read_info(root, accel);

		if (info.state != CXLA_ACCEL_ATTACHED)
			throw Error(fmt::format("cycle {}: {} came up {}: {}", done + 1, bdf,
						state_name(info.state),
						reason_by_number(info.reason).word),
				    std::string(reason_by_number(info.reason).todo));
		if (done >= request.warmup)
			result.add(
				static_cast<uint64_t>(
					std::chrono::duration_cast<std::chrono::nanoseconds>(took)
						.count()),
				info.record);
		if (request.progress && !request.progress(done + 1, all))
			throw Error(fmt::format("stopped after {} of {} cycles; {} is attached",
						done + 1, all, bdf));
	}
	return result;
}

} // namespace cxla
