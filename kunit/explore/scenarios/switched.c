// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two accelerators below one switch, with a range each: the switch is a port as
 * long as one of them needs it.
 */
#include "worlds.h"

#define DEVICE_SIZE	((u64)SZ_256M)

static int switched_setup(void)
{
	struct fake_node *upstream, *device;
	int rc;

	if (bench_begin())
		return -ENOMEM;
	bench.bridges[0] = fake_bridge(bench.f, 7, 2);
	upstream = fake_switch(fake_root_port(bench.bridges[0], 3), 2);
	fake_window(bench.f, bench.bridges[0], BENCH_WINDOW, SZ_4G);
	for (int i = 0; i < 2; i++) {
		device = fake_endpoint(fake_downstream(upstream, i), 0, 2,
				       DEVICE_SIZE);
		if (!device)
			return -ENOMEM;
		bench_device(device, BENCH_WINDOW + i * DEVICE_SIZE,
			     DEVICE_SIZE);
	}
	rc = bench_start();
	for (int i = 0; i < 2 && !rc; i++)
		rc = fake_map(bench.devices[i], bench.ranges[i].start,
			      DEVICE_SIZE, 0);
	return rc ?: bench_root();
}

static int switched_one_bound_setup(void)
{
	return switched_setup() ?: fake_bind(bench.devices[0]);
}

static int act_switch_unbind(void *unused)
{
	return bench_unbind_port(bench.devices[0]->parent->parent);
}

static const struct explore_action switched_actions[] = {
	BENCH_ACTIONS,
	BENCH_DRIVER_ACTIONS,
	{ "user", act_user, BENCH_ARG(0) },
	{ "bind-other", act_bind, BENCH_ARG(1) },
	{ "unbind-other", act_unbind, BENCH_ARG(1) },
	{ "rebind-other", act_rebind, BENCH_ARG(1) },
	{ "switch-unbind", act_switch_unbind },
	{ }
};

const struct explore_world switched_world =
	BENCH_WORLD("switched", switched_setup, switched_actions);

const struct explore_world switched_bound_world =
	BENCH_WORLD("switched-bound", switched_one_bound_setup, switched_actions);
