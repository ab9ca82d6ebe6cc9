// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: who has a range
 *
 * One function, cxla_claim(), is asked by everybody who wants a range: an
 * attach, cxla_hmem and cxla_dax for device-dax, and writers of commit and
 * delete_region, who want nobody to have it. It asks those who asked it before,
 * and the kernel: who has a range outside of these modules, as System RAM, by
 * kmem, or by device_dax, has a busy entry in the iomem tree.
 *
 * An attach and a change of a region make such an entry themselves. That is one
 * atomic step: there is no instant between looking and having. What device-dax
 * gets of us is kept here alone, because device_dax and kmem make the entry when
 * they bind, and would be locked out by ours.
 *
 * A range that was handed to a driver is that driver's until its binding has
 * let go of it, which may be long after the range was revoked: a driver that
 * knows nothing of revocation touches it until it is unbound. Until then nobody
 * else gets it, not even by other decoders, another root, or another device: it
 * is quarantined.
 */
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/ktime.h>
#include <linux/maple_tree.h>
#include <linux/slab.h>

#include "bus.h"
#include "claim.h"
#include "retry.h"
#include "trace.h"

#define CXLA_WORD(id, word) word,
static const char * const cxla_owners[] = { CXLA_OWNERS(CXLA_WORD) };
static const char * const cxla_states[] = { CXLA_LEDGER_STATES(CXLA_WORD) };
static const char * const cxla_whys[] = { CXLA_WHYS(CXLA_WORD) };

const char *cxla_owner_str(enum cxla_owner owner)
{
	return cxla_owners[owner];
}
EXPORT_SYMBOL_NS_GPL(cxla_owner_str, "CXL");

const char *cxla_ledger_state_str(enum cxla_ledger_state state)
{
	return cxla_states[state];
}
EXPORT_SYMBOL_NS_GPL(cxla_ledger_state_str, "CXL");

const char *cxla_ledger_why_str(enum cxla_ledger_why why)
{
	return cxla_whys[why];
}
EXPORT_SYMBOL_NS_GPL(cxla_ledger_why_str, "CXL");

/**
 * struct cxla_piece - an entry of ours in the iomem tree
 * @list: on &struct cxla_holding.pieces
 * @range: HPA, inclusive
 */
struct cxla_piece {
	struct list_head list;
	struct range range;
};

/**
 * struct cxla_holding - what a claim has
 * @line: the range, who has it, why, and since when
 * @pieces: entries in the iomem tree, which are the range together; may be none
 */
struct cxla_holding {
	struct cxla_ledger_line line;
	struct list_head pieces;
};

/**
 * struct cxla_reservation - a range that is kept for an accelerator's driver
 * @list: on cxla_reservations
 * @line: the range, for whom, and since when
 */
struct cxla_reservation {
	struct list_head list;
	struct cxla_ledger_line line;
};

/* all of the following, and who is in the iomem tree of us; innermost */
static DEFINE_MUTEX(cxla_claims_lock);
/* HPA -> struct cxla_holding */
static struct maple_tree cxla_claims =
	MTREE_INIT(cxla_claims, MT_FLAGS_ALLOC_RANGE);
static LIST_HEAD(cxla_reservations);

/* does the iomem tree have anything with @flags in @range */
bool cxla_range_in_iomem(const struct range *range, unsigned long flags)
{
	return region_intersects(range->start, range_len(range), flags,
				 IORES_DESC_NONE) != REGION_DISJOINT;
}

static bool cxla_range_busy(const struct range *range)
{
	return cxla_range_in_iomem(range, IORESOURCE_MEM | IORESOURCE_BUSY);
}

/* ------------------------- the iomem tree -------------------------- */

static const char *cxla_entry_name(const struct cxla_verdict *verdict)
{
	return verdict->owner == CXLA_OWNER_ACCEL ? "cxla accelerator" :
						    "cxla region";
}

static bool cxla_entry_request(u64 start, u64 end, const char *name)
{
	return __request_region(&iomem_resource, start, end - start + 1, name,
				0);
}

static void cxla_entry_release(u64 start, u64 end)
{
	__release_region(&iomem_resource, start, end - start + 1);
}

/*
 * Request from @pos on as much of what ends at *@end as one entry can have, and
 * set *@end to the end of that. An entry lies in one parent: where the parents
 * that firmware made begin or end inside, it is cut. Where that is the tree does
 * not tell a module, but whether a request of so many bytes has a place.
 */
static int cxla_entry_fit(u64 pos, u64 *end, const char *name)
{
	const struct range whole = { pos, *end };
	u64 good = pos - 1, bad = *end;

	/* once more, lest a want of memory cut it */
	if (cxla_entry_request(pos, *end, name) ||
	    cxla_entry_request(pos, *end, name))
		return 0;
	if (cxla_range_busy(&whole))
		return -EBUSY;
	/* [pos, good] has a place, [pos, bad] has none */
	while (bad - good > 1) {
		u64 middle = good + (bad - good) / 2;

		if (cxla_entry_request(pos, middle, name)) {
			cxla_entry_release(pos, middle);
			good = middle;
		} else {
			bad = middle;
		}
	}
	*end = good;
	if (good + 1 > pos && cxla_entry_request(pos, good, name))
		return 0;
	/* for a byte there is a place, unless somebody has come, or no memory */
	return cxla_range_busy(&whole) ? -EBUSY : -ENOMEM;
}

static void cxla_pieces_release(struct cxla_holding *holding)
{
	struct cxla_piece *piece, *next;

	list_for_each_entry_safe(piece, next, &holding->pieces, list) {
		cxla_entry_release(piece->range.start, piece->range.end);
		kfree(piece);
	}
	INIT_LIST_HEAD(&holding->pieces);
}

/* all of @holding, or nothing */
static int cxla_pieces_request(struct cxla_holding *holding)
{
	const char *name = cxla_entry_name(&holding->line.verdict);
	u64 pos = holding->line.range.start, end;

	do {
		struct cxla_piece *piece = kzalloc(sizeof(*piece), GFP_KERNEL);
		int rc = -ENOMEM;

		end = holding->line.range.end;
		if (piece)
			rc = cxla_entry_fit(pos, &end, name);
		if (rc) {
			kfree(piece);
			cxla_pieces_release(holding);
			return rc;
		}
		piece->range = (struct range) { pos, end };
		list_add_tail(&piece->list, &holding->pieces);
		pos = end + 1;
	} while (end < holding->line.range.end);
	return 0;
}

/**
 * cxla_resource_insert() - give a window or a region its place and name
 * @parent: below this; NULL: anywhere, and grown over what it cuts
 * @res: not in the tree
 *
 * Whatever lies inside goes below it. Into a busy entry nothing is put: when who
 * has that releases it, what is below is lost.
 *
 * Context: sleeps; any lock of ours may be held.
 * Return: 0; -EBUSY: there is no place.
 */
int cxla_resource_insert(struct resource *parent, struct resource *res)
{
	/* of ours none comes or goes meanwhile */
	guard(mutex)(&cxla_claims_lock);
	if (parent)
		insert_resource(parent, res);
	else
		insert_resource_expand_to_fit(&iomem_resource, res);
	if (!res->parent)
		return -EBUSY;
	if (!(res->parent->flags & IORESOURCE_BUSY))
		return 0;
	remove_resource(res);
	return -EBUSY;
}
EXPORT_SYMBOL_NS_GPL(cxla_resource_insert, "CXL");

/**
 * cxla_resource_remove() - the reverse of cxla_resource_insert()
 * @res: one that found no place is fine; what is below it stays
 */
void cxla_resource_remove(struct resource *res)
{
	guard(mutex)(&cxla_claims_lock);
	if (res->parent)
		remove_resource(res);
}
EXPORT_SYMBOL_NS_GPL(cxla_resource_remove, "CXL");

/* ------------------------------ claims ----------------------------- */

/* device-dax makes its own entry, when its driver binds */
static bool cxla_owner_is_dax(enum cxla_owner owner)
{
	return owner == CXLA_OWNER_DAX || owner == CXLA_OWNER_HMEM;
}

static bool cxla_ranges_meet(const struct range *a, const struct range *b)
{
	return a->start <= b->end && b->start <= a->end;
}

/* who keeps @owner from having @range, or NULL */
static const struct cxla_verdict *cxla_keeps(const struct range *range,
					     enum cxla_owner owner)
{
	unsigned long index = range->start;
	struct cxla_reservation *kept;
	struct cxla_holding *holding;

	lockdep_assert_held(&cxla_claims_lock);
	holding = mt_find(&cxla_claims, &index, range->end);
	if (holding)
		return &holding->line.verdict;
	if (!cxla_owner_is_dax(owner))
		return NULL;
	list_for_each_entry(kept, &cxla_reservations, list)
		if (cxla_ranges_meet(&kept->line.range, range))
			return &kept->line.verdict;
	return NULL;
}

/* @holding is filled and has nothing yet */
static int cxla_hold(struct cxla_holding *holding, struct cxla_verdict *holder)
{
	static const struct cxla_verdict foreign = {
		.owner = CXLA_OWNER_IN_TREE,
		.state = CXLA_LEDGER_FOREIGN,
		.why = CXLA_WHY_IN_USE,
		.who = "iomem",
	};
	const struct cxla_verdict *kept;
	int rc = 0;

	guard(mutex)(&cxla_claims_lock);
	kept = cxla_keeps(&holding->line.range, holding->line.verdict.owner);
	if (!kept) {
		if (!cxla_owner_is_dax(holding->line.verdict.owner))
			rc = cxla_pieces_request(holding);
		else if (cxla_range_busy(&holding->line.range))
			rc = -EBUSY;
		if (rc == -EBUSY)
			kept = &foreign;
	}
	if (kept) {
		if (holder)
			*holder = *kept;
		return -EBUSY;
	}
	if (rc)
		return rc;
	rc = mtree_insert_range(&cxla_claims, holding->line.range.start,
				holding->line.range.end, holding, GFP_KERNEL);
	if (rc)
		cxla_pieces_release(holding);
	else
		trace_cxla_owner(&holding->line.range, &holding->line.verdict);
	return rc;
}

/**
 * cxla_claim() - a range becomes somebody's, if it is nobody's
 * @claim: of the one who gets it; zeroed, or given back
 * @range: HPA, inclusive
 * @verdict: what the ledger says of it from now on; CXLA_LEDGER_OWNED
 * @holder: filled in on -EBUSY: who has some of it; may be NULL
 *
 * Context: sleeps; any lock of ours may be held.
 * Return: 0; -EBUSY: some of it is somebody's, or is kept for an accelerator and
 * @verdict gives it to device-dax; -ENOMEM.
 */
int cxla_claim(struct cxla_claim *claim, const struct range *range,
	       const struct cxla_verdict *verdict, struct cxla_verdict *holder)
{
	struct cxla_holding *holding = kzalloc(sizeof(*holding), GFP_KERNEL);
	int rc;

	if (!holding)
		return -ENOMEM;
	holding->line = (struct cxla_ledger_line) {
		*range, *verdict, ktime_get_boottime_ns()
	};
	INIT_LIST_HEAD(&holding->pieces);
	rc = cxla_hold(holding, holder);
	if (rc) {
		kfree(holding);
		return rc;
	}
	claim->range = *range;
	claim->holding = holding;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(cxla_claim, "CXL");

/**
 * cxla_claim_mark() - a claim goes on, for another reason
 * @claim: held or not
 * @state: CXLA_LEDGER_OWNED or CXLA_LEDGER_QUARANTINED
 * @why: the reason
 *
 * Needs no memory. Context: sleeps; any lock of ours may be held.
 */
void cxla_claim_mark(struct cxla_claim *claim, enum cxla_ledger_state state,
		     enum cxla_ledger_why why)
{
	struct cxla_holding *holding = claim->holding;

	if (!holding)
		return;
	guard(mutex)(&cxla_claims_lock);
	holding->line.verdict.state = state;
	holding->line.verdict.why = why;
	holding->line.time_ns = ktime_get_boottime_ns();
	trace_cxla_owner(&holding->line.range, &holding->line.verdict);
}
EXPORT_SYMBOL_NS_GPL(cxla_claim_mark, "CXL");

/**
 * cxla_unclaim() - who had a range has let go of it
 * @claim: one that is not held is fine
 *
 * Needs no memory. Context: sleeps; any lock of ours may be held.
 */
void cxla_unclaim(struct cxla_claim *claim)
{
	struct cxla_holding *holding = claim->holding;
	struct cxla_verdict verdict = { .why = CXLA_WHY_RELEASED };

	if (!holding)
		return;
	claim->holding = NULL;
	scoped_guard(mutex, &cxla_claims_lock) {
		mtree_erase(&cxla_claims, holding->line.range.start);
		cxla_pieces_release(holding);
		strscpy(verdict.who, holding->line.verdict.who);
		trace_cxla_owner(&holding->line.range, &verdict);
	}
	kfree(holding);
	/* somebody may have been kept waiting by it */
	cxla_retry_kick(CXLA_RETRY_UNCLAIMED);
}
EXPORT_SYMBOL_NS_GPL(cxla_unclaim, "CXL");

static void cxla_claim_end(void *_claim)
{
	struct cxla_claim *claim = _claim;

	/* what could not be taken offline is memory in use: for good */
	if (cxla_range_in_iomem(&claim->range, IORESOURCE_SYSTEM_RAM))
		cxla_claim_mark(claim, CXLA_LEDGER_QUARANTINED,
				CXLA_WHY_ONLINE);
	else
		cxla_unclaim(claim);
}

/**
 * devm_cxla_claim() - claim a range for as long as a driver is bound
 * @dev: device being probed
 * @range: HPA, inclusive
 * @verdict: as for cxla_claim()
 *
 * Says so, and whose it is, when it is not free. A range of which some is
 * System RAM when the driver is unbound stays claimed.
 *
 * Context: probe; sleeps.
 * Return: as cxla_claim().
 */
int devm_cxla_claim(struct device *dev, const struct range *range,
		    const struct cxla_verdict *verdict)
{
	struct cxla_verdict holder;
	struct cxla_claim *claim;
	int rc;

	claim = devm_kzalloc(dev, sizeof(*claim), GFP_KERNEL);
	if (!claim)
		return -ENOMEM;
	rc = cxla_claim(claim, range, verdict, &holder);
	if (rc == -EBUSY)
		return dev_err_probe(dev, rc,
				     "[%#llx-%#llx] is not free: some of it is %s, %s (%s)\n",
				     range->start, range->end,
				     cxla_owner_str(holder.owner),
				     cxla_ledger_state_str(holder.state),
				     holder.who[0] ? holder.who : "-");
	if (rc)
		return rc;
	return devm_add_action_or_reset(dev, cxla_claim_end, claim);
}
EXPORT_SYMBOL_NS_GPL(devm_cxla_claim, "CXL");

/* --------------------------- reservations -------------------------- */

static int cxla_is_expander_of(struct device *dev, const void *name)
{
	return is_cxl_memdev(dev) && !strcmp(dev_name(dev->parent), name) &&
	       cxla_is_expander(to_cxl_memdev(dev));
}

/* has the device of that name a driver of expanders */
static bool cxla_is_expander_named(const char *name)
{
	struct device *dev = bus_find_device(&cxla_bus_type, NULL, name,
					     cxla_is_expander_of);

	put_device(dev);
	return dev;
}

/**
 * cxla_reserve() - keep a range for the driver of an accelerator
 * @range: HPA, inclusive
 * @who: the device whose decoders lead there
 *
 * Device-dax does not get it, as long as @who has no driver of expanders.
 *
 * Return: 0, or -ENOMEM.
 */
int cxla_reserve(const struct range *range, const char *who)
{
	struct cxla_reservation *kept;

	scoped_guard(mutex, &cxla_claims_lock)
		list_for_each_entry(kept, &cxla_reservations, list)
			if (kept->line.range.start == range->start &&
			    kept->line.range.end == range->end &&
			    !strcmp(kept->line.verdict.who, who))
				return 0;
	kept = kzalloc(sizeof(*kept), GFP_KERNEL);
	if (!kept)
		return -ENOMEM;
	kept->line = (struct cxla_ledger_line) {
		.range = *range,
		.verdict = { CXLA_OWNER_ACCEL, CXLA_LEDGER_RESERVED,
			     CXLA_WHY_MEANT },
		.time_ns = ktime_get_boottime_ns(),
	};
	strscpy(kept->line.verdict.who, who);
	scoped_guard(mutex, &cxla_claims_lock) {
		list_add_tail(&kept->list, &cxla_reservations);
		trace_cxla_owner(&kept->line.range, &kept->line.verdict);
	}
	/* it may have got a driver of expanders since it was asked */
	if (cxla_is_expander_named(who))
		cxla_unreserve(who);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(cxla_reserve, "CXL");

/**
 * cxla_unreserve() - nothing is kept for a device any more
 * @who: the device, which is an expander after all; NULL: none of them
 */
void cxla_unreserve(const char *who)
{
	struct cxla_reservation *kept, *next;

	guard(mutex)(&cxla_claims_lock);
	list_for_each_entry_safe(kept, next, &cxla_reservations, list) {
		if (who && strcmp(kept->line.verdict.who, who))
			continue;
		list_del(&kept->list);
		kfree(kept);
	}
}
EXPORT_SYMBOL_NS_GPL(cxla_unreserve, "CXL");

/* ----------------------------- what is so -------------------------- */

/**
 * cxla_claim_next() - the claim at an address, or behind it
 * @hpa: address
 * @line: filled in
 *
 * Return: false: nobody has anything there.
 */
bool cxla_claim_next(u64 hpa, struct cxla_ledger_line *line)
{
	unsigned long index = hpa;
	struct cxla_holding *holding;

	guard(mutex)(&cxla_claims_lock);
	holding = mt_find(&cxla_claims, &index, ULONG_MAX);
	if (!holding)
		return false;
	*line = holding->line;
	return true;
}
EXPORT_SYMBOL_NS_GPL(cxla_claim_next, "CXL");

/* the same, of what is kept for an accelerator */
bool cxla_reservation_next(u64 hpa, struct cxla_ledger_line *line)
{
	struct cxla_reservation *kept;
	bool found = false;

	guard(mutex)(&cxla_claims_lock);
	list_for_each_entry(kept, &cxla_reservations, list) {
		if (kept->line.range.end < hpa ||
		    (found && kept->line.range.start >= line->range.start))
			continue;
		*line = kept->line;
		found = true;
	}
	return found;
}

/* claims that are left are of memory that could not be taken offline */
void cxla_claims_exit(void)
{
	struct cxla_holding *holding;
	unsigned long index = 0;

	cxla_unreserve(NULL);
	guard(mutex)(&cxla_claims_lock);
	mt_for_each(&cxla_claims, holding, index, ULONG_MAX) {
		cxla_pieces_release(holding);
		kfree(holding);
	}
	mtree_destroy(&cxla_claims);
}
