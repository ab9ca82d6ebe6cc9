/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __CXLA_COMMANDS_H__
#define __CXLA_COMMANDS_H__

#include <linux/mutex.h>
#include <linux/types.h>

struct pci_dev;

/**
 * struct cxla_commands - what userspace may have a device do
 * @lock: of all of it
 * @known: the device was asked which it has
 * @enabled: by place in the table of commands.c
 */
struct cxla_commands {
	struct mutex lock;	/* one command at a time */
	bool known;
	u32 enabled;
};

long cxla_commands_ioctl(struct cxla_commands *commands, struct pci_dev *pdev,
			 unsigned int cmd, void __user *arg);

#endif /* __CXLA_COMMANDS_H__ */
