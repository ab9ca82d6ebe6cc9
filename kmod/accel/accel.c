// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: cxla_accel
 *
 * The reference accelerator driver. It binds to devices that it is told to,
 * by driver_override or new_id, takes their capacity from the DVSEC for CXL
 * devices, and asks for the range. Without one, or when it loses it, it goes on
 * as a driver of a PCI device that has no CXL.mem, and says why.
 */
#undef pr_fmt
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/io.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/string.h>

#include <cxl/cxl.h>
#include <cxl/pci.h>

#include "../core/access.h"
#include "../core/pci.h"
#include "../core/places.h"
#include "../core/retry.h"
#include "../mem/media.h"
#include "../pause/pause.h"
#include "../version.h"
#include "accel.h"

static struct cxla_accel *to_cxla_accel(struct cxl_memdev *cxlmd)
{
	return container_of(cxlmd->attach, struct cxla_accel, attach.attach);
}

const char * const cxla_on_loss_names[] = {
	[CXLA_ON_LOSS_UNBIND] = "unbind",
	[CXLA_ON_LOSS_PCI_ONLY] = "pci-only",
	[CXLA_ON_LOSS_REATTACH] = "reattach",
	NULL
};

static char *on_loss = "reattach";
module_param(on_loss, charp, 0444);
MODULE_PARM_DESC(on_loss, "when the range is taken back: unbind, pci-only, or reattach when a root comes (default)");

static bool all_ranges;
module_param(all_ranges, bool, 0444);
MODULE_PARM_DESC(all_ranges, "ask for every range of a device; /dev/cxla/accelN maps the first, cxla/ranges lists all");

static bool create_regions;
module_param(create_regions, bool, 0644);
MODULE_PARM_DESC(create_regions, "make a region of a device's memory where firmware made none, from the next bind on");

/* checked when the module is loaded */
static enum cxla_on_loss cxla_default_on_loss;

static void cxla_tell(struct cxla_node *node, enum cxla_event_type type,
		      enum cxla_reason reason)
{
	lockdep_assert_held_write(&node->lock);
	cxla_events_push(&node->events, type, reason, node->told.start,
			 range_len(&node->told));
}

/* step one of the end: nobody touches the range after this */
static void cxla_accel_revoke(struct cxl_memdev *cxlmd)
{
	struct cxla_accel *accel = to_cxla_accel(cxlmd);
	struct cxla_node *node = accel->node;
	struct cxla_map *map;
	void *mem;

	scoped_guard(rwsem_write, &node->lock) {
		node->revoked = true;
		node->info.state = CXLA_ACCEL_REVOKED;
		node->info.reason = CXLA_REASON_REVOKED;
		node->info.hpa_start = 0;
		node->info.hpa_size = 0;
		map = node->map;
		node->map = NULL;
		mem = accel->mem;
		accel->mem = NULL;
	}
	cxla_node_zap(node);
	if (map)
		cxla_map_put(map);
	if (mem)
		memunmap(mem);
	/* by now it is true: every mapping answers SIGBUS */
	scoped_guard(rwsem_write, &node->lock)
		if (range_len(&node->told))
			cxla_tell(node, CXLA_EVENT_REVOKE,
				  CXLA_REASON_REVOKED);
}

/* the driver goes on without the range, and without a memdev */
static void cxla_accel_lost(struct cxla_accel *accel)
{
	struct cxla_node *node = accel->node;

	guard(rwsem_write)(&node->lock);
	node->info.state = CXLA_ACCEL_PCI_ONLY;
	node->info.memdev_id = -1;
	node->info.region_id = -1;
	if (!range_len(&node->told))
		return;
	cxla_tell(node, CXLA_EVENT_DETACH, node->info.reason);
	node->told = (struct range) { .start = 0, .end = -1 };
}

/* step three: the memdev goes, the driver stays */
static void cxla_accel_detach(struct cxl_memdev *cxlmd)
{
	struct cxla_accel *accel = to_cxla_accel(cxlmd);

	cxla_accel_lost(accel);
	dev_warn(accel->cxlds.dev, "lost CXL.mem, going on PCI-only\n");
}

/**
 * cxla_accel_set_on_loss() - what to do when the range is taken back
 * @accel: bound device
 * @what: from now on
 */
void cxla_accel_set_on_loss(struct cxla_accel *accel, enum cxla_on_loss what)
{
	guard(rwsem_write)(&accel->node->lock);
	accel->on_loss = what;
	/* the core asks for it when it comes to that */
	WRITE_ONCE(accel->attach.attach.detach,
		   what == CXLA_ON_LOSS_UNBIND ? NULL : cxla_accel_detach);
}

static void cxla_accel_result(struct cxla_accel *accel)
{
	struct cxl_dev_state *cxlds = &accel->cxlds;
	struct cxla_accel_info *info = &accel->node->info;

	info->reason = cxlds->reason;
	info->error = -cxlds->error;
	info->record = cxlds->record;
}

/* map the range, and let userspace have it unless it was lost meanwhile */
static int cxla_accel_publish(struct cxla_accel *accel,
			      struct cxl_memdev *cxlmd)
{
	struct range *range = &accel->attach.region;
	struct cxla_node *node = accel->node;
	struct cxla_map *map;
	void *mem;

	mem = memremap(range->start, range_len(range), MEMREMAP_WB);
	if (!mem)
		return -ENOMEM;
	map = cxla_map_create(cxlmd, range);
	if (!map) {
		memunmap(mem);
		return -ENOMEM;
	}

	scoped_guard(rwsem_write, &node->lock) {
		cxla_accel_result(accel);
		node->info.memdev_id = cxlmd->id;
		node->info.region_id = cxlmd->region_id;
		if (!node->revoked) {
			node->info.state = CXLA_ACCEL_ATTACHED;
			node->info.hpa_start = range->start;
			node->info.hpa_size = range_len(range);
			node->map = map;
			accel->mem = mem;
			node->told = *range;
			cxla_tell(node, CXLA_EVENT_ATTACH, CXLA_REASON_NONE);
			dev_dbg(accel->cxlds.dev, "attached to [%#llx-%#llx]\n",
				range->start, range->end);
			return 0;
		}
		node->info.reason = CXLA_REASON_REVOKED;
	}
	cxla_map_put(map);
	memunmap(mem);
	return 0;
}

/* it has a range and can't use it, which is as good as none */
static void cxla_accel_give_up(struct cxla_accel *accel, int error)
{
	struct cxla_accel_info *info = &accel->node->info;

	devm_cxl_del_memdev(&accel->cxlds);
	scoped_guard(rwsem_write, &accel->node->lock) {
		cxla_accel_result(accel);
		info->reason = CXLA_REASON_ERROR;
		info->error = -error;
	}
	cxla_accel_lost(accel);
	dev_err(accel->cxlds.dev,
		"can't map [%#llx-%#llx]: %d, going on PCI-only\n",
		accel->attach.region.start, accel->attach.region.end, error);
}

/* what it costs is a part of the attach that follows */
static int cxla_accel_ask_media(struct cxla_accel *accel, bool wait,
				u64 *capacity)
{
	struct cxl_dev_state *cxlds = &accel->cxlds;
	struct cxla_meter meter = { .count = cxlds->reg_map.access };
	int rc;

	cxla_meter_start(&meter);
	rc = wait ? cxla_media_await(cxlds, capacity) :
		    cxla_media_poll(cxlds, accel->reset_jiffies, capacity);
	cxla_meter_stop(&meter);
	cxlds->reg_map.access = meter.count;
	return rc;
}

/*
 * A reset may have made it not ready. Before it is ready for the first time its size
 * is not known. Of a device that does not answer the core says more.
 */
static int cxla_accel_await_media(struct cxla_accel *accel, bool wait)
{
	struct cxl_dev_state *cxlds = &accel->cxlds;
	u64 capacity = 0;
	int rc = cxla_accel_ask_media(accel, wait, &capacity);

	if (rc == -EINTR || rc == -EINPROGRESS)
		return rc;
	cxlds->media_ready = rc != -ETIMEDOUT;
	if (rc == -ETIMEDOUT || cxlds->capacity)
		return 0;
	if (rc || !capacity) {
		dev_warn(cxlds->dev, "DVSEC for CXL devices tells no capacity\n");
		return 0;
	}
	scoped_guard(rwsem_write, &accel->node->lock)
		accel->node->info.capacity = capacity;
	return cxl_set_capacity(cxlds, capacity);
}

/*
 * Not to have a range is an outcome, not an error. -EINPROGRESS: not to @wait, and the
 * memory is not ready.
 */
static int cxla_accel_attach(struct cxla_accel *accel, bool wait)
{
	struct device *dev = accel->cxlds.dev;
	struct cxla_node *node = accel->node;
	struct cxl_memdev *cxlmd;
	int rc;

	scoped_guard(rwsem_write, &node->lock)
		node->revoked = false;

	rc = cxla_accel_await_media(accel, wait);
	if (rc)
		return rc;
	cxla_pci_save(to_pci_dev(dev));
	scoped_guard(rwsem_write, &node->lock)
		node->info.times.attach_ns = ktime_get_ns();
	cxlmd = devm_cxl_add_memdev(&accel->cxlds, &accel->attach.attach);
	scoped_guard(rwsem_write, &node->lock)
		node->info.times.attached_ns = ktime_get_ns();
	if (!IS_ERR(cxlmd)) {
		rc = cxla_accel_publish(accel, cxlmd);
		if (rc)
			cxla_accel_give_up(accel, rc);
		return 0;
	}

	scoped_guard(rwsem_write, &node->lock) {
		cxla_accel_result(accel);
		node->info.state = CXLA_ACCEL_PCI_ONLY;
	}
	/* that the system sleeps is over some time */
	if (PTR_ERR(cxlmd) != -ENXIO && PTR_ERR(cxlmd) != -ESHUTDOWN)
		return PTR_ERR(cxlmd);
	dev_info(dev, "no CXL.mem: %s, going on PCI-only\n",
		 cxl_attach_reason_str(accel->cxlds.reason));
	return 0;
}

/* after a reset, by whoever can't wait for the memory: looked at again and again */
static int cxla_accel_attach_later(struct cxla_accel *accel)
{
	int rc = cxla_accel_attach(accel, false);

	accel->late = rc == -EINPROGRESS;
	if (!accel->late)
		return rc;
	cxla_retry_later(&accel->cxlds);
	return 0;
}

/* a root, or a port, came, and the device has no range; or its memory was not ready */
static void cxla_accel_retry(struct cxl_dev_state *cxlds)
{
	struct cxla_accel *accel = container_of(cxlds, struct cxla_accel, cxlds);
	int rc;

	scoped_guard(rwsem_read, &accel->node->lock)
		if (accel->on_loss != CXLA_ON_LOSS_REATTACH &&
		    !(accel->late && accel->on_loss == CXLA_ON_LOSS_UNBIND))
			return;
	rc = accel->late ? cxla_accel_attach_later(accel) :
			   cxla_accel_attach(accel, true);
	if (rc)
		dev_err(cxlds->dev, "can't attach again: %d\n", rc);
}

static void cxla_accel_put_node(void *node)
{
	cxla_node_close(node);
	cxla_node_put(node);
}

/* that a device has no registers leaves it PCI-only, for the core to say */
static int cxla_accel_setup(struct cxla_accel *accel, struct pci_dev *pdev,
			    struct cxla_meter *meter)
{
	struct cxl_register_map *map = &accel->cxlds.reg_map;
	int rc;

	cxla_meter_start(meter);
	rc = cxl_pci_setup_regs(pdev, CXL_REGLOC_RBI_COMPONENT, map);
	cxla_meter_stop(meter);
	map->access = meter->count;
	if (rc && rc != -ENODEV && rc != -ENXIO)
		return dev_err_probe(&pdev->dev, rc,
				     "can't read component registers\n");
	return 0;
}

static int cxla_accel_probe(struct pci_dev *pdev,
			    const struct pci_device_id *id)
{
	u64 begin = ktime_get_ns();
	struct cxla_meter meter = { };
	struct cxla_accel *accel;
	u64 serial;
	int dvsec;
	int rc;

	cxla_meter_start(&meter);
	dvsec = cxla_pci_identify(pdev, &serial);
	cxla_meter_stop(&meter);
	if (!dvsec)
		return dev_err_probe(&pdev->dev, -ENODEV,
				     "not a CXL device: no DVSEC for CXL devices\n");

	rc = pcim_enable_device(pdev);
	if (rc)
		return dev_err_probe(&pdev->dev, rc, "can't enable device\n");
	/* for cxla_pci_slot_reset() */
	cxla_pci_save(pdev);

	accel = devm_cxl_dev_state_create(&pdev->dev, CXL_DEVTYPE_DEVMEM,
					  serial, dvsec, struct cxla_accel,
					  cxlds, false);
	if (!accel)
		return -ENOMEM;

	accel->node = cxla_node_create(accel);
	if (IS_ERR(accel->node))
		return PTR_ERR(accel->node);
	rc = devm_add_action_or_reset(&pdev->dev, cxla_accel_put_node,
				      accel->node);
	if (rc)
		return rc;
	accel->node->info.times.probe_ns = begin;
	accel->node->info.serial = serial;
	accel->node->info.memdev_id = -1;
	accel->node->info.region_id = -1;
	accel->attach.attach.probe = cxl_memdev_attach_region;
	accel->attach.attach.revoke = cxla_accel_revoke;
	accel->attach.want_all = all_ranges;
	accel->attach.create = READ_ONCE(create_regions);
	cxla_accel_set_on_loss(accel, cxla_default_on_loss);
	pci_set_drvdata(pdev, accel);

	rc = cxla_accel_setup(accel, pdev, &meter);
	if (rc)
		return rc;
	rc = devm_cxl_attach_retry(&accel->cxlds, cxla_accel_retry);
	if (rc)
		return rc;
	rc = cxla_accel_attach(accel, true);
	if (rc)
		return rc;
	rc = cxla_node_register(accel->node);
	scoped_guard(rwsem_write, &accel->node->lock)
		accel->node->info.times.ready_ns = ktime_get_ns();
	return rc;
}

static void cxla_accel_remove(struct pci_dev *pdev)
{
	struct cxla_accel *accel = pci_get_drvdata(pdev);

	cxla_node_unregister(accel->node);
	/* devres lets go of the memdev, which revokes, then of the node */
}

/* --------------------------- reset, errors ------------------------- */

/* the PCI core holds the lock of the device around each of these */

static void cxla_accel_begin(struct pci_dev *pdev, enum cxl_reset_kind kind)
{
	struct cxla_accel *accel = pci_get_drvdata(pdev);

	accel->late = false;
	cxl_reset_begin(&accel->cxlds, kind);
	cxla_accel_lost(accel);
	cxla_pause(CXLA_PAUSE_RESET_PREPARED);
}

/*
 * Decoders may have been reset with the device, which is a reason then. In the
 * middle of a recovery nothing attaches. A reset is a loss: a driver that is to
 * go on without its range then does not attach again.
 */
static void cxla_accel_end(struct pci_dev *pdev, enum cxl_reset_kind kind)
{
	struct cxla_accel *accel = pci_get_drvdata(pdev);
	int rc;

	if (!cxl_reset_end(&accel->cxlds, kind) || accel->cxlds.cxlmd)
		return;
	scoped_guard(rwsem_read, &accel->node->lock)
		if (accel->on_loss == CXLA_ON_LOSS_PCI_ONLY)
			return;
	accel->reset_jiffies = jiffies;
	/* all hotplug waits for who waits in a recovery; and who waits may be killed */
	rc = kind == CXL_RECOVERY ? -EINTR : cxla_accel_attach(accel, true);
	if (rc == -EINTR)
		rc = cxla_accel_attach_later(accel);
	if (rc)
		pci_err(pdev, "can't attach after the reset: %d\n", rc);
}

static void cxla_accel_reset_prepare(struct pci_dev *pdev)
{
	cxla_accel_begin(pdev, CXL_RESET);
}

static void cxla_accel_reset_done(struct pci_dev *pdev)
{
	cxla_pci_save(pdev);
	cxla_accel_end(pdev, CXL_RESET);
}

static void cxla_accel_resume(struct pci_dev *pdev)
{
	cxla_accel_end(pdev, CXL_RECOVERY);
}

static pci_ers_result_t cxla_accel_error_detected(struct pci_dev *pdev,
						  pci_channel_state_t state)
{
	cxla_accel_begin(pdev, CXL_RECOVERY);
	return cxla_pci_error_result(state);
}

static const struct pci_error_handlers cxla_accel_err_handler = {
	.error_detected = cxla_accel_error_detected,
	.mmio_enabled = cxla_pci_mmio_enabled,
	.slot_reset = cxla_pci_slot_reset,
	.resume = cxla_accel_resume,
	.reset_prepare = cxla_accel_reset_prepare,
	.reset_done = cxla_accel_reset_done,
};

/* no id table: by driver_override or new_id only */
static struct pci_driver cxla_accel_driver = {
	.name = "cxla_accel",
	.probe = cxla_accel_probe,
	.remove = cxla_accel_remove,
	.dev_groups = cxla_accel_groups,
	.err_handler = &cxla_accel_err_handler,
	.driver = {
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
	},
};

static int __init cxla_accel_init(void)
{
	int rc;

	rc = match_string(cxla_on_loss_names, -1, on_loss);
	if (rc < 0) {
		pr_err("on_loss=%s: one of unbind, pci-only, reattach\n",
		       on_loss);
		return -EINVAL;
	}
	cxla_default_on_loss = rc;

	rc = cxla_inode_init();
	if (rc)
		return rc;
	rc = pci_register_driver(&cxla_accel_driver);
	if (rc)
		cxla_inode_exit();
	return rc;
}

static void __exit cxla_accel_exit(void)
{
	pci_unregister_driver(&cxla_accel_driver);
	cxla_inode_exit();
}

module_init(cxla_accel_init);
module_exit(cxla_accel_exit);
MODULE_DESCRIPTION("CXL accelerator attach: reference accelerator driver");
MODULE_VERSION(CXLA_VERSION);
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("CXL");
MODULE_SOFTDEP("pre: cxla_mem");
