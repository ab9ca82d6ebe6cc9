// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: where a device's decoders lead, without binding it
 *
 * Whose memory a range is depends on devices that no driver has yet. Their
 * decoders are read, and nothing is written.
 */
#include <linux/io.h>
#include <linux/pci.h>

#include "access.h"
#include "core.h"
#include "pci.h"

static int cxla_peek_decoders(struct pci_dev *pdev, void __iomem *hdm,
			      size_t size,
			      int (*visit)(const struct range *range, void *arg),
			      void *arg)
{
	struct cxl_hdm_sequence sequence = { };
	struct cxl_hdm_caps caps;
	int rc = 0;

	if (cxl_hdm_decode_caps(cxla_readl(hdm + CXL_HDM_CAP), &caps) ||
	    CXL_HDM_BLOCK_SIZE(caps.decoder_count) > size)
		return -ENXIO;
	for (int i = 0; i < caps.decoder_count && !rc; i++) {
		struct cxl_hdm_decoded d;
		struct cxl_hdm_regs regs;
		struct range range;

		cxla_hdm_read_decoder(hdm, i, &regs);
		cxl_hdm_decode(&regs, CXL_HDM_ENDPOINT, &caps, &d);
		cxl_hdm_sequence_next(&sequence, &d);
		if (!d.committed || d.fault != CXL_HDM_OK)
			continue;
		range.start = d.base;
		range.end = d.base + d.size - 1;
		rc = visit(&range, arg);
	}
	return rc;
}

static int cxla_peek_regs(struct pci_dev *pdev,
			  int (*visit)(const struct range *range, void *arg),
			  void *arg)
{
	struct cxl_register_map map;
	const struct cxl_reg_map *hdm = &map.component_map.hdm_decoder;
	void __iomem *base;
	int rc;

	rc = cxl_pci_setup_regs(pdev, CXL_REGLOC_RBI_COMPONENT, &map);
	if (rc)
		return rc;
	if (!hdm->valid)
		return -ENXIO;
	base = ioremap(map.resource + hdm->offset, hdm->size);
	if (!base)
		return -ENOMEM;
	rc = cxla_peek_decoders(pdev, base, hdm->size, visit, arg);
	iounmap(base);
	return rc;
}

/**
 * cxla_peek() - visit the ranges that a device's committed decoders map
 * @pdev: device; its lock is held
 * @visit: called with each HPA range; a result that is not 0 ends it
 * @arg: passed to it
 *
 * A device without driver is enabled meanwhile. One whose driver has it asleep
 * does not answer.
 *
 * Context: sleeps.
 * Return: 0, or what @visit returned; -ENODEV: not a CXL device; -ENXIO: it has
 * no HDM decoders, or does not answer; -ENOMEM.
 */
int cxla_peek(struct pci_dev *pdev,
	      int (*visit)(const struct range *range, void *arg), void *arg)
{
	bool mine = !pdev->dev.driver;
	int rc;

	device_lock_assert(&pdev->dev);
	if (!cxla_pci_find_dvsec(pdev, PCI_DVSEC_CXL_DEVICE))
		return -ENODEV;
	if (mine) {
		rc = pci_enable_device_mem(pdev);
		if (rc)
			return rc == -ENOMEM ? rc : -ENXIO;
	}
	rc = cxla_peek_regs(pdev, visit, arg);
	if (mine)
		pci_disable_device(pdev);
	return rc;
}
EXPORT_SYMBOL_NS_GPL(cxla_peek, "CXL");
