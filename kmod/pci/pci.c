// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: cxla_pci
 *
 * Driver of memory expanders: it gives a device a memdev and asks for no range.
 * The regions of its committed decoders are assembled and listed, interleaved
 * ones too, and belong to nobody: what firmware committed stays as it is.
 *
 * It binds to devices that it is told to, by driver_override or new_id: the
 * same class code is what accelerators under test have. Capacity, and what of
 * it is volatile and persistent, is what IDENTIFY says, by mailbox.c; of a device
 * without a mailbox, what the DVSEC for CXL devices says.
 */
#include <linux/module.h>
#include <linux/pci.h>

#include <cxl/cxl.h>
#include <cxl/pci.h>

#include "../core/core.h"
#include "../core/pci.h"
#include "mailbox.h"

struct cxla_expander {
	struct cxl_dev_state cxlds;
};

static int cxla_expander_capacity(struct cxl_dev_state *cxlds,
				  struct pci_dev *pdev, u64 *capacity)
{
	int rc;

	rc = cxla_mailbox_identify(pdev, &cxlds->identity, capacity);
	if (rc != -ENODEV)
		return rc ? dev_err_probe(&pdev->dev, rc,
					  "can't learn the capacity by the mailbox\n") : 0;

	rc = cxla_dvsec_capacity(pdev, cxlds->cxl_dvsec, capacity);
	if (rc || !*capacity)
		return dev_err_probe(&pdev->dev, -ENXIO,
				     "no mailbox, and the DVSEC for CXL devices tells no capacity\n");
	pci_notice(pdev, "no mailbox, capacity %#llx is the DVSEC's\n",
		   *capacity);
	return 0;
}

static int cxla_expander_setup(struct cxla_expander *expander,
			       struct pci_dev *pdev)
{
	struct cxl_dev_state *cxlds = &expander->cxlds;
	u64 capacity;
	int rc;

	rc = cxl_pci_setup_regs(pdev, CXL_REGLOC_RBI_COMPONENT,
				&cxlds->reg_map);
	if (rc)
		return dev_err_probe(&pdev->dev, rc,
				     "no component registers\n");
	rc = cxla_expander_capacity(cxlds, pdev, &capacity);
	if (rc)
		return rc;
	return cxl_set_capacity(cxlds, capacity);
}

/* a root, or a port, came, and the memdev is idle */
static void cxla_expander_retry(struct cxl_dev_state *cxlds)
{
	int rc = cxla_memdev_wake(cxlds);

	if (rc)
		dev_dbg(cxlds->dev, "stays idle: %d\n", rc);
}

static int cxla_expander_probe(struct pci_dev *pdev,
			       const struct pci_device_id *id)
{
	struct cxla_expander *expander;
	struct cxl_memdev *cxlmd;
	int dvsec, rc;

	dvsec = cxla_pci_find_dvsec(pdev, PCI_DVSEC_CXL_DEVICE);
	if (!dvsec)
		return dev_err_probe(&pdev->dev, -ENODEV,
				     "not a CXL device: no DVSEC for CXL devices\n");
	rc = pcim_enable_device(pdev);
	if (rc)
		return dev_err_probe(&pdev->dev, rc, "can't enable device\n");

	expander = devm_cxl_dev_state_create(&pdev->dev, CXL_DEVTYPE_CLASSMEM,
					     cxla_pci_serial(pdev), dvsec,
					     struct cxla_expander, cxlds, false);
	if (!expander)
		return -ENOMEM;
	rc = cxla_expander_setup(expander, pdev);
	if (rc)
		return rc;

	expander->cxlds.media_ready = true;
	rc = devm_cxl_attach_retry(&expander->cxlds, cxla_expander_retry);
	if (rc)
		return rc;
	/* without a root, or a committed decoder, the memdev is there and idle */
	cxlmd = devm_cxl_add_memdev(&expander->cxlds, NULL);
	return PTR_ERR_OR_ZERO(cxlmd);
}

/* no id table: by driver_override or new_id only */
static struct pci_driver cxla_expander_driver = {
	.name = "cxla_pci",
	.probe = cxla_expander_probe,
	.driver = {
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
	},
};
module_pci_driver(cxla_expander_driver);

MODULE_DESCRIPTION("CXL accelerator attach: memory expanders");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("CXL");
MODULE_SOFTDEP("pre: cxla_mem");
