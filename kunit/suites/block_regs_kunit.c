// SPDX-License-Identifier: GPL-2.0-only
/* Where register blocks are: the rules, on the shipped decoder. */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "../../kmod/pure/block_regs.c"

#define SWEEP_ROUNDS	100000

static void locator_holds_the_entries_that_fit(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, cxl_locator_nr_entries(0), 0);
	KUNIT_EXPECT_EQ(test, cxl_locator_nr_entries(0xb), 0);
	KUNIT_EXPECT_EQ(test, cxl_locator_nr_entries(0xc), 0);
	KUNIT_EXPECT_EQ(test, cxl_locator_nr_entries(0x13), 0);
	KUNIT_EXPECT_EQ(test, cxl_locator_nr_entries(0x14), 1);
	KUNIT_EXPECT_EQ(test, cxl_locator_nr_entries(0x24), 3);
	KUNIT_EXPECT_EQ(test, cxl_locator_nr_entries(0xfff), 510);
	/* the length has 12 bits */
	KUNIT_EXPECT_EQ(test, cxl_locator_nr_entries(~0U), 510);
}

static void locator_entry_gives_bar_block_and_offset(struct kunit *test)
{
	struct cxl_locator_entry entry;

	KUNIT_EXPECT_EQ(test, cxl_locator_decode(0xabcd0304, 0x12, &entry), 0);
	KUNIT_EXPECT_EQ(test, entry.bir, 4);
	KUNIT_EXPECT_EQ(test, entry.block_id, 3);
	KUNIT_EXPECT_EQ(test, entry.offset, 0x12abcd0000ULL);
	/* bits 7:3 are reserved */
	KUNIT_EXPECT_EQ(test, cxl_locator_decode(0x000001f8, 0, &entry), 0);
	KUNIT_EXPECT_EQ(test, entry.bir, 0);
	KUNIT_EXPECT_EQ(test, entry.block_id, 1);
	KUNIT_EXPECT_EQ(test, entry.offset, 0);
}

static void locator_entry_of_no_bar_is_refused(struct kunit *test)
{
	struct cxl_locator_entry entry;
	u32 bir;

	for (bir = 0; bir < 8; bir++)
		KUNIT_EXPECT_EQ(test,
				cxl_locator_decode(0x100 | bir, 0, &entry),
				bir <= 5 ? 0 : -ENXIO);
}

static void locator_entry_that_does_not_answer_is_refused(struct kunit *test)
{
	struct cxl_locator_entry entry;

	memset(&entry, 0x5a, sizeof(entry));
	KUNIT_EXPECT_EQ(test, cxl_locator_decode(~0U, ~0U, &entry), -ENXIO);
	KUNIT_EXPECT_EQ(test, entry.offset, 0);
	KUNIT_EXPECT_EQ(test, cxl_locator_decode(0x100, ~0U, &entry), -ENXIO);
}

static void only_a_cxl_capability_array_is_counted(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, cxl_cap_array_count(0x05110001), 5);
	KUNIT_EXPECT_EQ(test, cxl_cap_array_count(0xff110001), 255);
	KUNIT_EXPECT_EQ(test, cxl_cap_array_count(0x00110001), 0);
	KUNIT_EXPECT_EQ(test, cxl_cap_array_count(0x05110002), -ENXIO);
	KUNIT_EXPECT_EQ(test, cxl_cap_array_count(0x05118001), -ENXIO);
	KUNIT_EXPECT_EQ(test, cxl_cap_array_count(0), -ENXIO);
	KUNIT_EXPECT_EQ(test, cxl_cap_array_count(~0U), -ENXIO);
}

static void capability_entry_gives_id_version_and_offset(struct kunit *test)
{
	struct cxl_cap_entry entry;

	KUNIT_EXPECT_EQ(test, cxl_cap_entry_decode(0x12830005, 3, 0x90, &entry),
			0);
	KUNIT_EXPECT_EQ(test, entry.id, CXL_CAP_ID_HDM);
	KUNIT_EXPECT_EQ(test, entry.version, 3);
	KUNIT_EXPECT_EQ(test, entry.offset, 0x128);
}

static void capability_inside_of_the_array_is_refused(struct kunit *test)
{
	struct cxl_cap_entry entry;

	/* header and three entries end at 0x10 */
	KUNIT_EXPECT_EQ(test, cxl_cap_entry_decode(0x01000005, 3, 4, &entry), 0);
	KUNIT_EXPECT_EQ(test, cxl_cap_entry_decode(0x01000005, 4, 4, &entry),
			-ENXIO);
	KUNIT_EXPECT_EQ(test, cxl_cap_entry_decode(0x00c00005, 3, 4, &entry),
			-ENXIO);
	KUNIT_EXPECT_EQ(test, cxl_cap_entry_decode(0x00000005, 3, 4, &entry),
			-ENXIO);
	KUNIT_EXPECT_EQ(test, cxl_cap_entry_decode(0x10000005, UINT_MAX, 4,
						   &entry), -ENXIO);
}

static void capability_past_the_end_is_refused(struct kunit *test)
{
	struct cxl_cap_entry entry;

	KUNIT_EXPECT_EQ(test, cxl_cap_entry_decode(0xff000005, 3, 0x10, &entry),
			0);
	KUNIT_EXPECT_EQ(test, cxl_cap_entry_decode(0xff000005, 3, 0x11, &entry),
			-ENXIO);
	KUNIT_EXPECT_EQ(test, cxl_cap_entry_decode(0xff000005, 3, UINT_MAX,
						   &entry), -ENXIO);
}

static void capability_at_an_odd_offset_is_refused(struct kunit *test)
{
	struct cxl_cap_entry entry;
	u32 low;

	for (low = 1; low < 4; low++)
		KUNIT_EXPECT_EQ(test,
				cxl_cap_entry_decode(0x10000005 | low << 20, 3,
						     4, &entry), -ENXIO);
	KUNIT_EXPECT_EQ(test, cxl_cap_entry_decode(~0U, 3, 0, &entry), -ENXIO);
}

static void dvsec_range_gives_size_and_base(struct kunit *test)
{
	struct cxl_dvsec_range range;

	KUNIT_EXPECT_EQ(test, cxl_dvsec_range_decode(0x1, 0x20000003, 0x6,
						     0x9fffffff, &range), 0);
	KUNIT_EXPECT_TRUE(test, range.valid);
	KUNIT_EXPECT_TRUE(test, range.active);
	KUNIT_EXPECT_EQ(test, range.size, 0x120000000ULL);
	KUNIT_EXPECT_EQ(test, range.base, 0x690000000ULL);
	KUNIT_EXPECT_EQ(test, cxl_dvsec_range_decode(0, 0x20000001, 0, 0,
						     &range), 0);
	KUNIT_EXPECT_TRUE(test, range.valid);
	KUNIT_EXPECT_FALSE(test, range.active);
	KUNIT_EXPECT_EQ(test, cxl_dvsec_range_decode(0, 0x20000002, 0, 0,
						     &range), 0);
	KUNIT_EXPECT_FALSE(test, range.valid);
	KUNIT_EXPECT_TRUE(test, range.active);
}

static void dvsec_range_that_does_not_answer_is_refused(struct kunit *test)
{
	struct cxl_dvsec_range range;

	KUNIT_EXPECT_EQ(test, cxl_dvsec_range_decode(~0U, 1, 0, 0, &range),
			-ENXIO);
	KUNIT_EXPECT_EQ(test, cxl_dvsec_range_decode(0, ~0U, 0, 0, &range),
			-ENXIO);
	KUNIT_EXPECT_EQ(test, cxl_dvsec_range_decode(0, 1, ~0U, 0, &range),
			-ENXIO);
	KUNIT_EXPECT_EQ(test, cxl_dvsec_range_decode(0, 1, 0, ~0U, &range),
			-ENXIO);
}

static void only_a_memory_device_has_ranges(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, cxl_dvsec_range_count(0x04), 0);
	KUNIT_EXPECT_EQ(test, cxl_dvsec_range_count(0x14), 1);
	KUNIT_EXPECT_EQ(test, cxl_dvsec_range_count(0x24), 2);
	KUNIT_EXPECT_EQ(test, cxl_dvsec_range_count(0x34), -ENXIO);
	KUNIT_EXPECT_EQ(test, cxl_dvsec_range_count(0x1b), -ENXIO);
	KUNIT_EXPECT_EQ(test, cxl_dvsec_range_count(0x5f), 1);
	KUNIT_EXPECT_EQ(test, cxl_dvsec_range_count(0xffff), -ENXIO);
}

static void random_registers_stay_within_their_blocks(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int round, ok = 0;

	prandom_seed_state(&rnd, 0x424c4b);
	for (round = 0; round < SWEEP_ROUNDS; round++) {
		u32 header = prandom_u32_state(&rnd);
		unsigned int count = prandom_u32_state(&rnd) & 0xff;
		unsigned int min_size = prandom_u32_state(&rnd) & 0x1fff;
		struct cxl_locator_entry locator;
		struct cxl_cap_entry entry;

		if (!cxl_cap_entry_decode(header, count, min_size, &entry)) {
			ok++;
			if (entry.offset < 4 * (count + 1) ||
			    entry.offset + min_size > CXL_CACHEMEM_SIZE ||
			    entry.offset % 4)
				KUNIT_FAIL(test, "%x count %u size %x", header,
					   count, min_size);
		}
		if (!cxl_locator_decode(header, prandom_u32_state(&rnd),
					&locator) &&
		    (locator.bir > 5 || locator.offset & 0xffff))
			KUNIT_FAIL(test, "locator %x", header);
	}
	KUNIT_EXPECT_GT(test, ok, SWEEP_ROUNDS / 1000);
}

static struct kunit_case block_regs_cases[] = {
	KUNIT_CASE(locator_holds_the_entries_that_fit),
	KUNIT_CASE(locator_entry_gives_bar_block_and_offset),
	KUNIT_CASE(locator_entry_of_no_bar_is_refused),
	KUNIT_CASE(locator_entry_that_does_not_answer_is_refused),
	KUNIT_CASE(only_a_cxl_capability_array_is_counted),
	KUNIT_CASE(capability_entry_gives_id_version_and_offset),
	KUNIT_CASE(capability_inside_of_the_array_is_refused),
	KUNIT_CASE(capability_past_the_end_is_refused),
	KUNIT_CASE(capability_at_an_odd_offset_is_refused),
	KUNIT_CASE(dvsec_range_gives_size_and_base),
	KUNIT_CASE(dvsec_range_that_does_not_answer_is_refused),
	KUNIT_CASE(only_a_memory_device_has_ranges),
	KUNIT_CASE(random_registers_stay_within_their_blocks),
	{}
};

static struct kunit_suite block_regs_suite = {
	.name = "block_regs_kunit",
	.test_cases = block_regs_cases,
};

kunit_test_suite(block_regs_suite);

MODULE_DESCRIPTION("KUnit: where register blocks are");
MODULE_LICENSE("GPL");
