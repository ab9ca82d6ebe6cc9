/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device registers of a memory device as plain values: the capability array
 * (CXL 3.1 section 8.2.8.1), the mailbox (8.2.8.4), the status (8.2.8.5), and
 * what the commands answer that tell of capacity (8.2.9.9).
 */
#ifndef __CXLA_MAILBOX_REGS_H__
#define __CXLA_MAILBOX_REGS_H__

#include "pure.h"

/* the array: its own register, then a header for each capability */
#define CXL_DEVCAP_SIZE		0x10
#define CXL_DEVCAP_OFFSET(n)	(CXL_DEVCAP_SIZE * (n))
#define  CXL_DEVCAP_ID			GENMASK(15, 0)
#define  CXL_DEVCAP_ID_MAILBOX		0x0002
#define  CXL_DEVCAP_ID_MEMDEV		0x4000
/* what is looked at of it: room for 255, and there are half a dozen kinds */
#define CXL_DEVCAP_ARRAY_SIZE	0x1000

/* offsets in the mailbox */
#define CXL_MBOX_CAPS		0x00
#define CXL_MBOX_CTRL		0x04
#define  CXL_MBOX_CTRL_DOORBELL		BIT(0)
#define CXL_MBOX_CMD		0x08	/* 64 bits, written at once */
#define  CXL_MBOX_CMD_LENGTH_SHIFT	16	/* bytes of the payload */
#define CXL_MBOX_STATUS		0x10
#define CXL_MBOX_PAYLOAD	0x20
#define CXL_MBOX_MIN_SIZE	(CXL_MBOX_PAYLOAD + 256)

/* offsets in the memory device's registers */
#define CXL_MEMDEV_STATUS	0x00
#define CXL_MEMDEV_SIZE		0x08

#define CXL_OP_SUPPORTED_LOGS	0x0400
#define CXL_OP_GET_LOG		0x0401
#define CXL_OP_IDENTIFY		0x4000
#define CXL_OP_PARTITION_INFO	0x4100
/* bytes that an answer has at least: those of CXL 2.0, later ones added some */
#define CXL_IDENTIFY_SIZE	0x43
#define CXL_PARTITION_SIZE	0x20
#define CXL_FIRMWARE_LEN	16

/* number of capabilities, or -ENXIO: no array, or one that is too long */
int cxl_devcap_count(u32 low, u32 high);

/**
 * struct cxl_devcap - one capability of the device registers
 * @offset: bytes from the start of the block
 * @length: bytes
 */
struct cxl_devcap {
	u32 offset;
	u32 length;
};

/*
 * 0, or -ENXIO: all ones, or the capability lies inside of the array of @count,
 * is not aligned to its registers of 64 bits, is shorter than @min_size, or ends
 * behind the block of @block_size bytes.
 */
int cxl_devcap_decode(u32 offset, u32 length, unsigned int count, u32 min_size,
		      u64 block_size, struct cxl_devcap *cap);

/* whether two capabilities share registers */
bool cxl_devcap_overlap(const struct cxl_devcap *a, const struct cxl_devcap *b);

/**
 * struct cxl_mbox_caps - what the mailbox says of itself
 * @payload_size: bytes of its payload registers, 256 to 1 MiB
 * @ready_seconds: how long after a reset it may take to be ready, 0: not told
 */
struct cxl_mbox_caps {
	u32 payload_size;
	unsigned int ready_seconds;
};

/* 0, or -ENXIO: all ones, too small, or more than @length bytes of registers */
int cxl_mbox_decode_caps(u32 cap, u32 length, struct cxl_mbox_caps *caps);

/*
 * 0: media and mailbox are ready; -EAGAIN: not yet; -ENXIO: all ones, or media
 * disabled; -EIO: failed. *@what has it in words.
 */
int cxl_memdev_status(u32 status, const char **what);

/*
 * What came of a command, by the mailbox's status. 0; -EBUSY: to be tried
 * again; -EOPNOTSUPP; -ENXIO: all ones; -EIO. *@code is the return code.
 */
int cxl_mbox_result(u32 low, u32 high, unsigned int *code);

/*
 * Bytes of the answer by the command register: @least or more, or -ENXIO: all
 * ones, or more than @payload_size; -EIO: fewer.
 */
int cxl_mbox_answer_length(u32 low, u32 high, u32 least, u32 payload_size);

#define CXL_UUID_LEN		16
/* the command effects log, and what a vendor keeps for debugging: 8.2.9.5.2.1 */
extern const u8 cxl_log_of_effects[CXL_UUID_LEN];
extern const u8 cxl_log_of_vendor[CXL_UUID_LEN];

/*
 * Bytes of the log of that name, by an answer of @length bytes to GET SUPPORTED
 * LOGS; 0: it is not among those that the answer has.
 */
u32 cxl_logs_find(const u8 *answer, u32 length, const u8 *uuid);

/**
 * struct cxl_identity - what IDENTIFY MEMORY DEVICE says
 * @firmware: revision, ends with a zero
 * @total: bytes of usable capacity
 * @ram: of these, volatile
 * @pmem: of these, persistent
 * @partition_align: bytes; 0: the rest of @total can't be made either
 * @label_storage: bytes
 */
struct cxl_identity {
	char firmware[CXL_FIRMWARE_LEN + 1];
	u64 total;
	u64 ram;
	u64 pmem;
	u64 partition_align;
	u32 label_storage;
};

/*
 * @answer has CXL_IDENTIFY_SIZE bytes. 0, or -ENXIO: no capacity, more than 64
 * bits hold, or parts that are more than the whole.
 */
int cxl_identify_decode(const u8 *answer, struct cxl_identity *id);
/*
 * What of the device is volatile and persistent now, by the CXL_PARTITION_SIZE
 * bytes of GET PARTITION INFO; replaces what @id said of both. 0, or -ENXIO.
 */
int cxl_partition_decode(const u8 *answer, struct cxl_identity *id);

#endif /* __CXLA_MAILBOX_REGS_H__ */
