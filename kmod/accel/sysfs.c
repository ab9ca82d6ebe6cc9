// SPDX-License-Identifier: GPL-2.0-only
/* the folder cxla/ of a bound PCI device: what its attach came to */
#include <linux/device.h>

#include "accel.h"

static const char * const cxla_states[] = {
	[CXLA_ACCEL_PCI_ONLY] = "pci-only",
	[CXLA_ACCEL_ATTACHED] = "attached",
	[CXLA_ACCEL_REVOKED] = "revoked",
};

static struct cxla_node *cxla_dev_node(struct device *dev)
{
	struct cxla_accel *accel = dev_get_drvdata(dev);

	return accel->node;
}

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct cxla_node *node = cxla_dev_node(dev);

	guard(rwsem_read)(&node->lock);
	return sysfs_emit(buf, "%s\n", cxla_states[node->info.state]);
}
static DEVICE_ATTR_RO(state);

static ssize_t reason_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct cxla_node *node = cxla_dev_node(dev);

	guard(rwsem_read)(&node->lock);
	return sysfs_emit(buf, "%s\n",
			  cxl_attach_reason_str(node->info.reason));
}
static DEVICE_ATTR_RO(reason);

static ssize_t error_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct cxla_node *node = cxla_dev_node(dev);

	guard(rwsem_read)(&node->lock);
	return sysfs_emit(buf, "%d\n", node->info.error);
}
static DEVICE_ATTR_RO(error);

static ssize_t range_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct cxla_node *node = cxla_dev_node(dev);
	struct cxla_accel_info *info = &node->info;

	guard(rwsem_read)(&node->lock);
	if (info->state != CXLA_ACCEL_ATTACHED)
		return sysfs_emit(buf, "\n");
	return sysfs_emit(buf, "%#llx-%#llx\n", info->hpa_start,
			  info->hpa_start + info->hpa_size - 1);
}
static DEVICE_ATTR_ADMIN_RO(range);

/* a line each; what the attach has besides changes only while it is not attached */
static ssize_t ranges_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct cxla_accel *accel = dev_get_drvdata(dev);
	const struct cxl_attach_region *attach = &accel->attach;
	int len;

	guard(rwsem_read)(&accel->node->lock);
	if (accel->node->info.state != CXLA_ACCEL_ATTACHED)
		return sysfs_emit(buf, "\n");
	len = sysfs_emit(buf, "%#llx-%#llx\n", attach->region.start,
			 attach->region.end);
	for (int i = 0; i < attach->nr_more; i++)
		len += sysfs_emit_at(buf, len, "%#llx-%#llx\n",
				     attach->more[i].start,
				     attach->more[i].end);
	return len;
}
static DEVICE_ATTR_ADMIN_RO(ranges);

static ssize_t accel_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "accel%d\n", cxla_dev_node(dev)->id);
}
static DEVICE_ATTR_RO(accel);

static ssize_t on_loss_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	struct cxla_accel *accel = dev_get_drvdata(dev);

	guard(rwsem_read)(&accel->node->lock);
	return sysfs_emit(buf, "%s\n", cxla_on_loss_names[accel->on_loss]);
}

static ssize_t on_loss_store(struct device *dev, struct device_attribute *attr,
			     const char *buf, size_t len)
{
	int what = __sysfs_match_string(cxla_on_loss_names, -1, buf);

	if (what < 0)
		return what;
	cxla_accel_set_on_loss(dev_get_drvdata(dev), what);
	return len;
}
static DEVICE_ATTR_RW(on_loss);

static struct attribute *cxla_accel_attributes[] = {
	&dev_attr_state.attr,
	&dev_attr_reason.attr,
	&dev_attr_error.attr,
	&dev_attr_range.attr,
	&dev_attr_ranges.attr,
	&dev_attr_accel.attr,
	&dev_attr_on_loss.attr,
	NULL
};

static const struct attribute_group cxla_accel_group = {
	.name = "cxla",
	.attrs = cxla_accel_attributes,
};

const struct attribute_group *cxla_accel_groups[] = {
	&cxla_accel_group,
	NULL
};
