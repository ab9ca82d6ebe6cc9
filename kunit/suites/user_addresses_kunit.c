// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which addresses a region of userspace has, what ends it, and that nothing is left:
 * kmod/core/user_region.c and layout.c.
 */
#include "user_region_rig.h"

MODULE_IMPORT_NS("CXL");

/* ----------------------------- addresses --------------------------- */

static void addresses_are_kept_from_their_size_on(struct kunit *test)
{
	struct cxl_region *first = make(test, ONE), *second = make(test, ONE);

	describe(test, first, 1, SHARE);
	describe(test, second, 1, SHARE);
	fake_expect_cxla(test, &first->dev, "resource", "0x1000000000");
	fake_expect_cxla(test, &second->dev, "resource", "0x1010000000");
	/* from the attach of a driver, too */
	accel->accel.create = true;
	fake_expect_attached(test, accel, ONE + 2 * SHARE, SHARE);
	fake_unbind(accel);
	KUNIT_EXPECT_EQ(test, delete(test, first), 0);
	fake_expect_attached(test, accel, ONE, SHARE);
	fake_unbind(accel);
	KUNIT_EXPECT_EQ(test, delete(test, second), 0);
	fake_expect_snapshot(test, &before);
}

static void window_is_used_up_and_free_again(struct kunit *test)
{
	struct cxl_region *all = make(test, ONE), *more = make(test, ONE);

	describe(test, all, 1, SZ_4G);
	KUNIT_EXPECT_EQ(test, write_u64(&more->dev, "interleave_granularity",
					256), 0);
	KUNIT_EXPECT_EQ(test, write_u64(&more->dev, "interleave_ways", 1), 0);
	KUNIT_EXPECT_EQ(test, write_u64(&more->dev, "size", SHARE), -ENOSPC);
	KUNIT_EXPECT_EQ(test, write_u64(&more->dev, "size", 2ULL * SZ_4G),
			-ENOSPC);
	KUNIT_EXPECT_EQ(test, delete(test, all), 0);
	KUNIT_EXPECT_EQ(test, write_u64(&more->dev, "size", SHARE), 0);
	fake_expect_cxla(test, &more->dev, "resource", "0x1000000000");
}

/* before the root came; l0 is bound then, and l1 is not */
static void firmware_commits_l1(struct kunit *test)
{
	fake_unbind(l0);
	fake_unbind(l1);
	fake_root_remove(f);
	KUNIT_ASSERT_EQ(test, fake_map(l1, ONE, SHARE, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	KUNIT_ASSERT_EQ(test, fake_bind(l0), 0);
}

static void what_hardware_decodes_is_not_free(struct kunit *test)
{
	struct cxl_region *cxlr;

	firmware_commits_l1(test);
	cxlr = region_of(test, ONE, &l0, 1, 0);
	fake_expect_cxla(test, &cxlr->dev, "resource", "0x1010000000");
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	KUNIT_EXPECT_EQ(test, base_of(left, 0), ONE);
	KUNIT_EXPECT_EQ(test, base_of(left, 1), ONE + SHARE);
}

/* the region of l1, which was found; both devices are bound */
static struct cxl_region *uncommitted_l1(struct kunit *test)
{
	struct cxl_region *found;

	firmware_commits_l1(test);
	KUNIT_ASSERT_EQ(test, fake_bind(l1), 0);
	found = decoder(l1, 0)->cxld.region;
	KUNIT_ASSERT_NOT_NULL(test, found);
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&found->dev, "commit", "0"), 0);
	return found;
}

/* or who makes another one takes them for good */
static void decoders_of_an_uncommitted_region_are_kept_for_it(struct kunit *test)
{
	struct cxl_region *found = uncommitted_l1(test), *made;

	made = region_of(test, ONE, &l0, 1, 0);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&made->dev, "commit", "1"), -EBUSY);
	KUNIT_EXPECT_FALSE(test, is_committed(l0, 0));
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&found->dev, "commit", "1"), 0);
	KUNIT_EXPECT_EQ(test, base_of(left, 0), ONE);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&made->dev, "commit", "1"), 0);
	KUNIT_EXPECT_EQ(test, base_of(left, 1), ONE + SHARE);
	KUNIT_EXPECT_EQ(test, delete(test, made), 0);
}

/* or neither could be committed, as the one behind needs somebody in front of it */
static void decoders_in_front_of_those_that_are_kept_are_free(struct kunit *test)
{
	struct cxl_region *first, *second, *made;

	fake_unbind(l0);
	fake_unbind(l1);
	fake_root_remove(f);
	KUNIT_ASSERT_EQ(test, fake_map(l0, ONE, SHARE, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_map(l1, ONE + SHARE, SHARE, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	KUNIT_ASSERT_EQ(test, fake_bind(l0), 0);
	KUNIT_ASSERT_EQ(test, fake_bind(l1), 0);
	first = decoder(l0, 0)->cxld.region;
	second = decoder(l1, 0)->cxld.region;
	KUNIT_ASSERT_NOT_NULL(test, first);
	KUNIT_ASSERT_NOT_NULL(test, second);
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&second->dev, "commit", "0"), 0);
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&first->dev, "commit", "0"), 0);
	KUNIT_ASSERT_EQ(test, delete(test, first), 0);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&second->dev, "commit", "1"),
			-EBUSY);

	made = region_of(test, ONE, &l0, 1, 0);
	fake_expect_cxla(test, &made->dev, "resource", "0x1000000000");
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&made->dev, "commit", "1"), 0);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&second->dev, "commit", "1"), 0);
	KUNIT_EXPECT_EQ(test, base_of(left, 0), ONE);
	KUNIT_EXPECT_EQ(test, base_of(left, 1), ONE + SHARE);
}

static void decoders_of_a_region_that_is_deleted_are_free(struct kunit *test)
{
	struct cxl_region *found = uncommitted_l1(test), *made;

	KUNIT_ASSERT_EQ(test, delete(test, found), 0);
	made = region_of(test, ONE, &l0, 1, 0);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&made->dev, "commit", "1"), 0);
	KUNIT_EXPECT_EQ(test, base_of(left, 0), ONE);
	KUNIT_EXPECT_EQ(test, delete(test, made), 0);
}

static int size_of(struct kunit *test, u64 base, int ways)
{
	struct cxl_region *cxlr = make(test, base);
	int rc;

	KUNIT_ASSERT_EQ(test, write_u64(&cxlr->dev, "interleave_granularity",
					256), 0);
	KUNIT_ASSERT_EQ(test, write_u64(&cxlr->dev, "interleave_ways", ways), 0);
	rc = write_u64(&cxlr->dev, "size", ways * SHARE);
	KUNIT_EXPECT_EQ(test, delete(test, cxlr), 0);
	return rc;
}

/* or an address is given away that firmware gave to somebody who comes later */
static void what_nobody_has_read_is_not_free(struct kunit *test)
{
	struct cxl_port *port = fake_port(right);

	KUNIT_EXPECT_EQ(test, size_of(test, BOTH, 2), 0);
	device_release_driver(&port->dev);
	KUNIT_EXPECT_EQ(test, size_of(test, BOTH, 2), -ENXIO);
	KUNIT_EXPECT_EQ(test, size_of(test, ONE, 1), 0);
	KUNIT_EXPECT_EQ(test, device_attach(&port->dev), 1);
	KUNIT_EXPECT_EQ(test, size_of(test, BOTH, 2), 0);

	KUNIT_EXPECT_EQ(test, size_of(test, NARROW, 1), -ENXIO);
	KUNIT_ASSERT_EQ(test, fake_bind(n0), 0);
	KUNIT_EXPECT_EQ(test, size_of(test, NARROW, 1), 0);
	fake_unbind(n0);
	put_device(&port->dev);
}

static void what_somebody_has_is_not_free(struct kunit *test)
{
	struct resource busy = {
		.name = "somebody",
		.start = ONE + SZ_4K,
		.end = ONE + SZ_8K - 1,
		.flags = IORESOURCE_MEM | IORESOURCE_BUSY,
	};
	struct resource soft = {
		.name = "Soft Reserved",
		.start = ONE + SHARE,
		.end = ONE + 2 * SHARE - 1,
		.flags = IORESOURCE_MEM,
		.desc = IORES_DESC_SOFT_RESERVED,
	};
	struct cxl_region *cxlr = make(test, ONE);

	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, &busy), 0);
	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, &soft), 0);
	describe(test, cxlr, 1, SHARE);
	fake_expect_cxla(test, &cxlr->dev, "resource", "0x1020000000");
	KUNIT_EXPECT_EQ(test, delete(test, cxlr), 0);
	KUNIT_EXPECT_EQ(test, remove_resource(&soft), 0);
	KUNIT_EXPECT_EQ(test, remove_resource(&busy), 0);
}

/* one that others are behind stays, and is used again */
static void regions_that_go_out_of_order_use_nothing_up(struct kunit *test)
{
	struct cxl_region *first = region_of(test, ONE, &l0, 1, 0);
	struct cxl_region *second = region_of(test, ONE, &l1, 1, 0);

	KUNIT_ASSERT_EQ(test, fake_store_cxla(&first->dev, "commit", "1"), 0);
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&second->dev, "commit", "1"), 0);
	for (int i = 0; i < 10; i++) {
		KUNIT_ASSERT_EQ(test, fake_store_cxla(&first->dev, "commit",
						      "0"), 0);
		KUNIT_EXPECT_EQ(test, nr_committed(l0), 0);
		KUNIT_ASSERT_EQ(test, fake_store_cxla(&first->dev, "commit",
						      "1"), 0);
	}
	KUNIT_EXPECT_EQ(test, nr_committed(left), 2);
	KUNIT_EXPECT_EQ(test, delete(test, first), 0);
	KUNIT_EXPECT_EQ(test, nr_committed(left), 2);
	KUNIT_EXPECT_EQ(test, delete(test, second), 0);
	expect_idle(test);
}

/* two decoders of one device: the one behind keeps it from changing */
static void decoder_with_another_behind_it_is_not_taken_back(struct kunit *test)
{
	struct cxl_region *first = region_of(test, ONE, &l0, 1, 0);
	struct cxl_region *second = region_of(test, ONE, &l0, 1, 1);

	/* in their order */
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&second->dev, "commit", "1"),
			-EBUSY);
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&first->dev, "commit", "1"), 0);
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&second->dev, "commit", "1"), 0);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&first->dev, "commit", "0"),
			-EBUSY);
	fake_expect_cxla(test, &first->dev, "commit", "1");
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&second->dev, "commit", "0"), 0);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&first->dev, "commit", "0"), 0);
	expect_idle(test);
}

/* ---------------------------- what goes ---------------------------- */

static void member_that_leaves_ends_the_region(struct kunit *test)
{
	struct fake_node *nodes[] = { l0, r0 };
	struct cxl_region *cxlr = region_of(test, BOTH, nodes, 2, 0);

	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	fake_unbind(l0);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, before.regions);
	expect_idle(test);
	/* and nobody finds it anew */
	KUNIT_ASSERT_EQ(test, fake_bind(l0), 0);
	KUNIT_EXPECT_EQ(test, write_u64(&decoder(r0, 0)->cxld.dev, "dpa_size",
					0), 0);
	fake_expect_snapshot(test, &before);
}

/* somebody has some of it, so that it stays committed: whole again when its members are back */
static void region_that_stays_committed_becomes_whole_again(struct kunit *test)
{
	struct fake_node *nodes[] = { l0, r0 };
	struct cxl_region *cxlr = region_of(test, BOTH, nodes, 2, 0);
	struct resource busy = {
		.name = "somebody",
		.start = BOTH + SZ_1M,
		.end = BOTH + SZ_2M - 1,
		.flags = IORESOURCE_MEM | IORESOURCE_BUSY,
	};

	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, &busy), 0);
	fake_unbind(l0);
	KUNIT_EXPECT_TRUE(test, is_committed(r0, 0));
	KUNIT_EXPECT_EQ(test, remove_resource(&busy), 0);
	KUNIT_ASSERT_EQ(test, fake_bind(l0), 0);
	cxlr = decoder(l0, 0)->cxld.region;
	KUNIT_ASSERT_NOT_NULL(test, cxlr);
	KUNIT_EXPECT_EQ(test, cxlr->nr_targets, 2);
}

static void member_that_leaves_before_a_commit_ends_it_too(struct kunit *test)
{
	region_of(test, ONE, &l0, 1, 0);
	fake_unbind(l0);
	KUNIT_ASSERT_EQ(test, fake_bind(l0), 0);
	fake_expect_snapshot(test, &before);
}

static void device_that_is_gone_costs_the_others_nothing(struct kunit *test)
{
	struct fake_node *nodes[] = { l0, r0 };
	struct cxl_region *cxlr = region_of(test, BOTH, nodes, 2, 0);

	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	KUNIT_EXPECT_EQ(test, device_attach(&cxlr->dev), 1);
	l0->gone = true;
	fake_unbind(l0);
	KUNIT_EXPECT_EQ(test, nr_committed(left) + nr_committed(right) +
			      nr_committed(r0), 0);
	l0->gone = false;
}

/* for a moment: it comes back as it was, and its region is committed again */
static void device_that_was_silent_has_its_decoder_still(struct kunit *test)
{
	struct cxl_region *cxlr = region_of(test, ONE, &l0, 1, 0);

	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	l0->gone = true;
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "0"), 0);
	l0->gone = false;
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	KUNIT_EXPECT_EQ(test, base_of(l0, 0), ONE);
	KUNIT_EXPECT_EQ(test, delete(test, cxlr), 0);
	expect_idle(test);
}

/* an accelerator in the place of an expander, whose decoder others were behind */
static void left_over_decoder_of_other_memory_is_not_used_again(struct kunit *test)
{
	struct cxl_region *first = make(test, ONE), *second;

	describe(test, first, 1, 4 * SHARE);
	KUNIT_ASSERT_EQ(test, assign(test, first, 0, l0, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&first->dev, "commit", "1"), 0);
	second = region_of(test, ONE, &l1, 1, 0);
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&second->dev, "commit", "1"), 0);
	KUNIT_ASSERT_EQ(test, delete(test, first), 0);
	KUNIT_ASSERT_EQ(test, base_of(left, 0), ONE);
	fake_unbind(l0);
	l0->accel.expander = false;
	l0->accel.create = true;
	fake_expect_attached(test, l0, ONE + 5 * SHARE, 4 * SHARE);
	KUNIT_EXPECT_EQ(test, base_of(left, 2), ONE + 5 * SHARE);
	KUNIT_EXPECT_FALSE(test, *fake_hdm_reg(left, 2, CXL_HDM_CTRL) &
				 CXL_HDM_CTRL_HOSTONLY);
}

static void root_that_goes_takes_all_with_it(struct kunit *test)
{
	struct cxl_region *cxlr = region_of(test, ONE, &s0, 1, 0);

	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	region_of(test, ONE, &l0, 1, 0);
	describe(test, make(test, BOTH), 2, 2 * SHARE);
	make(test, XOR);
	fake_root_remove(f);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 0);
	expect_idle(test);
}

/* ------------------------------ failures --------------------------- */

static void commit_that_fails_anywhere_leaves_nothing(struct kunit *test)
{
	struct fake_node *nodes[] = { s0, r0, s1, r1 };
	struct fake_node *levels[] = { s0, r1, upstream, left, right };
	struct cxl_region *cxlr = region_of(test, BOTH, nodes, 4, 0);

	for (int i = 0; i < ARRAY_SIZE(levels); i++) {
		levels[i]->commit_fails = true;
		fake_log_clear();
		KUNIT_EXPECT_EQ_MSG(test, fake_store_cxla(&cxlr->dev, "commit",
							  "1"), -EIO, "%d", i);
		/* which level it was */
		KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR,
						     "can't be committed"), 1);
		levels[i]->commit_fails = false;
		expect_idle(test);
		fake_expect_cxla(test, &cxlr->dev, "commit", "0");
		levels[i]->commit_delay = FAKE_NEVER;
		KUNIT_EXPECT_EQ_MSG(test, fake_store_cxla(&cxlr->dev, "commit",
							  "1"), -ETIMEDOUT,
				    "%d", i);
		levels[i]->commit_delay = 0;
		expect_idle(test);
	}
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	fake_expect_cxla(test, &cxlr->dev, "commit", "1");
}

static void a_thousand_creations_cost_no_address_and_no_access(struct kunit *test)
{
	unsigned int first = 0;

	for (int i = 0; i < 1000; i++) {
		unsigned int writes = left->count.writes + l0->count.writes;
		struct cxl_region *cxlr = region_of(test, ONE, &l0, 1, 0);

		KUNIT_ASSERT_EQ(test, cxlr->res.start, ONE);
		KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit",
						      "1"), 0);
		KUNIT_ASSERT_EQ(test, delete(test, cxlr), 0);
		KUNIT_ASSERT_EQ(test, write_u64(&decoder(l0, 0)->cxld.dev,
						"dpa_size", 0), 0);
		writes = left->count.writes + l0->count.writes - writes;
		if (!i)
			first = writes;
		KUNIT_ASSERT_LE(test, writes, first);
	}
	expect_idle(test);
	fake_expect_snapshot(test, &before);
}

static struct kunit_case user_addresses_cases[] = {
	KUNIT_CASE(addresses_are_kept_from_their_size_on),
	KUNIT_CASE(window_is_used_up_and_free_again),
	KUNIT_CASE(what_hardware_decodes_is_not_free),
	KUNIT_CASE(decoders_of_an_uncommitted_region_are_kept_for_it),
	KUNIT_CASE(decoders_in_front_of_those_that_are_kept_are_free),
	KUNIT_CASE(decoders_of_a_region_that_is_deleted_are_free),
	KUNIT_CASE(what_nobody_has_read_is_not_free),
	KUNIT_CASE(what_somebody_has_is_not_free),
	KUNIT_CASE(regions_that_go_out_of_order_use_nothing_up),
	KUNIT_CASE(decoder_with_another_behind_it_is_not_taken_back),
	KUNIT_CASE(member_that_leaves_ends_the_region),
	KUNIT_CASE(region_that_stays_committed_becomes_whole_again),
	KUNIT_CASE(member_that_leaves_before_a_commit_ends_it_too),
	KUNIT_CASE(device_that_is_gone_costs_the_others_nothing),
	KUNIT_CASE(device_that_was_silent_has_its_decoder_still),
	KUNIT_CASE(left_over_decoder_of_other_memory_is_not_used_again),
	KUNIT_CASE(root_that_goes_takes_all_with_it),
	KUNIT_CASE(commit_that_fails_anywhere_leaves_nothing),
	KUNIT_CASE_SLOW(a_thousand_creations_cost_no_address_and_no_access),
	{}
};

static struct kunit_suite user_addresses_suite = {
	.name = "user_addresses_kunit",
	.init = user_region_init,
	.exit = user_region_exit,
	.test_cases = user_addresses_cases,
};

kunit_test_suite(user_addresses_suite);

MODULE_DESCRIPTION("KUnit: addresses of regions that userspace makes");
MODULE_LICENSE("GPL");
