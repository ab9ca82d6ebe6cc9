// SPDX-License-Identifier: GPL-2.0-only
/* The man pages: one for the program and one for each command, from what `--help` has. */
#pragma once

#include "command.h"

namespace cxla
{

/* "cxla-bench-attach" */
std::string man_name(const CLI::App *command);
/* the page in the macros of man(7) */
std::string man_page(const CLI::App *command);
/* writes the page of @app and of each command below it into @folder; their number */
size_t write_man_pages(const CLI::App &app, const std::string &folder);

} // namespace cxla
