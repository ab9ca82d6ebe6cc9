// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: cxla_port
 *
 * Driver of host-bridge, switch and endpoint ports. Bound, a port has its
 * downstream ports and decoders; unbound, all below it is gone. The work is
 * done in the core, which knows what a port is; that it is a module of its
 * own lets a validator take ports away as a driver.
 */
#include <linux/module.h>

#include <cxl/pci.h>

#include "../version.h"
#include "port.h"

static int cxla_port_probe(struct device *dev)
{
	return cxla_port_setup(to_cxl_port(dev));
}

static void cxla_port_remove(struct device *dev)
{
	cxla_port_teardown(to_cxl_port(dev));
}

static struct cxla_driver cxla_port_driver = {
	.drv.name = "cxla_port",
#ifdef CONFIG_PCI_DOE
	.drv.dev_groups = cxla_port_cdat_groups,
#endif
	.id = CXLA_DEVICE_PORT,
	.probe = cxla_port_probe,
	.remove = cxla_port_remove,
};

/* 0 and @cxlmd->endpoint; the lock of the port of @dport is held */
static int cxla_endpoint_add(struct cxl_memdev *cxlmd, struct cxl_dport *dport)
{
	struct cxl_port *endpoint;
	int rc;

	/* without any, or without decoders, the DVSEC may decode */
	if (cxlmd->cxlds->reg_map.reg_type != CXL_REGLOC_RBI_COMPONENT)
		return cxla_refuse(cxlmd, CXLA_REASON_NO_REGISTERS);

	endpoint = cxla_port_add(NULL, &cxlmd->dev, &cxlmd->cxlds->reg_map,
				 dport);
	if (IS_ERR(endpoint))
		return PTR_ERR(endpoint);
	endpoint->binding = cxlmd->binding;
	rc = cxla_port_bring_up(cxlmd, endpoint);
	if (!rc)
		cxlmd->endpoint = endpoint;
	return rc;
}

static void cxla_endpoint_gone(void *endpoint)
{
	struct cxl_port *port = endpoint;

	cxla_port_unregister(port);
	to_cxl_memdev(port->uport_dev)->endpoint = ERR_PTR(-ENXIO);
	put_device(&port->dev);
}

/**
 * devm_cxl_add_endpoint() - add the endpoint port of a memdev
 * @port: the port it hangs off
 * @cxlmd: memdev, its lock held, being probed
 *
 * It lives until the driver of @cxlmd is unbound, or until @port goes.
 *
 * Context: sleeps; takes the lock of @port and those below.
 * Return: 0; -ENXIO and a reason; or an error.
 */
int devm_cxl_add_endpoint(struct cxl_port *port, struct cxl_memdev *cxlmd)
{
	struct cxl_dport *dport;
	int rc;

	scoped_guard(device, &port->dev) {
		dport = port->up ?
			cxla_dport_by_dev(port, cxlmd->cxlds->dev->parent) :
			NULL;
		if (!dport)
			return cxla_refuse(cxlmd, CXLA_REASON_PORT_DISABLED);
		rc = cxla_endpoint_add(cxlmd, dport);
		if (rc)
			return rc;
		/* for cxla_endpoint_gone(), which may find it unregistered */
		get_device(&cxlmd->endpoint->dev);
	}
	return devm_add_action_or_reset(&cxlmd->dev, cxla_endpoint_gone,
					cxlmd->endpoint);
}
EXPORT_SYMBOL_NS_GPL(devm_cxl_add_endpoint, "CXL");

module_cxla_driver(cxla_port_driver);
MODULE_DESCRIPTION("CXL accelerator attach: ports");
MODULE_VERSION(CXLA_VERSION);
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("CXL");
MODULE_ALIAS("cxla:t2");
MODULE_SOFTDEP("pre: cxla_core");
