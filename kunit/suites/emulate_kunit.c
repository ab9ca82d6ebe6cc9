// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that decode by the ranges of their DVSEC: kmod/core/emulate.c.
 */
#include <kunit/test.h>
#include <linux/pci.h>

#include "../fake/fake_fabric.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW		0x1000000000
#define BASE		0x1010000000
#define SECOND		0x1080000000
#define SIZE		SZ_512M
#define CTRL		(FAKE_DVSEC_DEVICE + 0x0c)
#define MEM_ENABLE	BIT(2)

static struct fake_fabric *f;
static struct fake_node *bridge, *dev;

/* below a host bridge that passes all on; @decoders: what the device has */
static void machine(struct kunit *test, int decoders)
{
	struct fake_node *port;

	f = fake_test_fabric(test);
	bridge = fake_bridge(f, 7, 0);
	port = fake_root_port(bridge, 3);
	dev = fake_endpoint(port, 0, decoders, 2 * SIZE);
	fake_window(f, bridge, WINDOW, SZ_4G);
	fake_test_up(test, f);
	if (decoders)
		*fake_block_reg(dev, FAKE_HDM + CXL_HDM_GLOBAL_CTRL) = 0;
	*fake_cfg(dev, CTRL) |= MEM_ENABLE;
}

static void set_range(int i, u64 base, u64 size)
{
	int pos = FAKE_DVSEC_DEVICE + 0x18 + 0x10 * i;

	*fake_cfg(dev, pos) = upper_32_bits(size);
	*fake_cfg(dev, pos + 4) = lower_32_bits(size) | 3;
	*fake_cfg(dev, pos + 8) = upper_32_bits(base);
	*fake_cfg(dev, pos + 12) = lower_32_bits(base);
}

static void nothing_was_written(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, f->count.writes, 0);
	KUNIT_EXPECT_EQ(test, f->count.cfg_writes, 0);
}

static struct cxl_decoder *decoder(int i)
{
	return dev->accel.memdev->endpoint->decoders[i];
}

static void range_is_attached_where_decoders_are_not_enabled(struct kunit *test)
{
	machine(test, 2);
	set_range(0, BASE, SIZE);
	fake_count_reset(f);
	fake_expect_attached(test, dev, BASE, SIZE);
	KUNIT_EXPECT_TRUE(test, decoder(0)->flags & CXL_DECODER_F_LOCK);
	KUNIT_EXPECT_FALSE(test, decoder(0)->host_only);
	fake_unbind(dev);
	KUNIT_EXPECT_EQ(test, dev->count.writes, 0);
	KUNIT_EXPECT_EQ(test, *fake_block_reg(dev, FAKE_HDM + CXL_HDM_GLOBAL_CTRL), 0);
}

static void range_is_attached_where_there_is_no_decoder(struct kunit *test)
{
	machine(test, 0);
	set_range(0, BASE, SIZE);
	fake_expect_attached(test, dev, BASE, SIZE);
	KUNIT_EXPECT_EQ(test, dev->count.writes, 0);
}

static void second_range_has_the_memory_behind_the_first(struct kunit *test)
{
	struct cxl_endpoint_decoder *cxled;

	machine(test, 2);
	/* in whatever order */
	set_range(0, SECOND, SIZE);
	set_range(1, BASE, SZ_256M);
	fake_expect_attached(test, dev, SECOND, SIZE);
	cxled = to_cxl_endpoint_decoder(&decoder(1)->dev);
	KUNIT_EXPECT_EQ(test, decoder(1)->hpa_range.start, BASE);
	KUNIT_EXPECT_EQ(test, cxled->dpa_base, SIZE);
	KUNIT_EXPECT_EQ(test, cxled->dpa_size, SZ_256M);
	KUNIT_EXPECT_PTR_NE(test, decoder(1)->region, NULL);
}

static void refused(struct kunit *test, enum cxla_reason reason)
{
	fake_count_reset(f);
	fake_expect_refused(test, dev, reason);
	nothing_was_written(test);
	fake_unbind(dev);
}

static void range_that_does_not_decode_is_not_committed(struct kunit *test)
{
	machine(test, 2);
	/* as after a reset */
	refused(test, CXLA_REASON_NOT_COMMITTED);
	set_range(0, BASE, SIZE);
	*fake_cfg(dev, CTRL) &= ~MEM_ENABLE;
	refused(test, CXLA_REASON_NOT_COMMITTED);
	*fake_cfg(dev, CTRL) |= MEM_ENABLE;
	*fake_block_reg(dev, FAKE_HDM + CXL_HDM_GLOBAL_CTRL) =
		CXL_HDM_GLOBAL_ENABLE;
	refused(test, CXLA_REASON_NOT_COMMITTED);
	*fake_block_reg(dev, FAKE_HDM + CXL_HDM_GLOBAL_CTRL) = 0;
	fake_expect_attached(test, dev, BASE, SIZE);
}

static void range_without_any_decoder_is_none_while_it_is_not_enabled(struct kunit *test)
{
	machine(test, 0);
	refused(test, CXLA_REASON_NO_DECODER);
	set_range(0, BASE, SIZE);
	*fake_cfg(dev, CTRL) &= ~MEM_ENABLE;
	refused(test, CXLA_REASON_NO_DECODER);
}

static void committed_decoder_counts_and_the_range_does_not(struct kunit *test)
{
	machine(test, 2);
	set_range(0, BASE, SIZE);
	KUNIT_ASSERT_EQ(test, fake_map(dev, SECOND, SZ_256M, 0), 0);
	fake_expect_attached(test, dev, SECOND, SZ_256M);
	KUNIT_EXPECT_PTR_EQ(test, decoder(1)->region, NULL);
}

static void range_outside_of_each_window_is_told(struct kunit *test)
{
	machine(test, 2);
	set_range(0, 0x4000000000, SIZE);
	refused(test, CXLA_REASON_NO_WINDOW);
}

static void range_that_the_bridge_does_not_route_is_told(struct kunit *test)
{
	struct fake_node *port;

	f = fake_test_fabric(test);
	bridge = fake_bridge(f, 7, 2);
	port = fake_root_port(bridge, 3);
	dev = fake_endpoint(port, 0, 0, SIZE);
	fake_window(f, bridge, WINDOW, SZ_4G);
	fake_test_up(test, f);
	*fake_cfg(dev, CTRL) |= MEM_ENABLE;
	set_range(0, BASE, SIZE);
	refused(test, CXLA_REASON_NOT_COMMITTED);
}

static void region_of_a_range_is_locked(struct kunit *test)
{
	struct cxl_region *cxlr;

	machine(test, 2);
	set_range(0, BASE, SIZE);
	dev->accel.expander = true;
	KUNIT_ASSERT_EQ(test, fake_bind(dev), 0);
	cxlr = decoder(0)->region;
	KUNIT_ASSERT_PTR_NE(test, cxlr, NULL);
	KUNIT_EXPECT_TRUE(test, decoder(0)->host_only);
	fake_count_reset(f);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, false), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
	nothing_was_written(test);
}

/* a reset that nobody saw: there is no decoder to write */
static void range_that_a_reset_took_is_not_written_again(struct kunit *test)
{
	struct cxl_region *cxlr;

	machine(test, 0);
	set_range(0, BASE, SIZE);
	dev->accel.expander = true;
	KUNIT_ASSERT_EQ(test, fake_bind(dev), 0);
	cxlr = decoder(0)->region;
	KUNIT_ASSERT_PTR_NE(test, cxlr, NULL);
	*fake_cfg(dev, CTRL) &= ~MEM_ENABLE;
	fake_count_reset(f);
	KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), -EBUSY);
	nothing_was_written(test);
}

static void device_that_goes_while_ranges_are_read_is_a_hardware_error(struct kunit *test)
{
	unsigned int reads;

	machine(test, 0);
	set_range(0, BASE, SIZE);
	fake_expect_attached(test, dev, BASE, SIZE);
	reads = dev->accel.record.cfg_reads;
	fake_unbind(dev);
	for (unsigned int n = 1; n <= reads; n++) {
		fake_on_read(dev, FAKE_CFG, n, fake_vanish, NULL);
		fake_bind(dev);
		KUNIT_EXPECT_EQ_MSG(test, range_len(&dev->accel.range), 0,
				    "gone at read %u", n);
		fake_unbind(dev);
		dev->gone = false;
	}
	fake_expect_attached(test, dev, BASE, SIZE);
}

static void device_that_does_not_answer_is_what_it_was(struct kunit *test)
{
	struct cxl_port *port;

	machine(test, 2);
	set_range(0, BASE, SIZE);
	fake_expect_attached(test, dev, BASE, SIZE);
	port = dev->accel.memdev->endpoint;
	KUNIT_ASSERT_TRUE(test, port->emulated);
	dev->gone = true;
	scoped_guard(device, &port->dev)
		KUNIT_EXPECT_EQ(test, cxla_hdm_reread(port), -ENXIO);
	dev->gone = false;
	KUNIT_EXPECT_TRUE(test, port->emulated);
}

static struct kunit_case emulate_cases[] = {
	KUNIT_CASE(device_that_does_not_answer_is_what_it_was),
	KUNIT_CASE(range_is_attached_where_decoders_are_not_enabled),
	KUNIT_CASE(range_is_attached_where_there_is_no_decoder),
	KUNIT_CASE(second_range_has_the_memory_behind_the_first),
	KUNIT_CASE(range_that_does_not_decode_is_not_committed),
	KUNIT_CASE(range_without_any_decoder_is_none_while_it_is_not_enabled),
	KUNIT_CASE(committed_decoder_counts_and_the_range_does_not),
	KUNIT_CASE(range_outside_of_each_window_is_told),
	KUNIT_CASE(range_that_the_bridge_does_not_route_is_told),
	KUNIT_CASE(region_of_a_range_is_locked),
	KUNIT_CASE(range_that_a_reset_took_is_not_written_again),
	KUNIT_CASE(device_that_goes_while_ranges_are_read_is_a_hardware_error),
	{}
};

static struct kunit_suite emulate_suite = {
	.name = "emulate_kunit",
	.test_cases = emulate_cases,
};

kunit_test_suite(emulate_suite);

MODULE_DESCRIPTION("KUnit: decoders emulated from DVSEC ranges");
MODULE_LICENSE("GPL");
