// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: when Soft Reserved ranges are decided about
 */
#include "turn.h"

static int turn_bind(struct turn *turn)
{
	/* the work of the last time may be in the middle of anything */
	if (turn->state == TURN_ABANDONED)
		return -EBUSY;
	if (turn->state != TURN_IDLE)
		return -EINVAL;
	turn->state = turn->waited ? TURN_RESTING : TURN_WAITING;
	return TURN_DO_QUEUE;
}

static int turn_unbind(struct turn *turn)
{
	switch (turn->state) {
	case TURN_WAITING:
	case TURN_RESTING:
		turn->state = TURN_ABANDONED;
		return TURN_DO_WAKE;
	case TURN_DECIDED:
		turn->state = TURN_IDLE;
		return 0;
	default:
		return -EINVAL;
	}
}

static int turn_rested(struct turn *turn)
{
	switch (turn->state) {
	case TURN_RESTING:
		turn->state = TURN_DECIDED;
		turn->waited = true;
		return TURN_DO_DECIDE | TURN_DO_TELL;
	case TURN_ABANDONED:
		/* nothing is pending, and nothing was decided */
		turn->state = TURN_IDLE;
		return TURN_DO_TELL;
	default:
		return -EINVAL;
	}
}

int turn_next(struct turn *turn, enum turn_event event)
{
	switch (event) {
	case TURN_BIND:
		return turn_bind(turn);
	case TURN_UNBIND:
		return turn_unbind(turn);
	case TURN_STARTED:
	case TURN_LATE:
		/* of interest to one who waits only */
		if (turn->state == TURN_WAITING)
			turn->state = TURN_RESTING;
		return 0;
	case TURN_RESTED:
		return turn_rested(turn);
	default:
		return -EINVAL;
	}
}
