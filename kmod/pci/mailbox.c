// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: what a memory expander says of itself
 *
 * Finds the primary mailbox among the device registers (CXL 3.1 section 8.2.8),
 * waits until media and mailbox are ready, and asks for capacity and partitions
 * by IDENTIFY MEMORY DEVICE and GET PARTITION INFO; other commands are sent for
 * userspace, by commands.c. Nothing stays mapped. The probe of the device is before all
 * others, who take turns, so there is no lock here; there are no background operations,
 * so there is no interrupt. Values are judged in mailbox_regs.c.
 */
#include <linux/iopoll.h>
#include <linux/minmax.h>
#include <linux/pci.h>

#include <cxl/pci.h>

#include "../core/access.h"
#include "../core/pci.h"
#include "mailbox.h"
#include "mailbox_regs.h"

#define DOORBELL_TIMEOUT_US	(2 * USEC_PER_SEC)
#define DOORBELL_POLL_US	1000
/* a mailbox may ask for 255 s; one that takes more than this is broken */
#define READY_MAX_SECONDS	60U
#define READY_MIN_SECONDS	2U
#define READY_POLL_US		(20 * USEC_PER_MSEC)
/* how often a command is sent that is to be tried again */
#define MAX_TRIES		3
#define RETRY_AFTER_US		(100 * USEC_PER_MSEC)

/**
 * struct cxla_mailbox - the registers of one device, while it is asked
 * @pdev: the device
 * @regs: the primary mailbox
 * @status: the memory device's registers
 * @caps: capabilities of the mailbox
 */
struct cxla_mailbox {
	struct pci_dev *pdev;
	void __iomem *regs;
	void __iomem *status;
	struct cxl_mbox_caps caps;
};

/* ----------------------------- registers --------------------------- */

/**
 * struct cxla_device_block - where things are among the device registers
 * @resource: physical address
 * @size: bytes up to the end of the BAR
 * @mailbox: primary mailbox; no length: there is none
 * @memdev: memory device status; no length: there is none
 */
struct cxla_device_block {
	resource_size_t resource;
	resource_size_t size;
	struct cxl_devcap mailbox;
	struct cxl_devcap memdev;
};

static int cxla_note_devcap(struct cxla_mailbox *mb,
			    struct cxla_device_block *block,
			    const void __iomem *array, int n, int count)
{
	const void __iomem *header = array + CXL_DEVCAP_OFFSET(n);
	u32 id = cxla_readl(header);
	struct cxl_devcap *cap;
	u32 offset, length, least;

	if (PCI_POSSIBLE_ERROR(id)) {
		pci_err(mb->pdev, "device capability %d reads all ones\n", n);
		return -ENXIO;
	}
	switch (FIELD_GET(CXL_DEVCAP_ID, id)) {
	case CXL_DEVCAP_ID_MAILBOX:
		cap = &block->mailbox;
		least = CXL_MBOX_MIN_SIZE;
		break;
	case CXL_DEVCAP_ID_MEMDEV:
		cap = &block->memdev;
		least = CXL_MEMDEV_SIZE;
		break;
	default:
		return 0;
	}

	if (cap->length) {
		pci_err(mb->pdev, "device capability %#010x is there twice\n",
			id);
		return -ENXIO;
	}
	offset = cxla_readl(header + 4);
	length = cxla_readl(header + 8);
	if (cxl_devcap_decode(offset, length, count, least, block->size, cap)) {
		pci_err(mb->pdev,
			"device capability %#010x: %#x bytes at %#x are not within the %pa of its block\n",
			id, length, offset, &block->size);
		return -ENXIO;
	}
	return 0;
}

static int cxla_read_devcaps(struct cxla_mailbox *mb,
			     struct cxla_device_block *block)
{
	void __iomem *array = ioremap(block->resource, CXL_DEVCAP_ARRAY_SIZE);
	u32 low, high;
	int count, rc;

	if (!array)
		return -ENOMEM;

	low = cxla_readl(array);
	high = cxla_readl(array + 4);
	count = cxl_devcap_count(low, high);
	rc = min(count, 0);
	if (rc)
		pci_err(mb->pdev,
			"no array of device capabilities at %pa: %#010x %#010x\n",
			&block->resource, high, low);
	for (int n = 1; !rc && n <= count; n++)
		rc = cxla_note_devcap(mb, block, array, n, count);
	iounmap(array);
	return rc;
}

static int cxla_find_mailbox(struct cxla_mailbox *mb,
			     struct cxla_device_block *block)
{
	struct cxl_register_map map = { };
	int rc;

	rc = cxla_pci_find_block(mb->pdev, CXL_REGLOC_RBI_MEMDEV, &map);
	if (rc)
		return rc;
	*block = (struct cxla_device_block) {
		.resource = map.resource,
		.size = map.max_size,
	};
	rc = cxla_read_devcaps(mb, block);
	if (rc)
		return rc;
	if (!block->mailbox.length)
		return -ENODEV;
	/* whether it is ready is said there */
	if (!block->memdev.length) {
		pci_err(mb->pdev, "a mailbox, and no memory device status\n");
		return -ENXIO;
	}
	if (cxl_devcap_overlap(&block->mailbox, &block->memdev)) {
		pci_err(mb->pdev,
			"mailbox and memory device status are at the same place\n");
		return -ENXIO;
	}
	return 0;
}

static void cxla_mailbox_close(struct cxla_mailbox *mb)
{
	if (mb->status)
		iounmap(mb->status);
	if (mb->regs)
		iounmap(mb->regs);
}

/* what was mapped is for cxla_mailbox_close(), also after an error */
static int cxla_mailbox_open(struct cxla_mailbox *mb)
{
	struct cxla_device_block block;
	u32 caps;
	int rc;

	rc = cxla_find_mailbox(mb, &block);
	if (rc)
		return rc;
	mb->regs = ioremap(block.resource + block.mailbox.offset,
			   block.mailbox.length);
	mb->status = ioremap(block.resource + block.memdev.offset,
			     CXL_MEMDEV_SIZE);
	if (!mb->regs || !mb->status)
		return -ENOMEM;

	caps = cxla_readl(mb->regs + CXL_MBOX_CAPS);
	rc = cxl_mbox_decode_caps(caps, block.mailbox.length, &mb->caps);
	if (rc)
		pci_err(mb->pdev,
			"mailbox of %#x bytes has capabilities %#010x\n",
			block.mailbox.length, caps);
	return rc;
}

/* ------------------------------ commands --------------------------- */

static int cxla_mailbox_wait_ready(struct cxla_mailbox *mb)
{
	unsigned int seconds = clamp(mb->caps.ready_seconds, READY_MIN_SECONDS,
				     READY_MAX_SECONDS);
	const char *what;
	u32 status;
	int rc;

	read_poll_timeout(cxla_readl, status,
			  cxl_memdev_status(status, &what) != -EAGAIN,
			  READY_POLL_US, (u64)seconds * USEC_PER_SEC, false,
			  mb->status + CXL_MEMDEV_STATUS);
	rc = cxl_memdev_status(status, &what);
	if (!rc)
		return 0;
	if (rc == -EAGAIN) {
		pci_err(mb->pdev, "%s after %u s, status %#010x\n", what,
			seconds, status);
		return -ETIMEDOUT;
	}
	pci_err(mb->pdev, "memory device status %#010x: %s\n", status, what);
	return rc;
}

/* until the device has seen to the command, or to one before this driver's */
static int cxla_mailbox_wait_idle(struct cxla_mailbox *mb, u16 opcode,
				  const char *until)
{
	u32 ctrl;
	int rc;

	rc = read_poll_timeout(cxla_readl, ctrl,
			       !(ctrl & CXL_MBOX_CTRL_DOORBELL) ||
			       PCI_POSSIBLE_ERROR(ctrl),
			       DOORBELL_POLL_US, DOORBELL_TIMEOUT_US, false,
			       mb->regs + CXL_MBOX_CTRL);
	/* first: with all ones the doorbell is set, too */
	if (PCI_POSSIBLE_ERROR(ctrl)) {
		pci_err(mb->pdev, "mailbox reads all ones %s command %04x\n",
			until, opcode);
		return -ENXIO;
	}
	if (rc)
		pci_err(mb->pdev, "mailbox is busy %s command %04x for 2 s, status %#010x\n",
			until, opcode,
			cxla_readl(mb->status + CXL_MEMDEV_STATUS));
	return rc;
}

static int cxla_mailbox_try(struct cxla_mailbox *mb, u16 opcode, const u8 *in,
			    u32 in_length, unsigned int *code)
{
	u32 low, high;
	int rc;

	rc = cxla_mailbox_wait_idle(mb, opcode, "before");
	if (rc)
		return rc;
	for (u32 i = 0; i < in_length; i += sizeof(u32)) {
		__le32 word = 0;

		memcpy(&word, in + i, min(in_length - i, (u32)sizeof(word)));
		cxla_writel(le32_to_cpu(word), mb->regs + CXL_MBOX_PAYLOAD + i);
	}
	cxla_writeq((u64)in_length << CXL_MBOX_CMD_LENGTH_SHIFT | opcode,
		    mb->regs + CXL_MBOX_CMD);
	cxla_writel(CXL_MBOX_CTRL_DOORBELL, mb->regs + CXL_MBOX_CTRL);
	rc = cxla_mailbox_wait_idle(mb, opcode, "with");
	if (rc)
		return rc;

	low = cxla_readl(mb->regs + CXL_MBOX_STATUS);
	high = cxla_readl(mb->regs + CXL_MBOX_STATUS + 4);
	rc = cxl_mbox_result(low, high, code);
	if (rc == -ENXIO)
		pci_err(mb->pdev, "all ones with the answer to command %04x\n",
			opcode);
	else if (rc)
		pci_dbg(mb->pdev, "command %04x returned %#x\n", opcode, *code);
	return rc;
}

static void cxla_mailbox_read(struct cxla_mailbox *mb, u8 *answer, u32 size)
{
	for (u32 i = 0; i < size; i += sizeof(u32)) {
		__le32 word = cpu_to_le32(cxla_readl(mb->regs +
						     CXL_MBOX_PAYLOAD + i));

		memcpy(answer + i, &word, min(size - i, (u32)sizeof(word)));
	}
}

/* @size of @answer: what the command returns at least */
static int cxla_mailbox_send(struct cxla_mailbox *mb, u16 opcode, u8 *answer,
			     u32 size)
{
	unsigned int code = 0;
	u32 low, high;
	int rc;

	rc = cxla_mailbox_try(mb, opcode, NULL, 0, &code);
	for (int n = 1; rc == -EBUSY && n < MAX_TRIES; n++) {
		fsleep(RETRY_AFTER_US);
		rc = cxla_mailbox_try(mb, opcode, NULL, 0, &code);
	}
	/* without a code it did not get so far, which was told */
	if (rc) {
		if (code)
			pci_err(mb->pdev, "command %04x returned %#x\n", opcode,
				code);
		return rc;
	}

	low = cxla_readl(mb->regs + CXL_MBOX_CMD);
	high = cxla_readl(mb->regs + CXL_MBOX_CMD + 4);
	rc = cxl_mbox_answer_length(low, high, size, mb->caps.payload_size);
	if (rc < 0) {
		pci_err(mb->pdev,
			"answer to command %04x has a length of %#x%08x, at least %#x in %#x bytes were expected\n",
			opcode, high, low, size, mb->caps.payload_size);
		return rc;
	}

	cxla_mailbox_read(mb, answer, size);
	return 0;
}

static int cxla_mailbox_do(struct cxla_mailbox *mb,
			   struct cxla_mailbox_command *command)
{
	u32 room = command->out_length;
	int rc;

	command->out_length = 0;
	if (command->in_length > mb->caps.payload_size)
		return -EINVAL;
	rc = cxla_mailbox_try(mb, command->opcode, command->in,
			      command->in_length, &command->code);
	/* that it said no is an answer */
	if (command->code)
		return 0;
	if (rc)
		return rc;
	rc = cxl_mbox_answer_length(cxla_readl(mb->regs + CXL_MBOX_CMD),
				    cxla_readl(mb->regs + CXL_MBOX_CMD + 4), 0,
				    mb->caps.payload_size);
	if (rc < 0)
		return rc;
	command->out_length = min_t(u32, room, rc);
	cxla_mailbox_read(mb, command->out, command->out_length);
	return 0;
}

/**
 * cxla_mailbox_command() - have a memory device do something
 * @pdev: device, memory space enabled
 * @command: filled
 *
 * Context: may sleep, for 4 s at most. One at a time for each device.
 * Return: 0, also when it said no: @command has its code; -EINVAL: more than a
 * payload; -ENODEV: no mailbox; -ETIMEDOUT; -ENXIO: gone, or registers that make no
 * sense; -ENOMEM.
 */
int cxla_mailbox_command(struct pci_dev *pdev,
			 struct cxla_mailbox_command *command)
{
	struct cxla_mailbox mb = { .pdev = pdev };
	int rc;

	command->code = 0;
	rc = cxla_mailbox_open(&mb);
	if (!rc)
		rc = cxla_mailbox_do(&mb, command);
	cxla_mailbox_close(&mb);
	return rc;
}

/* ------------------------------ identity --------------------------- */

static int cxla_mailbox_ask(struct cxla_mailbox *mb, struct cxl_identity *id)
{
	u8 answer[CXL_IDENTIFY_SIZE];
	int rc;

	rc = cxla_mailbox_wait_ready(mb);
	if (rc)
		return rc;
	rc = cxla_mailbox_send(mb, CXL_OP_IDENTIFY, answer, CXL_IDENTIFY_SIZE);
	if (rc)
		return rc;
	rc = cxl_identify_decode(answer, id);
	if (!rc && id->partition_align) {
		rc = cxla_mailbox_send(mb, CXL_OP_PARTITION_INFO, answer,
				       CXL_PARTITION_SIZE);
		if (rc)
			return rc;
		rc = cxl_partition_decode(answer, id);
	}
	if (rc)
		pci_err(mb->pdev,
			"capacity makes no sense: %#llx bytes, %#llx volatile, %#llx persistent\n",
			id->total, id->ram, id->pmem);
	return rc;
}

/**
 * cxla_mailbox_identify() - ask a memory device what it is
 * @pdev: device, memory space enabled
 * @identity: result
 * @capacity: result: bytes of memory, volatile, persistent, and neither
 *
 * Context: may sleep: 2 s for each command, and until the mailbox is ready as
 * long as it asked for, 60 s at most. Probe of @pdev; no other caller.
 * Return: 0; -ENODEV: it has no mailbox; any other error is said in the log:
 * -ETIMEDOUT; -ENXIO: gone, or registers or answers that make no sense; -EBUSY,
 * -EOPNOTSUPP, -EIO: the device said no; -ENOMEM.
 */
int cxla_mailbox_identify(struct pci_dev *pdev,
			  struct cxla_mem_identity *identity, u64 *capacity)
{
	struct cxla_mailbox mb = { .pdev = pdev };
	struct cxl_identity id;
	int rc;

	rc = cxla_mailbox_open(&mb);
	if (!rc)
		rc = cxla_mailbox_ask(&mb, &id);
	cxla_mailbox_close(&mb);
	if (rc)
		return rc;

	*capacity = id.total;
	*identity = (struct cxla_mem_identity) {
		.known = true,
		.ram = id.ram,
		.pmem = id.pmem,
		.payload_max = mb.caps.payload_size,
		.label_storage = id.label_storage,
	};
	strscpy(identity->firmware, id.firmware);
	return 0;
}
