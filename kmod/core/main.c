// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: cxla_core
 *
 * The bus, the objects on it and their rules. It binds to nothing by itself:
 * cxla_acpi brings the root, cxla_port and cxla_mem the drivers of the bus,
 * accelerator drivers the devices.
 */
#undef pr_fmt
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/suspend.h>
#include <linux/workqueue.h>

#include "../pause/pause.h"
#include "../version.h"
#include "devnode.h"
#include "ledger.h"
#include "places.h"
#include "region.h"
#include "retry.h"
#include "started.h"

static int cxla_reread_one(struct device *dev, void *unused)
{
	if (cxla_device_id(dev) != CXLA_DEVICE_PORT)
		return 0;
	guard(device)(dev);
	if (to_cxl_port(dev)->up)
		cxla_hdm_reread(to_cxl_port(dev));
	return 0;
}

/*
 * Nobody restores decoders after a suspend, and the memory behind them would be
 * lost without anybody being told.
 */
static int cxla_pm_notify(struct notifier_block *nb, unsigned long event,
			  void *data)
{
	struct cxla_ledger_line line;

	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
		/* first, so that none comes after the look */
		cxla_regions_hold(true);
		if (!cxla_region_next(0, &line))
			return NOTIFY_OK;
		cxla_regions_hold(false);
		pr_err("a CXL region is active: detach, or unload, before the system sleeps\n");
		return notifier_from_errno(-EBUSY);
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		/* firmware may have programmed bridges anew */
		bus_for_each_dev(&cxla_bus_type, NULL, NULL, cxla_reread_one);
		cxla_regions_hold(false);
		cxla_retry_kick(CXLA_RETRY_ARRIVED);
		return NOTIFY_OK;
	default:
		return NOTIFY_OK;
	}
}

static struct notifier_block cxla_pm_notifier = {
	.notifier_call = cxla_pm_notify,
};

/* /sys/kernel/debug/cxla */
static struct dentry *cxla_debugfs;

static int __init cxla_core_init(void)
{
	int rc;

	cxla_wq = alloc_workqueue("cxla", WQ_UNBOUND, 0);
	if (!cxla_wq)
		return -ENOMEM;

	rc = bus_register(&cxla_bus_type);
	if (rc)
		goto err_wq;

	rc = cxla_driver_register(&cxla_region_driver);
	if (rc)
		goto err_bus;

	rc = cxla_devnode_init();
	if (rc)
		goto err_driver;
	rc = cxla_places_init();
	if (rc)
		goto err_devnode;
	rc = register_pm_notifier(&cxla_pm_notifier);
	if (rc)
		goto err_places;
	cxla_debugfs = debugfs_create_dir("cxla", NULL);
	cxla_ledger_init(cxla_debugfs);
	cxla_pause_init(cxla_debugfs);
	return 0;

err_places:
	cxla_places_exit();
err_devnode:
	cxla_devnode_exit();
err_driver:
	cxla_driver_unregister(&cxla_region_driver);
err_bus:
	bus_unregister(&cxla_bus_type);
err_wq:
	destroy_workqueue(cxla_wq);
	return rc;
}

static void __exit cxla_core_exit(void)
{
	debugfs_remove(cxla_debugfs);
	cxla_enum_exit();
	unregister_pm_notifier(&cxla_pm_notifier);
	cxla_places_exit();
	cxla_devnode_exit();
	cxla_driver_unregister(&cxla_region_driver);
	bus_unregister(&cxla_bus_type);
	destroy_workqueue(cxla_wq);
	cxla_claims_exit();
}

/* cxla_acpi and drivers may load right after, and expect the bus */
subsys_initcall(cxla_core_init);
module_exit(cxla_core_exit);
MODULE_DESCRIPTION("CXL accelerator attach: core");
MODULE_VERSION(CXLA_VERSION);
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("CXL");
MODULE_IMPORT_NS("DEVMEM");
