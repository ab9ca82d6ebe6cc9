// SPDX-License-Identifier: GPL-2.0-only
#include "race.h"

#include "command.h"
#include "fd.h"
#include "progress.h"
#include "report.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <random>
#include <unistd.h>

namespace cxla
{

namespace
{

using namespace std::chrono_literals;
using json = nlohmann::ordered_json;

struct Options {
	double seconds = 0;
	uint64_t cycles = 0, seed = 0;
	std::vector<std::string> actors;
	std::string backend = "auto";
	std::string recommit, log;
	double patience = 150;
	bool dry_run = false, yes = false;
};

constexpr double default_seconds = 30;

/* by kind, all its instances together */
struct KindTotal {
	uint64_t done = 0, failed = 0;
};

std::vector<std::pair<std::string, KindTotal>> totals(const RaceReport &report)
{
	std::vector<std::pair<std::string, KindTotal>> all;

	for (const auto &actor : report.actors) {
		std::string name = actor.name.substr(0, actor.name.find('/'));

		if (all.empty() || all.back().first != name)
			all.emplace_back(name, KindTotal{});
		for (const auto &[deed, outcomes] : actor.outcomes)
			for (const auto &[err, count] : outcomes)
				(err ? all.back().second.failed : all.back().second.done) += count;
	}
	return all;
}

std::string outcomes_text(const Outcomes &outcomes)
{
	std::string text;

	for (const auto &[err, count] : outcomes)
		text += fmt::format("{}{} {}", text.empty() ? "" : ", ", errno_name(err), count);
	return text;
}

/* how it stands, and what was done since it was last shown */
class Progress
{
public:
	void tell(const RaceReport &report)
	{
		if (!line_.due())
			return;

		std::string line = fmt::format(
			"{:4.0f} s, {} binds, {} in flight (peak {}); per second:", report.seconds,
			report.cycles, report.in_flight, report.peak_in_flight);
		double passed = report.seconds - last_seconds_;

		for (const auto &[name, total] : totals(report)) {
			uint64_t sum = total.done + total.failed;

			line += fmt::format(" {} {:.0f}", name,
					    static_cast<double>(sum - last_[name]) /
						    std::max(passed, 0.001));
			last_[name] = sum;
		}
		last_seconds_ = report.seconds;
		line_.show(line + "; " + outcomes_text(report.outcomes()));
	}

private:
	/* elsewhere the first line is one of five seconds, too */
	ProgressLine line_{ProgressLine::on_terminal() ? 0s : 5s};
	std::map<std::string, uint64_t> last_;
	double last_seconds_ = 0;
};

Backend choose_backend(const Options &options, std::string &why)
{
	if (options.backend == "threads")
		return Backend::Threads;

	int err = ring_error();

	if (!err)
		return Backend::Ring;
	if (options.backend == "io_uring")
		throw Error(fmt::format("io_uring can't be used here: {}", std::strerror(err)),
			    "kernel.io_uring_disabled, or --backend threads", Exit::Refused);
	why = fmt::format("io_uring can't be used here ({}): plain threads instead",
			  std::strerror(err));
	return Backend::Threads;
}

std::string command_line(const Options &options, const RaceRequest &request)
{
	std::string line = fmt::format("cxla race --seed {}", request.seed);
	std::vector<std::string> names;

	if (request.seconds > 0)
		line += fmt::format(" --seconds {:g}", request.seconds);
	if (request.cycles)
		line += fmt::format(" --cycles {}", request.cycles);
	names.reserve(request.actors.size());
	for (const ActorKind *kind : request.actors)
		names.emplace_back(kind->name);
	if (names.size() != actor_kinds().size())
		line += fmt::format(" --actors {}", fmt::join(names, ","));
	if (request.backend == Backend::Threads)
		line += " --backend threads";
	if (!options.recommit.empty())
		line += fmt::format(" --recommit '{}'", options.recommit);
	if (options.yes)
		line += " --yes";
	return line;
}

json targets_json(const Targets &targets, const RaceRequest &request)
{
	json accelerators = json::array(), expanders = json::array(), actors = json::array();

	for (const auto &accel : targets.accelerators)
		accelerators.push_back({{"address", accel.bdf},
					{"range", accel.range ? accel.range->text() : ""}});
	for (const auto &expander : targets.expanders)
		expanders.push_back({{"address", expander.bdf}, {"unlocked", expander.unlocked}});
	for (const ActorKind *kind : request.actors)
		actors.push_back({{"name", kind->name}, {"does", kind->does}});
	return {{"accelerators", accelerators},
		{"expanders", expanders},
		{"roots", targets.roots},
		{"actors", actors}};
}

void print_targets(const Targets &targets, const RaceRequest &request)
{
	for (const auto &root : targets.roots)
		fmt::print("root         {}\n", root);
	for (const auto &accel : targets.accelerators)
		fmt::print("accelerator  {}  {}\n", accel.bdf,
			   accel.range ? accel.range->text() : "not attached");
	for (const auto &expander : targets.expanders)
		fmt::print("expander     {}  {}\n", expander.bdf,
			   expander.unlocked ? "its regions may be deleted and uncommitted"
					     : "locked");
	for (const ActorKind *kind : request.actors)
		fmt::print("actor        {:<9} {}\n", kind->name, kind->does);
}

json outcomes_json(const Outcomes &outcomes)
{
	json out = json::object();

	for (const auto &[err, count] : outcomes)
		out[errno_name(err)] = count;
	return out;
}

/* what became of regions that may be deleted and uncommitted */
json regions_json(const RaceReport &report)
{
	return {{"deleted", report.done(Deed::DeleteRegion)},
		{"uncommitted", report.done(Deed::Uncommit)},
		{"standstills", report.looks},
		{"rests", report.rests},
		{"recommitted_at_rest", report.recommits}};
}

json report_json(const RaceReport &report, const RaceRequest &request, const std::string &command,
		 const std::string &notice)
{
	json actors = json::array();

	for (const auto &actor : report.actors) {
		json deeds = json::object(), last = json::array();

		for (const auto &[deed, outcomes] : actor.outcomes)
			deeds[deed_name(deed)] = outcomes_json(outcomes);
		for (const auto &operation : actor.last)
			last.push_back({{"begun", operation.begun},
					{"ended", operation.ended},
					{"operation", operation.text},
					{"outcome", operation.outcome}});
		actors.push_back({{"name", actor.name},
				  {"outcomes", deeds},
				  {"counts", actor.counts},
				  {"last_operations", last}});
	}

	json finding;

	if (report.finding)
		finding = {{"actor", report.finding->actor}, {"what", report.finding->what}};
	return {{"command", "race"},
		{"seed", request.seed},
		{"backend", backend_name(request.backend)},
		{"notice", notice},
		{"seconds", report.seconds},
		{"cycles", report.cycles},
		{"operations", report.operations},
		{"peak_in_flight", report.peak_in_flight},
		{"peak_busy_threads", report.peak_busy},
		{"outcomes", outcomes_json(report.outcomes())},
		{"actors", actors},
		{"regions", regions_json(report)},
		{"interrupted", report.interrupted},
		{"lost_log_records", report.lost_records},
		{"kernel_log", report.kernel_log},
		{"missing", report.change.missing},
		{"extra", report.change.extra},
		{"finding", finding},
		{"repeat", command}};
}

void print_summary(const RaceReport &report)
{
	Table table({"ACTOR", "OPERATIONS", "PER SECOND", "WHAT CAME OF THEM"});

	for (const auto &[name, total] : totals(report)) {
		Outcomes outcomes;
		uint64_t sum = total.done + total.failed;

		for (const auto &actor : report.actors)
			if (actor.name.starts_with(name + "/"))
				for (const auto &[deed, some] : actor.outcomes)
					for (const auto &[err, count] : some)
						outcomes[err] += count;
		table.add({name, std::to_string(sum),
			   fmt::format("{:.0f}", static_cast<double>(sum) / report.seconds),
			   outcomes_text(outcomes)});
	}
	fmt::print("{}", table.text(""));

	std::map<std::string, uint64_t> counts;

	for (const auto &actor : report.actors)
		for (const auto &[what, count] : actor.counts)
			counts[what] += count;
	for (const auto &[what, count] : counts)
		fmt::print("  {}: {}\n", what, count);
	fmt::print("{} binds, {} operations in {:.1f} s ({:.0f} a second); in flight {} at most, "
		   "{} of them seen in the kernel at one moment\n",
		   report.cycles, report.operations, report.seconds,
		   static_cast<double>(report.operations) / report.seconds, report.peak_in_flight,
		   report.peak_busy);
	for (Deed deed : {Deed::DeleteRegion, Deed::Uncommit, Deed::Commit})
		if (Outcomes outcomes = report.outcomes(deed); !outcomes.empty())
			fmt::print("{}: {}\n", deed_name(deed), outcomes_text(outcomes));
	fmt::print("at a standstill {} times, at rest {} times, decoders committed again by "
		   "--recommit {} times\n",
		   report.looks, report.rests, report.recommits);
	if (report.lost_records)
		fmt::print("{} times the kernel log was faster than this program\n",
			   report.lost_records);
}

void print_finding(const RaceReport &report, const std::string &command)
{
	fmt::print("\nFOUND{}: {}\n",
		   report.finding->actor.empty() ? "" : " by " + report.finding->actor,
		   report.finding->what);
	for (const auto &actor : report.actors) {
		fmt::print("last of {}:\n", actor.name);
		for (const auto &operation : actor.last)
			fmt::print("  {:10.6f} {:10.6f}  {}: {}\n", operation.begun,
				   operation.ended, operation.text, operation.outcome);
	}
	for (const auto &line : report.kernel_log)
		fmt::print("kernel: {}\n", line);
	fmt::print("again: {}\n", command);
}

/* each line is on its way before the next thing is done: a panic leaves it there */
class RaceLog
{
public:
	/* throws Error */
	explicit RaceLog(const std::string &path)
	{
		if (path.empty())
			return;
		fd_ = Fd(path == "-" ? dup(STDOUT_FILENO)
				     : ::open(path.c_str(),
					      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY,
					      0600));
		if (!fd_)
			throw Error(fmt::format("opening {}: {}", path, std::strerror(errno)),
				    "--log FILE, a device, or - for standard output");
	}

	void line(const std::string &text)
	{
		if (!fd_)
			return;

		std::string whole = text + "\n";
		ssize_t ignored = ::write(fd_.get(), whole.data(), whole.size());

		(void)ignored;
		/* a device has nothing to sync */
		ignored = fdatasync(fd_.get());
	}

private:
	Fd fd_;
};

Exit race(const Root &root, const Context &context, const Options &options)
{
	Machine machine = read_machine(root);
	Targets targets = find_targets(machine, root);
	RaceRequest request;
	std::string notice;

	request.seconds = options.seconds > 0 || options.cycles ? options.seconds : default_seconds;
	request.cycles = options.cycles;
	request.seed = options.seed ? options.seed : std::random_device()();
	request.patience = options.patience;
	request.actors = choose_actors(options.actors);
	if (!options.recommit.empty())
		request.recommit = recommit_by(options.recommit);
	if (options.dry_run) {
		if (context.json)
			print_json({{"command", "race"},
				    {"would_touch", targets_json(targets, request)}});
		else
			print_targets(targets, request);
	}
	if (auto refusals = race_refusals(machine, root, request, options.yes); !refusals.empty())
		return refuse(context, "race", refusals);
	if (options.dry_run)
		return Exit::Ok;
	request.backend = choose_backend(options, notice);
	if (!notice.empty())
		fmt::print(stderr, "cxla: {}\n", notice);

	std::string command = command_line(options, request);
	RaceLog log(options.log);
	InterruptGuard guard;

	request.command = command;
	log.line(fmt::format("race begins; again: {}", command));

	auto progress = std::make_unique<Progress>();

	if (!context.json)
		fmt::print("seed {}, by {}; again: {}\n", request.seed,
			   backend_name(request.backend), command);
	std::fflush(stdout);

	RaceReport report = run_race(root, request, targets, [&](const RaceReport &so_far) {
		log.line(progress_line(so_far));
		progress->tell(so_far);
		return !InterruptGuard::interrupted();
	});

	progress.reset();
	if (context.json) {
		print_json(report_json(report, request, command, notice));
	} else {
		print_summary(report);
		if (report.finding)
			print_finding(report, command);
		else
			fmt::print("nothing found{}\n", report.interrupted ? ", interrupted" : "");
	}
	return end_search(report.stuck, report.finding.has_value());
}

} // namespace

void add_race(CLI::App &app, Context &context)
{
	auto options = std::make_shared<Options>();
	auto *command = add_command(
		app, context, "race",
		"Unbind, bind, delete and commit everything at once until something breaks",
		[&context, options](const Root &root) { return race(root, context, *options); });

	command->add_option("--seconds", options->seconds,
			    "How long (default: 30, without --cycles)")
		->check(CLI::Range(0.1, 1e6));
	command->add_option("--cycles", options->cycles, "Until accelerators were bound so often")
		->check(CLI::Range(1, 1000000000));
	command->add_option("--seed", options->seed,
			    "The same seed gives the same sequence of operations to each actor; "
			    "not the same timing (default: a random one, which is shown)");
	command->add_option("--actors", options->actors, "Only these, e.g. accel,root,delete")
		->delimiter(',');
	command->add_option("--backend", options->backend, "io_uring, threads, or auto")
		->check(CLI::IsMember({"auto", "io_uring", "threads"}))
		->capture_default_str();
	command->add_option("--patience", options->patience,
			    "Seconds after which an operation counts as stuck")
		->capture_default_str();
	command->add_option("--recommit", options->recommit,
			    "Shell command that commits decoders as firmware did, called with PCI "
			    "addresses; with it commit=0 is raced on memory expanders, too");
	command->add_option("--log", options->log,
			    "Each second a line with what each actor is at, to a file, a device or "
			    "- (standard output): there when the kernel did not survive");
	command->add_flag("--dry-run", options->dry_run,
			  "List what would be touched; touch nothing");
	command->add_flag("--yes", options->yes, "Agree, outside of a virtual machine");
	command->footer("Ends with 1 when something was found, with what repeats it.\n");
}

} // namespace cxla
