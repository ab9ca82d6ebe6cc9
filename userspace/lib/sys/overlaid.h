// SPDX-License-Identifier: GPL-2.0-only
/*
 * A mount namespace in which one folder of /sys lies over another, and a folder of
 * /dev has another's nodes: mount_namespaces(7).
 */
#pragma once

#include <string>

namespace cxla
{

/**
 * From here on this process, and what it starts, sees its own view; nobody else does.
 * @bus lies over @over, both of /sys; the nodes below /dev/@nodes are at /dev/@as, which is
 * made where there is none. To be called before there is a second thread, by root.
 * Throws Error.
 */
void lay_over(const std::string &bus, const std::string &over, const std::string &nodes,
	      const std::string &as);

} // namespace cxla
