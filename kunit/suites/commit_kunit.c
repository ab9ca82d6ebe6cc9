// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writing 0 and 1 to commit of a region. Two expanders below host bridges:
 *
 *   root > host bridge 7 > root port 3 > switch > downstream port 1 > dev
 *			  > root port 4 > other
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/pci.h>

#include "../fake/fake_cache.h"
#include "../fake/fake_fabric.h"
#include "deed.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW_BASE	0x1000000000ULL
#define RANGE_BASE	0x1010000000ULL
#define RANGE_SIZE	((u64)SZ_512M)
#define OTHER_BASE	(RANGE_BASE + RANGE_SIZE)
#define NR_DECODERS	4

struct rig {
	struct fake_fabric *f;
	struct fake_node *bridge;
	struct fake_node *sw;
	struct fake_node *dev;
	struct fake_node *other;
};

static struct rig *rig(struct kunit *test)
{
	return test->priv;
}

static int commit_init(struct kunit *test)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	test->priv = rig;
	rig->f = fake_test_fabric(test);
	rig->bridge = fake_bridge(rig->f, 7, NR_DECODERS);
	rig->sw = fake_switch(fake_root_port(rig->bridge, 3), NR_DECODERS);
	rig->dev = fake_endpoint(fake_downstream(rig->sw, 1), 0, NR_DECODERS,
				 4 * RANGE_SIZE);
	rig->other = fake_endpoint(fake_root_port(rig->bridge, 4), 0,
				   NR_DECODERS, RANGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, rig->dev);
	KUNIT_ASSERT_NOT_NULL(test, rig->other);
	rig->dev->accel.expander = true;
	rig->other->accel.expander = true;
	fake_window(rig->f, rig->bridge, WINDOW_BASE, SZ_8G);
	fake_cache_able = true;
	return 0;
}

static void commit_exit(struct kunit *test)
{
	fake_cache_able = true;
}

/* ------------------------------ regions ---------------------------- */

static struct cxl_decoder *decoder_of(struct fake_node *node, int decoder)
{
	return node->accel.memdev->endpoint->decoders[decoder];
}

static struct cxl_region *region_of(struct kunit *test, struct fake_node *node)
{
	struct cxl_region *cxlr = decoder_of(node, 0)->region;

	KUNIT_ASSERT_NOT_NULL(test, cxlr);
	return cxlr;
}

static bool read_commit(struct kunit *test, struct cxl_region *cxlr)
{
	const struct device_attribute *attr = fake_attribute(&cxlr->dev, "commit");
	char *page = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_EQ(test, attr->show(&cxlr->dev,
					 (struct device_attribute *)attr, page),
			2);
	return page[0] == '1';
}

static bool committed(struct fake_node *node, int decoder)
{
	return *fake_hdm_reg(node, decoder, CXL_HDM_CTRL) &
	       CXL_HDM_CTRL_COMMITTED;
}

/* as it is when firmware left it, or as after 0 was written; all agree */
static void expect_state(struct kunit *test, struct cxl_region *cxlr,
			 bool commit)
{
	KUNIT_EXPECT_EQ(test, read_commit(test, cxlr), commit);
	KUNIT_EXPECT_EQ(test, !!cxlr->dev.driver, commit);
	KUNIT_EXPECT_EQ(test, committed(rig(test)->dev, 0), commit);
	KUNIT_EXPECT_EQ(test, committed(rig(test)->sw, 0), commit);
	KUNIT_EXPECT_EQ(test, committed(rig(test)->bridge, 0), commit);
}

static void bind(struct kunit *test, struct fake_node *node)
{
	KUNIT_ASSERT_EQ(test, fake_bind(node), 0);
	KUNIT_ASSERT_EQ(test, node->accel.rc, 0);
}

/* a committed region of dev; what is written from here on is counted */
static struct cxl_region *bring_up(struct kunit *test)
{
	struct cxl_region *cxlr;

	fake_test_up(test, rig(test)->f);
	bind(test, rig(test)->dev);
	cxlr = region_of(test, rig(test)->dev);
	fake_count_reset(rig(test)->f);
	fake_cache_invalidations = 0;
	return cxlr;
}

static struct cxl_region *mapped_and_up(struct kunit *test, u32 flags)
{
	if (!rig(test)->f->started)
		KUNIT_ASSERT_EQ(test, fake_fabric_start(rig(test)->f), 0);
	KUNIT_ASSERT_EQ(test, fake_map(rig(test)->dev, RANGE_BASE, RANGE_SIZE,
				       flags), 0);
	return bring_up(test);
}

static void refused_without_a_write(struct kunit *test, struct cxl_region *cxlr,
				    int error)
{
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), error);
	KUNIT_EXPECT_EQ(test, rig(test)->f->count.writes, 0);
	KUNIT_EXPECT_EQ(test, fake_cache_invalidations, 0);
	expect_state(test, cxlr, true);
}

/*
 * To be reset nothing but a control is written, to be committed all of a
 * decoder; in a control nothing changes but COMMIT.
 */
static void expect_changes(struct kunit *test, bool commit,
			   struct fake_node *const *order, int count)
{
	struct fake_fabric *f = rig(test)->f;

	KUNIT_EXPECT_EQ(test, f->count.writes, commit ? 7 * count : count);
	KUNIT_ASSERT_EQ(test, f->nr_changes, count);
	for (int i = 0; i < count; i++) {
		const struct fake_change *change = &f->changes[i];

		KUNIT_EXPECT_PTR_EQ_MSG(test, change->node, order[i],
					"write %d", i);
		KUNIT_EXPECT_EQ(test, change->value ^ (u32)CXL_HDM_CTRL_COMMIT,
				change->old);
		KUNIT_EXPECT_EQ(test, !!(change->value & CXL_HDM_CTRL_COMMIT),
				commit);
	}
	fake_count_reset(f);
}

/* ------------------------------- order ----------------------------- */

static void children_are_reset_before_parents(struct kunit *test)
{
	struct cxl_region *cxlr = mapped_and_up(test, 0);
	struct fake_node *order[] = {
		rig(test)->dev, rig(test)->sw, rig(test)->bridge
	};

	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	expect_changes(test, false, order, 3);
	expect_state(test, cxlr, false);
}

static void parents_are_committed_before_children(struct kunit *test)
{
	struct cxl_region *cxlr = mapped_and_up(test, 0);
	struct fake_node *order[] = {
		rig(test)->bridge, rig(test)->sw, rig(test)->dev
	};

	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	fake_count_reset(rig(test)->f);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
	expect_changes(test, true, order, 3);
	expect_state(test, cxlr, true);
}

static void caches_are_invalidated_before_the_first_decoder_is_reset(struct kunit *test)
{
	struct cxl_region *cxlr = mapped_and_up(test, 0);
	struct fake_fabric *f = rig(test)->f;

	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	for (int i = 0; i < f->nr_changes; i++)
		KUNIT_EXPECT_EQ(test, f->changes[i].invalidations, 1);
	KUNIT_EXPECT_EQ(test, fake_cache_invalidations, 1);
}

static void what_is_done_already_is_not_done_again(struct kunit *test)
{
	struct cxl_region *cxlr = mapped_and_up(test, 0);

	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
	KUNIT_EXPECT_EQ(test, rig(test)->f->nr_changes, 0);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	fake_count_reset(rig(test)->f);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	KUNIT_EXPECT_EQ(test, rig(test)->f->nr_changes, 0);
	KUNIT_EXPECT_EQ(test, fake_cache_invalidations, 1);
	expect_state(test, cxlr, false);
}

/* ------------------------------ refused ---------------------------- */

static void platform_without_invalidation_refuses(struct kunit *test)
{
	struct cxl_region *cxlr = mapped_and_up(test, 0);

	fake_cache_able = false;
	refused_without_a_write(test, cxlr, -EOPNOTSUPP);
}

static void locked_member_refuses(struct kunit *test)
{
	refused_without_a_write(test, mapped_and_up(test, CXL_HDM_CTRL_LOCK),
				-EBUSY);
	KUNIT_EXPECT_EQ(test, rig(test)->bridge->locked_writes, 0);
}

/* that is what is wrong with the request, whatever the platform can do */
static void locked_region_is_busy_where_caches_stay(struct kunit *test)
{
	fake_cache_able = false;
	locked_member_refuses(test);
}

static void locked_bridge_refuses(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_fabric_start(rig(test)->f), 0);
	KUNIT_ASSERT_EQ(test, fake_map(rig(test)->dev, RANGE_BASE, RANGE_SIZE,
				       0), 0);
	*fake_hdm_reg(rig(test)->bridge, 0, CXL_HDM_CTRL) |= CXL_HDM_CTRL_LOCK;
	refused_without_a_write(test, bring_up(test), -EBUSY);
}

static void lock_that_came_later_refuses(struct kunit *test)
{
	struct cxl_region *cxlr = mapped_and_up(test, 0);

	*fake_hdm_reg(rig(test)->dev, 0, CXL_HDM_CTRL) |= CXL_HDM_CTRL_LOCK;
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), -EBUSY);
	KUNIT_EXPECT_EQ(test, rig(test)->f->count.writes, 0);
	expect_state(test, cxlr, true);
}

static void lock_of_a_bridge_that_came_later_leaves_all_as_before(struct kunit *test)
{
	struct cxl_region *cxlr = mapped_and_up(test, 0);

	*fake_hdm_reg(rig(test)->bridge, 0, CXL_HDM_CTRL) |= CXL_HDM_CTRL_LOCK;
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), -EBUSY);
	KUNIT_EXPECT_EQ(test, rig(test)->bridge->locked_writes, 0);
	expect_state(test, cxlr, true);

	/* and is remembered */
	fake_count_reset(rig(test)->f);
	fake_cache_invalidations = 0;
	refused_without_a_write(test, cxlr, -EBUSY);
}

static void decoder_behind_that_is_committed_refuses(struct kunit *test)
{
	struct cxl_region *behind, *cxlr;

	KUNIT_ASSERT_EQ(test, fake_fabric_start(rig(test)->f), 0);
	KUNIT_ASSERT_EQ(test, fake_map(rig(test)->dev, RANGE_BASE, RANGE_SIZE,
				       0), 0);
	KUNIT_ASSERT_EQ(test, fake_map(rig(test)->dev, RANGE_BASE + RANGE_SIZE,
				       RANGE_SIZE, 0), 0);
	cxlr = bring_up(test);
	refused_without_a_write(test, cxlr, -EBUSY);

	/* the last first, and committed in the other order */
	behind = decoder_of(rig(test)->dev, 1)->region;
	KUNIT_EXPECT_EQ(test, fake_write_commit(behind, false), 0);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	expect_state(test, cxlr, false);
	fake_count_reset(rig(test)->f);
	KUNIT_EXPECT_EQ(test, fake_write_commit(behind, true), -EBUSY);
	KUNIT_EXPECT_EQ(test, rig(test)->f->count.writes, 0);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
	KUNIT_EXPECT_EQ(test, fake_write_commit(behind, true), 0);
	expect_state(test, cxlr, true);
	KUNIT_EXPECT_TRUE(test, committed(rig(test)->dev, 1));
}

static void region_with_an_attach_refuses(struct kunit *test)
{
	rig(test)->dev->accel.expander = false;
	refused_without_a_write(test, mapped_and_up(test, 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, rig(test)->dev->accel.nr_revoke, 0);
}

static void region_that_is_system_ram_refuses(struct kunit *test)
{
	struct resource ram = {
		.name = "System RAM",
		.start = RANGE_BASE + SZ_256M,
		.end = RANGE_BASE + SZ_256M + SZ_128M - 1,
		.flags = IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY,
	};
	struct cxl_region *cxlr = mapped_and_up(test, 0);

	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, &ram), 0);
	refused_without_a_write(test, cxlr, -EBUSY);
	KUNIT_EXPECT_EQ(test, remove_resource(&ram), 0);
}

/* ------------------------------ hardware --------------------------- */

static void commit_that_takes_its_time_is_waited_for(struct kunit *test)
{
	struct cxl_region *cxlr = mapped_and_up(test, 0);

	rig(test)->dev->commit_delay = 50;
	rig(test)->bridge->commit_delay = 50;
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
	expect_state(test, cxlr, true);
}

/* stays uncommitted, with no COMMIT pending, and can be committed later */
static void failed_commit(struct kunit *test, struct cxl_region *cxlr, int error)
{
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), error);
	expect_state(test, cxlr, false);
	KUNIT_EXPECT_FALSE(test, CXL_HDM_CTRL_COMMIT &
			   (*fake_hdm_reg(rig(test)->dev, 0, CXL_HDM_CTRL) |
			    *fake_hdm_reg(rig(test)->bridge, 0, CXL_HDM_CTRL)));
	rig(test)->dev->commit_delay = 0;
	rig(test)->dev->commit_fails = false;
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
	expect_state(test, cxlr, true);
}

static void commit_that_never_comes_leaves_all_as_before(struct kunit *test)
{
	struct cxl_region *cxlr = mapped_and_up(test, 0);

	rig(test)->dev->commit_delay = FAKE_NEVER;
	failed_commit(test, cxlr, -ETIMEDOUT);
}

static void commit_error_leaves_all_as_before(struct kunit *test)
{
	struct cxl_region *cxlr = mapped_and_up(test, 0);

	rig(test)->dev->commit_fails = true;
	failed_commit(test, cxlr, -EIO);
}

static void device_that_is_gone_counts_as_reset(struct kunit *test)
{
	struct cxl_region *cxlr = mapped_and_up(test, 0);

	rig(test)->dev->gone = true;
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	KUNIT_EXPECT_FALSE(test, committed(rig(test)->sw, 0));
	KUNIT_EXPECT_FALSE(test, committed(rig(test)->bridge, 0));
	KUNIT_EXPECT_FALSE(test, decoder_of(rig(test)->dev, 0)->flags &
			   CXL_DECODER_F_ENABLE);
	/* and can't be committed */
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), -ENXIO);
	KUNIT_EXPECT_FALSE(test, committed(rig(test)->bridge, 0));
	KUNIT_EXPECT_FALSE(test, read_commit(test, cxlr));
}

/* ------------------------------- shapes ---------------------------- */

static void interleaved_members_are_all_reset_before_their_bridges(struct kunit *test)
{
	struct rig *r = rig(test);
	struct fake_node *bridge = fake_bridge(r->f, 8, NR_DECODERS);
	struct fake_node *far = fake_endpoint(fake_root_port(bridge, 1), 0,
					      NR_DECODERS, RANGE_SIZE);
	struct fake_node *members[] = { r->other, far };
	struct fake_node *down[] = { r->other, far, r->bridge, bridge };
	struct fake_node *back[] = { r->bridge, bridge, r->other, far };
	struct cxl_region *cxlr;

	far->accel.expander = true;
	fake_window_target(&r->f->windows[0], bridge);
	KUNIT_ASSERT_EQ(test, fake_fabric_start(r->f), 0);
	KUNIT_ASSERT_EQ(test, fake_map_interleaved(members, 2, RANGE_BASE,
						   2 * RANGE_SIZE, 256, 0), 0);
	fake_test_up(test, r->f);
	bind(test, r->other);
	bind(test, far);
	cxlr = region_of(test, far);
	KUNIT_ASSERT_EQ(test, cxlr->nr_targets, 2);
	fake_count_reset(r->f);

	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	expect_changes(test, false, down, 4);
	KUNIT_EXPECT_FALSE(test, read_commit(test, cxlr));
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
	expect_changes(test, true, back, 4);
	KUNIT_EXPECT_TRUE(test, read_commit(test, cxlr));
	KUNIT_EXPECT_NOT_NULL(test, cxlr->dev.driver);
}

static void zero_takes_nothing_from_a_member_that_is_not_there(struct kunit *test)
{
	struct rig *r = rig(test);
	struct fake_node *members[] = { r->dev, r->other };
	struct cxl_region *cxlr;

	KUNIT_ASSERT_EQ(test, fake_fabric_start(r->f), 0);
	KUNIT_ASSERT_EQ(test, fake_map_interleaved(members, 2, RANGE_BASE,
						   2 * RANGE_SIZE, 256, 0), 0);
	cxlr = bring_up(test);
	KUNIT_EXPECT_FALSE(test, read_commit(test, cxlr));
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	KUNIT_EXPECT_EQ(test, r->f->count.writes, 0);
	bind(test, r->other);
	KUNIT_EXPECT_EQ(test, cxlr->nr_targets, 2);
	KUNIT_EXPECT_TRUE(test, read_commit(test, cxlr));
	KUNIT_EXPECT_NOT_NULL(test, cxlr->dev.driver);
}

static void decoder_that_maps_more_than_the_region_is_left_alone(struct kunit *test)
{
	struct fake_commit whole = {
		.base = RANGE_BASE, .size = 4 * RANGE_SIZE, .targets = { 3 },
	};
	struct fake_node *order[] = { rig(test)->dev, rig(test)->sw };
	struct cxl_region *cxlr;

	KUNIT_ASSERT_EQ(test, fake_hdm_commit(rig(test)->bridge, 0, &whole), 0);
	cxlr = mapped_and_up(test, 0);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	expect_changes(test, false, order, 2);
	KUNIT_EXPECT_TRUE(test, committed(rig(test)->bridge, 0));
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
	expect_state(test, cxlr, true);
}

/* ----------------------------- lifetime ---------------------------- */

static void endpoint_that_goes_while_uncommitted_leaves_nothing(struct kunit *test)
{
	struct fake_snapshot before;
	struct cxl_region *cxlr;

	fake_test_up(test, rig(test)->f);
	before = fake_snapshot();
	fake_root_remove(rig(test)->f);
	cxlr = mapped_and_up(test, 0);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	fake_unbind(rig(test)->dev);
	fake_expect_snapshot(test, &before);

	/* and whoever takes it over finds what hardware says */
	rig(test)->dev->accel.expander = false;
	fake_expect_refused(test, rig(test)->dev, CXLA_REASON_NOT_COMMITTED);
}

static void accelerator_attaches_to_what_was_committed_again(struct kunit *test)
{
	struct cxl_region *cxlr = mapped_and_up(test, 0);

	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
	fake_unbind(rig(test)->dev);
	rig(test)->dev->accel.expander = false;
	fake_expect_attached(test, rig(test)->dev, RANGE_BASE, RANGE_SIZE);
}

static int uncommit(void *cxlr)
{
	return fake_write_commit(cxlr, false);
}

static void two_writers_reset_it_once(struct kunit *test)
{
	struct cxl_region *cxlr = mapped_and_up(test, 0);
	struct deed *second;
	int rc, rc2;

	/* each read sleeps, and the other one runs */
	rig(test)->f->slow = true;
	second = begin(test, uncommit, cxlr);
	rc = fake_write_commit(cxlr, false);
	rc2 = end_of(test, second);
	rig(test)->f->slow = false;

	KUNIT_EXPECT_TRUE(test, rc == 0 || rc == -EBUSY);
	KUNIT_EXPECT_TRUE(test, rc2 == 0 || rc2 == -EBUSY);
	KUNIT_EXPECT_TRUE(test, !rc || !rc2);
	KUNIT_EXPECT_EQ(test, rig(test)->f->nr_changes, 3);
	expect_state(test, cxlr, false);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
	expect_state(test, cxlr, true);
}

/* who has it asked the kernel, and not us: in-tree device_dax, or kmem */
static void region_that_somebody_has_a_byte_of_is_not_changed(struct kunit *test)
{
	struct cxl_region *cxlr = mapped_and_up(test, 0);

	KUNIT_ASSERT_NOT_NULL(test, request_mem_region(cxlr->res.end, 1,
						       "dax0.0"));
	refused_without_a_write(test, cxlr, -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(cxlr->dev.parent, "delete_region",
					      dev_name(&cxlr->dev)), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 1);
	KUNIT_EXPECT_NOT_NULL(test, cxlr->dev.driver);
	release_mem_region(cxlr->res.end, 1);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	expect_state(test, cxlr, false);
}

/* the driver core defers a device whose supplier has no driver yet */
static void driver_that_the_core_defers_is_no_error_of_the_writer(struct kunit *test)
{
	struct cxl_region *cxlr = mapped_and_up(test, 0);
	struct device *supplier = root_device_register("cxla-kunit");

	KUNIT_ASSERT_FALSE(test, IS_ERR(supplier));
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), 0);
	KUNIT_EXPECT_NOT_NULL(test, device_link_add(&cxlr->dev, supplier, 0));
	KUNIT_EXPECT_EQ(test, device_attach(&cxlr->dev), -EPROBE_DEFER);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
	root_device_unregister(supplier);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
	expect_state(test, cxlr, true);
}

static struct kunit_case commit_cases[] = {
	KUNIT_CASE(children_are_reset_before_parents),
	KUNIT_CASE(parents_are_committed_before_children),
	KUNIT_CASE(caches_are_invalidated_before_the_first_decoder_is_reset),
	KUNIT_CASE(what_is_done_already_is_not_done_again),
	KUNIT_CASE(platform_without_invalidation_refuses),
	KUNIT_CASE(locked_member_refuses),
	KUNIT_CASE(locked_region_is_busy_where_caches_stay),
	KUNIT_CASE(locked_bridge_refuses),
	KUNIT_CASE(lock_that_came_later_refuses),
	KUNIT_CASE(lock_of_a_bridge_that_came_later_leaves_all_as_before),
	KUNIT_CASE(decoder_behind_that_is_committed_refuses),
	KUNIT_CASE(region_with_an_attach_refuses),
	KUNIT_CASE(region_that_is_system_ram_refuses),
	KUNIT_CASE(commit_that_takes_its_time_is_waited_for),
	KUNIT_CASE(commit_that_never_comes_leaves_all_as_before),
	KUNIT_CASE(commit_error_leaves_all_as_before),
	KUNIT_CASE(device_that_is_gone_counts_as_reset),
	KUNIT_CASE(interleaved_members_are_all_reset_before_their_bridges),
	KUNIT_CASE(zero_takes_nothing_from_a_member_that_is_not_there),
	KUNIT_CASE(decoder_that_maps_more_than_the_region_is_left_alone),
	KUNIT_CASE(endpoint_that_goes_while_uncommitted_leaves_nothing),
	KUNIT_CASE(accelerator_attaches_to_what_was_committed_again),
	KUNIT_CASE(two_writers_reset_it_once),
	KUNIT_CASE(region_that_somebody_has_a_byte_of_is_not_changed),
	KUNIT_CASE(driver_that_the_core_defers_is_no_error_of_the_writer),
	{}
};

static struct kunit_suite commit_suite = {
	.name = "commit_kunit",
	.init = commit_init,
	.exit = commit_exit,
	.test_cases = commit_cases,
};

kunit_test_suite(commit_suite);

MODULE_DESCRIPTION("KUnit: committing and uncommitting regions");
MODULE_LICENSE("GPL");
