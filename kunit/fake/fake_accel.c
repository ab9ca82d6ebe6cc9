// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: the accelerator driver of a test
 *
 * Stays registered, and takes a device when a test says so. It goes on as a
 * plain PCI driver when the attach fails, so that a test can ask why.
 */
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/pci.h>
#include <linux/sched/task.h>

#include "fake_impl.h"

struct accel {
	struct cxl_dev_state cxlds;
	struct cxl_attach_region attach;
	struct fake_node *node;
};

static struct fake_accel *fake_accel_of(struct cxl_memdev *cxlmd)
{
	return &container_of(cxlmd->cxlds, struct accel, cxlds)->node->accel;
}

static void fake_accel_revoke(struct cxl_memdev *cxlmd)
{
	fake_accel_of(cxlmd)->nr_revoke++;
}

static void fake_accel_detach(struct cxl_memdev *cxlmd)
{
	fake_accel_of(cxlmd)->nr_detach++;
}

static int fake_accel_attach(struct cxl_memdev *cxlmd)
{
	struct accel *accel = container_of(cxlmd->cxlds, struct accel, cxlds);
	struct fake_accel *fake = &accel->node->accel;
	int rc = 0;

	if (fake->before)
		rc = fake->before(accel->node);
	if (!rc)
		rc = cxl_memdev_attach_region(cxlmd);
	if (!rc && fake->after)
		rc = fake->after(accel->node);
	return rc;
}

static int fake_accel_add(struct accel *accel)
{
	struct fake_accel *fake = &accel->node->accel;
	struct cxl_memdev *cxlmd;

	accel->attach.region = (struct range) { .start = 0, .end = -1 };
	accel->attach.attach.probe = fake_accel_attach;
	accel->attach.want_all = fake->want_all;
	accel->attach.create = fake->create;
	if (!fake->no_revoke)
		accel->attach.attach.revoke = fake_accel_revoke;
	if (!fake->no_detach)
		accel->attach.attach.detach = fake_accel_detach;

	cxlmd = devm_cxl_add_memdev(&accel->cxlds, fake->expander ? NULL :
				    &accel->attach.attach);
	fake->memdev = cxlmd;
	fake->rc = PTR_ERR_OR_ZERO(cxlmd);
	fake->reason = accel->cxlds.reason;
	fake->range = accel->attach.region;
	fake->nr_more = accel->attach.nr_more;
	memcpy(fake->more, accel->attach.more, sizeof(fake->more));
	fake->record = accel->cxlds.record;
	fake->nr_attached += !fake->rc;
	return fake->probe_error;
}

static void fake_accel_retry(struct cxl_dev_state *cxlds)
{
	struct accel *accel = container_of(cxlds, struct accel, cxlds);

	accel->node->accel.nr_retry++;
	fake_accel_add(accel);
}

void fake_lose(struct fake_node *endpoint)
{
	struct device *dev = &endpoint->pdev->dev;

	guard(device)(dev);
	devm_cxl_del_memdev(dev_get_drvdata(dev));
}
EXPORT_SYMBOL_GPL(fake_lose);

void fake_attach_locked(struct fake_node *endpoint)
{
	struct cxl_dev_state *cxlds = dev_get_drvdata(&endpoint->pdev->dev);

	/* the memdev of an expander may be there, and idle */
	if (cxlds->cxlmd && !cxlds->cxlmd->attach) {
		cxla_memdev_wake(cxlds);
		return;
	}
	fake_accel_add(dev_get_drvdata(&endpoint->pdev->dev));
}
EXPORT_SYMBOL_GPL(fake_attach_locked);

void fake_attach_again(struct fake_node *endpoint)
{
	guard(device)(&endpoint->pdev->dev);
	fake_attach_locked(endpoint);
}
EXPORT_SYMBOL_GPL(fake_attach_again);

static int fake_accel_probe(struct pci_dev *pdev,
			    const struct pci_device_id *id)
{
	struct fake_node *node = fake_node_of(pdev);
	struct accel *accel;

	if (!node || !node->accel.wanted)
		return -ENODEV;
	accel = devm_cxl_dev_state_create(&pdev->dev, node->accel.expander &&
					  !node->accel.unwanting ?
					  CXL_DEVTYPE_CLASSMEM :
					  CXL_DEVTYPE_DEVMEM, 1,
					  FAKE_DVSEC_DEVICE, struct accel,
					  cxlds, false);
	if (!accel)
		return -ENOMEM;
	accel->node = node;
	pci_set_drvdata(pdev, accel);
	if (node->accel.retry &&
	    devm_cxl_attach_retry(&accel->cxlds, fake_accel_retry))
		return -ENOMEM;
	accel->cxlds.media_ready = node->accel.media_ready;
	node->accel.setup_rc = cxl_pci_setup_regs(pdev,
						  CXL_REGLOC_RBI_COMPONENT,
						  &accel->cxlds.reg_map);
	if (node->accel.capacity)
		cxl_set_capacity(&accel->cxlds, node->accel.capacity);
	return fake_accel_add(accel);
}

static DECLARE_COMPLETION(fake_held);
static DECLARE_COMPLETION(fake_released);
static struct task_struct *fake_holder;

static int fake_hold_thread(void *dev)
{
	device_lock(dev);
	complete(&fake_held);
	wait_for_completion(&fake_released);
	device_unlock(dev);
	return 0;
}

int fake_hold(struct fake_node *endpoint)
{
	if (WARN_ON(fake_holder))
		return -EBUSY;
	reinit_completion(&fake_held);
	reinit_completion(&fake_released);
	fake_holder = kthread_run(fake_hold_thread, &endpoint->pdev->dev,
				  "fake_hold");
	if (IS_ERR(fake_holder)) {
		int rc = PTR_ERR(fake_holder);

		fake_holder = NULL;
		return rc;
	}
	get_task_struct(fake_holder);
	wait_for_completion(&fake_held);
	return 0;
}
EXPORT_SYMBOL_GPL(fake_hold);

void fake_let_go(void)
{
	if (!fake_holder)
		return;
	complete(&fake_released);
	kthread_stop(fake_holder);
	put_task_struct(fake_holder);
	fake_holder = NULL;
}
EXPORT_SYMBOL_GPL(fake_let_go);

static const struct pci_device_id fake_accel_ids[] = {
	{ PCI_DEVICE(0xfffe, 0x0c51) },
	{}
};

static struct pci_driver fake_accel_driver = {
	.name = "fake_accel",
	.id_table = fake_accel_ids,
	.probe = fake_accel_probe,
};

int fake_bind(struct fake_node *endpoint)
{
	endpoint->accel.memdev = ERR_PTR(-ENODEV);
	endpoint->accel.wanted = true;
	return device_attach(&endpoint->pdev->dev) == 1 ? 0 : -ENODEV;
}
EXPORT_SYMBOL_GPL(fake_bind);

void fake_unbind(struct fake_node *endpoint)
{
	if (!endpoint->pdev || !endpoint->accel.wanted)
		return;
	endpoint->accel.wanted = false;
	device_release_driver(&endpoint->pdev->dev);
}
EXPORT_SYMBOL_GPL(fake_unbind);

int fake_accel_init(void)
{
	return pci_register_driver(&fake_accel_driver);
}

void fake_accel_exit(void)
{
	pci_unregister_driver(&fake_accel_driver);
}
