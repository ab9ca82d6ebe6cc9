// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: CXL Reset by /dev/cxla/accelN
 *
 * An open file outlives the driver's binding: the device is found by the node,
 * and asked once more whether it is still the same one when it is locked.
 */
#include <linux/pci.h>

#include "../core/cxl_reset.h"
#include "accel.h"

static struct cxl_dev_state *cxla_node_state(void *_node)
{
	struct cxla_node *node = _node;

	guard(rwsem_read)(&node->lock);
	return node->accel ? &node->accel->cxlds : NULL;
}

/**
 * cxla_node_ioctl_reset() - CXLA_IOC_RESET of a node
 * @node: of an open file
 * @request: of the caller
 *
 * Return: as cxla_ioctl_reset().
 */
long cxla_node_ioctl_reset(struct cxla_node *node,
			   const struct cxla_reset_request __user *request)
{
	struct pci_dev *pdev;
	long rc;

	scoped_guard(rwsem_read, &node->lock) {
		if (!node->accel)
			return -ENODEV;
		pdev = pci_dev_get(to_pci_dev(node->accel->cxlds.dev));
	}
	rc = cxla_ioctl_reset(request, pdev, cxla_node_state, node);
	pci_dev_put(pdev);
	return rc;
}
