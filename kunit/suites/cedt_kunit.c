// SPDX-License-Identifier: GPL-2.0-only
/* The rules of the CEDT, on the shipped parser. */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "../../kmod/pure/cedt.c"

#define SWEEP_ROUNDS	100000

struct table {
	u8 bytes[512];
	size_t len;
};

/* what the visitor has seen */
struct seen {
	unsigned int nr_chbs, nr_cfmws, nr_bad;
	struct cedt_chbs chbs;
	struct cedt_cfmws cfmws;
	size_t bad_offset;
	int bad_type;
	const char *what;
	int stop;
	bool broken;
};

static int see_chbs(const struct cedt_chbs *chbs, void *arg)
{
	struct seen *seen = arg;

	seen->nr_chbs++;
	seen->chbs = *chbs;
	if (chbs->version > 1 || !chbs->base ||
	    chbs->base + chbs->length > BIT_ULL(52) ||
	    (chbs->length != 0x2000 && chbs->length != 0x10000))
		seen->broken = true;
	return seen->stop;
}

static int see_cfmws(const struct cedt_cfmws *cfmws, void *arg)
{
	struct seen *seen = arg;

	seen->nr_cfmws++;
	seen->cfmws = *cfmws;
	if (!cfmws->size || !IS_ALIGNED(cfmws->base | cfmws->size, SZ_256M) ||
	    cfmws->base >= BIT_ULL(52) ||
	    cfmws->size > BIT_ULL(52) - cfmws->base ||
	    !cfmws->ways || cfmws->ways > CEDT_MAX_TARGETS ||
	    cfmws->granularity < 256 || cfmws->granularity > 16384)
		seen->broken = true;
	return seen->stop;
}

static void see_bad(size_t offset, int type, const char *what, void *arg)
{
	struct seen *seen = arg;

	seen->nr_bad++;
	seen->bad_offset = offset;
	seen->bad_type = type;
	seen->what = what;
}

static int walk(const struct table *t, struct seen *seen)
{
	const struct cedt_visitor v = {
		.chbs = see_chbs, .cfmws = see_cfmws, .bad = see_bad,
		.arg = seen,
	};

	return cedt_walk(t->bytes, t->len, &v);
}

static void put(u8 *p, u64 value, unsigned int bytes)
{
	while (bytes--) {
		*p++ = value;
		value >>= 8;
	}
}

static void table_init(struct table *t)
{
	memset(t, 0, sizeof(*t));
	memcpy(t->bytes, "CEDT", 4);
	t->len = 36;
}

static u8 *add_chbs(struct table *t, u32 uid, u32 version, u64 base, u64 length)
{
	u8 *e = t->bytes + t->len;

	e[0] = 0;
	put(e + 2, 32, 2);
	put(e + 4, uid, 4);
	put(e + 8, version, 4);
	put(e + 16, base, 8);
	put(e + 24, length, 8);
	t->len += 32;
	return e;
}

static u8 *add_cfmws(struct table *t, u64 base, u64 size, u8 eiw,
		     unsigned int targets)
{
	u8 *e = t->bytes + t->len;
	unsigned int i;

	e[0] = 1;
	put(e + 2, 36 + 4 * targets, 2);
	put(e + 8, base, 8);
	put(e + 16, size, 8);
	e[24] = eiw;
	put(e + 32, 0x0f, 2);
	put(e + 34, 0x1234, 2);
	for (i = 0; i < targets; i++)
		put(e + 36 + 4 * i, 0x01020304 + i, 4);
	t->len += 36 + 4 * targets;
	return e;
}

/* length and checksum as firmware would */
static void table_seal(struct table *t)
{
	u8 sum = 0;
	size_t i;

	put(t->bytes + 4, t->len, 4);
	t->bytes[9] = 0;
	for (i = 0; i < t->len; i++)
		sum += t->bytes[i];
	t->bytes[9] = -sum;
}

/* one entry, wrong in one way: skipped, told, and the next one is seen */
static void entry_is_bad(struct kunit *test, struct table *t)
{
	struct seen seen = { 0 };

	add_chbs(t, 77, 1, 0x680000000, 0x10000);
	table_seal(t);
	KUNIT_EXPECT_EQ(test, walk(t, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.nr_bad, 1);
	KUNIT_EXPECT_EQ(test, seen.bad_offset, 36);
	KUNIT_EXPECT_EQ(test, seen.nr_chbs + seen.nr_cfmws, 1);
	KUNIT_EXPECT_EQ(test, seen.chbs.uid, 77);
}

static void host_bridge_and_window_are_seen(struct kunit *test)
{
	struct seen seen = { 0 };
	struct table t;
	u8 *e;

	table_init(&t);
	add_chbs(&t, 0xc0ffee, 1, 0x680000000, 0x10000);
	e = add_cfmws(&t, 0x690000000, 0x100000000, 1, 2);
	put(e + 28, 3, 4);
	table_seal(&t);
	KUNIT_EXPECT_EQ(test, walk(&t, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.nr_bad, 0);
	KUNIT_EXPECT_EQ(test, seen.nr_chbs, 1);
	KUNIT_EXPECT_EQ(test, seen.chbs.uid, 0xc0ffee);
	KUNIT_EXPECT_EQ(test, seen.chbs.version, CEDT_CHBS_VERSION_CXL20);
	KUNIT_EXPECT_EQ(test, seen.chbs.base, 0x680000000ULL);
	KUNIT_EXPECT_EQ(test, seen.chbs.length, 0x10000);
	KUNIT_EXPECT_EQ(test, seen.nr_cfmws, 1);
	KUNIT_EXPECT_EQ(test, seen.cfmws.base, 0x690000000ULL);
	KUNIT_EXPECT_EQ(test, seen.cfmws.size, 0x100000000ULL);
	KUNIT_EXPECT_EQ(test, seen.cfmws.ways, 2);
	KUNIT_EXPECT_EQ(test, seen.cfmws.granularity, 2048);
	KUNIT_EXPECT_TRUE(test, seen.cfmws.modulo);
	KUNIT_EXPECT_EQ(test, seen.cfmws.restrictions, 0x0f);
	KUNIT_EXPECT_EQ(test, seen.cfmws.qtg_id, 0x1234);
	KUNIT_EXPECT_EQ(test, seen.cfmws.targets[0], 0x01020304);
	KUNIT_EXPECT_EQ(test, seen.cfmws.targets[1], 0x01020305);
	KUNIT_EXPECT_EQ(test, seen.cfmws.targets[2], 0);
}

static void old_host_bridge_is_seen_as_one(struct kunit *test)
{
	struct seen seen = { 0 };
	struct table t;

	table_init(&t);
	add_chbs(&t, 1, 0, 0xfe002000, 0x2000);
	table_seal(&t);
	KUNIT_EXPECT_EQ(test, walk(&t, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.nr_chbs, 1);
	KUNIT_EXPECT_EQ(test, seen.chbs.version, CEDT_CHBS_VERSION_CXL11);
}

static void another_table_is_no_cedt(struct kunit *test)
{
	struct seen seen = { 0 };
	struct table t;

	table_init(&t);
	add_chbs(&t, 1, 1, 0x680000000, 0x10000);
	table_seal(&t);
	t.bytes[3] = 'X';
	KUNIT_EXPECT_EQ(test, walk(&t, &seen), -EINVAL);
	table_init(&t);
	table_seal(&t);
	t.len = 35;
	KUNIT_EXPECT_EQ(test, walk(&t, &seen), -EINVAL);
	t.len = 36;
	put(t.bytes + 4, 35, 4);
	KUNIT_EXPECT_EQ(test, walk(&t, &seen), -EINVAL);
	KUNIT_EXPECT_EQ(test, seen.nr_bad + seen.nr_chbs, 0);
	table_seal(&t);
	KUNIT_EXPECT_EQ(test, walk(&t, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.nr_bad, 0);
}

static void wrong_checksum_is_told_and_the_walk_goes_on(struct kunit *test)
{
	struct seen seen = { 0 };
	struct table t;

	table_init(&t);
	add_chbs(&t, 1, 1, 0x680000000, 0x10000);
	table_seal(&t);
	t.bytes[9]++;
	KUNIT_EXPECT_EQ(test, walk(&t, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.nr_bad, 1);
	KUNIT_EXPECT_EQ(test, seen.bad_type, -1);
	KUNIT_EXPECT_STREQ(test, seen.what, "checksum does not match");
	KUNIT_EXPECT_EQ(test, seen.nr_chbs, 1);
}

static void length_beyond_the_bytes_is_cut_and_told(struct kunit *test)
{
	struct seen seen = { 0 };
	struct table t;

	table_init(&t);
	add_chbs(&t, 1, 1, 0x680000000, 0x10000);
	table_seal(&t);
	put(t.bytes + 4, 0xffffffff, 4);
	KUNIT_EXPECT_EQ(test, walk(&t, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.nr_bad, 1);
	KUNIT_EXPECT_EQ(test, seen.bad_type, -1);
	KUNIT_EXPECT_EQ(test, seen.nr_chbs, 1);
}

static void bytes_beyond_the_length_are_not_read(struct kunit *test)
{
	struct seen seen = { 0 };
	struct table t;

	table_init(&t);
	table_seal(&t);
	add_chbs(&t, 1, 1, 0x680000000, 0x10000);
	KUNIT_EXPECT_EQ(test, walk(&t, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.nr_bad + seen.nr_chbs, 0);
}

static void entry_without_a_length_ends_the_walk(struct kunit *test)
{
	u16 length;

	for (length = 0; length < 4; length++) {
		struct seen seen = { 0 };
		struct table t;
		u8 *e;

		table_init(&t);
		e = add_chbs(&t, 1, 1, 0x680000000, 0x10000);
		put(e + 2, length, 2);
		add_chbs(&t, 2, 1, 0x680000000, 0x10000);
		table_seal(&t);
		KUNIT_EXPECT_EQ(test, walk(&t, &seen), 0);
		KUNIT_EXPECT_EQ(test, seen.nr_bad, 1);
		KUNIT_EXPECT_EQ(test, seen.bad_type, 0);
		KUNIT_EXPECT_EQ(test, seen.nr_chbs, 0);
	}
}

static void entry_cut_short_ends_the_walk(struct kunit *test)
{
	struct seen seen = { 0 };
	struct table t;
	u8 *e;

	table_init(&t);
	e = add_chbs(&t, 1, 1, 0x680000000, 0x10000);
	put(e + 2, 33, 2);
	table_seal(&t);
	KUNIT_EXPECT_EQ(test, walk(&t, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.nr_bad, 1);
	KUNIT_EXPECT_EQ(test, seen.nr_chbs, 0);

	memset(&seen, 0, sizeof(seen));
	table_init(&t);
	t.len += 3;
	table_seal(&t);
	KUNIT_EXPECT_EQ(test, walk(&t, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.nr_bad, 1);
	KUNIT_EXPECT_EQ(test, seen.bad_type, -1);
	KUNIT_EXPECT_EQ(test, seen.bad_offset, 36);
}

static void unknown_entries_are_passed_over(struct kunit *test)
{
	struct seen seen = { 0 };
	struct table t;
	u8 *e;

	table_init(&t);
	e = add_chbs(&t, 1, 1, 0x680000000, 0x10000);
	e[0] = 3;
	e = add_chbs(&t, 1, 1, 0x680000000, 0x10000);
	e[0] = 0xff;
	add_chbs(&t, 3, 1, 0x680000000, 0x10000);
	table_seal(&t);
	KUNIT_EXPECT_EQ(test, walk(&t, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.nr_bad, 0);
	KUNIT_EXPECT_EQ(test, seen.nr_chbs, 1);
	KUNIT_EXPECT_EQ(test, seen.chbs.uid, 3);
}

static void longer_entries_of_later_revisions_are_read(struct kunit *test)
{
	struct seen seen = { 0 };
	struct table t;
	u8 *e;

	table_init(&t);
	e = add_chbs(&t, 9, 1, 0x680000000, 0x10000);
	put(e + 2, 40, 2);
	t.len += 8;
	e = add_cfmws(&t, 0x690000000, 0x10000000, 0, 3);
	table_seal(&t);
	KUNIT_EXPECT_EQ(test, walk(&t, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.nr_bad, 0);
	KUNIT_EXPECT_EQ(test, seen.nr_chbs, 1);
	KUNIT_EXPECT_EQ(test, seen.nr_cfmws, 1);
	KUNIT_EXPECT_EQ(test, seen.cfmws.ways, 1);
}

static void visitor_ends_the_walk(struct kunit *test)
{
	struct seen seen = { .stop = -ENOMEM };
	struct table t;

	table_init(&t);
	add_chbs(&t, 1, 1, 0x680000000, 0x10000);
	add_chbs(&t, 2, 1, 0x690000000, 0x10000);
	table_seal(&t);
	KUNIT_EXPECT_EQ(test, walk(&t, &seen), -ENOMEM);
	KUNIT_EXPECT_EQ(test, seen.nr_chbs, 1);

	memset(&seen, 0, sizeof(seen));
	seen.stop = 5;
	table_init(&t);
	add_cfmws(&t, 0, SZ_256M, 0, 1);
	add_cfmws(&t, SZ_256M, SZ_256M, 0, 1);
	table_seal(&t);
	KUNIT_EXPECT_EQ(test, walk(&t, &seen), 5);
	KUNIT_EXPECT_EQ(test, seen.nr_cfmws, 1);
}

static void bad_is_optional(struct kunit *test)
{
	const struct cedt_visitor v = { .chbs = see_chbs, .cfmws = see_cfmws };
	struct table t;

	table_init(&t);
	add_chbs(&t, 1, 7, 0x680000000, 0x10000);
	table_seal(&t);
	KUNIT_EXPECT_EQ(test, cedt_walk(t.bytes, t.len, &v), 0);
}

static void malformed_host_bridge_is_skipped(struct kunit *test)
{
	static const struct { u32 version; u64 base, length; } bad[] = {
		{ 2, 0x680000000, 0x10000 },
		{ ~0U, 0x680000000, 0x10000 },
		{ 1, 0, 0x10000 },
		{ 1, 0x680001000, 0x10000 },
		{ 1, 0x680000000, 0x2000 },
		{ 1, 0x680000000, 0x20000 },
		{ 1, 0x680000000, 0 },
		{ 0, 0x680000000, 0x10000 },
		{ 1, 0x10000000000000, 0x10000 },
		{ 1, 0xffffffffffff0000, 0x10000 },
	};
	struct table t;
	unsigned int i;
	u8 *e;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		table_init(&t);
		add_chbs(&t, 1, bad[i].version, bad[i].base, bad[i].length);
		entry_is_bad(test, &t);
	}
	table_init(&t);
	e = add_chbs(&t, 1, 1, 0x680000000, 0x10000);
	put(e + 2, 31, 2);
	t.len--;
	entry_is_bad(test, &t);
}

static void malformed_window_is_skipped(struct kunit *test)
{
	static const struct { u64 base, size; u8 eiw, targets; } bad[] = {
		{ 0x690000000, 0, 0, 1 },
		{ 0x698000000, 0x10000000, 0, 1 },
		{ 0x690000000, 0x18000000, 0, 1 },
		{ 0x690000000, 0x10000000, 5, 16 },
		{ 0x690000000, 0x10000000, 7, 16 },
		{ 0x690000000, 0x10000000, 11, 16 },
		{ 0x690000000, 0x10000000, 255, 16 },
		{ 0x690000000, 0x10000000, 1, 1 },
		{ 0x690000000, 0x10000000, 4, 15 },
		{ 0x690000000, 0x10000000, 10, 11 },
		{ 0xffffff0000000, 0x20000000, 0, 1 },
		{ 0x10000000000000, 0x10000000, 0, 1 },
		{ 0xfffffffff0000000, 0x20000000, 0, 1 },
		{ 0x690000000, 0xfffffffff0000000, 0, 1 },
	};
	struct table t;
	unsigned int i;
	u8 *e;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		table_init(&t);
		add_cfmws(&t, bad[i].base, bad[i].size, bad[i].eiw,
			  bad[i].targets);
		entry_is_bad(test, &t);
	}
	/* granularity and arithmetic */
	table_init(&t);
	e = add_cfmws(&t, 0x690000000, 0x10000000, 0, 1);
	put(e + 28, 7, 4);
	entry_is_bad(test, &t);
	table_init(&t);
	e = add_cfmws(&t, 0x690000000, 0x10000000, 0, 1);
	put(e + 28, 0x100, 4);
	entry_is_bad(test, &t);
	table_init(&t);
	e = add_cfmws(&t, 0x690000000, 0x10000000, 0, 1);
	e[25] = 2;
	entry_is_bad(test, &t);
	/* no room for anything */
	table_init(&t);
	e = add_cfmws(&t, 0x690000000, 0x10000000, 0, 0);
	put(e + 2, 35, 2);
	t.len--;
	entry_is_bad(test, &t);
}

static void every_defined_number_of_ways_is_seen(struct kunit *test)
{
	static const u8 ways[11] = { 1, 2, 4, 8, 16, 0, 0, 0, 3, 6, 12 };
	unsigned int eiw, i;

	for (eiw = 0; eiw < ARRAY_SIZE(ways); eiw++) {
		struct seen seen = { 0 };
		struct table t;

		if (!ways[eiw])
			continue;
		table_init(&t);
		add_cfmws(&t, 0, SZ_256M, eiw, ways[eiw]);
		table_seal(&t);
		KUNIT_EXPECT_EQ(test, walk(&t, &seen), 0);
		KUNIT_EXPECT_EQ(test, seen.nr_cfmws, 1);
		KUNIT_EXPECT_EQ(test, seen.cfmws.ways, ways[eiw]);
		for (i = 0; i < ways[eiw]; i++)
			KUNIT_EXPECT_EQ(test, seen.cfmws.targets[i],
					0x01020304 + i);
	}
}

static void xor_window_that_ends_at_the_limit_is_seen(struct kunit *test)
{
	struct seen seen = { 0 };
	struct table t;
	u8 *e;

	table_init(&t);
	e = add_cfmws(&t, 0xffffff0000000, SZ_256M, 0, 1);
	e[25] = 1;
	put(e + 28, 6, 4);
	table_seal(&t);
	KUNIT_EXPECT_EQ(test, walk(&t, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.nr_cfmws, 1);
	KUNIT_EXPECT_FALSE(test, seen.cfmws.modulo);
	KUNIT_EXPECT_EQ(test, seen.cfmws.granularity, 16384);
}

static void window_may_name_a_host_bridge_twice(struct kunit *test)
{
	struct seen seen = { 0 };
	struct table t;
	u8 *e;

	table_init(&t);
	e = add_cfmws(&t, 0x690000000, 0x20000000, 1, 2);
	put(e + 40, 0x01020304, 4);
	table_seal(&t);
	KUNIT_EXPECT_EQ(test, walk(&t, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.nr_cfmws, 1);
	KUNIT_EXPECT_EQ(test, seen.nr_bad, 0);
}

static void random_tables_stay_in_bounds(struct kunit *test)
{
	struct rnd_state rnd;
	struct table *t = kunit_kmalloc(test, sizeof(*t), GFP_KERNEL);
	struct table *good = kunit_kmalloc(test, sizeof(*t), GFP_KERNEL);
	unsigned int round, visited = 0;
	u8 *end;

	KUNIT_ASSERT_NOT_NULL(test, t);
	KUNIT_ASSERT_NOT_NULL(test, good);
	table_init(good);
	add_chbs(good, 1, 1, 0x680000000, 0x10000);
	add_cfmws(good, 0x690000000, 0x100000000, 2, 4);
	add_cfmws(good, 0x790000000, 0x100000000, 8, 3);
	add_chbs(good, 2, 0, 0xfe002000, 0x2000);
	table_seal(good);
	/* each table ends where its memory does, for KASAN to see */
	end = kunit_kmalloc(test, good->len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, end);
	end += good->len;

	prandom_seed_state(&rnd, 0x43454454);
	for (round = 0; round < SWEEP_ROUNDS; round++) {
		struct seen seen = { 0 };
		unsigned int flips = prandom_u32_state(&rnd) % 6;
		size_t len = prandom_u32_state(&rnd) % (good->len + 1);
		const struct cedt_visitor v = {
			.chbs = see_chbs, .cfmws = see_cfmws,
			.bad = see_bad, .arg = &seen,
		};
		u8 *bytes;

		if (flips & 1)
			len = good->len;
		memcpy(t->bytes, good->bytes, good->len);
		while (flips--)
			t->bytes[prandom_u32_state(&rnd) % good->len] =
				prandom_u32_state(&rnd);
		if (round % 16 == 0)
			prandom_bytes_state(&rnd, t->bytes + 36,
					    good->len - 36);
		bytes = end - len;
		memcpy(bytes, t->bytes, len);
		cedt_walk(bytes, len, &v);
		if (seen.broken)
			KUNIT_FAIL(test, "round %u: a malformed entry was visited",
				   round);
		visited += seen.nr_chbs + seen.nr_cfmws;
	}
	KUNIT_EXPECT_GT(test, visited, SWEEP_ROUNDS / 100);
}

static struct kunit_case cedt_cases[] = {
	KUNIT_CASE(host_bridge_and_window_are_seen),
	KUNIT_CASE(old_host_bridge_is_seen_as_one),
	KUNIT_CASE(another_table_is_no_cedt),
	KUNIT_CASE(wrong_checksum_is_told_and_the_walk_goes_on),
	KUNIT_CASE(length_beyond_the_bytes_is_cut_and_told),
	KUNIT_CASE(bytes_beyond_the_length_are_not_read),
	KUNIT_CASE(entry_without_a_length_ends_the_walk),
	KUNIT_CASE(entry_cut_short_ends_the_walk),
	KUNIT_CASE(unknown_entries_are_passed_over),
	KUNIT_CASE(longer_entries_of_later_revisions_are_read),
	KUNIT_CASE(visitor_ends_the_walk),
	KUNIT_CASE(bad_is_optional),
	KUNIT_CASE(malformed_host_bridge_is_skipped),
	KUNIT_CASE(malformed_window_is_skipped),
	KUNIT_CASE(every_defined_number_of_ways_is_seen),
	KUNIT_CASE(xor_window_that_ends_at_the_limit_is_seen),
	KUNIT_CASE(window_may_name_a_host_bridge_twice),
	KUNIT_CASE(random_tables_stay_in_bounds),
	{}
};

static struct kunit_suite cedt_suite = {
	.name = "cedt_kunit",
	.test_cases = cedt_cases,
};

kunit_test_suite(cedt_suite);

MODULE_DESCRIPTION("KUnit: CEDT parser");
MODULE_LICENSE("GPL");
