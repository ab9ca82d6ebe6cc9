// SPDX-License-Identifier: GPL-2.0-only
/* What the program prints with --json, compared with its schema. */
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace cxla::test
{

/* where the schema is in the repository */
inline constexpr const char *reply_schema = CXLA_TOP "/userspace/schemas/cxla-1.schema.json";

/* what @text lacks to be a reply as userspace/schemas/ has it; empty: nothing */
std::string wrong_with_reply(const std::string &text, const std::string &schema = reply_schema);

} // namespace cxla::test
