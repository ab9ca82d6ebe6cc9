// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: ports
 *
 * A port is a place where CXL.mem traffic is routed on, or ends: the root, a
 * host bridge, a switch, an endpoint. The device exists as long as what it
 * stands for is known; downstream ports and decoders exist while a driver is
 * bound to it. Taking a port away takes away all below it first.
 *
 * A port is unregistered once: whoever comes first does it, the others wait.
 */
#include <linux/idr.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "../pause/pause.h"
#include "decoder.h"

static DEFINE_IDA(cxla_port_ida);
/* children lists of all ports */
static DEFINE_MUTEX(cxla_children_lock);
/* device that a port stands for -> its struct cxl_port; own lock */
static DEFINE_XARRAY(cxla_uports);

static int cxla_port_nr_committed(const struct cxl_port *port)
{
	int committed = 0;

	for (int i = 0; i < port->nr_decoders; i++)
		if (port->decoders[i] &&
		    port->decoders[i]->flags & CXL_DECODER_F_ENABLE)
			committed++;
	return committed;
}

CXLA_ATTR_RO(decoders_committed, "%d", cxla_port_nr_committed(to_cxl_port(dev)));

static struct attribute *cxla_port_attributes[] = {
	&dev_attr_decoders_committed.attr,
	NULL
};

static const struct attribute_group cxla_port_group = {
	.attrs = cxla_port_attributes,
};

static const struct attribute_group *cxla_port_groups[] = {
	&cxla_base_group,
	&cxla_port_group,
	NULL
};

static void cxla_port_release(struct device *dev)
{
	struct cxl_port *port = to_cxl_port(dev);

	ida_free(&cxla_port_ida, port->id);
	put_device(port->uport_dev);
	if (port->parent)
		put_device(&port->parent->dev);
	xa_destroy(&port->dports);
	kfree(port);
}

static const struct cxla_type cxla_root_type = {
	.base.name = "cxl_port",
	.base.release = cxla_port_release,
	.base.groups = cxla_port_groups,
	.id = CXLA_DEVICE_ROOT,
};

static const struct cxla_type cxla_port_type = {
	.base.name = "cxl_port",
	.base.release = cxla_port_release,
	.base.groups = cxla_port_groups,
	.id = CXLA_DEVICE_PORT,
	.life = CXLA_LIFE_OF(struct cxl_port),
};

static struct cxl_port *cxla_port_alloc(struct device *host,
					struct device *uport_dev,
					struct cxl_dport *parent_dport)
{
	int id;

	if (parent_dport && parent_dport->port->depth + 1 >= CXLA_MAX_DEPTH) {
		dev_err(uport_dev, "more than %d levels of CXL ports\n",
			CXLA_MAX_DEPTH - 1);
		return ERR_PTR(-ENXIO);
	}

	struct cxl_port *port __free(kfree) = kzalloc(sizeof(*port), GFP_KERNEL);
	if (!port)
		return ERR_PTR(-ENOMEM);

	id = ida_alloc(&cxla_port_ida, GFP_KERNEL);
	if (id < 0)
		return ERR_PTR(id);

	port->id = id;
	port->uport_dev = get_device(uport_dev);
	if (parent_dport) {
		port->parent_dport = parent_dport;
		port->parent = parent_dport->port;
		get_device(&port->parent->dev);
		port->depth = port->parent->depth + 1;
	}
	port->reg_map.resource = CXL_RESOURCE_NONE;
	init_completion(&port->gone);
	xa_init(&port->dports);
	INIT_LIST_HEAD(&port->children);
	INIT_LIST_HEAD(&port->sibling);

	cxla_device_init(&port->dev, port->parent ? &port->parent->dev : host,
			 port->parent ? &cxla_port_type : &cxla_root_type);
	lockdep_set_subclass(&port->dev.mutex, port->depth);
	return no_free_ptr(port);
}

/**
 * cxla_port_hw() - the hardware that a port is the face of, for messages
 * @port: port
 *
 * Return: the PCI device of an endpoint or switch, the host bridge, or ACPI0017.
 */
struct device *cxla_port_hw(struct cxl_port *port)
{
	if (is_cxl_endpoint(port))
		return to_cxl_memdev(port->uport_dev)->cxlds->dev;
	return port->uport_dev;
}

static int cxla_port_name(struct cxl_port *port)
{
	return dev_set_name(&port->dev, "%s%d", is_cxl_root(port) ? "root" :
			    is_cxl_endpoint(port) ? "endpoint" : "port",
			    port->id);
}

static int cxla_port_link(struct cxl_port *port)
{
	struct kobject *kobj = &port->dev.kobj;
	int rc;

	rc = sysfs_create_link(kobj, &port->uport_dev->kobj, "uport");
	if (rc || is_cxl_root(port))
		return rc;
	return sysfs_create_link(kobj, &port->parent_dport->dport_dev->kobj,
				 "parent_dport");
}

/**
 * cxla_port_add() - add a port
 * @host: parent device of a root; ignored otherwise
 * @uport_dev: what the port stands for
 * @map: its component registers, or NULL
 * @parent_dport: which dport of the parent leads to it; NULL for a root. The
 *	caller holds the parent port's lock, and it is bound; for children of a
 *	root, the caller keeps the root.
 *
 * The port is on the parent's list of children until cxla_port_unregister().
 * One that is no root is brought up by cxla_device_bind().
 *
 * Context: sleeps.
 * Return: the port, one reference being the caller's to give to
 * cxla_port_unregister(); ERR_PTR(-EBUSY): @uport_dev has a port; or another
 * ERR_PTR().
 */
struct cxl_port *cxla_port_add(struct device *host, struct device *uport_dev,
			       const struct cxl_register_map *map,
			       struct cxl_dport *parent_dport)
{
	struct cxl_port *port __free(cxla_put_port) =
		cxla_port_alloc(host, uport_dev, parent_dport);
	int rc;

	if (IS_ERR(port))
		return port;

	if (map)
		port->reg_map = *map;
	port->reg_map.host = &port->dev;

	rc = cxla_port_name(port);
	if (rc)
		return ERR_PTR(rc);

	rc = xa_insert(&cxla_uports, (unsigned long)uport_dev, port,
		       GFP_KERNEL);
	if (rc)
		return ERR_PTR(rc);
	rc = device_add(&port->dev);
	if (rc) {
		xa_erase(&cxla_uports, (unsigned long)uport_dev);
		return ERR_PTR(rc);
	}
	if (parent_dport) {
		guard(mutex)(&cxla_children_lock);
		list_add_tail(&port->sibling, &port->parent->children);
	}
	rc = cxla_port_link(port);
	if (rc) {
		cxla_port_unregister(no_free_ptr(port));
		return ERR_PTR(rc);
	}
	port->up = is_cxl_root(port);
	WRITE_ONCE(port->life, CXLA_LIVE);
	return no_free_ptr(port);
}
EXPORT_SYMBOL_NS_GPL(cxla_port_add, "CXL");

/**
 * cxla_port_unregister() - take a port away, once
 * @port: port; a caller other than the one that added it holds a reference
 *
 * The first caller unbinds and unregisters it, others wait until that is done.
 * The reference that cxla_port_add() returned goes with the first.
 *
 * Context: sleeps. May hold locks of ports above, never of ones below.
 */
void cxla_port_unregister(struct cxl_port *port)
{
	if (xchg(&port->life, CXLA_DYING) == CXLA_DYING) {
		wait_for_completion(&port->gone);
		return;
	}

	cxla_pause(CXLA_PAUSE_PORT_DYING);
	sysfs_remove_link(&port->dev.kobj, "parent_dport");
	sysfs_remove_link(&port->dev.kobj, "uport");
	device_del(&port->dev);
	scoped_guard(mutex, &cxla_children_lock)
		list_del_init(&port->sibling);
	xa_erase(&cxla_uports, (unsigned long)port->uport_dev);
	complete_all(&port->gone);
	put_device(&port->dev);
}
EXPORT_SYMBOL_NS_GPL(cxla_port_unregister, "CXL");

/* the switch is not there any more, and nobody had it bound to hear of it */
static bool cxla_is_stale(const struct cxl_port *child)
{
	return !is_cxl_endpoint(child) &&
	       !device_is_registered(child->uport_dev);
}

/* a child of @port, as cxla_port_remove_children() says, referenced; or NULL */
static struct cxl_port *cxla_find_child(struct cxl_port *port,
					const struct cxl_dport *dport,
					bool stale)
{
	struct cxl_port *child;

	guard(mutex)(&cxla_children_lock);
	list_for_each_entry(child, &port->children, sibling)
		if ((!dport || child->parent_dport == dport) &&
		    (!stale || cxla_is_stale(child))) {
			get_device(&child->dev);
			return child;
		}
	return NULL;
}

bool cxla_port_has_children(struct cxl_port *port)
{
	guard(mutex)(&cxla_children_lock);
	return !list_empty(&port->children);
}

/**
 * cxla_port_remove_children() - unregister ports below
 * @port: its lock is held, so that none is added meanwhile
 * @dport: below this one of its downstream ports; NULL: below any
 * @stale: those alone that are switches that were unplugged
 */
void cxla_port_remove_children(struct cxl_port *port,
			       const struct cxl_dport *dport, bool stale)
{
	struct cxl_port *child;

	device_lock_assert(&port->dev);
	while ((child = cxla_find_child(port, dport, stale))) {
		cxla_port_unregister(child);
		put_device(&child->dev);
	}
}
EXPORT_SYMBOL_NS_GPL(cxla_port_remove_children, "CXL");

/**
 * cxla_find_port_by_uport() - the port of a device
 * @uport_dev: what the port stands for
 *
 * Context: any that may take a spinlock.
 * Return: the port, referenced, up or not; or NULL.
 */
struct cxl_port *cxla_find_port_by_uport(struct device *uport_dev)
{
	struct cxl_port *port;

	xa_lock(&cxla_uports);
	port = xa_load(&cxla_uports, (unsigned long)uport_dev);
	if (port)
		get_device(&port->dev);
	xa_unlock(&cxla_uports);
	return port;
}
