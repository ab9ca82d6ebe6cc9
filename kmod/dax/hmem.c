// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: cxla_hmem
 *
 * Binds hmem_platform, which stands for all memory that firmware marked Soft
 * Reserved, and decides about each range. All of them wait until CXL enumeration
 * has been started and devices have been probed, once; those in no window too, as
 * hardware may decode them for an accelerator all the same. Without a CEDT there
 * is no enumeration to wait for. What is a region's then is left to the region,
 * what is meant for an accelerator to that, and the rest goes to device-dax.
 * turn.c says when, carve.c what goes where.
 *
 * No probe waits for the decision. Unbinding does not wait for the work, which
 * finds out under the lock of the device; binding again before it has is -EBUSY.
 */
#undef pr_fmt
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/workqueue.h>

#include "../core/started.h"
#include "../version.h"
#include "devdax.h"
#include "hmem.h"
#include "turn.h"

static unsigned int wait_seconds = 30;
module_param(wait_seconds, uint, 0644);
MODULE_PARM_DESC(wait_seconds, "how long Soft Reserved ranges wait for cxla_acpi (default: 30)");

/* what happened, and who waits for it; nothing but listeners' locks under it */
static DEFINE_MUTEX(hmem_lock);
static struct turn hmem_turn;
static LIST_HEAD(hmem_listeners);

static void hmem_work_func(struct work_struct *work);
static struct workqueue_struct *hmem_wq;
static DECLARE_WORK(hmem_work, hmem_work_func);
/* hmem_platform, referenced as long as the work is queued or runs */
static struct device *hmem_dev;

/* ----------------------------- listeners --------------------------- */

static void hmem_tell(void)
{
	struct cxla_hmem_listener *listener;

	lockdep_assert_held(&hmem_lock);
	list_for_each_entry(listener, &hmem_listeners, list) {
		if (listener->told)
			continue;
		listener->told = true;
		listener->decided(listener);
	}
}

/**
 * cxla_hmem_listen() - be told when every range was decided about
 * @listener: told at once when nothing is pending
 *
 * Context: sleeps; what it calls runs under a mutex of this module.
 * Return: true: it was told, and has done what it does then; false: it will be,
 * perhaps before this returns.
 */
bool cxla_hmem_listen(struct cxla_hmem_listener *listener)
{
	guard(mutex)(&hmem_lock);
	list_add_tail(&listener->list, &hmem_listeners);
	if (!turn_is_pending(&hmem_turn))
		hmem_tell();
	return listener->told;
}
EXPORT_SYMBOL_NS_GPL(cxla_hmem_listen, "CXL");

/**
 * cxla_hmem_unlisten() - never mind
 * @listener: not called any more on return
 */
void cxla_hmem_unlisten(struct cxla_hmem_listener *listener)
{
	guard(mutex)(&hmem_lock);
	list_del(&listener->list);
}
EXPORT_SYMBOL_NS_GPL(cxla_hmem_unlisten, "CXL");

static int hmem_event(enum turn_event event)
{
	int todo;

	guard(mutex)(&hmem_lock);
	todo = turn_next(&hmem_turn, event);
	if (todo > 0 && todo & TURN_DO_TELL)
		hmem_tell();
	return todo;
}

/* ------------------------------ decision --------------------------- */

/* regions and claims that come in the middle are seen; so many times */
#define HMEM_TRIES	8

/**
 * struct hmem_decision - a range is being decided about
 * @host: hmem_platform
 * @nid: NUMA node by firmware
 * @lost: somebody has a piece that was nobody's when that was asked
 */
struct hmem_decision {
	struct device *host;
	int nid;
	bool lost;
};

static int hmem_piece_small(struct hmem_decision *decision,
			    const struct range *range)
{
	dev_info(decision->host, "[%#llx-%#llx] is too small for device-dax\n",
		 range->start, range->end);
	return cxla_hmem_note_piece(range, CXLA_WHY_TOO_SMALL, "");
}

static int hmem_piece_give(struct hmem_decision *decision,
			   const struct range *range, enum carve_kind kind)
{
	int rc = devm_cxla_hmem_add(decision->host, range, decision->nid,
				    kind == CARVE_WINDOW ? CXLA_WHY_NO_REGION :
							   CXLA_WHY_NO_WINDOW);

	if (rc != -EBUSY && rc != -ENXIO)
		return rc;
	if (rc == -EBUSY)
		decision->lost = true;
	return cxla_hmem_note_piece(range, CXLA_WHY_ERROR, "");
}

static int hmem_piece(const struct carve_piece *piece, void *arg)
{
	const struct range range = { piece->start, piece->end };
	struct hmem_decision *decision = arg;

	switch (piece->kind) {
	case CARVE_IN_USE:
		return cxla_hmem_note_piece(&range, CXLA_WHY_IN_USE,
					    piece->who);
	case CARVE_MEANT:
		return cxla_reserve(&range, piece->who);
	case CARVE_REGION:
		/* as long as it is there it says so itself */
		return cxla_hmem_note_piece(&range, CXLA_WHY_REGION_GONE,
					    piece->who);
	default:
		return piece->small ? hmem_piece_small(decision, &range) :
				      hmem_piece_give(decision, &range,
						      piece->kind);
	}
}

/*
 * What was given is somebody's, ours, when the range is carved again: a region
 * that came since the survey costs nobody more than its own bytes.
 */
static int hmem_decide_range(struct device *host, struct cxla_soft_ranges *soft,
			     const struct cxla_soft_range *range)
{
	struct hmem_decision decision = {
		.host = host,
		.nid = range->nid,
	};
	int rc;

	for (int tries = 0; tries < HMEM_TRIES; tries++) {
		decision.lost = false;
		cxla_hmem_notes_forget(&range->range);
		rc = carve(range->range.start, range->range.end, CXLA_DAX_ALIGN,
			   soft->parts, soft->nr_parts, hmem_piece, &decision);
		if (rc || !decision.lost)
			return rc;
		rc = cxla_soft_refresh(soft);
		if (rc)
			return rc;
	}
	return 0;
}

/* that ranges wait; for want of memory it can't be said */
static int hmem_note_waiting(const struct cxla_soft_ranges *soft,
			     enum cxla_ledger_why why)
{
	int rc = 0;

	for (size_t i = 0; i < soft->nr_ranges && !rc; i++)
		rc = cxla_hmem_note_waiting(&soft->ranges[i].range, why);
	if (rc)
		cxla_hmem_note_over(CXLA_WHY_ERROR);
	return rc;
}

/* under the lock of the device, which is bound; survey says who is there */
static void hmem_decide(struct device *dev, struct cxla_soft_ranges *soft,
			int survey)
{
	int rc = survey;

	for (size_t i = 0; i < soft->nr_ranges && !rc; i++)
		rc = hmem_decide_range(dev, soft, &soft->ranges[i]);
	if (rc)
		dev_err(dev, "Soft Reserved ranges are left without owner: %d\n",
			rc);
	/* of a piece that somebody had the ledger says more */
	cxla_hmem_note_over(rc ? CXLA_WHY_ERROR : CXLA_WHY_RELEASED);
}

/* ------------------------------- work ------------------------------ */

static bool hmem_is_abandoned(void *unused)
{
	return READ_ONCE(hmem_turn.state) == TURN_ABANDONED;
}

static bool hmem_is_waiting(void)
{
	guard(mutex)(&hmem_lock);
	return hmem_turn.state == TURN_WAITING;
}

static void hmem_await_cxl(struct device *dev)
{
	unsigned int seconds = READ_ONCE(wait_seconds);
	int rc;

	rc = cxla_enum_wait(hmem_is_abandoned, NULL, seconds);
	if (rc == -ECANCELED)
		return;
	hmem_event(rc ? TURN_LATE : TURN_STARTED);
	if (rc)
		dev_info(dev, "CXL enumeration was not started within %u s, Soft Reserved ranges are decided about without it\n",
			 seconds);
	else if (cxla_enum_await_rest(hmem_is_abandoned, NULL, seconds) ==
		 -ETIMEDOUT)
		dev_warn(dev, "a device is being probed for %u s by now, Soft Reserved ranges are decided about without it\n",
			 seconds);
}

static void hmem_work_func(struct work_struct *work)
{
	struct cxla_soft_ranges soft_ranges = { };
	struct cxla_soft_ranges *soft __free(cxla_soft_free) = &soft_ranges;
	struct device *dev = hmem_dev;
	int rc = 0;

	if (hmem_is_waiting())
		hmem_await_cxl(dev);

	/* another driver may have the device by now, and driver data of its own */
	scoped_guard(device, dev)
		if (!hmem_is_abandoned(NULL))
			rc = cxla_soft_read(dev, soft);
	/* locks of other devices, and so not under that of this one */
	if (!rc)
		rc = cxla_soft_survey(soft);

	scoped_guard(device, dev) {
		/* as long as it decides it is pending: cxla_dax waits */
		if (!hmem_is_abandoned(NULL)) {
			cxla_enum_set_waited();
			hmem_decide(dev, soft, rc);
		}
		hmem_event(TURN_RESTED);
	}
	put_device(dev);
}

/* ------------------------------ driver ----------------------------- */

static int hmem_probe(struct platform_device *pdev)
{
	struct cxla_soft_ranges soft_ranges = { };
	struct cxla_soft_ranges *soft __free(cxla_soft_free) = &soft_ranges;
	struct device *dev = &pdev->dev;
	bool at_once;
	int rc;

	if (hmem_is_abandoned(NULL))
		return dev_err_probe(dev, -EBUSY,
				     "it was unbound before ranges were decided about, and that has not ended yet: try again\n");
	cxla_hmem_notes_forget(NULL);
	rc = cxla_soft_read(dev, soft);
	if (rc)
		return rc;
	at_once = cxla_enum_waited() || !soft->cedt || !soft->nr_ranges;
	scoped_guard(mutex, &hmem_lock)
		hmem_turn.waited = at_once;
	rc = hmem_note_waiting(soft, at_once ? CXLA_WHY_PROBING :
					       CXLA_WHY_NO_CXL);
	rc = rc ?: hmem_event(TURN_BIND);
	if (rc > 0 && rc & TURN_DO_QUEUE) {
		hmem_dev = get_device(dev);
		queue_work(hmem_wq, &hmem_work);
	}
	return min(rc, 0);
}

static void hmem_remove(struct platform_device *pdev)
{
	int todo = hmem_event(TURN_UNBIND);

	if (todo <= 0 || !(todo & TURN_DO_WAKE))
		return;
	/* the work ends by itself, and says so to who listens */
	cxla_enum_wake();
	cxla_hmem_note_over(CXLA_WHY_UNBOUND);
}

static const struct platform_device_id hmem_ids[] = {
	{ "hmem_platform" },
	{ }
};

static struct platform_driver hmem_driver = {
	.probe = hmem_probe,
	.remove = hmem_remove,
	.id_table = hmem_ids,
	.driver = {
		.name = "cxla_hmem_platform",
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
	},
};

/* nobody binds the platform device any more */
static void cxla_hmem_end(void)
{
	/* the work, which has nothing to wait for any more */
	destroy_workqueue(hmem_wq);
	platform_driver_unregister(&cxla_hmem_device_driver);
	cxla_ledger_set_source(NULL);
	cxla_hmem_notes_forget(NULL);
	/* cxla_dax, from which they were kept, needs this module */
	cxla_unreserve(NULL);
}

static int __init cxla_hmem_init(void)
{
	int rc;

	hmem_wq = alloc_ordered_workqueue("cxla_hmem", 0);
	if (!hmem_wq)
		return -ENOMEM;
	cxla_ledger_set_source(cxla_hmem_notes_next);
	rc = platform_driver_register(&cxla_hmem_device_driver);
	if (rc) {
		cxla_ledger_set_source(NULL);
		destroy_workqueue(hmem_wq);
		return rc;
	}
	/* it may have bound, decided and begun before it fails */
	rc = platform_driver_register(&hmem_driver);
	if (rc)
		cxla_hmem_end();
	return rc;
}

static void __exit cxla_hmem_exit(void)
{
	platform_driver_unregister(&hmem_driver);
	cxla_hmem_end();
}

module_init(cxla_hmem_init);
module_exit(cxla_hmem_exit);
MODULE_DESCRIPTION("CXL accelerator attach: Soft Reserved ranges");
MODULE_VERSION(CXLA_VERSION);
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("CXL");
/* who may claim a range had better come first */
MODULE_SOFTDEP("pre: cxla_acpi cxla_pci cxla_accel");
