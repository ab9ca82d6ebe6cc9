// SPDX-License-Identifier: GPL-2.0-only
/* What the commands of the program share. One file per command. */
#pragma once

#include "cxl/machine.h"
#include "interrupt.h"
#include "load/runner.h"
#include "load/state.h"
#include "load/step.h"
#include "report/capture.h"
#include "sys/error.h"
#include "sys/fd.h"
#include "sys/modules.h"
#include "sys/refusal.h"
#include "sys/root.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace cxla
{

/*
 * What a command tells machines with --json: one object, printed when it ends, however
 * it ends. userspace/schemas/ has its form, and that of each command's result.
 */
struct Reply {
	std::string command;           /* e.g. `bench attach`; empty: none was understood */
	nlohmann::ordered_json result; /* null: there is none */
	std::vector<Refusal> refusals;
	struct Failure {
		std::string what, hint;
	};
	std::vector<Failure> errors;
};

struct Context {
	std::string sysfs_root; /* --sysfs-root, or CXLA_ROOT */
	std::string program_dir;
	std::string html; /* --html; empty: no page is wanted */
	bool json = false, verbose = false;
	std::vector<std::string> program; /* of `cxla exec`, and its arguments */
	std::shared_ptr<Reply> reply = std::make_shared<Reply>();
	std::function<Exit(const Root &)> chosen; /* the command that was given */
	/* made by a command that changes the machine, and there until its reply is written */
	mutable std::optional<InterruptGuard> guard;
	/* that of --html */
	mutable Fd page;
	/* those of the machine that a capture is of */
	mutable std::optional<ModuleSet> modules;
};

using AddCommand = void(CLI::App &app, Context &context);
AddCommand add_load, add_unload, add_status, add_attach, add_detach, add_reset, add_bench, add_race,
	add_failnth, add_pairs, add_pattern, add_ledger, add_capture, add_draw, add_watch, add_exec,
	add_selftest, add_completion;

/* the whole program; returns its exit status */
int run_program(int argc, const char *const *argv);

/* a subcommand that takes --json and runs @body when it is given */
CLI::App *add_command(CLI::App &parent, Context &context, const std::string &name,
		      const std::string &description, std::function<Exit(const Root &)> body);

/* "bench attach"; empty: the program itself */
std::string path_of(const CLI::App *command);
/* prints text that is all there is to say; with --json it is in the reply */
void reply_text(const Context &context, const std::string &text);
/* tells on standard error, and in the reply, what went wrong */
void report_error(const Context &context, const std::string &what, const std::string &hint = {});
/* tells why the command is not begun */
Exit refuse(const Context &context, const std::vector<Refusal> &refusals);
/* prints the reply, if one was asked for; the exit status, which says what was not written */
int finish(const Context &context, Exit exit);
/*
 * The end of a command that looks for what is wrong. @stuck: threads are left in
 * the kernel; then it does not return, as they are not waited for. @written: all verdicts are.
 */
Exit end_search(const Context &context, bool stuck, bool found, bool written);
/* --html FILE of a command whose result can be drawn */
void add_html(CLI::App &command, Context &context);
/* makes the file, before what takes long; throws Error */
void prepare_page(const Context &context);
/* false: it could not be written, which was told */
bool write_page(const Context &context);
/* --from FILE of a command that only looks */
CLI::Option *add_from(CLI::App &command, std::string &file);
/* runs @body on the capture, or on @root without one */
Exit answer_from(const Root &root, const Context &context, const std::string &file,
		 const std::function<Exit(const Root &)> &body);
/* those of the capture, or as find_modules() finds them */
ModuleSet modules_for(const Context &context, const Root &root, const std::string &folder,
		      const std::string &release);
/* of the machine as it is; throws Error */
Capture capture_for(const Root &root, const Context &context, bool redacted);
/* as sysfs has them, each once; throws Error (Usage) of a word that is none */
std::vector<std::string> pci_addresses(const std::vector<std::string> &words);
/*
 * Taken before anything is read, and held while the machine is changed; waits for @patience.
 * Puts back, and says so, what a killed command has left changed. Nothing unless we are root.
 */
std::optional<StateLock> lock_state(const Root &root, const Context &context,
				    std::chrono::milliseconds patience = {});
/* those that were taken over and not put back; throws Error if that can't be read */
std::optional<State> earlier_state(const Root &root, const Machine &machine);
/* who has something open that an unload takes away, by its name */
std::map<std::string, std::vector<Opener>> all_openers(const Root &root, const Machine &machine);
/*
 * After an unload: sleeps until udev has no event left, or for @patience, as it may be about to
 * load one of our modules for a device that is gone since; unloads what it has loaded again,
 * and changes nothing else.
 */
Outcome unload_after_udev(const Root &root, std::chrono::milliseconds patience, StepRunner &runner);
/* as it is printed: names from sysfs may be any bytes */
std::string json_text(const nlohmann::ordered_json &json);
nlohmann::ordered_json steps_json(const std::vector<Step> &steps);

} // namespace cxla
