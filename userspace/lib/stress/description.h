// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions that userspace describes, write by write, as Documentation/ABI/testing/
 * sysfs-bus-cxl says: of one memory expander that firmware committed nothing of.
 */
#pragma once

#include "sys/root.h"

#include <optional>
#include <vector>

namespace cxla
{

/* in this order, each with all before it */
enum class Describe {
	Dpa,    /* the decoder gets 256 MiB of the device */
	Make,   /* create_ram_region: a name */
	Ways,   /* 1 */
	Grain,  /* interleave_granularity */
	Size,   /* it gets its addresses */
	Target, /* the decoder becomes its only member */
	Commit, /* hardware decodes it */
	Bind,   /* it is offered to device-dax */
};

struct AttributeWrite {
	std::string path, value;
};

/* what is written, with the names of this moment; empty: there is no such object now */
struct Description {
	std::string window;  /* decoder0.0 */
	std::string decoder; /* of the endpoint */
	std::string region;  /* after Make, the caller's to fill in */

	AttributeWrite write_of(const Root &root, Describe step) const;
	AttributeWrite deletion() const;
};

/* @nr: which of the decoders of its endpoint */
Description describe(const Root &root, const std::string &bdf, unsigned nr = 0);
/* does an expander have memory, a decoder and a window for a region, and none yet */
bool can_be_described(const Root &root, const std::string &bdf);
/* regions that have no members but decoders of @bdfs */
std::vector<std::string> described_regions(const Root &root, const std::vector<std::string> &bdfs);
/* none of these is left, and their decoders have no memory of the devices */
void end_described(const Root &root, const std::vector<std::string> &bdfs);

} // namespace cxla
