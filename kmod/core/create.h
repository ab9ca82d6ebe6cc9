/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __CXLA_CREATE_H__
#define __CXLA_CREATE_H__

#include "region.h"

int cxla_region_create(struct cxl_memdev *cxlmd);
void cxla_region_unmake(struct cxl_port *endpoint);

#endif /* __CXLA_CREATE_H__ */
