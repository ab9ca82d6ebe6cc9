// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: attach, and the end of a range
 *
 * A range ends in three steps, whatever goes first:
 *
 * 1. revoke, in the context of whatever goes away, taking no device lock: mark
 *    the range dead, let users between cxl_attach_enter() and
 *    cxl_attach_exit() leave, then tell the driver, which takes down mappings.
 *    The first revoker does it, others wait.
 * 2. the region is unregistered (region.c).
 * 3. detach, from a workqueue, because it takes the lock of the accelerator,
 *    which is outside of all locks that the one going away may hold. A driver
 *    with a detach callback drops its memdev and goes on, one without is
 *    unbound.
 *
 * The worker is about one binding of a driver. An accelerator's memdev belongs to
 * one binding, and CXLA_MEMDEV_F_RELEASED, written under the lock of the
 * accelerator, says that the binding has let go of it. An expander's memdev stays
 * and is bound again, and its bindings have numbers. A worker that comes late
 * does nothing.
 */
#include <linux/device.h>
#include <linux/ktime.h>
#include <linux/srcu.h>
#include <linux/workqueue.h>

#include "../pause/pause.h"
#include "attach.h"
#include "retry.h"
#include "trace.h"

/* devices that are being taken from their driver; xa_lock */
static DEFINE_XARRAY(cxla_detaching);

/* ------------------------------- revoke ---------------------------- */

int cxl_attach_enter(struct cxl_memdev *cxlmd)
{
	int token = srcu_read_lock(&cxlmd->srcu);

	/* who sees that it is attached sees what was written before */
	if (test_bit_acquire(CXLA_MEMDEV_F_ATTACHED, &cxlmd->flags) &&
	    !test_bit(CXLA_MEMDEV_F_REVOKING, &cxlmd->flags))
		return token;
	srcu_read_unlock(&cxlmd->srcu, token);
	return -ENXIO;
}
EXPORT_SYMBOL_NS_GPL(cxl_attach_enter, "CXL");

void cxl_attach_exit(struct cxl_memdev *cxlmd, int token)
{
	srcu_read_unlock(&cxlmd->srcu, token);
}
EXPORT_SYMBOL_NS_GPL(cxl_attach_exit, "CXL");

/**
 * cxla_attach_revoke() - step one of the end of a range
 * @cxlmd: memdev, attached or not
 *
 * On return nobody who knows of revocation touches the range. Once begun it is
 * never taken back: the next attach is another memdev's.
 *
 * Context: sleeps; takes no lock. Locks of ports, or of the accelerator, may
 * be held.
 */
void cxla_attach_revoke(struct cxl_memdev *cxlmd)
{
	bool first, attached;

	/* nobody was promised anything */
	if (!cxlmd->attach)
		return;

	scoped_guard(spinlock, &cxlmd->lock) {
		first = !test_and_set_bit(CXLA_MEMDEV_F_REVOKING,
					  &cxlmd->flags);
		attached = test_bit(CXLA_MEMDEV_F_ATTACHED, &cxlmd->flags);
	}
	if (!first) {
		wait_for_completion(&cxlmd->revoked);
		return;
	}
	cxla_pause(CXLA_PAUSE_REVOKE_BEGIN);
	if (attached) {
		synchronize_srcu_expedited(&cxlmd->srcu);
		cxla_pause(CXLA_PAUSE_REVOKE_DRAINED);
		if (cxlmd->attach->revoke)
			cxlmd->attach->revoke(cxlmd);
		trace_cxla_revoke(cxlmd);
		/* until the binding lets go of it */
		cxla_claim_mark(&cxlmd->claim, CXLA_LEDGER_QUARANTINED,
				CXLA_WHY_REVOKED);
		for (int i = 0; i < cxlmd->nr_more; i++)
			cxla_claim_mark(&cxlmd->more[i],
					CXLA_LEDGER_QUARANTINED,
					CXLA_WHY_REVOKED);
	}
	cxla_pause(CXLA_PAUSE_REVOKE_DONE);
	complete_all(&cxlmd->revoked);
}

/**
 * cxla_attach_complete() - the attach succeeded, unless it was revoked before
 * @cxlmd: memdev with an attach, in the task that adds it
 *
 * From here on the driver is told of the end of the range.
 *
 * Return: false when the range went while it was being handed out.
 */
bool cxla_attach_complete(struct cxl_memdev *cxlmd)
{
	bool complete;

	spin_lock(&cxlmd->lock);
	complete = !test_bit(CXLA_MEMDEV_F_REVOKING, &cxlmd->flags);
	/* pairs with cxl_attach_enter() */
	smp_mb__before_atomic();
	if (complete)
		set_bit(CXLA_MEMDEV_F_ATTACHED, &cxlmd->flags);
	spin_unlock(&cxlmd->lock);
	return complete;
}

/* ------------------------------- detach ---------------------------- */

/**
 * cxla_device_detaching() - is a device being taken from its driver
 * @dev: accelerator
 *
 * Between the worker having decided to unbind a driver and the driver being
 * unbound there is an instant in which somebody else may unbind it and bind
 * another. One of ours is refused an attach then, by this. A foreign driver
 * that does not call here, bound in just that instant, is unbound in place of
 * the first: device_release_driver() names a device, not a binding, and no
 * exported function does better.
 */
bool cxla_device_detaching(struct device *dev)
{
	return xa_load(&cxla_detaching, (unsigned long)dev);
}

/* an accelerator's: its driver goes on without, or is unbound */
static void cxla_detach_accel(struct cxl_memdev *cxlmd, struct device *dev)
{
	void (*detach)(struct cxl_memdev *cxlmd);

	cxla_accel_lock(dev);
	/* the binding that this is about is gone, or has let go */
	if (test_bit(CXLA_MEMDEV_F_RELEASED, &cxlmd->flags)) {
		device_unlock(dev);
		return;
	}
	cxla_pause(CXLA_PAUSE_DETACH_LOCKED);
	trace_cxla_detach(cxlmd);
	detach = READ_ONCE(cxlmd->attach->detach);
	if (detach) {
		detach(cxlmd);
		/* it may have given it up by itself */
		if (cxlmd->cxlds->cxlmd == cxlmd)
			cxla_memdev_drop(cxlmd);
		device_unlock(dev);
		return;
	}
	if (xa_is_err(xa_store(&cxla_detaching, (unsigned long)dev, cxlmd,
			       GFP_KERNEL)))
		dev_warn(dev, "no memory to guard the detach\n");
	device_unlock(dev);
	cxla_pause(CXLA_PAUSE_DETACH_UNLOCKED);
	device_release_driver(dev);
	xa_erase(&cxla_detaching, (unsigned long)dev);
}

/* an expander's memdev: it is idle from here on, and bound when ports come */
static void cxla_detach_expander(struct cxl_memdev *cxlmd, struct device *dev)
{
	bool mine;

	scoped_guard(device, &cxlmd->dev) {
		mine = cxlmd->dev.driver &&
		       cxlmd->binding == READ_ONCE(cxlmd->lost);
		/* nobody binds it again before this binding is gone */
		cxlmd->unbinding = mine;
	}
	if (!mine)
		return;
	cxla_pause(CXLA_PAUSE_DETACH_UNLOCKED);
	device_release_driver(&cxlmd->dev);
	scoped_guard(device, &cxlmd->dev)
		cxlmd->unbinding = false;

	cxla_accel_lock(dev);
	if (!test_bit(CXLA_MEMDEV_F_RELEASED, &cxlmd->flags))
		cxla_retry_update(cxlmd->cxlds);
	device_unlock(dev);
}

static void cxla_detach_work(struct work_struct *work)
{
	struct cxl_memdev *cxlmd =
		container_of(work, struct cxl_memdev, detach_work);
	struct device *dev = cxlmd->dev.parent;

	cxla_pause(CXLA_PAUSE_DETACH_BEGIN);
	if (cxlmd->attach)
		cxla_detach_accel(cxlmd, dev);
	else
		cxla_detach_expander(cxlmd, dev);
	put_device(&cxlmd->dev);
}

/**
 * cxla_detach_queue() - step three of the end of a range
 * @cxlmd: memdev whose endpoint went
 * @binding: which binding of it that was
 *
 * Nothing is queued for an attach that never came to be, nor when it is the
 * driver itself that lets go.
 */
void cxla_detach_queue(struct cxl_memdev *cxlmd, unsigned int binding)
{
	if (test_bit(CXLA_MEMDEV_F_RELEASED, &cxlmd->flags))
		return;
	if (cxlmd->attach &&
	    !test_bit(CXLA_MEMDEV_F_ATTACHED, &cxlmd->flags))
		return;

	WRITE_ONCE(cxlmd->lost, binding);
	/* the worker outlives neither the memdev nor the device it names */
	get_device(&cxlmd->dev);
	if (!queue_work(cxla_wq, &cxlmd->detach_work))
		put_device(&cxlmd->dev);
}

void cxla_attach_init(struct cxl_memdev *cxlmd)
{
	spin_lock_init(&cxlmd->lock);
	init_completion(&cxlmd->revoked);
	INIT_WORK(&cxlmd->detach_work, cxla_detach_work);
}
