/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the drivers that only scenarios load have in common: a device is enabled
 * and attached, in mainline's form, and that is all. To be included once in a
 * module, which gets the parameter `capacity`.
 */
#ifndef VM_MODULES_ATTACHED_H
#define VM_MODULES_ATTACHED_H

#include <linux/module.h>
#include <linux/pci.h>
#include <linux/range.h>

#include <cxl/cxl.h>
#include <cxl/pci.h>

static ulong capacity = SZ_512M;
module_param(capacity, ulong, 0444);
MODULE_PARM_DESC(capacity, "bytes of device memory");

struct attached {
	struct cxl_dev_state cxlds;		/* has to come first */
};

/* in a probe; the memdev, or ERR_PTR() */
static inline struct cxl_memdev *attach(struct pci_dev *pdev)
{
	struct attached *attached;
	struct range range;
	u16 dvsec;
	int rc;

	rc = pcim_enable_device(pdev);
	if (rc)
		return ERR_PTR(rc);
	dvsec = pci_find_dvsec_capability(pdev, PCI_VENDOR_ID_CXL,
					  PCI_DVSEC_CXL_DEVICE);
	attached = devm_cxl_dev_state_create(&pdev->dev, CXL_DEVTYPE_DEVMEM,
					     pci_get_dsn(pdev), dvsec,
					     struct attached, cxlds, false);
	if (!attached)
		return ERR_PTR(-ENOMEM);
	rc = cxl_pci_setup_regs(pdev, CXL_REGLOC_RBI_COMPONENT,
				&attached->cxlds.reg_map);
	if (rc)
		return ERR_PTR(rc);
	attached->cxlds.media_ready = true;
	rc = cxl_set_capacity(&attached->cxlds, capacity);
	if (rc)
		return ERR_PTR(rc);
	return devm_cxl_probe_mem(&attached->cxlds, &range);
}

#endif
