/* SPDX-License-Identifier: GPL-2.0-only */
/* CXL Reset of a device, for the drivers that have nodes. */
#ifndef __CXLA_CXL_RESET_H__
#define __CXLA_CXL_RESET_H__

#include <cxl/cxl.h>
#include <linux/pci.h>

int cxla_cxl_reset(struct pci_dev *pdev,
		   struct cxl_dev_state *(*get)(void *arg), void *arg);
long cxla_ioctl_reset(const struct cxla_reset_request __user *request,
		      struct pci_dev *pdev,
		      struct cxl_dev_state *(*get)(void *arg), void *arg);

#endif /* __CXLA_CXL_RESET_H__ */
