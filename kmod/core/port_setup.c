// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: a port comes up, and goes down
 *
 * What the driver of ports calls when one is bound and unbound. A host bridge or
 * switch gets its downstream ports and decoders. An endpoint gets its decoders,
 * and the regions that they are members of; with it, they end.
 */
#include <linux/pci.h>

#include "../pause/pause.h"
#include "attach.h"
#include "create.h"
#include "retry.h"
#include "snapshot.h"

static int cxla_upstream_setup(struct cxl_port *port)
{
	int rc;

	rc = cxla_dports_add(port);
	if (rc)
		return rc;
	if (!port->nr_dports) {
		dev_err(cxla_port_hw(port), "no CXL downstream port below it\n");
		return -ENXIO;
	}
	return cxla_hdm_setup(port);
}

/* may what the ports above decode be the reason */
static bool cxla_is_routed_wrong(enum cxla_reason reason)
{
	return reason == CXLA_REASON_NOT_COMMITTED ||
	       reason == CXLA_REASON_BAD_DECODER ||
	       reason == CXLA_REASON_ROUTE_MISMATCH;
}

/*
 * @again: those that were not routed before. What can't be assembled has its
 * reason; others may work.
 */
static int cxla_endpoint_assemble(struct cxl_port *port, bool again)
{
	for (int i = 0; i < port->nr_decoders; i++) {
		struct cxl_decoder *cxld = port->decoders[i];
		struct cxl_endpoint_decoder *cxled =
			to_cxl_endpoint_decoder(&cxld->dev);
		int rc;

		if (!(cxld->flags & CXL_DECODER_F_ENABLE) ||
		    (again && !cxla_is_routed_wrong(cxled->reason)))
			continue;
		rc = cxla_region_assemble(cxled);
		if (rc && rc != -ENXIO)
			return rc;
	}
	return 0;
}

/*
 * A device decodes nothing: what the port above still routes to it alone is where
 * it was committed before a reset that nobody saw.
 */
static void cxla_endpoint_report_routed(struct cxl_port *port)
{
	struct cxl_port *above = port->parent;

	guard(rwsem_read)(&cxl_rwsem.region);
	for (int i = 0; i < above->nr_decoders; i++) {
		const struct cxl_decoder *cxld = above->decoders[i];

		if (cxld && !above->passthrough && !cxld->region &&
		    !cxld->made && cxld->flags & CXL_DECODER_F_ENABLE &&
		    !(cxld->flags & CXL_DECODER_F_BROKEN) && cxld->ways == 1 &&
		    cxld->targets[0] == port->parent_dport->port_id)
			dev_notice(cxla_port_hw(port),
				   "was committed at [%#llx-%#llx], which %s routes to it: a reset took it, or firmware did not finish\n",
				   cxld->hpa_range.start, cxld->hpa_range.end,
				   dev_name(&cxld->dev));
	}
}

static int cxla_endpoint_setup(struct cxl_port *port)
{
	struct cxl_memdev *cxlmd = to_cxl_memdev(port->uport_dev);
	int rc;

	cxla_record_phase(cxlmd, CXLA_PHASE_DECODER_PARSE);
	rc = cxla_hdm_setup(port);
	if (rc)
		return rc;
	if (cxlmd->reason == CXLA_REASON_NOT_COMMITTED)
		cxla_endpoint_report_routed(port);

	cxla_pause(CXLA_PAUSE_DECODERS_READ);
	/* what it decodes is known again */
	rc = cxla_snapshot_prepare(port);
	if (rc == -ENXIO)
		return cxla_refuse(cxlmd, CXLA_REASON_HW_ERROR);
	if (rc)
		return rc;
	cxla_record_phase(cxlmd, CXLA_PHASE_REGION_ASSEMBLY);
	return cxla_endpoint_assemble(port, false);
}

/**
 * cxla_memdev_reroute() - look again at the ways to a memdev that were wrong
 * @cxlmd: memdev, brought up, without an attach; its PCI device is locked
 *
 * Who made the device come may have programmed the ports above since they were
 * read.
 *
 * Context: sleeps; takes the locks of ports.
 * Return: 0, or an error that is none of a decoder.
 */
int cxla_memdev_reroute(struct cxl_memdev *cxlmd)
{
	bool wrong = false;

	scoped_guard(device, &cxlmd->dev) {
		struct cxl_port *port = cxlmd->endpoint;

		if (IS_ERR(port))
			return 0;
		guard(device)(&port->dev);
		for (int i = 0; i < port->nr_decoders; i++) {
			struct device *dev = &port->decoders[i]->dev;
			enum cxla_reason reason =
				to_cxl_endpoint_decoder(dev)->reason;

			if (cxla_is_routed_wrong(reason))
				wrong = true;
		}
	}
	if (!wrong || !cxla_ports_reread(cxlmd->cxlds))
		return 0;
	guard(device)(&cxlmd->dev);
	if (IS_ERR(cxlmd->endpoint))
		return 0;
	guard(device)(&cxlmd->endpoint->dev);
	return cxlmd->endpoint->up ?
	       cxla_endpoint_assemble(cxlmd->endpoint, true) : 0;
}

/**
 * cxla_is_rerouted() - is the way to a device another one than it was
 * @cxlds: its state, with the reason of an attach that came to nothing
 *
 * Context: as cxla_ports_reread().
 */
bool cxla_is_rerouted(struct cxl_dev_state *cxlds)
{
	return cxla_is_routed_wrong(cxlds->reason) && cxla_ports_reread(cxlds);
}

static void cxla_port_undo(struct cxl_port *port)
{
	port->up = false;
	if (is_cxl_endpoint(port)) {
		cxla_regions_detach(port);
		cxla_snapshot_forget(port);
	}
	cxla_hdm_teardown(port);
	cxla_dports_remove(port);
}

/**
 * cxla_port_setup() - bring a port up: dports, decoders, regions
 * @port: host bridge, switch or endpoint, its lock held
 *
 * Return: 0; -ENXIO and @port->reason; -EBUSY: an endpoint a second time; or
 * another error. After an error nothing of it is left.
 */
int cxla_port_setup(struct cxl_port *port)
{
	bool first = !port->seen;
	int rc;

	device_lock_assert(&port->dev);
	/*
	 * An endpoint is brought up once, by the memdev that it is of. After
	 * it was unbound the memdev is being detached, and a new attach makes
	 * a new endpoint.
	 */
	if (is_cxl_endpoint(port) && !first)
		return -EBUSY;
	port->reason = CXLA_REASON_NONE;
	rc = is_cxl_endpoint(port) ? cxla_endpoint_setup(port) :
				     cxla_upstream_setup(port);
	if (rc) {
		cxla_port_undo(port);
		return rc;
	}
	port->up = true;
	port->seen = true;
	/* a new switch is there on behalf of the attach that asked */
	if (!is_cxl_endpoint(port) && !(first && dev_is_pci(port->uport_dev)))
		cxla_retry_kick(CXLA_RETRY_ARRIVED);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(cxla_port_setup, "CXL");

/**
 * cxla_port_teardown() - the reverse of cxla_port_setup()
 * @port: its lock is held
 *
 * For an endpoint this is where a range ends: revoke, unregister the region,
 * and have the accelerator detached.
 *
 * Context: sleeps: waits for users of the range.
 */
void cxla_port_teardown(struct cxl_port *port)
{
	device_lock_assert(&port->dev);
	if (is_cxl_endpoint(port)) {
		struct cxl_memdev *cxlmd = to_cxl_memdev(port->uport_dev);

		/*
		 * Of a range that is taken, what comes from here on may help;
		 * of one that was refused, what came since that began.
		 */
		if (!test_bit(CXLA_MEMDEV_F_RELEASED, &cxlmd->flags) &&
		    (!cxlmd->attach ||
		     test_bit(CXLA_MEMDEV_F_ATTACHED, &cxlmd->flags)))
			cxla_news_seen(cxlmd->cxlds);
		cxla_attach_revoke(cxlmd);
		/* from here on no region takes a decoder of it in */
		scoped_guard(rwsem_write, &cxl_rwsem.region)
			port->up = false;
		cxla_regions_detach(port);
		/* a driver that can't be told may touch the range until it lets go */
		if (!cxlmd->attach || cxlmd->attach->revoke ||
		    test_bit(CXLA_MEMDEV_F_RELEASED, &cxlmd->flags))
			cxla_region_unmake(port);
		cxla_snapshot_take(port);
		cxla_pause(CXLA_PAUSE_ENDPOINT_DETACHED);
		cxla_detach_queue(cxlmd, port->binding);
	} else {
		port->up = false;
		cxla_port_remove_children(port, NULL, false);
	}
	cxla_port_undo(port);
}
EXPORT_SYMBOL_NS_GPL(cxla_port_teardown, "CXL");
