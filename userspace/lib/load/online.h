// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that programs may use by now. /proc/iomem shows as System RAM what kmem has added,
 * whether it is online or not; what is offline goes with its device.
 */
#pragma once

#include "cxl/machine.h"
#include "sys/root.h"

#include <optional>
#include <string>
#include <vector>

namespace cxla
{

class OnlineMemory
{
public:
	/* not known: all System RAM is */
	OnlineMemory() = default;
	/* of /sys/devices/system/memory */
	explicit OnlineMemory(const Root &root);

	/* System RAM of @range, some of it online */
	bool in(const Machine &machine, const Range &range) const;

private:
	std::optional<std::vector<Range>> blocks_; /* that are not offline */
};

/* of what cxla_hmem and cxla_dax have given to device-dax: a line for each range that is online */
std::vector<std::string> online_dax_ranges(const Machine &machine, const OnlineMemory &online);

inline constexpr const char *online_dax_hint =
	"offline it first (/sys/devices/system/memory); what can't be offlined stays until the "
	"next boot";

} // namespace cxla
