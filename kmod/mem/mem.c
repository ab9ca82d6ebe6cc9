// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: cxla_mem
 *
 * Driver of memdevs: brings the CXL.mem capability of a device up, step by
 * step, in the task that adds the memdev. It exports what an accelerator driver
 * calls to add one, so that the driver is registered before any memdev is.
 */
#include <linux/module.h>

#include "../core/pci.h"
#include "../core/retry.h"
#include "../pause/pause.h"
#include "../port/port.h"
#include "../version.h"
#include "media.h"

static void cxla_mem_release_port(void *_port)
{
	struct cxl_port *port = _port;

	cxla_switch_put(port);
	put_device(&port->dev);
}

static int cxla_mem_bring_up(struct cxl_memdev *cxlmd)
{
	struct cxl_port *port;
	int rc;

	cxla_news_seen(cxlmd->cxlds);
	cxla_memdev_restore(cxlmd);
	if (cxla_pci_is_frozen(cxlmd))
		return cxla_refuse(cxlmd, CXLA_REASON_HW_ERROR);
	/* of an accelerator its driver looks again */
	if (!cxlmd->cxlds->media_ready &&
	    (cxlmd->attach || !cxla_media_is_ready(cxlmd->cxlds)))
		return cxla_refuse(cxlmd, CXLA_REASON_MEDIA_NOT_READY);

	cxla_record_phase(cxlmd, CXLA_PHASE_PORT_ENUM);
	rc = cxla_enumerate_ports(cxlmd, &port);
	if (rc)
		return rc;
	rc = devm_add_action_or_reset(&cxlmd->dev, cxla_mem_release_port, port);
	if (rc)
		return rc;

	cxla_pause(CXLA_PAUSE_PORTS_FOUND);
	rc = devm_cxl_add_endpoint(port, cxlmd);
	if (rc)
		return rc;
	return cxlmd->attach ? cxlmd->attach->probe(cxlmd) : 0;
}

static int cxla_mem_probe(struct device *dev)
{
	struct cxl_memdev *cxlmd = to_cxl_memdev(dev);

	/*
	 * The attach is made once, by devm_cxl_add_memdev(). Somebody who
	 * unbound and binds the memdev by hand finds its range revoked, and
	 * the accelerator about to be detached; or the binding of before about
	 * to be taken from it.
	 */
	if (test_bit(CXLA_MEMDEV_F_REVOKING, &cxlmd->flags) ||
	    cxlmd->unbinding)
		return -EBUSY;
	cxlmd->binding++;
	return cxla_mem_bring_up(cxlmd);
}

static struct cxla_driver cxla_mem_driver = {
	.drv.name = "cxla_mem",
	.id = CXLA_DEVICE_MEMDEV,
	.probe = cxla_mem_probe,
};

struct cxl_memdev *devm_cxl_add_memdev(struct cxl_dev_state *cxlds,
				       const struct cxl_memdev_attach *attach)
{
	if (attach && !attach->probe)
		return ERR_PTR(-EINVAL);
	return cxla_memdev_add(cxlds, attach);
}
EXPORT_SYMBOL_NS_GPL(devm_cxl_add_memdev, "CXL");

struct cxl_memdev *devm_cxl_probe_mem(struct cxl_dev_state *cxlds,
				      struct range *range)
{
	struct cxl_attach_region *attach;
	struct cxl_memdev *cxlmd;

	*range = (struct range) { .start = 0, .end = -1 };
	attach = devm_kzalloc(cxlds->dev, sizeof(*attach), GFP_KERNEL);
	if (!attach)
		return ERR_PTR(-ENOMEM);
	attach->attach.probe = cxl_memdev_attach_region;

	cxlmd = devm_cxl_add_memdev(cxlds, &attach->attach);
	if (IS_ERR(cxlmd)) {
		/* this form has no other way to say why */
		dev_info(cxlds->dev, "no CXL.mem range: %s (%d)\n",
			 cxl_attach_reason_str(cxlds->reason), cxlds->error);
		devm_kfree(cxlds->dev, attach);
		return cxlmd;
	}
	*range = attach->region;
	return cxlmd;
}
EXPORT_SYMBOL_NS_GPL(devm_cxl_probe_mem, "CXL");

module_cxla_driver(cxla_mem_driver);
MODULE_DESCRIPTION("CXL accelerator attach: memdevs");
MODULE_VERSION(CXLA_VERSION);
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("CXL");
MODULE_ALIAS("cxla:t4");
MODULE_SOFTDEP("pre: cxla_port");
