// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions that are general memory: kmod/core/dax_region.c on the fake fabric,
 * with a driver of dax_regionN that claims as cxla_dax does, or declines.
 */
#include <kunit/test.h>
#include <linux/pci.h>

#include "../fake/fake_cache.h"
#include "../fake/fake_fabric.h"
#include "sweep.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW_BASE	0x1000000000ULL
#define RANGE_BASE	0x1010000000ULL
#define RANGE_SIZE	((u64)SZ_512M)

struct rig {
	struct fake_fabric *f;
	struct fake_node *dev;
	struct fake_node *other;
	bool taking;
};

static struct rig *rig(struct kunit *test)
{
	return test->priv;
}

/* ------------------------------- driver ---------------------------- */

static int take_rc, nr_takes;

static int take(struct device *dev)
{
	const struct cxla_verdict verdict = {
		.owner = CXLA_OWNER_DAX,
		.state = CXLA_LEDGER_OWNED,
		.why = CXLA_WHY_REGION,
	};
	struct cxl_dax_region *cxlr_dax = to_cxl_dax_region(dev);

	nr_takes++;
	return take_rc ?: devm_cxla_claim(dev, &cxlr_dax->range, &verdict);
}

static struct cxla_driver taker = {
	.drv.name = "dax_region_taker",
	.id = CXLA_DEVICE_DAX_REGION,
	.probe = take,
};

static void take_it(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, cxla_driver_register(&taker), 0);
	rig(test)->taking = true;
}

/* -------------------------------- rig ------------------------------ */

static int dax_region_init(struct kunit *test)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	/* of another driver each time: the name of the last is taken for a while */
	static char name[32];
	static unsigned int nr;
	struct fake_node *bridge;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	test->priv = rig;
	snprintf(name, sizeof(name), "dax_region_taker~%u", nr++);
	taker.drv.name = name;
	take_rc = 0;
	nr_takes = 0;
	fake_cache_able = true;
	rig->f = fake_test_fabric(test);
	bridge = fake_bridge(rig->f, 7, 4);
	rig->dev = fake_endpoint(fake_root_port(bridge, 3), 0, 2, RANGE_SIZE);
	rig->other = fake_endpoint(fake_root_port(bridge, 4), 0, 2, RANGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, rig->dev);
	KUNIT_ASSERT_NOT_NULL(test, rig->other);
	rig->dev->accel.expander = true;
	rig->other->accel.expander = true;
	fake_window(rig->f, bridge, WINDOW_BASE, SZ_4G);
	KUNIT_ASSERT_EQ(test, fake_fabric_start(rig->f), 0);
	return 0;
}

static void dax_region_exit(struct kunit *test)
{
	if (rig(test)->taking)
		cxla_driver_unregister(&taker);
}

static void bind(struct kunit *test, struct fake_node *node)
{
	KUNIT_ASSERT_EQ(test, fake_bind(node), 0);
}

/* one region of one device, and the root is there */
static void bring_up(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_map(rig(test)->dev, RANGE_BASE, RANGE_SIZE,
				       0), 0);
	fake_test_up(test, rig(test)->f);
}

/* a region of both, to which each has one half */
static void bring_up_interleaved(struct kunit *test)
{
	struct fake_node *const both[] = { rig(test)->dev, rig(test)->other };

	KUNIT_ASSERT_EQ(test, fake_map_interleaved(both, 2, RANGE_BASE,
						   RANGE_SIZE, 256, 0), 0);
	fake_test_up(test, rig(test)->f);
}

static struct cxl_region *region(struct fake_node *node)
{
	struct cxl_memdev *cxlmd = node->accel.memdev;

	if (IS_ERR(cxlmd) || IS_ERR_OR_NULL(cxlmd->endpoint))
		return NULL;
	return cxlmd->endpoint->decoders[0]->region;
}

static int note_offer(struct device *dev, void *found)
{
	*(struct cxl_dax_region **)found = to_cxl_dax_region(dev);
	return 0;
}

/* what is offered of a region, or NULL */
static struct cxl_dax_region *offer(struct cxl_region *cxlr)
{
	struct cxl_dax_region *cxlr_dax = NULL;

	if (cxlr)
		device_for_each_child(&cxlr->dev, &cxlr_dax, note_offer);
	return cxlr_dax;
}

static void is_offered(struct kunit *test, struct fake_node *node)
{
	struct cxl_dax_region *cxlr_dax = offer(region(node));
	char name[32];

	KUNIT_ASSERT_NOT_NULL(test, cxlr_dax);
	snprintf(name, sizeof(name), "dax_region%d", region(node)->id);
	KUNIT_EXPECT_STREQ(test, dev_name(&cxlr_dax->dev), name);
	KUNIT_EXPECT_EQ(test, cxlr_dax->range.start, RANGE_BASE);
	KUNIT_EXPECT_EQ(test, cxlr_dax->range.end, RANGE_BASE + RANGE_SIZE - 1);
}

static void ledger_says(struct kunit *test, enum cxla_owner owner,
			enum cxla_ledger_state state, enum cxla_ledger_why why)
{
	struct cxla_verdict verdict;
	struct range range;
	u64 time;

	KUNIT_ASSERT_TRUE(test, fake_ledger_find(RANGE_BASE, &range, &verdict,
						 &time));
	KUNIT_EXPECT_EQ(test, range.start, RANGE_BASE);
	KUNIT_EXPECT_EQ(test, range.end, RANGE_BASE + RANGE_SIZE - 1);
	KUNIT_EXPECT_STREQ(test, cxla_owner_str(verdict.owner),
			   cxla_owner_str(owner));
	KUNIT_EXPECT_STREQ(test, cxla_ledger_state_str(verdict.state),
			   cxla_ledger_state_str(state));
	KUNIT_EXPECT_STREQ(test, cxla_ledger_why_str(verdict.why),
			   cxla_ledger_why_str(why));
}

static void is_idle(struct kunit *test)
{
	ledger_says(test, CXLA_OWNER_NONE, CXLA_LEDGER_FREE,
		    CXLA_WHY_REGION_IDLE);
}

/* and nothing is said of where it was */
static void is_gone(struct kunit *test)
{
	struct cxla_ledger_line line;

	KUNIT_EXPECT_FALSE(test, cxla_ledger_next(RANGE_BASE, &line) &&
			   line.range.start < RANGE_BASE + RANGE_SIZE);
}

static void is_taken(struct kunit *test)
{
	ledger_says(test, CXLA_OWNER_DAX, CXLA_LEDGER_OWNED, CXLA_WHY_REGION);
}

/* ------------------------------- offers ---------------------------- */

static void region_of_an_expander_is_offered(struct kunit *test)
{
	bring_up(test);
	bind(test, rig(test)->dev);
	is_offered(test, rig(test)->dev);
	is_idle(test);
	/* who comes later is asked, too */
	take_it(test);
	KUNIT_EXPECT_EQ(test, nr_takes, 1);
	is_taken(test);
}

static void offer_ends_with_the_region(struct kunit *test)
{
	struct fake_snapshot before;

	take_it(test);
	bring_up(test);
	before = fake_snapshot();
	bind(test, rig(test)->dev);
	is_offered(test, rig(test)->dev);
	is_taken(test);
	fake_unbind(rig(test)->dev);
	is_gone(test);
	bind(test, rig(test)->dev);
	is_taken(test);
	fake_root_remove(rig(test)->f);
	is_gone(test);
	fake_unbind(rig(test)->dev);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, before.regions);
	KUNIT_EXPECT_EQ(test, fake_snapshot().devices, 0);
}

static void driver_that_goes_leaves_the_region_to_whom_it_concerns(struct kunit *test)
{
	take_it(test);
	bring_up(test);
	bind(test, rig(test)->dev);
	cxla_driver_unregister(&taker);
	rig(test)->taking = false;
	is_offered(test, rig(test)->dev);
	is_idle(test);
}

static void driver_that_declines_takes_nothing_from_the_region(struct kunit *test)
{
	take_it(test);
	take_rc = -EBUSY;
	bring_up(test);
	bind(test, rig(test)->dev);
	KUNIT_EXPECT_EQ(test, nr_takes, 1);
	is_offered(test, rig(test)->dev);
	KUNIT_EXPECT_NULL(test, offer(region(rig(test)->dev))->dev.driver);
	KUNIT_EXPECT_NOT_NULL(test, region(rig(test)->dev)->dev.driver);
	is_idle(test);
}

static void region_in_parts_is_not_offered(struct kunit *test)
{
	take_it(test);
	bring_up_interleaved(test);
	bind(test, rig(test)->dev);
	KUNIT_ASSERT_NOT_NULL(test, region(rig(test)->dev));
	KUNIT_EXPECT_NULL(test, offer(region(rig(test)->dev)));
	is_idle(test);
	bind(test, rig(test)->other);
	is_offered(test, rig(test)->dev);
	is_taken(test);
	KUNIT_EXPECT_EQ(test, nr_takes, 1);
}

/* ---------------------------- accelerators ------------------------- */

static void region_of_an_accelerator_is_not_offered(struct kunit *test)
{
	take_it(test);
	rig(test)->dev->accel.expander = false;
	bring_up(test);
	fake_expect_attached(test, rig(test)->dev, RANGE_BASE, RANGE_SIZE);
	KUNIT_EXPECT_NULL(test, offer(region(rig(test)->dev)));
	ledger_says(test, CXLA_OWNER_ACCEL, CXLA_LEDGER_OWNED,
		    CXLA_WHY_ATTACHED);
	KUNIT_EXPECT_EQ(test, nr_takes, 0);
}

static void whole_and_not_offered(struct kunit *test, struct fake_node *first,
				  struct fake_node *second)
{
	struct fake_node *expander = rig(test)->other;

	bind(test, first);
	bind(test, second);
	KUNIT_EXPECT_EQ(test, nr_takes, 0);
	if (region(expander))
		KUNIT_EXPECT_NULL(test, offer(region(expander)));
	fake_unbind(expander);
	fake_unbind(rig(test)->dev);
}

/* at the moment at which it is whole it has the attach, which is refused then */
static void region_with_an_accelerator_among_its_members_is_not_offered(struct kunit *test)
{
	struct fake_node *accel = rig(test)->dev, *expander = rig(test)->other;

	take_it(test);
	accel->accel.expander = false;
	bring_up_interleaved(test);
	whole_and_not_offered(test, expander, accel);
	whole_and_not_offered(test, accel, expander);
}

/* that it asks for no range makes its memory nobody else's */
static void region_of_an_accelerator_that_asks_for_nothing_is_not_offered(struct kunit *test)
{
	take_it(test);
	rig(test)->dev->accel.unwanting = true;
	bring_up(test);
	bind(test, rig(test)->dev);
	KUNIT_ASSERT_NOT_NULL(test, region(rig(test)->dev));
	KUNIT_EXPECT_NULL(test, offer(region(rig(test)->dev)));
	KUNIT_EXPECT_EQ(test, nr_takes, 0);
	fake_expect_cxla(test, &region(rig(test)->dev)->dev, "locked", "1");
}

/* ------------------------------- commit ---------------------------- */

/* who has it mapped does not hear of a request that comes to nothing */
static void refused_commit_takes_the_offer_from_nobody(struct kunit *test)
{
	struct fake_commit behind = {
		.base = RANGE_BASE + RANGE_SIZE, .size = SZ_256M,
	};
	struct cxl_dax_region *cxlr_dax;
	struct cxl_region *cxlr;

	take_it(test);
	bring_up(test);
	bind(test, rig(test)->dev);
	cxlr = region(rig(test)->dev);
	cxlr_dax = offer(cxlr);
	fake_cache_able = false;
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), -EOPNOTSUPP);
	fake_cache_able = true;
	KUNIT_ASSERT_EQ(test, fake_hdm_commit(rig(test)->dev, 1, &behind), 0);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), -EBUSY);
	KUNIT_EXPECT_PTR_EQ(test, offer(cxlr), cxlr_dax);
	KUNIT_EXPECT_EQ(test, nr_takes, 1);
	is_taken(test);
}

static void commit_takes_the_offer_away_and_brings_it_back(struct kunit *test)
{
	struct cxl_region *cxlr;

	take_it(test);
	bring_up(test);
	bind(test, rig(test)->dev);
	cxlr = region(rig(test)->dev);
	for (int i = 0; i < 2; i++) {
		is_taken(test);
		KUNIT_ASSERT_EQ(test, fake_write_commit(cxlr, false), 0);
		KUNIT_EXPECT_NULL(test, offer(cxlr));
		is_idle(test);
		KUNIT_ASSERT_EQ(test, fake_write_commit(cxlr, true), 0);
		is_offered(test, rig(test)->dev);
	}
	is_taken(test);
	KUNIT_EXPECT_EQ(test, nr_takes, 3);
}

/* --------------------------- want of memory ------------------------ */

static void region_without_memory_is_offered_whole_or_not_there(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	struct fake_snapshot before;
	int nth, whole = 0, none = 0;

	if (!FAKE_CAN_FAIL)
		kunit_skip(test, "allocations can't be made to fail");
	take_it(test);
	bring_up(test);
	before = fake_snapshot();
	for (nth = 1; nth < SWEEP_MANY; nth++) {
		bool failed, bound;

		fake_fail_start(nth);
		bound = !fake_bind(dev);
		failed = fake_fail_stop();
		if (!bound || !region(dev)) {
			none++;
			KUNIT_EXPECT_EQ_MSG(test, fake_snapshot().regions,
					    before.regions, "allocation %d", nth);
			KUNIT_EXPECT_TRUE_MSG(test, failed, "allocation %d",
					      nth);
		} else {
			whole++;
			KUNIT_ASSERT_NOT_NULL_MSG(test, offer(region(dev)),
						  "allocation %d", nth);
			KUNIT_EXPECT_NOT_NULL_MSG(test,
						  offer(region(dev))->dev.driver,
						  "allocation %d", nth);
			is_taken(test);
		}
		fake_unbind(dev);
		fake_expect_snapshot(test, &before);
		if (!failed)
			break;
	}
	sweep_tell(test, "bind-expander-for-dax", nth, 1);
	KUNIT_EXPECT_GT(test, none, 20);
	KUNIT_EXPECT_GT(test, whole, 0);
}

static void commit_without_memory_is_whole_or_refused(struct kunit *test)
{
	struct cxl_region *cxlr;
	int nth, rc = 0, refused = 0;

	if (!FAKE_CAN_FAIL)
		kunit_skip(test, "allocations can't be made to fail");
	take_it(test);
	bring_up(test);
	bind(test, rig(test)->dev);
	cxlr = region(rig(test)->dev);
	for (nth = 1; nth < SWEEP_MANY; nth++) {
		bool failed;

		KUNIT_ASSERT_EQ(test, fake_write_commit(cxlr, false), 0);
		fake_fail_start(nth);
		rc = fake_write_commit(cxlr, true);
		failed = fake_fail_stop();
		if (rc) {
			refused++;
			KUNIT_EXPECT_EQ_MSG(test, rc, -ENOMEM, "allocation %d",
					    nth);
			KUNIT_EXPECT_NULL(test, offer(cxlr));
			KUNIT_EXPECT_NULL(test, cxlr->dev.driver);
			KUNIT_ASSERT_EQ(test, fake_write_commit(cxlr, true), 0);
		}
		is_taken(test);
		if (!failed)
			break;
	}
	KUNIT_EXPECT_EQ(test, rc, 0);
	KUNIT_EXPECT_GT(test, refused, 5);
	sweep_tell(test, "commit-for-dax", nth, 1);
}

static struct kunit_case dax_region_cases[] = {
	KUNIT_CASE(region_of_an_expander_is_offered),
	KUNIT_CASE(offer_ends_with_the_region),
	KUNIT_CASE(driver_that_goes_leaves_the_region_to_whom_it_concerns),
	KUNIT_CASE(driver_that_declines_takes_nothing_from_the_region),
	KUNIT_CASE(region_in_parts_is_not_offered),
	KUNIT_CASE(region_of_an_accelerator_is_not_offered),
	KUNIT_CASE(region_with_an_accelerator_among_its_members_is_not_offered),
	KUNIT_CASE(region_of_an_accelerator_that_asks_for_nothing_is_not_offered),
	KUNIT_CASE(refused_commit_takes_the_offer_from_nobody),
	KUNIT_CASE(commit_takes_the_offer_away_and_brings_it_back),
	KUNIT_CASE(region_without_memory_is_offered_whole_or_not_there),
	KUNIT_CASE(commit_without_memory_is_whole_or_refused),
	{}
};

static struct kunit_suite dax_region_suite = {
	.name = "dax_region_kunit",
	.init = dax_region_init,
	.exit = dax_region_exit,
	.test_cases = dax_region_cases,
};

kunit_test_suite(dax_region_suite);

MODULE_DESCRIPTION("KUnit: regions that are general memory");
MODULE_LICENSE("GPL");
