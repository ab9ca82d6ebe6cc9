// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: regions that are general memory
 *
 * A region whose members are all memory expanders is offered to device-dax, as
 * a device dax_regionN below it, by the driver of the region. One with an
 * accelerator among its members never is. Who takes it is not decided here: a
 * driver on the bus claims the range, in cxla_dax.
 */
#include <linux/device.h>
#include <linux/slab.h>

#include "core.h"

static struct lock_class_key cxla_dax_region_key;

static void cxla_dax_region_release(struct device *dev)
{
	kfree(to_cxl_dax_region(dev));
}

static const struct attribute_group *cxla_dax_region_groups[] = {
	&cxla_base_group,
	NULL
};

const struct device_type cxla_dax_region_type = {
	.name = "cxl_dax_region",
	.release = cxla_dax_region_release,
	.groups = cxla_dax_region_groups,
};

static void cxla_dax_region_unregister(void *_cxlr_dax)
{
	struct cxl_dax_region *cxlr_dax = _cxlr_dax;

	device_unregister(&cxlr_dax->dev);
}

static struct cxl_dax_region *cxla_dax_region_alloc(struct cxl_region *cxlr)
{
	struct cxl_dax_region *cxlr_dax;
	struct device *dev;

	cxlr_dax = kzalloc(sizeof(*cxlr_dax), GFP_KERNEL);
	if (!cxlr_dax)
		return NULL;
	cxlr_dax->id = cxlr->id;
	cxlr_dax->range.start = cxlr->res.start;
	cxlr_dax->range.end = cxlr->res.end;

	dev = &cxlr_dax->dev;
	device_initialize(dev);
	lockdep_set_class(&dev->mutex, &cxla_dax_region_key);
	device_set_pm_not_required(dev);
	dev->parent = &cxlr->dev;
	dev->bus = &cxla_bus_type;
	dev->type = &cxla_dax_region_type;
	if (dev_set_name(dev, "dax_region%d", cxlr->id)) {
		put_device(dev);
		return NULL;
	}
	return cxlr_dax;
}

/**
 * devm_cxla_add_dax_region() - offer a region to device-dax
 * @cxlr: region that is whole and has no attach, being bound to its driver
 *
 * It is taken back when the region is unbound from its driver.
 *
 * Context: the lock of @cxlr is held, and no rwsem: the driver of the new
 * device may go as far as memory hotplug.
 * Return: 0, also when no driver took it; or -ENOMEM.
 */
int devm_cxla_add_dax_region(struct cxl_region *cxlr)
{
	struct cxl_dax_region *cxlr_dax;
	int rc;

	device_lock_assert(&cxlr->dev);
	cxlr_dax = cxla_dax_region_alloc(cxlr);
	if (!cxlr_dax)
		return -ENOMEM;
	rc = cxla_device_add(&cxlr_dax->dev, &cxlr_dax->flags,
			     CXL_DAX_REGION_F_PROBED);
	if (rc) {
		put_device(&cxlr_dax->dev);
		return rc;
	}
	/* for want of memory it is not offered by halves */
	rc = READ_ONCE(cxlr_dax->error);
	if (rc == -ENOMEM) {
		device_unregister(&cxlr_dax->dev);
		return rc;
	}
	return devm_add_action_or_reset(&cxlr->dev, cxla_dax_region_unregister,
					cxlr_dax);
}
