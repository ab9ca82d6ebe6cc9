/* SPDX-License-Identifier: GPL-2.0-only */
/* What a device and the ports above it decoded, to be put back after a reset. */
#ifndef __CXLA_SNAPSHOT_H__
#define __CXLA_SNAPSHOT_H__

#include <cxl/cxl.h>

int cxla_snapshot_prepare(struct cxl_port *endpoint);
void cxla_snapshot_take(struct cxl_port *endpoint);
void cxla_snapshot_flush(struct cxl_dev_state *cxlds);
int cxla_snapshot_restore(struct cxl_dev_state *cxlds);
void cxla_snapshot_drop(struct cxl_dev_state *cxlds);

#endif /* __CXLA_SNAPSHOT_H__ */
