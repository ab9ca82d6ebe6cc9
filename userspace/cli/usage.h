// SPDX-License-Identifier: GPL-2.0-only
/* How the program is called: its commands in groups, help, and what is wrong with a call. */
#pragma once

#include "command.h"

namespace cxla
{

/* of the sources that this was built of: a commit; made by tools/package/revision */
extern const char *const revision;

/* every command, and the options of the program itself */
void add_usage(CLI::App &app, Context &context);
/* nothing: context.chosen is to be run; else it was answered, e.g. --help, or refused */
std::optional<Exit> parse_usage(CLI::App &app, Context &context, int argc, const char *const *argv);

/* the commands below one, without those that are not for people */
std::vector<const CLI::App *> shown_commands(const CLI::App &app);
/* "cxla bench attach" */
std::string words_before(const CLI::App *command);
/* what a command says below its options, besides exit statuses and examples */
std::string note_of(const CLI::App *command);
/* of @known the one that @word may have been meant for; empty: none is near enough */
std::string nearest(const std::string &word, const std::vector<std::string> &known);

} // namespace cxla
