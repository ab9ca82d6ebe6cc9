/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __CXLA_USER_REGION_H__
#define __CXLA_USER_REGION_H__

#include "region.h"

int cxla_user_region_next(struct cxl_root_decoder *cxlrd);
int cxla_user_region_make(struct cxl_root_decoder *cxlrd, const char *name);
void cxla_user_regions_end(struct cxl_root_decoder *cxlrd);
int cxla_user_region_set_ways(struct cxl_region *cxlr, const char *text);
int cxla_user_region_set_granularity(struct cxl_region *cxlr, const char *text);
int cxla_user_region_set_size(struct cxl_region *cxlr, const char *text);
int cxla_user_region_set_target(struct cxl_region *cxlr, int pos,
				const char *name);
int cxla_user_region_set_uuid(struct cxl_region *cxlr, const char *text);
int cxla_user_region_check(const struct cxl_region *cxlr);
int cxla_user_region_commit(struct cxl_region *cxlr);
int cxla_user_region_reset(struct cxl_region *cxlr);
void cxla_region_unmake_user(struct cxl_region *cxlr);

#endif /* __CXLA_USER_REGION_H__ */
