// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who gets which part of a range: the pieces are the range again, and over each byte of a piece
 * the strongest part decides.
 */
#include "fuzz.h"

#include <array>

extern "C" {
#include "carve_check.h"
}

namespace
{

using cxla::fuzz::Input;
using cxla::fuzz::require;

constexpr size_t most_parts = 5;

struct CarveSeen {
	u64 next = 0, end = 0, align = 0;
	const carve_part *parts = nullptr;
	size_t nr = 0;
	unsigned pieces = 0;
	bool ended = false;
};

int see(const carve_piece *piece, void *arg)
{
	auto &seen = *static_cast<CarveSeen *>(arg);

	require(!seen.ended && piece->start == seen.next, "no hole, and no byte twice");
	require(piece->end >= piece->start && piece->end <= seen.end, "a piece lies in the range");
	/* parts begin and end inside of no piece whose kind is theirs or weaker */
	for (u64 at : {piece->start, piece->end, piece->start + (piece->end - piece->start) / 2}) {
		require(carve_strongest(seen.parts, seen.nr, at) == static_cast<int>(piece->kind),
			"the strongest decides");
		require(carve_is_named(seen.parts, seen.nr, at, piece->kind, piece->who),
			"a piece has the name of a part that lies there");
	}
	if (carve_is_for_hmem(piece->kind) && !piece->small)
		require(piece->start % seen.align == 0 && (piece->end + 1) % seen.align == 0,
			"what device-dax gets is aligned");
	else if (!carve_is_for_hmem(piece->kind))
		require(!piece->small, "what is another's is not small");
	seen.ended = piece->end == seen.end;
	seen.next = piece->end + 1;
	require(++seen.pieces < 100, "it comes to an end");
	return 0;
}

u64 place(Input &in, u64 base)
{
	const unsigned shape = in.byte();

	return shape & 0x80 ? base + in.take<u32>() : base + (shape & 31) * CARVE_UNIT;
}

} // namespace

CXLA_FUZZ(carve)
{
	const unsigned how = in.byte();
	const u64 base = how & 1 ? 0 - 8 * CARVE_ALIGN : u64{in.byte()} << 28;
	const unsigned align = how & 2 ? 12 + (how >> 2 & 15) : 21;
	std::array<carve_part, most_parts> parts{};
	u64 start = place(in, base), end = place(in, base);
	CarveSeen seen;

	if (start > end)
		std::swap(start, end);
	seen.nr = how >> 6 == 3 ? most_parts : how >> 6;
	for (size_t i = 0; i < seen.nr; i++) {
		carve_part &part = parts[i];

		part.start = place(in, base);
		part.end = place(in, base);
		if (part.start > part.end)
			std::swap(part.start, part.end);
		part.kind = static_cast<carve_kind>(1 + in.below(CARVE_IN_USE));
		part.who[0] = static_cast<char>('a' + i);
	}
	seen.next = start;
	seen.end = end;
	seen.align = 1ULL << align;
	seen.parts = parts.data();
	require(carve(start, end, seen.align, parts.data(), seen.nr, see, &seen) == 0 && seen.ended,
		"the pieces are the whole range");

	/* in whole units: what could have been given to device-dax, too */
	bool units = align == 21 && end - start < 64 * CARVE_UNIT && start % CARVE_UNIT == 0 &&
		     (end + 1) % CARVE_UNIT == 0;

	for (size_t i = 0; i < seen.nr; i++)
		units &= parts[i].start % CARVE_UNIT == 0 && (parts[i].end + 1) % CARVE_UNIT == 0;
	if (units && seen.nr <= CARVE_PARTS)
		if (const char *fault = carve_fault(start, end, parts.data(), seen.nr))
			require(false, fault);
}
