// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the CXL Early Discovery Table says, whether or not a driver has read it.
 * The parser is the module's own, kmod/pure/cedt.c.
 */
#pragma once

#include "sys/range.h"
#include "sys/root.h"

#include <map>
#include <string>
#include <vector>

namespace cxla
{

struct HostBridge {
	uint32_t uid = 0;
	uint32_t version = 0; /* 0: CXL 1.1 RCRB, 1: CXL 2.0 component registers */
	uint64_t base = 0;
	uint64_t length = 0;
};

struct Window {
	uint64_t base = 0;
	uint64_t size = 0;
	unsigned ways = 1;
	unsigned granularity = 0;
	bool modulo = true;
	uint16_t restrictions = 0;
	uint16_t qtg = 0;
	std::vector<uint32_t> targets;

	std::optional<Range> range() const { return range_of(base, size); }
	/* type2, type3, volatile, pmem, fixed */
	std::vector<std::string> restriction_words() const;
};

struct BadEntry {
	size_t offset = 0;
	int type = -1;
	std::string what;

	std::string text() const;
};

struct Cedt {
	std::vector<HostBridge> bridges;
	std::vector<Window> windows;
	std::vector<BadEntry> bad;
	std::map<unsigned, unsigned> xor_maps; /* by granularity: how many; the first counts */
	std::map<uint32_t, std::string> broken_bridges; /* by _UID: what is wrong with its CHBS */
};

extern const char *const cedt_path;

/* a problem when it is no CEDT at all; entries that are wrong are in bad */
Reading<Cedt> parse_cedt(std::string_view table, const std::string &path);
Reading<Cedt> read_cedt(const Root &root);

} // namespace cxla
