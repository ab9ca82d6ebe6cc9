// SPDX-License-Identifier: GPL-2.0-only
/* What a machine that was read does not do as it should, in order of depth from the root. */
#pragma once

#include "cxl/machine.h"

namespace cxla
{

struct Wrong {
	std::string code; /* a word for scripts; the reason, where devices were refused */
	std::vector<std::string> things; /* devices, ports, regions: all with the same trouble */
	std::string what;
	std::string todo; /* empty: nothing is known to help */
};

std::vector<Wrong> what_is_wrong(const Machine &machine);

} // namespace cxla
