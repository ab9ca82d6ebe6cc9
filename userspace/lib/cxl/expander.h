// SPDX-License-Identifier: GPL-2.0-only
/*
 * One memory expander that cxla_pci drives: its memdev, and the regions that its
 * committed decoders are members of. It has no range of its own.
 */
#pragma once

#include "cxl/accel.h"

namespace cxla
{

/* the device's share of a region */
struct Membership {
	std::string decoder;
	std::string region;
	std::optional<Range> range; /* of the region; nothing: unreadable */
	unsigned ways = 0;          /* 0: unreadable */
	std::optional<unsigned> position;
};

struct Expander {
	std::string bdf;
	std::string driver; /* empty: none */
	std::string memdev; /* mem0, or empty */
	std::string serial; /* as its memdev shows it */
	std::vector<Membership> regions;
};

Expander read_expander(const Root &root, const std::string &bdf, const Topology &ours);
/* region0 0x690000000-0x6afffffff 512 MiB  2 ways, position 1 */
std::string membership_text(const Membership &member);
/* every device bound to cxla_pci */
std::vector<Expander> read_expanders(const Root &root, const Topology &ours);

} // namespace cxla
