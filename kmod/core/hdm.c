// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: HDM decoders of a port
 *
 * Reads the HDM Decoder Capability Structure (CXL 3.1 section 8.2.4.20) of a
 * host bridge, switch or endpoint, when a driver binds to the port: the global
 * control, one control per decoder, and the rest only of decoders that are
 * committed. The capability was read when it was found. What the values mean is
 * in hdm_regs.c. After a reset, or whatever else may have changed them, decoders
 * are read again.
 */
#include <linux/device.h>
#include <linux/io.h>
#include <linux/slab.h>

#include "access.h"
#include "decoder.h"
#include "pci.h"
#include "record.h"

/**
 * struct cxla_hdm_reading - one decoder as it was read
 * @regs: its registers
 * @d: what they mean
 */
struct cxla_hdm_reading {
	struct cxl_hdm_regs regs;
	struct cxl_hdm_decoded d;
};

static int cxla_hdm_map(struct cxl_port *port)
{
	const struct cxl_reg_map *hdm = &port->reg_map.component_map.hdm_decoder;
	resource_size_t start = port->reg_map.resource + hdm->offset;

	/*
	 * Claim the registers: an in-tree driver that still has them is told
	 * from an error, and gets -EBUSY in turn.
	 */
	if (!request_mem_region(start, hdm->size, dev_name(&port->dev))) {
		/* it doesn't say why: nobody has them, so there was no memory */
		if (region_intersects(start, hdm->size, IORESOURCE_BUSY,
				      IORES_DESC_NONE) == REGION_DISJOINT)
			return -ENOMEM;
		dev_err(cxla_port_hw(port),
			"HDM decoder registers at %pa are in use by another driver\n",
			&start);
		return -EBUSY;
	}
	port->hdm = ioremap(start, hdm->size);
	if (!port->hdm) {
		release_mem_region(start, hdm->size);
		return -ENOMEM;
	}
	return 0;
}

static void cxla_hdm_unmap(struct cxl_port *port)
{
	const struct cxl_reg_map *hdm = &port->reg_map.component_map.hdm_decoder;

	if (!port->hdm)
		return;
	iounmap(port->hdm);
	port->hdm = NULL;
	release_mem_region(port->reg_map.resource + hdm->offset, hdm->size);
}

/* for who had the port added, to pass on */
static int cxla_hdm_refuse(struct cxl_port *port, enum cxla_reason reason)
{
	port->reason = reason;
	return -ENXIO;
}

/* as it was read when the block was found; it can't be written */
static void cxla_hdm_note_caps(struct cxl_port *port)
{
	const struct cxl_component_reg_map *map = &port->reg_map.component_map;

	if (port->hdm && !cxl_hdm_decode_caps(map->hdm_cap, &port->caps))
		return;
	/* without, each range of a DVSEC may stand for one */
	port->caps = (struct cxl_hdm_caps) {
		.decoder_count = CXLA_DVSEC_RANGES,
		.iw_mask = BIT(1),
	};
}

/**
 * cxla_hdm_enable() - have a port's decoders decode
 * @port: host bridge, switch or endpoint of which a decoder is committed
 *
 * Those of host bridges and switches always do: HDM Decoder Enable is 0 there
 * for good (CXL 3.1 section 8.2.4.20.2). Firmware that commits a decoder of a
 * device and leaves the block, or CXL.mem as a whole, disabled has not finished
 * its work, and a reset disables both. They are enabled here and never disabled:
 * a range may be in use by drivers that can't be revoked. A device on which
 * nothing is committed is left alone.
 *
 * Return: 0, or -ENXIO: the device does not answer, or does not take it.
 */
int cxla_hdm_enable(struct cxl_port *port)
{
	void __iomem *global = port->hdm + CXL_HDM_GLOBAL_CTRL;
	u32 ctrl;

	if (!is_cxl_endpoint(port))
		return 0;
	/* the ranges of the DVSEC decode because it is not set */
	if (port->emulated)
		return cxla_pci_mem_enable(to_cxl_memdev(port->uport_dev));
	ctrl = cxla_readl(global);
	if (!(ctrl & CXL_HDM_GLOBAL_ENABLE)) {
		cxla_writel(ctrl | CXL_HDM_GLOBAL_ENABLE, global);
		ctrl = cxla_readl(global);
	}
	if (PCI_POSSIBLE_ERROR(ctrl) || !(ctrl & CXL_HDM_GLOBAL_ENABLE))
		return -ENXIO;
	return cxla_pci_mem_enable(to_cxl_memdev(port->uport_dev));
}

/**
 * cxla_hdm_read_decoder() - read the registers of one decoder
 * @hdm: mapping of the HDM decoder capability
 * @id: its instance
 * @regs: what is read; of a decoder that is not committed the control alone
 */
void cxla_hdm_read_decoder(void __iomem *hdm, int id, struct cxl_hdm_regs *regs)
{
	void __iomem *base = hdm + CXL_HDM_DECODER(id);

	*regs = (struct cxl_hdm_regs) {
		.ctrl = cxla_readl(base + CXL_HDM_CTRL),
	};
	if (!cxl_hdm_ctrl_active(regs->ctrl))
		return;
	regs->base_low = cxla_readl(base + CXL_HDM_BASE_LOW);
	regs->base_high = cxla_readl(base + CXL_HDM_BASE_HIGH);
	regs->size_low = cxla_readl(base + CXL_HDM_SIZE_LOW);
	regs->size_high = cxla_readl(base + CXL_HDM_SIZE_HIGH);
	regs->tl_low = cxla_readl(base + CXL_HDM_TL_LOW);
	regs->tl_high = cxla_readl(base + CXL_HDM_TL_HIGH);
}
EXPORT_SYMBOL_NS_GPL(cxla_hdm_read_decoder, "CXL");

/**
 * cxla_hdm_read() - read one decoder of a port
 * @port: host bridge, switch or endpoint whose registers are mapped
 * @id: which decoder
 * @regs: what is read, or made up of a range of the DVSEC
 * @d: what it means; whether it goes with those in front is not looked at
 */
void cxla_hdm_read(struct cxl_port *port, int id, struct cxl_hdm_regs *regs,
		   struct cxl_hdm_decoded *d)
{
	if (port->emulated)
		cxla_emulate_read(port, id, regs);
	else if (port->hdm)
		cxla_hdm_read_decoder(port->hdm, id, regs);
	else
		*regs = (struct cxl_hdm_regs) { };
	cxl_hdm_decode(regs, cxla_port_kind(port), &port->caps, d);
}

/* committed, and not for nothing; what has a fault is for something */
static bool cxla_maps(const struct cxl_hdm_decoded *d)
{
	return d->committed && (d->size || d->fault != CXL_HDM_OK);
}

/*
 * Values stay when there are none: they are what @cxld decoded last. @good: they
 * make sense. Under cxl_rwsem.region once others see @cxld.
 */
static void cxla_decoder_fill(struct cxl_decoder *cxld,
			      const struct cxl_hdm_decoded *d, bool good)
{
	cxld->flags &= ~(CXL_DECODER_F_LOCK | CXL_DECODER_F_ENABLE |
			 CXL_DECODER_F_BROKEN);
	if (d->locked)
		cxld->flags |= CXL_DECODER_F_LOCK;
	/* one that never decoded has a type, at least */
	if (!range_len(&cxld->hpa_range))
		cxld->host_only = d->host_only;
	if (!cxla_maps(d))
		return;

	cxld->flags |= CXL_DECODER_F_ENABLE;
	cxld->kept = false;
	if (!good) {
		cxld->flags |= CXL_DECODER_F_BROKEN;
		return;
	}
	cxld->hpa_range.start = d->base;
	cxld->hpa_range.end = d->base + d->size - 1;
	cxld->ways = d->ways;
	cxld->granularity = d->granularity;
	cxld->host_only = d->host_only;
	cxld->carried = d->carried;
	if (is_cxl_endpoint(cxld_to_port(cxld)))
		return;
	cxld->nr_targets = d->ways;
	for (int i = 0; i < d->ways; i++)
		cxld->targets[i] = d->targets[i];
}

/**
 * cxla_decoder_values() - what a decoder says, or said when it last decoded
 * @cxld: switch or endpoint decoder
 * @d: the reverse of what was filled in from it; not the state
 *
 * Context: cxl_rwsem.region is held.
 */
void cxla_decoder_values(struct cxl_decoder *cxld, struct cxl_hdm_decoded *d)
{
	lockdep_assert_held(&cxl_rwsem.region);

	*d = (struct cxl_hdm_decoded) {
		.base = cxld->hpa_range.start,
		.size = range_len(&cxld->hpa_range),
		.ways = cxld->ways,
		.granularity = cxld->granularity,
		.host_only = cxld->host_only,
		.carried = cxld->carried,
	};
	if (is_cxl_endpoint(cxld_to_port(cxld)))
		d->skip = to_cxl_endpoint_decoder(&cxld->dev)->skip;
	for (int i = 0; i < cxld->nr_targets && i < CXL_HDM_MAX_TARGETS; i++)
		d->targets[i] = cxld->targets[i];
}

static void cxla_hdm_report(struct cxl_port *port, int id,
			    const struct cxl_hdm_regs *regs,
			    const struct cxl_hdm_decoded *d)
{
	if (d->fault == CXL_HDM_OK)
		return;
	dev_err(cxla_port_hw(port),
		"decoder%d.%d: %s (base %#010x%08x size %#010x%08x control %#010x targets %#010x%08x)\n",
		port->id, id, cxl_hdm_fault_str(d->fault), regs->base_high,
		regs->base_low, regs->size_high, regs->size_low, regs->ctrl,
		regs->tl_high, regs->tl_low);
}

/*
 * Decoders map device memory in their order, CXL 3.1 section 8.2.4.20.12: one
 * that can't be placed leaves those behind it without a place.
 */
static bool cxla_dpa_place(struct cxl_endpoint_decoder *cxled,
			   const struct cxl_hdm_decoded *d, u64 *dpa_end)
{
	u64 capacity = cxled_to_memdev(cxled)->cxlds->capacity;
	u64 size, base, end;

	if (d->fault != CXL_HDM_OK || *dpa_end == U64_MAX) {
		*dpa_end = U64_MAX;
		return false;
	}
	size = d->size ? d->size / d->ways : 0;
	if (check_add_overflow(*dpa_end, d->skip, &base) ||
	    check_add_overflow(base, size, &end) || end > capacity) {
		dev_err(cxled_to_hw(cxled),
			"%s: maps device memory beyond the device's %#llx bytes\n",
			dev_name(&cxled->cxld.dev), capacity);
		*dpa_end = U64_MAX;
		return false;
	}
	*dpa_end = end;
	if (!size)
		return false;
	cxled->dpa_base = base;
	cxled->dpa_size = size;
	cxled->skip = d->skip;
	return true;
}

/* what hardware says of a decoder, which comes after those up to *@dpa_end */
static void cxla_decoder_read(struct cxl_decoder *cxld,
			      const struct cxla_hdm_reading *reading,
			      u64 *dpa_end)
{
	const struct cxl_hdm_decoded *d = &reading->d;
	bool good = d->fault == CXL_HDM_OK;

	cxld->regs = reading->regs;

	if (is_cxl_endpoint(cxld_to_port(cxld)))
		good = d->committed &&
		       cxla_dpa_place(to_cxl_endpoint_decoder(&cxld->dev), d,
				      dpa_end);
	cxla_decoder_fill(cxld, d, good);
}

static int cxla_hdm_decoder_add(struct cxl_port *port, int id,
				const struct cxla_hdm_reading *reading,
				u64 *dpa_end)
{
	struct cxl_decoder *cxld = cxla_decoder_alloc(port, id);

	if (IS_ERR(cxld))
		return PTR_ERR(cxld);
	cxla_decoder_read(cxld, reading, dpa_end);
	return cxla_decoder_add(cxld);
}

/* all, as @port has them now; -ENXIO, and the last one says so: it does not answer */
static int cxla_hdm_read_each(struct cxl_port *port, int count,
			      struct cxla_hdm_reading *all)
{
	struct cxl_hdm_sequence sequence = { };

	for (int i = 0; i < count; i++) {
		cxla_hdm_read(port, i, &all[i].regs, &all[i].d);
		/* ranges of a DVSEC have no order */
		if (!port->emulated)
			cxl_hdm_sequence_next(&sequence, &all[i].d);
		if (all[i].d.fault == CXL_HDM_ALL_ONES)
			return -ENXIO;
	}
	return 0;
}

/* the same, of an endpoint that may decode by its DVSEC where none is committed */
static int cxla_hdm_read_all(struct cxl_port *port, int count,
			     struct cxla_hdm_reading *all)
{
	bool emulated = port->emulated;
	int rc;

	port->emulated = false;
	rc = cxla_hdm_read_each(port, count, all);
	/* what is known of it stays */
	if (rc)
		port->emulated = emulated;
	if (rc || !is_cxl_endpoint(port))
		return rc;
	for (int i = 0; i < count; i++)
		if (cxla_maps(&all[i].d))
			return 0;
	rc = cxla_emulate(port);
	return rc || !port->emulated ? rc :
	       cxla_hdm_read_each(port, count, all);
}

static int cxla_hdm_enumerate(struct cxl_port *port)
{
	int committed = 0, usable = 0, errors = 0;
	int count = port->caps.decoder_count;
	u64 dpa_end = 0;
	int rc, gone;

	struct cxla_hdm_reading *all __free(kfree) =
		kcalloc(count, sizeof(*all), GFP_KERNEL);
	if (!all)
		return -ENOMEM;
	gone = cxla_hdm_read_all(port, count, all);
	for (int i = 0; i < count; i++)
		cxla_hdm_report(port, i, &all[i].regs, &all[i].d);
	if (gone)
		return cxla_hdm_refuse(port, CXLA_REASON_HW_ERROR);
	if (!port->hdm && !port->emulated)
		return cxla_hdm_refuse(port, port->reg_map.resource ==
				       CXL_RESOURCE_NONE ?
				       CXLA_REASON_NO_REGISTERS :
				       CXLA_REASON_NO_DECODER);
	rc = cxla_decoders_alloc(port, count);
	if (rc)
		return rc;

	for (int i = 0; i < count; i++) {
		const struct cxl_hdm_decoded *d = &all[i].d;

		if (d->fault == CXL_HDM_COMMIT_ERROR)
			errors++;
		if (cxla_maps(d))
			committed++;
		if (cxla_maps(d) && d->fault == CXL_HDM_OK)
			usable++;

		rc = cxla_hdm_decoder_add(port, i, &all[i], &dpa_end);
		if (rc)
			return rc;
	}
	/* what makes no sense is not turned on */
	if (usable)
		return cxla_hdm_enable(port) ?
		       cxla_hdm_refuse(port, CXLA_REASON_HW_ERROR) : 0;
	if (is_cxl_endpoint(port) && !committed)
		cxla_refuse(to_cxl_memdev(port->uport_dev),
			    errors ? CXLA_REASON_HW_ERROR :
				     CXLA_REASON_NOT_COMMITTED);
	return 0;
}

/* read again; was it another one before, for a region that goes through it */
static bool cxla_decoder_update(struct cxl_decoder *cxld,
				const struct cxla_hdm_reading *reading,
				u64 *dpa_end)
{
	struct cxl_hdm_decoded before, after;
	unsigned long flags = cxld->flags;

	cxla_decoder_values(cxld, &before);
	cxla_decoder_read(cxld, reading, dpa_end);
	cxla_decoder_values(cxld, &after);
	return flags != cxld->flags ||
	       (flags & CXL_DECODER_F_ENABLE && !cxl_hdm_same(&before, &after));
}

/**
 * cxla_hdm_reread() - bring decoders up to date with hardware
 * @port: host bridge, switch or endpoint, bound, its lock held
 *
 * For after a reset, or whatever else may have changed them. All are read
 * before one is touched: of a device that stops to answer nothing is believed.
 * Nothing is written to hardware, and regions are the caller's business.
 *
 * Context: sleeps; takes cxl_rwsem.region and no other lock.
 * Return: 1: something that a region may depend on is not as it was; 0: all is
 * as it was, or the port has no decoders; -ENXIO: the device does not answer;
 * -ENOMEM. After an error what was cached stays.
 */
int cxla_hdm_reread(struct cxl_port *port)
{
	u64 dpa_end = 0;
	int changed = 0;
	int rc;

	device_lock_assert(&port->dev);
	if (!port->nr_decoders || port->passthrough)
		return 0;

	struct cxla_hdm_reading *all __free(kfree) =
		kcalloc(port->nr_decoders, sizeof(*all), GFP_KERNEL);
	if (!all)
		return -ENOMEM;

	guard(rwsem_write)(&cxl_rwsem.region);
	rc = cxla_hdm_read_all(port, port->nr_decoders, all);
	if (rc)
		return rc;
	for (int i = 0; i < port->nr_decoders; i++) {
		if (!cxla_decoder_update(port->decoders[i], &all[i], &dpa_end))
			continue;
		cxla_hdm_report(port, i, &all[i].regs, &all[i].d);
		changed = 1;
	}
	return changed;
}
EXPORT_SYMBOL_NS_GPL(cxla_hdm_reread, "CXL");

/* a port with one way out needs no decoder: show the one it behaves as */
static int cxla_passthrough_setup(struct cxl_port *port)
{
	static const struct cxla_hdm_reading reading = {
		.d = { .ways = 1, .granularity = 256 },
	};
	struct cxl_dport *dport;
	unsigned long index = 0;
	int rc;

	dport = xa_find(&port->dports, &index, ULONG_MAX, XA_PRESENT);
	if (port->nr_dports != 1 || !dport) {
		dev_err(cxla_port_hw(port),
			"%d downstream ports and no HDM decoder to choose between them\n",
			port->nr_dports);
		return -ENXIO;
	}
	port->passthrough = true;
	rc = cxla_decoders_alloc(port, 1);
	if (rc)
		return rc;
	rc = cxla_hdm_decoder_add(port, 0, &reading, NULL);
	if (rc)
		return rc;
	guard(rwsem_write)(&cxl_rwsem.region);
	port->decoders[0]->targets[0] = dport->port_id;
	port->decoders[0]->nr_targets = 1;
	return 0;
}

/**
 * cxla_hdm_setup() - map and read the HDM decoders of a port
 * @port: host bridge, switch or endpoint, its lock held; dports added
 *
 * Return: 0; -ENXIO, for endpoints with a reason; -EBUSY: the registers are
 * somebody else's; -ENOMEM. After an error cxla_hdm_teardown() is due.
 */
int cxla_hdm_setup(struct cxl_port *port)
{
	int rc = 0;

	device_lock_assert(&port->dev);

	if (port->reg_map.component_map.hdm_decoder.valid)
		rc = cxla_hdm_map(port);
	else if (!is_cxl_endpoint(port))
		return cxla_passthrough_setup(port);
	if (rc == -EBUSY)
		return cxla_hdm_refuse(port, CXLA_REASON_NO_REGISTERS);
	if (rc)
		return rc;
	cxla_hdm_note_caps(port);
	return cxla_hdm_enumerate(port);
}

/**
 * cxla_hdm_teardown() - the reverse of cxla_hdm_setup()
 * @port: its lock is held; no region uses its decoders
 *
 * Registers are left as they are: the next to load finds the same range.
 */
void cxla_hdm_teardown(struct cxl_port *port)
{
	device_lock_assert(&port->dev);
	cxla_decoders_remove(port);
	cxla_hdm_unmap(port);
	port->passthrough = false;
	port->emulated = false;
}
