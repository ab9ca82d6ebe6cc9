// SPDX-License-Identifier: GPL-2.0-only
/*
 * Holds the lock of a PCI device for so many seconds while it is being inserted, as a driver
 * does whose probe hangs.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pci.h>

static char *device = "";
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "a PCI address");

static unsigned int seconds = 30;
module_param(seconds, uint, 0444);
MODULE_PARM_DESC(seconds, "how long");

static int __init plant_init(void)
{
	struct device *dev = bus_find_device_by_name(&pci_bus_type, NULL, device);

	if (!dev)
		return -ENODEV;
	device_lock(dev);
	pr_info("%s: its lock is held\n", device);
	msleep(seconds * 1000);
	device_unlock(dev);
	put_device(dev);
	return 0;
}

static void __exit plant_exit(void)
{
}

module_init(plant_init);
module_exit(plant_exit);

MODULE_DESCRIPTION("a device whose lock is held");
MODULE_LICENSE("GPL");
