/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * driver_override moved from each bus into the driver core in 7.x, and with
 * fixes into stable kernels too: the headers say where it is, see common.mk.
 */
#ifndef __CXLA_OVERRIDE_H__
#define __CXLA_OVERRIDE_H__

#include <linux/pci.h>
#include <linux/string.h>

/**
 * cxla_match_driver_override() - is a device meant for a driver
 * @pdev: device, its lock held
 * @name: name of the driver
 *
 * Return: 1 yes, 0 it is meant for another, -1 it is not meant for any.
 */
static inline int cxla_match_driver_override(struct pci_dev *pdev,
					     const char *name)
{
#ifdef CXLA_OVERRIDE_IN_CORE
	const struct device_driver drv = { .name = name };

	return device_match_driver_override(&pdev->dev, &drv);
#else
	if (!pdev->driver_override)
		return -1;
	return !strcmp(pdev->driver_override, name);
#endif
}

#endif /* __CXLA_OVERRIDE_H__ */
