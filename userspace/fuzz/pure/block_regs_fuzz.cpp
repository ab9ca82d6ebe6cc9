// SPDX-License-Identifier: GPL-2.0-only
/*
 * Register locator, capability array and DVSEC ranges: every offset that is accepted lies where
 * it may, and the fields put together again are the registers.
 */
#include "fuzz.h"

#include <algorithm>
#include <vector>

extern "C" {
#include "block_regs.h"
}

namespace
{

using cxla::fuzz::Input;
using cxla::fuzz::require;

void locator(Input &in)
{
	const unsigned length = in.take<u32>();
	const unsigned entries = cxl_locator_nr_entries(length);
	std::vector<cxl_locator_entry> good;

	require(entries == 0 || 0xc + 8 * entries <= length, "entries lie inside of the DVSEC");
	require(entries <= 510, "a DVSEC has 4 KiB at most");
	for (unsigned n = 0; n < 4; n++) {
		const u32 low = in.take<u32>(), high = in.take<u32>();
		cxl_locator_entry entry;

		if (cxl_locator_decode(low, high, &entry)) {
			require(!entry.offset && !entry.block_id && !entry.bir,
				"what is refused says nothing");
			continue;
		}
		require(entry.bir <= 5, "a block is in one of six BARs");
		require(entry.offset % CXL_COMPONENT_BLOCK_SIZE == 0, "a block is aligned");
		require((static_cast<u32>(entry.offset) | static_cast<u32>(entry.block_id) << 8 |
			 entry.bir) == (low & 0xffffff07) &&
				entry.offset >> 32 == high,
			"an entry's fields are the registers");
		for (const auto &other : good)
			require(cxl_locator_overlap(&entry, &other) ==
					(entry.bir == other.bir && entry.offset == other.offset),
				"aligned blocks overlap when they are the same");
		good.push_back(entry);
	}
}

void capabilities(Input &in)
{
	const u32 array = in.take<u32>();
	const int count = cxl_cap_array_count(array);

	if (count < 0) {
		require((array & 0xffff) != 1, "an array of CXL has a count");
		return;
	}
	require(count == static_cast<int>(array >> 24), "the count is the register's");

	struct Cap {
		u64 offset, size;
	};
	std::vector<Cap> good;

	for (int n = 0; n < count && in.left(); n++) {
		const u32 header = in.take<u32>();
		const unsigned size = in.take<u16>();
		cxl_cap_entry entry;

		if (cxl_cap_entry_decode(header, static_cast<unsigned>(count), size, &entry)) {
			require(!entry.offset && !entry.id, "what is refused says nothing");
			continue;
		}
		require(entry.offset % 4 == 0 && entry.offset >= 4 * (count + 1),
			"a capability is behind the array");
		require(entry.offset + size <= CXL_CACHEMEM_SIZE, "a capability ends in the block");
		require((static_cast<u32>(entry.offset) << 20 |
			 static_cast<u32>(entry.version) << 16 | entry.id) == header,
			"an entry's fields are the register");
		for (const auto &other : good) {
			const u64 first = std::max<u64>(entry.offset, other.offset);
			const u64 behind =
				std::min<u64>(entry.offset + size, other.offset + other.size);

			if (size && other.size)
				require(cxl_cap_overlap(entry.offset, size, other.offset,
							other.size) == (first < behind),
					"capabilities overlap that share a byte");
		}
		if (good.size() < 8)
			good.push_back({entry.offset, size});
	}
}

void dvsec(Input &in)
{
	const u16 cap = in.take<u16>();
	const int count = cxl_dvsec_range_count(cap);

	require(count == -ENXIO || (count >= 0 && count <= 2 && cap & 4),
		"a device of CXL.mem has two ranges at most");

	const u32 size_high = in.take<u32>(), size_low = in.take<u32>();
	const u32 base_high = in.take<u32>(), base_low = in.take<u32>();
	cxl_dvsec_range range;

	if (cxl_dvsec_range_decode(size_high, size_low, base_high, base_low, &range)) {
		require(!range.valid && !range.size && !range.base, "what is refused says nothing");
		return;
	}
	require(range.base % SZ_256M == 0 && range.size % SZ_256M == 0, "a range is aligned");
	require(range.base >> 32 == base_high && range.size >> 32 == size_high &&
			static_cast<u32>(range.base) == (base_low & 0xf0000000) &&
			static_cast<u32>(range.size) == (size_low & 0xf0000000),
		"a range is that of the registers");
	require(range.active_timeout <= 256, "the longest time is 256 seconds");
	require(!cxl_dvsec_range_maps(&range) || (range.valid && range.size),
		"what maps is valid and not empty");
}

} // namespace

CXLA_FUZZ(block_regs)
{
	switch (in.below(3)) {
	case 0:
		return locator(in);
	case 1:
		return capabilities(in);
	default:
		return dvsec(in);
	}
}
