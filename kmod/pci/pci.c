// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: cxla_pci
 *
 * Driver of memory expanders: it gives a device a memdev and asks for no range.
 * The regions of its committed decoders are assembled and listed, interleaved
 * ones too, and belong to nobody: what firmware committed stays as it is.
 *
 * It binds to devices that it is told to, by driver_override or new_id: the
 * same class code is what accelerators under test have. Capacity, and what of
 * it is volatile and persistent, is what IDENTIFY says, by mailbox.c; of a device
 * without a mailbox, what the DVSEC for CXL devices says.
 */
#include <linux/module.h>
#include <linux/pci.h>

#include <cxl/cxl.h>
#include <cxl/pci.h>

#include "../core/pci.h"
#include "../core/places.h"
#include "../core/retry.h"
#include "../mem/media.h"
#include "../version.h"
#include "block_regs.h"
#include "commands.h"
#include "mailbox.h"

struct cxla_expander {
	struct cxl_dev_state cxlds;
	struct cxla_commands commands;
	unsigned long reset_jiffies;	/* when it was reset last */
};

static long cxla_expander_ioctl(struct cxl_dev_state *cxlds, unsigned int cmd,
				void __user *arg)
{
	struct cxla_expander *expander =
		container_of(cxlds, struct cxla_expander, cxlds);

	return cxla_commands_ioctl(&expander->commands,
				   to_pci_dev(cxlds->dev), cmd, arg);
}

static int cxla_expander_capacity(struct cxl_dev_state *cxlds,
				  struct pci_dev *pdev, u64 *capacity)
{
	struct cxl_dvsec_range ranges[CXLA_DVSEC_RANGES];
	int rc;

	rc = cxla_mailbox_identify(pdev, &cxlds->identity, capacity);
	if (!rc)
		cxlds->mailbox_ioctl = cxla_expander_ioctl;
	if (rc != -ENODEV)
		return rc ? dev_err_probe(&pdev->dev, rc,
					  "can't learn the capacity by the mailbox\n") : 0;

	rc = cxla_dvsec_sizes(pdev, cxlds->cxl_dvsec, ranges, capacity);
	if (rc < 0 || !*capacity)
		return dev_err_probe(&pdev->dev, -ENXIO,
				     "no mailbox, and the DVSEC for CXL devices tells no capacity\n");
	pci_notice(pdev, "no mailbox, capacity %#llx is the DVSEC's\n",
		   *capacity);
	return 0;
}

static int cxla_expander_setup(struct cxla_expander *expander,
			       struct pci_dev *pdev)
{
	struct cxl_dev_state *cxlds = &expander->cxlds;
	u64 capacity;
	int rc;

	rc = cxl_pci_setup_regs(pdev, CXL_REGLOC_RBI_COMPONENT,
				&cxlds->reg_map);
	/* without any, ranges of its DVSEC may decode */
	if (rc && rc != -ENODEV)
		return dev_err_probe(&pdev->dev, rc,
				     "no component registers\n");
	rc = cxla_expander_capacity(cxlds, pdev, &capacity);
	if (rc)
		return rc;
	return cxl_set_capacity(cxlds, capacity);
}

/*
 * Memory that is not ready is nobody's yet, also after a reset. How much there is the
 * mailbox says; ranges of the DVSEC that make no sense do not matter then.
 *
 * -EINPROGRESS: not to @wait, and it is not ready.
 */
static int cxla_expander_add(struct cxla_expander *expander, bool wait)
{
	struct cxl_dev_state *cxlds = &expander->cxlds;
	u64 capacity;
	int rc = wait ? cxla_media_await(cxlds, &capacity) :
			cxla_media_poll(cxlds, expander->reset_jiffies, &capacity);

	if (rc == -EINTR || rc == -EINPROGRESS)
		return rc;
	cxlds->media_ready = rc != -ETIMEDOUT;
	cxla_pci_save(to_pci_dev(cxlds->dev));
	return PTR_ERR_OR_ZERO(devm_cxl_add_memdev(cxlds, NULL));
}

/* after a reset, by whoever can't wait: looked at again and again */
static int cxla_expander_add_later(struct cxla_expander *expander)
{
	int rc = cxla_expander_add(expander, false);

	if (rc != -EINPROGRESS)
		return rc;
	cxla_retry_later(&expander->cxlds);
	return 0;
}

/* its memory was not ready after a reset */
static void cxla_expander_retry(struct cxl_dev_state *cxlds)
{
	int rc = cxla_expander_add_later(container_of(cxlds, struct cxla_expander,
						      cxlds));

	if (rc)
		dev_err(cxlds->dev, "no memdev: %d\n", rc);
}

static int cxla_expander_probe(struct pci_dev *pdev,
			       const struct pci_device_id *id)
{
	struct cxla_expander *expander;
	int dvsec, rc;
	u64 serial;

	dvsec = cxla_pci_identify(pdev, &serial);
	if (!dvsec)
		return dev_err_probe(&pdev->dev, -ENODEV,
				     "not a CXL device: no DVSEC for CXL devices\n");
	rc = pcim_enable_device(pdev);
	if (rc)
		return dev_err_probe(&pdev->dev, rc, "can't enable device\n");

	expander = devm_cxl_dev_state_create(&pdev->dev, CXL_DEVTYPE_CLASSMEM,
					     serial, dvsec, struct cxla_expander,
					     cxlds, false);
	if (!expander)
		return -ENOMEM;
	mutex_init(&expander->commands.lock);
	pci_set_drvdata(pdev, expander);
	/* for cxla_pci_slot_reset() */
	cxla_pci_save(pdev);
	rc = cxla_expander_setup(expander, pdev);
	if (rc)
		return rc;

	rc = devm_cxl_attach_retry(&expander->cxlds, cxla_expander_retry);
	if (rc)
		return rc;
	/* without a root, or a committed decoder, the memdev is there and idle */
	return cxla_expander_add(expander, true);
}

/* --------------------------- reset, errors ------------------------- */

/* the PCI core holds the lock of the device around each of these */

/*
 * The memdev goes, with its regions, and so does what device-dax has of them.
 * Memory that is online can't be taken from who uses it: it stays, and if the
 * device comes back without its decoders, its range is never given to anybody.
 */
static void cxla_expander_begin(struct pci_dev *pdev, enum cxl_reset_kind kind)
{
	struct cxla_expander *expander = pci_get_drvdata(pdev);

	cxl_reset_begin(&expander->cxlds, kind);
}

/* decoders are read again, here and above */
static void cxla_expander_end(struct pci_dev *pdev, enum cxl_reset_kind kind)
{
	struct cxla_expander *expander = pci_get_drvdata(pdev);
	int rc;

	if (!cxl_reset_end(&expander->cxlds, kind))
		return;
	/* one that was bound in the middle of a recovery has one, idle */
	if (expander->cxlds.cxlmd) {
		cxla_memdev_wake(&expander->cxlds);
		return;
	}
	expander->reset_jiffies = jiffies;
	/* all hotplug waits for who waits in a recovery; and who waits may be killed */
	rc = kind == CXL_RECOVERY ? -EINTR : cxla_expander_add(expander, true);
	if (rc == -EINTR)
		rc = cxla_expander_add_later(expander);
	if (rc)
		pci_err(pdev, "no memdev after the reset: %d\n", rc);
}

static void cxla_expander_reset_prepare(struct pci_dev *pdev)
{
	cxla_expander_begin(pdev, CXL_RESET);
}

static void cxla_expander_reset_done(struct pci_dev *pdev)
{
	cxla_pci_save(pdev);
	cxla_expander_end(pdev, CXL_RESET);
}

static pci_ers_result_t cxla_expander_error_detected(struct pci_dev *pdev,
						     pci_channel_state_t state)
{
	cxla_expander_begin(pdev, CXL_RECOVERY);
	return cxla_pci_error_result(state);
}

static void cxla_expander_resume(struct pci_dev *pdev)
{
	cxla_expander_end(pdev, CXL_RECOVERY);
}

static const struct pci_error_handlers cxla_expander_err_handler = {
	.error_detected = cxla_expander_error_detected,
	.mmio_enabled = cxla_pci_mmio_enabled,
	.slot_reset = cxla_pci_slot_reset,
	.resume = cxla_expander_resume,
	.reset_prepare = cxla_expander_reset_prepare,
	.reset_done = cxla_expander_reset_done,
};

/* no id table: by driver_override or new_id only */
static struct pci_driver cxla_expander_driver = {
	.name = "cxla_pci",
	.probe = cxla_expander_probe,
	.err_handler = &cxla_expander_err_handler,
	.driver = {
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
	},
};
module_pci_driver(cxla_expander_driver);

MODULE_DESCRIPTION("CXL accelerator attach: memory expanders");
MODULE_VERSION(CXLA_VERSION);
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS("CXL");
MODULE_SOFTDEP("pre: cxla_mem");
