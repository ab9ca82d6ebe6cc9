// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: decoders emulated from the ranges of the DVSEC
 *
 * A device decodes by the ranges of its DVSEC for CXL devices while its HDM
 * decoders are not enabled, or not there: CXL 3.1 sections 8.1.3.8 and
 * 8.2.4.20.2. Older firmware, and first devices, use nothing else. Such a range
 * is a decoder that is committed and locked: not interleaved, at the device
 * memory that follows that of the range in front of it.
 *
 * What stands for a register is made up here, so that no reader of decoders has
 * to know. Nothing is written: HDM Decoder Enable would end what is decoded.
 */
#include <linux/pci.h>

#include "access.h"
#include "block_regs.h"
#include "decoder.h"
#include "pci.h"

#define EMULATED_ADDR_LOW	GENMASK(31, 28)

static struct cxl_dev_state *cxla_port_cxlds(const struct cxl_port *port)
{
	return to_cxl_memdev(port->uport_dev)->cxlds;
}

/* 1: it is enabled for CXL.mem; 0: it is not; -ENXIO: it does not answer */
static int cxla_mem_is_enabled(struct cxl_dev_state *cxlds)
{
	u16 ctrl = cxla_cfg_read16(to_pci_dev(cxlds->dev),
				   cxlds->cxl_dvsec + CXLA_DVSEC_CTRL);

	if (PCI_POSSIBLE_ERROR(ctrl))
		return -ENXIO;
	return !!(ctrl & CXLA_DVSEC_CTRL_MEM_ENABLE);
}

/**
 * cxla_emulate() - does an endpoint decode by the ranges of its DVSEC
 * @port: endpoint port; none of its HDM decoders is committed
 *
 * Sets @port->emulated. A device whose HDM decoders are enabled does not, and
 * one with Mem_Enable clear decodes nothing.
 *
 * Context: sleeps; nobody else reads the decoders of @port.
 * Return: 0, or -ENXIO: the device does not answer.
 */
int cxla_emulate(struct cxl_port *port)
{
	struct cxl_dev_state *cxlds = cxla_port_cxlds(port);
	struct cxl_dvsec_range range;
	int rc;

	port->emulated = false;
	if (!dev_is_pci(cxlds->dev) || !cxlds->cxl_dvsec)
		return 0;
	if (port->hdm) {
		u32 global = cxla_readl(port->hdm + CXL_HDM_GLOBAL_CTRL);

		if (PCI_POSSIBLE_ERROR(global))
			return -ENXIO;
		if (global & CXL_HDM_GLOBAL_ENABLE)
			return 0;
	}
	rc = cxla_mem_is_enabled(cxlds);
	if (rc <= 0)
		return rc;
	/* without a first range a second one has no device memory of its own */
	rc = cxla_dvsec_range(to_pci_dev(cxlds->dev), cxlds->cxl_dvsec, 0,
			      &range);
	if (rc)
		return rc;
	port->emulated = cxl_dvsec_range_maps(&range);
	return 0;
}

/**
 * cxla_emulate_read() - the registers that a decoder would have
 * @port: endpoint port, emulated
 * @id: its instance
 * @regs: what is made up; all ones when the device does not answer
 *
 * Of a range that does not decode, and of a decoder without range, LOCK alone
 * is set: there is nothing to write.
 */
void cxla_emulate_read(struct cxl_port *port, int id, struct cxl_hdm_regs *regs)
{
	struct cxl_dev_state *cxlds = cxla_port_cxlds(port);
	struct cxl_dvsec_range range = { };
	int enabled;

	*regs = (struct cxl_hdm_regs) { .ctrl = CXL_HDM_CTRL_LOCK };
	if (id >= CXLA_DVSEC_RANGES)
		return;
	enabled = cxla_mem_is_enabled(cxlds);
	/* the second one may be absent; the first one was there */
	if (enabled < 0 ||
	    (cxla_dvsec_range(to_pci_dev(cxlds->dev), cxlds->cxl_dvsec, id,
			      &range) && !id)) {
		regs->ctrl = ~0U;
		return;
	}
	if (!enabled || !cxl_dvsec_range_maps(&range))
		return;
	regs->ctrl |= CXL_HDM_CTRL_COMMIT | CXL_HDM_CTRL_COMMITTED;
	/* a range does not say how the host is coherent with it: the driver knows */
	if (cxlds->type == CXL_DEVTYPE_CLASSMEM)
		regs->ctrl |= CXL_HDM_CTRL_HOSTONLY;
	regs->base_low = lower_32_bits(range.base) & EMULATED_ADDR_LOW;
	regs->base_high = upper_32_bits(range.base);
	regs->size_low = lower_32_bits(range.size) & EMULATED_ADDR_LOW;
	regs->size_high = upper_32_bits(range.size);
}
