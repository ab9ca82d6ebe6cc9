// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: the machine of a schedule, and what happens to it
 *
 * Actions reach devices as userspace does, by their names on a bus: what they
 * look for may be gone, which is no error. What one does by hand, and nobody
 * undoes, it says by bench.by_hand.
 */
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "worlds.h"

struct bench bench;

/* ------------------------------ building --------------------------- */

/* nobody attaches in the middle of an error recovery */
static int bench_before_attach(struct fake_node *node)
{
	for (int i = 0; i < bench.nr_devices; i++)
		if (bench.devices[i] == node && bench.frozen[i])
			explore_fail("device %d attaches while it is frozen",
				     i);
	return 0;
}

/* it was told that the range is its own: nobody else has it */
static int bench_after_attach(struct fake_node *node)
{
	for (int i = 0; i < bench.nr_devices; i++)
		if (bench.devices[i] == node && bench.foreign[i])
			explore_fail("range %d has two owners", i);
	return 0;
}

/*
 * A worker takes the driver from a device only when its range was taken. The fake
 * fabric keeps the PCI device; a worker that locks one that was removed, and of
 * which there is no other reference, would lock freed memory elsewhere.
 */
static void bench_watch(const char *call, const void *object, bool worker)
{
	bool locks = !strncmp(call, "mutex_", 6);
	bool unbinds = !strcmp(call, "device_release_driver");

	if (!worker || (!locks && !unbinds))
		return;
	for (int i = 0; i < bench.nr_devices; i++) {
		struct device *dev = &bench.devices[i]->pdev->dev;

		if (unbinds && object == dev && !mutex_is_locked(&dev->mutex) &&
		    bench_is_attached(i))
			explore_fail("a worker unbinds device %d, which has its range",
				     i);
		if (locks && object == &dev->mutex && bench.removed[i] &&
		    kref_read(&dev->kobj.kref) == 1)
			explore_fail("a worker locks device %d without a reference",
				     i);
	}
}

int bench_begin(void)
{
	explore_core_forget();
	bench = (struct bench) { .f = fake_fabric_create() };
	return bench.f ? 0 : -ENOMEM;
}

void bench_device(struct fake_node *device, u64 start, u64 size)
{
	int nr = bench.nr_devices++;

	bench.devices[nr] = device;
	bench.ranges[nr] = (struct range) { start, start + size - 1 };
	device->accel.retry = true;
	device->accel.before = bench_before_attach;
	device->accel.after = bench_after_attach;
}

int bench_start(void)
{
	int rc = fake_fabric_start(bench.f);

	if (rc)
		return rc;
	explore_watch(bench_watch);
	return 0;
}

int bench_single(bool expander)
{
	const u64 start = BENCH_WINDOW + SZ_256M, size = SZ_512M;
	struct fake_node *bridge, *device;

	if (bench_begin())
		return -ENOMEM;
	bridge = fake_bridge(bench.f, 7, 2);
	device = fake_endpoint(fake_root_port(bridge, 3), 0, 2, size);
	fake_window(bench.f, bridge, BENCH_WINDOW, SZ_4G);
	if (!device)
		return -ENOMEM;
	bench.bridges[0] = bridge;
	bench_device(device, start, size);
	device->accel.expander = expander;
	return bench_start() ?: fake_map(device, start, size, 0);
}

int bench_root(void)
{
	return fake_root_add(bench.f);
}

int bench_bind_all(void)
{
	int rc = 0;

	for (int i = 0; i < bench.nr_devices && !rc; i++)
		rc = fake_bind(bench.devices[i]) ?: bench.devices[i]->accel.rc;
	return rc;
}

/* ------------------------------- actions --------------------------- */

static struct fake_node *bench_node(void *nr)
{
	return bench.devices[(long)nr];
}

int act_bind(void *nr)
{
	struct fake_node *node = bench_node(nr);

	node->accel.wanted = true;
	return device_attach(&node->pdev->dev);
}

int act_unbind(void *nr)
{
	device_release_driver(&bench_node(nr)->pdev->dev);
	return 0;
}

int act_rebind(void *nr)
{
	act_unbind(nr);
	return act_bind(nr);
}

/* as the PCI core around a reset of a function, with its lock held throughout */
int act_reset(void *nr)
{
	struct fake_node *node = bench_node(nr);
	struct device *dev = &node->pdev->dev;
	struct cxl_dev_state *cxlds;

	guard(device)(dev);
	if (!dev->driver)
		return -ENODEV;
	/* the first member of the driver's state */
	cxlds = dev_get_drvdata(dev);
	devm_cxl_del_memdev(cxlds);
	explore_point();
	fake_attach_locked(node);
	return 0;
}

/* as the PCI core in an error recovery: it lets go of the lock in between */
int act_recovery(void *nr)
{
	struct fake_node *node = bench_node(nr);
	struct device *dev = &node->pdev->dev;

	scoped_guard(device, dev) {
		if (!dev->driver)
			return -ENODEV;
		node->pdev->error_state = pci_channel_io_frozen;
		cxl_reset_begin(dev_get_drvdata(dev), CXL_RECOVERY);
		bench.frozen[(long)nr] = true;
	}
	explore_point();
	scoped_guard(device, dev) {
		bench.frozen[(long)nr] = false;
		node->pdev->error_state = pci_channel_io_normal;
		if (dev->driver &&
		    cxl_reset_end(dev_get_drvdata(dev), CXL_RECOVERY))
			fake_attach_locked(node);
	}
	return 0;
}

static struct cxl_memdev *bench_get_memdev(struct fake_node *node)
{
	struct cxl_dev_state *cxlds;

	guard(device)(&node->pdev->dev);
	cxlds = dev_get_drvdata(&node->pdev->dev);
	if (!node->pdev->dev.driver || !cxlds->cxlmd)
		return NULL;
	get_device(&cxlds->cxlmd->dev);
	return cxlds->cxlmd;
}

static void bench_use(struct cxl_memdev *cxlmd, long nr)
{
	struct fake_node *node = bench.devices[nr];

	for (int i = 0; i < 3; i++) {
		int token = cxl_attach_enter(cxlmd), revoked;

		if (token < 0)
			break;
		revoked = READ_ONCE(node->accel.nr_revoke);
		for (int j = 0; j < 3; j++)
			explore_point();
		if (bench.foreign[nr])
			explore_fail("range %ld is touched by two owners", nr);
		if (revoked != READ_ONCE(node->accel.nr_revoke))
			explore_fail("range %ld is revoked under its user", nr);
		cxl_attach_exit(cxlmd, token);
	}
}

/* a thread of the driver that touches the range, with a reference */
int act_user(void *nr)
{
	struct cxl_memdev *cxlmd = bench_get_memdev(bench_node(nr));

	if (!cxlmd)
		return -ENODEV;
	bench_use(cxlmd, (long)nr);
	put_device(&cxlmd->dev);
	return 0;
}

/* what the ledger says of the range of device @nr */
void bench_owner(int nr, struct cxla_verdict *verdict)
{
	struct range range;
	u64 time;

	*verdict = (struct cxla_verdict) { };
	if (!fake_ledger_find(bench.ranges[nr].start, &range, verdict, &time) ||
	    range.start > bench.ranges[nr].start)
		*verdict = (struct cxla_verdict) { };
}

/* any other driver, which asks the kernel as all of them do */
int act_foreign(void *nr)
{
	const struct range *range = &bench.ranges[(long)nr];
	struct cxla_verdict verdict;

	if (!request_mem_region(range->start, range_len(range), "foreign"))
		return -EBUSY;
	bench.foreign[(long)nr] = true;
	/* both were told that the range is their own */
	bench_owner((long)nr, &verdict);
	if (verdict.owner == CXLA_OWNER_ACCEL &&
	    verdict.state == CXLA_LEDGER_OWNED)
		explore_fail("range %ld has two owners", (long)nr);
	for (int i = 0; i < 3; i++)
		explore_point();
	bench.foreign[(long)nr] = false;
	release_mem_region(range->start, range_len(range));
	/* nobody tells those who wait that it is free */
	bench.by_hand = true;
	return 0;
}

int act_pci_remove(void *nr)
{
	struct fake_node *node = bench_node(nr);

	bench.by_hand = true;
	pci_lock_rescan_remove();
	if (!bench.removed[(long)nr])
		pci_stop_and_remove_bus_device(node->pdev);
	bench.removed[(long)nr] = true;
	pci_unlock_rescan_remove();
	return 0;
}

int bench_unbind_port(struct fake_node *node)
{
	struct cxl_port *port = fake_port(node);

	bench.by_hand = true;
	if (!port)
		return -ENODEV;
	device_release_driver(&port->dev);
	put_device(&port->dev);
	return 0;
}

int act_port_unbind(void *nr)
{
	return bench_unbind_port(bench.bridges[(long)nr]);
}

int act_port_cycle(void *nr)
{
	struct cxl_port *port = fake_port(bench.bridges[(long)nr]);
	int rc;

	if (!port)
		return -ENODEV;
	device_release_driver(&port->dev);
	rc = device_attach(&port->dev);
	put_device(&port->dev);
	return rc;
}

/* as cxla_acpi is unbound and bound, under the lock of its device */
int act_root_cycle(void *unused)
{
	scoped_guard(device, &bench.f->platform->dev)
		fake_root_remove(bench.f);
	scoped_guard(device, &bench.f->platform->dev)
		if (!bench.f->root && fake_root_add(bench.f) &&
		    !explore_was_injected())
			explore_fail("the root does not come back");
	return 0;
}

/* by the kind of its name; referenced, or NULL */
static int bench_is_named(struct device *dev, const void *prefix)
{
	return strstarts(dev_name(dev), prefix);
}

struct device *bench_find(const char *prefix)
{
	return bus_find_device(&cxla_bus_type, NULL, prefix, bench_is_named);
}

static int bench_release(const char *prefix)
{
	struct device *dev = bench_find(prefix);

	bench.by_hand = true;
	if (!dev)
		return -ENODEV;
	device_release_driver(dev);
	put_device(dev);
	return 0;
}

static int bench_attach(const char *prefix)
{
	struct device *dev = bench_find(prefix);
	int rc;

	if (!dev)
		return -ENODEV;
	rc = device_attach(dev);
	put_device(dev);
	return rc;
}

int act_endpoint_unbind(void *nr)
{
	return bench_release("endpoint");
}

int act_memdev_unbind(void *nr)
{
	return bench_release("mem");
}

int act_memdev_bind(void *nr)
{
	return bench_attach("mem");
}

int act_region_unbind(void *unused)
{
	return bench_release("region");
}

int act_region_bind(void *unused)
{
	return bench_attach("region");
}

/* of the region that is there, as its name is read in sysfs */
int act_delete(void *unused)
{
	struct device *dev = bench_find("region");
	int rc;

	if (!dev)
		return -ENODEV;
	rc = fake_store_cxla(dev->parent, "delete_region", dev_name(dev));
	if (!rc)
		bench.by_hand = true;
	put_device(dev);
	return rc;
}

int bench_write(struct device *dev, const char *file, const char *text)
{
	int rc;

	if (!dev)
		return -ENODEV;
	rc = fake_store_cxla(dev, file, text);
	put_device(dev);
	return rc;
}

int act_uncommit(void *unused)
{
	int rc = bench_write(bench_find("region"), "commit", "0");

	if (!rc)
		bench.by_hand = true;
	return rc;
}

int act_commit(void *unused)
{
	return bench_write(bench_find("region"), "commit", "1");
}

int act_commit_cycle(void *unused)
{
	act_uncommit(NULL);
	return act_commit(NULL);
}

/* all of the ledger, as the file is read */
int act_ledger(void *unused)
{
	struct cxla_verdict verdict;
	struct range range;
	u64 hpa = 0, time;
	int n = 0;

	while (fake_ledger_find(hpa, &range, &verdict, &time)) {
		n++;
		if (range.end == ULONG_MAX)
			break;
		hpa = range.end + 1;
	}
	return n;
}
