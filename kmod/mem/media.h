/* SPDX-License-Identifier: GPL-2.0-only */
/* is the memory of a device ready, and how much is it */
#ifndef __CXLA_MEDIA_H__
#define __CXLA_MEDIA_H__

#include <cxl/cxl.h>

bool cxla_media_is_ready(struct cxl_dev_state *cxlds);
int cxla_media_poll(struct cxl_dev_state *cxlds, unsigned long since,
		    u64 *capacity);
int cxla_media_await(struct cxl_dev_state *cxlds, u64 *capacity);

#endif /* __CXLA_MEDIA_H__ */
