// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: decoders
 *
 * A decoder says which HPA range goes where. The three kinds, root (a window),
 * switch and endpoint, share what is here: the device and its attributes, as
 * Documentation/ABI/testing/sysfs-bus-cxl names and formats them. What a
 * decoder says comes from hardware or from CEDT; a target of a region that
 * userspace describes says what it will decode, as in-tree.
 */
#include <linux/device.h>
#include <linux/slab.h>

#include "decoder.h"

/* what userspace is told */
struct cxla_decoder_view {
	struct range range;
	unsigned int ways;
	unsigned int granularity;
};

static struct cxla_decoder_view cxla_decoder_view(struct device *dev)
{
	const struct cxl_decoder *cxld = to_cxl_decoder(dev);
	const struct cxl_region *cxlr = cxld->region;

	/* of a target: what it will decode, once its region is committed */
	if (cxlr && cxlr->user_made && cxlr->res.start <= cxlr->res.end &&
	    !(cxld->flags & CXL_DECODER_F_ENABLE) &&
	    is_cxl_endpoint(cxld_to_port(cxld)))
		return (struct cxla_decoder_view) {
			.range = { .start = cxlr->res.start, .end = cxlr->res.end },
			.ways = cxlr->ways,
			.granularity = cxlr->granularity,
		};
	return (struct cxla_decoder_view) {
		.range = cxld->hpa_range,
		.ways = cxld->ways,
		.granularity = cxld->granularity,
	};
}

CXLA_ATTR_SHOW(start, "%#llx", cxla_decoder_view(dev).range.start);
static DEVICE_ATTR_ADMIN_RO(start);

static u64 cxla_decoder_size(struct device *dev)
{
	struct range range = cxla_decoder_view(dev).range;

	return range_len(&range);
}
CXLA_ATTR_RO(size, "%#llx", cxla_decoder_size(dev));
CXLA_ATTR_RO(locked, "%d",
	     !!(to_cxl_decoder(dev)->flags & CXL_DECODER_F_LOCK));
CXLA_ATTR_RO(interleave_ways, "%u", cxla_decoder_view(dev).ways);
CXLA_ATTR_RO(interleave_granularity, "%u", cxla_decoder_view(dev).granularity);

static struct attribute *cxla_decoder_attributes[] = {
	&dev_attr_start.attr,
	&dev_attr_size.attr,
	&dev_attr_locked.attr,
	&dev_attr_interleave_ways.attr,
	&dev_attr_interleave_granularity.attr,
	NULL
};

const struct attribute_group cxla_decoder_group = {
	.attrs = cxla_decoder_attributes,
};

static ssize_t target_list_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	struct cxl_decoder *cxld = to_cxl_decoder(dev);
	ssize_t len = 0;

	guard(rwsem_read)(&cxl_rwsem.region);
	for (int i = 0; i < cxld->nr_targets; i++)
		len += sysfs_emit_at(buf, len, "%s%u", i ? "," : "",
				     cxld->targets[i]);
	return len + sysfs_emit_at(buf, len, "\n");
}
static DEVICE_ATTR_RO(target_list);

static struct attribute *cxla_decoder_targets_attributes[] = {
	&dev_attr_target_list.attr,
	NULL
};

const struct attribute_group cxla_decoder_targets_group = {
	.attrs = cxla_decoder_targets_attributes,
};

CXLA_ATTR_RO(target_type, "%s",
	     to_cxl_decoder(dev)->host_only ? "expander" : "accelerator");
CXLA_ATTR_RO(region, "%s", to_cxl_decoder(dev)->region ?
	     dev_name(&to_cxl_decoder(dev)->region->dev) : "");

/* ------------------------------ switch ----------------------------- */

static struct attribute *cxla_decoder_switch_attributes[] = {
	&dev_attr_target_type.attr,
	&dev_attr_region.attr,
	NULL
};

static const struct attribute_group cxla_decoder_switch_group = {
	.attrs = cxla_decoder_switch_attributes,
};

static const struct attribute_group *cxla_decoder_switch_groups[] = {
	&cxla_base_group,
	&cxla_decoder_group,
	&cxla_decoder_targets_group,
	&cxla_decoder_switch_group,
	NULL
};

static void cxla_decoder_switch_release(struct device *dev)
{
	cxla_decoder_put_port(to_cxl_decoder(dev));
	kfree(to_cxl_decoder(dev));
}

static const struct cxla_type cxla_decoder_switch_type = {
	.base.name = "cxl_decoder_switch",
	.base.release = cxla_decoder_switch_release,
	.base.groups = cxla_decoder_switch_groups,
	.id = CXLA_DEVICE_DECODER,
};

/* ----------------------------- endpoint ---------------------------- */

static struct attribute *cxla_decoder_endpoint_attributes[] = {
	&dev_attr_target_type.attr,
	&dev_attr_region.attr,
	NULL
};

static const struct attribute_group cxla_decoder_endpoint_group = {
	.attrs = cxla_decoder_endpoint_attributes,
};

static const struct attribute_group *cxla_decoder_endpoint_groups[] = {
	&cxla_base_group,
	&cxla_decoder_group,
	&cxla_decoder_endpoint_group,
	&cxla_decoder_dpa_group,
	NULL
};

static void cxla_decoder_endpoint_release(struct device *dev)
{
	cxla_decoder_put_port(to_cxl_decoder(dev));
	kfree(to_cxl_endpoint_decoder(dev));
}

static const struct cxla_type cxla_decoder_endpoint_type = {
	.base.name = "cxl_decoder_endpoint",
	.base.release = cxla_decoder_endpoint_release,
	.base.groups = cxla_decoder_endpoint_groups,
	.id = CXLA_DEVICE_DECODER,
};

/* @dev is on the bus "cxla" */
bool is_cxl_endpoint_decoder(const struct device *dev)
{
	return dev->type == &cxla_decoder_endpoint_type.base;
}

/* ----------------------------- lifetime ---------------------------- */

/**
 * cxla_decoder_init() - initialize the device of a decoder
 * @cxld: zeroed; freed by the release function of @type from here on
 * @port: port it belongs to
 * @id: its instance there
 * @type: kind of decoder
 *
 * The port is referenced until @type releases the decoder, by
 * cxla_decoder_put_port(): who looks a decoder up finds its port, though both have
 * been unregistered since. The driver core holds on to it only until then.
 *
 * Return: 0, or -ENOMEM, after which put_device() is due all the same.
 */
int cxla_decoder_init(struct cxl_decoder *cxld, struct cxl_port *port, int id,
		      const struct cxla_type *type)
{
	cxld->id = id;
	cxld->ways = 1;
	cxld->granularity = 256;
	cxld->hpa_range = (struct range) { .start = 0, .end = -1 };
	cxla_device_init(&cxld->dev, &port->dev, type);
	get_device(&port->dev);
	return dev_set_name(&cxld->dev, "decoder%d.%d", port->id, id);
}

/**
 * cxla_decoder_alloc() - a decoder of a port other than a root
 * @port: host bridge, switch or endpoint
 * @id: its instance there
 *
 * Return: one to be filled and given to cxla_decoder_add(), or ERR_PTR(-ENOMEM).
 */
struct cxl_decoder *cxla_decoder_alloc(struct cxl_port *port, int id)
{
	struct cxl_endpoint_decoder *cxled;
	const struct cxla_type *type;
	struct cxl_decoder *cxld;

	if (is_cxl_endpoint(port)) {
		type = &cxla_decoder_endpoint_type;
		cxled = kzalloc(sizeof(*cxled), GFP_KERNEL);
		if (!cxled)
			return ERR_PTR(-ENOMEM);
		INIT_LIST_HEAD(&cxled->orphan);
		cxld = &cxled->cxld;
	} else {
		type = &cxla_decoder_switch_type;
		cxld = kzalloc(sizeof(*cxld), GFP_KERNEL);
		if (!cxld)
			return ERR_PTR(-ENOMEM);
	}
	if (cxla_decoder_init(cxld, port, id, type)) {
		put_device(&cxld->dev);
		return ERR_PTR(-ENOMEM);
	}
	/*
	 * Nothing waits for these: they come and go with their port, which is told
	 * of. Each told of costs as much as a fifth of adding it, and the time of
	 * whoever listens.
	 */
	dev_set_uevent_suppress(&cxld->dev, true);
	return cxld;
}

/**
 * cxla_decoders_alloc() - make room for the decoders of a port
 * @port: its lock is held; or a root, by who adds it
 * @count: how many
 */
int cxla_decoders_alloc(struct cxl_port *port, int count)
{
	struct cxl_decoder **decoders;

	decoders = kcalloc(count, sizeof(*decoders), GFP_KERNEL);
	if (!decoders)
		return -ENOMEM;
	guard(rwsem_write)(&cxl_rwsem.region);
	port->decoders = decoders;
	port->nr_decoders = count;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(cxla_decoders_alloc, "CXL");

/**
 * cxla_decoder_add() - let userspace see a decoder, and regions use it
 * @cxld: filled; the reference of cxla_decoder_init() goes to the port on
 *	success and is dropped on failure
 */
int cxla_decoder_add(struct cxl_decoder *cxld)
{
	struct cxl_port *port = cxld_to_port(cxld);
	int rc;

	rc = device_add(&cxld->dev);
	if (rc) {
		put_device(&cxld->dev);
		return rc;
	}
	guard(rwsem_write)(&cxl_rwsem.region);
	port->decoders[cxld->id] = cxld;
	return 0;
}

/**
 * cxla_decoders_remove() - the end of a port's decoders
 * @port: its lock is held, no region uses them
 */
void cxla_decoders_remove(struct cxl_port *port)
{
	struct cxl_decoder **decoders;
	int count;

	scoped_guard(rwsem_write, &cxl_rwsem.region) {
		decoders = port->decoders;
		count = port->nr_decoders;
		port->decoders = NULL;
		port->nr_decoders = 0;
	}
	while (count--)
		if (decoders[count])
			device_unregister(&decoders[count]->dev);
	kfree(decoders);
}
