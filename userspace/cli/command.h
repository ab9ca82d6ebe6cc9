// SPDX-License-Identifier: GPL-2.0-only
/* What the commands of the program share. One file per command. */
#pragma once

#include "load/step.h"
#include "stress/obstacle.h"
#include "sys/error.h"
#include "sys/root.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json.hpp>

namespace cxla
{

struct Context {
	std::string sysfs_root; /* --sysfs-root, or CXLA_ROOT */
	std::string program_dir;
	bool json = false;
	std::function<Exit(const Root &)> chosen; /* the command that was given */
};

using AddCommand = void(CLI::App &app, Context &context);
AddCommand add_load, add_unload, add_status, add_attach, add_detach, add_bench, add_race,
	add_failnth, add_pairs, add_pattern, add_ledger, add_completion;

/* the whole program; returns its exit status */
int run_program(int argc, const char *const *argv);

/* a subcommand that takes --json and runs @body when it is given */
CLI::App *add_command(CLI::App &parent, Context &context, const std::string &name,
		      const std::string &description, std::function<Exit(const Root &)> body);

void print_json(const nlohmann::ordered_json &json);
/* tells why @command is not begun */
Exit refuse(const Context &context, const char *command, const std::vector<Obstacle> &refusals);
/*
 * The end of a command that looks for what is wrong. @stuck: threads are left in
 * the kernel; then it does not return, as they are not waited for.
 */
Exit end_search(bool stuck, bool found);
nlohmann::ordered_json steps_json(const std::vector<Step> &steps);

/* set by SIGINT, SIGTERM and SIGHUP while one of these lives */
class InterruptGuard
{
public:
	InterruptGuard();
	~InterruptGuard();
	InterruptGuard(const InterruptGuard &) = delete;
	InterruptGuard &operator=(const InterruptGuard &) = delete;

	static bool interrupted();
};

} // namespace cxla
