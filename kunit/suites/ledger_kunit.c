// SPDX-License-Identifier: GPL-2.0-only
/*
 * Claims and the ledger: each byte has one owner at most, and of each that
 * anybody decided about there is one answer.
 */
#include <kunit/test.h>

#include "../fake/fake_fabric.h"
#include "../fake/fake_fail.h"

MODULE_IMPORT_NS("CXL");

/* the ledger forgets nothing while the core is there: each test has its own */
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
};

static const struct cxla_verdict idle = {
	.why = CXLA_WHY_REGION_IDLE,
};

static const struct cxla_verdict gone = {
	.why = CXLA_WHY_REGION_GONE,
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

	KUNIT_ASSERT_TRUE(test, cxla_ledger_find(hpa, &range, &found, &time));
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
	KUNIT_EXPECT_FALSE(test, second.held);
	range = at(SIZE, SIZE);
	KUNIT_EXPECT_EQ(test, cxla_claim(&second, &range, &hmem, NULL), 0);
	expect_says(test, BASE, BASE, BASE + SIZE - 1, &accel);
	expect_says(test, BASE + SIZE, BASE + SIZE, BASE + 2 * SIZE - 1, &hmem);
	cxla_unclaim(&second, CXLA_WHY_RELEASED);
	cxla_unclaim(&first, CXLA_WHY_RELEASED);
}

static void claim_given_back_is_free_and_says_why(struct kunit *test)
{
	struct cxla_claim first = { }, second = { };
	struct range range = at(0, SIZE);
	struct cxla_verdict free = accel;

	KUNIT_ASSERT_EQ(test, cxla_claim(&first, &range, &accel, NULL), 0);
	cxla_claim_mark(&first, CXLA_LEDGER_QUARANTINED, CXLA_WHY_REVOKED);
	free.state = CXLA_LEDGER_QUARANTINED;
	free.why = CXLA_WHY_REVOKED;
	expect_says(test, BASE, range.start, range.end, &free);
	KUNIT_EXPECT_EQ(test, cxla_claim(&second, &range, &hmem, NULL),
			-EBUSY);
	cxla_unclaim(&first, CXLA_WHY_RELEASED);
	free.owner = CXLA_OWNER_NONE;
	free.state = CXLA_LEDGER_FREE;
	free.why = CXLA_WHY_RELEASED;
	expect_says(test, BASE, range.start, range.end, &free);
	/* once is enough, and what was not given is not given back */
	KUNIT_EXPECT_EQ(test, cxla_claim(&second, &range, &hmem, NULL), 0);
	cxla_unclaim(&first, CXLA_WHY_ERROR);
	cxla_claim_mark(&first, CXLA_LEDGER_OWNED, CXLA_WHY_ERROR);
	expect_says(test, BASE, range.start, range.end, &hmem);
	cxla_unclaim(&second, CXLA_WHY_RELEASED);
}

static void what_is_kept_for_an_accelerator_goes_to_no_other(struct kunit *test)
{
	struct range whole = at(0, 4 * SIZE), part = at(SIZE, SIZE);
	struct cxla_claim claim = { };
	struct cxla_verdict holder;

	KUNIT_ASSERT_EQ(test, cxla_ledger_note(&whole, &meant), 0);
	KUNIT_EXPECT_EQ(test, cxla_claim(&claim, &part, &hmem, &holder),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, holder.why, CXLA_WHY_MEANT);
	KUNIT_EXPECT_EQ(test, cxla_claim(&claim, &part, &accel, NULL), 0);
	expect_says(test, BASE, BASE, BASE + SIZE - 1, &meant);
	expect_says(test, BASE + SIZE, part.start, part.end, &accel);
	expect_says(test, part.end + 1, part.end + 1, whole.end, &meant);
	cxla_unclaim(&claim, CXLA_WHY_RELEASED);
}

static void note_leaves_claims_alone_and_fills_what_is_between(struct kunit *test)
{
	struct range whole = at(0, 8 * SIZE), a = at(SIZE, SIZE),
		     b = at(4 * SIZE, 2 * SIZE);
	struct cxla_claim first = { }, second = { };

	KUNIT_ASSERT_EQ(test, cxla_claim(&first, &a, &accel, NULL), 0);
	KUNIT_ASSERT_EQ(test, cxla_claim(&second, &b, &hmem, NULL), 0);
	KUNIT_ASSERT_EQ(test, cxla_ledger_note(&whole, &idle), 0);
	expect_says(test, BASE, BASE, a.start - 1, &idle);
	expect_says(test, a.start, a.start, a.end, &accel);
	expect_says(test, a.end + 1, a.end + 1, b.start - 1, &idle);
	expect_says(test, b.start, b.start, b.end, &hmem);
	expect_says(test, b.end + 1, b.end + 1, whole.end, &idle);

	/* over what was noted before it needs no memory */
	cxla_unclaim(&first, CXLA_WHY_RELEASED);
	fake_fail_start(1);
	KUNIT_EXPECT_EQ(test, cxla_ledger_note(&whole, &gone), 0);
	KUNIT_EXPECT_FALSE(test, fake_fail_stop());
	expect_says(test, b.end + 1, b.end + 1, whole.end, &gone);
	expect_says(test, b.start, b.start, b.end, &hmem);
	cxla_unclaim(&second, CXLA_WHY_RELEASED);
}

static void note_inside_of_another_cuts_it_in_two(struct kunit *test)
{
	struct range whole = at(0, 8 * SIZE), part = at(3 * SIZE, SIZE);

	KUNIT_ASSERT_EQ(test, cxla_ledger_note(&whole, &idle), 0);
	KUNIT_ASSERT_EQ(test, cxla_ledger_note(&part, &gone), 0);
	expect_says(test, BASE, BASE, part.start - 1, &idle);
	expect_says(test, part.start, part.start, part.end, &gone);
	expect_says(test, part.end + 1, part.end + 1, whole.end, &idle);
	/* the halves are apart: one is changed and the other is not */
	part = at(0, 3 * SIZE);
	KUNIT_ASSERT_EQ(test, cxla_ledger_note(&part, &gone), 0);
	expect_says(test, BASE + 4 * SIZE, BASE + 4 * SIZE, whole.end, &idle);
	/* and one over all of them is one */
	KUNIT_ASSERT_EQ(test, cxla_ledger_note(&whole, &meant), 0);
	expect_says(test, BASE, BASE, part.end, &meant);
}

static void claim_without_memory_claims_nothing(struct kunit *test)
{
	struct range whole = at(0, 8 * SIZE), part = at(3 * SIZE, SIZE);
	struct cxla_claim claim = { };
	int nth, rc = 0;

	if (!FAKE_CAN_FAIL)
		kunit_skip(test, "allocations can't be made to fail");
	KUNIT_ASSERT_EQ(test, cxla_ledger_note(&whole, &idle), 0);
	for (nth = 1; nth < 100; nth++) {
		struct cxla_verdict verdict;
		struct range range;
		u64 time;

		fake_fail_start(nth);
		rc = cxla_claim(&claim, &part, &accel, NULL);
		if (!fake_fail_stop())
			break;
		/* the tree asks twice */
		if (!rc) {
			cxla_unclaim(&claim, CXLA_WHY_RELEASED);
			KUNIT_ASSERT_EQ(test, cxla_ledger_note(&whole, &idle), 0);
			continue;
		}
		KUNIT_EXPECT_EQ(test, rc, -ENOMEM);
		KUNIT_EXPECT_FALSE(test, claim.held);
		/* cut in two perhaps, and of one opinion still */
		for (u64 hpa = whole.start; hpa < whole.end;
		     hpa = range.end + 1) {
			KUNIT_ASSERT_TRUE(test, cxla_ledger_find(hpa, &range,
								 &verdict,
								 &time));
			KUNIT_EXPECT_LE(test, range.start, hpa);
			KUNIT_EXPECT_EQ(test, verdict.why, idle.why);
		}
	}
	KUNIT_EXPECT_GT(test, nth, 1);
	KUNIT_EXPECT_EQ(test, rc, 0);
	expect_says(test, part.start, part.start, part.end, &accel);
	cxla_unclaim(&claim, CXLA_WHY_RELEASED);
}

static void last_byte_of_all_has_an_answer_too(struct kunit *test)
{
	struct range top = { ULONG_MAX - SIZE + 1, ULONG_MAX };

	KUNIT_ASSERT_EQ(test, cxla_ledger_note(&top, &idle), 0);
	expect_says(test, ULONG_MAX, top.start, top.end, &idle);
	expect_says(test, top.start - SIZE, top.start, top.end, &idle);
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
	KUNIT_CASE(claim_given_back_is_free_and_says_why),
	KUNIT_CASE(what_is_kept_for_an_accelerator_goes_to_no_other),
	KUNIT_CASE(note_leaves_claims_alone_and_fills_what_is_between),
	KUNIT_CASE(note_inside_of_another_cuts_it_in_two),
	KUNIT_CASE(claim_without_memory_claims_nothing),
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
