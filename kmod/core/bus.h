/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: the bus, and what all objects on it share
 *
 * root (ACPI0017) > root decoders (one per window) > host-bridge ports > switch
 * ports > endpoint port (one per memdev) > endpoint decoders. A memdev is a
 * child of its PCI device. A region is a child of its root decoder.
 *
 * Locks, outermost first:
 *
 *   device lock of the accelerator
 *     device lock of the memdev
 *       cxla_enum_mutex		which switch ports exist, and for how many
 *	   device locks of ports, top-down
 *	     cxlr->writer		who writes to commit of a region
 *	     device lock of a region	what is offered to device-dax
 *		cxlrd->regions_lock	who unregisters a region; construction
 *		   cxl_rwsem.region	what decoders and regions say
 *		   cxla_claims_lock	who has which range; innermost
 *
 * No driver is bound or released under regions_lock or an rwsem.
 */
#ifndef __CXLA_BUS_H__
#define __CXLA_BUS_H__

#include <cxl/cxl.h>
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>

/**
 * struct cxl_rwsem - what readers of sysfs and enumeration share
 * @region: guards hpa_range, region and flags of decoders, and what a region
 *	is made of
 */
struct cxl_rwsem {
	struct rw_semaphore region;
};

extern struct cxl_rwsem cxl_rwsem;
extern struct workqueue_struct *cxla_wq;

/* what linux/range.h says, for values that nobody changes */
static inline bool cxla_range_contains(const struct range *outer,
				       const struct range *inner)
{
	return outer->start <= inner->start && outer->end >= inner->end;
}

enum cxla_device_id {
	CXLA_DEVICE_NONE,
	CXLA_DEVICE_ROOT,
	CXLA_DEVICE_PORT,
	CXLA_DEVICE_DECODER,
	CXLA_DEVICE_MEMDEV,
	CXLA_DEVICE_REGION,
	CXLA_DEVICE_DAX_REGION,
	CXLA_NR_DEVICES,
};

/**
 * enum cxla_life - where in its life an object is
 * @CXLA_BUILDING: it is not complete; nobody but its maker has it
 * @CXLA_LIVE: others find it, and its driver may bind
 * @CXLA_DYING: somebody unregisters it; it is not bound any more
 */
enum cxla_life {
	CXLA_BUILDING,
	CXLA_LIVE,
	CXLA_DYING,
};

/**
 * struct cxla_type - a kind of device
 * @base: name, release function, attributes
 * @id: which driver binds it
 * @life: where &enum cxla_life is, in bytes behind the struct device that begins
 *	the object; 0: it is CXLA_LIVE whenever anybody finds it
 */
struct cxla_type {
	const struct device_type base;
	enum cxla_device_id id;
	size_t life;
};

#define to_cxla_type(t) container_of_const(t, struct cxla_type, base)
#define CXLA_LIFE_OF(_object) \
	(offsetof(_object, life) + BUILD_BUG_ON_ZERO(offsetof(_object, dev)))

/**
 * struct cxla_driver - a driver on the bus "cxla"
 * @drv: name and owner are set by cxla_driver_register()
 * @id: the devices it binds
 * @probe: under the device's lock
 * @remove: may be NULL; devres of the device is released after it
 */
struct cxla_driver {
	struct device_driver drv;
	enum cxla_device_id id;
	int (*probe)(struct device *dev);
	void (*remove)(struct device *dev);
};

extern const struct bus_type cxla_bus_type;
extern const struct attribute_group cxla_base_group;

void cxla_device_init(struct device *dev, struct device *parent,
		      const struct cxla_type *type);
int cxla_device_bind(struct device *dev);
int __cxla_driver_register(struct cxla_driver *drv, struct module *owner);
void cxla_driver_unregister(struct cxla_driver *drv);
#define cxla_driver_register(drv) __cxla_driver_register(drv, THIS_MODULE)
#define module_cxla_driver(__drv) \
	module_driver(__drv, cxla_driver_register, cxla_driver_unregister)

static inline enum cxla_device_id cxla_device_id(const struct device *dev)
{
	return to_cxla_type(dev->type)->id;
}

/* @dev may be any device */
static inline bool is_cxl_memdev(const struct device *dev)
{
	return dev->bus == &cxla_bus_type &&
	       cxla_device_id(dev) == CXLA_DEVICE_MEMDEV;
}

#define to_cxl_memdev(d) container_of(d, struct cxl_memdev, dev)

/* asks for no range, and what its decoders map is general memory */
static inline bool cxla_is_expander(const struct cxl_memdev *cxlmd)
{
	return !cxlmd->attach && cxlmd->cxlds->type == CXL_DEVTYPE_CLASSMEM;
}

/* An attribute whose text follows from @dev, with cxl_rwsem.region held. */
#define CXLA_ATTR_SHOW(_name, _fmt, ...)				       \
static ssize_t _name##_show(struct device *dev,				       \
			    struct device_attribute *attr, char *buf)	       \
{									       \
	guard(rwsem_read)(&cxl_rwsem.region);				       \
	return sysfs_emit(buf, _fmt "\n", __VA_ARGS__);			       \
}									       \
static_assert(true)

#define CXLA_ATTR_RO(_name, ...) \
	CXLA_ATTR_SHOW(_name, __VA_ARGS__); \
	static DEVICE_ATTR_RO(_name)

/* for lockdep: inside of here the lock of an accelerator is held */
#ifdef CONFIG_DEBUG_LOCK_ALLOC
extern struct lockdep_map cxla_accel_map;
#define cxla_accel_enter()	lock_map_acquire(&cxla_accel_map)
#define cxla_accel_exit()	lock_map_release(&cxla_accel_map)
#else
#define cxla_accel_enter()	do { } while (0)
#define cxla_accel_exit()	do { } while (0)
#endif

/*
 * For lockdep: users of cxl_attach_enter() may be waited for with any of the
 * locks held that are held here, so that inside none of them may be taken. Said
 * at each attach, it need not come to a revoke, nor to a hang, to be reported.
 */
static inline void cxla_attach_may_wait(struct cxl_memdev *cxlmd)
{
	srcu_lock_sync(&cxlmd->srcu.dep_map);
}

/* a foreign device's lock is not one that lockdep knows */
static inline void cxla_assert_host_locked(struct device *dev)
{
	if (IS_ENABLED(CONFIG_LOCKDEP))
		WARN_ON_ONCE(!mutex_is_locked(&dev->mutex));
}

void cxla_accel_lock(struct device *dev);

#endif /* __CXLA_BUS_H__ */
