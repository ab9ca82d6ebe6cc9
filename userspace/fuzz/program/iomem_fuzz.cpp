// SPDX-License-Identifier: GPL-2.0-only
/* /proc/iomem: each line is an entry or a problem, and entries written again are the same. */
#include "lines_in.h"

#include "sys/iomem.h"

#include <fmt/format.h>

CXLA_FUZZ(iomem)
{
	using namespace cxla;
	using cxla::fuzz::require;

	const auto text = in.rest();
	const Iomem iomem = parse_iomem(text);
	std::string again;

	require(iomem.entries.size() + iomem.problems.size() == fuzz::lines_in(text),
		"a line is an entry or a problem");
	for (const auto &entry : iomem.entries) {
		require(entry.range.start <= entry.range.end, "a range does not wrap");
		require(iomem.addresses || entry.range.end == 0, "hidden addresses are 0");
		again += fmt::format("{:{}}{:x}-{:x} : {}\n", "", 2 * entry.depth,
				     entry.range.start, entry.range.end, entry.name);
		for (const auto &below : iomem.below(entry))
			require(below.depth > entry.depth, "what is below is deeper");
		for (const auto &ram : iomem.system_ram_in(entry.range))
			require(ram.name.starts_with("System RAM") &&
					ram.range.overlaps(entry.range),
				"System RAM in a range is in it");
		if (iomem.entries.size() > 50)
			break;
	}
	if (iomem.entries.size() <= 50)
		require(parse_iomem(again).entries == iomem.entries &&
				parse_iomem(again).problems.empty(),
			"entries written again are the same", again);
}
