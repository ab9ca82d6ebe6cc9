/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __CXLA_MAILBOX_H__
#define __CXLA_MAILBOX_H__

#include <cxl/cxl.h>

struct pci_dev;

int cxla_mailbox_identify(struct pci_dev *pdev,
			  struct cxla_mem_identity *identity, u64 *capacity);

#endif /* __CXLA_MAILBOX_H__ */
