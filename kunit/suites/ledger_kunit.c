// SPDX-License-Identifier: GPL-2.0-only
/*
 * Claims and the ledger: each byte has one owner at most, and of each that
 * anybody decided about there is one answer.
 */
#include <kunit/test.h>
#include <linux/ioport.h>

#include "../fake/fake_fabric.h"
#include "sweep.h"

MODULE_IMPORT_NS("CXL");

/* each test has its own addresses */
static u64 base;
#define BASE	base
#define SIZE	0x10000ULL

static const struct cxla_verdict accel = {
	.owner = CXLA_OWNER_ACCEL,
	.state = CXLA_LEDGER_OWNED,
	.why = CXLA_WHY_ATTACHED,
	.who = "0000:0d:00.0",
};

static const struct cxla_verdict hmem = {
	.owner = CXLA_OWNER_HMEM,
	.state = CXLA_LEDGER_OWNED,
	.why = CXLA_WHY_NO_REGION,
};

static const struct cxla_verdict meant = {
	.owner = CXLA_OWNER_ACCEL,
	.state = CXLA_LEDGER_RESERVED,
	.why = CXLA_WHY_MEANT,
	.who = "0000:0d:00.0",
};

static struct range at(u64 offset, u64 size)
{
	return (struct range) { BASE + offset, BASE + offset + size - 1 };
}

static int ledger_init(struct kunit *test)
{
	base += 0x4000000000ULL;
	return 0;
}

static void expect_says(struct kunit *test, u64 hpa, u64 first, u64 last,
			const struct cxla_verdict *what)
{
	struct cxla_verdict found;
	struct range range;
	u64 time;

	KUNIT_ASSERT_TRUE(test, fake_ledger_find(hpa, &range, &found, &time));
	KUNIT_EXPECT_EQ_MSG(test, range.start, first, "at %#llx", hpa);
	KUNIT_EXPECT_EQ_MSG(test, range.end, last, "at %#llx", hpa);
	KUNIT_EXPECT_EQ_MSG(test, found.owner, what->owner, "at %#llx", hpa);
	KUNIT_EXPECT_EQ_MSG(test, found.state, what->state, "at %#llx", hpa);
	KUNIT_EXPECT_EQ_MSG(test, found.why, what->why, "at %#llx", hpa);
	KUNIT_EXPECT_STREQ_MSG(test, found.who, what->who, "at %#llx", hpa);
	KUNIT_EXPECT_LE(test, time, ktime_get_boottime_ns());
}

static void second_claimant_is_told_who_has_it(struct kunit *test)
{
	struct cxla_claim first = { }, second = { };
	struct cxla_verdict holder = { };
	struct range range = at(0, SIZE);

	KUNIT_ASSERT_EQ(test, cxla_claim(&first, &range, &accel, NULL), 0);
	/* the first byte, the last one, all around, and next to it */
	range = at(0, 1);
	KUNIT_EXPECT_EQ(test, cxla_claim(&second, &range, &hmem, &holder),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, holder.owner, CXLA_OWNER_ACCEL);
	KUNIT_EXPECT_STREQ(test, holder.who, accel.who);
	range = at(SIZE - 1, SIZE);
	KUNIT_EXPECT_EQ(test, cxla_claim(&second, &range, &hmem, NULL),
			-EBUSY);
	range = (struct range) { BASE - 1, BASE + SIZE };
	KUNIT_EXPECT_EQ(test, cxla_claim(&second, &range, &accel, NULL),
			-EBUSY);
	KUNIT_EXPECT_NULL(test, second.holding);
	range = at(SIZE, SIZE);
	KUNIT_EXPECT_EQ(test, cxla_claim(&second, &range, &hmem, NULL), 0);
	expect_says(test, BASE, BASE, BASE + SIZE - 1, &accel);
	expect_says(test, BASE + SIZE, BASE + SIZE, BASE + 2 * SIZE - 1, &hmem);
	cxla_unclaim(&second);
	cxla_unclaim(&first);
}

static bool is_there(const struct range *range)
{
	struct cxla_ledger_line line;

	return cxla_ledger_next(range->start, &line) &&
	       line.range.start <= range->end;
}

static void claim_given_back_is_nobodys(struct kunit *test)
{
	struct cxla_claim first = { }, second = { };
	struct range range = at(0, SIZE);
	struct cxla_verdict lost = accel;

	KUNIT_ASSERT_EQ(test, cxla_claim(&first, &range, &accel, NULL), 0);
	cxla_claim_mark(&first, CXLA_LEDGER_QUARANTINED, CXLA_WHY_REVOKED);
	lost.state = CXLA_LEDGER_QUARANTINED;
	lost.why = CXLA_WHY_REVOKED;
	expect_says(test, BASE, range.start, range.end, &lost);
	KUNIT_EXPECT_EQ(test, cxla_claim(&second, &range, &hmem, NULL),
			-EBUSY);
	cxla_unclaim(&first);
	KUNIT_EXPECT_FALSE(test, is_there(&range));
	/* once is enough, and what was not given is not given back */
	KUNIT_EXPECT_EQ(test, cxla_claim(&second, &range, &hmem, NULL), 0);
	cxla_unclaim(&first);
	cxla_claim_mark(&first, CXLA_LEDGER_OWNED, CXLA_WHY_ERROR);
	expect_says(test, BASE, range.start, range.end, &hmem);
	cxla_unclaim(&second);
}

static void what_is_kept_for_an_accelerator_goes_to_no_other(struct kunit *test)
{
	struct range whole = at(0, 4 * SIZE), part = at(SIZE, SIZE);
	struct cxla_claim claim = { };
	struct cxla_verdict holder;

	KUNIT_ASSERT_EQ(test, cxla_reserve(&whole, accel.who), 0);
	KUNIT_EXPECT_EQ(test, cxla_claim(&claim, &part, &hmem, &holder),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, holder.why, CXLA_WHY_MEANT);
	KUNIT_EXPECT_EQ(test, cxla_claim(&claim, &part, &accel, NULL), 0);
	expect_says(test, BASE, BASE, part.start - 1, &meant);
	expect_says(test, part.start, part.start, part.end, &accel);
	expect_says(test, part.end + 1, part.end + 1, whole.end, &meant);
	cxla_unclaim(&claim);
	expect_says(test, BASE, BASE, whole.end, &meant);

	/* the device turns out to be an expander; another does not */
	cxla_unreserve("0000:0e:00.0");
	KUNIT_EXPECT_EQ(test, cxla_claim(&claim, &part, &hmem, NULL), -EBUSY);
	cxla_unreserve(accel.who);
	KUNIT_EXPECT_EQ(test, cxla_claim(&claim, &part, &hmem, NULL), 0);
	cxla_unclaim(&claim);
	KUNIT_EXPECT_FALSE(test, is_there(&whole));
}

/* ------------------------- the iomem tree -------------------------- */

/* entries of the tree that are busy, of @range */
static int count_busy(struct resource *res, void *count)
{
	++*(int *)count;
	return 0;
}

static int nr_busy(const struct range *range)
{
	int count = 0;

	walk_iomem_res_desc(IORES_DESC_NONE, IORESOURCE_MEM | IORESOURCE_BUSY,
			    range->start, range->end, &count, count_busy);
	return count;
}

static bool all_busy(const struct range *range)
{
	return region_intersects(range->start, range_len(range),
				 IORESOURCE_MEM | IORESOURCE_BUSY,
				 IORES_DESC_NONE) == REGION_INTERSECTS;
}

static void firmware(struct kunit *test, struct resource *res, u64 offset,
		     u64 size)
{
	const struct range range = at(offset, size);

	*res = (struct resource) {
		.name = "Soft Reserved",
		.start = range.start,
		.end = range.end,
		.flags = IORESOURCE_MEM,
		.desc = IORES_DESC_SOFT_RESERVED,
	};
	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, res), 0);
}

static void attach_is_busy_to_who_never_asked_us(struct kunit *test)
{
	struct range range = at(0, SIZE);
	struct cxla_claim claim = { };

	KUNIT_ASSERT_EQ(test, cxla_claim(&claim, &range, &accel, NULL), 0);
	KUNIT_EXPECT_NULL(test, request_mem_region(BASE + SIZE / 2, 1, "kmem"));
	KUNIT_EXPECT_TRUE(test, all_busy(&range));
	cxla_unclaim(&claim);
	KUNIT_EXPECT_EQ(test, nr_busy(&range), 0);

	/* and the reverse */
	KUNIT_ASSERT_NOT_NULL(test, request_mem_region(BASE + SIZE / 2, 1,
						       "kmem"));
	KUNIT_EXPECT_EQ(test, cxla_claim(&claim, &range, &accel, NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, nr_busy(&range), 1);
	release_mem_region(BASE + SIZE / 2, 1);
}

/* its drivers, device_dax and kmem, request the range themselves */
static void device_dax_is_not_locked_out_of_what_it_was_given(struct kunit *test)
{
	struct range range = at(0, SIZE);
	struct cxla_claim claim = { };

	KUNIT_ASSERT_EQ(test, cxla_claim(&claim, &range, &hmem, NULL), 0);
	KUNIT_EXPECT_NOT_NULL(test, request_mem_region(BASE, SIZE, "dax0.0"));
	release_mem_region(BASE, SIZE);
	cxla_unclaim(&claim);
}

/*
 * Entries of firmware's that lie across the ends of the range, inside of it, and
 * inside of one another, each a different number of bytes from anything round.
 */
static void range_is_claimed_in_pieces_where_firmware_cuts_it(struct kunit *test)
{
	struct range range = at(0x1000, 0x10000);
	struct cxla_claim claim = { }, second = { };
	struct resource cuts[5];

	firmware(test, &cuts[0], 0, 0x2003);
	firmware(test, &cuts[1], 0x4000, 0x5001);
	firmware(test, &cuts[2], 0x4800, 7);
	firmware(test, &cuts[3], 0xa000, 1);
	firmware(test, &cuts[4], 0x10ff0, 0x1000);
	KUNIT_EXPECT_EQ(test, cxla_claim(&claim, &range, &accel, NULL), 0);
	KUNIT_EXPECT_TRUE(test, all_busy(&range));
	/* not a byte more */
	KUNIT_EXPECT_NOT_NULL(test, request_mem_region(range.start - 1, 1, "x"));
	KUNIT_EXPECT_NOT_NULL(test, request_mem_region(range.end + 1, 1, "x"));
	release_mem_region(range.start - 1, 1);
	release_mem_region(range.end + 1, 1);
	KUNIT_EXPECT_EQ(test, cxla_claim(&second, &range, &hmem, NULL), -EBUSY);

	/* what it lies in goes before it does */
	for (int i = 0; i < 5; i++)
		KUNIT_EXPECT_EQ(test, remove_resource(&cuts[i]), 0);
	KUNIT_EXPECT_TRUE(test, all_busy(&range));
	cxla_unclaim(&claim);
	KUNIT_EXPECT_EQ(test, nr_busy(&range), 0);
}

static void claim_in_pieces_is_whole_or_nothing(struct kunit *test)
{
	struct range range = at(0, 0x10000);
	struct cxla_claim claim = { };
	struct resource cut;

	firmware(test, &cut, 0x4000, 0x4000);
	KUNIT_ASSERT_NOT_NULL(test, request_mem_region(BASE + 0xc000, 0x1000,
						       "kmem"));
	KUNIT_EXPECT_EQ(test, cxla_claim(&claim, &range, &accel, NULL), -EBUSY);
	KUNIT_EXPECT_EQ(test, nr_busy(&range), 1);
	KUNIT_EXPECT_FALSE(test, is_there(&range));
	release_mem_region(BASE + 0xc000, 0x1000);
	remove_resource(&cut);
}

/* it would be lost when who has that entry lets go of it */
static void nothing_is_put_into_a_busy_entry(struct kunit *test)
{
	struct range range = at(0, SIZE);
	struct cxla_claim claim = { };
	struct resource region = {
		.name = "region",
		.start = BASE + 0x1000,
		.end = BASE + 0x1fff,
		.flags = IORESOURCE_MEM,
	};

	KUNIT_ASSERT_EQ(test, cxla_claim(&claim, &range, &accel, NULL), 0);
	KUNIT_EXPECT_EQ(test, cxla_resource_insert(&iomem_resource, &region),
			-EBUSY);
	KUNIT_EXPECT_NULL(test, region.parent);
	cxla_resource_remove(&region);
	/* around it there is a place, and below that it stays */
	region.start = range.start;
	region.end = range.end;
	KUNIT_EXPECT_EQ(test, cxla_resource_insert(&iomem_resource, &region), 0);
	cxla_unclaim(&claim);
	KUNIT_EXPECT_EQ(test, nr_busy(&range), 0);
	cxla_resource_remove(&region);
}

static void claim_without_memory_claims_nothing(struct kunit *test)
{
	struct range whole = at(0, 8 * SIZE);
	struct cxla_claim claim = { };
	struct resource cut;
	int nth, rc = 0;

	if (!FAKE_CAN_FAIL)
		kunit_skip(test, "allocations can't be made to fail");
	firmware(test, &cut, SIZE, SIZE);
	for (nth = 1; nth < SWEEP_MANY; nth++) {
		fake_fail_start(nth);
		rc = cxla_claim(&claim, &whole, &accel, NULL);
		if (!fake_fail_stop())
			break;
		/* a place can be asked for again, and the tree asks twice */
		if (!rc) {
			KUNIT_EXPECT_TRUE(test, all_busy(&whole));
			cxla_unclaim(&claim);
			continue;
		}
		KUNIT_EXPECT_EQ(test, rc, -ENOMEM);
		KUNIT_EXPECT_NULL(test, claim.holding);
		KUNIT_EXPECT_EQ(test, nr_busy(&whole), 0);
		KUNIT_EXPECT_FALSE(test, is_there(&whole));
	}
	KUNIT_EXPECT_GT(test, nth, 1);
	KUNIT_EXPECT_EQ(test, rc, 0);
	sweep_tell(test, "claim", nth, 1);
	expect_says(test, BASE, whole.start, whole.end, &accel);
	cxla_unclaim(&claim);
	remove_resource(&cut);
}

/* ------------------------- what nobody of ours has ------------------ */

static struct cxla_ledger_line spoken;

static bool speak(u64 hpa, struct cxla_ledger_line *line)
{
	if (hpa > spoken.range.end)
		return false;
	*line = spoken;
	return true;
}

static void ledger_never_calls_free_what_somebody_has(struct kunit *test)
{
	const struct cxla_verdict foreign = {
		.owner = CXLA_OWNER_IN_TREE,
		.state = CXLA_LEDGER_FOREIGN,
		.why = CXLA_WHY_IN_USE,
		.who = "iomem",
	}, small = { .why = CXLA_WHY_TOO_SMALL };
	struct range whole = at(0, 8 * SIZE), a = at(SIZE, SIZE);
	struct cxla_claim claim = { };

	spoken = (struct cxla_ledger_line) {
		.range = whole,
		.verdict = small,
	};
	cxla_ledger_set_source(speak);
	KUNIT_EXPECT_EQ(test, cxla_claim(&claim, &a, &hmem, NULL), 0);
	KUNIT_ASSERT_NOT_NULL(test, request_mem_region(BASE + 4 * SIZE, SIZE,
						       "System RAM (kmem)"));
	expect_says(test, BASE, BASE, a.start - 1, &small);
	expect_says(test, a.start, a.start, a.end, &hmem);
	expect_says(test, a.end + 1, a.end + 1, BASE + 4 * SIZE - 1, &small);
	expect_says(test, BASE + 4 * SIZE, BASE + 4 * SIZE,
		    BASE + 5 * SIZE - 1, &foreign);
	expect_says(test, BASE + 5 * SIZE, BASE + 5 * SIZE, whole.end, &small);
	release_mem_region(BASE + 4 * SIZE, SIZE);
	expect_says(test, a.end + 1, a.end + 1, whole.end, &small);
	cxla_unclaim(&claim);
	cxla_ledger_set_source(NULL);
	KUNIT_EXPECT_FALSE(test, is_there(&whole));
}

static void last_byte_of_all_has_an_answer_too(struct kunit *test)
{
	struct range top = { ULONG_MAX - SIZE + 1, ULONG_MAX };
	struct cxla_claim claim = { };

	KUNIT_ASSERT_EQ(test, cxla_claim(&claim, &top, &hmem, NULL), 0);
	expect_says(test, top.start - SIZE, top.start, top.end, &hmem);
	expect_says(test, ULONG_MAX, ULONG_MAX, ULONG_MAX, &hmem);
	cxla_unclaim(&claim);
}

static void every_word_is_there_and_none_twice(struct kunit *test)
{
	for (int i = 0; i < CXLA_NR_WHYS; i++) {
		KUNIT_ASSERT_NOT_NULL(test, cxla_ledger_why_str(i));
		for (int j = 0; j < i; j++)
			KUNIT_EXPECT_STRNEQ(test, cxla_ledger_why_str(i),
					    cxla_ledger_why_str(j));
	}
	for (int i = 0; i < CXLA_NR_OWNERS; i++)
		KUNIT_EXPECT_NOT_NULL(test, cxla_owner_str(i));
	for (int i = 0; i < CXLA_NR_LEDGER_STATES; i++)
		KUNIT_EXPECT_NOT_NULL(test, cxla_ledger_state_str(i));
}

static struct kunit_case ledger_cases[] = {
	KUNIT_CASE(second_claimant_is_told_who_has_it),
	KUNIT_CASE(claim_given_back_is_nobodys),
	KUNIT_CASE(what_is_kept_for_an_accelerator_goes_to_no_other),
	KUNIT_CASE(attach_is_busy_to_who_never_asked_us),
	KUNIT_CASE(device_dax_is_not_locked_out_of_what_it_was_given),
	KUNIT_CASE(range_is_claimed_in_pieces_where_firmware_cuts_it),
	KUNIT_CASE(claim_in_pieces_is_whole_or_nothing),
	KUNIT_CASE(nothing_is_put_into_a_busy_entry),
	KUNIT_CASE(claim_without_memory_claims_nothing),
	KUNIT_CASE(ledger_never_calls_free_what_somebody_has),
	KUNIT_CASE(last_byte_of_all_has_an_answer_too),
	KUNIT_CASE(every_word_is_there_and_none_twice),
	{ }
};

static struct kunit_suite ledger_suite = {
	.name = "ledger_kunit",
	.init = ledger_init,
	.test_cases = ledger_cases,
};

kunit_test_suite(ledger_suite);

MODULE_DESCRIPTION("KUnit: claims and the ledger");
MODULE_LICENSE("GPL");
