// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: what is explored, and the command that says so
 *
 * A line that is written to /sys/kernel/debug/explore/run is a batch of
 * schedules of one scenario, of words NAME=VALUE:
 *
 *	world=W		from explore_register()
 *	actors=A,B	one to six of its actions; A! : an allocation fails in it,
 *			A~ : it gets a SIGKILL at one of its points
 *	strategy=	pct, random, list; slices: each preemption (slices.c);
 *			and fails: each allocation of an A! in turn
 *	seed=N count=N	seeds N, N + 1, ...; slices, fails: from the N-th one
 *	depth= period= time= steps= hold= last= snap=	see struct explore_strategy
 *	budget=N fine=1	of slices: the same preemption so often; see explore_slice()
 *	level=calls|all
 *	strict=1	a fault that is known is a failure, too
 *	turns=S:A,S:Af	of a list, as a failure prints them
 *	repeat=N	each schedule so often, and all have to be the same
 *
 * The write ends with the batch, or with the first schedule that fails.
 */
#include <linux/ctype.h>
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "internal.h"

struct explore_batch {
	const struct explore_world *world;
	const struct explore_action *actions[EXPLORE_MAX_ACTORS];
	bool fails[EXPLORE_MAX_ACTORS];
	bool killed[EXPLORE_MAX_ACTORS];
	int nr;
	struct explore_strategy strategy;
	bool slices;
	bool in_turn;
	u32 budget;
	bool fine;
	u32 count;
	u32 repeat;
	char text[128];
};

#define TALLY_WORLDS	32
#define TALLY_ACTIONS	64

/*
 * Of each action of each world: how often it ran, and how often there was something to
 * do it to, if only to be refused.
 */
static struct explore_tally {
	u32 runs, acted;
} explore_tallies[TALLY_WORLDS][TALLY_ACTIONS];

static const struct explore_world *const *explore_worlds;

int explore_register(const struct explore_world *const *worlds)
{
	if (explore_worlds)
		return -EBUSY;
	explore_worlds = worlds;
	return 0;
}
EXPORT_SYMBOL_GPL(explore_register);

void explore_unregister(void)
{
	explore_worlds = NULL;
}
EXPORT_SYMBOL_GPL(explore_unregister);

/* ------------------------------ schedules -------------------------- */

/* false: there are not so many allocations that could fail */
static bool explore_cast(const struct explore_batch *batch, bool warm)
{
	bool more = !batch->in_turn;

	memset(explore_actors, 0, sizeof(explore_actors));
	memset(&explore_result, 0, sizeof(explore_result));
	explore_nr = batch->nr;
	for (int i = 0; i < batch->nr; i++) {
		struct explore_actor *actor = &explore_actors[i];
		u64 draw = batch->strategy.seed * 2654435761ULL + i * 40503;

		actor->id = i;
		actor->action = batch->actions[i];
		actor->fails = batch->fails[i];
		snprintf(actor->name, sizeof(actor->name), "%s%s%s",
			 actor->action->name, batch->fails[i] ? "!" : "",
			 batch->killed[i] ? "~" : "");
		if (warm)
			continue;
		draw ^= draw >> 15;
		if (batch->fails[i])
			more |= explore_fails_draw(actor, batch->in_turn ?
						   batch->strategy.seed :
						   draw % 1024,
						   batch->strategy.depth);
		if (batch->killed[i])
			actor->kill_at = 1 + draw % 120;
	}
	return more;
}

static void explore_tally(const struct explore_batch *batch)
{
	int world = 0;

	while (explore_worlds[world] != batch->world)
		world++;
	for (int i = 0; i < batch->nr && world < TALLY_WORLDS; i++) {
		long action = batch->actions[i] - batch->world->actions;

		if (action >= TALLY_ACTIONS)
			continue;
		explore_tallies[world][action].runs++;
		explore_tallies[world][action].acted +=
			explore_actors[i].result != -ENODEV &&
			explore_actors[i].result != -ENOENT;
	}
}

static void explore_schedule(struct explore_batch *batch,
			     struct explore_strategy *strategy, bool warm)
{
	const struct explore_world *world = batch->world;

	explore_cast(batch, warm);
	explore_report_begin(batch->text, strategy);
	explore_objects_begin();
	if (world->setup && world->setup())
		explore_fail("setup has failed");
	else
		explore_run(strategy);
	explore_tally(batch);
	if (world->check && !explore_result.failure[0])
		world->check();
	if (world->teardown)
		world->teardown();
	if (world->after)
		world->after();
	explore_objects_end();
	if (explore_result.failure[0])
		explore_say_failure();
}

static bool explore_is_same(struct explore_batch *batch,
			    struct explore_strategy *strategy)
{
	u64 hash = explore_result.hash;

	for (u32 i = 1; i < batch->repeat; i++) {
		explore_schedule(batch, strategy, false);
		if (explore_result.hash == hash)
			continue;
		pr_emerg("explore: differs %s seed %llu at point %u: %pS, then %pS\n",
			 batch->text, strategy->seed, explore_result.other_at,
			 (void *)explore_result.other_ip,
			 (void *)explore_result.this_ip);
		return false;
	}
	return true;
}

/*
 * Schedules without preemptions: how many points there are, and, for slices,
 * where, whoever begins. False: one of these has failed.
 */
static bool explore_warm(struct explore_batch *batch,
			 struct explore_strategy *list)
{
	for (int i = 0; i < (batch->slices ? batch->nr : 1); i++) {
		*list = (struct explore_strategy) {
			.kind = EXPLORE_LIST,
			.last = batch->slices && batch->strategy.last,
			.turns = { { .actor = i, .forced = true } },
			.nr_turns = 1,
		};
		explore_trail_begin(i, list->last);
		explore_fails_count(true);
		explore_schedule(batch, list, true);
		explore_fails_count(false);
		explore_trail_end();
		if (explore_result.failure[0])
			return false;
	}
	if (!batch->strategy.steps)
		batch->strategy.steps = explore_result.steps +
					explore_result.steps / 4;
	return true;
}

/* the next schedule of the batch; NULL: there is none */
static struct explore_strategy *explore_next(struct explore_batch *batch,
					     struct explore_strategy *list)
{
	struct explore_strategy *strategy = &batch->strategy;
	enum explore_slice slice = EXPLORE_SLICE_SKIP;

	if (batch->in_turn && !explore_cast(batch, false))
		return NULL;
	if (!batch->slices)
		return strategy;
	for (; slice == EXPLORE_SLICE_SKIP; strategy->seed++)
		slice = explore_slice(batch->nr, strategy->depth,
				      strategy->seed, batch->budget, batch->fine,
				      list);
	list->hold = strategy->hold;
	list->last = strategy->last;
	/* who repeats it says its number */
	strategy->seed--;
	return slice == EXPLORE_SLICE_RUN ? list : NULL;
}

static void explore_batch_run(struct explore_batch *batch)
{
	struct explore_strategy *list = kzalloc(sizeof(*list), GFP_KERNEL);
	struct explore_strategy *strategy;
	u32 done = 0, preemptions = 0;
	u64 steps = 0, hash = 0;
	bool failed;

	if (!list)
		return;
	failed = !explore_warm(batch, list);
	while (!failed && done < batch->count) {
		strategy = explore_next(batch, list);
		if (!strategy)
			break;
		explore_schedule(batch, strategy, false);
		done++;
		steps += explore_result.steps;
		preemptions += explore_result.preemptions;
		hash = hash * 31 + explore_result.hash;
		failed = explore_result.failure[0] ||
			 !explore_is_same(batch, strategy);
		batch->strategy.seed++;
		cond_resched();
	}
	explore_say_known();
	pr_emerg("explore: batch %s done %u failed %d steps %llu preemptions %u hash %016llx\n",
		 batch->text, done, failed, steps, preemptions, hash);
	kfree(list);
}

/* ------------------------------- words ----------------------------- */

static int explore_read_world(struct explore_batch *batch, const char *name)
{
	for (int i = 0; explore_worlds && explore_worlds[i]; i++)
		if (!strcmp(explore_worlds[i]->name, name))
			batch->world = explore_worlds[i];
	return batch->world ? 0 : -ENOENT;
}

static int explore_read_actor(struct explore_batch *batch, char *name)
{
	const struct explore_action *action = batch->world->actions;
	size_t length = strcspn(name, "!~");

	if (batch->nr == EXPLORE_MAX_ACTORS)
		return -E2BIG;
	batch->fails[batch->nr] = strchr(name, '!');
	batch->killed[batch->nr] = strchr(name, '~');
	name[length] = 0;
	for (; action->name; action++)
		if (!strcmp(action->name, name)) {
			batch->actions[batch->nr++] = action;
			return 0;
		}
	return -ENOENT;
}

static int explore_read_actors(struct explore_batch *batch, char *names)
{
	char *name;
	int rc = 0;

	if (!batch->world)
		return -EINVAL;
	while (!rc && (name = strsep(&names, ",")))
		rc = explore_read_actor(batch, name);
	return rc;
}

static int explore_read_turns(struct explore_strategy *strategy, char *text)
{
	char *word;

	while ((word = strsep(&text, ","))) {
		struct explore_turn *turn = &strategy->turns[strategy->nr_turns];
		unsigned int step, actor;
		char *at;
		int length;

		if (!*word)
			continue;
		if (strategy->nr_turns == EXPLORE_MAX_TURNS - 1)
			return -E2BIG;
		if (sscanf(word, "%u:%u%n", &step, &actor, &length) != 2 ||
		    actor > EXPLORE_MAX)
			return -EINVAL;
		turn->step = step;
		turn->actor = actor;
		turn->forced = word[length] == 'f';
		at = strchr(word, '@');
		if (at && kstrtou64(at + 1, 0, &turn->pass_ns))
			return -EINVAL;
		strategy->nr_turns++;
	}
	return 0;
}

static int explore_read_strategy(struct explore_batch *batch, const char *name)
{
	batch->slices = !strcmp(name, "slices");
	batch->in_turn = !strcmp(name, "fails");
	if (!strcmp(name, "pct"))
		batch->strategy.kind = EXPLORE_PCT;
	else if (!strcmp(name, "random"))
		batch->strategy.kind = EXPLORE_RANDOM;
	else if (!strcmp(name, "list") || batch->slices || batch->in_turn)
		batch->strategy.kind = EXPLORE_LIST;
	else
		return -EINVAL;
	return 0;
}

static int explore_read_word(struct explore_batch *batch, const char *name,
			     char *value)
{
	struct explore_strategy *strategy = &batch->strategy;

	if (!strcmp(name, "world"))
		return explore_read_world(batch, value);
	if (!strcmp(name, "actors"))
		return explore_read_actors(batch, value);
	if (!strcmp(name, "turns"))
		return explore_read_turns(strategy, value);
	if (!strcmp(name, "strategy"))
		return explore_read_strategy(batch, value);
	if (!strcmp(name, "seed"))
		return kstrtou64(value, 0, &strategy->seed);
	if (!strcmp(name, "count"))
		return kstrtou32(value, 0, &batch->count);
	if (!strcmp(name, "repeat"))
		return kstrtou32(value, 0, &batch->repeat);
	if (!strcmp(name, "hold"))
		return kstrtobool(value, &strategy->hold);
	if (!strcmp(name, "fine"))
		return kstrtobool(value, &batch->fine);
	if (!strcmp(name, "snap"))
		return kstrtobool(value, &strategy->snap);
	if (!strcmp(name, "last"))
		return kstrtobool(value, &strategy->last);
	if (!strcmp(name, "budget"))
		return kstrtou32(value, 0, &batch->budget);
	if (!strcmp(name, "depth"))
		return kstrtou32(value, 0, &strategy->depth);
	if (!strcmp(name, "steps"))
		return kstrtou32(value, 0, &strategy->steps);
	if (!strcmp(name, "period"))
		return kstrtou32(value, 0, &strategy->period);
	if (!strcmp(name, "time"))
		return kstrtou32(value, 0, &strategy->time);
	if (!strcmp(name, "strict"))
		return kstrtobool(value, &explore_strict);
	if (!strcmp(name, "level")) {
		explore_level = !strcmp(value, "all") ? EXPLORE_ALL :
							EXPLORE_CALLS;
		return 0;
	}
	return -EINVAL;
}

static ssize_t explore_write(struct file *file, const char __user *buf,
			     size_t length, loff_t *pos)
{
	struct explore_batch *batch __free(kfree) =
		kzalloc(sizeof(*batch), GFP_KERNEL);
	char *text, *line, *word;
	int rc = 0;

	if (!batch)
		return -ENOMEM;
	text = memdup_user_nul(buf, length);
	if (IS_ERR(text))
		return PTR_ERR(text);
	explore_level = EXPLORE_CALLS;
	explore_strict = false;
	batch->count = 1;
	batch->strategy.depth = 3;
	batch->strategy.period = 50;
	line = strim(text);
	while (!rc && (word = strsep(&line, " "))) {
		char *name = strsep(&word, "=");

		if (!strcmp(name, "world") || !strcmp(name, "actors"))
			scnprintf(batch->text + strlen(batch->text),
				  sizeof(batch->text) - strlen(batch->text),
				  "%s%s", batch->text[0] ? ":" : "", word);
		rc = word ? explore_read_word(batch, name, word) : -EINVAL;
		if (rc)
			pr_emerg("explore: %s: error %d\n", name, rc);
	}
	kfree(text);
	if (!rc && !batch->nr)
		rc = -EINVAL;
	if (!rc)
		explore_batch_run(batch);
	return rc ?: length;
}

static const struct file_operations explore_run_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.write = explore_write,
};

/* a line for each world: its name and those of its actions */
static int explore_list_show(struct seq_file *seq, void *unused)
{
	for (int i = 0; explore_worlds && explore_worlds[i]; i++) {
		const struct explore_action *action = explore_worlds[i]->actions;

		seq_puts(seq, explore_worlds[i]->name);
		for (; action->name; action++)
			seq_printf(seq, " %s", action->name);
		seq_putc(seq, '\n');
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(explore_list);

/* a line for each action: its world and name, how often it ran, and acted */
static int explore_actions_show(struct seq_file *seq, void *unused)
{
	for (int i = 0; explore_worlds && explore_worlds[i] && i < TALLY_WORLDS; i++) {
		const struct explore_action *action = explore_worlds[i]->actions;

		for (int n = 0; action[n].name && n < TALLY_ACTIONS; n++)
			seq_printf(seq, "%s %s %u %u\n", explore_worlds[i]->name,
				   action[n].name, explore_tallies[i][n].runs,
				   explore_tallies[i][n].acted);
	}
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(explore_actions);

void explore_control_init(struct dentry *dir)
{
	debugfs_create_file("worlds", 0400, dir, NULL, &explore_list_fops);
	debugfs_create_file("actions", 0400, dir, NULL, &explore_actions_fops);
	debugfs_create_file("run", 0200, dir, NULL, &explore_run_fops);
}
