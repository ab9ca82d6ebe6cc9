// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: cxla_hmem and cxla_dax, loaded, bound and removed while devices come and go
 *
 * The machine of soft_parts.h. An accelerator has one range, an expander, bound
 * to cxla_pci, another. Firmware marked some of both Soft Reserved, and what is
 * nobody's.
 *
 * - soft: neither module is loaded, no device is bound, enumeration was started.
 * - soft-early: all is loaded and bound, and there is no root yet: cxla_hmem
 *   waits for it.
 * - soft-bound: all is loaded and bound, and decided about.
 * - soft-taken: cxla_hmem did not wait long enough and has all ranges; then came
 *   the root. The accelerator waits for its own.
 *
 * Invariants, beside those of the bench:
 *
 * - No byte is claimed twice, and none that a decoder maps to the accelerator is
 *   claimed for device-dax.
 * - At rest nothing waits for a decision. While cxla_hmem is bound each byte has
 *   an answer, and what is in no region and not kept is cxla_hmem's.
 * - A region that was there before the decision, or was about to come as its
 *   device was bound, is not passed over.
 * - The driver of cxla_dax is registered when cxla_dax is loaded, and not when
 *   it is not.
 * - Once both are removed nothing is left: no claim, device, reference, number
 *   or entry of the iomem tree.
 */
#include <linux/memregion.h>

#include "soft_modules.h"

/* in the order of their ranges, and in which they are bound */
#define EXPANDER	0
#define ACCEL		1

/* ------------------------------ the world -------------------------- */

static int soft_platform(void)
{
	struct platform_device *platform;

	platform = platform_device_register_simple("hmem_platform", -1, NULL, 0);
	if (IS_ERR(platform))
		return PTR_ERR(platform);
	soft.platform = platform;
	soft.refs = kref_read(&platform->dev.kobj.kref);
	return 0;
}

static int soft_next_id(void)
{
	int id = memregion_alloc(GFP_KERNEL);

	if (id >= 0)
		memregion_free(id);
	return id;
}

/* @device can be enabled: its registers have their place */
static int soft_place(const struct fake_node *device)
{
	return insert_resource(&iomem_resource, &device->pdev->resource[0]);
}

static int soft_fabric(void)
{
	struct fake_node *bridge = fake_bridge(bench.f, 7, 4);
	struct fake_node *expander, *accel;
	int rc;

	bench.bridges[0] = bridge;
	expander = fake_endpoint(fake_root_port(bridge, 3), 0, 2, RANGE_SIZE);
	accel = fake_endpoint(fake_root_port(bridge, 4), 0, 2, RANGE_SIZE);
	if (!expander || !accel)
		return -ENOMEM;
	bench_device(expander, EXPANDER_BASE, RANGE_SIZE);
	bench_device(accel, ACCEL_BASE, RANGE_SIZE);
	expander->accel.expander = true;
	*fake_cfg(expander, PCI_CLASS_REVISION) =
		PCI_CLASS_MEMORY_CXL << 16 | 0x10 << 8;
	fake_window(bench.f, bridge, WINDOW_BASE, WINDOW_SIZE);
	rc = bench_start();
	for (int i = 0; i < bench.nr_devices && !rc; i++)
		rc = fake_map(bench.devices[i], bench.ranges[i].start,
			      RANGE_SIZE, 0) ?: soft_place(bench.devices[i]);
	return rc ?: fake_store(expander, "driver_override", "cxla_pci");
}

/* all but the root */
static int soft_begin(void)
{
	int iomem = fake_snapshot().iomem;

	soft = (struct soft_world) { .iomem = iomem, .id = soft_next_id() };
	soft_forget_claims();
	soft_first = SOFT_OUTSIDE;
	if (bench_begin())
		return -ENOMEM;
	return soft_ranges_insert() ?: soft_platform() ?: soft_fabric();
}

static int soft_setup(void)
{
	int rc = soft_begin() ?: bench_root();

	cxla_enum_start();
	return rc;
}

static int soft_early_setup(void)
{
	int rc = soft_begin();

	/* without a root the accelerator gets no range */
	for (int i = 0; i < bench.nr_devices && !rc; i++)
		rc = fake_bind(bench.devices[i]);
	soft.bound_first = true;
	return rc ?: act_load_both(NULL);
}

static int soft_bound_setup(void)
{
	int rc = soft_setup() ?: bench_bind_all() ?: act_load_both(NULL);

	soft.bound_first = true;
	if (rc)
		return rc;
	soft_settle();
	return bench_is_attached(ACCEL) && soft_is_claimed(EXPANDER_BASE) ?
	       0 : -ENXIO;
}

static void soft_set_class(unsigned int class)
{
	bench.devices[ACCEL]->pdev->class = class;
}

static int soft_unmapped_setup(void)
{
	int rc = soft_begin();

	if (rc)
		return rc;
	soft_first = SOFT_INSIDE;
	soft.undecoded = true;
	/* nothing attaches until it is mapped, and bound after that */
	bench.by_hand = true;
	fake_hdm_uncommit(bench.devices[ACCEL], 0);
	/* the bridge leads to it, and it looks like an expander until then */
	soft_set_class(PCI_CLASS_MEMORY_CXL << 8 | 0x10);
	rc = bench_root();
	cxla_enum_start();
	return rc;
}

/* its decoders are committed, by a driver or by firmware at run time */
static int soft_map(void)
{
	if (soft.mapped || !soft.undecoded)
		return -EEXIST;
	soft.mapped = true;
	bench.by_hand = false;
	soft_set_class(PCI_CLASS_ACCELERATOR_PROCESSING << 8);
	return fake_map(bench.devices[ACCEL], ACCEL_BASE, RANGE_SIZE, 0);
}

static int soft_taken_setup(void)
{
	int rc = soft_unmapped_setup() ?: act_load_both(NULL);

	if (rc)
		return rc;
	soft_settle();
	rc = soft_map() ?: fake_bind(bench.devices[ACCEL]);
	if (rc)
		return rc;
	explore_core_settle();
	return soft_is_claimed(ACCEL_BASE + SZ_16M) && !bench_is_attached(ACCEL) ?
	       0 : -ENXIO;
}

/* ------------------------------- actions --------------------------- */

/* as cxla_acpi is bound */
static int act_root(void *unused)
{
	int rc;

	guard(device)(&bench.f->platform->dev);
	if (bench.f->root)
		return -EEXIST;
	rc = fake_root_add(bench.f);
	if (rc) {
		fake_root_remove(bench.f);
		return rc;
	}
	cxla_retry_kick(CXLA_RETRY_ARRIVED);
	cxla_enum_start();
	return 0;
}

static int act_soft_root_cycle(void *unused)
{
	soft.disturbed = true;
	act_root_cycle(NULL);
	cxla_enum_start();
	return 0;
}

static int act_hmem_bind(void *unused)
{
	return device_attach(&soft.platform->dev);
}

static int act_hmem_unbind(void *unused)
{
	soft.unbound = true;
	device_release_driver(&soft.platform->dev);
	return 0;
}

static int act_hmem_rebind(void *unused)
{
	act_hmem_unbind(NULL);
	return act_hmem_bind(NULL);
}

/* any other driver, on a range that nobody has by hardware */
static int act_other(void *unused)
{
	const struct range *range = &soft_ranges[SOFT_LONE];

	soft.other = true;
	if (!request_mem_region(range->start, range_len(range), "other"))
		return -EBUSY;
	for (int i = 0; i < 3; i++)
		explore_point();
	release_mem_region(range->start, range_len(range));
	return 0;
}

static int act_map_and_bind(void *unused)
{
	return soft_map() ?: act_rebind(BENCH_ARG(ACCEL));
}

static int act_expander_unbind(void *unused)
{
	soft.disturbed = true;
	return act_unbind(BENCH_ARG(EXPANDER));
}

static int act_expander_rebind(void *unused)
{
	soft.disturbed = true;
	return act_rebind(BENCH_ARG(EXPANDER));
}

static int act_soft_port_cycle(void *unused)
{
	soft.disturbed = true;
	return act_port_cycle(BENCH_ARG(0));
}

static int act_soft_delete(void *unused)
{
	soft.undecoded = true;
	return act_delete(NULL);
}

static int act_soft_commit_cycle(void *unused)
{
	soft.undecoded = true;
	return act_commit_cycle(NULL);
}

/* ----------------------------- invariants -------------------------- */

/* no actor took away what a region depends on */
static bool soft_is_whole(void)
{
	return !soft.disturbed && !soft.undecoded && !bench.by_hand &&
	       !explore_was_injected();
}

static bool soft_is_bound(void)
{
	return soft.platform->dev.driver;
}

static bool soft_is_owner(const struct cxla_verdict *verdict,
			  enum cxla_owner owner)
{
	return verdict->state == CXLA_LEDGER_OWNED && verdict->owner == owner;
}

static struct cxla_verdict soft_verdict_at(u64 hpa, struct range *range)
{
	struct cxla_verdict verdict = { };
	u64 time;

	if (!fake_ledger_find(hpa, range, &verdict, &time) ||
	    range->start > hpa) {
		verdict = (struct cxla_verdict) { .why = CXLA_NR_WHYS };
		*range = (struct range) { hpa, hpa };
	}
	return verdict;
}

/* in a device's range it may be anybody's, as the device comes and goes */
static void soft_check_nobodys(const struct range *piece,
			       const struct cxla_verdict *verdict)
{
	if (soft_overlap(piece, &expander_range) ||
	    soft_overlap(piece, &accel_range) || soft.other ||
	    explore_was_injected())
		return;
	if (verdict->why == CXLA_WHY_TOO_SMALL ||
	    soft_is_owner(verdict, CXLA_OWNER_HMEM))
		return;
	explore_fail("[%#llx-%#llx] is in no region, and is %s's, %s (%s)",
		     piece->start, piece->end, cxla_owner_str(verdict->owner),
		     cxla_ledger_state_str(verdict->state),
		     cxla_ledger_why_str(verdict->why));
}

static void soft_check_piece(const struct range *piece,
			     const struct cxla_verdict *verdict)
{
	bool hmem = soft_is_owner(verdict, CXLA_OWNER_HMEM);
	bool dax = soft_is_owner(verdict, CXLA_OWNER_DAX);

	if (verdict->state == CXLA_LEDGER_WAITING)
		explore_fail("[%#llx-%#llx] waits for a decision that nobody makes",
			     piece->start, piece->end);
	if (soft_is_claimed(piece->start) != (hmem || dax))
		explore_fail("[%#llx-%#llx] is %sclaimed, and the ledger says %s, %s",
			     piece->start, piece->end,
			     hmem || dax ? "not " : "",
			     cxla_owner_str(verdict->owner),
			     cxla_ledger_state_str(verdict->state));
	if (hmem && !soft_is_bound())
		explore_fail("[%#llx-%#llx] is cxla_hmem's, which is not bound",
			     piece->start, piece->end);
}

static void soft_check_range(const struct range *range)
{
	struct range piece;

	for (u64 at = range->start; at <= range->end; at = piece.end + 1) {
		struct cxla_verdict verdict = soft_verdict_at(at, &piece);

		piece.start = max(piece.start, range->start);
		piece.end = min(piece.end, range->end);
		if (verdict.why != CXLA_NR_WHYS) {
			soft_check_piece(&piece, &verdict);
			if (soft_is_bound())
				soft_check_nobodys(&piece, &verdict);
			continue;
		}
		if (soft_is_bound())
			explore_fail("the ledger does not know %#llx", at);
		return;
	}
}

static void soft_check_hmem(void)
{
	enum turn_state wanted = soft_is_bound() ? TURN_DECIDED : TURN_IDLE;

	if (soft_hmem_module.state != SOFT_LIVE) {
		if (soft_is_bound())
			explore_fail("hmem_platform is bound to a module that was removed");
		return;
	}
	if (!soft_is_bound() && !soft.unbound && !explore_was_injected())
		explore_fail("cxla_hmem is loaded, and hmem_platform is not bound");
	if (hmem_turn.state != wanted)
		explore_fail("hmem_platform is %sbound, and its state is %d",
			     soft_is_bound() ? "" : "not ", hmem_turn.state);
}

static int soft_is_dax_region(struct device *dev, const void *unused)
{
	return strstarts(dev_name(dev), "dax_region");
}

static void soft_check_dax(void)
{
	bool live = soft_dax_module.state == SOFT_LIVE;
	struct cxla_verdict verdict;
	struct device *dev;
	struct range range;

	if (soft_dax_is_registered() != live && !explore_was_injected())
		explore_fail("cxla_dax is %sloaded, and its driver is %sregistered",
			     live ? "" : "not ", live ? "not " : "");
	verdict = soft_verdict_at(EXPANDER_BASE, &range);
	if (soft.bound_first && !soft.late && soft_is_whole() &&
	    soft_is_owner(&verdict, CXLA_OWNER_HMEM))
		explore_fail("cxla_hmem has the range of an expander that was there before");
	dev = bus_find_device(&cxla_bus_type, NULL, NULL, soft_is_dax_region);
	if (!dev)
		return;
	if (live && !dev->driver && soft_is_whole() && !soft.unbound &&
	    !soft_is_claimed(EXPANDER_BASE))
		explore_fail("%s has no driver, and nobody has its range",
			     dev_name(dev));
	put_device(dev);
}

static void soft_check(void)
{
	soft_settle();
	bench_check();
	if (soft_twice)
		explore_fail("a range was claimed twice for device-dax");
	if (soft_stolen && !soft.undecoded)
		explore_fail("device-dax got what a decoder maps to the accelerator");
	if (bench_is_attached(ACCEL) && soft_is_claimed(ACCEL_BASE + SZ_1M))
		explore_fail("device-dax and the accelerator have the same range");
	if (soft_passed_over && soft_is_whole())
		explore_fail("cxla_hmem got the range of a region");
	for (int i = soft_first; i < SOFT_NR; i++)
		soft_check_range(&soft_ranges[i]);
	soft_check_hmem();
	soft_check_dax();
}

static int soft_is_any(struct device *dev, void *unused)
{
	return 1;
}

/* both modules were removed */
static void soft_check_gone(void)
{
	struct device *dev = &soft.platform->dev;
	struct cxla_verdict verdict;
	struct range range;
	u64 hpa = 0, time;

	if (!list_empty(&soft_claims))
		explore_fail("cxla_hmem and cxla_dax are gone, and a claim is left");
	if (device_for_each_child(dev, NULL, soft_is_any))
		explore_fail("cxla_hmem is gone, and a device of it is left");
	if (kref_read(&dev->kobj.kref) != soft.refs)
		explore_fail("cxla_hmem is gone, and hmem_platform has %u references, not %u",
			     kref_read(&dev->kobj.kref), soft.refs);
	while (fake_ledger_find(hpa, &range, &verdict, &time)) {
		if (soft_is_owner(&verdict, CXLA_OWNER_HMEM) ||
		    soft_is_owner(&verdict, CXLA_OWNER_DAX))
			explore_fail("both modules are gone, and %s owns [%#llx-%#llx]",
				     cxla_owner_str(verdict.owner), range.start,
				     range.end);
		hpa = range.end + 1;
	}
}

static void soft_teardown(void)
{
	act_unload_both(NULL);
	explore_core_settle();
	if (soft.platform) {
		soft_check_gone();
		platform_device_unregister(soft.platform);
		soft.platform = NULL;
	}
	/* it was said that it is left; the next schedule begins without it */
	if (soft_dax_is_registered())
		cxla_driver_unregister(&cxla_dax_region_driver);
	bench_teardown();
	soft_ranges_remove();
}

static void soft_after(void)
{
	int iomem = fake_snapshot().iomem, id = soft_next_id();

	bench_after();
	if (iomem != soft.iomem)
		explore_fail("the iomem tree has %d entries, and had %d", iomem,
			     soft.iomem);
	if (id != soft.id)
		explore_fail("the next number of device-dax is %d, and was %d",
			     id, soft.id);
}

#define SOFT_WORLD(_name, _setup, _actions)				\
	EXPLORE_WORLD(_name, _setup, soft_check, soft_teardown, soft_after, _actions)

static const struct explore_action soft_actions[] = {
	{ "load", act_load_both },
	{ "unload", act_unload_both },
	{ "reload", act_reload },
	{ "hmem-load", act_load, &soft_hmem_module },
	{ "hmem-unload", act_unload, &soft_hmem_module },
	{ "dax-load", act_load, &soft_dax_module },
	{ "dax-unload", act_unload, &soft_dax_module },
	{ "hmem-bind", act_hmem_bind },
	{ "hmem-unbind", act_hmem_unbind },
	{ "hmem-rebind", act_hmem_rebind },
	{ "expander-bind", act_bind, BENCH_ARG(EXPANDER) },
	{ "expander-unbind", act_expander_unbind },
	{ "expander-rebind", act_expander_rebind },
	{ "expander-foreign", act_foreign, BENCH_ARG(EXPANDER) },
	{ "bind", act_bind, BENCH_ARG(ACCEL) },
	{ "unbind", act_unbind, BENCH_ARG(ACCEL) },
	{ "rebind", act_rebind, BENCH_ARG(ACCEL) },
	{ "foreign", act_foreign, BENCH_ARG(ACCEL) },
	{ "other", act_other },
	{ "root", act_root },
	{ "root-cycle", act_soft_root_cycle },
	{ "port-cycle", act_soft_port_cycle },
	{ "port-unbind", act_port_unbind, BENCH_ARG(0) },
	{ "region-unbind", act_region_unbind },
	{ "region-bind", act_region_bind },
	{ "delete", act_soft_delete },
	{ "commit-cycle", act_soft_commit_cycle },
	{ }
};

const struct explore_world soft_world =
	SOFT_WORLD("soft", soft_setup, soft_actions);

const struct explore_world soft_early_world =
	SOFT_WORLD("soft-early", soft_early_setup, soft_actions);

const struct explore_world soft_bound_world =
	SOFT_WORLD("soft-bound", soft_bound_setup, soft_actions);

/* and where its decoders are committed by somebody */
static const struct explore_action soft_unmapped_actions[] = {
	{ "map-and-bind", act_map_and_bind },
	{ "load", act_load_both },
	{ "reload", act_reload },
	{ "hmem-load", act_load, &soft_hmem_module },
	{ "hmem-rebind", act_hmem_rebind },
	{ "unbind", act_unbind, BENCH_ARG(ACCEL) },
	{ "rebind", act_rebind, BENCH_ARG(ACCEL) },
	{ "foreign", act_foreign, BENCH_ARG(ACCEL) },
	{ "root-cycle", act_soft_root_cycle },
	{ "port-cycle", act_soft_port_cycle },
	{ }
};

const struct explore_world soft_unmapped_world =
	SOFT_WORLD("soft-unmapped", soft_unmapped_setup, soft_unmapped_actions);

const struct explore_world soft_taken_world =
	SOFT_WORLD("soft-taken", soft_taken_setup, soft_actions);
