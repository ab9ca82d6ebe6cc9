// SPDX-License-Identifier: GPL-2.0-only
#include "stress/failnth.h"

#include "command.h"
#include "progress.h"
#include "report/report.h"
#include "results.h"
#include "sys/output.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace cxla
{

namespace
{

using json = nlohmann::ordered_json;

struct FailnthOptions {
	std::vector<std::string> operations;
	unsigned offset = 1, stride = 1, last = 0, batch = FailnthRequest().batch;
	double patience = 120;
	std::string leaks = "each";
	bool list = false, yes = false;
	ResultPaths results;
};

std::string command_line(const FailnthFinding &finding, const FailnthOptions &options)
{
	std::string line = "cxla failnth";

	if (!finding.operation.empty())
		line += " --operations " + finding.operation;
	else if (!options.operations.empty())
		line += fmt::format(" --operations {}", fmt::join(options.operations, ","));
	if (finding.first)
		line += fmt::format(" --offset {} --last {} --batch 1", finding.first, finding.nth);
	else if (finding.nth)
		line += fmt::format(" --offset {} --last {}", finding.nth, finding.nth);
	if (finding.first && options.stride > 1)
		line += fmt::format(" --stride {}", options.stride);
	else if (!finding.nth && (options.stride > 1 || options.offset > 1))
		line += fmt::format(" --offset {} --stride {}", options.offset, options.stride);
	return line + (options.yes ? " --yes" : "");
}

std::string results_text(const OperationReport &report)
{
	std::string text;

	for (const auto &[result, count] : report.results)
		text += fmt::format("{}{} {}", text.empty() ? "" : ", ", result, count);
	return text;
}

/* empty: it is of no allocation */
std::string allocations_of(const FailnthFinding &finding)
{
	if (!finding.nth)
		return "";
	if (finding.first)
		return fmt::format("allocations {} to {}, not one alone", finding.first,
				   finding.nth);
	return fmt::format("allocation {}", finding.nth);
}

json report_json(const FailnthReport &report, const FailnthOptions &options)
{
	json list = json::array(), findings = json::array();

	for (const auto &one : report.operations)
		list.push_back({{"name", one.operation->name},
				{"points", one.points},
				{"failed", one.failed},
				{"results", one.results},
				{"seconds", one.seconds}});
	for (const auto &finding : report.findings)
		findings.push_back({{"operation", finding.operation},
				    {"nth", finding.nth},
				    {"what", finding.what},
				    {"stack", finding.stack},
				    {"kernel_log", finding.kernel_log},
				    {"repeat", command_line(finding, options)}});
	return {{"offset", options.offset},
		{"stride", options.stride},
		{"seconds", report.seconds},
		{"leaks_looked_for", report.leaks_looked_for},
		{"interrupted", report.interrupted},
		{"operations", list},
		{"findings", findings}};
}

void print_report(const FailnthReport &report)
{
	Table table({"OPERATION", "POINTS", "FAILED", "SECONDS", "WHAT CAME OF THEM"});
	unsigned points = 0, failed = 0;

	for (const auto &one : report.operations) {
		points += one.points;
		failed += one.failed;
		table.add({one.operation->name, std::to_string(one.points),
			   std::to_string(one.failed), fmt::format("{:.1f}", one.seconds),
			   results_text(one)});
	}
	print_out("{}", table.text(""));
	print_out("{} operations with {} points, {} of them made to fail, in {:.1f} s\n",
		  report.operations.size(), points, failed, report.seconds);
}

void print_finding(const FailnthFinding &finding, const FailnthOptions &options)
{
	print_out("\nFOUND{}{}: {}\n", finding.operation.empty() ? "" : " in " + finding.operation,
		  finding.nth ? ", " + allocations_of(finding) : "", finding.what);
	for (const auto &line : finding.kernel_log)
		print_out("kernel: {}\n", line);
	if (!finding.stack.empty())
		print_out("what failed:\n");
	for (const auto &line : finding.stack)
		print_out("  {}\n", line);
	print_out("again: {}\n", command_line(finding, options));
}

/* one for each operation that was asked for; those of @left_out can't be done here */
VerdictGroup verdicts_of(const FailnthReport &report, const FailnthRequest &request,
			 const std::vector<Verdict> &left_out, const FailnthOptions &options)
{
	VerdictGroup group{"cxla failnth", report.seconds, {}};

	for (const auto *operation : request.operations) {
		size_t at = group.verdicts.size();
		bool begun = at < report.operations.size();
		/* the one that was interrupted is the last one */
		bool done = begun && !(report.interrupted && at + 1 == report.operations.size());
		Verdict verdict{operation->name,
				done ? Verdict::Result::Passed : Verdict::Result::Skipped, 0,
				done    ? ""
				: begun ? "interrupted"
					: "not reached",
				""};

		if (begun) {
			const OperationReport &one = report.operations[at];

			verdict.seconds = one.seconds;
			verdict.output = fmt::format("{} of {} allocations made to fail: {}\n",
						     one.failed, one.points, results_text(one));
		}
		group.verdicts.push_back(verdict);
	}
	for (const auto &finding : report.findings) {
		auto verdict = std::find_if(
			group.verdicts.begin(), group.verdicts.end(),
			[&](const Verdict &one) { return one.name == finding.operation; });

		/* of none of them: before the first, or after the last */
		if (verdict == group.verdicts.end())
			verdict = group.verdicts.insert(
				verdict, {"at rest", Verdict::Result::Failed, 0, "", ""});
		verdict->result = Verdict::Result::Failed;
		verdict->message = finding.what.substr(0, finding.what.find('\n'));
		verdict->output += fmt::format(
			"{}{}\n", finding.nth ? allocations_of(finding) + ": " : "", finding.what);
		for (const auto &line : finding.kernel_log)
			verdict->output += "kernel: " + line + '\n';
		for (const auto &line : finding.stack)
			verdict->output += "what failed: " + line + '\n';
		verdict->output += fmt::format("again: {}\n", command_line(finding, options));
	}
	group.verdicts.insert(group.verdicts.end(), left_out.begin(), left_out.end());
	return group;
}

Exit list_operations(const Context &context)
{
	json list = json::array();
	Table table({"OPERATION", "WHAT IT DOES"});

	for (const auto *operation : choose_operations({})) {
		list.push_back({{"name", operation->name}, {"does", operation->does}});
		table.add({operation->name, operation->does});
	}
	context.reply->result = {{"operations", list}};
	if (!context.json)
		print_out("{}", table.text(""));
	return Exit::Ok;
}

Exit failnth(const Root &root, const Context &context, const FailnthOptions &options)
{
	FailnthRequest request;

	request.operations = choose_operations(options.operations);
	if (options.list)
		return list_operations(context);
	request.offset = options.offset;
	request.stride = options.stride;
	request.last = options.last;
	request.patience = options.patience;
	request.batch = options.batch;
	request.leaks = options.leaks == "no"    ? FailnthRequest::Leaks::No
			: options.leaks == "end" ? FailnthRequest::Leaks::AtEnd
						 : FailnthRequest::Leaks::EachOperation;

	Machine machine = read_machine(root);
	TestBed bed = find_test_bed(root, machine, context.program_dir);
	auto refusals = failnth_refusals(root, machine, bed, options.yes);
	std::vector<Verdict> left_out;

	/* all of them are all that can be done here */
	std::erase_if(request.operations, [&](const MachineOperation *operation) {
		std::string missing = missing_for(bed, *operation);

		if (!missing.empty() && !options.operations.empty())
			refusals.push_back(refusal_of(*operation, missing));
		if (!missing.empty())
			left_out.push_back(
				{operation->name, Verdict::Result::Skipped, 0, missing, ""});
		return !missing.empty();
	});
	if (!refusals.empty())
		return refuse(context, refusals);

	Results results(context, options.results);
	context.guard.emplace();
	auto progress = std::make_unique<ProgressLine>();
	FailnthReport report = run_failnth(
		bed, request,
		[&](const OperationReport &so_far, unsigned nth) {
			if (progress->due())
				progress->show(fmt::format("{}: {} of {}, {:.0f} s",
							   so_far.operation->name, nth,
							   so_far.points, so_far.seconds));
			return !InterruptGuard::interrupted();
		},
		[](const FailnthFinding &finding) {
			print_error("\nFOUND in {}, {}: {}\n", finding.operation,
				    allocations_of(finding), finding.what);
		});

	progress.reset();
	context.reply->result = report_json(report, options);
	if (!context.json) {
		print_report(report);
		for (const auto &finding : report.findings)
			print_finding(finding, options);
		if (report.findings.empty())
			print_out("nothing found{}{}\n", report.interrupted ? ", interrupted" : "",
				  report.leaks_looked_for ? "" : ", leaks not looked for");
	}

	bool written = results.write(context, verdicts_of(report, request, left_out, options));

	return end_search(context, report.stuck, !report.findings.empty(), written);
}

} // namespace

void add_failnth(CLI::App &app, Context &context)
{
	auto options = std::make_shared<FailnthOptions>();
	auto *command = add_command(
		app, context, "failnth", "Make every memory allocation of an operation fail once",
		[&context, options](const Root &root) { return failnth(root, context, *options); });

	command->add_option("--operations", options->operations,
			    "Test only these operations, e.g. attach,detach")
		->delimiter(',');
	command->add_flag("--list", options->list, "List the operations and change nothing");
	command->add_option("--stride", options->stride, "Fail only each Nth allocation")
		->check(CLI::Range(1U, 1000000U));
	command->add_option("--offset", options->offset, "Begin with this allocation (default: 1)")
		->check(CLI::Range(1U, 1000000U));
	command->add_option("--last", options->last,
			    "End with this allocation (default: the last)");
	command->add_option(
		       "--batch", options->batch,
		       "Do the operation again, with nothing failing, after so many allocations")
		->check(CLI::Range(1U, 1000000U))
		->capture_default_str();
	command->add_option("--patience", options->patience,
			    "Report an operation as stuck after so many seconds")
		->check(CLI::Range(0.01, 1e6))
		->capture_default_str();
	command->add_option("--leaks", options->leaks,
			    "When to ask the leak detector of the kernel: after each operation, at "
			    "the end, or never (no)")
		->check(CLI::IsMember({"each", "end", "no"}))
		->capture_default_str();
	add_result_options(*command, options->results);
	command->add_flag("--yes", options->yes,
			  "Confirm the test on a machine that is not virtual");
	command->footer(
		"The command needs a kernel with fault injection, one attached accelerator and "
		"one\n"
		"memory expander. If it finds something it exits with 1, and prints the command\n"
		"that repeats it.\n");
}

} // namespace cxla
