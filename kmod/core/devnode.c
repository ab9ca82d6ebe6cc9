// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: /dev/cxla
 *
 * The number of a node is its kind and its N, for good. A name that was looked up
 * before its device went, and is opened after, is therefore never the node of
 * a device of another name: with numbers of the misc driver, which are given to
 * whoever asks next, accel0 could open mem1, and reset it.
 *
 * Who keeps N while a file is open has that file mean one device for as long.
 */
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "devnode.h"

static const char * const cxla_devnode_names[CXLA_DEVNODE_KINDS] = {
	[CXLA_DEVNODE_ACCEL] = "cxla!accel",
	[CXLA_DEVNODE_MEM] = "cxla!mem",
};

/*
 * Without memory the driver core does the same to the name by itself, so that a node
 * is not left behind for want of its path.
 */
static char *cxla_devnode_path(const struct device *dev, umode_t *mode)
{
	char *path = kstrdup(dev_name(dev), GFP_KERNEL);

	if (mode)
		*mode = 0600;
	return path ? strreplace(path, '!', '/') : NULL;
}

/* of its own memory: it is released some time after it is destroyed, and we may be gone */
static struct class *cxla_devnode_class;

/* who has which number, and that whoever is being opened is not unregistered */
static DEFINE_MUTEX(cxla_devnode_lock);
static DEFINE_XARRAY(cxla_devnodes);

static dev_t cxla_devnode_first;
static struct cdev cxla_devnode_cdev;

static int cxla_devnode_open(struct inode *inode, struct file *file)
{
	const struct file_operations *fops;
	struct cxla_devnode *node;

	guard(mutex)(&cxla_devnode_lock);
	node = xa_load(&cxla_devnodes, iminor(inode));
	fops = node ? fops_get(node->fops) : NULL;
	if (!fops)
		return -ENODEV;
	file->private_data = node;
	replace_fops(file, fops);
	return fops->open(inode, file);
}

static const struct file_operations cxla_devnode_fops = {
	.owner = THIS_MODULE,
	.open = cxla_devnode_open,
	.llseek = noop_llseek,
};

/**
 * cxla_devnode_register() - make a node, for root only
 * @node: with @fops
 * @kind: whose
 * @id: N of its name; nobody else's of this kind until it is unregistered
 * @parent: device
 *
 * Context: may sleep. Takes a lock that is held around ->open().
 * Return: 0 or -errno; -ENOSPC if @id is CXLA_DEVNODES or more.
 */
int cxla_devnode_register(struct cxla_devnode *node,
			  enum cxla_devnode_kind kind, int id,
			  struct device *parent)
{
	int rc;

	if (id >= CXLA_DEVNODES)
		return -ENOSPC;
	node->minor = kind * CXLA_DEVNODES + id;
	/* who has a file of that number waits until it is known what comes of it */
	guard(mutex)(&cxla_devnode_lock);
	rc = xa_insert(&cxla_devnodes, node->minor, node, GFP_KERNEL);
	if (rc)
		return rc;
	node->dev = device_create(cxla_devnode_class, parent,
				  cxla_devnode_first + node->minor, NULL,
				  "%s%d", cxla_devnode_names[kind], id);
	if (!IS_ERR(node->dev))
		return 0;
	xa_erase(&cxla_devnodes, node->minor);
	return PTR_ERR(node->dev);
}
EXPORT_SYMBOL_NS_GPL(cxla_devnode_register, "CXL");

/**
 * cxla_devnode_unregister() - nobody opens it any more
 * @node: registered
 *
 * Files that are open stay so.
 *
 * Context: may sleep.
 */
void cxla_devnode_unregister(struct cxla_devnode *node)
{
	device_unregister(node->dev);
	guard(mutex)(&cxla_devnode_lock);
	xa_erase(&cxla_devnodes, node->minor);
}
EXPORT_SYMBOL_NS_GPL(cxla_devnode_unregister, "CXL");

int __init cxla_devnode_init(void)
{
	const unsigned int count = CXLA_DEVNODE_KINDS * CXLA_DEVNODES;
	int rc;

	cxla_devnode_class = class_create("cxla_node");
	if (IS_ERR(cxla_devnode_class))
		return PTR_ERR(cxla_devnode_class);
	cxla_devnode_class->devnode = cxla_devnode_path;
	rc = alloc_chrdev_region(&cxla_devnode_first, 0, count, "cxla");
	if (rc)
		goto err_class;
	cdev_init(&cxla_devnode_cdev, &cxla_devnode_fops);
	cxla_devnode_cdev.owner = THIS_MODULE;
	rc = cdev_add(&cxla_devnode_cdev, cxla_devnode_first, count);
	if (rc)
		goto err_region;
	return 0;

err_region:
	unregister_chrdev_region(cxla_devnode_first, count);
err_class:
	class_destroy(cxla_devnode_class);
	return rc;
}

void cxla_devnode_exit(void)
{
	cdev_del(&cxla_devnode_cdev);
	unregister_chrdev_region(cxla_devnode_first,
				 CXLA_DEVNODE_KINDS * CXLA_DEVNODES);
	class_destroy(cxla_devnode_class);
	xa_destroy(&cxla_devnodes);
}
