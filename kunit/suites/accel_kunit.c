// SPDX-License-Identifier: GPL-2.0-only
/*
 * cxla_accel and cxla_pci as shipped: what a device comes to, by its files in
 * sysfs, when it is bound, when it loses its range, and when the link fails.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/pci.h>

#include "../fake/fake_fabric.h"
#include "../fake/fake_mmio.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW_BASE	0x1000000000ULL
#define RANGE_BASE	0x1010000000ULL
#define RANGE_SIZE	((u64)SZ_512M)
#define RANGE_TEXT	"0x1010000000-0x102fffffff"

struct rig {
	struct fake_fabric *f;
	struct fake_node *bridge;
	struct fake_node *dev;
};

static struct rig *rig(struct kunit *test)
{
	return test->priv;
}

static void settle(void)
{
	msleep(2000);
}

static void bind(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, device_attach(&rig(test)->dev->pdev->dev), 1);
}

static void unbind(struct kunit *test)
{
	device_release_driver(&rig(test)->dev->pdev->dev);
}

static void root_add(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
}

static void root_goes(struct kunit *test)
{
	fake_root_remove(rig(test)->f);
	KUNIT_EXPECT_EQ(test, fake_memory_mapped(), 0);
	settle();
}

static void outcome(struct kunit *test, const char *state, const char *reason,
		    const char *range)
{
	fake_expect_shows(test, rig(test)->dev, "cxla/state", state);
	fake_expect_shows(test, rig(test)->dev, "cxla/reason", reason);
	fake_expect_shows(test, rig(test)->dev, "cxla/range", range);
}

static int accel_init(struct kunit *test)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	test->priv = rig;
	rig->dev = fake_test_endpoint(test, WINDOW_BASE, RANGE_BASE, RANGE_SIZE);
	rig->f = rig->dev->fabric;
	rig->bridge = rig->dev->parent->parent;
	fake_test_driver(test, rig->dev, "cxla_accel");
	return 0;
}

static void accel_exit(struct kunit *test)
{
	if (rig(test)->dev && rig(test)->dev->pdev)
		unbind(test);
	KUNIT_EXPECT_EQ(test, fake_memory_mapped(), 0);
	fake_memremap_fails = false;
}

/* ------------------------------- state ----------------------------- */

static void attached_device_shows_its_range(struct kunit *test)
{
	root_add(test);
	bind(test);
	outcome(test, "attached", "none", RANGE_TEXT);
	KUNIT_EXPECT_EQ(test, fake_memory_mapped(), 1);
}

static void device_without_a_root_is_pci_only_and_says_why(struct kunit *test)
{
	bind(test);
	outcome(test, "pci-only", "no-root", "");
	KUNIT_EXPECT_EQ(test, fake_memory_mapped(), 0);
	/* and is attached when one comes */
	root_add(test);
	settle();
	outcome(test, "attached", "none", RANGE_TEXT);
}

static void device_that_is_no_cxl_device_is_not_bound(struct kunit *test)
{
	*fake_cfg(rig(test)->dev, FAKE_DVSEC_DEVICE) = PCI_EXT_CAP_ID_VNDR;
	root_add(test);
	KUNIT_EXPECT_NE(test, device_attach(&rig(test)->dev->pdev->dev), 1);
}

static void device_that_tells_no_capacity_is_refused(struct kunit *test)
{
	/* valid and active, of size 0 */
	*fake_cfg(rig(test)->dev, FAKE_DVSEC_DEVICE + 0x1c) = 3;
	root_add(test);
	bind(test);
	/* its decoder maps more than it has */
	outcome(test, "pci-only", "bad-decoder", "");
}

static void device_whose_memory_is_not_ready_says_so_and_attaches_when_it_is(struct kunit *test)
{
	u32 *size = fake_cfg(rig(test)->dev, FAKE_DVSEC_DEVICE + 0x1c);
	u32 ready = *size;

	*size = 0;
	root_add(test);
	bind(test);
	outcome(test, "pci-only", "media-not-ready", "");
	*size = ready;
	device_release_driver(&rig(test)->dev->pdev->dev);
	bind(test);
	outcome(test, "attached", "none", RANGE_TEXT);
}

static void range_that_can_t_be_mapped_leaves_the_device_pci_only(struct kunit *test)
{
	struct fake_snapshot before;

	root_add(test);
	before = fake_snapshot();
	fake_memremap_fails = true;
	fake_log_clear();
	bind(test);
	outcome(test, "pci-only", "error", "");
	fake_expect_shows(test, rig(test)->dev, "cxla/error", "12");
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, "can't map"), 1);
	/* nobody else is kept from it */
	fake_expect_snapshot(test, &before);
	fake_memremap_fails = false;
	unbind(test);
	bind(test);
	outcome(test, "attached", "none", RANGE_TEXT);
	fake_expect_shows(test, rig(test)->dev, "cxla/error", "0");
}

static void range_that_can_t_be_mapped_again_leaves_the_device_pci_only(struct kunit *test)
{
	root_add(test);
	bind(test);
	root_goes(test);
	fake_memremap_fails = true;
	root_add(test);
	settle();
	outcome(test, "pci-only", "error", "");
	KUNIT_EXPECT_EQ(test, fake_snapshot().memdevs, 0);
	/* the next root is another try */
	fake_memremap_fails = false;
	root_goes(test);
	root_add(test);
	settle();
	outcome(test, "attached", "none", RANGE_TEXT);
}

/* ------------------------------ on loss ---------------------------- */

static void device_on_reattach_comes_back_with_the_root(struct kunit *test)
{
	root_add(test);
	bind(test);
	fake_expect_shows(test, rig(test)->dev, "cxla/on_loss", "reattach");
	root_goes(test);
	outcome(test, "pci-only", "revoked", "");
	root_add(test);
	settle();
	outcome(test, "attached", "none", RANGE_TEXT);
}

static void device_on_pci_only_stays_without(struct kunit *test)
{
	root_add(test);
	bind(test);
	KUNIT_EXPECT_EQ(test, fake_store(rig(test)->dev, "cxla/on_loss", "pci-only\n"), 0);
	fake_expect_shows(test, rig(test)->dev, "cxla/on_loss", "pci-only");
	root_goes(test);
	root_add(test);
	settle();
	outcome(test, "pci-only", "revoked", "");
	/* until somebody thinks better of it, and another root comes */
	KUNIT_EXPECT_EQ(test, fake_store(rig(test)->dev, "cxla/on_loss", "reattach"), 0);
	fake_root_remove(rig(test)->f);
	root_add(test);
	settle();
	outcome(test, "attached", "none", RANGE_TEXT);
}

/* as the PCI core does, which has the lock */
static void reset(struct kunit *test)
{
	struct pci_dev *pdev = rig(test)->dev->pdev;
	const struct pci_error_handlers *h;

	guard(device)(&pdev->dev);
	h = to_pci_driver(pdev->dev.driver)->err_handler;
	h->reset_prepare(pdev);
	KUNIT_EXPECT_EQ(test, fake_memory_mapped(), 0);
	h->reset_done(pdev);
}

static void recover(struct kunit *test)
{
	struct pci_dev *pdev = rig(test)->dev->pdev;
	const struct pci_error_handlers *h;

	guard(device)(&pdev->dev);
	h = to_pci_driver(pdev->dev.driver)->err_handler;
	h->error_detected(pdev, pci_channel_io_normal);
	h->mmio_enabled(pdev);
	h->resume(pdev);
}

/* what comes in the middle is not for a device that may not answer */
static void nothing_attaches_between_begin_and_end(struct kunit *test)
{
	struct pci_dev *pdev = rig(test)->dev->pdev;
	const struct pci_error_handlers *h;

	root_add(test);
	bind(test);
	h = to_pci_driver(pdev->dev.driver)->err_handler;
	scoped_guard(device, &pdev->dev)
		h->error_detected(pdev, pci_channel_io_frozen);
	cxla_retry_kick(CXLA_RETRY_ARRIVED);
	settle();
	KUNIT_EXPECT_EQ(test, fake_snapshot().memdevs, 0);
	/* a reset, as a whole, is not the end of the recovery */
	reset(test);
	cxla_retry_kick(CXLA_RETRY_ARRIVED);
	settle();
	outcome(test, "pci-only", "revoked", "");
	KUNIT_EXPECT_EQ(test, fake_snapshot().memdevs, 0);

	scoped_guard(device, &pdev->dev)
		h->resume(pdev);
	outcome(test, "attached", "none", RANGE_TEXT);
}

/* nor by a driver that is bound in the middle, and has heard of no error */
static void driver_bound_in_a_recovery_does_not_attach(struct kunit *test)
{
	struct pci_dev *pdev = rig(test)->dev->pdev;
	const struct pci_error_handlers *h;

	root_add(test);
	pdev->error_state = pci_channel_io_frozen;
	bind(test);
	outcome(test, "pci-only", "hw-error", "");
	h = to_pci_driver(pdev->dev.driver)->err_handler;
	pdev->error_state = pci_channel_io_normal;
	scoped_guard(device, &pdev->dev)
		h->resume(pdev);
	outcome(test, "attached", "none", RANGE_TEXT);
}

/* as the reset of a bus does with the decoders of a switch on it */
static void ports_above_are_read_again_after_a_reset(struct kunit *test)
{
	struct fake_node *bridge = rig(test)->bridge;
	struct pci_dev *pdev = rig(test)->dev->pdev;
	const struct pci_error_handlers *h;

	root_add(test);
	bind(test);
	h = to_pci_driver(pdev->dev.driver)->err_handler;
	scoped_guard(device, &pdev->dev) {
		h->reset_prepare(pdev);
		fake_hdm_reset(bridge);
		h->reset_done(pdev);
	}
	outcome(test, "pci-only", "not-committed", "");
}

static void device_on_pci_only_stays_without_after_a_reset(struct kunit *test)
{
	root_add(test);
	bind(test);
	KUNIT_EXPECT_EQ(test, fake_store(rig(test)->dev, "cxla/on_loss", "pci-only"), 0);
	reset(test);
	outcome(test, "pci-only", "revoked", "");
	KUNIT_EXPECT_EQ(test, fake_snapshot().memdevs, 0);
	/* for good */
	recover(test);
	outcome(test, "pci-only", "revoked", "");
	KUNIT_EXPECT_EQ(test, fake_store(rig(test)->dev, "cxla/on_loss", "reattach"), 0);
	reset(test);
	outcome(test, "attached", "none", RANGE_TEXT);
}

static void device_on_pci_only_stays_without_after_a_recovery(struct kunit *test)
{
	root_add(test);
	bind(test);
	KUNIT_EXPECT_EQ(test, fake_store(rig(test)->dev, "cxla/on_loss", "pci-only"), 0);
	recover(test);
	outcome(test, "pci-only", "revoked", "");
}

static void device_on_unbind_attaches_again_after_a_reset(struct kunit *test)
{
	root_add(test);
	bind(test);
	KUNIT_EXPECT_EQ(test, fake_store(rig(test)->dev, "cxla/on_loss", "unbind"), 0);
	reset(test);
	outcome(test, "attached", "none", RANGE_TEXT);
	recover(test);
	outcome(test, "attached", "none", RANGE_TEXT);
}

static void device_on_unbind_is_unbound(struct kunit *test)
{
	root_add(test);
	bind(test);
	KUNIT_EXPECT_EQ(test, fake_store(rig(test)->dev, "cxla/on_loss", "unbind"), 0);
	root_goes(test);
	KUNIT_EXPECT_PTR_EQ(test, rig(test)->dev->pdev->dev.driver, NULL);
}

static void word_that_is_no_mode_is_refused(struct kunit *test)
{
	root_add(test);
	bind(test);
	KUNIT_EXPECT_EQ(test, fake_store(rig(test)->dev, "cxla/on_loss", "whatever"), -EINVAL);
	fake_expect_shows(test, rig(test)->dev, "cxla/on_loss", "reattach");
}

/* ------------------------------ errors ----------------------------- */

static int of(pci_ers_result_t result)
{
	return (__force int)result;
}

static void error_recovery_revokes_before_and_attaches_after(struct kunit *test)
{
	struct pci_dev *pdev = rig(test)->dev->pdev;
	const struct pci_error_handlers *h;

	root_add(test);
	bind(test);
	h = to_pci_driver(pdev->dev.driver)->err_handler;
	scoped_guard(device, &pdev->dev) {
		KUNIT_EXPECT_EQ(test, of(h->error_detected(pdev,
							   pci_channel_io_frozen)),
				of(PCI_ERS_RESULT_NEED_RESET));
		KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 0);
		KUNIT_EXPECT_EQ(test, of(h->slot_reset(pdev)),
				of(PCI_ERS_RESULT_RECOVERED));
		h->resume(pdev);
		KUNIT_EXPECT_EQ(test, of(h->error_detected(pdev,
							   pci_channel_io_normal)),
				of(PCI_ERS_RESULT_CAN_RECOVER));
		KUNIT_EXPECT_EQ(test, of(h->mmio_enabled(pdev)),
				of(PCI_ERS_RESULT_RECOVERED));
		h->resume(pdev);
	}
	outcome(test, "attached", "none", RANGE_TEXT);
	scoped_guard(device, &pdev->dev)
		KUNIT_EXPECT_EQ(test,
				of(h->error_detected(pdev,
						     pci_channel_io_perm_failure)),
				of(PCI_ERS_RESULT_DISCONNECT));
	outcome(test, "pci-only", "revoked", "");
}

/* ----------------------------- expanders --------------------------- */

static void expander_has_a_memdev_and_an_unlocked_region(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_store(rig(test)->dev, "driver_override", "cxla_pci"), 0);
	root_add(test);
	bind(test);
	KUNIT_EXPECT_EQ(test, fake_snapshot().memdevs, 1);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 1);
	root_goes(test);
	/* the driver stays, with a memdev that is idle */
	KUNIT_EXPECT_EQ(test, fake_snapshot().memdevs, 1);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 0);
	unbind(test);
	KUNIT_EXPECT_EQ(test, fake_snapshot().memdevs, 0);
}

static void expander_without_registers_is_idle(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_store(rig(test)->dev, "driver_override", "cxla_pci"), 0);
	fake_locator(rig(test)->dev, 0, 0, CXL_REGLOC_RBI_MEMDEV, 0);
	root_add(test);
	KUNIT_EXPECT_EQ(test, device_attach(&rig(test)->dev->pdev->dev), 1);
	KUNIT_EXPECT_EQ(test, fake_snapshot().memdevs, 1);
	KUNIT_EXPECT_EQ(test, fake_snapshot().endpoints, 0);
}

/* what its decoders say is not known, so the DVSEC is not asked */
static void expander_with_broken_registers_is_not_bound(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_store(rig(test)->dev, "driver_override", "cxla_pci"), 0);
	*fake_block_reg(rig(test)->dev, FAKE_CAP_ARRAY) = 0;
	root_add(test);
	KUNIT_EXPECT_NE(test, device_attach(&rig(test)->dev->pdev->dev), 1);
	KUNIT_EXPECT_EQ(test, fake_snapshot().memdevs, 0);
}

static struct kunit_case accel_cases[] = {
	KUNIT_CASE(attached_device_shows_its_range),
	KUNIT_CASE(device_without_a_root_is_pci_only_and_says_why),
	KUNIT_CASE(device_that_is_no_cxl_device_is_not_bound),
	KUNIT_CASE(device_that_tells_no_capacity_is_refused),
	KUNIT_CASE(device_whose_memory_is_not_ready_says_so_and_attaches_when_it_is),
	KUNIT_CASE(range_that_can_t_be_mapped_leaves_the_device_pci_only),
	KUNIT_CASE(range_that_can_t_be_mapped_again_leaves_the_device_pci_only),
	KUNIT_CASE(device_on_reattach_comes_back_with_the_root),
	KUNIT_CASE(device_on_pci_only_stays_without),
	KUNIT_CASE(nothing_attaches_between_begin_and_end),
	KUNIT_CASE(driver_bound_in_a_recovery_does_not_attach),
	KUNIT_CASE(ports_above_are_read_again_after_a_reset),
	KUNIT_CASE(device_on_pci_only_stays_without_after_a_reset),
	KUNIT_CASE(device_on_pci_only_stays_without_after_a_recovery),
	KUNIT_CASE(device_on_unbind_attaches_again_after_a_reset),
	KUNIT_CASE(device_on_unbind_is_unbound),
	KUNIT_CASE(word_that_is_no_mode_is_refused),
	KUNIT_CASE(error_recovery_revokes_before_and_attaches_after),
	KUNIT_CASE(expander_has_a_memdev_and_an_unlocked_region),
	KUNIT_CASE(expander_without_registers_is_idle),
	KUNIT_CASE(expander_with_broken_registers_is_not_bound),
	{}
};

static struct kunit_suite accel_suite = {
	.name = "accel_kunit",
	.init = accel_init,
	.exit = accel_exit,
	.test_cases = accel_cases,
};

kunit_test_suite(accel_suite);

MODULE_DESCRIPTION("KUnit: the reference drivers");
MODULE_LICENSE("GPL");
