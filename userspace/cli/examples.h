// SPDX-License-Identifier: GPL-2.0-only
/* What `--help` and the man pages say besides the options: one source for both. */
#pragma once

#include <string>
#include <vector>

namespace cxla
{

/* a line to type, and what it does */
struct Example {
	std::string line, what;
};

struct ExitStatus {
	const char *status, *meaning;
};

/* a file that commands read or write */
struct UsedFile {
	const char *path, *what;
	std::vector<std::string> commands; /* empty: all of them */
};

/* of the command at this path, e.g. "bench attach"; empty: of the program itself */
const std::vector<Example> &examples_of(const std::string &path);
const std::vector<ExitStatus> &exit_statuses();
std::vector<UsedFile> files_of(const std::string &path);

/* "Examples:" and a line for each; empty without examples */
std::string examples_text(const std::string &path);
std::string exit_statuses_text();

} // namespace cxla
