// SPDX-License-Identifier: GPL-2.0-only
#include "bench/pattern.h"

#include <algorithm>

namespace cxla
{

namespace
{

template <class Byte, class Word>
PatternResult each_page(std::span<Byte> range, bool full, Word word)
{
	PatternResult result;
	uint64_t size = range.size() & ~7ULL;
	uint64_t pages = (size + pattern_page - 1) / pattern_page;

	result.stride = pattern_stride(size, full);

	auto page = [&](uint64_t number) {
		uint64_t start = number * pattern_page, end = std::min(size, start + pattern_page);

		for (uint64_t offset = start; offset < end; offset += 8)
			word(offset, result);
		result.pages++;
		result.bytes += end - start;
	};

	for (uint64_t number = 0; number < pages; number += result.stride)
		page(number);
	if (pages && (pages - 1) % result.stride)
		page(pages - 1);
	return result;
}

} // namespace

uint64_t pattern_word(uint64_t seed, uint64_t offset)
{
	uint64_t z = seed * 0x9e3779b97f4a7c15ULL + offset;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

uint64_t pattern_stride(uint64_t bytes, bool full)
{
	uint64_t pages = (bytes + pattern_page - 1) / pattern_page;

	if (full || pages <= pattern_samples)
		return 1;
	return (pages + pattern_samples - 1) / pattern_samples | 1;
}

/*
 * Device memory is accessed with whole, aligned 64-bit stores and loads, each
 * done once: hence volatile. The layout in memory is little-endian, as is every
 * machine that has CXL.
 */
PatternResult pattern_write(std::span<std::byte> range, uint64_t seed, bool full)
{
	auto *words = reinterpret_cast<volatile uint64_t *>(range.data());

	return each_page(range, full, [&](uint64_t offset, PatternResult &) {
		words[offset / 8] = pattern_word(seed, offset);
	});
}

PatternResult pattern_check(std::span<const std::byte> range, uint64_t seed, bool full)
{
	const auto *words = reinterpret_cast<const volatile uint64_t *>(range.data());

	return each_page(range, full, [&](uint64_t offset, PatternResult &result) {
		uint64_t expected = pattern_word(seed, offset), found = words[offset / 8];

		if (found == expected)
			return;
		if (!result.bad_words++)
			result.first_bad = PatternMismatch{offset, expected, found};
	});
}

} // namespace cxla
