// SPDX-License-Identifier: GPL-2.0-only
#include "bench/pattern.h"

#include <algorithm>
#include <cstdio>
#include <gtest/gtest.h>
#include <memory>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

using namespace cxla;

namespace
{

constexpr uint64_t try_bytes = 64 << 20;

TEST(PatternTry, MemoryHasAfterwardsWhatItHad)
{
	std::vector<std::byte> memory(try_bytes);
	PatternKept kept(try_bytes);

	for (size_t n = 0; n < memory.size(); n += 511)
		memory[n] = static_cast<std::byte>(n);

	std::vector<std::byte> before = memory;
	PatternResult result = pattern_try(memory, 5, kept);

	EXPECT_EQ(result.bad_words, 0U);
	EXPECT_EQ(result.bytes, kept.pages.size());
	EXPECT_EQ(result.pages, pattern_sampled(try_bytes));
	EXPECT_TRUE(memory == before);
}

/* as after a SIGBUS in the middle: what was written so far is given back page by page */
TEST(PatternTry, EachPageThatWasWrittenCanBeGivenBackByItself)
{
	/* the last page is a part of one */
	std::vector<std::byte> memory(try_bytes + 512, std::byte(0x5a));
	std::vector<std::byte> before = memory;
	PatternKept kept(memory.size());

	pattern_try(memory, 5, kept);
	EXPECT_TRUE(kept.whole);
	pattern_write(memory, 6, false);
	EXPECT_FALSE(memory == before);
	for (uint64_t nth = 0; nth < pattern_sampled(memory.size()); nth++)
		pattern_give_back(memory, kept, nth);
	EXPECT_TRUE(memory == before);
}

/* two places of a range that lead to the same memory: a decoder that is programmed wrong */
TEST(PatternTry, MemoryThatIsThereTwiceIsFound)
{
	constexpr size_t bytes = 4 * pattern_page;
	FILE *file = std::tmpfile();
	int fd = fileno(file);

	ASSERT_EQ(ftruncate(fd, bytes), 0);

	void *address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	ASSERT_NE(address, MAP_FAILED);
	ASSERT_NE(mmap(static_cast<char *>(address) + 3 * pattern_page, pattern_page,
		       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, pattern_page),
		  MAP_FAILED);

	std::span<std::byte> range(static_cast<std::byte *>(address), bytes);
	PatternKept kept(bytes);

	std::fill(range.begin(), range.end(), std::byte(0x5a));

	PatternResult result = pattern_try(range, 5, kept);

	EXPECT_EQ(result.bad_words, pattern_page / 8);
	ASSERT_TRUE(result.first_bad);
	EXPECT_EQ(result.first_bad->offset, pattern_page);
	EXPECT_TRUE(std::all_of(range.begin(), range.end(),
				[](std::byte byte) { return byte == std::byte(0x5a); }));
	munmap(address, bytes);
	std::fclose(file);
}

} // namespace
