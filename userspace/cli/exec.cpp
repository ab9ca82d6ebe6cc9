// SPDX-License-Identifier: GPL-2.0-only
/* Programs that know the in-tree bus, `cxl` above all, look at ours. */
#include "command.h"
#include "sys/overlaid.h"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fmt/format.h>
#include <unistd.h>
#include <vector>

namespace cxla
{

namespace
{

const char *const in_tree_bus = "/sys/bus/cxl";
const char *const our_bus = "/sys/bus/cxla";

std::vector<Refusal> against(const Root &root)
{
	std::vector<Refusal> refusals;

	if (!root.exists(our_bus))
		refusals.push_back({"not-loaded", fmt::format("there is no {}", our_bus),
				    "load the modules first: cxla load"});
	if (!root.exists(in_tree_bus))
		refusals.push_back({"no-in-tree-bus",
				    fmt::format("there is no {} to lie over", in_tree_bus),
				    "modprobe cxl_core: the in-tree bus, which binds nothing"});
	if (!root.privileged())
		refusals.push_back(
			{"not-root", "a mount namespace is for root only", "run it as root"});
	return refusals;
}

Exit exec(const Root &root, const Context &context)
{
	std::vector<std::string> words = context.program;

	if (words.empty())
		throw Error("name the program to run", "e.g. cxla exec -- cxl list -vvv",
			    Exit::Usage);

	auto refusals = against(root);

	if (!refusals.empty())
		return refuse(context, refusals);
	if (!root.real())
		throw Error("a program can't run in a made-up system", {}, Exit::Usage);
	lay_over(our_bus, in_tree_bus, "cxla", "cxl");

	std::vector<char *> arguments;

	arguments.reserve(words.size() + 1);
	for (auto &word : words)
		arguments.push_back(word.data());
	arguments.push_back(nullptr);
	/* what this program ignores it does not */
	std::signal(SIGPIPE, SIG_DFL);
	std::signal(SIGXFSZ, SIG_DFL);
	execvp(arguments[0], arguments.data());
	throw Error(fmt::format("{}: {}", words.front(), std::strerror(errno)),
		    errno == ENOENT ? "`cxl` is in Debian's package ndctl, `daxctl` in daxctl"
				    : "");
}

} // namespace

void add_exec(CLI::App &app, Context &context)
{
	auto program = std::make_shared<std::vector<std::string>>();
	auto *command = add_command(
		app, context, "exec",
		"Run `cxl`, or another program for the in-tree bus, on the bus of these modules",
		[&context](const Root &root) { return exec(root, context); });

	/* for the help alone: what follows `exec` is cut off before anything is parsed */
	command->add_option("PROGRAM", *program,
			    "The program, and its arguments; `--` may precede it");
	command->footer(
		"The program and its children find the bus of these modules at /sys/bus/cxl, and\n"
		"its nodes at /dev/cxl; other processes do not. The exit status of `cxla exec` is\n"
		"that of the program.\n");
}

} // namespace cxla
