// SPDX-License-Identifier: GPL-2.0-only
/* What is measured on several devices. As in bench_cycles.h. */
#pragma once

#include "bench/bench_cycles.h"

namespace cxla
{

/*
 * The first device attached over and over with none, one ... all of the others
 * attached: a result for each number. Leaves them unbound.
 */
std::vector<BenchResult> bench_scale(BenchMachine &machine, const std::vector<BenchDevice> &devices,
				     const BenchRequest &request);

/*
 * All devices bound at the same moment by so many threads, each of which binds its
 * share of them one after the other. Leaves them unbound.
 */
BenchResult bench_threads(BenchMachine &machine, const std::vector<BenchDevice> &devices,
			  unsigned threads, const BenchRequest &request);

} // namespace cxla
