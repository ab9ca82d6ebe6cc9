/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: hardware whose decoders are read without binding a device
 *
 * One endpoint with four decoders, of which two are committed; one without
 * decoders; and a switch with an endpoint below each of its two ports, to which
 * nothing leads yet. What reads them is part of cxla_core, and of each suite.
 */
#ifndef KUNIT_PEEK_RIG_H
#define KUNIT_PEEK_RIG_H

#include <kunit/test.h>
#include <linux/pci.h>

#include "../../kmod/pure/hdm_regs.c"
/* the core has it, too, for devices that have power */
#undef EXPORT_SYMBOL_NS_GPL
#define EXPORT_SYMBOL_NS_GPL(...)
#include "../../kmod/core/peek.c"
#include "../fake/fake_fabric.h"
#include "../fake/fake_mmio.h"

#define WINDOW_BASE	0x1000000000ULL
#define FIRST_BASE	0x1010000000ULL
#define SECOND_BASE	0x1040000000ULL
#define RANGE_SIZE	((u64)SZ_256M)
#define MAX_SEEN	8

static const struct range wanted[] = {
	{ FIRST_BASE, FIRST_BASE + RANGE_SIZE - 1 },
	{ SECOND_BASE, SECOND_BASE + 2 * RANGE_SIZE - 1 },
};

struct rig {
	struct fake_fabric *f;
	struct fake_node *bridge;
	struct fake_node *port;
	struct fake_node *dev;
	struct fake_node *plain;
	struct fake_node *sw;
	struct fake_node *leaves[2];
};

static struct rig *rig(struct kunit *test)
{
	return test->priv;
}

static int peek_init(struct kunit *test)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	struct fake_node *bridge;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	test->priv = rig;
	rig->f = fake_test_fabric(test);
	bridge = fake_bridge(rig->f, 7, 4);
	rig->bridge = bridge;
	rig->port = fake_root_port(bridge, 3);
	rig->dev = fake_endpoint(rig->port, 0, 4, 4 * RANGE_SIZE);
	rig->plain = fake_endpoint(fake_root_port(bridge, 4), 0, 0, RANGE_SIZE);
	rig->sw = fake_switch(fake_root_port(bridge, 5), 4);
	for (int i = 0; i < 2; i++) {
		rig->leaves[i] = fake_endpoint(fake_downstream(rig->sw, i + 1),
					       0, 2, RANGE_SIZE);
		KUNIT_ASSERT_NOT_NULL(test, rig->leaves[i]);
	}
	KUNIT_ASSERT_NOT_NULL(test, rig->dev);
	KUNIT_ASSERT_NOT_NULL(test, rig->plain);
	fake_window(rig->f, bridge, WINDOW_BASE, SZ_4G);
	KUNIT_ASSERT_EQ(test, fake_fabric_start(rig->f), 0);
	for (int i = 0; i < 2; i++)
		KUNIT_ASSERT_EQ(test, fake_map(rig->dev, wanted[i].start,
					       range_len(&wanted[i]), 0), 0);
	/* a BAR is enabled when it has its place; the PCI core takes it back */
	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource,
					      &rig->dev->pdev->resource[0]), 0);
	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource,
					      &rig->plain->pdev->resource[0]),
			0);
	fake_count_reset(rig->f);
	return 0;
}

static void peek_exit(struct kunit *test)
{
	fake_ioremap_fails = 0;
}

struct seen {
	int nr;
	int stop;
	struct range ranges[MAX_SEEN];
};

static int see(const struct range *range, void *_seen)
{
	struct seen *seen = _seen;

	if (seen->nr < MAX_SEEN)
		seen->ranges[seen->nr] = *range;
	seen->nr++;
	return seen->stop;
}

static inline void set64(struct fake_node *node, int decoder, u32 offset, u64 value)
{
	*fake_hdm_reg(node, decoder, offset) = lower_32_bits(value);
	*fake_hdm_reg(node, decoder, offset + 4) = upper_32_bits(value);
}

static inline void set_ways(struct fake_node *node, int decoder, u32 code)
{
	u32 *ctrl = fake_hdm_reg(node, decoder, CXL_HDM_CTRL);

	*ctrl = (*ctrl & ~CXL_HDM_CTRL_IW) | FIELD_PREP(CXL_HDM_CTRL_IW, code);
}

#endif /* KUNIT_PEEK_RIG_H */
