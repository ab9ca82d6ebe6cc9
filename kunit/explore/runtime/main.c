// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: explore.ko
 *
 * Loaded before all that is explored, as the stubs that are called for each
 * access are in it.
 */
#include <linux/debugfs.h>
#include <linux/module.h>

#include "internal.h"

static struct dentry *explore_dir;

static int __init explore_init(void)
{
	int rc = explore_workers_init();

	if (rc)
		return rc;
	explore_actors_init();
	explore_report_init();
	explore_dir = debugfs_create_dir("explore", NULL);
	explore_control_init(explore_dir);
	explore_pairs_init(explore_dir);
	explore_slices_init(explore_dir);
	return 0;
}

static void __exit explore_exit(void)
{
	debugfs_remove(explore_dir);
	explore_report_exit();
	explore_workers_exit();
}

module_init(explore_init);
module_exit(explore_exit);
MODULE_DESCRIPTION("Explores schedules of kernel code, one actor at a time");
MODULE_LICENSE("GPL");
