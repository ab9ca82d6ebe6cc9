// SPDX-License-Identifier: GPL-2.0-only
/*
 * Orders that are forced: somebody is held between two steps (pause/pause.c), and
 * somebody else comes.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/pci.h>

#include "../fake/fake_fabric.h"
#include "deed.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW_BASE	0x1000000000ULL
#define RANGE_BASE	0x1010000000ULL
#define RANGE_SIZE	((u64)SZ_512M)

static struct fake_node *dev(struct kunit *test)
{
	return test->priv;
}

static struct fake_fabric *fabric(struct kunit *test)
{
	return dev(test)->fabric;
}

static int orders_init(struct kunit *test)
{
	test->priv = fake_test_endpoint(test, WINDOW_BASE, RANGE_BASE,
					RANGE_SIZE);
	return 0;
}

/* ------------------------------ deeds ------------------------------ */

static int unbind_device(void *_dev)
{
	device_release_driver(_dev);
	return 0;
}

static int unbind_accelerator(void *node)
{
	fake_unbind(node);
	return 0;
}

static int bind_accelerator(void *node)
{
	return fake_bind(node);
}

static int remove_root(void *f)
{
	fake_root_remove(f);
	return 0;
}

static int delete_region(void *_region)
{
	struct cxl_region *cxlr = _region;

	return fake_store_cxla(cxlr->dev.parent, "delete_region",
			       dev_name(&cxlr->dev));
}

static int bind_region(void *_region)
{
	struct cxl_region *cxlr = _region;

	return device_attach(&cxlr->dev);
}

static int uncommit_region(void *_region)
{
	struct cxl_region *cxlr = _region;

	return fake_store_cxla(&cxlr->dev, "commit", "0");
}

/* ------------------------------- tests ----------------------------- */

static void attached(struct kunit *test)
{
	fake_test_up(test, fabric(test));
	fake_expect_attached(test, dev(test), RANGE_BASE, RANGE_SIZE);
}

static struct device *endpoint_of(struct kunit *test)
{
	return &dev(test)->accel.memdev->endpoint->dev;
}

/* of an expander, referenced */
static struct cxl_region *unlocked_region(struct kunit *test)
{
	struct cxl_region *cxlr;

	dev(test)->accel.expander = true;
	fake_test_up(test, fabric(test));
	KUNIT_ASSERT_EQ(test, fake_bind(dev(test)), 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR(dev(test)->accel.memdev));
	cxlr = dev(test)->accel.memdev->endpoint->decoders[0]->region;
	KUNIT_ASSERT_NOT_NULL(test, cxlr);
	get_device(&cxlr->dev);
	return cxlr;
}

/* seen or not */
static struct cxl_region *only_region(struct kunit *test)
{
	struct cxl_root_decoder *cxlrd =
		to_cxl_root_decoder(&fabric(test)->root->decoders[0]->dev);
	unsigned long index = 0;
	struct cxl_region *cxlr =
		mt_find(&cxlrd->regions, &index, ULONG_MAX);

	KUNIT_ASSERT_NOT_NULL(test, cxlr);
	return cxlr;
}

static void one_who_is_held_goes_on_when_told(struct kunit *test)
{
	struct deed *deed;

	fake_test_up(test, fabric(test));
	deed = begin_until(test, CXLA_PAUSE_ATTACH_BEGIN, bind_accelerator,
			   dev(test));
	KUNIT_EXPECT_EQ(test, cxla_pause_arm(CXLA_PAUSE_ATTACH_BEGIN), -EBUSY);
	waits(test, deed);
	go_on(CXLA_PAUSE_ATTACH_BEGIN);
	KUNIT_EXPECT_EQ(test, end_of(test, deed), 0);
	/* once */
	fake_unbind(dev(test));
	fake_expect_attached(test, dev(test), RANGE_BASE, RANGE_SIZE);
}

static void second_revoker_waits_for_the_first(struct kunit *test)
{
	struct deed *first, *second;

	attached(test);
	first = begin_until(test, CXLA_PAUSE_REVOKE_DRAINED, remove_root,
			    fabric(test));
	second = begin(test, unbind_accelerator, dev(test));
	waits(test, second);
	KUNIT_EXPECT_EQ(test, dev(test)->accel.nr_revoke, 0);
	/* there, and not for want of a lock */
	KUNIT_EXPECT_EQ(test, fake_snapshot().memdevs, 1);
	go_on(CXLA_PAUSE_REVOKE_DRAINED);
	end_of(test, first);
	end_of(test, second);
	KUNIT_EXPECT_EQ(test, dev(test)->accel.nr_revoke, 1);
	KUNIT_EXPECT_EQ(test, dev(test)->accel.nr_detach, 0);
}

static void revoke_waits_for_who_is_inside(struct kunit *test)
{
	struct cxl_memdev *cxlmd;
	struct deed *deed;
	int token;

	attached(test);
	cxlmd = dev(test)->accel.memdev;
	token = cxl_attach_enter(cxlmd);
	KUNIT_ASSERT_GE(test, token, 0);
	deed = begin(test, unbind_device, endpoint_of(test));
	msleep(1000);
	KUNIT_EXPECT_EQ(test, dev(test)->accel.nr_revoke, 0);
	/* nobody new is let in */
	KUNIT_EXPECT_EQ(test, cxl_attach_enter(cxlmd), -ENXIO);
	KUNIT_EXPECT_FALSE(test, has_ended(deed));
	cxl_attach_exit(cxlmd, token);
	end_of(test, deed);
	KUNIT_EXPECT_EQ(test, dev(test)->accel.nr_revoke, 1);
}

static void nobody_enters_a_memdev_without_an_attach(struct kunit *test)
{
	struct cxl_region *cxlr = unlocked_region(test);

	KUNIT_EXPECT_EQ(test, cxl_attach_enter(dev(test)->accel.memdev),
			-ENXIO);
	put_device(&cxlr->dev);
}

static void range_ends_before_its_region_does(struct kunit *test)
{
	struct deed *deed;

	attached(test);
	deed = begin_until(test, CXLA_PAUSE_REGION_DYING, remove_root,
			   fabric(test));
	KUNIT_EXPECT_EQ(test, dev(test)->accel.nr_revoke, 1);
	KUNIT_EXPECT_EQ(test, dev(test)->accel.nr_detach, 0);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 1);
	go_on(CXLA_PAUSE_REGION_DYING);
	end_of(test, deed);
	KUNIT_EXPECT_EQ(test, dev(test)->accel.nr_detach, 1);
}

/* its endpoint went, and the worker is about to look at it */
static void worker_comes(struct kunit *test)
{
	struct deed *deed;

	attached(test);
	deed = begin_until(test, CXLA_PAUSE_DETACH_BEGIN, unbind_device,
			   endpoint_of(test));
	end_of(test, deed);
}

static void driver_bound_since_is_not_detached(struct kunit *test)
{
	worker_comes(test);
	fake_unbind(dev(test));
	fake_expect_attached(test, dev(test), RANGE_BASE, RANGE_SIZE);
	go_on(CXLA_PAUSE_DETACH_BEGIN);
	/* neither of the two bindings was told */
	KUNIT_EXPECT_EQ(test, dev(test)->accel.nr_detach, 0);
	KUNIT_EXPECT_EQ(test, dev(test)->accel.nr_revoke, 1);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 1);
}

static void driver_bound_since_is_not_unbound(struct kunit *test)
{
	dev(test)->accel.no_detach = true;
	worker_comes(test);
	fake_unbind(dev(test));
	fake_expect_attached(test, dev(test), RANGE_BASE, RANGE_SIZE);
	go_on(CXLA_PAUSE_DETACH_BEGIN);
	KUNIT_EXPECT_NOT_NULL(test, dev(test)->pdev->dev.driver);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 1);
}

static void driver_that_gave_its_memdev_up_is_not_unbound(struct kunit *test)
{
	dev(test)->accel.no_detach = true;
	worker_comes(test);
	/* it goes on PCI-only by itself, before it is told to */
	fake_lose(dev(test));
	go_on(CXLA_PAUSE_DETACH_BEGIN);
	KUNIT_EXPECT_NOT_NULL(test, dev(test)->pdev->dev.driver);
}

static void device_that_is_being_detached_is_not_attached(struct kunit *test)
{
	struct deed *deed;

	dev(test)->accel.no_detach = true;
	attached(test);
	deed = begin_until(test, CXLA_PAUSE_DETACH_UNLOCKED, unbind_device,
			   endpoint_of(test));
	end_of(test, deed);
	/* one of ours that is bound in this instant gets nothing to lose */
	fake_unbind(dev(test));
	KUNIT_EXPECT_EQ(test, fake_bind(dev(test)), 0);
	KUNIT_EXPECT_EQ(test, dev(test)->accel.rc, -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_snapshot().memdevs, 0);
	go_on(CXLA_PAUSE_DETACH_UNLOCKED);
	fake_unbind(dev(test));
	fake_expect_attached(test, dev(test), RANGE_BASE, RANGE_SIZE);
}

static void region_that_is_deleted_is_not_ended_again(struct kunit *test)
{
	struct cxl_region *cxlr = unlocked_region(test);
	struct deed *first, *second;

	first = begin_until(test, CXLA_PAUSE_REGION_DYING, delete_region, cxlr);
	/* another writer is told so, the endpoint waits */
	KUNIT_EXPECT_EQ(test, delete_region(cxlr), -EBUSY);
	second = begin(test, unbind_accelerator, dev(test));
	waits(test, second);
	go_on(CXLA_PAUSE_REGION_DYING);
	KUNIT_EXPECT_EQ(test, end_of(test, first), 0);
	end_of(test, second);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 0);
	KUNIT_EXPECT_EQ(test, delete_region(cxlr), -ENODEV);
	put_device(&cxlr->dev);
}

static void endpoint_returns_when_its_region_is_gone(struct kunit *test)
{
	struct cxl_region *cxlr = unlocked_region(test);
	struct deed *first, *second;

	first = begin_until(test, CXLA_PAUSE_REGION_DELETED, delete_region,
			    cxlr);
	second = begin(test, remove_root, fabric(test));
	waits(test, second);
	/* its members and its place in the iomem tree are there until it is gone */
	KUNIT_EXPECT_EQ(test, cxlr->nr_targets, 1);
	go_on(CXLA_PAUSE_REGION_DELETED);
	KUNIT_EXPECT_EQ(test, end_of(test, first), 0);
	end_of(test, second);
	KUNIT_EXPECT_EQ(test, fake_snapshot().iomem_regions, 0);
	put_device(&cxlr->dev);
}

static void region_is_found_when_it_is_complete(struct kunit *test)
{
	struct cxl_region *cxlr;
	struct deed *deed;

	dev(test)->accel.expander = true;
	fake_test_up(test, fabric(test));
	deed = begin_until(test, CXLA_PAUSE_REGION_MADE, bind_accelerator,
			   dev(test));
	cxlr = only_region(test);
	/* userspace has it, and may do with it what it likes */
	KUNIT_EXPECT_EQ(test, delete_region(cxlr), 0);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 0);
	go_on(CXLA_PAUSE_REGION_MADE);
	KUNIT_EXPECT_EQ(test, end_of(test, deed), 0);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 0);
}

static void region_of_an_attach_is_locked_before_it_is_seen(struct kunit *test)
{
	struct cxl_region *cxlr;
	struct deed *deed;

	fake_test_up(test, fabric(test));
	deed = begin_until(test, CXLA_PAUSE_REGION_ADDED, bind_accelerator,
			   dev(test));
	cxlr = only_region(test);
	/* it has no range yet, and nobody may take it away */
	fake_expect_cxla(test, &cxlr->dev, "locked", "1");
	KUNIT_EXPECT_EQ(test, delete_region(cxlr), -EBUSY);
	KUNIT_EXPECT_EQ(test, uncommit_region(cxlr), -EBUSY);
	go_on(CXLA_PAUSE_REGION_ADDED);
	KUNIT_EXPECT_EQ(test, end_of(test, deed), 0);
	fake_expect_attached(test, dev(test), RANGE_BASE, RANGE_SIZE);
}

/* the root goes while an attach is held at @point */
static void whole_or_nothing(struct kunit *test, enum cxla_pause_point point)
{
	struct fake_accel *accel = &dev(test)->accel;
	struct deed *bind, *removal;

	fake_test_up(test, fabric(test));
	bind = begin_until(test, point, bind_accelerator, dev(test));
	removal = begin(test, remove_root, fabric(test));
	msleep(1000);
	go_on(point);
	KUNIT_EXPECT_EQ(test, end_of(test, bind), 0);
	end_of(test, removal);
	msleep(2000);
	/* it had the range and lost it, or never had it */
	KUNIT_EXPECT_EQ(test, accel->nr_revoke, accel->nr_attached);
	KUNIT_EXPECT_EQ(test, accel->nr_detach, accel->nr_attached);
	if (!accel->nr_attached)
		KUNIT_EXPECT_NE(test, accel->reason, CXLA_REASON_NONE);
	KUNIT_EXPECT_EQ(test, fake_snapshot().devices, 0);
	fake_unbind(dev(test));
	fake_test_up(test, fabric(test));
	fake_expect_attached(test, dev(test), RANGE_BASE, RANGE_SIZE);
}

static const struct moment {
	const char *name;
	enum cxla_pause_point point;
} moments[] = {
	{ "the memdev is there", CXLA_PAUSE_ATTACH_BEGIN },
	{ "the ports were found", CXLA_PAUSE_PORTS_FOUND },
	{ "the decoders were read", CXLA_PAUSE_DECODERS_READ },
	{ "the region was made", CXLA_PAUSE_REGION_MADE },
	{ "the region was added", CXLA_PAUSE_REGION_ADDED },
	{ "the range was claimed", CXLA_PAUSE_RANGE_CLAIMED },
	{ "the attach was complete", CXLA_PAUSE_ATTACH_COMPLETE },
};

static void moment_name(const struct moment *moment, char *name)
{
	strscpy(name, moment->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(moment, moments, moment_name);

static void root_that_goes_in_an_attach_leaves_it_whole_or_nothing(struct kunit *test)
{
	const struct moment *moment = test->param_value;

	whole_or_nothing(test, moment->point);
}

static void retry_finds_a_driver_that_was_unbound_gone(struct kunit *test)
{
	dev(test)->accel.retry = true;
	KUNIT_ASSERT_EQ(test, fake_bind(dev(test)), 0);
	arm(test, CXLA_PAUSE_RETRY_BEGIN);
	fake_test_up(test, fabric(test));
	somebody_is_at(test, CXLA_PAUSE_RETRY_BEGIN);
	fake_unbind(dev(test));
	go_on(CXLA_PAUSE_RETRY_BEGIN);
	KUNIT_EXPECT_EQ(test, dev(test)->accel.nr_retry, 0);
	KUNIT_EXPECT_EQ(test, fake_snapshot().memdevs, 0);
}

/* who is about to lose its range has one still when something arrives */
static void arrival_between_revoke_and_detach_is_not_missed(struct kunit *test)
{
	struct deed *deed;

	dev(test)->accel.retry = true;
	attached(test);
	deed = begin_until(test, CXLA_PAUSE_REVOKE_DONE, unbind_device,
			   endpoint_of(test));
	cxla_retry_kick(CXLA_RETRY_ARRIVED);
	msleep(1000);
	KUNIT_EXPECT_EQ(test, dev(test)->accel.nr_retry, 0);
	go_on(CXLA_PAUSE_REVOKE_DONE);
	end_of(test, deed);
	KUNIT_EXPECT_EQ(test, dev(test)->accel.nr_detach, 1);
	KUNIT_EXPECT_EQ(test, dev(test)->accel.nr_retry, 1);
	KUNIT_EXPECT_EQ(test, dev(test)->accel.nr_attached, 2);
}

static void retry_of_a_driver_bound_since_is_its_own(struct kunit *test)
{
	dev(test)->accel.retry = true;
	KUNIT_ASSERT_EQ(test, fake_bind(dev(test)), 0);
	arm(test, CXLA_PAUSE_RETRY_BEGIN);
	fake_test_up(test, fabric(test));
	somebody_is_at(test, CXLA_PAUSE_RETRY_BEGIN);
	fake_unbind(dev(test));
	fake_expect_attached(test, dev(test), RANGE_BASE, RANGE_SIZE);
	go_on(CXLA_PAUSE_RETRY_BEGIN);
	KUNIT_EXPECT_EQ(test, dev(test)->accel.nr_attached, 1);
	KUNIT_EXPECT_EQ(test, dev(test)->accel.nr_revoke, 0);
}

static void region_that_is_being_uncommitted_takes_no_driver(struct kunit *test)
{
	struct cxl_region *cxlr = unlocked_region(test);
	struct deed *first, *bind, *second;

	first = begin_until(test, CXLA_PAUSE_COMMIT_UNBOUND, uncommit_region,
			    cxlr);
	bind = begin(test, bind_region, cxlr);
	waits(test, bind);
	second = begin(test, uncommit_region, cxlr);
	waits(test, second);
	go_on(CXLA_PAUSE_COMMIT_UNBOUND);
	KUNIT_EXPECT_EQ(test, end_of(test, first), 0);
	KUNIT_EXPECT_EQ(test, end_of(test, second), 0);
	end_of(test, bind);
	KUNIT_EXPECT_NULL(test, cxlr->dev.driver);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	KUNIT_EXPECT_NOT_NULL(test, cxlr->dev.driver);
	put_device(&cxlr->dev);
}

static void region_that_ends_is_not_uncommitted(struct kunit *test)
{
	struct cxl_region *cxlr = unlocked_region(test);
	struct deed *end, *uncommit;

	end = begin_until(test, CXLA_PAUSE_REGION_DYING, delete_region, cxlr);
	uncommit = begin(test, uncommit_region, cxlr);
	KUNIT_EXPECT_EQ(test, end_of(test, uncommit), -ENXIO);
	go_on(CXLA_PAUSE_REGION_DYING);
	KUNIT_EXPECT_EQ(test, end_of(test, end), 0);
	KUNIT_EXPECT_EQ(test, fabric(test)->nr_changes, 0);
	put_device(&cxlr->dev);
}

static void port_is_unregistered_once(struct kunit *test)
{
	struct deed *first, *second;

	attached(test);
	arm(test, CXLA_PAUSE_PORT_DYING);
	/* the endpoint, by the accelerator, and by the root */
	first = begin(test, unbind_accelerator, dev(test));
	somebody_is_at(test, CXLA_PAUSE_PORT_DYING);
	second = begin(test, remove_root, fabric(test));
	waits(test, second);
	go_on(CXLA_PAUSE_PORT_DYING);
	end_of(test, first);
	end_of(test, second);
	KUNIT_EXPECT_EQ(test, fake_snapshot().devices, 0);
	KUNIT_EXPECT_EQ(test, dev(test)->accel.nr_revoke, 1);
}

static struct kunit_case orders_cases[] = {
	KUNIT_CASE(one_who_is_held_goes_on_when_told),
	KUNIT_CASE(second_revoker_waits_for_the_first),
	KUNIT_CASE(revoke_waits_for_who_is_inside),
	KUNIT_CASE(nobody_enters_a_memdev_without_an_attach),
	KUNIT_CASE(range_ends_before_its_region_does),
	KUNIT_CASE(driver_bound_since_is_not_detached),
	KUNIT_CASE(driver_bound_since_is_not_unbound),
	KUNIT_CASE(driver_that_gave_its_memdev_up_is_not_unbound),
	KUNIT_CASE(device_that_is_being_detached_is_not_attached),
	KUNIT_CASE(region_that_is_deleted_is_not_ended_again),
	KUNIT_CASE(endpoint_returns_when_its_region_is_gone),
	KUNIT_CASE(region_is_found_when_it_is_complete),
	KUNIT_CASE(region_of_an_attach_is_locked_before_it_is_seen),
	KUNIT_CASE_PARAM(root_that_goes_in_an_attach_leaves_it_whole_or_nothing,
			 moment_gen_params),
	KUNIT_CASE(retry_finds_a_driver_that_was_unbound_gone),
	KUNIT_CASE(arrival_between_revoke_and_detach_is_not_missed),
	KUNIT_CASE(retry_of_a_driver_bound_since_is_its_own),
	KUNIT_CASE(region_that_is_being_uncommitted_takes_no_driver),
	KUNIT_CASE(region_that_ends_is_not_uncommitted),
	KUNIT_CASE(port_is_unregistered_once),
	{}
};

static struct kunit_suite orders_suite = {
	.name = "orders_kunit",
	.init = orders_init,
	.exit = all_go_on,
	.test_cases = orders_cases,
};

kunit_test_suite(orders_suite);

MODULE_DESCRIPTION("KUnit: forced orders of what ends and what begins");
MODULE_LICENSE("GPL");
