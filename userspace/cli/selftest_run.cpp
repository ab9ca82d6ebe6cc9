// SPDX-License-Identifier: GPL-2.0-only
#include "selftest_run.h"

#include "bench/bench_before.h"
#include "bench/bench_cycles.h"
#include "bench/bench_json.h"
#include "bench/pattern.h"
#include "cxl/reason.h"
#include "load/attach.h"
#include "progress.h"
#include "race_report.h"
#include "sys/output.h"
#include "sys/sigbus.h"
#include "telling_runner.h"
#include "usage.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <random>
#include <thread>

namespace cxla
{

namespace
{

using namespace std::chrono_literals;
using json = nlohmann::ordered_json;
using Result = Verdict::Result;
using Clock = std::chrono::steady_clock;

constexpr auto unload_patience = 30s, udev_patience = 60s;
constexpr unsigned unload_tries = 3;

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

double seconds_from(Clock::time_point begun)
{
	return std::chrono::duration<double>(Clock::now() - begun).count();
}

double in_us(uint64_t ns)
{
	return static_cast<double>(ns) / 1000;
}

} // namespace

SelftestRun::SelftestRun(const Root &root, const Context &context, const SelftestOptions &options,
			 const Machine &machine, Parcel &parcel)
    : root_(root), context_(context), options_(options), devices_(options.request.devices),
      release_(machine.release), parcel_(parcel), before_(read_surroundings(root)), log_(root),
      seed_(options.seed ? options.seed : std::random_device()())
{
	group_.name = "selftest";
}

void SelftestRun::run()
{
	auto begun = Clock::now();

	mark_kernel_log(root_, "cxla selftest: begins");
	try {
		parts();
	} catch (const std::exception &error) {
		/* no memory, at worst: all the more is it to be put back */
		group_.verdicts.push_back({"parts", Result::Failed, 0, error.what(), {}});
	}
	always("put-back", [this] { put_back(); });
	always("capture-after", [this] { capture("after.capture"); });
	always("as-it-was", [this] { as_it_was(); });
	always("kernel-log", [this] { kernel_log(); }, Watch::ByItself);
	mark_kernel_log(root_, "cxla selftest: ends");
	group_.seconds = seconds_from(begun);
}

void SelftestRun::parts()
{
	part("capture-before", [this] { capture("before.capture"); });
	part("load", [this] { load(); });
	part("attach", [this] { attach(); });
	if (options_.pattern)
		part("pattern", [this] { pattern(); });
	else
		skip("pattern", "by --no-pattern");
	part("latency", [this] { latency(); });
	part("race", [this] { race(); }, Watch::ByItself);
}

json SelftestRun::result() const
{
	json verdicts = json::array();

	for (const auto &verdict : group_.verdicts)
		verdicts.push_back({{"name", verdict.name},
				    {"result", result_word(verdict.result)},
				    {"seconds", verdict.seconds},
				    {"message", as_text(verdict.message)},
				    {"output", as_text(verdict.output)}});
	return {{"devices", devices_},
		{"program", fmt::format("{} (revision {})", CXLA_VERSION, revision)},
		{"kernel", release_},
		{"seed", seed_},
		{"verdicts", verdicts},
		{"latency", latency_},
		{"race", race_}};
}

/* one that needs what came before, and that nobody asked to stop */
void SelftestRun::part(const char *name, const Body &body, Watch watch)
{
	if (blocked_.empty() && InterruptGuard::interrupted()) {
		blocked_ = Interrupted().what();
		cut_short_ = true;
	}
	if (!blocked_.empty())
		skip(name, blocked_);
	else if (!always(name, body, watch))
		blocked_ = cut_short_ ? Interrupted().what() : fmt::format("{} failed", name);
}

/* true: it passed */
bool SelftestRun::always(const char *name, const Body &body, Watch watch)
{
	auto begun = Clock::now();
	Verdict verdict;

	if (watch == Watch::ByUs && stuck()) {
		skip(name, "something is stuck in the kernel, and may hold any lock");
		return false;
	}
	verdict.name = name;
	{
		std::lock_guard guard(lock_);

		said_.clear();
	}
	parcel_.add_line("progress.log", fmt::format("{} begins", name));
	do_it(watch, body, verdict);
	verdict.seconds = seconds_from(begun);
	{
		std::lock_guard guard(lock_);

		verdict.output = said_;
	}

	bool passed = verdict.result == Result::Passed;

	end(std::move(verdict));
	return passed;
}

/* no exception leaves it: what was loaded is put back after it */
void SelftestRun::do_it(Watch watch, const Body &body, Verdict &verdict)
{
	verdict.result = Result::Failed;
	try {
		if (watch == Watch::ByItself)
			body();
		else if (!thread_.run(body, std::chrono::duration<double>(options_.patience))) {
			std::lock_guard guard(lock_);

			stuck_ = true;
			verdict.message =
				fmt::format("has not come on for {:g} s: start the machine anew",
					    options_.patience);
			for (const auto &line : thread_.kernel_stack())
				verdict.message += " " + line;
			return;
		}
		verdict.result = Result::Passed;
	} catch (const Interrupted &interrupted) {
		cut_short_ = true;
		verdict.result = Result::Skipped;
		verdict.message = interrupted.what();
	} catch (const Error &error) {
		verdict.message = error.hint().empty()
					  ? error.what()
					  : fmt::format("{} ({})", error.what(), error.hint());
	} catch (const std::exception &error) {
		verdict.message = error.what();
	}
}

bool SelftestRun::stuck() const
{
	std::lock_guard guard(lock_);

	return stuck_;
}

/* by a part that is no longer waited for; under the lock */
bool SelftestRun::given_up() const
{
	return stuck_ && std::this_thread::get_id() != thread_of_run_;
}

void SelftestRun::say(const std::string &line)
{
	std::lock_guard guard(lock_);

	if (!given_up())
		said_ += line + "\n";
}

void SelftestRun::skip(const char *name, const std::string &why)
{
	end({name, Result::Skipped, 0, why, {}});
}

void SelftestRun::end(Verdict verdict)
{
	std::string line = fmt::format("{:<8} {:<15}", result_word(verdict.result), verdict.name);

	if (verdict.seconds > 0)
		line += fmt::format("{:7.1f} s", verdict.seconds);
	if (!verdict.message.empty())
		line += "  " + as_text(verdict.message);
	if (!context_.json) {
		print_out("{}\n", line);
		for (const auto &said : split(verdict.output, '\n'))
			if (!said.empty())
				print_out("             {}\n", as_text(said));
	}
	output().flush();
	parcel_.add_line("progress.log", line);
	group_.verdicts.push_back(std::move(verdict));
	keep_kernel_log();
	/* a machine that dies in the next part leaves a report of those before */
	(void)parcel_.try_write("report.ktap", ktap(group_));
}

/* what the kernel said since is in the parcel, as far as this program was there to hear it */
void SelftestRun::keep_kernel_log()
{
	std::string text;

	log_.look();

	const auto &recent = log_.recent();
	size_t fresh = std::min<size_t>(log_.lines() - log_kept_, recent.size());

	for (size_t n = recent.size() - fresh; n < recent.size(); n++)
		text += recent[n] + "\n";
	log_kept_ = log_.lines();
	if (!text.empty())
		parcel_.add_line("kernel.log", trim(text));
}

void SelftestRun::stop_if_interrupted() const
{
	if (InterruptGuard::interrupted())
		throw Interrupted();
}

void SelftestRun::capture(std::string_view name)
{
	write_capture(capture_for(root_, context_, options_.redact), parcel_.path(name));
}

void SelftestRun::load()
{
	TellingRunner runner(root_, release_, context_, true);
	Machine machine = read_machine(root_);
	/* somebody may have mounted or opened something since it was looked at first */
	SelftestPlan plan = plan_selftest(root_, machine,
					  modules_for(context_, root_, options_.modules, release_),
					  earlier_state(root_, machine), options_.request);

	if (!plan.refusals.empty())
		throw Error(plan.refusals.front().what, plan.refusals.front().todo);
	loaded_ = true;

	Outcome outcome = run_all_or_nothing(plan.steps.steps, runner);

	loaded_ = outcome.ok() || !outcome.undo_errors.empty();
	for (const auto &undo : outcome.undo_errors)
		say("not undone: " + undo);
	if (outcome.interrupted)
		throw Interrupted("; what was done was undone");
	if (!outcome.ok())
		throw Error(outcome.error, outcome.hint);
}

void SelftestRun::attach()
{
	std::string wrong;

	for (const auto &bdf : devices_) {
		thread_.comes_on();

		Accelerator accel = wait_for_outcome(root_, bdf);

		if (accel.attached() && accel.range) {
			say(fmt::format("{} has {}, {}", bdf, accel.range->text(),
					size_text(accel.range->size())));
			continue;
		}

		std::string word = accel.reason.value_or("?");
		ReasonText reason = reason_by_word(word);

		wrong += fmt::format("{}{} has no range: {}, {}", wrong.empty() ? "" : "; ", bdf,
				     word, reason.meaning);
		if (!reason.todo.empty())
			say(fmt::format("{}: what to do: {}", bdf, reason.todo));
	}
	if (!wrong.empty())
		throw Error(wrong);
}

void SelftestRun::pattern()
{
	for (const auto &bdf : devices_) {
		stop_if_interrupted();
		thread_.comes_on();
		pattern_of(bdf);
	}
	stop_if_interrupted();
}

void SelftestRun::pattern_of(const std::string &bdf)
{
	Accelerator accel = read_accelerator(root_, bdf, {});

	if (!accel.attached() || !accel.range || !accel.accel)
		throw Error(bdf + " has lost its range");

	AccelNode node(root_, *accel.accel, true);
	Mapping mapping = node.map(accel.range->size(), true);
	std::span<std::byte> bytes = mapping.bytes();
	PatternKept kept(bytes.size());
	PatternResult result;

	if (!survives_sigbus([&] { result = pattern_try(bytes, seed_, kept); })) {
		uint64_t lost = 0;

		for (uint64_t n = 0; kept.whole && n < pattern_sampled(bytes.size()); n++)
			lost += !survives_sigbus([&] { pattern_give_back(bytes, kept, n); });
		throw Error(fmt::format("an access to the range of {} was answered by SIGBUS: it "
					"was revoked, or memory is poisoned",
					bdf),
			    fmt::format("{} pages could not be given what they had", lost));
	}
	if (result.first_bad)
		throw Error(fmt::format("{}: {} words differ; first at offset {:#x}: {:#018x} "
					"instead of {:#018x}",
					bdf, result.bad_words, result.first_bad->offset,
					result.first_bad->found, result.first_bad->expected));
	say(fmt::format("{}: {} pages held the pattern, and have what they had", bdf,
			result.pages));
}

void SelftestRun::latency()
{
	RealMachine machine(root_);
	BenchRun run;

	run.command = "bench attach";
	run.kernel = release_;
	run.clock = read_clock(root_);
	for (const auto &bdf : devices_) {
		stop_if_interrupted();

		BenchDevice device = attached_device(root_, bdf);
		ProgressLine progress(2s);
		BenchRequest request{
			options_.request.cycles, BenchRequest{}.warmup,
			[&](unsigned done, unsigned all) {
				if (!context_.json && progress.due())
					progress.show(
						fmt::format("{}: {} of {} cycles", bdf, done, all));
				thread_.comes_on();
				return !InterruptGuard::interrupted();
			}};

		put_back_after(machine, {bdf}, [&] {
			BenchResult result = bench_attach(machine, device, request);

			if (result.cycles())
				run.results.push_back(result.summary());
		});
	}
	if (std::lock_guard guard(lock_); !given_up())
		latency_ = bench_json(run);
	for (const auto &result : run.results)
		for (const char *name : {"write", "total"})
			if (const Summary *summary = result.find(name))
				say(fmt::format("{}: {}: {:.1f} us in the middle of {}, {:.1f} to "
						"{:.1f}",
						result.subject.text(), bench_label(name),
						in_us(summary->p50), result.cycles,
						in_us(summary->min), in_us(summary->max)));
	stop_if_interrupted();
}

void SelftestRun::race()
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
				   fmt::join(devices_, " "), request.seconds, seed);
	};

	RaceReport report = run_race(root_, request, targets, [&](const RaceReport &so_far) {
		parcel_.add_line("progress.log", progress_line(so_far));
		keep_kernel_log();
		if (!context_.json)
			progress.tell(so_far);
		return !InterruptGuard::interrupted();
	});

	if (std::lock_guard guard(lock_); report.stuck)
		stuck_ = true;
	race_ = report_json(report, request, {});
	say(fmt::format("{} binds and {} operations by {} kinds of actors in {:.0f} s, seed {}",
			report.cycles, report.operations, report.acting.size(), report.seconds,
			request.seed));
	for (const auto &name : report.idle)
		say(name + " found nothing to act upon");
	for (const auto &line : report.kernel_log)
		say(line);
	if (report.finding)
		throw Error(report.finding->what);
	stop_if_interrupted();
	if (!report.cycles)
		throw Error("no accelerator was bound meanwhile: nothing was raced");
}

void SelftestRun::put_back()
{
	PuttingBack runner(root_, release_, context_, true);
	auto begun = Clock::now();

	if (!loaded_) {
		say("nothing is loaded");
		return;
	}
	for (unsigned tries = 1; loaded_;) {
		Machine machine = read_machine(root_);
		auto refusals =
			check_unload(machine, all_openers(root_, machine), OnlineMemory(root_));

		/* somebody looks at a node, and leaves it in a moment */
		if (!refusals.empty() && Clock::now() - begun < unload_patience) {
			std::this_thread::sleep_for(200ms);
			continue;
		}
		if (!refusals.empty())
			throw Error(refusals.front().what,
				    refusals.front().todo + "; then `cxla unload`");

		Outcome outcome = run_in_order(
			plan_unload(machine, earlier_state(root_, machine)).steps, runner);

		loaded_ = !outcome.ok();
		if (loaded_ && tries++ == unload_tries)
			throw Error(outcome.error,
				    outcome.hint + "; `cxla unload` goes on where this stopped");
	}
	thread_.comes_on();
	/* events of thousands of binds are on their way to it */
	unload_after_udev(root_, udev_patience, runner);
	remove_what_came(runner);
}

/* drivers of dax devices that udev loaded for one of ours */
void SelftestRun::remove_what_came(StepRunner &runner)
{
	for (const auto &[name, module] : read_loaded_modules(root_))
		if (!is_our_module(name) && !before_.modules.count(name))
			runner.run({Act::RemoveForeign, {}, name, {}, {}, {}});
}

void SelftestRun::as_it_was()
{
	SnapshotChange change = compare_surroundings(root_, before_, 30s);

	for (const auto &line : change.missing)
		say("was: " + line);
	for (const auto &line : change.extra)
		say("is:  " + line);
	if (!change.empty())
		throw Error("the machine is not as it was",
			    "unless somebody else changed that: `cxla unload` puts back what is on "
			    "record");
}

void SelftestRun::kernel_log()
{
	keep_kernel_log();
	for (const auto &line : log_.warnings())
		say(line);
	if (!log_.warnings().empty())
		throw Error("the kernel warns: " + log_.warnings().front());
	if (log_.lost())
		throw Error(fmt::format("{} records of the kernel's log were overwritten before "
					"they could be read",
					log_.lost()),
			    "log_buf_len=16M on the kernel's command line, and again");
}

} // namespace cxla
