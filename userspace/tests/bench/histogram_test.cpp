// SPDX-License-Identifier: GPL-2.0-only
#include "bench/histogram.h"
#include "bench/pattern.h"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace cxla;

TEST(Histogram, small_values_are_exact)
{
	Histogram h;

	for (uint64_t v = 0; v < 2048; v++) {
		EXPECT_EQ(Histogram::lowest_equivalent(v), v);
		EXPECT_EQ(Histogram::highest_equivalent(v), v);
		h.record(v);
	}
	EXPECT_EQ(h.min(), 0U);
	EXPECT_EQ(h.max(), 2047U);
	EXPECT_EQ(h.percentile(50), 1023U);
}

TEST(Histogram, buckets_are_as_wide_as_three_digits_allow_and_without_gaps)
{
	EXPECT_EQ(Histogram::highest_equivalent(2048), 2049U);
	EXPECT_EQ(Histogram::highest_equivalent(4095), 4095U);
	EXPECT_EQ(Histogram::highest_equivalent(4096), 4099U);
	for (uint64_t v = 1; v < 1ULL << 62; v = v * 3 / 2 + 1) {
		uint64_t low = Histogram::lowest_equivalent(v);
		uint64_t high = Histogram::highest_equivalent(v);

		EXPECT_LE(low, v);
		EXPECT_GE(high, v);
		EXPECT_LE(static_cast<double>(high - low), static_cast<double>(v) / 1000);
		EXPECT_EQ(Histogram::lowest_equivalent(high), low);
		EXPECT_EQ(Histogram::lowest_equivalent(high + 1), high + 1);
	}
}

TEST(Histogram, percentiles_are_those_of_a_sorted_list_to_three_digits)
{
	std::mt19937_64 random(1);
	std::lognormal_distribution<double> latency(10, 1.5);

	for (size_t count : {1U, 2U, 3U, 10U, 100U, 1000U, 20000U}) {
		Histogram h;
		std::vector<uint64_t> all;

		for (size_t i = 0; i < count; i++) {
			auto v = static_cast<uint64_t>(latency(random));

			all.push_back(v);
			h.record(v);
		}
		std::sort(all.begin(), all.end());
		for (double percent : {1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 100.0}) {
			auto rank = static_cast<size_t>(
				std::ceil(percent / 100 * static_cast<double>(count) - 1e-6));
			uint64_t exact = all[std::max<size_t>(rank, 1) - 1];

			EXPECT_EQ(h.percentile(percent), Histogram::highest_equivalent(exact))
				<< percent << " of " << count;
		}
		EXPECT_EQ(h.min(), Histogram::lowest_equivalent(all.front()));
		EXPECT_EQ(h.max(), Histogram::highest_equivalent(all.back()));
		EXPECT_EQ(h.count(), count);
	}
}

TEST(Histogram, of_nothing_is_zero)
{
	Histogram h;

	EXPECT_EQ(h.min() + h.max() + h.percentile(50) + h.count(), 0U);
	EXPECT_EQ(h.mean(), 0);
	EXPECT_NE(h.percentile_distribution(1).find("Total count    =            0"),
		  std::string::npos);
}

TEST(Histogram, largest_value_does_not_overflow)
{
	Histogram h;

	h.record(UINT64_MAX);
	EXPECT_EQ(h.max(), UINT64_MAX);
	EXPECT_EQ(h.percentile(100), UINT64_MAX);
}

TEST(Histogram, distribution_text_rises_to_one_and_ends_with_the_summary)
{
	Histogram h;
	double last_value = -1, last_share = -1;
	size_t lines = 0;

	for (uint64_t v = 1; v <= 10000; v++)
		h.record(v * 1000);

	std::string text = h.percentile_distribution(1000);
	size_t at = text.find("\n\n") + 2;

	EXPECT_EQ(text.find("       Value"), 0U);
	for (; text[at] != '#'; at = text.find('\n', at) + 1, lines++) {
		double value = 0, share = 0;

		ASSERT_EQ(std::sscanf(text.c_str() + at, "%lf %lf", &value, &share), 2);
		EXPECT_GE(value, last_value);
		EXPECT_GT(share, last_share);
		/* the share's value of a uniform distribution is known */
		EXPECT_NEAR(value, std::max(1.0, share * 10000), 15);
		last_value = value;
		last_share = share;
	}
	EXPECT_EQ(last_share, 1.0);
	EXPECT_GT(lines, 20U);
	EXPECT_NE(text.find("#[Max     ="), std::string::npos);
}

TEST(Pattern, word_is_the_documented_function_of_seed_and_offset)
{
	/* splitmix64 seeded with 0 gives this first: mix(0x9e3779b97f4a7c15) */
	EXPECT_EQ(pattern_word(1, 0), 0xe220a8397b1dcdafULL);
	EXPECT_NE(pattern_word(1, 0), pattern_word(2, 0));
	EXPECT_NE(pattern_word(1, 0), pattern_word(1, 8));
}

TEST(Pattern, what_was_written_is_found_right_and_with_another_seed_it_is_not)
{
	std::vector<std::byte> memory(64 * pattern_page);

	EXPECT_EQ(pattern_write(memory, 7, false).pages, 64U);
	EXPECT_EQ(pattern_check(memory, 7, false).bad_words, 0U);
	EXPECT_EQ(pattern_check(memory, 8, false).bad_words, memory.size() / 8);
}

TEST(Pattern, one_flipped_bit_is_found_with_its_offset)
{
	std::vector<std::byte> memory(3 * pattern_page);

	pattern_write(memory, 7, true);
	memory[2 * pattern_page + 17] ^= std::byte{4};

	PatternResult result = pattern_check(memory, 7, true);

	EXPECT_EQ(result.bad_words, 1U);
	ASSERT_TRUE(result.first_bad);
	EXPECT_EQ(result.first_bad->offset, 2 * pattern_page + 16);
}

TEST(Pattern, sample_reaches_first_and_last_page_of_any_size)
{
	for (size_t pages : {1U, 2U, 1024U, 1025U, 3000U, 5000U}) {
		std::vector<std::byte> memory(pages * pattern_page);
		PatternResult result = pattern_write(memory, 3, false);
		const auto *words = reinterpret_cast<const uint64_t *>(memory.data());

		EXPECT_EQ(words[0], pattern_word(3, 0));
		EXPECT_EQ(words[memory.size() / 8 - 1], pattern_word(3, memory.size() - 8))
			<< pages;
		EXPECT_LE(result.pages, pattern_samples + 1) << pages;
		EXPECT_EQ(pattern_check(memory, 3, false).bad_words, 0U);
	}
	EXPECT_EQ(pattern_stride(512ULL << 20, true), 1U);
	EXPECT_EQ(pattern_stride(512ULL << 20, false) % 2, 1U);
}
