// SPDX-License-Identifier: GPL-2.0-only
/*
 * /etc/cxla/load.conf: what to load at boot. Its keys are the long options of
 * `cxla load`, and `device`; a line sets one, and what follows a # is a comment:
 *
 *     device = 0000:0d:00.0
 *     takeover = yes
 */
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cxla
{

/* what `cxla load` is asked for, by its options or by a file */
struct LoadSettings {
	bool takeover = false, all = false, allow_uncommit = false;
	bool no_dax = false, system_ram = false;
	std::optional<unsigned> wait_seconds;
	std::string modules;
	std::vector<std::string> devices; /* as they were given */

	/* what either asks for; a number or folder of @other comes before ours */
	void add(const LoadSettings &other);
};

struct LoadConfig {
	struct Wrong {
		unsigned line; /* 0: the file as a whole */
		std::string what, todo;
	};
	LoadSettings settings;
	std::vector<Wrong>
		wrong; /* in the order of lines; nothing of the file is to be used then */
};

LoadConfig parse_load_config(std::string_view text);

} // namespace cxla
