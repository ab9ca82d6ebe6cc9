/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: what scenarios call
 *
 * A *world* is a small machine and what may happen to it. A *schedule* is one
 * run of some of its actors, in which one actor runs at a time and a strategy
 * decides, at each scheduling point, who goes on.
 *
 * Scheduling points are: accesses to memory by the shipped code and the
 * scenarios (the compiler's instrumentation), the kernel's atomics, and calls
 * that lock, wait, wake, look up or free (calls.list).
 */
#ifndef EXPLORE_H
#define EXPLORE_H

#include <linux/types.h>

#define EXPLORE_MAX_ACTORS	6

/**
 * struct explore_action - what an actor does
 * @name: letters, digits and dashes
 * @run: in a thread of its own; may sleep. The result is printed in a trace
 *	and otherwise not looked at.
 * @arg: passed to it
 */
struct explore_action {
	const char *name;
	int (*run)(void *arg);
	void *arg;
};

/**
 * struct explore_world - a machine, its actors, what must hold
 * @name: letters, digits and dashes
 * @setup: builds it; not explored. 0, or an error.
 * @check: when all actors are done and no worker has anything to do; says
 *	what is wrong by explore_fail(). May be NULL.
 * @teardown: not explored. Also after a @setup that failed.
 * @after: when all is gone: says what was left. May be NULL.
 * @actions: what actors may do, ended by one without name
 */
struct explore_world {
	const char *name;
	int (*setup)(void);
	void (*check)(void);
	void (*teardown)(void);
	void (*after)(void);
	const struct explore_action *actions;
};

/* worlds is ended by NULL; of a module while it is initialised */
int explore_register(const struct explore_world *const *worlds);
void explore_unregister(void);

/*
 * The schedule has failed; the first reason counts. Any context. @fmt without
 * a line end.
 */
void __printf(1, 2) explore_fail(const char *fmt, ...);
/*
 * A fault that is known by @number and not mended yet: counted, and not told
 * apart from a failure in a batch that is strict. So it hides no other.
 */
void __printf(2, 3) explore_fail_known(const char *number, const char *fmt, ...);
/* an allocation was made to fail, or an actor was killed, in this schedule */
bool explore_was_injected(void);
/*
 * @watch is told of each call of calls.list, by who makes it, when it is about
 * to be made; it must not sleep, nobody else runs meanwhile, and it may fail the
 * schedule. NULL: nobody is told.
 */
void explore_watch(void (*watch)(const char *call, const void *object,
				 bool worker));
/* a scheduling point by hand, for code that has none */
void explore_point(void);

#endif
