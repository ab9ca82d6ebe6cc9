// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decoders that a reset cleared, or that somebody else wrote: commit of 1 writes
 * them and reads them back, and what is cached is read again. An expander:
 *
 *   root > host bridge 7 > root port 3 > switch > downstream port 1 > dev
 */
#include <kunit/test.h>

#include "../fake/fake_cache.h"
#include "../fake/fake_fabric.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW_BASE	0x1000000000ULL
#define RANGE_BASE	0x1010000000ULL
#define RANGE_SIZE	((u64)SZ_512M)
#define OTHER_BASE	(RANGE_BASE + RANGE_SIZE)
#define NR_DECODERS	4
#define NR_NODES	3
#define DVSEC_CTRL	(FAKE_DVSEC_DEVICE + 0xc)
#define MEM_ENABLE	BIT(2)
#define VALUES		(CXL_HDM_SKIP_HIGH / 4 + 1)

/* @nodes: host bridge, switch, device; in the order they are committed */
struct rig {
	struct fake_fabric *f;
	struct fake_node *bridge, *sw, *dev;
	struct fake_node *nodes[NR_NODES];
};

static struct rig *rig(struct kunit *test)
{
	return test->priv;
}

static int program_init(struct kunit *test)
{
	struct rig *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, r);
	test->priv = r;
	r->f = fake_test_fabric(test);
	r->bridge = fake_bridge(r->f, 7, NR_DECODERS);
	r->sw = fake_switch(fake_root_port(r->bridge, 3), NR_DECODERS);
	r->dev = fake_endpoint(fake_downstream(r->sw, 1), 0, NR_DECODERS,
			       4 * RANGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, r->dev);
	r->dev->accel.expander = true;
	r->nodes[0] = r->bridge;
	r->nodes[1] = r->sw;
	r->nodes[2] = r->dev;
	fake_window(r->f, r->bridge, WINDOW_BASE, SZ_8G);
	fake_cache_able = true;
	KUNIT_ASSERT_EQ(test, fake_fabric_start(r->f), 0);
	return 0;
}

static void program_exit(struct kunit *test)
{
	fake_cache_able = true;
}

/* ------------------------------- state ----------------------------- */

static struct cxl_decoder *decoder_of(struct fake_node *node, int decoder)
{
	return node->accel.memdev->endpoint->decoders[decoder];
}

static struct cxl_region *region_of(struct kunit *test, int decoder)
{
	struct cxl_region *cxlr = decoder_of(rig(test)->dev, decoder)->region;

	KUNIT_ASSERT_NOT_NULL(test, cxlr);
	return cxlr;
}

/* what firmware committed is a region; what is written from here is counted */
static struct cxl_region *bring_up(struct kunit *test)
{
	fake_test_up(test, rig(test)->f);
	KUNIT_ASSERT_EQ(test, fake_bind(rig(test)->dev), 0);
	KUNIT_ASSERT_EQ(test, rig(test)->dev->accel.rc, 0);
	fake_count_reset(rig(test)->f);
	return region_of(test, 0);
}

static void map(struct kunit *test, u64 base, u32 flags)
{
	KUNIT_ASSERT_EQ(test, fake_map(rig(test)->dev, base, RANGE_SIZE, flags),
			0);
}

static struct cxl_region *mapped_and_up(struct kunit *test)
{
	map(test, RANGE_BASE, CXL_HDM_CTRL_HOSTONLY);
	return bring_up(test);
}

static struct cxl_region *uncommitted(struct kunit *test)
{
	struct cxl_region *cxlr = mapped_and_up(test);

	KUNIT_ASSERT_EQ(test, fake_write_commit(cxlr, false), 0);
	fake_count_reset(rig(test)->f);
	return cxlr;
}

static bool committed(struct fake_node *node, int decoder)
{
	return *fake_hdm_reg(node, decoder, CXL_HDM_CTRL) &
	       CXL_HDM_CTRL_COMMITTED;
}

/* all of a node's decoders, the block and CXL.mem off, as after a reset */
static void clear(struct fake_node *node)
{
	fake_hdm_reset(node);
	*fake_block_reg(node, FAKE_HDM + CXL_HDM_GLOBAL_CTRL) = 0;
	if (node->kind == FAKE_ENDPOINT)
		*fake_cfg(node, DVSEC_CTRL) &= ~MEM_ENABLE;
}

static void clear_all(struct kunit *test)
{
	for (int i = 0; i < NR_NODES; i++)
		clear(rig(test)->nodes[i]);
}

static void expect_committed(struct kunit *test, bool commit)
{
	for (int i = 0; i < NR_NODES; i++)
		KUNIT_EXPECT_EQ_MSG(test, committed(rig(test)->nodes[i], 0),
				    commit, "node %d", i);
}

/* whoever comes next finds the range, by what hardware says */
static void expect_answers(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;

	KUNIT_EXPECT_TRUE(test, *fake_cfg(dev, DVSEC_CTRL) & MEM_ENABLE);
	KUNIT_EXPECT_TRUE(test, CXL_HDM_GLOBAL_ENABLE &
			  *fake_block_reg(dev, FAKE_HDM + CXL_HDM_GLOBAL_CTRL));
	fake_unbind(dev);
	dev->accel.expander = false;
	fake_expect_attached(test, dev, RANGE_BASE, RANGE_SIZE);
}

static void save(struct fake_node *node, u32 *values)
{
	for (int i = 0; i < VALUES; i++)
		values[i] = *fake_hdm_reg(node, 0, 4 * i);
}

static void expect_values(struct kunit *test, struct fake_node *node,
			  const u32 *values)
{
	for (int i = 0; i < VALUES; i++)
		KUNIT_EXPECT_EQ_MSG(test, *fake_hdm_reg(node, 0, 4 * i),
				    values[i], "register %#x", 4 * i);
}

/* ------------------------------- commit ---------------------------- */

static void commit_writes_all_that_a_reset_cleared(struct kunit *test)
{
	u32 values[NR_NODES][VALUES];
	struct cxl_region *cxlr;

	map(test, RANGE_BASE, CXL_HDM_CTRL_HOSTONLY | CXL_HDM_CTRL_BI);
	cxlr = bring_up(test);
	for (int i = 0; i < NR_NODES; i++)
		save(rig(test)->nodes[i], values[i]);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	clear_all(test);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
	for (int i = 0; i < NR_NODES; i++)
		expect_values(test, rig(test)->nodes[i], values[i]);
	expect_answers(test);
}

static void skip_of_device_memory_is_written_again(struct kunit *test)
{
	struct fake_commit commit = {
		.base = RANGE_BASE, .size = RANGE_SIZE, .skip = SZ_256M,
	};
	struct cxl_region *cxlr;
	u32 values[VALUES];

	KUNIT_ASSERT_EQ(test, fake_hdm_commit(rig(test)->dev, 0, &commit), 0);
	commit.targets[0] = 1;
	KUNIT_ASSERT_EQ(test, fake_hdm_commit(rig(test)->sw, 0, &commit), 0);
	commit.targets[0] = 3;
	KUNIT_ASSERT_EQ(test, fake_hdm_commit(rig(test)->bridge, 0, &commit), 0);
	cxlr = bring_up(test);
	save(rig(test)->dev, values);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	clear_all(test);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
	expect_values(test, rig(test)->dev, values);
}

/* the cached flag of each level in turn says that it is still committed */
static void level_that_a_reset_cleared_is_written_without_a_0_before(struct kunit *test)
{
	struct cxl_region *cxlr = mapped_and_up(test);

	for (int i = 0; i < NR_NODES; i++) {
		clear(rig(test)->nodes[i]);
		fake_count_reset(rig(test)->f);
		KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
		expect_committed(test, true);
		KUNIT_EXPECT_EQ(test, rig(test)->f->nr_changes, 1);
	}
	expect_answers(test);
}

static void range_that_a_reset_took_from_its_owner_is_not_written(struct kunit *test)
{
	struct cxl_region *cxlr;

	rig(test)->dev->accel.expander = false;
	cxlr = mapped_and_up(test);
	clear(rig(test)->dev);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), -EBUSY);
	KUNIT_EXPECT_EQ(test, rig(test)->f->count.writes, 0);
}

static void decoder_that_keeps_nothing_is_taken_back(struct kunit *test)
{
	static const struct { int node; u32 reg; } dropped[] = {
		{ 2, CXL_HDM_BASE_LOW }, { 2, CXL_HDM_BASE_HIGH },
		{ 2, CXL_HDM_SIZE_LOW }, { 2, CXL_HDM_CTRL },
		{ 1, CXL_HDM_TL_LOW }, { 1, CXL_HDM_BASE_LOW },
		{ 0, CXL_HDM_SIZE_LOW }, { 0, CXL_HDM_TL_LOW },
	};
	struct cxl_region *cxlr = uncommitted(test);

	for (int i = 0; i < ARRAY_SIZE(dropped); i++) {
		struct fake_node *node = rig(test)->nodes[dropped[i].node];

		clear_all(test);
		node->drops = BIT(dropped[i].reg / 4);
		KUNIT_EXPECT_EQ_MSG(test, fake_write_commit(cxlr, true), -EIO,
				    "drops %d", i);
		expect_committed(test, false);
		KUNIT_EXPECT_FALSE(test, CXL_HDM_CTRL_COMMIT &
				   *fake_hdm_reg(node, 0, CXL_HDM_CTRL));
		KUNIT_EXPECT_FALSE(test, decoder_of(rig(test)->dev, 0)->flags &
				   CXL_DECODER_F_ENABLE);
		node->drops = 0;
	}
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
	expect_answers(test);
}

static void locked_decoder_is_never_written(struct kunit *test)
{
	struct fake_commit locked = {
		.base = OTHER_BASE, .size = RANGE_SIZE,
		.flags = CXL_HDM_CTRL_LOCK | CXL_HDM_CTRL_HOSTONLY,
	};
	struct cxl_region *cxlr = uncommitted(test);
	struct fake_node *dev = rig(test)->dev;

	KUNIT_ASSERT_EQ(test, fake_hdm_commit(dev, 0, &locked), 0);
	fake_count_reset(rig(test)->f);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), -EBUSY);
	KUNIT_EXPECT_EQ(test, dev->count.writes, 0);
	KUNIT_EXPECT_FALSE(test, committed(rig(test)->bridge, 0));

	/* nor one that will be locked as soon as it is committed */
	fake_hdm_reset(dev);
	*fake_hdm_reg(dev, 0, CXL_HDM_CTRL) = CXL_HDM_CTRL_LOCK;
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), -EBUSY);
	KUNIT_EXPECT_EQ(test, dev->count.writes, 0);

	/* nor is one that says what it should */
	fake_hdm_reset(dev);
	locked.base = RANGE_BASE;
	KUNIT_ASSERT_EQ(test, fake_hdm_commit(dev, 0, &locked), 0);
	fake_count_reset(rig(test)->f);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
	KUNIT_EXPECT_EQ(test, dev->count.writes, 0);
	KUNIT_EXPECT_EQ(test, dev->locked_writes, 0);
	expect_answers(test);
}

static void decoder_that_decodes_already_is_not_written(struct kunit *test)
{
	struct fake_commit same = {
		.base = RANGE_BASE, .size = RANGE_SIZE, .targets = { 3 },
		.flags = CXL_HDM_CTRL_HOSTONLY,
	};
	struct cxl_region *cxlr = uncommitted(test);

	KUNIT_ASSERT_EQ(test, fake_hdm_commit(rig(test)->bridge, 0, &same), 0);
	fake_count_reset(rig(test)->f);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
	KUNIT_EXPECT_EQ(test, rig(test)->bridge->count.writes, 0);
	expect_answers(test);
}

static void decoder_of_another_range_is_somebody_elses(struct kunit *test)
{
	struct fake_commit other = { .base = OTHER_BASE, .size = RANGE_SIZE };
	struct cxl_region *cxlr = uncommitted(test);
	struct fake_node *dev = rig(test)->dev;

	KUNIT_ASSERT_EQ(test, fake_hdm_commit(dev, 0, &other), 0);
	fake_count_reset(rig(test)->f);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), -EBUSY);
	KUNIT_EXPECT_EQ(test, dev->count.writes, 0);

	fake_hdm_uncommit(dev, 0);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
	expect_answers(test);
}

static void decoder_in_front_is_asked_of_hardware(struct kunit *test)
{
	struct cxl_region *behind;

	map(test, RANGE_BASE, 0);
	map(test, OTHER_BASE, 0);
	bring_up(test);
	behind = region_of(test, 1);
	KUNIT_EXPECT_EQ(test, fake_write_commit(behind, false), 0);
	clear(rig(test)->dev);
	KUNIT_EXPECT_TRUE(test, decoder_of(rig(test)->dev, 0)->flags &
			  CXL_DECODER_F_ENABLE);
	fake_count_reset(rig(test)->f);
	KUNIT_EXPECT_EQ(test, fake_write_commit(behind, true), -EBUSY);
	KUNIT_EXPECT_EQ(test, rig(test)->dev->count.writes, 0);
	KUNIT_EXPECT_FALSE(test, committed(rig(test)->bridge, 1));
	/* what was committed in front is still so above */
	KUNIT_EXPECT_TRUE(test, committed(rig(test)->bridge, 0));
}

static void shared_decoder_above_that_is_idle_is_an_error(struct kunit *test)
{
	struct fake_commit whole = {
		.base = RANGE_BASE, .size = 4 * RANGE_SIZE, .targets = { 3 },
	};
	struct cxl_region *cxlr;

	KUNIT_ASSERT_EQ(test, fake_hdm_commit(rig(test)->bridge, 0, &whole), 0);
	cxlr = mapped_and_up(test);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	clear(rig(test)->bridge);
	fake_count_reset(rig(test)->f);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), -EIO);
	KUNIT_EXPECT_EQ(test, rig(test)->bridge->count.writes, 0);
	expect_committed(test, false);
}

/* ------------------------------- reread ---------------------------- */

static int reread(struct kunit *test, struct fake_node *node)
{
	struct cxl_port *port;
	int rc;

	if (node->kind == FAKE_ENDPOINT) {
		port = node->accel.memdev->endpoint;
		get_device(&port->dev);
	} else {
		port = fake_port(node);
	}
	device_lock(&port->dev);
	rc = cxla_hdm_reread(port);
	device_unlock(&port->dev);
	put_device(&port->dev);
	return rc;
}

static void what_did_not_change_is_read_again_without_a_word(struct kunit *test)
{
	mapped_and_up(test);
	for (int i = 0; i < NR_NODES; i++)
		KUNIT_EXPECT_EQ(test, reread(test, rig(test)->nodes[i]), 0);
	KUNIT_EXPECT_EQ(test, rig(test)->f->count.writes, 0);
	KUNIT_EXPECT_EQ(test, rig(test)->f->count.cfg_writes, 0);
}

static void decoders_that_a_reset_cleared_are_noted_once(struct kunit *test)
{
	struct cxl_region *cxlr = mapped_and_up(test);
	struct cxl_decoder *cxld = decoder_of(rig(test)->dev, 0);

	clear_all(test);
	fake_count_reset(rig(test)->f);
	for (int i = 0; i < NR_NODES; i++) {
		KUNIT_EXPECT_EQ(test, reread(test, rig(test)->nodes[i]), 1);
		KUNIT_EXPECT_EQ(test, reread(test, rig(test)->nodes[i]), 0);
	}
	KUNIT_EXPECT_EQ(test, rig(test)->f->count.writes, 0);
	KUNIT_EXPECT_FALSE(test, cxld->flags & CXL_DECODER_F_ENABLE);
	fake_expect_cxla(test, cxld->dev.parent, "decoders_committed", "0");

	/* what they were is known, so that they can be committed again */
	KUNIT_EXPECT_EQ(test, cxld->hpa_range.start, RANGE_BASE);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
	for (int i = 0; i < NR_NODES; i++)
		KUNIT_EXPECT_EQ(test, reread(test, rig(test)->nodes[i]), 0);
	expect_answers(test);
}

static void range_that_is_another_one_now_is_noted(struct kunit *test)
{
	struct fake_commit commit = {
		.base = OTHER_BASE, .size = 2 * RANGE_SIZE, .skip = SZ_256M,
		.granularity = 1024, .flags = CXL_HDM_CTRL_LOCK,
	};
	struct cxl_decoder *cxld;
	struct cxl_endpoint_decoder *cxled;

	mapped_and_up(test);
	cxld = decoder_of(rig(test)->dev, 0);
	cxled = to_cxl_endpoint_decoder(&cxld->dev);
	KUNIT_EXPECT_TRUE(test, cxld->host_only);
	KUNIT_ASSERT_EQ(test, fake_hdm_commit(rig(test)->dev, 0, &commit), 0);
	KUNIT_EXPECT_EQ(test, reread(test, rig(test)->dev), 1);
	KUNIT_EXPECT_EQ(test, reread(test, rig(test)->dev), 0);
	KUNIT_EXPECT_EQ(test, cxld->hpa_range.start, OTHER_BASE);
	KUNIT_EXPECT_EQ(test, range_len(&cxld->hpa_range), 2 * RANGE_SIZE);
	KUNIT_EXPECT_EQ(test, cxld->granularity, 1024);
	KUNIT_EXPECT_FALSE(test, cxld->host_only);
	KUNIT_EXPECT_TRUE(test, cxld->flags & CXL_DECODER_F_LOCK);
	KUNIT_EXPECT_EQ(test, cxled->dpa_base, SZ_256M);
	KUNIT_EXPECT_EQ(test, cxled->dpa_size, 2 * RANGE_SIZE);

	/* the lock goes with a reset */
	fake_hdm_reset(rig(test)->dev);
	KUNIT_EXPECT_EQ(test, reread(test, rig(test)->dev), 1);
	KUNIT_EXPECT_FALSE(test, cxld->flags & CXL_DECODER_F_LOCK);
}

static void region_of_which_a_member_maps_another_range_is_not_committed(struct kunit *test)
{
	struct fake_commit other = { .base = OTHER_BASE, .size = RANGE_SIZE };
	struct cxl_region *cxlr = uncommitted(test);

	KUNIT_ASSERT_EQ(test, fake_hdm_commit(rig(test)->dev, 0, &other), 0);
	KUNIT_EXPECT_EQ(test, reread(test, rig(test)->dev), 1);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), -ENXIO);
	KUNIT_EXPECT_EQ(test, rig(test)->f->count.writes, 0);
}

static void target_that_is_another_one_now_is_noted(struct kunit *test)
{
	struct cxl_port *port;

	mapped_and_up(test);
	*fake_hdm_reg(rig(test)->sw, 0, CXL_HDM_TL_LOW) = 2;
	KUNIT_EXPECT_EQ(test, reread(test, rig(test)->sw), 1);
	port = fake_port(rig(test)->sw);
	KUNIT_EXPECT_EQ(test, port->decoders[0]->targets[0], 2);
	KUNIT_EXPECT_EQ(test, port->decoders[0]->nr_targets, 1);
	put_device(&port->dev);
}

static void values_that_make_no_sense_are_broken_and_not_taken_over(struct kunit *test)
{
	struct cxl_decoder *cxld;

	mapped_and_up(test);
	cxld = decoder_of(rig(test)->dev, 0);
	*fake_hdm_reg(rig(test)->dev, 0, CXL_HDM_BASE_LOW) |= 1;
	KUNIT_EXPECT_EQ(test, reread(test, rig(test)->dev), 1);
	KUNIT_EXPECT_TRUE(test, cxld->flags & CXL_DECODER_F_BROKEN);
	KUNIT_EXPECT_EQ(test, cxld->hpa_range.start, RANGE_BASE);
	/* beyond what the device has */
	*fake_hdm_reg(rig(test)->dev, 0, CXL_HDM_BASE_LOW) &= ~1;
	KUNIT_EXPECT_EQ(test, reread(test, rig(test)->dev), 1);
	*fake_hdm_reg(rig(test)->dev, 0, CXL_HDM_SIZE_HIGH) = 1;
	KUNIT_EXPECT_EQ(test, reread(test, rig(test)->dev), 1);
	KUNIT_EXPECT_TRUE(test, cxld->flags & CXL_DECODER_F_BROKEN);
	KUNIT_EXPECT_EQ(test, range_len(&cxld->hpa_range), RANGE_SIZE);
}

static void device_that_stops_to_answer_changes_nothing(struct kunit *test)
{
	struct cxl_decoder *cxld;

	map(test, RANGE_BASE, 0);
	map(test, OTHER_BASE, 0);
	bring_up(test);
	cxld = decoder_of(rig(test)->dev, 0);
	/* in the middle of what would have been a change */
	*fake_hdm_reg(rig(test)->dev, 0, CXL_HDM_CTRL) |= CXL_HDM_CTRL_HOSTONLY;
	fake_on_read(rig(test)->dev, FAKE_MMIO, 9, fake_vanish, NULL);
	KUNIT_EXPECT_EQ(test, reread(test, rig(test)->dev), -ENXIO);
	KUNIT_EXPECT_TRUE(test, cxld->flags & CXL_DECODER_F_ENABLE);
	KUNIT_EXPECT_FALSE(test, cxld->host_only);
	rig(test)->dev->gone = false;
	KUNIT_EXPECT_EQ(test, reread(test, rig(test)->dev), 1);
	KUNIT_EXPECT_TRUE(test, cxld->host_only);
}

static struct kunit_case program_cases[] = {
	KUNIT_CASE(commit_writes_all_that_a_reset_cleared),
	KUNIT_CASE(skip_of_device_memory_is_written_again),
	KUNIT_CASE(level_that_a_reset_cleared_is_written_without_a_0_before),
	KUNIT_CASE(range_that_a_reset_took_from_its_owner_is_not_written),
	KUNIT_CASE(decoder_that_keeps_nothing_is_taken_back),
	KUNIT_CASE(locked_decoder_is_never_written),
	KUNIT_CASE(decoder_that_decodes_already_is_not_written),
	KUNIT_CASE(decoder_of_another_range_is_somebody_elses),
	KUNIT_CASE(decoder_in_front_is_asked_of_hardware),
	KUNIT_CASE(shared_decoder_above_that_is_idle_is_an_error),
	KUNIT_CASE(what_did_not_change_is_read_again_without_a_word),
	KUNIT_CASE(decoders_that_a_reset_cleared_are_noted_once),
	KUNIT_CASE(range_that_is_another_one_now_is_noted),
	KUNIT_CASE(region_of_which_a_member_maps_another_range_is_not_committed),
	KUNIT_CASE(target_that_is_another_one_now_is_noted),
	KUNIT_CASE(values_that_make_no_sense_are_broken_and_not_taken_over),
	KUNIT_CASE(device_that_stops_to_answer_changes_nothing),
	{}
};

static struct kunit_suite program_suite = {
	.name = "program_kunit",
	.init = program_init,
	.exit = program_exit,
	.test_cases = program_cases,
};

kunit_test_suite(program_suite);

MODULE_DESCRIPTION("KUnit: decoders written, and read again");
MODULE_LICENSE("GPL");
