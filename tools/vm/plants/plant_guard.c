// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that does what <cxl/cxl.h> forbids: between cxl_attach_enter() and
 * cxl_attach_exit() it takes the lock of its own device. Whoever revokes the
 * range with that lock held then waits for it, and it for them. Nobody does
 * here, so that nothing hangs; lockdep has to report it all the same.
 */
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/range.h>
#include <linux/workqueue.h>

#include <cxl/cxl.h>
#include <cxl/pci.h>

struct plant {
	struct cxl_dev_state cxlds;		/* has to come first */
	struct cxl_memdev *cxlmd;
	struct work_struct work;
};

static ulong capacity = SZ_512M;
module_param(capacity, ulong, 0444);
MODULE_PARM_DESC(capacity, "bytes of device memory");

static noinline void plant_lock_inside(struct work_struct *work)
{
	struct plant *plant = container_of(work, struct plant, work);
	struct device *dev = plant->cxlds.dev;
	int token = cxl_attach_enter(plant->cxlmd);

	if (token < 0)
		return;
	device_lock(dev);
	device_unlock(dev);
	cxl_attach_exit(plant->cxlmd, token);
	dev_info(dev, "took its lock inside\n");
}

static int plant_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct plant *plant;
	struct range range;
	u16 dvsec;
	int rc;

	rc = pcim_enable_device(pdev);
	if (rc)
		return rc;
	dvsec = pci_find_dvsec_capability(pdev, PCI_VENDOR_ID_CXL,
					  PCI_DVSEC_CXL_DEVICE);
	plant = devm_cxl_dev_state_create(&pdev->dev, CXL_DEVTYPE_DEVMEM,
					  pci_get_dsn(pdev), dvsec,
					  struct plant, cxlds, false);
	if (!plant)
		return -ENOMEM;
	rc = cxl_pci_setup_regs(pdev, CXL_REGLOC_RBI_COMPONENT,
				&plant->cxlds.reg_map);
	if (rc)
		return rc;
	plant->cxlds.media_ready = true;
	rc = cxl_set_capacity(&plant->cxlds, capacity);
	if (rc)
		return rc;
	plant->cxlmd = devm_cxl_probe_mem(&plant->cxlds, &range);
	if (IS_ERR(plant->cxlmd))
		return PTR_ERR(plant->cxlmd);
	pci_set_drvdata(pdev, plant);
	/* not here, under that lock */
	INIT_WORK(&plant->work, plant_lock_inside);
	schedule_work(&plant->work);
	return 0;
}

/* by the scenario, once the work is over: flushing it here would wait for us */
static struct pci_driver plant_driver = {
	.name = KBUILD_MODNAME,
	.probe = plant_probe,
};
module_pci_driver(plant_driver);

MODULE_DESCRIPTION("a device lock inside of cxl_attach_enter()");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("CXL");
