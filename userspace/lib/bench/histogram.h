// SPDX-License-Identifier: GPL-2.0-only
/*
 * A latency histogram with HdrHistogram's bucketing: values are exact to three
 * significant digits whatever their magnitude, and each bucket's count is exact.
 *
 * Why our own: HdrHistogram's C library is not packaged by the distribution that
 * this is built on, and fetching source at build time is out of the question.
 * Bucketing, percentile semantics (the highest value equivalent to the smallest
 * recorded one that has at least the given share at or below it) and the text
 * format are those that HdrHistogram documents, so that its plotting tools take
 * the files.
 */
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace cxla
{

class Histogram
{
public:
	void record(uint64_t value);

	uint64_t count() const { return total_; }
	uint64_t min() const { return total_ ? lowest_equivalent(min_) : 0; }
	/* as min and percentiles: the bound of its bucket */
	uint64_t max() const { return total_ ? highest_equivalent(max_) : 0; }
	double mean() const;
	double deviation() const;
	/* 0 to 100; 0 when nothing was recorded */
	uint64_t percentile(double percent) const;

	/* the .hgrm text; values are divided by @scale, e.g. 1000 for ns to us */
	std::string percentile_distribution(double scale, unsigned ticks_per_half = 5) const;

	static uint64_t lowest_equivalent(uint64_t value);
	static uint64_t highest_equivalent(uint64_t value);

private:
	static size_t index_of(uint64_t value);
	static uint64_t value_at(size_t index);

	std::vector<uint64_t> counts_; /* grows as larger values come */
	uint64_t total_ = 0;
	uint64_t min_ = UINT64_MAX;
	uint64_t max_ = 0;
};

} // namespace cxla
