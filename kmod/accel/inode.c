// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: one address space per accelerator
 *
 * A device node may be reached by any number of inodes. Mappings are gathered
 * in the address space of one inode that nobody else sees, so that revoke
 * finds them all.
 */
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/pseudo_fs.h>

#include "accel.h"

#define CXLA_MAGIC	0x43584c41	/* "CXLA" */

static struct vfsmount *cxla_mnt;
static int cxla_mnt_count;

static int cxla_fs_init(struct fs_context *fc)
{
	return init_pseudo(fc, CXLA_MAGIC) ? 0 : -ENOMEM;
}

static struct file_system_type cxla_fs = {
	.name = "cxla",
	.owner = THIS_MODULE,
	.init_fs_context = cxla_fs_init,
	.kill_sb = kill_anon_super,
};

/* an inode, or ERR_PTR(); freed by cxla_inode_free() */
struct inode *cxla_inode_new(void)
{
	struct inode *inode;
	int rc;

	rc = simple_pin_fs(&cxla_fs, &cxla_mnt, &cxla_mnt_count);
	if (rc)
		return ERR_PTR(rc);
	inode = alloc_anon_inode(cxla_mnt->mnt_sb);
	if (IS_ERR(inode))
		simple_release_fs(&cxla_mnt, &cxla_mnt_count);
	return inode;
}

void cxla_inode_free(struct inode *inode)
{
	iput(inode);
	simple_release_fs(&cxla_mnt, &cxla_mnt_count);
}
