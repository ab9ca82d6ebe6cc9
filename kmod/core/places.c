// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: where the capabilities of a device are
 *
 * To find the capabilities of a device its lists of them are walked: that of
 * configuration space, the Register Locator, and the array of its component
 * registers. They are where they were when the same device is bound again. So
 * the places are kept for as long as there is the PCI device, and checked by one
 * read each: of the DVSEC's header, and of the first register of the HDM
 * decoders. A device that has something else there, as after an update of its
 * firmware, is walked again. Nothing but places is kept: what may change is read
 * each time.
 */
#include <linux/io.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "access.h"
#include "bus.h"
#include "hdm_regs.h"
#include "pci.h"
#include "places.h"

/**
 * struct cxla_places - what is kept of one device; under its device lock
 * @dvsec: offset of the DVSEC for CXL devices, 0: not known
 * @dvsec_header: what is there
 * @serial: offset of the serial number's capability, 0: there is none
 * @map: component registers; none before they were found
 * @bar: in which @map is
 */
struct cxla_places {
	int dvsec;
	u32 dvsec_header;
	int serial;
	struct cxl_register_map map;
	struct range bar;
};

/* by pci_dev; xa_lock. Whoever binds to a device puts it in, its removal takes it out */
static DEFINE_XARRAY(cxla_places);

static struct cxla_places *cxla_places_of(struct pci_dev *pdev)
{
	cxla_assert_host_locked(&pdev->dev);
	return xa_load(&cxla_places, (unsigned long)pdev);
}

/* the same, and there is one now; NULL: for want of memory nothing is kept */
static struct cxla_places *cxla_places_new(struct pci_dev *pdev)
{
	struct cxla_places *places = cxla_places_of(pdev);

	if (places)
		return places;
	places = kzalloc(sizeof(*places), GFP_KERNEL);
	if (!places)
		return NULL;
	if (xa_is_err(xa_store(&cxla_places, (unsigned long)pdev, places,
			       GFP_KERNEL))) {
		kfree(places);
		return NULL;
	}
	return places;
}

/* ----------------------- configuration space ----------------------- */

/**
 * cxla_pci_identify() - find what tells that a device is one of CXL
 * @pdev: device
 * @serial: result: its PCIe serial number, or 0: it has none
 *
 * Context: a driver that binds to @pdev; its device lock is held.
 * Return: offset of the DVSEC for CXL devices, CXL 3.1 section 8.1.3, or 0.
 */
int cxla_pci_identify(struct pci_dev *pdev, u64 *serial)
{
	struct cxla_places *places = cxla_places_of(pdev);
	int dvsec, pos;

	*serial = 0;
	if (places && places->dvsec &&
	    cxla_cfg_read32(pdev, places->dvsec) == places->dvsec_header) {
		*serial = cxla_pci_serial_at(pdev, places->serial);
		return places->dvsec;
	}

	dvsec = cxla_pci_find_dvsec(pdev, PCI_DVSEC_CXL_DEVICE);
	if (!dvsec)
		return 0;
	pos = cxla_pci_find_serial(pdev);
	*serial = cxla_pci_serial_at(pdev, pos);

	places = cxla_places_new(pdev);
	if (places) {
		places->dvsec_header = cxla_cfg_read32(pdev, dvsec);
		places->dvsec = dvsec;
		places->serial = pos;
	}
	return dvsec;
}
EXPORT_SYMBOL_NS_GPL(cxla_pci_identify, "CXL");

/* ----------------------- component registers ----------------------- */

/* the BAR that registers are in */
static struct range cxla_bar_of(struct pci_dev *pdev,
				const struct cxl_register_map *map)
{
	for (int i = 0; i < PCI_STD_NUM_BARS; i++) {
		struct resource *bar = pci_resource_n(pdev, i);

		if (resource_type(bar) == IORESOURCE_MEM &&
		    !(bar->flags & IORESOURCE_UNSET) &&
		    map->resource >= bar->start && map->resource <= bar->end)
			return (struct range) { bar->start, bar->end };
	}
	return (struct range) { };
}

/* as they were found before; -ENOENT: not known, or somewhere else by now; -ENOMEM */
static int cxla_places_recall(struct pci_dev *pdev, struct cxl_register_map *map)
{
	struct cxla_places *places = cxla_places_of(pdev);
	const struct cxl_reg_map *hdm;
	struct range bar;
	void __iomem *regs;
	u32 cap;

	if (!places || !places->map.component_map.hdm_decoder.valid)
		return -ENOENT;
	bar = cxla_bar_of(pdev, &places->map);
	if (bar.start != places->bar.start || bar.end != places->bar.end)
		return -ENOENT;

	hdm = &places->map.component_map.hdm_decoder;
	regs = ioremap(places->map.resource + hdm->offset, sizeof(cap));
	if (!regs)
		return -ENOMEM;
	cap = cxla_readl(regs + CXL_HDM_CAP);
	iounmap(regs);
	if (cap != places->map.component_map.hdm_cap)
		return -ENOENT;
	*map = places->map;
	return 0;
}

static void cxla_places_keep(struct pci_dev *pdev,
			     const struct cxl_register_map *map)
{
	struct cxla_places *places = cxla_places_new(pdev);

	if (!places)
		return;
	places->bar = cxla_bar_of(pdev, map);
	places->map = *map;
}

int cxl_pci_setup_regs(struct pci_dev *pdev, enum cxl_regloc_type type,
		       struct cxl_register_map *map)
{
	struct cxla_meter meter = { };
	int rc;

	*map = (struct cxl_register_map) {
		.host = &pdev->dev,
		.resource = CXL_RESOURCE_NONE,
		.reg_type = type,
	};
	if (type != CXL_REGLOC_RBI_COMPONENT)
		return -EOPNOTSUPP;

	cxla_meter_start(&meter);
	rc = cxla_places_recall(pdev, map);
	if (rc == -ENOENT) {
		rc = cxla_pci_probe_regs(pdev, map);
		if (!rc)
			cxla_places_keep(pdev, map);
	}
	cxla_meter_stop(&meter);
	map->access = meter.count;
	return rc;
}
EXPORT_SYMBOL_NS_GPL(cxl_pci_setup_regs, "CXL");

/* ------------------------------- the end --------------------------- */

static int cxla_places_notify(struct notifier_block *nb, unsigned long event,
			      void *dev)
{
	/* no driver is bound to it by now, and none will be */
	if (event == BUS_NOTIFY_REMOVED_DEVICE)
		kfree(xa_erase(&cxla_places, (unsigned long)to_pci_dev(dev)));
	return NOTIFY_DONE;
}

static struct notifier_block cxla_places_notifier = {
	.notifier_call = cxla_places_notify,
};

/**
 * cxla_places_count() - of how many devices anything is kept
 */
unsigned int cxla_places_count(void)
{
	struct cxla_places *places;
	unsigned int count = 0;
	unsigned long i;

	xa_for_each(&cxla_places, i, places)
		count++;
	return count;
}
EXPORT_SYMBOL_NS_GPL(cxla_places_count, "CXL");

int cxla_places_init(void)
{
	return bus_register_notifier(&pci_bus_type, &cxla_places_notifier);
}

/* drivers of devices are gone */
void cxla_places_exit(void)
{
	struct cxla_places *places;
	unsigned long i;

	bus_unregister_notifier(&pci_bus_type, &cxla_places_notifier);
	xa_for_each(&cxla_places, i, places)
		kfree(places);
	xa_destroy(&cxla_places);
}
