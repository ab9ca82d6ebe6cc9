// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: who met whom, where
 *
 * Each time that somebody goes on, the place where it does is noted together
 * with the places where others stand: what was inside at the same time.
 */
#include <linux/debugfs.h>
#include <linux/hash.h>
#include <linux/seq_file.h>

#include "internal.h"

#define PAIRS_BITS	16

struct explore_pair {
	unsigned long a, b;
};

/* open addressing; when it is full, new ones are lost */
static struct explore_pair explore_pairs[BIT(PAIRS_BITS)];

void explore_pairs_met(const struct explore_actor *running)
{
	for (int i = 0; i < explore_nr; i++) {
		const struct explore_actor *other = &explore_actors[i];
		unsigned long a, b;
		u32 at;

		if (other == running || other->done || !other->ip || !running->ip)
			continue;
		a = min(other->ip, running->ip);
		b = max(other->ip, running->ip);
		at = hash_long(a * 31 + b, PAIRS_BITS);
		for (int n = 0; n < 16; n++, at = (at + 1) % BIT(PAIRS_BITS)) {
			struct explore_pair *pair = &explore_pairs[at];

			if (!pair->a)
				*pair = (struct explore_pair) { a, b };
			if (pair->a == a && pair->b == b)
				break;
		}
	}
}

static int explore_pairs_show(struct seq_file *seq, void *unused)
{
	for (u32 i = 0; i < BIT(PAIRS_BITS); i++)
		if (explore_pairs[i].a)
			seq_printf(seq, "%ps %ps\n", (void *)explore_pairs[i].a,
				   (void *)explore_pairs[i].b);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(explore_pairs);

void explore_pairs_init(struct dentry *dir)
{
	debugfs_create_file("pairs", 0400, dir, NULL, &explore_pairs_fops);
}
