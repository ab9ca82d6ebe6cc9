// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two accelerators below one bridge, for which firmware committed nothing, and whose
 * drivers ask for a region: kmod/core/create.c. Which addresses each has depends on who
 * comes first. When all are gone nothing is committed.
 */
#include "worlds.h"

#define DEVICE_SIZE	((u64)SZ_512M)
/* where nothing is made: of who has none */
#define NOWHERE		(BENCH_WINDOW + SZ_4G)

static int made_setup(void)
{
	struct fake_node *device;

	if (bench_begin())
		return -ENOMEM;
	bench.bridges[0] = fake_bridge(bench.f, 7, 4);
	fake_window(bench.f, bench.bridges[0], BENCH_WINDOW, SZ_4G);
	for (int i = 0; i < 2; i++) {
		device = fake_endpoint(fake_root_port(bench.bridges[0], i), 0,
				       2, DEVICE_SIZE);
		if (!device)
			return -ENOMEM;
		bench_device(device, NOWHERE + i * DEVICE_SIZE, DEVICE_SIZE);
		device->accel.create = true;
	}
	return bench_start() ?: bench_root();
}

static int made_bound_setup(void)
{
	return made_setup() ?: bench_bind_all();
}

static bool made_is_committed(struct fake_node *node, int decoder,
			      const struct range *range)
{
	u64 base = (u64)*fake_hdm_reg(node, decoder, CXL_HDM_BASE_HIGH) << 32 |
		   *fake_hdm_reg(node, decoder, CXL_HDM_BASE_LOW);

	if (!(*fake_hdm_reg(node, decoder, CXL_HDM_CTRL) &
	      CXL_HDM_CTRL_COMMITTED))
		return false;
	return !range || base == range->start;
}

/* in hardware; @range: only those that begin where it does */
static int made_nr_committed(struct fake_node *node, const struct range *range)
{
	int nr = 0;

	for (int i = 0; i < node->nr_decoders; i++)
		nr += made_is_committed(node, i, range);
	return nr;
}

/* of one that is attached; what its driver was told last may be an error */
static struct range made_range(int nr)
{
	struct cxl_dev_state *cxlds =
		dev_get_drvdata(&bench.devices[nr]->pdev->dev);

	return cxlds->cxlmd->claim.range;
}

static void made_check(void)
{
	const struct range *ranges = bench.ranges;

	for (int i = 0; i < 2; i++) {
		struct fake_node *device = bench.devices[i];
		int nr = made_nr_committed(device, NULL);

		if (!bench_is_attached(i)) {
			if (nr)
				explore_fail("device %d is not attached, and decodes",
					     i);
			continue;
		}
		bench.ranges[i] = made_range(i);
		if (nr != 1 || !made_nr_committed(device, &ranges[i]) ||
		    made_nr_committed(bench.bridges[0], &ranges[i]) != 1)
			explore_fail("%d of %d of device %d, %d of the bridge decode its range",
				     made_nr_committed(device, &ranges[i]), nr,
				     i,
				     made_nr_committed(bench.bridges[0],
						       &ranges[i]));
	}
	if (ranges[0].start <= ranges[1].end && ranges[1].start <= ranges[0].end)
		explore_fail("two devices have the same addresses");
	bench_check();
}

static void made_teardown(void)
{
	for (int i = 0; i < bench.nr_devices; i++)
		device_release_driver(&bench.devices[i]->pdev->dev);
	explore_core_settle();
	for (int i = 0; i < bench.nr_devices; i++)
		if (made_nr_committed(bench.devices[i], NULL))
			explore_fail("all is gone, and device %d decodes", i);
	if (bench.f && bench.bridges[0] &&
	    made_nr_committed(bench.bridges[0], NULL))
		explore_fail("all is gone, and the bridge decodes");
	bench_teardown();
}

static const struct explore_action made_actions[] = {
	{ "bind", act_bind, BENCH_ARG(0) },
	{ "unbind", act_unbind, BENCH_ARG(0) },
	{ "rebind", act_rebind, BENCH_ARG(0) },
	{ "bind-other", act_bind, BENCH_ARG(1) },
	{ "unbind-other", act_unbind, BENCH_ARG(1) },
	{ "rebind-other", act_rebind, BENCH_ARG(1) },
	{ "user", act_user, BENCH_ARG(0) },
	{ "pci-remove", act_pci_remove, BENCH_ARG(0) },
	{ "port-unbind", act_port_unbind, BENCH_ARG(0) },
	{ "port-cycle", act_port_cycle, BENCH_ARG(0) },
	{ "root-cycle", act_root_cycle },
	{ "endpoint-unbind", act_endpoint_unbind, BENCH_ARG(0) },
	{ "memdev-unbind", act_memdev_unbind, BENCH_ARG(0) },
	{ "region-unbind", act_region_unbind },
	{ "delete", act_delete },
	{ "uncommit", act_uncommit },
	{ "commit", act_commit },
	{ "ledger", act_ledger },
	BENCH_DRIVER_ACTIONS,
	{ }
};

const struct explore_world made_world =
	EXPLORE_WORLD("made", made_setup, made_check, made_teardown,
		      bench_after, made_actions);

const struct explore_world made_bound_world =
	EXPLORE_WORLD("made-bound", made_bound_setup, made_check, made_teardown,
		      bench_after, made_actions);
