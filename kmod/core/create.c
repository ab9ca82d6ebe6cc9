// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: a region where firmware made none
 *
 * For a driver that asks, of all of its device's memory: an address range that
 * nobody has, and a decoder on each level that routes it: layout.c. From then on it
 * is as if firmware had made it, and the region is found like any other. It is
 * taken back when the attach has ended; what was committed by others is never
 * written.
 *
 * What is busy in the iomem tree is somebody's, what firmware calls Soft Reserved
 * may be, and a region that userspace has not committed yet keeps its addresses.
 */
#include <linux/align.h>
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/sizes.h>

#include "../pause/pause.h"
#include "create.h"
#include "layout.h"
#include "record.h"

/**
 * struct cxla_making - a region that is being made
 * @cxlmd: for whom
 * @endpoint: its port
 * @layout: the way, and the range that is tried
 * @size: bytes
 * @floor: first byte that no level of the way decodes
 */
struct cxla_making {
	struct cxl_memdev *cxlmd;
	struct cxl_port *endpoint;
	struct cxla_layout layout;
	u64 size;
	u64 floor;
};

static int cxla_making_refused(struct cxla_making *m, enum cxla_reason reason)
{
	m->cxlmd->attach_region->reason = reason;
	return cxla_refuse(m->cxlmd, reason);
}

/* ---------------------------- addresses ---------------------------- */

/* the device has no part in it any more, or as much as hardware holds on to */
static void cxla_make_uncommit(const struct cxla_layout *layout)
{
	struct cxl_endpoint_decoder *cxled = layout->members[0];

	cxla_layout_uncommit(layout);
	if (!cxled->cxld.made)
		cxled->dpa_size = 0;
}

/*
 * 0: @range is the attach's, and decoded. -EAGAIN: it is not free; others may be.
 * Another error: none would do.
 */
static int cxla_make_at(struct cxla_making *m, const struct range *range)
{
	struct cxl_endpoint_decoder *cxled = m->layout.members[0];
	int rc;

	lockdep_assert_held_write(&cxl_rwsem.region);
	m->layout.range = *range;
	if (cxla_layout_check(&m->layout) ||
	    cxla_touches_soft_reserved(range->start, range_len(range)) ||
	    cxla_window_has_region(m->layout.window, range))
		return -EAGAIN;
	rc = cxla_attach_claim(m->cxlmd, &m->cxlmd->claim, range, NULL);
	if (rc)
		return rc == -EBUSY ? -EAGAIN : rc;
	cxled->dpa_base = 0;
	cxled->dpa_size = range_len(range);
	cxled->skip = 0;
	rc = cxla_layout_commit(&m->layout);
	if (rc) {
		if (!cxled->cxld.made)
			cxled->dpa_size = 0;
		cxla_unclaim(&m->cxlmd->claim);
	}
	return rc;
}

/* a range that the device had, and that is still led to it */
static int cxla_make_again(struct cxla_making *m)
{
	struct cxl_port *top = cxla_layout_top(&m->layout);

	for (int i = 0; top && i < top->nr_decoders; i++) {
		const struct cxl_decoder *cxld = top->decoders[i];
		struct range range = cxld->hpa_range;
		int rc;

		if (cxld->made != CXLA_MADE_LEFT ||
		    range_len(&range) != m->size ||
		    !cxla_range_contains(&m->layout.window->cxld.hpa_range,
					 &range))
			continue;
		rc = cxla_make_at(m, &range);
		if (rc != -EAGAIN)
			return rc;
	}
	return -EAGAIN;
}

static int cxla_make_in_window(struct cxla_making *m)
{
	const struct range *window = &m->layout.window->cxld.hpa_range;
	u64 start = ALIGN(max(window->start, m->floor), CXLA_DECODER_ALIGN);
	int rc = cxla_make_again(m);

	for (; rc == -EAGAIN && start >= window->start &&
	     start <= window->end && window->end - start >= m->size - 1;
	     start += CXLA_DECODER_ALIGN)
		rc = cxla_make_at(m, &(struct range) {
			.start = start, .end = start + m->size - 1,
		});
	return rc;
}

/* does a window lead to the device alone, and is it meant for such memory */
static bool cxla_window_fits(const struct cxl_root_decoder *cxlrd,
			     const struct cxla_making *m)
{
	const unsigned long wanted = CXL_DECODER_F_RAM | CXL_DECODER_F_TYPE2;
	const struct cxl_port *port = cxla_bridge_above(m->endpoint);

	return cxlrd->cxld.ways == 1 &&
	       cxlrd->cxld.targets[0] == port->parent_dport->port_id &&
	       (cxlrd->cxld.flags & wanted) == wanted &&
	       !(cxlrd->cxld.flags & CXL_DECODER_F_LOCK);
}

/* what is asked for on the way before anything is written; 0 or refused */
static int cxla_make_check(struct cxla_making *m)
{
	struct cxl_decoder *cxld;
	enum cxla_reason reason;

	if (m->endpoint->emulated || !m->endpoint->hdm)
		return cxla_making_refused(m, CXLA_REASON_NO_DECODER);
	m->size = ALIGN_DOWN(m->cxlmd->cxlds->capacity, CXLA_DECODER_ALIGN);
	if (!m->size)
		return cxla_making_refused(m, CXLA_REASON_NO_DPA);
	if (!cxla_cache_can_invalidate())
		return cxla_making_refused(m, CXLA_REASON_NO_CACHE_FLUSH);
	cxld = cxla_next_decoder(m->endpoint);
	if (!cxld)
		return cxla_making_refused(m, cxla_no_decoder(m->cxlmd->cxlds->dev,
							      m->endpoint));
	m->layout.members[0] = to_cxl_endpoint_decoder(&cxld->dev);
	reason = cxla_layout_floor(&m->layout, &m->floor);
	return reason ? cxla_making_refused(m, reason) : 0;
}

static int cxla_make_decoders(struct cxla_making *m)
{
	struct cxl_port *root = m->endpoint->parent;
	bool any = false;
	int rc;

	while (!is_cxl_root(root))
		root = root->parent;

	guard(rwsem_write)(&cxl_rwsem.region);
	rc = cxla_make_check(m);
	if (rc)
		return rc;
	for (int i = 0; i < root->nr_decoders; i++) {
		/* one for which there was no memory */
		if (!root->decoders[i])
			continue;
		m->layout.window = to_cxl_root_decoder(&root->decoders[i]->dev);
		if (!cxla_window_fits(m->layout.window, m))
			continue;
		any = true;
		rc = cxla_make_in_window(m);
		if (rc != -EAGAIN)
			break;
	}
	switch (any ? rc : -EXDEV) {
	case -EXDEV:
		return cxla_making_refused(m, CXLA_REASON_NO_WINDOW);
	case -EAGAIN:
		return cxla_making_refused(m, cxla_layout_lacks(&m->layout));
	case -EBUSY:
	case -EIO:
	case -ETIMEDOUT:
		return cxla_making_refused(m, CXLA_REASON_COMMIT_FAILED);
	case -ENXIO:
		return cxla_making_refused(m, CXLA_REASON_HW_ERROR);
	default:
		return rc;
	}
}

/**
 * cxla_region_create() - a region of a device's memory, for its attach
 * @cxlmd: memdev on which nothing is committed, with an attach of a region that
 *	asks for it; the lock of its endpoint is held
 *
 * The range is in @cxlmd->claim then.
 *
 * Context: sleeps.
 * Return: 0; -ENXIO and a reason; or another error. After an error nothing of it
 * is left.
 */
int cxla_region_create(struct cxl_memdev *cxlmd)
{
	struct cxla_making m = {
		.cxlmd = cxlmd, .endpoint = cxlmd->endpoint,
		.layout = { .ways = 1, .granularity = SZ_256 },
	};
	struct cxl_endpoint_decoder *cxled;
	struct cxl_region *cxlr;
	int rc;

	device_lock_assert(&m.endpoint->dev);
	rc = cxla_make_decoders(&m);
	if (rc)
		return rc;
	cxled = m.layout.members[0];
	cxla_pause(CXLA_PAUSE_DECODERS_MADE);
	rc = cxla_region_assemble(cxled);
	cxlr = rc ? NULL : cxla_region_of(cxled);
	if (cxlr) {
		cxlmd->region_id = cxlr->id;
		put_device(&cxlr->dev);
		return 0;
	}
	/* or somebody's hand was at it in the meantime */
	if (!rc || rc == -ENXIO)
		rc = cxla_making_refused(&m, cxled->reason ?:
					 CXLA_REASON_REVOKED);
	cxla_regions_detach(m.endpoint);
	cxla_region_unmake(m.endpoint);
	cxla_unclaim(&cxlmd->claim);
	return rc;
}

/**
 * cxla_region_unmake() - what cxla_region_create() committed is no longer
 * @endpoint: port that has left its regions, its lock held; all above it is there
 *
 * Nobody touches the range any more.
 *
 * Context: sleeps.
 */
void cxla_region_unmake(struct cxl_port *endpoint)
{
	device_lock_assert(&endpoint->dev);
	guard(rwsem_write)(&cxl_rwsem.region);
	for (int i = 0; i < endpoint->nr_decoders; i++) {
		struct cxl_decoder *cxld = endpoint->decoders[i];

		if (cxld->made)
			cxla_make_uncommit(&(struct cxla_layout) {
				.range = cxld->hpa_range,
				.ways = 1,
				.members = { to_cxl_endpoint_decoder(&cxld->dev) },
			});
	}
}
