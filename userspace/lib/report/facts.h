// SPDX-License-Identifier: GPL-2.0-only
/*
 * A machine in short sentences, one for each thing that changes while it runs: what two
 * looks at it, one after the other, differ by.
 */
#pragma once

#include "cxl/machine.h"

#include <map>
#include <string>
#include <vector>

namespace cxla
{

/* `0000:0d:00.0` is `accel0 attached 0x...`: by a name that sorts, what is so */
using Facts = std::map<std::string, std::string>;

Facts facts_of(const Machine &machine);
/* `NAME: BEFORE -> NOW`, a line each, in the order of names */
std::vector<std::string> changes_between(const Facts &before, const Facts &now);

} // namespace cxla
