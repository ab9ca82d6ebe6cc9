// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: which addresses nobody decodes
 *
 * Decoders of one component are committed in the order of their addresses (CXL 3.1
 * section 8.2.4.20.12), so that what is behind the last one is decoded for no device.
 */
#include <linux/device.h>

#include "floor.h"

/**
 * cxla_port_raise() - where the decoders of a port end
 * @port: host bridge, switch or endpoint
 * @floor: HPA, raised to the first byte behind them
 *
 * Context: cxl_rwsem.region is held.
 * Return: NULL; or the decoder for which that is not known.
 */
const struct cxl_decoder *cxla_port_raise(const struct cxl_port *port,
					  u64 *floor)
{
	for (int i = 0; i < port->nr_decoders; i++) {
		const struct cxl_decoder *cxld = port->decoders[i];

		if (!cxld || !(cxld->flags & CXL_DECODER_F_ENABLE))
			continue;
		if (cxld->flags & CXL_DECODER_F_BROKEN)
			return cxld;
		if (range_len(&cxld->hpa_range))
			*floor = max(*floor, cxld->hpa_range.end + 1);
	}
	return NULL;
}

/**
 * struct cxla_window_search - what is asked of all that a window leads to
 * @window: root decoder
 * @floor: first byte that no component decodes
 * @known: how many ports told
 */
struct cxla_window_search {
	const struct cxl_decoder *window;
	u64 floor;
	int known;
};

/* not before it is set up, nor after it was torn down */
static bool cxla_port_is_read(const struct cxl_port *port)
{
	for (int i = 0; i < port->nr_decoders; i++)
		if (!port->decoders[i])
			return false;
	return port->nr_decoders;
}

static bool cxla_window_targets(const struct cxl_decoder *window, u32 id)
{
	for (int i = 0; i < window->nr_targets; i++)
		if (window->targets[i] == id)
			return true;
	return false;
}

/* whoever is below decodes what firmware, or nobody, has written to it */
static int cxla_floor_unknown(const struct cxla_window_search *search,
			      const char *what, const struct device *dev)
{
	dev_notice(&search->window->dev,
		   "what is free in it is not known: %s %s\n", what,
		   dev_name(dev));
	return -ENXIO;
}

/* what decodes first below a window decodes all that those below it do */
static int cxla_raise_window_floor(struct device *dev, void *_search)
{
	struct cxla_window_search *search = _search;
	const struct cxl_decoder *broken;
	const struct cxl_port *port;
	int rc;

	if (cxla_device_id(dev) != CXLA_DEVICE_PORT)
		return 0;
	port = to_cxl_port(dev);
	if (is_cxl_root(port->parent) &&
	    !cxla_window_targets(search->window, port->parent_dport->port_id))
		return 0;
	if (!cxla_port_is_read(port))
		return cxla_floor_unknown(search, "nobody has read", port->uport_dev);
	if (port->passthrough) {
		struct cxla_window_search below = *search;

		below.known = 0;
		rc = device_for_each_child(dev, &below, cxla_raise_window_floor);
		if (!rc && !below.known)
			rc = cxla_floor_unknown(search, "nobody has read what is below",
						port->uport_dev);
		search->floor = below.floor;
		search->known += !rc;
		return rc;
	}
	broken = cxla_port_raise(port, &search->floor);
	if (broken)
		return cxla_floor_unknown(search, "it makes no sense what is in",
					  &broken->dev);
	search->known++;
	return 0;
}

static int cxla_window_bridges(const struct cxl_decoder *window)
{
	int nr = 0;

	for (int i = 0; i < window->nr_targets; i++) {
		int first = 0;

		while (window->targets[first] != window->targets[i])
			first++;
		nr += first == i;
	}
	return nr;
}

/**
 * cxla_window_floor() - the first byte that no host bridge of a window decodes
 * @cxlrd: window
 * @floor: HPA
 *
 * Each host bridge of the window has to be bound, and below one that decodes nothing by
 * itself what is there: registers that nobody has read may decode anything.
 *
 * Context: cxl_rwsem.region is held.
 * Return: 0; -ENXIO: that is not known, and the log says why.
 */
int cxla_window_floor(const struct cxl_root_decoder *cxlrd, u64 *floor)
{
	struct cxla_window_search search = { .window = &cxlrd->cxld };
	int rc;

	lockdep_assert_held(&cxl_rwsem.region);
	rc = device_for_each_child(cxlrd->cxld.dev.parent, &search,
				   cxla_raise_window_floor);
	if (!rc && search.known < cxla_window_bridges(&cxlrd->cxld))
		rc = cxla_floor_unknown(&search, "a host bridge is missing of",
					&cxlrd->cxld.dev);
	*floor = search.floor;
	return rc;
}
