// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: where register blocks are
 *
 * Arithmetic on the Register Locator DVSEC, the DVSEC for CXL devices and the
 * capability array. An offset that comes out of here lies within the structure
 * that it is relative to, or is for the caller to hold against the BAR's size.
 */
#include "block_regs.h"

#define BLOCK_ALL_ONES		0xffffffffU

/* Register Locator DVSEC */
#define LOCATOR_FIRST_ENTRY	0x0c
#define LOCATOR_ENTRY_SIZE	8
#define LOCATOR_BIR		GENMASK(2, 0)
#define LOCATOR_BLOCK_ID	GENMASK(15, 8)
#define LOCATOR_OFFSET_LOW	GENMASK(31, 16)
#define LOCATOR_LAST_BAR	5
/* the length field of a DVSEC header has 12 bits */
#define DVSEC_MAX_LEN		0xfff

/* DVSEC for CXL devices */
#define DVSEC_CAP_MEM_CAPABLE	BIT(2)
#define DVSEC_CAP_HDM_COUNT	GENMASK(5, 4)
#define DVSEC_RANGE_INFO_VALID	BIT(0)
#define DVSEC_RANGE_ACTIVE	BIT(1)
#define DVSEC_RANGE_TIMEOUT	GENMASK(15, 13)
#define DVSEC_RANGE_ADDR_LOW	GENMASK(31, 28)
#define DVSEC_MAX_RANGES	2

unsigned int cxl_locator_nr_entries(unsigned int dvsec_len)
{
	if (dvsec_len < LOCATOR_FIRST_ENTRY)
		return 0;
	if (dvsec_len > DVSEC_MAX_LEN)
		dvsec_len = DVSEC_MAX_LEN;
	return (dvsec_len - LOCATOR_FIRST_ENTRY) / LOCATOR_ENTRY_SIZE;
}

int cxl_locator_decode(u32 low, u32 high, struct cxl_locator_entry *entry)
{
	u8 bir = FIELD_GET(LOCATOR_BIR, low);

	memset(entry, 0, sizeof(*entry));
	if (low == BLOCK_ALL_ONES || high == BLOCK_ALL_ONES)
		return -ENXIO;
	if (bir > LOCATOR_LAST_BAR)
		return -ENXIO;

	entry->bir = bir;
	entry->block_id = FIELD_GET(LOCATOR_BLOCK_ID, low);
	entry->offset = (u64)high << 32 | (low & LOCATOR_OFFSET_LOW);
	return 0;
}

bool cxl_locator_overlap(const struct cxl_locator_entry *a,
			 const struct cxl_locator_entry *b)
{
	u64 distance = a->offset > b->offset ? a->offset - b->offset :
					       b->offset - a->offset;

	return a->bir == b->bir && distance < CXL_COMPONENT_BLOCK_SIZE;
}

int cxl_cap_array_count(u32 header)
{
	/* all ones has the wrong id, too */
	if (FIELD_GET(CXL_CAP_ARRAY_ID, header) != CXL_CAP_ARRAY_ID_CXL)
		return -ENXIO;
	return FIELD_GET(CXL_CAP_ARRAY_SIZE, header);
}

int cxl_cap_entry_decode(u32 header, unsigned int count, unsigned int min_size,
			 struct cxl_cap_entry *entry)
{
	u32 offset = FIELD_GET(CXL_CAP_POINTER, header);
	/* the header of the array, then its entries */
	u64 array_end = ((u64)count + 1) * sizeof(u32);

	memset(entry, 0, sizeof(*entry));
	if (header == BLOCK_ALL_ONES)
		return -ENXIO;
	/* registers are read 32 bits at a time */
	if (!IS_ALIGNED(offset, sizeof(u32)) || offset < array_end)
		return -ENXIO;
	if (min_size > CXL_CACHEMEM_SIZE - offset)
		return -ENXIO;

	entry->id = FIELD_GET(CXL_CAP_ID, header);
	entry->version = FIELD_GET(CXL_CAP_VERSION, header);
	entry->offset = offset;
	return 0;
}

bool cxl_cap_overlap(u64 offset_a, u64 size_a, u64 offset_b, u64 size_b)
{
	return offset_a < offset_b + size_b && offset_b < offset_a + size_a;
}

int cxl_dvsec_range_decode(u32 size_high, u32 size_low, u32 base_high,
			   u32 base_low, struct cxl_dvsec_range *range)
{
	/* CXL 3.1 section 8.1.3.8.2, in seconds; the rest is reserved */
	static const unsigned int timeouts[8] = { 1, 4, 16, 64, 256 };

	memset(range, 0, sizeof(*range));
	/* no memory is that large, and the low halves have reserved bits */
	if (size_high == BLOCK_ALL_ONES || size_low == BLOCK_ALL_ONES ||
	    base_high == BLOCK_ALL_ONES || base_low == BLOCK_ALL_ONES)
		return -ENXIO;

	range->valid = size_low & DVSEC_RANGE_INFO_VALID;
	range->active = size_low & DVSEC_RANGE_ACTIVE;
	range->active_timeout =
		timeouts[FIELD_GET(DVSEC_RANGE_TIMEOUT, size_low)];
	range->base = (u64)base_high << 32 | (base_low & DVSEC_RANGE_ADDR_LOW);
	range->size = (u64)size_high << 32 | (size_low & DVSEC_RANGE_ADDR_LOW);
	return 0;
}

int cxl_dvsec_range_count(u16 cap)
{
	int count = FIELD_GET(DVSEC_CAP_HDM_COUNT, cap);

	/* all ones is among the reserved counts */
	if (!(cap & DVSEC_CAP_MEM_CAPABLE) || count > DVSEC_MAX_RANGES)
		return -ENXIO;
	return count;
}
