// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: each preemption once
 *
 * Slices are numbered: of a scenario, who begins, then one preemption at each
 * point by each of the others; with a depth of 3, each two of these. Where points
 * are is known from a schedule without preemptions for each beginner.
 *
 * Most do what an earlier one did, in this scenario or another: the same
 * instruction, called from the same place (of the same action, where that is
 * asked), was preempted by the same action. A budget says how often that is
 * tried. What was tried is in /sys/kernel/debug/explore/tried, from where the next
 * kernel gets it. So what is left out depends on what ran before; what a number
 * stands for never changes.
 */
#include <linux/debugfs.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/sched/task_stack.h>
#include <linux/string.h>
#include <linux/stringhash.h>

#include "internal.h"

#define MAX_TRAIL	4096
#define TRIED_BITS	19

/**
 * struct explore_trail - a schedule without preemptions
 * @steps: how many points it has
 * @last: workers went on before actors did
 * @nr: actors, with the workers that were adopted
 * @deeds: by number of the actor: what it does
 * @places: by point: where that is, from where it was called, and whether it is
 *	before or after a call, in one number
 * @ids: by point: whose
 */
struct explore_trail {
	u32 steps;
	bool last;
	int nr;
	u32 deeds[EXPLORE_MAX];
	unsigned long places[MAX_TRAIL];
	u8 ids[MAX_TRAIL];
};

static struct explore_trail explore_trails[EXPLORE_MAX_ACTORS];
/* the one that is followed now, or NULL */
static struct explore_trail *explore_trail;
static u8 explore_tried[1 << TRIED_BITS];

/* the schedule that comes has no preemptions: remember where it goes */
void explore_trail_begin(int beginner, bool last)
{
	explore_trail = &explore_trails[beginner];
	explore_trail->last = last;
	explore_trail->steps = 0;
}

/*
 * Who called the function that has the instruction @ip, by frame pointers: what
 * is called for two reasons is two places.
 */
static unsigned long explore_caller(unsigned long ip)
{
	const unsigned long *frame = __builtin_frame_address(0);

	while (frame[1] != ip) {
		frame = (const unsigned long *)frame[0];
		if (!object_is_on_stack(frame))
			return 0;
	}
	frame = (const unsigned long *)frame[0];
	return object_is_on_stack(frame) ? frame[1] : 0;
}

void explore_trail_point(unsigned long ip, const char *call, int id)
{
	u32 step = explore_result.steps;

	if (!explore_trail || step >= MAX_TRAIL)
		return;
	explore_trail->places[step] = ip + 31 * explore_caller(ip) +
				      131 * (unsigned long)call;
	explore_trail->ids[step] = id;
	explore_trail->steps = step;
}

void explore_trail_end(void)
{
	explore_trail->nr = explore_nr;
	for (int i = 0; i < explore_nr; i++) {
		const char *name = explore_actors[i].name;

		explore_trail->deeds[i] = full_name_hash(NULL, name,
							 strlen(name));
	}
	explore_trail = NULL;
}

/*
 * False: it is one more, of one that was tried @budget times at most. @fine: by
 * another actor it is another one.
 */
static bool explore_slice_is_tried(const struct explore_trail *trail, int nr,
				   const struct explore_turn *turn, u32 budget,
				   bool fine)
{
	int id = trail->ids[turn->step];
	u32 whose = fine ? trail->deeds[id] : 0;
	/* what a worker meets depends on whether it goes first */
	bool first = trail->last && (id >= nr || turn->actor >= nr);
	u64 what = trail->places[turn->step] + whose * 31ULL + first +
		   ((u64)trail->deeds[turn->actor] << 32);
	u32 key = hash_64(what, TRIED_BITS);

	if (budget && explore_tried[key] >= budget)
		return true;
	if (explore_tried[key] < U8_MAX)
		explore_tried[key]++;
	return false;
}

/* add the preemption of that number; false: it would be none */
static bool explore_slice_add(const struct explore_trail *trail, u32 nth,
			      struct explore_strategy *list)
{
	struct explore_turn *turn = &list->turns[list->nr_turns++];

	turn->step = 1 + nth / trail->nr;
	turn->actor = nth % trail->nr;
	/* the second one is behind the first, where nobody has been yet */
	return list->nr_turns == 2 ? trail->ids[turn->step] != turn->actor :
				     turn->step > turn[-1].step;
}

/* how many there are of a beginner */
static u64 explore_slices_of(const struct explore_trail *trail, u32 depth)
{
	u64 single = (u64)trail->steps * trail->nr;

	return depth < 3 ? single : single + single * single;
}

/**
 * explore_slice() - a schedule by its number
 * @nr: actors of the scenario
 * @depth: 2: one preemption; 3: two
 * @number: from 0
 * @budget: how often the same is tried; 0: always
 * @fine: and it is the same only of the same actor
 * @list: set to it
 */
enum explore_slice explore_slice(int nr, u32 depth, u64 number, u32 budget,
				 bool fine, struct explore_strategy *list)
{
	const struct explore_trail *trail;
	u32 beginner, first, single;
	u64 most = 0;

	*list = (struct explore_strategy) {
		.kind = EXPLORE_LIST,
		.seed = number,
	};
	number = div_u64_rem(number, nr, &beginner);
	for (int i = 0; i < nr; i++)
		most = max(most, explore_slices_of(&explore_trails[i], depth));
	if (number >= most)
		return EXPLORE_SLICE_END;
	trail = &explore_trails[beginner];
	if (number >= explore_slices_of(trail, depth))
		return EXPLORE_SLICE_SKIP;

	list->turns[list->nr_turns++] = (struct explore_turn) {
		.actor = beginner,
		.forced = true,
	};
	single = trail->steps * trail->nr;
	if (number < single) {
		if (!explore_slice_add(trail, number, list) ||
		    explore_slice_is_tried(trail, nr, &list->turns[1],
					   budget, fine))
			return EXPLORE_SLICE_SKIP;
		return EXPLORE_SLICE_RUN;
	}
	number = div_u64_rem(number - single, single, &first);
	if (!explore_slice_add(trail, first, list) ||
	    !explore_slice_add(trail, number, list))
		return EXPLORE_SLICE_SKIP;
	return EXPLORE_SLICE_RUN;
}

/* ------------------------- from boot to boot ----------------------- */

static ssize_t explore_tried_read(struct file *file, char __user *buf,
				  size_t count, loff_t *pos)
{
	return simple_read_from_buffer(buf, count, pos, explore_tried,
				       sizeof(explore_tried));
}

static ssize_t explore_tried_write(struct file *file, const char __user *buf,
				   size_t count, loff_t *pos)
{
	return simple_write_to_buffer(explore_tried, sizeof(explore_tried), pos,
				      buf, count);
}

static const struct file_operations explore_tried_fops = {
	.owner = THIS_MODULE,
	.open = simple_open,
	.read = explore_tried_read,
	.write = explore_tried_write,
};

void explore_slices_init(struct dentry *dir)
{
	debugfs_create_file("tried", 0600, dir, NULL, &explore_tried_fops);
}
