// SPDX-License-Identifier: GPL-2.0-only
/* CXL Reset: kmod/core/cxl_reset.c, with the drivers as shipped. */
#include <kunit/test-bug.h>
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/pci.h>

#include "../../kmod/core/cxl_reset.h"
#include "../fake/fake_cache.h"
#include "../fake/fake_fabric.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW		0x1000000000ULL
#define BASE		0x1010000000ULL
#define SIZE		((u64)SZ_512M)
#define CTRL2		(FAKE_DVSEC_DEVICE + 0x10)
#define DISABLE_CACHING	BIT(0)
#define FUNCTION_MAP	0x200

static struct fake_fabric *f;
static struct fake_node *dev, *second;
/* a driver that is told of a reset has caches flushed */
static unsigned int flushes;

/* two functions of one device */
static int cxl_reset_init(struct kunit *test)
{
	struct fake_node *bridge, *port;

	f = fake_test_fabric(test);
	bridge = fake_bridge(f, 7, 2);
	port = fake_root_port(bridge, 3);
	dev = fake_endpoint(port, PCI_DEVFN(0, 0), 2, SIZE);
	second = fake_endpoint(port, PCI_DEVFN(0, 1), 2, SIZE);
	fake_window(f, bridge, WINDOW, SZ_4G);
	fake_test_up(test, f);
	KUNIT_ASSERT_EQ(test, fake_map(dev, BASE, SIZE, CXL_HDM_CTRL_LOCK), 0);
	fake_can_reset(dev, true);
	fake_test_driver(test, dev, "cxla_accel");
	KUNIT_ASSERT_EQ(test, device_attach(&dev->pdev->dev), 1);
	fake_expect_shows(test, dev, "cxla/state", "attached");
	fake_log_clear();
	flushes = fake_cache_invalidations;
	return 0;
}

static void cxl_reset_exit(struct kunit *test)
{
	fake_cache_able = true;
	if (dev && dev->pdev)
		device_release_driver(&dev->pdev->dev);
	if (second && second->pdev)
		device_release_driver(&second->pdev->dev);
}

static struct cxl_dev_state *state(void *pdev)
{
	return pci_get_drvdata(pdev);
}

static struct cxl_dev_state *nobody(void *pdev)
{
	return NULL;
}

static int reset(void)
{
	return cxla_cxl_reset(dev->pdev, state, dev->pdev);
}

/* refused: no reset, and no driver was told */
static void untouched(struct kunit *test, int rc)
{
	unsigned int writes = f->count.cfg_writes;

	KUNIT_EXPECT_EQ(test, reset(), rc);
	KUNIT_EXPECT_EQ(test, f->count.cfg_writes, writes);
	KUNIT_EXPECT_EQ(test, dev->nr_cxl_resets, 0);
	fake_expect_shows(test, dev, "cxla/state", "attached");
	KUNIT_EXPECT_EQ(test, fake_cache_invalidations, flushes);
	/* nothing is left locked */
	KUNIT_EXPECT_TRUE(test, device_trylock(&dev->pdev->dev));
	device_unlock(&dev->pdev->dev);
}

static void attached_again(struct kunit *test)
{
	fake_expect_shows(test, dev, "cxla/state", "attached");
	KUNIT_EXPECT_GT(test, fake_cache_invalidations, flushes);
	KUNIT_EXPECT_EQ(test, *fake_cfg(dev, CTRL2) & DISABLE_CACHING, 0);
}

static void device_is_reset_and_attached_again(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, reset(), 0);
	KUNIT_EXPECT_EQ(test, dev->nr_cxl_resets, 1);
	attached_again(test);
	/* locked as it was */
	KUNIT_EXPECT_TRUE(test, *fake_hdm_reg(dev, 0, CXL_HDM_CTRL) & CXL_HDM_CTRL_LOCK);
}

static void cache_of_the_device_is_off_and_empty_before(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, reset(), 0);
	KUNIT_EXPECT_EQ(test, dev->nr_flushes, 1);
	KUNIT_EXPECT_TRUE(test, dev->reset_with_cache);
}

static void device_without_cache_is_not_asked_to_write_it_back(struct kunit *test)
{
	*fake_cfg(dev, FAKE_DVSEC_DEVICE + 8) &= ~((BIT(0) | BIT(6)) << 16);
	KUNIT_EXPECT_EQ(test, reset(), 0);
	KUNIT_EXPECT_EQ(test, dev->nr_flushes, 0);
	attached_again(test);
}

static void device_without_cxl_reset_is_left_alone(struct kunit *test)
{
	*fake_cfg(dev, FAKE_DVSEC_DEVICE + 8) &= ~(BIT(7) << 16);
	untouched(test, -EOPNOTSUPP);
}

static void platform_that_can_t_flush_caches_refuses(struct kunit *test)
{
	fake_cache_able = false;
	untouched(test, -EOPNOTSUPP);
}

static void device_that_is_another_driver_s_by_now_is_left_alone(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, cxla_cxl_reset(dev->pdev, nobody, NULL), -ENODEV);
	KUNIT_EXPECT_EQ(test, dev->nr_cxl_resets, 0);
	fake_expect_shows(test, dev, "cxla/state", "attached");
}

static void function_that_somebody_has_locked_is_not_waited_for(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_hold(second), 0);
	untouched(test, -EAGAIN);
	fake_let_go();
	KUNIT_EXPECT_EQ(test, reset(), 0);
	attached_again(test);
}

/* the driver of the tests has no callbacks */
static void function_whose_driver_can_t_be_told_refuses(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_bind(second), 0);
	untouched(test, -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_WARNING, "can't be told",
					     pci_name(second->pdev)), 1);
	fake_unbind(second);
	KUNIT_EXPECT_EQ(test, reset(), 0);
}

/* a Non-CXL Function Map behind the last capability, with function 1 in it */
static void function_that_is_no_cxl_function_is_spared(struct kunit *test)
{
	*fake_cfg(dev, FAKE_DSN) |= FUNCTION_MAP << 20;
	*fake_cfg(dev, FUNCTION_MAP) = PCI_EXT_CAP_ID_DVSEC | 1 << 16;
	*fake_cfg(dev, FUNCTION_MAP + 4) = PCI_VENDOR_ID_CXL | 0x2c << 20;
	*fake_cfg(dev, FUNCTION_MAP + 8) = 2;
	*fake_cfg(dev, FUNCTION_MAP + 0x0c + 4 * 1) = BIT(0);
	KUNIT_ASSERT_EQ(test, fake_bind(second), 0);
	KUNIT_ASSERT_EQ(test, fake_hold(second), 0);
	KUNIT_EXPECT_EQ(test, reset(), 0);
	fake_let_go();
	fake_unbind(second);
	attached_again(test);
}

/* with a range behind that of the first function */
static void bind_second(struct kunit *test, const char *driver)
{
	fake_test_driver(test, second, driver);
	KUNIT_ASSERT_EQ(test, fake_map(second, BASE + SIZE, SIZE, 0), 0);
	KUNIT_ASSERT_EQ(test, device_attach(&second->pdev->dev), 1);
}

static void all_functions_are_told(struct kunit *test)
{
	bind_second(test, "cxla_accel");
	/* each before the reset, and the one that lost its decoders once more */
	KUNIT_EXPECT_EQ(test, reset(), 0);
	KUNIT_EXPECT_EQ(test, fake_cache_invalidations, flushes + 3);
	fake_expect_shows(test, dev, "cxla/state", "attached");
	fake_expect_shows(test, second, "cxla/state", "attached");
}

static void reset_that_does_not_end_is_waited_for_as_long_as_is_advertised(struct kunit *test)
{
	ktime_t start = ktime_get();

	dev->reset_hangs = true;
	KUNIT_EXPECT_EQ(test, reset(), -ETIMEDOUT);
	KUNIT_EXPECT_GE(test, ktime_ms_delta(ktime_get(), start), 100);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), 1000);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, "does not end in 100 ms"), 1);
	/* the drivers were told that it is over */
	attached_again(test);
}

static void reset_that_ends_with_an_error_is_told(struct kunit *test)
{
	dev->reset_fails = true;
	KUNIT_EXPECT_EQ(test, reset(), -EIO);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, "ended with an error"), 1);
	attached_again(test);
}

static void cache_that_is_not_written_back_prevents_the_reset(struct kunit *test)
{
	dev->flush_hangs = true;
	KUNIT_EXPECT_EQ(test, reset(), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, dev->nr_cxl_resets, 0);
	attached_again(test);
}

static void device_that_is_gone_ends_the_reset(struct kunit *test)
{
	dev->gone = true;
	KUNIT_EXPECT_EQ(test, reset(), -EOPNOTSUPP);
	dev->gone = false;
}

/* at whatever read it is gone, nobody writes what it did not say; and it comes back */
static void device_that_is_gone_at_any_time_is_not_written_all_ones(struct kunit *test)
{
	bool vanished = true;
	int n;

	for (n = 1; n < 400 && vanished; n++) {
		fake_on_read(dev, FAKE_CFG, n, fake_vanish, NULL);
		reset();
		vanished = dev->gone;
		fake_on_read(dev, 0, 0, NULL, NULL);
		dev->gone = false;
		KUNIT_EXPECT_EQ_MSG(test, dev->wild_writes, 0, "read %d", n);
		KUNIT_EXPECT_EQ_MSG(test, reset(), 0, "read %d", n);
		attached_again(test);
	}
	KUNIT_EXPECT_GT(test, n, 20);
	KUNIT_EXPECT_LT(test, n, 400);
}

/* memory that is in use, whatever the driver of its function is by now */
static struct resource ram;

static void online(struct kunit *test, u64 start)
{
	ram = (struct resource) {
		.name = "System RAM",
		.start = start,
		.end = start + SIZE - 1,
		.flags = IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY,
	};
	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, &ram), 0);
}

static void bind_anew(struct kunit *test, const char *driver)
{
	device_release_driver(&dev->pdev->dev);
	KUNIT_ASSERT_EQ(test, fake_store(dev, "driver_override", driver), 0);
	KUNIT_ASSERT_EQ(test, device_attach(&dev->pdev->dev), 1);
}

static void refuses_until_it_is_offline(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, reset(), -EBUSY);
	KUNIT_EXPECT_EQ(test, dev->nr_cxl_resets, 0);
	KUNIT_EXPECT_EQ(test, remove_resource(&ram), 0);
	KUNIT_EXPECT_EQ(test, reset(), 0);
	KUNIT_EXPECT_EQ(test, dev->nr_cxl_resets, 1);
}

static void memory_that_is_online_refuses(struct kunit *test)
{
	bind_anew(test, "cxla_pci");
	KUNIT_ASSERT_EQ(test, fake_snapshot().regions, 1);
	online(test, BASE);
	refuses_until_it_is_offline(test);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 1);
}

static void memory_that_is_online_refuses_for_an_accelerator_without_it(struct kunit *test)
{
	device_release_driver(&dev->pdev->dev);
	online(test, BASE);
	bind_anew(test, "cxla_accel");
	fake_expect_shows(test, dev, "cxla/reason", "system-ram");
	refuses_until_it_is_offline(test);
}

static void memory_that_is_online_refuses_when_its_port_has_gone(struct kunit *test)
{
	bind_anew(test, "cxla_pci");
	online(test, BASE);
	fake_root_remove(f);
	refuses_until_it_is_offline(test);
}

static void memory_of_another_function_refuses(struct kunit *test)
{
	bind_second(test, "cxla_pci");
	online(test, BASE + SIZE);
	refuses_until_it_is_offline(test);
}

static void come_online(struct pci_dev *pdev)
{
	online(kunit_get_current_test(), BASE);
}

static void nothing(struct pci_dev *pdev)
{
}

static const struct pci_error_handlers comes_online = {
	.reset_prepare = come_online,
	.reset_done = nothing,
};

static void memory_that_comes_online_while_drivers_are_told_refuses(struct kunit *test)
{
	struct pci_driver *drv;

	KUNIT_ASSERT_EQ(test, fake_bind(second), 0);
	drv = to_pci_driver(second->pdev->dev.driver);
	drv->err_handler = &comes_online;
	KUNIT_EXPECT_EQ(test, reset(), -EBUSY);
	drv->err_handler = NULL;
	fake_unbind(second);
	KUNIT_EXPECT_EQ(test, dev->nr_cxl_resets, 0);
	KUNIT_EXPECT_EQ(test, *fake_cfg(dev, CTRL2) & DISABLE_CACHING, 0);
	KUNIT_EXPECT_EQ(test, remove_resource(&ram), 0);
}

static struct kunit_case cxl_reset_cases[] = {
	KUNIT_CASE(device_is_reset_and_attached_again),
	KUNIT_CASE(cache_of_the_device_is_off_and_empty_before),
	KUNIT_CASE(device_without_cache_is_not_asked_to_write_it_back),
	KUNIT_CASE(device_without_cxl_reset_is_left_alone),
	KUNIT_CASE(platform_that_can_t_flush_caches_refuses),
	KUNIT_CASE(device_that_is_another_driver_s_by_now_is_left_alone),
	KUNIT_CASE(function_that_somebody_has_locked_is_not_waited_for),
	KUNIT_CASE(function_whose_driver_can_t_be_told_refuses),
	KUNIT_CASE(function_that_is_no_cxl_function_is_spared),
	KUNIT_CASE(all_functions_are_told),
	KUNIT_CASE(reset_that_does_not_end_is_waited_for_as_long_as_is_advertised),
	KUNIT_CASE(reset_that_ends_with_an_error_is_told),
	KUNIT_CASE(cache_that_is_not_written_back_prevents_the_reset),
	KUNIT_CASE(device_that_is_gone_ends_the_reset),
	KUNIT_CASE(device_that_is_gone_at_any_time_is_not_written_all_ones),
	KUNIT_CASE(memory_that_is_online_refuses),
	KUNIT_CASE(memory_that_is_online_refuses_for_an_accelerator_without_it),
	KUNIT_CASE(memory_that_is_online_refuses_when_its_port_has_gone),
	KUNIT_CASE(memory_of_another_function_refuses),
	KUNIT_CASE(memory_that_comes_online_while_drivers_are_told_refuses),
	{}
};

static struct kunit_suite cxl_reset_suite = {
	.name = "cxl_reset_kunit",
	.init = cxl_reset_init,
	.exit = cxl_reset_exit,
	.test_cases = cxl_reset_cases,
};

kunit_test_suite(cxl_reset_suite);

MODULE_DESCRIPTION("KUnit: CXL Reset");
MODULE_LICENSE("GPL");
