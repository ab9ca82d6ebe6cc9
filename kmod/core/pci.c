// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: CXL in PCI configuration space
 *
 * DVSECs (CXL 3.1 section 8.1) and the PCI side of ports. Configuration space
 * is walked here, and not by the PCI core's helpers, so that accesses are
 * counted, and so that a list that a broken device closed to a ring ends.
 */
#include <linux/pci.h>

#include "access.h"
#include "block_regs.h"
#include "pci.h"

/* extended configuration space holds at most this many capabilities */
#define MAX_EXT_CAPS	((PCI_CFG_SPACE_EXP_SIZE - PCI_CFG_SPACE_SIZE) / 8)

#define DVSEC_CXL_CAP			0x0a
#define DVSEC_CXL_RANGE_SIZE		0x10
#define DVSEC_CXL_RANGE(i)		(0x18 + DVSEC_CXL_RANGE_SIZE * (i))
#define DVSEC_LOCATOR_BLOCK(i)		(0x0c + 8 * (i))
/* the specification defines half a dozen kinds of block */
#define MAX_BLOCKS			32

/* the next extended capability @id after @pos, or 0; *@left bounds the walk */
static int cxla_next_ext_cap(struct pci_dev *pdev, int pos, u16 id, int *left)
{
	if (pdev->cfg_size <= PCI_CFG_SPACE_SIZE)
		return 0;

	if (pos)
		pos = PCI_EXT_CAP_NEXT(cxla_cfg_read32(pdev, pos));
	else
		pos = PCI_CFG_SPACE_SIZE;

	while (pos >= PCI_CFG_SPACE_SIZE && (*left)--) {
		u32 header = cxla_cfg_read32(pdev, pos);

		if (!header || PCI_POSSIBLE_ERROR(header))
			return 0;
		if (PCI_EXT_CAP_ID(header) == id)
			return pos;
		pos = PCI_EXT_CAP_NEXT(header);
	}
	return 0;
}

/**
 * cxla_pci_find_dvsec() - find a CXL DVSEC
 * @pdev: device
 * @id: PCI_DVSEC_CXL_...
 *
 * Return: its offset, or 0.
 */
int cxla_pci_find_dvsec(struct pci_dev *pdev, u16 id)
{
	int left = MAX_EXT_CAPS, pos = 0;

	while ((pos = cxla_next_ext_cap(pdev, pos, PCI_EXT_CAP_ID_DVSEC, &left))) {
		u32 h1 = cxla_cfg_read32(pdev, pos + PCI_DVSEC_HEADER1);
		u16 h2 = cxla_cfg_read16(pdev, pos + PCI_DVSEC_HEADER2);

		if (PCI_DVSEC_HEADER1_VID(h1) == PCI_VENDOR_ID_CXL && h2 == id)
			return pos;
	}
	return 0;
}
EXPORT_SYMBOL_NS_GPL(cxla_pci_find_dvsec, "CXL");

/**
 * cxla_pci_find_serial() - find the capability that has a device's serial number
 * @pdev: device
 *
 * Return: its offset, or 0.
 */
int cxla_pci_find_serial(struct pci_dev *pdev)
{
	int left = MAX_EXT_CAPS;

	return cxla_next_ext_cap(pdev, 0, PCI_EXT_CAP_ID_DSN, &left);
}
EXPORT_SYMBOL_NS_GPL(cxla_pci_find_serial, "CXL");

/**
 * cxla_pci_serial_at() - PCIe device serial number
 * @pdev: device
 * @pos: offset of the capability that has it, or 0
 *
 * Return: the number, or 0: it has none.
 */
u64 cxla_pci_serial_at(struct pci_dev *pdev, int pos)
{
	u32 low, high;

	if (!pos)
		return 0;
	low = cxla_cfg_read32(pdev, pos + 4);
	high = cxla_cfg_read32(pdev, pos + 8);
	return (u64)high << 32 | low;
}
EXPORT_SYMBOL_NS_GPL(cxla_pci_serial_at, "CXL");

/* the BAR that a locator entry names must be there, and hold the block */
static int cxla_locate_block(struct pci_dev *pdev,
			     const struct cxl_locator_entry *entry,
			     struct cxl_register_map *map)
{
	unsigned long flags = pci_resource_flags(pdev, entry->bir);
	resource_size_t len = pci_resource_len(pdev, entry->bir);
	bool component = entry->block_id == CXL_REGLOC_RBI_COMPONENT;
	/* of other blocks only the capability array has a known size */
	resource_size_t least = component ? CXL_COMPONENT_BLOCK_SIZE : SZ_4K;

	if (!(flags & IORESOURCE_MEM) || flags & IORESOURCE_UNSET || !len) {
		pci_err(pdev, "register block %u is in BAR %u, which has no address\n",
			entry->block_id, entry->bir);
		return -ENXIO;
	}
	if (entry->offset >= len || len - entry->offset < least) {
		pci_err(pdev,
			"register block %u at %#llx reaches out of BAR %u\n",
			entry->block_id, entry->offset, entry->bir);
		return -ENXIO;
	}
	map->resource = pci_resource_start(pdev, entry->bir) + entry->offset;
	map->max_size = component ? least : len - entry->offset;
	return 0;
}

/* all of the Register Locator's entries; the number of them, or an error */
static int cxla_read_locator(struct pci_dev *pdev, int dvsec,
			     struct cxl_locator_entry *entries)
{
	int count;
	u32 h1;

	h1 = cxla_cfg_read32(pdev, dvsec + PCI_DVSEC_HEADER1);
	if (PCI_POSSIBLE_ERROR(h1))
		return -ENXIO;
	count = cxl_locator_nr_entries(PCI_DVSEC_HEADER1_LEN(h1));
	if (count > MAX_BLOCKS ||
	    dvsec + DVSEC_LOCATOR_BLOCK(count) > PCI_CFG_SPACE_EXP_SIZE) {
		pci_err(pdev, "register locator says that it has %d entries\n",
			count);
		return -ENXIO;
	}

	for (int i = 0; i < count; i++) {
		int pos = dvsec + DVSEC_LOCATOR_BLOCK(i);
		u32 low = cxla_cfg_read32(pdev, pos);
		u32 high = cxla_cfg_read32(pdev, pos + 4);

		if (cxl_locator_decode(low, high, &entries[i])) {
			pci_err(pdev, "register locator entry %d is broken: %#010x %#010x\n",
				i, high, low);
			return -ENXIO;
		}
	}
	return count;
}

/**
 * cxla_pci_find_block() - where a register block is
 * @pdev: device
 * @type: enum cxl_regloc_type
 * @map: @resource and @max_size are set
 *
 * Return: 0; -ENODEV: no such block; -ENXIO: the locator is broken, or the block
 * is not in its BAR, also said in the log.
 */
int cxla_pci_find_block(struct pci_dev *pdev, enum cxl_regloc_type type,
			struct cxl_register_map *map)
{
	struct cxl_locator_entry entries[MAX_BLOCKS];
	int dvsec, count, found = -1;

	dvsec = cxla_pci_find_dvsec(pdev, PCI_DVSEC_CXL_REG_LOCATOR);
	if (!dvsec)
		return -ENODEV;
	count = cxla_read_locator(pdev, dvsec, entries);
	if (count < 0)
		return count;

	for (int i = 0; i < count; i++) {
		if (entries[i].block_id != type)
			continue;
		if (found >= 0) {
			pci_err(pdev, "register block %u is located twice\n",
				type);
			return -ENXIO;
		}
		found = i;
	}
	if (found < 0)
		return -ENODEV;
	for (int i = 0; i < count; i++) {
		if (i == found || entries[i].block_id == CXL_REGLOC_RBI_EMPTY ||
		    !cxl_locator_overlap(&entries[i], &entries[found]))
			continue;
		pci_err(pdev, "register blocks %u and %u are at the same place\n",
			entries[found].block_id, entries[i].block_id);
		return -ENXIO;
	}
	return cxla_locate_block(pdev, &entries[found], map);
}
EXPORT_SYMBOL_NS_GPL(cxla_pci_find_block, "CXL");

/**
 * cxla_pci_probe_regs() - find the component registers of a device
 * @pdev: device, enabled, of any driver
 * @map: result
 *
 * Context: may sleep.
 * Return: as cxl_pci_setup_regs(), which is for who binds to the device.
 */
int cxla_pci_probe_regs(struct pci_dev *pdev, struct cxl_register_map *map)
{
	int rc;

	*map = (struct cxl_register_map) {
		.host = &pdev->dev,
		.resource = CXL_RESOURCE_NONE,
		.reg_type = CXL_REGLOC_RBI_COMPONENT,
	};
	rc = cxla_pci_find_block(pdev, CXL_REGLOC_RBI_COMPONENT, map);
	if (!rc)
		rc = cxla_probe_component_regs(map);
	/* what is there and broken is not the same as absent */
	if (rc && rc != -ENODEV)
		map->reg_type = CXL_REGLOC_RBI_EMPTY;
	return rc;
}
EXPORT_SYMBOL_NS_GPL(cxla_pci_probe_regs, "CXL");

/**
 * cxla_dvsec_sizes() - what a device says of its memory
 * @pdev: device
 * @dvsec: offset of its DVSEC for CXL devices
 * @ranges: result: CXLA_DVSEC_RANGES of them. Where one is decoded is the HDM
 *	decoders' to say: it is not looked at
 * @capacity: result: bytes, the sum of those that are valid
 *
 * CXL 3.1 section 8.1.3.8. Return: how many ranges there are, at most 2; -ENXIO:
 * the DVSEC is broken, or says that there is no CXL.mem.
 */
int cxla_dvsec_sizes(struct pci_dev *pdev, int dvsec,
		     struct cxl_dvsec_range *ranges, u64 *capacity)
{
	int count = cxl_dvsec_range_count(cxla_cfg_read16(pdev,
							  dvsec + DVSEC_CXL_CAP));

	*capacity = 0;
	for (int i = 0; i < count; i++) {
		int pos = dvsec + DVSEC_CXL_RANGE(i);
		u32 size_high, size_low;

		size_high = cxla_cfg_read32(pdev, pos);
		size_low = cxla_cfg_read32(pdev, pos + 4);
		if (cxl_dvsec_range_decode(size_high, size_low, 0, 0, &ranges[i]))
			return -ENXIO;
		if (ranges[i].valid &&
		    check_add_overflow(*capacity, ranges[i].size, capacity))
			return -ENXIO;
	}
	return count;
}
EXPORT_SYMBOL_NS_GPL(cxla_dvsec_sizes, "CXL");

/**
 * cxla_dvsec_range() - where a range of the DVSEC for CXL devices is
 * @pdev: device
 * @dvsec: offset of its DVSEC for CXL devices
 * @i: number of the range, 0 or 1
 * @range: result
 *
 * CXL 3.1 section 8.1.3.8. How many ranges the device says that it has does not
 * matter here: one that it has not is not valid.
 *
 * Return: 0; -ENXIO: the device does not answer, or its DVSEC is too short to
 * have that range.
 */
int cxla_dvsec_range(struct pci_dev *pdev, int dvsec, int i,
		     struct cxl_dvsec_range *range)
{
	int pos = dvsec + DVSEC_CXL_RANGE(i);
	u32 size_high, size_low, base_high, base_low, h1;

	*range = (struct cxl_dvsec_range) { };
	h1 = cxla_cfg_read32(pdev, dvsec + PCI_DVSEC_HEADER1);
	if (PCI_POSSIBLE_ERROR(h1) ||
	    PCI_DVSEC_HEADER1_LEN(h1) < DVSEC_CXL_RANGE(i + 1))
		return -ENXIO;
	size_high = cxla_cfg_read32(pdev, pos);
	size_low = cxla_cfg_read32(pdev, pos + 4);
	base_high = cxla_cfg_read32(pdev, pos + 8);
	base_low = cxla_cfg_read32(pdev, pos + 12);
	return cxl_dvsec_range_decode(size_high, size_low, base_high, base_low,
				      range);
}
EXPORT_SYMBOL_NS_GPL(cxla_dvsec_range, "CXL");

/**
 * cxla_pci_port_number() - the number of a downstream port in target lists
 * @pdev: root port, or downstream port of a switch
 *
 * Return: the port number of its link capabilities, or -ENXIO: it does not
 * answer, or is none.
 */
int cxla_pci_port_number(struct pci_dev *pdev)
{
	u32 lnkcap;

	if (!pci_is_pcie(pdev))
		return -ENXIO;
	lnkcap = cxla_cfg_read32(pdev, pci_pcie_cap(pdev) + PCI_EXP_LNKCAP);
	if (PCI_POSSIBLE_ERROR(lnkcap))
		return -ENXIO;
	return FIELD_GET(PCI_EXP_LNKCAP_PN, lnkcap);
}
EXPORT_SYMBOL_NS_GPL(cxla_pci_port_number, "CXL");

/**
 * cxla_pci_mem_enable() - have the device answer CXL.mem
 * @cxlmd: its memdev
 *
 * Sets Mem_Enable (CXL 3.1 section 8.1.3.2) where firmware that committed the
 * decoders left it clear. It is never cleared: a driver in mainline's form may
 * touch its range until it is unbound.
 *
 * Return: 0, or -ENXIO: the device does not answer, or does not take it.
 */
int cxla_pci_mem_enable(struct cxl_memdev *cxlmd)
{
	struct cxl_dev_state *cxlds = cxlmd->cxlds;
	int pos = cxlds->cxl_dvsec + CXLA_DVSEC_CTRL;
	struct pci_dev *pdev;
	u16 ctrl;

	if (!dev_is_pci(cxlds->dev) || !cxlds->cxl_dvsec)
		return 0;
	pdev = to_pci_dev(cxlds->dev);

	ctrl = cxla_cfg_read16(pdev, pos);
	if (!(ctrl & CXLA_DVSEC_CTRL_MEM_ENABLE)) {
		cxla_cfg_write16(pdev, pos, ctrl | CXLA_DVSEC_CTRL_MEM_ENABLE);
		ctrl = cxla_cfg_read16(pdev, pos);
	}
	return PCI_POSSIBLE_ERROR(ctrl) || !(ctrl & CXLA_DVSEC_CTRL_MEM_ENABLE) ?
	       -ENXIO : 0;
}

/**
 * cxla_pci_is_frozen() - is the device in the middle of an error recovery
 * @cxlmd: its memdev
 *
 * A driver that is bound just then has heard of no error, and hears when it is
 * over.
 */
bool cxla_pci_is_frozen(struct cxl_memdev *cxlmd)
{
	struct device *dev = cxlmd->cxlds->dev;

	return dev_is_pci(dev) && pci_channel_offline(to_pci_dev(dev));
}
EXPORT_SYMBOL_NS_GPL(cxla_pci_is_frozen, "CXL");

/**
 * cxla_pci_answers() - is a device there, and out of its reset
 * @pdev: device
 */
bool cxla_pci_answers(struct pci_dev *pdev)
{
	return !PCI_POSSIBLE_ERROR(cxla_cfg_read16(pdev, PCI_VENDOR_ID));
}

/* of what is saved: BARs may have been moved, as by resourceN_resize, and nobody saved them */
static bool cxla_pci_saved_elsewhere(struct pci_dev *pdev)
{
	const u32 *bars = &pdev->saved_config_space[PCI_BASE_ADDRESS_0 / 4];

	if (pci_channel_offline(pdev))
		return false;
	for (int i = 0; i < PCI_STD_NUM_BARS; i++) {
		u64 bus = pci_bus_address(pdev, i);

		if (!(pci_resource_flags(pdev, i) & IORESOURCE_MEM))
			continue;
		if ((bars[i] & (u32)PCI_BASE_ADDRESS_MEM_MASK) !=
		    lower_32_bits(bus))
			return true;
		if (pci_resource_flags(pdev, i) & IORESOURCE_MEM_64 &&
		    bars[i + 1] != upper_32_bits(bus))
			return true;
	}
	return false;
}

/**
 * cxla_pci_save() - have something to restore when an error is recovered from
 * @pdev: device, bound or being bound, or after a reset
 *
 * A kernel may forget what it has saved once it has restored it, as 6.12 did in its
 * first years: who was reset, or has slept, has nothing to restore then. What was
 * saved before stays where it is of use.
 */
void cxla_pci_save(struct pci_dev *pdev)
{
	if ((!pdev->state_saved || cxla_pci_saved_elsewhere(pdev)) &&
	    cxla_pci_answers(pdev))
		pci_save_state(pdev);
}
EXPORT_SYMBOL_NS_GPL(cxla_pci_save, "CXL");

/* ------------------------- error recovery -------------------------- */

/**
 * cxla_pci_error_result() - what a driver answers to error_detected()
 * @state: of the channel
 *
 * The driver has let go of its range by then: cxl_reset_begin().
 *
 * Return: what the device needs in that state.
 */
pci_ers_result_t cxla_pci_error_result(pci_channel_state_t state)
{
	switch (state) {
	case pci_channel_io_normal:
		return PCI_ERS_RESULT_CAN_RECOVER;
	case pci_channel_io_frozen:
		return PCI_ERS_RESULT_NEED_RESET;
	default:
		return PCI_ERS_RESULT_DISCONNECT;
	}
}
EXPORT_SYMBOL_NS_GPL(cxla_pci_error_result, "CXL");

pci_ers_result_t cxla_pci_mmio_enabled(struct pci_dev *pdev)
{
	return PCI_ERS_RESULT_RECOVERED;
}
EXPORT_SYMBOL_NS_GPL(cxla_pci_mmio_enabled, "CXL");

/* the driver saved the state when it was bound, and after each reset */
pci_ers_result_t cxla_pci_slot_reset(struct pci_dev *pdev)
{
	pci_restore_state(pdev);
	/* what was saved may be of a time when nobody had enabled it yet */
	if (pci_reenable_device(pdev))
		pci_err(pdev, "can't be enabled again after an error\n");
	cxla_pci_save(pdev);
	return PCI_ERS_RESULT_RECOVERED;
}
EXPORT_SYMBOL_NS_GPL(cxla_pci_slot_reset, "CXL");
