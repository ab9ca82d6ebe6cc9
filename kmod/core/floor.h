/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __CXLA_FLOOR_H__
#define __CXLA_FLOOR_H__

#include "root.h"

const struct cxl_decoder *cxla_port_raise(const struct cxl_port *port,
					  u64 *floor);
int cxla_window_floor(const struct cxl_root_decoder *cxlrd, u64 *floor);

#endif /* __CXLA_FLOOR_H__ */
