// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resets that give no notice, devices that come late, and what others have beside
 * them: kmod/core/snapshot.c and restore.c, by cxla_accel and cxla_pci as shipped.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ktime.h>

#include "../../kmod/core/bus.h"
#include "reset_rig.h"

MODULE_IMPORT_NS("CXL");

/* the device of a machine that was built, and that nobody can ask any more */
static void comes_back_after_an_error(struct kunit *test)
{
	struct values before;

	bind(test, dev);
	save(dev, &before);
	recover(dev, dev->pdev);
	is(test, dev, "attached", "none");
	same_as(test, dev, &before);
}

static void recovery_restores_what_was_known_of_a_device_that_did_not_answer(struct kunit *test)
{
	machine(test, false, 2, CXL_HDM_CTRL_LOCK);
	comes_back_after_an_error(test);
}

static void range_of_a_dvsec_comes_back_after_an_error(struct kunit *test)
{
	dvsec_machine(test);
	comes_back_after_an_error(test);
}

/* firmware committed the first one, and its driver made what the second one has */
static void decoder_that_was_made_for_another_device_is_not_brought_back(struct kunit *test)
{
	struct fake_node *port;

	f = fake_test_fabric(test);
	bridge = fake_bridge(f, 7, 4);
	port = fake_root_port(bridge, 3);
	sw = fake_switch(port, 4);
	dev = fake_endpoint(fake_downstream(sw, 1), 0, 2, SIZE);
	other = fake_endpoint(fake_downstream(sw, 2), 0, 2, SIZE);
	fake_window(f, bridge, WINDOW, SZ_4G);
	fake_test_up(test, f);
	KUNIT_ASSERT_EQ(test, fake_map(dev, BASE, SIZE, 0), 0);
	fake_test_driver(test, dev, "cxla_accel");
	bind(test, dev);
	other->accel.create = true;
	fake_expect_attached(test, other, BASE + SIZE, SIZE);

	prepare(dev);
	/* it is told after the first one */
	fake_unbind(other);
	fake_cxl_clear(sw);
	fake_cxl_clear(dev);
	fake_count_reset(f);
	done(dev);
	is(test, dev, "attached", "none");
	commits_of(test, sw, 1);
	/* and finds what it had free */
	fake_expect_attached(test, other, BASE + SIZE, SIZE);
	fake_unbind(other);
}

/* the PCI core gives up after a minute, and says that the reset is done */
static void device_that_comes_late_after_a_reset_is_restored_by_the_next(struct kunit *test)
{
	struct values before;

	machine(test, false, 2, CXL_HDM_CTRL_LOCK);
	bind(test, dev);
	save(dev, &before);
	prepare(dev);
	fake_cxl_clear(dev);
	dev->gone = true;
	fake_log_clear();
	done(dev);
	KUNIT_EXPECT_GE(test, fake_log_count(LOGLEVEL_WARNING, "does not answer after a reset"), 1);
	fake_expect_shows(test, dev, "cxla/state", "pci-only");
	dev->gone = false;
	reset(dev);
	is(test, dev, "attached", "none");
	same_as(test, dev, &before);
}

static void come_back(struct fake_node *node, void *data)
{
	dev->gone = false;
}

/* whenever it answers again while the bridge above is looked at */
static void device_that_comes_back_at_any_time_loses_nothing(struct kunit *test)
{
	bool late = false;
	struct values before;
	int n;

	machine(test, false, 2, CXL_HDM_CTRL_LOCK);
	bind(test, dev);
	save(dev, &before);
	for (n = 1; n < 300 && !late; n++) {
		prepare(dev);
		fake_cxl_clear(dev);
		dev->gone = true;
		fake_on_read(bridge, FAKE_MMIO, n, come_back, NULL);
		done(dev);
		late = dev->gone;
		fake_on_read(bridge, 0, 0, NULL, NULL);
		dev->gone = false;
		reset(dev);
		fake_expect_shows(test, dev, "cxla/state", "attached");
		same_as(test, dev, &before);
	}
	kunit_info(test, "%d reads", n);
	KUNIT_EXPECT_GT(test, n, 20);
	KUNIT_EXPECT_LT(test, n, 300);
}

static void every_range_is_flushed_before_a_reset(struct kunit *test)
{
	static const struct fake_commit second = { .base = BASE + SIZE, .size = SZ_256M };
	unsigned int before;

	machine(test, false, 2, 0);
	KUNIT_ASSERT_EQ(test, fake_hdm_commit(dev, 1, &second), 0);
	bind(test, dev);
	before = fake_cache_invalidations;
	prepare(dev);
	KUNIT_EXPECT_EQ(test, fake_cache_invalidations, before + 2);
	done(dev);
}

/* as kernels do that forget what they have restored */
static void state_that_a_reset_used_up_is_saved_again(struct kunit *test)
{
	machine(test, false, 2, 0);
	bind(test, dev);
	prepare(dev);
	dev->pdev->state_saved = false;
	done(dev);
	KUNIT_EXPECT_TRUE(test, dev->pdev->state_saved);
	/* and not of one that says all ones */
	prepare(dev);
	dev->pdev->state_saved = false;
	dev->gone = true;
	done(dev);
	KUNIT_EXPECT_FALSE(test, dev->pdev->state_saved);
	dev->gone = false;
}

static void bars_that_were_moved_before_a_bind_are_restored_as_they_are(struct kunit *test)
{
	u32 *saved, bar;

	machine(test, false, 2, 0);
	bind(test, dev);
	saved = &dev->pdev->saved_config_space[PCI_BASE_ADDRESS_0 / 4];
	device_release_driver(&dev->pdev->dev);
	pci_save_state(dev->pdev);
	bar = *saved;
	*saved += SZ_1M;
	bind(test, dev);
	KUNIT_EXPECT_EQ(test, *saved, bar);
}

static void device_that_slept_is_saved_when_it_attaches_again(struct kunit *test)
{
	machine(test, false, 2, 0);
	bind(test, dev);
	fake_root_remove(f);
	dev->pdev->state_saved = false;
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	msleep(500);
	is(test, dev, "attached", "none");
	KUNIT_EXPECT_TRUE(test, dev->pdev->state_saved);
}

static void memory_of_an_expander_that_is_not_ready_after_a_reset_is_nobody_s(struct kunit *test)
{
	u32 *low;

	machine(test, false, 2, CXL_HDM_CTRL_HOSTONLY);
	KUNIT_ASSERT_EQ(test, fake_store(dev, "driver_override", "cxla_pci"), 0);
	bind(test, dev);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 1);
	low = fake_cfg(dev, RANGE_SIZE_LOW);
	prepare(dev);
	*low &= ~MEMORY_ACTIVE;
	done(dev);
	KUNIT_EXPECT_EQ(test, fake_snapshot().memdevs, 1);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 0);
	*low |= MEMORY_ACTIVE;
	reset(dev);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 1);
}

static int is_memdev(struct device *dev, const void *unused)
{
	return cxla_device_id(dev) == CXLA_DEVICE_MEMDEV;
}

/* a recovery has the list of PCI devices locked */
static void memory_that_is_late_after_an_error_is_not_waited_for_there(struct kunit *test)
{
	u32 *low;
	ktime_t start;

	machine(test, false, 2, 0);
	bind(test, dev);
	low = fake_cfg(dev, RANGE_SIZE_LOW);
	*low &= ~MEMORY_ACTIVE;
	start = ktime_get();
	recover(dev, dev->pdev);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), 100);
	fake_expect_shows(test, dev, "cxla/state", "pci-only");
	msleep(500);
	*low |= MEMORY_ACTIVE;
	msleep(500);
	is(test, dev, "attached", "none");
}

static void memory_of_an_expander_that_is_late_after_an_error_comes(struct kunit *test)
{
	u32 *low;
	ktime_t start;

	machine(test, false, 2, CXL_HDM_CTRL_HOSTONLY);
	KUNIT_ASSERT_EQ(test, fake_store(dev, "driver_override", "cxla_pci"), 0);
	bind(test, dev);
	low = fake_cfg(dev, RANGE_SIZE_LOW);
	*low &= ~MEMORY_ACTIVE;
	start = ktime_get();
	recover(dev, dev->pdev);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), 100);
	KUNIT_EXPECT_EQ(test, fake_snapshot().memdevs, 0);
	msleep(500);
	*low |= MEMORY_ACTIVE;
	msleep(500);
	KUNIT_EXPECT_EQ(test, fake_snapshot().memdevs, 1);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 1);
}

/* whoever holds the device may be waited for by all hotplug, too */
static void device_whose_memory_is_late_can_be_had_meanwhile(struct kunit *test)
{
	ktime_t start;
	u32 *low;

	machine(test, false, 2, 0);
	bind(test, dev);
	low = fake_cfg(dev, RANGE_SIZE_LOW);
	*low = (*low & ~MEMORY_ACTIVE) | SECONDS_256;
	recover(dev, dev->pdev);
	msleep(1000);
	start = ktime_get();
	recover(dev, dev->pdev);
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), 150);
	*low |= MEMORY_ACTIVE;
	msleep(500);
	is(test, dev, "attached", "none");
}

static void memory_that_is_never_ready_after_an_error_is_told_once(struct kunit *test)
{
	machine(test, false, 2, 0);
	bind(test, dev);
	*fake_cfg(dev, RANGE_SIZE_LOW) &= ~MEMORY_ACTIVE;
	recover(dev, dev->pdev);
	fake_log_clear();
	msleep(5000);
	is(test, dev, "pci-only", "media-not-ready");
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, "is not ready after"), 1);
}

static void driver_that_unbinds_on_loss_attaches_after_an_error_too(struct kunit *test)
{
	u32 *low;

	machine(test, false, 2, 0);
	bind(test, dev);
	KUNIT_ASSERT_EQ(test, fake_store(dev, "cxla/on_loss", "unbind"), 0);
	low = fake_cfg(dev, RANGE_SIZE_LOW);
	*low &= ~MEMORY_ACTIVE;
	recover(dev, dev->pdev);
	*low |= MEMORY_ACTIVE;
	msleep(500);
	is(test, dev, "attached", "none");
}

/* it is there without its decoders, and idle, until the root is back */
static void expander_without_a_root_has_its_decoders_when_that_comes(struct kunit *test)
{
	struct values before;

	machine(test, false, 2, CXL_HDM_CTRL_HOSTONLY);
	KUNIT_ASSERT_EQ(test, fake_store(dev, "driver_override", "cxla_pci"), 0);
	bind(test, dev);
	save(dev, &before);
	fake_root_remove(f);
	msleep(2000);
	reset(dev);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 0);
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	msleep(2000);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 1);
	same_as(test, dev, &before);
}

/* what was saved is of before the device was enabled */
static void device_is_enabled_again_after_an_error(struct kunit *test)
{
	machine(test, false, 2, 0);
	bind(test, dev);
	dev->pdev->saved_config_space[PCI_COMMAND / 4] &= ~PCI_COMMAND_MEMORY;
	recover(dev, dev->pdev);
	KUNIT_EXPECT_TRUE(test, *fake_cfg(dev, PCI_COMMAND) & PCI_COMMAND_MEMORY);
	is(test, dev, "attached", "none");
}

static void expander_whose_memory_was_late_is_bound_by_hand(struct kunit *test)
{
	struct device *memdev;
	u32 *low;

	machine(test, false, 2, CXL_HDM_CTRL_HOSTONLY);
	KUNIT_ASSERT_EQ(test, fake_store(dev, "driver_override", "cxla_pci"), 0);
	low = fake_cfg(dev, RANGE_SIZE_LOW);
	bind(test, dev);
	device_release_driver(&dev->pdev->dev);
	*low &= ~MEMORY_ACTIVE;
	bind(test, dev);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 0);
	*low |= MEMORY_ACTIVE;
	memdev = bus_find_device(&cxla_bus_type, NULL, NULL, is_memdev);
	KUNIT_ASSERT_NOT_NULL(test, memdev);
	KUNIT_EXPECT_EQ(test, device_attach(memdev), 1);
	put_device(memdev);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 1);
}

static struct kunit_case recovery_cases[] = {
	KUNIT_CASE(recovery_restores_what_was_known_of_a_device_that_did_not_answer),
	KUNIT_CASE(range_of_a_dvsec_comes_back_after_an_error),
	KUNIT_CASE(decoder_that_was_made_for_another_device_is_not_brought_back),
	KUNIT_CASE(device_that_comes_late_after_a_reset_is_restored_by_the_next),
	KUNIT_CASE(device_that_comes_back_at_any_time_loses_nothing),
	KUNIT_CASE(every_range_is_flushed_before_a_reset),
	KUNIT_CASE(state_that_a_reset_used_up_is_saved_again),
	KUNIT_CASE(bars_that_were_moved_before_a_bind_are_restored_as_they_are),
	KUNIT_CASE(device_that_slept_is_saved_when_it_attaches_again),
	KUNIT_CASE(memory_of_an_expander_that_is_not_ready_after_a_reset_is_nobody_s),
	KUNIT_CASE(memory_that_is_late_after_an_error_is_not_waited_for_there),
	KUNIT_CASE(memory_of_an_expander_that_is_late_after_an_error_comes),
	KUNIT_CASE(device_whose_memory_is_late_can_be_had_meanwhile),
	KUNIT_CASE(memory_that_is_never_ready_after_an_error_is_told_once),
	KUNIT_CASE(driver_that_unbinds_on_loss_attaches_after_an_error_too),
	KUNIT_CASE(expander_without_a_root_has_its_decoders_when_that_comes),
	KUNIT_CASE(device_is_enabled_again_after_an_error),
	KUNIT_CASE(expander_whose_memory_was_late_is_bound_by_hand),
	{}
};

static struct kunit_suite recovery_suite = {
	.name = "recovery_kunit",
	.exit = reset_exit,
	.test_cases = recovery_cases,
};

kunit_test_suite(recovery_suite);

MODULE_DESCRIPTION("KUnit: errors, and devices that come late");
MODULE_LICENSE("GPL");
