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

static int cxla_fs_init(struct fs_context *fc)
{
	return init_pseudo(fc, CXLA_MAGIC) ? 0 : -ENOMEM;
}

/*
 * No owner: a mount would hold a reference to this module, which could then
 * not be removed. What uses the inodes, open files, holds one anyway.
 */
static struct file_system_type cxla_fs = {
	.name = "cxla",
	.init_fs_context = cxla_fs_init,
	.kill_sb = kill_anon_super,
};

int cxla_inode_init(void)
{
	cxla_mnt = kern_mount(&cxla_fs);
	return PTR_ERR_OR_ZERO(cxla_mnt);
}

void cxla_inode_exit(void)
{
	kern_unmount(cxla_mnt);
}

/* an inode, or ERR_PTR(); iput() frees it */
struct inode *cxla_inode_new(void)
{
	return alloc_anon_inode(cxla_mnt->mnt_sb);
}
