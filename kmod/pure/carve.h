/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: who gets which part of a Soft Reserved range
 *
 * Plain arithmetic on ranges, so that it is tested with every kind of cover.
 * Whoever has something to say about addresses says it in parts; a range is
 * carved into pieces on which the same parts lie, and the strongest decides.
 */
#ifndef __CXLA_CARVE_H__
#define __CXLA_CARVE_H__

#include "pure.h"

#define CARVE_WHO_LEN	32

/**
 * enum carve_kind - what lies on an address, from weak to strong
 * @CARVE_OUTSIDE: nothing: no window
 * @CARVE_WINDOW: a CXL window, and no region
 * @CARVE_REGION: a committed region, whose owner it is
 * @CARVE_MEANT: a committed decoder of a device that is meant for the driver of
 *	an accelerator
 * @CARVE_IN_USE: somebody has it already
 */
enum carve_kind {
	CARVE_OUTSIDE,
	CARVE_WINDOW,
	CARVE_REGION,
	CARVE_MEANT,
	CARVE_IN_USE,
};

/**
 * struct carve_part - something that lies on addresses
 * @start: first byte
 * @end: last byte
 * @kind: what it is
 * @who: by whom, for the ledger; "" nobody by name
 */
struct carve_part {
	u64 start;
	u64 end;
	enum carve_kind kind;
	char who[CARVE_WHO_LEN];
};

/**
 * struct carve_piece - a part of a range that goes one way
 * @start: first byte
 * @end: last byte
 * @kind: what decides about it
 * @who: of the part that decides
 * @small: too small for device-dax, or the rest that alignment leaves; only of
 *	CARVE_OUTSIDE and CARVE_WINDOW
 */
struct carve_piece {
	u64 start;
	u64 end;
	enum carve_kind kind;
	const char *who;
	bool small;
};

/**
 * carve() - divide a range among those who have something to say about it
 * @start: first byte of the range
 * @end: last byte of it
 * @align: what device-dax can take is aligned to this and a multiple of it; a
 *	power of two
 * @parts: in any order; they may overlap, and reach out of the range
 * @nr_parts: how many
 * @visit: called for each piece in ascending order; the pieces are the range
 *	again, without a hole. A result that is not 0 ends it
 * @arg: passed to it
 *
 * Return: what @visit returned last, or 0.
 */
int carve(u64 start, u64 end, u64 align, const struct carve_part *parts,
	  size_t nr_parts,
	  int (*visit)(const struct carve_piece *piece, void *arg), void *arg);

#endif /* __CXLA_CARVE_H__ */
