// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: device memory
 *
 * Which bytes of its device a decoder maps (DPA). Of one that is committed hardware
 * says so. Of others userspace may set some aside, for a region that it is about to
 * make: decoders get them in their order, each behind the one before.
 */
#include <linux/align.h>
#include <linux/device.h>
#include <linux/kstrtox.h>
#include <linux/sizes.h>

#include "decoder.h"

static const char *cxled_mode(const struct cxl_endpoint_decoder *cxled)
{
	if (!cxled->dpa_size)
		return "none";
	return cxled_is_volatile(cxled) ? "ram" : "pmem";
}

/* volatile bytes that the device has */
static u64 cxled_capacity(const struct cxl_endpoint_decoder *cxled)
{
	const struct cxl_dev_state *cxlds = cxled_to_memdev(cxled)->cxlds;

	return cxlds->identity.known ? cxlds->identity.ram : cxlds->capacity;
}

/* 0, or why what a decoder maps is not userspace's to change */
static int cxled_check_dpa(const struct cxl_endpoint_decoder *cxled)
{
	const struct cxl_port *port = cxld_to_port(&cxled->cxld);

	lockdep_assert_held_write(&cxl_rwsem.region);
	/* that of an accelerator is its driver's */
	if (!cxla_is_expander(cxled_to_memdev(cxled)))
		return -EBUSY;
	if (cxled->cxld.region || cxled->cxld.flags & CXL_DECODER_F_ENABLE)
		return -EBUSY;
	return port->emulated || !port->hdm ? -ENXIO : 0;
}

static int cxled_set_dpa(struct cxl_endpoint_decoder *cxled, u64 size)
{
	struct cxl_port *port = cxld_to_port(&cxled->cxld);
	u64 base = 0;
	int rc;

	guard(rwsem_write)(&cxl_rwsem.region);
	rc = cxled_check_dpa(cxled);
	if (rc)
		return rc;
	for (int i = 0; i < port->nr_decoders; i++) {
		const struct cxl_endpoint_decoder *other;

		/* those behind it come one by one */
		if (!port->decoders[i])
			continue;
		other = to_cxl_endpoint_decoder(&port->decoders[i]->dev);
		if (other == cxled || !other->dpa_size)
			continue;
		if (i > cxled->cxld.id) {
			dev_dbg(&cxled->cxld.dev, "%s has what is behind it\n",
				dev_name(&other->cxld.dev));
			return -EBUSY;
		}
		base = max(base, other->dpa_base + other->dpa_size);
	}
	if (size > cxled_capacity(cxled) ||
	    base > cxled_capacity(cxled) - size)
		return -ENOSPC;
	cxled->dpa_base = base;
	cxled->dpa_size = size;
	cxled->skip = 0;
	return 0;
}

static ssize_t dpa_size_store(struct device *dev, struct device_attribute *attr,
			      const char *buf, size_t len)
{
	u64 size;
	int rc;

	rc = kstrtou64(buf, 0, &size);
	if (rc)
		return rc;
	if (!IS_ALIGNED(size, SZ_256M))
		return -EINVAL;
	rc = cxled_set_dpa(to_cxl_endpoint_decoder(dev), size);
	return rc ?: len;
}

/* what regions are made of here is volatile */
static ssize_t mode_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	int rc;

	scoped_guard(rwsem_write, &cxl_rwsem.region)
		rc = cxled_check_dpa(to_cxl_endpoint_decoder(dev));
	if (rc)
		return rc;
	if (sysfs_streq(buf, "pmem"))
		return -EOPNOTSUPP;
	return sysfs_streq(buf, "ram") ? len : -EINVAL;
}

CXLA_ATTR_SHOW(mode, "%s", cxled_mode(to_cxl_endpoint_decoder(dev)));
static DEVICE_ATTR_RW(mode);
CXLA_ATTR_RO(dpa_resource, "%#llx", to_cxl_endpoint_decoder(dev)->dpa_size ?
	     to_cxl_endpoint_decoder(dev)->dpa_base : U64_MAX);
CXLA_ATTR_SHOW(dpa_size, "%pa", &to_cxl_endpoint_decoder(dev)->dpa_size);
static DEVICE_ATTR_RW(dpa_size);

static struct attribute *cxla_decoder_dpa_attributes[] = {
	&dev_attr_mode.attr,
	&dev_attr_dpa_resource.attr,
	&dev_attr_dpa_size.attr,
	NULL
};

const struct attribute_group cxla_decoder_dpa_group = {
	.attrs = cxla_decoder_dpa_attributes,
};
