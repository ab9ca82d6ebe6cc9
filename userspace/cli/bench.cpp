// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bench_before.h"
#include "bench/bench_many.h"
#include "bench_print.h"
#include "command.h"
#include "cxl/expander.h"
#include "progress.h"
#include "sys/output.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>

namespace cxla
{

namespace
{

using namespace std::chrono_literals;

struct BenchOptions {
	unsigned cycles = 100, warmup = 5;
	std::vector<std::string> devices;
	std::vector<unsigned> threads = {1, 2, 4}, pages = {0};
	std::string hdr, clock;
	std::string stack = "ours", driver;
};

struct CompareOptions {
	std::vector<std::string> files;
	double tolerance = 1; /* percent */
};

/* one subcommand while it measures */
class Bench
{
public:
	Bench(const Root &root, const Context &context, const BenchOptions &options,
	      const char *name)
	    : machine_(root), context_(context), options_(options), name_(name)
	{
		context.guard.emplace();
		stack_ = std::make_shared<Stack>(make_stack(options.stack, options.driver));
		clock_ = options.clock.empty()       ? read_clock(root)
			 : options.clock == "icount" ? BenchClock::Icount
						     : BenchClock::Time;
		/* where a nanosecond is an instruction, waiting would be, too */
		if (clock_ == BenchClock::Icount && std::thread::hardware_concurrency() == 1)
			machine_.count_idle();
	}

	RealMachine &machine() { return machine_; }
	const Root &root() const { return machine_.root(); }
	const BenchOptions &options() const { return options_; }
	const std::shared_ptr<const Stack> &stack() const { return stack_; }

	/* shown while it lasts: how far @what is */
	BenchRequest request(const std::string &what)
	{
		auto progress = std::make_shared<ProgressLine>(2s);

		return {options_.cycles, options_.warmup, [=](unsigned done, unsigned cycles) {
				if (progress->due())
					progress->show(fmt::format("{}: {} of {} cycles", what,
								   done, cycles));
				return !InterruptGuard::interrupted();
			}};
	}
	/* one that was interrupted before its first cycle is none */
	void add(BenchResult result)
	{
		if (result.cycles())
			results_.push_back(std::move(result));
	}

	Exit finish()
	{
		BenchRun run;

		run.command = fmt::format("bench {}", name_);
		run.kernel = root().text("/proc/sys/kernel/osrelease").value_or("?");
		run.clock = clock_;
		if (!stack_->can(Ability::Node))
			run.stack = fmt::format("{}, {}", stack_->name(),
						stack_->driver(Driver::Accel));
		for (const auto &result : results_)
			run.results.push_back(result.summary());
		context_.reply->result = bench_json(run);
		if (!context_.json)
			print_run(run);
		for (size_t n = 0; n < results_.size() && !options_.hdr.empty(); n++)
			write_histograms(results_[n], run.results[n].subject);

		int signal = InterruptGuard::signal();

		if (!signal)
			return Exit::Ok;
		report_error(context_,
			     fmt::format("interrupted by {}: fewer cycles than were asked for",
					 signal_word(signal)),
			     "what was bound before is bound again");
		return exit_of_signal(signal);
	}

private:
	void write_histograms(const BenchResult &result, const BenchSubject &subject) const
	{
		std::error_code error;

		std::filesystem::create_directories(options_.hdr, error);
		for (const auto &series : result.series()) {
			std::string file = fmt::format("{}, {}, {}.hgrm", name_, subject.text(),
						       series.name());

			/* one word, and no folder */
			for (size_t at; (at = file.find(", ")) != file.npos;)
				file.replace(at, 2, "-");
			std::replace(file.begin(), file.end(), ' ', '-');
			std::replace(file.begin(), file.end(), '/', '-');
			write_histogram(options_.hdr + "/" + file, series.histogram());
		}
	}
	void write_histogram(const std::string &path, const Histogram &histogram) const
	{
		std::ofstream out(path);

		out << histogram.percentile_distribution(clock_ == BenchClock::Time ? 1000 : 1);
		out.close();
		if (!out)
			throw Error(fmt::format("writing {}: {}", path, std::strerror(errno)));
	}

	RealMachine machine_;
	const Context &context_;
	const BenchOptions &options_;
	const char *name_;
	std::shared_ptr<const Stack> stack_;
	BenchClock clock_;
	std::vector<BenchResult> results_;
};

std::vector<std::string> resolved(const Root &root, const std::vector<std::string> &names)
{
	std::vector<std::string> devices;

	for (const auto &name : names) {
		std::string bdf = resolve_device(root, name);

		if (std::find(devices.begin(), devices.end(), bdf) == devices.end())
			devices.push_back(bdf);
	}
	return devices;
}

std::vector<BenchDevice> accelerators(const Bench &bench)
{
	const Root &root = bench.root();
	std::vector<std::string> names = resolved(root, bench.options().devices);
	std::vector<BenchDevice> devices;

	if (names.empty())
		for (const auto &bdf : bench.stack()->accelerators(root))
			if (bench.stack()->outcome(root, bdf).attached())
				names.push_back(bdf);
	if (names.empty())
		throw Error("no accelerator is attached",
			    "`cxla load --all` or `cxla attach BDF` first", Exit::Refused);
	devices.reserve(names.size());
	for (const auto &bdf : names)
		devices.push_back(attached_device(root, bench.stack(), bdf));
	return devices;
}

std::vector<std::string> addresses(const std::vector<BenchDevice> &devices)
{
	std::vector<std::string> bdfs;

	bdfs.reserve(devices.size());
	for (const auto &device : devices)
		bdfs.push_back(device.bdf);
	return bdfs;
}

/* one after the other, each by itself */
template <class Measure> Exit each_accelerator(Bench &bench, Measure measure)
{
	for (const auto &device : accelerators(bench))
		if (!InterruptGuard::interrupted())
			put_back_after(bench.machine(), {device.bdf}, [&] { measure(device); });
	return bench.finish();
}

Exit measure_attach(Bench &bench)
{
	return each_accelerator(bench, [&](const BenchDevice &device) {
		bench.add(bench_attach(bench.machine(), device, bench.request(device.bdf)));
	});
}

Exit measure_detach(Bench &bench)
{
	return each_accelerator(bench, [&](const BenchDevice &device) {
		bench.add(bench_detach(bench.machine(), device, bench.request(device.bdf)));
	});
}

Exit measure_revoke(Bench &bench)
{
	return each_accelerator(bench, [&](const BenchDevice &device) {
		for (unsigned pages : bench.options().pages)
			if (!InterruptGuard::interrupted())
				bench.add(
					bench_revoke(bench.machine(), device, pages,
						     bench.request(fmt::format(
							     "{}, {} pages", device.bdf, pages))));
	});
}

Exit measure_delete_region(Bench &bench)
{
	std::vector<std::string> devices = resolved(bench.root(), bench.options().devices);

	if (devices.empty())
		devices = bound_to(bench.root(), expander_driver);
	if (devices.empty())
		throw Error("no device is a memory expander: none is bound to cxla_pci",
			    "regions of accelerators are locked; `cxla attach --expander BDF` "
			    "makes a device one that has no driver",
			    Exit::Refused);
	for (const auto &bdf : devices)
		need_deletable_region(bench.root(), bdf);
	for (const auto &bdf : devices)
		if (!InterruptGuard::interrupted())
			put_back_after(bench.machine(), {bdf}, [&] {
				bench.add(bench_delete(bench.machine(), bdf, bench.request(bdf)));
			});
	return bench.finish();
}

Exit measure_scale(Bench &bench)
{
	auto devices = accelerators(bench);

	put_back_after(bench.machine(), addresses(devices), [&] {
		for (auto &result :
		     bench_scale(bench.machine(), devices, bench.request(devices.front().bdf)))
			bench.add(std::move(result));
	});
	return bench.finish();
}

Exit measure_threads(Bench &bench)
{
	auto devices = accelerators(bench);
	auto wanted = bench.options().threads;

	std::erase_if(wanted, [&](unsigned count) {
		if (count > devices.size())
			print_error("cxla: {} threads are left out: there are {} devices\n", count,
				    devices.size());
		return count > devices.size();
	});
	if (wanted.empty())
		throw Error(fmt::format("no more than {} devices are attached", devices.size()),
			    "ask for fewer --threads", Exit::Refused);
	put_back_after(bench.machine(), addresses(devices), [&] {
		for (unsigned count : wanted)
			if (!InterruptGuard::interrupted())
				bench.add(bench_threads(
					bench.machine(), devices, count,
					bench.request(fmt::format("{} threads", count))));
	});
	return bench.finish();
}

Exit compare(const Context &context, const CompareOptions &options)
{
	BenchRun a = read_bench(options.files.at(0)), b = read_bench(options.files.at(1));
	Comparison comparison = compare_runs(a, b, options.tolerance / 100);

	context.reply->result = comparison_json(comparison, a, b);
	if (!context.json)
		print_comparison(comparison, a, b);
	return Exit::Ok;
}

using Body = Exit (*)(Bench &bench);

struct Subcommand {
	const char *name;
	const char *description;
	const char *devices; /* of the positional argument */
	Body body;
};

constexpr Subcommand subcommands[] = {
	{"attach",
	 "Measure a bind: until the write returns, until /dev/cxla/accelN has sent the attach "
	 "event, until somebody has read it, and by phase",
	 "Devices: a PCI address, accelN or memN; default: each attached device", measure_attach},
	{"detach",
	 "Measure an unbind: until the write returns, until the revoke event is sent, until it is "
	 "read, and until the node reports POLLHUP",
	 "Devices: a PCI address, accelN or memN; default: each attached device", measure_detach},
	{"revoke",
	 "Measure a revoke, by unbinding the memdev: until the write returns, and until the revoke "
	 "and the detach event are sent and read",
	 "Devices: a PCI address, accelN or memN; default: each attached device", measure_revoke},
	{"delete", "Measure delete_region of the region of a memory expander",
	 "Devices: a PCI address or memN; default: each device that is bound to cxla_pci",
	 measure_delete_region},
	{"scale",
	 "Measure an attach of the first device while none, one ... all of the others are attached",
	 "Devices: a PCI address, accelN or memN; default: all attached devices", measure_scale},
	{"threads", "Measure how long several threads take to bind all devices at once",
	 "Devices: a PCI address, accelN or memN; default: all attached devices", measure_threads},
};

void add_subcommand(CLI::App &group, Context &context, const Subcommand &one)
{
	auto options = std::make_shared<BenchOptions>();
	auto *command = add_command(group, context, one.name, one.description,
				    [&context, options, &one](const Root &root) {
					    Bench bench(root, context, *options, one.name);

					    return one.body(bench);
				    });

	command->add_option("--cycles", options->cycles, "Measure so many cycles")
		->capture_default_str()
		->check(CLI::Range(1, 10000000));
	command->add_option("--warmup", options->warmup,
			    "Run so many cycles first, without measuring them")
		->capture_default_str();
	command->add_option("--hdr", options->hdr,
			    "Write each distribution into this folder, in the text format of "
			    "HdrHistogram, in microseconds");
	command->add_option("--clock", options->clock,
			    "The unit of time. icount: a nanosecond is an instruction, in a "
			    "machine that QEMU runs with -icount shift=0. Default: icount if the "
			    "kernel's command line has cxla.clock=icount, else time")
		->check(CLI::IsMember({"time", "icount"}));
	/* those that need no node */
	if (one.body == measure_attach || one.body == measure_detach || one.body == measure_scale ||
	    one.body == measure_threads) {
		command->add_option("--stack", options->stack,
				    "Measure these modules (ours) or the kernel's own CXL drivers, "
				    "of 7.x, with cxl_sample_intree (in-tree). The output leaves "
				    "out what the in-tree drivers do not record")
			->check(CLI::IsMember(stack_names()))
			->capture_default_str();
		command->add_option(
			"--driver", options->driver,
			"Use another accelerator driver, in the portable form, e.g. cxl_sample");
	}
	if (one.body == measure_threads)
		command->add_option("--threads", options->threads,
				    "Bind by so many threads; several numbers are measured one "
				    "after the other")
			->delimiter(',')
			->allow_extra_args(false)
			->capture_default_str()
			->check(CLI::Range(1, 1024));
	if (one.body == measure_revoke)
		command->add_option(
			       "--pages", options->pages,
			       "Map and touch so many pages of the range before the revoke; "
			       "several numbers, e.g. 0,1,512, are measured one after the other")
			->delimiter(',')
			->allow_extra_args(false)
			->capture_default_str();
	add_html(*command, context);
	command->add_option("DEVICE", options->devices, one.devices);
}

const char *const bound_footer =
	"A device that was bound before is bound afterwards, also after an interrupt.\n";
const char *const compare_footer =
	"--compare prints, for each thing that both results have, the ratio of the median in B\n"
	"to that in A, and its spread. The program draws the medians of up to 20 blocks of\n"
	"cycles anew from each result, 2000 times; the spread holds the middle 95 % of the\n"
	"ratios. The verdict is slower or faster if 1 is outside of the spread and the\n"
	"difference reaches the tolerance, which covers differences between boots. Under\n"
	"-icount a median is a number of instructions and repeats; it includes waiting.\n";

} // namespace

void add_bench(CLI::App &app, Context &context)
{
	auto options = std::make_shared<CompareOptions>();
	CLI::App *group = app.add_subcommand(
		"bench", "Measure what an attach costs, or compare two measurements");

	group->footer(bound_footer);
	group->require_subcommand(0, 1);
	group->add_flag("--json", context.json, "Print JSON on standard output");
	group->add_option("--compare", options->files,
			  "Compare two results that a command printed with --json")
		->expected(2)
		->type_name("A.json B.json");
	group->add_option("--tolerance", options->tolerance,
			  "With --compare: ignore differences below so many percent")
		->capture_default_str()
		->check(CLI::Range(0.0, 100.0));
	add_html(*group, context);
	for (const auto &one : subcommands)
		add_subcommand(*group, context, one);
	group->footer(std::string(bound_footer) + "\n" + compare_footer);
	/* runs before that of a subcommand */
	group->callback([group, options, &context] {
		bool sub = !group->get_subcommands().empty();

		if (sub != options->files.empty())
			throw CLI::ValidationError(
				"bench", sub ? "--compare goes without a subcommand"
					     : "a subcommand, or --compare A.json B.json, is "
					       "required");
		if (sub)
			return;
		context.reply->command = "bench --compare";
		context.chosen = [&context, options](const Root &) {
			return compare(context, *options);
		};
	});
}

} // namespace cxla
