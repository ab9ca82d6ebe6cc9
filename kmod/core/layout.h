/* SPDX-License-Identifier: GPL-2.0-only */
/* What decoders have to say so that a range that nobody has goes to devices. */
#ifndef __CXLA_LAYOUT_H__
#define __CXLA_LAYOUT_H__

#include "root.h"

#define CXLA_DECODER_ALIGN	SZ_256M	/* of base and size of a decoder */

/**
 * struct cxla_layout - a range that is to go to devices, and the way to each
 * @window: that the range is in
 * @range: HPA, inclusive
 * @ways: devices that it is interleaved over
 * @granularity: bytes that go to one before the next has its turn
 * @host_only: memory of expanders (HDM-H)
 * @members: by position: a decoder of each device; its DPA is set
 */
struct cxla_layout {
	struct cxl_root_decoder *window;
	struct range range;
	unsigned int ways;
	unsigned int granularity;
	bool host_only;
	struct cxl_endpoint_decoder *members[CXLA_MAX_TARGETS];
};

struct cxl_decoder *cxla_next_decoder(struct cxl_port *port);
enum cxla_reason cxla_no_decoder(struct device *hw, const struct cxl_port *port);
struct cxl_port *cxla_layout_top(const struct cxla_layout *layout);
enum cxla_reason cxla_layout_floor(const struct cxla_layout *layout,
				   u64 *floor);
enum cxla_reason cxla_layout_lacks(const struct cxla_layout *layout);
int cxla_layout_check(const struct cxla_layout *layout);
int cxla_layout_commit(const struct cxla_layout *layout);
void cxla_layout_uncommit(const struct cxla_layout *layout);

#endif /* __CXLA_LAYOUT_H__ */
