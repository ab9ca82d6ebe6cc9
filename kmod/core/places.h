/* SPDX-License-Identifier: GPL-2.0-only */
/* where the capabilities of a PCI device are, from one binding to the next */
#ifndef __CXLA_PLACES_H__
#define __CXLA_PLACES_H__

#include <cxl/cxl.h>
#include <linux/pci.h>

int cxla_pci_identify(struct pci_dev *pdev, u64 *serial);
unsigned int cxla_places_count(void);
int cxla_places_init(void);
void cxla_places_exit(void);

#endif /* __CXLA_PLACES_H__ */
