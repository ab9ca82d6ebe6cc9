// SPDX-License-Identifier: GPL-2.0-only
// The decoders of one port, in order of their numbers: the modules' own judge.
#include <utility>
#include <vector>

#include <gtest/gtest.h>

extern "C" {
#include "hdm_regs.h"
}

namespace
{

// The faults of decoders with these ranges, in order; size 0: not committed.
std::vector<cxl_hdm_fault> sequence(const std::vector<std::pair<u64, u64>> &ranges,
				    cxl_hdm_fault first = CXL_HDM_OK)
{
	cxl_hdm_sequence so_far{};
	std::vector<cxl_hdm_fault> faults;
	for (const auto &[base, size] : ranges) {
		cxl_hdm_decoded d{};
		d.committed = size != 0;
		d.base = base;
		d.size = size;
		if (faults.empty())
			d.fault = first;
		cxl_hdm_sequence_next(&so_far, &d);
		faults.push_back(d.fault);
	}
	return faults;
}

using Faults = std::vector<cxl_hdm_fault>;

TEST(HdmSequence, ascending_ranges_are_fine)
{
	EXPECT_EQ(sequence({{0, 10}, {10, 5}, {100, 1}, {0, 0}, {0, 0}}),
		  (Faults{CXL_HDM_OK, CXL_HDM_OK, CXL_HDM_OK, CXL_HDM_OK, CXL_HDM_OK}));
}

TEST(HdmSequence, decoder_committed_behind_an_idle_one_is_out_of_order)
{
	EXPECT_EQ(sequence({{0, 0}, {10, 5}, {20, 5}}),
		  (Faults{CXL_HDM_OK, CXL_HDM_OUT_OF_ORDER, CXL_HDM_OUT_OF_ORDER}));
	EXPECT_EQ(sequence({{10, 5}, {0, 0}, {20, 5}}),
		  (Faults{CXL_HDM_OK, CXL_HDM_OK, CXL_HDM_OUT_OF_ORDER}));
}

TEST(HdmSequence, ranges_that_share_a_byte_overlap)
{
	EXPECT_EQ(sequence({{10, 5}, {14, 5}})[1], CXL_HDM_OVERLAP);
	EXPECT_EQ(sequence({{10, 5}, {10, 5}})[1], CXL_HDM_OVERLAP);
	EXPECT_EQ(sequence({{10, 5}, {6, 5}})[1], CXL_HDM_OVERLAP);
	EXPECT_EQ(sequence({{10, 5}, {0, 100}})[1], CXL_HDM_OVERLAP);
	EXPECT_EQ(sequence({{10, 5}, {12, 1}})[1], CXL_HDM_OVERLAP);
}

TEST(HdmSequence, range_below_the_one_in_front_is_descending)
{
	EXPECT_EQ(sequence({{10, 5}, {5, 5}})[1], CXL_HDM_DESCENDING);
	EXPECT_EQ(sequence({{10, 5}, {20, 5}, {15, 5}})[2], CXL_HDM_DESCENDING);
}

TEST(HdmSequence, only_good_decoders_are_compared_with)
{
	// the first one's range counts for nothing, and its fault stays what it was
	EXPECT_EQ(sequence({{10, 5}, {12, 5}, {30, 5}}, CXL_HDM_MISALIGNED),
		  (Faults{CXL_HDM_MISALIGNED, CXL_HDM_OK, CXL_HDM_OK}));
	// nor does that of one which overlaps
	EXPECT_EQ(sequence({{10, 5}, {12, 50}, {30, 5}}),
		  (Faults{CXL_HDM_OK, CXL_HDM_OVERLAP, CXL_HDM_OK}));
}

} // namespace
