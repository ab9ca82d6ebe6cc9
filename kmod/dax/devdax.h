/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a range becomes a device of the kernel's device-dax
 *
 * /dev/daxN.M is that of device_dax. As System RAM it is onlined by kmem, when
 * that is asked for: by the module's parameter, or device by device by writing
 * its name to /sys/bus/dax/drivers/{device_dax/unbind,kmem/new_id}.
 */
#ifndef __CXLA_DEVDAX_H__
#define __CXLA_DEVDAX_H__

#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/memory_hotplug.h>
#include <linux/numa.h>
#include <linux/pgtable.h>
#include <linux/range.h>

/*
 * drivers/dax/bus.h, which is not among a kernel's headers; check_devdax.c
 * compares this copy with it where it is there
 */
struct dax_region;
struct dev_dax;
struct dev_pagemap;

#define IORESOURCE_DAX_KMEM	BIT(1)

struct dev_dax_data {
	struct dax_region *dax_region;
	struct dev_pagemap *pgmap;
	resource_size_t size;
	int id;
	bool memmap_on_memory;
};

struct dax_region *alloc_dax_region(struct device *parent, int region_id,
				    struct range *range, int target_node,
				    unsigned int align, unsigned long flags);
struct dev_dax *devm_create_dev_dax(struct dev_dax_data *data);

/* what device-dax takes is aligned to this, and a multiple of it */
#define CXLA_DAX_ALIGN	PMD_SIZE

/**
 * devm_cxla_publish_dax() - make a device of device-dax
 * @dev: device being probed, without driver data: device-dax has its own there
 * @id: N of daxN.0; from memregion_alloc()
 * @range: HPA, aligned to CXLA_DAX_ALIGN
 * @nid: NUMA node by firmware, which the memory becomes when it is onlined;
 *	NUMA_NO_NODE: the nearest, as kmem takes nothing without a node
 * @system_ram: have kmem take it
 *
 * Undone by devres of @dev. Context: probe; sleeps; may end in memory hotplug.
 * Return: 0; -EBUSY: device-dax has some of it already; or another error.
 */
static inline int devm_cxla_publish_dax(struct device *dev, int id,
					const struct range *range, int nid,
					bool system_ram)
{
	struct range whole = *range;
	struct dev_dax_data data = {
		.id = -1,
		.size = range_len(range),
		.memmap_on_memory = true,
	};
	unsigned long flags = system_ram ? IORESOURCE_DAX_KMEM : 0;

	if (nid == NUMA_NO_NODE)
		nid = memory_add_physaddr_to_nid(range->start);
	/*
	 * It does not say why not. What is aligned, and is refused twice,
	 * device-dax has already, for somebody else. A try that failed may
	 * leave driver data behind that is freed.
	 */
	for (int tries = 0; tries < 2 && !data.dax_region; tries++) {
		dev_set_drvdata(dev, NULL);
		data.dax_region = alloc_dax_region(dev, id, &whole, nid,
						   CXLA_DAX_ALIGN, flags);
	}
	if (!data.dax_region)
		return -EBUSY;
	return PTR_ERR_OR_ZERO(devm_create_dev_dax(&data));
}

#endif /* __CXLA_DEVDAX_H__ */
