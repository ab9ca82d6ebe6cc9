// SPDX-License-Identifier: GPL-2.0-only
#include "report/status.h"

#include "command.h"
#include "cxl/problems.h"
#include "draw/map.h"
#include "map_style.h"
#include "sys/output.h"

#include <algorithm>
#include <fmt/format.h>

namespace cxla
{

namespace
{

struct StatusOptions {
	bool tree = false, table = false, check = false, map = false;
	std::string modules, from;
};

void print_part(const std::string &text, bool &first)
{
	if (text.empty())
		return;
	print_out("{}{}", first ? "" : "\n", text);
	first = false;
}

/* one line, for monitoring */
Exit check(const Context &context, const Status &status)
{
	const Machine &machine = status.machine;
	auto wrong = what_is_wrong(machine);
	auto problems = machine.problems();
	auto attached = std::count_if(machine.accelerators.begin(), machine.accelerators.end(),
				      [](const Accelerator &accel) { return accel.attached(); });

	if (!context.json && wrong.empty() && problems.empty())
		print_out("ok: {} of {} accelerators attached, {} expanders, modules {}loaded\n",
			  attached, machine.accelerators.size(), machine.expanders.size(),
			  machine.ours_loaded() ? "" : "not ");
	for (const auto &one : wrong)
		report_error(
			context,
			fmt::format("{}: {}: {}", one.code, fmt::join(one.things, " "), one.what),
			one.todo);
	for (const auto &problem : problems)
		report_error(context, problem.text());
	return wrong.empty() && problems.empty() ? Exit::Ok : Exit::Failed;
}

Exit run(const Root &root, const Context &context, const StatusOptions &options)
{
	std::string release = root.text("/proc/sys/kernel/osrelease").value_or("");
	Status status = read_status(root, modules_for(context, root, options.modules, release));
	bool all = !options.tree && !options.table && !options.map, first = true;

	context.reply->result = status_json(status);
	if (options.check)
		return check(context, status);
	if (context.json)
		return Exit::Ok;
	if (all)
		print_part(machine_text(status), first);
	if (options.map)
		print_part(map_text(map_of(context.reply->result), map_style()), first);
	if (all || options.tree)
		print_part(topology_text(status.machine), first);
	if (all || options.table)
		print_part(accelerators_text(status.machine), first);
	if (all)
		print_part(wrong_text(status.machine), first);
	print_part(problems_text(status.machine), first);
	if (first)
		print_out("nothing to show: `cxla status` without options says what the machine "
			  "has\n");
	return Exit::Ok;
}

} // namespace

void add_status(CLI::App &app, Context &context)
{
	auto options = std::make_shared<StatusOptions>();
	auto *command = add_command(
		app, context, "status", "Show who has which memory, and what would stop a load",
		[&context, options](const Root &root) {
			return answer_from(root, context, options->from, [&](const Root &from) {
				return run(from, context, *options);
			});
		});

	command->add_flag("--tree", options->tree, "Show only the tree of CXL objects");
	command->add_flag(
		"--map", options->map,
		"Show only the map: each window as a bar of ranges with their owners, and where "
		"the devices are");
	command->add_flag("--table", options->table,
			  "Show only the tables of accelerators and expanders");
	command->add_flag("--check", options->check,
			  "Print one line that says whether anything is wrong; if so, exit with 1 "
			  "and list the faults on standard error");
	command->add_option("--modules", options->modules,
			    "Folder in or below which the .ko files are");
	add_from(*command, options->from);
	add_html(*command, context);
}

} // namespace cxla
