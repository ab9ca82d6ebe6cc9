// SPDX-License-Identifier: GPL-2.0-only
/* What the program prints with --json, compared with its schema. */
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace cxla::test
{

/* what @text lacks to be a reply as userspace/schemas/ has it; empty: nothing */
std::string wrong_with_reply(const std::string &text);

} // namespace cxla::test
