/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what carve() may do, unit by unit
 *
 * An oracle that knows nothing of pieces: for a unit of a quarter of the
 * alignment it asks each part whether it lies there. Ranges and parts begin and
 * end at units, so that what holds for a unit holds for each byte of it. Plain C
 * for a module and for a userspace test, which compile carve.c with it.
 */
#ifndef KUNIT_CARVE_CHECK_H
#define KUNIT_CARVE_CHECK_H

#include "carve.h"

#define CARVE_ALIGN	0x200000ULL
#define CARVE_UNIT	(CARVE_ALIGN / 4)
#define CARVE_TOP	(~0ULL)
#define CARVE_PIECES	24
#define CARVE_PARTS	3

struct carve_seen {
	int nr;
	bool overflow;
	struct carve_piece pieces[CARVE_PIECES];
};

static inline int carve_see(const struct carve_piece *piece, void *_seen)
{
	struct carve_seen *seen = (struct carve_seen *)_seen;

	if (seen->nr == CARVE_PIECES)
		seen->overflow = true;
	else
		seen->pieces[seen->nr++] = *piece;
	return 0;
}

static inline bool carve_lies_on(const struct carve_part *part, u64 at)
{
	return part->start <= at && at <= part->end;
}

static inline int carve_strongest(const struct carve_part *parts, size_t nr,
				  u64 at)
{
	int kind = CARVE_OUTSIDE;

	for (size_t i = 0; i < nr; i++)
		if (carve_lies_on(&parts[i], at) && (int)parts[i].kind > kind)
			kind = parts[i].kind;
	return kind;
}

/* is @who the name of a part of that kind that lies there */
static inline bool carve_is_named(const struct carve_part *parts, size_t nr,
				  u64 at, int kind, const char *who)
{
	if (kind == CARVE_OUTSIDE)
		return !who[0];
	for (size_t i = 0; i < nr; i++)
		if (carve_lies_on(&parts[i], at) &&
		    (int)parts[i].kind == kind && parts[i].who == who)
			return true;
	return false;
}

static inline bool carve_is_for_hmem(int kind)
{
	return kind == CARVE_OUTSIDE || kind == CARVE_WINDOW;
}

/*
 * Has device-dax to be given the aligned block at @at: all of it is of one kind
 * that is its, and no window ends inside.
 */
static inline bool carve_is_whole(const struct carve_part *parts, size_t nr,
				  u64 at)
{
	const int kind = carve_strongest(parts, nr, at);
	const u64 last = at + CARVE_ALIGN - 1;

	for (u64 unit = 0; unit < CARVE_ALIGN; unit += CARVE_UNIT)
		if (carve_strongest(parts, nr, at + unit) != kind)
			return false;
	for (size_t i = 0; i < nr; i++)
		if ((int)parts[i].kind == kind &&
		    parts[i].end >= at && parts[i].end < last)
			return false;
	return carve_is_for_hmem(kind);
}

static inline const char *carve_piece_fault(const struct carve_piece *piece,
					    const struct carve_part *parts,
					    size_t nr)
{
	u64 at;

	if (piece->end < piece->start)
		return "a piece ends before it begins";
	if (piece->start % CARVE_UNIT || (piece->end + 1) % CARVE_UNIT)
		return "a piece ends where nothing does";
	if (piece->small && !carve_is_for_hmem(piece->kind))
		return "what is not device-dax's is called small";
	if (!piece->small && carve_is_for_hmem(piece->kind) &&
	    (piece->start % CARVE_ALIGN || (piece->end + 1) % CARVE_ALIGN))
		return "device-dax is given what is not aligned";
	/* subtractions: neither end may leave the 64 bits */
	for (at = piece->start; ; at += CARVE_UNIT) {
		if (carve_strongest(parts, nr, at) != (int)piece->kind)
			return "not the strongest decides";
		if (!carve_is_named(parts, nr, at, piece->kind, piece->who))
			return "it is another's name";
		if (piece->end - at < CARVE_UNIT)
			return NULL;
	}
}

static inline bool carve_is_given(const struct carve_seen *seen, u64 at)
{
	for (int i = 0; i < seen->nr; i++)
		if (!seen->pieces[i].small && seen->pieces[i].start <= at &&
		    seen->pieces[i].end >= at + CARVE_ALIGN - 1)
			return true;
	return false;
}

/* what is wrong with the pieces of a range, or NULL */
static inline const char *carve_fault(u64 start, u64 end,
				      const struct carve_part *parts, size_t nr)
{
	struct carve_seen seen;
	u64 next = start;
	int rc;

	seen.nr = 0;
	seen.overflow = false;
	rc = carve(start, end, CARVE_ALIGN, parts, nr, carve_see, &seen);
	if (rc)
		return "it failed";
	if (seen.overflow || !seen.nr)
		return "it came to no end, or began not at all";
	for (int i = 0; i < seen.nr; i++) {
		const char *fault;

		if (i && !next)
			return "a piece behind the last byte of all";
		if (seen.pieces[i].start != next)
			return "a hole, or a byte twice";
		fault = carve_piece_fault(&seen.pieces[i], parts, nr);
		if (fault)
			return fault;
		next = seen.pieces[i].end + 1;
	}
	if (seen.pieces[seen.nr - 1].end != end)
		return "the end is missing";
	for (u64 at = start & ~(CARVE_ALIGN - 1);
	     at <= end && end - at >= CARVE_ALIGN - 1; at += CARVE_ALIGN) {
		if (at >= start && carve_is_whole(parts, nr, at) &&
		    !carve_is_given(&seen, at))
			return "what device-dax could take is called small";
		if (end - at == CARVE_ALIGN - 1)
			break;
	}
	return NULL;
}

/**
 * struct carve_grid - all sets of parts over one range
 * @base: aligned
 * @offset: first unit of the range behind @base
 * @length: its units
 * @nr_parts: of a set
 * @parts: the set in turn
 * @count: sets so far
 */
struct carve_grid {
	u64 base;
	int offset;
	int length;
	int nr_parts;
	struct carve_part parts[CARVE_PARTS];
	unsigned long count;
};

static inline const char *carve_grid_one(struct carve_grid *grid)
{
	const u64 start = grid->base + grid->offset * CARVE_UNIT;
	struct carve_part turned[CARVE_PARTS];

	/* in another order each time */
	for (int i = 0; i < grid->nr_parts; i++) {
		const int from = grid->count & 1 ? grid->nr_parts - 1 - i : i;

		turned[i] = grid->parts[(from + grid->count / 2) %
					grid->nr_parts];
	}
	grid->count++;
	return carve_fault(start, start + grid->length * CARVE_UNIT - 1, turned,
			   grid->nr_parts);
}

/* the parts from @nr on take all kinds, at all places from the first part's */
static inline const char *carve_grid_from(struct carve_grid *grid, int nr,
					  int least)
{
	/* one unit more at each end, where there is any */
	const int first = grid->base || grid->offset ? -1 : 0;
	const u64 end = grid->base +
			(grid->offset + grid->length) * CARVE_UNIT - 1;
	const int last = end == CARVE_TOP ? grid->length - 1 : grid->length;
	const u64 start = grid->base + grid->offset * CARVE_UNIT;
	const char *fault = NULL;
	int number = 0;

	if (nr == grid->nr_parts)
		return carve_grid_one(grid);
	for (int from = first; from <= last; from++)
		for (int to = from; to <= last; to++)
			for (int kind = CARVE_WINDOW; kind <= CARVE_IN_USE;
			     kind++, number++) {
				struct carve_part *part = &grid->parts[nr];

				/* each set once */
				if (number < least)
					continue;
				part->start = start + from * CARVE_UNIT;
				part->end = start + (to + 1) * CARVE_UNIT - 1;
				part->kind = (enum carve_kind)kind;
				part->who[0] = 'a' + nr;
				part->who[1] = '\0';
				fault = carve_grid_from(grid, nr + 1, number);
				if (fault)
					return fault;
			}
	return NULL;
}

/* what is wrong with the first set that anything is wrong with, or NULL */
static inline const char *carve_every(struct carve_grid *grid)
{
	grid->count = 0;
	return carve_grid_from(grid, 0, 0);
}

#endif /* KUNIT_CARVE_CHECK_H */
