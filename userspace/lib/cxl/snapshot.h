// SPDX-License-Identifier: GPL-2.0-only
/*
 * What there is, object by object, in words that stay the same when everything is
 * taken down and built up again: no number that is handed out anew. Two of them
 * taken at rest differ only by what was lost or left behind in between.
 */
#pragma once

#include "cxl/machine.h"
#include "cxl/stack.h"

#include <string>
#include <vector>

namespace cxla
{

using Snapshot = std::vector<std::string>;

/*
 * devices of the bus, accelerators, nodes, ranges and who has them, dax devices,
 * references to modules; sorted
 */
Snapshot take_snapshot(const Root &root, const Stack &stack = our_stack());

struct SnapshotChange {
	std::vector<std::string> missing, extra;

	bool empty() const { return missing.empty() && extra.empty(); }
};

SnapshotChange compare(const Snapshot &before, const Snapshot &after);

} // namespace cxla
