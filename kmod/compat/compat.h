/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What kernels from 6.12 on lack or spell differently, so that no other file
 * tests a version. Force-included ahead of every file of the modules, and
 * included by <cxl/cxl.h> and <cxl/pci.h> for drivers built elsewhere.
 */
#ifndef __CXLA_COMPAT_H__
#define __CXLA_COMPAT_H__

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#error "CXLA supports kernels from 6.12 on"
#endif

#ifndef __ASSEMBLY__

#include <linux/export.h>
#include <linux/ioport.h>
#include <linux/jiffies.h>
#include <linux/memregion.h>
#include <linux/module.h>
#include <linux/pci.h>

/* Namespaces are string literals from 6.13 on, and everywhere in this tree. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#undef MODULE_IMPORT_NS
#define MODULE_IMPORT_NS(ns)	MODULE_INFO(import_ns, ns)
#undef EXPORT_SYMBOL_NS_GPL
#define EXPORT_SYMBOL_NS_GPL(sym, ns)	__EXPORT_SYMBOL(sym, "GPL", ns)
#endif

#include <linux/cleanup.h>

/* 6.12 has it from one of its updates on */
#ifndef secs_to_jiffies
#define secs_to_jiffies(seconds)	((unsigned long)((seconds) * HZ))
#endif

/* give up ownership without handing it to anybody by name */
#ifndef retain_and_null_ptr
#define retain_and_null_ptr(p)	((void)__get_and_null(p, NULL))
#endif

#ifndef PCI_VENDOR_ID_CXL
#define PCI_VENDOR_ID_CXL		0x1e98
#endif

/* CXL 3.1 section 8.1.2, table 8-2: DVSEC ids */
#ifndef PCI_DVSEC_CXL_DEVICE
#define PCI_DVSEC_CXL_DEVICE		0
#endif
#ifndef PCI_DVSEC_CXL_FLEXBUS_PORT
#define PCI_DVSEC_CXL_FLEXBUS_PORT	7
#endif
#ifndef PCI_DVSEC_CXL_REG_LOCATOR
#define PCI_DVSEC_CXL_REG_LOCATOR	8
#endif

/* The workqueue of no processor has another name from 6.17 on. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 17, 0)
#define system_dfl_wq			system_unbound_wq
#endif

/* Binary attributes became const in the course of 6.13 to 6.16. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#define cxla_bin_attribute	struct bin_attribute
#define cxla_bin_attribute_list	struct bin_attribute *
#else
#define cxla_bin_attribute	const struct bin_attribute
#define cxla_bin_attribute_list	const struct bin_attribute *const
#endif

/**
 * cxla_cache_invalidate() - have all CPUs let go of a range
 * @start: HPA
 * @size: bytes
 *
 * Before 6.19 all of the caches are flushed, whatever the range.
 *
 * Return: 0, or an error.
 */
static inline int cxla_cache_invalidate(phys_addr_t start, size_t size)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
	return cpu_cache_invalidate_memregion(IORES_DESC_CXL);
#else
	return cpu_cache_invalidate_memregion(start, size);
#endif
}

/* whether cxla_cache_invalidate() can be called: not in a virtual machine */
static inline bool cxla_cache_can_invalidate(void)
{
	return cpu_cache_has_invalidate_memregion();
}

/**
 * cxla_walk_soft_reserved() - what firmware marked Soft Reserved in a range
 * @start: first byte
 * @end: last byte
 * @arg: passed to @func
 * @func: called for each entry, cut to the range, in ascending order; a result
 *	that is not 0 ends the walk
 *
 * In the iomem tree as long as there is one tree; 7.x keeps them apart.
 *
 * Return: what @func returned last; -EINVAL: there is no entry.
 */
static inline int cxla_walk_soft_reserved(u64 start, u64 end, void *arg,
					  int (*func)(struct resource *, void *))
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
	return walk_iomem_res_desc(IORES_DESC_SOFT_RESERVED, IORESOURCE_MEM,
				   start, end, arg, func);
#else
	return walk_soft_reserve_res(start, end, arg, func);
#endif
}

/**
 * cxla_touches_soft_reserved() - did firmware mark any byte of a range
 * @start: HPA
 * @size: bytes
 */
static inline bool cxla_touches_soft_reserved(resource_size_t start, size_t size)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
	return region_intersects(start, size, IORESOURCE_MEM,
				 IORES_DESC_SOFT_RESERVED) != REGION_DISJOINT;
#else
	return region_intersects_soft_reserve(start, size) != REGION_DISJOINT;
#endif
}

/* whether Soft Reserved ranges are in the iomem tree from boot on */
static inline bool cxla_soft_reserved_in_iomem(void)
{
	return LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0);
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 19, 0)
/**
 * pcie_is_cxl() - does the link of this device run the CXL protocol
 * @pdev: the device
 *
 * Reads the Flex Bus port status (CXL 3.1 section 8.1.5.3) each time; mainline
 * caches the answer at enumeration. May sleep.
 *
 * Return: true when CXL.cache or CXL.mem was negotiated.
 */
static inline bool pcie_is_cxl(struct pci_dev *pdev)
{
	u16 dvsec = pci_find_dvsec_capability(pdev, PCI_VENDOR_ID_CXL,
					      PCI_DVSEC_CXL_FLEXBUS_PORT);
	u16 status;

	if (!dvsec ||
	    pci_read_config_word(pdev, dvsec + 0xe, &status) ||
	    PCI_POSSIBLE_ERROR(status))
		return false;
	return status & (BIT(0) | BIT(2));
}
#endif

#endif /* __ASSEMBLY__ */

#endif /* __CXLA_COMPAT_H__ */
