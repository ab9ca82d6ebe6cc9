// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: who gets which part of a Soft Reserved range
 */
#include "carve.h"

/* the piece that begins at @start: as long as the same kind is the strongest */
static struct carve_piece carve_first(u64 start, u64 end,
				      const struct carve_part *parts,
				      size_t nr_parts)
{
	struct carve_piece piece = {
		.start = start,
		.end = end,
		.kind = CARVE_OUTSIDE,
		.who = "",
	};

	for (size_t i = 0; i < nr_parts; i++) {
		const struct carve_part *part = &parts[i];

		if (part->start > start || part->end < start ||
		    part->kind <= piece.kind)
			continue;
		piece.kind = part->kind;
		piece.who = part->who;
		piece.end = part->end < end ? part->end : end;
	}
	for (size_t i = 0; i < nr_parts; i++)
		if (parts[i].kind > piece.kind && parts[i].start > start &&
		    parts[i].start <= piece.end)
			piece.end = parts[i].start - 1;
	return piece;
}

static bool carve_is_hmem(const struct carve_piece *piece)
{
	return piece->kind == CARVE_OUTSIDE || piece->kind == CARVE_WINDOW;
}

/* what alignment leaves at both ends is small, and so is a piece without a middle */
static int carve_align(const struct carve_piece *piece, u64 align,
		       int (*visit)(const struct carve_piece *piece, void *arg),
		       void *arg)
{
	struct carve_piece part = *piece;
	u64 first, last;
	int rc = 0;

	/* the part that is aligned at both ends; it may end with the last byte of all */
	first = (piece->start + align - 1) & ~(align - 1);
	last = ((piece->end + 1) & ~(align - 1)) - 1;
	part.small = true;
	if (first < piece->start || piece->end < align - 1 || last < first)
		return visit(&part, arg);

	if (first > piece->start) {
		part.end = first - 1;
		rc = visit(&part, arg);
	}
	if (!rc) {
		part.start = first;
		part.end = last;
		part.small = false;
		rc = visit(&part, arg);
	}
	if (!rc && last < piece->end) {
		part.start = last + 1;
		part.end = piece->end;
		part.small = true;
		rc = visit(&part, arg);
	}
	return rc;
}

int carve(u64 start, u64 end, u64 align, const struct carve_part *parts,
	  size_t nr_parts,
	  int (*visit)(const struct carve_piece *piece, void *arg), void *arg)
{
	u64 pos = start;
	int rc;

	for (;;) {
		struct carve_piece piece = carve_first(pos, end, parts,
						       nr_parts);

		rc = carve_is_hmem(&piece) ?
		     carve_align(&piece, align, visit, arg) :
		     visit(&piece, arg);
		if (rc || piece.end >= end)
			return rc;
		pos = piece.end + 1;
	}
}
