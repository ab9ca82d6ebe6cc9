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
 * cxla_dax_region_add() - offer a region to device-dax
 * @cxlr: region that is whole and has no attach
 *
 * Context: the lock of @cxlr is held, and no rwsem: the driver of the new
 * device may go as far as memory hotplug.
 * Return: 0, also when no driver took it; or -ENOMEM.
 */
int cxla_dax_region_add(struct cxl_region *cxlr)
{
	struct cxl_dax_region *cxlr_dax;
	int rc;

	device_lock_assert(&cxlr->dev);
	if (cxlr->dax)
		return 0;
	cxlr_dax = cxla_dax_region_alloc(cxlr);
	if (!cxlr_dax)
		return -ENOMEM;
	rc = device_add(&cxlr_dax->dev);
	if (rc) {
		put_device(&cxlr_dax->dev);
		return rc;
	}
	WRITE_ONCE(cxlr_dax->life, CXLA_LIVE);
	cxlr->dax = cxlr_dax;
	rc = cxla_device_bind(&cxlr_dax->dev);
	/* for want of memory it is not offered by halves */
	if (rc == -ENOMEM)
		cxla_dax_region_remove(cxlr);
	return rc == -ENOMEM ? rc : 0;
}

/**
 * cxla_dax_region_remove() - take a region back from device-dax
 * @cxlr: region; one that was not offered is fine
 *
 * Context: the lock of @cxlr is held, and no rwsem.
 */
void cxla_dax_region_remove(struct cxl_region *cxlr)
{
	device_lock_assert(&cxlr->dev);
	if (cxlr->dax)
		device_unregister(&cxlr->dax->dev);
	cxlr->dax = NULL;
}
