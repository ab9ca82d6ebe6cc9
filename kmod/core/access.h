/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every register and configuration access of the subsystem goes through here
 * and is counted where it is made, so that what an attach reports is what the
 * hardware saw. @a may be NULL: not part of an attach.
 */
#ifndef __CXLA_ACCESS_H__
#define __CXLA_ACCESS_H__

#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/pci.h>
#include <cxl/cxl.h>

static inline u32 cxla_readl(const void __iomem *addr, struct cxla_access *a)
{
	if (a)
		a->mmio_reads++;
	return readl(addr);
}

static inline void cxla_writel(u32 val, void __iomem *addr,
			       struct cxla_access *a)
{
	if (a)
		a->mmio_writes++;
	writel(val, addr);
}

/* one access, where the machine can write 64 bits at once */
static inline void cxla_writeq(u64 val, void __iomem *addr,
			       struct cxla_access *a)
{
	if (a)
		a->mmio_writes++;
	writeq(val, addr);
}

/* All ones on any error, as the hardware itself would say. */
static inline u32 cxla_cfg_read32(struct pci_dev *pdev, int pos,
				  struct cxla_access *a)
{
	u32 val;

	if (a)
		a->cfg_reads++;
	if (pci_read_config_dword(pdev, pos, &val))
		return ~0U;
	return val;
}

static inline u16 cxla_cfg_read16(struct pci_dev *pdev, int pos,
				  struct cxla_access *a)
{
	u16 val;

	if (a)
		a->cfg_reads++;
	if (pci_read_config_word(pdev, pos, &val))
		return 0xffff;
	return val;
}

static inline int cxla_cfg_write16(struct pci_dev *pdev, int pos, u16 val,
				   struct cxla_access *a)
{
	if (a)
		a->cfg_writes++;
	return pci_write_config_word(pdev, pos, val);
}

#endif /* __CXLA_ACCESS_H__ */
