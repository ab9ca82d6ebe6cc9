// SPDX-License-Identifier: GPL-2.0-only
#include "bench.h"

#include "attach.h"
#include "error.h"
#include "reason.h"

#include <chrono>
#include <fmt/format.h>

namespace cxla
{

namespace
{

using Clock = std::chrono::steady_clock;

const std::string driver_dir = std::string("/sys/bus/pci/drivers/") + accel_driver;

/* devtmpfs makes the node before the bind returns, udev may rename or chmod it later */
cxla_accel_info read_info(const Root &root, const std::string &accel)
{
	return AccelNode(root, accel, false).info();
}

} // namespace

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
