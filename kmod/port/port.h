/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __CXLA_PORT_DRIVER_H__
#define __CXLA_PORT_DRIVER_H__

#include "../core/attach.h"

extern const struct attribute_group *cxla_port_cdat_groups[];

int devm_cxl_add_endpoint(struct cxl_port *port, struct cxl_memdev *cxlmd);

#endif /* __CXLA_PORT_DRIVER_H__ */
