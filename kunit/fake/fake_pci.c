// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: a PCI hierarchy that isn't there
 *
 * Each function's configuration space is an array of 4 KiB that the PCI core
 * finds by bus and function number. Buses are numbered depth first, as firmware
 * would have left them. Only what an operating system has reason to write is
 * writable: the command, BAR 0 and 2, and of the DVSEC for CXL devices control, lock and bases.
 */
#include <linux/gfp.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/xarray.h>

#include "fake_impl.h"
#include "fake_mailbox.h"
#include "fake_mmio.h"

#define FAKE_VENDOR		0xfffe
#define FAKE_PORT_ID		0x0c50
#define FAKE_DEVICE_ID		0x0c51
#define FAKE_PCIE_CAP		0x40
#define FAKE_DVSEC_CTRL		(FAKE_DVSEC_DEVICE + 0x0c)
#define FAKE_DVSEC_CTRL2	(FAKE_DVSEC_DEVICE + 0x10)
#define FAKE_CTRL2_RESERVED	GENMASK(15, 6)
#define FAKE_DVSEC_LOCK		(FAKE_DVSEC_DEVICE + 0x14)
#define FAKE_DVSEC_BASE(n)	(FAKE_DVSEC_DEVICE + 0x20 + 0x10 * (n))
#define FAKE_LOCATOR_ENTRY(n)	(FAKE_DVSEC_LOCATOR + 0x0c + 8 * (n))

/* bus and function number -> node */
static DEFINE_XARRAY(fake_functions);

static unsigned long fake_key(unsigned int bus, unsigned int devfn)
{
	return bus << 8 | devfn;
}

u32 *fake_cfg(struct fake_node *node, int offset)
{
	return (u32 *)(node->cfg + offset);
}
EXPORT_SYMBOL_GPL(fake_cfg);

struct fake_node *fake_node_of(struct pci_dev *pdev)
{
	return xa_load(&fake_functions,
		       fake_key(pdev->bus->number, pdev->devfn));
}

/* ------------------------------- access ---------------------------- */

static int fake_cfg_read(struct pci_bus *bus, unsigned int devfn, int where,
			 int size, u32 *value)
{
	struct fake_node *node = xa_load(&fake_functions,
					 fake_key(bus->number, devfn));

	*value = ~0U;
	if (!node)
		return PCIBIOS_DEVICE_NOT_FOUND;
	fake_count_read(node, FAKE_CFG);
	if (fake_node_gone(node))
		return PCIBIOS_DEVICE_NOT_FOUND;
	*value = 0;
	memcpy(value, node->cfg + where, size);
	return PCIBIOS_SUCCESSFUL;
}

static bool fake_has_bar(const struct fake_node *node)
{
	return node->kind == FAKE_ENDPOINT || node->kind == FAKE_UPSTREAM;
}

static int fake_cfg_write(struct pci_bus *bus, unsigned int devfn, int where,
			  int size, u32 value)
{
	struct fake_node *node = xa_load(&fake_functions,
					 fake_key(bus->number, devfn));

	if (!node)
		return PCIBIOS_DEVICE_NOT_FOUND;
	node->count.cfg_writes++;
	node->fabric->count.cfg_writes++;
	if (node->kind == FAKE_ENDPOINT && where == FAKE_DVSEC_CTRL2 &&
	    value & FAKE_CTRL2_RESERVED)
		node->wild_writes++;
	if (fake_node_gone(node))
		return PCIBIOS_DEVICE_NOT_FOUND;

	switch (where) {
	case PCI_COMMAND:
		break;
	case PCI_BASE_ADDRESS_0:
		if (!fake_has_bar(node))
			return PCIBIOS_SUCCESSFUL;
		/* 64 KiB, memory of 64 bits */
		value = (value & 0xffff0000) | PCI_BASE_ADDRESS_MEM_TYPE_64;
		break;
	case PCI_BASE_ADDRESS_1:
		if (!fake_has_bar(node))
			return PCIBIOS_SUCCESSFUL;
		break;
	case PCI_BASE_ADDRESS_2:
		if (!node->mailbox)
			return PCIBIOS_SUCCESSFUL;
		value = (value & 0xffff0000) | PCI_BASE_ADDRESS_MEM_TYPE_64;
		break;
	case PCI_BASE_ADDRESS_3:
		if (!node->mailbox)
			return PCIBIOS_SUCCESSFUL;
		break;
	case FAKE_DVSEC_CTRL2:
		if (node->kind == FAKE_ENDPOINT)
			fake_ctrl2_write(node, value);
		return PCIBIOS_SUCCESSFUL;
	case FAKE_DVSEC_CTRL:
	case FAKE_DVSEC_LOCK:
	case FAKE_DVSEC_BASE(0):
	case FAKE_DVSEC_BASE(0) + 4:
	case FAKE_DVSEC_BASE(1):
	case FAKE_DVSEC_BASE(1) + 4:
		/* CONFIG_LOCK is set once, and holds the others */
		if (node->kind != FAKE_ENDPOINT || node->deaf ||
		    *fake_cfg(node, FAKE_DVSEC_LOCK) & BIT(0))
			return PCIBIOS_SUCCESSFUL;
		break;
	default:
		return PCIBIOS_SUCCESSFUL;
	}
	memcpy(node->cfg + where, &value, size);
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops fake_pci_ops = {
	.read = fake_cfg_read,
	.write = fake_cfg_write,
};

/* ------------------------- configuration space --------------------- */

static void cfg_set(struct fake_node *node, int offset, u32 value)
{
	*fake_cfg(node, offset) = value;
}

void fake_locator(struct fake_node *node, int n, u8 bir, u8 id, u64 offset)
{
	cfg_set(node, FAKE_LOCATOR_ENTRY(n),
		lower_32_bits(offset) | id << 8 | bir);
	cfg_set(node, FAKE_LOCATOR_ENTRY(n) + 4, upper_32_bits(offset));
	/* as long as its entries */
	cfg_set(node, FAKE_DVSEC_LOCATOR + PCI_DVSEC_HEADER1,
		PCI_VENDOR_ID_CXL | (0x0c + 8 * (n + 1)) << 20);
}
EXPORT_SYMBOL_GPL(fake_locator);

static void fake_ext_cap(struct fake_node *node, int offset, u16 id, int next)
{
	cfg_set(node, offset, id | 1 << 16 | next << 20);
}

static void fake_init_locator(struct fake_node *node, int next)
{
	fake_ext_cap(node, FAKE_DVSEC_LOCATOR, PCI_EXT_CAP_ID_DVSEC, next);
	cfg_set(node, FAKE_DVSEC_LOCATOR + PCI_DVSEC_HEADER2,
		PCI_DVSEC_CXL_REG_LOCATOR);
	fake_locator(node, 0, 0, CXL_REGLOC_RBI_COMPONENT, 0);
}

static void fake_init_bar(struct fake_node *node, int offset, int block)
{
	u64 bar = FAKE_MMIO_BASE + (u64)block * SZ_64K;

	cfg_set(node, offset,
		lower_32_bits(bar) | PCI_BASE_ADDRESS_MEM_TYPE_64);
	cfg_set(node, offset + 4, upper_32_bits(bar));
}

void fake_pci_init_mailbox(struct fake_node *node)
{
	fake_init_bar(node, PCI_BASE_ADDRESS_2, node->mailbox->block);
	fake_locator(node, 1, 2, CXL_REGLOC_RBI_MEMDEV, 0);
}

static void fake_init_pcie(struct fake_node *node, int type)
{
	cfg_set(node, PCI_VENDOR_ID,
		FAKE_VENDOR | (node->kind == FAKE_ENDPOINT ?
			       FAKE_DEVICE_ID : FAKE_PORT_ID) << 16);
	cfg_set(node, PCI_COMMAND, PCI_STATUS_CAP_LIST << 16);
	cfg_set(node, PCI_CAPABILITY_LIST, FAKE_PCIE_CAP);
	cfg_set(node, FAKE_PCIE_CAP, PCI_CAP_ID_EXP | (2 | type << 4) << 16);
	cfg_set(node, FAKE_PCIE_CAP + PCI_EXP_LNKCAP,
		node->number << 24 | 0x11);
}

static void fake_init_bridge(struct fake_node *node, int type)
{
	fake_init_pcie(node, type);
	cfg_set(node, PCI_CLASS_REVISION, PCI_CLASS_BRIDGE_PCI << 16);
	node->cfg[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_BRIDGE;
	/* firmware has them pass on what is below */
	cfg_set(node, PCI_COMMAND, *fake_cfg(node, PCI_COMMAND) |
		PCI_COMMAND_MEMORY);
	/* base above limit: no window */
	cfg_set(node, PCI_MEMORY_BASE, 0x0000fff0);
}

static void fake_init_endpoint(struct fake_node *node)
{
	int range = FAKE_DVSEC_DEVICE + 0x18;

	fake_init_pcie(node, PCI_EXP_TYPE_ENDPOINT);
	cfg_set(node, PCI_CLASS_REVISION, 0x12000000);
	fake_init_bar(node, PCI_BASE_ADDRESS_0, node->block);

	fake_ext_cap(node, FAKE_DVSEC_DEVICE, PCI_EXT_CAP_ID_DVSEC,
		     FAKE_DVSEC_LOCATOR);
	cfg_set(node, FAKE_DVSEC_DEVICE + PCI_DVSEC_HEADER1,
		PCI_VENDOR_ID_CXL | 0x3c << 20);
	/* CXL.mem capable, one range: valid, active */
	cfg_set(node, FAKE_DVSEC_DEVICE + PCI_DVSEC_HEADER2,
		PCI_DVSEC_CXL_DEVICE | 0x14 << 16);
	cfg_set(node, range, upper_32_bits(node->capacity));
	cfg_set(node, range + 4, lower_32_bits(node->capacity) | 3);

	fake_init_locator(node, FAKE_DSN);
	fake_ext_cap(node, FAKE_DSN, PCI_EXT_CAP_ID_DSN, 0);
	cfg_set(node, FAKE_DSN + 4, node->block);
	cfg_set(node, FAKE_DSN + 8, 0xfa4e);
}

void fake_pci_init_node(struct fake_node *node)
{
	switch (node->kind) {
	case FAKE_BRIDGE:
	case FAKE_RCH:
		break;
	case FAKE_ROOT_PORT:
		fake_init_bridge(node, PCI_EXP_TYPE_ROOT_PORT);
		break;
	case FAKE_DOWNSTREAM:
		fake_init_bridge(node, PCI_EXP_TYPE_DOWNSTREAM);
		break;
	case FAKE_UPSTREAM:
		fake_init_bridge(node, PCI_EXP_TYPE_UPSTREAM);
		fake_init_bar(node, PCI_BASE_ADDRESS_0, node->block);
		/* extended capabilities begin at 0x100, and be it with nothing */
		fake_ext_cap(node, PCI_CFG_SPACE_SIZE, PCI_EXT_CAP_ID_VNDR,
			     FAKE_DVSEC_LOCATOR);
		fake_init_locator(node, 0);
		break;
	case FAKE_ENDPOINT:
		fake_init_endpoint(node);
		break;
	}
}

/* ------------------------------- start ----------------------------- */

static int fake_number_children(struct fake_node *parent, unsigned int *next)
{
	struct fake_node *node;
	int rc;

	list_for_each_entry(node, &parent->fabric->nodes, list) {
		if (node->parent != parent)
			continue;
		node->bus = parent->secondary;
		if (node->devfn == 0 && parent->nr_children > 1 &&
		    node->kind == FAKE_ENDPOINT)
			node->cfg[PCI_HEADER_TYPE] |= PCI_HEADER_TYPE_MFD;
		rc = xa_insert(&fake_functions, fake_key(node->bus, node->devfn),
			       node, GFP_KERNEL);
		if (rc)
			return rc;
		if (node->kind == FAKE_ENDPOINT)
			continue;

		node->secondary = (*next)++;
		rc = fake_number_children(node, next);
		if (rc)
			return rc;
		node->subordinate = *next - 1;
		if (node->subordinate > 255)
			return -ENOSPC;
		cfg_set(node, PCI_PRIMARY_BUS,
			node->bus | node->secondary << 8 |
			node->subordinate << 16);
	}
	return 0;
}

static int fake_number_bridge(struct fake_node *node, unsigned int *next)
{
	int rc;

	node->bus = (*next)++;
	node->secondary = node->bus;
	rc = fake_number_children(node, next);
	if (rc)
		return rc;
	if (*next > 256)
		return -ENOSPC;
	node->busn = (struct resource) {
		.name = "fake buses",
		.start = node->bus,
		.end = *next - 1,
		.flags = IORESOURCE_BUS,
	};
	return 0;
}

static int fake_note_pdev(struct pci_dev *pdev, void *data)
{
	struct fake_node *node = fake_node_of(pdev);

	if (node)
		node->pdev = pci_dev_get(pdev);
	return 0;
}

static int fake_scan(struct fake_node *node)
{
	int rc;

	node->host = pci_alloc_host_bridge(0);
	if (!node->host)
		return -ENOMEM;
	node->host->dev.parent = &node->fabric->platform->dev;
	node->host->ops = &fake_pci_ops;
	node->host->busnr = node->bus;
	pci_add_resource(&node->host->windows, &node->busn);
	rc = pci_scan_root_bus_bridge(node->host);
	if (rc) {
		pci_free_host_bridge(node->host);
		node->host = NULL;
		return rc;
	}
	pci_bus_add_devices(node->host->bus);
	pci_walk_bus(node->host->bus, fake_note_pdev, NULL);
	return 0;
}

int fake_pci_start(struct fake_fabric *f)
{
	/* bus 0 is UML's own */
	unsigned int next = 1;
	struct fake_node *node;
	int rc;

	list_for_each_entry(node, &f->nodes, list) {
		if (node->parent)
			continue;
		rc = fake_number_bridge(node, &next);
		if (rc)
			return rc;
	}
	list_for_each_entry(node, &f->nodes, list) {
		if (node->parent)
			continue;
		rc = fake_scan(node);
		if (rc)
			return rc;
	}
	/* was everything found? */
	list_for_each_entry(node, &f->nodes, list)
		if (node->parent && !node->pdev)
			return -ENODEV;
	return 0;
}

void fake_pci_stop(struct fake_fabric *f)
{
	struct fake_node *node;

	list_for_each_entry(node, &f->nodes, list) {
		pci_dev_put(node->pdev);
		node->pdev = NULL;
	}
	list_for_each_entry_reverse(node, &f->nodes, list) {
		if (!node->host)
			continue;
		pci_lock_rescan_remove();
		pci_stop_root_bus(node->host->bus);
		pci_remove_root_bus(node->host->bus);
		pci_unlock_rescan_remove();
		pci_free_host_bridge(node->host);
		node->host = NULL;
	}
	xa_destroy(&fake_functions);
}
