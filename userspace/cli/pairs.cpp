// SPDX-License-Identifier: GPL-2.0-only
#include "stress/pairs.h"
#include "stress/operation_process.h"
#include "stress/write_process.h"

#include "command.h"
#include "progress.h"
#include "report/report.h"
#include "results.h"
#include "stress/pause.h"
#include "sys/output.h"

#include <fmt/format.h>

namespace cxla
{

namespace
{

using json = nlohmann::ordered_json;

struct PairsOptions {
	std::vector<std::string> first, second;
	std::string point, recommit, on_loss;
	unsigned stride = 1, offset = 0;
	double patience = 120;
	bool sequential = false, overlapped = false, killed = false;
	bool list = false, yes = false;
	ResultPaths results;
};

std::string progress_text(const PairsReport &report, const PairCase &now,
			  std::chrono::steady_clock::time_point begun)
{
	std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun;

	return fmt::format("{} cases, {:.0f} s: {}", report.cases, passed.count(), now.words());
}

std::string command_line(const PairCase &at, const PairsOptions &options)
{
	std::string line = "cxla pairs";

	if (at.first)
		line += fmt::format(" --{} --first {} --second {}", pair_mode_name(at.mode),
				    at.first->name(), at.second ? at.second->name() : "none");
	if (!at.point.empty())
		line += " --point " + at.point;
	if (!options.recommit.empty())
		line += fmt::format(" --recommit '{}'", options.recommit);
	if (!options.on_loss.empty())
		line += " --on-loss " + options.on_loss;
	return line + (options.yes ? " --yes" : "");
}

json cell_json(const PairCell &cell)
{
	return {{"cases", cell.cases},   {"overlapped", cell.overlapped()},
		{"inside", cell.inside}, {"waited", cell.waited},
		{"killed", cell.killed}, {"held_was_a_worker", cell.not_own},
		{"missed", cell.missed}, {"nothing_to_do", cell.nothing}};
}

json report_json(const PairsReport &report, const PairsOptions &options)
{
	json pairs = json::array(), totals, finding;

	for (const auto &[pair, modes] : report.cells)
		for (const auto &[mode, cell] : modes) {
			json one = cell_json(cell);

			one["first"] = pair.first;
			one["second"] = pair.second;
			one["mode"] = pair_mode_name(mode);
			pairs.push_back(one);
		}
	for (PairMode mode : {PairMode::Sequential, PairMode::Overlapped, PairMode::Killed})
		totals[pair_mode_name(mode)] = cell_json(report.total(mode));
	if (report.finding)
		finding = {
			{"first", report.finding->at.first ? report.finding->at.first->name() : ""},
			{"second",
			 report.finding->at.second ? report.finding->at.second->name() : ""},
			{"mode", pair_mode_name(report.finding->at.mode)},
			{"point", report.finding->at.point},
			{"what", report.finding->what},
			{"kernel_log", report.finding->kernel_log},
			{"repeat", command_line(report.finding->at, options)}};
	return {{"stride", options.stride},
		{"offset", options.offset},
		{"seconds", report.seconds},
		{"cases", report.cases},
		{"profiles", report.profiles},
		{"recommits", report.recommits},
		{"interrupted", report.interrupted},
		{"points", report.points},
		{"totals", totals},
		{"results", report.results},
		{"pairs", pairs},
		{"finding", finding}};
}

std::string cell_text(const PairCell &cell)
{
	std::string text = fmt::format("{} cases", cell.cases);

	for (auto [count, what] :
	     {std::pair{cell.inside, "the second ended while the first was held"},
	      std::pair{cell.waited, "it waited for it"},
	      std::pair{cell.nothing, "it found nothing to act upon"},
	      std::pair{cell.missed, "the first did not come by"},
	      std::pair{cell.killed, "the first was killed where it was held"},
	      std::pair{cell.not_own, "a worker was held"}})
		if (count)
			text += fmt::format("; in {} {}", count, what);
	return text;
}

/* one for each pair in each mode that it was done in */
VerdictGroup verdicts_of(const PairsReport &report, const PairsOptions &options)
{
	VerdictGroup group{"cxla pairs", report.seconds, {}};
	auto name_of = [](PairMode mode, const std::string &first, const std::string &second) {
		return fmt::format("{} {} {}", pair_mode_name(mode), first,
				   second.empty() ? "none" : second);
	};
	Verdict found;

	if (report.finding) {
		const PairCase &at = report.finding->at;

		found = {at.first ? name_of(at.mode, at.first->name(),
					    at.second ? at.second->name() : "")
				  : "at rest",
			 Verdict::Result::Failed, 0,
			 report.finding->what.substr(0, report.finding->what.find('\n')),
			 fmt::format("{}\nat: {}\n", report.finding->what, at.words())};
		for (const auto &line : report.finding->kernel_log)
			found.output += "kernel: " + line + '\n';
		found.output += fmt::format("again: {}\n", command_line(at, options));
	}
	for (const auto &[pair, modes] : report.cells)
		for (const auto &[mode, cell] : modes)
			if (std::string name = name_of(mode, pair.first, pair.second);
			    name != found.name)
				group.verdicts.push_back(
					{name, Verdict::Result::Passed, 0, "", cell_text(cell)});
	if (report.finding)
		group.verdicts.push_back(found);
	return group;
}

/* how many cases of each pair had both in it at once; a dot for none */
std::string matrix(const PairsReport &report, PairMode mode)
{
	std::vector<std::string> head = {""};
	size_t count = triggers().size();

	for (size_t n = 0; n < count; n++)
		head.push_back(std::to_string(n + 1));

	Table table(head);

	for (size_t first = 0; first < count; first++) {
		std::vector<std::string> row = {
			fmt::format("{} {}", first + 1, triggers()[first].name())};
		bool any = false;

		for (size_t second = 0; second < count; second++) {
			auto pair = report.cells.find(
				{triggers()[first].name(), triggers()[second].name()});
			auto cell = pair == report.cells.end()
					    ? std::map<PairMode, PairCell>::const_iterator{}
					    : pair->second.find(mode);
			bool there = pair != report.cells.end() && cell != pair->second.end();

			any |= there;
			row.push_back(there ? std::to_string(mode == PairMode::Sequential
								     ? cell->second.cases
								     : cell->second.overlapped())
					    : ".");
		}
		if (any)
			table.add(row);
	}
	return table.empty() ? "" : table.text("");
}

void print_report(const PairsReport &report)
{
	Table outcomes({"TRIGGER", "POINTS IT PASSES", "WHAT CAME OF IT"});

	if (auto text = matrix(report, PairMode::Overlapped); !text.empty())
		print_out("Overlapped: rows are held, columns came meanwhile; how often\n{}\n",
			  text);
	for (const auto &trigger : triggers()) {
		auto results = report.results.find(trigger.name());
		auto points = report.points.find(trigger.name());
		std::string text;

		if (results != report.results.end())
			for (const auto &[result, count] : results->second)
				text += fmt::format("{}{} {}", text.empty() ? "" : ", ", result,
						    count);
		if (!text.empty() || points != report.points.end())
			outcomes.add({trigger.name(),
				      points == report.points.end()
					      ? ""
					      : std::to_string(points->second.size()),
				      text});
	}
	print_out("{}", outcomes.text(""));
	if (auto cell = report.total(PairMode::Sequential); cell.cases)
		print_out("sequential: {} cases; in {} the second found nothing to act upon\n",
			  cell.cases, cell.nothing);
	if (auto cell = report.total(PairMode::Overlapped); cell.cases)
		print_out("overlapped: {} cases; in {} both were in it at once: in {} the second "
			  "ended meanwhile,\n  in {} it waited; in {} it found nothing to act "
			  "upon, in {} the first did not come by\n",
			  cell.cases, cell.overlapped(), cell.inside, cell.waited, cell.nothing,
			  cell.missed);
	if (auto cell = report.total(PairMode::Killed); cell.cases)
		print_out("killed: {} cases; in {} the first was killed where it was held, in {} "
			  "of them the second\n  ended before, in {} it waited; in {} a worker "
			  "was held, in {} nobody came by\n",
			  cell.cases, cell.killed, cell.inside, cell.waited, cell.not_own,
			  cell.missed);
	print_out("{} cases in {:.1f} s, {:.2f} s each; decoders committed again {} times\n",
		  report.cases, report.seconds,
		  report.seconds / std::max(1U, report.cases + report.profiles), report.recommits);
}

void print_finding(const PairsFinding &finding, const PairsOptions &options)
{
	print_out("\nFOUND in {} ({}): {}\n", finding.at.words(), pair_mode_name(finding.at.mode),
		  finding.what);
	for (const auto &line : finding.kernel_log)
		print_out("kernel: {}\n", line);
	print_out("again: {}\n", command_line(finding.at, options));
}

Exit list_triggers(const Root &root, const Context &context)
{
	json list = json::array(), points = json::array();
	Table table({"TRIGGER", "WHAT IT DOES", ""});

	for (const auto &trigger : triggers()) {
		list.push_back({{"name", trigger.name()},
				{"does", trigger.operation->does},
				{"needs_recommit", trigger.forgets}});
		table.add({trigger.name(), trigger.operation->does,
			   trigger.forgets ? "needs --recommit" : ""});
	}
	for (const auto &point : KernelPauses(root).list())
		points.push_back(point.name);
	if (context.json) {
		context.reply->result = {{"triggers", list}, {"points", points}};
		return Exit::Ok;
	}
	print_out("{}", table.text(""));
	if (!points.empty())
		print_out("\nPoints:");
	for (const auto &point : points)
		print_out(" {}", point.get<std::string>());
	print_out("\n");
	return Exit::Ok;
}

PairsRequest request_of(const PairsOptions &options)
{
	PairsRequest request;

	request.first = choose_triggers(options.first);
	if (options.second != std::vector<std::string>{"none"})
		request.second = choose_triggers(options.second);
	for (auto [wanted, mode] : {std::pair{options.sequential, PairMode::Sequential},
				    std::pair{options.overlapped, PairMode::Overlapped},
				    std::pair{options.killed, PairMode::Killed}})
		if (wanted || !(options.sequential || options.overlapped || options.killed))
			request.modes.push_back(mode);
	request.point = options.point;
	request.killed_pairs = options.killed;
	request.stride = options.stride;
	request.offset = options.offset;
	request.patience = options.patience;
	request.on_loss = options.on_loss;
	if (!options.recommit.empty())
		request.recommit = recommit_by(options.recommit);
	return request;
}

/* those for which the machine has nothing; one that was named is refused */
void leave_out(std::vector<const Trigger *> &triggers, const TestBed &bed,
	       const std::vector<std::string> &named, std::vector<Refusal> &refusals)
{
	std::erase_if(triggers, [&](const Trigger *trigger) {
		std::string missing = missing_for(bed, *trigger->operation);

		if (!missing.empty() && !named.empty())
			refusals.push_back(refusal_of(*trigger->operation, missing));
		return !missing.empty();
	});
}

Exit pairs(const Root &root, const Context &context, const PairsOptions &options)
{
	PairsRequest request = request_of(options);

	if (options.list)
		return list_triggers(root, context);

	Machine machine = read_machine(root);
	TestBed bed = find_test_bed(root, machine, context.program_dir);

	auto refusals = pairs_refusals(root, machine, bed, request, options.yes);

	leave_out(request.first, bed, options.first, refusals);
	leave_out(request.second, bed, options.second, refusals);
	if (!refusals.empty())
		return refuse(context, refusals);

	Results results(context, options.results);
	context.guard.emplace();
	KernelPauses pauses(root);
	auto begun = std::chrono::steady_clock::now();
	auto progress = std::make_unique<ProgressLine>();
	PairsReport report = run_pairs(
		bed, request, pauses, [&](const PairsReport &so_far, const PairCase &now) {
			if (progress->due())
				progress->show(progress_text(so_far, now, begun));
			return !InterruptGuard::interrupted();
		});

	progress.reset();
	/* nobody stays held by what has ended */
	if (!report.stuck)
		pauses.reset();
	context.reply->result = report_json(report, options);
	if (!context.json) {
		print_report(report);
		if (report.finding)
			print_finding(*report.finding, options);
		else
			print_out("nothing found{}\n", report.interrupted ? ", interrupted" : "");
	}

	bool written = results.write(context, verdicts_of(report, options));

	return end_search(context, report.stuck, report.finding.has_value(), written);
}

/* what an executor starts a process of this program with */
void add_perform(CLI::App &app, Context &context)
{
	auto names = std::make_shared<std::vector<std::string>>();

	add_command(app, context, perform_command, "",
		    [names](const Root &) {
			    perform_operation(names->at(0), names->at(1));
			    return Exit::Ok;
		    })
		->group("")
		->add_option("WHAT", *names)
		->expected(2);

	auto plan = std::make_shared<std::string>();

	add_command(app, context, write_command, "",
		    [plan](const Root &) {
			    perform_writes(*plan);
			    return Exit::Ok;
		    })
		->group("")
		->add_option("PLAN", *plan)
		->required();
}

} // namespace

void add_pairs(CLI::App &app, Context &context)
{
	auto options = std::make_shared<PairsOptions>();
	auto *command = add_command(
		app, context, "pairs", "Run every pair of triggers, overlapped at each pause point",
		[&context, options](const Root &root) { return pairs(root, context, *options); });

	command->add_option("--first", options->first,
			    "Use only these triggers as the first of a pair, e.g. attach,detach")
		->delimiter(',');
	command->add_option("--second", options->second,
			    "Use only these triggers as the second; none: kill the first alone")
		->delimiter(',');
	command->add_option("--point", options->point,
			    "Hold the first trigger at this pause point only");
	command->add_flag("--list", options->list,
			  "List triggers and pause points, and change nothing");
	command->add_flag("--sequential", options->sequential,
			  "Run the two triggers one after the other");
	command->add_flag("--overlapped", options->overlapped,
			  "Run the second trigger while the first is held, at each pause point "
			  "that the first passes");
	command->add_flag("--killed", options->killed,
			  "Kill the first trigger at each pause point that it passes, alone and "
			  "with the second");
	command->add_option("--stride", options->stride, "Run only each Nth pair")
		->check(CLI::Range(1U, 1000000U));
	command->add_option("--offset", options->offset, "Begin with this pair, counted from 0")
		->check(CLI::Range(0U, 1000000U));
	command->add_option("--on-loss", options->on_loss,
			    "Set on_loss of the accelerators: what follows the loss of a range")
		->check(CLI::IsMember({"reattach", "pci-only", "unbind"}));
	command->add_option("--recommit", options->recommit,
			    "Shell command that commits decoders as firmware did; it is called "
			    "with PCI addresses");
	command->add_option("--patience", options->patience,
			    "Report an operation as stuck after so many seconds")
		->check(CLI::Range(0.01, 1e6))
		->capture_default_str();
	add_result_options(*command, options->results);
	add_html(*command, context);
	command->add_flag("--yes", options->yes,
			  "Confirm the test on a machine that is not virtual");
	command->footer(
		"The command needs a kernel with fault injection, one attached accelerator and "
		"one\n"
		"memory expander. If it finds something it exits with 1, and prints the command\n"
		"that repeats it.\n");
	add_perform(app, context);
}

} // namespace cxla
