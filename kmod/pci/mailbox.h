/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __CXLA_MAILBOX_H__
#define __CXLA_MAILBOX_H__

#include <cxl/cxl.h>

struct pci_dev;

/**
 * struct cxla_mailbox_command - a command, and what came of it
 * @opcode: CXL 3.1 table 8-93
 * @in: its payload, or NULL
 * @in_length: bytes
 * @out: for its answer, or NULL
 * @out_length: bytes that there is room for; then those of the answer
 * @code: what the device returned; 0: it did it
 */
struct cxla_mailbox_command {
	u16 opcode;
	const u8 *in;
	u32 in_length;
	u8 *out;
	u32 out_length;
	unsigned int code;
};

int cxla_mailbox_command(struct pci_dev *pdev,
			 struct cxla_mailbox_command *command);
int cxla_mailbox_identify(struct pci_dev *pdev,
			  struct cxla_mem_identity *identity, u64 *capacity);

#endif /* __CXLA_MAILBOX_H__ */
