/* SPDX-License-Identifier: GPL-2.0-only */
/* of cxla_core, where it is explored: inside.c */
#ifndef EXPLORE_INSIDE_H
#define EXPLORE_INSIDE_H

/*
 * The ledger, and that enumeration was started, outlive a fabric, and are not to
 * outlive a schedule.
 */
void explore_core_forget(void);
/* until no worker has anything to do; sleeps, no lock held */
void explore_core_settle(void);

#endif
