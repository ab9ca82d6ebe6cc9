// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bench_before.h"
#include "bench/bench_cycles.h"
#include "bench/bench_json.h"
#include "bench/pattern.h"
#include "command.h"
#include "cxl/reason.h"
#include "load/attach.h"
#include "progress.h"
#include "race_report.h"
#include "results.h"
#include "selftest/parcel.h"
#include "selftest/plan.h"
#include "selftest/surroundings.h"
#include "sys/kernel_log.h"
#include "sys/output.h"
#include "sys/sigbus.h"
#include "telling_runner.h"
#include "usage.h"

#include <chrono>
#include <ctime>
#include <fmt/format.h>
#include <random>

namespace cxla
{

namespace
{

using json = nlohmann::ordered_json;
using Result = Verdict::Result;

struct SelftestOptions {
	SelftestRequest request;
	std::vector<std::string> devices;
	std::string archive, modules;
	uint64_t seed = 0;
	double patience = 150;
	bool dry_run = false, redact = false;
	ResultPaths results;
};

std::string default_archive()
{
	std::time_t now = std::time(nullptr);
	std::tm local = {};
	char name[64];

	localtime_r(&now, &local);
	std::strftime(name, sizeof(name), "cxla-selftest-%Y%m%d-%H%M%S.tar.gz", &local);
	return name;
}

/* somebody asked to stop: a part that did not get to its end has found nothing */
struct Interrupted : Error {
	explicit Interrupted(const std::string &more = {})
	    : Error(fmt::format("interrupted by {}{}", signal_word(InterruptGuard::signal()), more))
	{
	}
};

/* an unload goes to its end, whoever asks to stop */
class PuttingBack : public TellingRunner
{
public:
	using TellingRunner::TellingRunner;
	bool interrupted() override { return false; }
};

const char *result_word(Result result)
{
	switch (result) {
	case Result::Failed:
		return "failed";
	case Result::Skipped:
		return "skipped";
	default:
		return "passed";
	}
}

/* one run, part after part; however a part ends, what was loaded is put back */
class Selftest
{
public:
	Selftest(const Root &root, const Context &context, const SelftestOptions &options,
		 SelftestPlan plan, const Machine &machine, Parcel &parcel)
	    : root_(root), context_(context), options_(options), plan_(std::move(plan)),
	      release_(machine.release), parcel_(parcel), before_(read_surroundings(root)),
	      log_(root), seed_(options.seed ? options.seed : std::random_device()())
	{
		group_.name = "selftest";
	}

	void run()
	{
		auto begun = std::chrono::steady_clock::now();

		mark_kernel_log(root_, "cxla selftest: begins");
		part("capture-before", [&] { capture("before.capture"); });
		part("load", [&] { load(); });
		part("attach", [&] { attach(); });
		part("pattern", [&] { pattern(); });
		part("latency", [&] { latency(); });
		part("race", [&] { race(); });
		always("put-back", [&] { put_back(); });
		always("capture-after", [&] { capture("after.capture"); });
		always("as-it-was", [&] { as_it_was(); });
		always("kernel-log", [&] { kernel_log(); });
		mark_kernel_log(root_, "cxla selftest: ends");
		group_.seconds =
			std::chrono::duration<double>(std::chrono::steady_clock::now() - begun)
				.count();
	}

	const VerdictGroup &group() const { return group_; }
	bool stuck() const { return stuck_; }
	bool failed() const { return group_.count(Result::Failed) != 0; }
	json result() const
	{
		json verdicts = json::array();

		for (const auto &verdict : group_.verdicts)
			verdicts.push_back({{"name", verdict.name},
					    {"result", result_word(verdict.result)},
					    {"seconds", verdict.seconds},
					    {"message", as_text(verdict.message)}});
		return {{"devices", plan_.load.devices},
			{"program", fmt::format("{} (revision {})", CXLA_VERSION, revision)},
			{"kernel", release_},
			{"seed", seed_},
			{"verdicts", verdicts},
			{"latency", latency_},
			{"race", race_}};
	}

private:
	/* one that needs what came before, and that nobody asked to stop */
	void part(const char *name, const std::function<void()> &body)
	{
		if (blocked_.empty() && InterruptGuard::interrupted())
			blocked_ = Interrupted().what();
		if (!blocked_.empty()) {
			end({name, Result::Skipped, 0, blocked_, {}});
			return;
		}
		if (!always(name, body))
			blocked_ = InterruptGuard::interrupted() ? Interrupted().what()
								 : fmt::format("{} failed", name);
	}
	bool always(const char *name, const std::function<void()> &body)
	{
		auto begun = std::chrono::steady_clock::now();
		Verdict verdict;

		verdict.name = name;
		said_.clear();
		parcel_.add_line("progress.log", fmt::format("{} begins", name));
		try {
			body();
		} catch (const Interrupted &interrupted) {
			verdict.result = Result::Skipped;
			verdict.message = interrupted.what();
		} catch (const Error &error) {
			verdict.result = Result::Failed;
			verdict.message =
				error.hint().empty()
					? error.what()
					: fmt::format("{} ({})", error.what(), error.hint());
		} catch (const std::exception &error) {
			verdict.result = Result::Failed;
			verdict.message = error.what();
		}
		verdict.seconds =
			std::chrono::duration<double>(std::chrono::steady_clock::now() - begun)
				.count();
		verdict.output = said_;

		bool passed = verdict.result == Result::Passed;

		end(std::move(verdict));
		return passed;
	}
	void end(Verdict verdict)
	{
		std::string line =
			fmt::format("{:<8} {:<15}", result_word(verdict.result), verdict.name);

		if (verdict.seconds > 0)
			line += fmt::format("{:7.1f} s", verdict.seconds);
		if (!verdict.message.empty())
			line += "  " + as_text(verdict.message);
		if (!context_.json) {
			print_out("{}\n", line);
			for (const auto &said : split(verdict.output, '\n'))
				if (!said.empty())
					print_out("             {}\n", said);
		}
		output().flush();
		parcel_.add_line("progress.log", line);
		group_.verdicts.push_back(std::move(verdict));
	}
	/* a line below the verdict of this part */
	void say(const std::string &line) { said_ += line + "\n"; }

	void capture(std::string_view name)
	{
		write_capture(capture_for(root_, context_, options_.redact), parcel_.path(name));
	}
	void load()
	{
		TellingRunner runner(root_, release_, context_, true);
		Outcome outcome = run_all_or_nothing(plan_.steps.steps, runner);

		loaded_ = outcome.ok() || !outcome.undo_errors.empty();
		for (const auto &undo : outcome.undo_errors)
			say("not undone: " + undo);
		if (outcome.interrupted)
			throw Interrupted("; what was done was undone");
		if (!outcome.ok())
			throw Error(outcome.error, outcome.hint);
	}
	void attach()
	{
		std::string wrong;

		for (const auto &bdf : plan_.load.devices) {
			Accelerator accel = wait_for_outcome(root_, bdf);

			if (accel.attached() && accel.range) {
				say(fmt::format("{} has {}, {}", bdf, accel.range->text(),
						size_text(accel.range->size())));
				continue;
			}

			std::string word = accel.reason.value_or("?");
			ReasonText reason = reason_by_word(word);

			wrong += fmt::format("{}{} has no range: {}, {}", wrong.empty() ? "" : "; ",
					     bdf, word, reason.meaning);
			if (!reason.todo.empty())
				say(fmt::format("{}: what to do: {}", bdf, reason.todo));
		}
		if (!wrong.empty())
			throw Error(wrong);
	}
	void pattern()
	{
		for (const auto &bdf : plan_.load.devices) {
			Accelerator accel = read_accelerator(root_, bdf, {});

			if (!accel.attached() || !accel.range || !accel.accel)
				throw Error(bdf + " has lost its range");

			AccelNode node(root_, *accel.accel, true);
			Mapping mapping = node.map(accel.range->size(), true);
			std::span<std::byte> bytes = mapping.bytes();
			std::vector<std::byte> kept(pattern_kept_bytes(bytes.size()));
			PatternResult result;

			if (!survives_sigbus([&] { result = pattern_try(bytes, seed_, kept); }))
				throw Error(fmt::format(
					"the range of {} was revoked meanwhile (SIGBUS)", bdf));
			if (result.first_bad)
				throw Error(fmt::format(
					"{}: {} words differ; first at offset {:#x}: {:#018x} "
					"instead of {:#018x}",
					bdf, result.bad_words, result.first_bad->offset,
					result.first_bad->found, result.first_bad->expected));
			say(fmt::format("{}: {} pages held the pattern, and have what they had",
					bdf, result.pages));
		}
		stop_if_interrupted();
	}
	void latency()
	{
		RealMachine machine(root_);
		BenchRun run;

		run.command = "bench attach";
		run.kernel = release_;
		run.clock = read_clock(root_);
		for (const auto &bdf : plan_.load.devices) {
			BenchDevice device = attached_device(root_, bdf);
			ProgressLine progress(std::chrono::seconds(2));
			BenchRequest request{
				options_.request.cycles, BenchRequest{}.warmup,
				[&](unsigned done, unsigned all) {
					if (!context_.json && progress.due())
						progress.show(fmt::format("{}: {} of {} cycles",
									  bdf, done, all));
					return !InterruptGuard::interrupted();
				}};

			if (InterruptGuard::interrupted())
				break;
			put_back_after(machine, {bdf}, [&] {
				BenchResult result = bench_attach(machine, device, request);

				if (result.cycles())
					run.results.push_back(result.summary());
			});
		}
		latency_ = bench_json(run);
		for (const auto &result : run.results)
			for (const char *name : {"write", "total"})
				if (const Summary *summary = result.find(name))
					say(fmt::format("{}: {}: {:.1f} us in the middle of {}, "
							"{:.1f} to {:.1f}",
							result.subject.text(), bench_label(name),
							in_us(summary->p50), result.cycles,
							in_us(summary->min), in_us(summary->max)));
		stop_if_interrupted();
	}
	static double in_us(uint64_t ns) { return static_cast<double>(ns) / 1000; }
	void race()
	{
		Machine machine = read_machine(root_);
		Targets targets = find_targets(machine, root_, context_.program_dir);
		RaceRequest request;
		RaceProgress progress;

		request.seconds = options_.request.race_seconds;
		request.seed = seed_;
		request.patience = options_.patience;
		request.actors = choose_actors(selftest_actors);
		request.backend = ring_error() ? Backend::Threads : Backend::Ring;
		request.command = [&](const ActorKinds &, uint64_t seed) {
			return fmt::format("cxla selftest {} --seconds {:g} --seed {}",
					   fmt::join(plan_.load.devices, " "), request.seconds,
					   seed);
		};

		RaceReport report =
			run_race(root_, request, targets, [&](const RaceReport &so_far) {
				parcel_.add_line("progress.log", progress_line(so_far));
				if (!context_.json)
					progress.tell(so_far);
				return !InterruptGuard::interrupted();
			});

		stuck_ = report.stuck;
		race_ = report_json(report, request, {});
		say(fmt::format("{} binds and {} operations by {} actors in {:.0f} s, seed {}",
				report.cycles, report.operations, report.acting.size(),
				report.seconds, request.seed));
		for (const auto &line : report.kernel_log)
			say(line);
		if (report.finding)
			throw Error(report.finding->what);
		stop_if_interrupted();
	}
	void put_back()
	{
		if (stuck_)
			throw Error("an operation is stuck in the kernel, and nothing can be put "
				    "back",
				    "start the machine anew");
		if (!loaded_) {
			say("nothing is loaded");
			return;
		}

		Machine machine = read_machine(root_);
		auto refusals = check_unload(machine, all_openers(root_, machine));

		if (!refusals.empty())
			throw Error(refusals.front().what,
				    refusals.front().todo + "; then `cxla unload`");

		PuttingBack runner(root_, release_, context_, true);
		Outcome outcome = run_in_order(
			plan_unload(machine, earlier_state(root_, machine)).steps, runner);

		if (!outcome.ok())
			throw Error(outcome.error,
				    outcome.hint + "; `cxla unload` goes on where this stopped");
	}
	void as_it_was()
	{
		SnapshotChange change =
			compare_surroundings(root_, before_, std::chrono::seconds(30));

		for (const auto &line : change.missing)
			say("was: " + line);
		for (const auto &line : change.extra)
			say("is:  " + line);
		if (!change.empty())
			throw Error("the machine is not as it was",
				    "`cxla unload` puts back what it finds on record");
	}
	void kernel_log()
	{
		std::string text;

		log_.look();
		for (const auto &line : log_.warnings())
			say(line);
		for (const auto &line : log_.recent())
			text += line + "\n";
		parcel_.write("kernel.log", text);
		if (!log_.warnings().empty())
			throw Error("the kernel warns: " + log_.warnings().front());
	}
	static void stop_if_interrupted()
	{
		if (InterruptGuard::interrupted())
			throw Interrupted();
	}

	const Root &root_;
	const Context &context_;
	const SelftestOptions &options_;
	SelftestPlan plan_;
	std::string release_;
	Parcel &parcel_;
	Surroundings before_;
	KernelLog log_;
	uint64_t seed_;
	VerdictGroup group_;
	std::string blocked_; /* why what comes is not done; empty: it is */
	std::string said_;
	json latency_, race_;
	bool loaded_ = false, stuck_ = false;
};

json touches_json(const SelftestPlan &plan)
{
	json touches = json::array();

	for (const auto &touch : plan.touches)
		touches.push_back({{"part", touch.part}, {"what", touch.what}});
	return {{"dry_run", true}, {"touches", touches}};
}

void print_touches(const SelftestPlan &plan)
{
	for (const auto &touch : plan.touches)
		print_out("{:<9} {}\n", touch.part, touch.what);
}

Exit selftest(const Root &root, const Context &context, SelftestOptions &options)
{
	options.request.devices = pci_addresses(options.devices);

	Machine machine = read_machine(root);
	ModuleSet modules = modules_for(context, root, options.modules, machine.release);
	SelftestPlan plan = plan_selftest(root, machine, modules, earlier_state(root, machine),
					  options.request);

	if (options.dry_run)
		context.reply->result = touches_json(plan);
	/* whoever is asked to agree sees to what */
	if (!context.json && (options.dry_run || !plan.refusals.empty()))
		print_touches(plan);
	if (!plan.refusals.empty())
		return refuse(context, plan.refusals);
	if (options.dry_run)
		return Exit::Ok;

	context.guard.emplace();

	StateLock lock(root);
	Results results(context, options.results);
	Parcel parcel(options.archive.empty() ? default_archive() : options.archive);
	Selftest test(root, context, options, std::move(plan), machine, parcel);
	bool written = true;

	test.run();
	/* who asked to stop when there was nothing left to stop has all that was asked for */
	if (!test.group().count(Result::Skipped))
		context.guard.emplace();
	context.reply->result = test.result();
	try {
		parcel.write("report.ktap", ktap(test.group()));
		parcel.write("report.json", context.reply->result.dump(
						    2, ' ', false, json::error_handler_t::replace) +
						    "\n");

		size_t bytes = parcel.close();

		context.reply->result["archive"] = parcel.archive();
		context.reply->result["bytes"] = bytes;
		if (!context.json)
			print_out("{}: {} bytes: report, kernel log, and captures from before and "
				  "after{}\n",
				  parcel.archive(), bytes,
				  options.redact ? ""
						 : "; serial numbers and the host's name are "
						   "in them: --redact");
	} catch (const Error &error) {
		report_error(context, error.what(), error.hint());
		written = false;
	}
	written = results.write(context, test.group()) && written;
	return end_search(context, test.stuck(), test.failed() && !InterruptGuard::interrupted(),
			  written);
}

} // namespace

void add_selftest(CLI::App &app, Context &context)
{
	auto options = std::make_shared<SelftestOptions>();
	auto *command =
		add_command(app, context, "selftest",
			    "Test devices on this machine, put everything back, and pack a report",
			    [&context, options](const Root &root) {
				    return selftest(root, context, *options);
			    });

	command->add_option("BDF", options->devices, "PCI addresses of the devices to test")
		->required();
	command->add_flag("--dry-run", options->dry_run,
			  "List all that the test would touch, and touch nothing");
	command->add_flag("--yes", options->request.agreed,
			  "Confirm the test on a machine that is not virtual");
	command->add_option("--seconds", options->request.race_seconds,
			    "Race unbind, bind and delete_region for so many seconds")
		->check(CLI::Range(1.0, 1e6))
		->capture_default_str();
	command->add_option("--cycles", options->request.cycles,
			    "Measure so many attaches of each device")
		->check(CLI::Range(1, 1000000))
		->capture_default_str();
	command->add_option("--seed", options->seed,
			    "The seed of pattern and race (default: a random seed, which is told)");
	command->add_option("--archive", options->archive,
			    "The archive to make, FILE.tar.gz; meanwhile the report is in the "
			    "folder FILE (default: cxla-selftest-DATE-TIME.tar.gz)");
	command->add_flag("--redact", options->redact,
			  "Replace serial numbers and the name of the host in the captures");
	command->add_option("--patience", options->patience,
			    "Report an operation as stuck after so many seconds")
		->check(CLI::Range(1.0, 1e6))
		->capture_default_str();
	command->add_option("--modules", options->modules,
			    "Folder in or below which the .ko files are; default: /lib/modules, "
			    "then beside the program")
		->check(CLI::ExistingDirectory);
	add_result_options(*command, options->results);
	command->footer(
		"The test takes the devices over from in-tree drivers, attaches them, writes and\n"
		"reads a pattern (each page has its content again), measures the attach, races\n"
		"unbind, bind and delete_region, and puts everything back. It is refused where\n"
		"memory is online, mounted or open, or a device has a driver that it does not "
		"know.\n"
		"An interrupt ends the part that runs, and all is put back. After a kill or a\n"
		"crash of the program, `cxla unload` does that.\n");
}

} // namespace cxla
