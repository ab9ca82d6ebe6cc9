// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where registers are, by devices that lie about it: the Register Locator, the
 * list of extended capabilities, and the capability array. One accelerator
 * below a host bridge; it is left PCI-only with no-registers, and one line of
 * the log says what is wrong with it.
 */
#include <kunit/test.h>
#include <linux/ioport.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "../../kmod/core/access.h"
#include "../../kmod/core/pci.h"
#include "../fake/fake_fabric.h"
#include "block_regs.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW_BASE	0x1000000000ULL
#define RANGE_BASE	0x1010000000ULL
#define RANGE_SIZE	((u64)SZ_512M)
#define RAS_OFFSET	0x800	/* from the capability array */
#define HDM_OFFSET	(FAKE_HDM - FAKE_CAP_ARRAY)

struct rig {
	struct fake_fabric *f;
	struct fake_node *bridge;
	struct fake_node *dev;
};

static int registers_init(struct kunit *test)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	test->priv = rig;
	rig->dev = fake_test_endpoint(test, WINDOW_BASE, RANGE_BASE, RANGE_SIZE);
	rig->f = rig->dev->fabric;
	rig->bridge = rig->dev->parent->parent;
	fake_log_clear();
	return 0;
}

static struct rig *rig(struct kunit *test)
{
	return test->priv;
}

/* refused for want of registers; @what is the one line about it, or NULL */
static void refused(struct kunit *test, int setup_rc, const char *what)
{
	struct fake_snapshot before;

	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	before = fake_snapshot();
	fake_expect_refused(test, rig(test)->dev, CXLA_REASON_NO_REGISTERS);
	fake_expect_snapshot(test, &before);
	KUNIT_EXPECT_EQ(test, rig(test)->dev->accel.setup_rc, setup_rc);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR), what ? 1 : 0);
	if (what)
		KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, what,
						     pci_name(rig(test)->dev->pdev)),
				1);
}

static void attached(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	fake_expect_attached(test, rig(test)->dev, RANGE_BASE, RANGE_SIZE);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR), 0);
}

/* ------------------------------ locator ---------------------------- */

static void block_outside_of_its_bar_is_refused(struct kunit *test)
{
	fake_locator(rig(test)->dev, 0, 0, CXL_REGLOC_RBI_COMPONENT, SZ_64K);
	refused(test, -ENXIO, "reaches out of BAR 0");
}

static void block_far_outside_of_its_bar_is_refused(struct kunit *test)
{
	fake_locator(rig(test)->dev, 0, 0, CXL_REGLOC_RBI_COMPONENT,
		     0xfffffffeffff0000ULL);
	refused(test, -ENXIO, "reaches out of BAR 0");
}

static void block_in_a_bar_that_is_not_there_is_refused(struct kunit *test)
{
	fake_locator(rig(test)->dev, 0, 2, CXL_REGLOC_RBI_COMPONENT, 0);
	refused(test, -ENXIO, "BAR 2, which has no address");
}

static void block_in_no_bar_at_all_is_refused(struct kunit *test)
{
	fake_locator(rig(test)->dev, 0, 7, CXL_REGLOC_RBI_COMPONENT, 0);
	refused(test, -ENXIO, "locator entry 0 is broken");
}

static void component_block_located_twice_is_refused(struct kunit *test)
{
	fake_locator(rig(test)->dev, 1, 0, CXL_REGLOC_RBI_COMPONENT, 0);
	refused(test, -ENXIO, "located twice");
}

static void two_blocks_at_one_place_are_refused(struct kunit *test)
{
	fake_locator(rig(test)->dev, 1, 0, CXL_REGLOC_RBI_MEMDEV, 0);
	refused(test, -ENXIO, "are at the same place");
}

static void empty_entries_are_at_no_place(struct kunit *test)
{
	fake_locator(rig(test)->dev, 1, 0, CXL_REGLOC_RBI_EMPTY, 0);
	fake_locator(rig(test)->dev, 2, 0, CXL_REGLOC_RBI_EMPTY, 0);
	attached(test);
}

static void other_blocks_elsewhere_are_left_alone(struct kunit *test)
{
	fake_locator(rig(test)->dev, 1, 2, CXL_REGLOC_RBI_MEMDEV, 0);
	attached(test);
}

static void device_without_a_component_block_has_no_registers(struct kunit *test)
{
	fake_locator(rig(test)->dev, 0, 0, CXL_REGLOC_RBI_MEMDEV, 0);
	refused(test, -ENODEV, NULL);
}

static void locator_with_more_entries_than_blocks_exist_is_refused(struct kunit *test)
{
	*fake_cfg(rig(test)->dev, FAKE_DVSEC_LOCATOR + PCI_DVSEC_HEADER1) =
		PCI_VENDOR_ID_CXL | 0xffcu << 20;
	refused(test, -ENXIO, "says that it has");
}

static void locator_that_runs_out_of_configuration_space_is_refused(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;

	/* a whole header, and entries beyond 4 KiB */
	*fake_cfg(dev, FAKE_DVSEC_DEVICE) =
		PCI_EXT_CAP_ID_DVSEC | 1 << 16 | 0xff0u << 20;
	*fake_cfg(dev, 0xff0) = PCI_EXT_CAP_ID_DVSEC | 1 << 16;
	*fake_cfg(dev, 0xff4) = PCI_VENDOR_ID_CXL | 0x14 << 20;
	*fake_cfg(dev, 0xff8) = PCI_DVSEC_CXL_REG_LOCATOR;
	refused(test, -ENXIO, "says that it has");
}

static void locator_that_is_shorter_than_its_header_locates_nothing(struct kunit *test)
{
	*fake_cfg(rig(test)->dev, FAKE_DVSEC_LOCATOR + PCI_DVSEC_HEADER1) =
		PCI_VENDOR_ID_CXL | 0x4 << 20;
	refused(test, -ENODEV, NULL);
}

/* ----------------------- extended capabilities --------------------- */

static void capability_that_follows_itself_ends_the_walk(struct kunit *test)
{
	*fake_cfg(rig(test)->dev, FAKE_DVSEC_DEVICE) =
		PCI_EXT_CAP_ID_DVSEC | 1 << 16 | FAKE_DVSEC_DEVICE << 20;
	refused(test, -ENODEV, NULL);
	/* twice as many reads as there is room for capabilities, and headers */
	KUNIT_EXPECT_LT(test, rig(test)->dev->accel.record.cfg_reads, 2000);
}

static void capabilities_in_a_ring_end_the_walk(struct kunit *test)
{
	struct cxla_meter meter = { };

	*fake_cfg(rig(test)->dev, FAKE_DSN) =
		PCI_EXT_CAP_ID_DSN | 1 << 16 | FAKE_DVSEC_DEVICE << 20;
	cxla_meter_start(&meter);
	KUNIT_EXPECT_EQ(test,
			cxla_pci_find_dvsec(rig(test)->dev->pdev, 0x7777), 0);
	cxla_meter_stop(&meter);
	KUNIT_EXPECT_GT(test, meter.count.cfg_reads, 10);
	KUNIT_EXPECT_LT(test, meter.count.cfg_reads, 4000);
	attached(test);
}

static void capability_within_the_first_256_bytes_ends_the_walk(struct kunit *test)
{
	*fake_cfg(rig(test)->dev, FAKE_DVSEC_DEVICE) =
		PCI_EXT_CAP_ID_DVSEC | 1 << 16 | 0x40 << 20;
	refused(test, -ENODEV, NULL);
}

static int sizes(struct kunit *test, u64 *capacity)
{
	struct cxl_dvsec_range ranges[CXLA_DVSEC_RANGES];

	return cxla_dvsec_sizes(rig(test)->dev->pdev, FAKE_DVSEC_DEVICE, ranges,
				capacity);
}

static void capacity_is_the_sum_of_valid_ranges(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	u64 capacity;
	u32 *cap = fake_cfg(dev, FAKE_DVSEC_DEVICE + PCI_DVSEC_HEADER2);

	KUNIT_EXPECT_EQ(test, sizes(test, &capacity), 1);
	KUNIT_EXPECT_EQ(test, capacity, RANGE_SIZE);
	/* two ranges, the second one not valid, then valid */
	*cap = PCI_DVSEC_CXL_DEVICE | 0x24 << 16;
	*fake_cfg(dev, FAKE_DVSEC_DEVICE + 0x28) = 1;
	*fake_cfg(dev, FAKE_DVSEC_DEVICE + 0x2c) = 0;
	KUNIT_EXPECT_EQ(test, sizes(test, &capacity), 2);
	KUNIT_EXPECT_EQ(test, capacity, RANGE_SIZE);
	*fake_cfg(dev, FAKE_DVSEC_DEVICE + 0x2c) = 1;
	KUNIT_EXPECT_EQ(test, sizes(test, &capacity), 2);
	KUNIT_EXPECT_EQ(test, capacity, RANGE_SIZE + SZ_4G);
}

static void capacity_of_a_device_that_lies_is_refused(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	u32 *cap = fake_cfg(dev, FAKE_DVSEC_DEVICE + PCI_DVSEC_HEADER2);
	u64 capacity = 1;

	/* a reserved count of ranges */
	*cap = PCI_DVSEC_CXL_DEVICE | 0x34 << 16;
	KUNIT_EXPECT_EQ(test, sizes(test, &capacity), -ENXIO);
	KUNIT_EXPECT_EQ(test, capacity, 0);
	/* no CXL.mem */
	*cap = PCI_DVSEC_CXL_DEVICE | 0x10 << 16;
	KUNIT_EXPECT_EQ(test, sizes(test, &capacity), -ENXIO);
	/* two that are more than there are bytes */
	*cap = PCI_DVSEC_CXL_DEVICE | 0x24 << 16;
	for (int i = 0; i < 2; i++) {
		*fake_cfg(dev, FAKE_DVSEC_DEVICE + 0x18 + 0x10 * i) = BIT(31);
		*fake_cfg(dev, FAKE_DVSEC_DEVICE + 0x1c + 0x10 * i) = 1;
	}
	KUNIT_EXPECT_EQ(test, sizes(test, &capacity), -ENXIO);
	/* one that does not answer */
	*fake_cfg(dev, FAKE_DVSEC_DEVICE + 0x18) = ~0U;
	KUNIT_EXPECT_EQ(test, sizes(test, &capacity), -ENXIO);
}

static u64 serial_of(struct pci_dev *pdev)
{
	return cxla_pci_serial_at(pdev, cxla_pci_find_serial(pdev));
}

static void serial_number_is_found(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, serial_of(rig(test)->dev->pdev),
			0xfa4eULL << 32 | *fake_cfg(rig(test)->dev, FAKE_DSN + 4));
	*fake_cfg(rig(test)->dev, FAKE_DVSEC_LOCATOR) =
		PCI_EXT_CAP_ID_DVSEC | 1 << 16;
	KUNIT_EXPECT_EQ(test, serial_of(rig(test)->dev->pdev),
			0);
}

/* -------------------------- capability array ----------------------- */

static void array_header(struct fake_node *node, u32 id, u32 count)
{
	*fake_block_reg(node, FAKE_CAP_ARRAY) = id | 1 << 16 | 1 << 20 |
						count << 24;
}

static void array_entry(struct fake_node *node, int n, u32 id, u32 offset)
{
	*fake_block_reg(node, FAKE_CAP_ARRAY + 4 * n) = id | 1 << 16 |
							offset << 20;
}

static void block_without_a_capability_array_is_refused(struct kunit *test)
{
	array_header(rig(test)->dev, 2, 1);
	refused(test, -ENXIO, "no CXL capability array");
}

static void array_that_does_not_answer_is_refused(struct kunit *test)
{
	*fake_block_reg(rig(test)->dev, FAKE_CAP_ARRAY) = ~0U;
	refused(test, -ENXIO, "no CXL capability array");
}

static void array_without_hdm_decoders_has_no_decoder(struct kunit *test)
{
	array_header(rig(test)->dev, 1, 0);
	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	fake_expect_refused(test, rig(test)->dev, CXLA_REASON_NO_DECODER);
	KUNIT_EXPECT_EQ(test, rig(test)->dev->accel.setup_rc, 0);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR), 0);
}

static void hdm_capability_beyond_the_block_is_refused(struct kunit *test)
{
	array_entry(rig(test)->dev, 1, CXL_CAP_ID_HDM, 0xffc);
	refused(test, -ENXIO, "points out of its block");
}

static void hdm_capability_that_does_not_fit_is_refused(struct kunit *test)
{
	/* room for one decoder, and it says two */
	*fake_block_reg(rig(test)->dev, FAKE_CAP_ARRAY + 0xfd0) = 0x81;
	array_entry(rig(test)->dev, 1, CXL_CAP_ID_HDM, 0xfd0);
	refused(test, -ENXIO, "points out of its block");
}

static void hdm_capability_inside_of_the_array_is_refused(struct kunit *test)
{
	array_entry(rig(test)->dev, 1, CXL_CAP_ID_HDM, 4);
	refused(test, -ENXIO, "points out of its block");
}

static void array_longer_than_where_its_capabilities_begin_is_refused(struct kunit *test)
{
	array_header(rig(test)->dev, 1, HDM_OFFSET / 4);
	refused(test, -ENXIO, "points out of its block");
}

static void capability_at_an_odd_place_is_refused(struct kunit *test)
{
	array_entry(rig(test)->dev, 1, CXL_CAP_ID_HDM, HDM_OFFSET + 2);
	refused(test, -ENXIO, "points out of its block");
}

static void hdm_capability_that_is_there_twice_is_refused(struct kunit *test)
{
	array_header(rig(test)->dev, 1, 2);
	array_entry(rig(test)->dev, 2, CXL_CAP_ID_HDM, HDM_OFFSET);
	refused(test, -ENXIO, "is there twice");
}

static void ras_capability_beyond_the_block_is_refused(struct kunit *test)
{
	array_header(rig(test)->dev, 1, 2);
	array_entry(rig(test)->dev, 2, CXL_CAP_ID_RAS, 0xff0);
	refused(test, -ENXIO, "points out of its block");
}

static void capabilities_that_overlap_are_refused(struct kunit *test)
{
	array_header(rig(test)->dev, 1, 2);
	array_entry(rig(test)->dev, 2, CXL_CAP_ID_RAS, HDM_OFFSET + 0x10);
	refused(test, -ENXIO, "overlap");
}

static void capability_of_an_unknown_kind_is_passed_over(struct kunit *test)
{
	array_header(rig(test)->dev, 1, 3);
	/* wherever it points */
	array_entry(rig(test)->dev, 2, 0x1234, 0);
	array_entry(rig(test)->dev, 3, CXL_CAP_ID_RAS, RAS_OFFSET);
	attached(test);
}

static void reserved_count_of_decoders_is_refused(struct kunit *test)
{
	*fake_block_reg(rig(test)->dev, FAKE_HDM + CXL_HDM_CAP) = 0x8d;
	refused(test, -ENXIO, "is reserved");
}

static void count_of_decoders_that_reads_zero_is_one_decoder(struct kunit *test)
{
	*fake_block_reg(rig(test)->dev, FAKE_HDM + CXL_HDM_CAP) = 0x80;
	attached(test);
}

static void says_more(struct fake_node *node, void *data)
{
	*fake_block_reg(node, FAKE_HDM + CXL_HDM_CAP) = 0x85;
}

static void count_of_decoders_is_read_once(struct kunit *test)
{
	/* the three reads of the array are over, those of the decoders begin */
	fake_on_read(rig(test)->dev, FAKE_MMIO, 4, says_more, NULL);
	attached(test);
}

static void bridge_with_broken_registers_is_disabled(struct kunit *test)
{
	array_header(rig(test)->bridge, 0, 1);
	KUNIT_EXPECT_EQ(test, fake_root_add(rig(test)->f), -ENXIO);
	fake_expect_refused(test, rig(test)->dev, CXLA_REASON_PORT_DISABLED);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR), 1);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR,
					     "no CXL capability array"), 1);
}

/* ------------------------------ addresses -------------------------- */

/* firmware says that the bridge has them at @address, and no driver looks there */
static void bridge_is_left_out(struct kunit *test, u64 address, const char *what)
{
	char where[32];

	snprintf(where, sizeof(where), "at %#018llx: ", address);
	rig(test)->bridge->registers = address;
	fake_log_clear();
	KUNIT_EXPECT_EQ(test, fake_root_add(rig(test)->f), -ENXIO);
	fake_expect_refused(test, rig(test)->dev, CXLA_REASON_PORT_DISABLED);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR), 1);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, FW_BUG, where, what),
			1);
	fake_unbind(rig(test)->dev);
	fake_root_remove(rig(test)->f);
}

static void restore_end(void *end)
{
	iomem_resource.end = *(resource_size_t *)end;
}

static void bridge_with_registers_beyond_the_machine_s_addresses_is_left_out(struct kunit *test)
{
	static resource_size_t end;

	/* as on x86 */
	end = iomem_resource.end;
	iomem_resource.end = BIT_ULL(40) - 1;
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, restore_end, &end),
			0);
	bridge_is_left_out(test, 0xffff00000000, "beyond this machine's");
	bridge_is_left_out(test, BIT_ULL(40) - SZ_4K, "beyond this machine's");
}

static void bridge_with_registers_around_the_address_space_is_left_out(struct kunit *test)
{
	bridge_is_left_out(test, -(u64)SZ_4K, "wrap around");
}

static void bridge_with_registers_in_memory_is_left_out(struct kunit *test)
{
	struct resource ram = {
		.name = "System RAM",
		.start = SZ_64G,
		.end = SZ_64G + SZ_1M - 1,
		.flags = IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY,
	};

	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, &ram), 0);
	bridge_is_left_out(test, ram.start, "System RAM is there");
	bridge_is_left_out(test, ram.start - SZ_32K, "System RAM is there");
	bridge_is_left_out(test, ram.end + 1 - SZ_4K, "System RAM is there");
	KUNIT_EXPECT_EQ(test, remove_resource(&ram), 0);
}

static void registers_at_address_0_are_none(struct kunit *test)
{
	struct cxl_register_map map = {
		.host = &rig(test)->f->platform->dev,
		.max_size = SZ_64K,
		.reg_type = CXL_REGLOC_RBI_COMPONENT,
	};

	KUNIT_EXPECT_EQ(test, cxla_probe_component_regs(&map), -ENXIO);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, FW_BUG, "no address"),
			1);
}

static struct kunit_case registers_cases[] = {
	KUNIT_CASE(block_outside_of_its_bar_is_refused),
	KUNIT_CASE(block_far_outside_of_its_bar_is_refused),
	KUNIT_CASE(block_in_a_bar_that_is_not_there_is_refused),
	KUNIT_CASE(block_in_no_bar_at_all_is_refused),
	KUNIT_CASE(component_block_located_twice_is_refused),
	KUNIT_CASE(two_blocks_at_one_place_are_refused),
	KUNIT_CASE(empty_entries_are_at_no_place),
	KUNIT_CASE(other_blocks_elsewhere_are_left_alone),
	KUNIT_CASE(device_without_a_component_block_has_no_registers),
	KUNIT_CASE(locator_with_more_entries_than_blocks_exist_is_refused),
	KUNIT_CASE(locator_that_runs_out_of_configuration_space_is_refused),
	KUNIT_CASE(locator_that_is_shorter_than_its_header_locates_nothing),
	KUNIT_CASE(capability_that_follows_itself_ends_the_walk),
	KUNIT_CASE(capabilities_in_a_ring_end_the_walk),
	KUNIT_CASE(capability_within_the_first_256_bytes_ends_the_walk),
	KUNIT_CASE(capacity_is_the_sum_of_valid_ranges),
	KUNIT_CASE(capacity_of_a_device_that_lies_is_refused),
	KUNIT_CASE(serial_number_is_found),
	KUNIT_CASE(block_without_a_capability_array_is_refused),
	KUNIT_CASE(array_that_does_not_answer_is_refused),
	KUNIT_CASE(array_without_hdm_decoders_has_no_decoder),
	KUNIT_CASE(hdm_capability_beyond_the_block_is_refused),
	KUNIT_CASE(hdm_capability_that_does_not_fit_is_refused),
	KUNIT_CASE(hdm_capability_inside_of_the_array_is_refused),
	KUNIT_CASE(array_longer_than_where_its_capabilities_begin_is_refused),
	KUNIT_CASE(capability_at_an_odd_place_is_refused),
	KUNIT_CASE(hdm_capability_that_is_there_twice_is_refused),
	KUNIT_CASE(ras_capability_beyond_the_block_is_refused),
	KUNIT_CASE(capabilities_that_overlap_are_refused),
	KUNIT_CASE(capability_of_an_unknown_kind_is_passed_over),
	KUNIT_CASE(reserved_count_of_decoders_is_refused),
	KUNIT_CASE(count_of_decoders_that_reads_zero_is_one_decoder),
	KUNIT_CASE(count_of_decoders_is_read_once),
	KUNIT_CASE(bridge_with_broken_registers_is_disabled),
	KUNIT_CASE(bridge_with_registers_beyond_the_machine_s_addresses_is_left_out),
	KUNIT_CASE(bridge_with_registers_around_the_address_space_is_left_out),
	KUNIT_CASE(bridge_with_registers_in_memory_is_left_out),
	KUNIT_CASE(registers_at_address_0_are_none),
	{}
};

static struct kunit_suite registers_suite = {
	.name = "registers_kunit",
	.init = registers_init,
	.test_cases = registers_cases,
};

kunit_test_suite(registers_suite);

MODULE_DESCRIPTION("KUnit: registers that are not where a device says");
MODULE_LICENSE("GPL");
