// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bench_many.h"

#include "bench/bench_before.h"
#include "cxl/pci.h"
#include "sys/error.h"

#include <algorithm>
#include <fmt/format.h>
#include <latch>
#include <thread>

namespace cxla
{

namespace
{

bool bound(const BenchMachine &machine, const BenchDevice &device)
{
	std::string folder = "/sys/bus/pci/devices/" + device.bdf;

	return !bound_driver(machine.root(), folder).value_or("").empty();
}

void unbind_all(BenchMachine &machine, const std::vector<BenchDevice> &devices)
{
	for (const auto &device : devices)
		if (bound(machine, device))
			unbind_once(machine, device);
}

/* nanoseconds until the last of them was bound */
uint64_t bind_at_once(BenchMachine &machine, const std::vector<BenchDevice> &devices,
		      unsigned threads)
{
	std::latch ready(threads), go(1);
	std::vector<std::string> problems(threads);
	std::vector<uint64_t> ends(threads);
	std::vector<std::thread> workers;
	auto work = [&](unsigned which) {
		ready.count_down();
		go.wait();
		try {
			for (size_t i = which; i < devices.size(); i += threads)
				machine.write(pci_driver_file(devices[i].driver, "bind"),
					      devices[i].bdf);
		} catch (const std::exception &error) {
			problems[which] = error.what();
		}
		ends[which] = machine.now();
	};

	workers.reserve(threads);
	try {
		for (unsigned which = 0; which < threads; which++)
			workers.emplace_back(work, which);
	} catch (...) {
		/* those that there are end first */
		go.count_down();
		for (auto &worker : workers)
			worker.join();
		throw;
	}
	ready.wait();
	machine.fall_out_of_step();

	uint64_t start = machine.now();

	go.count_down();
	for (auto &worker : workers)
		worker.join();
	for (const auto &problem : problems)
		if (!problem.empty())
			throw Error(problem);
	return *std::max_element(ends.begin(), ends.end()) - start;
}

/* whoever is bound has to be attached, too */
void need_attached(BenchMachine &machine, const BenchDevice &device)
{
	std::string folder = "/sys/bus/pci/devices/" + device.bdf;

	if (!bound(machine, device))
		throw Error(fmt::format("{} is not bound", device.bdf));
	if (device.tells && machine.root().text(folder + "/cxla/state").value_or("") != "attached")
		throw Error(
			fmt::format("{} came up {}: {}", device.bdf,
				    machine.root().text(folder + "/cxla/state").value_or("?"),
				    machine.root().text(folder + "/cxla/reason").value_or("?")));
}

} // namespace

std::vector<BenchResult> bench_scale(BenchMachine &machine, const std::vector<BenchDevice> &devices,
				     const BenchRequest &request)
{
	std::vector<BenchResult> results;
	const BenchDevice &first = devices.at(0);
	bool go_on = true;

	unbind_all(machine, {devices.begin() + 1, devices.end()});
	for (unsigned others = 0; go_on && others < devices.size(); others++) {
		BenchResult result({.address = first.bdf, .others = others}, request.cycles);

		if (others)
			bind_once(machine, devices[others], nullptr);
		for (unsigned done = 0; go_on && done < request.all(); done++) {
			bool measured = done >= request.warmup;

			unbind_once(machine, first);
			bind_once(machine, first, measured ? &result : nullptr);
			if (measured)
				result.cycle_done();
			go_on = request.tell(done + 1);
		}
		results.push_back(std::move(result));
	}
	/* whoever binds them next gives them their numbers again */
	unbind_all(machine, devices);
	return results;
}

BenchResult bench_threads(BenchMachine &machine, const std::vector<BenchDevice> &devices,
			  unsigned threads, const BenchRequest &request)
{
	BenchResult result({.devices = static_cast<unsigned>(devices.size()), .threads = threads},
			   request.cycles);

	for (unsigned done = 0; done < request.all(); done++) {
		unbind_all(machine, devices);

		uint64_t wall = bind_at_once(machine, devices, threads);

		for (const auto &device : devices)
			need_attached(machine, device);
		if (done >= request.warmup) {
			result.record("wall", wall);
			result.cycle_done();
		}
		if (!request.tell(done + 1))
			break;
	}
	unbind_all(machine, devices);
	return result;
}

} // namespace cxla
