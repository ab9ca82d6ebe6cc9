/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every register and configuration access of the subsystem goes through here
 * and is counted where it is made, so that what an attach reports is what the
 * hardware saw. A task that wants to know starts a meter; what it does until it
 * stops the meter counts, in whatever function.
 */
#ifndef __CXLA_ACCESS_H__
#define __CXLA_ACCESS_H__

#include <linux/io.h>
#include <linux/io-64-nonatomic-lo-hi.h>
#include <linux/list.h>
#include <linux/pci.h>
#include <cxl/cxl.h>

/**
 * struct cxla_meter - counts the accesses of one task
 * @count: so far; the task's own
 * @task: who
 * @list: on the list of all meters; its lock
 *
 * A task may have several, one around the other: each counts.
 */
struct cxla_meter {
	struct cxla_access count;
	struct task_struct *task;
	struct list_head list;
};

void cxla_meter_start(struct cxla_meter *meter);
void cxla_meter_stop(struct cxla_meter *meter);
void cxla_access_count(const struct cxla_access *one);

static inline u32 cxla_readl(const void __iomem *addr)
{
	cxla_access_count(&(struct cxla_access) { .mmio_reads = 1 });
	return readl(addr);
}

static inline void cxla_writel(u32 val, void __iomem *addr)
{
	cxla_access_count(&(struct cxla_access) { .mmio_writes = 1 });
	writel(val, addr);
}

/* one access, where the machine can write 64 bits at once */
static inline void cxla_writeq(u64 val, void __iomem *addr)
{
	cxla_access_count(&(struct cxla_access) { .mmio_writes = 1 });
	writeq(val, addr);
}

/* All ones on any error, as the hardware itself would say. */
static inline u32 cxla_cfg_read32(struct pci_dev *pdev, int pos)
{
	u32 val;

	cxla_access_count(&(struct cxla_access) { .cfg_reads = 1 });
	if (pci_read_config_dword(pdev, pos, &val))
		return ~0U;
	return val;
}

static inline u16 cxla_cfg_read16(struct pci_dev *pdev, int pos)
{
	u16 val;

	cxla_access_count(&(struct cxla_access) { .cfg_reads = 1 });
	if (pci_read_config_word(pdev, pos, &val))
		return 0xffff;
	return val;
}

static inline int cxla_cfg_write16(struct pci_dev *pdev, int pos, u16 val)
{
	cxla_access_count(&(struct cxla_access) { .cfg_writes = 1 });
	return pci_write_config_word(pdev, pos, val);
}

static inline int cxla_cfg_write32(struct pci_dev *pdev, int pos, u32 val)
{
	cxla_access_count(&(struct cxla_access) { .cfg_writes = 1 });
	return pci_write_config_dword(pdev, pos, val);
}

#endif /* __CXLA_ACCESS_H__ */
