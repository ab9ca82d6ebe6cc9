// SPDX-License-Identifier: GPL-2.0-only
#include "sys/iomem.h"

#include "sys/lines.h"

#include <fmt/format.h>

namespace cxla
{

namespace
{

const char *const iomem_path = "/proc/iomem";

} // namespace

std::vector<IomemEntry> Iomem::named(std::string_view prefix) const
{
	std::vector<IomemEntry> found;

	for (const auto &entry : entries)
		if (entry.name.starts_with(prefix))
			found.push_back(entry);
	return found;
}

std::vector<IomemEntry> Iomem::below(const IomemEntry &parent) const
{
	std::vector<IomemEntry> found;
	bool inside = false;

	for (const auto &entry : entries) {
		if (inside && entry.depth <= parent.depth)
			break;
		if (inside)
			found.push_back(entry);
		inside |= entry == parent;
	}
	return found;
}

std::vector<IomemEntry> Iomem::system_ram_in(const Range &range) const
{
	std::vector<IomemEntry> found;

	if (!addresses)
		return found;
	/* "System RAM" and, hot-added, "System RAM (kmem)" and the like */
	for (auto &entry : named("System RAM"))
		if (entry.range.overlaps(range))
			found.push_back(entry);
	return found;
}

Iomem parse_iomem(std::string_view text)
{
	Iomem iomem;

	each_line(text, [&](std::string_view line, size_t number) {
		size_t indent = line.find_first_not_of(' ');
		size_t colon = line.find(" : ");
		auto range = colon == line.npos ? std::nullopt
						: parse_range(trim(line.substr(0, colon)));

		if (!range) {
			iomem.problems.push_back(
				{iomem_path, 0,
				 fmt::format("line {} is no range: '{:.60}'", number, line)});
			return;
		}
		iomem.entries.push_back({*range, static_cast<unsigned>(indent / 2),
					 std::string(trim(line.substr(colon + 3)))});
		iomem.addresses |= range->end != 0;
	});
	return iomem;
}

Reading<Iomem> read_iomem(const Root &root)
{
	auto text = root.read(iomem_path, 16 << 20);

	if (!text)
		return text.problem();
	return parse_iomem(*text);
}

} // namespace cxla
