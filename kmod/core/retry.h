/* SPDX-License-Identifier: GPL-2.0-only */
/* What was missing comes later. */
#ifndef __CXLA_RETRY_H__
#define __CXLA_RETRY_H__

#include <cxl/cxl.h>

/**
 * enum cxla_retry_why - what may help drivers that are without a range
 * @CXLA_RETRY_ARRIVED: a root or a port came up
 * @CXLA_RETRY_UNCLAIMED: who had a range has let go of it
 */
enum cxla_retry_why {
	CXLA_RETRY_ARRIVED,
	CXLA_RETRY_UNCLAIMED,
	CXLA_NR_RETRIES,
};

void cxla_retry_kick(enum cxla_retry_why why);
void cxla_news_seen(struct cxl_dev_state *cxlds);
void cxla_retry_update(struct cxl_dev_state *cxlds);

void cxla_retry_later(struct cxl_dev_state *cxlds);
void cxla_memdev_wake(struct cxl_dev_state *cxlds);

#endif /* __CXLA_RETRY_H__ */
