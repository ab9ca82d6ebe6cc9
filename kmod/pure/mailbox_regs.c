// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: device registers of a memory device, by value
 *
 * A device that is gone reads all ones, and one that is broken anything: what
 * comes out of here lies within the block, the payload, or 64 bits.
 */
#include "mailbox_regs.h"

/* the answer to GET SUPPORTED LOGS, and one of its entries: name and bytes */
#define LOGS_HEADER		8
#define LOGS_ENTRY		20

#define DEVICE_ALL_ONES		0xffffffffU

/* capability array register */
#define DEVCAP_ARRAY_ID		0
#define DEVCAP_ARRAY_COUNT	GENMASK(15, 0)	/* of the upper half */

/* mailbox capabilities */
#define MBOX_PAYLOAD_SHIFT	GENMASK(4, 0)
#define  MBOX_SHIFT_MIN		8
#define  MBOX_SHIFT_MAX		20
#define MBOX_READY_TIME		GENMASK(18, 11)

/* mailbox command: the answer's length is in both halves; and status */
#define MBOX_LENGTH_LOW		GENMASK(31, 16)
#define MBOX_LENGTH_HIGH	GENMASK(4, 0)
#define MBOX_RETURN_CODE	GENMASK(15, 0)	/* of the upper half */
#define  MBOX_SUCCESS		0x0
#define  MBOX_UNSUPPORTED	0x3
#define  MBOX_RETRY		0x5
#define  MBOX_BUSY		0x6

/* memory device status */
#define STATUS_FATAL		BIT(0)
#define STATUS_FW_HALT		BIT(1)
#define STATUS_MEDIA		GENMASK(3, 2)
#define  MEDIA_NOT_READY	0
#define  MEDIA_ERROR		2
#define  MEDIA_DISABLED		3
#define STATUS_MBOX_READY	BIT(4)

/* answers; capacities are multiples of 256 MiB */
#define CAPACITY_UNIT		((u64)SZ_256M)
#define IDENTIFY_TOTAL		0x10
#define IDENTIFY_RAM		0x18
#define IDENTIFY_PMEM		0x20
#define IDENTIFY_ALIGN		0x28
#define IDENTIFY_LABELS		0x38
#define PARTITION_RAM		0x00
#define PARTITION_PMEM		0x08

int cxl_devcap_count(u32 low, u32 high)
{
	unsigned int count = FIELD_GET(DEVCAP_ARRAY_COUNT, high);

	/* all ones has the wrong id, too */
	if (FIELD_GET(CXL_DEVCAP_ID, low) != DEVCAP_ARRAY_ID)
		return -ENXIO;
	if (CXL_DEVCAP_OFFSET(count + 1) > CXL_DEVCAP_ARRAY_SIZE)
		return -ENXIO;
	return count;
}

int cxl_devcap_decode(u32 offset, u32 length, unsigned int count, u32 min_size,
		      u64 block_size, struct cxl_devcap *cap)
{
	memset(cap, 0, sizeof(*cap));
	if (offset == DEVICE_ALL_ONES || length == DEVICE_ALL_ONES)
		return -ENXIO;
	if (!IS_ALIGNED(offset, sizeof(u64)) ||
	    offset < CXL_DEVCAP_OFFSET((u64)count + 1))
		return -ENXIO;
	if (length < min_size || (u64)offset + length > block_size)
		return -ENXIO;

	cap->offset = offset;
	cap->length = length;
	return 0;
}

bool cxl_devcap_overlap(const struct cxl_devcap *a, const struct cxl_devcap *b)
{
	return a->offset < (u64)b->offset + b->length &&
	       b->offset < (u64)a->offset + a->length;
}

int cxl_mbox_decode_caps(u32 cap, u32 length, struct cxl_mbox_caps *caps)
{
	unsigned int shift = FIELD_GET(MBOX_PAYLOAD_SHIFT, cap);

	memset(caps, 0, sizeof(*caps));
	if (cap == DEVICE_ALL_ONES || shift < MBOX_SHIFT_MIN)
		return -ENXIO;
	/* of more than the specification knows, what it knows is used */
	if (shift > MBOX_SHIFT_MAX)
		shift = MBOX_SHIFT_MAX;
	if (length < CXL_MBOX_PAYLOAD ||
	    length - CXL_MBOX_PAYLOAD < BIT(shift))
		return -ENXIO;

	caps->payload_size = BIT(shift);
	caps->ready_seconds = FIELD_GET(MBOX_READY_TIME, cap);
	return 0;
}

int cxl_memdev_status(u32 status, const char **what)
{
	unsigned int media = FIELD_GET(STATUS_MEDIA, status);

	if (status == DEVICE_ALL_ONES) {
		*what = "all ones";
		return -ENXIO;
	}
	if (status & (STATUS_FATAL | STATUS_FW_HALT)) {
		*what = status & STATUS_FATAL ? "fatal error" : "firmware halted";
		return -EIO;
	}
	if (media == MEDIA_ERROR || media == MEDIA_DISABLED) {
		*what = media == MEDIA_ERROR ? "media error" : "media disabled";
		return media == MEDIA_ERROR ? -EIO : -ENXIO;
	}
	if (!(status & STATUS_MBOX_READY) || media == MEDIA_NOT_READY) {
		*what = status & STATUS_MBOX_READY ? "media not ready" :
						     "mailbox not ready";
		return -EAGAIN;
	}
	*what = "ready";
	return 0;
}

int cxl_mbox_result(u32 low, u32 high, unsigned int *code)
{
	/* who is gone has said nothing */
	*code = 0;
	if (low == DEVICE_ALL_ONES && high == DEVICE_ALL_ONES)
		return -ENXIO;
	*code = FIELD_GET(MBOX_RETURN_CODE, high);
	switch (*code) {
	case MBOX_SUCCESS:
		return 0;
	case MBOX_RETRY:
	case MBOX_BUSY:
		return -EBUSY;
	case MBOX_UNSUPPORTED:
		return -EOPNOTSUPP;
	default:
		return -EIO;
	}
}

int cxl_mbox_answer_length(u32 low, u32 high, u32 least, u32 payload_size)
{
	u32 length = FIELD_GET(MBOX_LENGTH_HIGH, high) << 16 |
		     FIELD_GET(MBOX_LENGTH_LOW, low);

	/* all ones is more than any payload has */
	if (length > payload_size)
		return -ENXIO;
	if (length < least)
		return -EIO;
	return length;
}

const u8 cxl_log_of_effects[CXL_UUID_LEN] = {
	0x0d, 0xa9, 0xc0, 0xb5, 0xbf, 0x41, 0x4b, 0x78,
	0x8f, 0x79, 0x96, 0xb1, 0x62, 0x3b, 0x3f, 0x17,
};

const u8 cxl_log_of_vendor[CXL_UUID_LEN] = {
	0x5e, 0x18, 0x19, 0xd9, 0x11, 0xa9, 0x40, 0x0c,
	0x81, 0x1f, 0xd6, 0x07, 0x19, 0x40, 0x3d, 0x86,
};

u32 cxl_logs_find(const u8 *answer, u32 length, const u8 *uuid)
{
	u32 entries;

	if (length < LOGS_HEADER)
		return 0;
	entries = (length - LOGS_HEADER) / LOGS_ENTRY;
	if (get_unaligned_le16(answer) < entries)
		entries = get_unaligned_le16(answer);
	for (u32 i = 0; i < entries; i++) {
		const u8 *entry = answer + LOGS_HEADER + i * LOGS_ENTRY;

		if (!memcmp(entry, uuid, CXL_UUID_LEN))
			return get_unaligned_le32(entry + CXL_UUID_LEN);
	}
	return 0;
}

static int capacity_decode(const u8 *field, u64 *bytes)
{
	return check_mul_overflow(get_unaligned_le64(field), CAPACITY_UNIT,
				  bytes) ? -ENXIO : 0;
}

static bool parts_fit(const struct cxl_identity *id)
{
	u64 sum;

	return !check_add_overflow(id->ram, id->pmem, &sum) && sum <= id->total;
}

int cxl_identify_decode(const u8 *answer, struct cxl_identity *id)
{
	memset(id, 0, sizeof(*id));
	memcpy(id->firmware, answer, CXL_FIRMWARE_LEN);
	id->label_storage = get_unaligned_le32(answer + IDENTIFY_LABELS);
	if (capacity_decode(answer + IDENTIFY_TOTAL, &id->total) ||
	    capacity_decode(answer + IDENTIFY_RAM, &id->ram) ||
	    capacity_decode(answer + IDENTIFY_PMEM, &id->pmem) ||
	    capacity_decode(answer + IDENTIFY_ALIGN, &id->partition_align))
		return -ENXIO;
	return id->total && parts_fit(id) ? 0 : -ENXIO;
}

int cxl_partition_decode(const u8 *answer, struct cxl_identity *id)
{
	if (capacity_decode(answer + PARTITION_RAM, &id->ram) ||
	    capacity_decode(answer + PARTITION_PMEM, &id->pmem))
		return -ENXIO;
	return parts_fit(id) ? 0 : -ENXIO;
}
