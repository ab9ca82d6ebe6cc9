// SPDX-License-Identifier: GPL-2.0-only
#include "stress/race.h"

#include "command.h"
#include "race_report.h"
#include "results.h"
#include "sys/fd.h"
#include "sys/output.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <mutex>
#include <random>
#include <unistd.h>

namespace cxla
{

namespace
{

using json = nlohmann::ordered_json;

struct Options {
	double seconds = 0, round = RaceRequest{}.round_seconds;
	uint64_t cycles = 0, seed = 0;
	bool pairs = false;
	std::vector<std::string> actors, without;
	std::string backend = "auto";
	std::string recommit, log, script, stack = our_stack().name(), driver;
	ResultPaths results;
	double patience = 150;
	bool dry_run = false, yes = false;
};

constexpr double default_seconds = 30;
/* a round that found something is repeated for this long, at most */
constexpr double longest_repeat = 600;

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

/* what repeats a round: its actors from its seed on, until it is found again */
std::string command_line(const Options &options, const RaceRequest &request,
			 const ActorKinds &actors, uint64_t seed)
{
	std::string line = fmt::format("cxla race --seed {}", seed);
	std::vector<std::string> names;

	if (request.seconds > 0 || request.pairs)
		line += fmt::format(" --seconds {:g}",
				    std::clamp(request.seconds, default_seconds, longest_repeat));
	else
		line += fmt::format(" --cycles {}", request.cycles);
	names.reserve(actors.size());
	for (const ActorKind *kind : actors)
		names.emplace_back(kind->name);
	line += fmt::format(" --actors {}", fmt::join(names, ","));
	if (request.backend == Backend::Threads)
		line += " --backend threads";
	if (options.stack != our_stack().name())
		line += fmt::format(" --stack {}", options.stack);
	if (!options.driver.empty())
		line += fmt::format(" --driver {}", options.driver);
	if (!options.recommit.empty())
		line += fmt::format(" --recommit '{}'", options.recommit);
	if (options.yes)
		line += " --yes";
	return line;
}

/* a shell script that writes the same, one after the other */
class Script
{
public:
	/* throws Error */
	explicit Script(const std::string &path) : path_(path), out_(path)
	{
		out_ << "#!/bin/sh\n# what actors wrote, in the order they began\nexec "
			"2>/dev/null\n";
		check();
	}
	void add(const FileOp &file)
	{
		std::scoped_lock guard(lock_);

		for (unsigned n = 0; n < file.times; n++)
			out_ << "echo '" << trim(file.value) << "' >" << file.path << "\n";
		writes_ += file.times;
	}
	uint64_t close()
	{
		out_.close();
		check();
		return writes_;
	}

private:
	void check()
	{
		if (!out_)
			throw Error(fmt::format("writing {}: {}", path_, std::strerror(errno)),
				    "--script FILE, where there is room for it");
	}

	std::string path_;
	std::ofstream out_;
	std::mutex lock_; /* of what follows */
	uint64_t writes_ = 0;
};

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

RaceRequest make_request(const Options &options)
{
	RaceRequest request;

	request.seconds = options.seconds > 0 || options.cycles ? options.seconds : default_seconds;
	request.cycles = options.cycles;
	request.round_seconds = options.round;
	request.seed = options.seed ? options.seed : std::random_device()();
	request.patience = options.patience;
	request.actors = choose_actors(options.actors);
	for (const auto &name : options.without)
		std::erase_if(request.actors,
			      [kind = choose_actors({name}).front()](const ActorKind *one) {
				      return one == kind;
			      });
	if (request.actors.empty())
		throw Error("no actor is left", "--without fewer of them", Exit::Usage);
	request.pairs = options.pairs;
	if (!options.recommit.empty())
		request.recommit = recommit_by(options.recommit);
	return request;
}

RaceReport run(const Root &root, const RaceRequest &request, const Targets &targets, RaceLog &log)
{
	RaceProgress progress;

	return run_race(root, request, targets, [&](const RaceReport &so_far) {
		log.line(progress_line(so_far));
		progress.tell(so_far);
		return !InterruptGuard::interrupted();
	});
}

/* false: not all of it could be written, which was told */
bool close_script(const Context &context, Script &script, const RaceReport &report,
		  const Options &options)
{
	try {
		uint64_t writes = script.close();

		print_error("cxla: {} writes in {:.1f} s are in {}\n", writes, report.seconds,
			    options.script);
	} catch (const Error &error) {
		report_error(context, error.what(), error.hint());
		return false;
	}
	return true;
}

Exit race(const Root &root, const Context &context, const Options &options)
{
	Machine machine = read_machine(root);
	Targets targets = find_targets(machine, root, context.program_dir,
				       make_stack(options.stack, options.driver));
	RaceRequest request = make_request(options);

	if (options.log == "-" && context.json)
		throw Error("--json and --log - both want standard output", "name a file for --log",
			    Exit::Usage);

	std::optional<Script> script;
	std::string notice;
	auto refusals = race_refusals(machine, root, targets, request, options.yes);
	/* whoever is asked to agree sees to what */
	bool show =
		options.dry_run || (!refusals.empty() && !options.yes && !in_virtual_machine(root));

	if (show && !context.json)
		print_targets(targets, request);
	else if (options.dry_run)
		context.reply->result = {{"would_touch", targets_json(targets, request)}};
	if (!refusals.empty())
		return refuse(context, refusals);
	if (options.dry_run)
		return Exit::Ok;
	request.backend = choose_backend(options, notice);
	if (!notice.empty())
		print_error("cxla: {}\n", notice);
	request.command = [&](const ActorKinds &actors, uint64_t seed) {
		return command_line(options, request, actors, seed);
	};
	if (!options.script.empty()) {
		script.emplace(options.script);
		request.written = [&](const FileOp &file) { script->add(file); };
	}

	context.guard.emplace();

	RaceLog log(options.log);
	Results results(context, options.results);

	log.line(fmt::format("race begins; again: {}",
			     request.command(request.actors, request.seed)));
	if (!context.json)
		print_out("seed {}, by {}\n", request.seed, backend_name(request.backend));
	output().flush();

	RaceReport report = run(root, request, targets, log);

	context.reply->result = report_json(report, request, notice);
	if (!context.json)
		print_report(report, request);

	bool written = results.write(context, verdicts_of(report));

	if (script)
		written = close_script(context, *script, report, options) && written;
	return end_search(context, report.stuck, report.finding.has_value(), written);
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
			    "Race for so many seconds (default without --cycles: 30)")
		->check(CLI::Range(0.1, 1e6));
	command->add_option("--cycles", options->cycles,
			    "Race until accelerators were bound so many times")
		->check(CLI::Range(1, 1000000000));
	command->add_option(
		"--seed", options->seed,
		"The seed of the operations: the same seed gives each actor the same sequence, but "
		"not the same timing (default: a random seed, which is printed)");
	command->add_option("--actors", options->actors,
			    "Run only these actors, e.g. accel,root,delete; a name given twice "
			    "starts two such actors")
		->delimiter(',');
	command->add_option("--without", options->without, "Run all actors but these")
		->delimiter(',');
	command->add_flag("--pairs", options->pairs,
			  "Run two kinds of actors at a time, every pair of kinds in turn, and "
			  "count how often their operations overlapped");
	command->add_option("--round", options->round,
			    "Stop all actors and check the machine after so many seconds (with "
			    "--pairs, --seconds is divided among the pairs)")
		->check(CLI::Range(0.1, 1e6))
		->capture_default_str();
	command->add_option("--stack", options->stack,
			    "Race these modules (ours) or the kernel's own CXL drivers (in-tree). "
			    "The output lists what the in-tree drivers cannot do")
		->check(CLI::IsMember(stack_names()))
		->capture_default_str();
	command->add_option("--driver", options->driver,
			    "The driver of the accelerators (default: cxla_accel, or "
			    "cxl_sample_intree with --stack in-tree)");
	command->add_option("--backend", options->backend,
			    "How actors write and read: by io_uring, by threads, or by io_uring if "
			    "it is permitted (auto)")
		->check(CLI::IsMember({"auto", "io_uring", "threads"}))
		->capture_default_str();
	command->add_option("--patience", options->patience,
			    "Report an operation as stuck after so many seconds")
		->check(CLI::Range(0.01, 1e6))
		->capture_default_str();
	command->add_option(
		"--recommit", options->recommit,
		"Shell command that commits decoders as firmware did; it is called with PCI "
		"addresses. With it the race also writes 0 to commit of memory expanders");
	command->add_option("--log", options->log,
			    "Write a line each second that says what each actor does, to a file, a "
			    "device or standard output (-). The log survives a crash of the kernel "
			    "if it is on a serial port");
	command->add_option("--script", options->script,
			    "Write a shell script that repeats the operations one by one");
	command->add_flag("--dry-run", options->dry_run,
			  "List what the race would touch, and touch nothing");
	command->add_flag("--yes", options->yes,
			  "Confirm the race on a machine that is not virtual");
	add_result_options(*command, options->results);
	add_html(*command, context);
	command->footer("If the race finds something it exits with 1, and prints the command that "
			"repeats it.\n");
}

} // namespace cxla
