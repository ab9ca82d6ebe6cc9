// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: /dev/cxla/memN
 *
 * The node of a device, for as long as it has memN: CXL Reset, and the commands of
 * linux/cxl_mem.h, if its driver knows a mailbox. A file outlives it, and gets
 * -ENODEV.
 */
#include <linux/fs.h>
#include <linux/kref.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/rwsem.h>
#include <linux/slab.h>

#include <linux/cxl_mem.h>

#include "cxl_reset.h"
#include "devnode.h"
#include "mem_node.h"

/**
 * struct cxla_mem_node - the node
 * @kref: the driver's, and one of each open file
 * @devnode: /dev/cxla/memN
 * @cxlmd: memN, which keeps its number while a file is open; referenced
 * @lock: of @cxlds; innermost
 * @cxlds: the device; NULL once the memdev goes
 */
struct cxla_mem_node {
	struct kref kref;
	struct cxla_devnode devnode;
	struct cxl_memdev *cxlmd;
	struct rw_semaphore lock;
	struct cxl_dev_state *cxlds;
};

static void cxla_mem_node_free(struct kref *kref)
{
	struct cxla_mem_node *node = container_of(kref, struct cxla_mem_node,
						  kref);

	put_device(&node->cxlmd->dev);
	kfree(node);
}

static int cxla_mem_node_open(struct inode *inode, struct file *file)
{
	struct cxla_mem_node *node = container_of(file->private_data,
						  struct cxla_mem_node,
						  devnode);

	/* it is not unregistered meanwhile */
	kref_get(&node->kref);
	file->private_data = node;
	return 0;
}

static int cxla_mem_node_release(struct inode *inode, struct file *file)
{
	struct cxla_mem_node *node = file->private_data;

	kref_put(&node->kref, cxla_mem_node_free);
	return 0;
}

static struct cxl_dev_state *cxla_mem_node_state(void *_node)
{
	struct cxla_mem_node *node = _node;

	guard(rwsem_read)(&node->lock);
	return node->cxlds;
}

static long cxla_mem_node_reset(struct cxla_mem_node *node, void __user *arg)
{
	struct pci_dev *pdev;
	long rc;

	scoped_guard(rwsem_read, &node->lock) {
		if (!node->cxlds)
			return -ENODEV;
		pdev = pci_dev_get(to_pci_dev(node->cxlds->dev));
	}
	rc = cxla_ioctl_reset(arg, pdev, cxla_mem_node_state, node);
	pci_dev_put(pdev);
	return rc;
}

/* who has the device waits until it has answered; as in-tree, -ENXIO: it has no mailbox */
static long cxla_mem_node_command(struct cxla_mem_node *node, unsigned int cmd,
				  void __user *arg)
{
	guard(rwsem_read)(&node->lock);
	if (!node->cxlds)
		return -ENODEV;
	if (!node->cxlds->mailbox_ioctl)
		return -ENXIO;
	return node->cxlds->mailbox_ioctl(node->cxlds, cmd, arg);
}

static long cxla_mem_node_ioctl(struct file *file, unsigned int cmd,
				unsigned long arg)
{
	struct cxla_mem_node *node = file->private_data;

	switch (cmd) {
	case CXLA_IOC_RESET:
		return cxla_mem_node_reset(node, (void __user *)arg);
	case CXL_MEM_QUERY_COMMANDS:
	case CXL_MEM_SEND_COMMAND:
		return cxla_mem_node_command(node, cmd, (void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations cxla_mem_node_fops = {
	.owner = THIS_MODULE,
	.open = cxla_mem_node_open,
	.release = cxla_mem_node_release,
	.unlocked_ioctl = cxla_mem_node_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

/**
 * cxla_mem_node_create() - the node of a memdev
 * @cxlmd: memdev that comes; the lock of its device is held
 *
 * Return: to be given to cxla_mem_node_destroy(), or ERR_PTR().
 */
struct cxla_mem_node *cxla_mem_node_create(struct cxl_memdev *cxlmd)
{
	struct cxla_mem_node *node = kzalloc(sizeof(*node), GFP_KERNEL);
	int rc;

	if (!node)
		return ERR_PTR(-ENOMEM);
	kref_init(&node->kref);
	init_rwsem(&node->lock);
	node->cxlds = cxlmd->cxlds;
	node->cxlmd = cxlmd;
	get_device(&node->cxlmd->dev);
	node->devnode.fops = &cxla_mem_node_fops;
	rc = cxla_devnode_register(&node->devnode, CXLA_DEVNODE_MEM,
				   cxlmd->id, cxlmd->cxlds->dev);
	if (rc) {
		kref_put(&node->kref, cxla_mem_node_free);
		return ERR_PTR(rc);
	}
	return node;
}

/**
 * cxla_mem_node_destroy() - the memdev goes
 * @node: its node, or NULL
 *
 * Context: the lock of the device is held.
 */
void cxla_mem_node_destroy(struct cxla_mem_node *node)
{
	if (!node)
		return;
	cxla_devnode_unregister(&node->devnode);
	scoped_guard(rwsem_write, &node->lock)
		node->cxlds = NULL;
	kref_put(&node->kref, cxla_mem_node_free);
}
