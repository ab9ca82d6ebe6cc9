// SPDX-License-Identifier: GPL-2.0-only
#include "load/online.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace cxla
{

namespace
{

constexpr const char *memory_folder = "/sys/devices/system/memory";

std::optional<uint64_t> hexadecimal(const Root &root, const std::string &path)
{
	auto text = root.text(path);
	uint64_t value = 0;

	if (!text)
		return std::nullopt;

	const char *end = text->data() + text->size();
	auto [rest, error] = std::from_chars(text->data(), end, value, 16);

	return error == std::errc() && rest == end ? std::optional(value) : std::nullopt;
}

} // namespace

OnlineMemory::OnlineMemory(const Root &root)
{
	const std::string folder = memory_folder;
	auto size = hexadecimal(root, folder + "/block_size_bytes");
	std::vector<Range> blocks;

	if (!size || !*size)
		return;
	for (const auto &name : root.list(folder).value_or({})) {
		const std::string block = folder + "/" + name;

		if (!name.starts_with("memory") || !root.exists(block + "/phys_index"))
			continue;
		if (root.text(block + "/state").value_or("") == "offline")
			continue;

		auto index = hexadecimal(root, block + "/phys_index");
		auto range = index ? range_of(*index * *size, *size) : std::nullopt;

		/* one that makes no sense may be any */
		if (!range)
			return;
		blocks.push_back(*range);
	}
	blocks_ = std::move(blocks);
}

bool OnlineMemory::in(const Machine &machine, const Range &range) const
{
	if (!machine.iomem || machine.iomem->system_ram_in(range).empty())
		return false;
	return !blocks_ || std::any_of(blocks_->begin(), blocks_->end(),
				       [&](const Range &one) { return one.overlaps(range); });
}

std::vector<std::string> online_dax_ranges(const Machine &machine, const OnlineMemory &online)
{
	std::vector<std::string> lines;

	for (const auto &[range, name] : machine.dax_ranges_of_ours())
		if (online.in(machine, range))
			lines.push_back(fmt::format("{} ({}) is online as System RAM", range.text(),
						    name.empty() ? "?" : name));
	return lines;
}

} // namespace cxla
