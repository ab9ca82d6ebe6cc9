// SPDX-License-Identifier: GPL-2.0-only
/* More than one range of a device, for a driver that asks: kmod/core/attach_region.c. */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/pci.h>

#include "../fake/fake_fabric.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW		0x1000000000ULL
#define SECOND_WINDOW	0x2000000000ULL
#define BASE		0x1010000000ULL
#define SECOND		0x2010000000ULL
#define THIRD		0x2040000000ULL
#define SIZE		((u64)SZ_256M)

static struct fake_fabric *f;
static struct fake_node *dev;

/* three decoders in two windows */
static int ranges_init(struct kunit *test)
{
	struct fake_node *bridge;

	f = fake_test_fabric(test);
	bridge = fake_bridge(f, 7, 4);
	dev = fake_endpoint(fake_root_port(bridge, 3), 0, 4, 4 * SIZE);
	fake_window(f, bridge, WINDOW, SZ_4G);
	fake_window(f, bridge, SECOND_WINDOW, SZ_4G);
	KUNIT_ASSERT_EQ(test, fake_fabric_start(f), 0);
	KUNIT_ASSERT_EQ(test, fake_map(dev, BASE, SIZE, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_map(dev, SECOND, SIZE, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_map(dev, THIRD, SIZE, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	dev->accel.want_all = true;
	return 0;
}

static void has(struct kunit *test, int i, u64 base)
{
	KUNIT_EXPECT_EQ(test, dev->accel.more[i].start, base);
	KUNIT_EXPECT_EQ(test, dev->accel.more[i].end, base + SIZE - 1);
}

static void ledger_says(struct kunit *test, u64 base, enum cxla_ledger_state state)
{
	struct cxla_verdict verdict;
	struct range range;
	u64 time;

	KUNIT_ASSERT_TRUE(test, fake_ledger_find(base, &range, &verdict, &time));
	KUNIT_EXPECT_EQ(test, range.start, base);
	KUNIT_EXPECT_EQ(test, verdict.state, state);
}

static void driver_that_asks_has_all(struct kunit *test)
{
	fake_expect_attached(test, dev, BASE, SIZE);
	KUNIT_ASSERT_EQ(test, dev->accel.nr_more, 2);
	has(test, 0, SECOND);
	has(test, 1, THIRD);
	ledger_says(test, SECOND, CXLA_LEDGER_OWNED);
	ledger_says(test, THIRD, CXLA_LEDGER_OWNED);
}

static void driver_that_does_not_ask_has_the_first(struct kunit *test)
{
	dev->accel.want_all = false;
	fake_expect_attached(test, dev, BASE, SIZE);
	KUNIT_EXPECT_EQ(test, dev->accel.nr_more, 0);
}

static void all_are_given_back_together(struct kunit *test)
{
	struct fake_snapshot before = fake_snapshot();

	for (int i = 0; i < 2; i++) {
		fake_expect_attached(test, dev, BASE, SIZE);
		fake_unbind(dev);
		fake_expect_snapshot(test, &before);
	}
}

static void all_are_quarantined_until_the_driver_lets_go(struct kunit *test)
{
	dev->accel.no_detach = true;
	dev->accel.no_revoke = true;
	fake_expect_attached(test, dev, BASE, SIZE);
	KUNIT_ASSERT_EQ(test, fake_hold(dev), 0);
	fake_root_remove(f);
	ledger_says(test, BASE, CXLA_LEDGER_QUARANTINED);
	ledger_says(test, SECOND, CXLA_LEDGER_QUARANTINED);
	ledger_says(test, THIRD, CXLA_LEDGER_QUARANTINED);
	fake_let_go();
	msleep(2000);
	KUNIT_EXPECT_EQ(test, fake_snapshot().memdevs, 0);
}

static void one_that_somebody_has_is_left_out(struct kunit *test)
{
	struct resource other = {
		.name = "somebody",
		.start = SECOND,
		.end = SECOND + SIZE - 1,
		.flags = IORESOURCE_MEM | IORESOURCE_BUSY,
	};

	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, &other), 0);
	fake_log_clear();
	fake_expect_attached(test, dev, BASE, SIZE);
	KUNIT_ASSERT_EQ(test, dev->accel.nr_more, 1);
	has(test, 0, THIRD);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_NOTICE, "is not attached: claimed"), 1);
	fake_unbind(dev);
	KUNIT_EXPECT_EQ(test, remove_resource(&other), 0);
}

static void without_the_first_there_is_none(struct kunit *test)
{
	struct resource other = {
		.name = "somebody",
		.start = BASE,
		.end = BASE + SIZE - 1,
		.flags = IORESOURCE_MEM | IORESOURCE_BUSY,
	};

	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, &other), 0);
	fake_expect_refused(test, dev, CXLA_REASON_CLAIMED);
	KUNIT_EXPECT_EQ(test, dev->accel.nr_more, 0);
	fake_unbind(dev);
	KUNIT_EXPECT_EQ(test, remove_resource(&other), 0);
}

static struct kunit_case ranges_cases[] = {
	KUNIT_CASE(driver_that_asks_has_all),
	KUNIT_CASE(driver_that_does_not_ask_has_the_first),
	KUNIT_CASE(all_are_given_back_together),
	KUNIT_CASE(all_are_quarantined_until_the_driver_lets_go),
	KUNIT_CASE(one_that_somebody_has_is_left_out),
	KUNIT_CASE(without_the_first_there_is_none),
	{}
};

static struct kunit_suite ranges_suite = {
	.name = "ranges_kunit",
	.init = ranges_init,
	.test_cases = ranges_cases,
};

kunit_test_suite(ranges_suite);

MODULE_DESCRIPTION("KUnit: more than one range of a device");
MODULE_LICENSE("GPL");
