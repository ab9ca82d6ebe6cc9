/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __CXLA_CREATE_H__
#define __CXLA_CREATE_H__

#include "region.h"

int cxla_attach_claim(struct cxl_memdev *cxlmd, struct cxla_claim *claim,
		      const struct range *range, struct cxla_verdict *holder);
int cxla_region_create(struct cxl_memdev *cxlmd);
void cxla_region_unmake(struct cxl_port *endpoint);

#endif /* __CXLA_CREATE_H__ */
