// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: building a fabric
 *
 * Nodes are made top-down and live as long as the fabric. Their hardware
 * answers from the start, so that a test may put values in before anybody looks
 * at them.
 */
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/slab.h>

#include "fake_impl.h"
#include "fake_mailbox.h"

MODULE_IMPORT_NS("CXL");

static struct fake_fabric *fake_the_fabric;

struct fake_fabric *fake_fabric_create(void)
{
	struct fake_fabric *f;

	if (WARN_ON(fake_the_fabric))
		return NULL;
	f = kzalloc(sizeof(*f), GFP_KERNEL);
	if (!f)
		return NULL;
	INIT_LIST_HEAD(&f->nodes);
	fake_the_fabric = f;
	fake_hdm_start();
	return f;
}
EXPORT_SYMBOL_GPL(fake_fabric_create);

static void fake_node_free(struct fake_node *node)
{
	list_del(&node->list);
	fake_mailbox_free(node);
	fake_hdm_free_node(node);
	free_page((unsigned long)node->cfg);
	kfree(node);
}

void fake_fabric_destroy(struct fake_fabric *f)
{
	struct fake_node *node, *next;

	if (!f)
		return;
	f->slow = false;
	fake_let_go();
	list_for_each_entry(node, &f->nodes, list)
		fake_unbind(node);
	fake_root_remove(f);
	fake_pci_stop(f);
	if (!IS_ERR_OR_NULL(f->platform))
		platform_device_unregister(f->platform);
	fake_hdm_stop();
	list_for_each_entry_safe(node, next, &f->nodes, list)
		fake_node_free(node);
	kfree(f);
	fake_the_fabric = NULL;
}
EXPORT_SYMBOL_GPL(fake_fabric_destroy);

int fake_fabric_start(struct fake_fabric *f)
{
	int rc;

	if (f->started)
		return -EBUSY;
	f->started = true;
	if (f->error)
		return f->error;
	f->platform = platform_device_register_simple("fake_root", -1, NULL, 0);
	if (IS_ERR(f->platform))
		return PTR_ERR(f->platform);
	rc = fake_pci_start(f);
	fake_count_reset(f);
	return rc;
}
EXPORT_SYMBOL_GPL(fake_fabric_start);

void fake_count_reset(struct fake_fabric *f)
{
	struct fake_node *node;

	memset(&f->count, 0, sizeof(f->count));
	f->nr_changes = 0;
	list_for_each_entry(node, &f->nodes, list)
		memset(&node->count, 0, sizeof(node->count));
}
EXPORT_SYMBOL_GPL(fake_count_reset);

/* ------------------------------- nodes ----------------------------- */

static bool fake_has_block(enum fake_kind kind)
{
	return kind == FAKE_BRIDGE || kind == FAKE_UPSTREAM ||
	       kind == FAKE_ENDPOINT;
}

/* to be filled in and given to fake_node_add() */
static struct fake_node *fake_node_alloc(struct fake_fabric *f,
					 struct fake_node *parent,
					 enum fake_kind kind)
{
	struct fake_node *node = kzalloc(sizeof(*node), GFP_KERNEL);

	if (!node) {
		f->error = -ENOMEM;
		return NULL;
	}
	node->fabric = f;
	node->parent = parent;
	node->kind = kind;
	node->block = -1;
	node->accel.media_ready = true;
	node->accel.memdev = ERR_PTR(-ENODEV);
	return node;
}

static struct fake_node *fake_node_add(struct fake_node *node)
{
	struct fake_fabric *f = node->fabric;
	int rc = 0;

	list_add_tail(&node->list, &f->nodes);
	node->cfg = (u8 *)get_zeroed_page(GFP_KERNEL);
	if (!node->cfg)
		rc = -ENOMEM;
	else if (f->started)
		rc = -EBUSY;
	else if (fake_has_block(node->kind))
		rc = fake_hdm_init_node(node);
	if (rc) {
		fake_node_free(node);
		f->error = f->error ?: rc;
		return NULL;
	}
	fake_pci_init_node(node);
	if (node->parent)
		node->parent->nr_children++;
	return node;
}

static struct fake_node *fake_bridge_add(struct fake_fabric *f, u32 uid,
					 int decoders, enum fake_kind kind)
{
	struct fake_node *node = fake_node_alloc(f, NULL, kind);

	if (!node)
		return NULL;
	node->number = uid;
	node->nr_decoders = decoders;
	return fake_node_add(node);
}

struct fake_node *fake_bridge(struct fake_fabric *f, u32 uid, int decoders)
{
	return fake_bridge_add(f, uid, decoders, FAKE_BRIDGE);
}
EXPORT_SYMBOL_GPL(fake_bridge);

struct fake_node *fake_rch(struct fake_fabric *f, u32 uid)
{
	return fake_bridge_add(f, uid, 0, FAKE_RCH);
}
EXPORT_SYMBOL_GPL(fake_rch);

/* @kind in the next free device of the bus below @parent */
static struct fake_node *fake_port_add(struct fake_node *parent, u8 number,
				       enum fake_kind kind)
{
	struct fake_node *node;

	if (!parent)
		return NULL;
	node = fake_node_alloc(parent->fabric, parent, kind);
	if (!node)
		return NULL;
	node->number = number;
	node->devfn = PCI_DEVFN(parent->nr_children, 0);
	return fake_node_add(node);
}

struct fake_node *fake_root_port(struct fake_node *bridge, u8 number)
{
	return fake_port_add(bridge, number, FAKE_ROOT_PORT);
}
EXPORT_SYMBOL_GPL(fake_root_port);

struct fake_node *fake_downstream(struct fake_node *upstream, u8 number)
{
	return fake_port_add(upstream, number, FAKE_DOWNSTREAM);
}
EXPORT_SYMBOL_GPL(fake_downstream);

static struct fake_node *fake_function(struct fake_node *port,
				       unsigned int devfn, int decoders,
				       u64 capacity, enum fake_kind kind)
{
	struct fake_node *node;

	if (!port)
		return NULL;
	node = fake_node_alloc(port->fabric, port, kind);
	if (!node)
		return NULL;
	node->devfn = devfn;
	node->nr_decoders = decoders;
	node->capacity = capacity;
	node->accel.capacity = capacity;
	return fake_node_add(node);
}

struct fake_node *fake_switch(struct fake_node *port, int decoders)
{
	return fake_function(port, 0, decoders, 0, FAKE_UPSTREAM);
}
EXPORT_SYMBOL_GPL(fake_switch);

struct fake_node *fake_endpoint(struct fake_node *port, unsigned int devfn,
				int decoders, u64 capacity)
{
	return fake_function(port, devfn, decoders, capacity, FAKE_ENDPOINT);
}
EXPORT_SYMBOL_GPL(fake_endpoint);

void fake_on_read(struct fake_node *node, unsigned int kinds, unsigned int n,
		  void (*fn)(struct fake_node *node, void *data), void *data)
{
	node->on_read = fn;
	node->on_read_data = data;
	node->on_read_left = n;
	node->on_read_kinds = n ? kinds : 0;
}
EXPORT_SYMBOL_GPL(fake_on_read);

void fake_vanish(struct fake_node *node, void *data)
{
	WRITE_ONCE(node->gone, true);
}
EXPORT_SYMBOL_GPL(fake_vanish);

/* ------------------------------ windows ---------------------------- */

void fake_window_target(struct cxla_window *window, struct fake_node *bridge)
{
	if (window && bridge && window->ways < CXLA_MAX_TARGETS)
		window->targets[window->ways++] = bridge->number;
}
EXPORT_SYMBOL_GPL(fake_window_target);

struct cxla_window *fake_window(struct fake_fabric *f, struct fake_node *bridge,
				u64 base, u64 size)
{
	struct cxla_window *window;

	if (f->nr_windows == FAKE_MAX_WINDOWS) {
		f->error = -ENOSPC;
		return NULL;
	}
	window = &f->windows[f->nr_windows++];
	*window = (struct cxla_window) {
		.range = { .start = base, .end = base + size - 1 },
		.granularity = 256,
		.flags = CXL_DECODER_F_RAM | CXL_DECODER_F_TYPE2 |
			 CXL_DECODER_F_TYPE3,
	};
	fake_window_target(window, bridge);
	return window;
}
EXPORT_SYMBOL_GPL(fake_window);

/* ------------------------------- module ---------------------------- */

static int __init fake_fabric_init(void)
{
	int rc = fake_accel_init();

	if (rc)
		return rc;
	fake_log_init();
	return 0;
}
module_init(fake_fabric_init);

static void __exit fake_fabric_exit(void)
{
	fake_log_exit();
	fake_accel_exit();
}
module_exit(fake_fabric_exit);

MODULE_DESCRIPTION("A CXL fabric that isn't there");
MODULE_LICENSE("GPL");
