// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: /dev/cxla/accelN
 *
 * The interface of uapi/linux/cxla.h. The node is there while the device is
 * bound, attached or not; files opened before outlive it and get -ENODEV.
 */
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "accel.h"

static DEFINE_IDA(cxla_accel_ida);

static struct cxla_node *cxla_file_node(struct file *file)
{
	struct cxla_file *cxla_file = file->private_data;

	return cxla_file->node;
}

static int cxla_node_open(struct inode *inode, struct file *file)
{
	struct cxla_node *node = container_of(file->private_data,
					      struct cxla_node, devnode);

	struct cxla_file *cxla_file = kzalloc(sizeof(*cxla_file), GFP_KERNEL);

	if (!cxla_file)
		return -ENOMEM;
	/* it is not unregistered meanwhile */
	kref_get(&node->kref);
	mutex_init(&cxla_file->lock);
	cxla_file->node = node;
	cxla_file->next = cxla_events_first(&node->events);
	file->private_data = cxla_file;
	file->f_mapping = node->inode->i_mapping;
	return 0;
}

static int cxla_node_release(struct inode *inode, struct file *file)
{
	struct cxla_file *cxla_file = file->private_data;

	cxla_node_put(cxla_file->node);
	mutex_destroy(&cxla_file->lock);
	kfree(cxla_file);
	return 0;
}

static ssize_t cxla_node_read(struct file *file, char __user *buf, size_t count,
			      loff_t *pos)
{
	struct cxla_file *cxla_file = file->private_data;
	ssize_t rc;

	if (file->f_flags & O_NONBLOCK) {
		if (!mutex_trylock(&cxla_file->lock))
			return -EAGAIN;
	} else if (mutex_lock_interruptible(&cxla_file->lock)) {
		return -ERESTARTSYS;
	}
	rc = cxla_events_read(&cxla_file->node->events, &cxla_file->next, buf,
			      count, file->f_flags & O_NONBLOCK);
	mutex_unlock(&cxla_file->lock);
	return rc;
}

static __poll_t cxla_node_poll(struct file *file, poll_table *wait)
{
	struct cxla_file *cxla_file = file->private_data;

	/* a reader may hold the lock and sleep: what it waits for will do */
	return cxla_events_poll(&cxla_file->node->events,
				READ_ONCE(cxla_file->next), file, wait);
}

static long cxla_node_ioctl_info(struct cxla_node *node,
				 struct cxla_accel_info __user *uinfo)
{
	struct cxla_accel_info info;
	u32 usize;
	int rc;

	if (get_user(usize, &uinfo->size))
		return -EFAULT;
	if (usize < offsetofend(struct cxla_accel_info, flags))
		return -EINVAL;
	if (usize > PAGE_SIZE)
		return -E2BIG;
	rc = copy_struct_from_user(&info, sizeof(info), uinfo, usize);
	if (rc)
		return rc;
	if (info.flags)
		return -EINVAL;

	scoped_guard(rwsem_read, &node->lock) {
		if (!node->accel)
			return -ENODEV;
		info = node->info;
	}
	info.size = min_t(u32, usize, sizeof(info));
	return copy_to_user(uinfo, &info, info.size) ? -EFAULT : 0;
}

static long cxla_node_ioctl(struct file *file, unsigned int cmd,
			    unsigned long arg)
{
	switch (cmd) {
	case CXLA_IOC_INFO:
		return cxla_node_ioctl_info(cxla_file_node(file),
					    (void __user *)arg);
	case CXLA_IOC_RESET:
		return cxla_node_ioctl_reset(cxla_file_node(file),
					     (void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static int cxla_node_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct cxla_node *node = cxla_file_node(file);
	struct cxla_map *map;
	int rc;

	scoped_guard(rwsem_read, &node->lock) {
		map = node->map;
		if (!map)
			return node->accel ? -ENXIO : -ENODEV;
		kref_get(&map->kref);
	}
	rc = cxla_map_mmap(map, vma);
	cxla_map_put(map);
	return rc;
}

static const struct file_operations cxla_node_fops = {
	.owner = THIS_MODULE,
	.open = cxla_node_open,
	.release = cxla_node_release,
	.read = cxla_node_read,
	.poll = cxla_node_poll,
	.unlocked_ioctl = cxla_node_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = cxla_node_mmap,
	.llseek = noop_llseek,
};

static void cxla_node_free(struct kref *kref)
{
	struct cxla_node *node = container_of(kref, struct cxla_node, kref);

	iput(node->inode);
	ida_free(&cxla_accel_ida, node->id);
	kfree(node);
}

void cxla_node_put(struct cxla_node *node)
{
	kref_put(&node->kref, cxla_node_free);
}

/* a node, not visible yet, or ERR_PTR(); given back by cxla_node_put() */
struct cxla_node *cxla_node_create(struct cxla_accel *accel)
{
	struct cxla_node *node;
	int id;

	node = kzalloc(sizeof(*node), GFP_KERNEL);
	if (!node)
		return ERR_PTR(-ENOMEM);
	id = ida_alloc_max(&cxla_accel_ida, CXLA_DEVNODES - 1, GFP_KERNEL);
	if (id < 0) {
		kfree(node);
		return ERR_PTR(id);
	}
	node->inode = cxla_inode_new();
	if (IS_ERR(node->inode)) {
		int rc = PTR_ERR(node->inode);

		ida_free(&cxla_accel_ida, id);
		kfree(node);
		return ERR_PTR(rc);
	}

	kref_init(&node->kref);
	init_rwsem(&node->lock);
	cxla_events_init(&node->events);
	node->told = (struct range) { .start = 0, .end = -1 };
	node->id = id;
	node->accel = accel;
	return node;
}

int cxla_node_register(struct cxla_node *node)
{
	node->devnode.fops = &cxla_node_fops;
	return cxla_devnode_register(&node->devnode, CXLA_DEVNODE_ACCEL,
				     node->id, node->accel->cxlds.dev);
}

/* nobody opens it any more; files that are open find no device */
void cxla_node_unregister(struct cxla_node *node)
{
	cxla_devnode_unregister(&node->devnode);
	guard(rwsem_write)(&node->lock);
	node->accel = NULL;
}

/* nothing more will happen to it */
void cxla_node_close(struct cxla_node *node)
{
	cxla_events_close(&node->events);
}

/* take all pages out of all mappings, present and inherited */
void cxla_node_zap(struct cxla_node *node)
{
	unmap_mapping_range(node->inode->i_mapping, 0, 0, 1);
}
