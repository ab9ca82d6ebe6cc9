// SPDX-License-Identifier: GPL-2.0-only
/*
 * Registers, configuration space and tables with random contents. Whatever
 * they say, binding comes to an end: the device got a range that a window
 * contains and no other device has, or none and a reason; and nothing stays.
 *
 *   root > host bridge 7 > root port 3 > switch > downstream port 1 > device 0
 *								     > device 1
 *
 * Decoders of bridge and switch let more than the window through, so that what is
 * wrong with the devices' own is for nobody else to notice.
 */
#include <kunit/test.h>
#include <linux/pci.h>
#include <linux/prandom.h>

#include "../../kmod/pure/cedt.c"
#include "../fake/fake_fabric.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW_BASE	0x1000000000ULL
#define RANGE_SIZE	((u64)SZ_512M)
#define CAPACITY	(2 * RANGE_SIZE)
#define NR_DECODERS	2
#define NR_DEVICES	2
#define REGS_SIZE	0x1000	/* CXL.cachemem */
#define CFG_SIZE	0x1000

static int rounds = IS_ENABLED(CONFIG_KASAN) ? 4 : 2000;
module_param(rounds, int, 0444);
MODULE_PARM_DESC(rounds, "random contents per test");

static int seed = 1;
module_param(seed, int, 0444);
MODULE_PARM_DESC(seed, "where the random contents start");

enum { DEVICE_0, DEVICE_1, SWITCH, BRIDGE, NR_NODES };

struct rig {
	struct fake_fabric *f;
	struct fake_node *nodes[NR_NODES];
	u8 good_regs[NR_NODES][REGS_SIZE];
	u8 good_cfg[NR_NODES][CFG_SIZE];
	struct rnd_state rnd;
	int round;
	int nr_attached, nr_refused;
	u8 table[512];
};

static struct rig *rig(struct kunit *test)
{
	return test->priv;
}

static u64 base_of(int device)
{
	return WINDOW_BASE + 2 * device * RANGE_SIZE;
}

static int fuzz_init(struct kunit *test)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	struct fake_commit whole = {
		.base = WINDOW_BASE, .size = SZ_8G,
	};
	struct fake_node *bridge, *sw, *port;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	test->priv = rig;
	prandom_seed_state(&rig->rnd, seed);
	rig->f = fake_test_fabric(test);
	bridge = fake_bridge(rig->f, 7, NR_DECODERS);
	sw = fake_switch(fake_root_port(bridge, 3), NR_DECODERS);
	port = fake_downstream(sw, 1);
	for (int i = 0; i < NR_DEVICES; i++)
		rig->nodes[i] = fake_endpoint(port, i, NR_DECODERS, CAPACITY);
	rig->nodes[SWITCH] = sw;
	rig->nodes[BRIDGE] = bridge;
	fake_window(rig->f, bridge, WINDOW_BASE, SZ_4G);
	KUNIT_ASSERT_EQ(test, fake_fabric_start(rig->f), 0);
	whole.targets[0] = 3;
	KUNIT_ASSERT_EQ(test, fake_hdm_commit(bridge, 0, &whole), 0);
	whole.targets[0] = 1;
	KUNIT_ASSERT_EQ(test, fake_hdm_commit(sw, 0, &whole), 0);
	for (int i = 0; i < NR_DEVICES; i++)
		KUNIT_ASSERT_EQ(test, fake_map(rig->nodes[i], base_of(i),
					       RANGE_SIZE, 0), 0);
	for (int i = 0; i < NR_NODES; i++) {
		memcpy(rig->good_regs[i],
		       fake_block_reg(rig->nodes[i], FAKE_CAP_ARRAY),
		       REGS_SIZE);
		memcpy(rig->good_cfg[i], fake_cfg(rig->nodes[i], 0), CFG_SIZE);
	}
	return 0;
}

static void repair(struct rig *rig)
{
	for (int i = 0; i < NR_NODES; i++) {
		memcpy(fake_block_reg(rig->nodes[i], FAKE_CAP_ARRAY),
		       rig->good_regs[i], REGS_SIZE);
		memcpy(fake_cfg(rig->nodes[i], 0), rig->good_cfg[i], CFG_SIZE);
	}
}

/* ------------------------------- random ---------------------------- */

static u32 any(struct rig *rig)
{
	return prandom_u32_state(&rig->rnd);
}

static u32 below(struct rig *rig, u32 limit)
{
	return any(rig) % limit;
}

/* of a register that was @old: what else could be in it */
static u32 another(struct rig *rig, u32 old)
{
	switch (below(rig, 8)) {
	case 0:
		return any(rig);
	case 1:
		return ~0U;
	case 2:
		return 0;
	case 3:
		return old + SZ_256M;
	case 4:
		return old - SZ_256M;
	case 5:
		return any(rig) & GENMASK(31, 28);
	default:
		return old ^ BIT(below(rig, 32));
	}
}

static void spoil_a_register(struct rig *rig, struct fake_node *node)
{
	u32 *reg = fake_hdm_reg(node, below(rig, NR_DECODERS),
				4 * below(rig, 7));

	*reg = another(rig, *reg);
}

static void spoil_a_decoder(struct rig *rig, struct fake_node *node)
{
	u32 *regs = fake_hdm_reg(node, below(rig, NR_DECODERS), 0);
	bool ones = !below(rig, 4);

	for (int i = 0; i < 7; i++)
		regs[i] = ones ? ~0U : any(rig);
	if (!ones)
		regs[CXL_HDM_CTRL / 4] |= CXL_HDM_CTRL_COMMITTED;
}

/* good by itself, and where it may meet another one */
static void move_a_decoder(struct rig *rig, struct fake_node *node)
{
	u32 *regs = fake_hdm_reg(node, below(rig, NR_DECODERS), 0);

	regs[CXL_HDM_BASE_LOW / 4] = below(rig, 16) * SZ_256M;
	regs[CXL_HDM_BASE_HIGH / 4] = WINDOW_BASE >> 32;
	regs[CXL_HDM_SIZE_LOW / 4] = below(rig, 6) * SZ_256M;
	regs[CXL_HDM_SIZE_HIGH / 4] = 0;
	regs[CXL_HDM_CTRL / 4] = CXL_HDM_CTRL_COMMIT | CXL_HDM_CTRL_COMMITTED |
		(any(rig) & (CXL_HDM_CTRL_LOCK | 0x33));
}

static void spoil_a_capability(struct rig *rig, struct fake_node *node)
{
	u32 *array = fake_block_reg(node, FAKE_CAP_ARRAY);
	u32 *hdm = fake_block_reg(node, FAKE_HDM + CXL_HDM_CAP);
	u32 count = below(rig, 12);

	switch (below(rig, 5)) {
	case 0:
		*hdm = another(rig, *hdm);
		break;
	case 1:
		array[0] = another(rig, array[0]);
		break;
	case 2:
		array[1] = another(rig, array[1]);
		break;
	case 3:
		array[0] = 0x00110001 | count << 24;
		for (int i = 1; i <= count; i++)
			array[i] = any(rig) << 20 | 1 << 16 | below(rig, 7);
		break;
	case 4:
		for (int i = 0; i < REGS_SIZE / 4; i++)
			array[i] = any(rig);
		break;
	}
}

/* extended capabilities: where they are, the Register Locator, and what else */
static void spoil_configuration(struct rig *rig, struct fake_node *node)
{
	static const u16 heads[] = {
		FAKE_DVSEC_DEVICE, FAKE_DVSEC_LOCATOR, FAKE_DSN
	};
	u32 *word;

	if (node->kind == FAKE_BRIDGE)
		return;
	word = fake_cfg(node, FAKE_DVSEC_DEVICE + 4 * below(rig, 0x34));
	switch (below(rig, 4)) {
	case 0:
		*word = any(rig);
		break;
	case 1:
		*word = another(rig, *word);
		break;
	case 2:
		/* the next one, at random or in a loop */
		word = fake_cfg(node, heads[below(rig, ARRAY_SIZE(heads))]);
		*word &= GENMASK(19, 0);
		*word |= below(rig, 2) ? any(rig) << 20 :
			 heads[below(rig, ARRAY_SIZE(heads))] << 20;
		break;
	case 3:
		for (u32 i = 0, nr = below(rig, 5); i < nr; i++)
			fake_locator(node, i, below(rig, 8), below(rig, 4),
				     below(rig, 2) ? 0 :
				     (u64)any(rig) << 16);
		break;
	}
}

static void spoil(struct rig *rig, struct fake_node *node)
{
	switch (below(rig, 12)) {
	case 0 ... 4:
		spoil_a_register(rig, node);
		break;
	case 5:
		spoil_a_decoder(rig, node);
		break;
	case 6 ... 8:
		move_a_decoder(rig, node);
		break;
	case 9:
		spoil_a_capability(rig, node);
		break;
	default:
		spoil_configuration(rig, node);
		break;
	}
}

/* ------------------------------ judging ---------------------------- */

static bool in_a_window(const struct rig *rig, const struct range *range)
{
	for (int i = 0; i < rig->f->nr_windows; i++)
		if (cxla_range_contains(&rig->f->windows[i].range, range))
			return true;
	return false;
}

/* what is wrong with what came of an attach, or NULL */
static const char *wrong(struct rig *rig, const struct fake_accel *accel)
{
	const struct range *range = &accel->range;

	if (accel->rc == -ENOMEM)
		return NULL;
	if (accel->rc == -ENXIO) {
		rig->nr_refused++;
		if (accel->reason == CXLA_REASON_NONE ||
		    accel->reason == CXLA_REASON_ERROR)
			return "no reason";
		return range_len(range) ? "a range all the same" : NULL;
	}
	if (accel->rc)
		return "an error that is none of an attach";

	rig->nr_attached++;
	if (accel->reason != CXLA_REASON_NONE)
		return "attached, with a reason why not";
	if (range->start > range->end ||
	    !IS_ALIGNED(range->start | range_len(range), SZ_256M))
		return "not of 256 MiB";
	if (range_len(range) > CAPACITY)
		return "more than the device has";
	return in_a_window(rig, range) ? NULL : "outside of the windows";
}

static bool share_a_byte(const struct fake_accel *a, const struct fake_accel *b)
{
	return !a->rc && !b->rc && a->range.start <= b->range.end &&
	       b->range.start <= a->range.end;
}

static void bind_all_and_judge(struct kunit *test)
{
	struct rig *r = rig(test);
	struct fake_accel *accels[NR_DEVICES];
	struct fake_snapshot before = fake_snapshot();
	int first = below(r, NR_DEVICES);

	for (int i = 0; i < NR_DEVICES; i++) {
		int which = (first + i) % NR_DEVICES;
		struct fake_node *device = r->nodes[which];
		const char *what;

		accels[which] = &device->accel;
		KUNIT_ASSERT_EQ(test, fake_bind(device), 0);
		what = wrong(r, accels[which]);
		KUNIT_EXPECT_NULL_MSG(test, what,
				      "seed %d, round %d, device %d: %s (%d, %s, [%#llx-%#llx])",
				      seed, r->round, which, what,
				      accels[which]->rc,
				      cxl_attach_reason_str(accels[which]->reason),
				      accels[which]->range.start,
				      accels[which]->range.end);
	}
	KUNIT_EXPECT_FALSE_MSG(test, share_a_byte(accels[0], accels[1]),
			       "seed %d, round %d", seed, r->round);
	for (int i = 0; i < NR_DEVICES; i++)
		fake_unbind(r->nodes[i]);
	fake_expect_snapshot(test, &before);
}

static void say(struct kunit *test)
{
	kunit_info(test, "figures: seed %d: %d rounds, %d attached, %d refused\n",
		   seed, rig(test)->round, rig(test)->nr_attached,
		   rig(test)->nr_refused);
}

/* ------------------------------- tests ----------------------------- */

/* from time to time there is a new root, which reads host bridges anew */
static void damage_ends_in_a_range_or_a_reason(struct kunit *test, int nodes,
					       bool new_root)
{
	struct rig *r = rig(test);
	struct fake_snapshot empty;

	fake_test_up(test, r->f);
	fake_root_remove(r->f);
	empty = fake_snapshot();
	if (!new_root)
		fake_test_up(test, r->f);
	for (r->round = 0; r->round < rounds; r->round++) {
		for (u32 i = 0, nr = 1 + below(r, 3); i < nr; i++)
			spoil(r, r->nodes[below(r, nodes)]);
		/* a bridge that can't be added is left out */
		if (new_root) {
			spoil(r, r->nodes[BRIDGE]);
			fake_root_add(r->f);
		}
		bind_all_and_judge(test);
		if (new_root) {
			fake_root_remove(r->f);
			fake_expect_snapshot(test, &empty);
		}
		repair(r);
	}
	say(test);
}

static void random_endpoints_get_a_range_or_a_reason(struct kunit *test)
{
	damage_ends_in_a_range_or_a_reason(test, NR_DEVICES, false);
}

static void random_switches_lead_to_a_range_or_a_reason(struct kunit *test)
{
	damage_ends_in_a_range_or_a_reason(test, SWITCH + 1, false);
}

static void random_bridges_lead_to_a_range_or_a_reason(struct kunit *test)
{
	damage_ends_in_a_range_or_a_reason(test, BRIDGE + 1, true);
}

/* ------------------------------- tables ---------------------------- */

static void put(u8 *p, u64 value, unsigned int bytes)
{
	while (bytes--) {
		*p++ = value;
		value >>= 8;
	}
}

/* a CHBS or a CFMWS that is good, but for what it overlaps */
static size_t add_entry(struct rig *rig, u8 *entry)
{
	u32 targets = below(rig, 3) ? 1 : 1 << below(rig, 4);

	if (!below(rig, 3)) {
		put(entry + 2, 32, 2);
		put(entry + 4, 7, 4);
		put(entry + 8, 1, 4);
		put(entry + 16, SZ_64K * (u64)below(rig, 16), 8);
		put(entry + 24, SZ_64K, 8);
		return 32;
	}
	entry[0] = 1;
	put(entry + 2, 36 + 4 * targets, 2);
	put(entry + 8, WINDOW_BASE + (u64)below(rig, 8) * SZ_512M, 8);
	put(entry + 16, (1 + (u64)below(rig, 8)) * SZ_512M, 8);
	entry[24] = ilog2(targets);
	put(entry + 32, 0x0f, 2);
	for (u32 i = 0; i < targets; i++)
		put(entry + 36 + 4 * i, 7 + i, 4);
	return 36 + 4 * targets;
}

static size_t make_table(struct rig *rig)
{
	u8 *table = rig->table;
	size_t len = 36;
	u8 sum = 0;

	memset(table, 0, sizeof(rig->table));
	memcpy(table, "CEDT", 4);
	for (u32 i = 0, nr = 1 + below(rig, 5); i < nr; i++)
		len += add_entry(rig, table + len);
	put(table + 4, len, 4);
	if (!below(rig, 8))
		prandom_bytes_state(&rig->rnd, table + 36, len - 36);
	for (u32 i = 0, nr = below(rig, 6); i < nr; i++)
		table[below(rig, 4) ? 36 + below(rig, len - 36) :
				      below(rig, len)] = any(rig);
	if (below(rig, 2)) {
		for (size_t i = 0; i < len; i++)
			sum += table[i];
		table[9] -= sum;
	}
	return len;
}

static int add_window(const struct cedt_cfmws *cfmws, void *arg)
{
	struct fake_fabric *f = arg;
	struct cxla_window *window = &f->windows[f->nr_windows];

	if (f->nr_windows == FAKE_MAX_WINDOWS)
		return -ENOSPC;
	*window = (struct cxla_window) {
		.range = { cfmws->base, cfmws->base + cfmws->size - 1 },
		.ways = cfmws->ways,
		.granularity = cfmws->granularity,
		.flags = cfmws->restrictions,
	};
	memcpy(window->targets, cfmws->targets, sizeof(window->targets));
	f->nr_windows++;
	return 0;
}

static void random_tables_make_windows_that_work_or_a_reason(struct kunit *test)
{
	struct rig *r = rig(test);
	struct cedt_visitor visitor = { .cfmws = add_window, .arg = r->f };
	struct fake_snapshot empty;

	fake_test_up(test, r->f);
	fake_root_remove(r->f);
	empty = fake_snapshot();
	for (r->round = 0; r->round < rounds; r->round++) {
		size_t len = make_table(r);
		/* where KASAN sees what is read beyond the end */
		u8 *table = kmemdup(r->table, len, GFP_KERNEL);
		int rc;

		KUNIT_ASSERT_NOT_NULL(test, table);
		r->f->nr_windows = 0;
		rc = cedt_walk(table, len, &visitor);
		kfree(table);
		KUNIT_EXPECT_TRUE(test, rc == 0 || rc == -EINVAL);
		/* windows that overlap are left out */
		fake_root_add(r->f);
		bind_all_and_judge(test);
		fake_root_remove(r->f);
		fake_expect_snapshot(test, &empty);
		repair(r);
	}
	say(test);
}

static struct kunit_case fuzz_cases[] = {
	KUNIT_CASE_SLOW(random_endpoints_get_a_range_or_a_reason),
	KUNIT_CASE_SLOW(random_switches_lead_to_a_range_or_a_reason),
	KUNIT_CASE_SLOW(random_bridges_lead_to_a_range_or_a_reason),
	KUNIT_CASE_SLOW(random_tables_make_windows_that_work_or_a_reason),
	{}
};

static struct kunit_suite fuzz_suite = {
	.name = "fuzz_kunit",
	.init = fuzz_init,
	.test_cases = fuzz_cases,
};

kunit_test_suite(fuzz_suite);

MODULE_DESCRIPTION("KUnit: random registers and tables");
MODULE_LICENSE("GPL");
