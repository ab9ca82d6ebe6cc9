// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: claims and the ledger
 *
 * A range that was handed to a driver is that driver's until its binding has
 * let go of it, which may be long after the range was revoked: a driver that
 * knows nothing of revocation touches it until it is unbound. Until then nobody
 * else gets it, not even by other decoders, another root, or another device: it
 * is quarantined.
 *
 * One tree has the verdict on each byte, and a claim is a verdict that nobody
 * else overwrites. /sys/kernel/debug/cxla/ledger lists them all.
 */
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/ktime.h>
#include <linux/maple_tree.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "core.h"
#include "trace.h"

/**
 * struct cxla_entry - the verdict on the indices that the tree has it at
 * @verdict: what was decided
 * @time_ns: when, since boot
 * @dead: on a list of those that another took the place of
 */
struct cxla_entry {
	struct cxla_verdict verdict;
	u64 time_ns;
	struct list_head dead;
};

/* the tree and its entries; taken under any other lock of ours */
static DEFINE_MUTEX(cxla_ledger_lock);
/* HPA -> struct cxla_entry */
static struct maple_tree cxla_ledger =
	MTREE_INIT(cxla_ledger, MT_FLAGS_ALLOC_RANGE);

static const char * const cxla_owners[CXLA_NR_OWNERS] = {
	[CXLA_OWNER_NONE] = "none",
	[CXLA_OWNER_ACCEL] = "accelerator",
	[CXLA_OWNER_DAX] = "dax",
	[CXLA_OWNER_HMEM] = "hmem",
	[CXLA_OWNER_IN_TREE] = "in-tree",
};

static const char * const cxla_states[CXLA_NR_LEDGER_STATES] = {
	[CXLA_LEDGER_FREE] = "free",
	[CXLA_LEDGER_WAITING] = "waiting",
	[CXLA_LEDGER_RESERVED] = "reserved",
	[CXLA_LEDGER_FOREIGN] = "foreign",
	[CXLA_LEDGER_OWNED] = "owned",
	[CXLA_LEDGER_QUARANTINED] = "quarantined",
};

static const char * const cxla_whys[CXLA_NR_WHYS] = {
	[CXLA_WHY_ATTACHED] = "attached",
	[CXLA_WHY_REVOKED] = "revoked",
	[CXLA_WHY_RELEASED] = "released",
	[CXLA_WHY_REGION] = "region",
	[CXLA_WHY_REGION_IDLE] = "region-idle",
	[CXLA_WHY_REGION_GONE] = "region-gone",
	[CXLA_WHY_NO_REGION] = "no-region",
	[CXLA_WHY_NO_WINDOW] = "no-window",
	[CXLA_WHY_MEANT] = "meant-for-driver",
	[CXLA_WHY_PROBING] = "probing",
	[CXLA_WHY_NO_CXL] = "no-cxl",
	[CXLA_WHY_TOO_SMALL] = "too-small",
	[CXLA_WHY_IN_USE] = "in-use",
	[CXLA_WHY_ONLINE] = "online",
	[CXLA_WHY_UNBOUND] = "unbound",
	[CXLA_WHY_ERROR] = "error",
};

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

static bool cxla_is_held(const struct cxla_verdict *verdict)
{
	return verdict->state == CXLA_LEDGER_OWNED ||
	       verdict->state == CXLA_LEDGER_QUARANTINED;
}

/* may @wanted take the place of @there */
static bool cxla_may_replace(const struct cxla_verdict *there,
			     const struct cxla_verdict *wanted)
{
	if (cxla_is_held(there))
		return false;
	/* what is kept for an accelerator no other owner gets */
	return there->state != CXLA_LEDGER_RESERVED ||
	       wanted->owner == there->owner || !cxla_is_held(wanted);
}

static void cxla_entry_write(struct cxla_entry *entry,
			     const struct range *range,
			     const struct cxla_verdict *verdict)
{
	entry->verdict = *verdict;
	entry->time_ns = ktime_get_boottime_ns();
	trace_cxla_owner(range, verdict);
}

/*
 * The entry at @pos, or NULL; *@piece is what of @range from @pos on has the
 * same answer, *@whole says that none of the entry lies outside of @range.
 */
static struct cxla_entry *cxla_entry_at(const struct range *range, u64 pos,
					struct range *piece, bool *whole)
{
	MA_STATE(mas, &cxla_ledger, pos, pos);
	struct cxla_entry *entry;

	lockdep_assert_held(&cxla_ledger_lock);
	mas_lock(&mas);
	entry = mas_walk(&mas);
	piece->start = pos;
	piece->end = min_t(u64, mas.last, range->end);
	*whole = mas.index >= range->start && mas.last <= range->end;
	mas_unlock(&mas);
	return entry;
}

/* put a new entry at @range; entries that it covers in part are cut */
static int cxla_entry_store(const struct range *range,
			    const struct cxla_verdict *verdict)
{
	struct cxla_entry *entry, *old, *next;
	struct cxla_entry *rest __free(kfree) = NULL;
	struct range after;
	LIST_HEAD(dead);
	int rc;

	MA_STATE(mas, &cxla_ledger, range->start, range->start);

	lockdep_assert_held(&cxla_ledger_lock);
	entry = kzalloc(sizeof(*entry), GFP_KERNEL);
	if (!entry)
		return -ENOMEM;

	/* one that reaches out on both sides becomes two */
	mas_lock(&mas);
	old = mas_walk(&mas);
	after = (struct range) { .start = range->end + 1, .end = mas.last };
	if (!old || mas.index == range->start || mas.last <= range->end)
		old = NULL;
	mas_unlock(&mas);
	if (old) {
		rest = kmemdup(old, sizeof(*old), GFP_KERNEL);
		rc = rest ? mtree_store_range(&cxla_ledger, after.start,
					      after.end, rest, GFP_KERNEL) :
			    -ENOMEM;
		if (rc) {
			kfree(entry);
			return rc;
		}
		retain_and_null_ptr(rest);
	}

	mas_set(&mas, range->start);
	mas_lock(&mas);
	mas_for_each(&mas, old, range->end)
		if (mas.index >= range->start && mas.last <= range->end)
			list_add(&old->dead, &dead);
	mas_unlock(&mas);

	rc = mtree_store_range(&cxla_ledger, range->start, range->end, entry,
			       GFP_KERNEL);
	if (rc) {
		kfree(entry);
		return rc;
	}
	list_for_each_entry_safe(old, next, &dead, dead)
		kfree(old);
	cxla_entry_write(entry, range, verdict);
	return 0;
}

/* cxla_ledger_note(), under the lock */
static int cxla_entries_note(const struct range *range,
			     const struct cxla_verdict *verdict)
{
	struct range piece;
	u64 pos = range->start;

	lockdep_assert_held(&cxla_ledger_lock);
	do {
		struct cxla_entry *entry;
		bool whole;
		int rc = 0;

		entry = cxla_entry_at(range, pos, &piece, &whole);
		if (entry && cxla_is_held(&entry->verdict))
			;
		else if (entry && whole)
			cxla_entry_write(entry, &piece, verdict);
		else
			rc = cxla_entry_store(&piece, verdict);
		if (rc)
			return rc;
		pos = piece.end + 1;
	} while (piece.end < range->end);
	return 0;
}

/* does the iomem tree have anything with @flags in @range */
bool cxla_range_in_iomem(const struct range *range, unsigned long flags)
{
	return region_intersects(range->start, range_len(range), flags,
				 IORES_DESC_NONE) != REGION_DISJOINT;
}

/*
 * Who claims nothing from us shows in the iomem tree, and is not told when it
 * lets go: the next to claim finds out.
 */
static bool cxla_is_foreign(const struct range *range,
			    struct cxla_verdict *holder)
{
	const struct cxla_verdict foreign = {
		.owner = CXLA_OWNER_IN_TREE,
		.state = CXLA_LEDGER_FOREIGN,
		.why = CXLA_WHY_IN_USE,
		.who = "iomem",
	};

	if (!cxla_range_in_iomem(range, IORESOURCE_MEM | IORESOURCE_BUSY))
		return false;
	if (holder)
		*holder = foreign;
	cxla_entries_note(range, &foreign);
	return true;
}

/*
 * In-tree dax_hmem may have made a device of the range that has no driver yet:
 * nothing tells of that, and its driver comes whenever it likes. It asks the
 * iomem tree, as any driver does. What device-dax has of us it asks for itself.
 * Where others' ranges overlap in part there is no place, as for the region.
 */
static void cxla_claim_show(struct cxla_claim *claim)
{
	claim->res = (struct resource) {
		.name = "cxla accelerator",
		.start = claim->range.start,
		.end = claim->range.end,
		.flags = IORESOURCE_MEM | IORESOURCE_BUSY,
	};
	insert_resource(&iomem_resource, &claim->res);
}

static void cxla_claim_hide(struct cxla_claim *claim)
{
	if (claim->res.parent)
		remove_resource(&claim->res);
}

/**
 * cxla_claim() - a range becomes somebody's, if it is nobody's
 * @claim: of the one who gets it; zeroed, or given back
 * @range: HPA, inclusive
 * @verdict: what the ledger says of it from now on; CXLA_LEDGER_OWNED
 * @holder: filled in on -EBUSY: who has some of it; may be NULL
 *
 * Context: sleeps; any lock of ours may be held.
 * Return: 0; -EBUSY: some of it is somebody's, by the ledger or by the iomem
 * tree, or kept for an accelerator; -ENOMEM.
 */
int cxla_claim(struct cxla_claim *claim, const struct range *range,
	       const struct cxla_verdict *verdict, struct cxla_verdict *holder)
{
	MA_STATE(mas, &cxla_ledger, range->start, range->start);
	struct cxla_entry *entry;
	int rc;

	guard(mutex)(&cxla_ledger_lock);
	mas_lock(&mas);
	mas_for_each(&mas, entry, range->end)
		if (!cxla_may_replace(&entry->verdict, verdict))
			break;
	mas_unlock(&mas);
	if (entry) {
		if (holder)
			*holder = entry->verdict;
		return -EBUSY;
	}
	if (cxla_is_foreign(range, holder))
		return -EBUSY;

	rc = cxla_entry_store(range, verdict);
	if (rc)
		return rc;
	claim->range = *range;
	claim->held = true;
	if (verdict->owner == CXLA_OWNER_ACCEL)
		cxla_claim_show(claim);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(cxla_claim, "CXL");

/* the verdict on a claim, which is as it was stored: nobody cut it */
static struct cxla_entry *cxla_entry_of(const struct cxla_claim *claim)
{
	struct range piece;
	bool whole;

	return cxla_entry_at(&claim->range, claim->range.start, &piece, &whole);
}

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
	struct cxla_verdict verdict;
	struct cxla_entry *entry;

	if (!claim->held)
		return;
	guard(mutex)(&cxla_ledger_lock);
	entry = cxla_entry_of(claim);
	verdict = entry->verdict;
	verdict.state = state;
	verdict.why = why;
	cxla_entry_write(entry, &claim->range, &verdict);
}
EXPORT_SYMBOL_NS_GPL(cxla_claim_mark, "CXL");

/**
 * cxla_unclaim() - who had a range has let go of it
 * @claim: one that is not held is fine
 * @why: the reason
 *
 * Needs no memory. Context: sleeps; any lock of ours may be held.
 */
void cxla_unclaim(struct cxla_claim *claim, enum cxla_ledger_why why)
{
	struct cxla_verdict verdict;
	struct cxla_entry *entry;

	if (!claim->held)
		return;
	scoped_guard(mutex, &cxla_ledger_lock) {
		cxla_claim_hide(claim);
		entry = cxla_entry_of(claim);
		verdict = entry->verdict;
		verdict.owner = CXLA_OWNER_NONE;
		verdict.state = CXLA_LEDGER_FREE;
		verdict.why = why;
		cxla_entry_write(entry, &claim->range, &verdict);
		claim->held = false;
	}
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
		cxla_unclaim(claim, CXLA_WHY_RELEASED);
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

/**
 * cxla_ledger_note() - say of a range that nobody has why that is so
 * @range: HPA, inclusive
 * @verdict: what is to be said of it; of the parts that are claimed nothing is
 *
 * Over a range that was noted before, or over more, it needs no memory.
 *
 * Context: sleeps; any lock of ours may be held.
 * Return: 0, or -ENOMEM.
 */
int cxla_ledger_note(const struct range *range,
		     const struct cxla_verdict *verdict)
{
	guard(mutex)(&cxla_ledger_lock);
	return cxla_entries_note(range, verdict);
}
EXPORT_SYMBOL_NS_GPL(cxla_ledger_note, "CXL");

/**
 * cxla_ledger_find() - what the ledger says at an address, or behind it
 * @hpa: address
 * @range: filled in: the range that the answer is about
 * @verdict: filled in
 * @time_ns: filled in: when it was decided, since boot
 *
 * Return: false: nothing more was decided about.
 */
bool cxla_ledger_find(u64 hpa, struct range *range,
		      struct cxla_verdict *verdict, u64 *time_ns)
{
	MA_STATE(mas, &cxla_ledger, hpa, hpa);
	struct cxla_entry *entry;

	guard(mutex)(&cxla_ledger_lock);
	mas_lock(&mas);
	entry = mas_find(&mas, ULONG_MAX);
	if (entry) {
		range->start = mas.index;
		range->end = mas.last;
		*verdict = entry->verdict;
		*time_ns = entry->time_ns;
	}
	mas_unlock(&mas);
	return entry;
}
EXPORT_SYMBOL_NS_GPL(cxla_ledger_find, "CXL");

/* a line for each range: range, owner, state, reason, who, seconds since boot */
static int cxla_ledger_show(struct seq_file *seq, void *unused)
{
	struct cxla_verdict verdict;
	struct range range;
	u64 time_ns, hpa = 0;

	while (cxla_ledger_find(hpa, &range, &verdict, &time_ns)) {
		u64 us = div_u64(time_ns, NSEC_PER_USEC);

		seq_printf(seq, "%#llx-%#llx %s %s %s %s %llu.%06llu\n",
			   range.start, range.end,
			   cxla_owner_str(verdict.owner),
			   cxla_ledger_state_str(verdict.state),
			   cxla_ledger_why_str(verdict.why),
			   verdict.who[0] ? verdict.who : "-",
			   us / USEC_PER_SEC, us % USEC_PER_SEC);
		if (range.end == ULONG_MAX)
			break;
		hpa = range.end + 1;
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(cxla_ledger);

/**
 * cxla_ledger_init() - show the ledger
 * @dir: folder in debugfs
 */
void cxla_ledger_init(struct dentry *dir)
{
	debugfs_create_file("ledger", 0400, dir, NULL, &cxla_ledger_fops);
}

/**
 * cxla_ledger_exit() - forget everything; nobody has a claim any more
 */
void cxla_ledger_exit(void)
{
	struct cxla_entry *entry;
	unsigned long index = 0;

	guard(mutex)(&cxla_ledger_lock);
	mt_for_each(&cxla_ledger, entry, index, ULONG_MAX)
		kfree(entry);
	mtree_destroy(&cxla_ledger);
}
