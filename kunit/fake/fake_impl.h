/* SPDX-License-Identifier: GPL-2.0-only */
/* between the files of the fake fabric */
#ifndef __FAKE_IMPL_H__
#define __FAKE_IMPL_H__

#include "fake_fabric.h"

/* CXL.cachemem, of the 64 KiB of a block, is what is kept */
#define FAKE_REGS_START	0x1000
#define FAKE_REGS_SIZE	0x1000

/* PCI */
void fake_pci_init_node(struct fake_node *node);
int fake_pci_start(struct fake_fabric *f);
void fake_pci_stop(struct fake_fabric *f);
void fake_pci_init_mailbox(struct fake_node *node);
struct fake_node *fake_node_of(struct pci_dev *pdev);

/* component registers */
int fake_hdm_init_node(struct fake_node *node);
void fake_hdm_free_node(struct fake_node *node);
/* a block of fake MMIO, or -ENOSPC */
int fake_block_claim(struct fake_node *node);
void fake_block_release(int block);
void fake_hdm_start(void);
void fake_hdm_stop(void);
bool fake_node_gone(struct fake_node *node);
void fake_count_read(struct fake_node *node, unsigned int kind);

int fake_accel_init(void);
void fake_accel_exit(void);
void fake_log_init(void);
void fake_log_exit(void);

void fake_ctrl2_write(struct fake_node *node, u16 value);

#endif
