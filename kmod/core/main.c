// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: cxla_core
 *
 * The bus, the objects on it and their rules. It binds to nothing by itself:
 * cxla_acpi brings the root, cxla_port and cxla_mem the drivers of the bus,
 * accelerator drivers the devices.
 */
#include <linux/module.h>
#include <linux/workqueue.h>

#include "core.h"

struct cxl_rwsem cxl_rwsem = {
	.region = __RWSEM_INITIALIZER(cxl_rwsem.region),
};

/* step three of the end of a range, in the order in which ranges ended */
struct workqueue_struct *cxla_wq;

static int __init cxla_core_init(void)
{
	int rc;

	cxla_wq = alloc_ordered_workqueue("cxla", 0);
	if (!cxla_wq)
		return -ENOMEM;

	rc = bus_register(&cxla_bus_type);
	if (rc)
		goto err_wq;

	rc = cxla_driver_register(&cxla_region_driver);
	if (rc)
		goto err_bus;
	return 0;

err_bus:
	bus_unregister(&cxla_bus_type);
err_wq:
	destroy_workqueue(cxla_wq);
	return rc;
}

static void __exit cxla_core_exit(void)
{
	cxla_driver_unregister(&cxla_region_driver);
	bus_unregister(&cxla_bus_type);
	destroy_workqueue(cxla_wq);
}

/* cxla_acpi and drivers may load right after, and expect the bus */
subsys_initcall(cxla_core_init);
module_exit(cxla_core_exit);
MODULE_DESCRIPTION("CXL accelerator attach: core");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("CXL");
MODULE_IMPORT_NS("DEVMEM");
