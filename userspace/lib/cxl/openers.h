// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who has a device node open or mapped. The device decides and not the path: a process in
 * another mount namespace has it by another one, and a mapping lives on when the file is closed.
 */
#pragma once

#include "sys/root.h"

#include <map>
#include <string>
#include <vector>

namespace cxla
{

struct Opener {
	int pid = 0;
	std::string command;
	/* why it can't be found out whether the process uses the node; empty: it does */
	std::string hidden{};
};

/* by node; looks at each process once; of those that root can't look into it is not known */
std::map<std::string, std::vector<Opener>> find_openers(const Root &root,
							const std::vector<std::string> &nodes);
std::vector<Opener> find_openers(const Root &root, const std::string &node);
/* "COMMAND (pid N), ..." */
std::string openers_text(const std::vector<Opener> &openers);

} // namespace cxla
