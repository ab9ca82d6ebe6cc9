// SPDX-License-Identifier: GPL-2.0-only
#include "bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <fmt/format.h>

namespace cxla
{

namespace
{

/*
 * Three digits: 2 * 10^3 values of unit resolution at least, rounded up to a
 * power of two. A bucket spans twice the range of the one before, with steps
 * twice as large; only the upper half of it is not covered by those before.
 */
constexpr unsigned sub_bits = 11;
constexpr uint64_t sub_count = 1ULL << sub_bits, half_count = sub_count / 2;

unsigned bucket_of(uint64_t value)
{
	return static_cast<unsigned>(std::bit_width(value | (sub_count - 1))) - sub_bits;
}

} // namespace

size_t Histogram::index_of(uint64_t value)
{
	unsigned bucket = bucket_of(value);

	return bucket * half_count + (value >> bucket);
}

uint64_t Histogram::value_at(size_t index)
{
	if (index < sub_count)
		return index;

	size_t bucket = index / half_count - 1;

	return (index - bucket * half_count) << bucket;
}

uint64_t Histogram::lowest_equivalent(uint64_t value)
{
	unsigned bucket = bucket_of(value);

	return value >> bucket << bucket;
}

uint64_t Histogram::highest_equivalent(uint64_t value)
{
	return lowest_equivalent(value) + ((1ULL << bucket_of(value)) - 1);
}

void Histogram::record(uint64_t value)
{
	size_t index = index_of(value);

	if (index >= counts_.size())
		counts_.resize(index + 1);
	counts_[index]++;
	total_++;
	min_ = std::min(min_, value);
	max_ = std::max(max_, value);
}

double Histogram::mean() const
{
	double sum = 0;

	/* the middle of a bucket stands for what is in it */
	for (size_t i = 0; i < counts_.size(); i++)
		if (counts_[i]) {
			double low = static_cast<double>(value_at(i));
			double high = static_cast<double>(highest_equivalent(value_at(i)));

			sum += static_cast<double>(counts_[i]) * (low + high) / 2;
		}
	return total_ ? sum / static_cast<double>(total_) : 0;
}

double Histogram::deviation() const
{
	double average = mean(), sum = 0;

	for (size_t i = 0; i < counts_.size(); i++)
		if (counts_[i]) {
			double low = static_cast<double>(value_at(i));
			double high = static_cast<double>(highest_equivalent(value_at(i)));
			double distance = (low + high) / 2 - average;

			sum += static_cast<double>(counts_[i]) * distance * distance;
		}
	return total_ ? std::sqrt(sum / static_cast<double>(total_)) : 0;
}

uint64_t Histogram::percentile(double percent) const
{
	double share = std::clamp(percent, 0.0, 100.0) / 100 * static_cast<double>(total_);
	/* 99.9 % of 1000 is 999, whatever floating point makes of it */
	auto wanted = static_cast<uint64_t>(std::ceil(share - 1e-9 * static_cast<double>(total_)));
	uint64_t seen = 0;

	wanted = std::max<uint64_t>(wanted, 1);
	for (size_t i = 0; i < counts_.size(); i++) {
		seen += counts_[i];
		if (seen >= wanted)
			return percent <= 0 ? value_at(i) : highest_equivalent(value_at(i));
	}
	return 0;
}

std::string Histogram::percentile_distribution(double scale, unsigned ticks_per_half) const
{
	std::string out = fmt::format("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile",
				      "TotalCount", "1/(1-Percentile)");
	double level = 0;
	uint64_t seen = 0;

	for (size_t i = 0; i < counts_.size() && total_; i++) {
		if (!counts_[i])
			continue;
		seen += counts_[i];

		double reached = 100.0 * static_cast<double>(seen) / static_cast<double>(total_);
		double value = static_cast<double>(highest_equivalent(value_at(i))) / scale;

		while (seen < total_ && level <= reached) {
			out += fmt::format("{:12.3f} {:2.12f} {:10} {:14.2f}\n", value, level / 100,
					   seen, 1 / (1 - level / 100));

			/* so many ticks for each halving of the distance to 100 % */
			double half = std::pow(2, std::floor(std::log2(100 / (100 - level))) + 1);

			level += 100 / (ticks_per_half * half);
		}
		if (seen == total_)
			out += fmt::format("{:12.3f} {:2.12f} {:10}\n", value, 1.0, seen);
	}
	out += fmt::format("#[Mean    = {:12.3f}, StdDeviation   = {:12.3f}]\n", mean() / scale,
			   deviation() / scale);
	out += fmt::format("#[Max     = {:12.3f}, Total count    = {:12}]\n",
			   static_cast<double>(max()) / scale, total_);
	out += fmt::format("#[Buckets = {:12}, SubBuckets     = {:12}]\n",
			   bucket_of(total_ ? max_ : 0) + 1, sub_count);
	return out;
}

} // namespace cxla
