// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who gets which part of a Soft Reserved range: kmod/pure/carve.c, over all
 * places and kinds that up to three parts can have, against an oracle that asks
 * unit by unit.
 */
#include <kunit/test.h>

#include "../../kmod/pure/carve.c"
#include "carve_check.h"

#define BASE	0x1000000000ULL

static void every(struct kunit *test, u64 base, int offset, int length,
		  int nr_parts)
{
	struct carve_grid grid = {
		.base = base,
		.offset = offset,
		.length = length,
		.nr_parts = nr_parts,
	};
	const char *fault = carve_every(&grid);

	if (!fault)
		return;
	for (int i = 0; i < nr_parts; i++)
		kunit_err(test, "part %s [%#llx-%#llx] kind %d\n",
			  grid.parts[i].who, grid.parts[i].start,
			  grid.parts[i].end, grid.parts[i].kind);
	KUNIT_FAIL(test, "range at %#llx of %d units: %s",
		   base + offset * CARVE_UNIT, length, fault);
}

static void every_place_of_two_parts_in_every_range(struct kunit *test)
{
	for (int offset = 0; offset < 4; offset++)
		for (int length = 1; length <= 7; length++)
			for (int nr_parts = 0; nr_parts <= 2; nr_parts++)
				every(test, BASE, offset, length, nr_parts);
}

/* a range with a rest at each end: 1 unit, 4 that are aligned, 1 unit */
static void every_place_of_three_parts(struct kunit *test)
{
	every(test, BASE, 3, 6, 3);
}

static void every_place_at_the_last_byte_of_all(struct kunit *test)
{
	const u64 base = -2 * CARVE_ALIGN;

	for (int offset = 0; offset < 8; offset++)
		for (int nr_parts = 0; nr_parts <= 2; nr_parts++)
			every(test, base, offset, 8 - offset, nr_parts);
	/* and the last but one unit */
	for (int offset = 0; offset < 7; offset++)
		every(test, base, offset, 7 - offset, 2);
}

static void every_place_at_the_first_byte_of_all(struct kunit *test)
{
	for (int offset = 0; offset < 4; offset++)
		for (int length = 1; length <= 7; length++)
			every(test, 0, offset, length, 2);
}

static void pieces_are(struct kunit *test, u64 start, u64 end,
		       const struct carve_part *parts, size_t nr_parts,
		       const struct carve_piece *pieces, int nr)
{
	struct carve_seen seen = { };

	KUNIT_EXPECT_EQ(test, carve(start, end, CARVE_ALIGN, parts, nr_parts,
				    carve_see, &seen), 0);
	KUNIT_ASSERT_EQ(test, seen.nr, nr);
	for (int i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ_MSG(test, seen.pieces[i].start, pieces[i].start,
				    "piece %d", i);
		KUNIT_EXPECT_EQ_MSG(test, seen.pieces[i].end, pieces[i].end,
				    "piece %d", i);
		KUNIT_EXPECT_EQ_MSG(test, seen.pieces[i].kind, pieces[i].kind,
				    "piece %d", i);
		KUNIT_EXPECT_EQ_MSG(test, seen.pieces[i].small, pieces[i].small,
				    "piece %d", i);
		KUNIT_EXPECT_STREQ_MSG(test, seen.pieces[i].who, pieces[i].who,
				       "piece %d", i);
	}
}

static void range_of_all_bytes_there_are_is_one_piece(struct kunit *test)
{
	const struct carve_piece all[] = {
		{ 0, U64_MAX, CARVE_OUTSIDE, "" },
	};
	const struct carve_part window = { 0, U64_MAX, CARVE_WINDOW, "w" };
	const struct carve_piece within[] = {
		{ 0, U64_MAX, CARVE_WINDOW, "w" },
	};

	pieces_are(test, 0, U64_MAX, NULL, 0, all, ARRAY_SIZE(all));
	pieces_are(test, 0, U64_MAX, &window, 1, within, ARRAY_SIZE(within));
}

static void range_smaller_than_the_alignment_is_small(struct kunit *test)
{
	const u64 last = BASE + CARVE_ALIGN - 2;
	const struct carve_piece one[] = {
		{ BASE, last, CARVE_OUTSIDE, "", true },
	};
	const struct carve_piece byte[] = {
		{ U64_MAX, U64_MAX, CARVE_OUTSIDE, "", true },
	};
	const struct carve_piece first[] = { { 0, 0, CARVE_OUTSIDE, "", true } };
	/* as long as it, and in two blocks of it */
	const struct carve_piece across[] = {
		{ BASE + 1, BASE + CARVE_ALIGN, CARVE_OUTSIDE, "", true },
	};

	pieces_are(test, BASE, last, NULL, 0, one, 1);
	pieces_are(test, U64_MAX, U64_MAX, NULL, 0, byte, 1);
	pieces_are(test, 0, 0, NULL, 0, first, 1);
	pieces_are(test, BASE + 1, BASE + CARVE_ALIGN, NULL, 0, across, 1);
}

/* a region's and an accelerator's range need no alignment: they have owners */
static void rests_of_partial_cover_are_marked_byte_by_byte(struct kunit *test)
{
	const struct carve_part parts[] = {
		{ BASE - 1, BASE + 8 * CARVE_ALIGN, CARVE_WINDOW, "w" },
		{ BASE + CARVE_ALIGN + 1, BASE + 2 * CARVE_ALIGN + 6,
		  CARVE_REGION, "region0" },
		{ BASE + 2 * CARVE_ALIGN, BASE + 3 * CARVE_ALIGN - 1,
		  CARVE_MEANT, "0000:0d:00.0" },
	};
	const struct carve_piece pieces[] = {
		{ BASE, BASE + CARVE_ALIGN - 1, CARVE_WINDOW, "w" },
		{ BASE + CARVE_ALIGN, BASE + CARVE_ALIGN, CARVE_WINDOW, "w",
		  true },
		{ BASE + CARVE_ALIGN + 1, BASE + 2 * CARVE_ALIGN - 1,
		  CARVE_REGION, "region0" },
		{ BASE + 2 * CARVE_ALIGN, BASE + 3 * CARVE_ALIGN - 1,
		  CARVE_MEANT, "0000:0d:00.0" },
		{ BASE + 3 * CARVE_ALIGN, BASE + 4 * CARVE_ALIGN - 1,
		  CARVE_WINDOW, "w" },
		{ BASE + 4 * CARVE_ALIGN, BASE + 4 * CARVE_ALIGN + 2,
		  CARVE_WINDOW, "w", true },
	};

	pieces_are(test, BASE, BASE + 4 * CARVE_ALIGN + 2, parts,
		   ARRAY_SIZE(parts), pieces, ARRAY_SIZE(pieces));
}

struct stop {
	int nr;
	int at;
};

static int stop_at(const struct carve_piece *piece, void *_stop)
{
	struct stop *stop = _stop;

	return stop->nr++ == stop->at ? -ENOMEM : 0;
}

static void visitor_that_fails_is_called_no_more(struct kunit *test)
{
	/* a rest, an aligned middle, a rest, and a region */
	const u64 start = BASE + 1, end = BASE + 3 * CARVE_ALIGN + 1;
	const struct carve_part region = { end, end, CARVE_REGION, "r" };
	struct stop stop;

	for (int at = 0; at < 4; at++) {
		stop = (struct stop) { .at = at };
		KUNIT_EXPECT_EQ(test, carve(start, end, CARVE_ALIGN, &region, 1,
					    stop_at, &stop), -ENOMEM);
		KUNIT_EXPECT_EQ(test, stop.nr, at + 1);
	}
	stop = (struct stop) { .at = 4 };
	KUNIT_EXPECT_EQ(test, carve(start, end, CARVE_ALIGN, &region, 1,
				    stop_at, &stop), 0);
	KUNIT_EXPECT_EQ(test, stop.nr, 4);
}

static struct kunit_case carve_cases[] = {
	KUNIT_CASE(every_place_of_two_parts_in_every_range),
	KUNIT_CASE(every_place_of_three_parts),
	KUNIT_CASE(every_place_at_the_last_byte_of_all),
	KUNIT_CASE(every_place_at_the_first_byte_of_all),
	KUNIT_CASE(range_of_all_bytes_there_are_is_one_piece),
	KUNIT_CASE(range_smaller_than_the_alignment_is_small),
	KUNIT_CASE(rests_of_partial_cover_are_marked_byte_by_byte),
	KUNIT_CASE(visitor_that_fails_is_called_no_more),
	{}
};

static struct kunit_suite carve_suite = {
	.name = "carve_kunit",
	.test_cases = carve_cases,
};

kunit_test_suite(carve_suite);

MODULE_DESCRIPTION("KUnit: who gets which part of a Soft Reserved range");
MODULE_LICENSE("GPL");
