// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: decoders for a range that nobody has
 *
 * A region that is made takes a decoder on each level of the way to each of its
 * devices. Whoever makes it has the range; here is which decoders those are and
 * what they say, and how all of them are committed or none.
 *
 * Which addresses can be decoded. All that a window routes to a host bridge goes
 * through that bridge, and what one component of the way decodes goes through it.
 * Its decoders are committed in the order of their addresses (CXL 3.1 section
 * 8.2.4.20.12), so that the next one has to begin behind all of them: what is
 * behind on each level of the way is decoded for no device, whether its driver is
 * here or not.
 *
 * Decoders are taken back in reverse. One with others committed behind it stays,
 * left over, until those go; or until the same range is to go the same way again.
 */
#include <linux/device.h>
#include <linux/sizes.h>

#include "floor.h"
#include "layout.h"

/* the device to name in messages */
static struct device *cxla_layout_hw(const struct cxla_layout *layout)
{
	return cxled_to_hw(layout->members[0]);
}

static bool cxla_is_committed(const struct cxl_decoder *cxld)
{
	return cxld->flags & CXL_DECODER_F_ENABLE;
}

/**
 * cxla_next_decoder() - the decoder of a port that can be committed next
 * @port: host bridge, switch or endpoint
 *
 * Context: cxl_rwsem.region is held.
 * Return: the first behind all that are committed, also those of size 0; or NULL,
 * also where that one is kept for a region that may be committed again.
 */
struct cxl_decoder *cxla_next_decoder(struct cxl_port *port)
{
	int next = 0;

	lockdep_assert_held(&cxl_rwsem.region);
	for (int i = 0; i < port->nr_decoders; i++)
		if (cxla_is_committed(port->decoders[i]) ||
		    port->decoders[i]->regs.ctrl & CXL_HDM_CTRL_COMMITTED)
			next = i + 1;
	return next < port->nr_decoders && !port->decoders[next]->kept ?
	       port->decoders[next] : NULL;
}

/* where those begin that are kept, and are to be committed behind the next */
static u64 cxla_port_ceiling(const struct cxl_port *port)
{
	u64 ceiling = U64_MAX;

	for (int i = 0; i < port->nr_decoders; i++)
		if (port->decoders[i]->kept)
			ceiling = min_t(u64, ceiling,
					port->decoders[i]->hpa_range.start);
	return ceiling;
}

/* ------------------------------- ways ------------------------------ */

static bool cxla_leads_to(const struct cxl_port *port,
			  const struct cxl_endpoint_decoder *cxled)
{
	const struct cxl_port *below = cxld_to_port(&cxled->cxld);

	while (below && below != port)
		below = below->parent;
	return below;
}

/* which way leads from @port down to @cxled */
static u32 cxla_way_down(const struct cxl_port *port,
			 const struct cxl_endpoint_decoder *cxled)
{
	const struct cxl_port *below = cxld_to_port(&cxled->cxld);

	while (below->parent != port)
		below = below->parent;
	return below->parent_dport->port_id;
}

/* how many of its ways lead to members */
static unsigned int cxla_layout_ways_of(const struct cxla_layout *layout,
					const struct cxl_port *port)
{
	u32 ids[CXLA_MAX_TARGETS];
	unsigned int nr = 0;

	for (unsigned int pos = 0; pos < layout->ways; pos++) {
		unsigned int i = 0;
		u32 id;

		if (!cxla_leads_to(port, layout->members[pos]))
			continue;
		id = cxla_way_down(port, layout->members[pos]);
		while (i < nr && ids[i] != id)
			i++;
		if (i == nr)
			ids[nr++] = id;
	}
	return nr;
}

/**
 * struct cxla_hop - what the decoder of one level has to say
 * @ways: that it picks among
 * @granularity: bytes
 * @nr_targets: 0 of an endpoint
 * @targets: port ids
 */
struct cxla_hop {
	unsigned int ways;
	unsigned int granularity;
	int nr_targets;
	u32 targets[CXLA_MAX_TARGETS];
};

/*
 * The levels take turns by position, from the window down. -ENXIO: members are
 * not where their positions say.
 */
static int cxla_layout_hop(const struct cxla_layout *layout,
			   const struct cxl_port *port, struct cxla_hop *hop)
{
	unsigned int above = layout->window->cxld.ways;

	*hop = (struct cxla_hop) {
		.ways = layout->ways, .granularity = layout->granularity,
	};
	if (is_cxl_endpoint(port))
		return 0;
	for (const struct cxl_port *up = port->parent; !is_cxl_root(up);
	     up = up->parent)
		above *= cxla_layout_ways_of(layout, up);
	hop->ways = cxla_layout_ways_of(layout, port);
	hop->nr_targets = hop->ways;
	/* a factor of three is no address bit */
	if (hop->ways > 1)
		hop->granularity *= above % 3 ? above : above / 3;
	for (unsigned int i = 0; i < hop->ways; i++) {
		bool any = false;

		for (unsigned int pos = 0; pos < layout->ways; pos++) {
			const struct cxl_endpoint_decoder *cxled =
				layout->members[pos];
			u32 id;

			if (!cxla_leads_to(port, cxled) ||
			    pos / above % hop->ways != i)
				continue;
			id = cxla_way_down(port, cxled);
			if (any && id != hop->targets[i])
				return -ENXIO;
			hop->targets[i] = id;
			any = true;
		}
		if (!any)
			return -ENXIO;
	}
	return 0;
}

/* the window picks the host bridge of each position */
static bool cxla_window_leads(const struct cxla_layout *layout)
{
	const struct cxl_decoder *root = &layout->window->cxld;

	if (layout->ways % root->ways)
		return false;
	for (unsigned int pos = 0; pos < layout->ways; pos++) {
		const struct cxl_port *bridge =
			cxla_bridge_above(cxld_to_port(&layout->members[pos]->cxld));

		if (bridge->parent_dport->port_id !=
		    root->targets[pos % root->ways])
			return false;
	}
	return true;
}

/* @fn for each port that decodes some of the layout, from below, until it fails */
static int cxla_layout_each(const struct cxla_layout *layout,
			    int (*fn)(const struct cxla_layout *layout,
				      struct cxl_port *port, void *arg),
			    void *arg)
{
	for (int depth = CXLA_MAX_DEPTH - 1; depth > 0; depth--)
		for (unsigned int pos = 0; pos < layout->ways; pos++) {
			struct cxl_port *port =
				cxld_to_port(&layout->members[pos]->cxld);
			unsigned int first = 0;
			int rc;

			while (port->depth > depth)
				port = port->parent;
			if (port->depth < depth || port->passthrough)
				continue;
			while (!cxla_leads_to(port, layout->members[first]))
				first++;
			rc = first == pos ? fn(layout, port, arg) : 0;
			if (rc)
				return rc;
		}
	return 0;
}

/**
 * cxla_layout_top() - what decodes first below the window
 * @layout: its first member is there
 *
 * Return: the highest port on the way to the first member that has decoders, or
 * NULL if that is its own.
 */
struct cxl_port *cxla_layout_top(const struct cxla_layout *layout)
{
	struct cxl_port *port = cxld_to_port(&layout->members[0]->cxld);
	struct cxl_port *top = NULL;

	while (!is_cxl_root(port = port->parent))
		if (!port->passthrough)
			top = port;
	return top;
}

/* ------------------------ decoders and addresses ------------------- */

/* where the decoders of @port end; or the reason why that is not known */
static enum cxla_reason cxla_port_floor(const struct cxla_layout *layout,
					struct cxl_port *port, u64 *floor)
{
	const struct cxl_decoder *broken;

	*floor = 0;
	broken = cxla_port_raise(port, floor);
	if (!broken)
		return CXLA_REASON_NONE;
	dev_err(cxla_layout_hw(layout),
		"what is free below %s is not known: %s makes no sense\n",
		dev_name(port->uport_dev), dev_name(&broken->dev));
	return CXLA_REASON_BAD_DECODER;
}

static int cxla_raise_floor(const struct cxla_layout *layout,
			    struct cxl_port *port, void *floor)
{
	enum cxla_reason reason;
	u64 own;

	reason = cxla_port_floor(layout, port, &own);
	*(u64 *)floor = max(*(u64 *)floor, own);
	return reason;
}

/**
 * cxla_layout_floor() - the first byte that no level of a way decodes
 * @layout: members are there; its range is not looked at
 * @floor: HPA
 *
 * Context: cxl_rwsem.region is held.
 * Return: CXLA_REASON_NONE, or why that is not known, which is in the log.
 */
enum cxla_reason cxla_layout_floor(const struct cxla_layout *layout, u64 *floor)
{
	*floor = 0;
	return cxla_layout_each(layout, cxla_raise_floor, floor);
}

/**
 * cxla_no_decoder() - say that cxla_next_decoder() found none
 * @hw: device that one was wanted for
 * @port: of whose decoders
 *
 * Return: the reason.
 */
enum cxla_reason cxla_no_decoder(struct device *hw, const struct cxl_port *port)
{
	dev_err(hw, "all %d decoders of %s are in use, or kept for a region that is not committed\n",
		port->nr_decoders, dev_name(port->uport_dev));
	return CXLA_REASON_NO_DECODER;
}

static int cxla_port_is_full(const struct cxla_layout *layout,
			     struct cxl_port *port, void *unused)
{
	if (cxla_next_decoder(port))
		return 0;
	return cxla_no_decoder(cxla_layout_hw(layout), port);
}

/**
 * cxla_layout_lacks() - what there is none of, when no range would do
 * @layout: members are there; its range is not looked at
 *
 * Context: cxl_rwsem.region is held.
 * Return: no-decoder, which is in the log; or no-hpa.
 */
enum cxla_reason cxla_layout_lacks(const struct cxla_layout *layout)
{
	return cxla_layout_each(layout, cxla_port_is_full, NULL) ?:
	       CXLA_REASON_NO_HPA;
}

/* one that was made, and ended, and is still decoded on this level in the same way */
static struct cxl_decoder *cxla_left_over(const struct cxla_layout *layout,
					  struct cxl_port *port,
					  const struct cxla_hop *hop)
{
	for (int i = 0; i < port->nr_decoders; i++) {
		struct cxl_decoder *cxld = port->decoders[i];

		if (cxld->made == CXLA_MADE_LEFT && cxla_is_committed(cxld) &&
		    cxld->hpa_range.start == layout->range.start &&
		    cxld->hpa_range.end == layout->range.end &&
		    cxld->ways == hop->ways &&
		    cxld->granularity == hop->granularity &&
		    cxld->host_only == layout->host_only &&
		    !memcmp(cxld->targets, hop->targets,
			    hop->nr_targets * sizeof(hop->targets[0])))
			return cxld;
	}
	return NULL;
}

static struct cxl_decoder *cxla_member_at(const struct cxla_layout *layout,
					  const struct cxl_port *endpoint)
{
	for (unsigned int pos = 0; pos < layout->ways; pos++)
		if (cxld_to_port(&layout->members[pos]->cxld) == endpoint)
			return &layout->members[pos]->cxld;
	return NULL;
}

/* a decoder for the range on the level of @port, or NULL */
static struct cxl_decoder *cxla_decoder_for(const struct cxla_layout *layout,
					    struct cxl_port *port,
					    const struct cxla_hop *hop)
{
	struct cxl_decoder *cxld = cxla_left_over(layout, port, hop);
	u64 floor;

	if (!cxld &&
	    !cxla_port_floor(layout, port, &floor) &&
	    floor <= layout->range.start &&
	    layout->range.end < cxla_port_ceiling(port))
		cxld = cxla_next_decoder(port);
	/* of a device it is the one that has the DPA */
	if (is_cxl_endpoint(port) && cxld != cxla_member_at(layout, port))
		return NULL;
	return cxld;
}

static int cxla_check_level(const struct cxla_layout *layout,
			    struct cxl_port *port, void *unused)
{
	struct cxla_hop hop;
	int rc;

	rc = cxla_layout_hop(layout, port, &hop);
	if (rc)
		return rc;
	return cxla_decoder_for(layout, port, &hop) ? 0 : -EBUSY;
}

/**
 * cxla_layout_check() - could each level decode a layout
 * @layout: all of it
 *
 * Nothing is written, and hardware not asked.
 *
 * Context: cxl_rwsem.region is held.
 * Return: 0; -ENXIO: members are not where their positions say; -EBUSY: on some
 * level there is no decoder for it, or none that may begin there.
 */
int cxla_layout_check(const struct cxla_layout *layout)
{
	lockdep_assert_held(&cxl_rwsem.region);
	if (!cxla_window_leads(layout))
		return -ENXIO;
	return cxla_layout_each(layout, cxla_check_level, NULL);
}

static void cxla_decoder_fill(const struct cxla_layout *layout,
			      struct cxl_decoder *cxld,
			      const struct cxla_hop *hop)
{
	cxld->hpa_range = layout->range;
	cxld->ways = hop->ways;
	cxld->granularity = hop->granularity;
	cxld->host_only = layout->host_only;
	cxld->carried = 0;
	cxld->made = CXLA_MADE_USED;
	cxld->nr_targets = hop->nr_targets;
	memcpy(cxld->targets, hop->targets,
	       hop->nr_targets * sizeof(hop->targets[0]));
}

/* as one that never decoded anything */
static void cxla_decoder_clear(struct cxl_decoder *cxld)
{
	cxld->hpa_range = (struct range) { .start = 0, .end = -1 };
	cxld->made = CXLA_MADE_NOT;
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
			if (rc == -ENXIO) {
				cxld->flags &= ~CXL_DECODER_F_ENABLE;
				cxld->regs.ctrl &= ~CXL_HDM_CTRL_COMMITTED;
			} else if (rc) {
				return;
			}
			cxla_decoder_clear(cxld);
		} else if (cxla_is_committed(cxld)) {
			return;
		}
	}
}

static int cxla_uncommit_level(const struct cxla_layout *layout,
			       struct cxl_port *port, void *unused)
{
	for (int i = 0; i < port->nr_decoders; i++) {
		struct cxl_decoder *cxld = port->decoders[i];

		if (cxld->made == CXLA_MADE_USED &&
		    cxld->hpa_range.start == layout->range.start)
			cxld->made = CXLA_MADE_LEFT;
	}
	cxla_port_reap(port);
	return 0;
}

/**
 * cxla_layout_uncommit() - take back what was committed, from the devices up
 * @layout: one that was committed, or began to be
 *
 * What others are behind stays, left over; and what hardware refuses to.
 *
 * Context: cxl_rwsem.region is held for writing; nobody touches the range.
 */
void cxla_layout_uncommit(const struct cxla_layout *layout)
{
	lockdep_assert_held_write(&cxl_rwsem.region);
	/* as it could when it was made; CPUs write back what they have of it */
	cxla_cache_invalidate(layout->range.start, range_len(&layout->range));
	cxla_layout_each(layout, cxla_uncommit_level, NULL);
}

static int cxla_commit_level(const struct cxla_layout *layout,
			     struct cxl_port *port, void *unused)
{
	struct cxl_decoder *cxld;
	struct cxla_hop hop;
	int rc;

	rc = cxla_layout_hop(layout, port, &hop);
	if (rc)
		return rc;
	cxld = cxla_decoder_for(layout, port, &hop);
	if (!cxld)
		return -EBUSY;
	/* one that is left over says all of it; if it lost what it decoded, it is the next */
	if (cxla_is_committed(cxld))
		cxld->made = CXLA_MADE_USED;
	else
		cxla_decoder_fill(layout, cxld, &hop);
	/* asks hardware first: what is left over need not be written */
	rc = cxla_decoder_commit(cxld);
	if (rc)
		dev_err(cxla_layout_hw(layout),
			"%s of %s can't be committed for [%#llx-%#llx]: %d\n",
			dev_name(&cxld->dev), dev_name(port->uport_dev),
			layout->range.start, layout->range.end, rc);
	return rc;
}

/**
 * cxla_layout_commit() - have hardware decode a range
 * @layout: cxla_layout_check() came to 0
 *
 * From the devices up: what is routed to one is decoded by it.
 *
 * Context: cxl_rwsem.region is held for writing; sleeps.
 * Return: 0; as cxla_cache_invalidate() or cxla_decoder_commit(), after which all
 * is taken back.
 */
int cxla_layout_commit(const struct cxla_layout *layout)
{
	int rc;

	lockdep_assert_held_write(&cxl_rwsem.region);
	rc = cxla_cache_invalidate(layout->range.start,
				   range_len(&layout->range));
	if (rc)
		return rc;
	rc = cxla_layout_each(layout, cxla_commit_level, NULL);
	if (rc)
		cxla_layout_uncommit(layout);
	return rc;
}
