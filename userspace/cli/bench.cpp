// SPDX-License-Identifier: GPL-2.0-only
#include "bench.h"
#include "command.h"
#include "progress.h"
#include "report.h"

#include <fmt/format.h>
#include <fstream>

namespace cxla
{

namespace
{

using namespace std::chrono_literals;
using json = nlohmann::ordered_json;

constexpr double percents[] = {50, 90, 99, 99.9};

struct Options {
	unsigned cycles = 100, warmup = 5;
	std::vector<std::string> devices;
	std::string hdr;
};

json histogram_json(const Histogram &h)
{
	return {{"min", h.min()},          {"p50", h.percentile(50)},     {"p90", h.percentile(90)},
		{"p99", h.percentile(99)}, {"p99.9", h.percentile(99.9)}, {"max", h.max()},
		{"mean", h.mean()}};
}

json result_json(const BenchResult &result)
{
	json phases;

	for (unsigned i = 0; i < CXLA_NR_PHASES; i++)
		phases[phase_name(i)] = histogram_json(result.phases[i]);
	return {{"address", result.bdf},
		{"cycles", result.cycles},
		{"unit", "ns"},
		{"phases", phases},
		{"total", histogram_json(result.total)},
		{"bind", histogram_json(result.bind)},
		{"accesses",
		 {{"mmio_reads", result.accesses.mmio_reads},
		  {"mmio_writes", result.accesses.mmio_writes},
		  {"cfg_reads", result.accesses.cfg_reads},
		  {"cfg_writes", result.accesses.cfg_writes},
		  {"equal_in_all_cycles", result.equal_accesses}}}};
}

std::vector<std::string> row(const std::string &name, const Histogram &h)
{
	std::vector<std::string> cells = {name};
	auto us = [](uint64_t ns) { return fmt::format("{:.1f}", static_cast<double>(ns) / 1000); };

	cells.push_back(us(h.min()));
	for (double percent : percents)
		cells.push_back(us(h.percentile(percent)));
	cells.push_back(us(h.max()));
	return cells;
}

void print_result(const BenchResult &result)
{
	Table table({"PHASE (us)", "MIN", "P50", "P90", "P99", "P99.9", "MAX"});

	for (unsigned i = 0; i < CXLA_NR_PHASES; i++)
		table.add(row(phase_name(i), result.phases[i]));
	table.add(row("attach in all", result.total));
	table.add(row("bind (wall time)", result.bind));
	fmt::print("{}  {} cycles\n{}", result.bdf, result.cycles, table.text("  "));
	fmt::print("  accesses per attach: {} MMIO reads, {} MMIO writes, {} config reads, "
		   "{} config writes ({})\n",
		   result.accesses.mmio_reads, result.accesses.mmio_writes,
		   result.accesses.cfg_reads, result.accesses.cfg_writes,
		   result.equal_accesses ? "equal in all cycles"
					 : "of the first cycle: NOT equal in all cycles");
}

void write_hdr(const std::string &path, const Histogram &histogram)
{
	std::ofstream out(path);

	out << histogram.percentile_distribution(1000);
	out.close();
	if (!out)
		throw Error(fmt::format("writing {}: {}", path, std::strerror(errno)));
}

std::vector<std::string> wanted_devices(const Root &root, const Options &options)
{
	std::vector<std::string> devices;

	devices.reserve(options.devices.size());
	for (const auto &name : options.devices)
		devices.push_back(resolve_device(root, name));
	if (options.devices.empty())
		for (const auto &accel : read_accelerators(root, {}))
			if (accel.attached())
				devices.push_back(accel.bdf);
	if (devices.empty())
		throw Error("no accelerator is attached",
			    "`cxla load --all` or `cxla attach BDF` first", Exit::Refused);
	return devices;
}

Exit bench(const Root &root, const Context &context, const Options &options)
{
	InterruptGuard guard;
	json results = json::array();
	Histogram all;
	auto devices = wanted_devices(root, options);

	for (const auto &bdf : devices) {
		auto progress = std::make_unique<ProgressLine>(2s, 2s);
		BenchRequest request{
			options.cycles, options.warmup, [&](unsigned done, unsigned cycles) {
				if (progress->due())
					progress->show(fmt::format("{}: {} of {} cycles", bdf, done,
								   cycles));
				return !InterruptGuard::interrupted();
			}};
		BenchResult result = bench_attach(root, bdf, request);

		progress.reset();
		results.push_back(result_json(result));
		if (!context.json)
			print_result(result);
		if (!options.hdr.empty())
			write_hdr(devices.size() == 1 ? options.hdr : options.hdr + "." + bdf,
				  result.total);
	}
	if (context.json)
		print_json({{"command", "bench attach"}, {"results", results}});
	return Exit::Ok;
}

} // namespace

void add_bench(CLI::App &app, Context &context)
{
	auto options = std::make_shared<Options>();
	CLI::App *group = app.add_subcommand("bench", "Measure");
	auto *command = add_command(
		*group, context, "attach",
		"Unbind and bind over and over, and say how long it takes",
		[&context, options](const Root &root) { return bench(root, context, *options); });

	group->require_subcommand(1);
	command->add_option("--cycles", options->cycles, "Cycles measured")
		->capture_default_str()
		->check(CLI::Range(1, 10000000));
	command->add_option("--warmup", options->warmup, "Cycles before, not measured")
		->capture_default_str();
	command->add_option("--hdr", options->hdr,
			    "Write the distribution of attach times in HdrHistogram's text format, "
			    "in microseconds (with several devices: FILE.BDF)");
	command->add_option("BDF", options->devices,
			    "PCI address, accelN or memN; default: all attached");
}

} // namespace cxla
