// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: who goes on
 *
 * PCT gives each actor a priority and lets the highest run; at depth - 1 random
 * points the one that runs becomes the lowest. It finds a bug of depth d, one
 * that d ordered events make, with a probability of at least 1/(n k^(d-1)) in
 * each schedule of n actors and k points (Burckhardt and others, ASPLOS 2010).
 * A random walk ends a turn at each point with the same probability. A list is
 * what was seen to fail, and what an exhaustive search tries in order.
 *
 * All of it follows from the seed.
 */
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "internal.h"

/* so many points in a row, and another one is let run: it may spin */
#define MAX_IN_A_ROW	20000
/* of a schedule: four times longer than a grace period takes */
#define HOLD_NS		(400 * NSEC_PER_MSEC)

static struct explore_strategy *explore_strategy;
static u64 explore_state;
static u32 explore_changes[16];		/* PCT: after so many points */
static u32 explore_nr_changes, explore_next_change;
static u32 explore_next_turn;		/* LIST */
static int explore_wanted;		/* LIST: who a point is left to, or -1 */
static int explore_held;		/* who was preempted, and is to stay so; or -1 */
static u64 explore_held_ns;		/* how long others had nothing to do but wait */

u64 explore_random(void)
{
	u64 z = explore_state += 0x9e3779b97f4a7c15ULL;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
	return z ^ z >> 31;
}

u32 explore_below(u32 n)
{
	return n ? (explore_random() >> 32) * n >> 32 : 0;
}

static void explore_draw_changes(void)
{
	u32 n = min_t(u32, explore_strategy->depth - 1,
		      ARRAY_SIZE(explore_changes));

	explore_nr_changes = n;
	explore_next_change = 0;
	for (u32 i = 0; i < n; i++)
		explore_changes[i] = 1 + explore_below(explore_strategy->steps);
	for (u32 i = 0; i < n; i++)
		for (u32 j = i + 1; j < n; j++)
			if (explore_changes[j] < explore_changes[i])
				swap(explore_changes[i], explore_changes[j]);
}

/**
 * explore_strategy_begin() - before a schedule
 * @strategy: kept until it has ended
 * @nr: actors there are
 */
void explore_strategy_begin(struct explore_strategy *strategy, int nr)
{
	int order[EXPLORE_MAX];

	explore_strategy = strategy;
	explore_state = strategy->seed * 0x2545f4914f6cdd1dULL + 1;
	explore_next_turn = 0;
	explore_wanted = -1;
	explore_held = -1;
	explore_held_ns = 0;
	for (int i = 0; i < nr; i++) {
		int j = explore_below(i + 1);

		order[i] = order[j];
		order[j] = i;
	}
	for (int i = 0; i < nr; i++)
		explore_actors[order[i]].priority = strategy->depth + 16 * i + 8;
	if (strategy->kind == EXPLORE_PCT && strategy->depth)
		explore_draw_changes();
	else
		explore_nr_changes = 0;
}

void explore_strategy_adopt(struct explore_actor *actor)
{
	actor->priority = explore_strategy->depth +
			  explore_below(16 * EXPLORE_MAX);
}

/* the highest priority of somebody else who can run, or -1 */
static int explore_best_other(const struct explore_actor *actor)
{
	int best = -1;

	for (int i = 0; i < explore_nr; i++)
		if (&explore_actors[i] != actor &&
		    explore_is_awake(&explore_actors[i]))
			best = max(best, explore_actors[i].priority);
	return best;
}

static void explore_hold(const struct explore_actor *actor)
{
	if (explore_strategy->hold)
		explore_held = actor->id;
}

/* what is looked at under a lock, and acted on after it, is in between here */
static bool explore_is_boundary(const struct explore_actor *actor)
{
	const char *call = actor->call;

	return call && strstr(call, "(done)") && !strstr(call, "_lock") &&
	       !strstarts(call, "down_") && !strstarts(call, "get_") &&
	       !strstarts(call, "put_");
}

static bool explore_pct_preempts(struct explore_actor *actor, int best)
{
	if (actor->in_a_row > MAX_IN_A_ROW)
		actor->priority = 0;
	while (explore_next_change < explore_nr_changes &&
	       explore_changes[explore_next_change] <= explore_result.steps &&
	       (!explore_strategy->snap || explore_is_boundary(actor))) {
		actor->priority = explore_nr_changes - 1 - explore_next_change;
		explore_next_change++;
		explore_hold(actor);
	}
	return best > actor->priority;
}

static bool explore_list_preempts(struct explore_actor *actor)
{
	const struct explore_turn *turn =
		&explore_strategy->turns[explore_next_turn];

	if (explore_next_turn == explore_strategy->nr_turns || turn->forced ||
	    turn->step > explore_result.steps)
		return false;
	explore_next_turn++;
	explore_wanted = turn->actor;
	if (turn->actor == actor->id)
		return false;
	explore_hold(actor);
	return true;
}

bool explore_preempts(struct explore_actor *actor)
{
	int best = explore_best_other(actor);

	switch (explore_strategy->kind) {
	case EXPLORE_PCT:
		return best >= 0 && explore_pct_preempts(actor, best);
	case EXPLORE_RANDOM:
		return best >= 0 && !explore_below(explore_strategy->period);
	case EXPLORE_LIST:
		return explore_list_preempts(actor) ||
		       (best >= 0 && actor->in_a_row > MAX_IN_A_ROW);
	}
	return false;
}

/* one of those that wait for the token; @random: any, else the best */
static struct explore_actor *explore_choose(bool random)
{
	struct explore_actor *best = NULL;
	int n = 0;

	for (int i = 0; i < explore_nr; i++) {
		struct explore_actor *actor = &explore_actors[i];

		if (!actor->parked || actor->done)
			continue;
		n++;
		if (random ? !explore_below(n) :
		    !best || actor->priority > best->priority)
			best = actor;
	}
	return best;
}

static struct explore_actor *explore_list_pick(bool forced, u64 *pass_ns)
{
	const struct explore_turn *turn =
		&explore_strategy->turns[explore_next_turn];
	int wanted;

	if (forced && explore_next_turn < explore_strategy->nr_turns &&
	    turn->forced && turn->step <= explore_result.steps) {
		explore_next_turn++;
		explore_wanted = turn->actor;
	}
	wanted = explore_wanted;
	explore_wanted = -1;
	if (pass_ns && wanted == EXPLORE_MAX) {
		*pass_ns = turn[forced ? 0 : -1].pass_ns;
		return NULL;
	}
	/* who is not there any more is as good as the next */
	for (int i = 0; i < explore_nr; i++) {
		int id = wanted < 0 ? i : (wanted + i) % explore_nr;

		if (wanted < 0 && explore_strategy->last)
			id = explore_nr - 1 - i;

		if (explore_actors[id].parked && !explore_actors[id].done)
			return &explore_actors[id];
	}
	return NULL;
}

/* up to a tick of the scheduler, a second, or a minute: what time-outs are */
static u64 explore_draw_time(void)
{
	static const u64 most[] = {
		20 * NSEC_PER_MSEC, NSEC_PER_SEC, 60 * NSEC_PER_SEC
	};

	return 50000 + mul_u64_u32_shr(most[explore_below(3)],
				       explore_random() >> 32, 32);
}

/*
 * Who was preempted stays so while others wait for what takes its time, a grace
 * period for one: they might as well have been faster.
 */
static struct explore_actor *explore_pick_held(struct explore_actor *held,
					       u64 *pass_ns)
{
	for (int i = 0; i < explore_nr; i++)
		if (i != held->id && explore_actors[i].parked &&
		    !explore_actors[i].done)
			return &explore_actors[i];
	if (pass_ns && explore_held_ns < HOLD_NS) {
		*pass_ns = HOLD_NS / 4;
		explore_held_ns += *pass_ns;
		return NULL;
	}
	explore_held = -1;
	return held;
}

struct explore_actor *explore_pick(bool forced, u64 *pass_ns)
{
	struct explore_actor *actor;

	if (explore_strategy->kind != EXPLORE_LIST && pass_ns &&
	    explore_strategy->time && explore_choose(false) &&
	    !explore_below(explore_strategy->time)) {
		*pass_ns = explore_draw_time();
		return NULL;
	}
	actor = explore_strategy->kind == EXPLORE_LIST ?
		explore_list_pick(forced, pass_ns) :
		explore_choose(explore_strategy->kind == EXPLORE_RANDOM);
	return actor && actor->id == explore_held ?
		explore_pick_held(actor, pass_ns) : actor;
}
