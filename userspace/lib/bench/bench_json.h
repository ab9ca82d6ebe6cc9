// SPDX-License-Identifier: GPL-2.0-only
/* What `cxla bench` prints with --json, and reads for --compare. */
#pragma once

#include "bench/bench.h"
#include "sys/root.h"

#include <nlohmann/json.hpp>

namespace cxla
{

/* one run of a subcommand */
struct BenchRun {
	std::string command; /* "bench attach" */
	std::string kernel;  /* its release */
	std::string file{};  /* that it was read from */
	BenchClock clock = BenchClock::Time;
	std::vector<ResultSummary> results{};
	std::string stack{}; /* "in-tree, cxl_sample_intree"; empty: ours, cxla_accel */
};

nlohmann::ordered_json bench_json(const BenchRun &run);
/* @where: what it is called in errors; throws Error when it is no such JSON */
BenchRun parse_bench(const std::string &text, const std::string &where);
/* of the program's own file system, not of a made-up root; throws Error */
BenchRun read_bench(const std::string &path);

} // namespace cxla
