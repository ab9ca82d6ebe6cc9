// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: fake MMIO
 *
 * UML routes readl() and writel() through logic_iomem. A region can't be
 * withdrawn there, so this module stays loaded, and suites come and go as the
 * ones who answer in it. Reads of any other width are a WARN.
 */
#include <linux/atomic.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/logic_iomem.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/srcu.h>

#include "fake_cache.h"
#include "fake_ioremap.h"
#include "fake_mmio.h"
#include "fake_pm.h"

/* here it is the kernel's */
#undef ioremap
#undef iounmap

/* an address has room for offsets below 16 MiB */
#define FAKE_AREA_SIZE	SZ_16M

static void __iomem *fake_areas[FAKE_MMIO_SIZE / FAKE_AREA_SIZE];
static atomic_t fake_nr_mapped;

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

	/* a command of a mailbox has 64 bits */
	if (WARN_ON((size != 4 && size != 8) || offset % size))
		return;
	idx = srcu_read_lock(&fake_srcu);
	ops = READ_ONCE(fake_ops);
	if (ops)
		ops->write((unsigned long)priv + offset, value);
	if (ops && size == 8)
		ops->write((unsigned long)priv + offset + 4, value >> 32);
	srcu_read_unlock(&fake_srcu, idx);
}

static const struct logic_iomem_ops fake_iomem_ops = {
	.read = fake_read,
	.write = fake_write,
};

/* where the mapping starts is kept apart from the offset in it */
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

unsigned int fake_ioremap_fails;
EXPORT_SYMBOL_GPL(fake_ioremap_fails);

/* of what is mapped once and for all */
void __iomem *fake_ioremap(phys_addr_t start, size_t size)
{
	u64 offset = start - FAKE_MMIO_BASE;

	if (WARN_ON(start < FAKE_MMIO_BASE || offset >= FAKE_MMIO_SIZE ||
		    size > FAKE_AREA_SIZE - offset % FAKE_AREA_SIZE))
		return NULL;
	if (fake_ioremap_fails && !--fake_ioremap_fails)
		return NULL;
	atomic_inc(&fake_nr_mapped);
	return fake_areas[offset / FAKE_AREA_SIZE] + offset % FAKE_AREA_SIZE;
}
EXPORT_SYMBOL_GPL(fake_ioremap);

void fake_iounmap(void __iomem *addr)
{
	atomic_dec(&fake_nr_mapped);
}
EXPORT_SYMBOL_GPL(fake_iounmap);

int fake_mmio_mapped(void)
{
	return atomic_read(&fake_nr_mapped);
}
EXPORT_SYMBOL_GPL(fake_mmio_mapped);

/* ------------------------------- memory ---------------------------- */

static atomic_t fake_nr_remapped = ATOMIC_INIT(0);
/* knob: what the next calls return is NULL */
bool fake_memremap_fails;
EXPORT_SYMBOL_GPL(fake_memremap_fails);

void *fake_memremap(resource_size_t offset, size_t size, unsigned long flags)
{
	void *page;

	if (fake_memremap_fails || WARN_ON(flags != MEMREMAP_WB))
		return NULL;
	page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	if (page)
		atomic_inc(&fake_nr_remapped);
	return page;
}
EXPORT_SYMBOL_GPL(fake_memremap);

void fake_memunmap(void *addr)
{
	atomic_dec(&fake_nr_remapped);
	kfree(addr);
}
EXPORT_SYMBOL_GPL(fake_memunmap);

int fake_memory_mapped(void)
{
	return atomic_read(&fake_nr_remapped);
}
EXPORT_SYMBOL_GPL(fake_memory_mapped);

/* ------------------------------- caches ---------------------------- */

bool fake_cache_able = true;
EXPORT_SYMBOL_GPL(fake_cache_able);
unsigned int fake_cache_invalidations;
EXPORT_SYMBOL_GPL(fake_cache_invalidations);

bool fake_cache_has_invalidate(void)
{
	return fake_cache_able;
}
EXPORT_SYMBOL_GPL(fake_cache_has_invalidate);

int fake_cache_invalidate(int res_desc)
{
	if (WARN_ON(!fake_cache_able))
		return -ENXIO;
	fake_cache_invalidations++;
	return 0;
}
EXPORT_SYMBOL_GPL(fake_cache_invalidate);

/* ------------------------------- power ----------------------------- */

const struct device *fake_pm_suspended;
EXPORT_SYMBOL_GPL(fake_pm_suspended);
int fake_pm_held;
EXPORT_SYMBOL_GPL(fake_pm_held);

int fake_pm_get_if_active(struct device *dev)
{
	if (dev == fake_pm_suspended)
		return 0;
	fake_pm_held++;
	return 1;
}
EXPORT_SYMBOL_GPL(fake_pm_get_if_active);

int fake_pm_put(struct device *dev)
{
	fake_pm_held--;
	return 0;
}
EXPORT_SYMBOL_GPL(fake_pm_put);

static int __init fake_mmio_init(void)
{
	int rc = logic_iomem_add_region(&fake_resource, &fake_region_ops);

	for (int i = 0; !rc && i < ARRAY_SIZE(fake_areas); i++) {
		fake_areas[i] = ioremap(FAKE_MMIO_BASE +
					(u64)i * FAKE_AREA_SIZE,
					FAKE_AREA_SIZE);
		if (!fake_areas[i])
			rc = -ENOMEM;
	}
	return rc;
}
module_init(fake_mmio_init);

MODULE_DESCRIPTION("MMIO that a test answers");
MODULE_LICENSE("GPL");
