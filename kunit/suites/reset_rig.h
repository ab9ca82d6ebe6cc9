/* SPDX-License-Identifier: GPL-2.0-only */
/* The machines of the suites about resets. The PCI core's part is played here. */
#ifndef KUNIT_RESET_RIG_H
#define KUNIT_RESET_RIG_H

#include <kunit/test.h>
#include <linux/pci.h>

#include "../fake/fake_cache.h"
#include "../fake/fake_fabric.h"

#define WINDOW		0x1000000000ULL
#define BASE		0x1010000000ULL
#define SIZE		((u64)SZ_512M)
#define RANGE_TEXT	"0x1010000000-0x102fffffff"
#define CTRL		(FAKE_DVSEC_DEVICE + 0x0c)
#define LOCK		(FAKE_DVSEC_DEVICE + 0x14)
#define RANGE_BASE_HIGH	(FAKE_DVSEC_DEVICE + 0x20)
#define RANGE_BASE_LOW	(FAKE_DVSEC_DEVICE + 0x24)
#define RANGE_SIZE_LOW	(FAKE_DVSEC_DEVICE + 0x1c)
#define MEM_ENABLE	BIT(2)
#define MEMORY_ACTIVE	BIT(1)
#define SECONDS_256	(4 << 13)
#define VALUES		7

static struct fake_fabric *f;
static struct fake_node *bridge, *sw, *dev, *other;

/* one device below a host bridge, or two below a switch */
static inline void machine(struct kunit *test, bool with_switch, int decoders, u32 flags)
{
	struct fake_node *port;

	f = fake_test_fabric(test);
	bridge = fake_bridge(f, 7, 2);
	port = fake_root_port(bridge, 3);
	sw = NULL;
	other = NULL;
	if (with_switch) {
		sw = fake_switch(port, 2);
		port = fake_downstream(sw, 1);
		other = fake_endpoint(fake_downstream(sw, 2), 0, decoders, SIZE);
	}
	dev = fake_endpoint(port, 0, decoders, 2 * SIZE);
	fake_window(f, bridge, WINDOW, SZ_4G);
	fake_test_up(test, f);
	if (decoders) {
		KUNIT_ASSERT_EQ(test, fake_map(dev, BASE, SIZE, flags), 0);
		if (other)
			KUNIT_ASSERT_EQ(test, fake_map(other, BASE + SIZE, SIZE, flags), 0);
	}
	fake_test_driver(test, dev, "cxla_accel");
	if (other)
		fake_test_driver(test, other, "cxla_accel");
}

static inline void bind(struct kunit *test, struct fake_node *node)
{
	KUNIT_ASSERT_EQ(test, device_attach(&node->pdev->dev), 1);
}

static inline void is(struct kunit *test, struct fake_node *node, const char *state,
		      const char *reason)
{
	fake_expect_shows(test, node, "cxla/state", state);
	fake_expect_shows(test, node, "cxla/reason", reason);
}

static inline const struct pci_error_handlers *handlers(struct fake_node *node)
{
	return to_pci_driver(node->pdev->dev.driver)->err_handler;
}

static inline void prepare(struct fake_node *node)
{
	guard(device)(&node->pdev->dev);
	handlers(node)->reset_prepare(node->pdev);
}

static inline void done(struct fake_node *node)
{
	guard(device)(&node->pdev->dev);
	handlers(node)->reset_done(node->pdev);
}

/* a function reset that clears all of it */
static inline void reset(struct fake_node *node)
{
	prepare(node);
	fake_cxl_clear(node);
	fake_count_reset(f);
	done(node);
}

struct values {
	u32 regs[2][VALUES];
	u32 global, ctrl, lock, base[2];
};

static inline void save(struct fake_node *node, struct values *v)
{
	memset(v, 0, sizeof(*v));
	for (int i = 0; i < min(node->nr_decoders, 2); i++)
		for (int r = 0; r < VALUES; r++)
			v->regs[i][r] = *fake_hdm_reg(node, i, 4 * r);
	if (node->kind != FAKE_ENDPOINT)
		return;
	if (node->nr_decoders)
		v->global = *fake_block_reg(node, FAKE_HDM + CXL_HDM_GLOBAL_CTRL);
	v->ctrl = *fake_cfg(node, CTRL);
	v->lock = *fake_cfg(node, LOCK);
	v->base[0] = *fake_cfg(node, RANGE_BASE_HIGH);
	v->base[1] = *fake_cfg(node, RANGE_BASE_LOW);
}

static inline void same_as(struct kunit *test, struct fake_node *node, const struct values *before)
{
	struct values now;

	save(node, &now);
	KUNIT_EXPECT_MEMEQ(test, &now, before, sizeof(now));
}

/* error_detected() comes when the device answers no more, and reset_prepare() never */
static inline void recover(struct fake_node *node, struct pci_dev *pdev)
{
	guard(device)(&pdev->dev);
	node->gone = true;
	pdev->error_state = pci_channel_io_frozen;
	handlers(node)->error_detected(pdev, pci_channel_io_frozen);
	node->gone = false;
	fake_cxl_clear(node);
	handlers(node)->slot_reset(pdev);
	pdev->error_state = pci_channel_io_normal;
	handlers(node)->resume(pdev);
}

static inline void commits_of(struct kunit *test, struct fake_node *node, int count)
{
	int found = 0;

	for (int i = 0; i < min(f->nr_changes, FAKE_MAX_CHANGES); i++)
		if (f->changes[i].node == node)
			found++;
	KUNIT_EXPECT_EQ(test, found, count);
}

static inline void dvsec_machine(struct kunit *test)
{
	struct fake_node *port;

	f = fake_test_fabric(test);
	bridge = fake_bridge(f, 7, 0);
	port = fake_root_port(bridge, 3);
	other = NULL;
	dev = fake_endpoint(port, 0, 0, SIZE);
	fake_window(f, bridge, WINDOW, SZ_4G);
	fake_test_up(test, f);
	*fake_cfg(dev, RANGE_BASE_HIGH) = upper_32_bits(BASE);
	*fake_cfg(dev, RANGE_BASE_LOW) = lower_32_bits(BASE);
	*fake_cfg(dev, CTRL) |= MEM_ENABLE;
	fake_test_driver(test, dev, "cxla_accel");
}

static inline void reset_exit(struct kunit *test)
{
	fake_cache_able = true;
	if (dev && dev->pdev)
		device_release_driver(&dev->pdev->dev);
	if (other && other->pdev)
		device_release_driver(&other->pdev->dev);
}

#endif
