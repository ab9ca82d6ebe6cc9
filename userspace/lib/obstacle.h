// SPDX-License-Identifier: GPL-2.0-only
/* Why something is not begun, and what to do about it. */
#pragma once

#include <string>
#include <vector>

namespace cxla
{

struct Obstacle {
	std::string what, hint;
};

} // namespace cxla
