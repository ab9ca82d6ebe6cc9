// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: a range without region, as a device
 *
 * A child of hmem_platform for each range, or piece of one, that is no region's.
 */
#include <linux/memregion.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "devdax.h"
#include "hmem.h"

static bool system_ram;
module_param(system_ram, bool, 0644);
MODULE_PARM_DESC(system_ram, "online ranges as System RAM by kmem (default: N, they are /dev/daxN.M)");

/**
 * struct cxla_hmem_data - platform data of a child
 * @range: HPA, inclusive, aligned to CXLA_DAX_ALIGN
 * @nid: NUMA node by firmware
 */
struct cxla_hmem_data {
	struct range range;
	int nid;
};

static void cxla_hmem_withdraw(void *res)
{
	cxla_resource_remove(res);
	kfree(res);
}

/* where Soft Reserved ranges are kept apart, those in use show in the iomem tree */
static int devm_cxla_show_soft_reserved(struct device *dev,
					const struct range *range)
{
	struct resource *res;
	int rc;

	if (cxla_soft_reserved_in_iomem())
		return 0;
	res = kzalloc(sizeof(*res), GFP_KERNEL);
	if (!res)
		return -ENOMEM;
	res->name = "Soft Reserved";
	res->start = range->start;
	res->end = range->end;
	res->flags = IORESOURCE_MEM;
	res->desc = IORES_DESC_SOFT_RESERVED;
	rc = cxla_resource_insert(&iomem_resource, res);
	if (rc) {
		kfree(res);
		return rc;
	}
	return devm_add_action_or_reset(dev, cxla_hmem_withdraw, res);
}

/* the range was claimed by who made the child */
static int cxla_hmem_device_probe(struct platform_device *pdev)
{
	const struct cxla_hmem_data *data = dev_get_platdata(&pdev->dev);
	struct device *dev = &pdev->dev;
	int rc;

	rc = devm_cxla_show_soft_reserved(dev, &data->range);
	if (rc)
		return dev_err_probe(dev, rc,
				     "[%#llx-%#llx]: no place in the iomem tree\n",
				     data->range.start, data->range.end);
	rc = devm_cxla_publish_dax(dev, pdev->id, &data->range, data->nid,
				   system_ram);
	if (rc)
		return dev_err_probe(dev, rc,
				     "[%#llx-%#llx]: device-dax does not take it\n",
				     data->range.start, data->range.end);
	return 0;
}

struct platform_driver cxla_hmem_device_driver = {
	.probe = cxla_hmem_device_probe,
	.driver = {
		.name = "cxla_hmem",
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
		/* whoever wants to be rid of it unbinds hmem_platform */
		.suppress_bind_attrs = true,
	},
};

static void cxla_hmem_del(void *pdev)
{
	platform_device_unregister(pdev);
}

static void cxla_hmem_free_id(void *id)
{
	memregion_free((long)id);
}

static struct platform_device *
cxla_hmem_alloc(struct device *host, int id, const struct cxla_hmem_data *data)
{
	struct platform_device *pdev;

	pdev = platform_device_alloc("cxla_hmem", id);
	if (!pdev)
		return NULL;
	pdev->dev.parent = host;
	set_dev_node(&pdev->dev, numa_map_to_online_node(data->nid));
	if (platform_device_add_data(pdev, data, sizeof(*data))) {
		platform_device_put(pdev);
		return NULL;
	}
	return pdev;
}

/* the child, in a devres group of the caller's */
static int cxla_hmem_add(struct device *host, const struct range *range,
			 int nid, enum cxla_ledger_why why)
{
	const struct cxla_hmem_data data = { .range = *range, .nid = nid };
	struct cxla_verdict verdict = {
		.owner = CXLA_OWNER_HMEM,
		.state = CXLA_LEDGER_OWNED,
		.why = why,
	};
	struct platform_device *pdev;
	int id, rc;

	id = memregion_alloc(GFP_KERNEL);
	if (id < 0)
		return id;
	rc = devm_add_action_or_reset(host, cxla_hmem_free_id, (void *)(long)id);
	if (rc)
		return rc;
	snprintf(verdict.who, sizeof(verdict.who), "dax%d.0", id);
	rc = devm_cxla_claim(host, range, &verdict);
	if (rc)
		return rc;
	pdev = cxla_hmem_alloc(host, id, &data);
	rc = pdev ? platform_device_add(pdev) : -ENOMEM;
	if (rc) {
		platform_device_put(pdev);
		return rc;
	}
	rc = devm_add_action_or_reset(host, cxla_hmem_del, pdev);
	if (rc)
		return rc;
	/* not bound by itself where drivers_autoprobe of the bus is 0 */
	if (!pdev->dev.driver &&
	    device_driver_attach(&cxla_hmem_device_driver.driver, &pdev->dev))
		return -ENXIO;
	return 0;
}

/**
 * devm_cxla_hmem_add() - a range without region is given to device-dax
 * @host: hmem_platform, its lock held and its driver bound
 * @range: HPA, aligned to CXLA_DAX_ALIGN
 * @nid: NUMA node by firmware
 * @why: for the ledger
 *
 * Return: 0; -EBUSY: some of it is somebody's; -ENXIO: device-dax did not take
 * it, which is in the log; or another error. After an error nothing is left.
 */
int devm_cxla_hmem_add(struct device *host, const struct range *range, int nid,
		       enum cxla_ledger_why why)
{
	void *group;
	int rc;

	device_lock_assert(host);
	group = devres_open_group(host, NULL, GFP_KERNEL);
	if (!group)
		return -ENOMEM;
	rc = cxla_hmem_add(host, range, nid, why);
	if (rc)
		devres_release_group(host, group);
	else
		devres_remove_group(host, group);
	return rc;
}
