// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: a region as userspace sees it
 *
 * Attributes as Documentation/ABI/testing/sysfs-bus-cxl names and formats
 * them. What configures a region answers -EBUSY while that is committed, locked or
 * not: user_region.c.
 */
#include <linux/device.h>
#include <linux/kstrtox.h>

#include "user_region.h"

/* -------------------------- delete_region -------------------------- */

/* the region of that name, referenced and added, or NULL */
static struct cxl_region *cxla_region_by_name(struct cxl_root_decoder *cxlrd,
					      const char *name)
{
	struct cxl_region *cxlr, *found = NULL;
	unsigned long index = 0;

	scoped_guard(mutex, &cxlrd->regions_lock) {
		mt_for_each(&cxlrd->regions, cxlr, index, ULONG_MAX)
			if (sysfs_streq(name, dev_name(&cxlr->dev)))
				found = cxlr;
		list_for_each_entry(cxlr, &cxlrd->user_made, sibling)
			if (sysfs_streq(name, dev_name(&cxlr->dev)))
				found = cxlr;
		if (found)
			get_device(&found->dev);
	}
	/* its uevent may be out before it is complete */
	if (found)
		wait_for_completion(&found->built);
	return found;
}

/**
 * cxla_region_delete() - delete_region of a root decoder
 * @cxlrd: root decoder
 * @name: name of a region of it, as userspace wrote it
 *
 * Decoders of a region that was found stay as they are: it is there again with the
 * next bind. Those of one that userspace made are taken back.
 *
 * Context: sysfs; takes no lock that is held while the attribute is removed.
 * Return: 0; -ENODEV no such region; -EBUSY it is locked, somebody has some of
 * it, or it is going already; -ENOMEM.
 */
int cxla_region_delete(struct cxl_root_decoder *cxlrd, const char *name)
{
	struct cxl_region *cxlr = cxla_region_by_name(cxlrd, name);
	int rc;

	if (!cxlr)
		return -ENODEV;
	scoped_guard(device, &cxlr->dev) {
		rc = cxla_region_change_begin(cxlr);
		if (!rc) {
			scoped_guard(mutex, &cxlrd->regions_lock) {
				rc = cxla_region_check_change(cxlr);
				if (!rc)
					WRITE_ONCE(cxlr->life, CXLA_DYING);
			}
			if (rc)
				cxla_region_change_end(cxlr, true);
		}
	}
	if (!rc)
		cxla_region_unregister(cxlr);
	put_device(&cxlr->dev);
	return rc == -ENXIO ? -EBUSY : rc;
}

/* ----------------------------- attributes -------------------------- */

static const struct attribute_group cxla_target_group;

/* what can be changed while it is not committed */
#define REGION_STORE(_name, _set)					       \
static ssize_t _name##_store(struct device *dev,			       \
			     struct device_attribute *attr,		       \
			     const char *buf, size_t len)		       \
{									       \
	struct cxl_region *cxlr = to_cxl_region(dev);			       \
	int rc = _set;							       \
									       \
	return rc ?: len;						       \
}									       \
static DEVICE_ATTR_RW(_name)

/*
 * One after the other: who changes a group of files does not see another who does.
 * Nothing but this waits for it, as the files that it removes wait for their writers.
 */
static DEFINE_MUTEX(cxla_region_files);

/* the ways that it has are positions for targets */
static int cxla_region_store_ways(struct cxl_region *cxlr, const char *buf)
{
	guard(mutex)(&cxla_region_files);
	return cxla_user_region_set_ways(cxlr, buf) ?:
	       sysfs_update_group(&cxlr->dev.kobj, &cxla_target_group);
}

/* of persistent memory only */
CXLA_ATTR_SHOW(uuid, "%s", "");
REGION_STORE(uuid, cxla_user_region_set_uuid(cxlr, buf));
CXLA_ATTR_SHOW(interleave_ways, "%u", to_cxl_region(dev)->ways);
REGION_STORE(interleave_ways, cxla_region_store_ways(cxlr, buf));
CXLA_ATTR_SHOW(interleave_granularity, "%u", to_cxl_region(dev)->granularity);
REGION_STORE(interleave_granularity,
	     cxla_user_region_set_granularity(cxlr, buf));
CXLA_ATTR_SHOW(size, "%#llx", (u64)resource_size(&to_cxl_region(dev)->res));
REGION_STORE(size, cxla_user_region_set_size(cxlr, buf));
CXLA_ATTR_SHOW(resource, "%#llx", (u64)to_cxl_region(dev)->res.start);
static DEVICE_ATTR_ADMIN_RO(resource);

CXLA_ATTR_RO(mode, "%s",
	     cxla_region_volatile(to_cxl_region(dev)) ? "ram" : "pmem");
CXLA_ATTR_RO(locked, "%d", cxla_region_locked(to_cxl_region(dev)));
CXLA_ATTR_SHOW(commit, "%d", cxla_region_whole(to_cxl_region(dev)));

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

static const char *cxla_target_name(const struct cxl_region *cxlr, int pos)
{
	return cxlr->targets[pos] ? dev_name(&cxlr->targets[pos]->cxld.dev) : "";
}

#define TARGETS(_) \
	_(0) _(1) _(2) _(3) _(4) _(5) _(6) _(7) \
	_(8) _(9) _(10) _(11) _(12) _(13) _(14) _(15)
#define TARGET_ATTR(n) \
	CXLA_ATTR_SHOW(target##n, "%s", cxla_target_name(to_cxl_region(dev), n)); \
	REGION_STORE(target##n, cxla_user_region_set_target(cxlr, n, buf));
#define TARGET_ENTRY(n) &dev_attr_target##n.attr,

TARGETS(TARGET_ATTR)

static struct attribute *cxla_target_attributes[] = {
	TARGETS(TARGET_ENTRY)
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
