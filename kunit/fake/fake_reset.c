// SPDX-License-Identifier: GPL-2.0-only
/* Resets of an endpoint: what is cleared, and CXL Reset by its DVSEC. */
#include <linux/pci.h>

#include "fake_fabric.h"
#include "fake_impl.h"

#define CAP		(FAKE_DVSEC_DEVICE + 0x08)	/* upper half */
#define CTRL		(FAKE_DVSEC_DEVICE + 0x0c)
#define CTRL2		(FAKE_DVSEC_DEVICE + 0x10)	/* upper half: status 2 */
#define LOCK		(FAKE_DVSEC_DEVICE + 0x14)
#define BASE(n)		(FAKE_DVSEC_DEVICE + 0x20 + 0x10 * (n))
#define MEM_ENABLE	BIT(2)
#define DISABLE_CACHING	BIT(0)
#define WRITEBACK	BIT(1)
#define RESET		BIT(2)
#define CACHE_INVALID	BIT(16)
#define COMPLETE	BIT(17)
#define ERROR		BIT(18)

void fake_cxl_clear(struct fake_node *node)
{
	fake_hdm_reset(node);
	if (node->kind != FAKE_ENDPOINT)
		return;
	if (node->nr_decoders)
		*fake_block_reg(node, FAKE_HDM + CXL_HDM_GLOBAL_CTRL) = 0;
	*fake_cfg(node, CTRL) &= ~MEM_ENABLE;
	*fake_cfg(node, LOCK) &= ~BIT(0);
	for (int i = 0; i < 2; i++) {
		*fake_cfg(node, BASE(i)) = 0;
		*fake_cfg(node, BASE(i) + 4) = 0;
	}
}
EXPORT_SYMBOL_GPL(fake_cxl_clear);

void fake_can_reset(struct fake_node *node, bool with_cache)
{
	/* within 100 ms */
	*fake_cfg(node, CAP) |= (BIT(7) | 1 << 8) << 16;
	if (with_cache)
		*fake_cfg(node, CAP) |= (BIT(0) | BIT(6)) << 16;
}
EXPORT_SYMBOL_GPL(fake_can_reset);

/* what begins something reads as 0 */
void fake_ctrl2_write(struct fake_node *node, u16 value)
{
	u32 *reg = fake_cfg(node, CTRL2);

	*reg = (*reg & ~0xffffU) | (value & DISABLE_CACHING);
	if (!(value & DISABLE_CACHING))
		*reg &= ~CACHE_INVALID;
	if (value & WRITEBACK) {
		node->nr_flushes++;
		if (!node->flush_hangs && value & DISABLE_CACHING)
			*reg |= CACHE_INVALID;
	}
	if (!(value & RESET))
		return;
	node->nr_cxl_resets++;
	node->reset_with_cache = value & DISABLE_CACHING && *reg & CACHE_INVALID;
	*reg &= ~(COMPLETE | ERROR);
	if (node->reset_hangs)
		return;
	fake_cxl_clear(node);
	*reg |= node->reset_fails ? ERROR : COMPLETE;
}
