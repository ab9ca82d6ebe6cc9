// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: who may use a region
 *
 * The driver of regions, and what it does by the functions that the core calls, too.
 * A region whose members are all memory expanders is offered to device-dax, as
 * a device dax_regionN below it, by the driver of the region. One with an
 * accelerator among its members never is. Who takes it is not decided here: a
 * driver on the bus claims the range, in cxla_dax.
 */
#include <linux/device.h>
#include <linux/slab.h>

#include "region.h"

static void cxla_dax_region_release(struct device *dev)
{
	kfree(to_cxl_dax_region(dev));
}

static const struct attribute_group *cxla_dax_region_groups[] = {
	&cxla_base_group,
	NULL
};

static const struct cxla_type cxla_dax_region_type = {
	.base.name = "cxl_dax_region",
	.base.release = cxla_dax_region_release,
	.base.groups = cxla_dax_region_groups,
	.id = CXLA_DEVICE_DAX_REGION,
	.life = CXLA_LIFE_OF(struct cxl_dax_region),
};

static struct cxl_dax_region *cxla_dax_region_alloc(struct cxl_region *cxlr)
{
	struct cxl_dax_region *cxlr_dax;
	struct device *dev;

	cxlr_dax = kzalloc(sizeof(*cxlr_dax), GFP_KERNEL);
	if (!cxlr_dax)
		return NULL;
	cxlr_dax->id = cxlr->id;
	cxlr_dax->range = cxla_region_range(cxlr);

	dev = &cxlr_dax->dev;
	cxla_device_init(dev, &cxlr->dev, &cxla_dax_region_type);
	if (dev_set_name(dev, "dax_region%d", cxlr->id)) {
		put_device(dev);
		return NULL;
	}
	return cxlr_dax;
}

/**
 * cxla_region_withdraw() - whoever may use a region does so no longer
 * @cxlr: region; one that was not offered is fine
 *
 * Context: the lock of @cxlr is held, and no rwsem; may end in memory hotplug.
 */
void cxla_region_withdraw(struct cxl_region *cxlr)
{
	device_lock_assert(&cxlr->dev);
	if (cxlr->dax)
		device_unregister(&cxlr->dax->dev);
	cxlr->dax = NULL;
}

/* for a region that is whole and has no attach; 0, also when no driver took it */
static int cxla_dax_region_make(struct cxl_region *cxlr)
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
		cxla_region_withdraw(cxlr);
	return rc == -ENOMEM ? rc : 0;
}

/**
 * cxla_region_offer() - whoever may use a region gets it
 * @cxlr: region
 *
 * One of expanders is general memory, and device-dax is offered it, unless some
 * of it is persistent, which is left alone.
 *
 * Context: the lock of @cxlr is held; sleeps, may end in memory hotplug.
 * Return: 0; -ENXIO: it is not whole, or is going; -ENOMEM.
 */
int cxla_region_offer(struct cxl_region *cxlr)
{
	bool general;

	device_lock_assert(&cxlr->dev);
	scoped_guard(rwsem_read, &cxl_rwsem.region) {
		if (!cxla_region_whole(cxlr) ||
		    READ_ONCE(cxlr->life) == CXLA_DYING)
			return -ENXIO;
		/* who is a member of a whole region does not change */
		general = !cxlr->nr_attach && cxla_region_volatile(cxlr) &&
			  cxlr->cxlrd->cxld.flags & CXL_DECODER_F_RAM;
	}
	return general ? cxla_dax_region_make(cxlr) : 0;
}

/* userspace binds and unbinds by these */
static int cxla_region_probe(struct device *dev)
{
	return cxla_region_offer(to_cxl_region(dev));
}

static void cxla_region_remove(struct device *dev)
{
	cxla_region_withdraw(to_cxl_region(dev));
}

struct cxla_driver cxla_region_driver = {
	.drv.name = "cxla_region",
	.id = CXLA_DEVICE_REGION,
	.probe = cxla_region_probe,
	.remove = cxla_region_remove,
};
