// SPDX-License-Identifier: GPL-2.0-only
/*
 * From what is known of the machine to the steps that load and unload take.
 * Nothing is read and nothing is changed here.
 *
 * Order of a takeover, and why:
 *   - the record comes first, so that whatever follows can be given back;
 *   - PCI autoprobe goes off, so that an in-tree driver that is loaded meanwhile
 *     takes nothing; when it is on again, what else came meanwhile is probed, but
 *     no device that had no driver before;
 *   - in-tree dax_hmem lets go of its ranges, which accelerators may want;
 *   - memdevs, then their PCI devices, then the root are unbound: in that order
 *     the in-tree stack loses an endpoint before it loses what is above it;
 *   - cxla_hmem and cxla_dax come after the devices that are asked for are bound, and
 *     go before these are unbound: a range is given to device-dax when nobody else
 *     has it;
 *   - driver_override follows the unbind, and is cleared before anything is
 *     given back: the kernel refuses to bind a driver that it excludes.
 */
#pragma once

#include "load/preflight.h"
#include "load/step.h"

namespace cxla
{

struct Plan {
	std::vector<Step> steps;
	std::vector<std::string> notes; /* what people should know before */
};

/* before plan_load when a device that is asked for is not there */
Plan plan_rescan(const Machine &machine, const std::optional<State> &earlier,
		 const LoadRequest &request);
Plan plan_load(const Machine &machine, const ModuleSet &modules,
	       const std::optional<State> &earlier, const LoadRequest &request);
Plan plan_unload(const Machine &machine, const std::optional<State> &state);

} // namespace cxla
