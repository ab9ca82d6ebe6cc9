// SPDX-License-Identifier: GPL-2.0-only
/*
 * Regions that userspace makes, in the way of the in-tree stack:
 * kmod/core/user_region.c, layout.c and dpa.c.
 */
#include <kunit/test.h>
#include <linux/pci.h>

#include "../../kmod/core/region.h"
#include "../fake/fake_cache.h"
#include "../fake/fake_fabric.h"

MODULE_IMPORT_NS("CXL");

#define ONE	0x1000000000ULL		/* window of the first bridge */
#define BOTH	0x2000000000ULL		/* over both bridges */
#define XOR	0x3000000000ULL		/* the same, by XOR */
#define SHARE	((u64)SZ_256M)

/*
 * Two bridges of two expanders each; below the first a switch of two more, and an
 * accelerator
 */
static struct fake_fabric *f;
static struct fake_node *left, *right, *upstream;
static struct fake_node *l0, *l1, *r0, *r1, *s0, *s1, *accel;
static struct fake_snapshot before;

static struct fake_node *expander(struct fake_node *port)
{
	struct fake_node *node = fake_endpoint(port, 0, 4, 4 * SHARE);

	if (node)
		node->accel.expander = true;
	return node;
}

static int user_region_init(struct kunit *test)
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

static void user_region_exit(struct kunit *test)
{
	fake_cache_able = true;
}

/* ------------------------------ helpers ---------------------------- */

static struct cxl_endpoint_decoder *decoder(struct fake_node *node, int n)
{
	struct cxl_port *endpoint = node->accel.memdev->endpoint;

	return to_cxl_endpoint_decoder(&endpoint->decoders[n]->dev);
}

static int is_window_at(struct device *dev, const void *base)
{
	return cxla_device_id(dev) == CXLA_DEVICE_DECODER &&
	       is_cxl_root(cxld_to_port(to_cxl_decoder(dev))) &&
	       to_cxl_decoder(dev)->hpa_range.start == *(const u64 *)base;
}

static struct cxl_root_decoder *window_at(struct kunit *test, u64 base)
{
	struct device *dev = bus_find_device(&cxla_bus_type, NULL, &base,
					     is_window_at);

	KUNIT_ASSERT_NOT_NULL(test, dev);
	/* it stays until the root goes, with the test */
	put_device(dev);
	return to_cxl_root_decoder(dev);
}

static int write_u64(const struct device *dev, const char *name, u64 value)
{
	char text[24];

	snprintf(text, sizeof(text), "%#llx", value);
	return fake_store_cxla(dev, name, text);
}

/* the name of the next region of a window */
static void next_name(struct kunit *test, u64 base, char *buf)
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
static struct cxl_region *make(struct kunit *test, u64 base)
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

static int delete(struct kunit *test, struct cxl_region *cxlr)
{
	return fake_store_cxla(&cxlr->cxlrd->cxld.dev, "delete_region",
			       dev_name(&cxlr->dev));
}

/* ways, granularity and size */
static void describe(struct kunit *test, struct cxl_region *cxlr, int ways,
		     u64 size)
{
	KUNIT_ASSERT_EQ(test, write_u64(&cxlr->dev, "interleave_granularity",
					256), 0);
	KUNIT_ASSERT_EQ(test, write_u64(&cxlr->dev, "interleave_ways", ways),
			0);
	KUNIT_ASSERT_EQ(test, write_u64(&cxlr->dev, "size", size), 0);
}

static int target(struct cxl_region *cxlr, int pos, const char *name)
{
	char file[12];

	snprintf(file, sizeof(file), "target%d", pos);
	return fake_store_cxla(&cxlr->dev, file, name);
}

/* decoder @n of a device, with its DPA, at a position; 0, or the error */
static int assign(struct kunit *test, struct cxl_region *cxlr, int pos,
		  struct fake_node *node, int n)
{
	struct device *dev = &decoder(node, n)->cxld.dev;
	u64 share = resource_size(&cxlr->res) / cxlr->ways;

	KUNIT_ASSERT_EQ(test, fake_store_cxla(dev, "mode", "ram"), 0);
	KUNIT_ASSERT_EQ(test, write_u64(dev, "dpa_size", share), 0);
	return target(cxlr, pos, dev_name(dev));
}

/* a whole one, not committed: the devices by position */
static struct cxl_region *region_of(struct kunit *test, u64 base,
				    struct fake_node **nodes, int ways, int n)
{
	struct cxl_region *cxlr = make(test, base);

	describe(test, cxlr, ways, ways * SHARE);
	for (int i = 0; i < ways; i++)
		KUNIT_ASSERT_EQ(test, assign(test, cxlr, i, nodes[i], n), 0);
	return cxlr;
}

static bool is_committed(struct fake_node *node, int n)
{
	return *fake_hdm_reg(node, n, CXL_HDM_CTRL) & CXL_HDM_CTRL_COMMITTED;
}

static u64 base_of(struct fake_node *node, int n)
{
	return (u64)*fake_hdm_reg(node, n, CXL_HDM_BASE_HIGH) << 32 |
	       *fake_hdm_reg(node, n, CXL_HDM_BASE_LOW);
}

static int nr_committed(struct fake_node *node)
{
	int nr = 0;

	for (int i = 0; i < node->nr_decoders; i++)
		nr += is_committed(node, i);
	return nr;
}

static void expect_idle(struct kunit *test)
{
	struct fake_node *all[] = { left, right, upstream, l0, l1, r0, r1,
				    s0, s1 };

	for (int i = 0; i < ARRAY_SIZE(all); i++)
		KUNIT_EXPECT_EQ_MSG(test, nr_committed(all[i]), 0, "%d", i);
}

/* ways and granularity that hardware was told, as the specification encodes them */
static void expect_encoded(struct kunit *test, struct fake_node *node, int n,
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

/* ------------------------------- made ------------------------------ */

static void region_of_one_device_is_made_and_taken_back(struct kunit *test)
{
	struct cxl_region *cxlr = region_of(test, ONE, &l0, 1, 0);

	expect_idle(test);
	fake_expect_cxla(test, &cxlr->dev, "commit", "0");
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	fake_expect_cxla(test, &cxlr->dev, "commit", "1");
	fake_expect_cxla(test, &cxlr->dev, "resource", "0x1000000000");
	KUNIT_EXPECT_TRUE(test, is_committed(l0, 0));
	KUNIT_EXPECT_EQ(test, base_of(l0, 0), ONE);
	KUNIT_EXPECT_EQ(test, base_of(left, 0), ONE);
	KUNIT_EXPECT_EQ(test, *fake_hdm_reg(left, 0, CXL_HDM_TL_LOW), 1);
	/* memory of expanders */
	KUNIT_EXPECT_TRUE(test, *fake_hdm_reg(l0, 0, CXL_HDM_CTRL) &
				CXL_HDM_CTRL_HOSTONLY);
	/* device-dax is offered it when its driver is bound, and not before */
	KUNIT_EXPECT_NULL(test, cxlr->dax);
	KUNIT_EXPECT_EQ(test, device_attach(&cxlr->dev), 1);
	KUNIT_EXPECT_NOT_NULL(test, cxlr->dax);
	KUNIT_EXPECT_EQ(test, delete(test, cxlr), 0);
	expect_idle(test);
	KUNIT_EXPECT_EQ(test, write_u64(&decoder(l0, 0)->cxld.dev, "dpa_size",
					0), 0);
	fake_expect_snapshot(test, &before);
}

static void region_is_uncommitted_taken_apart_and_made_of_others(struct kunit *test)
{
	struct cxl_region *cxlr = region_of(test, ONE, &l0, 1, 0);

	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	KUNIT_EXPECT_EQ(test, device_attach(&cxlr->dev), 1);
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "0"), 0);
	expect_idle(test);
	KUNIT_EXPECT_NULL(test, cxlr->dax);
	KUNIT_EXPECT_NULL(test, cxlr->dev.driver);
	KUNIT_EXPECT_EQ(test, target(cxlr, 0, "\n"), 0);
	fake_expect_cxla(test, &cxlr->dev, "target0", "");
	KUNIT_EXPECT_EQ(test, write_u64(&decoder(l0, 0)->cxld.dev, "dpa_size",
					0), 0);
	KUNIT_EXPECT_EQ(test, assign(test, cxlr, 0, l1, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	KUNIT_EXPECT_TRUE(test, is_committed(l1, 0));
	KUNIT_EXPECT_FALSE(test, is_committed(l0, 0));
	KUNIT_EXPECT_EQ(test, *fake_hdm_reg(left, 0, CXL_HDM_TL_LOW), 2);
	KUNIT_EXPECT_EQ(test, delete(test, cxlr), 0);
	expect_idle(test);
}

static void devices_decode_before_anything_is_routed_to_them(struct kunit *test)
{
	struct cxl_region *cxlr = region_of(test, ONE, &s0, 1, 0);
	unsigned int invalidations = fake_cache_invalidations;

	f->nr_changes = 0;
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	KUNIT_ASSERT_EQ(test, f->nr_changes, 3);
	KUNIT_EXPECT_PTR_EQ(test, f->changes[0].node, s0);
	KUNIT_EXPECT_PTR_EQ(test, f->changes[1].node, upstream);
	KUNIT_EXPECT_PTR_EQ(test, f->changes[2].node, left);
	KUNIT_EXPECT_GT(test, f->changes[0].invalidations, invalidations);
	f->nr_changes = 0;
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "0"), 0);
	KUNIT_ASSERT_EQ(test, f->nr_changes, 3);
	KUNIT_EXPECT_PTR_EQ(test, f->changes[0].node, s0);
	KUNIT_EXPECT_PTR_EQ(test, f->changes[2].node, left);
}

/* --------------------------- interleaved --------------------------- */

static void ways_of_bridges_are_the_low_bits(struct kunit *test)
{
	struct fake_node *nodes[] = { l0, r0, l1, r1 };
	struct cxl_region *cxlr = region_of(test, BOTH, nodes, 4, 0);

	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	for (int i = 0; i < 4; i++)
		expect_encoded(test, nodes[i], 0, 4, 256);
	expect_encoded(test, left, 0, 2, 512);
	expect_encoded(test, right, 0, 2, 512);
	KUNIT_EXPECT_EQ(test, *fake_hdm_reg(left, 0, CXL_HDM_TL_LOW), 0x201);
	KUNIT_EXPECT_EQ(test, base_of(right, 0), BOTH);
	KUNIT_EXPECT_EQ(test, delete(test, cxlr), 0);
	expect_idle(test);
}

static void ways_of_a_switch_are_above_those_of_its_bridge(struct kunit *test)
{
	struct fake_node *nodes[] = { l0, s0, l1, s1 };
	struct fake_node *level[] = { s0, s1 };
	struct cxl_region *cxlr;

	/* a bridge whose ways are not all as wide is no interleave of four */
	cxlr = region_of(test, ONE, nodes, 4, 0);
	fake_log_clear();
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"),
			-ENXIO);
	expect_idle(test);
	KUNIT_EXPECT_EQ(test, delete(test, cxlr), 0);
	for (int i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, write_u64(&decoder(nodes[i], 0)->cxld.dev,
						"dpa_size", 0), 0);

	cxlr = region_of(test, ONE, level, 2, 0);
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	expect_encoded(test, upstream, 0, 2, 256);
	KUNIT_EXPECT_EQ(test, *fake_hdm_reg(left, 0, CXL_HDM_TL_LOW), 4);
	KUNIT_EXPECT_EQ(test, *fake_hdm_reg(upstream, 0, CXL_HDM_TL_LOW), 0x605);
}

static void window_that_picks_by_xor_has_its_order(struct kunit *test)
{
	struct fake_node *nodes[] = { l0, r0, l1, r1 };
	struct cxl_region *cxlr = region_of(test, XOR, nodes, 4, 0);

	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	for (int i = 0; i < 4; i++)
		KUNIT_EXPECT_PTR_EQ(test, cxlr->targets[i],
				    decoder(nodes[i], 0));
	KUNIT_EXPECT_EQ(test, base_of(right, 0), XOR);
}

static void position_is_one_that_the_window_leads_to(struct kunit *test)
{
	struct cxl_region *cxlr = make(test, BOTH);

	describe(test, cxlr, 2, 2 * SHARE);
	KUNIT_EXPECT_EQ(test, assign(test, cxlr, 0, r0, 0), -ENXIO);
	KUNIT_EXPECT_EQ(test, assign(test, cxlr, 0, l0, 0), 0);
	KUNIT_EXPECT_EQ(test, assign(test, cxlr, 1, l1, 0), -ENXIO);
	KUNIT_EXPECT_EQ(test, assign(test, cxlr, 1, r0, 0), 0);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
}

static void positions_that_cross_on_a_level_are_refused(struct kunit *test)
{
	struct fake_node *nodes[] = { l0, r0, l0, r1 };
	struct cxl_region *cxlr = make(test, BOTH);

	describe(test, cxlr, 4, 4 * SHARE);
	KUNIT_EXPECT_EQ(test, assign(test, cxlr, 0, nodes[0], 0), 0);
	KUNIT_EXPECT_EQ(test, assign(test, cxlr, 1, nodes[1], 0), 0);
	/* one device twice */
	KUNIT_EXPECT_EQ(test, assign(test, cxlr, 2, nodes[2], 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, assign(test, cxlr, 3, nodes[3], 0), 0);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"),
			-ENXIO);
	expect_idle(test);
}

/* ---------------------- what is refused, and when ------------------ */

static void name_is_the_one_that_was_told(struct kunit *test)
{
	struct device *dev = &window_at(test, ONE)->cxld.dev;
	char *name = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	char *again = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, again);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(dev, "create_ram_region",
					      "region99"), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(dev, "create_ram_region", "mem0"),
			-EINVAL);
	next_name(test, ONE, name);
	next_name(test, ONE, again);
	KUNIT_EXPECT_STREQ(test, name, again);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(dev, "create_ram_region", name),
			0);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(dev, "create_ram_region", name),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(dev, "delete_region", name), 0);
	fake_expect_snapshot(test, &before);
}

static void what_is_not_said_is_asked_for_in_order(struct kunit *test)
{
	struct cxl_region *cxlr = make(test, BOTH);
	const char *l = dev_name(&decoder(l0, 0)->cxld.dev);

	fake_expect_cxla(test, &cxlr->dev, "resource", "0xffffffffffffffff");
	fake_expect_cxla(test, &cxlr->dev, "size", "0x0");
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"),
			-ENXIO);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "size", SHARE), -ENXIO);
	/* a multiple of the window's, and its granularity */
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "interleave_ways", 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "interleave_ways", 5),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "interleave_granularity",
					512), -EINVAL);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "interleave_granularity",
					300), -EINVAL);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "uuid", "0"), -EINVAL);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "interleave_ways", 2), 0);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "interleave_granularity",
					256), 0);
	KUNIT_EXPECT_EQ(test, target(cxlr, 0, l), -ENXIO);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "size", SHARE), -EINVAL);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "size", 2 * SHARE), 0);
	/* what the size follows from stays */
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "interleave_ways", 2),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "size", 4 * SHARE), -EBUSY);
	/* no DPA, and no share */
	KUNIT_EXPECT_EQ(test, target(cxlr, 0, l), -ENXIO);
	KUNIT_EXPECT_EQ(test, write_u64(&decoder(l0, 0)->cxld.dev, "dpa_size",
					2 * SHARE), 0);
	KUNIT_EXPECT_EQ(test, target(cxlr, 0, l), -EINVAL);
	KUNIT_EXPECT_EQ(test, target(cxlr, 0, "decoder99.9"), -ENODEV);
	KUNIT_EXPECT_EQ(test, target(cxlr, 0, dev_name(&cxlr->dev)), -ENODEV);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"),
			-ENXIO);
	KUNIT_EXPECT_EQ(test, write_u64(&cxlr->dev, "size", 0), 0);
	fake_expect_cxla(test, &cxlr->dev, "size", "0x0");
	KUNIT_EXPECT_EQ(test, delete(test, cxlr), 0);
}

static void committed_region_refuses_whatever_is_wrong_besides(struct kunit *test)
{
	struct cxl_region *cxlr = region_of(test, ONE, &l0, 1, 0);
	struct device *dev = &decoder(l0, 0)->cxld.dev;

	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "size", "?"), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "uuid", "?"), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "interleave_ways",
					      "?"), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev,
					      "interleave_granularity", "?"),
			-EBUSY);
	KUNIT_EXPECT_EQ(test, target(cxlr, 0, "?"), -EBUSY);
	KUNIT_EXPECT_EQ(test, target(cxlr, 0, "\n"), -EBUSY);
	KUNIT_EXPECT_EQ(test, write_u64(dev, "dpa_size", 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(dev, "mode", "?"), -EBUSY);
}

static void memory_of_a_device_is_given_in_order_and_once(struct kunit *test)
{
	struct device *d0 = &decoder(l0, 0)->cxld.dev;
	struct device *d1 = &decoder(l0, 1)->cxld.dev;

	KUNIT_EXPECT_EQ(test, write_u64(d0, "dpa_size", SHARE / 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, write_u64(d0, "dpa_size", 5 * SHARE), -ENOSPC);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(d0, "mode", "pmem"), -EOPNOTSUPP);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(d0, "mode", "fast"), -EINVAL);
	KUNIT_EXPECT_EQ(test, write_u64(d0, "dpa_size", SHARE), 0);
	KUNIT_EXPECT_EQ(test, write_u64(d1, "dpa_size", 4 * SHARE), -ENOSPC);
	KUNIT_EXPECT_EQ(test, write_u64(d1, "dpa_size", 3 * SHARE), 0);
	fake_expect_cxla(test, d1, "dpa_resource", "0x10000000");
	KUNIT_EXPECT_EQ(test, write_u64(d0, "dpa_size", 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, write_u64(d1, "dpa_size", 0), 0);
	KUNIT_EXPECT_EQ(test, write_u64(d0, "dpa_size", 0), 0);
	fake_expect_cxla(test, d0, "mode", "none");
}

static void memory_of_an_accelerator_is_its_driver_s(struct kunit *test)
{
	struct cxl_region *cxlr = make(test, ONE);

	accel->accel.create = true;
	fake_expect_attached(test, accel, ONE, SHARE);
	describe(test, cxlr, 1, SHARE);
	KUNIT_EXPECT_EQ(test, write_u64(&decoder(accel, 1)->cxld.dev,
					"dpa_size", SHARE), -EBUSY);
	KUNIT_EXPECT_EQ(test, target(cxlr, 0,
				     dev_name(&decoder(accel, 1)->cxld.dev)),
			-ENXIO);
	fake_unbind(accel);
}

static void platform_that_can_t_flush_has_none(struct kunit *test)
{
	struct cxl_region *cxlr = region_of(test, ONE, &l0, 1, 0);

	fake_cache_able = false;
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"),
			-EOPNOTSUPP);
	expect_idle(test);
}

static void window_that_is_for_accelerators_offers_none(struct kunit *test)
{
	struct device *dev = &window_at(test, ONE)->cxld.dev;

	KUNIT_EXPECT_NOT_NULL(test, fake_attribute(dev, "create_ram_region"));
	fake_root_remove(f);
	f->windows[0].flags &= ~CXL_DECODER_F_TYPE3;
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	KUNIT_EXPECT_NE(test, fake_store_cxla(&window_at(test, ONE)->cxld.dev,
					      "create_ram_region", "region0"),
			0);
}

/* ----------------------------- addresses --------------------------- */

static void addresses_are_kept_from_their_size_on(struct kunit *test)
{
	struct cxl_region *first = make(test, ONE), *second = make(test, ONE);

	describe(test, first, 1, SHARE);
	describe(test, second, 1, SHARE);
	fake_expect_cxla(test, &first->dev, "resource", "0x1000000000");
	fake_expect_cxla(test, &second->dev, "resource", "0x1010000000");
	/* from the attach of a driver, too */
	accel->accel.create = true;
	fake_expect_attached(test, accel, ONE + 2 * SHARE, SHARE);
	fake_unbind(accel);
	KUNIT_EXPECT_EQ(test, delete(test, first), 0);
	fake_expect_attached(test, accel, ONE, SHARE);
	fake_unbind(accel);
	KUNIT_EXPECT_EQ(test, delete(test, second), 0);
	fake_expect_snapshot(test, &before);
}

static void window_is_used_up_and_free_again(struct kunit *test)
{
	struct cxl_region *all = make(test, ONE), *more = make(test, ONE);

	describe(test, all, 1, SZ_4G);
	KUNIT_EXPECT_EQ(test, write_u64(&more->dev, "interleave_granularity",
					256), 0);
	KUNIT_EXPECT_EQ(test, write_u64(&more->dev, "interleave_ways", 1), 0);
	KUNIT_EXPECT_EQ(test, write_u64(&more->dev, "size", SHARE), -ENOSPC);
	KUNIT_EXPECT_EQ(test, write_u64(&more->dev, "size", 2ULL * SZ_4G),
			-ENOSPC);
	KUNIT_EXPECT_EQ(test, delete(test, all), 0);
	KUNIT_EXPECT_EQ(test, write_u64(&more->dev, "size", SHARE), 0);
	fake_expect_cxla(test, &more->dev, "resource", "0x1000000000");
}

static void what_hardware_decodes_is_not_free(struct kunit *test)
{
	struct cxl_region *cxlr;

	fake_unbind(l0);
	fake_unbind(l1);
	fake_root_remove(f);
	KUNIT_ASSERT_EQ(test, fake_map(l1, ONE, SHARE, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	KUNIT_ASSERT_EQ(test, fake_bind(l0), 0);
	cxlr = region_of(test, ONE, &l0, 1, 0);
	fake_expect_cxla(test, &cxlr->dev, "resource", "0x1010000000");
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	KUNIT_EXPECT_EQ(test, base_of(left, 0), ONE);
	KUNIT_EXPECT_EQ(test, base_of(left, 1), ONE + SHARE);
}

static void what_somebody_has_is_not_free(struct kunit *test)
{
	struct resource busy = {
		.name = "somebody",
		.start = ONE + SZ_4K,
		.end = ONE + SZ_8K - 1,
		.flags = IORESOURCE_MEM | IORESOURCE_BUSY,
	};
	struct resource soft = {
		.name = "Soft Reserved",
		.start = ONE + SHARE,
		.end = ONE + 2 * SHARE - 1,
		.flags = IORESOURCE_MEM,
		.desc = IORES_DESC_SOFT_RESERVED,
	};
	struct cxl_region *cxlr = make(test, ONE);

	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, &busy), 0);
	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, &soft), 0);
	describe(test, cxlr, 1, SHARE);
	fake_expect_cxla(test, &cxlr->dev, "resource", "0x1020000000");
	KUNIT_EXPECT_EQ(test, delete(test, cxlr), 0);
	KUNIT_EXPECT_EQ(test, remove_resource(&soft), 0);
	KUNIT_EXPECT_EQ(test, remove_resource(&busy), 0);
}

/* one that others are behind stays, and is used again */
static void regions_that_go_out_of_order_use_nothing_up(struct kunit *test)
{
	struct cxl_region *first = region_of(test, ONE, &l0, 1, 0);
	struct cxl_region *second = region_of(test, ONE, &l1, 1, 0);

	KUNIT_ASSERT_EQ(test, fake_store_cxla(&first->dev, "commit", "1"), 0);
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&second->dev, "commit", "1"), 0);
	for (int i = 0; i < 10; i++) {
		KUNIT_ASSERT_EQ(test, fake_store_cxla(&first->dev, "commit",
						      "0"), 0);
		KUNIT_EXPECT_EQ(test, nr_committed(l0), 0);
		KUNIT_ASSERT_EQ(test, fake_store_cxla(&first->dev, "commit",
						      "1"), 0);
	}
	KUNIT_EXPECT_EQ(test, nr_committed(left), 2);
	KUNIT_EXPECT_EQ(test, delete(test, first), 0);
	KUNIT_EXPECT_EQ(test, nr_committed(left), 2);
	KUNIT_EXPECT_EQ(test, delete(test, second), 0);
	expect_idle(test);
}

/* two decoders of one device: the one behind keeps it from changing */
static void decoder_with_another_behind_it_is_not_taken_back(struct kunit *test)
{
	struct cxl_region *first = region_of(test, ONE, &l0, 1, 0);
	struct cxl_region *second = region_of(test, ONE, &l0, 1, 1);

	/* in their order */
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&second->dev, "commit", "1"),
			-EBUSY);
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&first->dev, "commit", "1"), 0);
	KUNIT_ASSERT_EQ(test, fake_store_cxla(&second->dev, "commit", "1"), 0);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&first->dev, "commit", "0"),
			-EBUSY);
	fake_expect_cxla(test, &first->dev, "commit", "1");
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&second->dev, "commit", "0"), 0);
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&first->dev, "commit", "0"), 0);
	expect_idle(test);
}

/* ---------------------------- what goes ---------------------------- */

static void member_that_leaves_ends_the_region(struct kunit *test)
{
	struct fake_node *nodes[] = { l0, r0 };
	struct cxl_region *cxlr = region_of(test, BOTH, nodes, 2, 0);

	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	fake_unbind(l0);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, before.regions);
	expect_idle(test);
	/* and nobody finds it anew */
	KUNIT_ASSERT_EQ(test, fake_bind(l0), 0);
	KUNIT_EXPECT_EQ(test, write_u64(&decoder(r0, 0)->cxld.dev, "dpa_size",
					0), 0);
	fake_expect_snapshot(test, &before);
}

static void member_that_leaves_before_a_commit_ends_it_too(struct kunit *test)
{
	region_of(test, ONE, &l0, 1, 0);
	fake_unbind(l0);
	KUNIT_ASSERT_EQ(test, fake_bind(l0), 0);
	fake_expect_snapshot(test, &before);
}

static void device_that_is_gone_costs_the_others_nothing(struct kunit *test)
{
	struct fake_node *nodes[] = { l0, r0 };
	struct cxl_region *cxlr = region_of(test, BOTH, nodes, 2, 0);

	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	KUNIT_EXPECT_EQ(test, device_attach(&cxlr->dev), 1);
	l0->gone = true;
	fake_unbind(l0);
	KUNIT_EXPECT_EQ(test, nr_committed(left) + nr_committed(right) +
			      nr_committed(r0), 0);
	l0->gone = false;
}

static void root_that_goes_takes_all_with_it(struct kunit *test)
{
	struct cxl_region *cxlr = region_of(test, ONE, &s0, 1, 0);

	KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	region_of(test, ONE, &l0, 1, 0);
	describe(test, make(test, BOTH), 2, 2 * SHARE);
	make(test, XOR);
	fake_root_remove(f);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 0);
	expect_idle(test);
}

/* ------------------------------ failures --------------------------- */

static void commit_that_fails_anywhere_leaves_nothing(struct kunit *test)
{
	struct fake_node *nodes[] = { s0, r0, s1, r1 };
	struct fake_node *levels[] = { s0, r1, upstream, left, right };
	struct cxl_region *cxlr = region_of(test, BOTH, nodes, 4, 0);

	for (int i = 0; i < ARRAY_SIZE(levels); i++) {
		levels[i]->commit_fails = true;
		fake_log_clear();
		KUNIT_EXPECT_EQ_MSG(test, fake_store_cxla(&cxlr->dev, "commit",
							  "1"), -EIO, "%d", i);
		/* which level it was */
		KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR,
						     "can't be committed"), 1);
		levels[i]->commit_fails = false;
		expect_idle(test);
		fake_expect_cxla(test, &cxlr->dev, "commit", "0");
		levels[i]->commit_delay = FAKE_NEVER;
		KUNIT_EXPECT_EQ_MSG(test, fake_store_cxla(&cxlr->dev, "commit",
							  "1"), -ETIMEDOUT,
				    "%d", i);
		levels[i]->commit_delay = 0;
		expect_idle(test);
	}
	KUNIT_EXPECT_EQ(test, fake_store_cxla(&cxlr->dev, "commit", "1"), 0);
	fake_expect_cxla(test, &cxlr->dev, "commit", "1");
}

static void a_thousand_creations_cost_no_address_and_no_access(struct kunit *test)
{
	unsigned int first = 0;

	for (int i = 0; i < 1000; i++) {
		unsigned int writes = left->count.writes + l0->count.writes;
		struct cxl_region *cxlr = region_of(test, ONE, &l0, 1, 0);

		KUNIT_ASSERT_EQ(test, cxlr->res.start, ONE);
		KUNIT_ASSERT_EQ(test, fake_store_cxla(&cxlr->dev, "commit",
						      "1"), 0);
		KUNIT_ASSERT_EQ(test, delete(test, cxlr), 0);
		KUNIT_ASSERT_EQ(test, write_u64(&decoder(l0, 0)->cxld.dev,
						"dpa_size", 0), 0);
		writes = left->count.writes + l0->count.writes - writes;
		if (!i)
			first = writes;
		KUNIT_ASSERT_LE(test, writes, first);
	}
	expect_idle(test);
	fake_expect_snapshot(test, &before);
}

static struct kunit_case user_region_cases[] = {
	KUNIT_CASE(region_of_one_device_is_made_and_taken_back),
	KUNIT_CASE(region_is_uncommitted_taken_apart_and_made_of_others),
	KUNIT_CASE(devices_decode_before_anything_is_routed_to_them),
	KUNIT_CASE(ways_of_bridges_are_the_low_bits),
	KUNIT_CASE(ways_of_a_switch_are_above_those_of_its_bridge),
	KUNIT_CASE(window_that_picks_by_xor_has_its_order),
	KUNIT_CASE(position_is_one_that_the_window_leads_to),
	KUNIT_CASE(positions_that_cross_on_a_level_are_refused),
	KUNIT_CASE(name_is_the_one_that_was_told),
	KUNIT_CASE(what_is_not_said_is_asked_for_in_order),
	KUNIT_CASE(committed_region_refuses_whatever_is_wrong_besides),
	KUNIT_CASE(memory_of_a_device_is_given_in_order_and_once),
	KUNIT_CASE(memory_of_an_accelerator_is_its_driver_s),
	KUNIT_CASE(platform_that_can_t_flush_has_none),
	KUNIT_CASE(window_that_is_for_accelerators_offers_none),
	KUNIT_CASE(addresses_are_kept_from_their_size_on),
	KUNIT_CASE(window_is_used_up_and_free_again),
	KUNIT_CASE(what_hardware_decodes_is_not_free),
	KUNIT_CASE(what_somebody_has_is_not_free),
	KUNIT_CASE(regions_that_go_out_of_order_use_nothing_up),
	KUNIT_CASE(decoder_with_another_behind_it_is_not_taken_back),
	KUNIT_CASE(member_that_leaves_ends_the_region),
	KUNIT_CASE(member_that_leaves_before_a_commit_ends_it_too),
	KUNIT_CASE(device_that_is_gone_costs_the_others_nothing),
	KUNIT_CASE(root_that_goes_takes_all_with_it),
	KUNIT_CASE(commit_that_fails_anywhere_leaves_nothing),
	KUNIT_CASE_SLOW(a_thousand_creations_cost_no_address_and_no_access),
	{}
};

static struct kunit_suite user_region_suite = {
	.name = "user_region_kunit",
	.init = user_region_init,
	.exit = user_region_exit,
	.test_cases = user_region_cases,
};

kunit_test_suite(user_region_suite);

MODULE_DESCRIPTION("KUnit: regions that userspace makes");
MODULE_LICENSE("GPL");
