// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: what happened, for readers
 *
 * The last events are kept in a ring, numbered from 1. Each open file has the
 * number that it wants next; one that fell behind what is kept is told how many
 * it lost, and goes on with the oldest there is.
 */
#include <linux/ktime.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "accel.h"

void cxla_events_init(struct cxla_events *events)
{
	spin_lock_init(&events->lock);
	init_waitqueue_head(&events->wait);
}

/* number of the oldest event that is kept, or of the next one to be */
static u64 cxla_events_oldest(const struct cxla_events *events)
{
	lockdep_assert_held(&events->lock);
	return events->last < CXLA_EVENTS_KEPT ? 1 :
		events->last - CXLA_EVENTS_KEPT + 1;
}

/**
 * cxla_events_push() - tell all readers
 * @events: of a node
 * @type: what happened
 * @reason: and why
 * @start: first byte of the range that it happened to
 * @size: bytes
 *
 * Context: any that may take a spinlock.
 */
void cxla_events_push(struct cxla_events *events, enum cxla_event_type type,
		      enum cxla_reason reason, u64 start, u64 size)
{
	scoped_guard(spinlock, &events->lock) {
		u64 seq = ++events->last;

		events->ring[seq % CXLA_EVENTS_KEPT] = (struct cxla_event) {
			.time_ns = ktime_get_ns(),
			.type = type,
			.reason = reason,
			.hpa_start = start,
			.hpa_size = size,
			.seq = seq,
		};
	}
	wake_up_interruptible_poll(&events->wait, EPOLLIN | EPOLLRDNORM);
}

/* there will be no more: readers take what is left and see the end */
void cxla_events_close(struct cxla_events *events)
{
	scoped_guard(spinlock, &events->lock)
		events->closed = true;
	wake_up_interruptible_poll(&events->wait, EPOLLIN | EPOLLHUP);
}

/* where a file that is opened now starts to read */
u64 cxla_events_first(struct cxla_events *events)
{
	u64 first;

	scoped_guard(spinlock, &events->lock)
		first = cxla_events_oldest(events);
	return first;
}

/* the event @next, or an overflow; *@after is what comes after it */
static bool cxla_events_take(const struct cxla_events *events, u64 next,
			     struct cxla_event *event, u64 *after)
{
	u64 oldest = cxla_events_oldest(events);

	if (next > events->last)
		return false;
	if (next < oldest) {
		*event = (struct cxla_event) {
			.time_ns = ktime_get_ns(),
			.type = CXLA_EVENT_OVERFLOW,
			.seq = oldest - 1,
			.count = oldest - next,
		};
		*after = oldest;
		return true;
	}
	*event = events->ring[next % CXLA_EVENTS_KEPT];
	*after = next + 1;
	return true;
}

static bool cxla_events_peek(struct cxla_events *events, u64 next,
			     struct cxla_event *event, u64 *after)
{
	bool there;

	scoped_guard(spinlock, &events->lock)
		there = cxla_events_take(events, next, event, after);
	return there;
}

static bool cxla_events_ready(struct cxla_events *events, u64 next)
{
	bool ready;

	scoped_guard(spinlock, &events->lock)
		ready = next <= events->last || events->closed;
	return ready;
}

/**
 * cxla_events_read() - read() of a node
 * @events: of the node
 * @next: number that the file wants next; moved on
 * @buf: of userspace
 * @count: its size
 * @nonblock: don't wait
 *
 * Context: sleeps; readers of one file are kept apart by the caller.
 * Return: bytes, whole events; 0: there will be no more; -EINVAL: not even one
 * event fits; -EAGAIN; -ERESTARTSYS; -EFAULT.
 */
ssize_t cxla_events_read(struct cxla_events *events, u64 *next,
			 char __user *buf, size_t count, bool nonblock)
{
	struct cxla_event event;
	size_t done = 0;
	u64 after;
	int rc;

	if (count < sizeof(event))
		return -EINVAL;

	while (!cxla_events_ready(events, *next)) {
		if (nonblock)
			return -EAGAIN;
		rc = wait_event_interruptible(events->wait,
					      cxla_events_ready(events, *next));
		if (rc)
			return rc;
	}
	while (count - done >= sizeof(event) &&
	       cxla_events_peek(events, *next, &event, &after)) {
		if (copy_to_user(buf + done, &event, sizeof(event)))
			return done ?: -EFAULT;
		*next = after;
		done += sizeof(event);
	}
	return done;
}

__poll_t cxla_events_poll(struct cxla_events *events, u64 next,
			  struct file *file, poll_table *wait)
{
	__poll_t mask = 0;

	poll_wait(file, &events->wait, wait);
	scoped_guard(spinlock, &events->lock) {
		if (next <= events->last)
			mask |= EPOLLIN | EPOLLRDNORM;
		if (events->closed)
			mask |= EPOLLHUP;
	}
	return mask;
}
