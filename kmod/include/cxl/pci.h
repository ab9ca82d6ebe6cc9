/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __CXL_CXL_PCI_H__
#define __CXL_CXL_PCI_H__

#include "../../compat/compat.h"
#include "rename.h"

struct cxl_register_map;
struct pci_dev;

/**
 * enum cxl_regloc_type - Register Block Identifier
 * @CXL_REGLOC_RBI_EMPTY: the entry of the locator is not used
 * @CXL_REGLOC_RBI_COMPONENT: component registers: CXL.cache and CXL.mem
 * @CXL_REGLOC_RBI_VIRT: BAR virtualisation ACL registers
 * @CXL_REGLOC_RBI_MEMDEV: device registers of a memory expander
 * @CXL_REGLOC_RBI_PMU: performance monitoring registers
 * @CXL_REGLOC_RBI_TYPES: how many there are
 *
 * CXL 3.1 section 8.1.9.1, table 8-22.
 */
enum cxl_regloc_type {
	CXL_REGLOC_RBI_EMPTY = 0,
	CXL_REGLOC_RBI_COMPONENT,
	CXL_REGLOC_RBI_VIRT,
	CXL_REGLOC_RBI_MEMDEV,
	CXL_REGLOC_RBI_PMU,
	CXL_REGLOC_RBI_TYPES
};

/**
 * cxl_pci_setup_regs() - find a register block and what is in it
 * @pdev: device, memory space enabled
 * @type: CXL_REGLOC_RBI_COMPONENT; others are -EOPNOTSUPP
 * @map: result; usually &cxlds->reg_map
 *
 * Follows the Register Locator DVSEC (CXL 3.1 section 8.1.9), maps the block
 * for as long as it takes to read its capability array (8.2.4), and notes
 * where the HDM decoder and RAS capabilities are. Nothing stays mapped.
 *
 * Where they are is kept for the next time that a driver binds to the device, and
 * found again by one read.
 *
 * Context: probe of @pdev's driver, the lock of its device held; may sleep, takes
 * no lock of the subsystem.
 * Return: 0; -ENODEV no such block, after which a device may still be attached by a
 * range of its DVSEC; -ENXIO the locator or the array is broken, which is also said
 * in the log; -ENOMEM.
 */
int cxl_pci_setup_regs(struct pci_dev *pdev, enum cxl_regloc_type type,
		       struct cxl_register_map *map);

#endif /* __CXL_CXL_PCI_H__ */
