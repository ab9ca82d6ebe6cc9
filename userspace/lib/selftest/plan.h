// SPDX-License-Identifier: GPL-2.0-only
/*
 * A self-test of devices on a machine that somebody needs again afterwards: what it will
 * do, and why it is not begun. Nothing is changed here.
 */
#pragma once

#include "cxl/machine.h"
#include "load/preflight.h"
#include "load/takeover.h"
#include "sys/modules.h"
#include "sys/refusal.h"

#include <optional>
#include <string>
#include <vector>

namespace cxla
{

struct SelftestRequest {
	std::vector<std::string> devices; /* normalised BDFs, at least one */
	double race_seconds = 60;
	unsigned cycles = 100; /* that the latency is measured in */
	bool agreed = false;   /* --yes */
};

/* unbind, bind and delete_region: none of them writes a decoder or removes a device or module */
extern const std::vector<std::string> selftest_actors;

struct SelftestPlan {
	LoadRequest load;
	Plan steps; /* of the load; their inverses are what is done at the end */
	std::vector<Refusal> refusals;
	/* all that is touched: which part of the test touches it, and what it is */
	struct Touch {
		std::string part, what;
	};
	std::vector<Touch> touches;
};

SelftestPlan plan_selftest(const Root &root, const Machine &machine, const ModuleSet &modules,
			   const std::optional<State> &earlier, const SelftestRequest &request);

} // namespace cxla
