// SPDX-License-Identifier: GPL-2.0-only
/* A range of physical addresses, both ends inclusive, never empty. */
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cxla
{

/* what is mapped at least */
inline constexpr size_t page_bytes = 4096;

struct Range {
	uint64_t start = 0;
	uint64_t end = 0; /* its last byte */

	/* 0 stands for all of 2^64 */
	uint64_t size() const { return end - start + 1; }
	bool overlaps(const Range &other) const { return start <= other.end && other.start <= end; }
	bool contains(const Range &other) const { return start <= other.start && other.end <= end; }
	/* 0x690000000-0x6afffffff */
	std::string text() const;
	bool operator==(const Range &) const = default;
};

/* nothing when @size is 0 or the range would wrap */
std::optional<Range> range_of(uint64_t start, uint64_t size);
/* 0x690000000-0x6afffffff as in cxla/range, and 690000000-6afffffff as in iomem */
std::optional<Range> parse_range(std::string_view text);
/* 512 MiB; bytes where it is no multiple */
std::string size_text(uint64_t bytes);

} // namespace cxla
