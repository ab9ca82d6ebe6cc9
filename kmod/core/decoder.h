/* SPDX-License-Identifier: GPL-2.0-only */
/* Decoders: which range of HPA goes where, in memory and in hardware. */
#ifndef __CXLA_DECODER_H__
#define __CXLA_DECODER_H__

#include "port.h"

struct cxl_root_decoder;

#define CXLA_MAX_TARGETS	16

enum cxl_decoder_flags {
	CXL_DECODER_F_RAM = BIT(0),
	CXL_DECODER_F_PMEM = BIT(1),
	CXL_DECODER_F_TYPE2 = BIT(2),
	CXL_DECODER_F_TYPE3 = BIT(3),
	CXL_DECODER_F_LOCK = BIT(4),
	CXL_DECODER_F_ENABLE = BIT(5),	/* committed */
	CXL_DECODER_F_BROKEN = BIT(6),	/* committed, values make no sense */
};

/* whether a decoder was committed by layout.c */
enum cxla_made {
	CXLA_MADE_NOT,
	CXLA_MADE_USED,		/* for a region that is there */
	CXLA_MADE_LEFT,		/* for one that ended: others are behind it */
};

/**
 * struct cxl_decoder - what the three kinds have in common
 * @dev: child of its port, or of the root port
 * @id: instance in the port
 * @hpa_range: inclusive; empty range when it never decoded
 * @ways: interleave ways
 * @granularity: bytes
 * @host_only: expander memory (HDM-H); else accelerator memory
 * @carried: more bits of its control, see struct cxl_hdm_decoded
 * @flags: enum cxl_decoder_flags; from hardware or CEDT, nowhere else
 * @nr_targets: entries of @targets
 * @targets: dport ids in interleave order; root and switch
 * @region: region that it takes part in
 * @kept: for a region that was found, and uncommitted by userspace, which may
 *	commit it again; cxl_rwsem.region
 * @made: by layout.c, and not by firmware; cxl_rwsem.region
 * @regs: as they were read last; cxl_rwsem.region
 *
 * Range, ways, targets and the like are what hardware said when it was last
 * committed with values that make sense: what is to be written to have it
 * decode again. Whether it decodes them now is for @flags to say, ENABLE
 * without BROKEN.
 */
struct cxl_decoder {
	struct device dev;
	int id;
	struct range hpa_range;
	unsigned int ways;
	unsigned int granularity;
	bool host_only;
	u32 carried;
	unsigned long flags;
	int nr_targets;
	u32 targets[CXLA_MAX_TARGETS];
	struct cxl_region *region;
	bool kept;
	enum cxla_made made;
	struct cxl_hdm_regs regs;
};

/**
 * struct cxl_endpoint_decoder - a device's own
 * @cxld: common part
 * @dpa_base: first byte of device memory it maps
 * @dpa_size: bytes, 0 when it maps none
 * @skip: bytes of device memory left out in front of @dpa_base
 * @pos: position in its region; cxl_rwsem.region
 * @reason: why it is in no region; CXLA_REASON_NONE when it is
 * @cxlrd: window whose regions it was in, or NULL; lock of its port
 * @orphan: on @orphans of that window; its regions_lock
 */
struct cxl_endpoint_decoder {
	struct cxl_decoder cxld;
	u64 dpa_base;
	u64 dpa_size;
	u64 skip;
	int pos;
	enum cxla_reason reason;
	struct cxl_root_decoder *cxlrd;
	struct list_head orphan;
};

/**
 * struct cxl_region - a range and the decoders that make it
 * @dev: child of its root decoder
 * @cxlrd: that root decoder
 * @id: N of regionN, from memregion_alloc()
 * @life: CXLA_DYING: somebody unregisters it; regions_lock
 * @hw_locked: a member decoder, or the window, is fixed; cxl_rwsem.region
 * @uncommitted: by a user, or not committed yet; cxl_rwsem.region
 * @user_made: userspace made it, and its decoders end with it
 * @claim: of its range: while it is changed, and of one that userspace made while
 *	it is not committed; device lock
 * @res: its place in the iomem tree, HPA; @res.parent is NULL when it has none;
 *	of size 0 as long as userspace has not given it a size
 * @since_ns: when it was made, since boot
 * @ways: members it has when complete; 0 when userspace has not said it
 * @granularity: bytes; 0 when userspace has not said it
 * @targets: endpoint decoders by position; cxl_rwsem.region
 * @nr_targets: how many are there; cxl_rwsem.region
 * @nr_attach: members that are no expander's; cxl_rwsem.region
 * @dax: what device-dax was offered, or NULL; device lock
 * @writer: keeps writers of commit apart; taken over the device lock
 * @sibling: on @user_made of the window; its regions_lock
 * @built: completed when it is not CXLA_BUILDING any more
 * @gone: completed when unregistered
 */
struct cxl_region {
	struct device dev;
	struct cxl_root_decoder *cxlrd;
	int id;
	enum cxla_life life;
	bool hw_locked;
	bool uncommitted;
	bool user_made;
	struct cxla_claim claim;
	struct resource res;
	u64 since_ns;
	unsigned int ways;
	unsigned int granularity;
	struct cxl_endpoint_decoder *targets[CXLA_MAX_TARGETS];
	int nr_targets;
	int nr_attach;
	struct cxl_dax_region *dax;
	struct mutex writer;
	struct list_head sibling;
	struct completion built;
	struct completion gone;
};

#define to_cxl_region(d) container_of(d, struct cxl_region, dev)

#define to_cxl_decoder(d) container_of(d, struct cxl_decoder, dev)

extern const struct attribute_group cxla_decoder_group;
extern const struct attribute_group cxla_decoder_targets_group;
extern const struct attribute_group cxla_decoder_dpa_group;

static inline struct cxl_endpoint_decoder *
to_cxl_endpoint_decoder(struct device *dev)
{
	return container_of(dev, struct cxl_endpoint_decoder, cxld.dev);
}

static inline struct cxl_port *cxld_to_port(const struct cxl_decoder *cxld)
{
	return to_cxl_port(cxld->dev.parent);
}

/* for the release functions of decoders */
static inline void cxla_decoder_put_port(struct cxl_decoder *cxld)
{
	put_device(&cxld_to_port(cxld)->dev);
}

static inline struct cxl_memdev *
cxled_to_memdev(const struct cxl_endpoint_decoder *cxled)
{
	return container_of(cxld_to_port(&cxled->cxld)->uport_dev,
			    struct cxl_memdev, dev);
}

/* whether all that @cxled maps is volatile, as far as the device was asked */
static inline bool cxled_is_volatile(const struct cxl_endpoint_decoder *cxled)
{
	const struct cxla_mem_identity *identity =
		&cxled_to_memdev(cxled)->cxlds->identity;

	return !identity->known ||
	       cxled->dpa_base + cxled->dpa_size <= identity->ram;
}

static inline enum cxl_hdm_kind cxla_port_kind(const struct cxl_port *port)
{
	return is_cxl_endpoint(port) ? CXL_HDM_ENDPOINT : CXL_HDM_SWITCH;
}

/* the device to name in messages about @cxled */
static inline struct device *cxled_to_hw(struct cxl_endpoint_decoder *cxled)
{
	return cxla_port_hw(cxld_to_port(&cxled->cxld));
}

bool is_cxl_endpoint_decoder(const struct device *dev);
int cxla_decoder_init(struct cxl_decoder *cxld, struct cxl_port *port, int id,
		      const struct cxla_type *type);
struct cxl_decoder *cxla_decoder_alloc(struct cxl_port *port, int id);
int cxla_decoders_alloc(struct cxl_port *port, int count);
int cxla_decoder_add(struct cxl_decoder *cxld);
void cxla_decoders_remove(struct cxl_port *port);

void cxla_hdm_read_decoder(void __iomem *hdm, int id, struct cxl_hdm_regs *regs);
void cxla_hdm_read(struct cxl_port *port, int id, struct cxl_hdm_regs *regs,
		   struct cxl_hdm_decoded *d);
int cxla_emulate(struct cxl_port *port);
void cxla_emulate_read(struct cxl_port *port, int id,
		       struct cxl_hdm_regs *regs);
void cxla_decoder_values(struct cxl_decoder *cxld, struct cxl_hdm_decoded *d);
int cxla_hdm_enable(struct cxl_port *port);
int cxla_hdm_reread(struct cxl_port *port);
int cxla_hdm_wait(void __iomem *decoder, bool committed, u32 *ctrl);
void cxla_hdm_write(void __iomem *decoder, const struct cxl_hdm_regs *regs,
		    u32 ctrl);
int cxla_decoder_in_turn(const struct cxl_decoder *cxld, bool commit);
int cxla_decoder_reset(struct cxl_decoder *cxld);
int cxla_decoder_commit(struct cxl_decoder *cxld);
int cxla_decoder_read_back(struct cxl_decoder *cxld);
int cxla_hdm_setup(struct cxl_port *port);
void cxla_hdm_teardown(struct cxl_port *port);

#endif /* __CXLA_DECODER_H__ */
