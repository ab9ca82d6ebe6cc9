// SPDX-License-Identifier: GPL-2.0-only
#include "sys/range.h"

#include <array>
#include <charconv>
#include <fmt/format.h>

namespace cxla
{

namespace
{

std::optional<uint64_t> parse_hex(std::string_view text)
{
	uint64_t value = 0;

	if (text.starts_with("0x"))
		text.remove_prefix(2);

	auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);

	if (text.empty() || error != std::errc() || end != text.data() + text.size())
		return std::nullopt;
	return value;
}

} // namespace

std::string Range::text() const
{
	return fmt::format("{:#x}-{:#x}", start, end);
}

std::optional<Range> range_of(uint64_t start, uint64_t size)
{
	if (!size || start > UINT64_MAX - (size - 1))
		return std::nullopt;
	return Range{start, start + (size - 1)};
}

std::optional<Range> parse_range(std::string_view text)
{
	size_t dash = text.find('-');

	if (dash == text.npos)
		return std::nullopt;

	auto start = parse_hex(text.substr(0, dash)), end = parse_hex(text.substr(dash + 1));

	if (!start || !end || *end < *start)
		return std::nullopt;
	return Range{*start, *end};
}

std::string size_text(uint64_t bytes)
{
	static constexpr std::array units = {"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
	size_t unit = 0;

	while (bytes && bytes % 1024 == 0 && unit + 1 < units.size()) {
		bytes /= 1024;
		unit++;
	}
	return fmt::format("{} {}", bytes, units[unit]);
}

} // namespace cxla
