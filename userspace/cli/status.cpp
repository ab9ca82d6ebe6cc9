// SPDX-License-Identifier: GPL-2.0-only
#include "report/status.h"

#include "command.h"

#include <fmt/format.h>

namespace cxla
{

namespace
{

struct StatusOptions {
	bool tree = false, table = false;
	std::string modules;
};

void print_part(const std::string &text, bool &first)
{
	if (text.empty())
		return;
	fmt::print("{}{}", first ? "" : "\n", text);
	first = false;
}

Exit run(const Root &root, const Context &context, const StatusOptions &options)
{
	std::string release = root.text("/proc/sys/kernel/osrelease").value_or("");
	Status status = read_status(
		root, find_modules(root, options.modules, release, context.program_dir));
	bool all = !options.tree && !options.table, first = true;

	if (context.json) {
		print_json(status_json(status));
		return Exit::Ok;
	}
	if (all)
		print_part(machine_text(status), first);
	if (all || options.tree)
		print_part(topology_text(status.machine), first);
	if (all || options.table)
		print_part(accelerators_text(status.machine), first);
	if (all)
		print_part(wrong_text(status.machine), first);
	print_part(problems_text(status.machine), first);
	if (first)
		fmt::print("nothing to show: `cxla status` without options says what the machine "
			   "has\n");
	return Exit::Ok;
}

} // namespace

void add_status(CLI::App &app, Context &context)
{
	auto options = std::make_shared<StatusOptions>();
	auto *command = add_command(
		app, context, "status", "Show who has which memory, and what would stop a load",
		[&context, options](const Root &root) { return run(root, context, *options); });

	command->add_flag("--tree", options->tree, "Only the tree of CXL objects");
	command->add_flag("--table", options->table,
			  "Only the tables of accelerators and expanders");
	command->add_option("--modules", options->modules, "Folder of our .ko files");
}

} // namespace cxla
