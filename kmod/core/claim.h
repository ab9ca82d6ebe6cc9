/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: who owns which range
 *
 * One claim at a time on each byte: who claims second is told so, and the ledger
 * lists the claims. Of a range that nobody has it lists the reason, which is
 * kept by whoever has that: a region, or cxla_hmem.
 */
#ifndef __CXLA_CLAIM_H__
#define __CXLA_CLAIM_H__

#include <cxl/cxl.h>
#include <linux/range.h>
#include <linux/types.h>

struct device;
struct resource;

/* whose a range is: name, word in the ledger */
#define CXLA_OWNERS(_)							       \
	_(NONE, "none")		/* nobody's, and the reason says why */	       \
	_(ACCEL, "accelerator")	/* that of an accelerator and its driver */    \
	_(DAX, "dax")		/* a region's; cxla_dax gives it to device-dax */ \
	_(HMEM, "hmem")		/* no region's; cxla_hmem gives it to that */  \
	_(IN_TREE, "in-tree")	/* the in-tree stack's, as the iomem tree shows */ \
	_(REGION, "region")	/* a region's own, while it is being changed */

/* what became of a range */
#define CXLA_LEDGER_STATES(_)						       \
	_(FREE, "free")		/* nobody claims it */			       \
	_(WAITING, "waiting")	/* it is to be decided yet */		       \
	_(RESERVED, "reserved")	/* kept for an owner who has not come yet */   \
	_(FOREIGN, "foreign")	/* somebody has it who claims nothing from us */ \
	_(OWNED, "owned")	/* claimed */				       \
	_(QUARANTINED, "quarantined") /* by one who lost it and may touch it still */

/* the reason of a decision */
#define CXLA_WHYS(_)							       \
	_(ATTACHED, "attached")	/* an accelerator's driver got it */	       \
	_(REVOKED, "revoked")	/* its region went, the driver has not let go */ \
	_(RELEASED, "released")	/* whoever had it gave it back */	       \
	_(REGION, "region")	/* it is a committed region's, or becomes one */ \
	_(REGION_IDLE, "region-idle") /* a region's that no driver has */      \
	_(REGION_GONE, "region-gone") /* the region that it was is no more */  \
	_(NO_REGION, "no-region") /* in a window, and no region contains it */ \
	_(NO_WINDOW, "no-window") /* in no window, decoded for no accelerator */ \
	_(MEANT, "meant-for-driver") /* leads to a device meant for an accelerator's driver */ \
	_(PROBING, "probing")	/* devices are being probed */		       \
	_(NO_CXL, "no-cxl")	/* CXL enumeration has not been started */     \
	_(TOO_SMALL, "too-small") /* for device-dax, after alignment */	       \
	_(IN_USE, "in-use")	/* the iomem tree shows somebody who has it */ \
	_(ONLINE, "online")	/* it could not be taken offline as System RAM */ \
	_(UNBOUND, "unbound")	/* cxla_hmem was, before it decided */	       \
	_(ERROR, "error")	/* giving it away failed; the kernel log has more */ \
	_(CHANGING, "changing")	/* its region is being uncommitted or deleted */ \
	_(CONFIGURED, "configured") /* of a region that userspace makes, and has not committed */

#define CXLA_OWNER_ID(id, word) CXLA_OWNER_##id,
enum cxla_owner { CXLA_OWNERS(CXLA_OWNER_ID) CXLA_NR_OWNERS };

#define CXLA_LEDGER_ID(id, word) CXLA_LEDGER_##id,
enum cxla_ledger_state { CXLA_LEDGER_STATES(CXLA_LEDGER_ID) CXLA_NR_LEDGER_STATES };

#define CXLA_WHY_ID(id, word) CXLA_WHY_##id,
enum cxla_ledger_why { CXLA_WHYS(CXLA_WHY_ID) CXLA_NR_WHYS };

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

const char *cxla_owner_str(enum cxla_owner owner);
const char *cxla_ledger_state_str(enum cxla_ledger_state state);
const char *cxla_ledger_why_str(enum cxla_ledger_why why);

#endif /* __CXLA_CLAIM_H__ */
