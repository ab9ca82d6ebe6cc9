// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: what was missing comes later
 *
 * A driver that went on without CXL.mem because something above it was missing
 * may ask to be told when that comes. Its own work item then calls it, under the
 * lock of its device, so that it can attach as in its probe. The memdev of an
 * expander, whose driver asked for no range, is bound in the same way.
 *
 * What came is counted. A device has seen what was there when its last attach
 * began, and when its range was taken back or given up. Whoever compares, under the lock of
 * the device, misses nothing, however late: the one who asks, the one whose
 * memdev is dropped, and the work that is queued when something comes.
 */
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/kref.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "../pause/pause.h"
#include "bus.h"
#include "retry.h"

/**
 * struct cxla_waiter - a driver that wants to be attached again
 * @kref: one of the list, one of the work that is queued
 * @list: on cxla_waiters; cxla_waiters_lock
 * @work: calls @retry
 * @dev: the device, referenced
 * @cxlds: device state; NULL once the driver is gone; lock of @dev
 * @retry: what to call, or NULL
 * @later: the work that is queued lets some time pass first
 */
struct cxla_waiter {
	struct kref kref;
	struct list_head list;
	struct work_struct work;
	struct device *dev;
	struct cxl_dev_state *cxlds;
	void (*retry)(struct cxl_dev_state *cxlds);
	bool later;
};

/* what is polled for is looked at so often */
#define CXLA_RETRY_LATER_MS	100

/* cxla_waiters; nothing under it */
static DEFINE_SPINLOCK(cxla_waiters_lock);
static LIST_HEAD(cxla_waiters);
static_assert(ARRAY_SIZE(((struct cxl_dev_state *)NULL)->seen) ==
	      CXLA_NR_RETRIES);
/* how often something came, by enum cxla_retry_why */
static atomic_t cxla_news[CXLA_NR_RETRIES];

/**
 * cxla_news_seen() - a device knows of all that has come so far
 * @cxlds: its state
 *
 * Context: any, as long as @cxlds has a memdev, or is about to.
 */
void cxla_news_seen(struct cxl_dev_state *cxlds)
{
	for (int i = 0; i < CXLA_NR_RETRIES; i++)
		WRITE_ONCE(cxlds->seen[i], atomic_read(&cxla_news[i]));
}
EXPORT_SYMBOL_NS_GPL(cxla_news_seen, "CXL");

static bool cxla_is_news(const struct cxl_dev_state *cxlds)
{
	for (int i = 0; i < CXLA_NR_RETRIES; i++)
		if (cxlds->wants & BIT(i) &&
		    READ_ONCE(cxlds->seen[i]) != atomic_read(&cxla_news[i]))
			return true;
	return false;
}

/* what would help a device, bits of enum cxla_retry_why */
static unsigned int cxla_wants(const struct cxl_dev_state *cxlds)
{
	if (cxlds->held)
		return 0;
	/* of an expander the memdev stays, and is idle without its ports */
	if (cxlds->cxlmd)
		return cxlds->cxlmd->attach ? 0 : BIT(CXLA_RETRY_ARRIVED);
	switch (cxlds->reason) {
	case CXLA_REASON_NO_ROOT:
	case CXLA_REASON_ROOT_UNBOUND:
	case CXLA_REASON_ROOT_IN_USE:
	case CXLA_REASON_PORT_DISABLED:
	case CXLA_REASON_REVOKED:
		return BIT(CXLA_RETRY_ARRIVED);
	case CXLA_REASON_ERROR:
		/* the system was about to sleep, or short of memory */
		return cxlds->error == -ESHUTDOWN || cxlds->error == -ENOMEM ?
		       BIT(CXLA_RETRY_ARRIVED) : 0;
	case CXLA_REASON_QUARANTINED:
	case CXLA_REASON_CLAIMED:
	case CXLA_REASON_NO_HPA:
		return BIT(CXLA_RETRY_ARRIVED) | BIT(CXLA_RETRY_UNCLAIMED);
	default:
		/* of the device's own nothing comes */
		return 0;
	}
}

static void cxla_waiter_release(struct kref *kref)
{
	struct cxla_waiter *waiter = container_of(kref, struct cxla_waiter,
						  kref);

	put_device(waiter->dev);
	kfree(waiter);
}

/**
 * cxla_memdev_wake() - bind the memdev of an expander, if it is idle
 * @cxlds: device state with a memdev, its lock held
 */
void cxla_memdev_wake(struct cxl_dev_state *cxlds)
{
	int rc;

	cxla_assert_host_locked(cxlds->dev);
	cxla_accel_enter();
	rc = cxla_device_bind(&cxlds->cxlmd->dev);
	cxla_accel_exit();
	if (rc)
		dev_dbg(&cxlds->cxlmd->dev, "stays idle: %d\n", rc);
}
EXPORT_SYMBOL_NS_GPL(cxla_memdev_wake, "CXL");

static void cxla_retry_work(struct work_struct *work)
{
	struct cxla_waiter *waiter = container_of(work, struct cxla_waiter,
						  work);
	struct cxl_dev_state *cxlds;

	/* with no lock: who wants the device meanwhile has it */
	if (xchg(&waiter->later, false))
		msleep(CXLA_RETRY_LATER_MS);
	cxla_pause(CXLA_PAUSE_RETRY_BEGIN);
	cxla_accel_lock(waiter->dev);
	cxla_pause(CXLA_PAUSE_RETRY_LOCKED);
	cxlds = waiter->cxlds;
	if (cxlds && cxla_is_news(cxlds)) {
		/* the memdev of an expander is there, and idle */
		if (cxlds->cxlmd)
			cxla_memdev_wake(cxlds);
		else if (waiter->retry)
			waiter->retry(cxlds);
	}
	device_unlock(waiter->dev);
	kref_put(&waiter->kref, cxla_waiter_release);
}

static void cxla_waiter_queue(struct cxla_waiter *waiter)
{
	lockdep_assert_held(&cxla_waiters_lock);
	kref_get(&waiter->kref);
	if (!queue_work(cxla_wq, &waiter->work))
		kref_put(&waiter->kref, cxla_waiter_release);
}

/**
 * cxla_retry_kick() - something came that others may wait for
 * @why: what
 *
 * Context: any but interrupts.
 */
void cxla_retry_kick(enum cxla_retry_why why)
{
	struct cxla_waiter *waiter;

	atomic_inc(&cxla_news[why]);
	/* pairs with cxla_retry_update(): one of the two sees the other's */
	smp_mb__after_atomic();
	scoped_guard(spinlock, &cxla_waiters_lock)
		list_for_each_entry(waiter, &cxla_waiters, list)
			if (READ_ONCE(waiter->cxlds->wants) & BIT(why))
				cxla_waiter_queue(waiter);
}
EXPORT_SYMBOL_NS_GPL(cxla_retry_kick, "CXL");

/**
 * cxla_retry_update() - an attach came to nothing, or a range has ended
 * @cxlds: the state of the device, its lock held
 *
 * What it lacks may have come before it was known to lack it.
 */
void cxla_retry_update(struct cxl_dev_state *cxlds)
{
	WRITE_ONCE(cxlds->wants, cxla_wants(cxlds));
	/* pairs with cxla_retry_kick() */
	smp_mb();
	if (!cxlds->waiter || !cxla_is_news(cxlds))
		return;
	scoped_guard(spinlock, &cxla_waiters_lock)
		cxla_waiter_queue(cxlds->waiter);
}

/**
 * cxla_retry_later() - have the driver called by its work item, in a moment
 * @cxlds: the state of the device, its lock held, without a memdev; its driver has
 *	asked for retries
 *
 * For who can't wait with the locks that are held.
 */
void cxla_retry_later(struct cxl_dev_state *cxlds)
{
	cxla_assert_host_locked(cxlds->dev);
	WRITE_ONCE(cxlds->wants, BIT(CXLA_RETRY_ARRIVED));
	/* as if it had come since */
	WRITE_ONCE(cxlds->seen[CXLA_RETRY_ARRIVED],
		   atomic_read(&cxla_news[CXLA_RETRY_ARRIVED]) - 1);
	WRITE_ONCE(cxlds->waiter->later, true);
	scoped_guard(spinlock, &cxla_waiters_lock)
		cxla_waiter_queue(cxlds->waiter);
}
EXPORT_SYMBOL_NS_GPL(cxla_retry_later, "CXL");

static void cxla_waiter_remove(void *_waiter)
{
	struct cxla_waiter *waiter = _waiter;

	scoped_guard(spinlock, &cxla_waiters_lock)
		list_del(&waiter->list);
	waiter->cxlds->waiter = NULL;
	waiter->cxlds = NULL;
	kref_put(&waiter->kref, cxla_waiter_release);
}

int devm_cxl_attach_retry(struct cxl_dev_state *cxlds,
			  void (*retry)(struct cxl_dev_state *cxlds))
{
	struct cxla_waiter *waiter;
	int rc;

	if (cxlds->waiter) {
		if (cxlds->waiter->retry)
			return -EBUSY;
		cxlds->waiter->retry = retry;
		return 0;
	}
	waiter = kzalloc(sizeof(*waiter), GFP_KERNEL);
	if (!waiter)
		return -ENOMEM;
	kref_init(&waiter->kref);
	INIT_WORK(&waiter->work, cxla_retry_work);
	waiter->dev = get_device(cxlds->dev);
	waiter->cxlds = cxlds;
	waiter->retry = retry;
	scoped_guard(spinlock, &cxla_waiters_lock)
		list_add_tail(&waiter->list, &cxla_waiters);
	cxlds->waiter = waiter;
	rc = devm_add_action_or_reset(cxlds->dev, cxla_waiter_remove, waiter);
	/* its attach may have failed before it asked */
	if (!rc)
		cxla_retry_update(cxlds);
	return rc;
}
EXPORT_SYMBOL_NS_GPL(devm_cxl_attach_retry, "CXL");
