// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: where a device's decoders lead, without binding it
 *
 * Whose memory a range is depends on devices that no driver has yet, or that
 * another driver has. Their decoders are read, and nothing of them is written.
 *
 * What a decoder's values are worth to a region is not asked: out of order,
 * overlapping, with ways that don't exist, it decodes, and what it decodes is
 * the device's. Only a size of zero maps nothing.
 *
 * Registers are read of a device that is in D0, that is not runtime suspended,
 * and that decodes memory, as do the bridges above it: no other answers.
 */
#include <linux/io.h>
#include <linux/pci.h>
#include <linux/pm_runtime.h>

#include "access.h"
#include "block_regs.h"
#include "decoder.h"
#include "pci.h"
#include "peek.h"

/* base and size have bits for units of this; those below are reserved */
#define PEEK_UNIT	((u64)SZ_256M)

int cxla_peek_tell(struct cxla_peek *peek, u64 start, u64 end)
{
	const struct range range = { start, end };

	peek->result = peek->visit(&range, peek->arg);
	return peek->result;
}
EXPORT_SYMBOL_NS_GPL(cxla_peek_tell, "CXL");

/* ----------------------------- registers --------------------------- */

/*
 * The range of a committed decoder. Hardware may ignore reserved bits or not;
 * they count where they make the range larger. One that wraps ends with the
 * last byte of all.
 */
bool cxla_peek_range(const struct cxl_hdm_regs *regs, struct range *range)
{
	u64 base = (u64)regs->base_high << 32 | regs->base_low;
	u64 size = (u64)regs->size_high << 32 | regs->size_low;

	if (!size)
		return false;
	range->start = base & ~(PEEK_UNIT - 1);
	if (check_add_overflow(base, size - 1, &range->end))
		range->end = U64_MAX;
	return true;
}
EXPORT_SYMBOL_NS_GPL(cxla_peek_range, "CXL");

/* all ones may be a value; when the device is gone they are in control as well */
static bool cxla_peek_is_gone(void __iomem *hdm, int id,
			      const struct cxl_hdm_regs *regs)
{
	if (!PCI_POSSIBLE_ERROR(regs->base_low) &&
	    !PCI_POSSIBLE_ERROR(regs->base_high) &&
	    !PCI_POSSIBLE_ERROR(regs->size_low) &&
	    !PCI_POSSIBLE_ERROR(regs->size_high) &&
	    !PCI_POSSIBLE_ERROR(regs->tl_low) &&
	    !PCI_POSSIBLE_ERROR(regs->tl_high))
		return false;
	return PCI_POSSIBLE_ERROR(cxla_readl(hdm + CXL_HDM_DECODER(id) +
					     CXL_HDM_CTRL));
}

static int cxla_peek_each(void __iomem *hdm, size_t size, cxla_peek_fn each,
			  void *arg, u32 *global)
{
	struct cxl_hdm_caps caps;
	struct cxl_hdm_regs regs;
	int rc = 0, error = 0;

	if (cxl_hdm_decode_caps(cxla_readl(hdm + CXL_HDM_CAP), &caps) ||
	    CXL_HDM_BLOCK_SIZE(caps.decoder_count) > size)
		return -ENXIO;
	*global = cxla_readl(hdm + CXL_HDM_GLOBAL_CTRL);
	if (PCI_POSSIBLE_ERROR(*global))
		return -ENXIO;
	/* one that does not answer has nothing to say; the others may */
	for (int i = 0; i < caps.decoder_count && !rc; i++) {
		cxla_hdm_read_decoder(hdm, i, &regs);
		if (PCI_POSSIBLE_ERROR(regs.ctrl) ||
		    cxla_peek_is_gone(hdm, i, &regs))
			error = -ENXIO;
		else
			rc = each(&regs, &caps, arg);
	}
	return rc ?: error;
}

/**
 * cxla_peek_decoders() - read the decoders of a component
 * @map: its component registers, with an HDM decoder capability
 * @each: called for each decoder, also for those that are not committed
 * @arg: passed to it
 * @global: result: the global control, when all was read
 *
 * Return: 0, or what @each returned; -ENXIO: it does not answer, or some
 * decoder of it does not; -ENOMEM.
 */
int cxla_peek_decoders(const struct cxl_register_map *map, cxla_peek_fn each,
		       void *arg, u32 *global)
{
	const struct cxl_reg_map *reg = &map->component_map.hdm_decoder;
	void __iomem *hdm;
	int rc;

	hdm = ioremap(map->resource + reg->offset, reg->size);
	if (!hdm)
		return -ENOMEM;
	rc = cxla_peek_each(hdm, reg->size, each, arg, global);
	iounmap(hdm);
	return rc;
}
EXPORT_SYMBOL_NS_GPL(cxla_peek_decoders, "CXL");

/* ------------------------------- power ----------------------------- */

/**
 * cxla_peek_answers() - can configuration space be read
 * @pdev: device
 *
 * Context: no lock.
 * Return: false: it has no power, or is gone.
 */
bool cxla_peek_answers(struct pci_dev *pdev)
{
	if (READ_ONCE(pdev->current_state) == PCI_D3cold)
		return false;
	return !PCI_POSSIBLE_ERROR(cxla_cfg_read32(pdev, PCI_VENDOR_ID));
}
EXPORT_SYMBOL_NS_GPL(cxla_peek_answers, "CXL");

/* as long as no driver has enabled it the PCI core does not know its state */
static bool cxla_peek_is_in_d0(struct pci_dev *pdev)
{
	pci_power_t state = READ_ONCE(pdev->current_state);
	u16 pmcsr;

	if (state != PCI_UNKNOWN)
		return state == PCI_D0;
	if (!pdev->pm_cap)
		return true;
	pmcsr = cxla_cfg_read16(pdev, pdev->pm_cap + PCI_PM_CTRL);
	return (pmcsr & PCI_PM_CTRL_STATE_MASK) == (u16 __force)PCI_D0;
}

static bool cxla_peek_is_decoding(struct pci_dev *pdev)
{
	u16 command = cxla_cfg_read16(pdev, PCI_COMMAND);

	return !PCI_POSSIBLE_ERROR(command) && command & PCI_COMMAND_MEMORY;
}

/**
 * cxla_peek_reaches() - do reads of registers get as far as a device
 * @pdev: device
 *
 * Return: true when it is in D0, and all bridges above are and decode memory.
 */
bool cxla_peek_reaches(struct pci_dev *pdev)
{
	struct pci_dev *bridge = pdev;

	if (!cxla_peek_is_in_d0(pdev))
		return false;
	while ((bridge = pci_upstream_bridge(bridge)))
		if (!cxla_peek_is_in_d0(bridge) ||
		    !cxla_peek_is_decoding(bridge))
			return false;
	return true;
}
EXPORT_SYMBOL_NS_GPL(cxla_peek_reaches, "CXL");

/* as pci_enable_resources() wants it: no BAR decodes what is somebody else's */
static bool cxla_peek_has_places(struct pci_dev *pdev)
{
	for (int i = 0; i <= PCI_ROM_RESOURCE; i++) {
		const struct resource *res = &pdev->resource[i];

		if (!(res->flags & IORESOURCE_MEM) ||
		    (i == PCI_ROM_RESOURCE &&
		     !(res->flags & IORESOURCE_ROM_ENABLE)))
			continue;
		if (res->flags & IORESOURCE_UNSET || !res->parent)
			return false;
	}
	return true;
}

/* ------------------------------- device ---------------------------- */

static int cxla_peek_endpoint_decoder(const struct cxl_hdm_regs *regs,
				      const struct cxl_hdm_caps *caps,
				      void *peek)
{
	struct range range;

	if (!cxl_hdm_ctrl_active(regs->ctrl) || !cxla_peek_range(regs, &range))
		return 0;
	return cxla_peek_tell(peek, range.start, range.end);
}

/* *@on: its decoders are read, and are what it decodes by */
static int cxla_peek_hdm(struct pci_dev *pdev, struct cxla_peek *peek, bool *on)
{
	struct cxl_register_map map;
	u32 global;
	int rc;

	rc = cxla_pci_probe_regs(pdev, &map);
	/* one without is known to have no decoder */
	if (rc == -ENODEV || (!rc && !map.component_map.hdm_decoder.valid))
		return 0;
	if (rc)
		return rc;
	rc = cxla_peek_decoders(&map, cxla_peek_endpoint_decoder, peek,
				&global);
	*on = !rc && global & CXL_HDM_GLOBAL_ENABLE;
	return rc;
}

/* with memory decoding, which is put back as it was */
static int cxla_peek_decoding(struct pci_dev *pdev, bool locked,
			      struct cxla_peek *peek, bool *on)
{
	u16 command = cxla_cfg_read16(pdev, PCI_COMMAND);
	int rc;

	if (PCI_POSSIBLE_ERROR(command))
		return -ENXIO;
	if (command & PCI_COMMAND_MEMORY)
		return cxla_peek_hdm(pdev, peek, on);
	/* a driver has its reasons, and who has the lock may be about to bind */
	if (!locked || pdev->dev.driver || !cxla_peek_has_places(pdev))
		return -ENXIO;
	if (cxla_cfg_write16(pdev, PCI_COMMAND, command | PCI_COMMAND_MEMORY))
		return -ENXIO;
	rc = cxla_peek_hdm(pdev, peek, on);
	cxla_cfg_write16(pdev, PCI_COMMAND, command);
	return rc;
}

static int cxla_peek_awake(struct pci_dev *pdev, bool locked,
			   struct cxla_peek *peek, bool *on)
{
	/* 1: stays active until it is put; 0: it is not; -EINVAL: always is */
	int active = pm_runtime_get_if_active(&pdev->dev);
	int rc = -ENXIO;

	if (active && cxla_peek_reaches(pdev))
		rc = cxla_peek_decoding(pdev, locked, peek, on);
	if (active > 0)
		pm_runtime_put(&pdev->dev);
	return rc;
}

/*
 * The ranges of the DVSEC decode while HDM decoders are not enabled, or not
 * there (CXL 3.1 sections 8.1.3.8 and 8.2.4.20.2). So they count unless the
 * decoders were read, every one, and HDM Decoder Enable is set. Whether
 * Mem_Enable and Memory_Active are set does not matter, nor how many ranges
 * HDM_Count says there are: the former may be set by the driver that comes, and
 * firmware gave the range a place.
 */
static int cxla_peek_dvsec(struct pci_dev *pdev, int dvsec,
			   struct cxla_peek *peek)
{
	struct cxl_dvsec_range range;
	u64 end;
	int rc;

	for (int i = 0; i < CXLA_DVSEC_RANGES; i++) {
		/* of the second one it may be too short to speak */
		rc = cxla_dvsec_range(pdev, dvsec, i, &range);
		if (rc)
			return i ? 0 : rc;
		if (!cxl_dvsec_range_maps(&range))
			continue;
		if (check_add_overflow(range.base, range.size - 1, &end))
			end = U64_MAX;
		rc = cxla_peek_tell(peek, range.base, end);
		if (rc)
			return rc;
	}
	return 0;
}

/**
 * cxla_peek() - visit the ranges that a device decodes
 * @pdev: device
 * @locked: its lock is held
 * @peek: who is told of each range of a committed decoder, whatever the
 *	decoder's faults, and of those of its DVSEC that decode
 *
 * When its lock is held a device without driver whose memory decoding is off
 * has it on meanwhile. The registers of any other that does not decode memory,
 * or is not in D0, are not read.
 *
 * Context: sleeps.
 * Return: 0: it has said all that it decodes; or what @peek returned; -ENODEV:
 * not a CXL device; -ENXIO: it could not be asked, or not all of it; what its
 * DVSEC says was told; -ENOMEM.
 */
int cxla_peek(struct pci_dev *pdev, bool locked, struct cxla_peek *peek)
{
	bool on = false;
	int dvsec, rc, dvsec_rc;

	if (locked)
		device_lock_assert(&pdev->dev);
	if (!cxla_peek_answers(pdev))
		return -ENXIO;
	dvsec = cxla_pci_find_dvsec(pdev, PCI_DVSEC_CXL_DEVICE);
	if (!dvsec)
		return -ENODEV;
	peek->result = 0;
	rc = cxla_peek_awake(pdev, locked, peek, &on);
	if (peek->result || rc == -ENOMEM || on)
		return rc;
	dvsec_rc = cxla_peek_dvsec(pdev, dvsec, peek);
	return peek->result ?: rc ?: dvsec_rc;
}
EXPORT_SYMBOL_NS_GPL(cxla_peek, "CXL");
