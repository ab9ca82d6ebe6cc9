// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: routes
 *
 * Between its window and an endpoint a range passes ports, each of which has a
 * decoder that says where it goes next, or only one way to go. Here they are
 * followed, from the endpoint up.
 */
#include <linux/device.h>

#include "interleave.h"
#include "region.h"

static bool cxla_has_target(const struct cxl_decoder *cxld, u32 port_id)
{
	for (int i = 0; i < cxld->nr_targets; i++)
		if (cxld->targets[i] == port_id)
			return true;
	return false;
}

/* committed, with values that make sense */
static bool cxla_decodes(const struct cxl_decoder *cxld)
{
	return cxld && cxld->flags & CXL_DECODER_F_ENABLE &&
	       !(cxld->flags & CXL_DECODER_F_BROKEN);
}

/**
 * cxla_port_decoder() - the decoder of a port that a range goes through
 * @port: host bridge or switch
 * @range: HPA, inclusive
 *
 * Context: cxl_rwsem.region is held.
 * Return: a committed decoder, or that of a port with one way out; or NULL.
 */
struct cxl_decoder *cxla_port_decoder(struct cxl_port *port,
				      const struct range *range)
{
	if (port->passthrough)
		return port->decoders[0];

	for (int i = 0; i < port->nr_decoders; i++) {
		struct cxl_decoder *cxld = port->decoders[i];

		if (cxla_decodes(cxld) &&
		    cxla_range_contains(&cxld->hpa_range, range))
			return cxld;
	}
	return NULL;
}

/* a decoder of @port that maps a part of @range, or none */
static struct cxl_decoder *cxla_port_intersects(struct cxl_port *port,
						const struct range *range)
{
	for (int i = 0; i < port->nr_decoders; i++) {
		struct cxl_decoder *cxld = port->decoders[i];

		if (cxla_decodes(cxld) &&
		    cxld->hpa_range.start <= range->end &&
		    cxld->hpa_range.end >= range->start)
			return cxld;
	}
	return NULL;
}

static bool cxla_port_has_broken(struct cxl_port *port)
{
	for (int i = 0; i < port->nr_decoders; i++)
		if (port->decoders[i] &&
		    port->decoders[i]->flags & CXL_DECODER_F_BROKEN)
			return true;
	return false;
}

/* @port lets the range of @cxled through with none of its decoders: why? */
static enum cxla_reason cxla_route_missing(struct cxl_endpoint_decoder *cxled,
					   struct cxl_port *port)
{
	const struct range *range = &cxled->cxld.hpa_range;
	const char *name = dev_name(&cxled->cxld.dev);
	struct device *hw = cxled_to_hw(cxled);
	struct cxl_decoder *cxld;

	cxld = cxla_port_intersects(port, range);
	if (cxld) {
		dev_err(hw,
			"%s: %s maps [%#llx-%#llx], not all of [%#llx-%#llx]\n",
			name, dev_name(&cxld->dev), cxld->hpa_range.start,
			cxld->hpa_range.end, range->start, range->end);
		return CXLA_REASON_ROUTE_MISMATCH;
	}
	if (cxla_port_has_broken(port)) {
		dev_err(hw,
			"%s: no good decoder of %s (%s) maps [%#llx-%#llx]\n",
			name, dev_name(&port->dev), dev_name(port->uport_dev),
			range->start, range->end);
		return CXLA_REASON_BAD_DECODER;
	}
	dev_err(hw, "%s: no decoder of %s (%s) is committed for [%#llx-%#llx]\n",
		name, dev_name(&port->dev), dev_name(port->uport_dev),
		range->start, range->end);
	return CXLA_REASON_NOT_COMMITTED;
}

static enum cxla_reason cxla_route_step(struct cxl_endpoint_decoder *cxled,
					const struct cxl_decoder *cxld,
					const struct cxl_dport *dport)
{
	const struct range *range = &cxled->cxld.hpa_range;

	if (cxla_has_target(cxld, dport->port_id))
		return CXLA_REASON_NONE;
	dev_err(cxled_to_hw(cxled),
		"%s: %s does not route [%#llx-%#llx] to %s (port %u)\n",
		dev_name(&cxled->cxld.dev), dev_name(&cxld->dev), range->start,
		range->end, dev_name(dport->dport_dev), dport->port_id);
	return CXLA_REASON_ROUTE_MISMATCH;
}

/* the levels of the way to @cxled that interleave, from below; returns how many */
static unsigned int cxla_route_levels(const struct cxl_endpoint_decoder *cxled,
				      const struct cxl_root_decoder *cxlrd,
				      const struct cxl_decoder **deciding,
				      struct cxl_level *levels)
{
	struct cxl_port *port = cxld_to_port(&cxled->cxld);
	unsigned int nr = 0;

	for (; port->parent; port = port->parent) {
		const struct cxl_decoder *cxld = is_cxl_root(port->parent) ?
			&cxlrd->cxld :
			cxla_port_decoder(port->parent, &cxled->cxld.hpa_range);

		if (cxld->ways == 1)
			continue;
		deciding[nr] = cxld;
		levels[nr] = (struct cxl_level) {
			.ways = cxld->ways,
			.granularity = cxld->granularity,
			.maps = cxld == &cxlrd->cxld && cxlrd->xor ?
				cxlrd->maps : NULL,
		};
		while (cxld->targets[levels[nr].index] !=
		       port->parent_dport->port_id)
			levels[nr].index++;
		nr++;
	}
	return nr;
}

/* "decoder2.0 by bit 8, decoder0.0 by bits 9-10", or less of it */
static void cxla_route_describe(const struct cxl_decoder **deciding,
				const struct cxl_level *levels,
				unsigned int nr, char *text, size_t size)
{
	int len = 0;

	for (unsigned int i = 0; i < nr; i++) {
		unsigned int low, bits = cxl_interleave_bits(levels[i].ways,
							     levels[i].granularity,
							     &low);

		len += scnprintf(text + len, size - len, "%s%s by %s",
				 i ? ", " : "", dev_name(&deciding[i]->dev),
				 levels[i].maps ? "XOR on " : "");
		if (levels[i].ways % 3 == 0)
			len += scnprintf(text + len, size - len,
					 "thirds of what is above bit %u%s",
					 low + bits - 1, bits ? " and " : "");
		if (bits == 1)
			len += scnprintf(text + len, size - len, "bit %u", low);
		else if (bits)
			len += scnprintf(text + len, size - len, "bits %u-%u",
					 low, low + bits - 1);
	}
}

/*
 * Where an endpoint comes in the interleave; -ENXIO: what arrives there is not
 * one granule of each stripe, also said in the log. A window whose maps are not
 * known has said so when it came.
 */
static int cxla_route_position(struct cxl_endpoint_decoder *cxled,
			       struct cxl_root_decoder *cxlrd)
{
	const struct cxl_decoder *deciding[CXLA_MAX_DEPTH];
	struct cxl_level levels[CXLA_MAX_DEPTH];
	unsigned int nr, low, bits;
	char text[160] = "";
	int pos;

	if (cxlrd->xor && !cxlrd->has_maps)
		return -ENXIO;
	nr = cxla_route_levels(cxled, cxlrd, deciding, levels);
	pos = cxl_interleave_position(levels, nr, cxled->cxld.ways,
				      cxled->cxld.granularity,
				      cxled->cxld.hpa_range.start);
	if (pos >= 0)
		return pos;
	bits = cxl_interleave_bits(cxled->cxld.ways, cxled->cxld.granularity,
				   &low);
	cxla_route_describe(deciding, levels, nr, text, sizeof(text));
	dev_err(cxled_to_hw(cxled),
		"%s: %u ways of %u bytes take address bits %u-%u, each once; the way to it picks %s\n",
		dev_name(&cxled->cxld.dev), cxled->cxld.ways,
		cxled->cxld.granularity, low, low + max(bits, 1U) - 1, text);
	return -ENXIO;
}

/**
 * cxla_route_check() - is a range routed from its window to the endpoint
 * @cxled: endpoint decoder
 * @cxlrd: the window
 * @hw_lock: set to true when a decoder on the way can't be changed
 * @pos: where the endpoint comes in the interleave, 0 where there is none
 *
 * A decoder above may map more than the endpoint's. Each picks one of its ways,
 * so that in all they have as many as the endpoint says.
 *
 * Context: cxl_rwsem.region is held.
 * Return: CXLA_REASON_NONE, or what is wrong, which is also in the log.
 */
enum cxla_reason cxla_route_check(struct cxl_endpoint_decoder *cxled,
				  struct cxl_root_decoder *cxlrd, bool *hw_lock,
				  int *pos)
{
	struct cxl_port *port = cxld_to_port(&cxled->cxld);
	enum cxla_reason reason;
	unsigned int ways = 1;

	lockdep_assert_held(&cxl_rwsem.region);

	if ((cxled->cxld.flags | cxlrd->cxld.flags) & CXL_DECODER_F_LOCK)
		*hw_lock = true;

	for (; !is_cxl_root(port->parent); port = port->parent) {
		struct cxl_decoder *cxld =
			cxla_port_decoder(port->parent,
					  &cxled->cxld.hpa_range);

		if (!cxld)
			return cxla_route_missing(cxled, port->parent);
		reason = cxla_route_step(cxled, cxld, port->parent_dport);
		if (reason)
			return reason;
		ways *= cxld->ways;
		if (cxld->flags & CXL_DECODER_F_LOCK)
			*hw_lock = true;
	}
	ways *= cxlrd->cxld.ways;
	if (ways != cxled->cxld.ways) {
		dev_err(cxled_to_hw(cxled),
			"%s: interleaves %u ways, the path to it %u\n",
			dev_name(&cxled->cxld.dev), cxled->cxld.ways, ways);
		return CXLA_REASON_ROUTE_MISMATCH;
	}
	reason = cxla_route_step(cxled, &cxlrd->cxld, port->parent_dport);
	if (reason)
		return reason;
	*pos = ways > 1 ? cxla_route_position(cxled, cxlrd) : 0;
	return *pos < 0 ? CXLA_REASON_ROUTE_MISMATCH : CXLA_REASON_NONE;
}

/**
 * cxla_route_read_back() - does hardware route a range as its decoders say
 * @cxled: endpoint decoder, member of a region
 *
 * Asks each decoder from the endpoint up, whoever else goes through it.
 *
 * Context: cxl_rwsem.region is held.
 * Return: 0; -EIO: no; -ENXIO: one of the components does not answer.
 */
int cxla_route_read_back(struct cxl_endpoint_decoder *cxled)
{
	struct cxl_port *port = cxld_to_port(&cxled->cxld)->parent;
	int rc;

	lockdep_assert_held(&cxl_rwsem.region);
	rc = cxla_decoder_read_back(&cxled->cxld);
	for (; !rc && !is_cxl_root(port); port = port->parent) {
		struct cxl_decoder *cxld =
			cxla_port_decoder(port, &cxled->cxld.hpa_range);

		if (!cxld)
			return -EIO;
		if (!port->passthrough)
			rc = cxla_decoder_read_back(cxld);
	}
	return rc;
}

/**
 * cxla_route_note() - let the decoders above show what region they are part of
 * @cxled: endpoint decoder
 * @old: region to take out, or NULL
 * @new: region to put in, or NULL
 *
 * One that maps several regions shows one of them.
 *
 * Context: cxl_rwsem.region is held for writing.
 */
void cxla_route_note(struct cxl_endpoint_decoder *cxled,
		     struct cxl_region *old, struct cxl_region *new)
{
	struct cxl_port *port = cxld_to_port(&cxled->cxld)->parent;

	lockdep_assert_held_write(&cxl_rwsem.region);
	for (; !is_cxl_root(port); port = port->parent) {
		struct cxl_decoder *cxld =
			cxla_port_decoder(port, &cxled->cxld.hpa_range);

		if (new && cxld && !cxld->region)
			cxld->region = new;
		/* one that has lost its range since shows it no longer, too */
		for (int i = 0; old && i < port->nr_decoders; i++)
			if (port->decoders[i] &&
			    port->decoders[i]->region == old)
				port->decoders[i]->region = NULL;
	}
}
