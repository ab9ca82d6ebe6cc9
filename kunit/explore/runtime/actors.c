// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: the token
 *
 * Of the threads that take part one has the token, and it alone runs code that
 * has scheduling points. At a point the strategy may end its turn: it parks, and
 * somebody else gets the token. Three things make that exact:
 *
 * - There is one processor, and actors have real-time priority: a thread that
 *   was woken does not run before the one with the token sleeps.
 * - Time is virtual (time-travel=inf-cpu) and passes only while the processor is
 *   idle. So a timer that finds the idle task running has *proved* that the one
 *   with the token sleeps: parked, or blocked in the kernel. No thread has to
 *   watch for it. The timer gives the token to the next.
 * - Where a switch would change what the code means, none happens: with
 *   preemption or interrupts off, in an RCU read section, and once a task has
 *   said that it is about to sleep.
 *
 * Who waits for a lock is blocked as anywhere else: the kernel's own lock
 * decides who gets it, and the strategy when that one goes on. A worker that
 * comes to a point is adopted, and is an actor from then on.
 *
 * When all are blocked, time passes until a timer wakes one. When that takes
 * STUCK_NS, nobody ever will.
 */
#include <linux/completion.h>
#include <linux/debug_locks.h>
#include <linux/hrtimer.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/workqueue.h>
#include <uapi/linux/sched/types.h>

#include "internal.h"

#define TICK_NS		(50 * NSEC_PER_USEC)
#define STUCK_NS	(200 * NSEC_PER_SEC)
/* more points than any schedule has that comes to an end */
#define MAX_STEPS	1000000

struct explore_actor explore_actors[EXPLORE_MAX];
int explore_nr;
enum explore_level explore_level;
/* a schedule runs; and points are points */
bool explore_active;
struct explore_result explore_result;

/* who may run; NULL while the timer decides */
static struct explore_actor *explore_token;
static int explore_primary;
static int explore_last_id;
static enum explore_why explore_last_why;
static u64 explore_waited_ns;	/* nobody could run for so long */
static u64 explore_pass_ns;	/* time that is still to pass */
static struct hrtimer explore_timer;
static void (*explore_watcher)(const char *call, const void *object,
			       bool worker);
static DECLARE_COMPLETION(explore_ended);

/*
 * Where the last schedule was, and with whom; to say where one that ought to be
 * the same is another.
 */
#define MAX_PATH	16384
static unsigned long explore_path[MAX_PATH];
static u32 explore_path_at;
static bool explore_path_differs;

static void explore_follow(unsigned long ip, int id)
{
	u32 at = explore_path_at++;

	if (at >= MAX_PATH)
		return;
	if (explore_path[at] != ip + id && !explore_path_differs &&
	    explore_path[at]) {
		explore_path_differs = true;
		explore_result.other_at = at;
		explore_result.other_ip = explore_path[at];
		explore_result.this_ip = ip;
	}
	explore_path[at] = ip + id;
}

static void explore_mix(u64 value)
{
	explore_result.hash = (explore_result.hash ^ value) * 0x100000001b3ULL;
	explore_result.hash ^= explore_result.hash >> 29;
}

static struct explore_actor *explore_find(const struct task_struct *task)
{
	for (int i = 0; i < explore_nr; i++)
		if (explore_actors[i].task == task)
			return &explore_actors[i];
	return NULL;
}

/* until it gets the token, or the schedule has ended */
static void explore_park(struct explore_actor *actor)
{
	actor->parked = true;
	for (;;) {
		set_current_state(TASK_IDLE);
		if (explore_token == actor || !explore_active)
			break;
		schedule();
	}
	__set_current_state(TASK_RUNNING);
	actor->parked = false;
	actor->in_a_row = 0;
}

static void explore_let_go(struct explore_actor *actor, enum explore_why why)
{
	explore_last_id = actor->id;
	explore_last_why = why;
	explore_token = NULL;
}

/* what a kworker does is a better name than which one it is */
static void explore_name_worker(struct explore_actor *actor)
{
	struct work_struct *work = current_work();

	if (work)
		snprintf(actor->name, sizeof(actor->name), "%ps", work->func);
	else
		strscpy(actor->name, current->comm);
}

static struct explore_actor *explore_adopt(void)
{
	struct explore_actor *actor;

	if (explore_nr == EXPLORE_MAX)
		return NULL;
	actor = &explore_actors[explore_nr];
	*actor = (struct explore_actor) {
		.task = get_task_struct(current),
		.id = explore_nr,
	};
	explore_name_worker(actor);
	explore_strategy_adopt(actor);
	explore_nr++;
	explore_result.adopted++;
	return actor;
}

/* a switch here would not be one that a preemptible kernel could make */
static bool explore_is_atomic(void)
{
	return preempt_count() || irqs_disabled() || rcu_preempt_depth() ||
	       READ_ONCE(current->__state) != TASK_RUNNING;
}

/**
 * explore_at() - a scheduling point
 * @ip: where
 * @call: name of what is about to be called, or NULL
 * @object: its first argument
 *
 * Context: any.
 */
void explore_at(unsigned long ip, const char *call, const void *object)
{
	struct explore_actor *actor;

	if (!READ_ONCE(explore_active) || !in_task())
		return;
	actor = explore_find(current);
	if (explore_is_atomic()) {
		if (actor) {
			explore_mix(ip ^ actor->id);
			explore_follow(ip, actor->id);
		}
		return;
	}
	if (!actor)
		actor = explore_adopt();
	if (!actor)
		return;
	actor->ip = ip;
	actor->call = call;
	actor->object = object;
	if (explore_token != actor) {
		if (!actor->primary)
			explore_name_worker(actor);
		explore_park(actor);
		if (!explore_active)
			return;
	}
	explore_result.steps++;
	actor->points++;
	actor->in_a_row++;
	explore_mix(ip * 31 + actor->id);
	explore_follow(ip, actor->id);
	explore_trail_point(ip, call, actor->id);
	if (actor->fails)
		explore_fails_point(actor);
	if (actor->points == actor->kill_at)
		send_sig(SIGKILL, current, 1);
	if (explore_result.steps > MAX_STEPS) {
		explore_fail("livelock: %d steps, %s goes on at %ps", MAX_STEPS,
			     actor->name, (void *)ip);
		panic("explore: %s\n", explore_result.failure);
	}
	if (explore_preempts(actor)) {
		explore_result.preemptions++;
		explore_let_go(actor, EXPLORE_PREEMPTED);
		explore_park(actor);
	}
	if (explore_watcher && call) {
		guard(preempt)();
		explore_watcher(call, object, !actor->primary);
	}
}

void explore_watch(void (*watch)(const char *call, const void *object,
				 bool worker))
{
	explore_watcher = watch;
}
EXPORT_SYMBOL_GPL(explore_watch);

/* -------------------------------- stuck ---------------------------- */

static struct task_struct *explore_mutex_owner(const struct explore_actor *actor)
{
	const struct mutex *mutex = actor->object;

	if (!actor->call || strncmp(actor->call, "mutex_lock", 10))
		return NULL;
	return (void *)(atomic_long_read(&mutex->owner) & ~7UL);
}

/* does who waits for a mutex wait for itself in the end */
static bool explore_is_circle(const struct explore_actor *first)
{
	const struct explore_actor *actor = first;

	for (int i = 0; i < explore_nr && actor; i++) {
		struct task_struct *owner = explore_mutex_owner(actor);

		actor = owner ? explore_find(owner) : NULL;
		if (actor == first)
			return true;
	}
	return false;
}

static void explore_stuck(void)
{
	const struct explore_actor *waits = NULL;
	bool circle = false;

	for (int i = 0; i < explore_nr; i++) {
		const struct explore_actor *actor = &explore_actors[i];

		if (actor->done || !actor->primary)
			continue;
		waits = waits ?: actor;
		circle |= explore_is_circle(actor);
	}
	for (int i = 0; i < explore_nr; i++) {
		const struct explore_actor *actor = &explore_actors[i];

		if (actor->done)
			continue;
		pr_emerg("explore: stuck: %s after %s at %pS\n", actor->name,
			 actor->call ?: "a point", (void *)actor->ip);
		sched_show_task(actor->task);
	}
	explore_result.stuck = true;
	explore_fail("%s: %s waits for ever in %s at %ps",
		     circle ? "deadlock" : "nobody wakes it", waits->name,
		     waits->call ?: "the kernel", (void *)waits->ip);
	panic("explore: %s\n", explore_result.failure);
}

/* ----------------------------- the timer --------------------------- */

static bool explore_primaries_left(void)
{
	for (int i = 0; i < explore_primary; i++)
		if (!explore_actors[i].done)
			return true;
	return false;
}

static void explore_give(struct explore_actor *actor)
{
	explore_waited_ns = 0;
	explore_note(&explore_actors[explore_last_id], actor, explore_last_why);
	explore_pairs_met(actor);
	if (explore_last_id != actor->id)
		explore_result.turns++;
	explore_token = actor;
	wake_up_process(actor->task);
}

/* the processor is idle: whoever has the token sleeps */
static enum hrtimer_restart explore_tick(struct hrtimer *timer)
{
	struct explore_actor *next;
	u64 period = TICK_NS;

	if (!explore_active)
		return HRTIMER_NORESTART;
	if (!is_idle_task(current))
		goto again;
	if (explore_token)
		explore_let_go(explore_token, explore_token->done ?
			       EXPLORE_DONE : EXPLORE_BLOCKED);
	if (explore_pass_ns) {
		explore_pass_ns = 0;
		explore_last_why = EXPLORE_TIME;
		next = explore_pick(true, NULL);
	} else {
		bool forced = explore_last_why != EXPLORE_PREEMPTED;

		next = explore_pick(forced, &explore_pass_ns);
		if (explore_pass_ns) {
			explore_note_time(&explore_actors[explore_last_id],
					  explore_pass_ns, forced);
			period = explore_pass_ns;
			goto again;
		}
	}
	if (next) {
		explore_give(next);
		goto again;
	}
	if (!explore_primaries_left()) {
		WRITE_ONCE(explore_active, false);
		complete(&explore_ended);
		return HRTIMER_NORESTART;
	}
	/* all are blocked: time goes by, faster the longer it takes */
	period = clamp(explore_waited_ns, TICK_NS, NSEC_PER_SEC);
	explore_waited_ns += period;
	if (explore_waited_ns > STUCK_NS)
		explore_stuck();
again:
	hrtimer_forward_now(timer, ns_to_ktime(period));
	return HRTIMER_RESTART;
}

/* ------------------------------ a schedule ------------------------- */

static int explore_thread(void *data)
{
	struct explore_actor *actor = data;

	allow_signal(SIGKILL);
	explore_park(actor);
	actor->result = actor->action->run(actor->action->arg);
	actor->points++;
	actor->done = true;
	if (actor->fails)
		explore_fails_point(actor);
	return 0;
}

/* so that timers of the kernel are met in the same phase each time */
static void explore_await_second(void)
{
	ktime_t until = (div_u64(ktime_get_ns(), NSEC_PER_SEC) + 1) *
			NSEC_PER_SEC;

	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule_hrtimeout(&until, HRTIMER_MODE_ABS);
}

/**
 * explore_run() - one schedule
 * @strategy: who goes on
 *
 * The caller has filled in action, fails and kill_at of explore_actors, and
 * explore_nr; explore_result says what came of it.
 */
void explore_run(struct explore_strategy *strategy)
{
	explore_primary = explore_nr;
	explore_result.hash = 0xcbf29ce484222325ULL;
	explore_path_at = 0;
	explore_path_differs = false;
	explore_waited_ns = 0;
	explore_pass_ns = 0;
	reinit_completion(&explore_ended);
	explore_strategy_begin(strategy, explore_nr);
	for (int i = 0; i < explore_nr; i++) {
		struct explore_actor *actor = &explore_actors[i];

		actor->id = i;
		actor->primary = true;
		actor->task = kthread_create(explore_thread, actor, "x-%s",
					     actor->name);
		if (IS_ERR(actor->task))
			panic("explore: no thread\n");
		get_task_struct(actor->task);
		sched_set_fifo(actor->task);
	}
	explore_workers_fill();
	explore_await_second();
	explore_token = NULL;
	explore_last_id = 0;
	explore_last_why = EXPLORE_START;
	WRITE_ONCE(explore_active, true);
	for (int i = 0; i < explore_primary; i++)
		wake_up_process(explore_actors[i].task);
	hrtimer_start(&explore_timer, ns_to_ktime(TICK_NS), HRTIMER_MODE_REL);
	wait_for_completion(&explore_ended);
	hrtimer_cancel(&explore_timer);
	for (int i = 0; i < explore_nr; i++)
		put_task_struct(explore_actors[i].task);
	if (!debug_locks)
		explore_fail("lockdep has reported");
}

/* where who has the token was last, for a report that does not say so */
unsigned long explore_where(void)
{
	return explore_token ? explore_token->ip : 0;
}

void explore_point(void)
{
	explore_at(_RET_IP_, NULL, NULL);
}
EXPORT_SYMBOL_GPL(explore_point);

void explore_actors_init(void)
{
	hrtimer_init(&explore_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	explore_timer.function = explore_tick;
}
