// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an attach costs must not depend on how many have been before. One
 * device is attached as the first, and again and again while the house fills
 * up: the same device each time, so that nothing else differs.
 *
 *   4 host bridges > 32 root ports each > 8 functions each
 *
 * A bridge has 32 decoders and eight times as many devices, so each decoder
 * maps what is below one root port.
 */
#include <kunit/test.h>
#include <linux/pci.h>

#include "../fake/fake_count.h"
#include "../fake/fake_fabric.h"

MODULE_IMPORT_NS("CXL");

#define BASE		0x1000000000ULL
#define SIZE		((u64)SZ_256M)
#define BRIDGES		4
#define PORTS		32
#define FUNCTIONS	8
#define MAX_ENDPOINTS	(BRIDGES * PORTS * FUNCTIONS)
#define PORT_SIZE	(FUNCTIONS * SIZE)
#define BRIDGE_SIZE	(PORTS * PORT_SIZE)

/* with the detectors an attach takes a hundred times as long */
static int endpoints = IS_ENABLED(CONFIG_KASAN) ? 64 : MAX_ENDPOINTS;
module_param(endpoints, int, 0444);
MODULE_PARM_DESC(endpoints, "of the biggest topology: 1, 64, 256 or 1024");

struct house {
	struct fake_fabric *f;
	struct fake_node *devices[MAX_ENDPOINTS];
	int nr;
};

/* what one attach took */
struct cost {
	u64 blocks, cycles;
	struct fake_counters hw;
	struct cxla_attach_record record;
};

static int scale_init(struct kunit *test)
{
	struct house *house = kunit_kzalloc(test, sizeof(*house), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, house);
	house->f = fake_test_fabric(test);
	test->priv = house;
	return 0;
}

/* ------------------------------ building --------------------------- */

static u64 base_of(int bridge, int port, int function)
{
	return BASE + bridge * BRIDGE_SIZE + port * PORT_SIZE + function * SIZE;
}

static u64 base_of_device(struct fake_node *device)
{
	return base_of(device->parent->parent->number, device->parent->number,
		       PCI_FUNC(device->devfn));
}

static void add_port(struct kunit *test, struct fake_node *bridge, int number,
		     int functions)
{
	struct fake_commit commit = {
		.base = base_of(bridge->number, number, 0),
		.size = PORT_SIZE,
		.targets = { number },
	};
	struct house *house = test->priv;
	struct fake_node *port = fake_root_port(bridge, number);

	KUNIT_ASSERT_EQ(test, fake_hdm_commit(bridge, number, &commit), 0);
	for (int i = 0; i < functions; i++)
		house->devices[house->nr++] = fake_endpoint(port, i, 1, SIZE);
}

static void build(struct kunit *test, int bridges, int ports, int functions)
{
	struct house *house = test->priv;

	for (int uid = 0; uid < bridges; uid++) {
		struct fake_node *bridge = fake_bridge(house->f, uid, PORTS);

		KUNIT_ASSERT_NOT_NULL(test, bridge);
		fake_window(house->f, bridge, base_of(uid, 0, 0), BRIDGE_SIZE);
		for (int i = 0; i < ports; i++)
			add_port(test, bridge, i, functions);
	}
	KUNIT_ASSERT_EQ(test, fake_fabric_start(house->f), 0);
	for (int i = 0; i < house->nr; i++)
		KUNIT_ASSERT_EQ(test, fake_map(house->devices[i],
					       base_of_device(house->devices[i]),
					       SIZE, 0), 0);
	fake_test_up(test, house->f);
}

/* ------------------------------ measuring -------------------------- */

static struct cost attach(struct kunit *test, struct fake_node *device)
{
	struct house *house = test->priv;
	struct cost cost;

	fake_count_reset(house->f);
	fake_count_start();
	KUNIT_ASSERT_EQ(test, fake_bind(device), 0);
	cost.blocks = fake_count_stop();
	cost.hw = house->f->count;
	cost.record = device->accel.record;
	fake_expect_attached(test, device, base_of_device(device), SIZE);
	return cost;
}

static struct cost detach(struct kunit *test, struct fake_node *device)
{
	struct house *house = test->priv;
	struct cost cost = { };

	fake_count_reset(house->f);
	fake_count_start();
	fake_unbind(device);
	cost.blocks = fake_count_stop();
	cost.hw = house->f->count;
	return cost;
}

static void say(struct kunit *test, const char *what, int nr,
		const struct cost *cost)
{
	struct house *house = test->priv;

	kunit_info(test,
		   "figures: %s as %4d of %4d: %2u register reads, %2u configuration reads, %3llu blocks\n",
		   what, nr, house->nr, cost->hw.reads, cost->hw.cfg_reads,
		   cost->blocks);
}

/*
 * Trees grow by a level now and then, in code that isn't counted: what is,
 * differed by 4 blocks at most when this was written. A look at each of 64
 * devices would be 64 blocks or more.
 */
static void expect_same(struct kunit *test, const struct cost *first,
			const struct cost *last)
{
	KUNIT_EXPECT_EQ(test, last->hw.reads, first->hw.reads);
	KUNIT_EXPECT_EQ(test, last->hw.writes, first->hw.writes);
	KUNIT_EXPECT_EQ(test, last->hw.cfg_reads, first->hw.cfg_reads);
	KUNIT_EXPECT_EQ(test, last->hw.cfg_writes, first->hw.cfg_writes);
	KUNIT_EXPECT_EQ(test, last->record.mmio_reads,
			first->record.mmio_reads);
	KUNIT_EXPECT_EQ(test, last->record.cfg_reads, first->record.cfg_reads);
	KUNIT_EXPECT_LE(test, last->blocks, first->blocks + 12);
	KUNIT_EXPECT_GE(test, last->blocks + 12, first->blocks);
}

/* attach as number @nr, and go again */
static void visit(struct kunit *test, struct fake_node *device, int nr,
		  struct cost *in, struct cost *out)
{
	*in = attach(test, device);
	*out = detach(test, device);
	say(test, "attach", nr, in);
	say(test, "detach", nr, out);
}

static void fill_up_and_compare(struct kunit *test)
{
	struct house *house = test->priv;
	struct fake_node *last = house->devices[house->nr - 1];
	struct cost first_in, first_out, in, out;
	struct fake_snapshot empty = fake_snapshot();

	/* what is looked up once and for all isn't the first one's to pay */
	attach(test, last);
	detach(test, last);
	visit(test, last, 1, &first_in, &first_out);
	for (int i = 0; i < house->nr - 1; i++) {
		if (i == 63 || i == 511) {
			visit(test, last, i + 1, &in, &out);
			expect_same(test, &first_in, &in);
			expect_same(test, &first_out, &out);
		}
		attach(test, house->devices[i]);
	}
	visit(test, last, house->nr, &in, &out);
	expect_same(test, &first_in, &in);
	expect_same(test, &first_out, &out);

	/* all at once, and one that goes is not the others' business */
	attach(test, last);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, house->nr);
	KUNIT_EXPECT_EQ(test, fake_snapshot().iomem_regions, house->nr);
	if (house->nr > 1)
		detach(test, house->devices[0]);
	for (int i = 1; i < house->nr; i++)
		KUNIT_EXPECT_EQ(test, house->devices[i]->accel.nr_revoke,
				house->devices[i]->accel.nr_attached - 1);
	for (int i = 0; i < house->nr; i++)
		detach(test, house->devices[i]);
	fake_expect_snapshot(test, &empty);
}

static const struct shape {
	int endpoints, bridges, ports, functions;
} shapes[] = {
	{ 1, 1, 1, 1 },
	{ 64, BRIDGES, 2, FUNCTIONS },
	{ 256, BRIDGES, 8, FUNCTIONS },
	{ 1024, BRIDGES, PORTS, FUNCTIONS },
};

static void attach_costs_the_same_however_many_there_are(struct kunit *test)
{
	const struct shape *shape = test->param_value;

	build(test, shape->bridges, shape->ports, shape->functions);
	KUNIT_ASSERT_EQ(test, ((struct house *)test->priv)->nr,
			shape->endpoints);
	fill_up_and_compare(test);
}

static const void *next_shape(const void *previous, char *name)
{
	const struct shape *shape = previous ? (const struct shape *)previous + 1 :
					       shapes;

	if (shape == shapes + ARRAY_SIZE(shapes) || shape->endpoints > endpoints)
		return NULL;
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%d endpoints", shape->endpoints);
	return shape;
}

static struct kunit_case scale_cases[] = {
	KUNIT_CASE_PARAM(attach_costs_the_same_however_many_there_are,
			 next_shape),
	{}
};

static struct kunit_suite scale_suite = {
	.name = "scale_kunit",
	.init = scale_init,
	.test_cases = scale_cases,
};

kunit_test_suite(scale_suite);

MODULE_DESCRIPTION("KUnit: what an attach costs among a thousand");
MODULE_LICENSE("GPL");
