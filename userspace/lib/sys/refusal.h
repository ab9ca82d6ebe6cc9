// SPDX-License-Identifier: GPL-2.0-only
/* Why something is not begun, and what to do about it. */
#pragma once

#include <string>

namespace cxla
{

struct Refusal {
	std::string code; /* a word for scripts */
	std::string what;
	std::string todo;
	/* the device it is about; empty: the machine */
	std::string device{};
	/* load --takeover would not be refused for this */
	bool takeover_helps = false;
};

} // namespace cxla
