/* SPDX-License-Identifier: GPL-2.0-only */
/* What a device and the ports above it decoded, to be put back after a reset. */
#ifndef __CXLA_SNAPSHOT_H__
#define __CXLA_SNAPSHOT_H__

#include <cxl/cxl.h>

#include "access.h"
#include "attach.h"
#include "pci.h"

int cxla_snapshot_prepare(struct cxl_port *endpoint);
void cxla_snapshot_forget(struct cxl_port *endpoint);
void cxla_snapshot_take(struct cxl_port *endpoint);
void cxla_snapshot_flush(struct cxl_dev_state *cxlds);
int cxla_snapshot_restore(struct cxl_dev_state *cxlds);
void cxla_snapshot_drop(struct cxl_dev_state *cxlds);

/* ------------------- of snapshot.c and restore.c alone -------------- */

#define CXLA_DVSEC_RANGE_BASE(i)	(0x20 + 0x10 * (i))

/**
 * struct cxla_component - the decoders of one component
 * @uport_dev: host bridge or upstream port of a switch, referenced; NULL: the
 *	device
 * @nr: how many; 0: it passes all on
 * @regs: each, as read, and of one that is not to come back nothing; of one that was
 *	not committed control alone
 */
struct cxla_component {
	struct device *uport_dev;
	int nr;
	struct cxl_hdm_regs regs[] __counted_by(nr);
};

/**
 * struct cxla_dvsec - the DVSEC for CXL devices
 * @known: what follows was read
 * @ctrl: its control register
 * @base: of its ranges, high and low
 * @lock: the register of CONFIG_LOCK
 */
struct cxla_dvsec {
	bool known;
	u16 ctrl;
	u32 base[CXLA_DVSEC_RANGES][2];
	u16 lock;
};

/**
 * struct cxla_snapshot - a device and all above it
 * @device: its own decoders
 * @above: of the ports above, from the one that it hangs off upwards
 * @nr_above: how many
 * @now: as many registers as @device has, to read into
 * @emulated: @device is made up of ranges of the DVSEC
 * @dvsec: of @device
 */
struct cxla_snapshot {
	struct cxla_component *device;
	struct cxla_component *above[CXLA_MAX_DEPTH];
	int nr_above;
	struct cxl_hdm_regs *now;
	bool emulated;
	struct cxla_dvsec dvsec;
};

bool cxla_regs_range(const struct cxl_hdm_regs *regs, struct range *range);
bool cxla_snapshot_range(const struct cxla_snapshot *s, int *i,
			 struct range *range);
void cxla_snapshot_free(struct cxla_snapshot *s);
DEFINE_FREE(cxla_snapshot_free, struct cxla_snapshot *, cxla_snapshot_free(_T))

#endif /* __CXLA_SNAPSHOT_H__ */
