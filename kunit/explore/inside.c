// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linked into cxla_core where it is explored: what the module exports to nobody
 * else, and scenarios need to begin each schedule as a new machine does.
 */
#include <linux/module.h>
#include <linux/workqueue.h>

/* what it knows is known until the core is removed, which is never here */
#include "../../kmod/core/started.c"
#include "../../kmod/core/claim.h"
#include "inside.h"

void explore_core_forget(void)
{
	cxla_claims_exit();
	cxla_enum_started = false;
	cxla_enum_wait_over = false;
}
EXPORT_SYMBOL_GPL(explore_core_forget);

void explore_core_settle(void)
{
	for (int i = 0; i < 3; i++)
		flush_workqueue(cxla_wq);
}
EXPORT_SYMBOL_GPL(explore_core_settle);
