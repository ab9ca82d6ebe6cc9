// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices whose memory is not ready, and becomes so or does not: kmod/mem/media.c.
 * What it waits for costs nothing: time is virtual.
 */
#include <kunit/test.h>
#include <linux/bitfield.h>
#include <linux/ktime.h>
#include <linux/pci.h>

#include "../fake/fake_fabric.h"
#include "deed.h"

MODULE_IMPORT_NS("CXL");

#define SIZE_LOW	(FAKE_DVSEC_DEVICE + 0x1c)
#define VALID		BIT(0)
#define ACTIVE		BIT(1)
/* Memory_Active_Timeout */
#define SECONDS(code)	FIELD_PREP(GENMASK(15, 13), code)
#define SECONDS_1	SECONDS(0)
#define SECONDS_4	SECONDS(1)
#define SECONDS_16	SECONDS(2)

static struct fake_node *dev;
static struct cxl_dev_state cxlds;

static int media_init(struct kunit *test)
{
	dev = fake_test_endpoint(test, 0x1000000000, 0x1010000000, SZ_512M);
	memset(&cxlds, 0, sizeof(cxlds));
	cxlds.dev = &dev->pdev->dev;
	cxlds.cxl_dvsec = FAKE_DVSEC_DEVICE;
	fake_log_clear();
	return 0;
}

static void says(u32 bits)
{
	*fake_cfg(dev, SIZE_LOW) = SZ_512M | bits;
}

static int await(void *unused)
{
	return cxl_await_media_ready(&cxlds);
}

/* it comes to @rc after @seconds, and one more at most */
static void ends_after(struct kunit *test, int seconds, int rc)
{
	ktime_t start = ktime_get();
	s64 ms;

	KUNIT_EXPECT_EQ(test, await(NULL), rc);
	ms = ktime_ms_delta(ktime_get(), start);
	KUNIT_EXPECT_GE(test, ms, 1000 * seconds);
	KUNIT_EXPECT_LT(test, ms, 1000 * seconds + 1000);
}

static void memory_that_is_ready_is_not_waited_for(struct kunit *test)
{
	says(VALID | ACTIVE);
	ends_after(test, 0, 0);
}

static void size_is_told_within_a_second(struct kunit *test)
{
	says(SECONDS_16);
	ends_after(test, 1, -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, "not ready after 1 s"), 1);
}

static void memory_is_ready_within_the_time_that_is_advertised(struct kunit *test)
{
	says(VALID | SECONDS_4);
	ends_after(test, 4, -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, "not ready after 4 s"), 1);
}

static void memory_that_becomes_ready_ends_the_wait(struct kunit *test)
{
	struct deed *deed;

	says(SECONDS_16);
	deed = begin(test, await, NULL);
	msleep(500);
	says(VALID | SECONDS_16);
	/* longer than any other time that it advertised */
	msleep(12000);
	KUNIT_EXPECT_FALSE(test, has_ended(deed));
	says(VALID | ACTIVE | SECONDS_16);
	msleep(500);
	KUNIT_EXPECT_TRUE(test, has_ended(deed));
	KUNIT_EXPECT_EQ(test, end_of(test, deed), 0);
}

static void reserved_time_is_none(struct kunit *test)
{
	says(VALID | SECONDS(7));
	ends_after(test, 0, -ETIMEDOUT);
}

static void device_that_is_gone_is_not_waited_for(struct kunit *test)
{
	says(SECONDS_1);
	*fake_cfg(dev, FAKE_DVSEC_DEVICE + 0x08) = ~0U;
	ends_after(test, 0, -ENXIO);
	*fake_cfg(dev, FAKE_DVSEC_DEVICE + 0x08) = PCI_DVSEC_CXL_DEVICE | 0x14 << 16;
	*fake_cfg(dev, SIZE_LOW) = ~0U;
	ends_after(test, 0, -ENXIO);
}

static void device_that_says_nothing_of_memory_is_refused(struct kunit *test)
{
	cxlds.cxl_dvsec = 0;
	KUNIT_EXPECT_EQ(test, await(NULL), -ENXIO);
}

static struct kunit_case media_cases[] = {
	KUNIT_CASE(memory_that_is_ready_is_not_waited_for),
	KUNIT_CASE(size_is_told_within_a_second),
	KUNIT_CASE(memory_is_ready_within_the_time_that_is_advertised),
	KUNIT_CASE(memory_that_becomes_ready_ends_the_wait),
	KUNIT_CASE(reserved_time_is_none),
	KUNIT_CASE(device_that_is_gone_is_not_waited_for),
	KUNIT_CASE(device_that_says_nothing_of_memory_is_refused),
	{}
};

static struct kunit_suite media_suite = {
	.name = "media_kunit",
	.init = media_init,
	.test_cases = media_cases,
};

kunit_test_suite(media_suite);

MODULE_DESCRIPTION("KUnit: memory that is not ready");
MODULE_LICENSE("GPL");
