/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: when Soft Reserved ranges are decided about
 *
 * What happens to cxla_hmem, apart from how it comes to know of it: a state, an
 * event, and what has to be done. Ranges wait once, until CXL enumeration has
 * been started and devices have been probed; after that it is first come, first
 * served.
 *
 *	            BIND            STARTED, LATE        RESTED
 *	IDLE ---------------> WAITING --------> RESTING --------> DECIDED
 *	  ^   nothing to wait: RESTING |           |                 |
 *	  |                            UNBIND      UNBIND            UNBIND
 *	  |         RESTED             v           v                 |
 *	  +---------------------- ABANDONED <------+                 |
 *	  +----------------------------------------------------------+
 */
#ifndef __CXLA_TURN_H__
#define __CXLA_TURN_H__

#include "pure.h"

/**
 * enum turn_state - where cxla_hmem is
 * @TURN_IDLE: not bound, and no work is left
 * @TURN_WAITING: bound; CXL enumeration has not been started
 * @TURN_RESTING: bound; devices are being probed
 * @TURN_DECIDED: bound; every range was decided about
 * @TURN_ABANDONED: unbound, and the work has not noticed yet
 */
enum turn_state {
	TURN_IDLE,
	TURN_WAITING,
	TURN_RESTING,
	TURN_DECIDED,
	TURN_ABANDONED,
	TURN_NR_STATES,
};

/**
 * enum turn_event - what happens
 * @TURN_BIND: the driver is bound to hmem_platform
 * @TURN_UNBIND: it is unbound
 * @TURN_STARTED: CXL enumeration has been started
 * @TURN_LATE: it has not, and nobody waits longer
 * @TURN_RESTED: devices have been probed: the work takes its turn
 */
enum turn_event {
	TURN_BIND,
	TURN_UNBIND,
	TURN_STARTED,
	TURN_LATE,
	TURN_RESTED,
	TURN_NR_EVENTS,
};

/* what is to be done, bits */
#define TURN_DO_QUEUE	BIT(0)	/* queue the work */
#define TURN_DO_DECIDE	BIT(1)	/* decide about ranges, now */
#define TURN_DO_TELL	BIT(2)	/* tell who waits: nothing is pending */
#define TURN_DO_WAKE	BIT(3)	/* the work need not wait any longer */

/**
 * struct turn - the state
 * @state: where it is; zeroed it is idle
 * @waited: there is nothing to wait for: the wait is over, and does not come again
 *	as long as the core stays, or the platform has no CEDT
 */
struct turn {
	enum turn_state state;
	bool waited;
};

/* anything to be decided yet? */
static inline bool turn_is_pending(const struct turn *turn)
{
	return turn->state == TURN_WAITING || turn->state == TURN_RESTING;
}

/**
 * turn_next() - an event happens
 * @turn: the state; after -EBUSY it is what it was
 * @event: the event
 *
 * Return: TURN_DO_...; -EBUSY: bound again while work of the last time is left;
 * -EINVAL: can't happen in this state.
 */
int turn_next(struct turn *turn, enum turn_event event);

#endif /* __CXLA_TURN_H__ */
