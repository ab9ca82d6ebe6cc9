// SPDX-License-Identifier: GPL-2.0-only
// HDM decoder values: the modules' own decoder, on the host, with sanitizers.
#include <array>
#include <cstring>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

extern "C" {
#include "hdm_regs.h"
}

namespace
{

constexpr u64 kLimit = 1ULL << 52;
constexpr u32 kCommitted = 1U << 10;

u32 ctrl_of(u32 eiw, u32 eig)
{
	return kCommitted | eiw << 4 | eig;
}

cxl_hdm_regs good_regs()
{
	cxl_hdm_regs regs{};
	regs.base_high = 0x6;
	regs.base_low = 0x90000000;
	regs.size_low = 0x20000000;
	regs.ctrl = kCommitted;
	return regs;
}

cxl_hdm_caps full_caps()
{
	return {4, 8, 0x7f00, 0x1115e};
}

cxl_hdm_decoded decode(const cxl_hdm_regs &regs, cxl_hdm_kind kind,
		       const cxl_hdm_caps *caps = nullptr)
{
	cxl_hdm_decoded out;
	std::memset(&out, 0x5a, sizeof(out));
	cxl_hdm_decode(&regs, kind, caps, &out);
	return out;
}

cxl_hdm_fault fault(const cxl_hdm_regs &regs, cxl_hdm_kind kind, const cxl_hdm_caps *caps = nullptr)
{
	return decode(regs, kind, caps).fault;
}

TEST(HdmRegs, committed_endpoint_decoder_gives_its_range)
{
	auto regs = good_regs();
	regs.tl_low = 0x10000000;
	regs.tl_high = 1;
	const auto d = decode(regs, CXL_HDM_ENDPOINT);
	EXPECT_EQ(d.fault, CXL_HDM_OK);
	EXPECT_TRUE(d.committed);
	EXPECT_FALSE(d.locked);
	EXPECT_FALSE(d.host_only);
	EXPECT_EQ(d.base, 0x690000000U);
	EXPECT_EQ(d.size, 0x20000000U);
	EXPECT_EQ(d.ways, 1U);
	EXPECT_EQ(d.granularity, 256U);
	EXPECT_EQ(d.skip, 0x110000000U);
}

TEST(HdmRegs, committed_switch_decoder_gives_as_many_targets_as_ways)
{
	const auto caps = full_caps();
	auto regs = good_regs();
	regs.size_low = 0x80000000;
	regs.tl_low = 0x03ff0007;
	regs.tl_high = 0x08020109;
	regs.ctrl = ctrl_of(3, 0);
	auto d = decode(regs, CXL_HDM_SWITCH, &caps);
	EXPECT_EQ(d.fault, CXL_HDM_OK);
	const std::array<u8, 8> all{7, 0, 0xff, 3, 9, 1, 2, 8};
	EXPECT_EQ(std::memcmp(d.targets, all.data(), 8), 0);
	EXPECT_EQ(d.skip, 0U);
	regs.ctrl = ctrl_of(1, 0);
	d = decode(regs, CXL_HDM_SWITCH, &caps);
	const std::array<u8, 8> two{7, 0, 0, 0, 0, 0, 0, 0};
	EXPECT_EQ(std::memcmp(d.targets, two.data(), 8), 0);
}

TEST(HdmRegs, lock_and_memory_type_are_told_of_any_decoder)
{
	auto regs = good_regs();
	for (u32 state : {0U, kCommitted}) {
		regs.ctrl = state | 1U << 8;
		EXPECT_TRUE(decode(regs, CXL_HDM_ENDPOINT).locked);
		EXPECT_FALSE(decode(regs, CXL_HDM_ENDPOINT).host_only);
		regs.ctrl = state | 1U << 12;
		EXPECT_FALSE(decode(regs, CXL_HDM_ENDPOINT).locked);
		EXPECT_TRUE(decode(regs, CXL_HDM_ENDPOINT).host_only);
		EXPECT_EQ(decode(regs, CXL_HDM_ENDPOINT).committed, state != 0);
	}
}

TEST(HdmRegs, idle_decoder_has_no_fault_and_no_range)
{
	auto regs = good_regs();
	regs.tl_low = 0x10000000;
	regs.ctrl = 1U << 9;
	for (auto kind : {CXL_HDM_SWITCH, CXL_HDM_ENDPOINT}) {
		const auto d = decode(regs, kind);
		EXPECT_EQ(d.fault, CXL_HDM_OK);
		EXPECT_FALSE(d.committed);
		EXPECT_EQ(d.base | d.size | d.ways | d.granularity | d.skip | d.targets[0], 0U);
	}
}

TEST(HdmRegs, all_ones_means_the_device_is_gone)
{
	cxl_hdm_regs regs;
	std::memset(&regs, 0xff, sizeof(regs));
	for (auto kind : {CXL_HDM_SWITCH, CXL_HDM_ENDPOINT}) {
		const auto d = decode(regs, kind);
		EXPECT_EQ(d.fault, CXL_HDM_ALL_ONES);
		EXPECT_FALSE(d.committed || d.locked || d.host_only);
		auto half = good_regs();
		half.base_low = ~0U;
		EXPECT_EQ(fault(half, kind), CXL_HDM_ALL_ONES);
		EXPECT_EQ(decode(half, kind).size, 0U);
		half = good_regs();
		half.size_low = ~0U;
		EXPECT_EQ(fault(half, kind), CXL_HDM_ALL_ONES);
	}
	regs = good_regs();
	regs.tl_low = ~0U;
	EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT), CXL_HDM_ALL_ONES);
	EXPECT_EQ(fault(regs, CXL_HDM_SWITCH), CXL_HDM_OK);
	regs.tl_high = ~0U;
	EXPECT_EQ(fault(regs, CXL_HDM_SWITCH), CXL_HDM_ALL_ONES);
	regs.tl_low = 0;
	EXPECT_EQ(fault(regs, CXL_HDM_SWITCH), CXL_HDM_OK);
}

TEST(HdmRegs, device_that_is_gone_is_told_before_a_failed_commit)
{
	auto regs = good_regs();
	regs.ctrl |= 1U << 11;
	EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT), CXL_HDM_COMMIT_ERROR);
	EXPECT_TRUE(decode(regs, CXL_HDM_ENDPOINT).committed);
	regs.base_low = ~0U;
	EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT), CXL_HDM_ALL_ONES);
	regs = good_regs();
	regs.ctrl = 1U << 9 | 1U << 11;
	EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT), CXL_HDM_COMMIT_ERROR);
}

TEST(HdmRegs, decoder_of_size_zero_maps_nothing)
{
	auto regs = good_regs();
	regs.size_low = 0;
	EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT), CXL_HDM_OK);
	EXPECT_EQ(fault(regs, CXL_HDM_SWITCH), CXL_HDM_OK);
	EXPECT_TRUE(decode(regs, CXL_HDM_ENDPOINT).committed);
	EXPECT_EQ(decode(regs, CXL_HDM_ENDPOINT).size, 0U);
}

TEST(HdmRegs, misaligned_decoder_is_refused_by_each_low_bit)
{
	for (unsigned bit = 0; bit < 32; bit++) {
		const auto want = bit < 28 ? CXL_HDM_MISALIGNED : CXL_HDM_OK;
		auto regs = good_regs();
		regs.base_low |= 1U << bit;
		EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT), want) << bit;
		EXPECT_EQ(decode(regs, CXL_HDM_ENDPOINT).base % SZ_256M, 0U);
		regs = good_regs();
		regs.size_low |= 1U << bit;
		EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT), want) << bit;
		regs = good_regs();
		regs.tl_low |= 1U << bit;
		EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT), want) << bit;
		EXPECT_EQ(fault(regs, CXL_HDM_SWITCH), CXL_HDM_OK) << bit;
	}
}

TEST(HdmRegs, range_ends_at_the_address_limit_and_not_beyond)
{
	auto regs = good_regs();
	regs.base_high = 0xfffff;
	regs.base_low = 0xf0000000;
	regs.size_low = 0x10000000;
	EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT), CXL_HDM_OK);
	regs.size_low = 0x20000000;
	EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT), CXL_HDM_WRAPS);
	regs = good_regs();
	regs.base_high = 0x100000;
	regs.base_low = 0;
	EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT), CXL_HDM_WRAPS);
	regs.base_high = ~0U;
	regs.base_low = 0xf0000000;
	EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT), CXL_HDM_WRAPS);
	regs = good_regs();
	regs.size_high = ~0U;
	regs.size_low = 0xf0000000;
	EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT), CXL_HDM_WRAPS);
	// the largest one there can be
	regs = good_regs();
	regs.base_high = regs.base_low = regs.size_low = 0;
	regs.size_high = 0x100000;
	EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT), CXL_HDM_OK);
	EXPECT_EQ(decode(regs, CXL_HDM_ENDPOINT).size, kLimit);
	regs.base_low = 0x10000000;
	EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT), CXL_HDM_WRAPS);
	regs = good_regs();
	regs.tl_high = 0x100000;
	EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT), CXL_HDM_OK);
	regs.tl_low = 0x10000000;
	EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT), CXL_HDM_WRAPS);
}

TEST(HdmRegs, only_defined_ways_are_accepted)
{
	const std::array<unsigned, 16> ways{1, 2, 4, 8, 16, 0, 0, 0, 3, 6, 12};
	for (u32 eiw = 0; eiw < 16; eiw++) {
		auto regs = good_regs();
		regs.size_high = 3;
		regs.size_low = 0;
		regs.ctrl = ctrl_of(eiw, 0);
		auto d = decode(regs, CXL_HDM_ENDPOINT);
		EXPECT_EQ(d.fault, ways[eiw] ? CXL_HDM_OK : CXL_HDM_BAD_WAYS) << eiw;
		EXPECT_EQ(d.ways, ways[eiw]) << eiw;
		regs.tl_low = 0x03020100;
		regs.tl_high = 0x07060504;
		d = decode(regs, CXL_HDM_SWITCH);
		const bool fits = ways[eiw] && ways[eiw] <= 8;
		EXPECT_EQ(d.fault, fits ? CXL_HDM_OK : CXL_HDM_BAD_WAYS) << eiw;
		EXPECT_EQ(d.ways, fits ? ways[eiw] : 0) << eiw;
	}
}

TEST(HdmRegs, ways_need_their_capability)
{
	for (u32 eiw : {0U, 1U, 2U, 3U, 4U, 8U, 9U, 10U}) {
		auto regs = good_regs();
		regs.size_high = 3;
		regs.size_low = 0;
		regs.ctrl = ctrl_of(eiw, 0);
		auto caps = full_caps();
		const auto d = decode(regs, CXL_HDM_ENDPOINT, &caps);
		EXPECT_EQ(d.fault, CXL_HDM_OK) << eiw;
		caps.iw_mask &= ~(1U << d.ways);
		EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT, &caps), CXL_HDM_BAD_WAYS) << eiw;
	}
}

TEST(HdmRegs, only_defined_granularities_are_accepted)
{
	for (u32 eig = 0; eig < 16; eig++) {
		auto regs = good_regs();
		regs.ctrl = ctrl_of(0, eig);
		const auto d = decode(regs, CXL_HDM_ENDPOINT);
		EXPECT_EQ(d.fault, eig <= 6 ? CXL_HDM_OK : CXL_HDM_BAD_GRANULARITY);
		EXPECT_EQ(d.granularity, eig <= 6 ? 256U << eig : 0U);
	}
}

TEST(HdmRegs, granularity_needs_exactly_its_address_bits)
{
	const std::array<unsigned, 11> bits{0, 1, 2, 3, 4, 0, 0, 0, 0, 1, 2};
	for (u32 eiw : {0U, 1U, 2U, 3U, 4U, 8U, 9U, 10U}) {
		for (u32 eig = 0; eig <= 6; eig++) {
			auto regs = good_regs();
			regs.size_high = 3;
			regs.size_low = 0;
			regs.ctrl = ctrl_of(eiw, eig);
			auto caps = full_caps();
			const u32 need = ((1U << bits[eiw]) - 1) << (8 + eig);
			caps.ig_mask = need;
			EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT, &caps), CXL_HDM_OK)
				<< eiw << " " << eig;
			for (unsigned bit = 0; bit < 20; bit++) {
				if (!(need & 1U << bit))
					continue;
				caps.ig_mask = ~0U & ~(1U << bit);
				EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT, &caps),
					  CXL_HDM_BAD_GRANULARITY);
				EXPECT_EQ(decode(regs, CXL_HDM_ENDPOINT, &caps).granularity, 0U);
			}
		}
	}
}

TEST(HdmRegs, size_is_a_multiple_of_the_ways)
{
	const std::array<unsigned, 11> ways{1, 2, 4, 8, 16, 0, 0, 0, 3, 6, 12};
	for (u32 eiw : {0U, 1U, 2U, 3U, 4U, 8U, 9U, 10U}) {
		for (u64 units = 1; units <= 50; units++) {
			auto regs = good_regs();
			regs.size_low = static_cast<u32>(units << 28);
			regs.size_high = static_cast<u32>(units >> 4);
			regs.ctrl = ctrl_of(eiw, 0);
			EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT),
				  units % ways[eiw] ? CXL_HDM_BAD_SIZE : CXL_HDM_OK)
				<< eiw << " " << units;
		}
	}
}

TEST(HdmRegs, largest_size_is_held_against_the_ways_too)
{
	auto regs = good_regs();
	regs.base_high = regs.base_low = regs.size_low = 0;
	regs.size_high = 0x100000;
	regs.ctrl = ctrl_of(8, 0);
	EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT), CXL_HDM_BAD_SIZE);
	regs.ctrl = ctrl_of(4, 0);
	EXPECT_EQ(fault(regs, CXL_HDM_ENDPOINT), CXL_HDM_OK);
}

TEST(HdmRegs, switch_targets_are_enough_and_differ)
{
	auto caps = full_caps();
	auto regs = good_regs();
	regs.size_low = 0x80000000;
	regs.tl_low = 0x03020100;
	regs.tl_high = 0x07060504;
	for (u32 eiw = 0; eiw < 4; eiw++) {
		regs.ctrl = ctrl_of(eiw, 0);
		caps.target_count = 1U << eiw;
		EXPECT_EQ(fault(regs, CXL_HDM_SWITCH, &caps), CXL_HDM_OK);
		caps.target_count = (1U << eiw) - 1;
		EXPECT_EQ(fault(regs, CXL_HDM_SWITCH, &caps), CXL_HDM_BAD_TARGET);
		// endpoints have no targets
		auto endpoint = regs;
		endpoint.tl_low = endpoint.tl_high = 0;
		EXPECT_EQ(fault(endpoint, CXL_HDM_ENDPOINT, &caps), CXL_HDM_OK);
	}
	regs.ctrl = ctrl_of(3, 0);
	for (unsigned i = 0; i < 8; i++) {
		for (unsigned j = 0; j < 8; j++) {
			u64 list = 0x0706050403020100;
			list &= ~(0xffULL << 8 * j);
			list |= static_cast<u64>(i) << 8 * j;
			regs.tl_low = static_cast<u32>(list);
			regs.tl_high = static_cast<u32>(list >> 32);
			EXPECT_EQ(fault(regs, CXL_HDM_SWITCH),
				  i == j ? CXL_HDM_OK : CXL_HDM_BAD_TARGET);
		}
	}
}

TEST(HdmRegs, first_fault_is_the_one_that_is_told)
{
	auto regs = good_regs();
	regs.base_high = ~0U;
	regs.ctrl = ctrl_of(15, 15);
	regs.size_low = 0x10000001;
	EXPECT_EQ(fault(regs, CXL_HDM_SWITCH), CXL_HDM_MISALIGNED);
	regs.size_low = 0x10000000;
	EXPECT_EQ(fault(regs, CXL_HDM_SWITCH), CXL_HDM_WRAPS);
	regs.base_high = 0;
	EXPECT_EQ(fault(regs, CXL_HDM_SWITCH), CXL_HDM_BAD_WAYS);
	regs.ctrl = ctrl_of(1, 15);
	EXPECT_EQ(fault(regs, CXL_HDM_SWITCH), CXL_HDM_BAD_GRANULARITY);
	regs.ctrl = ctrl_of(1, 0);
	EXPECT_EQ(fault(regs, CXL_HDM_SWITCH), CXL_HDM_BAD_SIZE);
	regs.size_low = 0x20000000;
	EXPECT_EQ(fault(regs, CXL_HDM_SWITCH), CXL_HDM_BAD_TARGET);
}

TEST(HdmRegs, capability_register_gives_counts)
{
	const std::array<unsigned, 16> decoders{1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32};
	const std::set<unsigned> targets{1, 2, 4, 8};
	cxl_hdm_caps caps;
	for (u32 i = 0; i < 16; i++) {
		EXPECT_EQ(cxl_hdm_decode_caps(i, &caps), decoders[i] ? 0 : -ENXIO);
		EXPECT_EQ(caps.decoder_count, decoders[i]);
		EXPECT_EQ(cxl_hdm_decode_caps(i << 4, &caps), 0);
		EXPECT_EQ(caps.target_count, targets.count(i) ? i : 0);
	}
	EXPECT_EQ(cxl_hdm_decode_caps(~0U, &caps), -ENXIO);
}

TEST(HdmRegs, capability_register_gives_interleave_masks)
{
	cxl_hdm_caps caps;
	const auto masks = [&caps](u32 cap) {
		EXPECT_EQ(cxl_hdm_decode_caps(cap, &caps), 0);
		return std::pair{caps.ig_mask, caps.iw_mask};
	};
	EXPECT_EQ(masks(0), (std::pair<u32, u32>{0, 0x116}));
	EXPECT_EQ(masks(1U << 8), (std::pair<u32, u32>{0xf00, 0x116}));
	EXPECT_EQ(masks(1U << 9), (std::pair<u32, u32>{0x7000, 0x116}));
	EXPECT_EQ(masks(3U << 8), (std::pair<u32, u32>{0x7f00, 0x116}));
	EXPECT_EQ(masks(1U << 11), (std::pair<u32, u32>{0, 0x115e}));
	EXPECT_EQ(masks(1U << 12), (std::pair<u32, u32>{0, 0x10116}));
}

TEST(HdmRegs, encodings_survive_a_round_trip)
{
	std::set<unsigned> ways, granularities;
	for (unsigned i = 0; i < 300; i++) {
		unsigned value, back;
		if (!cxl_eiw_to_ways(i, &value)) {
			EXPECT_TRUE(ways.insert(value).second);
			EXPECT_EQ(cxl_ways_to_eiw(value, &back), 0);
			EXPECT_EQ(back, i);
		}
		if (!cxl_eig_to_granularity(i, &value)) {
			EXPECT_TRUE(granularities.insert(value).second);
			EXPECT_EQ(cxl_granularity_to_eig(value, &back), 0);
			EXPECT_EQ(back, i);
		}
	}
	EXPECT_EQ(ways, (std::set<unsigned>{1, 2, 3, 4, 6, 8, 12, 16}));
	EXPECT_EQ(granularities, (std::set<unsigned>{256, 512, 1024, 2048, 4096, 8192, 16384}));
	for (unsigned value = 0; value < 40000; value++) {
		unsigned back;
		EXPECT_EQ(cxl_ways_to_eiw(value, &back), ways.count(value) ? 0 : -EINVAL);
		EXPECT_EQ(cxl_granularity_to_eig(value, &back),
			  granularities.count(value) ? 0 : -EINVAL);
	}
	unsigned dummy;
	EXPECT_EQ(cxl_eiw_to_ways(~0U, &dummy), -EINVAL);
	EXPECT_EQ(cxl_eig_to_granularity(~0U, &dummy), -EINVAL);
}

// What is decoded of @regs says the same when it was encoded again.
void expect_round_trip(const cxl_hdm_regs &regs, cxl_hdm_kind kind)
{
	const auto d = decode(regs, kind);
	ASSERT_EQ(d.fault, CXL_HDM_OK);
	cxl_hdm_regs back;
	std::memset(&back, 0x5a, sizeof(back));
	ASSERT_EQ(cxl_hdm_encode(&d, kind, &back), 0);
	EXPECT_EQ(back.ctrl, regs.ctrl & CXL_HDM_CTRL_VALUES);
	EXPECT_EQ(back.base_low, regs.base_low);
	EXPECT_EQ(back.base_high, regs.base_high);
	EXPECT_EQ(back.size_low, regs.size_low);
	EXPECT_EQ(back.size_high, regs.size_high);
	back.ctrl |= kCommitted;
	const auto again = decode(back, kind);
	EXPECT_TRUE(cxl_hdm_same(&d, &again));
}

TEST(HdmRegs, decoder_survives_a_round_trip)
{
	for (u32 eiw : {0U, 1U, 2U, 3U, 4U, 8U, 9U, 10U}) {
		for (u32 eig = 0; eig <= 6; eig++) {
			auto regs = good_regs();
			regs.size_high = 3;
			regs.size_low = 0;
			regs.ctrl = ctrl_of(eiw, eig);
			expect_round_trip(regs, CXL_HDM_ENDPOINT);
			for (u32 bit = 8; bit < 28; bit++) {
				regs.ctrl = ctrl_of(eiw, eig) | (1U << bit & ~(1U << 11));
				expect_round_trip(regs, CXL_HDM_ENDPOINT);
			}
			regs.tl_low = 0xf0000000;
			regs.tl_high = 0xfff;
			expect_round_trip(regs, CXL_HDM_ENDPOINT);
			regs.tl_low = 0x03ff0007;
			regs.tl_high = 0x08020109;
			if (eiw <= 3 || eiw == 8 || eiw == 9)
				expect_round_trip(regs, CXL_HDM_SWITCH);
		}
	}
}

// A change that must make a decoder of two ways something that no registers say.
template <typename Change> void expect_not_encoded(Change change, cxl_hdm_kind kind)
{
	cxl_hdm_decoded d{};
	d.size = 4ULL * SZ_256M;
	d.ways = 2;
	d.granularity = 256;
	d.targets[1] = kind == CXL_HDM_SWITCH;
	cxl_hdm_regs regs;
	ASSERT_EQ(cxl_hdm_encode(&d, kind, &regs), 0);
	change(d);
	EXPECT_EQ(cxl_hdm_encode(&d, kind, &regs), -EINVAL);
}

TEST(HdmRegs, what_no_decoder_says_is_not_encoded)
{
	using D = cxl_hdm_decoded;
	for (auto kind : {CXL_HDM_SWITCH, CXL_HDM_ENDPOINT}) {
		for (u64 bit = 0; bit < 28; bit++) {
			expect_not_encoded([bit](D &d) { d.base |= 1ULL << bit; }, kind);
			expect_not_encoded([bit](D &d) { d.size |= 1ULL << bit; }, kind);
			expect_not_encoded([bit](D &d) { d.skip |= 1ULL << bit; }, kind);
		}
		expect_not_encoded([](D &d) { d.size = 0; }, kind);
		expect_not_encoded([](D &d) { d.size = SZ_256M; }, kind);
		expect_not_encoded([](D &d) { d.base = kLimit; }, kind);
		expect_not_encoded([](D &d) { d.base = 0ULL - SZ_256M; }, kind);
		for (unsigned ways : {0U, 5U, 7U, 9U, 17U, ~0U})
			expect_not_encoded([ways](D &d) { d.ways = ways; }, kind);
		for (unsigned bytes : {0U, 128U, 300U, 32768U, ~0U})
			expect_not_encoded([bytes](D &d) { d.granularity = bytes; }, kind);
		for (u32 bit : {0U, 4U, 8U, 9U, 10U, 11U, 12U, 15U, 28U, 31U})
			expect_not_encoded([bit](D &d) { d.carried = 1U << bit; }, kind);
	}
	expect_not_encoded([](D &d) { d.ways = 16, d.size = 16ULL * SZ_256M; }, CXL_HDM_SWITCH);
	expect_not_encoded([](D &d) { d.targets[1] = 0; }, CXL_HDM_SWITCH);
	expect_not_encoded([](D &d) { d.skip = SZ_256M; }, CXL_HDM_SWITCH);
	expect_not_encoded([](D &d) { d.skip = kLimit + SZ_256M; }, CXL_HDM_ENDPOINT);
}

TEST(HdmRegs, decoders_that_differ_in_one_value_are_not_the_same)
{
	using D = cxl_hdm_decoded;
	D d{};
	d.ways = 2;
	d.targets[0] = 1;
	const auto same_after = [&d](auto change) {
		D other = d;
		change(other);
		return cxl_hdm_same(&d, &other) && cxl_hdm_same(&other, &d);
	};
	// behind the ways there is no target, and state is no value
	EXPECT_TRUE(same_after([](D &o) { o.targets[2] = 7; }));
	EXPECT_TRUE(same_after([](D &o) { o.committed = o.locked = true; }));
	EXPECT_FALSE(same_after([](D &o) { o.base = 1; }));
	EXPECT_FALSE(same_after([](D &o) { o.size = 1; }));
	EXPECT_FALSE(same_after([](D &o) { o.ways = 1; }));
	EXPECT_FALSE(same_after([](D &o) { o.granularity = 1; }));
	EXPECT_FALSE(same_after([](D &o) { o.skip = 1; }));
	EXPECT_FALSE(same_after([](D &o) { o.host_only = true; }));
	EXPECT_FALSE(same_after([](D &o) { o.carried = 1U << 13; }));
	EXPECT_FALSE(same_after([](D &o) { o.targets[0] = 2; }));
	EXPECT_FALSE(same_after([](D &o) { o.targets[1] = 2; }));
	// an endpoint may have more ways than a list has places
	d.ways = 16;
	EXPECT_TRUE(same_after([](D &) {}));
}

TEST(HdmRegs, every_fault_has_a_text_of_its_own)
{
	std::set<std::string> texts;
	for (int i = CXL_HDM_OK; i <= CXL_HDM_DESCENDING + 1; i++)
		EXPECT_TRUE(texts.insert(cxl_hdm_fault_str(static_cast<cxl_hdm_fault>(i))).second)
			<< i;
}

TEST(HdmRegs, random_registers_keep_the_invariants)
{
	std::mt19937 rnd(0x43584c);
	unsigned usable = 0;
	for (int round = 0; round < 300000; round++) {
		const auto kind = rnd() & 1 ? CXL_HDM_ENDPOINT : CXL_HDM_SWITCH;
		const u32 shape = rnd();
		cxl_hdm_regs r{static_cast<u32>(rnd()), static_cast<u32>(rnd()),
			       static_cast<u32>(rnd()), static_cast<u32>(rnd()),
			       static_cast<u32>(rnd()), static_cast<u32>(rnd()),
			       static_cast<u32>(rnd())};
		if (shape & 1) {
			r.base_low &= 0xf0000000;
			r.size_low &= 0xf0000000;
			r.base_high &= 0x1fffff;
			r.size_high &= 3;
		}
		if (shape & 2)
			r.ctrl = (r.ctrl | kCommitted) & ~(1U << 11);
		if (shape & 4 && kind == CXL_HDM_ENDPOINT) {
			r.tl_low &= 0xf0000000;
			r.tl_high &= 0x1fffff;
		}
		cxl_hdm_caps caps;
		const cxl_hdm_caps *use = nullptr;
		if (!cxl_hdm_decode_caps(rnd(), &caps) && shape & 8)
			use = &caps;
		const auto d = decode(r, kind, use);
		ASSERT_LE(d.ways, kind == CXL_HDM_SWITCH ? 8U : 16U);
		if (!d.committed || !d.size || d.fault != CXL_HDM_OK)
			continue;
		usable++;
		ASSERT_EQ((d.base | d.size | d.skip) % SZ_256M, 0U);
		ASSERT_LE(d.base, kLimit);
		ASSERT_LE(d.size, kLimit - d.base);
		ASSERT_LE(d.skip, kLimit);
		ASSERT_EQ(d.size % (static_cast<u64>(d.ways) * SZ_256M), 0U);
		if (kind == CXL_HDM_SWITCH) {
			ASSERT_EQ(std::set<u8>(d.targets, d.targets + d.ways).size(), d.ways);
		}
		expect_round_trip(r, kind);
	}
	EXPECT_GT(usable, 1000U);
}

} // namespace
