// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: CXL Reset
 *
 * Resets CXL.cache and CXL.mem of a device and nothing of PCIe: CXL 3.1 section
 * 9.7. The kernel knows no such reset, and a module can't add a method to those of
 * PCI devices. It reaches all functions of the device but those of its Non-CXL
 * Function Map, whose drivers are told as for any reset, by reset_prepare() and
 * reset_done().
 *
 * Nothing is touched before it is certain that all can be told.
 */
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "access.h"
#include "claim.h"
#include "cxl_reset.h"
#include "pci.h"
#include "peek.h"

/* DVSEC for CXL devices, CXL 3.1 sections 8.1.3.1, 8.1.3.4 and 8.1.3.5 */
#define DVSEC_CAP			0x0a
#define  DVSEC_CAP_CACHE		BIT(0)
#define  DVSEC_CAP_WRITEBACK		BIT(6)
#define  DVSEC_CAP_RESET		BIT(7)
#define  DVSEC_CAP_RESET_TIMEOUT	GENMASK(10, 8)
#define DVSEC_CTRL2			0x10
#define  DVSEC_CTRL2_DISABLE_CACHING	BIT(0)
#define  DVSEC_CTRL2_WRITEBACK		BIT(1)
#define  DVSEC_CTRL2_RESET		BIT(2)
#define DVSEC_STATUS2			0x12
#define  DVSEC_STATUS2_CACHE_INVALID	BIT(0)
#define  DVSEC_STATUS2_RESET_COMPLETE	BIT(1)
#define  DVSEC_STATUS2_RESET_ERROR	BIT(2)
/* Non-CXL Function Map DVSEC, section 8.1.4 */
#define DVSEC_FUNCTION_MAP		2
#define DVSEC_FUNCTION_MAP_REG(i)	(0x0c + 4 * (i))
#define NR_FUNCTIONS			256

#define POLL_MS				10

/**
 * struct cxla_reset - a reset under way
 * @pdev: the device that has the registers
 * @dvsec: its DVSEC for CXL devices
 * @cap: capability register of that
 * @nr: how many functions are reset
 * @locked: how many of them are locked, the first ones
 * @functions: these, in order of their numbers, referenced
 */
struct cxla_reset {
	struct pci_dev *pdev;
	int dvsec;
	u16 cap;
	int nr;
	int locked;
	struct pci_dev *functions[NR_FUNCTIONS];
};

/* ---------------------------- who is reset ------------------------- */

/* @map: the DVSEC, or 0: all functions are CXL functions */
static bool cxla_is_spared(struct pci_dev *pdev, int map, struct pci_dev *other)
{
	int reg, bit;

	if (!map || other == pdev)
		return false;
	if (pci_ari_enabled(pdev->bus)) {
		reg = other->devfn / 32;
		bit = other->devfn % 32;
	} else {
		reg = PCI_FUNC(other->devfn);
		bit = PCI_SLOT(other->devfn);
	}
	return cxla_cfg_read32(pdev, map + DVSEC_FUNCTION_MAP_REG(reg)) &
	       BIT(bit);
}

/*
 * Before anything is locked: a recovery holds the list of devices while it waits for
 * the lock of one.
 */
static void cxla_reset_find(struct cxla_reset *r)
{
	int map = cxla_pci_find_dvsec(r->pdev, DVSEC_FUNCTION_MAP);
	bool ari = pci_ari_enabled(r->pdev->bus);

	for (int devfn = 0; devfn < NR_FUNCTIONS; devfn++) {
		struct pci_dev *other;

		/* without ARI a function number has three bits */
		if (!ari && PCI_SLOT(devfn) != PCI_SLOT(r->pdev->devfn))
			continue;
		other = pci_get_slot(r->pdev->bus, devfn);
		if (!other)
			continue;
		if (cxla_is_spared(r->pdev, map, other))
			pci_dev_put(other);
		else
			r->functions[r->nr++] = other;
	}
}

/* -EAGAIN: somebody is busy with one of them */
static int cxla_reset_lock(struct cxla_reset *r)
{
	for (; r->locked < r->nr; r->locked++) {
		struct pci_dev *pdev = r->functions[r->locked];

		if (!device_trylock(&pdev->dev)) {
			pci_dbg(r->pdev, "%s is busy\n", pci_name(pdev));
			return -EAGAIN;
		}
	}
	return 0;
}

static void cxla_reset_release(struct cxla_reset *r)
{
	while (r->locked--)
		device_unlock(&r->functions[r->locked]->dev);
	while (r->nr--)
		pci_dev_put(r->functions[r->nr]);
}

static const struct pci_error_handlers *cxla_handlers(struct pci_dev *pdev)
{
	struct pci_driver *drv = pdev->dev.driver ?
		to_pci_driver(pdev->dev.driver) : NULL;

	return drv ? drv->err_handler : NULL;
}

/* -EBUSY: somebody can't be told */
static int cxla_reset_check_drivers(struct cxla_reset *r)
{
	for (int i = 0; i < r->nr; i++) {
		struct pci_dev *pdev = r->functions[i];
		const struct pci_error_handlers *h = cxla_handlers(pdev);

		if (!pdev->dev.driver || (h && h->reset_prepare && h->reset_done))
			continue;
		pci_warn(r->pdev, "no CXL Reset: driver %s of %s can't be told of one\n",
			 pdev->dev.driver->name, pci_name(pdev));
		return -EBUSY;
	}
	return 0;
}

static int cxla_reset_is_online(const struct range *range, void *unused)
{
	return cxla_range_in_iomem(range, IORESOURCE_SYSTEM_RAM) ? -EBUSY : 0;
}

/*
 * -EBUSY: memory of a function is in use. What hardware decodes is asked, as memory
 * that is online outlives whoever gave it away: memdev, endpoint, or another driver.
 */
static int cxla_reset_check_memory(struct cxla_reset *r)
{
	for (int i = 0; i < r->nr; i++) {
		struct cxla_peek peek = { .visit = cxla_reset_is_online };

		cxla_peek(r->functions[i], true, &peek);
		if (peek.result) {
			pci_warn(r->pdev, "no CXL Reset: memory of %s is online as System RAM\n",
				 pci_name(r->functions[i]));
			return peek.result;
		}
	}
	return 0;
}

/* ------------------------------ the reset -------------------------- */

static unsigned int cxla_reset_timeout_ms(u16 cap)
{
	static const unsigned int ms[8] = { 10, 100, 1000, 10000, 100000 };

	/* of a reserved value nothing is known: as the longest */
	return ms[FIELD_GET(DVSEC_CAP_RESET_TIMEOUT, cap)] ?: 100000;
}

static u16 cxla_reset_read(struct cxla_reset *r, int reg)
{
	return cxla_cfg_read16(r->pdev, r->dvsec + reg);
}

/*
 * What begins something is written by who wants it begun, and by nobody else.
 * -ENXIO: the device does not answer.
 */
static int cxla_reset_ctrl2(struct cxla_reset *r, u16 clear, u16 set)
{
	u16 ctrl = cxla_reset_read(r, DVSEC_CTRL2);

	if (PCI_POSSIBLE_ERROR(ctrl)) {
		pci_err(r->pdev, "CXL Reset: the device does not answer\n");
		return -ENXIO;
	}
	clear |= DVSEC_CTRL2_WRITEBACK | DVSEC_CTRL2_RESET;
	cxla_cfg_write16(r->pdev, r->dvsec + DVSEC_CTRL2, (ctrl & ~clear) | set);
	return 0;
}

/* for any of @bits; @status: as read last. -ETIMEDOUT: none came in time */
static int cxla_reset_wait(struct cxla_reset *r, u16 bits, u16 *status)
{
	unsigned long end = jiffies +
		msecs_to_jiffies(cxla_reset_timeout_ms(r->cap));

	for (;;) {
		/* before the look, so that the last one is when time is over */
		bool late = time_after(jiffies, end);

		*status = cxla_reset_read(r, DVSEC_STATUS2);
		/* while it is reset it may not answer */
		if (!PCI_POSSIBLE_ERROR(*status) && *status & bits)
			return 0;
		if (late)
			return -ETIMEDOUT;
		msleep(POLL_MS);
	}
}

/* what the device has cached of the host's memory goes back there */
static int cxla_reset_write_back(struct cxla_reset *r)
{
	u16 status;
	int rc;

	if (!(r->cap & DVSEC_CAP_CACHE))
		return 0;
	rc = cxla_reset_ctrl2(r, 0, DVSEC_CTRL2_DISABLE_CACHING);
	if (rc || !(r->cap & DVSEC_CAP_WRITEBACK))
		return rc;
	rc = cxla_reset_ctrl2(r, 0, DVSEC_CTRL2_WRITEBACK);
	if (rc)
		return rc;
	rc = cxla_reset_wait(r, DVSEC_STATUS2_CACHE_INVALID, &status);
	if (rc)
		pci_err(r->pdev, "no CXL Reset: its cache is not written back in %u ms\n",
			cxla_reset_timeout_ms(r->cap));
	return rc;
}

static int cxla_reset_initiate(struct cxla_reset *r)
{
	u16 status;
	int rc;

	rc = cxla_reset_ctrl2(r, 0, DVSEC_CTRL2_RESET);
	if (rc)
		return rc;
	rc = cxla_reset_wait(r, DVSEC_STATUS2_RESET_COMPLETE |
			     DVSEC_STATUS2_RESET_ERROR, &status);
	if (rc)
		pci_err(r->pdev, "CXL Reset does not end in %u ms\n",
			cxla_reset_timeout_ms(r->cap));
	else if (status & DVSEC_STATUS2_RESET_ERROR)
		rc = -EIO;
	if (rc == -EIO)
		pci_err(r->pdev, "CXL Reset ended with an error\n");
	return rc;
}

static void cxla_reset_quiesce(struct pci_dev *pdev)
{
	const struct pci_error_handlers *h = cxla_handlers(pdev);

	if (h)
		h->reset_prepare(pdev);
	pci_save_state(pdev);
	pci_clear_master(pdev);
	if (!pci_wait_for_pending_transaction(pdev))
		pci_warn(pdev, "transactions are pending before a CXL Reset\n");
}

static void cxla_reset_resume(struct pci_dev *pdev)
{
	const struct pci_error_handlers *h = cxla_handlers(pdev);

	pci_restore_state(pdev);
	/* for the drivers' recovery from errors */
	cxla_pci_save(pdev);
	if (h)
		h->reset_done(pdev);
}

static int cxla_reset_quiesced(struct cxla_reset *r)
{
	int rc;

	rc = cxla_reset_write_back(r);
	if (!rc)
		rc = cxla_reset_initiate(r);
	if (r->cap & DVSEC_CAP_CACHE)
		cxla_reset_ctrl2(r, DVSEC_CTRL2_DISABLE_CACHING, 0);
	return rc;
}

static int cxla_reset_all(struct cxla_reset *r)
{
	int rc;

	for (int i = 0; i < r->nr; i++)
		cxla_reset_quiesce(r->functions[i]);
	/* until their drivers were told it may have come online */
	rc = cxla_reset_check_memory(r);
	if (!rc)
		rc = cxla_reset_quiesced(r);
	for (int i = 0; i < r->nr; i++)
		cxla_reset_resume(r->functions[i]);
	return rc;
}

/**
 * cxla_cxl_reset() - reset CXL.cache and CXL.mem of a device
 * @pdev: device, referenced
 * @get: asked when @pdev is locked: its state, or NULL when it is not the caller's
 *	any more
 * @arg: passed to it
 *
 * The range is revoked before, and what the reset took of decoders comes back
 * after, as for any reset.
 *
 * Context: sleeps, for as long as the device advertises: 100 s at most; no lock of
 * a device is held.
 * Return: 0: it was reset. Nothing was touched: -ENODEV: @get says so; -EAGAIN: a
 * function is locked by somebody else; -EBUSY: a function has a driver that can't
 * be told, or memory of one is online, and all drivers may have been told that a reset
 * is over, which was none; -EOPNOTSUPP: the device has no CXL Reset, or
 * caches of CPUs can't be written back; -ENOMEM. -ETIMEDOUT, -EIO, -ENXIO: the device
 * did not comply, or does not answer; all drivers were told that a reset is over.
 */
int cxla_cxl_reset(struct pci_dev *pdev,
		   struct cxl_dev_state *(*get)(void *arg), void *arg)
{
	struct cxl_dev_state *cxlds;
	int rc;

	struct cxla_reset *r __free(kfree) = kzalloc(sizeof(*r), GFP_KERNEL);
	if (!r)
		return -ENOMEM;
	r->pdev = pdev;
	cxla_reset_find(r);
	rc = cxla_reset_lock(r);
	if (rc)
		goto out;
	rc = -ENODEV;
	cxlds = get(arg);
	if (!cxlds)
		goto out;
	rc = -EOPNOTSUPP;
	r->dvsec = cxlds->cxl_dvsec;
	if (!r->dvsec || !cxla_cache_can_invalidate())
		goto out;
	r->cap = cxla_reset_read(r, DVSEC_CAP);
	if (PCI_POSSIBLE_ERROR(r->cap) || !(r->cap & DVSEC_CAP_RESET))
		goto out;
	rc = cxla_reset_check_drivers(r);
	if (!rc)
		rc = cxla_reset_check_memory(r);
	if (!rc)
		rc = cxla_reset_all(r);
out:
	cxla_reset_release(r);
	return rc;
}
EXPORT_SYMBOL_NS_GPL(cxla_cxl_reset, "CXL");

/**
 * cxla_ioctl_reset() - CXLA_IOC_RESET
 * @request: of the caller
 * @pdev: as for cxla_cxl_reset()
 * @get: the same
 * @arg: the same
 *
 * Return: 0; -EFAULT, -EINVAL, -E2BIG: @request; or as cxla_cxl_reset().
 */
long cxla_ioctl_reset(const struct cxla_reset_request __user *request,
		      struct pci_dev *pdev,
		      struct cxl_dev_state *(*get)(void *arg), void *arg)
{
	struct cxla_reset_request r;
	u32 size;
	int rc;

	if (get_user(size, &request->size))
		return -EFAULT;
	if (size < sizeof(r))
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	rc = copy_struct_from_user(&r, sizeof(r), request, size);
	if (rc)
		return rc;
	return r.flags ? -EINVAL : cxla_cxl_reset(pdev, get, arg);
}
EXPORT_SYMBOL_NS_GPL(cxla_ioctl_reset, "CXL");
