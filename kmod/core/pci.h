/* SPDX-License-Identifier: GPL-2.0-only */
/* configuration space of a CXL device, with every access counted */
#ifndef __CXLA_PCI_H__
#define __CXLA_PCI_H__

#include <cxl/cxl.h>
#include <cxl/pci.h>
#include <linux/pci.h>

/* DVSEC for CXL devices, CXL 3.1 section 8.1.3 */
#define CXLA_DVSEC_CTRL			0x0c
#define  CXLA_DVSEC_CTRL_MEM_ENABLE	BIT(2)
#define CXLA_DVSEC_LOCK			0x14
#define  CXLA_DVSEC_LOCK_CONFIG		BIT(0)
#define CXLA_DVSEC_RANGES		2

struct cxl_dvsec_range;

int cxla_pci_find_dvsec(struct pci_dev *pdev, u16 id);
int cxla_pci_find_block(struct pci_dev *pdev, enum cxl_regloc_type type,
			struct cxl_register_map *map);
int cxla_pci_find_serial(struct pci_dev *pdev);
u64 cxla_pci_serial_at(struct pci_dev *pdev, int pos);
int cxla_pci_probe_regs(struct pci_dev *pdev, struct cxl_register_map *map);
int cxla_dvsec_sizes(struct pci_dev *pdev, int dvsec,
		     struct cxl_dvsec_range *ranges, u64 *capacity);
int cxla_dvsec_range(struct pci_dev *pdev, int dvsec, int i,
		     struct cxl_dvsec_range *range);
int cxla_pci_port_number(struct pci_dev *pdev);
int cxla_pci_mem_enable(struct cxl_memdev *cxlmd);
bool cxla_pci_is_frozen(struct cxl_memdev *cxlmd);
bool cxla_pci_answers(struct pci_dev *pdev);
void cxla_pci_save(struct pci_dev *pdev);
int cxla_probe_component_regs(struct cxl_register_map *map);

pci_ers_result_t cxla_pci_error_result(pci_channel_state_t state);
pci_ers_result_t cxla_pci_mmio_enabled(struct pci_dev *pdev);
pci_ers_result_t cxla_pci_slot_reset(struct pci_dev *pdev);

#endif /* __CXLA_PCI_H__ */
