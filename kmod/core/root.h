/* SPDX-License-Identifier: GPL-2.0-only */
/* Windows: what the platform routes to host bridges, and the regions therein. */
#ifndef __CXLA_ROOT_H__
#define __CXLA_ROOT_H__

#include <linux/maple_tree.h>

#include "claim.h"
#include "decoder.h"

#define CXLA_MAX_XORMAPS	4	/* of 16 ways */

/**
 * struct cxl_root_decoder - a window
 * @cxld: common part; @cxld.targets are _UIDs of host bridges
 * @res: its place in the iomem tree
 * @qos_class: QoS throttling group, -1 unknown
 * @xor: it picks host bridges by @maps, if it has more than one
 * @has_maps: all that it needs are there
 * @maps: one for each bit of the index of a target
 * @regions_lock: who unregisters a region, and construction
 * @regions: by HPA; regions_lock
 * @user_made: regions that userspace made; regions_lock
 * @closed: it is going, and userspace makes no region any more; regions_lock
 * @next_id: N of the regionN that userspace may make, or -1; regions_lock
 * @orphans: endpoint decoders whose region ended with another member;
 *	regions_lock
 */
struct cxl_root_decoder {
	struct cxl_decoder cxld;
	struct resource res;
	int qos_class;
	bool xor;
	bool has_maps;
	u64 maps[CXLA_MAX_XORMAPS];
	struct mutex regions_lock;
	struct maple_tree regions;
	struct list_head user_made;
	bool closed;
	int next_id;
	struct list_head orphans;
};

static inline struct cxl_root_decoder *to_cxl_root_decoder(struct device *dev)
{
	return container_of(dev, struct cxl_root_decoder, cxld.dev);
}

/**
 * struct cxla_window - a fixed memory window, as the platform describes it
 * @range: HPA, inclusive
 * @ways: host bridges it interleaves across
 * @granularity: bytes
 * @targets: port ids (_UID) of host bridges in interleave order
 * @flags: CXL_DECODER_F_{RAM,PMEM,TYPE2,TYPE3,LOCK}
 * @qos_class: QoS throttling group
 * @xor: it picks among @targets by @maps
 * @nr_maps: how many are known
 * @maps: one for each bit of the index of a target
 */
struct cxla_window {
	struct range range;
	unsigned int ways;
	unsigned int granularity;
	u32 targets[CXLA_MAX_TARGETS];
	unsigned long flags;
	int qos_class;
	bool xor;
	unsigned int nr_maps;
	u64 maps[CXLA_MAX_XORMAPS];
};

int cxla_window_add(struct cxl_port *root, int id,
		    const struct cxla_window *window);
struct cxl_root_decoder *cxla_window_find(const struct range *range);
void cxla_window_report(struct device *hw, const char *name,
			const struct range *range);

/* what of @range is the window's: cxla_window_find() */
static inline struct range cxla_window_part(const struct cxl_root_decoder *cxlrd,
					    const struct range *range)
{
	return (struct range) {
		.start = range->start,
		.end = min(range->end, cxlrd->cxld.hpa_range.end),
	};
}

/* is it for volatile memory of expanders */
static inline bool cxla_window_is_ram(const struct cxl_root_decoder *cxlrd)
{
	const unsigned long wanted = CXL_DECODER_F_RAM | CXL_DECODER_F_TYPE3;

	return (cxlrd->cxld.flags & wanted) == wanted;
}

/* has some of @range been given to a region, committed or not */
static inline bool cxla_window_has_region(struct cxl_root_decoder *cxlrd,
					  const struct range *range)
{
	unsigned long index = range->start;

	return mt_find(&cxlrd->regions, &index, range->end);
}

void cxla_windows_remove(struct cxl_port *root);
enum cxla_reason cxla_root_absent_reason(void);

bool cxla_region_next(u64 hpa, struct cxla_ledger_line *line);
void cxla_regions_hold(bool hold);

#endif /* __CXLA_ROOT_H__ */
