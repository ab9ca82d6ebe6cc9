// SPDX-License-Identifier: GPL-2.0-only
/*
 * Machines that somebody has captured (kunit/captures), as fabrics that aren't there: each
 * device comes to what it came to there. Registers of decoders are what was read of them,
 * good or not.
 */
#include <kunit/test.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "../fake/fake_fabric.h"

MODULE_IMPORT_NS("CXL");

#define MAX_DECODERS	10
#define REGS		7
#define MAX_NODES	64
#define CTRL		(FAKE_DVSEC_DEVICE + 0x0c)
#define RANGE_BASE	(FAKE_DVSEC_DEVICE + 0x20)

/**
 * struct capture_node - a component of a machine
 * @kind: enum fake_kind
 * @parent: index of the one above; -1: none
 * @number: _UID of a bridge, link number of a port
 * @nr_decoders: how many it has
 * @global: its global control
 * @regs: registers of each decoder
 * @capacity: of a device, bytes
 * @ctrl: control of its DVSEC
 * @base: base of the first range of that
 * @address: what it was called
 * @state: what it came to
 * @reason: why
 * @start: of its range
 * @end: of its range
 */
struct capture_node {
	enum fake_kind kind;
	int parent;
	u32 number;
	int nr_decoders;
	u32 global;
	u32 regs[MAX_DECODERS][REGS];
	u64 capacity;
	u16 ctrl;
	u64 base;
	const char *address;
	const char *state;
	const char *reason;
	u64 start, end;
};

struct capture_window {
	u64 base, size;
	unsigned int granularity, ways;
	u32 targets[CXLA_MAX_TARGETS];
};

struct capture_case {
	const char *name;
	const struct capture_node *nodes;
	int nr_nodes;
	const struct capture_window *windows;
	int nr_windows;
};

#include "captures.h"

static struct fake_node *node_of(struct fake_fabric *f, struct fake_node **nodes,
				 const struct capture_node *n)
{
	struct fake_node *above = n->parent < 0 ? NULL : nodes[n->parent];

	switch (n->kind) {
	case FAKE_BRIDGE:
		return fake_bridge(f, n->number, n->nr_decoders);
	case FAKE_ROOT_PORT:
		return fake_root_port(above, n->number);
	case FAKE_UPSTREAM:
		return fake_switch(above, n->nr_decoders);
	case FAKE_DOWNSTREAM:
		return fake_downstream(above, n->number);
	default:
		return fake_endpoint(above, 0, n->nr_decoders, n->capacity);
	}
}

static void set_registers(struct fake_node *node, const struct capture_node *n)
{
	for (int i = 0; i < n->nr_decoders; i++)
		for (int r = 0; r < REGS; r++)
			*fake_hdm_reg(node, i, 4 * r) = n->regs[i][r];
	if (n->kind != FAKE_ENDPOINT)
		return;
	if (n->nr_decoders)
		*fake_block_reg(node, FAKE_HDM + CXL_HDM_GLOBAL_CTRL) =
			n->global & CXL_HDM_GLOBAL_ENABLE;
	*fake_cfg(node, CTRL) |= n->ctrl;
	*fake_cfg(node, RANGE_BASE) = upper_32_bits(n->base);
	*fake_cfg(node, RANGE_BASE + 4) = lower_32_bits(n->base);
}

static void add_window(struct kunit *test, struct fake_fabric *f,
		       struct fake_node **nodes, const struct capture_case *c,
		       const struct capture_window *w)
{
	struct cxla_window *window = NULL;

	for (int i = 0; i < w->ways; i++) {
		struct fake_node *bridge = NULL;

		for (int n = 0; n < c->nr_nodes; n++)
			if (c->nodes[n].kind == FAKE_BRIDGE &&
			    c->nodes[n].number == w->targets[i])
				bridge = nodes[n];
		KUNIT_ASSERT_NOT_NULL(test, bridge);
		if (window)
			fake_window_target(window, bridge);
		else
			window = fake_window(f, bridge, w->base, w->size);
		KUNIT_ASSERT_NOT_NULL(test, window);
	}
	window->granularity = w->granularity;
}

static void comes_to(struct kunit *test, const struct capture_case *c,
		     struct fake_node *dev, const struct capture_node *n)
{
	struct fake_accel *accel = &dev->accel;
	bool attached = !strcmp(n->state, "attached");

	KUNIT_EXPECT_EQ_MSG(test, !accel->rc, attached, "%s %s", c->name, n->address);
	KUNIT_EXPECT_STREQ_MSG(test, cxl_attach_reason_str(accel->reason), n->reason,
			       "%s %s", c->name, n->address);
	if (!attached)
		return;
	KUNIT_EXPECT_EQ_MSG(test, accel->range.start, n->start, "%s %s", c->name, n->address);
	KUNIT_EXPECT_EQ_MSG(test, accel->range.end, n->end, "%s %s", c->name, n->address);
}

static void device_comes_to_what_it_came_to_there(struct kunit *test)
{
	const struct capture_case *c = test->param_value;
	struct fake_node *nodes[MAX_NODES];
	struct fake_fabric *f = fake_test_fabric(test);

	KUNIT_ASSERT_LE(test, c->nr_nodes, MAX_NODES);
	for (int i = 0; i < c->nr_nodes; i++) {
		nodes[i] = node_of(f, nodes, &c->nodes[i]);
		KUNIT_ASSERT_NOT_NULL(test, nodes[i]);
	}
	for (int i = 0; i < c->nr_windows; i++)
		add_window(test, f, nodes, c, &c->windows[i]);
	KUNIT_ASSERT_EQ(test, fake_fabric_start(f), 0);
	for (int i = 0; i < c->nr_nodes; i++)
		set_registers(nodes[i], &c->nodes[i]);
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	fake_count_reset(f);
	for (int i = 0; i < c->nr_nodes; i++)
		if (c->nodes[i].kind == FAKE_ENDPOINT)
			fake_bind(nodes[i]);
	for (int i = 0; i < c->nr_nodes; i++)
		if (c->nodes[i].kind == FAKE_ENDPOINT)
			comes_to(test, c, nodes[i], &c->nodes[i]);
	/* whatever it says, no decoder is written for it */
	KUNIT_EXPECT_EQ(test, f->nr_changes, 0);
}

static void capture_name(const struct capture_case *c, char *description)
{
	strscpy(description, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(captures, capture_cases, capture_name);

static struct kunit_case captures_cases[] = {
	KUNIT_CASE_PARAM(device_comes_to_what_it_came_to_there, captures_gen_params),
	{}
};

static struct kunit_suite captures_suite = {
	.name = "captures_kunit",
	.test_cases = captures_cases,
};

kunit_test_suite(captures_suite);

MODULE_DESCRIPTION("KUnit: machines that were captured");
MODULE_LICENSE("GPL");
