// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: as many workers in each schedule
 *
 * Whether a work runs at once, or after a worker was made for it, depends on what
 * ran before: pools keep workers for a while, in virtual time. Before a schedule
 * each pool that the modules use is made to have some, so that the first schedule
 * of a kernel is like any other.
 */
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/workqueue.h>

#include "internal.h"

#define NR_WORKERS	4

/* works that are all in progress at once, each of a queue of its own */
static struct workqueue_struct *explore_queues[3 * NR_WORKERS];
static struct work_struct explore_works[3 * NR_WORKERS];
static atomic_t explore_busy;
static DECLARE_COMPLETION(explore_all_busy);
static DECLARE_COMPLETION(explore_may_end);

static void explore_worker(struct work_struct *work)
{
	if (!atomic_dec_return(&explore_busy))
		complete(&explore_all_busy);
	wait_for_completion(&explore_may_end);
}

/* sleeps; no schedule runs */
void explore_workers_fill(void)
{
	atomic_set(&explore_busy, ARRAY_SIZE(explore_works));
	reinit_completion(&explore_all_busy);
	reinit_completion(&explore_may_end);
	for (int i = 0; i < ARRAY_SIZE(explore_works); i++)
		queue_work(explore_queues[i], &explore_works[i]);
	wait_for_completion(&explore_all_busy);
	complete_all(&explore_may_end);
	for (int i = 0; i < ARRAY_SIZE(explore_works); i++)
		flush_work(&explore_works[i]);
}

int explore_workers_init(void)
{
	for (int i = 0; i < ARRAY_SIZE(explore_works); i++) {
		/* the pools of cxla and cxla_hmem, of system_wq, of async */
		explore_queues[i] = i % 3 == 0 ?
			alloc_ordered_workqueue("explore%d", 0, i) :
			alloc_workqueue("explore%d", i % 3 == 1 ? 0 : WQ_UNBOUND,
					0, i);
		if (!explore_queues[i]) {
			explore_workers_exit();
			return -ENOMEM;
		}
		INIT_WORK(&explore_works[i], explore_worker);
	}
	return 0;
}

void explore_workers_exit(void)
{
	for (int i = 0; i < ARRAY_SIZE(explore_works); i++)
		if (explore_queues[i])
			destroy_workqueue(explore_queues[i]);
}
