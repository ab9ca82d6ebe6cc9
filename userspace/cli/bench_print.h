// SPDX-License-Identifier: GPL-2.0-only
/* What was measured, as tables for people. */
#pragma once

#include "bench_compare.h"

namespace cxla
{

/* each result with a line for each thing measured */
void print_run(const BenchRun &run);
/* beside @a and @b, the names of the files */
void print_comparison(const Comparison &comparison, const BenchRun &a, const BenchRun &b,
		      const std::string &a_name, const std::string &b_name);
/* microseconds, or instructions */
std::string bench_value(uint64_t value, BenchClock clock);

} // namespace cxla
