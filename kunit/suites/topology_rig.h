/* SPDX-License-Identifier: GPL-2.0-only */
/* Fabrics of several devices, for the suites about switches and about the rest. */
#ifndef KUNIT_TOPOLOGY_RIG_H
#define KUNIT_TOPOLOGY_RIG_H

#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/pci.h>

#include "../fake/fake_fabric.h"

#define BASE		0x1000000000ULL
#define WINDOW_SIZE	0x400000000ULL
#define SIZE		((u64)SZ_256M)
#define MAX_DEVICES	16

struct topology {
	struct fake_fabric *f;
	struct fake_node *devices[MAX_DEVICES];
	int nr;
};

static inline int topology_init(struct kunit *test)
{
	struct topology *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->f = fake_test_fabric(test);
	test->priv = t;
	return 0;
}

/* device number n has the n-th piece of HPA */
static inline u64 base_of(int n)
{
	return BASE + n * SIZE;
}

static inline struct fake_node *add_device(struct topology *t, struct fake_node *port)
{
	struct fake_node *device = fake_endpoint(port, 0, 1, SIZE);

	t->devices[t->nr++] = device;
	return device;
}

static inline struct fake_node *the_bridge(struct topology *t)
{
	return list_first_entry(&t->f->nodes, struct fake_node, list);
}

static inline void add_bridge(struct topology *t, int uid, int devices)
{
	struct fake_node *bridge = fake_bridge(t->f, uid, 4);

	for (int i = 0; i < devices; i++)
		add_device(t, fake_root_port(bridge, i));
	fake_window(t->f, bridge, BASE + uid * WINDOW_SIZE, WINDOW_SIZE);
}

/* host bridge > root port > switch > @count downstream ports, a device each */
static inline struct fake_node *add_switch(struct topology *t, int count)
{
	struct fake_node *bridge = fake_bridge(t->f, 0, 4);
	struct fake_node *sw = fake_switch(fake_root_port(bridge, 7), 4);

	for (int i = 0; i < count; i++)
		add_device(t, fake_downstream(sw, i));
	fake_window(t->f, bridge, BASE, WINDOW_SIZE);
	return sw;
}

static inline void bring_up(struct kunit *test)
{
	struct topology *t = test->priv;

	fake_test_up(test, t->f);
}

/* each device gets a range of its own, which firmware committed all the way */
static inline void map_all(struct kunit *test)
{
	struct topology *t = test->priv;

	for (int i = 0; i < t->nr; i++)
		KUNIT_ASSERT_EQ(test,
				fake_map(t->devices[i], base_of(i), SIZE, 0),
				0);
}

static inline void all_attach(struct kunit *test)
{
	struct topology *t = test->priv;

	for (int i = 0; i < t->nr; i++)
		fake_expect_attached(test, t->devices[i], base_of(i), SIZE);
}

static inline void unbind_all(struct topology *t)
{
	for (int i = 0; i < t->nr; i++)
		fake_unbind(t->devices[i]);
}

/* comes up, attaches, goes, and leaves what was there before */
static inline void all_attach_and_go(struct kunit *test)
{
	struct topology *t = test->priv;
	struct fake_snapshot before;

	map_all(test);
	bring_up(test);
	before = fake_snapshot();
	all_attach(test);
	unbind_all(t);
	fake_expect_snapshot(test, &before);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_WARNING), 0);
}

/* of a device with a memdev */
static inline struct cxl_decoder *decoder_of(struct fake_node *device)
{
	return device->accel.memdev->endpoint->decoders[0];
}

#endif
