// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: a root that comes later
 *
 * A driver that went on without CXL.mem because something above it was missing
 * may ask to be told when that comes. A worker then calls it, under the lock of
 * its device, so that it can attach as in its probe. It runs on the ordered
 * queue that detaches drivers: who lost a range has been told of that before.
 *
 * A memdev without attach has no driver who could ask: it is idle until its
 * ports are there, and then it is bound.
 */
#include <linux/device.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "core.h"
#include "pause.h"

/**
 * struct cxla_waiter - a driver that wants to be attached again
 * @list: on cxla_waiters; cxla_waiters_lock
 * @round: the last one it had its turn in; cxla_waiters_lock
 * @cxlds: device state; while on the list the driver is bound
 * @retry: what to call
 */
struct cxla_waiter {
	struct list_head list;
	u64 round;
	struct cxl_dev_state *cxlds;
	void (*retry)(struct cxl_dev_state *cxlds);
};

/* cxla_waiters; under device locks of accelerators, and nothing under it */
static DEFINE_MUTEX(cxla_waiters_lock);
static LIST_HEAD(cxla_waiters);
/* written by the worker only */
static u64 cxla_round;
/* enum cxla_retry_why of the next round */
static atomic_t cxla_retry_why = ATOMIC_INIT(0);
/* how often a root or port came */
static atomic_t cxla_nr_arrivals = ATOMIC_INIT(0);

/* is it what was missing that came? Of the device's own nothing comes */
static bool cxla_may_come(enum cxla_reason reason, int why)
{
	switch (reason) {
	case CXLA_REASON_NO_ROOT:
	case CXLA_REASON_ROOT_UNBOUND:
	case CXLA_REASON_ROOT_IN_USE:
	case CXLA_REASON_PORT_DISABLED:
	case CXLA_REASON_REVOKED:
		return why & CXLA_RETRY_ARRIVED;
	case CXLA_REASON_QUARANTINED:
	case CXLA_REASON_CLAIMED:
		return true;
	default:
		return false;
	}
}

/* whose turn it is in this round, its device referenced; or NULL */
static struct device *cxla_next_waiter(struct cxla_waiter **next)
{
	struct cxla_waiter *waiter;

	guard(mutex)(&cxla_waiters_lock);
	waiter = list_first_entry_or_null(&cxla_waiters, struct cxla_waiter,
					  list);
	/* who had its turn goes to the end: when the first had, all had */
	if (!waiter || waiter->round == cxla_round)
		return NULL;
	waiter->round = cxla_round;
	list_move_tail(&waiter->list, &cxla_waiters);
	*next = waiter;
	return get_device(waiter->cxlds->dev);
}

/* is it there still? Asked under the lock of the device that it belongs to */
static bool cxla_still_waits(const struct cxla_waiter *waiter,
			     const struct device *dev)
{
	struct cxla_waiter *pos;

	guard(mutex)(&cxla_waiters_lock);
	list_for_each_entry_reverse(pos, &cxla_waiters, list)
		if (pos == waiter)
			return pos->cxlds->dev == dev;
	return false;
}

static void cxla_retry_one(struct cxla_waiter *waiter, struct device *dev,
			   int why)
{
	struct cxl_dev_state *cxlds;

	cxla_pause(CXLA_PAUSE_RETRY_BEGIN);
	guard(device)(dev);
	if (!cxla_still_waits(waiter, dev))
		return;
	cxlds = waiter->cxlds;
	cxla_pause(CXLA_PAUSE_RETRY_LOCKED);
	if (!cxlds->cxlmd && cxla_may_come(cxlds->reason, why))
		waiter->retry(cxlds);
}

/* a memdev of an expander, which may not have found its ports */
static int cxla_rescan_one(struct device *dev, void *unused)
{
	if (!is_cxl_memdev(dev) || to_cxl_memdev(dev)->attach)
		return 0;
	/* while it is locked the memdev neither comes nor goes */
	guard(device)(dev->parent);
	if (device_is_registered(dev) && device_attach(dev) < 0)
		dev_dbg(dev, "stays idle\n");
	return 0;
}

static void cxla_retry_work(struct work_struct *work)
{
	int why = atomic_xchg(&cxla_retry_why, 0);
	struct cxla_waiter *waiter;
	struct device *dev;

	if (why & CXLA_RETRY_ARRIVED)
		bus_for_each_dev(&cxla_bus_type, NULL, NULL, cxla_rescan_one);

	cxla_round++;
	while ((dev = cxla_next_waiter(&waiter))) {
		cxla_retry_one(waiter, dev, why);
		put_device(dev);
	}
}

static DECLARE_WORK(cxla_retry, cxla_retry_work);

/**
 * cxla_retry_kick() - something came that others may wait for
 * @why: what
 *
 * Context: any.
 */
void cxla_retry_kick(enum cxla_retry_why why)
{
	if (why == CXLA_RETRY_ARRIVED)
		atomic_inc(&cxla_nr_arrivals);
	atomic_or(why, &cxla_retry_why);
	queue_work(cxla_wq, &cxla_retry);
}
EXPORT_SYMBOL_NS_GPL(cxla_retry_kick, "CXL");

/**
 * cxla_arrivals() - a number that changes when a root or port comes
 *
 * Who takes it when a range is revoked, and again when the driver has been told,
 * knows whether something came that the driver was not ready for.
 */
int cxla_arrivals(void)
{
	return atomic_read(&cxla_nr_arrivals);
}

static void cxla_waiter_remove(void *_waiter)
{
	struct cxla_waiter *waiter = _waiter;

	scoped_guard(mutex, &cxla_waiters_lock)
		list_del(&waiter->list);
	kfree(waiter);
}

int devm_cxl_attach_retry(struct cxl_dev_state *cxlds,
			  void (*retry)(struct cxl_dev_state *cxlds))
{
	struct cxla_waiter *waiter;

	waiter = kzalloc(sizeof(*waiter), GFP_KERNEL);
	if (!waiter)
		return -ENOMEM;
	waiter->cxlds = cxlds;
	waiter->retry = retry;
	scoped_guard(mutex, &cxla_waiters_lock)
		list_add_tail(&waiter->list, &cxla_waiters);
	return devm_add_action_or_reset(cxlds->dev, cxla_waiter_remove, waiter);
}
EXPORT_SYMBOL_NS_GPL(devm_cxl_attach_retry, "CXL");
