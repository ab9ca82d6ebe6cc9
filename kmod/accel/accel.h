/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __CXLA_ACCEL_H__
#define __CXLA_ACCEL_H__

#include <cxl/cxl.h>
#include <linux/cdev.h>
#include <linux/kref.h>
#include <linux/miscdevice.h>
#include <linux/rwsem.h>

/**
 * struct cxla_map - one attach, for the mappings made of it
 * @kref: the node's while attached, and one of each mapping
 * @cxlmd: memdev to enter; referenced
 * @range: HPA
 */
struct cxla_map {
	struct kref kref;
	struct cxl_memdev *cxlmd;
	struct range range;
};

/**
 * struct cxla_node - /dev/cxla/accelN, which open files outlive the device by
 * @kref: the device's while bound, one of each open file
 * @id: N
 * @name: of the misc device
 * @nodename: path below /dev
 * @misc: the misc device
 * @inode: carries all mappings, whichever inode the file was opened by
 * @lock: guards what follows. Innermost: no lock of the core, nor the
 *	mmap lock, is taken under it.
 * @accel: the device; NULL once unbound
 * @info: what ioctl and sysfs tell
 * @map: the attach to map; NULL unless attached
 * @revoked: the attach in flight, or made, was revoked
 */
struct cxla_node {
	struct kref kref;
	int id;
	char name[24];
	char nodename[24];
	struct miscdevice misc;
	struct inode *inode;
	struct rw_semaphore lock;
	struct cxla_accel *accel;
	struct cxla_accel_info info;
	struct cxla_map *map;
	bool revoked;
};

/**
 * struct cxla_accel - a bound device
 * @cxlds: CXL device state; first
 * @attach: what the driver asks of its memdev
 * @node: its device node
 * @mem: write-back mapping of the range, which is what makes mappings of
 *	userspace write-back too; NULL unless attached; @node->lock
 */
struct cxla_accel {
	struct cxl_dev_state cxlds;
	struct cxl_attach_region attach;
	struct cxla_node *node;
	void *mem;
};

extern const struct attribute_group *cxla_accel_groups[];

struct cxla_node *cxla_node_create(struct cxla_accel *accel);
int cxla_node_register(struct cxla_node *node);
void cxla_node_unregister(struct cxla_node *node);
void cxla_node_put(struct cxla_node *node);
void cxla_node_zap(struct cxla_node *node);

struct cxla_map *cxla_map_create(struct cxl_memdev *cxlmd,
				 const struct range *range);
void cxla_map_put(struct cxla_map *map);
int cxla_map_mmap(struct cxla_map *map, struct vm_area_struct *vma);

int cxla_inode_init(void);
void cxla_inode_exit(void);
struct inode *cxla_inode_new(void);

#endif /* __CXLA_ACCEL_H__ */
