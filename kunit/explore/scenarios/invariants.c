// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: what must hold
 *
 * Invariants, when all are done and workers rest:
 *
 * - A bound device above which all is there, and of which nobody else has the
 *   range, is attached, and not told otherwise.
 * - Of a range the ledger and the iomem tree say what the driver was told.
 * - A region of which all members are there and committed has its driver; a
 *   memdev whose ports are there has its driver.
 * - An attach was revoked at most once, and only one that had come to be.
 *
 * After all is torn down: no device, no entry of the iomem tree, no mapping and
 * no claim is left, and each attach was revoked once. The runtime adds that each
 * object was freed, and each device registered and unregistered once.
 */
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/pci.h>

#include "worlds.h"

bool bench_is_attached(int nr)
{
	struct device *dev = &bench.devices[nr]->pdev->dev;
	struct cxl_dev_state *cxlds = dev_get_drvdata(dev);
	struct cxl_memdev *cxlmd;

	if (!dev->driver || !cxlds || !cxlds->cxlmd)
		return false;
	cxlmd = cxlds->cxlmd;
	return test_bit(CXLA_MEMDEV_F_ATTACHED, &cxlmd->flags) &&
	       !test_bit(CXLA_MEMDEV_F_REVOKING, &cxlmd->flags);
}

static bool bench_is_busy(int nr)
{
	return region_intersects(bench.ranges[nr].start,
				 range_len(&bench.ranges[nr]),
				 IORESOURCE_MEM | IORESOURCE_BUSY,
				 IORES_DESC_NONE) != REGION_DISJOINT;
}

/* all that is above device @nr is there */
static bool bench_is_up(void)
{
	bool up = bench.f->root;

	for (int i = 0; i < ARRAY_SIZE(bench.bridges); i++) {
		struct cxl_port *port;

		if (!bench.bridges[i])
			continue;
		port = fake_port(bench.bridges[i]);
		up = up && port && port->dev.driver;
		if (port)
			put_device(&port->dev);
	}
	return up;
}

/* of the range of device @nr so many bytes are owned, by accelerators or others */
static u64 bench_owned(int nr, bool accel)
{
	struct cxla_verdict verdict;
	struct range range;
	u64 hpa = bench.ranges[nr].start, end = bench.ranges[nr].end, sum = 0, time;

	while (fake_ledger_find(hpa, &range, &verdict, &time) &&
	       range.start <= end) {
		bool accels = verdict.owner == CXLA_OWNER_ACCEL;

		if (verdict.state == CXLA_LEDGER_OWNED && accels == accel)
			sum += min(range.end, end) - max(range.start, hpa) + 1;
		hpa = range.end + 1;
	}
	return sum;
}

static void bench_check_accel(int nr)
{
	struct fake_accel *accel = &bench.devices[nr]->accel;
	struct device *dev = &bench.devices[nr]->pdev->dev;
	bool attached = bench_is_attached(nr);
	u64 owned = bench_owned(nr, true);

	if (accel->expander)
		return;
	if (dev->driver && !attached && !bench.by_hand &&
	    !explore_was_injected() && bench_is_up() &&
	    !bench_owned(nr, false)) {
		struct cxl_dev_state *cxlds = dev_get_drvdata(dev);

		/* it was being detached: its driver is told, and may ask again */
		if (cxlds->error != -EBUSY)
			explore_fail("device %d is bound, all is there, it is not attached: %s %d",
				     nr, cxl_attach_reason_str(cxlds->reason),
				     cxlds->error);
	}
	if (owned != (attached ? range_len(&bench.ranges[nr]) : 0))
		explore_fail("device %d is %sattached, and %#llx bytes of its range are owned",
			     nr, attached ? "" : "not ", owned);
	if (attached && !bench_is_busy(nr))
		explore_fail("device %d is attached, and its range is free in iomem",
			     nr);
	if (accel->nr_revoke > accel->nr_attached ||
	    accel->nr_revoke < accel->nr_attached - attached)
		explore_fail("device %d: %d attached, %d revoked, %sattached now",
			     nr, accel->nr_attached, accel->nr_revoke,
			     attached ? "" : "not ");
	if (accel->nr_detach > accel->nr_revoke)
		explore_fail("device %d: %d revoked, %d detached", nr,
			     accel->nr_revoke, accel->nr_detach);
}

static void bench_check_region(const struct cxl_region *cxlr)
{
	bool whole = cxlr->nr_targets == cxlr->ways;

	for (int i = 0; i < cxlr->ways; i++)
		whole = whole && cxlr->targets[i];
	if (whole && !cxlr->dev.driver && !bench.by_hand &&
	    !explore_was_injected())
		explore_fail("%s has all its members, and no driver",
			     dev_name(&cxlr->dev));
	if (cxlr->dev.driver && cxlr->uncommitted)
		explore_fail("%s has its driver, and its decoders were reset",
			     dev_name(&cxlr->dev));
	/* a member that has left takes the region with it, or there is none */
	if (!whole && cxlr->dev.driver)
		explore_fail("%s has lost a member, and kept its driver",
			     dev_name(&cxlr->dev));
}

static void bench_check_memdev(const struct device *dev)
{
	if (dev->driver || bench.by_hand || explore_was_injected() ||
	    !bench_is_up())
		return;
	explore_fail("%s has no driver, and all above it is there",
		     dev_name(dev));
}

static int bench_check_device(struct device *dev, void *unused)
{
	if (cxla_device_id(dev) == CXLA_DEVICE_REGION)
		bench_check_region(to_cxl_region(dev));
	if (is_cxl_memdev(dev))
		bench_check_memdev(dev);
	return 0;
}

void bench_check(void)
{
	explore_core_settle();
	for (int i = 0; i < bench.nr_devices; i++)
		bench_check_accel(i);
	bus_for_each_dev(&cxla_bus_type, NULL, NULL, bench_check_device);
}

void bench_teardown(void)
{
	explore_watch(NULL);
	if (!bench.f)
		return;
	for (int i = 0; i < bench.nr_devices; i++)
		device_release_driver(&bench.devices[i]->pdev->dev);
	explore_core_settle();
	for (int i = 0; i < bench.nr_devices; i++) {
		const struct fake_accel *accel = &bench.devices[i]->accel;
		struct cxla_verdict verdict;

		if (accel->expander)
			continue;
		if (accel->nr_attached != accel->nr_revoke)
			explore_fail("device %d: %d attached, %d revoked, all is gone",
				     i, accel->nr_attached, accel->nr_revoke);
		bench_owner(i, &verdict);
		if (verdict.state == CXLA_LEDGER_OWNED ||
		    verdict.state == CXLA_LEDGER_QUARANTINED)
			explore_fail("all is gone, and the ledger says %s of range %d",
				     cxla_ledger_state_str(verdict.state), i);
		if (bench_is_busy(i))
			explore_fail("all is gone, and range %d is busy in iomem",
				     i);
	}
	fake_fabric_destroy(bench.f);
	bench.f = NULL;
}

void bench_after(void)
{
	struct fake_snapshot now = fake_snapshot();

	explore_core_settle();
	explore_core_forget();
	if (now.devices)
		explore_fail("%d devices are left, %d of them regions",
			     now.devices, now.regions);
	if (now.iomem_regions)
		explore_fail("a region is left in the iomem tree");
	if (now.mappings)
		explore_fail("%d mappings are left", now.mappings);
}
