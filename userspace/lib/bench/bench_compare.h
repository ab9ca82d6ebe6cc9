// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two runs side by side: for each thing measured in both the ratio of the medians,
 * and how far the ratio may be off.
 *
 * How far: values of cycles that follow each other resemble each other, so that to
 * draw single cycles anew would promise too much. Instead the medians of blocks are
 * drawn anew, with replacement, from each of the runs, and the ratio of the medians of
 * what was drawn is taken, two thousand times; the spread is where the middle 95 % of
 * these lie. It tells of what varies during a run. What varies from one boot to the
 * next it can't know: differences below a tolerance are none, therefore.
 */
#pragma once

#include "bench/bench_json.h"

namespace cxla
{

enum class BenchVerdict {
	Same,   /* 1 is within the spread, or the difference below the tolerance */
	Slower, /* B takes longer */
	Faster,
	Unsure, /* too few blocks to know the spread */
};
const char *verdict_words(BenchVerdict verdict);

struct Compared {
	std::string name;
	uint64_t a = 0, b = 0;       /* medians */
	std::optional<double> ratio; /* B to A; nothing: A is 0 */
	std::optional<std::pair<double, double>> spread;
	BenchVerdict verdict = BenchVerdict::Unsure;
};

struct ComparedResult {
	BenchSubject a, b;
	std::vector<Compared> measured; /* in both */
	std::optional<AccessCounts> a_accesses, b_accesses;
	std::vector<std::string> only_a, only_b; /* things that the other one has not */
};

struct Comparison {
	std::string command;
	BenchClock clock = BenchClock::Time;
	std::vector<ComparedResult> results;
	std::vector<BenchSubject> only_a, only_b;
	double tolerance = 0;
};

/* fewer blocks than this tell nothing of a spread */
inline constexpr size_t least_blocks = 5;

/* @tolerance: 0.01 for 1 % */
Compared compare_one(const Summary &a, const Summary &b, double tolerance);
/* throws Error (Usage) when they are of different things */
Comparison compare_runs(const BenchRun &a, const BenchRun &b, double tolerance);
/* @a and @b: what it is of */
nlohmann::ordered_json comparison_json(const Comparison &comparison, const BenchRun &a,
				       const BenchRun &b);

} // namespace cxla
