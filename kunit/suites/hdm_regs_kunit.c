// SPDX-License-Identifier: GPL-2.0-only
/* The rules of an HDM decoder's values, on the shipped decoder. */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "../../kmod/pure/hdm_regs.c"

#define SWEEP_ROUNDS	100000
#define LIMIT		BIT_ULL(52)

/* a decoder that nothing is wrong with */
static struct cxl_hdm_regs good_regs(void)
{
	return (struct cxl_hdm_regs) {
		.base_low = 0x90000000,
		.base_high = 0x6,
		.size_low = 0x20000000,
		.ctrl = CXL_HDM_CTRL_COMMITTED | CXL_HDM_CTRL_COMMIT,
	};
}

static struct cxl_hdm_caps full_caps(void)
{
	return (struct cxl_hdm_caps) {
		.decoder_count = 4,
		.target_count = 8,
		.ig_mask = GENMASK(14, 8),
		.iw_mask = 0x1115e,
	};
}

static u32 ctrl_of(unsigned int eiw, unsigned int eig)
{
	return CXL_HDM_CTRL_COMMITTED | FIELD_PREP(CXL_HDM_CTRL_IW, eiw) |
	       FIELD_PREP(CXL_HDM_CTRL_IG, eig);
}

static struct cxl_hdm_decoded decode(struct cxl_hdm_regs regs,
				     enum cxl_hdm_kind kind,
				     const struct cxl_hdm_caps *caps)
{
	struct cxl_hdm_decoded out;

	/* whatever was there must not shine through */
	memset(&out, 0x5a, sizeof(out));
	cxl_hdm_decode(&regs, kind, caps, &out);
	return out;
}

static void fault_is(struct kunit *test, struct cxl_hdm_regs regs,
		     enum cxl_hdm_kind kind, const struct cxl_hdm_caps *caps,
		     enum cxl_hdm_fault fault)
{
	struct cxl_hdm_decoded out = decode(regs, kind, caps);

	KUNIT_EXPECT_STREQ_MSG(test, cxl_hdm_fault_str(out.fault),
			       cxl_hdm_fault_str(fault),
			       "base %x:%x size %x:%x ctrl %x tl %x:%x",
			       regs.base_high, regs.base_low, regs.size_high,
			       regs.size_low, regs.ctrl, regs.tl_high,
			       regs.tl_low);
}

static void committed_endpoint_decoder_gives_its_range(struct kunit *test)
{
	struct cxl_hdm_regs regs = good_regs();
	struct cxl_hdm_decoded out;

	regs.tl_low = 0x10000000;
	regs.tl_high = 0x1;
	out = decode(regs, CXL_HDM_ENDPOINT, NULL);
	KUNIT_EXPECT_EQ(test, out.fault, CXL_HDM_OK);
	KUNIT_EXPECT_TRUE(test, out.committed);
	KUNIT_EXPECT_FALSE(test, out.locked);
	KUNIT_EXPECT_FALSE(test, out.host_only);
	KUNIT_EXPECT_EQ(test, out.base, 0x690000000ULL);
	KUNIT_EXPECT_EQ(test, out.size, 0x20000000ULL);
	KUNIT_EXPECT_EQ(test, out.ways, 1);
	KUNIT_EXPECT_EQ(test, out.granularity, 256);
	KUNIT_EXPECT_EQ(test, out.skip, 0x110000000ULL);
}

static void committed_switch_decoder_gives_its_targets(struct kunit *test)
{
	static const u8 ids[] = { 7, 0, 0xff, 3, 9, 1, 2, 8 };
	struct cxl_hdm_caps caps = full_caps();
	struct cxl_hdm_regs regs = good_regs();
	struct cxl_hdm_decoded out;

	regs.size_low = 0x80000000;
	regs.ctrl = ctrl_of(3, 0);
	regs.tl_low = 0x03ff0007;
	regs.tl_high = 0x08020109;
	out = decode(regs, CXL_HDM_SWITCH, &caps);
	KUNIT_EXPECT_EQ(test, out.fault, CXL_HDM_OK);
	KUNIT_EXPECT_EQ(test, out.ways, 8);
	KUNIT_EXPECT_MEMEQ(test, out.targets, ids, sizeof(ids));
	KUNIT_EXPECT_EQ(test, out.skip, 0);

	/* only as many as there are ways */
	regs.ctrl = ctrl_of(1, 0);
	out = decode(regs, CXL_HDM_SWITCH, &caps);
	KUNIT_EXPECT_EQ(test, out.fault, CXL_HDM_OK);
	KUNIT_EXPECT_EQ(test, out.targets[0], 7);
	KUNIT_EXPECT_EQ(test, out.targets[1], 0);
	KUNIT_EXPECT_EQ(test, out.targets[2], 0);
}

static void lock_and_memory_type_are_told_of_any_decoder(struct kunit *test)
{
	struct cxl_hdm_regs regs = good_regs();
	struct cxl_hdm_decoded out;

	regs.ctrl |= CXL_HDM_CTRL_LOCK | CXL_HDM_CTRL_HOSTONLY;
	out = decode(regs, CXL_HDM_ENDPOINT, NULL);
	KUNIT_EXPECT_TRUE(test, out.locked);
	KUNIT_EXPECT_TRUE(test, out.host_only);
	regs.ctrl = CXL_HDM_CTRL_LOCK | CXL_HDM_CTRL_HOSTONLY;
	out = decode(regs, CXL_HDM_ENDPOINT, NULL);
	KUNIT_EXPECT_FALSE(test, out.committed);
	KUNIT_EXPECT_TRUE(test, out.locked);
	KUNIT_EXPECT_TRUE(test, out.host_only);
}

static void idle_decoder_has_no_fault_and_no_range(struct kunit *test)
{
	struct cxl_hdm_regs regs = good_regs();
	struct cxl_hdm_decoded out;

	regs.ctrl = CXL_HDM_CTRL_COMMIT;
	out = decode(regs, CXL_HDM_SWITCH, NULL);
	KUNIT_EXPECT_EQ(test, out.fault, CXL_HDM_OK);
	KUNIT_EXPECT_FALSE(test, out.committed);
	KUNIT_EXPECT_EQ(test, out.base, 0);
	KUNIT_EXPECT_EQ(test, out.size, 0);
	KUNIT_EXPECT_EQ(test, out.ways, 0);
	KUNIT_EXPECT_EQ(test, out.targets[0], 0);
}

static void all_ones_means_the_device_is_gone(struct kunit *test)
{
	struct cxl_hdm_regs regs;
	struct cxl_hdm_decoded out;

	memset(&regs, 0xff, sizeof(regs));
	out = decode(regs, CXL_HDM_SWITCH, NULL);
	KUNIT_EXPECT_EQ(test, out.fault, CXL_HDM_ALL_ONES);
	KUNIT_EXPECT_FALSE(test, out.committed);
	KUNIT_EXPECT_FALSE(test, out.locked);

	/* gone between two reads */
	regs = good_regs();
	regs.base_low = ~0U;
	fault_is(test, regs, CXL_HDM_ENDPOINT, NULL, CXL_HDM_ALL_ONES);
	regs = good_regs();
	regs.size_low = ~0U;
	fault_is(test, regs, CXL_HDM_SWITCH, NULL, CXL_HDM_ALL_ONES);
	regs = good_regs();
	regs.tl_low = ~0U;
	fault_is(test, regs, CXL_HDM_ENDPOINT, NULL, CXL_HDM_ALL_ONES);
	fault_is(test, regs, CXL_HDM_SWITCH, NULL, CXL_HDM_OK);
	regs.tl_high = ~0U;
	fault_is(test, regs, CXL_HDM_SWITCH, NULL, CXL_HDM_ALL_ONES);
}

static void failed_commit_is_a_fault(struct kunit *test)
{
	struct cxl_hdm_regs regs = good_regs();

	regs.ctrl |= CXL_HDM_CTRL_ERROR;
	fault_is(test, regs, CXL_HDM_ENDPOINT, NULL, CXL_HDM_COMMIT_ERROR);
	regs.ctrl = CXL_HDM_CTRL_COMMIT | CXL_HDM_CTRL_ERROR;
	fault_is(test, regs, CXL_HDM_ENDPOINT, NULL, CXL_HDM_COMMIT_ERROR);
}

static void decoder_of_size_zero_maps_nothing(struct kunit *test)
{
	struct cxl_hdm_regs regs = good_regs();

	regs.size_low = 0;
	regs.base_low = 1;	/* nor does the rest matter */
	fault_is(test, regs, CXL_HDM_ENDPOINT, NULL, CXL_HDM_OK);
	fault_is(test, regs, CXL_HDM_SWITCH, NULL, CXL_HDM_OK);
}

static void misaligned_decoder_is_refused(struct kunit *test)
{
	struct cxl_hdm_regs regs = good_regs();

	regs.base_low |= BIT(27);
	fault_is(test, regs, CXL_HDM_ENDPOINT, NULL, CXL_HDM_MISALIGNED);
	regs = good_regs();
	regs.size_low |= BIT(0);
	fault_is(test, regs, CXL_HDM_ENDPOINT, NULL, CXL_HDM_MISALIGNED);
	regs = good_regs();
	regs.tl_low = BIT(16);
	fault_is(test, regs, CXL_HDM_ENDPOINT, NULL, CXL_HDM_MISALIGNED);
	fault_is(test, regs, CXL_HDM_SWITCH, NULL, CXL_HDM_OK);
}

static void range_ends_at_the_address_limit_and_not_beyond(struct kunit *test)
{
	struct cxl_hdm_regs regs = good_regs();

	regs.base_high = 0xfffff;
	regs.base_low = 0xf0000000;
	regs.size_low = 0x10000000;
	fault_is(test, regs, CXL_HDM_ENDPOINT, NULL, CXL_HDM_OK);
	regs.size_low = 0x20000000;
	fault_is(test, regs, CXL_HDM_ENDPOINT, NULL, CXL_HDM_WRAPS);
	regs.base_high = 0x100000;
	regs.base_low = 0;
	regs.size_low = 0x10000000;
	fault_is(test, regs, CXL_HDM_ENDPOINT, NULL, CXL_HDM_WRAPS);
	/* beyond 2^64 */
	regs.base_high = 0xffffffff;
	regs.base_low = 0xf0000000;
	fault_is(test, regs, CXL_HDM_ENDPOINT, NULL, CXL_HDM_WRAPS);
	regs = good_regs();
	regs.size_high = 0xffffffff;
	regs.size_low = 0xf0000000;
	fault_is(test, regs, CXL_HDM_ENDPOINT, NULL, CXL_HDM_WRAPS);
	regs = good_regs();
	regs.tl_high = 0x100000;
	fault_is(test, regs, CXL_HDM_ENDPOINT, NULL, CXL_HDM_OK);
	regs.tl_low = 0x10000000;
	fault_is(test, regs, CXL_HDM_ENDPOINT, NULL, CXL_HDM_WRAPS);
}

static void only_defined_ways_are_accepted(struct kunit *test)
{
	static const u8 ways[16] = {
		1, 2, 4, 8, 16, 0, 0, 0, 3, 6, 12, 0, 0, 0, 0, 0
	};
	struct cxl_hdm_regs regs = good_regs();
	struct cxl_hdm_decoded out;
	unsigned int eiw;

	/* 48 * 256 MiB: a multiple of every number of ways */
	regs.size_high = 3;
	regs.size_low = 0;
	regs.tl_low = 0x03020100;
	regs.tl_high = 0x07060504;
	for (eiw = 0; eiw < 16; eiw++) {
		regs.ctrl = ctrl_of(eiw, 0);
		fault_is(test, regs, CXL_HDM_SWITCH, NULL,
			 ways[eiw] && ways[eiw] <= 8 ? CXL_HDM_OK :
						       CXL_HDM_BAD_WAYS);
		regs.tl_high = 0;
		regs.tl_low = 0;
		fault_is(test, regs, CXL_HDM_ENDPOINT, NULL,
			 ways[eiw] ? CXL_HDM_OK : CXL_HDM_BAD_WAYS);
		out = decode(regs, CXL_HDM_ENDPOINT, NULL);
		KUNIT_EXPECT_EQ(test, out.ways, ways[eiw]);
		regs.tl_low = 0x03020100;
		regs.tl_high = 0x07060504;
	}
}

static void ways_need_their_capability(struct kunit *test)
{
	static const struct { u8 eiw, ways; } all[] = {
		{ 0, 1 }, { 1, 2 }, { 2, 4 }, { 3, 8 },
		{ 4, 16 }, { 8, 3 }, { 9, 6 }, { 10, 12 },
	};
	struct cxl_hdm_caps caps;
	struct cxl_hdm_regs regs = good_regs();
	unsigned int i;

	regs.size_high = 3;
	regs.size_low = 0;
	for (i = 0; i < ARRAY_SIZE(all); i++) {
		regs.ctrl = ctrl_of(all[i].eiw, 0);
		caps = full_caps();
		fault_is(test, regs, CXL_HDM_ENDPOINT, &caps, CXL_HDM_OK);
		caps.iw_mask &= ~BIT(all[i].ways);
		fault_is(test, regs, CXL_HDM_ENDPOINT, &caps, CXL_HDM_BAD_WAYS);
	}
}

static void only_defined_granularities_are_accepted(struct kunit *test)
{
	struct cxl_hdm_regs regs = good_regs();
	struct cxl_hdm_decoded out;
	unsigned int eig;

	for (eig = 0; eig < 16; eig++) {
		regs.ctrl = ctrl_of(0, eig);
		out = decode(regs, CXL_HDM_ENDPOINT, NULL);
		KUNIT_EXPECT_EQ(test, out.fault, eig <= 6 ? CXL_HDM_OK :
						 CXL_HDM_BAD_GRANULARITY);
		KUNIT_EXPECT_EQ(test, out.granularity,
				eig <= 6 ? 256 << eig : 0);
	}
}

static void granularity_needs_its_address_bits(struct kunit *test)
{
	struct cxl_hdm_caps caps = full_caps();
	struct cxl_hdm_regs regs = good_regs();

	/* 4 ways at 1 KiB select by bits 10 and 11 */
	regs.size_low = 0x40000000;
	regs.ctrl = ctrl_of(2, 2);
	caps.ig_mask = GENMASK(11, 8);
	fault_is(test, regs, CXL_HDM_ENDPOINT, &caps, CXL_HDM_OK);
	regs.ctrl = ctrl_of(2, 3);
	fault_is(test, regs, CXL_HDM_ENDPOINT, &caps, CXL_HDM_BAD_GRANULARITY);
	caps.ig_mask = GENMASK(14, 12);
	fault_is(test, regs, CXL_HDM_ENDPOINT, &caps, CXL_HDM_BAD_GRANULARITY);
	caps.ig_mask = GENMASK(14, 8);
	fault_is(test, regs, CXL_HDM_ENDPOINT, &caps, CXL_HDM_OK);
	/* 6 ways select by one bit and a division */
	regs.size_low = 0x60000000;
	regs.ctrl = ctrl_of(9, 3);
	caps.ig_mask = BIT(11);
	fault_is(test, regs, CXL_HDM_ENDPOINT, &caps, CXL_HDM_OK);
	caps.ig_mask = BIT(12);
	fault_is(test, regs, CXL_HDM_ENDPOINT, &caps, CXL_HDM_BAD_GRANULARITY);
	/* without interleaving no bit is needed */
	regs.ctrl = ctrl_of(0, 6);
	caps.ig_mask = 0;
	fault_is(test, regs, CXL_HDM_ENDPOINT, &caps, CXL_HDM_OK);
}

static void size_is_a_multiple_of_the_ways(struct kunit *test)
{
	struct cxl_hdm_regs regs = good_regs();

	regs.ctrl = ctrl_of(8, 0);
	regs.size_low = 0x30000000;
	fault_is(test, regs, CXL_HDM_ENDPOINT, NULL, CXL_HDM_OK);
	regs.size_low = 0x40000000;
	fault_is(test, regs, CXL_HDM_ENDPOINT, NULL, CXL_HDM_BAD_SIZE);
	regs.ctrl = ctrl_of(2, 0);
	fault_is(test, regs, CXL_HDM_ENDPOINT, NULL, CXL_HDM_OK);
	regs.size_low = 0x20000000;
	fault_is(test, regs, CXL_HDM_ENDPOINT, NULL, CXL_HDM_BAD_SIZE);
}

static void switch_targets_are_enough_and_differ(struct kunit *test)
{
	struct cxl_hdm_caps caps = full_caps();
	struct cxl_hdm_regs regs = good_regs();

	regs.size_low = 0x40000000;
	regs.ctrl = ctrl_of(2, 0);
	regs.tl_low = 0x03020100;
	caps.target_count = 4;
	fault_is(test, regs, CXL_HDM_SWITCH, &caps, CXL_HDM_OK);
	caps.target_count = 2;
	fault_is(test, regs, CXL_HDM_SWITCH, &caps, CXL_HDM_BAD_TARGET);
	caps.target_count = 0;
	regs.ctrl = ctrl_of(0, 0);
	fault_is(test, regs, CXL_HDM_SWITCH, &caps, CXL_HDM_BAD_TARGET);
	fault_is(test, regs, CXL_HDM_ENDPOINT, &caps, CXL_HDM_MISALIGNED);
	caps.target_count = 8;
	regs.ctrl = ctrl_of(2, 0);
	regs.tl_low = 0x00020100;
	fault_is(test, regs, CXL_HDM_SWITCH, &caps, CXL_HDM_BAD_TARGET);
	regs.tl_low = 0x02020100;
	fault_is(test, regs, CXL_HDM_SWITCH, &caps, CXL_HDM_BAD_TARGET);
}

static void capability_register_gives_counts(struct kunit *test)
{
	static const u8 decoders[16] = {
		1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32
	};
	static const u8 targets[16] = { [1] = 1, [2] = 2, [4] = 4, [8] = 8 };
	struct cxl_hdm_caps caps;
	unsigned int i;

	for (i = 0; i < 16; i++) {
		KUNIT_EXPECT_EQ(test, cxl_hdm_decode_caps(i, &caps),
				decoders[i] ? 0 : -ENXIO);
		KUNIT_EXPECT_EQ(test, caps.decoder_count, decoders[i]);
		KUNIT_EXPECT_EQ(test, cxl_hdm_decode_caps(i << 4, &caps), 0);
		KUNIT_EXPECT_EQ(test, caps.target_count, targets[i]);
	}
	KUNIT_EXPECT_EQ(test, cxl_hdm_decode_caps(~0U, &caps), -ENXIO);
}

static void capability_register_gives_interleave_masks(struct kunit *test)
{
	struct cxl_hdm_caps caps;

	cxl_hdm_decode_caps(0, &caps);
	KUNIT_EXPECT_EQ(test, caps.ig_mask, 0);
	KUNIT_EXPECT_EQ(test, caps.iw_mask, 0x116);
	cxl_hdm_decode_caps(BIT(8), &caps);
	KUNIT_EXPECT_EQ(test, caps.ig_mask, 0xf00);
	cxl_hdm_decode_caps(BIT(9), &caps);
	KUNIT_EXPECT_EQ(test, caps.ig_mask, 0x7000);
	cxl_hdm_decode_caps(BIT(11), &caps);
	KUNIT_EXPECT_EQ(test, caps.iw_mask, 0x115e);
	cxl_hdm_decode_caps(BIT(12), &caps);
	KUNIT_EXPECT_EQ(test, caps.iw_mask, 0x10116);
}

static void encodings_survive_a_round_trip(struct kunit *test)
{
	unsigned int i, value, back;

	for (i = 0; i < 16; i++) {
		if (!cxl_eiw_to_ways(i, &value)) {
			KUNIT_EXPECT_EQ(test, cxl_ways_to_eiw(value, &back), 0);
			KUNIT_EXPECT_EQ(test, back, i);
		}
		if (!cxl_eig_to_granularity(i, &value)) {
			KUNIT_EXPECT_EQ(test,
					cxl_granularity_to_eig(value, &back), 0);
			KUNIT_EXPECT_EQ(test, back, i);
		}
	}
	KUNIT_EXPECT_EQ(test, cxl_ways_to_eiw(0, &back), -EINVAL);
	KUNIT_EXPECT_EQ(test, cxl_ways_to_eiw(5, &back), -EINVAL);
	KUNIT_EXPECT_EQ(test, cxl_ways_to_eiw(32, &back), -EINVAL);
	KUNIT_EXPECT_EQ(test, cxl_granularity_to_eig(0, &back), -EINVAL);
	KUNIT_EXPECT_EQ(test, cxl_granularity_to_eig(300, &back), -EINVAL);
	KUNIT_EXPECT_EQ(test, cxl_granularity_to_eig(32768, &back), -EINVAL);
}

/* decode, encode, and nothing got lost */
static bool survives(const struct cxl_hdm_regs *regs, enum cxl_hdm_kind kind,
		     const struct cxl_hdm_decoded *d)
{
	struct cxl_hdm_decoded again;
	struct cxl_hdm_regs back;

	if (cxl_hdm_encode(d, kind, &back))
		return false;
	back.ctrl |= CXL_HDM_CTRL_COMMITTED;
	again = decode(back, kind, NULL);
	return cxl_hdm_same(d, &again) &&
	       !((back.ctrl ^ regs->ctrl) & CXL_HDM_CTRL_VALUES);
}

static void decoder_survives_a_round_trip(struct kunit *test)
{
	struct cxl_hdm_regs back, regs = good_regs();
	struct cxl_hdm_decoded d;

	regs.size_low = 0x80000000;
	regs.ctrl = ctrl_of(2, 1) | CXL_HDM_CTRL_HOSTONLY |
		    CXL_HDM_CTRL_CARRIED | CXL_HDM_CTRL_LOCK;
	for (int kind = CXL_HDM_SWITCH; kind <= CXL_HDM_ENDPOINT; kind++) {
		regs.tl_low = kind == CXL_HDM_SWITCH ? 0x03ff0007 : 0x10000000;
		regs.tl_high = kind == CXL_HDM_SWITCH ? 0 : 0x1;
		d = decode(regs, kind, NULL);
		KUNIT_EXPECT_EQ(test, cxl_hdm_encode(&d, kind, &back), 0);
		back.ctrl |= CXL_HDM_CTRL_COMMITTED | CXL_HDM_CTRL_LOCK;
		KUNIT_EXPECT_MEMEQ(test, &back, &regs, sizeof(regs));
	}
}

static void what_no_decoder_says_is_not_encoded(struct kunit *test)
{
	static const struct cxl_hdm_decoded d[] = {
		{ .size = 0, .ways = 1, .granularity = 256 },
		{ .size = SZ_256M, .ways = 2, .granularity = 256 },
		{ .size = SZ_256M, .ways = 1, .granularity = 300 },
		{ .size = SZ_256M, .ways = 1, .granularity = 256, .base = 1 },
		/* a target twice */
		{ .size = SZ_512M, .ways = 2, .granularity = 256 },
	};
	struct cxl_hdm_regs regs;

	for (int i = 0; i < ARRAY_SIZE(d); i++)
		KUNIT_EXPECT_EQ(test, -EINVAL,
				cxl_hdm_encode(&d[i], CXL_HDM_SWITCH, &regs));
}

static void every_fault_has_a_text_of_its_own(struct kunit *test)
{
	int i, j;

	for (i = CXL_HDM_OK; i <= CXL_HDM_DESCENDING; i++) {
		for (j = CXL_HDM_OK; j < i; j++)
			KUNIT_EXPECT_STRNEQ(test, cxl_hdm_fault_str(i),
					    cxl_hdm_fault_str(j));
		KUNIT_EXPECT_STRNEQ(test, cxl_hdm_fault_str(i),
				    cxl_hdm_fault_str(CXL_HDM_DESCENDING + 1));
	}
}

/* what a decoder without a fault promises, and that one with is in bounds */
static void check_invariants(struct kunit *test,
			     const struct cxl_hdm_regs *regs,
			     enum cxl_hdm_kind kind,
			     const struct cxl_hdm_caps *caps,
			     const struct cxl_hdm_decoded *d)
{
	bool ok = d->ways <= 16;
	unsigned int i, j;

	ok &= kind == CXL_HDM_ENDPOINT || d->ways <= 8;
	ok &= d->granularity <= 16384;
	ok &= kind == CXL_HDM_ENDPOINT || !d->skip;
	if (!d->committed)
		ok &= !d->base && !d->size && !d->ways && !d->skip;
	if (d->committed && !d->size)
		ok &= !d->base && !d->ways;
	if (d->committed && d->size && d->fault == CXL_HDM_OK) {
		ok &= d->ways && d->granularity >= 256;
		ok &= IS_ALIGNED(d->base | d->size | d->skip, SZ_256M);
		ok &= d->base < LIMIT && d->size <= LIMIT - d->base;
		ok &= d->skip <= LIMIT && (d->size >> 28) % d->ways == 0;
		ok &= !caps || caps->iw_mask & BIT(d->ways);
		for (i = 0; kind == CXL_HDM_SWITCH && i < d->ways; i++)
			for (j = 0; j < i; j++)
				ok &= d->targets[i] != d->targets[j];
		if (kind == CXL_HDM_SWITCH && caps)
			ok &= d->ways <= caps->target_count;
		ok &= survives(regs, kind, d);
	}
	if (!ok)
		KUNIT_FAIL(test, "kind %d %x:%x %x:%x %x %x:%x", kind,
			   regs->base_high, regs->base_low, regs->size_high,
			   regs->size_low, regs->ctrl, regs->tl_high,
			   regs->tl_low);
}

static void random_registers_keep_the_invariants(struct kunit *test)
{
	struct rnd_state rnd;
	unsigned int round, ok = 0;

	prandom_seed_state(&rnd, 0x43584c);
	for (round = 0; round < SWEEP_ROUNDS; round++) {
		enum cxl_hdm_kind kind = prandom_u32_state(&rnd) & 1;
		u32 shape = prandom_u32_state(&rnd);
		struct cxl_hdm_caps caps;
		const struct cxl_hdm_caps *use = &caps;
		struct cxl_hdm_regs regs;
		struct cxl_hdm_decoded out;

		prandom_bytes_state(&rnd, &regs, sizeof(regs));
		/* plain noise never gets past the first check */
		if (shape & BIT(0)) {
			regs.base_low &= 0xf0000000;
			regs.size_low &= 0xf0000000;
			regs.base_high &= 0x1fffff;
			regs.size_high &= 0x3;
		}
		if (shape & BIT(1)) {
			regs.ctrl |= CXL_HDM_CTRL_COMMITTED;
			regs.ctrl &= ~CXL_HDM_CTRL_ERROR;
		}
		if (shape & BIT(2) && kind == CXL_HDM_ENDPOINT) {
			regs.tl_low &= 0xf0000000;
			regs.tl_high &= 0xf;
		}
		if ((shape & 0xff00) == 0)
			memset(&regs, 0xff, sizeof(regs));
		if (shape & BIT(3) ||
		    cxl_hdm_decode_caps(prandom_u32_state(&rnd), &caps))
			use = NULL;
		out = decode(regs, kind, use);
		check_invariants(test, &regs, kind, use, &out);
		ok += out.committed && out.fault == CXL_HDM_OK;
	}
	/* the sweep is worth something only if some get through */
	KUNIT_EXPECT_GT(test, ok, SWEEP_ROUNDS / 1000);
}

static struct kunit_case hdm_regs_cases[] = {
	KUNIT_CASE(committed_endpoint_decoder_gives_its_range),
	KUNIT_CASE(committed_switch_decoder_gives_its_targets),
	KUNIT_CASE(lock_and_memory_type_are_told_of_any_decoder),
	KUNIT_CASE(idle_decoder_has_no_fault_and_no_range),
	KUNIT_CASE(all_ones_means_the_device_is_gone),
	KUNIT_CASE(failed_commit_is_a_fault),
	KUNIT_CASE(decoder_of_size_zero_maps_nothing),
	KUNIT_CASE(misaligned_decoder_is_refused),
	KUNIT_CASE(range_ends_at_the_address_limit_and_not_beyond),
	KUNIT_CASE(only_defined_ways_are_accepted),
	KUNIT_CASE(ways_need_their_capability),
	KUNIT_CASE(only_defined_granularities_are_accepted),
	KUNIT_CASE(granularity_needs_its_address_bits),
	KUNIT_CASE(size_is_a_multiple_of_the_ways),
	KUNIT_CASE(switch_targets_are_enough_and_differ),
	KUNIT_CASE(capability_register_gives_counts),
	KUNIT_CASE(capability_register_gives_interleave_masks),
	KUNIT_CASE(encodings_survive_a_round_trip),
	KUNIT_CASE(decoder_survives_a_round_trip),
	KUNIT_CASE(what_no_decoder_says_is_not_encoded),
	KUNIT_CASE(every_fault_has_a_text_of_its_own),
	KUNIT_CASE(random_registers_keep_the_invariants),
	{}
};

static struct kunit_suite hdm_regs_suite = {
	.name = "hdm_regs_kunit",
	.test_cases = hdm_regs_cases,
};

kunit_test_suite(hdm_regs_suite);
MODULE_DESCRIPTION("KUnit: HDM decoder registers");
MODULE_LICENSE("GPL");
