// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that does what <cxl/cxl.h> forbids: between cxl_attach_enter() and
 * cxl_attach_exit() it takes the lock of its memdev. Whoever revokes the range
 * with that lock held then waits for it, and it for them. Nobody does here, so
 * that nothing hangs; lockdep has to report it all the same. It can't of the lock
 * of the PCI device, which the driver core keeps out of lockdep.
 */
#include <linux/workqueue.h>

#include <attached.h>

struct plant {
	struct device *dev;
	struct cxl_memdev *cxlmd;
	struct work_struct work;
};

static noinline void plant_lock_inside(struct work_struct *work)
{
	struct plant *plant = container_of(work, struct plant, work);
	struct device *memdev = &plant->cxlmd->dev;
	int token = cxl_attach_enter(plant->cxlmd);

	if (token < 0)
		return;
	device_lock(memdev);
	device_unlock(memdev);
	cxl_attach_exit(plant->cxlmd, token);
	dev_info(plant->dev, "took its lock inside\n");
}

static int plant_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct plant *plant;

	plant = devm_kzalloc(&pdev->dev, sizeof(*plant), GFP_KERNEL);
	if (!plant)
		return -ENOMEM;
	plant->dev = &pdev->dev;
	plant->cxlmd = attach(pdev);
	if (IS_ERR(plant->cxlmd))
		return PTR_ERR(plant->cxlmd);
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
