// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: the ledger
 *
 * What is so at each address, put together when somebody reads it: who has it,
 * by claim.c; for whom it is kept; which region it is; and what cxla_hmem says of
 * ranges that nobody has. Of those the iomem tree is asked, too: what somebody
 * has there is never called free. /sys/kernel/debug/cxla/ledger lists it all.
 */
#include <linux/debugfs.h>
#include <linux/ioport.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mutex.h>
#include <linux/seq_file.h>

#include "ledger.h"
#include "root.h"

/* cxla_source */
static DEFINE_MUTEX(cxla_source_lock);
static bool (*cxla_source)(u64 hpa, struct cxla_ledger_line *line);

/**
 * cxla_ledger_set_source() - somebody knows why ranges are nobody's
 * @next: as cxla_claim_next(); NULL: nobody knows any more, and nobody is in the
 *	last one on return
 */
void cxla_ledger_set_source(bool (*next)(u64 hpa,
					 struct cxla_ledger_line *line))
{
	guard(mutex)(&cxla_source_lock);
	cxla_source = next;
}
EXPORT_SYMBOL_NS_GPL(cxla_ledger_set_source, "CXL");

static bool cxla_source_next(u64 hpa, struct cxla_ledger_line *line)
{
	guard(mutex)(&cxla_source_lock);
	return cxla_source && cxla_source(hpa, line);
}

/* who has something to say, from strong to weak */
static bool (* const cxla_layers[])(u64 hpa, struct cxla_ledger_line *line) = {
	cxla_claim_next,
	cxla_reservation_next,
	cxla_region_next,
	cxla_source_next,
};

/* the strongest at the first address that anybody speaks of, from @hpa on */
static bool cxla_layers_next(u64 hpa, struct cxla_ledger_line *line)
{
	struct cxla_ledger_line other;
	bool found = false;

	for (int i = 0; i < ARRAY_SIZE(cxla_layers); i++) {
		if (!cxla_layers[i](hpa, &other))
			continue;
		other.range.start = max(other.range.start, hpa);
		if (!found || other.range.start < line->range.start) {
			/* the stronger one that comes later ends it */
			if (found)
				other.range.end = min(other.range.end,
						      line->range.start - 1);
			*line = other;
			found = true;
		}
	}
	return found;
}

static int cxla_first_busy(struct resource *res, void *first)
{
	*(struct range *)first = (struct range) { res->start, res->end };
	return 1;
}

/* what nobody of ours has may be somebody else's: whose is what iomem says */
static void cxla_line_check(struct cxla_ledger_line *line)
{
	struct range *range = &line->range, busy;

	if (line->verdict.state == CXLA_LEDGER_OWNED ||
	    line->verdict.state == CXLA_LEDGER_QUARANTINED)
		return;
	/* the walk takes a single byte for nothing: ask for two */
	if (walk_iomem_res_desc(IORES_DESC_NONE,
				IORESOURCE_MEM | IORESOURCE_BUSY, range->start,
				max(range->end, range->start + 1), &busy,
				cxla_first_busy) != 1 ||
	    busy.start > range->end)
		return;
	if (busy.start > range->start) {
		range->end = busy.start - 1;
		return;
	}
	range->end = min(range->end, busy.end);
	line->verdict = (struct cxla_verdict) {
		.owner = CXLA_OWNER_IN_TREE,
		.state = CXLA_LEDGER_FOREIGN,
		.why = CXLA_WHY_IN_USE,
		.who = "iomem",
	};
}

/**
 * cxla_ledger_next() - what is so at an address, or behind it
 * @hpa: address
 * @line: filled in; its range begins at @hpa or later
 *
 * Context: sleeps; takes regions_lock of windows, one by one.
 * Return: false: nothing is known of what comes.
 */
bool cxla_ledger_next(u64 hpa, struct cxla_ledger_line *line)
{
	if (!cxla_layers_next(hpa, line))
		return false;
	cxla_line_check(line);
	return true;
}
EXPORT_SYMBOL_NS_GPL(cxla_ledger_next, "CXL");

/* a line for each range: range, owner, state, reason, who, seconds since boot */
static int cxla_ledger_show(struct seq_file *seq, void *unused)
{
	struct cxla_ledger_line line;
	u64 hpa = 0;

	while (cxla_ledger_next(hpa, &line)) {
		const struct cxla_verdict *verdict = &line.verdict;
		u64 us = div_u64(line.time_ns, NSEC_PER_USEC);

		seq_printf(seq, "%#llx-%#llx %s %s %s %s %llu.%06llu\n",
			   line.range.start, line.range.end,
			   cxla_owner_str(verdict->owner),
			   cxla_ledger_state_str(verdict->state),
			   cxla_ledger_why_str(verdict->why),
			   verdict->who[0] ? verdict->who : "-",
			   us / USEC_PER_SEC, us % USEC_PER_SEC);
		if (line.range.end == ULONG_MAX)
			break;
		hpa = line.range.end + 1;
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
