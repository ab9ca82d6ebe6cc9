// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: the root of the fabric, and what is on the bus
 *
 * Does what cxla_acpi does when it is bound and unbound, with windows and host
 * bridges that come from the test and not from ACPI.
 */
#include <linux/ioport.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "fake_impl.h"
#include "fake_mmio.h"

/* not exported; known from the first root on */
static const struct bus_type *fake_bus;

static int fake_add_bridge(struct fake_fabric *f, struct fake_node *node)
{
	struct cxl_register_map map = {
		.host = &f->platform->dev,
		.resource = node->registers ?:
			    FAKE_MMIO_BASE + (u64)node->block * SZ_64K,
		.max_size = SZ_64K,
		.reg_type = CXL_REGLOC_RBI_COMPONENT,
	};
	struct device *bridge = &node->host->dev;
	struct cxl_dport *dport;
	struct cxl_port *port;
	int rc;

	scoped_guard(device, &f->root->dev) {
		rc = cxla_dport_add(f->root, bridge, node->number,
				    node->kind == FAKE_RCH);
		if (rc)
			return rc;
		dport = cxla_dport_by_dev(f->root, bridge);
	}
	if (node->kind == FAKE_RCH)
		return 0;
	rc = cxla_probe_component_regs(&map);
	if (rc)
		return rc;
	port = cxla_port_add(NULL, bridge, &map, dport);
	if (IS_ERR(port))
		return PTR_ERR(port);
	rc = cxla_device_bind(&port->dev);
	return rc == -ENOMEM ? rc : 0;
}

static int fake_add_windows(struct fake_fabric *f)
{
	int rc, error = 0;

	if (!f->nr_windows)
		return 0;
	rc = cxla_decoders_alloc(f->root, f->nr_windows);
	if (rc)
		return rc;
	/* the others may be good */
	for (int i = 0; i < f->nr_windows; i++) {
		rc = cxla_window_add(f->root, i, &f->windows[i]);
		error = error ?: rc;
	}
	return error;
}

/**
 * fake_root_add() - a root, its windows and host bridges
 * @f: fabric that was started
 *
 * A window or bridge that can't be added is left out, as by cxla_acpi.
 *
 * Return: 0, or the first error.
 */
int fake_root_add(struct fake_fabric *f)
{
	struct fake_node *node;
	struct cxl_port *root;
	int rc, error;

	root = cxla_port_add(&f->platform->dev, &f->platform->dev, NULL, NULL);
	if (IS_ERR(root))
		return PTR_ERR(root);
	f->root = root;
	fake_bus = root->dev.bus;
	error = fake_add_windows(f);
	list_for_each_entry(node, &f->nodes, list) {
		if (node->parent)
			continue;
		rc = fake_add_bridge(f, node);
		error = error ?: rc;
	}
	return error;
}
EXPORT_SYMBOL_GPL(fake_root_add);

void fake_root_remove(struct fake_fabric *f)
{
	if (!f->root)
		return;
	scoped_guard(device, &f->root->dev)
		cxla_port_remove_children(f->root, NULL, false);
	cxla_windows_remove(f->root);
	scoped_guard(device, &f->root->dev)
		cxla_dports_remove(f->root);
	cxla_port_unregister(f->root);
	f->root = NULL;
}
EXPORT_SYMBOL_GPL(fake_root_remove);

static bool fake_is_type(const struct device *dev, const char *name)
{
	return dev->type && !strcmp(dev->type->name, name);
}

static int fake_match_uport(struct device *dev, const void *uport_dev)
{
	return fake_is_type(dev, "cxl_port") &&
	       to_cxl_port(dev)->uport_dev == uport_dev;
}

struct cxl_port *fake_port(struct fake_node *node)
{
	struct device *uport = node->host ? &node->host->dev : &node->pdev->dev;
	struct device *dev;

	if (!fake_bus)
		return NULL;
	dev = bus_find_device(fake_bus, NULL, uport, fake_match_uport);
	return dev ? to_cxl_port(dev) : NULL;
}
EXPORT_SYMBOL_GPL(fake_port);

/* ------------------------------ snapshot ----------------------------- */

static int fake_count_device(struct device *dev, void *data)
{
	struct fake_snapshot *snapshot = data;

	snapshot->devices++;
	if (fake_is_type(dev, "cxl_port")) {
		if (strstarts(dev_name(dev), "endpoint"))
			snapshot->endpoints++;
		else
			snapshot->ports++;
	} else if (fake_is_type(dev, "cxl_memdev")) {
		snapshot->memdevs++;
	} else if (fake_is_type(dev, "cxl_region")) {
		snapshot->regions++;
	} else {
		snapshot->decoders++;
	}
	return 0;
}

static const struct resource *fake_next_resource(const struct resource *res)
{
	if (res->child)
		return res->child;
	while (res && !res->sibling)
		res = res->parent;
	return res ? res->sibling : NULL;
}

struct fake_snapshot fake_snapshot(void)
{
	const struct resource *res = iomem_resource.child;
	struct fake_snapshot snapshot = { .mappings = fake_mmio_mapped() };

	if (fake_bus)
		bus_for_each_dev(fake_bus, NULL, &snapshot, fake_count_device);
	for (; res; res = fake_next_resource(res)) {
		snapshot.iomem++;
		if (res->name && strstarts(res->name, "region"))
			snapshot.iomem_regions++;
	}
	return snapshot;
}
EXPORT_SYMBOL_GPL(fake_snapshot);
