/* SPDX-License-Identifier: GPL-2.0-only */
/* Memdevs: how they are attached to a range, and how that ends. */
#ifndef __CXLA_ATTACH_H__
#define __CXLA_ATTACH_H__

#include "record.h"
#include "region.h"

enum cxla_memdev_flags {
	CXLA_MEMDEV_F_ATTACHED,	/* the driver got its range; @lock */
	CXLA_MEMDEV_F_REVOKING,	/* the range is being taken back, or was; @lock */
	CXLA_MEMDEV_F_RELEASED,	/* its owner let go of it; lock of the owner */
};

struct cxl_memdev *cxla_memdev_add(struct cxl_dev_state *cxlds,
				   const struct cxl_memdev_attach *attach);
void cxla_memdev_drop(struct cxl_memdev *cxlmd);

extern struct mutex cxla_enum_mutex;
int cxla_enumerate_ports(struct cxl_memdev *cxlmd, struct cxl_port **port);
void cxla_switch_put(struct cxl_port *port);
bool cxla_ports_reread(struct cxl_dev_state *cxlds);
bool cxla_is_rerouted(struct cxl_dev_state *cxlds);
int cxla_memdev_reroute(struct cxl_memdev *cxlmd);
void cxla_memdev_restore(struct cxl_memdev *cxlmd);
int cxla_port_bring_up(struct cxl_memdev *cxlmd, struct cxl_port *port);
int cxla_port_setup(struct cxl_port *port);
void cxla_port_teardown(struct cxl_port *port);

void cxla_attach_init(struct cxl_memdev *cxlmd);
void cxla_attach_revoke(struct cxl_memdev *cxlmd);
bool cxla_attach_complete(struct cxl_memdev *cxlmd);

void cxla_detach_queue(struct cxl_memdev *cxlmd, unsigned int binding);
bool cxla_device_detaching(struct device *dev);

#endif /* __CXLA_ATTACH_H__ */
