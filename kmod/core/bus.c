// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: the bus "cxla"
 *
 * Ports, decoders, memdevs and regions are devices of one bus. Drivers bind by
 * kind of device. The bus is ours alone: /sys/bus/cxl belongs to the in-tree
 * stack, whether it is loaded or not.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/workqueue.h>

#include "core.h"

static enum cxla_device_id cxla_device_id(const struct device *dev)
{
	if (dev->type == &cxla_port_type)
		return is_cxl_root(to_cxl_port(dev)) ? CXLA_DEVICE_ROOT :
						       CXLA_DEVICE_PORT;
	if (dev->type == &cxla_memdev_type)
		return CXLA_DEVICE_MEMDEV;
	if (dev->type == &cxla_region_type)
		return CXLA_DEVICE_REGION;
	if (dev->type == &cxla_dax_region_type)
		return CXLA_DEVICE_DAX_REGION;
	if (dev->type == &cxla_decoder_root_type ||
	    dev->type == &cxla_decoder_switch_type ||
	    dev->type == &cxla_decoder_endpoint_type)
		return CXLA_DEVICE_DECODER;
	return CXLA_DEVICE_NONE;
}

static const struct cxla_driver *to_cxla_driver(const struct device_driver *drv)
{
	return container_of_const(drv, struct cxla_driver, drv);
}

static int cxla_bus_match(struct device *dev, const struct device_driver *drv)
{
	return cxla_device_id(dev) == to_cxla_driver(drv)->id;
}

static int cxla_bus_uevent(const struct device *dev, struct kobj_uevent_env *env)
{
	return add_uevent_var(env, "MODALIAS=cxla:t%d", cxla_device_id(dev));
}

static int cxla_bus_probe(struct device *dev)
{
	return to_cxla_driver(dev->driver)->probe(dev);
}

static void cxla_bus_remove(struct device *dev)
{
	const struct cxla_driver *drv = to_cxla_driver(dev->driver);

	if (drv->remove)
		drv->remove(dev);
}

/* wait until drivers that lost their range have been told, or unbound */
static ssize_t flush_store(const struct bus_type *bus, const char *buf,
			   size_t len)
{
	if (!sysfs_streq(buf, "1"))
		return -EINVAL;
	flush_workqueue(cxla_wq);
	return len;
}
static BUS_ATTR_WO(flush);

static struct attribute *cxla_bus_attrs[] = {
	&bus_attr_flush.attr,
	NULL
};
ATTRIBUTE_GROUPS(cxla_bus);

const struct bus_type cxla_bus_type = {
	.name = "cxla",
	.bus_groups = cxla_bus_groups,
	.match = cxla_bus_match,
	.uevent = cxla_bus_uevent,
	.probe = cxla_bus_probe,
	.remove = cxla_bus_remove,
};

/**
 * cxla_device_add() - add a device, and have its driver probe it
 * @dev: initialized, with a name
 * @flags: where the driver notes that it was asked
 * @probed: bit of @flags that it sets
 *
 * device_add() keeps to itself that the driver core could not even begin to
 * probe, for want of memory. It is asked once more then, and says.
 *
 * Return: 0, also when the driver was asked and declined; or an error, after
 * which @dev is not added.
 */
int cxla_device_add(struct device *dev, const unsigned long *flags, int probed)
{
	int rc;

	rc = device_add(dev);
	if (rc || test_bit(probed, flags))
		return rc;
	rc = device_attach(dev);
	if (rc >= 0)
		return 0;
	device_del(dev);
	return rc;
}

/**
 * cxla_device_reprobe() - ask the driver of a device again
 * @dev: on the bus
 *
 * The driver core defers a device that device_add() has not finished with. That
 * asks the driver itself in a moment, and nobody is to hear of it.
 *
 * Return: 0, also when the driver declined; or an error.
 */
int cxla_device_reprobe(struct device *dev)
{
	int rc = device_attach(dev);

	return rc == -EPROBE_DEFER ? 0 : min(rc, 0);
}

static ssize_t devtype_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%s\n", dev->type->name);
}
static DEVICE_ATTR_RO(devtype);

static ssize_t modalias_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "cxla:t%d\n", cxla_device_id(dev));
}
static DEVICE_ATTR_RO(modalias);

static struct attribute *cxla_base_attributes[] = {
	&dev_attr_devtype.attr,
	&dev_attr_modalias.attr,
	NULL
};

const struct attribute_group cxla_base_group = {
	.attrs = cxla_base_attributes,
};

/**
 * __cxla_driver_register() - register a driver of the bus
 * @drv: driver
 * @owner: its module
 *
 * Return: 0, -EINVAL without a probe function, or what the driver core says.
 */
int __cxla_driver_register(struct cxla_driver *drv, struct module *owner)
{
	if (!drv->probe)
		return -EINVAL;
	drv->drv.bus = &cxla_bus_type;
	drv->drv.owner = owner;
	drv->drv.probe_type = PROBE_FORCE_SYNCHRONOUS;
	return driver_register(&drv->drv);
}
EXPORT_SYMBOL_NS_GPL(__cxla_driver_register, "CXL");

void cxla_driver_unregister(struct cxla_driver *drv)
{
	driver_unregister(&drv->drv);
}
EXPORT_SYMBOL_NS_GPL(cxla_driver_unregister, "CXL");
