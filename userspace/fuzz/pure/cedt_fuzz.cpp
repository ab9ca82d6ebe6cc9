// SPDX-License-Identifier: GPL-2.0-only
/*
 * CEDT as cxla_acpi reads it: bytes as they are, or entries below a header that is right. What
 * is visited is well-formed, and a table made of it says the same.
 */
#include "fuzz.h"

#include <memory>
#include <vector>

extern "C" {
#include "cedt.h"
}

namespace
{

using cxla::fuzz::Input;
using cxla::fuzz::require;
using Bytes = std::vector<u8>;

constexpr size_t cedt_header = 36;
constexpr u64 cedt_limit = 1ULL << 52;

struct CedtSeen {
	CedtSeen()
	{
		again.reserve(1024);
		values.reserve(256);
	}

	size_t len = 0;
	unsigned stop = 0; /* the visit that ends the walk; 0: none */
	unsigned visits = 0, told = 0;
	Bytes again = Bytes(cedt_header); /* a table of what was seen */
	std::vector<u64> values;
};

void append(Bytes &to, u64 value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		to.push_back(static_cast<u8>(value >> 8 * i));
}

void put(Bytes &in, size_t at, u64 value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		in[at + i] = static_cast<u8>(value >> 8 * i);
}

unsigned log2_of(u64 value)
{
	return static_cast<unsigned>(__builtin_ctzll(value));
}

void is_granularity(unsigned granularity)
{
	require(is_power_of_2(granularity) && granularity >= 256 && granularity <= 16384,
		"a granularity is a power of two from 256 to 16384");
}

int cedt_visit_ends(CedtSeen &seen)
{
	return ++seen.visits == seen.stop ? static_cast<int>(seen.stop) : 0;
}

int cedt_on_chbs(const cedt_chbs *chbs, void *arg)
{
	auto &seen = *static_cast<CedtSeen *>(arg);

	require(chbs->version <= 1, "a CHBS has a version that is known");
	require(chbs->length == (chbs->version ? 0x10000 : 0x2000), "a CHBS has its length");
	require(chbs->base && chbs->base % chbs->length == 0, "a CHBS is aligned");
	require(chbs->base <= cedt_limit - chbs->length, "a CHBS ends below 2^52");
	seen.values.insert(seen.values.end(), {0, chbs->uid, chbs->version, chbs->base});
	append(seen.again, 0, 2);
	append(seen.again, 32, 2);
	append(seen.again, chbs->uid, 4);
	append(seen.again, chbs->version, 4);
	append(seen.again, 0, 4);
	append(seen.again, chbs->base, 8);
	append(seen.again, chbs->length, 8);
	return cedt_visit_ends(seen);
}

u8 encoded_ways(unsigned ways)
{
	return static_cast<u8>(ways % 3 ? log2_of(ways) : 8 + log2_of(ways / 3));
}

int cedt_on_cfmws(const cedt_cfmws *w, void *arg)
{
	auto &seen = *static_cast<CedtSeen *>(arg);
	unsigned power = w->ways % 3 ? w->ways : w->ways / 3;

	require(is_power_of_2(power) && w->ways <= CEDT_MAX_TARGETS, "ways are 1 to 16");
	is_granularity(w->granularity);
	require(w->size && w->size % SZ_256M == 0 && w->base % SZ_256M == 0,
		"a window is a multiple of 256 MiB");
	require(w->size <= cedt_limit && w->base <= cedt_limit - w->size,
		"a window ends below 2^52");
	for (unsigned i = w->ways; i < CEDT_MAX_TARGETS; i++)
		require(!w->targets[i], "there is no target behind the ways");
	seen.values.insert(seen.values.end(), {1, w->base, w->size, w->ways, w->granularity,
					       w->modulo, w->restrictions, w->qtg_id});
	append(seen.again, 1, 2);
	append(seen.again, 36 + 4 * w->ways, 2);
	append(seen.again, 0, 4);
	append(seen.again, w->base, 8);
	append(seen.again, w->size, 8);
	append(seen.again, encoded_ways(w->ways), 1);
	append(seen.again, !w->modulo, 3);
	append(seen.again, log2_of(w->granularity) - 8, 4);
	append(seen.again, w->restrictions, 2);
	append(seen.again, w->qtg_id, 2);
	for (unsigned i = 0; i < w->ways; i++) {
		append(seen.again, w->targets[i], 4);
		seen.values.push_back(w->targets[i]);
	}
	return cedt_visit_ends(seen);
}

int cedt_on_cxims(const cedt_cxims *x, void *arg)
{
	auto &seen = *static_cast<CedtSeen *>(arg);

	is_granularity(x->granularity);
	require(x->nr_maps <= CEDT_MAX_XORMAPS, "no window has more maps");
	append(seen.again, 2, 2);
	append(seen.again, 8 + 8 * x->nr_maps, 2);
	append(seen.again, 0, 2);
	append(seen.again, log2_of(x->granularity) - 8, 1);
	append(seen.again, x->nr_maps, 1);
	seen.values.insert(seen.values.end(), {2, x->granularity, x->nr_maps});
	for (unsigned i = 0; i < x->nr_maps; i++) {
		require(x->maps[i], "a map has a bit");
		append(seen.again, x->maps[i], 8);
		seen.values.push_back(x->maps[i]);
	}
	return cedt_visit_ends(seen);
}

void cedt_on_bad(size_t offset, int type, const char *what, void *arg)
{
	auto &seen = *static_cast<CedtSeen *>(arg);

	require(offset < seen.len && type >= -1 && type < 256 && what && *what,
		"what is wrong is in the table, and said");
	seen.told++;
}

void cedt_on_broken(size_t offset, u32, const char *what, void *arg)
{
	auto &seen = *static_cast<CedtSeen *>(arg);

	require(offset >= cedt_header && offset + 32 <= seen.len && what && *what,
		"a CHBS that names its bridge is whole");
	seen.told++;
}

int cedt_see(const Bytes &table, unsigned mask, CedtSeen &seen)
{
	/* a block of exactly its size: a byte that is read behind it is found */
	const auto exact = std::make_unique<u8[]>(table.size());
	cedt_visitor visitor{};

	if (!table.empty())
		std::memcpy(exact.get(), table.data(), table.size());
	seen.len = table.size();
	visitor.chbs = mask & 1 ? nullptr : cedt_on_chbs;
	visitor.cfmws = mask & 2 ? nullptr : cedt_on_cfmws;
	visitor.cxims = mask & 4 ? nullptr : cedt_on_cxims;
	visitor.bad = mask & 8 ? nullptr : cedt_on_bad;
	visitor.broken_chbs = mask & 16 ? cedt_on_broken : nullptr;
	visitor.arg = &seen;
	return cedt_walk(exact.get(), table.size(), &visitor);
}

void finish_header(Bytes &table)
{
	u8 sum = 0;

	std::memcpy(table.data(), "CEDT", 4);
	put(table, 4, table.size(), 4);
	table[9] = 0;
	for (u8 b : table)
		sum = static_cast<u8>(sum + b);
	table[9] = static_cast<u8>(-sum);
}

} // namespace

CXLA_FUZZ(cedt)
{
	const unsigned mask = in.byte(), how = in.byte();
	CedtSeen seen, once_more;
	Bytes table(how & 1 ? 0 : cedt_header);
	const auto bytes = in.rest();

	table.insert(table.end(), bytes.begin(), bytes.end());
	if (!(how & 1))
		finish_header(table);
	seen.stop = how >> 1 & 7;

	const int rc = cedt_see(table, mask, seen);

	if (rc == -EINVAL) {
		require(!seen.visits && !seen.told, "of what is no CEDT nothing is said");
		return;
	}
	require(rc == (seen.stop && seen.visits == seen.stop ? static_cast<int>(seen.stop) : 0),
		"a walk ends where a visitor ends it, and else at the end");
	require(seen.visits <= (table.size() - cedt_header) / 4, "an entry is visited once");

	finish_header(seen.again);
	require(cedt_see(seen.again, 0, once_more) == 0 && !once_more.told,
		"a table of what was seen is well-formed");
	require(once_more.values == seen.values, "a table of what was seen says the same");
}
