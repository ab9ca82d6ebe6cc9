// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: a region as userspace sees it
 *
 * Attributes as Documentation/ABI/testing/sysfs-bus-cxl names and formats
 * them, and the driver that a committed region binds to. Regions here are
 * committed from the start, so what configures one before it is committed
 * answers -EBUSY, locked or not.
 */
#include <linux/device.h>
#include <linux/kstrtox.h>

#include "core.h"

static ssize_t busy_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t len)
{
	return -EBUSY;
}

static ssize_t uuid_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	/* of persistent memory only */
	return sysfs_emit(buf, "\n");
}
static DEVICE_ATTR(uuid, 0644, uuid_show, busy_store);

static ssize_t interleave_ways_show(struct device *dev,
				    struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", to_cxl_region(dev)->ways);
}
static DEVICE_ATTR(interleave_ways, 0644, interleave_ways_show, busy_store);

static ssize_t interleave_granularity_show(struct device *dev,
					   struct device_attribute *attr,
					   char *buf)
{
	return sysfs_emit(buf, "%u\n", to_cxl_region(dev)->granularity);
}
static DEVICE_ATTR(interleave_granularity, 0644, interleave_granularity_show,
		   busy_store);

static ssize_t resource_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%#llx\n", (u64)to_cxl_region(dev)->res.start);
}
static DEVICE_ATTR_ADMIN_RO(resource);

static ssize_t size_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%#llx\n",
			  (u64)resource_size(&to_cxl_region(dev)->res));
}
static DEVICE_ATTR(size, 0644, size_show, busy_store);

static bool cxla_region_volatile(const struct cxl_region *cxlr)
{
	lockdep_assert_held(&cxl_rwsem.region);

	for (int i = 0; i < cxlr->ways; i++)
		if (cxlr->targets[i] && !cxled_is_volatile(cxlr->targets[i]))
			return false;
	return true;
}

static ssize_t mode_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	guard(rwsem_read)(&cxl_rwsem.region);
	return sysfs_emit(buf, "%s\n",
			  cxla_region_volatile(to_cxl_region(dev)) ? "ram" :
								     "pmem");
}
static DEVICE_ATTR_RO(mode);

static ssize_t locked_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	guard(rwsem_read)(&cxl_rwsem.region);
	return sysfs_emit(buf, "%d\n", cxla_region_locked(to_cxl_region(dev)));
}
static DEVICE_ATTR_RO(locked);

static ssize_t commit_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct cxl_region *cxlr = to_cxl_region(dev);

	guard(rwsem_read)(&cxl_rwsem.region);
	return sysfs_emit(buf, "%d\n", cxla_region_whole(cxlr));
}

static ssize_t commit_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t len)
{
	struct cxl_region *cxlr = to_cxl_region(dev);
	bool commit;
	int rc;

	rc = kstrtobool(buf, &commit);
	if (rc)
		return rc;

	rc = commit ? cxla_region_commit(cxlr) : cxla_region_uncommit(cxlr);
	return rc ?: len;
}
static DEVICE_ATTR_RW(commit);

static ssize_t cxla_target_show(struct device *dev, int pos, char *buf)
{
	struct cxl_region *cxlr = to_cxl_region(dev);

	guard(rwsem_read)(&cxl_rwsem.region);
	if (!cxlr->targets[pos])
		return sysfs_emit(buf, "\n");
	return sysfs_emit(buf, "%s\n", dev_name(&cxlr->targets[pos]->cxld.dev));
}

#define TARGET_ATTR(n)							       \
static ssize_t target##n##_show(struct device *dev,			       \
				struct device_attribute *attr, char *buf)      \
{									       \
	return cxla_target_show(dev, n, buf);				       \
}									       \
static DEVICE_ATTR(target##n, 0644, target##n##_show, busy_store)

TARGET_ATTR(0);
TARGET_ATTR(1);
TARGET_ATTR(2);
TARGET_ATTR(3);
TARGET_ATTR(4);
TARGET_ATTR(5);
TARGET_ATTR(6);
TARGET_ATTR(7);
TARGET_ATTR(8);
TARGET_ATTR(9);
TARGET_ATTR(10);
TARGET_ATTR(11);
TARGET_ATTR(12);
TARGET_ATTR(13);
TARGET_ATTR(14);
TARGET_ATTR(15);

static struct attribute *cxla_target_attributes[] = {
	&dev_attr_target0.attr,
	&dev_attr_target1.attr,
	&dev_attr_target2.attr,
	&dev_attr_target3.attr,
	&dev_attr_target4.attr,
	&dev_attr_target5.attr,
	&dev_attr_target6.attr,
	&dev_attr_target7.attr,
	&dev_attr_target8.attr,
	&dev_attr_target9.attr,
	&dev_attr_target10.attr,
	&dev_attr_target11.attr,
	&dev_attr_target12.attr,
	&dev_attr_target13.attr,
	&dev_attr_target14.attr,
	&dev_attr_target15.attr,
	NULL
};

static umode_t cxla_target_visible(struct kobject *kobj, struct attribute *a,
				   int n)
{
	return n < to_cxl_region(kobj_to_dev(kobj))->ways ? a->mode : 0;
}

static const struct attribute_group cxla_target_group = {
	.attrs = cxla_target_attributes,
	.is_visible = cxla_target_visible,
};

static struct attribute *cxla_region_attributes[] = {
	&dev_attr_uuid.attr,
	&dev_attr_interleave_ways.attr,
	&dev_attr_interleave_granularity.attr,
	&dev_attr_resource.attr,
	&dev_attr_size.attr,
	&dev_attr_mode.attr,
	&dev_attr_locked.attr,
	&dev_attr_commit.attr,
	NULL
};

static const struct attribute_group cxla_region_group = {
	.attrs = cxla_region_attributes,
};

const struct attribute_group *cxla_region_groups[] = {
	&cxla_base_group,
	&cxla_region_group,
	&cxla_target_group,
	NULL
};

/**
 * cxla_region_offer() - whoever may use a region gets it
 * @cxlr: region
 *
 * One of expanders is general memory, and device-dax is offered it, unless some
 * of it is persistent, which is left alone.
 *
 * Context: the lock of @cxlr is held; sleeps, may end in memory hotplug.
 * Return: 0; -ENXIO: it is not whole, or is going; -ENOMEM.
 */
int cxla_region_offer(struct cxl_region *cxlr)
{
	bool general;

	device_lock_assert(&cxlr->dev);
	scoped_guard(rwsem_read, &cxl_rwsem.region) {
		if (!cxla_region_whole(cxlr) ||
		    READ_ONCE(cxlr->life) == CXLA_DYING)
			return -ENXIO;
		/* who is a member of a whole region does not change */
		general = !cxlr->nr_attach && cxla_region_volatile(cxlr) &&
			  cxlr->cxlrd->cxld.flags & CXL_DECODER_F_RAM;
	}
	return general ? cxla_dax_region_add(cxlr) : 0;
}

/**
 * cxla_region_withdraw() - the reverse of cxla_region_offer()
 * @cxlr: region
 *
 * Context: the lock of @cxlr is held; sleeps, may end in memory hotplug.
 */
void cxla_region_withdraw(struct cxl_region *cxlr)
{
	cxla_dax_region_remove(cxlr);
}

/* userspace binds and unbinds by these */
static int cxla_region_probe(struct device *dev)
{
	return cxla_region_offer(to_cxl_region(dev));
}

static void cxla_region_remove(struct device *dev)
{
	cxla_region_withdraw(to_cxl_region(dev));
}

struct cxla_driver cxla_region_driver = {
	.drv.name = "cxla_region",
	.id = CXLA_DEVICE_REGION,
	.probe = cxla_region_probe,
	.remove = cxla_region_remove,
};
