// SPDX-License-Identifier: GPL-2.0-only
#include <linux/gfp.h>
#include <linux/slab.h>
#include <linux/unaligned.h>

#include "fake_impl.h"
#include "fake_mailbox.h"
#include "fake_mmio.h"

/* registers, not by way of the code that is tested */
#define MBOX_CTRL	(FAKE_MBOX + 0x04)
#define MBOX_CMD	(FAKE_MBOX + 0x08)
#define MBOX_STATUS	(FAKE_MBOX + 0x10)
#define MBOX_PAYLOAD	(FAKE_MBOX + 0x20)
#define STATUS_READY	0x14
#define OP_IDENTIFY	0x4000
#define OP_PARTITION	0x4100
#define CODE_UNSUPPORTED 3
#define CODE_RETRY	5

u32 *fake_device_reg(struct fake_node *endpoint, u32 offset)
{
	return &endpoint->mailbox->regs[offset / sizeof(u32)];
}
EXPORT_SYMBOL_GPL(fake_device_reg);

static void fake_devcap(struct fake_node *node, int n, u32 id, u32 offset,
			u32 length)
{
	*fake_device_reg(node, FAKE_DEVCAP(n)) = id | 1 << 16;
	*fake_device_reg(node, FAKE_DEVCAP(n) + 4) = offset;
	*fake_device_reg(node, FAKE_DEVCAP(n) + 8) = length;
}

struct fake_mailbox *fake_mailbox_add(struct fake_node *endpoint)
{
	struct fake_mailbox *mb;

	if (!endpoint)
		return NULL;
	mb = kzalloc(sizeof(*mb), GFP_KERNEL);
	if (!mb)
		return NULL;
	mb->regs = (u32 *)get_zeroed_page(GFP_KERNEL);
	mb->block = mb->regs ? fake_block_claim(endpoint) : -1;
	if (mb->block < 0) {
		free_page((unsigned long)mb->regs);
		kfree(mb);
		return NULL;
	}
	endpoint->mailbox = mb;

	*fake_device_reg(endpoint, 0) = 1 << 24 | 1 << 16;
	*fake_device_reg(endpoint, 4) = 3;
	fake_devcap(endpoint, FAKE_DEVCAP_STATUS, 1, 0x80, 8);
	fake_devcap(endpoint, FAKE_DEVCAP_MAILBOX, 2, FAKE_MBOX,
		    0x20 + FAKE_MBOX_PAYLOAD);
	fake_devcap(endpoint, FAKE_DEVCAP_MEMDEV, 0x4000, FAKE_MEMDEV, 8);
	*fake_device_reg(endpoint, FAKE_MBOX) = ilog2(FAKE_MBOX_PAYLOAD);
	*fake_device_reg(endpoint, FAKE_MEMDEV) = STATUS_READY;

	mb->identify_length = sizeof(mb->identify);
	mb->partition_length = sizeof(mb->partition);
	memcpy(mb->identify, "FW 1.2.3", 8);
	put_unaligned_le32(SZ_128K, mb->identify + 0x38);
	fake_pci_init_mailbox(endpoint);
	return mb;
}
EXPORT_SYMBOL_GPL(fake_mailbox_add);

void fake_mailbox_free(struct fake_node *node)
{
	struct fake_mailbox *mb = node->mailbox;

	if (!mb)
		return;
	fake_block_release(mb->block);
	free_page((unsigned long)mb->regs);
	kfree(mb);
}

void fake_mailbox_capacity(struct fake_mailbox *mailbox, u64 total, u64 ram,
			   u64 pmem, u64 align)
{
	put_unaligned_le64(total, mailbox->identify + 0x10);
	put_unaligned_le64(ram, mailbox->identify + 0x18);
	put_unaligned_le64(pmem, mailbox->identify + 0x20);
	put_unaligned_le64(align, mailbox->identify + 0x28);
}
EXPORT_SYMBOL_GPL(fake_mailbox_capacity);

void fake_mailbox_partition(struct fake_mailbox *mailbox, u64 ram, u64 pmem)
{
	put_unaligned_le64(ram, mailbox->partition);
	put_unaligned_le64(pmem, mailbox->partition + 8);
}
EXPORT_SYMBOL_GPL(fake_mailbox_partition);

/* the answer is there when the doorbell is clear */
static void fake_execute(struct fake_node *node)
{
	struct fake_mailbox *mb = node->mailbox;
	u32 opcode = *fake_device_reg(node, MBOX_CMD) & 0xffff;
	u32 code = mb->code, length = 0;
	const u8 *answer = NULL;

	if (mb->nr_commands < FAKE_MAX_COMMANDS)
		mb->commands[mb->nr_commands] = opcode;
	mb->nr_commands++;
	if (opcode == OP_IDENTIFY) {
		answer = mb->identify;
		length = mb->identify_length;
	} else if (opcode == OP_PARTITION) {
		answer = mb->partition;
		length = mb->partition_length;
	} else {
		code = CODE_UNSUPPORTED;
	}
	if (mb->nr_busy) {
		mb->nr_busy--;
		code = CODE_RETRY;
	}

	*fake_device_reg(node, MBOX_STATUS + 4) = code;
	*fake_device_reg(node, MBOX_CMD) = opcode;
	*fake_device_reg(node, MBOX_CMD + 4) = 0;
	if (code)
		return;
	*fake_device_reg(node, MBOX_CMD) |= length << 16;
	*fake_device_reg(node, MBOX_CMD + 4) = length >> 16;
	memset(fake_device_reg(node, MBOX_PAYLOAD), 0, FAKE_MBOX_PAYLOAD);
	memcpy(fake_device_reg(node, MBOX_PAYLOAD), answer,
	       opcode == OP_IDENTIFY ? sizeof(mb->identify) :
				       sizeof(mb->partition));
}

u32 fake_mailbox_read(struct fake_node *node, u32 offset)
{
	struct fake_mailbox *mb = node->mailbox;
	u32 value;

	if (offset >= FAKE_DEVICE_SIZE)
		return 0;
	value = *fake_device_reg(node, offset);
	if (offset == MBOX_CTRL && mb->pending && mb->pending != FAKE_NEVER &&
	    !--mb->pending)
		*fake_device_reg(node, MBOX_CTRL) &= ~1;
	if (offset == FAKE_MEMDEV && mb->not_ready) {
		value = mb->status;
		if (mb->not_ready != FAKE_NEVER)
			mb->not_ready--;
	}
	return value;
}

void fake_mailbox_write(struct fake_node *node, u32 offset, u32 value)
{
	struct fake_mailbox *mb = node->mailbox;

	switch (offset) {
	case MBOX_CMD:
	case MBOX_CMD + 4:
		*fake_device_reg(node, offset) = value;
		break;
	case MBOX_CTRL:
		if (!(value & 1) || *fake_device_reg(node, MBOX_CTRL) & 1)
			break;
		fake_execute(node);
		mb->pending = mb->delay;
		*fake_device_reg(node, MBOX_CTRL) = !!mb->pending;
		break;
	}
}
