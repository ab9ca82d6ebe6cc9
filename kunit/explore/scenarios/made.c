// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two accelerators below one bridge, for which firmware committed nothing, and whose
 * drivers ask for a region: kmod/core/create.c. Which addresses each has depends on who
 * comes first. When all are gone nothing is committed.
 *
 * And an expander beside one of them, of which userspace makes a region:
 * kmod/core/user_region.c.
 */
#include <linux/slab.h>

#include "worlds.h"

#define DEVICE_SIZE	((u64)SZ_512M)
/* where nothing is made: of who has none */
#define NOWHERE		(BENCH_WINDOW + SZ_4G)

/* the first one may be an expander, of which nothing is made */
static int made_machine(bool expander)
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
		device->accel.expander = expander && !i;
		device->accel.create = !device->accel.expander;
	}
	return bench_start() ?: bench_root();
}

static int made_setup(void)
{
	return made_machine(false);
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

/* ------------------------ made by userspace ------------------------ */

static int is_expanders_endpoint(struct device *dev, const void *pdev)
{
	return strstarts(dev_name(dev), "endpoint") &&
	       to_cxl_port(dev)->uport_dev->parent == pdev;
}

/* its first decoder, referenced; or NULL */
static struct device *described_decoder(void)
{
	struct device *dev = NULL, *endpoint;

	endpoint = bus_find_device(&cxla_bus_type, NULL,
				   &bench.devices[0]->pdev->dev,
				   is_expanders_endpoint);
	if (!endpoint)
		return NULL;
	scoped_guard(device, endpoint)
		if (to_cxl_port(endpoint)->nr_decoders)
			dev = get_device(&to_cxl_port(endpoint)->decoders[0]->dev);
	put_device(endpoint);
	return dev;
}

static int act_describe_dpa(void *size)
{
	return bench_write(described_decoder(), "dpa_size", size);
}

static int act_describe_target(void *unused)
{
	struct device *dev = described_decoder();
	int rc;

	if (!dev)
		return -ENODEV;
	rc = bench_write(bench_find("region"), "target0", dev_name(dev));
	put_device(dev);
	return rc;
}

static int act_describe_clear(void *unused)
{
	return bench_write(bench_find("region"), "target0", "\n");
}

static int act_describe_size(void *unused)
{
	return bench_write(bench_find("region"), "size", "0") ?:
	       bench_write(bench_find("region"), "size", "0x10000000");
}

static int described_size(const char *name)
{
	return bench_write(bench_find(name), "interleave_granularity", "256") ?:
	       bench_write(bench_find(name), "interleave_ways", "1") ?:
	       bench_write(bench_find(name), "size", "0x10000000");
}

/* a region of one way, with its addresses */
static int act_describe(void *unused)
{
	struct device *window = bench_find("decoder0.0");
	const struct device_attribute *attr;
	char *name;
	int rc;

	if (!window)
		return -ENODEV;
	attr = fake_attribute(window, "create_ram_region");
	name = kzalloc(PAGE_SIZE, GFP_KERNEL);
	rc = attr && name ?
	     attr->show(window, (struct device_attribute *)attr, name) : -ENOMEM;
	if (rc >= 0)
		rc = fake_store_cxla(window, "create_ram_region", name);
	put_device(window);
	if (!rc)
		rc = described_size(strim(name));
	kfree(name);
	return rc;
}

static int described_setup(void)
{
	int rc = made_machine(true);

	/* who makes a region binds it */
	bench.by_hand = true;
	return rc ?: fake_bind(bench.devices[0]) ?: act_describe(NULL) ?:
	       act_describe_dpa("0x10000000") ?: act_describe_target(NULL);
}

static int described_committed_setup(void)
{
	int rc = described_setup() ?: act_commit(NULL);

	return rc ?: min(act_region_bind(NULL), 0);
}

/* what a device decodes; empty: nothing */
static struct range described_range(struct fake_node *node)
{
	struct range range = { .start = 0, .end = -1 };

	for (int i = 0; i < node->nr_decoders; i++) {
		if (!made_is_committed(node, i, NULL))
			continue;
		range.start = (u64)*fake_hdm_reg(node, i, CXL_HDM_BASE_HIGH) << 32 |
			      *fake_hdm_reg(node, i, CXL_HDM_BASE_LOW);
		range.end = range.start - 1 +
			    *fake_hdm_reg(node, i, CXL_HDM_SIZE_LOW);
	}
	return range;
}

static void described_check(void)
{
	struct range expander = described_range(bench.devices[0]);
	struct range accel = described_range(bench.devices[1]);
	struct device *dev = described_decoder();
	bool region = false;

	if (dev)
		region = to_cxl_decoder(dev)->region &&
			 !to_cxl_decoder(dev)->region->uncommitted;
	put_device(dev);
	if (region != !!range_len(&expander))
		explore_fail("the expander decodes %#llx bytes, and is %sin a committed region",
			     range_len(&expander), region ? "" : "not ");
	if (range_len(&expander) && range_len(&accel) &&
	    expander.start <= accel.end && accel.start <= expander.end)
		explore_fail("two devices decode the same addresses");
	if (bench_is_attached(1))
		bench.ranges[1] = made_range(1);
	bench_check();
}

static const struct explore_action described_actions[] = {
	{ "bind", act_bind, BENCH_ARG(0) },
	{ "unbind", act_unbind, BENCH_ARG(0) },
	{ "rebind", act_rebind, BENCH_ARG(0) },
	{ "rebind-other", act_rebind, BENCH_ARG(1) },
	{ "unbind-other", act_unbind, BENCH_ARG(1) },
	{ "make", act_describe },
	{ "target", act_describe_target },
	{ "clear", act_describe_clear },
	{ "size", act_describe_size },
	{ "dpa", act_describe_dpa, "0x10000000" },
	{ "no-dpa", act_describe_dpa, "0" },
	{ "commit", act_commit },
	{ "uncommit", act_uncommit },
	{ "commit-cycle", act_commit_cycle },
	{ "delete", act_delete },
	{ "region-bind", act_region_bind },
	{ "region-unbind", act_region_unbind },
	{ "port-cycle", act_port_cycle, BENCH_ARG(0) },
	{ "root-cycle", act_root_cycle },
	{ "endpoint-unbind", act_endpoint_unbind, BENCH_ARG(0) },
	{ "memdev-unbind", act_memdev_unbind, BENCH_ARG(0) },
	{ "ledger", act_ledger },
	BENCH_DRIVER_ACTIONS,
	{ }
};

const struct explore_world described_world =
	EXPLORE_WORLD("described", described_setup, described_check,
		      made_teardown, bench_after, described_actions);

const struct explore_world described_committed_world =
	EXPLORE_WORLD("described-committed", described_committed_setup,
		      described_check, made_teardown, bench_after,
		      described_actions);
