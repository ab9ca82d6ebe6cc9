/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where register blocks are, as plain values: the Register Locator DVSEC (CXL
 * 3.1 section 8.1.9), the DVSEC for CXL devices (8.1.3), and the capability
 * array at the head of the CXL.cachemem registers (8.2.4).
 */
#ifndef __CXLA_BLOCK_REGS_H__
#define __CXLA_BLOCK_REGS_H__

#include "pure.h"

/* CXL.cachemem registers within the component block of 64 KiB */
#define CXL_COMPONENT_BLOCK_SIZE	SZ_64K
#define CXL_CACHEMEM_OFFSET		0x1000
#define CXL_CACHEMEM_SIZE		0x1000

#define CXL_CAP_ARRAY_ID		GENMASK(15, 0)
#define  CXL_CAP_ARRAY_ID_CXL		1
#define CXL_CAP_ARRAY_VERSION		GENMASK(19, 16)
#define CXL_CAP_ARRAY_CACHEMEM_VERSION	GENMASK(23, 20)
#define CXL_CAP_ARRAY_SIZE		GENMASK(31, 24)
#define CXL_CAP_ID			GENMASK(15, 0)
#define  CXL_CAP_ID_RAS			2
#define  CXL_CAP_ID_HDM			5
#define CXL_CAP_VERSION			GENMASK(19, 16)
#define CXL_CAP_POINTER			GENMASK(31, 20)
#define CXL_RAS_BLOCK_SIZE		0x58

/**
 * struct cxl_locator_entry - one register block of the Register Locator DVSEC
 * @bir: BAR number
 * @block_id: enum cxl_regloc_type
 * @offset: bytes from the start of that BAR
 */
struct cxl_locator_entry {
	u8 bir;
	u8 block_id;
	u64 offset;
};

/* entries that fit in a DVSEC of @len bytes; 0 when it is too short */
unsigned int cxl_locator_nr_entries(unsigned int dvsec_len);
/* 0, or -ENXIO: all ones, or a BAR number above 5 */
int cxl_locator_decode(u32 low, u32 high, struct cxl_locator_entry *entry);

/* whether two blocks of 64 KiB share registers */
bool cxl_locator_overlap(const struct cxl_locator_entry *a,
			 const struct cxl_locator_entry *b);

/* number of entries in the capability array, or -ENXIO: not a CXL array */
int cxl_cap_array_count(u32 header);

/**
 * struct cxl_cap_entry - one entry of the capability array
 * @id: CXL_CAP_ID_...
 * @version: of that capability
 * @offset: bytes from the array header, i.e. within CXL.cachemem
 */
struct cxl_cap_entry {
	u16 id;
	u8 version;
	u16 offset;
};

/*
 * 0, or -ENXIO when the pointer lies inside of the array of @count entries or
 * leaves no room for @min_size bytes before the end of CXL.cachemem.
 */
int cxl_cap_entry_decode(u32 header, unsigned int count, unsigned int min_size,
			 struct cxl_cap_entry *entry);
/* whether two capabilities share registers; sizes in bytes */
bool cxl_cap_overlap(u64 offset_a, u64 size_a, u64 offset_b, u64 size_b);

/**
 * struct cxl_dvsec_range - one range of the DVSEC for CXL devices
 * @valid: Memory_Info_Valid
 * @active: Memory_Active
 * @active_timeout: seconds after a reset by which it is; 0: a reserved value
 * @base: HPA base, meaningful when HDM decoders are not in use
 * @size: bytes of memory
 */
struct cxl_dvsec_range {
	bool valid;
	bool active;
	unsigned int active_timeout;
	u64 base;
	u64 size;
};

/*
 * Does it decode, where HDM decoders don't (CXL 3.1 section 8.1.3.8): a base of 0 is
 * what it has after a reset.
 */
static inline bool cxl_dvsec_range_maps(const struct cxl_dvsec_range *range)
{
	return range->valid && range->base && range->size;
}

/* 0, or -ENXIO: all ones */
int cxl_dvsec_range_decode(u32 size_high, u32 size_low, u32 base_high,
			   u32 base_low, struct cxl_dvsec_range *range);
/*
 * number of ranges by the CXL capability register: 0 to 2; -ENXIO reserved,
 * all ones, or a device that is not CXL.mem capable
 */
int cxl_dvsec_range_count(u16 cap);

#endif /* __CXLA_BLOCK_REGS_H__ */
