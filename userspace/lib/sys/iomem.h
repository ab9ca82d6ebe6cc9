// SPDX-License-Identifier: GPL-2.0-only
/*
 * /proc/iomem: who the kernel says owns which physical range. Read by anybody,
 * but with every address 0 unless the reader has CAP_SYS_ADMIN.
 */
#pragma once

#include "sys/range.h"
#include "sys/root.h"

#include <string>
#include <vector>

namespace cxla
{

struct IomemEntry {
	Range range;
	unsigned depth = 0; /* 0: top of the tree */
	std::string name;

	bool operator==(const IomemEntry &) const = default;
};

struct Iomem {
	std::vector<IomemEntry> entries; /* in the order of the file: parents first */
	std::vector<Problem> problems;   /* lines that could not be understood */
	bool addresses = false;          /* false: hidden from who is not root */

	std::vector<IomemEntry> named(std::string_view prefix) const;
	/* what lies below the entry in the tree: who has claimed it, or parts of it */
	std::vector<IomemEntry> below(const IomemEntry &parent) const;
	/* online System RAM that touches the range */
	std::vector<IomemEntry> system_ram_in(const Range &range) const;
};

Iomem parse_iomem(std::string_view text);
Reading<Iomem> read_iomem(const Root &root);

} // namespace cxla
