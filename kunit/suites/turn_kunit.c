// SPDX-License-Identifier: GPL-2.0-only
/*
 * When Soft Reserved ranges are decided about: kmod/pure/turn.c, over every
 * sequence of events of a length, with what cxla_hmem relies on counted along
 * the way; and each rule of DESIGN.md section 8 once, by name.
 */
#include <kunit/test.h>

#include "../../kmod/pure/turn.c"

#define MAX_LENGTH	8

/* events in a sequence; 5 to its power are tried */
static int length = 7;
module_param(length, int, 0444);
MODULE_PARM_DESC(length, "events in a sequence, up to 8 (default: 7)");

/**
 * struct history - what somebody saw who knows no states
 * @bound: cxla_hmem is bound
 * @queued: works that were queued and have not ended
 * @binds: bindings since the machine was new
 * @queues: how often the work was queued since
 * @decides: how often ranges were decided about since
 * @tells: how often who listens was told that nothing is pending
 * @endings: how often something pending ended
 * @decided: ranges were decided about in this binding
 * @told: something came that ends the wait of this work
 * @waited: the wait is over for good
 */
struct history {
	bool bound;
	int queued;
	int binds;
	int queues;
	int decides;
	int tells;
	int endings;
	bool decided;
	bool told;
	bool waited;
};

static void note_bind(struct history *h, int todo)
{
	h->bound = true;
	h->decided = false;
	h->told = h->waited;
	h->binds++;
	if (todo & TURN_DO_QUEUE) {
		h->queued++;
		h->queues++;
	}
}

/* what the event changes by itself, whatever the machine makes of it */
static void note_event(struct history *h, enum turn_event event, int todo)
{
	switch (event) {
	case TURN_BIND:
		note_bind(h, todo);
		break;
	case TURN_UNBIND:
		h->bound = false;
		break;
	case TURN_STARTED:
	case TURN_LATE:
		/* to a work that is not there it says nothing */
		h->told |= h->queued;
		break;
	case TURN_RESTED:
		h->queued--;
		h->endings++;
		break;
	default:
		break;
	}
	if (todo & TURN_DO_DECIDE) {
		h->decides++;
		h->decided = true;
		h->waited = true;
	}
	h->tells += !!(todo & TURN_DO_TELL);
}

/* the errno of an event that does not fit, or 0; by what was seen only */
static int refusal(const struct history *h, enum turn_event event)
{
	switch (event) {
	case TURN_BIND:
		if (h->bound)
			return -EINVAL;
		return h->queued ? -EBUSY : 0;
	case TURN_UNBIND:
		return h->bound ? 0 : -EINVAL;
	case TURN_RESTED:
		/* one that is unbound waits for nothing */
		if (!h->queued || (h->bound && !h->told))
			return -EINVAL;
		return 0;
	default:
		return 0;
	}
}

static const char *broken(const struct turn *before, const struct turn *turn,
			  const struct history *was, const struct history *h,
			  enum turn_event event, int todo)
{
	const bool pending = h->bound && h->queued;

	if (turn_is_pending(turn) != pending)
		return "pending is not what is bound and has work left";
	if (turn->waited != h->waited || (before->waited && !turn->waited))
		return "the wait is over once it came to a decision, for good";
	if (h->queued < 0 || h->queued > 1 || h->queues != h->binds)
		return "a binding has one work";
	if (event == TURN_BIND ? !(todo & TURN_DO_QUEUE) :
				 todo & TURN_DO_QUEUE)
		return "work is queued by a bind, and by nothing else";
	if (todo & TURN_DO_DECIDE && (!h->bound || was->decided))
		return "ranges are decided about once in a binding, while it is bound";
	if (event == TURN_RESTED && h->bound && !(todo & TURN_DO_DECIDE))
		return "who is bound when devices came to rest is decided about";
	if (h->tells != h->endings)
		return "who listens is told once for each end of what was pending";
	if (todo & TURN_DO_TELL && pending)
		return "who listens is told while something is pending";
	if (!!(todo & TURN_DO_WAKE) !=
	    (event == TURN_UNBIND && h->queued == 1))
		return "work is woken when it is abandoned, and only then";
	if (event == TURN_BIND && h->bound && was->waited &&
	    turn->state == TURN_WAITING)
		return "there is no second wait";
	return NULL;
}

struct search {
	unsigned long events;
	unsigned long refused;
	enum turn_event sequence[MAX_LENGTH];
};

static const char *step(struct turn *turn, struct history *h,
			enum turn_event event)
{
	const struct turn before = *turn;
	const struct history was = *h;
	int todo = turn_next(turn, event);
	int wanted = refusal(h, event);

	if (wanted) {
		if (todo != wanted)
			return "an event that does not fit has another result";
		if (memcmp(&before, turn, sizeof(before)))
			return "an event that was refused changed something";
		return NULL;
	}
	if (todo < 0)
		return "an event that fits was refused";
	note_event(h, event, todo);
	return broken(&before, turn, &was, h, event, todo);
}

static const char *search_from(struct search *search, const struct turn *turn,
			       const struct history *h, int depth)
{
	if (depth == length)
		return NULL;
	for (int event = 0; event < TURN_NR_EVENTS; event++) {
		struct history next_h = *h;
		struct turn next = *turn;
		const char *fault;

		search->sequence[depth] = event;
		search->events++;
		search->refused += !!refusal(h, event);
		fault = step(&next, &next_h, event);
		if (!fault)
			fault = search_from(search, &next, &next_h, depth + 1);
		if (fault)
			return fault;
		/* of @sequence what is behind here is somebody else's */
		for (int i = depth + 1; i < MAX_LENGTH; i++)
			search->sequence[i] = TURN_NR_EVENTS;
	}
	return NULL;
}

static void search_all(struct kunit *test, bool waited)
{
	static const char * const names[] = {
		[TURN_BIND] = "bind",
		[TURN_UNBIND] = "unbind",
		[TURN_STARTED] = "started",
		[TURN_LATE] = "late",
		[TURN_RESTED] = "rested",
		[TURN_NR_EVENTS] = "-",
	};
	const struct history h = { .waited = waited };
	const struct turn turn = { .waited = waited };
	struct search search = { };
	const char *fault;
	unsigned long all = 0, power = 1;

	KUNIT_ASSERT_LE(test, length, MAX_LENGTH);
	fault = search_from(&search, &turn, &h, 0);
	if (fault) {
		for (int i = 0; i < length; i++)
			kunit_err(test, "%d: %s\n", i,
				  names[search.sequence[i]]);
		KUNIT_FAIL(test, "%s", fault);
		return;
	}
	for (int i = 0; i < length; i++) {
		power *= TURN_NR_EVENTS;
		all += power;
	}
	KUNIT_EXPECT_EQ(test, search.events, all);
	KUNIT_EXPECT_GT(test, search.refused, 0);
	KUNIT_EXPECT_LT(test, search.refused, all);
}

static void every_sequence_keeps_the_rules(struct kunit *test)
{
	search_all(test, false);
}

static void every_sequence_after_the_wait_keeps_the_rules(struct kunit *test)
{
	search_all(test, true);
}

/* ------------------------------- rules ----------------------------- */

static void goes(struct kunit *test, struct turn *turn, enum turn_event event,
		 int todo, enum turn_state state)
{
	KUNIT_EXPECT_EQ(test, turn_next(turn, event), todo);
	KUNIT_EXPECT_EQ(test, turn->state, state);
}

static void where_there_is_nothing_to_wait_for_the_work_decides_at_once(struct kunit *test)
{
	struct turn turn = { .waited = true };

	goes(test, &turn, TURN_BIND, TURN_DO_QUEUE, TURN_RESTING);
	KUNIT_EXPECT_TRUE(test, turn_is_pending(&turn));
	goes(test, &turn, TURN_RESTED, TURN_DO_DECIDE | TURN_DO_TELL,
	     TURN_DECIDED);
}

static void ranges_wait_for_the_start_and_for_rest(struct kunit *test)
{
	struct turn turn = { };

	goes(test, &turn, TURN_BIND, TURN_DO_QUEUE, TURN_WAITING);
	goes(test, &turn, TURN_RESTED, -EINVAL, TURN_WAITING);
	goes(test, &turn, TURN_STARTED, 0, TURN_RESTING);
	KUNIT_EXPECT_FALSE(test, turn.waited);
	goes(test, &turn, TURN_RESTED, TURN_DO_DECIDE | TURN_DO_TELL,
	     TURN_DECIDED);
	KUNIT_EXPECT_TRUE(test, turn.waited);
	/* once */
	goes(test, &turn, TURN_RESTED, -EINVAL, TURN_DECIDED);
}

static void nobody_waits_for_a_start_for_ever(struct kunit *test)
{
	struct turn turn = { };

	goes(test, &turn, TURN_BIND, TURN_DO_QUEUE, TURN_WAITING);
	goes(test, &turn, TURN_LATE, 0, TURN_RESTING);
	goes(test, &turn, TURN_RESTED, TURN_DO_DECIDE | TURN_DO_TELL,
	     TURN_DECIDED);
	/* and one that comes after all changes nothing */
	goes(test, &turn, TURN_STARTED, 0, TURN_DECIDED);
}

static void after_the_first_wait_there_is_no_second(struct kunit *test)
{
	struct turn turn = { };

	goes(test, &turn, TURN_BIND, TURN_DO_QUEUE, TURN_WAITING);
	goes(test, &turn, TURN_STARTED, 0, TURN_RESTING);
	goes(test, &turn, TURN_RESTED, TURN_DO_DECIDE | TURN_DO_TELL,
	     TURN_DECIDED);
	goes(test, &turn, TURN_UNBIND, 0, TURN_IDLE);
	goes(test, &turn, TURN_BIND, TURN_DO_QUEUE, TURN_RESTING);
}

/* a wait that came to no decision is none */
static void wait_that_was_abandoned_comes_again(struct kunit *test)
{
	struct turn turn = { };

	goes(test, &turn, TURN_BIND, TURN_DO_QUEUE, TURN_WAITING);
	goes(test, &turn, TURN_STARTED, 0, TURN_RESTING);
	goes(test, &turn, TURN_UNBIND, TURN_DO_WAKE, TURN_ABANDONED);
	goes(test, &turn, TURN_RESTED, TURN_DO_TELL, TURN_IDLE);
	goes(test, &turn, TURN_BIND, TURN_DO_QUEUE, TURN_WAITING);
}

static void rebinding_while_work_is_left_is_busy(struct kunit *test)
{
	struct turn turn = { };

	goes(test, &turn, TURN_BIND, TURN_DO_QUEUE, TURN_WAITING);
	goes(test, &turn, TURN_UNBIND, TURN_DO_WAKE, TURN_ABANDONED);
	goes(test, &turn, TURN_BIND, -EBUSY, TURN_ABANDONED);
	/* a start says nothing about the work */
	goes(test, &turn, TURN_STARTED, 0, TURN_ABANDONED);
	goes(test, &turn, TURN_BIND, -EBUSY, TURN_ABANDONED);
	goes(test, &turn, TURN_RESTED, TURN_DO_TELL, TURN_IDLE);
	KUNIT_EXPECT_GE(test, turn_next(&turn, TURN_BIND), 0);
}

static void unbinding_before_the_work_runs_decides_nothing(struct kunit *test)
{
	const enum turn_event reached[] = {
		TURN_NR_EVENTS, TURN_STARTED, TURN_LATE
	};

	for (int i = 0; i < 3; i++) {
		struct turn turn = { };

		KUNIT_EXPECT_EQ(test, turn_next(&turn, TURN_BIND),
				TURN_DO_QUEUE);
		if (reached[i] != TURN_NR_EVENTS)
			KUNIT_EXPECT_EQ(test, turn_next(&turn, reached[i]), 0);
		goes(test, &turn, TURN_UNBIND, TURN_DO_WAKE, TURN_ABANDONED);
		KUNIT_EXPECT_FALSE(test, turn_is_pending(&turn));
		goes(test, &turn, TURN_RESTED, TURN_DO_TELL, TURN_IDLE);
		KUNIT_EXPECT_FALSE(test, turn.waited);
	}
}

static void event_that_there_is_not_is_refused(struct kunit *test)
{
	struct turn turn = { };

	goes(test, &turn, TURN_NR_EVENTS, -EINVAL, TURN_IDLE);
}

static struct kunit_case turn_cases[] = {
	KUNIT_CASE(every_sequence_keeps_the_rules),
	KUNIT_CASE(every_sequence_after_the_wait_keeps_the_rules),
	KUNIT_CASE(where_there_is_nothing_to_wait_for_the_work_decides_at_once),
	KUNIT_CASE(ranges_wait_for_the_start_and_for_rest),
	KUNIT_CASE(nobody_waits_for_a_start_for_ever),
	KUNIT_CASE(after_the_first_wait_there_is_no_second),
	KUNIT_CASE(wait_that_was_abandoned_comes_again),
	KUNIT_CASE(rebinding_while_work_is_left_is_busy),
	KUNIT_CASE(unbinding_before_the_work_runs_decides_nothing),
	KUNIT_CASE(event_that_there_is_not_is_refused),
	{}
};

static struct kunit_suite turn_suite = {
	.name = "turn_kunit",
	.test_cases = turn_cases,
};

kunit_test_suite(turn_suite);

MODULE_DESCRIPTION("KUnit: when Soft Reserved ranges are decided about");
MODULE_LICENSE("GPL");
