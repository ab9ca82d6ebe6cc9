// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: downstream ports
 *
 * Where a port leads on: root ports of a host bridge, downstream ports of a
 * switch, host bridges of a root. They are found when the port is brought up, and
 * those that come later when a device below them looks for its way up.
 */
#include <linux/slab.h>

#include "decoder.h"
#include "pci.h"

/* device that is a downstream port -> its struct cxl_dport; own lock */
static DEFINE_XARRAY(cxla_dports);

static void cxla_dport_remove(struct cxl_dport *dport)
{
	struct cxl_port *port = dport->port;

	cxla_port_remove_children(port, dport, false);
	if (dport->link[0])
		sysfs_remove_link(&port->dev.kobj, dport->link);
	xa_erase(&cxla_dports, (unsigned long)dport->dport_dev);
	xa_erase(&port->dports, dport->port_id);
	put_device(dport->dport_dev);
	kfree(dport);
	port->nr_dports--;
}

/**
 * cxla_dport_add() - add a downstream port
 * @port: port, its lock held
 * @dport_dev: the device that is the downstream port
 * @port_id: its number in target lists
 * @rch: it is a CXL 1.1 host bridge
 *
 * One of that number that was unplugged makes room.
 *
 * Return: 0; -EBUSY: @port_id is there already; -EEXIST: @dport_dev is a dport
 * already, of this port or of another; -ENOMEM.
 */
int cxla_dport_add(struct cxl_port *port, struct device *dport_dev,
		   u32 port_id, bool rch)
{
	struct cxl_dport *old;
	int rc;

	device_lock_assert(&port->dev);

	if (xa_load(&cxla_dports, (unsigned long)dport_dev))
		return -EEXIST;
	old = xa_load(&port->dports, port_id);
	if (old && !device_is_registered(old->dport_dev))
		cxla_dport_remove(old);

	struct cxl_dport *dport __free(kfree) =
		kzalloc(sizeof(*dport), GFP_KERNEL);
	if (!dport)
		return -ENOMEM;
	dport->dport_dev = dport_dev;
	dport->port = port;
	dport->port_id = port_id;
	dport->rch = rch;

	rc = xa_insert(&port->dports, port_id, dport, GFP_KERNEL);
	if (rc)
		return rc;
	rc = xa_insert(&cxla_dports, (unsigned long)dport_dev, dport,
		       GFP_KERNEL);
	if (rc) {
		xa_erase(&port->dports, port_id);
		return rc == -EBUSY ? -EEXIST : rc;
	}

	snprintf(dport->link, sizeof(dport->link), "dport%u", port_id);
	if (sysfs_create_link(&port->dev.kobj, &dport_dev->kobj, dport->link))
		dport->link[0] = '\0';
	get_device(dport_dev);
	port->nr_dports++;
	retain_and_null_ptr(dport);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(cxla_dport_add, "CXL");

/*
 * Of a switch downstream ports are, of a host bridge root ports. A number that is
 * taken says that one of the two lies; the first one counts.
 */
static int cxla_dport_add_pci(struct device *dev, void *_port)
{
	struct cxl_port *port = _port;
	int type = dev_is_pci(port->uport_dev) ? PCI_EXP_TYPE_DOWNSTREAM :
						 PCI_EXP_TYPE_ROOT_PORT;
	struct pci_dev *pdev;
	int number, rc;

	if (!dev_is_pci(dev))
		return 0;
	pdev = to_pci_dev(dev);
	if (!pci_is_pcie(pdev) || pci_pcie_type(pdev) != type)
		return 0;

	number = cxla_pci_port_number(pdev);
	if (number < 0)
		return 0;
	rc = cxla_dport_add(port, dev, number, false);
	/* one that is there already is looked at again: cxla_port_rescan() */
	if (rc == -EEXIST)
		return 0;
	if (rc != -EBUSY)
		return rc;
	pci_err(pdev, "port number %d is taken, left out of %s\n", number,
		dev_name(&port->dev));
	return 0;
}

/**
 * cxla_dports_add() - add a port's downstream ports
 * @port: host bridge or switch, its lock held
 *
 * Root ports of a host bridge, downstream ports of a switch, which are children
 * of what the port stands for. Children, and not the bus, are walked: error
 * recovery takes locks of devices under the lock of the bus list.
 *
 * Return: 0, or the error of the one that could not be added.
 */
int cxla_dports_add(struct cxl_port *port)
{
	device_lock_assert(&port->dev);

	return device_for_each_child(port->uport_dev, port, cxla_dport_add_pci);
}

/**
 * cxla_dports_remove() - remove all downstream ports
 * @port: its lock is held
 */
void cxla_dports_remove(struct cxl_port *port)
{
	struct cxl_dport *dport;
	unsigned long index;

	device_lock_assert(&port->dev);
	xa_for_each(&port->dports, index, dport)
		cxla_dport_remove(dport);
}
EXPORT_SYMBOL_NS_GPL(cxla_dports_remove, "CXL");

/**
 * cxla_port_rescan() - look for downstream ports that came
 * @port: host bridge or switch, its lock not held
 *
 * Context: sleeps; cxla_enum_mutex may be held.
 * Return: 0; -ENXIO: it is not up; or an error.
 */
int cxla_port_rescan(struct cxl_port *port)
{
	struct cxl_dport *dport;
	unsigned long index = 0;
	int rc;

	guard(device)(&port->dev);
	if (!port->up)
		return -ENXIO;
	rc = cxla_dports_add(port);
	if (rc || !port->passthrough || port->nr_dports != 1)
		return rc;
	dport = xa_find(&port->dports, &index, ULONG_MAX, XA_PRESENT);
	guard(rwsem_write)(&cxl_rwsem.region);
	port->decoders[0]->targets[0] = dport->port_id;
	return 0;
}

/**
 * cxla_dport_by_dev() - the dport of a port that a device is
 * @port: port, its lock held
 * @dport_dev: device
 *
 * Return: the dport, valid as long as the lock is held and no longer than
 * @port stays bound; or NULL.
 */
struct cxl_dport *cxla_dport_by_dev(struct cxl_port *port,
				    struct device *dport_dev)
{
	struct cxl_dport *dport;

	device_lock_assert(&port->dev);
	dport = xa_load(&cxla_dports, (unsigned long)dport_dev);
	return dport && dport->port == port ? dport : NULL;
}
EXPORT_SYMBOL_NS_GPL(cxla_dport_by_dev, "CXL");

/**
 * cxla_find_port_by_dport() - the port that a device is a dport of
 * @dport_dev: root port, switch downstream port, or host bridge
 * @rch: result: it is a CXL 1.1 host bridge; may be NULL
 *
 * Context: any that may take a spinlock.
 * Return: the port, referenced, or NULL. It may be unbound meanwhile: lock it
 * and ask cxla_dport_by_dev() again.
 */
struct cxl_port *cxla_find_port_by_dport(struct device *dport_dev, bool *rch)
{
	struct cxl_port *port = NULL;
	struct cxl_dport *dport;

	xa_lock(&cxla_dports);
	dport = xa_load(&cxla_dports, (unsigned long)dport_dev);
	if (dport) {
		port = dport->port;
		get_device(&port->dev);
		if (rch)
			*rch = dport->rch;
	}
	xa_unlock(&cxla_dports);
	return port;
}
EXPORT_SYMBOL_NS_GPL(cxla_find_port_by_dport, "CXL");
