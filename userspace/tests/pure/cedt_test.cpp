// SPDX-License-Identifier: GPL-2.0-only
// The CEDT parser of cxla_acpi on malformed tables, with sanitizers. Each table
// is given in a block of exactly its size: a byte read past it is reported.
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

extern "C" {
#include "cedt.h"
#include "hdm_regs.h"
}

namespace
{

using Bytes = std::vector<u8>;

struct Bad {
	size_t offset;
	int type;
	std::string what;
};

struct Seen {
	std::vector<cedt_chbs> chbs;
	std::vector<cedt_cfmws> cfmws;
	std::vector<Bad> bad;
	int stop = 0;
	int rc = 0;
};

int on_chbs(const cedt_chbs *c, void *arg)
{
	auto *seen = static_cast<Seen *>(arg);
	seen->chbs.push_back(*c);
	return seen->stop;
}

int on_cfmws(const cedt_cfmws *c, void *arg)
{
	auto *seen = static_cast<Seen *>(arg);
	seen->cfmws.push_back(*c);
	return seen->stop;
}

void on_bad(size_t offset, int type, const char *what, void *arg)
{
	static_cast<Seen *>(arg)->bad.push_back({offset, type, what});
}

Seen walk(const Bytes &table, size_t len, int stop = 0)
{
	Seen seen;
	seen.stop = stop;
	const auto exact = std::make_unique<u8[]>(len);
	std::memcpy(exact.get(), table.data(), len);
	const cedt_visitor v{on_chbs, on_cfmws, nullptr, on_bad, nullptr, &seen};
	seen.rc = cedt_walk(exact.get(), len, &v);
	return seen;
}

Seen walk(const Bytes &table)
{
	return walk(table, table.size());
}

void put(Bytes &b, size_t at, u64 value, unsigned bytes)
{
	for (unsigned i = 0; i < bytes; i++)
		b.at(at + i) = static_cast<u8>(value >> 8 * i);
}

// length and checksum as firmware would
Bytes table(std::initializer_list<Bytes> entries)
{
	Bytes t(36);
	std::memcpy(t.data(), "CEDT", 4);
	for (const auto &e : entries)
		t.insert(t.end(), e.begin(), e.end());
	put(t, 4, t.size(), 4);
	u8 sum = 0;
	for (u8 b : t)
		sum = static_cast<u8>(sum + b);
	t[9] = static_cast<u8>(-sum);
	return t;
}

Bytes chbs(u32 uid, u32 version = 1, u64 base = 0x680000000, u64 length = 0x10000)
{
	Bytes e(32);
	put(e, 2, 32, 2);
	put(e, 4, uid, 4);
	put(e, 8, version, 4);
	put(e, 12, 0xdeadbeef, 4);
	put(e, 16, base, 8);
	put(e, 24, length, 8);
	return e;
}

Bytes cfmws(u64 base, u64 size, u8 eiw = 0, unsigned targets = 1)
{
	Bytes e(36 + 4 * targets);
	e[0] = 1;
	put(e, 2, e.size(), 2);
	put(e, 8, base, 8);
	put(e, 16, size, 8);
	e[24] = eiw;
	put(e, 32, 0xabcd, 2);
	put(e, 34, 0x1234, 2);
	for (unsigned i = 0; i < targets; i++)
		put(e, 36 + 4 * i, 0x01020304 + i, 4);
	return e;
}

Bytes with(Bytes e, size_t at, u64 value, unsigned bytes)
{
	put(e, at, value, bytes);
	return e;
}

Bytes resized(Bytes e, size_t size)
{
	e.resize(size);
	put(e, 2, size, 2);
	return e;
}

// skipped and told, and the entry behind it is seen
void expect_skipped(const Bytes &entry, const std::string &what)
{
	const auto seen = walk(table({entry, chbs(77)}));
	EXPECT_EQ(seen.rc, 0);
	ASSERT_EQ(seen.bad.size(), 1U) << what;
	EXPECT_EQ(seen.bad[0].offset, 36U);
	EXPECT_EQ(seen.bad[0].type, entry[0]);
	EXPECT_NE(seen.bad[0].what.find(what), std::string::npos) << seen.bad[0].what;
	EXPECT_TRUE(seen.cfmws.empty());
	ASSERT_EQ(seen.chbs.size(), 1U);
	EXPECT_EQ(seen.chbs[0].uid, 77U);
}

TEST(Cedt, host_bridge_and_window_are_seen)
{
	const auto seen = walk(
		table({chbs(0xc0ffee), with(cfmws(0x690000000, 0x100000000, 1, 2), 28, 3, 4)}));
	EXPECT_EQ(seen.rc, 0);
	EXPECT_TRUE(seen.bad.empty());
	ASSERT_EQ(seen.chbs.size(), 1U);
	EXPECT_EQ(seen.chbs[0].uid, 0xc0ffeeU);
	EXPECT_EQ(seen.chbs[0].version, 1U);
	EXPECT_EQ(seen.chbs[0].base, 0x680000000U);
	EXPECT_EQ(seen.chbs[0].length, 0x10000U);
	ASSERT_EQ(seen.cfmws.size(), 1U);
	const auto &w = seen.cfmws[0];
	EXPECT_EQ(w.base, 0x690000000U);
	EXPECT_EQ(w.size, 0x100000000U);
	EXPECT_EQ(w.ways, 2U);
	EXPECT_EQ(w.granularity, 2048U);
	EXPECT_TRUE(w.modulo);
	EXPECT_EQ(w.restrictions, 0xabcd);
	EXPECT_EQ(w.qtg_id, 0x1234);
	EXPECT_EQ(w.targets[0], 0x01020304U);
	EXPECT_EQ(w.targets[1], 0x01020305U);
	EXPECT_EQ(w.targets[2], 0U);
}

TEST(Cedt, old_host_bridge_is_seen_as_one)
{
	const auto seen = walk(table({chbs(1, 0, 0xfe002000, 0x2000)}));
	ASSERT_EQ(seen.chbs.size(), 1U);
	EXPECT_EQ(seen.chbs[0].version, 0U);
}

TEST(Cedt, another_table_is_no_cedt)
{
	for (unsigned i = 0; i < 4; i++) {
		auto t = table({chbs(1)});
		t[i] ^= 0x20;
		const auto seen = walk(t);
		EXPECT_EQ(seen.rc, -EINVAL);
		EXPECT_TRUE(seen.chbs.empty() && seen.bad.empty());
	}
	const auto empty = table({});
	EXPECT_EQ(walk(empty).rc, 0);
	EXPECT_TRUE(walk(empty).bad.empty());
	EXPECT_EQ(walk(empty, 35).rc, -EINVAL);
	EXPECT_EQ(walk(empty, 0).rc, -EINVAL);
	EXPECT_EQ(walk(with(empty, 4, 35, 4)).rc, -EINVAL);
	EXPECT_EQ(walk(with(empty, 4, 0, 4)).rc, -EINVAL);
}

TEST(Cedt, wrong_checksum_is_told_and_the_walk_goes_on)
{
	auto t = table({chbs(1)});
	t[9]++;
	const auto seen = walk(t);
	EXPECT_EQ(seen.rc, 0);
	ASSERT_EQ(seen.bad.size(), 1U);
	EXPECT_EQ(seen.bad[0].offset, 0U);
	EXPECT_EQ(seen.bad[0].type, -1);
	EXPECT_EQ(seen.bad[0].what, "checksum does not match");
	EXPECT_EQ(seen.chbs.size(), 1U);
}

TEST(Cedt, length_beyond_the_bytes_is_cut_and_told)
{
	const auto good = table({chbs(1)});
	for (u32 length : {69U, 0xffffffffU}) {
		const auto seen = walk(with(good, 4, length, 4));
		EXPECT_EQ(seen.rc, 0);
		ASSERT_EQ(seen.bad.size(), 1U);
		EXPECT_EQ(seen.bad[0].offset, 0U);
		EXPECT_EQ(seen.bad[0].type, -1);
		EXPECT_EQ(seen.bad[0].what, "table is cut short");
		EXPECT_EQ(seen.chbs.size(), 1U);
	}
}

TEST(Cedt, bytes_beyond_the_length_are_not_read)
{
	auto t = table({chbs(1)});
	t.insert(t.end(), 32, 0x11);
	const auto seen = walk(t);
	EXPECT_TRUE(seen.bad.empty());
	EXPECT_EQ(seen.chbs.size(), 1U);
}

TEST(Cedt, every_truncation_of_a_good_table_is_told)
{
	const auto t =
		table({chbs(1), cfmws(0, SZ_256M, 2, 4), cfmws(SZ_256M, SZ_256M, 0, 1), chbs(2)});
	for (size_t len = 0; len < t.size(); len++) {
		const auto seen = walk(t, len);
		if (len < 36) {
			EXPECT_EQ(seen.rc, -EINVAL);
			continue;
		}
		EXPECT_EQ(seen.rc, 0);
		const size_t whole = (len >= 68) + (len >= 120) + (len >= 160);
		const bool at_edge = len == 36 || len == 68 || len == 120 || len == 160;
		EXPECT_EQ(seen.chbs.size() + seen.cfmws.size(), whole) << len;
		EXPECT_EQ(seen.bad.size(), at_edge ? 1U : 2U) << len;
		EXPECT_EQ(seen.bad[0].what, "table is cut short");
	}
	EXPECT_TRUE(walk(t).bad.empty());
}

TEST(Cedt, entry_without_a_length_ends_the_walk)
{
	for (u16 length = 0; length < 4; length++) {
		const auto seen = walk(table({with(chbs(1), 2, length, 2), chbs(2)}));
		EXPECT_EQ(seen.rc, 0);
		ASSERT_EQ(seen.bad.size(), 1U);
		EXPECT_EQ(seen.bad[0].offset, 36U);
		EXPECT_EQ(seen.bad[0].type, 0);
		EXPECT_TRUE(seen.chbs.empty());
	}
}

TEST(Cedt, entry_of_a_bare_header_is_an_entry)
{
	const auto seen = walk(table({Bytes{9, 0, 4, 0}, chbs(2)}));
	EXPECT_TRUE(seen.bad.empty());
	EXPECT_EQ(seen.chbs.size(), 1U);
	// also where the table ends
	EXPECT_TRUE(walk(table({chbs(2), Bytes{9, 0, 4, 0}})).bad.empty());
}

TEST(Cedt, entry_that_ends_beyond_the_table_ends_the_walk)
{
	for (u16 length : {u16{33}, u16{0xffff}}) {
		const auto seen = walk(table({chbs(7), with(chbs(1), 2, length, 2)}));
		ASSERT_EQ(seen.bad.size(), 1U);
		EXPECT_EQ(seen.bad[0].offset, 68U);
		EXPECT_EQ(seen.bad[0].type, 0);
		EXPECT_EQ(seen.chbs.size(), 1U);
	}
	for (size_t rest = 1; rest < 4; rest++) {
		const auto seen = walk(table({chbs(7), Bytes(rest, 0xff)}));
		ASSERT_EQ(seen.bad.size(), 1U);
		EXPECT_EQ(seen.bad[0].offset, 68U);
		EXPECT_EQ(seen.bad[0].type, -1);
	}
}

TEST(Cedt, unknown_entries_are_passed_over)
{
	for (unsigned type = 2; type < 256; type++) {
		auto e = chbs(1, 9);
		e[0] = static_cast<u8>(type);
		const auto seen = walk(table({e, chbs(3)}));
		EXPECT_TRUE(seen.bad.empty());
		ASSERT_EQ(seen.chbs.size(), 1U);
		EXPECT_EQ(seen.chbs[0].uid, 3U);
	}
}

TEST(Cedt, longer_entries_of_later_revisions_are_read)
{
	const auto seen = walk(table({resized(chbs(9), 40), cfmws(0x690000000, SZ_256M, 0, 3)}));
	EXPECT_TRUE(seen.bad.empty());
	EXPECT_EQ(seen.chbs.size(), 1U);
	ASSERT_EQ(seen.cfmws.size(), 1U);
	EXPECT_EQ(seen.cfmws[0].ways, 1U);
	EXPECT_EQ(seen.cfmws[0].targets[1], 0U);
}

TEST(Cedt, visitor_ends_the_walk)
{
	auto t = table({chbs(1), chbs(2)});
	EXPECT_EQ(walk(t, t.size(), -12).rc, -12);
	EXPECT_EQ(walk(t, t.size(), -12).chbs.size(), 1U);
	t = table({cfmws(0, SZ_256M), cfmws(SZ_256M, SZ_256M)});
	EXPECT_EQ(walk(t, t.size(), 5).rc, 5);
	EXPECT_EQ(walk(t, t.size(), 5).cfmws.size(), 1U);
}

TEST(Cedt, callbacks_are_optional)
{
	const cedt_visitor none{};
	auto t = table({chbs(1), chbs(1, 7), cfmws(0, SZ_256M), cfmws(0, 0)});
	EXPECT_EQ(cedt_walk(t.data(), t.size(), &none), 0);
}

TEST(Cedt, malformed_host_bridge_is_skipped)
{
	expect_skipped(chbs(1, 2), "version");
	expect_skipped(chbs(1, ~0U), "version");
	expect_skipped(chbs(1, 1, 0), "no base");
	expect_skipped(chbs(1, 1, 0x680001000), "aligned");
	expect_skipped(chbs(1, 1, 0x680000000, 0x2000), "64 KiB");
	expect_skipped(chbs(1, 1, 0x680000000, 0), "64 KiB");
	expect_skipped(chbs(1, 0, 0xfe000000, 0x10000), "8 KiB");
	expect_skipped(chbs(1, 0, 0xfe001000, 0x2000), "aligned");
	expect_skipped(chbs(1, 1, 1ULL << 52), "beyond");
	expect_skipped(chbs(1, 1, 0xffffffffffff0000), "beyond");
	expect_skipped(resized(chbs(1), 31), "too short");
	expect_skipped(resized(chbs(1), 4), "too short");
	EXPECT_EQ(walk(table({chbs(1, 1, (1ULL << 52) - 0x10000)})).chbs.size(), 1U);
}

TEST(Cedt, malformed_window_is_skipped)
{
	constexpr u64 base = 0x690000000;
	expect_skipped(cfmws(base, 0), "size is zero");
	expect_skipped(cfmws(base, 1ULL << 27), "multiple");
	expect_skipped(cfmws(base, SZ_256M + 1), "multiple");
	expect_skipped(cfmws(base + (1ULL << 27), SZ_256M), "aligned");
	expect_skipped(cfmws(base + 1, SZ_256M), "aligned");
	for (u8 eiw : {5, 6, 7, 11, 12, 32, 255})
		expect_skipped(cfmws(base, SZ_256M, eiw, 16), "ways");
	expect_skipped(cfmws(base, SZ_256M, 0, 0), "targets");
	expect_skipped(cfmws(base, SZ_256M, 1, 1), "targets");
	expect_skipped(cfmws(base, SZ_256M, 4, 15), "targets");
	expect_skipped(cfmws(base, SZ_256M, 10, 11), "targets");
	expect_skipped(resized(cfmws(base, SZ_256M), 39), "targets");
	expect_skipped(resized(cfmws(base, SZ_256M), 35), "too short");
	expect_skipped(resized(cfmws(base, SZ_256M), 4), "too short");
	for (u32 bad : {7U, 0x100U, 0xffffffffU})
		expect_skipped(with(cfmws(base, SZ_256M), 28, bad, 4), "granularity");
	for (u8 bad : {2, 255})
		expect_skipped(with(cfmws(base, SZ_256M), 25, bad, 1), "arithmetic");
	expect_skipped(cfmws((1ULL << 52) - SZ_256M, 2ULL * SZ_256M), "beyond");
	expect_skipped(cfmws(1ULL << 52, SZ_256M), "beyond");
	expect_skipped(cfmws(0xfffffffff0000000, SZ_256M), "beyond");
	expect_skipped(cfmws(base, 0xfffffffff0000000), "beyond");
}

TEST(Cedt, window_at_the_limit_is_seen)
{
	auto seen = walk(table({cfmws((1ULL << 52) - SZ_256M, SZ_256M), cfmws(0, 1ULL << 52)}));
	EXPECT_TRUE(seen.bad.empty());
	EXPECT_EQ(seen.cfmws.size(), 2U);
}

TEST(Cedt, ways_are_encoded_as_in_an_hdm_decoder)
{
	for (unsigned eiw = 0; eiw < 256; eiw++) {
		const auto seen = walk(table({cfmws(0, SZ_256M, static_cast<u8>(eiw), 16)}));
		unsigned ways;
		if (cxl_eiw_to_ways(eiw, &ways)) {
			EXPECT_TRUE(seen.cfmws.empty()) << eiw;
			continue;
		}
		ASSERT_EQ(seen.cfmws.size(), 1U) << eiw;
		EXPECT_EQ(seen.cfmws[0].ways, ways);
		for (unsigned i = 0; i < 16; i++)
			EXPECT_EQ(seen.cfmws[0].targets[i], i < ways ? 0x01020304 + i : 0);
		// exactly the room for its targets is enough
		EXPECT_EQ(walk(table({cfmws(0, SZ_256M, static_cast<u8>(eiw), ways)})).cfmws.size(),
			  1U);
	}
}

TEST(Cedt, granularity_and_arithmetic_are_told)
{
	for (u32 eig = 0; eig <= 6; eig++) {
		for (u8 arithmetic : {0, 1}) {
			const auto seen = walk(table(
				{with(with(cfmws(0, SZ_256M), 28, eig, 4), 25, arithmetic, 1)}));
			ASSERT_EQ(seen.cfmws.size(), 1U);
			EXPECT_EQ(seen.cfmws[0].granularity, 256U << eig);
			EXPECT_EQ(seen.cfmws[0].modulo, arithmetic == 0);
		}
	}
}

TEST(Cedt, window_may_name_a_host_bridge_twice)
{
	const auto seen = walk(table({with(cfmws(0, 2ULL * SZ_256M, 1, 2), 40, 0x01020304, 4)}));
	EXPECT_TRUE(seen.bad.empty());
	EXPECT_EQ(seen.cfmws.size(), 1U);
}

void expect_sane(const Seen &seen)
{
	for (const auto &c : seen.chbs) {
		ASSERT_LE(c.version, 1U);
		ASSERT_EQ(c.length, c.version ? 0x10000U : 0x2000U);
		ASSERT_TRUE(c.base && c.base + c.length <= 1ULL << 52 && c.base % c.length == 0);
	}
	for (const auto &w : seen.cfmws) {
		ASSERT_TRUE(w.size && w.base <= 1ULL << 52 && w.size <= (1ULL << 52) - w.base);
		ASSERT_EQ((w.base | w.size) % SZ_256M, 0U);
		ASSERT_TRUE(w.ways >= 1 && w.ways <= CEDT_MAX_TARGETS);
		ASSERT_TRUE(w.granularity >= 256 && w.granularity <= 16384);
	}
}

TEST(Cedt, random_tables_stay_in_bounds)
{
	std::mt19937 rnd(0x43454454);
	const auto good =
		table({chbs(1), cfmws(0x690000000, 0x100000000, 2, 4),
		       cfmws(0x790000000, 0x100000000, 8, 3), chbs(2, 0, 0xfe002000, 0x2000)});
	size_t seen_entries = 0;
	for (int round = 0; round < 100000; round++) {
		auto t = good;
		if (round % 8 == 0) {
			for (size_t i = 36; i < t.size(); i++)
				t[i] = static_cast<u8>(rnd());
		} else {
			for (unsigned flips = rnd() % 6; flips; flips--)
				t[rnd() % t.size()] = static_cast<u8>(rnd());
		}
		const size_t len = rnd() & 1 ? t.size() : rnd() % (t.size() + 1);
		const auto seen = walk(t, len);
		expect_sane(seen);
		seen_entries += seen.chbs.size() + seen.cfmws.size();
	}
	EXPECT_GT(seen_entries, 10000U);
}

} // namespace
