// SPDX-License-Identifier: GPL-2.0-only
/*
 * What of a machine a self-test may change, and has to leave as it was: drivers and
 * overrides of CXL devices, the objects and dax devices of the in-tree stack, modules.
 */
#pragma once

#include "cxl/snapshot.h"

#include <chrono>
#include <set>
#include <string>
#include <vector>

namespace cxla
{

struct Surroundings {
	Snapshot objects;              /* a line each, sorted; no number that is handed out anew */
	std::set<std::string> modules; /* every one that is loaded */
};

/* reads; changes nothing */
Surroundings read_surroundings(const Root &root);
/*
 * What is not as it was; empty lists: nothing. Drivers that were given back enumerate in
 * the background, so what differs is looked at again for @patience.
 */
SnapshotChange compare_surroundings(const Root &root, const Surroundings &before,
				    std::chrono::milliseconds patience);

} // namespace cxla
