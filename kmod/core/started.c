// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: whether CXL enumeration has been started
 *
 * Who decides about ranges that nobody claims has to know that those who may
 * claim them had their chance. That is asked of the core, which is there in
 * whatever order the other modules come, and which forgets when it goes.
 */
#include <linux/device.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "bus.h"
#include "started.h"

static DECLARE_WAIT_QUEUE_HEAD(cxla_enum_queue);
/* a root came up */
static bool cxla_enum_started;
/* somebody has waited for it, and does not again */
static bool cxla_enum_wait_over;

/**
 * cxla_enum_start() - a root came up: enumeration has been started
 */
void cxla_enum_start(void)
{
	WRITE_ONCE(cxla_enum_started, true);
	wake_up_all(&cxla_enum_queue);
}
EXPORT_SYMBOL_NS_GPL(cxla_enum_start, "CXL");

/**
 * cxla_enum_wait() - wait until enumeration has been started
 * @cancelled: asked whenever cxla_enum_wake() is called: true ends the wait
 * @arg: passed to it
 * @seconds: at most so long
 *
 * Context: sleeps.
 * Return: 0: it has been; -ETIMEDOUT; -ECANCELED.
 */
int cxla_enum_wait(bool (*cancelled)(void *arg), void *arg,
		   unsigned int seconds)
{
	wait_event_timeout(cxla_enum_queue,
			   READ_ONCE(cxla_enum_started) || cancelled(arg),
			   secs_to_jiffies(seconds));
	if (cancelled(arg))
		return -ECANCELED;
	return READ_ONCE(cxla_enum_started) ? 0 : -ETIMEDOUT;
}
EXPORT_SYMBOL_NS_GPL(cxla_enum_wait, "CXL");

void cxla_enum_wake(void)
{
	wake_up_all(&cxla_enum_queue);
}
EXPORT_SYMBOL_NS_GPL(cxla_enum_wake, "CXL");

/**
 * cxla_enum_rest() - wait until no device is being probed or attached again
 *
 * A driver that somebody binds by hand, through its file in sysfs, the driver
 * core does not count among those that probe.
 *
 * Context: sleeps, as long as any probe takes; never from a probe.
 */
void cxla_enum_rest(void)
{
	wait_for_device_probe();
	flush_workqueue(cxla_wq);
}
EXPORT_SYMBOL_NS_GPL(cxla_enum_rest, "CXL");

/* the number of a rest, when it begins, and when it is over */
static int cxla_rests_begun, cxla_rests_over;

static void cxla_rest_func(struct work_struct *work)
{
	int mine = READ_ONCE(cxla_rests_begun) + 1;

	WRITE_ONCE(cxla_rests_begun, mine);
	cxla_enum_rest();
	WRITE_ONCE(cxla_rests_over, mine);
	wake_up_all(&cxla_enum_queue);
}

static DECLARE_WORK(cxla_rest_work, cxla_rest_func);

/**
 * cxla_enum_await_rest() - the same, and not for ever
 * @cancelled: asked whenever cxla_enum_wake() is called: true ends the wait
 * @arg: passed to it
 * @seconds: at most so long
 *
 * Somebody's probe that hangs keeps a worker, and nobody else.
 *
 * Return: 0; -ETIMEDOUT; -ECANCELED.
 */
int cxla_enum_await_rest(bool (*cancelled)(void *arg), void *arg,
			 unsigned int seconds)
{
	int wanted = READ_ONCE(cxla_rests_begun) + 1;

	queue_work(system_dfl_wq, &cxla_rest_work);
	wait_event_timeout(cxla_enum_queue,
			   READ_ONCE(cxla_rests_over) - wanted >= 0 ||
			   cancelled(arg), secs_to_jiffies(seconds));
	if (cancelled(arg))
		return -ECANCELED;
	return READ_ONCE(cxla_rests_over) - wanted >= 0 ? 0 : -ETIMEDOUT;
}
EXPORT_SYMBOL_NS_GPL(cxla_enum_await_rest, "CXL");

/* nobody's probe hangs any more */
void cxla_enum_exit(void)
{
	flush_work(&cxla_rest_work);
}

/* has anybody waited since the core was loaded */
bool cxla_enum_waited(void)
{
	return READ_ONCE(cxla_enum_wait_over);
}
EXPORT_SYMBOL_NS_GPL(cxla_enum_waited, "CXL");

void cxla_enum_set_waited(void)
{
	WRITE_ONCE(cxla_enum_wait_over, true);
}
EXPORT_SYMBOL_NS_GPL(cxla_enum_set_waited, "CXL");
