// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two memory expanders below two host bridges, interleaved in one region: bound
 * while the schedule runs, and bound before it.
 */
#include "worlds.h"

#define DEVICE_SIZE	((u64)SZ_256M)

static int pair_setup(void)
{
	struct cxla_window *window;
	struct fake_node *both[2];

	if (bench_begin())
		return -ENOMEM;
	bench.bridges[0] = fake_bridge(bench.f, 0, 4);
	both[0] = fake_endpoint(fake_root_port(bench.bridges[0], 0), 0, 4,
				DEVICE_SIZE);
	window = fake_window(bench.f, bench.bridges[0], BENCH_WINDOW, SZ_4G);
	bench.bridges[1] = fake_bridge(bench.f, 1, 4);
	both[1] = fake_endpoint(fake_root_port(bench.bridges[1], 10), 0, 4,
				DEVICE_SIZE);
	if (!both[0] || !both[1])
		return -ENOMEM;
	fake_window_target(window, bench.bridges[1]);
	for (int i = 0; i < 2; i++) {
		bench_device(both[i], BENCH_WINDOW, 2 * DEVICE_SIZE);
		both[i]->accel.expander = true;
	}
	return bench_start() ?:
	       fake_map_interleaved(both, 2, BENCH_WINDOW, 2 * DEVICE_SIZE, 256,
				    0) ?: bench_root();
}

static int pair_bound_setup(void)
{
	return pair_setup() ?: bench_bind_all();
}

static const struct explore_action pair_actions[] = {
	BENCH_ACTIONS,
	BENCH_DRIVER_ACTIONS,
	{ "bind-other", act_bind, BENCH_ARG(1) },
	{ "unbind-other", act_unbind, BENCH_ARG(1) },
	{ "rebind-other", act_rebind, BENCH_ARG(1) },
	{ "port-cycle-other", act_port_cycle, BENCH_ARG(1) },
	{ }
};

const struct explore_world pair_world =
	BENCH_WORLD("pair", pair_setup, pair_actions);

const struct explore_world pair_bound_world =
	BENCH_WORLD("pair-bound", pair_bound_setup, pair_actions);
