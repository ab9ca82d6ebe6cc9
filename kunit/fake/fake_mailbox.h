/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a mailbox that answers
 *
 * Device registers of an endpoint, in a BAR of their own: a capability array,
 * a mailbox that knows two commands, and the memory device status. A test says
 * what is answered, and how late, or writes registers as it likes.
 */
#ifndef __FAKE_MAILBOX_H__
#define __FAKE_MAILBOX_H__

#include "fake_fabric.h"

/* where things are in the block of 64 KiB, of which 4 KiB are kept */
#define FAKE_DEVCAP(n)		(0x10 * (n))	/* headers; n from 1 on */
#define FAKE_DEVCAP_STATUS	1		/* event status, of no interest */
#define FAKE_DEVCAP_MAILBOX	2
#define FAKE_DEVCAP_MEMDEV	3
#define FAKE_MBOX		0x100
#define FAKE_MBOX_PAYLOAD	512
#define FAKE_MEMDEV		0x400
#define FAKE_DEVICE_SIZE	0x1000

#define FAKE_MAX_COMMANDS	8

/**
 * struct fake_mailbox - what it answers, and was asked
 * @identify: payload of IDENTIFY MEMORY DEVICE
 * @identify_length: bytes of it
 * @partition: payload of GET PARTITION INFO
 * @partition_length: bytes of it
 * @code: return code of each command
 * @nr_busy: so many commands are to be tried again before
 * @delay: the doorbell clears after that many reads; FAKE_NEVER
 * @not_ready: the status has @status for that many reads, FAKE_NEVER: always
 * @status: what it is before it is ready
 * @commands: opcodes, in order
 * @nr_commands: how many came
 * @pending: private: reads until the doorbell clears
 * @block: private: of the fake MMIO
 * @regs: private
 */
struct fake_mailbox {
	u8 identify[0x45];
	u32 identify_length;
	u8 partition[0x20];
	u32 partition_length;
	u16 code;
	unsigned int nr_busy;
	unsigned int delay;
	unsigned int not_ready;
	u32 status;
	u16 commands[FAKE_MAX_COMMANDS];
	unsigned int nr_commands;
	unsigned int pending;
	int block;
	u32 *regs;
};

/* before fake_fabric_start(); NULL: no memory, or no room */
struct fake_mailbox *fake_mailbox_add(struct fake_node *endpoint);
u32 *fake_device_reg(struct fake_node *endpoint, u32 offset);
/* in multiples of 256 MiB, for IDENTIFY; with @align there are partitions */
void fake_mailbox_capacity(struct fake_mailbox *mailbox, u64 total, u64 ram,
			   u64 pmem, u64 align);
void fake_mailbox_partition(struct fake_mailbox *mailbox, u64 ram, u64 pmem);

/* private to the fake fabric */
u32 fake_mailbox_read(struct fake_node *node, u32 offset);
void fake_mailbox_write(struct fake_node *node, u32 offset, u32 value);
void fake_mailbox_free(struct fake_node *node);

#endif
