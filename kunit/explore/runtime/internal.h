/* SPDX-License-Identifier: GPL-2.0-only */
/* between the files of the runtime */
#ifndef EXPLORE_INTERNAL_H
#define EXPLORE_INTERNAL_H

#include <linux/sched.h>

#include "explore.h"

struct dentry;

#define EXPLORE_MAX		24	/* actors and adopted workers */
#define EXPLORE_MAX_TURNS	256	/* of a replayed schedule */

/* which accesses are scheduling points */
enum explore_level {
	EXPLORE_CALLS,		/* calls, atomics, READ_ONCE() and WRITE_ONCE() */
	EXPLORE_ALL,		/* and every access to memory */
};

enum explore_kind {
	EXPLORE_PCT,		/* priorities, and depth - 1 places where they change */
	EXPLORE_RANDOM,		/* each point may be the end of a turn */
	EXPLORE_LIST,		/* the turns that are given, else who has it keeps it */
};

/* why somebody else got the token */
enum explore_why {
	EXPLORE_START,
	EXPLORE_PREEMPTED,
	EXPLORE_BLOCKED,
	EXPLORE_DONE,
	EXPLORE_TIME,
	EXPLORE_NR_WHYS,
};

/**
 * struct explore_turn - a departure from the default
 * @step: after so many points
 * @actor: who goes on, by number; EXPLORE_MAX: nobody, so that time passes
 * @forced: the one before could not go on: it was blocked or done
 * @pass_ns: how much time, when that is what happens
 *
 * The default: who has the token keeps it, and then the lowest number gets it.
 */
struct explore_turn {
	u32 step;
	u8 actor;
	bool forced;
	u64 pass_ns;
};

/**
 * struct explore_strategy - decides who goes on
 * @kind: which
 * @seed: of its random numbers
 * @depth: PCT: of the bugs that are looked for
 * @steps: how many points a schedule of these actors is likely to have
 * @period: RANDOM: one point in so many ends a turn
 * @time: one in so many ends of a turn gives the token to nobody, so that time
 *	passes while others could run; 0: none
 * @hold: who was preempted does not go on as soon as all others wait for
 *	something, but only when that takes long
 * @snap: PCT: a place where priorities change is moved to where the actor has let
 *	go of a lock, or has come back from a call that takes some
 * @last: LIST: when a turn has ended by itself the one that came last goes on,
 *	which are workers, and not the first
 * @turns: LIST: in order
 * @nr_turns: how many
 */
struct explore_strategy {
	enum explore_kind kind;
	u64 seed;
	u32 depth;
	u32 steps;
	u32 period;
	u32 time;
	bool hold;
	bool snap;
	bool last;
	struct explore_turn turns[EXPLORE_MAX_TURNS];
	u32 nr_turns;
};

/**
 * struct explore_actor - a thread that is scheduled by the token
 * @task: referenced
 * @name: of its action, or of the work that it does
 * @id: its number
 * @priority: PCT
 * @primary: of the scenario; else a worker, adopted at its first point
 * @parked: waits for the token
 * @done: its action has ended
 * @action: of a primary one
 * @result: of @action
 * @fails: one of its allocations fails
 * @fail_at: that is behind this point of it; 0: none
 * @fail_nth: by number from there
 * @kill_at: its point at which it gets SIGKILL; 0: none
 * @points: of it
 * @in_a_row: points since it got the token
 * @ip: its last point
 * @call: the call that is about to be made there, or NULL
 * @object: what that is about
 */
struct explore_actor {
	struct task_struct *task;
	char name[40];
	int id;
	int priority;
	bool primary;
	bool parked;
	bool done;
	const struct explore_action *action;
	int result;
	bool fails;
	u32 fail_at;
	u32 fail_nth;
	u32 kill_at;
	u32 points;
	u32 in_a_row;
	unsigned long ip;
	const char *call;
	const void *object;
};

/**
 * struct explore_result - what came of a schedule
 * @steps: points at which somebody else could have gone on
 * @turns: changes of who has the token
 * @preemptions: of these, from one who could have gone on
 * @adopted: workers
 * @hash: of all points, in order, with who was there
 * @other_at: the first point that is not as in the schedule before
 * @other_ip: where that was then, by so many bytes as the actor's number
 * @this_ip: where it is now
 * @failure: empty, or what is wrong
 * @stuck: that is, that nobody goes on any more
 */
struct explore_result {
	u32 steps;
	u32 turns;
	u32 preemptions;
	u32 adopted;
	u64 hash;
	u32 other_at;
	unsigned long other_ip;
	unsigned long this_ip;
	char failure[160];
	bool stuck;
};

/* actors.c */
extern struct explore_actor explore_actors[EXPLORE_MAX];
extern int explore_nr;
extern enum explore_level explore_level;
extern bool explore_active;
extern struct explore_result explore_result;
void explore_at(unsigned long ip, const char *call, const void *object);
void explore_run(struct explore_strategy *strategy);
void explore_actors_init(void);
unsigned long explore_where(void);

/* strategy.c */
u64 explore_random(void);
u32 explore_below(u32 n);
void explore_strategy_begin(struct explore_strategy *strategy, int nr);
void explore_strategy_adopt(struct explore_actor *actor);
/* does somebody else go on at this point? */
bool explore_preempts(struct explore_actor *actor);
/* who does; NULL: nobody can, or time is to pass first: *@pass_ns, unless NULL */
struct explore_actor *explore_pick(bool forced, u64 *pass_ns);

/* fails.c */
void explore_fails_count(bool on);
void explore_fails_point(const struct explore_actor *actor);
bool explore_fails_draw(struct explore_actor *actor, u64 number, u32 depth);

/* workers.c */
void explore_workers_fill(void);
int explore_workers_init(void);
void explore_workers_exit(void);

/* slices.c */
enum explore_slice {
	EXPLORE_SLICE_RUN,
	EXPLORE_SLICE_SKIP,	/* it is another one, or was tried */
	EXPLORE_SLICE_END,	/* there are not so many */
};

void explore_trail_begin(int beginner, bool last);
void explore_trail_point(unsigned long ip, const char *call, int id);
void explore_trail_end(void);
enum explore_slice explore_slice(int nr, u32 depth, u64 number, u32 budget,
				 bool fine, struct explore_strategy *list);
void explore_slices_init(struct dentry *dir);

/* report.c */
extern bool explore_strict;
void explore_say_known(void);
void explore_note(const struct explore_actor *from,
		  const struct explore_actor *to, enum explore_why why);
void explore_note_time(const struct explore_actor *from, u64 ns, bool forced);
void explore_report_begin(const char *scenario,
			  const struct explore_strategy *strategy);
void explore_say_failure(void);
void explore_report_init(void);
void explore_report_exit(void);

/* pairs.c */
void explore_pairs_met(const struct explore_actor *running);
void explore_pairs_init(struct dentry *dir);

/* objects.c */
void explore_objects_begin(void);
void explore_objects_end(void);
void explore_check(const volatile void *address, unsigned long ip);

/* control.c */
void explore_control_init(struct dentry *dir);

/* is anybody else able to run */
static inline bool explore_is_awake(const struct explore_actor *actor)
{
	return !actor->done &&
	       (actor->parked ||
		READ_ONCE(actor->task->__state) == TASK_RUNNING);
}

#endif
