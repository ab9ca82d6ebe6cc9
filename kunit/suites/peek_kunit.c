// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a device's decoders lead, without binding it: kmod/core/peek.c on the
 * fake fabric.
 */
#include "../fake/fake_pm.h"
#include "peek_rig.h"
#include "sweep.h"

MODULE_IMPORT_NS("CXL");

#define MANY		1000

static int peek(struct fake_node *node, struct seen *seen)
{
	struct cxla_peek peek = { .visit = see, .arg = seen };

	guard(device)(&node->pdev->dev);
	return cxla_peek(node->pdev, true, &peek);
}

static void sees(struct kunit *test, int nr)
{
	struct seen seen = { };

	KUNIT_EXPECT_EQ(test, peek(rig(test)->dev, &seen), 0);
	KUNIT_ASSERT_EQ(test, seen.nr, nr);
	for (int i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ(test, seen.ranges[i].start, wanted[i].start);
		KUNIT_EXPECT_EQ(test, seen.ranges[i].end, wanted[i].end);
	}
}

static bool is_enabled(struct fake_node *node)
{
	return *fake_cfg(node, PCI_COMMAND) & PCI_COMMAND_MEMORY;
}

static void ranges_of_committed_decoders_are_visited_in_order(struct kunit *test)
{
	sees(test, 2);
	sees(test, 2);
}

static void decoder_that_is_not_committed_leads_nowhere(struct kunit *test)
{
	fake_hdm_uncommit(rig(test)->dev, 1);
	sees(test, 1);
	fake_hdm_uncommit(rig(test)->dev, 0);
	sees(test, 0);
}

/* -------------------------- faulty decoders ------------------------ */

static void decoder_without_size_leads_nowhere(struct kunit *test)
{
	set64(rig(test)->dev, 1, CXL_HDM_SIZE_LOW, 0);
	sees(test, 1);
}

static void decoder_that_is_out_of_order_leads_where_it_says(struct kunit *test)
{
	struct seen seen = { };

	fake_hdm_uncommit(rig(test)->dev, 0);
	KUNIT_EXPECT_EQ(test, peek(rig(test)->dev, &seen), 0);
	KUNIT_ASSERT_EQ(test, seen.nr, 1);
	KUNIT_EXPECT_EQ(test, seen.ranges[0].start, wanted[1].start);
	KUNIT_EXPECT_EQ(test, seen.ranges[0].end, wanted[1].end);
}

static const struct faulty {
	const char *name;
	u64 base;
	u64 size;
	u32 ways;
	u32 ctrl;
	u32 skip;
	struct range range;
} faulty[] = {
	{ "overlapping", FIRST_BASE, SZ_512M, 0, 0, 0,
	  { FIRST_BASE, FIRST_BASE + SZ_512M - 1 } },
	{ "descending", WINDOW_BASE, SZ_256M, 0, 0, 0,
	  { WINDOW_BASE, FIRST_BASE - 1 } },
	{ "reserved ways", SECOND_BASE, SZ_256M, 0xf, 0, 0,
	  { SECOND_BASE, SECOND_BASE + SZ_256M - 1 } },
	{ "size is no multiple of ways", SECOND_BASE, SZ_256M, 1, 0, 0,
	  { SECOND_BASE, SECOND_BASE + SZ_256M - 1 } },
	{ "reserved bits", SECOND_BASE + SZ_1M, SZ_256M + SZ_1M, 0, 0, 0,
	  { SECOND_BASE, SECOND_BASE + SZ_256M + SZ_2M - 1 } },
	{ "nothing but reserved bits of size", SECOND_BASE, SZ_1M, 0, 0, 0,
	  { SECOND_BASE, SECOND_BASE + SZ_1M - 1 } },
	{ "beyond the address space", SECOND_BASE, 0xfffffffff0000000, 0, 0, 0,
	  { SECOND_BASE, U64_MAX } },
	{ "error of a commit", SECOND_BASE, SZ_256M, 0, CXL_HDM_CTRL_ERROR, 0,
	  { SECOND_BASE, SECOND_BASE + SZ_256M - 1 } },
	{ "skip is all ones", SECOND_BASE, SZ_256M, 0, 0, ~0U,
	  { SECOND_BASE, SECOND_BASE + SZ_256M - 1 } },
};

static void faulty_name(const struct faulty *faulty, char *name)
{
	strscpy(name, faulty->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(faulty, faulty, faulty_name);

static void faulty_decoder_leads_where_it_says(struct kunit *test)
{
	const struct faulty *faulty = test->param_value;
	struct fake_node *dev = rig(test)->dev;
	struct seen seen = { };

	set64(dev, 1, CXL_HDM_BASE_LOW, faulty->base);
	set64(dev, 1, CXL_HDM_SIZE_LOW, faulty->size);
	set_ways(dev, 1, faulty->ways);
	*fake_hdm_reg(dev, 1, CXL_HDM_CTRL) |= faulty->ctrl;
	*fake_hdm_reg(dev, 1, CXL_HDM_SKIP_LOW) = faulty->skip;
	KUNIT_EXPECT_EQ(test, peek(dev, &seen), 0);
	KUNIT_ASSERT_EQ(test, seen.nr, 2);
	KUNIT_EXPECT_EQ(test, seen.ranges[1].start, faulty->range.start);
	KUNIT_EXPECT_EQ(test, seen.ranges[1].end, faulty->range.end);
}

/* ------------------------------- DVSEC ----------------------------- */

static void set_dvsec(struct fake_node *node, int i, u64 base, u64 size,
		      u32 flags)
{
	int pos = FAKE_DVSEC_DEVICE + 0x18 + 0x10 * i;

	*fake_cfg(node, pos) = upper_32_bits(size);
	*fake_cfg(node, pos + 4) = lower_32_bits(size) | flags;
	*fake_cfg(node, pos + 8) = upper_32_bits(base);
	*fake_cfg(node, pos + 12) = lower_32_bits(base);
}

static void sees_dvsec(struct kunit *test, struct fake_node *node, int nr,
		       u64 base, u64 size)
{
	struct seen seen = { };

	peek(node, &seen);
	KUNIT_ASSERT_EQ(test, seen.nr, nr);
	if (!size)
		return;
	KUNIT_EXPECT_EQ(test, seen.ranges[nr - 1].start, base);
	KUNIT_EXPECT_EQ(test, seen.ranges[nr - 1].end, base + size - 1);
}

static void range_of_dvsec_leads_where_it_says_unless_decoders_are_on(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;

	set_dvsec(dev, 0, WINDOW_BASE, SZ_256M, 1);
	sees_dvsec(test, dev, 2, 0, 0);
	*fake_block_reg(dev, FAKE_HDM + CXL_HDM_GLOBAL_CTRL) = 0;
	sees_dvsec(test, dev, 3, WINDOW_BASE, SZ_256M);
	/* neither committed decoders nor a number of ranges make a difference */
	fake_hdm_uncommit(dev, 1);
	fake_hdm_uncommit(dev, 0);
	*fake_cfg(dev, FAKE_DVSEC_DEVICE + 8) &= ~(0x30 << 16);
	sees_dvsec(test, dev, 1, WINDOW_BASE, SZ_256M);
	set_dvsec(dev, 1, WINDOW_BASE + SZ_1G, SZ_512M, 1);
	sees_dvsec(test, dev, 2, WINDOW_BASE + SZ_1G, SZ_512M);
}

static void range_of_dvsec_leads_nowhere_without_base_size_or_valid(struct kunit *test)
{
	struct fake_node *plain = rig(test)->plain;

	sees_dvsec(test, plain, 0, 0, 0);
	set_dvsec(plain, 0, WINDOW_BASE, SZ_256M, 2);
	sees_dvsec(test, plain, 0, 0, 0);
	set_dvsec(plain, 0, WINDOW_BASE, 0, 1);
	sees_dvsec(test, plain, 0, 0, 0);
	set_dvsec(plain, 0, WINDOW_BASE, SZ_256M, 1);
	sees_dvsec(test, plain, 1, WINDOW_BASE, SZ_256M);
}

static void range_of_dvsec_counts_where_decoders_can_t_be_read(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	struct seen seen = { };

	set_dvsec(dev, 0, WINDOW_BASE, SZ_256M, 1);
	/* a decoder count that is reserved */
	*fake_block_reg(dev, FAKE_HDM + CXL_HDM_CAP) = 0xf;
	KUNIT_EXPECT_EQ(test, peek(dev, &seen), -ENXIO);
	KUNIT_EXPECT_EQ(test, seen.nr, 1);
	KUNIT_EXPECT_EQ(test, seen.ranges[0].start, WINDOW_BASE);
}

/* --------------------------- what is written ----------------------- */

static void nothing_of_a_decoder_is_written(struct kunit *test)
{
	sees(test, 2);
	KUNIT_EXPECT_EQ(test, rig(test)->f->count.writes, 0);
	KUNIT_EXPECT_EQ(test, rig(test)->f->nr_changes, 0);
	KUNIT_EXPECT_GT(test, rig(test)->f->count.reads, 0);
}

static int held_when_asked;

static void note_held(struct fake_node *node, void *data)
{
	held_when_asked = fake_pm_held;
}

static bool enabled_when_asked;

static void note_enabled(struct fake_node *node, void *data)
{
	enabled_when_asked = is_enabled(node);
}

static void device_without_driver_is_enabled_while_it_is_read(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	struct fake_snapshot before = fake_snapshot();

	KUNIT_ASSERT_FALSE(test, is_enabled(dev));
	enabled_when_asked = false;
	fake_on_read(dev, FAKE_MMIO, 1, note_enabled, NULL);
	sees(test, 2);
	KUNIT_EXPECT_TRUE(test, enabled_when_asked);
	KUNIT_EXPECT_FALSE(test, pci_is_enabled(dev->pdev));
	KUNIT_EXPECT_EQ(test, fake_snapshot().mappings, before.mappings);
}

static void command_is_put_back_as_it_was(struct kunit *test)
{
	static const u16 commands[] = {
		0, PCI_COMMAND_MASTER | PCI_COMMAND_SERR,
		PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE,
	};
	struct fake_node *dev = rig(test)->dev;
	u32 *command = fake_cfg(dev, PCI_COMMAND);
	u32 port = *fake_cfg(rig(test)->port, PCI_COMMAND);

	for (int i = 0; i < ARRAY_SIZE(commands); i++) {
		*command = (*command & 0xffff0000) | commands[i];
		dev->count.cfg_writes = 0;
		sees(test, 2);
		KUNIT_EXPECT_EQ(test, *command & 0xffff, commands[i]);
		KUNIT_EXPECT_EQ(test, dev->count.cfg_writes,
				commands[i] & PCI_COMMAND_MEMORY ? 0 : 2);
	}
	KUNIT_EXPECT_EQ(test, *fake_cfg(rig(test)->port, PCI_COMMAND), port);
}

/* no register of it was read, and its configuration space is as it was */
static void is_not_read(struct kunit *test, struct fake_node *dev, bool locked)
{
	u32 command = *fake_cfg(dev, PCI_COMMAND);
	struct seen seen = { };
	struct cxla_peek peek = { .visit = see, .arg = &seen };
	int rc;

	fake_count_reset(rig(test)->f);
	if (locked)
		device_lock(&dev->pdev->dev);
	rc = cxla_peek(dev->pdev, locked, &peek);
	if (locked)
		device_unlock(&dev->pdev->dev);
	KUNIT_EXPECT_EQ(test, rc, -ENXIO);
	KUNIT_EXPECT_EQ(test, seen.nr, 0);
	KUNIT_EXPECT_EQ(test, dev->count.reads, 0);
	KUNIT_EXPECT_EQ(test, dev->count.cfg_writes, 0);
	KUNIT_EXPECT_EQ(test, *fake_cfg(dev, PCI_COMMAND), command);
}

static void device_that_is_powered_down_is_not_read(struct kunit *test)
{
	struct rig *r = rig(test);

	r->dev->pdev->current_state = PCI_D3hot;
	is_not_read(test, r->dev, true);
	r->dev->pdev->current_state = PCI_D1;
	is_not_read(test, r->dev, true);
	r->dev->pdev->current_state = PCI_D0;
	r->port->pdev->current_state = PCI_D3hot;
	is_not_read(test, r->dev, true);
	r->port->pdev->current_state = PCI_UNKNOWN;
	sees(test, 2);
}

static void device_that_is_runtime_suspended_is_not_read(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;

	fake_pm_suspended = &dev->pdev->dev;
	is_not_read(test, dev, true);
	fake_pm_suspended = NULL;
	/* nor is it suspended while it is read */
	fake_on_read(dev, FAKE_MMIO, 1, note_held, NULL);
	sees(test, 2);
	KUNIT_EXPECT_EQ(test, held_when_asked, 1);
	KUNIT_EXPECT_EQ(test, fake_pm_held, 0);
}

/* where the PCI core has not asked yet, the device says it itself */
static void device_that_says_that_it_sleeps_is_not_read(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;

	dev->pdev->current_state = PCI_UNKNOWN;
	dev->pdev->pm_cap = 0x80;
	*fake_cfg(dev, 0x80 + PCI_PM_CTRL) = 3;
	is_not_read(test, dev, true);
	*fake_cfg(dev, 0x80 + PCI_PM_CTRL) = 0;
	sees(test, 2);
	dev->pdev->pm_cap = 0;
}

static void device_below_a_bridge_that_passes_nothing_on_is_not_read(struct kunit *test)
{
	struct rig *r = rig(test);

	*fake_cfg(r->port, PCI_COMMAND) &= ~PCI_COMMAND_MEMORY;
	is_not_read(test, r->dev, true);
	*fake_cfg(r->port, PCI_COMMAND) |= PCI_COMMAND_MEMORY;
	sees(test, 2);
}

static void device_is_not_enabled_without_its_lock(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	struct seen seen = { };
	struct cxla_peek peek = { .visit = see, .arg = &seen };

	is_not_read(test, dev, false);
	*fake_cfg(dev, PCI_COMMAND) |= PCI_COMMAND_MEMORY;
	KUNIT_EXPECT_EQ(test, cxla_peek(dev->pdev, false, &peek), 0);
	KUNIT_EXPECT_EQ(test, seen.nr, 2);
}

static void device_whose_registers_have_no_place_is_not_enabled(struct kunit *test)
{
	/* nobody has given the BAR of this one its place */
	is_not_read(test, rig(test)->leaves[0], true);
}

static void device_with_a_driver_stays_as_its_driver_has_it(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	unsigned int writes;

	/* one that never enabled it */
	dev->accel.media_ready = false;
	KUNIT_ASSERT_EQ(test, fake_bind(dev), 0);
	is_not_read(test, dev, true);
	KUNIT_EXPECT_FALSE(test, pci_is_enabled(dev->pdev));
	/* and one that did */
	KUNIT_ASSERT_EQ(test, pci_enable_device(dev->pdev), 0);
	writes = dev->count.cfg_writes;
	sees(test, 2);
	KUNIT_EXPECT_EQ(test, dev->count.cfg_writes, writes);
	KUNIT_EXPECT_TRUE(test, pci_is_enabled(dev->pdev));
	KUNIT_EXPECT_EQ(test, atomic_read(&dev->pdev->enable_cnt), 1);
	pci_disable_device(dev->pdev);
}

static void visitor_ends_it_and_says_why(struct kunit *test)
{
	struct seen seen = { .stop = -ENOMEM };

	KUNIT_EXPECT_EQ(test, peek(rig(test)->dev, &seen), -ENOMEM);
	KUNIT_EXPECT_EQ(test, seen.nr, 1);
	seen = (struct seen) { .stop = 1 };
	KUNIT_EXPECT_EQ(test, peek(rig(test)->dev, &seen), 1);
	KUNIT_EXPECT_EQ(test, seen.nr, 1);
	KUNIT_EXPECT_FALSE(test, pci_is_enabled(rig(test)->dev->pdev));
}

static void device_that_is_none_of_cxl_is_said_to_be(struct kunit *test)
{
	struct seen seen = { };

	KUNIT_EXPECT_EQ(test, peek(rig(test)->port, &seen), -ENODEV);
	/* this one is, and has no decoders */
	KUNIT_EXPECT_EQ(test, peek(rig(test)->plain, &seen), 0);
	/* what it has not is not mapped, after its array of capabilities */
	fake_ioremap_fails = 2;
	KUNIT_EXPECT_EQ(test, peek(rig(test)->plain, &seen), 0);
	KUNIT_EXPECT_EQ(test, fake_ioremap_fails, 1);
	KUNIT_EXPECT_EQ(test, seen.nr, 0);
	KUNIT_EXPECT_FALSE(test, pci_is_enabled(rig(test)->plain->pdev));
}

static void device_that_does_not_answer_is_said_to_be(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	struct fake_snapshot before = fake_snapshot();
	struct seen seen = { };

	fake_on_read(dev, FAKE_MMIO, 1, fake_vanish, NULL);
	KUNIT_EXPECT_EQ(test, peek(dev, &seen), -ENXIO);
	/* not even by its configuration space */
	KUNIT_EXPECT_LT(test, peek(dev, &seen), 0);
	KUNIT_EXPECT_EQ(test, seen.nr, 0);
	KUNIT_EXPECT_EQ(test, fake_snapshot().mappings, before.mappings);
	dev->gone = false;
}

/* it goes at any read: what is visited was there, and nothing else is */
static void device_that_goes_meanwhile_leads_to_nothing_else(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	struct fake_snapshot before = fake_snapshot();
	int nth, rc;

	for (nth = 1; nth < MANY; nth++) {
		struct seen seen = { };

		fake_on_read(dev, FAKE_MMIO, nth, fake_vanish, NULL);
		rc = peek(dev, &seen);
		for (int i = 0; i < seen.nr; i++) {
			KUNIT_ASSERT_LT(test, i, 2);
			KUNIT_EXPECT_EQ_MSG(test, seen.ranges[i].start,
					    wanted[i].start, "read %d", nth);
			KUNIT_EXPECT_EQ_MSG(test, seen.ranges[i].end,
					    wanted[i].end, "read %d", nth);
		}
		KUNIT_EXPECT_TRUE_MSG(test, !rc || rc == -ENXIO, "read %d: %d",
				      nth, rc);
		KUNIT_EXPECT_EQ(test, fake_snapshot().mappings, before.mappings);
		KUNIT_EXPECT_FALSE(test, pci_is_enabled(dev->pdev));
		if (!dev->gone)
			break;
		dev->gone = false;
	}
	fake_on_read(dev, FAKE_MMIO, 0, NULL, NULL);
	KUNIT_EXPECT_GT(test, nth, 4);
	KUNIT_EXPECT_LT(test, nth, MANY);
	sees(test, 2);
}

static void registers_that_can_t_be_mapped_are_no_answer(struct kunit *test)
{
	struct seen seen = { };
	int nth, rc;

	for (nth = 1; nth < 10; nth++) {
		fake_ioremap_fails = nth;
		rc = peek(rig(test)->dev, &seen);
		if (fake_ioremap_fails)
			break;
		KUNIT_EXPECT_EQ(test, rc, -ENOMEM);
		KUNIT_EXPECT_EQ(test, seen.nr, 0);
		KUNIT_EXPECT_FALSE(test, pci_is_enabled(rig(test)->dev->pdev));
	}
	fake_ioremap_fails = 0;
	KUNIT_EXPECT_GT(test, nth, 1);
	sees(test, 2);
}

static void want_of_memory_is_told_from_no_answer(struct kunit *test)
{
	struct seen seen = { };
	int nth, rc = 0;

	if (!FAKE_CAN_FAIL)
		kunit_skip(test, "allocations can't be made to fail");
	for (nth = 1; nth < SWEEP_MANY; nth++) {
		seen = (struct seen) { };
		fake_fail_start(nth);
		rc = peek(rig(test)->dev, &seen);
		if (!fake_fail_stop())
			break;
		KUNIT_EXPECT_TRUE_MSG(test, rc == -ENOMEM || (!rc && seen.nr == 2),
				      "allocation %d: %d, %d ranges", nth, rc,
				      seen.nr);
		KUNIT_EXPECT_FALSE(test, pci_is_enabled(rig(test)->dev->pdev));
	}
	KUNIT_EXPECT_EQ(test, rc, 0);
	KUNIT_EXPECT_EQ(test, seen.nr, 2);
	sweep_tell(test, "peek", nth, 1);
}

static struct kunit_case peek_cases[] = {
	KUNIT_CASE(ranges_of_committed_decoders_are_visited_in_order),
	KUNIT_CASE(decoder_that_is_not_committed_leads_nowhere),
	KUNIT_CASE(decoder_without_size_leads_nowhere),
	KUNIT_CASE(decoder_that_is_out_of_order_leads_where_it_says),
	KUNIT_CASE_PARAM(faulty_decoder_leads_where_it_says, faulty_gen_params),
	KUNIT_CASE(range_of_dvsec_leads_where_it_says_unless_decoders_are_on),
	KUNIT_CASE(range_of_dvsec_leads_nowhere_without_base_size_or_valid),
	KUNIT_CASE(range_of_dvsec_counts_where_decoders_can_t_be_read),
	KUNIT_CASE(nothing_of_a_decoder_is_written),
	KUNIT_CASE(device_without_driver_is_enabled_while_it_is_read),
	KUNIT_CASE(command_is_put_back_as_it_was),
	KUNIT_CASE(device_that_is_powered_down_is_not_read),
	KUNIT_CASE(device_that_is_runtime_suspended_is_not_read),
	KUNIT_CASE(device_that_says_that_it_sleeps_is_not_read),
	KUNIT_CASE(device_below_a_bridge_that_passes_nothing_on_is_not_read),
	KUNIT_CASE(device_is_not_enabled_without_its_lock),
	KUNIT_CASE(device_whose_registers_have_no_place_is_not_enabled),
	KUNIT_CASE(device_with_a_driver_stays_as_its_driver_has_it),
	KUNIT_CASE(visitor_ends_it_and_says_why),
	KUNIT_CASE(device_that_is_none_of_cxl_is_said_to_be),
	KUNIT_CASE(device_that_does_not_answer_is_said_to_be),
	KUNIT_CASE(device_that_goes_meanwhile_leads_to_nothing_else),
	KUNIT_CASE(registers_that_can_t_be_mapped_are_no_answer),
	KUNIT_CASE(want_of_memory_is_told_from_no_answer),
	{}
};

static struct kunit_suite peek_suite = {
	.name = "peek_kunit",
	.init = peek_init,
	.exit = peek_exit,
	.test_cases = peek_cases,
};

kunit_test_suite(peek_suite);

MODULE_DESCRIPTION("KUnit: where a device's decoders lead");
MODULE_LICENSE("GPL");
