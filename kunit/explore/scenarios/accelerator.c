// SPDX-License-Identifier: GPL-2.0-only
/*
 * One device below one host bridge: an accelerator that is not bound, one that
 * is attached, and a memory expander with its region.
 */
#include "worlds.h"

#define RANGE_START	(BENCH_WINDOW + SZ_256M)
#define RANGE_SIZE	((u64)SZ_512M)

static int one_setup(bool expander)
{
	struct fake_node *bridge, *device;

	if (bench_begin())
		return -ENOMEM;
	bridge = fake_bridge(bench.f, 7, 2);
	device = fake_endpoint(fake_root_port(bridge, 3), 0, 2, RANGE_SIZE);
	fake_window(bench.f, bridge, BENCH_WINDOW, SZ_4G);
	if (!device)
		return -ENOMEM;
	bench.bridges[0] = bridge;
	bench_device(device, RANGE_START, RANGE_SIZE);
	device->accel.expander = expander;
	return bench_start() ?: fake_map(device, RANGE_START, RANGE_SIZE, 0) ?:
	       bench_root();
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

const struct explore_world accelerator_world = {
	.name = "accelerator",
	.setup = accelerator_setup,
	.check = bench_check,
	.teardown = bench_teardown,
	.after = bench_after,
	.actions = accelerator_actions,
};

const struct explore_world attached_world = {
	.name = "attached",
	.setup = attached_setup,
	.check = bench_check,
	.teardown = bench_teardown,
	.after = bench_after,
	.actions = accelerator_actions,
};

const struct explore_world unaware_world = {
	.name = "unaware",
	.setup = unaware_setup,
	.check = bench_check,
	.teardown = bench_teardown,
	.after = bench_after,
	.actions = accelerator_actions,
};

/* K11, which crashes: it is not drawn, so that it does not hide what else there is */
static const struct explore_action bare_actions[] = {
	{ "user", act_bare_user, BENCH_ARG(0) },
	{ "unbind", act_unbind, BENCH_ARG(0) },
	{ "port-cycle", act_port_cycle, BENCH_ARG(0) },
	{ }
};

const struct explore_world bare_world = {
	.name = "bare",
	.setup = attached_setup,
	.check = bench_check,
	.teardown = bench_teardown,
	.after = bench_after,
	.actions = bare_actions,
};

static const struct explore_action expander_actions[] = {
	BENCH_ACTIONS,
	BENCH_DRIVER_ACTIONS,
	{ }
};

const struct explore_world expander_world = {
	.name = "expander",
	.setup = expander_setup,
	.check = bench_check,
	.teardown = bench_teardown,
	.after = bench_after,
	.actions = expander_actions,
};
