// SPDX-License-Identifier: GPL-2.0-only
/*
 * The test pattern. The little-endian 64-bit word at byte offset O, a multiple of
 * eight, of a range is
 *
 *     mix(seed * 0x9e3779b97f4a7c15 + O)
 *
 * in 64-bit arithmetic, where mix is the finaliser of splitmix64:
 *
 *     z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9
 *     z = (z ^ z >> 27) * 0x94d049bb133111eb
 *     z =  z ^ z >> 31
 *
 * It depends on nothing but seed and offset, so that it can be checked from
 * somewhere else: in a device's backing file, for one. Pages of 4096 bytes are
 * written whole. Of a large range, every so many pages are, the last one always;
 * which, follows from the number of bytes alone.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace cxla
{

inline constexpr uint64_t pattern_page = 4096;
/* so many pages of a range are sampled at most, and the last */
inline constexpr uint64_t pattern_samples = 1024;

uint64_t pattern_word(uint64_t seed, uint64_t offset);
/* distance in pages between those sampled; 1: all; odd, to meet every low bit */
uint64_t pattern_stride(uint64_t bytes, bool full);

struct PatternMismatch {
	uint64_t offset = 0;
	uint64_t expected = 0;
	uint64_t found = 0;
};

struct PatternResult {
	uint64_t pages = 0; /* written or compared */
	uint64_t bytes = 0;
	uint64_t stride = 1;
	uint64_t bad_words = 0;
	std::optional<PatternMismatch> first_bad;
};

/* the size of @range is a multiple of eight */
PatternResult pattern_write(std::span<std::byte> range, uint64_t seed, bool full);
PatternResult pattern_check(std::span<const std::byte> range, uint64_t seed, bool full);
/* what pages that are sampled had before they were written to */
struct PatternKept {
	explicit PatternKept(uint64_t bytes); /* of the range */

	std::vector<std::byte> pages; /* one after the other */
	bool whole = false;           /* all of it was read */
};
/* so many pages of a range are sampled */
uint64_t pattern_sampled(uint64_t bytes);
/*
 * The pattern is written to the pages that are sampled, read back and compared, and then
 * they have again what they had. Caches are written back in between where the processor has
 * an instruction for it, so that the memory answers. `bad_words` counts words that can't be
 * given back, too. Whoever ends the process meanwhile, which is a matter of milliseconds,
 * leaves pages with the pattern; after a SIGBUS the next function gives them what they had.
 */
PatternResult pattern_try(std::span<std::byte> range, uint64_t seed, PatternKept &kept);
/* the @nth page that is sampled, counted from 0; @kept is whole */
void pattern_give_back(std::span<std::byte> range, const PatternKept &kept, uint64_t nth);

} // namespace cxla
