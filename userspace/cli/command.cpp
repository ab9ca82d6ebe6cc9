// SPDX-License-Identifier: GPL-2.0-only
#include "command.h"

#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>

namespace cxla
{

namespace
{

std::atomic<bool> stop_asked;

void ask_to_stop(int)
{
	stop_asked = true;
}

const char *const exit_statuses =
	"Exit status:\n"
	"  0  done\n"
	"  1  failed, or the outcome is negative (a device stays pci-only)\n"
	"  2  wrong usage\n"
	"  3  refused: something stands in the way; nothing was changed\n"
	"  4  partial: done for some devices, not for all of those named\n";

void print_error(const Context &context, const Error &error)
{
	if (context.json)
		print_json({{"error",
			     {{"what", error.what()},
			      {"hint", error.hint()},
			      {"exit", static_cast<int>(error.status())}}}});
	fmt::print(stderr, "cxla: {}\n", error.what());
	if (!error.hint().empty())
		fmt::print(stderr, "      {}\n", error.hint());
}

std::string folder_of_program()
{
	std::error_code error;
	auto path = std::filesystem::read_symlink("/proc/self/exe", error);

	return error ? "." : path.parent_path().string();
}

} // namespace

InterruptGuard::InterruptGuard()
{
	struct sigaction action = {};

	stop_asked = false;
	action.sa_handler = ask_to_stop;
	/* a write to sysfs is not to be broken off half way */
	action.sa_flags = SA_RESTART;
	for (int signal : {SIGINT, SIGTERM, SIGHUP})
		sigaction(signal, &action, nullptr);
}

InterruptGuard::~InterruptGuard()
{
	for (int signal : {SIGINT, SIGTERM, SIGHUP})
		std::signal(signal, SIG_DFL);
}

bool InterruptGuard::interrupted()
{
	return stop_asked;
}

CLI::App *add_command(CLI::App &parent, Context &context, const std::string &name,
		      const std::string &description, std::function<Exit(const Root &)> body)
{
	CLI::App *command = parent.add_subcommand(name, description);

	command->add_flag("--json", context.json, "Print JSON on standard output");
	command->callback([&context, body = std::move(body)] { context.chosen = body; });
	return command;
}

void print_json(const nlohmann::ordered_json &json)
{
	/* names from sysfs may be any bytes */
	fmt::print("{}\n",
		   json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

Exit refuse(const Context &context, const char *command, const std::vector<Obstacle> &refusals)
{
	nlohmann::ordered_json list = nlohmann::ordered_json::array();

	for (const auto &refusal : refusals) {
		list.push_back({{"what", refusal.what}, {"hint", refusal.hint}});
		fmt::print(stderr, "cxla: {}\n      {}\n", refusal.what, refusal.hint);
	}
	if (context.json)
		print_json({{"command", command}, {"refused", list}});
	return Exit::Refused;
}

Exit end_search(bool stuck, bool found)
{
	std::fflush(stdout);
	if (stuck)
		std::_Exit(static_cast<int>(Exit::Failed));
	return found ? Exit::Failed : Exit::Ok;
}

nlohmann::ordered_json steps_json(const std::vector<Step> &steps)
{
	auto out = nlohmann::ordered_json::array();

	for (const auto &step : steps)
		out.push_back({{"act", act_word(step.act)},
			       {"bus", step.bus},
			       {"device", step.device},
			       {"driver", step.driver},
			       {"value", step.act == Act::SaveState ? "" : step.value},
			       {"text", describe(step)}});
	return out;
}

int run_program(int argc, const char *const *argv)
{
	Context context;
	CLI::App app("CXL accelerators: load and unload the modules, attach, measure, and see who "
		     "has which memory",
		     "cxla");

	context.program_dir = folder_of_program();
	app.footer(exit_statuses);
	app.set_version_flag("--version", CXLA_VERSION);
	app.require_subcommand(1);
	app.fallthrough();
	/* for tests: everything is read from and written to below this folder */
	app.add_option("--sysfs-root", context.sysfs_root)->envname("CXLA_ROOT")->group("");
	for (AddCommand *add :
	     {add_status, add_ledger, add_load, add_unload, add_attach, add_detach, add_bench,
	      add_race, add_failnth, add_pairs, add_pattern, add_completion})
		add(app, context);

	try {
		app.parse(argc, argv);
	} catch (const CLI::ParseError &error) {
		return app.exit(error) ? static_cast<int>(Exit::Usage) : 0;
	}
	try {
		return static_cast<int>(context.chosen(Root(context.sysfs_root)));
	} catch (const Error &error) {
		print_error(context, error);
		return static_cast<int>(error.status());
	} catch (const std::exception &error) {
		print_error(context, Error(error.what(), "this is a bug of this program"));
		return static_cast<int>(Exit::Failed);
	}
}

} // namespace cxla
