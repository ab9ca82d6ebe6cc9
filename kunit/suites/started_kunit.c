// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether enumeration has been started: kmod/core/started.c, as new for each
 * test. What it waits for costs nothing: time is virtual.
 */
#include <linux/ktime.h>
#include <linux/platform_device.h>

#include "../../kmod/core/bus.h"
#include "deed.h"

/* the core's own has what this one needs, and exports it */
#undef EXPORT_SYMBOL_NS_GPL
#define EXPORT_SYMBOL_NS_GPL(symbol, ns)
static struct workqueue_struct *started_wq;
#define cxla_wq	started_wq
#include "../../kmod/core/started.c"

#define SECONDS	30

static bool cancelled;
static int nr_asked;

static bool is_cancelled(void *arg)
{
	nr_asked++;
	return arg && READ_ONCE(*(bool *)arg);
}

static int await(void *arg)
{
	return cxla_enum_wait(is_cancelled, arg, SECONDS);
}

static int started_init(struct kunit *test)
{
	cxla_enum_started = false;
	cxla_enum_wait_over = false;
	cancelled = false;
	nr_asked = 0;
	started_wq = alloc_ordered_workqueue("started", 0);
	KUNIT_ASSERT_NOT_NULL(test, started_wq);
	return 0;
}

static void started_exit(struct kunit *test)
{
	if (started_wq)
		destroy_workqueue(started_wq);
}

static void what_was_started_is_not_waited_for(struct kunit *test)
{
	ktime_t start = ktime_get();

	cxla_enum_start();
	KUNIT_EXPECT_EQ(test, await(NULL), 0);
	/* and never again */
	KUNIT_EXPECT_EQ(test, await(NULL), 0);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), 100);
}

static void wait_ends_when_it_is_started(struct kunit *test)
{
	struct deed *deed = begin(test, await, NULL);

	waits(test, deed);
	cxla_enum_start();
	msleep(100);
	KUNIT_EXPECT_TRUE(test, has_ended(deed));
	KUNIT_EXPECT_EQ(test, end_of(test, deed), 0);
}

static void everybody_who_waits_hears_of_the_start(struct kunit *test)
{
	struct deed *first = begin(test, await, NULL);
	struct deed *second = begin(test, await, NULL);

	waits(test, first);
	waits(test, second);
	cxla_enum_start();
	msleep(100);
	KUNIT_EXPECT_TRUE(test, has_ended(first) && has_ended(second));
	KUNIT_EXPECT_EQ(test, end_of(test, first), 0);
	KUNIT_EXPECT_EQ(test, end_of(test, second), 0);
}

static void nobody_waits_longer_than_it_said(struct kunit *test)
{
	ktime_t start = ktime_get();
	s64 ms;

	KUNIT_EXPECT_EQ(test, await(NULL), -ETIMEDOUT);
	ms = ktime_ms_delta(ktime_get(), start);
	KUNIT_EXPECT_GE(test, ms, SECONDS * 1000);
	KUNIT_EXPECT_LT(test, ms, SECONDS * 1000 + 1000);
	/* no time is none */
	start = ktime_get();
	KUNIT_EXPECT_EQ(test, cxla_enum_wait(is_cancelled, NULL, 0),
			-ETIMEDOUT);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), 100);
}

static void wait_that_is_cancelled_ends_when_it_is_woken(struct kunit *test)
{
	struct deed *deed = begin(test, await, &cancelled);

	waits(test, deed);
	/* woken for nothing it goes on waiting */
	cxla_enum_wake();
	waits(test, deed);
	KUNIT_EXPECT_GE(test, nr_asked, 2);
	WRITE_ONCE(cancelled, true);
	cxla_enum_wake();
	msleep(100);
	KUNIT_EXPECT_TRUE(test, has_ended(deed));
	KUNIT_EXPECT_EQ(test, end_of(test, deed), -ECANCELED);
}

/* who is unbound decides nothing, whatever else came in the same moment */
static void one_who_is_cancelled_is_told_so_before_all(struct kunit *test)
{
	cancelled = true;
	cxla_enum_start();
	KUNIT_EXPECT_EQ(test, await(&cancelled), -ECANCELED);
	cxla_enum_started = false;
	KUNIT_EXPECT_EQ(test, cxla_enum_wait(is_cancelled, &cancelled, 0),
			-ECANCELED);
}

static void that_somebody_waited_is_known_from_then_on(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, cxla_enum_waited());
	/* who waits, or is started, has decided nothing yet */
	cxla_enum_start();
	KUNIT_EXPECT_EQ(test, await(NULL), 0);
	KUNIT_EXPECT_FALSE(test, cxla_enum_waited());
	cxla_enum_set_waited();
	KUNIT_EXPECT_TRUE(test, cxla_enum_waited());
	cxla_enum_set_waited();
	KUNIT_EXPECT_TRUE(test, cxla_enum_waited());
}

static bool work_done;

static void slow_work(struct work_struct *work)
{
	msleep(5000);
	WRITE_ONCE(work_done, true);
}

static DECLARE_WORK(work, slow_work);

static void rest_comes_after_attaches_that_are_tried_again(struct kunit *test)
{
	bool done;

	work_done = false;
	queue_work(started_wq, &work);
	cxla_enum_rest();
	done = READ_ONCE(work_done);
	KUNIT_EXPECT_TRUE(test, done);
}

static int slow_probe(struct platform_device *pdev)
{
	msleep(5000);
	WRITE_ONCE(work_done, true);
	return 0;
}

static struct platform_driver slow_driver = {
	.probe = slow_probe,
	.driver.name = "started_slow",
};

static struct platform_device *slow_device;

static int add_slow_device(void *unused)
{
	slow_device = platform_device_register_simple("started_slow", -1, NULL,
						      0);
	return PTR_ERR_OR_ZERO(slow_device);
}

/* the driver core does not count those that somebody binds by sysfs */
static void rest_comes_after_devices_that_are_probed(struct kunit *test)
{
	struct deed *deed;
	bool done;

	work_done = false;
	KUNIT_ASSERT_EQ(test, platform_driver_register(&slow_driver), 0);
	deed = begin(test, add_slow_device, NULL);
	msleep(1000);
	KUNIT_EXPECT_FALSE(test, work_done);
	cxla_enum_rest();
	done = READ_ONCE(work_done);
	KUNIT_EXPECT_TRUE(test, done);
	KUNIT_EXPECT_EQ(test, end_of(test, deed), 0);
	platform_driver_unregister(&slow_driver);
	if (!IS_ERR_OR_NULL(slow_device))
		platform_device_unregister(slow_device);
}

static struct kunit_case started_cases[] = {
	KUNIT_CASE(what_was_started_is_not_waited_for),
	KUNIT_CASE(wait_ends_when_it_is_started),
	KUNIT_CASE(everybody_who_waits_hears_of_the_start),
	KUNIT_CASE(nobody_waits_longer_than_it_said),
	KUNIT_CASE(wait_that_is_cancelled_ends_when_it_is_woken),
	KUNIT_CASE(one_who_is_cancelled_is_told_so_before_all),
	KUNIT_CASE(that_somebody_waited_is_known_from_then_on),
	KUNIT_CASE(rest_comes_after_attaches_that_are_tried_again),
	KUNIT_CASE(rest_comes_after_devices_that_are_probed),
	{}
};

static struct kunit_suite started_suite = {
	.name = "started_kunit",
	.init = started_init,
	.exit = started_exit,
	.test_cases = started_cases,
};

kunit_test_suite(started_suite);

MODULE_DESCRIPTION("KUnit: whether enumeration has been started");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("CXL");
