// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: from a device to its root
 *
 * An accelerator's driver knows its PCI device. Up the PCI hierarchy from there
 * every second device is a downstream port: the device's parent bridge, and
 * the bridges that the switches above hang off. Host bridges are ports from
 * the start; switches become ports when the first endpoint below asks, and
 * cease to be with the last, unless somebody has unbound them by hand.
 */
#include <cxl/pci.h>
#include <linux/pci.h>

#include "attach.h"
#include "pci.h"

/*
 * Which switch ports exist, and @users of them. Held while a switch port is
 * added or removed, over the device locks of ports.
 */
DEFINE_MUTEX(cxla_enum_mutex);

static bool is_cxl_switch(const struct cxl_port *port)
{
	return !is_cxl_root(port) && !is_cxl_endpoint(port) &&
	       dev_is_pci(port->uport_dev);
}

/* why nothing that leads to a root was found at and above @top */
static enum cxla_reason cxla_no_path_reason(struct device *top)
{
	bool rch;
	struct cxl_port *root __free(cxla_put_port) =
		cxla_find_port_by_dport(top, &rch);

	/* the host bridge is known, and its own downstream ports are not */
	if (root)
		return rch ? CXLA_REASON_RESTRICTED_HOST :
			     CXLA_REASON_PORT_DISABLED;
	return cxla_root_absent_reason();
}

/* the port that @dport_dev is a dport of, also when it came after the others */
static struct cxl_port *cxla_find_dport(struct device *dport_dev)
{
	struct cxl_port *port = cxla_find_port_by_dport(dport_dev, NULL);
	int rc;

	if (port || !dport_dev->parent)
		return port;
	struct cxl_port *above __free(cxla_put_port) =
		cxla_find_port_by_uport(dport_dev->parent);
	if (!above || is_cxl_endpoint(above))
		return NULL;
	rc = cxla_port_rescan(above);
	if (rc && rc != -ENXIO)
		dev_warn(cxla_port_hw(above), "can't look for new ports: %d\n",
			 rc);
	return cxla_find_port_by_dport(dport_dev, NULL);
}

/*
 * Find the port that @dport_dev belongs to. When it is not known, find the
 * closest one above that is; @below is then the switch upstream port that
 * hangs off its downstream port @above.
 */
static struct cxl_port *cxla_find_above(struct device *dport_dev,
					struct device **above,
					struct device **below,
					enum cxla_reason *reason)
{
	struct device *top = dport_dev;
	int depth;

	*below = NULL;
	for (depth = 0; dport_dev && depth < CXLA_MAX_DEPTH; depth++) {
		struct cxl_port *port = cxla_find_dport(dport_dev);

		if (port) {
			*above = dport_dev;
			return port;
		}
		/* a bridge that is no dport hangs below an upstream port */
		*below = dport_dev->parent;
		if (!*below)
			break;
		top = *below;
		if (!dev_is_pci(top))
			break;
		dport_dev = top->parent;
	}
	*reason = depth == CXLA_MAX_DEPTH ? CXLA_REASON_TOO_DEEP :
					    cxla_no_path_reason(top);
	return NULL;
}

/**
 * cxla_port_bring_up() - bring a port up that was added for a memdev
 * @cxlmd: memdev being attached
 * @port: just added; it is unregistered when that fails
 *
 * Return: 0; -ENXIO and a reason; or another error.
 */
int cxla_port_bring_up(struct cxl_memdev *cxlmd, struct cxl_port *port)
{
	int rc = cxla_device_bind(&port->dev);

	if (rc == -ENXIO || rc == -ENODEV)
		rc = cxla_refuse(cxlmd,
				 port->reason ?: CXLA_REASON_PORT_DISABLED);
	if (rc)
		cxla_port_unregister(port);
	return rc;
}
EXPORT_SYMBOL_NS_GPL(cxla_port_bring_up, "CXL");

/* add the switch port @uport_dev below the dport @dport_dev of @parent */
static int cxla_switch_add(struct cxl_memdev *cxlmd, struct cxl_port *parent,
			   struct device *dport_dev, struct device *uport_dev)
{
	struct cxl_register_map map;
	struct cxl_dport *dport;
	struct cxl_port *port;
	int rc;

	lockdep_assert_held(&cxla_enum_mutex);
	guard(device)(&parent->dev);

	cxla_port_remove_children(parent, NULL, true);
	dport = parent->up ? cxla_dport_by_dev(parent, dport_dev) : NULL;
	if (!dport)
		return cxla_refuse(cxlmd, CXLA_REASON_PORT_DISABLED);
	/* an endpoint has to find room below it */
	if (parent->depth + 2 >= CXLA_MAX_DEPTH)
		return cxla_refuse(cxlmd, CXLA_REASON_TOO_DEEP);

	rc = cxla_pci_probe_regs(to_pci_dev(uport_dev), &map);
	if (rc == -ENODEV || rc == -ENXIO) {
		/* one that is broken was told of where it was found to be */
		if (rc == -ENODEV)
			dev_err(cxlmd->cxlds->dev,
				"switch %s has no component registers\n",
				dev_name(uport_dev));
		return cxla_refuse(cxlmd, CXLA_REASON_NO_REGISTERS);
	}
	if (rc)
		return rc;

	port = cxla_port_add(NULL, uport_dev, &map, dport);
	/* there, but not up: its dports would have been found otherwise */
	if (PTR_ERR_OR_ZERO(port) == -EBUSY)
		return cxla_refuse(cxlmd, CXLA_REASON_PORT_DISABLED);
	if (IS_ERR(port))
		return PTR_ERR(port);
	return cxla_port_bring_up(cxlmd, port);
}

/* switch ports that nothing hangs off any more go, from @port upwards */
static void cxla_switch_reap(struct cxl_port *port)
{
	lockdep_assert_held(&cxla_enum_mutex);

	get_device(&port->dev);
	/* one that is not up was unbound by hand, and waits to be bound again */
	while (is_cxl_switch(port) && !port->users && READ_ONCE(port->up) &&
	       !cxla_port_has_children(port)) {
		struct cxl_port *parent = port->parent;

		get_device(&parent->dev);
		cxla_port_unregister(port);
		put_device(&port->dev);
		port = parent;
	}
	put_device(&port->dev);
}

/**
 * cxla_switch_put() - an endpoint below a switch port is gone
 * @port: the port it hung off; nothing happens unless that is a switch
 *
 * The last one takes the switch port with it, and so on upwards.
 *
 * Context: sleeps; no port's lock is held.
 */
void cxla_switch_put(struct cxl_port *port)
{
	guard(mutex)(&cxla_enum_mutex);

	if (!is_cxl_switch(port))
		return;
	port->users--;
	cxla_switch_reap(port);
}
EXPORT_SYMBOL_NS_GPL(cxla_switch_put, "CXL");

/**
 * cxla_enumerate_ports() - find, and where absent add, the ports above
 * @cxlmd: memdev, its lock held
 * @port: result: the port that the device hangs off, referenced, to be given
 *	back by cxla_switch_put() and put_device(), in that order
 *
 * Return: 0; -ENXIO and a reason: no root, or a port that is disabled; or an
 * error.
 */
int cxla_enumerate_ports(struct cxl_memdev *cxlmd, struct cxl_port **port)
{
	struct device *dport_dev = cxlmd->cxlds->dev->parent;
	struct device *above, *below;
	enum cxla_reason reason;
	int rc;

	device_lock_assert(&cxlmd->dev);
	if (!dport_dev)
		return cxla_refuse(cxlmd, CXLA_REASON_NO_ROOT);

	guard(mutex)(&cxla_enum_mutex);
	/* one more round for each switch that is not a port yet */
	for (int i = 0; i < CXLA_MAX_DEPTH; i++) {
		struct cxl_port *found __free(cxla_put_port) =
			cxla_find_above(dport_dev, &above, &below, &reason);

		if (!found)
			return cxla_refuse(cxlmd, reason);
		/* an integrated endpoint is a CXL 1.1 device */
		if (is_cxl_root(found))
			return cxla_refuse(cxlmd, CXLA_REASON_RESTRICTED_HOST);
		if (!below) {
			if (is_cxl_switch(found))
				found->users++;
			*port = no_free_ptr(found);
			return 0;
		}
		rc = cxla_switch_add(cxlmd, found, above, below);
		if (rc) {
			/* the round before may have added it, to no avail */
			struct cxl_port *added __free(cxla_put_port) =
				cxla_find_port_by_uport(below);

			cxla_switch_reap(added ?: found);
			return rc;
		}
	}
	return cxla_refuse(cxlmd, CXLA_REASON_NO_ROOT);
}
EXPORT_SYMBOL_NS_GPL(cxla_enumerate_ports, "CXL");

/**
 * cxla_ports_reread() - what the ports above a device decode may have changed
 * @cxlds: its state; no port's lock is held
 *
 * A switch that is no port now is read when it becomes one.
 *
 * Context: sleeps; takes cxla_enum_mutex, and the locks of the ports, one by one.
 * Return: true: it has changed.
 */
bool cxla_ports_reread(struct cxl_dev_state *cxlds)
{
	struct device *dport_dev = cxlds->dev->parent;
	struct device *above, *below;
	enum cxla_reason reason;
	bool changed = false;

	if (!dport_dev)
		return false;
	guard(mutex)(&cxla_enum_mutex);
	struct cxl_port *port __free(cxla_put_port) =
		cxla_find_above(dport_dev, &above, &below, &reason);

	/* each keeps the one above */
	for (struct cxl_port *p = port; p && !is_cxl_root(p); p = p->parent)
		scoped_guard(device, &p->dev)
			if (p->up && cxla_hdm_reread(p) > 0)
				changed = true;
	return changed;
}
