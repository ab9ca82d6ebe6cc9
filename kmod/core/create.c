// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: a region where firmware made none
 *
 * For a driver that asks, of all of its device's memory: an address range that
 * nobody has, and a decoder on each level that routes it, committed from the
 * device up. From then on it is as if firmware had made it, and the region is
 * found like any other. It is taken back from the device up, too, when the
 * attach has ended; what was committed by others is never written.
 *
 * Which addresses are free. All that a window routes to a host bridge goes through
 * that bridge, and what one component of the way decodes goes through it. Its
 * decoders are committed in the order of their addresses (CXL 3.1 section
 * 8.2.4.20.12), so that the next one has to begin behind all of them: what is
 * behind on each level of the way is decoded for no device, whether its driver is
 * here or not. What is busy in the iomem tree is somebody's, and what firmware
 * calls Soft Reserved may be.
 *
 * Decoders are taken back in reverse. One with others committed behind it stays,
 * left over, until those go; or until a range of the same size is made for the
 * same device, which then has the addresses that it had.
 */
#include <linux/align.h>
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/sizes.h>

#include "../pause/pause.h"
#include "create.h"
#include "record.h"

#define CXLA_CREATE_ALIGN	SZ_256M	/* of base and size of a decoder */

/**
 * struct cxla_making - a region that is being made
 * @cxlmd: for whom
 * @endpoint: its port
 * @window: that the range is in
 * @size: bytes
 * @floor: first byte that no level of the way decodes
 */
struct cxla_making {
	struct cxl_memdev *cxlmd;
	struct cxl_port *endpoint;
	struct cxl_root_decoder *window;
	u64 size;
	u64 floor;
};

static int cxla_making_refused(struct cxla_making *m, enum cxla_reason reason)
{
	m->cxlmd->attach_region->reason = reason;
	return cxla_refuse(m->cxlmd, reason);
}

static struct device *cxla_making_hw(const struct cxla_making *m)
{
	return m->cxlmd->cxlds->dev;
}

/* all that decodes between the device and its window, from below */
static struct cxl_port *cxla_port_above(struct cxl_port *port)
{
	do {
		port = port->parent;
	} while (!is_cxl_root(port) && port->passthrough);
	return is_cxl_root(port) ? NULL : port;
}

/* which way leads from @port down to the device */
static u32 cxla_way_down(const struct cxla_making *m,
			 const struct cxl_port *port)
{
	const struct cxl_port *below = m->endpoint;

	while (below->parent != port)
		below = below->parent;
	return below->parent_dport->port_id;
}

static bool cxla_is_committed(const struct cxl_decoder *cxld)
{
	return cxld->flags & CXL_DECODER_F_ENABLE;
}

/* the first decoder behind all that are committed, also those of size 0, or NULL */
static struct cxl_decoder *cxla_next_decoder(struct cxl_port *port)
{
	int next = 0;

	for (int i = 0; i < port->nr_decoders; i++)
		if (cxla_is_committed(port->decoders[i]) ||
		    port->decoders[i]->regs.ctrl & CXL_HDM_CTRL_COMMITTED)
			next = i + 1;
	return next < port->nr_decoders ? port->decoders[next] : NULL;
}

/* where the decoders of @port end; or the reason why that is not known */
static enum cxla_reason cxla_port_floor(struct cxla_making *m,
					struct cxl_port *port, u64 *floor)
{
	*floor = 0;
	for (int i = 0; i < port->nr_decoders; i++) {
		const struct cxl_decoder *cxld = port->decoders[i];

		if (!cxla_is_committed(cxld))
			continue;
		if (cxld->flags & CXL_DECODER_F_BROKEN) {
			dev_err(cxla_making_hw(m),
				"what is free below %s is not known: %s makes no sense\n",
				dev_name(port->uport_dev),
				dev_name(&cxld->dev));
			return CXLA_REASON_BAD_DECODER;
		}
		if (range_len(&cxld->hpa_range))
			*floor = max(*floor, cxld->hpa_range.end + 1);
	}
	return CXLA_REASON_NONE;
}

/* of a range that was made, and ended, and is still decoded on this level */
static struct cxl_decoder *cxla_left_over(struct cxl_port *port,
					  const struct range *range, u32 way)
{
	for (int i = 0; i < port->nr_decoders; i++) {
		struct cxl_decoder *cxld = port->decoders[i];

		if (cxld->made == CXLA_MADE_LEFT && cxla_is_committed(cxld) &&
		    cxld->hpa_range.start == range->start &&
		    cxld->hpa_range.end == range->end &&
		    cxld->targets[0] == way)
			return cxld;
	}
	return NULL;
}

/* a decoder for @range on the level of @port, or NULL */
static struct cxl_decoder *cxla_decoder_for(struct cxla_making *m,
					    struct cxl_port *port,
					    const struct range *range)
{
	struct cxl_decoder *cxld = NULL;
	u64 floor;

	if (port != m->endpoint)
		cxld = cxla_left_over(port, range, cxla_way_down(m, port));
	if (cxld)
		return cxld;
	if (cxla_port_floor(m, port, &floor) || floor > range->start)
		return NULL;
	return cxla_next_decoder(port);
}

static bool cxla_range_possible(struct cxla_making *m,
				const struct range *range)
{
	struct cxl_port *port = m->endpoint;

	for (; port; port = cxla_port_above(port))
		if (!cxla_decoder_for(m, port, range))
			return false;
	return true;
}

/* --------------------------- decoders ------------------------------ */

static void cxla_decoder_fill(struct cxla_making *m, struct cxl_decoder *cxld,
			      const struct range *range)
{
	struct cxl_port *port = cxld_to_port(cxld);

	cxld->hpa_range = *range;
	cxld->ways = 1;
	cxld->granularity = SZ_256;
	cxld->host_only = false;
	cxld->carried = 0;
	cxld->made = CXLA_MADE_USED;
	if (port == m->endpoint) {
		struct cxl_endpoint_decoder *cxled =
			to_cxl_endpoint_decoder(&cxld->dev);

		cxled->dpa_base = 0;
		cxled->dpa_size = range_len(range);
		cxled->skip = 0;
		return;
	}
	cxld->nr_targets = 1;
	cxld->targets[0] = cxla_way_down(m, port);
}

/* as one that never decoded anything */
static void cxla_decoder_clear(struct cxl_decoder *cxld)
{
	cxld->hpa_range = (struct range) { .start = 0, .end = -1 };
	cxld->made = CXLA_MADE_NOT;
	if (is_cxl_endpoint(cxld_to_port(cxld)))
		to_cxl_endpoint_decoder(&cxld->dev)->dpa_size = 0;
	else
		cxld->nr_targets = 0;
}

/* those that were left over on this level, if nothing is behind them any more */
static void cxla_port_reap(struct cxl_port *port)
{
	for (int i = port->nr_decoders - 1; i >= 0; i--) {
		struct cxl_decoder *cxld = port->decoders[i];

		if (cxld->made == CXLA_MADE_LEFT) {
			int rc = cxla_is_committed(cxld) ?
				 cxla_decoder_reset(cxld) : 0;

			/* one that does not answer decodes nothing */
			if (rc == -ENXIO)
				cxld->flags &= ~CXL_DECODER_F_ENABLE;
			else if (rc)
				return;
			cxla_decoder_clear(cxld);
		} else if (cxla_is_committed(cxld)) {
			return;
		}
	}
}

/* take back what was made for @endpoint, from below */
static void cxla_unmake_decoders(struct cxl_port *endpoint)
{
	struct cxl_port *port = endpoint;
	struct range range = { .start = 0, .end = -1 };

	lockdep_assert_held_write(&cxl_rwsem.region);
	for (int i = 0; i < endpoint->nr_decoders; i++)
		if (endpoint->decoders[i]->made)
			range = endpoint->decoders[i]->hpa_range;
	if (!range_len(&range))
		return;
	/* as it could when it was made; CPUs write back what they have of it */
	cxla_cache_invalidate(range.start, range_len(&range));
	for (; port; port = cxla_port_above(port)) {
		for (int i = 0; i < port->nr_decoders; i++) {
			struct cxl_decoder *cxld = port->decoders[i];

			if (cxld->made == CXLA_MADE_USED &&
			    cxld->hpa_range.start == range.start)
				cxld->made = CXLA_MADE_LEFT;
		}
		cxla_port_reap(port);
	}
}

/* from the device up: what is routed to it is decoded by it */
static int cxla_commit_decoders(struct cxla_making *m,
				const struct range *range)
{
	struct cxl_port *port = m->endpoint;

	for (; port; port = cxla_port_above(port)) {
		struct cxl_decoder *cxld = cxla_decoder_for(m, port, range);
		int rc;

		if (!cxld)
			return -EBUSY;
		if (cxld->made == CXLA_MADE_LEFT)
			cxld->made = CXLA_MADE_USED;
		else
			cxla_decoder_fill(m, cxld, range);
		/* asks hardware first: what is left over need not be written */
		rc = cxla_decoder_commit(cxld);
		if (rc) {
			dev_err(cxla_making_hw(m),
				"%s of %s can't be committed for [%#llx-%#llx]: %d\n",
				dev_name(&cxld->dev), dev_name(port->uport_dev),
				range->start, range->end, rc);
			return rc;
		}
	}
	return 0;
}

/* ---------------------------- addresses ---------------------------- */

static bool cxla_has_soft_reserved(const struct range *range)
{
	return region_intersects(range->start, range_len(range), IORESOURCE_MEM,
				 IORES_DESC_SOFT_RESERVED) != REGION_DISJOINT;
}

/*
 * 0: @range is the attach's, and decoded. -EAGAIN: it is not free; others may be.
 * Another error: none would do.
 */
static int cxla_make_at(struct cxla_making *m, const struct range *range)
{
	int rc;

	lockdep_assert_held_write(&cxl_rwsem.region);
	if (!cxla_range_possible(m, range) || cxla_has_soft_reserved(range))
		return -EAGAIN;
	rc = cxla_attach_claim(m->cxlmd, &m->cxlmd->claim, range, NULL);
	if (rc)
		return rc == -EBUSY ? -EAGAIN : rc;
	rc = cxla_cache_invalidate(range->start, range_len(range));
	if (!rc)
		rc = cxla_commit_decoders(m, range);
	if (rc) {
		cxla_unmake_decoders(m->endpoint);
		cxla_unclaim(&m->cxlmd->claim);
	}
	return rc;
}

/* a range that the device had, and that is still led to it */
static int cxla_make_again(struct cxla_making *m)
{
	struct cxl_port *port = m->endpoint, *top = NULL;

	while ((port = cxla_port_above(port)))
		top = port;
	for (int i = 0; top && i < top->nr_decoders; i++) {
		const struct cxl_decoder *cxld = top->decoders[i];
		struct range range = cxld->hpa_range;
		int rc;

		if (cxld->made != CXLA_MADE_LEFT ||
		    range_len(&range) != m->size ||
		    !cxla_range_contains(&m->window->cxld.hpa_range, &range))
			continue;
		rc = cxla_make_at(m, &range);
		if (rc != -EAGAIN)
			return rc;
	}
	return -EAGAIN;
}

static int cxla_make_in_window(struct cxla_making *m)
{
	const struct range *window = &m->window->cxld.hpa_range;
	u64 start = ALIGN(max(window->start, m->floor), CXLA_CREATE_ALIGN);
	int rc = cxla_make_again(m);

	for (; rc == -EAGAIN && start >= window->start &&
	     start <= window->end && window->end - start >= m->size - 1;
	     start += CXLA_CREATE_ALIGN)
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
	const struct cxl_port *port = m->endpoint;

	while (!is_cxl_root(port->parent))
		port = port->parent;
	return cxlrd->cxld.ways == 1 &&
	       cxlrd->cxld.targets[0] == port->parent_dport->port_id &&
	       (cxlrd->cxld.flags & wanted) == wanted &&
	       !(cxlrd->cxld.flags & CXL_DECODER_F_LOCK);
}

/* what is asked for on the way before anything is written; 0 or refused */
static int cxla_make_check(struct cxla_making *m)
{
	struct cxl_port *port = m->endpoint;

	if (port->emulated || !port->hdm)
		return cxla_making_refused(m, CXLA_REASON_NO_DECODER);
	m->size = ALIGN_DOWN(m->cxlmd->cxlds->capacity, CXLA_CREATE_ALIGN);
	if (!m->size)
		return cxla_making_refused(m, CXLA_REASON_NO_DPA);
	if (!cxla_cache_can_invalidate())
		return cxla_making_refused(m, CXLA_REASON_NO_CACHE_FLUSH);
	for (; port; port = cxla_port_above(port)) {
		enum cxla_reason reason;
		u64 floor;

		reason = cxla_port_floor(m, port, &floor);
		if (reason)
			return cxla_making_refused(m, reason);
		m->floor = max(m->floor, floor);
	}
	return 0;
}

/* nowhere in any window: for want of a decoder, or of addresses */
static enum cxla_reason cxla_making_lacks(struct cxla_making *m)
{
	struct cxl_port *port = m->endpoint;

	for (; port; port = cxla_port_above(port)) {
		if (cxla_next_decoder(port))
			continue;
		dev_err(cxla_making_hw(m), "all %d decoders of %s are in use\n",
			port->nr_decoders, dev_name(port->uport_dev));
		return CXLA_REASON_NO_DECODER;
	}
	return CXLA_REASON_NO_HPA;
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
		m->window = to_cxl_root_decoder(&root->decoders[i]->dev);
		if (!cxla_window_fits(m->window, m))
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
		return cxla_making_refused(m, cxla_making_lacks(m));
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
	};
	struct cxl_endpoint_decoder *cxled = NULL;
	struct cxl_region *cxlr;
	int rc;

	device_lock_assert(&m.endpoint->dev);
	rc = cxla_make_decoders(&m);
	if (rc)
		return rc;
	for (int i = 0; !cxled; i++) {
		struct cxl_decoder *cxld = m.endpoint->decoders[i];

		if (cxld->made == CXLA_MADE_USED)
			cxled = to_cxl_endpoint_decoder(&cxld->dev);
	}
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
	cxla_unmake_decoders(endpoint);
}
