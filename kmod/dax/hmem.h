/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __CXLA_HMEM_H__
#define __CXLA_HMEM_H__

#include <linux/device.h>
#include <linux/list.h>
#include <linux/range.h>

#include "../core/ledger.h"
#include "carve.h"

/**
 * struct cxla_soft_range - a Soft Reserved range
 * @range: HPA, inclusive
 * @nid: NUMA node that firmware puts it in
 */
struct cxla_soft_range {
	struct range range;
	int nid;
};

/**
 * struct cxla_soft_ranges - all of them, and what lies on them
 * @ranges: what firmware reserved
 * @nr_ranges: how many
 * @parts: windows first, from cxla_soft_read(); the rest from
 *	cxla_soft_survey()
 * @nr_parts: how many
 * @cedt: the platform has a CEDT, however faulty
 * @lost_windows: there may be windows that are broken, and not among @parts
 *
 * Starts zeroed.
 */
struct cxla_soft_ranges {
	struct cxla_soft_range *ranges;
	size_t nr_ranges;
	struct carve_part *parts;
	size_t nr_parts;
	bool cedt;
	bool lost_windows;
};

int cxla_soft_read(struct device *dev, struct cxla_soft_ranges *soft);
int cxla_soft_survey(struct cxla_soft_ranges *soft);
int cxla_soft_refresh(struct cxla_soft_ranges *soft);
void cxla_soft_free(struct cxla_soft_ranges *soft);

DEFINE_FREE(cxla_soft_free, struct cxla_soft_ranges *,
	    if (_T) cxla_soft_free(_T))

int cxla_hmem_note_waiting(const struct range *range, enum cxla_ledger_why why);
int cxla_hmem_note_piece(const struct range *range, enum cxla_ledger_why why,
			 const char *who);
void cxla_hmem_note_over(enum cxla_ledger_why why);
void cxla_hmem_notes_forget(const struct range *within);
bool cxla_hmem_notes_next(u64 hpa, struct cxla_ledger_line *line);

extern struct platform_driver cxla_hmem_device_driver;
int devm_cxla_hmem_add(struct device *host, const struct range *range, int nid,
		       enum cxla_ledger_why why);

/**
 * struct cxla_hmem_listener - somebody who waits for the decision
 * @list: private
 * @told: private
 * @decided: called once, when no range is left to be decided about: from a
 *	workqueue, or by cxla_hmem_listen() itself. May sleep
 */
struct cxla_hmem_listener {
	struct list_head list;
	bool told;
	void (*decided)(struct cxla_hmem_listener *listener);
};

bool cxla_hmem_listen(struct cxla_hmem_listener *listener);
void cxla_hmem_unlisten(struct cxla_hmem_listener *listener);

#endif /* __CXLA_HMEM_H__ */
