// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

#include "worlds.h"

MODULE_IMPORT_NS("CXL");

static const struct explore_world *const worlds[] = {
	&toys_world,
	&accelerator_world,
	&attached_world,
	&unaware_world,
	&expander_world,
	&pair_world,
	&pair_bound_world,
	&switched_world,
	&switched_bound_world,
	&made_world,
	&made_bound_world,
	&described_world,
	&described_committed_world,
	&node_world,
	&node_bound_world,
	&soft_world,
	&soft_early_world,
	&soft_bound_world,
	&soft_taken_world,
	&soft_unmapped_world,
	NULL
};

static int __init worlds_init(void)
{
	return explore_register(worlds);
}

static void __exit worlds_exit(void)
{
	explore_unregister();
}

module_init(worlds_init);
module_exit(worlds_exit);
MODULE_DESCRIPTION("Worlds to be explored");
MODULE_LICENSE("GPL");
