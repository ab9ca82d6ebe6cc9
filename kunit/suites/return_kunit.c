// SPDX-License-Identifier: GPL-2.0-only
/*
 * After the end of a range: who has lost it keeps others from it until it lets
 * go, and is attached again when what was missing comes back, and only then.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/pci.h>

#include "../fake/fake_fabric.h"
#include "../fake/fake_fail.h"
#include "deed.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW_BASE	0x1000000000ULL
#define RANGE_BASE	0x1010000000ULL
#define RANGE_SIZE	((u64)SZ_512M)

struct rig {
	struct fake_fabric *f;
	struct fake_node *bridge;
	struct fake_node *dev;		/* root port 3 */
	struct fake_node *beside;	/* below the same one, not mapped */
	struct fake_node *other;	/* root port 4, not mapped */
};

static int return_init(struct kunit *test)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	struct fake_node *port;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	test->priv = rig;
	rig->f = fake_test_fabric(test);
	rig->bridge = fake_bridge(rig->f, 7, 2);
	port = fake_root_port(rig->bridge, 3);
	rig->dev = fake_endpoint(port, 0, 2, RANGE_SIZE);
	rig->beside = fake_endpoint(port, 1, 2, RANGE_SIZE);
	rig->other = fake_endpoint(fake_root_port(rig->bridge, 4), 0, 2,
				   RANGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, rig->dev);
	KUNIT_ASSERT_NOT_NULL(test, rig->beside);
	KUNIT_ASSERT_NOT_NULL(test, rig->other);
	fake_window(rig->f, rig->bridge, WINDOW_BASE, SZ_4G);
	KUNIT_ASSERT_EQ(test, fake_fabric_start(rig->f), 0);
	KUNIT_ASSERT_EQ(test, fake_map(rig->dev, RANGE_BASE, RANGE_SIZE, 0), 0);
	return 0;
}

static struct rig *rig(struct kunit *test)
{
	return test->priv;
}

static void root_add(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
}

/* all that was queued has run: time costs nothing here */
static void settle(void)
{
	msleep(2000);
}

/* it asks to be attached again when it loses its range */
static struct fake_node *attached_to_return(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;

	dev->accel.retry = true;
	root_add(test);
	fake_expect_attached(test, dev, RANGE_BASE, RANGE_SIZE);
	return dev;
}

static void is_attached(struct kunit *test, struct fake_node *dev)
{
	KUNIT_EXPECT_EQ(test, dev->accel.rc, 0);
	KUNIT_EXPECT_EQ(test, dev->accel.range.start, RANGE_BASE);
	KUNIT_EXPECT_FALSE(test, IS_ERR(dev->accel.memdev));
}

static void hold_device(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_hold(rig(test)->dev), 0);
}

static void let_device_go(struct kunit *test)
{
	fake_let_go();
	settle();
}

/* --------------------------- quarantine ---------------------------- */

/* firmware gives the range to the other device, behind everybody's back */
static void range_is_given_to_the_other(struct kunit *test)
{
	fake_hdm_uncommit(rig(test)->dev, 0);
	fake_hdm_uncommit(rig(test)->bridge, 0);
	KUNIT_ASSERT_EQ(test, fake_map(rig(test)->other, RANGE_BASE, RANGE_SIZE,
				       0), 0);
}

static void range_that_its_driver_still_has_is_quarantined(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev, *other = rig(test)->other;

	dev->accel.no_revoke = true;
	dev->accel.no_detach = true;
	other->accel.retry = true;
	root_add(test);
	fake_expect_attached(test, dev, RANGE_BASE, RANGE_SIZE);

	hold_device(test);
	fake_root_remove(rig(test)->f);
	range_is_given_to_the_other(test);
	root_add(test);
	/* it knows nothing of revocation, and is still bound */
	KUNIT_EXPECT_PTR_NE(test, dev->pdev->dev.driver, NULL);
	fake_expect_refused(test, other, CXLA_REASON_QUARANTINED);
	settle();
	KUNIT_EXPECT_EQ(test, other->accel.reason, CXLA_REASON_QUARANTINED);

	let_device_go(test);
	KUNIT_EXPECT_PTR_EQ(test, dev->pdev->dev.driver, NULL);
	/* and the one that was kept waiting has it */
	is_attached(test, other);
}

static void part_of_a_range_is_quarantined_too(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev, *other = rig(test)->other;

	root_add(test);
	fake_expect_attached(test, dev, RANGE_BASE, RANGE_SIZE);
	hold_device(test);
	fake_root_remove(rig(test)->f);
	fake_hdm_uncommit(dev, 0);
	fake_hdm_uncommit(rig(test)->bridge, 0);
	KUNIT_ASSERT_EQ(test, fake_map(other, RANGE_BASE + SZ_256M, SZ_256M, 0),
			0);
	root_add(test);
	fake_expect_refused(test, other, CXLA_REASON_QUARANTINED);
	let_device_go(test);
	fake_unbind(other);
	fake_expect_attached(test, other, RANGE_BASE + SZ_256M, SZ_256M);
}

static void range_is_free_when_its_driver_is_unbound(struct kunit *test)
{
	root_add(test);
	fake_expect_attached(test, rig(test)->dev, RANGE_BASE, RANGE_SIZE);
	fake_unbind(rig(test)->dev);
	fake_root_remove(rig(test)->f);
	range_is_given_to_the_other(test);
	root_add(test);
	fake_expect_attached(test, rig(test)->other, RANGE_BASE, RANGE_SIZE);
}

static void attach_that_failed_claims_nothing(struct kunit *test)
{
	rig(test)->dev->accel.probe_error = -EILSEQ;
	root_add(test);
	KUNIT_EXPECT_NE(test, fake_bind(rig(test)->dev), 0);
	fake_root_remove(rig(test)->f);
	range_is_given_to_the_other(test);
	root_add(test);
	fake_expect_attached(test, rig(test)->other, RANGE_BASE, RANGE_SIZE);
}

static int unbind_accelerator(void *node)
{
	fake_unbind(node);
	return 0;
}

/* nothing arrives meanwhile that would make it try again, too */
static void who_was_kept_from_a_range_is_attached_once_it_is_free(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev, *beside = rig(test)->beside;
	struct deed *deed;

	beside->accel.retry = true;
	root_add(test);
	fake_expect_attached(test, dev, RANGE_BASE, RANGE_SIZE);
	/* its region is gone, and it has not let go of the range yet */
	deed = begin_until(test, CXLA_PAUSE_MEMDEV_DELETED, unbind_accelerator,
			   dev);
	/* the decoders above lead to both */
	fake_hdm_uncommit(dev, 0);
	KUNIT_ASSERT_EQ(test, fake_map(beside, RANGE_BASE, RANGE_SIZE, 0), 0);
	settle();
	fake_expect_refused(test, beside, CXLA_REASON_QUARANTINED);
	settle();
	KUNIT_EXPECT_EQ(test, beside->accel.nr_retry, 0);

	go_on(CXLA_PAUSE_MEMDEV_DELETED);
	KUNIT_EXPECT_EQ(test, end_of(test, deed), 0);
	KUNIT_EXPECT_EQ(test, beside->accel.nr_retry, 1);
	is_attached(test, beside);
}

/* ------------------------------ return ----------------------------- */

static void root_that_comes_later_attaches_who_asked(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;

	dev->accel.retry = true;
	fake_expect_refused(test, dev, CXLA_REASON_NO_ROOT);
	settle();
	KUNIT_EXPECT_EQ(test, dev->accel.nr_retry, 0);
	root_add(test);
	settle();
	KUNIT_EXPECT_EQ(test, dev->accel.nr_retry, 1);
	is_attached(test, dev);
}

static void who_did_not_ask_stays_without(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;

	fake_expect_refused(test, dev, CXLA_REASON_NO_ROOT);
	root_add(test);
	settle();
	KUNIT_EXPECT_EQ(test, dev->accel.reason, CXLA_REASON_NO_ROOT);
	KUNIT_EXPECT_TRUE(test, IS_ERR(dev->accel.memdev));
}

static void root_that_returns_attaches_again_and_again(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;

	dev->accel.retry = true;
	root_add(test);
	KUNIT_ASSERT_EQ(test, fake_bind(dev), 0);
	for (int i = 1; i <= 5; i++) {
		is_attached(test, dev);
		KUNIT_EXPECT_EQ(test, dev->accel.nr_attached, i);
		fake_root_remove(rig(test)->f);
		settle();
		KUNIT_EXPECT_EQ(test, dev->accel.nr_revoke, i);
		KUNIT_EXPECT_EQ(test, dev->accel.nr_detach, i);
		root_add(test);
		settle();
	}
	is_attached(test, dev);
}

static void root_that_is_back_before_the_driver_was_told_attaches_again(struct kunit *test)
{
	struct fake_node *dev = attached_to_return(test);

	hold_device(test);
	fake_root_remove(rig(test)->f);
	root_add(test);
	settle();
	KUNIT_EXPECT_EQ(test, dev->accel.nr_detach, 0);
	let_device_go(test);
	KUNIT_EXPECT_EQ(test, dev->accel.nr_detach, 1);
	KUNIT_EXPECT_EQ(test, dev->accel.nr_attached, 2);
	is_attached(test, dev);
}

static void host_bridge_that_is_bound_again_attaches_again(struct kunit *test)
{
	struct fake_node *dev = attached_to_return(test);
	struct cxl_port *port;

	port = fake_port(rig(test)->bridge);
	device_release_driver(&port->dev);
	settle();
	KUNIT_EXPECT_EQ(test, dev->accel.nr_detach, 1);
	KUNIT_EXPECT_EQ(test, device_attach(&port->dev), 1);
	settle();
	is_attached(test, dev);
	put_device(&port->dev);
}

static void memdev_unbound_by_hand_does_not_come_by_itself(struct kunit *test)
{
	struct fake_node *dev = attached_to_return(test);

	device_release_driver(&dev->accel.memdev->dev);
	settle();
	KUNIT_EXPECT_EQ(test, dev->accel.nr_detach, 1);
	KUNIT_EXPECT_EQ(test, dev->accel.nr_retry, 0);
	/* it does with the next root */
	fake_root_remove(rig(test)->f);
	root_add(test);
	settle();
	is_attached(test, dev);
}

static void device_that_is_at_fault_itself_is_left_alone(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;

	dev->accel.retry = true;
	fake_hdm_uncommit(dev, 0);
	root_add(test);
	fake_expect_refused(test, dev, CXLA_REASON_NOT_COMMITTED);
	fake_root_remove(rig(test)->f);
	root_add(test);
	settle();
	KUNIT_EXPECT_EQ(test, dev->accel.nr_retry, 0);
}

static void driver_that_was_unbound_is_not_called(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;

	dev->accel.retry = true;
	fake_expect_refused(test, dev, CXLA_REASON_NO_ROOT);
	fake_unbind(dev);
	root_add(test);
	settle();
	KUNIT_EXPECT_EQ(test, dev->accel.nr_retry, 0);
}

static void driver_that_lost_its_root_for_good_is_unbound_clean(struct kunit *test)
{
	struct fake_node *dev = attached_to_return(test);

	hold_device(test);
	fake_root_remove(rig(test)->f);
	root_add(test);
	/* the retry is queued behind the detach, which waits for the device */
	fake_let_go();
	fake_unbind(dev);
	settle();
	KUNIT_EXPECT_EQ(test, dev->accel.nr_revoke, dev->accel.nr_attached);
	KUNIT_EXPECT_EQ(test, fake_snapshot().memdevs, 0);
}

/* ------------------------------- reset ----------------------------- */

static void memdev_given_up_before_a_reset_is_made_anew_after_it(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	struct fake_snapshot before;

	root_add(test);
	before = fake_snapshot();
	fake_expect_attached(test, dev, RANGE_BASE, RANGE_SIZE);
	fake_lose(dev);
	fake_expect_snapshot(test, &before);
	KUNIT_EXPECT_EQ(test, dev->accel.nr_revoke, 1);
	/* once is enough */
	fake_lose(dev);
	KUNIT_EXPECT_EQ(test, dev->accel.nr_revoke, 1);
	fake_attach_again(dev);
	is_attached(test, dev);
	settle();
	KUNIT_EXPECT_EQ(test, dev->accel.nr_detach, 0);
	/* a second one beside it is none */
	fake_attach_again(dev);
	KUNIT_EXPECT_EQ(test, dev->accel.rc, -EBUSY);
}

static void reset_that_cleared_the_decoders_is_a_reason(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;

	root_add(test);
	fake_expect_attached(test, dev, RANGE_BASE, RANGE_SIZE);
	fake_lose(dev);
	fake_hdm_reset(dev);
	fake_attach_again(dev);
	KUNIT_EXPECT_EQ(test, dev->accel.reason, CXLA_REASON_NOT_COMMITTED);
}

/* as when a device was plugged, and firmware programmed all of the way to it */
static void bridge_that_was_programmed_since_it_was_read_is_read_again(struct kunit *test)
{
	struct fake_node *other = rig(test)->other;

	root_add(test);
	KUNIT_ASSERT_EQ(test, fake_map(other, RANGE_BASE + RANGE_SIZE, RANGE_SIZE, 0), 0);
	fake_expect_attached(test, other, RANGE_BASE + RANGE_SIZE, RANGE_SIZE);
	KUNIT_EXPECT_EQ(test, other->accel.nr_attached, 1);
	KUNIT_EXPECT_EQ(test, other->accel.nr_revoke, 0);
}

/* nobody saves what a decoder says while the system sleeps */
static void no_range_comes_when_the_system_is_about_to_sleep(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	struct fake_snapshot before;
	struct cxla_ledger_line line;

	root_add(test);
	before = fake_snapshot();
	cxla_regions_hold(true);
	KUNIT_EXPECT_FALSE(test, cxla_region_next(0, &line));
	fake_bind(dev);
	KUNIT_EXPECT_EQ(test, dev->accel.rc, -ESHUTDOWN);
	KUNIT_EXPECT_FALSE(test, cxla_region_next(0, &line));
	fake_unbind(dev);
	cxla_regions_hold(false);
	fake_expect_snapshot(test, &before);
	fake_expect_attached(test, dev, RANGE_BASE, RANGE_SIZE);
}

static void range_that_was_refused_before_the_system_slept_comes_after(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;

	dev->accel.retry = true;
	fake_bind(dev);
	cxla_regions_hold(true);
	root_add(test);
	settle();
	KUNIT_EXPECT_EQ(test, dev->accel.nr_attached, 0);
	cxla_regions_hold(false);
	cxla_retry_kick(CXLA_RETRY_ARRIVED);
	settle();
	KUNIT_EXPECT_EQ(test, dev->accel.nr_attached, 1);
	fake_unbind(dev);
}

static void range_that_memory_was_short_for_comes_when_something_does(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	int nth, short_of_memory = 0;
	bool failed = true;

	if (!FAKE_CAN_FAIL)
		kunit_skip(test, "kernel without fault injection");
	root_add(test);
	dev->accel.retry = true;
	fake_bind(dev);
	for (nth = 1; failed; nth += 5) {
		fake_lose(dev);
		fake_fail_start(nth);
		fake_attach_again(dev);
		failed = fake_fail_stop();
		short_of_memory += dev->accel.rc == -ENOMEM;
		cxla_retry_kick(CXLA_RETRY_ARRIVED);
		settle();
		KUNIT_ASSERT_EQ_MSG(test, dev->accel.rc, 0, "allocation %d", nth);
	}
	KUNIT_EXPECT_GT(test, short_of_memory, 10);
	fake_unbind(dev);
}

static void attach_that_lacked_memory_waits_whatever_was_lacking_before(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	int before;

	if (!FAKE_CAN_FAIL)
		kunit_skip(test, "kernel without fault injection");
	root_add(test);
	dev->accel.retry = true;
	fake_bind(dev);
	fake_lose(dev);
	fake_hdm_reset(dev);
	fake_attach_again(dev);
	KUNIT_ASSERT_EQ(test, dev->accel.reason, CXLA_REASON_NOT_COMMITTED);
	fake_fail_start(1);
	fake_attach_again(dev);
	KUNIT_EXPECT_TRUE(test, fake_fail_stop());
	KUNIT_EXPECT_EQ(test, dev->accel.reason, CXLA_REASON_ERROR);
	before = dev->accel.nr_retry;
	cxla_retry_kick(CXLA_RETRY_ARRIVED);
	settle();
	KUNIT_EXPECT_EQ(test, dev->accel.nr_retry, before + 1);
	fake_unbind(dev);
}

static struct kunit_case return_cases[] = {
	KUNIT_CASE(range_that_its_driver_still_has_is_quarantined),
	KUNIT_CASE(part_of_a_range_is_quarantined_too),
	KUNIT_CASE(range_is_free_when_its_driver_is_unbound),
	KUNIT_CASE(attach_that_failed_claims_nothing),
	KUNIT_CASE(bridge_that_was_programmed_since_it_was_read_is_read_again),
	KUNIT_CASE(who_was_kept_from_a_range_is_attached_once_it_is_free),
	KUNIT_CASE(root_that_comes_later_attaches_who_asked),
	KUNIT_CASE(who_did_not_ask_stays_without),
	KUNIT_CASE(root_that_returns_attaches_again_and_again),
	KUNIT_CASE(root_that_is_back_before_the_driver_was_told_attaches_again),
	KUNIT_CASE(host_bridge_that_is_bound_again_attaches_again),
	KUNIT_CASE(memdev_unbound_by_hand_does_not_come_by_itself),
	KUNIT_CASE(device_that_is_at_fault_itself_is_left_alone),
	KUNIT_CASE(driver_that_was_unbound_is_not_called),
	KUNIT_CASE(driver_that_lost_its_root_for_good_is_unbound_clean),
	KUNIT_CASE(memdev_given_up_before_a_reset_is_made_anew_after_it),
	KUNIT_CASE(reset_that_cleared_the_decoders_is_a_reason),
	KUNIT_CASE(no_range_comes_when_the_system_is_about_to_sleep),
	KUNIT_CASE(range_that_was_refused_before_the_system_slept_comes_after),
	KUNIT_CASE(range_that_memory_was_short_for_comes_when_something_does),
	KUNIT_CASE(attach_that_lacked_memory_waits_whatever_was_lacking_before),
	{}
};

static struct kunit_suite return_suite = {
	.name = "return_kunit",
	.init = return_init,
	.exit = all_go_on,
	.test_cases = return_cases,
};

kunit_test_suite(return_suite);

MODULE_DESCRIPTION("KUnit: quarantine, and ranges that return");
MODULE_LICENSE("GPL");
