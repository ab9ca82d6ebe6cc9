// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver of a CXL accelerator, to be copied.
 *
 * It is in the portable form: the same source builds against these modules on
 * a 6.12 kernel and against a mainline kernel that has devm_cxl_probe_mem().
 * What a driver can do beyond that, when CXLA_ATTACH is defined, is described
 * in <cxl/cxl.h>.
 *
 * Replace the lines marked with "yours".
 */
#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/range.h>

#include <cxl/cxl.h>
#include <cxl/pci.h>

#define SAMPLE_CAPACITY		SZ_256M		/* yours: bytes of memory */

struct cxl_sample {
	struct cxl_dev_state cxlds;		/* has to come first */
	void *mem;
	resource_size_t size;
};

static ulong capacity = SAMPLE_CAPACITY;
module_param(capacity, ulong, 0444);
MODULE_PARM_DESC(capacity, "bytes of device memory (default: 256 MiB)");

static int cxl_sample_attach(struct pci_dev *pdev, struct cxl_sample *sample)
{
	struct cxl_dev_state *cxlds = &sample->cxlds;
	struct cxl_memdev *cxlmd;
	struct range range;
	int rc;

	rc = cxl_pci_setup_regs(pdev, CXL_REGLOC_RBI_COMPONENT,
				&cxlds->reg_map);
	if (rc)
		return rc;
	if (!cxlds->reg_map.component_map.hdm_decoder.valid)
		return -ENODEV;

	/* yours: wait until the device says so */
	cxlds->media_ready = true;

	rc = cxl_set_capacity(cxlds, capacity);
	if (rc)
		return rc;

	cxlmd = devm_cxl_probe_mem(cxlds, &range);
	if (IS_ERR(cxlmd))
		return PTR_ERR(cxlmd);

	/*
	 * When the range goes, this driver is unbound, a moment later. Until
	 * then the decoders stay programmed, and devres has this mapping.
	 */
	sample->size = range_len(&range);
	sample->mem = devm_memremap(&pdev->dev, range.start, sample->size,
				    MEMREMAP_WB);
	if (IS_ERR(sample->mem))
		return PTR_ERR(sample->mem);

	pci_info(pdev, "CXL memory at [%#llx-%#llx]\n", range.start, range.end);
	return 0;
}

static int cxl_sample_probe(struct pci_dev *pdev,
			    const struct pci_device_id *id)
{
	struct cxl_sample *sample;
	u16 dvsec;
	int rc;

	rc = pcim_enable_device(pdev);
	if (rc)
		return rc;

	/* without CXL the device may still be of use as a PCI device */
	if (!pcie_is_cxl(pdev)) {
		pci_info(pdev, "no CXL link, PCI only\n");
		return 0;
	}
	dvsec = pci_find_dvsec_capability(pdev, PCI_VENDOR_ID_CXL,
					  PCI_DVSEC_CXL_DEVICE);
	if (!dvsec)
		return -ENODEV;

	sample = devm_cxl_dev_state_create(&pdev->dev, CXL_DEVTYPE_DEVMEM,
					   pci_get_dsn(pdev), dvsec,
					   struct cxl_sample, cxlds, false);
	if (!sample)
		return -ENOMEM;
	pci_set_drvdata(pdev, sample);

	rc = cxl_sample_attach(pdev, sample);
	if (rc == -ENOMEM)
		return rc;
	if (rc) {
		pci_info(pdev, "no CXL memory (%d), PCI only\n", rc);
		sample->mem = NULL;
	}
	return 0;
}

/* yours: the ids of your device. This one is bound by driver_override. */
static struct pci_driver cxl_sample_driver = {
	.name = KBUILD_MODNAME,
	.probe = cxl_sample_probe,
};
module_pci_driver(cxl_sample_driver);

MODULE_DESCRIPTION("CXL accelerator sample driver");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("CXL");
