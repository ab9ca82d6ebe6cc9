/* SPDX-License-Identifier: GPL-2.0-only */
/* Regions, and the routes that they take. */
#ifndef __CXLA_REGION_H__
#define __CXLA_REGION_H__

#include "root.h"

static inline struct range cxla_region_range(const struct cxl_region *cxlr)
{
	return (struct range) { cxlr->res.start, cxlr->res.end };
}

/* has it addresses; otherwise start and end of its range are not to be used */
static inline bool cxla_region_placed(const struct cxl_region *cxlr)
{
	return resource_size(&cxlr->res);
}

/* does @cxld map just that, of its window */
static inline bool cxla_region_is_at(const struct cxl_region *cxlr,
				     const struct cxl_decoder *cxld)
{
	struct range part = cxla_window_part(cxlr->cxlrd, &cxld->hpa_range);

	return part.start == cxlr->res.start && part.end == cxlr->res.end;
}

extern const struct attribute_group *cxla_region_groups[];
extern struct cxla_driver cxla_region_driver;

/**
 * struct cxl_dax_region - a region that device-dax may have
 * @dev: child of the region
 * @id: N of the region
 * @range: HPA, inclusive
 * @life: CXLA_LIVE once it was added
 */
struct cxl_dax_region {
	struct device dev;
	int id;
	struct range range;
	enum cxla_life life;
};

#define to_cxl_dax_region(d) container_of(d, struct cxl_dax_region, dev)

enum cxla_reason cxla_route_check(struct cxl_endpoint_decoder *cxled,
				  struct cxl_root_decoder *cxlrd, bool *hw_lock,
				  int *pos);
struct cxl_decoder *cxla_port_decoder(struct cxl_port *port,
				      const struct range *range);
int cxla_route_read_back(struct cxl_endpoint_decoder *cxled);
void cxla_route_note(struct cxl_endpoint_decoder *cxled,
		     struct cxl_region *old, struct cxl_region *new);
struct cxl_region *cxla_region_of(struct cxl_endpoint_decoder *cxled);
int cxla_region_offer(struct cxl_region *cxlr);
void cxla_region_withdraw(struct cxl_region *cxlr);
int cxla_region_bind(struct cxl_region *cxlr);
int cxla_region_assemble(struct cxl_endpoint_decoder *cxled);
void cxla_regions_detach(struct cxl_port *endpoint);
int cxla_region_delete(struct cxl_root_decoder *cxlrd, const char *name);
bool cxla_region_locked(struct cxl_region *cxlr);
int cxla_region_check_change(struct cxl_region *cxlr);
int cxla_region_claim(struct cxl_region *cxlr, const struct range *range,
		      enum cxla_ledger_why why);
int cxla_region_change_begin(struct cxl_region *cxlr);
void cxla_region_change_end(struct cxl_region *cxlr, bool offer);
struct cxl_region *cxla_region_alloc(struct cxl_root_decoder *cxlrd, int id);
void cxla_region_place(struct cxl_region *cxlr, const struct range *range);
int cxla_region_index(struct cxl_region *cxlr, const struct range *range);
int cxla_region_add(struct cxl_region *cxlr);
void cxla_region_unregister(struct cxl_region *cxlr);
void cxla_region_end(struct cxl_region *cxlr);
void cxla_region_take_in(struct cxl_region *cxlr,
			 struct cxl_endpoint_decoder *cxled, int pos);
bool cxla_region_whole(const struct cxl_region *cxlr);
bool cxla_region_volatile(const struct cxl_region *cxlr);
int cxla_region_commit(struct cxl_region *cxlr);
int cxla_region_uncommit(struct cxl_region *cxlr);
void cxla_region_give_up(struct cxl_region *cxlr);

#endif /* __CXLA_REGION_H__ */
