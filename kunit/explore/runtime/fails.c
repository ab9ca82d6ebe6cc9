// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: each allocation fails once
 *
 * How many allocations the kernel makes between two points changes from schedule
 * to schedule, with the nodes that its trees happen to need. So an allocation is
 * named by the point behind which it is, and by its number from there. Where any
 * are is known from a schedule in which none fails.
 */
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "internal.h"

#define MAX_SPANS	1024
/* more than there are */
#define NEVER		1000000000

/**
 * struct explore_span - from a point of an actor to its next one
 * @point: by number
 * @nr: allocations, as counted once
 */
struct explore_span {
	u32 point;
	u32 nr;
};

static struct explore_span explore_spans[EXPLORE_MAX_ACTORS][MAX_SPANS];
static u32 explore_nr_spans[EXPLORE_MAX_ACTORS];
static bool explore_counting;

/* the schedule that comes is to tell where there are any; or has */
void explore_fails_count(bool on)
{
	if (on)
		memset(explore_nr_spans, 0, sizeof(explore_nr_spans));
	explore_counting = on;
}

static void explore_span_ends(const struct explore_actor *actor, u32 point)
{
	u32 *nr = &explore_nr_spans[actor->id];

	if (current->fail_nth == NEVER || *nr == MAX_SPANS)
		return;
	explore_spans[actor->id][(*nr)++] = (struct explore_span) {
		point, NEVER - current->fail_nth
	};
}

/**
 * explore_fails_point() - an actor goes on from a point, or has come to its end
 * @actor: it is the current task, and one of whose allocations one fails
 *
 * Context: any.
 */
void explore_fails_point(const struct explore_actor *actor)
{
	if (explore_counting) {
		if (actor->points > 1)
			explore_span_ends(actor, actor->points - 1);
		current->fail_nth = actor->done ? 0 : NEVER;
	} else {
		current->fail_nth = actor->points == actor->fail_at ?
				    actor->fail_nth : 0;
	}
}

/**
 * explore_fails_draw() - which allocation fails
 * @actor: set to it
 * @number: from 0: the first ones behind each point come first
 * @depth: of those behind one point, so many
 *
 * Return: false: there are not so many.
 */
bool explore_fails_draw(struct explore_actor *actor, u64 number, u32 depth)
{
	u32 nr = explore_nr_spans[actor->id], at;
	const struct explore_span *span;

	if (!nr)
		return false;
	number = div_u64_rem(number, nr, &at);
	span = &explore_spans[actor->id][at];
	actor->fail_at = span->point;
	actor->fail_nth = 1 + min_t(u64, number, span->nr - 1);
	return number < depth;
}
