// SPDX-License-Identifier: GPL-2.0-only
/*
 * One device below one host bridge: an accelerator that is not bound, one that
 * is attached, and a memory expander with its region.
 */
#include "worlds.h"

static int one_setup(bool expander)
{
	return bench_single(expander) ?: bench_root();
}

static int accelerator_setup(void)
{
	return one_setup(false);
}

static int attached_setup(void)
{
	return one_setup(false) ?: bench_bind_all();
}

/* its driver knows nothing of a range that is taken back: it is unbound then */
static int unaware_setup(void)
{
	int rc = one_setup(false);

	if (rc)
		return rc;
	bench.devices[0]->accel.no_detach = true;
	return bench_bind_all();
}

static int expander_setup(void)
{
	return one_setup(true) ?: bench_bind_all();
}

static const struct explore_action accelerator_actions[] = {
	BENCH_ACTIONS,
	BENCH_DRIVER_ACTIONS,
	{ "user", act_user, BENCH_ARG(0) },
	{ }
};

const struct explore_world accelerator_world =
	BENCH_WORLD("accelerator", accelerator_setup, accelerator_actions);

const struct explore_world attached_world =
	BENCH_WORLD("attached", attached_setup, accelerator_actions);

const struct explore_world unaware_world =
	BENCH_WORLD("unaware", unaware_setup, accelerator_actions);

static const struct explore_action expander_actions[] = {
	BENCH_ACTIONS,
	BENCH_DRIVER_ACTIONS,
	{ }
};

const struct explore_world expander_world =
	BENCH_WORLD("expander", expander_setup, expander_actions);
