// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: cxla_dax
 *
 * Driver of dax_regionN: the range of a region that no accelerator has becomes a
 * device of device-dax. It registers only when every Soft Reserved range was
 * decided about, where cxla_hmem is built.
 */
#undef pr_fmt
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>

#include "../core/region.h"
#include "../version.h"
#include "devdax.h"
#include "hmem.h"

static bool system_ram;
module_param(system_ram, bool, 0644);
MODULE_PARM_DESC(system_ram, "online regions as System RAM by kmem (default: N, they are /dev/daxN.M)");

static int cxla_dax_region_probe(struct device *dev)
{
	struct cxl_dax_region *cxlr_dax = to_cxl_dax_region(dev);
	struct cxla_verdict verdict = {
		.owner = CXLA_OWNER_DAX,
		.state = CXLA_LEDGER_OWNED,
		.why = CXLA_WHY_REGION,
	};
	const struct range *range = &cxlr_dax->range;
	int rc;

	snprintf(verdict.who, sizeof(verdict.who), "dax%d.0", cxlr_dax->id);
	rc = devm_cxla_claim(dev, range, &verdict);
	if (rc)
		return rc;
	rc = devm_cxla_publish_dax(dev, cxlr_dax->id, range,
				   phys_to_target_node(range->start), system_ram);
	if (rc)
		return dev_err_probe(dev, rc,
				     "[%#llx-%#llx]: device-dax does not take it\n",
				     range->start, range->end);
	return 0;
}

static struct cxla_driver cxla_dax_region_driver = {
	.drv.name = "cxla_dax_region",
	.id = CXLA_DEVICE_DAX_REGION,
	.probe = cxla_dax_region_probe,
};

#ifdef CXLA_HAS_HMEM

/* 0 when it is registered */
static int cxla_dax_rc = -EAGAIN;

static void cxla_dax_decided(struct cxla_hmem_listener *listener)
{
	cxla_dax_rc = cxla_driver_register(&cxla_dax_region_driver);
	if (cxla_dax_rc)
		pr_err("the driver of dax regions can't be registered: %d\n",
		       cxla_dax_rc);
}

static struct cxla_hmem_listener cxla_dax_listener = {
	.decided = cxla_dax_decided,
};

static int __init cxla_dax_init(void)
{
	/* it may be told later; but when it was told now it has to have worked */
	if (!cxla_hmem_listen(&cxla_dax_listener) || !cxla_dax_rc)
		return 0;
	cxla_hmem_unlisten(&cxla_dax_listener);
	return cxla_dax_rc;
}

static void __exit cxla_dax_exit(void)
{
	cxla_hmem_unlisten(&cxla_dax_listener);
	if (!cxla_dax_rc)
		cxla_driver_unregister(&cxla_dax_region_driver);
}

#else

static int __init cxla_dax_init(void)
{
	return cxla_driver_register(&cxla_dax_region_driver);
}

static void __exit cxla_dax_exit(void)
{
	cxla_driver_unregister(&cxla_dax_region_driver);
}

#endif

module_init(cxla_dax_init);
module_exit(cxla_dax_exit);
MODULE_DESCRIPTION("CXL accelerator attach: regions as device-dax");
MODULE_VERSION(CXLA_VERSION);
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("CXL");
