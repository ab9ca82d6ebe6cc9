// SPDX-License-Identifier: GPL-2.0-only
/*
 * --html: the result of a command as a page to look at. A page is made of what the command
 * prints with --json, of that and of nothing else.
 */
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace cxla
{

/* is there a page of `cxla COMMAND` */
bool has_page(const std::string &command);
/* @version: of the program. @result: of the reply; throws Error when there is no page of it */
std::string page_of(const std::string &command, const std::string &version,
		    const nlohmann::ordered_json &result);

} // namespace cxla
