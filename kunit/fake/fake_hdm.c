// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: component registers that behave
 *
 * Each bridge, switch and endpoint has a block of 64 KiB with a capability
 * array and an HDM decoder capability. Registers are values; only a decoder's
 * control does something: commit is checked as hardware does, may take its
 * time, may fail, and locks (CXL 3.1 section 8.2.4.20). Of a block only
 * CXL.cachemem is kept, the rest reads as zero.
 */
#include <linux/delay.h>
#include <linux/gfp.h>
#include <linux/log2.h>

#include "fake_cache.h"
#include "fake_impl.h"
#include "fake_mailbox.h"
#include "fake_mmio.h"

#define FAKE_NR_BLOCKS	(FAKE_MMIO_SIZE / SZ_64K)
#define FAKE_CTRL_RW	(CXL_HDM_CTRL_VALUES | CXL_HDM_CTRL_LOCK | \
			 CXL_HDM_CTRL_COMMIT)
#define FAKE_ADDR_LOW	GENMASK(31, 28)

static struct fake_node *fake_blocks[FAKE_NR_BLOCKS];

static bool fake_decoder_is_endpoint(const struct fake_node *node)
{
	return node->kind == FAKE_ENDPOINT;
}

u32 *fake_block_reg(struct fake_node *node, u32 offset)
{
	return &node->regs[(offset - FAKE_REGS_START) / sizeof(u32)];
}
EXPORT_SYMBOL_GPL(fake_block_reg);

u32 *fake_hdm_reg(struct fake_node *node, int decoder, u32 offset)
{
	return fake_block_reg(node,
			      FAKE_HDM + CXL_HDM_DECODER(decoder) + offset);
}
EXPORT_SYMBOL_GPL(fake_hdm_reg);

static u64 fake_hdm_reg64(struct fake_node *node, int decoder, u32 offset)
{
	return (u64)*fake_hdm_reg(node, decoder, offset + 4) << 32 |
	       *fake_hdm_reg(node, decoder, offset);
}

static bool fake_committed(struct fake_node *node, int decoder)
{
	return *fake_hdm_reg(node, decoder, CXL_HDM_CTRL) &
	       CXL_HDM_CTRL_COMMITTED;
}

static bool fake_locked(struct fake_node *node, int decoder)
{
	return fake_committed(node, decoder) &&
	       *fake_hdm_reg(node, decoder, CXL_HDM_CTRL) & CXL_HDM_CTRL_LOCK;
}

/* ------------------------------- commit ---------------------------- */

static bool fake_overlaps_earlier(struct fake_node *node, int decoder)
{
	u64 base = fake_hdm_reg64(node, decoder, CXL_HDM_BASE_LOW);
	u64 size = fake_hdm_reg64(node, decoder, CXL_HDM_SIZE_LOW);

	for (int i = 0; i < decoder; i++) {
		u64 b = fake_hdm_reg64(node, i, CXL_HDM_BASE_LOW);
		u64 s = fake_hdm_reg64(node, i, CXL_HDM_SIZE_LOW);

		if (base < b + s && b < base + size)
			return true;
	}
	return false;
}

static bool fake_commit_is_good(struct fake_node *node, int decoder)
{
	u64 base = fake_hdm_reg64(node, decoder, CXL_HDM_BASE_LOW);
	u64 size = fake_hdm_reg64(node, decoder, CXL_HDM_SIZE_LOW);

	if (node->commit_fails)
		return false;
	if (node->drops)
		return true;
	/* decoders are committed in their order */
	if (decoder && !fake_committed(node, decoder - 1))
		return false;
	if (!size || (base | size) % SZ_256M || base + size < base)
		return false;
	return !fake_overlaps_earlier(node, decoder);
}

static void fake_write_ctrl(struct fake_node *node, int decoder, u32 value)
{
	u32 *ctrl = fake_hdm_reg(node, decoder, CXL_HDM_CTRL);
	u32 old = *ctrl;

	value &= FAKE_CTRL_RW;
	if (node->drops & BIT(CXL_HDM_CTRL / 4))
		value &= ~CXL_HDM_CTRL_VALUES;
	if (!(value & CXL_HDM_CTRL_COMMIT)) {
		node->pending[decoder] = 0;
		*ctrl = value;
		return;
	}
	*ctrl = value | (old & (CXL_HDM_CTRL_COMMITTED | CXL_HDM_CTRL_ERROR));
	if (old & CXL_HDM_CTRL_COMMIT)
		return;
	if (!fake_commit_is_good(node, decoder))
		*ctrl |= CXL_HDM_CTRL_ERROR;
	else if (node->commit_delay)
		node->pending[decoder] = min_t(unsigned int,
					       node->commit_delay, FAKE_NEVER);
	else
		*ctrl |= CXL_HDM_CTRL_COMMITTED;
}

/* a commit that takes its time shows in the read after the last that waited */
static void fake_read_ctrl(struct fake_node *node, int decoder)
{
	if (!node->pending[decoder] || node->pending[decoder] == FAKE_NEVER)
		return;
	if (!--node->pending[decoder])
		*fake_hdm_reg(node, decoder, CXL_HDM_CTRL) |=
			CXL_HDM_CTRL_COMMITTED;
}

/* ------------------------------ registers -------------------------- */

/* the decoder that an offset is in, or -1; *@reg is the offset in it */
static int fake_decoder_at(struct fake_node *node, u32 offset, u32 *reg)
{
	u32 first = FAKE_HDM + CXL_HDM_DECODER(0);

	if (offset < first || offset >= first + 0x20 * node->nr_decoders)
		return -1;
	*reg = (offset - first) % 0x20;
	return (offset - first) / 0x20;
}

static u32 fake_reg_read(struct fake_node *node, u32 offset)
{
	u32 reg, value;
	int decoder;

	if (offset < FAKE_REGS_START ||
	    offset >= FAKE_REGS_START + FAKE_REGS_SIZE)
		return 0;
	value = *fake_block_reg(node, offset);
	decoder = fake_decoder_at(node, offset, &reg);
	if (decoder >= 0 && reg == CXL_HDM_CTRL)
		fake_read_ctrl(node, decoder);
	return value;
}

static void fake_reg_write(struct fake_node *node, u32 offset, u32 value)
{
	int decoder;
	u32 reg;

	if (offset == FAKE_HDM + CXL_HDM_GLOBAL_CTRL && node->nr_decoders) {
		u32 writable = CXL_HDM_GLOBAL_POISON_ON_ERR;

		if (node->kind == FAKE_ENDPOINT)
			writable |= CXL_HDM_GLOBAL_ENABLE;
		if (!node->deaf)
			*fake_block_reg(node, offset) = value & writable;
		return;
	}
	decoder = fake_decoder_at(node, offset, &reg);
	if (decoder < 0)
		return;
	if (fake_locked(node, decoder))
		node->locked_writes++;
	else if (reg == CXL_HDM_CTRL)
		fake_write_ctrl(node, decoder, value);
	else if (!(node->drops & BIT(reg / 4)))
		*fake_block_reg(node, offset) = value;
}

bool fake_node_gone(struct fake_node *node)
{
	if (READ_ONCE(node->fabric->gone))
		return true;
	for (; node; node = node->parent)
		if (READ_ONCE(node->gone))
			return true;
	return false;
}

void fake_count_read(struct fake_node *node, unsigned int kind)
{
	if (kind == FAKE_MMIO) {
		node->count.reads++;
		node->fabric->count.reads++;
	} else {
		node->count.cfg_reads++;
		node->fabric->count.cfg_reads++;
	}
	if (node->on_read_kinds & kind && !--node->on_read_left) {
		node->on_read_kinds = 0;
		node->on_read(node, node->on_read_data);
	}
}

static struct fake_node *fake_block_owner(u32 offset)
{
	return offset / SZ_64K < FAKE_NR_BLOCKS ?
		fake_blocks[offset / SZ_64K] : NULL;
}

static u32 fake_mmio_read(u32 offset)
{
	struct fake_node *node = fake_block_owner(offset);

	if (!node)
		return ~0U;
	fake_count_read(node, FAKE_MMIO);
	if (READ_ONCE(node->slow) || READ_ONCE(node->fabric->slow))
		usleep_range(1000, 1100);
	if (fake_node_gone(node))
		return ~0U;
	if (offset / SZ_64K != node->block)
		return fake_mailbox_read(node, offset % SZ_64K);
	return fake_reg_read(node, offset % SZ_64K);
}

static void fake_note_change(struct fake_node *node, u32 offset, u32 value)
{
	struct fake_fabric *f = node->fabric;
	int decoder;
	u32 reg;

	decoder = fake_decoder_at(node, offset, &reg);
	if (decoder < 0 || reg != CXL_HDM_CTRL)
		return;
	if (f->nr_changes < FAKE_MAX_CHANGES)
		f->changes[f->nr_changes] = (struct fake_change) {
			.node = node,
			.decoder = decoder,
			.old = *fake_hdm_reg(node, decoder, CXL_HDM_CTRL),
			.value = value,
			.invalidations = fake_cache_invalidations,
		};
	f->nr_changes++;
}

static void fake_mmio_write(u32 offset, u32 value)
{
	struct fake_node *node = fake_block_owner(offset);

	if (!node)
		return;
	node->count.writes++;
	node->fabric->count.writes++;
	if (offset / SZ_64K != node->block) {
		if (!fake_node_gone(node))
			fake_mailbox_write(node, offset % SZ_64K, value);
		return;
	}
	fake_note_change(node, offset % SZ_64K, value);
	if (!fake_node_gone(node))
		fake_reg_write(node, offset % SZ_64K, value);
}

static const struct fake_mmio_ops fake_fabric_mmio = {
	.read = fake_mmio_read,
	.write = fake_mmio_write,
};

void fake_hdm_start(void)
{
	fake_mmio_set(&fake_fabric_mmio);
}

void fake_hdm_stop(void)
{
	fake_mmio_set(NULL);
}

/* ------------------------------ firmware --------------------------- */

/* encodings of section 8.2.4.20.7, not by way of the code that is tested */
static int fake_encode_ways(unsigned int ways)
{
	static const u8 encoded[CXLA_MAX_TARGETS + 1] = {
		[2] = 1, [4] = 2, [8] = 3, [16] = 4, [3] = 8, [6] = 9, [12] = 10
	};

	if (ways == 1)
		return 0;
	return ways < ARRAY_SIZE(encoded) && encoded[ways] ? encoded[ways] : -1;
}

static int fake_encode_count(int decoders)
{
	static const u8 counts[] = {
		1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32
	};

	for (int i = 0; i < ARRAY_SIZE(counts); i++)
		if (counts[i] == decoders)
			return i;
	return -1;
}

static void fake_write64(struct fake_node *node, int decoder, u32 offset,
			 u64 value)
{
	u32 base = FAKE_HDM + CXL_HDM_DECODER(decoder) + offset;

	fake_reg_write(node, base, lower_32_bits(value));
	fake_reg_write(node, base + 4, upper_32_bits(value));
}

int fake_hdm_commit(struct fake_node *node, int decoder,
		    const struct fake_commit *commit)
{
	u32 ctrl_offset = FAKE_HDM + CXL_HDM_DECODER(decoder) + CXL_HDM_CTRL;
	int eiw = fake_encode_ways(commit->ways ?: 1);
	int eig = ilog2((commit->granularity ?: 256) / 256);
	u64 targets = 0;
	u32 ctrl;

	if (decoder >= node->nr_decoders || fake_locked(node, decoder) ||
	    eiw < 0)
		return -EIO;
	for (int i = 0; i < CXL_HDM_MAX_TARGETS; i++)
		targets |= (u64)commit->targets[i] << (8 * i);
	if (fake_decoder_is_endpoint(node))
		targets = commit->skip;

	ctrl = FIELD_PREP(CXL_HDM_CTRL_IG, eig) |
	       FIELD_PREP(CXL_HDM_CTRL_IW, eiw) | commit->flags;
	fake_reg_write(node, ctrl_offset, 0);
	fake_write64(node, decoder, CXL_HDM_BASE_LOW, commit->base);
	fake_write64(node, decoder, CXL_HDM_SIZE_LOW, commit->size);
	fake_write64(node, decoder, CXL_HDM_TL_LOW, targets);
	fake_reg_write(node, ctrl_offset, ctrl | CXL_HDM_CTRL_COMMIT);
	return *fake_hdm_reg(node, decoder, CXL_HDM_CTRL) & CXL_HDM_CTRL_ERROR ?
		-EIO : 0;
}
EXPORT_SYMBOL_GPL(fake_hdm_commit);

void fake_hdm_uncommit(struct fake_node *node, int decoder)
{
	fake_reg_write(node, FAKE_HDM + CXL_HDM_DECODER(decoder) + CXL_HDM_CTRL,
		       0);
}
EXPORT_SYMBOL_GPL(fake_hdm_uncommit);

/* -------------------------------- way ------------------------------ */

/* -1: a committed decoder leads there already; -ENOSPC; or the first free one */
static int fake_free_decoder(struct fake_node *node, u64 base, u64 size,
			     u8 target)
{
	for (int i = 0; i < node->nr_decoders; i++) {
		u64 b = fake_hdm_reg64(node, i, CXL_HDM_BASE_LOW);
		u64 s = fake_hdm_reg64(node, i, CXL_HDM_SIZE_LOW);

		if (!(*fake_hdm_reg(node, i, CXL_HDM_CTRL) &
		      CXL_HDM_CTRL_COMMIT))
			return i;
		if (!fake_decoder_is_endpoint(node) && b <= base &&
		    b + s >= base + size &&
		    (u8)*fake_hdm_reg(node, i, CXL_HDM_TL_LOW) == target)
			return -1;
	}
	return -ENOSPC;
}

static int fake_commit_next(struct fake_node *node,
			    const struct fake_commit *commit)
{
	int decoder;

	/* one way to go, or not a place for decoders */
	if (!node->nr_decoders)
		return 0;
	decoder = fake_free_decoder(node, commit->base, commit->size,
				    commit->targets[0]);
	if (decoder == -1)
		return 0;
	if (decoder < 0)
		return decoder;
	return fake_hdm_commit(node, decoder, commit);
}

/* the node with decoders above; *@port is the downstream port of it */
static struct fake_node *fake_above(struct fake_node *node,
				    struct fake_node **port)
{
	*port = node->parent;
	return node->parent->parent;
}

/* the port of @top through which @node is reached, or NULL */
static struct fake_node *fake_port_towards(struct fake_node *top,
					   struct fake_node *node)
{
	for (; node; node = node->parent)
		if (node->parent == top)
			return node;
	return NULL;
}

static bool fake_is_new_target(struct fake_commit *commit, u8 number)
{
	for (unsigned int i = 0; i < commit->ways; i++)
		if (commit->targets[i] == number)
			return false;
	return true;
}

/* what the decoder of @top has to be, that some of @endpoints are below */
static int fake_commit_above(struct fake_node *top, unsigned int above,
			     struct fake_node *const *endpoints, int ways,
			     struct fake_commit commit)
{
	commit.granularity *= above;
	commit.ways = 0;
	for (int i = 0; i < ways; i++) {
		struct fake_node *port = fake_port_towards(top, endpoints[i]);

		if (!port || !fake_is_new_target(&commit, port->number))
			continue;
		if (commit.ways == CXL_HDM_MAX_TARGETS)
			return -EINVAL;
		commit.targets[commit.ways++] = port->number;
	}
	if (commit.ways == 1)
		commit.granularity = 256;
	return fake_commit_next(top, &commit);
}

/* over how many targets a node, or the window, spreads @endpoints */
static unsigned int fake_spread(struct fake_node *top,
				struct fake_node *const *endpoints, int ways)
{
	struct fake_node *seen[CXLA_MAX_TARGETS];
	unsigned int count = 0;

	for (int i = 0; i < ways; i++) {
		struct fake_node *port = fake_port_towards(top, endpoints[i]);
		unsigned int j;

		for (j = 0; j < count && seen[j] != port; j++)
			;
		if (port && j == count)
			seen[count++] = port;
	}
	return count;
}

/* granules that go elsewhere before a node's next target has its turn */
static unsigned int fake_ways_above(struct fake_node *node,
				    struct fake_node *const *endpoints,
				    int ways)
{
	struct fake_node *port;
	unsigned int above;

	if (!node->parent)
		return fake_spread(NULL, endpoints, ways);
	node = fake_above(node, &port);
	above = fake_ways_above(node, endpoints, ways);
	return above * fake_spread(node, endpoints, ways);
}

int fake_map_interleaved(struct fake_node *const *endpoints, int ways,
			 u64 base, u64 size, unsigned int granularity,
			 u32 flags)
{
	struct fake_commit commit = {
		.base = base,
		.size = size,
		.ways = ways,
		.granularity = granularity,
		.flags = flags,
	};

	if (ways < 1 || ways > CXLA_MAX_TARGETS)
		return -EINVAL;
	for (int i = 0; i < ways; i++) {
		struct fake_node *node = endpoints[i], *port;
		int rc = fake_commit_next(node, &commit);

		while (!rc && node->parent) {
			node = fake_above(node, &port);
			rc = fake_commit_above(node,
					       fake_ways_above(node, endpoints,
							       ways),
					       endpoints, ways, commit);
		}
		if (rc)
			return rc;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(fake_map_interleaved);

int fake_map(struct fake_node *endpoint, u64 base, u64 size, u32 flags)
{
	return fake_map_interleaved(&endpoint, 1, base, size, 256, flags);
}
EXPORT_SYMBOL_GPL(fake_map);

/* ------------------------------- node ------------------------------ */

void fake_hdm_reset(struct fake_node *node)
{
	memset(node->regs, 0, FAKE_REGS_SIZE);
	memset(node->pending, 0, sizeof(node->pending));
	/* no capability, or one: that of HDM decoders */
	*fake_block_reg(node, FAKE_CAP_ARRAY) =
		0x00110001 | (node->nr_decoders ? 1 : 0) << 24;
	if (!node->nr_decoders)
		return;
	*fake_block_reg(node, FAKE_CAP_ARRAY + 4) =
		(FAKE_HDM - FAKE_CAP_ARRAY) << 20 | 1 << 16 | 5;
	*fake_block_reg(node, FAKE_HDM + CXL_HDM_CAP) =
		fake_encode_count(node->nr_decoders) |
		FIELD_PREP(CXL_HDM_CAP_TARGET_COUNT, CXL_HDM_MAX_TARGETS) |
		CXL_HDM_CAP_INTERLEAVE_11_8 | CXL_HDM_CAP_INTERLEAVE_14_12 |
		CXL_HDM_CAP_INTERLEAVE_3_6_12 | CXL_HDM_CAP_INTERLEAVE_16;
	/* bridges and switches decode always, and never say so */
	if (node->kind == FAKE_ENDPOINT)
		*fake_block_reg(node, FAKE_HDM + CXL_HDM_GLOBAL_CTRL) =
			CXL_HDM_GLOBAL_ENABLE;
}
EXPORT_SYMBOL_GPL(fake_hdm_reset);

int fake_block_claim(struct fake_node *node)
{
	for (int i = 0; i < FAKE_NR_BLOCKS; i++) {
		if (fake_blocks[i])
			continue;
		fake_blocks[i] = node;
		return i;
	}
	return -ENOSPC;
}

void fake_block_release(int block)
{
	fake_blocks[block] = NULL;
}

int fake_hdm_init_node(struct fake_node *node)
{
	int block;

	if (node->nr_decoders && fake_encode_count(node->nr_decoders) < 0)
		return -EINVAL;
	node->regs = (u32 *)get_zeroed_page(GFP_KERNEL);
	if (!node->regs)
		return -ENOMEM;
	fake_hdm_reset(node);
	block = fake_block_claim(node);
	if (block < 0) {
		free_page((unsigned long)node->regs);
		return block;
	}
	node->block = block;
	return 0;
}

void fake_hdm_free_node(struct fake_node *node)
{
	if (node->block < 0)
		return;
	fake_block_release(node->block);
	free_page((unsigned long)node->regs);
}
