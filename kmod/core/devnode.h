/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __CXLA_DEVNODE_H__
#define __CXLA_DEVNODE_H__

#include <linux/fs.h>

struct device;

/**
 * enum cxla_devnode_kind - whose node
 * @CXLA_DEVNODE_ACCEL: /dev/cxla/accelN
 * @CXLA_DEVNODE_MEM: /dev/cxla/memN
 */
enum cxla_devnode_kind {
	CXLA_DEVNODE_ACCEL,
	CXLA_DEVNODE_MEM,
	CXLA_DEVNODE_KINDS
};

/* of one kind: what N has to be below */
#define CXLA_DEVNODES 65536

/**
 * struct cxla_devnode - a file below /dev/cxla; embedded
 * @fops: of its files. ->open() finds the struct cxla_devnode in @private_data of the
 *	file, and nobody is in cxla_devnode_unregister() of it meanwhile
 * @minor: its number
 * @dev: in sysfs
 */
struct cxla_devnode {
	const struct file_operations *fops;
	unsigned int minor;
	struct device *dev;
};

int cxla_devnode_register(struct cxla_devnode *node,
			  enum cxla_devnode_kind kind, int id,
			  struct device *parent);
void cxla_devnode_unregister(struct cxla_devnode *node);

int cxla_devnode_init(void);
void cxla_devnode_exit(void);

#endif /* __CXLA_DEVNODE_H__ */
