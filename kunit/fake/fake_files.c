// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: files of an accelerator, as userspace opens them
 *
 * A test's thread has the root that the initial filesystem has, with sysfs and
 * devtmpfs mounted: what it opens is what a program would open.
 */
#include <kunit/test.h>
#include <linux/fs.h>
#include <linux/pci.h>
#include <linux/string.h>

#include "fake_impl.h"

static struct file *fake_open_file(const char *bus, const char *device,
				   const char *name, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/bus/%s/devices/%s/%s", bus, device,
		 name);
	return filp_open(path, flags, 0);
}

static ssize_t fake_store_in(const char *bus, const char *device,
			     const char *name, const char *text)
{
	struct file *file = fake_open_file(bus, device, name, O_WRONLY);
	loff_t pos = 0;
	ssize_t rc;

	if (IS_ERR(file))
		return PTR_ERR(file);
	rc = kernel_write(file, text, strlen(text), &pos);
	filp_close(file, NULL);
	return rc < 0 ? rc : 0;
}

ssize_t fake_store(struct fake_node *endpoint, const char *name,
		   const char *text)
{
	return fake_store_in("pci", pci_name(endpoint->pdev), name, text);
}
EXPORT_SYMBOL_GPL(fake_store);

ssize_t fake_store_cxla(const struct device *dev, const char *name,
			const char *text)
{
	return fake_store_in("cxla", dev_name(dev), name, text);
}
EXPORT_SYMBOL_GPL(fake_store_cxla);

static void fake_show(const char *bus, const char *device, const char *name,
		      char *buf, size_t size)
{
	struct file *file = fake_open_file(bus, device, name, O_RDONLY);
	loff_t pos = 0;

	memset(buf, 0, size);
	if (IS_ERR(file)) {
		snprintf(buf, size, "error %ld", PTR_ERR(file));
		return;
	}
	kernel_read(file, buf, size - 1, &pos);
	filp_close(file, NULL);
	strim(buf);
}

static void fake_expect(struct kunit *test, const char *bus, const char *device,
			const char *name, const char *text)
{
	char buf[64];

	fake_show(bus, device, name, buf, sizeof(buf));
	KUNIT_EXPECT_STREQ_MSG(test, buf, text, "%s/%s", device, name);
}

void fake_expect_shows(struct kunit *test, struct fake_node *endpoint,
		       const char *name, const char *text)
{
	fake_expect(test, "pci", pci_name(endpoint->pdev), name, text);
}
EXPORT_SYMBOL_GPL(fake_expect_shows);

void fake_expect_cxla(struct kunit *test, const struct device *dev,
		      const char *name, const char *text)
{
	fake_expect(test, "cxla", dev_name(dev), name, text);
}
EXPORT_SYMBOL_GPL(fake_expect_cxla);

struct file *fake_open_node(struct fake_node *endpoint, int flags)
{
	char path[64] = "/dev/cxla/";
	size_t length = strlen(path);

	fake_show("pci", pci_name(endpoint->pdev), "cxla/accel", path + length,
		  sizeof(path) - length);
	return filp_open(path, flags, 0);
}
EXPORT_SYMBOL_GPL(fake_open_node);

const struct device_attribute *fake_attribute(const struct device *dev,
					      const char *name)
{
	for (const struct attribute_group **group = dev->type->groups; *group;
	     group++)
		for (struct attribute **attr = (*group)->attrs; *attr; attr++)
			if (!strcmp((*attr)->name, name))
				return container_of(*attr,
						    struct device_attribute,
						    attr);
	return NULL;
}
EXPORT_SYMBOL_GPL(fake_attribute);

int fake_write_commit(struct cxl_region *cxlr, bool commit)
{
	const struct device_attribute *attr =
		fake_attribute(&cxlr->dev, "commit");
	ssize_t rc = attr->store(&cxlr->dev, (struct device_attribute *)attr,
				 commit ? "1\n" : "0\n", 2);

	return rc == 2 ? 0 : rc;
}
EXPORT_SYMBOL_GPL(fake_write_commit);
