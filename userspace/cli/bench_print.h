// SPDX-License-Identifier: GPL-2.0-only
/* What was measured, as tables for people. */
#pragma once

#include "bench/bench_compare.h"

namespace cxla
{

/* each result with a line for each thing measured */
void print_run(const BenchRun &run);
/* @a and @b: what it is of */
void print_comparison(const Comparison &comparison, const BenchRun &a, const BenchRun &b);
/* microseconds, or instructions */
std::string bench_value(uint64_t value, BenchClock clock);

} // namespace cxla
