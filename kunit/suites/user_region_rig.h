/* SPDX-License-Identifier: GPL-2.0-only */
/* The fabric of the suites about regions that userspace makes, and how it does. */
#ifndef KUNIT_USER_REGION_RIG_H
#define KUNIT_USER_REGION_RIG_H

#include <kunit/test.h>
#include <linux/pci.h>

#include "../../kmod/core/region.h"
#include "../fake/fake_cache.h"
#include "../fake/fake_fabric.h"

#define ONE	0x1000000000ULL		/* window of the first bridge */
#define BOTH	0x2000000000ULL		/* over both bridges */
#define XOR	0x3000000000ULL		/* the same, by XOR */
#define NARROW	0x4000000000ULL		/* of a bridge that decodes nothing by itself */
#define SHARE	((u64)SZ_256M)

/*
 * Two bridges of two expanders each; below the first a switch of two more, and an
 * accelerator. One that is not bound is below a third bridge, which has one way out.
 */
static struct fake_fabric *f;
static struct fake_node *left, *right, *upstream;
static struct fake_node *l0, *l1, *r0, *r1, *s0, *s1, *n0, *accel;
static struct fake_snapshot before;

static inline struct fake_node *expander(struct fake_node *port)
{
	struct fake_node *node = fake_endpoint(port, 0, 4, 4 * SHARE);

	if (node)
		node->accel.expander = true;
	return node;
}

static inline int user_region_init(struct kunit *test)
{
	static const u64 map = 0x2100;
	struct cxla_window *window;

	f = fake_test_fabric(test);
	left = fake_bridge(f, 7, 4);
	right = fake_bridge(f, 9, 4);
	l0 = expander(fake_root_port(left, 1));
	l1 = expander(fake_root_port(left, 2));
	accel = fake_endpoint(fake_root_port(left, 3), 0, 4, SHARE);
	upstream = fake_switch(fake_root_port(left, 4), 4);
	s0 = expander(fake_downstream(upstream, 5));
	s1 = expander(fake_downstream(upstream, 6));
	r0 = expander(fake_root_port(right, 1));
	r1 = expander(fake_root_port(right, 2));
	fake_window(f, left, ONE, SZ_4G);
	window = fake_window(f, left, BOTH, SZ_4G);
	fake_window_target(window, right);
	window = fake_window(f, left, XOR, SZ_4G);
	fake_window_target(window, right);
	window->xor = true;
	window->nr_maps = 1;
	window->maps[0] = map;
	n0 = expander(fake_root_port(fake_bridge(f, 11, 0), 1));
	fake_window(f, n0->parent->parent, NARROW, SZ_4G);
	fake_test_up(test, f);
	fake_cache_able = true;
	KUNIT_ASSERT_EQ(test, fake_bind(l0), 0);
	KUNIT_ASSERT_EQ(test, fake_bind(l1), 0);
	KUNIT_ASSERT_EQ(test, fake_bind(r0), 0);
	KUNIT_ASSERT_EQ(test, fake_bind(r1), 0);
	KUNIT_ASSERT_EQ(test, fake_bind(s0), 0);
	KUNIT_ASSERT_EQ(test, fake_bind(s1), 0);
	before = fake_snapshot();
	return 0;
}

static inline void user_region_exit(struct kunit *test)
{
	fake_cache_able = true;
}

/* ------------------------------ helpers ---------------------------- */

static inline struct cxl_endpoint_decoder *decoder(struct fake_node *node, int n)
{
	struct cxl_port *endpoint = node->accel.memdev->endpoint;

	return to_cxl_endpoint_decoder(&endpoint->decoders[n]->dev);
}

static inline int is_window_at(struct device *dev, const void *base)
{
	return cxla_device_id(dev) == CXLA_DEVICE_DECODER &&
	       is_cxl_root(cxld_to_port(to_cxl_decoder(dev))) &&
	       to_cxl_decoder(dev)->hpa_range.start == *(const u64 *)base;
}

static inline struct cxl_root_decoder *window_at(struct kunit *test, u64 base)
{
	struct device *dev = bus_find_device(&cxla_bus_type, NULL, &base,
					     is_window_at);

	KUNIT_ASSERT_NOT_NULL(test, dev);
	/* it stays until the root goes, with the test */
	put_device(dev);
	return to_cxl_root_decoder(dev);
}

static inline int write_u64(const struct device *dev, const char *name, u64 value)
{
	char text[24];

	snprintf(text, sizeof(text), "%#llx", value);
	return fake_store_cxla(dev, name, text);
}

/* the name of the next region of a window */
static inline void next_name(struct kunit *test, u64 base, char *buf)
{
	struct device *dev = &window_at(test, base)->cxld.dev;
	const struct device_attribute *attr =
		fake_attribute(dev, "create_ram_region");
	ssize_t len;

	KUNIT_ASSERT_NOT_NULL(test, attr);
	len = attr->show(dev, (struct device_attribute *)attr, buf);
	KUNIT_ASSERT_GT(test, len, 0);
	buf[len - 1] = '\0';
}

/* a region without anything; it lives until it is deleted, or the window goes */
static inline struct cxl_region *make(struct kunit *test, u64 base)
{
	char *name = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	struct device *dev;

	KUNIT_ASSERT_NOT_NULL(test, name);
	next_name(test, base, name);
	KUNIT_ASSERT_EQ(test,
			fake_store_cxla(&window_at(test, base)->cxld.dev,
					"create_ram_region", name),
			0);
	dev = bus_find_device_by_name(&cxla_bus_type, NULL, name);
	KUNIT_ASSERT_NOT_NULL(test, dev);
	put_device(dev);
	return to_cxl_region(dev);
}

static inline int delete(struct kunit *test, struct cxl_region *cxlr)
{
	return fake_store_cxla(&cxlr->cxlrd->cxld.dev, "delete_region",
			       dev_name(&cxlr->dev));
}

/* ways, granularity and size */
static inline void describe(struct kunit *test, struct cxl_region *cxlr, int ways,
			    u64 size)
{
	KUNIT_ASSERT_EQ(test, write_u64(&cxlr->dev, "interleave_granularity",
					256), 0);
	KUNIT_ASSERT_EQ(test, write_u64(&cxlr->dev, "interleave_ways", ways),
			0);
	KUNIT_ASSERT_EQ(test, write_u64(&cxlr->dev, "size", size), 0);
}

static inline int set_target(struct cxl_region *cxlr, int pos, const char *name)
{
	char file[12];

	snprintf(file, sizeof(file), "target%d", pos);
	return fake_store_cxla(&cxlr->dev, file, name);
}

/* decoder @n of a device, with its DPA, at a position; 0, or the error */
static inline int assign(struct kunit *test, struct cxl_region *cxlr, int pos,
			 struct fake_node *node, int n)
{
	struct device *dev = &decoder(node, n)->cxld.dev;
	u64 share = resource_size(&cxlr->res) / cxlr->ways;

	KUNIT_ASSERT_EQ(test, fake_store_cxla(dev, "mode", "ram"), 0);
	KUNIT_ASSERT_EQ(test, write_u64(dev, "dpa_size", share), 0);
	return set_target(cxlr, pos, dev_name(dev));
}

/* a whole one, not committed: the devices by position */
static inline struct cxl_region *region_of(struct kunit *test, u64 base,
					   struct fake_node **nodes, int ways, int n)
{
	struct cxl_region *cxlr = make(test, base);

	describe(test, cxlr, ways, ways * SHARE);
	for (int i = 0; i < ways; i++)
		KUNIT_ASSERT_EQ(test, assign(test, cxlr, i, nodes[i], n), 0);
	return cxlr;
}

static inline bool is_committed(struct fake_node *node, int n)
{
	return *fake_hdm_reg(node, n, CXL_HDM_CTRL) & CXL_HDM_CTRL_COMMITTED;
}

static inline u64 base_of(struct fake_node *node, int n)
{
	return (u64)*fake_hdm_reg(node, n, CXL_HDM_BASE_HIGH) << 32 |
	       *fake_hdm_reg(node, n, CXL_HDM_BASE_LOW);
}

static inline int nr_committed(struct fake_node *node)
{
	int nr = 0;

	for (int i = 0; i < node->nr_decoders; i++)
		nr += is_committed(node, i);
	return nr;
}

static inline void expect_idle(struct kunit *test)
{
	struct fake_node *all[] = { left, right, upstream, l0, l1, r0, r1,
				    s0, s1 };

	for (int i = 0; i < ARRAY_SIZE(all); i++)
		KUNIT_EXPECT_EQ_MSG(test, nr_committed(all[i]), 0, "%d", i);
}

/* ways and granularity that hardware was told, as the specification encodes them */
static inline void expect_encoded(struct kunit *test, struct fake_node *node, int n,
				  unsigned int ways, unsigned int granularity)
{
	struct cxl_hdm_regs regs = {
		.base_low = *fake_hdm_reg(node, n, CXL_HDM_BASE_LOW),
		.base_high = *fake_hdm_reg(node, n, CXL_HDM_BASE_HIGH),
		.size_low = *fake_hdm_reg(node, n, CXL_HDM_SIZE_LOW),
		.size_high = *fake_hdm_reg(node, n, CXL_HDM_SIZE_HIGH),
		.ctrl = *fake_hdm_reg(node, n, CXL_HDM_CTRL),
	};

	KUNIT_EXPECT_EQ(test, 1U << (regs.ctrl >> 4 & 0xf), ways);
	KUNIT_EXPECT_EQ(test, 256U << (regs.ctrl & 0xf), granularity);
	KUNIT_EXPECT_TRUE(test, regs.ctrl & CXL_HDM_CTRL_COMMITTED);
}

#endif
