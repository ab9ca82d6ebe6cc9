/* SPDX-License-Identifier: GPL-2.0-only */
/* Ports, and the downstream ports by which they lead on. */
#ifndef __CXLA_PORT_H__
#define __CXLA_PORT_H__

#include <linux/list.h>
#include <linux/xarray.h>

#include "bus.h"
#include "hdm_regs.h"

struct cxl_decoder;

#define CXLA_MAX_DEPTH		8	/* subclasses that lockdep has */

/**
 * struct cxl_dport - a downstream port: where a port leads on
 * @dport_dev: root port, switch downstream port, or host bridge; referenced
 * @port: the port it belongs to
 * @port_id: its number in target lists: link capability port number, or _UID
 * @rch: a CXL 1.1 host bridge
 * @link: name of the symlink of @port to it, dportN; "": there is none
 *
 * Lives until its port is unbound, or its device was unplugged and another one
 * has its number.
 */
struct cxl_dport {
	struct device *dport_dev;
	struct cxl_port *port;
	u32 port_id;
	bool rch;
	char link[sizeof("dport4294967295")];
};

/**
 * struct cxl_port - root, host bridge, switch or endpoint
 * @dev: child of the parent port; of the platform device for a root
 * @uport_dev: what it stands for: ACPI0017, host bridge, switch upstream port,
 *	or memdev; referenced
 * @parent: the port above, referenced; NULL for a root
 * @parent_dport: which dport of it leads here; valid while @parent is bound
 * @reg_map: its component registers
 * @id: N of rootN, portN, endpointN
 * @depth: 0 for a root
 * @life: CXLA_DYING: somebody unregisters it
 * @up: its dports and decoders are there; written under the device lock
 * @seen: it was up before; device lock
 * @binding: endpoint: which binding of its memdev it belongs to
 * @reason: why it is not up, when setting it up came to -ENXIO; device lock
 * @gone: completed when unregistered
 * @dports: by port id; device lock
 * @nr_dports: how many; device lock
 * @children: ports below; cxla_children_lock
 * @sibling: on @children of the parent; cxla_children_lock
 * @users: switch: endpoints that were enumerated and hang off it, or are about
 *	to; cxla_enum_mutex
 * @hdm: mapping of the HDM decoder capability; while bound
 * @caps: its capability register
 * @passthrough: no HDM decoder, all goes to the one dport; while bound
 * @snapshot: endpoint: memory for what it decodes, for when it goes; its lock
 * @emulated: endpoint: ranges of its DVSEC stand for decoders; cxl_rwsem.region
 * @decoders: of this port, by instance; cxl_rwsem.region
 * @nr_decoders: how many there are
 */
struct cxl_port {
	struct device dev;
	struct device *uport_dev;
	struct cxl_port *parent;
	struct cxl_dport *parent_dport;
	struct cxl_register_map reg_map;
	int id;
	int depth;
	enum cxla_life life;
	bool up;
	bool seen;
	unsigned int binding;
	enum cxla_reason reason;
	struct completion gone;
	struct xarray dports;
	int nr_dports;
	struct list_head children;
	struct list_head sibling;
	int users;
	void __iomem *hdm;
	struct cxl_hdm_caps caps;
	bool passthrough;
	struct cxla_snapshot *snapshot;
	bool emulated;
	struct cxl_decoder **decoders;
	int nr_decoders;
};

#define to_cxl_port(d) container_of(d, struct cxl_port, dev)

static inline bool is_cxl_root(const struct cxl_port *port)
{
	return !port->parent;
}

static inline bool is_cxl_endpoint(const struct cxl_port *port)
{
	return is_cxl_memdev(port->uport_dev);
}

/* the host bridge above @port, which may be that itself; no root */
static inline struct cxl_port *cxla_bridge_above(struct cxl_port *port)
{
	while (!is_cxl_root(port->parent))
		port = port->parent;
	return port;
}

struct device *cxla_port_hw(struct cxl_port *port);
struct cxl_port *cxla_port_add(struct device *host, struct device *uport_dev,
			       const struct cxl_register_map *map,
			       struct cxl_dport *parent_dport);
void cxla_port_unregister(struct cxl_port *port);
void cxla_port_remove_children(struct cxl_port *port,
			       const struct cxl_dport *dport, bool stale);
struct cxl_port *cxla_find_port_by_uport(struct device *uport_dev);
int cxla_port_rescan(struct cxl_port *port);
bool cxla_port_has_children(struct cxl_port *port);
int cxla_dport_add(struct cxl_port *port, struct device *dport_dev,
		   u32 port_id, bool rch);
int cxla_dports_add(struct cxl_port *port);
void cxla_dports_remove(struct cxl_port *port);
struct cxl_dport *cxla_dport_by_dev(struct cxl_port *port,
				    struct device *dport_dev);
struct cxl_port *cxla_find_port_by_dport(struct device *dport_dev, bool *rch);

DEFINE_FREE(cxla_put_port, struct cxl_port *,
	    if (!IS_ERR_OR_NULL(_T)) put_device(&_T->dev))

#endif /* __CXLA_PORT_H__ */
