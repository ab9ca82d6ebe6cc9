// SPDX-License-Identifier: GPL-2.0-only
#include "bench/pattern.h"

#include <algorithm>
#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace cxla
{

namespace
{

/* @page: told of each its first byte and the one after its last */
template <class Page> PatternResult each_page(uint64_t bytes, bool full, Page page)
{
	PatternResult result;
	uint64_t size = bytes & ~7ULL;
	uint64_t pages = (size + pattern_page - 1) / pattern_page;

	result.stride = pattern_stride(size, full);

	auto one = [&](uint64_t number) {
		uint64_t start = number * pattern_page, end = std::min(size, start + pattern_page);

		page(start, end, result);
		result.pages++;
		result.bytes += end - start;
	};

	for (uint64_t number = 0; number < pages; number += result.stride)
		one(number);
	if (pages && (pages - 1) % result.stride)
		one(pages - 1);
	return result;
}

void compare_word(PatternResult &result, uint64_t offset, uint64_t expected, uint64_t found)
{
	if (found == expected)
		return;
	if (!result.bad_words++)
		result.first_bad = PatternMismatch{offset, expected, found};
}

/* what is read next comes from memory: it is not in a cache any more */
void write_back(volatile uint64_t *begin, volatile uint64_t *end)
{
#ifdef __x86_64__
	constexpr size_t words_in_line = 8;

	for (volatile uint64_t *at = begin; at < end; at += words_in_line)
		_mm_clflush(const_cast<uint64_t *>(at));
	_mm_mfence();
#else
	(void)begin;
	(void)end;
#endif
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

	return each_page(range.size(), full, [&](uint64_t start, uint64_t end, PatternResult &) {
		for (uint64_t offset = start; offset < end; offset += 8)
			words[offset / 8] = pattern_word(seed, offset);
	});
}

PatternResult pattern_check(std::span<const std::byte> range, uint64_t seed, bool full)
{
	const auto *words = reinterpret_cast<const volatile uint64_t *>(range.data());

	return each_page(range.size(), full,
			 [&](uint64_t start, uint64_t end, PatternResult &result) {
				 for (uint64_t offset = start; offset < end; offset += 8)
					 compare_word(result, offset, pattern_word(seed, offset),
						      words[offset / 8]);
			 });
}

uint64_t pattern_sampled(uint64_t bytes)
{
	return each_page(bytes, false, [](uint64_t, uint64_t, PatternResult &) {}).pages;
}

PatternKept::PatternKept(uint64_t bytes) : pages(pattern_sampled(bytes) * pattern_page) {}

PatternResult pattern_try(std::span<std::byte> range, uint64_t seed, PatternKept &kept)
{
	auto *words = reinterpret_cast<volatile uint64_t *>(range.data());
	auto *before = reinterpret_cast<uint64_t *>(kept.pages.data());
	auto each_word = [&](auto word) {
		return each_page(range.size(), false,
				 [&](uint64_t start, uint64_t end, PatternResult &result) {
					 uint64_t *page = before + result.pages * pattern_page / 8;

					 for (uint64_t offset = start; offset < end; offset += 8)
						 word(offset, page[(offset - start) / 8], result);
					 write_back(words + start / 8, words + end / 8);
				 });
	};

	each_word(
		[&](uint64_t offset, uint64_t &had, PatternResult &) { had = words[offset / 8]; });
	kept.whole = true;
	each_word([&](uint64_t offset, uint64_t &, PatternResult &) {
		words[offset / 8] = pattern_word(seed, offset);
	});

	PatternResult result = each_word([&](uint64_t offset, uint64_t &, PatternResult &result) {
		compare_word(result, offset, pattern_word(seed, offset), words[offset / 8]);
	});

	each_word(
		[&](uint64_t offset, uint64_t &had, PatternResult &) { words[offset / 8] = had; });

	PatternResult back = each_word([&](uint64_t offset, uint64_t &had, PatternResult &result) {
		compare_word(result, offset, had, words[offset / 8]);
	});

	if (!result.first_bad)
		result.first_bad = back.first_bad;
	result.bad_words += back.bad_words;
	return result;
}

void pattern_give_back(std::span<std::byte> range, const PatternKept &kept, uint64_t nth)
{
	auto *words = reinterpret_cast<volatile uint64_t *>(range.data());
	const auto *before = reinterpret_cast<const uint64_t *>(kept.pages.data());
	uint64_t size = range.size() & ~7ULL;
	uint64_t pages = (size + pattern_page - 1) / pattern_page;
	uint64_t start = std::min(nth * pattern_stride(size, false), pages - 1) * pattern_page;

	for (uint64_t offset = start; offset < std::min(size, start + pattern_page); offset += 8)
		words[offset / 8] = before[(nth * pattern_page + offset - start) / 8];
}

} // namespace cxla
