// SPDX-License-Identifier: GPL-2.0-only
/*
 * The HDM decoders of a port: one that is good ends below 2^52, is aligned, has ways that its
 * port can do, written again says the same, and keeps off those in front of it.
 */
#include "fuzz.h"

extern "C" {
#include "hdm_regs.h"
}

namespace
{

using cxla::fuzz::Input;
using cxla::fuzz::require;

constexpr u64 hdm_limit = 1ULL << 52;

bool same(const cxl_hdm_decoded &a, const cxl_hdm_decoded &b)
{
	return cxl_hdm_same(&a, &b);
}

void is_good(const cxl_hdm_decoded &d, cxl_hdm_kind kind, const cxl_hdm_caps *caps)
{
	unsigned eiw = 0, eig = 0;

	require(d.base % SZ_256M == 0 && d.size % SZ_256M == 0 && d.skip % SZ_256M == 0,
		"a range is aligned to 256 MiB");
	require(d.size <= hdm_limit && d.base <= hdm_limit - d.size, "a range ends below 2^52");
	require(!cxl_ways_to_eiw(d.ways, &eiw) && !cxl_granularity_to_eig(d.granularity, &eig),
		"ways and granularity exist");
	require(d.size / SZ_256M % d.ways == 0, "each way has a whole part");
	if (caps)
		require(caps->iw_mask & 1U << d.ways, "the port can do the ways");
	if (kind != CXL_HDM_SWITCH)
		return;
	require(d.ways <= CXL_HDM_MAX_TARGETS && (!caps || d.ways <= caps->target_count),
		"each way has a target");
	for (unsigned i = 0; i < d.ways; i++)
		for (unsigned j = 0; j < i; j++)
			require(d.targets[i] != d.targets[j], "targets differ");
}

void is_said_again(const cxl_hdm_decoded &d, cxl_hdm_kind kind)
{
	cxl_hdm_regs regs{};
	cxl_hdm_decoded back{};

	require(!cxl_hdm_encode(&d, kind, &regs), "what a decoder says can be written");
	require(!(regs.ctrl & (CXL_HDM_CTRL_LOCK | CXL_HDM_CTRL_COMMIT | CXL_HDM_CTRL_COMMITTED)),
		"registers that are to be written commit nothing");
	regs.ctrl |= CXL_HDM_CTRL_COMMITTED;
	cxl_hdm_decode(&regs, kind, nullptr, &back);
	require(back.fault == CXL_HDM_OK && same(d, back), "what is written says the same");
}

/* in order; the last of those that were good ends at @end */
void keeps_order(cxl_hdm_sequence &sequence, cxl_hdm_decoded &d, u64 &end)
{
	const cxl_hdm_fault before = d.fault;

	cxl_hdm_sequence_next(&sequence, &d);
	require(before == CXL_HDM_OK || d.fault == before, "the first fault is told");
	require(*cxl_hdm_fault_str(d.fault), "a fault has words");
	if (!d.committed || !d.size || d.fault != CXL_HDM_OK)
		return;
	require(d.base >= end, "good ranges ascend and share no byte");
	end = d.base + d.size;
}

cxl_hdm_regs some_regs(Input &in)
{
	const unsigned shape = in.byte();
	cxl_hdm_regs regs{};

	if (shape & 1) {
		const u64 base = in.address(), size = in.address();

		regs.base_low = static_cast<u32>(base);
		regs.base_high = static_cast<u32>(base >> 32);
		regs.size_low = static_cast<u32>(size);
		regs.size_high = static_cast<u32>(size >> 32);
	} else {
		regs.base_low = in.take<u32>();
		regs.base_high = in.take<u32>();
		regs.size_low = in.take<u32>();
		regs.size_high = in.take<u32>();
	}
	regs.ctrl = in.take<u32>();
	if (shape & 2)
		regs.ctrl = (regs.ctrl & ~CXL_HDM_CTRL_ERROR) | CXL_HDM_CTRL_COMMITTED;
	regs.tl_low = in.take<u32>();
	regs.tl_high = in.take<u32>();
	if (shape & 4)
		regs.tl_low &= 0xf0000000;
	if (shape & 8) {
		regs.tl_low = 0x03020100;
		regs.tl_high = 0x07060504;
	}
	return regs;
}

/* nothing that is asked for is taken which registers don't say */
void any_values(Input &in, cxl_hdm_kind kind)
{
	cxl_hdm_decoded d{}, back{};
	cxl_hdm_regs regs{};

	d.base = in.address();
	d.size = in.address();
	d.ways = in.byte() & 31;
	d.granularity = in.byte() & 1 ? in.take<u32>() : 256U << in.below(8);
	d.skip = kind == CXL_HDM_ENDPOINT ? in.address() : 0;
	d.host_only = in.byte() & 1;
	d.carried = in.take<u32>() & CXL_HDM_CTRL_CARRIED;
	for (auto &target : d.targets)
		target = kind == CXL_HDM_SWITCH ? in.byte() : 0;
	if (cxl_hdm_encode(&d, kind, &regs))
		return;
	regs.ctrl |= CXL_HDM_CTRL_COMMITTED;
	cxl_hdm_decode(&regs, kind, nullptr, &back);
	require(back.fault == CXL_HDM_OK && same(d, back), "what is accepted is written as asked");
	is_good(back, kind, nullptr);
	if (kind == CXL_HDM_SWITCH) {
		back.targets[in.below(back.ways)] ^= 1;
		require(!same(d, back), "another target is another decoder");
	}
	back.base ^= SZ_256M;
	require(!same(d, back), "another range is another decoder");
}

} // namespace

CXLA_FUZZ(hdm_regs)
{
	const unsigned how = in.byte();
	const cxl_hdm_kind kind = how & 1 ? CXL_HDM_SWITCH : CXL_HDM_ENDPOINT;
	cxl_hdm_caps caps{};
	const u32 cap = in.take<u32>();
	const bool has_caps = !cxl_hdm_decode_caps(cap, &caps);

	if (has_caps)
		require(caps.decoder_count >= 1 && caps.decoder_count <= CXL_HDM_MAX_DECODERS &&
				caps.target_count <= 8,
			"a port has 1 to 32 decoders and 8 targets at most");
	else
		require(!caps.decoder_count, "what is refused says nothing");
	if (how & 2)
		return any_values(in, kind);

	const cxl_hdm_caps *given = has_caps && !(how & 4) ? &caps : nullptr;
	cxl_hdm_sequence sequence{};
	u64 end = 0;

	for (unsigned n = 0; n < CXL_HDM_MAX_DECODERS && in.left(); n++) {
		const cxl_hdm_regs regs = some_regs(in);
		cxl_hdm_decoded d;

		cxl_hdm_decode(&regs, kind, given, &d);
		if (!d.committed)
			require(!d.size && !d.base && !d.ways &&
					(d.fault == CXL_HDM_OK || d.fault == CXL_HDM_ALL_ONES ||
					 d.fault == CXL_HDM_COMMIT_ERROR),
				"a decoder that is not committed has no range");
		if (d.committed && d.size && d.fault == CXL_HDM_OK) {
			is_good(d, kind, given);
			is_said_again(d, kind);
		}
		keeps_order(sequence, d, end);
	}
}
