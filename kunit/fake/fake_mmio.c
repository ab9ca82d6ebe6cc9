// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: fake MMIO
 *
 * UML routes readl() and writel() through logic_iomem. A region can't be
 * withdrawn there, so this module stays loaded, and suites come and go as the
 * ones who answer in it. Accesses of any other width are a WARN.
 */
#include <linux/ioport.h>
#include <linux/logic_iomem.h>
#include <linux/module.h>
#include <linux/srcu.h>

#include "fake_mmio.h"

DEFINE_STATIC_SRCU(fake_srcu);
static const struct fake_mmio_ops *fake_ops;

static unsigned long fake_read(void *priv, unsigned int offset, int size)
{
	const struct fake_mmio_ops *ops;
	unsigned long value = ~0UL;
	int idx;

	if (WARN_ON(size != 4 || offset % 4))
		return ~0UL;
	idx = srcu_read_lock(&fake_srcu);
	ops = READ_ONCE(fake_ops);
	if (ops)
		value = ops->read((unsigned long)priv + offset);
	srcu_read_unlock(&fake_srcu, idx);
	return value;
}

static void fake_write(void *priv, unsigned int offset, int size,
		       unsigned long value)
{
	const struct fake_mmio_ops *ops;
	int idx;

	if (WARN_ON(size != 4 || offset % 4))
		return;
	idx = srcu_read_lock(&fake_srcu);
	ops = READ_ONCE(fake_ops);
	if (ops)
		ops->write((unsigned long)priv + offset, value);
	srcu_read_unlock(&fake_srcu, idx);
}

static const struct logic_iomem_ops fake_iomem_ops = {
	.read = fake_read,
	.write = fake_write,
};

/* an address has room for offsets below 16 MiB: keep where it starts apart */
static long fake_map(unsigned long offset, size_t size,
		     const struct logic_iomem_ops **ops, void **priv)
{
	*ops = &fake_iomem_ops;
	*priv = (void *)offset;
	return 0;
}

static const struct logic_iomem_region_ops fake_region_ops = {
	.map = fake_map,
};

static struct resource fake_resource = {
	.name = "fake MMIO",
	.start = FAKE_MMIO_BASE,
	.end = FAKE_MMIO_BASE + FAKE_MMIO_SIZE - 1,
	.flags = IORESOURCE_MEM,
};

void fake_mmio_set(const struct fake_mmio_ops *ops)
{
	WRITE_ONCE(fake_ops, ops);
	synchronize_srcu(&fake_srcu);
}
EXPORT_SYMBOL_GPL(fake_mmio_set);

static int __init fake_mmio_init(void)
{
	return logic_iomem_add_region(&fake_resource, &fake_region_ops);
}
module_init(fake_mmio_init);

MODULE_DESCRIPTION("MMIO that a test answers");
MODULE_LICENSE("GPL");
