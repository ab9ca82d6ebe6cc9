/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: who owns which range
 *
 * One claim at a time on each byte: who claims second is told so, and the ledger
 * lists the claims. Of a range that nobody has it lists the reason, which is
 * kept by whoever has that: a region, or cxla_hmem.
 */
#ifndef __CXLA_LEDGER_H__
#define __CXLA_LEDGER_H__

#include <cxl/cxl.h>
#include <linux/range.h>
#include <linux/types.h>

struct dentry;
struct device;
struct resource;

/**
 * enum cxla_owner - whose a range is
 * @CXLA_OWNER_NONE: nobody's, and the reason says why
 * @CXLA_OWNER_ACCEL: that of an accelerator and its driver
 * @CXLA_OWNER_DAX: a region's; cxla_dax gives it to device-dax
 * @CXLA_OWNER_HMEM: no region's; cxla_hmem gives it to device-dax
 * @CXLA_OWNER_IN_TREE: the in-tree stack's, as the iomem tree shows
 * @CXLA_OWNER_REGION: a region's own, while it is being changed
 */
enum cxla_owner {
	CXLA_OWNER_NONE,
	CXLA_OWNER_ACCEL,
	CXLA_OWNER_DAX,
	CXLA_OWNER_HMEM,
	CXLA_OWNER_IN_TREE,
	CXLA_OWNER_REGION,
	CXLA_NR_OWNERS,
};

/**
 * enum cxla_ledger_state - what became of a range
 * @CXLA_LEDGER_FREE: nobody claims it
 * @CXLA_LEDGER_WAITING: it is to be decided yet
 * @CXLA_LEDGER_RESERVED: kept for an owner who has not come yet
 * @CXLA_LEDGER_FOREIGN: somebody has it who claims nothing from us
 * @CXLA_LEDGER_OWNED: claimed
 * @CXLA_LEDGER_QUARANTINED: claimed by one who lost it and may touch it still
 */
enum cxla_ledger_state {
	CXLA_LEDGER_FREE,
	CXLA_LEDGER_WAITING,
	CXLA_LEDGER_RESERVED,
	CXLA_LEDGER_FOREIGN,
	CXLA_LEDGER_OWNED,
	CXLA_LEDGER_QUARANTINED,
	CXLA_NR_LEDGER_STATES,
};

/**
 * enum cxla_ledger_why - the reason of a decision
 * @CXLA_WHY_ATTACHED: an accelerator's driver got it
 * @CXLA_WHY_REVOKED: its region went, the driver has not let go of it
 * @CXLA_WHY_RELEASED: whoever had it gave it back
 * @CXLA_WHY_REGION: it is a committed region's, or becomes one
 * @CXLA_WHY_REGION_IDLE: a region has it, and no driver has the region
 * @CXLA_WHY_REGION_GONE: the region that it was is no more
 * @CXLA_WHY_NO_REGION: in a window, and no region contains it
 * @CXLA_WHY_NO_WINDOW: in no window, so that CXL has no say in it
 * @CXLA_WHY_MEANT: a committed decoder leads to a device meant for an
 *	accelerator's driver
 * @CXLA_WHY_PROBING: devices are being probed
 * @CXLA_WHY_NO_CXL: CXL enumeration has not been started
 * @CXLA_WHY_TOO_SMALL: less than device-dax can take, after alignment
 * @CXLA_WHY_IN_USE: the iomem tree shows somebody who has it
 * @CXLA_WHY_ONLINE: it could not be taken offline as System RAM
 * @CXLA_WHY_UNBOUND: cxla_hmem was unbound before it decided
 * @CXLA_WHY_CHANGING: the region is being uncommitted or deleted
 * @CXLA_WHY_ERROR: giving it to its owner failed; the kernel log has more
 */
enum cxla_ledger_why {
	CXLA_WHY_ATTACHED,
	CXLA_WHY_REVOKED,
	CXLA_WHY_RELEASED,
	CXLA_WHY_REGION,
	CXLA_WHY_REGION_IDLE,
	CXLA_WHY_REGION_GONE,
	CXLA_WHY_NO_REGION,
	CXLA_WHY_NO_WINDOW,
	CXLA_WHY_MEANT,
	CXLA_WHY_PROBING,
	CXLA_WHY_NO_CXL,
	CXLA_WHY_TOO_SMALL,
	CXLA_WHY_IN_USE,
	CXLA_WHY_ONLINE,
	CXLA_WHY_UNBOUND,
	CXLA_WHY_ERROR,
	CXLA_WHY_CHANGING,
	CXLA_NR_WHYS,
};

#define CXLA_WHO_LEN	32	/* as long as CARVE_WHO_LEN */

/**
 * struct cxla_verdict - a decision about a range
 * @owner: whose it is
 * @state: what became of it
 * @why: the reason
 * @who: name of the device or driver that it is about; "" none
 */
struct cxla_verdict {
	enum cxla_owner owner;
	enum cxla_ledger_state state;
	enum cxla_ledger_why why;
	char who[CXLA_WHO_LEN];
};

/**
 * struct cxla_ledger_line - what is so at a range
 * @range: HPA, inclusive
 * @verdict: whose it is, or why nobody's
 * @time_ns: since when, since boot
 */
struct cxla_ledger_line {
	struct range range;
	struct cxla_verdict verdict;
	u64 time_ns;
};

/* claim.c */
int cxla_claim(struct cxla_claim *claim, const struct range *range,
	       const struct cxla_verdict *verdict, struct cxla_verdict *holder);
void cxla_claim_mark(struct cxla_claim *claim, enum cxla_ledger_state state,
		     enum cxla_ledger_why why);
void cxla_unclaim(struct cxla_claim *claim);
int devm_cxla_claim(struct device *dev, const struct range *range,
		    const struct cxla_verdict *verdict);
int cxla_reserve(const struct range *range, const char *who);
void cxla_unreserve(const char *who);
bool cxla_claim_next(u64 hpa, struct cxla_ledger_line *line);
bool cxla_reservation_next(u64 hpa, struct cxla_ledger_line *line);
void cxla_claims_exit(void);

bool cxla_range_in_iomem(const struct range *range, unsigned long flags);
int cxla_resource_insert(struct resource *parent, struct resource *res);
void cxla_resource_remove(struct resource *res);

/* ledger.c */
bool cxla_ledger_next(u64 hpa, struct cxla_ledger_line *line);
void cxla_ledger_set_source(bool (*next)(u64 hpa,
					 struct cxla_ledger_line *line));
void cxla_ledger_init(struct dentry *dir);

const char *cxla_owner_str(enum cxla_owner owner);
const char *cxla_ledger_state_str(enum cxla_ledger_state state);
const char *cxla_ledger_why_str(enum cxla_ledger_why why);

#endif /* __CXLA_LEDGER_H__ */
