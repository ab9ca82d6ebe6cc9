// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: what is said of a schedule that failed
 *
 * Lines that begin with "explore:" are for kunit/explore/run, which adds files
 * and line numbers. A report of the kernel ends in a panic (panic_on_warn,
 * kasan.fault=panic): the notifier here says which schedule it was, and repeats
 * what the log has of the report.
 */
#include <linux/kmsg_dump.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>

#include "internal.h"

#define MAX_EVENTS	1024
#define LOG_LINES	60
#define MAX_KNOWN	16

struct explore_event {
	u32 step;
	u8 from, to;
	enum explore_why why;
	bool by_default;
	u64 pass_ns;
	unsigned long from_ip, to_ip;
	const char *call;
};

static struct explore_event explore_events[MAX_EVENTS];
static u32 explore_nr_events;
static const char *explore_scenario = "";
static const struct explore_strategy *explore_of;
static bool explore_injected;
bool explore_strict;

static struct {
	const char *number;
	u32 met;
} explore_knowns[MAX_KNOWN];

static const char * const explore_whys[EXPLORE_NR_WHYS] = {
	[EXPLORE_START] = "start",
	[EXPLORE_PREEMPTED] = "preempted",
	[EXPLORE_BLOCKED] = "blocked",
	[EXPLORE_DONE] = "done",
	[EXPLORE_TIME] = "time",
};

void explore_report_begin(const char *scenario,
			  const struct explore_strategy *strategy)
{
	explore_scenario = scenario;
	explore_of = strategy;
	explore_nr_events = 0;
	explore_injected = false;
	for (int i = 0; i < explore_nr; i++)
		explore_injected |= explore_actors[i].fail_at ||
				    explore_actors[i].kill_at;
}

bool explore_was_injected(void)
{
	return explore_injected;
}
EXPORT_SYMBOL_GPL(explore_was_injected);

/* would who gets the token have got it without a turn that says so */
static bool explore_is_default(const struct explore_actor *to,
			       enum explore_why why)
{
	if (why == EXPLORE_PREEMPTED)
		return false;
	for (int i = 0; i < to->id; i++)
		if (explore_actors[i].parked && !explore_actors[i].done)
			return false;
	return true;
}

static struct explore_event *explore_event(const struct explore_actor *from)
{
	struct explore_event *event;

	/* the last ones matter: of a long schedule the middle is lost */
	if (explore_nr_events == MAX_EVENTS)
		explore_nr_events--;
	event = &explore_events[explore_nr_events++];
	*event = (struct explore_event) {
		.step = explore_result.steps,
		.from = from->id,
		.from_ip = from->ip,
		.call = from->call,
	};
	return event;
}

/* @to goes on where @from stopped */
void explore_note(const struct explore_actor *from,
		  const struct explore_actor *to, enum explore_why why)
{
	struct explore_event *event = explore_event(from);

	event->to = to->id;
	event->to_ip = to->ip;
	event->why = why;
	event->by_default = explore_is_default(to, why);
}

/* nobody goes on for a time */
void explore_note_time(const struct explore_actor *from, u64 ns, bool forced)
{
	struct explore_event *event = explore_event(from);

	event->to = EXPLORE_MAX;
	event->why = forced ? EXPLORE_BLOCKED : EXPLORE_PREEMPTED;
	event->pass_ns = ns;
}

/* what a list has to say for the same schedule: STEP:WHO[f][@NS] */
static void explore_say_turns(void)
{
	for (u32 i = 0; i < explore_nr_events; i++) {
		const struct explore_event *event = &explore_events[i];

		if (event->by_default)
			continue;
		pr_emerg("explore: turn %u:%u%s@%llu\n", event->step, event->to,
			 event->why == EXPLORE_PREEMPTED ? "" : "f",
			 event->pass_ns);
	}
}

static const char *explore_name_of(int id)
{
	return id < explore_nr ? explore_actors[id].name : "nobody";
}

void explore_say_failure(void)
{
	pr_emerg("explore: failed %s seed %llu step %u: %s\n", explore_scenario,
		 explore_of ? explore_of->seed : 0, explore_result.steps,
		 explore_result.failure);
	explore_say_turns();
	for (u32 i = 0; i < explore_nr_events; i++) {
		const struct explore_event *event = &explore_events[i];

		pr_emerg("explore: event %u|%s|%pS|%s|%s|%s|%pS\n", event->step,
			 explore_name_of(event->from), (void *)event->from_ip,
			 explore_whys[event->why], event->call ?: "",
			 explore_name_of(event->to), (void *)event->to_ip);
	}
	for (int i = 0; i < explore_nr; i++)
		pr_emerg("explore: actor %d %s%s result %d points %u\n", i,
			 explore_actors[i].name,
			 explore_actors[i].primary ? "" : " (worker)",
			 explore_actors[i].result, explore_actors[i].points);
}

static void explore_fail_args(const char *fmt, va_list args)
{
	if (!explore_result.failure[0])
		vscnprintf(explore_result.failure,
			   sizeof(explore_result.failure), fmt, args);
}

void explore_fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	explore_fail_args(fmt, args);
	va_end(args);
}
EXPORT_SYMBOL_GPL(explore_fail);

void explore_fail_known(const char *number, const char *fmt, ...)
{
	va_list args;
	int i = 0;

	if (explore_strict) {
		va_start(args, fmt);
		explore_fail_args(fmt, args);
		va_end(args);
		return;
	}
	while (i < MAX_KNOWN - 1 && explore_knowns[i].number &&
	       strcmp(explore_knowns[i].number, number))
		i++;
	explore_knowns[i].number = number;
	explore_knowns[i].met++;
}
EXPORT_SYMBOL_GPL(explore_fail_known);

/* those that were met since the last time */
void explore_say_known(void)
{
	for (int i = 0; i < MAX_KNOWN && explore_knowns[i].number; i++)
		pr_emerg("explore: known %s %u\n", explore_knowns[i].number,
			 explore_knowns[i].met);
	memset(explore_knowns, 0, sizeof(explore_knowns));
}

/* the end of the log, which is not on the console at the level that is fast */
static void explore_repeat_log(void)
{
	static char line[256];
	struct kmsg_dump_iter iter;
	int lines = 0, first;
	size_t len;

	kmsg_dump_rewind(&iter);
	while (kmsg_dump_get_line(&iter, false, line, sizeof(line), &len))
		lines++;
	first = max(lines - LOG_LINES, 0);
	kmsg_dump_rewind(&iter);
	/* what is said here comes to the end of the log, too */
	for (int i = 0; i < lines; i++) {
		if (!kmsg_dump_get_line(&iter, false, line, sizeof(line) - 1,
					&len))
			break;
		line[len] = 0;
		if (i >= first && !strstr(line, "explore: "))
			pr_emerg("explore: log %s", line);
	}
}

static int explore_panic(struct notifier_block *nb, unsigned long event,
			 void *text)
{
	if (explore_active)
		explore_fail("%s after %ps", (char *)text,
			     (void *)explore_where());
	else
		explore_fail("%s, in setup, check or teardown", (char *)text);
	explore_repeat_log();
	explore_say_failure();
	return NOTIFY_DONE;
}

static struct notifier_block explore_panic_notifier = {
	.notifier_call = explore_panic,
	.priority = INT_MAX,
};

void explore_report_init(void)
{
	atomic_notifier_chain_register(&panic_notifier_list,
				       &explore_panic_notifier);
}

void explore_report_exit(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list,
					 &explore_panic_notifier);
}
