// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: the bus "cxla"
 *
 * Ports, decoders, memdevs and regions are devices of one bus. Drivers bind by
 * kind of device, and are there so that userspace can unbind and bind: a probe
 * is a call of a function of the core, whose result cxla_device_bind() returns.
 * The bus is ours alone: /sys/bus/cxl belongs to the in-tree
 * stack, whether it is loaded or not.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/srcu.h>
#include <linux/workqueue.h>

#include "bus.h"

struct cxl_rwsem cxl_rwsem = {
	.region = __RWSEM_INITIALIZER(cxl_rwsem.region),
};

/* step three of the end of a range, and attaching again: an item per device */
struct workqueue_struct *cxla_wq;

/* drivers by the kind of device that they bind */
static struct cxla_driver *cxla_drivers[CXLA_NR_DEVICES];
/* cxla_device_bind() with a driver in hand */
DEFINE_STATIC_SRCU(cxla_drivers_srcu);

/* where in its life a device is that a driver may bind */
static enum cxla_life cxla_device_life(const struct device *dev)
{
	size_t life = to_cxla_type(dev->type)->life;

	return life ? READ_ONCE(*(enum cxla_life *)((void *)dev + life)) :
		      CXLA_LIVE;
}

static const struct cxla_driver *to_cxla_driver(const struct device_driver *drv)
{
	return container_of_const(drv, struct cxla_driver, drv);
}

/*
 * device_add() of one that is being built finds no driver: who adds it has it
 * bound when it is complete. One that is going is not bound again.
 */
static int cxla_bus_match(struct device *dev, const struct device_driver *drv)
{
	return READ_ONCE(cxla_drivers[cxla_device_id(dev)]) ==
	       to_cxla_driver(drv) && cxla_device_life(dev) == CXLA_LIVE;
}

static int cxla_bus_uevent(const struct device *dev, struct kobj_uevent_env *env)
{
	return add_uevent_var(env, "MODALIAS=cxla:t%d", cxla_device_id(dev));
}

static int cxla_bus_probe(struct device *dev)
{
	/* cxla_device_bind() comes here without a match */
	if (cxla_device_life(dev) != CXLA_LIVE)
		return -ENODEV;
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
EXPORT_SYMBOL_NS_GPL(cxla_bus_type, "CXL");

/**
 * cxla_device_init() - initialize a device of the bus
 * @dev: zeroed
 * @parent: its parent
 * @type: kind of device; each &enum cxla_device_id has a class of lock of its own
 */
void cxla_device_init(struct device *dev, struct device *parent,
		      const struct cxla_type *type)
{
	static struct lock_class_key keys[CXLA_NR_DEVICES];
	static const char * const names[CXLA_NR_DEVICES] = {
		"cxla none", "cxla root", "cxla port", "cxla decoder",
		"cxla memdev", "cxla region", "cxla dax_region",
	};

	device_initialize(dev);
	device_set_pm_not_required(dev);
	dev->parent = parent;
	dev->bus = &cxla_bus_type;
	dev->type = &type->base;
	lockdep_set_class_and_name(&dev->mutex, &keys[type->id],
				   names[type->id]);
}

/**
 * cxla_device_bind() - have the driver of a device bring it up, here and now
 * @dev: on the bus, CXLA_LIVE, its lock not held
 *
 * device_add() keeps to itself what a probe returned, and asks nobody while
 * drivers_autoprobe is 0. This asks the one driver that there is for the kind of
 * @dev, and passes its answer on.
 *
 * Context: sleeps, probes.
 * Return: 0: it is bound, by this call or by somebody else's; -ENODEV: its driver
 * is not there, or @dev is going; or what the driver said.
 */
int cxla_device_bind(struct device *dev)
{
	struct cxla_driver *drv;
	int rc, idx;

	/* cxla_driver_unregister() waits for those who are here */
	idx = srcu_read_lock(&cxla_drivers_srcu);
	drv = READ_ONCE(cxla_drivers[cxla_device_id(dev)]);
	rc = drv ? device_driver_attach(&drv->drv, dev) : -ENODEV;
	srcu_read_unlock(&cxla_drivers_srcu, idx);
	return rc == -EBUSY && device_is_bound(dev) ? 0 : rc;
}
EXPORT_SYMBOL_NS_GPL(cxla_device_bind, "CXL");

/*
 * The order of locks, for lockdep: that of an accelerator comes first. The driver
 * core keeps locks of devices out of lockdep, and their class is not ours to
 * change, so that this stands for all of them.
 */
#ifdef CONFIG_DEBUG_LOCK_ALLOC
static struct lock_class_key cxla_accel_key;
struct lockdep_map cxla_accel_map =
	STATIC_LOCKDEP_MAP_INIT("cxla accelerator", &cxla_accel_key);
#endif

/**
 * cxla_accel_lock() - take the lock of an accelerator
 * @dev: the PCI device
 *
 * Context: sleeps; no lock of ours is held. device_unlock() gives it back.
 */
void cxla_accel_lock(struct device *dev)
{
	cxla_accel_enter();
	cxla_accel_exit();
	device_lock(dev);
}

CXLA_ATTR_RO(devtype, "%s", dev->type->name);
CXLA_ATTR_RO(modalias, "cxla:t%d", cxla_device_id(dev));

static struct attribute *cxla_base_attributes[] = {
	&dev_attr_devtype.attr,
	&dev_attr_modalias.attr,
	NULL
};

const struct attribute_group cxla_base_group = {
	.attrs = cxla_base_attributes,
};

void cxla_driver_unregister(struct cxla_driver *drv)
{
	WRITE_ONCE(cxla_drivers[drv->id], NULL);
	synchronize_srcu(&cxla_drivers_srcu);
	driver_unregister(&drv->drv);
}
EXPORT_SYMBOL_NS_GPL(cxla_driver_unregister, "CXL");

/**
 * __cxla_driver_register() - register a driver of the bus
 * @drv: driver; the only one of its kind of device
 * @owner: its module
 *
 * Return: 0, -EINVAL without a probe function, or what the driver core says.
 */
int __cxla_driver_register(struct cxla_driver *drv, struct module *owner)
{
	int rc;

	if (!drv->probe)
		return -EINVAL;
	drv->drv.bus = &cxla_bus_type;
	drv->drv.owner = owner;
	drv->drv.probe_type = PROBE_FORCE_SYNCHRONOUS;
	rc = driver_register(&drv->drv);
	if (rc)
		return rc;
	/* from here on it matches: what is there already is bound, too */
	WRITE_ONCE(cxla_drivers[drv->id], drv);
	rc = driver_attach(&drv->drv);
	if (rc)
		cxla_driver_unregister(drv);
	return rc;
}
EXPORT_SYMBOL_NS_GPL(__cxla_driver_register, "CXL");
