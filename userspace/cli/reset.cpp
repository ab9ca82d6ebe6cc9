// SPDX-License-Identifier: GPL-2.0-only
#include "load/reset.h"

#include "command.h"
#include "progress.h"
#include "sys/output.h"

#include <chrono>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <future>

namespace cxla
{

namespace
{

using json = nlohmann::ordered_json;

struct ResetOptions {
	std::string device, method;
	bool dry_run = false, in_use = false;
};

std::vector<std::string> texts(const std::vector<Range> &ranges)
{
	std::vector<std::string> all;

	all.reserve(ranges.size());
	for (const auto &range : ranges)
		all.push_back(range.text());
	return all;
}

std::string function_text(const ResetFunction &function)
{
	std::string line = fmt::format("  {}  {}", function.bdf,
				       function.driver.empty() ? "no driver" : function.driver);

	if (!function.ranges.empty())
		line += fmt::format("  loses {} meanwhile", fmt::join(texts(function.ranges), " "));
	if (!function.owners.empty())
		line += fmt::format("  owned by {}", fmt::join(function.owners, ", "));
	for (const auto &opener : function.openers)
		line += fmt::format("  in use by {}", openers_text({opener}));
	return line;
}

json function_json(const ResetFunction &function)
{
	json users = json::array();

	for (const auto &opener : function.openers)
		users.push_back({{"pid", opener.pid}, {"command", opener.command}});
	return {{"address", function.bdf},
		{"driver", function.driver},
		{"ranges", texts(function.ranges)},
		{"owners", function.owners},
		{"users", users}};
}

json outcome_json(const ResetOutcome &outcome, bool all)
{
	return {{"address", outcome.bdf},
		{"state", outcome.state},
		{"reason", outcome.reason},
		{"ranges", texts(outcome.ranges)},
		{"as_before", all}};
}

void print_outcome(const ResetOutcome &outcome, bool all)
{
	std::string line = fmt::format("{}  {}", outcome.bdf,
				       outcome.state.empty() ? "no driver of ours" : outcome.state);

	if (!outcome.reason.empty())
		line += "  " + outcome.reason;
	if (!outcome.ranges.empty())
		line += fmt::format("  {}", fmt::join(texts(outcome.ranges), " "));
	print_out("{}{}\n", line, all ? "" : "  not all that it had before");
}

/* how many seconds it took; a device may ask for minutes, and be told of meanwhile */
double reset_and_wait(const Root &root, const ResetPlan &plan)
{
	using namespace std::chrono_literals;

	auto start = std::chrono::steady_clock::now();
	auto seconds = [start] {
		return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
			.count();
	};
	auto done = std::async(std::launch::async, [&] { do_reset(root, plan); });
	ProgressLine progress(2s);

	while (done.wait_for(100ms) != std::future_status::ready)
		if (progress.due())
			progress.show(fmt::format("resetting {} by {}: {:.0f} s, for as long as "
						  "the device says that it takes",
						  plan.bdf, reset_method_name(*plan.method),
						  seconds()));
	done.get();
	return seconds();
}

Exit report(const Root &root, const Context &context, const ResetPlan &plan, double seconds)
{
	Machine after = read_machine(root);
	json outcomes = json::array();
	bool all = true;

	for (const auto &function : plan.functions) {
		ResetOutcome outcome = outcome_of(after, function);
		bool as_before = outcome.has_all_of(function);

		all = all && as_before;
		outcomes.push_back(outcome_json(outcome, as_before));
		if (!context.json)
			print_outcome(outcome, as_before);
	}
	context.reply->result["after"] = outcomes;
	if (!context.json)
		print_out("reset by {} in {:.1f} s\n", reset_method_name(*plan.method), seconds);
	if (!all)
		report_error(context, fmt::format("{} has not all back that it had", plan.bdf),
			     "the kernel log (dmesg) says what was not restored, and why");
	return all ? Exit::Ok : Exit::Failed;
}

Exit reset(const Root &root, const Context &context, const ResetOptions &options)
{
	std::optional<StateLock> lock;

	if (!options.dry_run)
		lock = lock_state(root, context, std::chrono::seconds(30));

	std::string bdf = resolve_device(root, options.device);
	ResetPlan plan = plan_reset(root, read_machine(root), bdf,
				    parse_reset_method(options.method), options.in_use);
	json functions = json::array();

	for (const auto &function : plan.functions)
		functions.push_back(function_json(function));
	context.reply->result = {{"device", bdf},
				 {"method", plan.method ? reset_method_name(*plan.method) : ""},
				 {"dry_run", options.dry_run},
				 {"functions", functions}};
	if (!context.json && !plan.functions.empty()) {
		print_out("{} of {} reaches\n",
			  plan.method == ResetMethod::Cxl   ? "CXL Reset"
			  : plan.method == ResetMethod::Flr ? "function reset"
							    : "reset of the bus",
			  bdf);
		for (const auto &function : plan.functions)
			print_out("{}\n", function_text(function));
	}
	if (!plan.refusals.empty())
		return refuse(context, plan.refusals);
	if (options.dry_run) {
		if (!context.json)
			print_out("nothing was reset: --dry-run\n");
		return Exit::Ok;
	}
	/* a reset is not left in the middle */
	context.guard.emplace();
	return report(root, context, plan, reset_and_wait(root, plan));
}

} // namespace

void add_reset(CLI::App &app, Context &context)
{
	auto options = std::make_shared<ResetOptions>();
	auto *command = add_command(
		app, context, "reset",
		"Reset a device, and report which decoders, ranges and regions came back",
		[&context, options](const Root &root) { return reset(root, context, *options); });

	command->add_option("DEVICE", options->device, "The device: a PCI address, accelN or memN")
		->required();
	command->add_option("--method", options->method,
			    "cxl resets CXL.cache and CXL.mem of all functions of the device; flr "
			    "resets the function; bus resets everything below the bridge above "
			    "(default: the first method that the device has)")
		->check(CLI::IsMember({"cxl", "flr", "bus"}));
	command->add_flag("--dry-run", options->dry_run,
			  "Print which functions the reset reaches and which drivers have them; "
			  "reset nothing");
	command->add_flag("--in-use", options->in_use,
			  "Reset the device even if a process has it open or mapped; mappings "
			  "of that process then answer with SIGBUS");
}

} // namespace cxla
