// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: HDM decoder registers
 *
 * Turns the registers of the HDM Decoder Capability Structure (CXL 3.1 section
 * 8.2.4.20) into values and says whether they make sense. No register is
 * trusted: whatever 32-bit values come in, what goes out either carries a
 * fault or describes a range that ends below 2^52, is a multiple of 256 MiB
 * and has ways and targets that exist.
 */
#include "hdm_regs.h"

/* no CPU that speaks CXL has more than 52 bits of physical address */
#define HDM_ADDR_LIMIT		BIT_ULL(52)
#define HDM_ADDR_LOW		GENMASK(31, 28)
#define HDM_MAX_EIG		6
/* address bit that 256-byte granularity selects by */
#define HDM_MIN_IG_BIT		8

#define HDM_ALL_ONES		0xffffffffU

int cxl_eiw_to_ways(unsigned int eiw, unsigned int *ways)
{
	if (eiw <= 4)
		*ways = 1U << eiw;
	else if (eiw >= 8 && eiw <= 10)
		*ways = 3U << (eiw - 8);
	else
		return -EINVAL;
	return 0;
}

int cxl_ways_to_eiw(unsigned int ways, unsigned int *eiw)
{
	unsigned int i, w;

	for (i = 0; i <= 10; i++) {
		if (!cxl_eiw_to_ways(i, &w) && w == ways) {
			*eiw = i;
			return 0;
		}
	}
	return -EINVAL;
}

int cxl_eig_to_granularity(unsigned int eig, unsigned int *granularity)
{
	if (eig > HDM_MAX_EIG)
		return -EINVAL;
	*granularity = 256U << eig;
	return 0;
}

int cxl_granularity_to_eig(unsigned int granularity, unsigned int *eig)
{
	unsigned int i;

	for (i = 0; i <= HDM_MAX_EIG; i++) {
		if (granularity == 256U << i) {
			*eig = i;
			return 0;
		}
	}
	return -EINVAL;
}

int cxl_hdm_decode_caps(u32 cap, struct cxl_hdm_caps *caps)
{
	static const u8 counts[] = {
		1, 2, 4, 6, 8, 10, 12, 14, 16, 20, 24, 28, 32
	};
	unsigned int count = FIELD_GET(CXL_HDM_CAP_DECODER_COUNT, cap);
	unsigned int targets = FIELD_GET(CXL_HDM_CAP_TARGET_COUNT, cap);

	memset(caps, 0, sizeof(*caps));
	if (cap == HDM_ALL_ONES || count >= ARRAY_SIZE(counts))
		return -ENXIO;

	caps->decoder_count = counts[count];
	/*
	 * 1, 2, 4 and 8 are defined. Endpoints have no use for the field, so a
	 * reserved value is no error here: it stands for no targets, and then a
	 * switch's decoders are refused one by one.
	 */
	if (is_power_of_2(targets))
		caps->target_count = targets;

	if (cap & CXL_HDM_CAP_INTERLEAVE_11_8)
		caps->ig_mask |= GENMASK(11, 8);
	if (cap & CXL_HDM_CAP_INTERLEAVE_14_12)
		caps->ig_mask |= GENMASK(14, 12);

	caps->iw_mask = BIT(1) | BIT(2) | BIT(4) | BIT(8);
	if (cap & CXL_HDM_CAP_INTERLEAVE_3_6_12)
		caps->iw_mask |= BIT(3) | BIT(6) | BIT(12);
	if (cap & CXL_HDM_CAP_INTERLEAVE_16)
		caps->iw_mask |= BIT(16);
	return 0;
}

/*
 * Section 8.2.4.20.13: 2^n ways select by n address bits from the granularity's
 * upward; 3 * 2^n ways by n bits, and the division by three uses all above. A
 * decoder that doesn't interleave selects by none, so any granularity will do.
 */
static bool hdm_granularity_supported(unsigned int eiw, unsigned int eig,
				      const struct cxl_hdm_caps *caps)
{
	unsigned int bits = eiw < 8 ? eiw : eiw - 8;
	u32 need = ((1U << bits) - 1) << (HDM_MIN_IG_BIT + eig);

	return !(need & ~caps->ig_mask);
}

static void hdm_fault(struct cxl_hdm_decoded *out, enum cxl_hdm_fault fault)
{
	/* the first one found is the one to tell */
	if (out->fault == CXL_HDM_OK)
		out->fault = fault;
}

/* bits 27:0 of these are reserved, so all ones is never a value */
static bool hdm_gone(const struct cxl_hdm_regs *regs, enum cxl_hdm_kind kind)
{
	if (regs->base_low == HDM_ALL_ONES || regs->size_low == HDM_ALL_ONES)
		return true;
	if (kind == CXL_HDM_ENDPOINT)
		return regs->tl_low == HDM_ALL_ONES;
	return regs->tl_low == HDM_ALL_ONES && regs->tl_high == HDM_ALL_ONES;
}

static u64 hdm_addr(u32 low, u32 high)
{
	return (u64)high << 32 | (low & HDM_ADDR_LOW);
}

static bool hdm_beyond_limit(u64 base, u64 size)
{
	return base > HDM_ADDR_LIMIT || size > HDM_ADDR_LIMIT - base;
}

static void hdm_decode_targets(const struct cxl_hdm_regs *regs,
			       const struct cxl_hdm_caps *caps,
			       struct cxl_hdm_decoded *out)
{
	u64 list = (u64)regs->tl_high << 32 | regs->tl_low;
	unsigned int i, j;

	if (caps && out->ways > caps->target_count)
		hdm_fault(out, CXL_HDM_BAD_TARGET);

	for (i = 0; i < out->ways; i++) {
		out->targets[i] = (u8)(list >> (8 * i));
		for (j = 0; j < i; j++) {
			if (out->targets[j] == out->targets[i])
				hdm_fault(out, CXL_HDM_BAD_TARGET);
		}
	}
}

/**
 * cxl_hdm_decode - what one decoder says
 * @regs: its registers as read
 * @kind: where the decoder is; decides what the last two registers mean
 * @caps: of the port it belongs to; NULL: don't check against them
 * @out: result
 *
 * A decoder that isn't committed has no fault and no range, whatever its other
 * registers hold: idle, or a commit in flight. A commit that failed, and a
 * device that doesn't answer, are faults. Firmware commits, and locks, what it
 * has no use for with a size of zero (CXL 3.2 section 14.13.10): that is no fault,
 * and no range. So a decoder can be used when @committed and @size are set and
 * @fault is CXL_HDM_OK.
 */
void cxl_hdm_decode(const struct cxl_hdm_regs *regs, enum cxl_hdm_kind kind,
		    const struct cxl_hdm_caps *caps,
		    struct cxl_hdm_decoded *out)
{
	unsigned int eiw = FIELD_GET(CXL_HDM_CTRL_IW, regs->ctrl);
	unsigned int eig = FIELD_GET(CXL_HDM_CTRL_IG, regs->ctrl);
	u32 reserved = regs->base_low | regs->size_low;

	memset(out, 0, sizeof(*out));
	if (regs->ctrl == HDM_ALL_ONES) {
		out->fault = CXL_HDM_ALL_ONES;
		return;
	}

	out->committed = regs->ctrl & CXL_HDM_CTRL_COMMITTED;
	out->locked = regs->ctrl & CXL_HDM_CTRL_LOCK;
	out->host_only = regs->ctrl & CXL_HDM_CTRL_HOSTONLY;
	out->carried = regs->ctrl & CXL_HDM_CTRL_CARRIED;
	if (regs->ctrl & CXL_HDM_CTRL_ERROR)
		hdm_fault(out, CXL_HDM_COMMIT_ERROR);
	if (!out->committed)
		return;
	if (hdm_gone(regs, kind)) {
		out->fault = CXL_HDM_ALL_ONES;
		return;
	}

	out->base = hdm_addr(regs->base_low, regs->base_high);
	out->size = hdm_addr(regs->size_low, regs->size_high);
	if (kind == CXL_HDM_ENDPOINT) {
		out->skip = hdm_addr(regs->tl_low, regs->tl_high);
		reserved |= regs->tl_low;
	}

	/* it maps nothing, and the rest of it means nothing */
	if (!out->size) {
		out->base = 0;
		return;
	}
	if (reserved & ~HDM_ADDR_LOW)
		hdm_fault(out, CXL_HDM_MISALIGNED);
	/* skip goes before the decoder's own part of the device's memory */
	if (hdm_beyond_limit(out->base, out->size) ||
	    out->skip > HDM_ADDR_LIMIT)
		hdm_fault(out, CXL_HDM_WRAPS);

	/* more than 8 ways don't fit in a target list */
	if (cxl_eiw_to_ways(eiw, &out->ways) ||
	    (kind == CXL_HDM_SWITCH && out->ways > CXL_HDM_MAX_TARGETS) ||
	    (caps && !(caps->iw_mask & BIT(out->ways)))) {
		out->ways = 0;
		hdm_fault(out, CXL_HDM_BAD_WAYS);
	}
	if (cxl_eig_to_granularity(eig, &out->granularity) ||
	    (out->ways && caps && !hdm_granularity_supported(eiw, eig, caps))) {
		out->granularity = 0;
		hdm_fault(out, CXL_HDM_BAD_GRANULARITY);
	}
	/* in units of 256 MiB, so that a 32-bit kernel divides 32-bit values */
	if (out->ways && out->size <= HDM_ADDR_LIMIT &&
	    (u32)(out->size >> 28) % out->ways)
		hdm_fault(out, CXL_HDM_BAD_SIZE);
	if (kind == CXL_HDM_SWITCH)
		hdm_decode_targets(regs, caps, out);
}

/**
 * cxl_hdm_encode() - the registers that say what a decoder is to
 * @d: base, size, ways, granularity, skip or targets, host_only, carried; the
 *	rest is not looked at
 * @kind: where the decoder is
 * @regs: result: without COMMIT and LOCK
 *
 * What it accepts is what cxl_hdm_decode() takes for good, of a port that can
 * do everything, once the registers say COMMITTED.
 *
 * Return: 0, or -EINVAL.
 */
int cxl_hdm_encode(const struct cxl_hdm_decoded *d, enum cxl_hdm_kind kind,
		   struct cxl_hdm_regs *regs)
{
	struct cxl_hdm_decoded back;
	unsigned int eiw, eig, i;
	u64 list = d->skip;

	memset(regs, 0, sizeof(*regs));
	if (cxl_ways_to_eiw(d->ways, &eiw) ||
	    cxl_granularity_to_eig(d->granularity, &eig) ||
	    d->carried & ~CXL_HDM_CTRL_CARRIED)
		return -EINVAL;
	if (kind == CXL_HDM_SWITCH) {
		if (d->ways > CXL_HDM_MAX_TARGETS || d->skip)
			return -EINVAL;
		for (i = 0; i < d->ways; i++)
			list |= (u64)d->targets[i] << (8 * i);
	}

	regs->base_low = (u32)d->base;
	regs->base_high = (u32)(d->base >> 32);
	regs->size_low = (u32)d->size;
	regs->size_high = (u32)(d->size >> 32);
	regs->tl_low = (u32)list;
	regs->tl_high = (u32)(list >> 32);
	/* the decoder knows what makes sense */
	regs->ctrl = CXL_HDM_CTRL_COMMITTED | FIELD_PREP(CXL_HDM_CTRL_IW, eiw) |
		     FIELD_PREP(CXL_HDM_CTRL_IG, eig) | d->carried |
		     (d->host_only ? CXL_HDM_CTRL_HOSTONLY : 0);
	cxl_hdm_decode(regs, kind, NULL, &back);
	regs->ctrl &= ~CXL_HDM_CTRL_COMMITTED;
	return back.size && back.fault == CXL_HDM_OK ? 0 : -EINVAL;
}

bool cxl_hdm_same(const struct cxl_hdm_decoded *a,
		  const struct cxl_hdm_decoded *b)
{
	unsigned int i;

	if (a->base != b->base || a->size != b->size || a->ways != b->ways ||
	    a->granularity != b->granularity || a->skip != b->skip ||
	    a->host_only != b->host_only || a->carried != b->carried)
		return false;
	for (i = 0; i < a->ways && i < CXL_HDM_MAX_TARGETS; i++)
		if (a->targets[i] != b->targets[i])
			return false;
	return true;
}

void cxl_hdm_sequence_next(struct cxl_hdm_sequence *seq,
			   struct cxl_hdm_decoded *d)
{
	if (!d->committed) {
		seq->idle = true;
		return;
	}
	if (seq->idle)
		hdm_fault(d, CXL_HDM_OUT_OF_ORDER);
	if (!d->size || d->fault != CXL_HDM_OK)
		return;

	if (d->base >= seq->end) {
		seq->start = d->base;
		seq->end = d->base + d->size;
	} else if (d->base + d->size > seq->start) {
		d->fault = CXL_HDM_OVERLAP;
	} else {
		d->fault = CXL_HDM_DESCENDING;
	}
}

const char *cxl_hdm_fault_str(enum cxl_hdm_fault fault)
{
	switch (fault) {
	case CXL_HDM_OK:
		return "ok";
	case CXL_HDM_ALL_ONES:
		return "device does not answer";
	case CXL_HDM_COMMIT_ERROR:
		return "commit failed";
	case CXL_HDM_MISALIGNED:
		return "not aligned to 256 MiB";
	case CXL_HDM_WRAPS:
		return "range ends beyond the address space";
	case CXL_HDM_BAD_WAYS:
		return "interleave ways reserved or not supported";
	case CXL_HDM_BAD_GRANULARITY:
		return "interleave granularity reserved or not supported";
	case CXL_HDM_BAD_SIZE:
		return "size is no multiple of ways * 256 MiB";
	case CXL_HDM_BAD_TARGET:
		return "targets too few or repeated";
	case CXL_HDM_OUT_OF_ORDER:
		return "committed, and a decoder in front of it is not";
	case CXL_HDM_OVERLAP:
		return "overlaps the decoder in front of it";
	case CXL_HDM_DESCENDING:
		return "range is below that of the decoder in front of it";
	}
	return "unknown fault";
}
