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
 * struct cxla_window_search - where all that a window leads to ends
 * @window: root decoder
 * @floor: first byte that no component decodes
 */
struct cxla_window_search {
	const struct cxl_decoder *window;
	u64 floor;
};

/* what decodes first below a window decodes all that those below it do */
static int cxla_raise_window_floor(struct device *dev, void *_search)
{
	struct cxla_window_search *search = _search;
	const struct cxl_decoder *broken;
	const struct cxl_port *port;

	if (cxla_device_id(dev) != CXLA_DEVICE_PORT)
		return 0;
	port = to_cxl_port(dev);
	if (is_cxl_root(port->parent)) {
		int i = 0;

		while (i < search->window->nr_targets &&
		       search->window->targets[i] != port->parent_dport->port_id)
			i++;
		if (i == search->window->nr_targets)
			return 0;
	}
	if (port->passthrough)
		return device_for_each_child(dev, search,
					     cxla_raise_window_floor);
	broken = cxla_port_raise(port, &search->floor);
	if (!broken)
		return 0;
	dev_err(&search->window->dev,
		"what is free in it is not known: %s of %s makes no sense\n",
		dev_name(&broken->dev), dev_name(port->uport_dev));
	return -ENXIO;
}

/**
 * cxla_window_floor() - the first byte that no host bridge of a window decodes
 * @cxlrd: window
 * @floor: HPA
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
	*floor = search.floor;
	return rc;
}
