/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The HDM Decoder Capability Structure as plain values: CXL 3.1 section
 * 8.2.4.20. The one place that knows what a decoder's bits mean.
 */
#ifndef __CXLA_HDM_REGS_H__
#define __CXLA_HDM_REGS_H__

#include "pure.h"

/* offsets in the capability structure */
#define CXL_HDM_CAP		0x00
#define  CXL_HDM_CAP_DECODER_COUNT	GENMASK(3, 0)
#define  CXL_HDM_CAP_TARGET_COUNT	GENMASK(7, 4)
#define  CXL_HDM_CAP_INTERLEAVE_11_8	BIT(8)
#define  CXL_HDM_CAP_INTERLEAVE_14_12	BIT(9)
#define  CXL_HDM_CAP_INTERLEAVE_3_6_12	BIT(11)
#define  CXL_HDM_CAP_INTERLEAVE_16	BIT(12)
#define CXL_HDM_GLOBAL_CTRL	0x04
#define  CXL_HDM_GLOBAL_POISON_ON_ERR	BIT(0)
#define  CXL_HDM_GLOBAL_ENABLE		BIT(1)
#define CXL_HDM_DECODER(n)	(0x10 + 0x20 * (n))
/* offsets in one decoder */
#define CXL_HDM_BASE_LOW	0x00
#define CXL_HDM_BASE_HIGH	0x04
#define CXL_HDM_SIZE_LOW	0x08
#define CXL_HDM_SIZE_HIGH	0x0c
#define CXL_HDM_CTRL		0x10
#define  CXL_HDM_CTRL_IG		GENMASK(3, 0)
#define  CXL_HDM_CTRL_IW		GENMASK(7, 4)
#define  CXL_HDM_CTRL_LOCK		BIT(8)
#define  CXL_HDM_CTRL_COMMIT		BIT(9)
#define  CXL_HDM_CTRL_COMMITTED		BIT(10)
#define  CXL_HDM_CTRL_ERROR		BIT(11)
#define  CXL_HDM_CTRL_HOSTONLY		BIT(12)
/* back-invalidate, and unordered I/O: whether, granularity, ways, position */
#define  CXL_HDM_CTRL_BI		BIT(13)
#define  CXL_HDM_CTRL_UIO		BIT(14)
#define  CXL_HDM_CTRL_UIG		GENMASK(19, 16)
#define  CXL_HDM_CTRL_UIW		GENMASK(23, 20)
#define  CXL_HDM_CTRL_ISP		GENMASK(27, 24)
#define  CXL_HDM_CTRL_CARRIED		(CXL_HDM_CTRL_BI | CXL_HDM_CTRL_UIO | \
					 CXL_HDM_CTRL_UIG | CXL_HDM_CTRL_UIW | \
					 CXL_HDM_CTRL_ISP)
/* what software sets, but for LOCK and COMMIT; the rest is reserved or status */
#define  CXL_HDM_CTRL_VALUES		(CXL_HDM_CTRL_IG | CXL_HDM_CTRL_IW | \
					 CXL_HDM_CTRL_HOSTONLY | \
					 CXL_HDM_CTRL_CARRIED)
/* switch: target list; endpoint: DPA skip */
#define CXL_HDM_TL_LOW		0x14
#define CXL_HDM_TL_HIGH		0x18
#define CXL_HDM_SKIP_LOW	0x14
#define CXL_HDM_SKIP_HIGH	0x18

#define CXL_HDM_MAX_DECODERS	32
#define CXL_HDM_MAX_TARGETS	8	/* in a port's target list register */
#define CXL_HDM_BLOCK_SIZE(n)	(0x10 + 0x20 * (n))

/**
 * struct cxl_hdm_caps - the capability register, decoded
 * @decoder_count: number of decoders, 1 to 32
 * @target_count: most targets one decoder can interleave across; 0 endpoint
 * @ig_mask: granularities supported, as a mask of interleave address bits
 * @iw_mask: bit N set: N ways are supported
 */
struct cxl_hdm_caps {
	unsigned int decoder_count;
	unsigned int target_count;
	u32 ig_mask;
	u32 iw_mask;
};

/**
 * struct cxl_hdm_regs - the registers of one decoder as read
 *
 * @base_low: bits 31:28 of the base
 * @base_high: bits 63:32 of the base
 * @size_low: bits 31:28 of the size
 * @size_high: bits 63:32 of the size
 * @ctrl: control
 * @tl_low: target list of a switch, or DPA skip of an endpoint
 * @tl_high: the same, upper half
 *
 * Only @ctrl needs to have been read when COMMITTED is not set in it; the rest
 * is 0 then.
 */
struct cxl_hdm_regs {
	u32 base_low, base_high;
	u32 size_low, size_high;
	u32 ctrl;
	u32 tl_low, tl_high;	/* or DPA skip */
};

enum cxl_hdm_kind { CXL_HDM_SWITCH, CXL_HDM_ENDPOINT };

/**
 * enum cxl_hdm_fault - what is wrong with a decoder's values
 *
 * Only CXL_HDM_OK lets a decoder take part in a region.
 */
enum cxl_hdm_fault {
	CXL_HDM_OK,
	CXL_HDM_ALL_ONES,	/* the device did not answer */
	CXL_HDM_COMMIT_ERROR,	/* error-not-committed is set */
	CXL_HDM_MISALIGNED,	/* base or size, to 256 MiB */
	CXL_HDM_WRAPS,		/* base + size beyond 2^64, or 2^52 */
	CXL_HDM_BAD_WAYS,	/* reserved encoding, or not supported */
	CXL_HDM_BAD_GRANULARITY,
	CXL_HDM_BAD_SIZE,	/* not a multiple of ways * 256 MiB */
	CXL_HDM_BAD_TARGET,	/* more ways than targets, or one twice */
	CXL_HDM_OUT_OF_ORDER,	/* one with a lower number is not committed */
	CXL_HDM_OVERLAP,	/* with the one in front of it */
	CXL_HDM_DESCENDING,	/* range below that of the one in front of it */
};

/**
 * struct cxl_hdm_decoded - what one decoder says
 * @committed: decodes now
 * @locked: hardware ignores writes until reset
 * @host_only: target is host-only coherent memory (HDM-H); else device (HDM-D/DB)
 * @fault: why it can't be used; the fields below are then as far as they could
 *	be decoded, and 0 beyond
 * @base: first byte of the range, HPA
 * @size: bytes of the range; 0: it maps nothing
 * @ways: interleave ways, 1 to 16
 * @granularity: interleave granularity in bytes
 * @skip: DPA bytes left out before this decoder; endpoints
 * @targets: port ids in interleave order; switch, @ways of them, 8 at most
 * @carried: bits of CXL_HDM_CTRL_CARRIED as they are in control: nothing here
 *	depends on them, and who writes a decoder again has to write them, too
 */
struct cxl_hdm_decoded {
	bool committed;
	bool locked;
	bool host_only;
	enum cxl_hdm_fault fault;
	u64 base;
	u64 size;
	unsigned int ways;
	unsigned int granularity;
	u64 skip;
	u8 targets[CXL_HDM_MAX_TARGETS];
	u32 carried;
};

/**
 * struct cxl_hdm_sequence - the decoders of one port, in order of their numbers
 * @idle: one so far is not committed
 * @start: first byte of the last good range; meaningless while @end is 0
 * @end: first byte behind it
 *
 * Starts zeroed.
 */
struct cxl_hdm_sequence {
	bool idle;
	u64 start;
	u64 end;
};

/* true when the rest of the registers has something to say */
static inline bool cxl_hdm_ctrl_active(u32 ctrl)
{
	return ctrl != ~0U && (ctrl & CXL_HDM_CTRL_COMMITTED);
}

/* 0, or -ENXIO: all ones, or a decoder count that is reserved */
int cxl_hdm_decode_caps(u32 cap, struct cxl_hdm_caps *caps);
void cxl_hdm_decode(const struct cxl_hdm_regs *regs, enum cxl_hdm_kind kind,
		    const struct cxl_hdm_caps *caps,
		    struct cxl_hdm_decoded *out);
/*
 * The reverse: 0 and @regs without LOCK and COMMIT, or -EINVAL for what no
 * registers say, or say with a fault.
 */
int cxl_hdm_encode(const struct cxl_hdm_decoded *d, enum cxl_hdm_kind kind,
		   struct cxl_hdm_regs *regs);
/* do both map the same range to the same place, in the same way */
bool cxl_hdm_same(const struct cxl_hdm_decoded *a,
		  const struct cxl_hdm_decoded *b);
/*
 * Hold a decoded decoder against those with lower numbers, 8.2.4.20.12: they
 * are committed in order, and their ranges ascend. May set @d->fault.
 */
void cxl_hdm_sequence_next(struct cxl_hdm_sequence *seq,
			   struct cxl_hdm_decoded *d);
const char *cxl_hdm_fault_str(enum cxl_hdm_fault fault);

/* encodings of 8.2.4.20.7; -EINVAL for reserved ones */
int cxl_eiw_to_ways(unsigned int eiw, unsigned int *ways);
int cxl_eig_to_granularity(unsigned int eig, unsigned int *granularity);
int cxl_ways_to_eiw(unsigned int ways, unsigned int *eiw);
int cxl_granularity_to_eig(unsigned int granularity, unsigned int *eig);

#endif /* __CXLA_HDM_REGS_H__ */
