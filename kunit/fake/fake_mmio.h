/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __FAKE_MMIO_H__
#define __FAKE_MMIO_H__

#include <linux/sizes.h>
#include <linux/types.h>

#define FAKE_MMIO_BASE	0x600000000ULL
#define FAKE_MMIO_SIZE	SZ_128M

/**
 * struct fake_mmio_ops - who answers in FAKE_MMIO_BASE
 * @read: of 32 bits
 * @write: of 32 bits
 */
struct fake_mmio_ops {
	u32 (*read)(u32 offset);
	void (*write)(u32 offset, u32 value);
};

/* NULL: nobody answers, reads are all ones */
void fake_mmio_set(const struct fake_mmio_ops *ops);

/* mappings there are, by fake_ioremap.h */
int fake_mmio_mapped(void);

/* knob: the call that it counts down to returns NULL; 0: none does */
extern unsigned int fake_ioremap_fails;

/* write-back mappings of ranges that are there */
int fake_memory_mapped(void);
extern bool fake_memremap_fails;

#endif
