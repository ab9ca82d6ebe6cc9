// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the capabilities of a device are is kept, checked by one read, and found
 * again when it is not so any more: kmod/core/places.c.
 */
#include <kunit/test.h>
#include <linux/pci.h>

#include "../../kmod/core/places.h"
#include "../../kmod/core/port.h"
#include "../fake/fake_fabric.h"
#include "hdm_regs.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW_BASE	0x1000000000ULL
#define RANGE_BASE	0x1010000000ULL
#define RANGE_SIZE	((u64)SZ_512M)
/* the capability, the global control, of a committed decoder base, size and targets */
#define READS_ONCE	(1 + 1 + 6)

static struct fake_node *dev;
static unsigned int places_before;

static int places_init(struct kunit *test)
{
	places_before = cxla_places_count();
	dev = fake_test_endpoint(test, WINDOW_BASE, RANGE_BASE, RANGE_SIZE);
	KUNIT_ASSERT_EQ(test, fake_root_add(dev->fabric), 0);
	fake_expect_attached(test, dev, RANGE_BASE, RANGE_SIZE);
	fake_unbind(dev);
	fake_log_clear();
	return 0;
}

/* what an attach reads, which succeeds */
static struct fake_counters attach_again(struct kunit *test)
{
	fake_count_reset(dev->fabric);
	fake_expect_attached(test, dev, RANGE_BASE, RANGE_SIZE);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR), 0);
	return dev->count;
}

static void each_register_is_read_once(struct kunit *test)
{
	struct fake_counters count = attach_again(test);

	KUNIT_EXPECT_EQ(test, count.reads, READS_ONCE +
			dev->accel.memdev->endpoint->nr_decoders);
	/* Mem_Enable */
	KUNIT_EXPECT_EQ(test, count.cfg_reads, 1);
	KUNIT_EXPECT_EQ(test, count.writes, 0);
	KUNIT_EXPECT_EQ(test, count.cfg_writes, 0);
	KUNIT_EXPECT_EQ(test, dev->accel.record.mmio_reads, count.reads);
	KUNIT_EXPECT_EQ(test, dev->accel.record.cfg_reads, count.cfg_reads);
}

static void other_decoders_are_found(struct kunit *test)
{
	u32 *cap = fake_block_reg(dev, FAKE_HDM + CXL_HDM_CAP);

	/* of the first decoder alone */
	*cap &= ~GENMASK(3, 0);
	KUNIT_EXPECT_GT(test, attach_again(test).reads, READS_ONCE + 1);
	KUNIT_EXPECT_EQ(test, dev->accel.memdev->endpoint->nr_decoders, 1);
	fake_unbind(dev);
	/* and that is what is known then */
	KUNIT_EXPECT_EQ(test, attach_again(test).reads, READS_ONCE + 1);
}

static void registers_that_went_are_missed(struct kunit *test)
{
	*fake_block_reg(dev, FAKE_CAP_ARRAY) = ~0U;
	*fake_block_reg(dev, FAKE_HDM + CXL_HDM_CAP) = ~0U;
	fake_expect_refused(test, dev, CXLA_REASON_NO_REGISTERS);
}

static void device_that_vanishes_behind_the_check_is_missed(struct kunit *test)
{
	fake_on_read(dev, FAKE_MMIO, 1, fake_vanish, NULL);
	fake_expect_refused(test, dev, CXLA_REASON_HW_ERROR);
}

static void bar_that_moved_is_read_where_it_is(struct kunit *test)
{
	struct resource *bar = pci_resource_n(dev->pdev, 0);
	resource_size_t end = bar->end;

	/* at the same place, and shorter: what is kept is of another BAR */
	bar->end -= 1;
	fake_bind(dev);
	KUNIT_EXPECT_NE(test, dev->accel.setup_rc, 0);
	fake_unbind(dev);
	bar->end = end;
	fake_log_clear();
	attach_again(test);
}

/* ------------------------ configuration space ---------------------- */

static int identify(u64 *serial)
{
	guard(device)(&dev->pdev->dev);
	return cxla_pci_identify(dev->pdev, serial);
}

static void identity_is_found_again(struct kunit *test)
{
	u64 serial, again;

	KUNIT_EXPECT_EQ(test, identify(&serial), FAKE_DVSEC_DEVICE);
	fake_count_reset(dev->fabric);
	KUNIT_EXPECT_EQ(test, identify(&again), FAKE_DVSEC_DEVICE);
	KUNIT_EXPECT_EQ(test, again, serial);
	KUNIT_EXPECT_NE(test, serial, 0ULL);
	/* the header, and both halves of the number */
	KUNIT_EXPECT_EQ(test, dev->count.cfg_reads, 3);
}

static void another_list_of_capabilities_is_walked(struct kunit *test)
{
	u64 serial;

	KUNIT_EXPECT_EQ(test, identify(&serial), FAKE_DVSEC_DEVICE);
	/* it ends with the DVSEC: a serial number behind is not there any more */
	*fake_cfg(dev, FAKE_DVSEC_DEVICE) &= ~GENMASK(31, 20);
	fake_count_reset(dev->fabric);
	KUNIT_EXPECT_EQ(test, identify(&serial), FAKE_DVSEC_DEVICE);
	KUNIT_EXPECT_EQ(test, serial, 0ULL);
	KUNIT_EXPECT_GT(test, dev->count.cfg_reads, 3);
}

static void device_that_is_none_of_cxl_is_found_out(struct kunit *test)
{
	u64 serial;

	KUNIT_EXPECT_EQ(test, identify(&serial), FAKE_DVSEC_DEVICE);
	*fake_cfg(dev, FAKE_DVSEC_DEVICE) = 0;
	KUNIT_EXPECT_EQ(test, identify(&serial), 0);
	KUNIT_EXPECT_EQ(test, serial, 0ULL);
}

/* ------------------------------- the end --------------------------- */

static void what_is_kept_goes_with_its_device(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, cxla_places_count(), places_before + 1);
	pci_stop_and_remove_bus_device_locked(dev->pdev);
	KUNIT_EXPECT_EQ(test, cxla_places_count(), places_before);
}

static struct kunit_case places_cases[] = {
	KUNIT_CASE(each_register_is_read_once),
	KUNIT_CASE(other_decoders_are_found),
	KUNIT_CASE(registers_that_went_are_missed),
	KUNIT_CASE(device_that_vanishes_behind_the_check_is_missed),
	KUNIT_CASE(bar_that_moved_is_read_where_it_is),
	KUNIT_CASE(identity_is_found_again),
	KUNIT_CASE(another_list_of_capabilities_is_walked),
	KUNIT_CASE(device_that_is_none_of_cxl_is_found_out),
	KUNIT_CASE(what_is_kept_goes_with_its_device),
	{}
};

static struct kunit_suite places_suite = {
	.name = "places_kunit",
	.init = places_init,
	.test_cases = places_cases,
};

kunit_test_suite(places_suite);

MODULE_DESCRIPTION("KUnit: where the capabilities of a device are kept");
MODULE_LICENSE("GPL");
