// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: commands of linux/cxl_mem.h
 *
 * What userspace may have a memory device do by the node of its memdev: the
 * commands that mainline lets pass, if the device has them, which its command
 * effects log says (CXL 3.1 section 8.2.9.5). Raw ones are refused, and so is what
 * would take memory from who uses it.
 */
#include <linux/cxl_mem.h>
#include <linux/device.h>
#include <linux/pci.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "commands.h"
#include "mailbox.h"
#include "mailbox_regs.h"

#define VARIABLE		U32_MAX
#define OP_CLEAR_LOG		0x0403
#define OP_SET_PARTITION	0x4101
#define SET_PARTITION_FLAGS	8	/* in its payload */
#define  SET_PARTITION_NOW	BIT(0)
/* of a log, at once; no mailbox has a smaller payload */
#define LOG_PART		256U
/* of the log of effects: an opcode, and what it does */
#define EFFECT_SIZE		4
#define MAX_EFFECTS		1024

/**
 * struct cxla_command - a command that passes
 * @id: of linux/cxl_mem.h
 * @opcode: CXL 3.1 table 8-93 and 8-126
 * @size_in: bytes of its payload
 * @size_out: bytes of its answer
 * @always: each device has it
 */
struct cxla_command {
	u32 id;
	u16 opcode;
	u32 size_in;
	u32 size_out;
	bool always;
};

#define COMMAND(_id, ...) { CXL_MEM_COMMAND_ID_##_id, __VA_ARGS__ }

static const struct cxla_command cxla_commands[] = {
	COMMAND(IDENTIFY, CXL_OP_IDENTIFY, 0, CXL_IDENTIFY_SIZE, true),
	COMMAND(GET_SUPPORTED_LOGS, CXL_OP_SUPPORTED_LOGS, 0, VARIABLE, true),
	COMMAND(GET_LOG, CXL_OP_GET_LOG, 0x18, VARIABLE, true),
	COMMAND(GET_FW_INFO, 0x0200, 0, 0x50),
	COMMAND(GET_TIMESTAMP, 0x0300, 0, 8),
	COMMAND(GET_LOG_CAPS, 0x0402, 0x10, 4),
	COMMAND(CLEAR_LOG, OP_CLEAR_LOG, 0x10, 0),
	COMMAND(GET_SUP_LOG_SUBLIST, 0x0405, 2, VARIABLE),
	COMMAND(GET_PARTITION_INFO, CXL_OP_PARTITION_INFO, 0,
		CXL_PARTITION_SIZE),
	COMMAND(SET_PARTITION_INFO, OP_SET_PARTITION, 0xa, 0),
	COMMAND(GET_LSA, 0x4102, 8, VARIABLE),
	COMMAND(SET_LSA, 0x4103, VARIABLE, 0),
	COMMAND(GET_HEALTH_INFO, 0x4200, 0, 0x12),
	COMMAND(GET_ALERT_CONFIG, 0x4201, 0, 0x10),
	COMMAND(SET_ALERT_CONFIG, 0x4202, 0xc, 0),
	COMMAND(GET_SHUTDOWN_STATE, 0x4203, 0, 1),
	COMMAND(SET_SHUTDOWN_STATE, 0x4204, 1, 0),
	COMMAND(GET_SCAN_MEDIA_CAPS, 0x4303, 0x10, 4),
};

static_assert(ARRAY_SIZE(cxla_commands) <= 32);

/* ------------------------- what a device has ----------------------- */

static void cxla_commands_enable(struct cxla_commands *commands,
				 const u8 *effects, u32 length)
{
	for (u32 i = 0; i + EFFECT_SIZE <= length; i += EFFECT_SIZE)
		for (int n = 0; n < ARRAY_SIZE(cxla_commands); n++)
			if (get_unaligned_le16(effects + i) ==
			    cxla_commands[n].opcode)
				commands->enabled |= BIT(n);
}

static u32 cxla_size_of_effects(struct pci_dev *pdev)
{
	u8 answer[LOG_PART];
	struct cxla_mailbox_command command = {
		.opcode = CXL_OP_SUPPORTED_LOGS,
		.out = answer,
		.out_length = sizeof(answer),
	};

	if (cxla_mailbox_command(pdev, &command) || command.code)
		return 0;
	return min(cxl_logs_find(answer, command.out_length,
				 cxl_log_of_effects),
		   (u32)MAX_EFFECTS * EFFECT_SIZE);
}

/* a device that does not tell has what each has */
static void cxla_commands_learn(struct cxla_commands *commands,
				struct pci_dev *pdev)
{
	u32 size = cxla_size_of_effects(pdev);
	u8 wanted[CXL_UUID_LEN + 8], answer[LOG_PART];

	for (int n = 0; n < ARRAY_SIZE(cxla_commands); n++)
		if (cxla_commands[n].always)
			commands->enabled |= BIT(n);
	memcpy(wanted, cxl_log_of_effects, CXL_UUID_LEN);
	for (u32 offset = 0; offset < size; offset += LOG_PART) {
		struct cxla_mailbox_command command = {
			.opcode = CXL_OP_GET_LOG,
			.in = wanted,
			.in_length = sizeof(wanted),
			.out = answer,
			.out_length = min(size - offset, LOG_PART),
		};

		put_unaligned_le32(offset, wanted + CXL_UUID_LEN);
		put_unaligned_le32(command.out_length,
				   wanted + CXL_UUID_LEN + 4);
		if (cxla_mailbox_command(pdev, &command) || command.code)
			return;
		cxla_commands_enable(commands, answer, command.out_length);
	}
	commands->known = true;
}

/* ------------------------------ ioctls ----------------------------- */

static long cxla_commands_query(const struct cxla_commands *commands,
				struct cxl_mem_query_commands __user *query)
{
	u32 room;

	if (get_user(room, &query->n_commands))
		return -EFAULT;
	if (!room)
		return put_user((u32)ARRAY_SIZE(cxla_commands),
				&query->n_commands);
	for (u32 n = 0; n < min_t(u32, room, ARRAY_SIZE(cxla_commands)); n++) {
		const struct cxl_command_info info = {
			.id = cxla_commands[n].id,
			.flags = commands->enabled & BIT(n) ?
				 CXL_MEM_COMMAND_FLAG_ENABLED : 0,
			.size_in = cxla_commands[n].size_in,
			.size_out = cxla_commands[n].size_out,
		};

		if (copy_to_user(&query->commands[n], &info, sizeof(info)))
			return -EFAULT;
	}
	return 0;
}

/* what is not for userspace, whatever the device thinks of it */
static bool cxla_command_is_allowed(const struct cxla_mailbox_command *command)
{
	switch (command->opcode) {
	case OP_CLEAR_LOG:
		return !memcmp(command->in, cxl_log_of_vendor, CXL_UUID_LEN);
	case OP_SET_PARTITION:
		return !(command->in[SET_PARTITION_FLAGS] & SET_PARTITION_NOW);
	default:
		return true;
	}
}

/* the command that is meant, or an error */
static int cxla_command_find(const struct cxla_commands *commands,
			     const struct cxl_send_command *send)
{
	int n = 0;

	if (send->flags & ~CXL_MEM_COMMAND_FLAG_MASK || send->in.rsvd ||
	    send->out.rsvd)
		return -EINVAL;
	if (send->id == CXL_MEM_COMMAND_ID_RAW)
		return send->raw.rsvd ? -EINVAL : -EPERM;
	if (send->rsvd)
		return -EINVAL;
	while (n < ARRAY_SIZE(cxla_commands) && cxla_commands[n].id != send->id)
		n++;
	if (n == ARRAY_SIZE(cxla_commands) || !(commands->enabled & BIT(n)))
		return -ENOTTY;
	if (cxla_commands[n].size_in != VARIABLE &&
	    cxla_commands[n].size_in != send->in.size)
		return -ENOMEM;
	if (cxla_commands[n].size_out != VARIABLE &&
	    cxla_commands[n].size_out > send->out.size)
		return -ENOMEM;
	return n;
}

static long cxla_commands_run(struct pci_dev *pdev, u16 opcode,
			      struct cxl_send_command *send, u8 *in, u8 *out,
			      u32 room)
{
	struct cxla_mailbox_command command = {
		.opcode = opcode,
		.in = in,
		.in_length = send->in.size,
		.out = out,
		.out_length = room,
	};
	int rc;

	if (copy_from_user(in, u64_to_user_ptr(send->in.payload),
			   send->in.size))
		return -EFAULT;
	if (!cxla_command_is_allowed(&command))
		return -EBUSY;
	rc = cxla_mailbox_command(pdev, &command);
	if (rc)
		return rc;
	send->retval = command.code;
	send->out.size = command.out_length;
	if (copy_to_user(u64_to_user_ptr(send->out.payload), out,
			 command.out_length))
		return -EFAULT;
	return 0;
}

static long cxla_commands_send(const struct cxla_commands *commands,
			       struct pci_dev *pdev,
			       struct cxl_send_command __user *arg)
{
	/* what a mailbox may have, CXL 3.1 section 8.2.8.4.3 */
	const u32 most = SZ_1M;
	struct cxl_send_command send;
	u8 *in = NULL, *out = NULL;
	u32 room;
	long rc;
	int n;

	if (copy_from_user(&send, arg, sizeof(send)))
		return -EFAULT;
	n = cxla_command_find(commands, &send);
	if (n < 0)
		return n;
	if (send.in.size > most)
		return -EINVAL;
	room = min(send.out.size, most);
	in = kvzalloc(max(send.in.size, 1U), GFP_KERNEL);
	out = kvzalloc(max(room, 1U), GFP_KERNEL);
	rc = in && out ? cxla_commands_run(pdev, cxla_commands[n].opcode, &send,
					   in, out, room) : -ENOMEM;
	kvfree(out);
	kvfree(in);
	if (!rc && copy_to_user(arg, &send, sizeof(send)))
		rc = -EFAULT;
	return rc;
}

/**
 * cxla_commands_ioctl() - CXL_MEM_QUERY_COMMANDS and CXL_MEM_SEND_COMMAND
 * @commands: of the device; its lock is initialized
 * @pdev: bound, memory space enabled
 * @cmd: which
 * @arg: of the caller
 *
 * Context: may sleep: 4 s for each command that is sent.
 * Return: 0, and for CXL_MEM_SEND_COMMAND what the device returned; -EFAULT;
 * -EINVAL: what is reserved is not 0; -ENOTTY: no such command, or the device has
 * it not; -ENOMEM: payloads are not of its sizes, or no memory; -EPERM: a raw one;
 * -EBUSY: it would take memory, or a log, from who uses it; or as
 * cxla_mailbox_command().
 */
long cxla_commands_ioctl(struct cxla_commands *commands, struct pci_dev *pdev,
			 unsigned int cmd, void __user *arg)
{
	guard(mutex)(&commands->lock);
	if (!commands->known)
		cxla_commands_learn(commands, pdev);
	return cmd == CXL_MEM_QUERY_COMMANDS ?
	       cxla_commands_query(commands, arg) :
	       cxla_commands_send(commands, pdev, arg);
}
