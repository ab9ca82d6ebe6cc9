// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: what a reset took is written back
 *
 * After the reset it is written back as it was, locks included, from the top, and
 * only if what is above routes as it did: a host bridge is compared and never
 * written; a switch is written when it decodes nothing at all any more, by the
 * first device below that comes back; a device is written where it decodes
 * nothing. A component that decodes something else by now is left alone, with
 * all below it.
 */
#include <linux/pci.h>

#include "snapshot.h"

/* ------------------------------- looking --------------------------- */

/* does the device decode any of what @regs do */
static bool cxla_snapshot_needs(const struct cxla_snapshot *s,
				const struct cxl_hdm_regs *regs)
{
	struct range range, own;

	if (!cxla_regs_range(regs, &range))
		return false;
	for (int i = 0; i < s->device->nr; i++)
		if (cxla_regs_range(&s->device->regs[i], &own) &&
		    own.start <= range.end && range.start <= own.end)
			return true;
	return false;
}

static bool cxla_regs_same(const struct cxl_hdm_regs *a,
			   const struct cxl_hdm_regs *b)
{
	return a->base_low == b->base_low && a->base_high == b->base_high &&
	       a->size_low == b->size_low && a->size_high == b->size_high &&
	       a->tl_low == b->tl_low && a->tl_high == b->tl_high &&
	       !((a->ctrl ^ b->ctrl) &
		 (CXL_HDM_CTRL_VALUES | CXL_HDM_CTRL_COMMITTED));
}

/**
 * struct cxla_look - how a component is now
 * @same: all that the device needs is as it was
 * @committed: decoders that are
 * @other: of these, such as differ from what they were
 */
struct cxla_look {
	bool same;
	int committed;
	int other;
};

/* 0, or -EAGAIN: it does not answer now */
static int cxla_component_look(const struct cxla_snapshot *s,
			       const struct cxla_component *c,
			       void __iomem *hdm, struct cxla_look *look)
{
	*look = (struct cxla_look) { .same = true };
	for (int i = 0; i < c->nr; i++) {
		struct cxl_hdm_regs now;
		bool same;

		cxla_hdm_read_decoder(hdm, i, &now);
		if (PCI_POSSIBLE_ERROR(now.ctrl))
			return -EAGAIN;
		same = cxla_regs_same(&now, &c->regs[i]);
		if (cxl_hdm_ctrl_active(now.ctrl)) {
			look->committed++;
			if (!same)
				look->other++;
		}
		if (!same && cxla_snapshot_needs(s, &c->regs[i]))
			look->same = false;
	}
	return 0;
}

/* ------------------------------- writing --------------------------- */

static int cxla_component_write_one(void __iomem *decoder,
				    const struct cxl_hdm_regs *was)
{
	struct cxl_hdm_regs regs = *was;
	u32 ctrl = cxla_readl(decoder + CXL_HDM_CTRL);

	if (PCI_POSSIBLE_ERROR(ctrl))
		return -EAGAIN;
	if (ctrl & CXL_HDM_CTRL_LOCK)
		return -EBUSY;
	/* a commit begins when COMMIT is set, so that it must not be */
	if (ctrl & CXL_HDM_CTRL_COMMIT) {
		ctrl &= ~CXL_HDM_CTRL_COMMIT;
		cxla_writel(ctrl, decoder + CXL_HDM_CTRL);
	}
	regs.ctrl &= CXL_HDM_CTRL_VALUES | CXL_HDM_CTRL_LOCK;
	cxla_hdm_write(decoder, &regs, ctrl);
	return cxla_hdm_wait(decoder, true, &ctrl);
}

/* take back what was written of it, but for what is locked by now */
static void cxla_component_undo(const struct cxla_component *c,
				void __iomem *hdm, int end, u32 written)
{
	while (end--) {
		void __iomem *decoder = hdm + CXL_HDM_DECODER(end);
		u32 ctrl;

		if (!(written & BIT(end)))
			continue;
		ctrl = cxla_readl(decoder + CXL_HDM_CTRL);
		if (PCI_POSSIBLE_ERROR(ctrl) || ctrl & CXL_HDM_CTRL_LOCK)
			return;
		cxla_writel(ctrl & ~CXL_HDM_CTRL_COMMIT,
			    decoder + CXL_HDM_CTRL);
		cxla_hdm_wait(decoder, false, &ctrl);
	}
}

/* those that are idle and were not, in their order; all or none of them */
static int cxla_component_write(const struct cxla_snapshot *s,
				const struct cxla_component *c,
				void __iomem *hdm)
{
	struct cxla_look look;
	u32 written = 0;
	int rc = 0, i;

	for (i = 0; i < c->nr; i++) {
		void __iomem *decoder = hdm + CXL_HDM_DECODER(i);

		if (!cxl_hdm_ctrl_active(c->regs[i].ctrl) ||
		    cxl_hdm_ctrl_active(cxla_readl(decoder + CXL_HDM_CTRL)))
			continue;
		written |= BIT(i);
		rc = cxla_component_write_one(decoder, &c->regs[i]);
		if (rc)
			break;
	}
	if (!rc)
		rc = cxla_component_look(s, c, hdm, &look);
	if (!rc && !look.same)
		rc = -EIO;
	if (rc)
		cxla_component_undo(c, hdm, min(i + 1, c->nr), written);
	return rc;
}

/* a reset is never seen to end before all its memory was let go of by all CPUs */
static void cxla_flush(struct cxl_dev_state *cxlds,
		       const struct cxla_snapshot *s)
{
	struct range range;

	for (int i = 0; cxla_snapshot_range(s, &i, &range); ) {
		int rc = -EOPNOTSUPP;

		if (cxla_cache_can_invalidate())
			rc = cxla_cache_invalidate(range.start,
						   range_len(&range));
		if (rc)
			dev_warn(cxlds->dev,
				 "CPU caches of [%#llx-%#llx] can't be flushed for a reset: %d\n",
				 range.start, range.end, rc);
	}
}

/**
 * cxla_snapshot_flush() - write back what CPUs have cached, before a reset
 * @cxlds: device state without an endpoint
 *
 * Context: sleeps; nobody touches the ranges any more. The PCI device is locked, and has
 * no memdev: nobody takes what was kept.
 */
void cxla_snapshot_flush(struct cxl_dev_state *cxlds)
{
	if (cxlds->snapshot)
		cxla_flush(cxlds, cxlds->snapshot);
}

/* ------------------------------ restoring -------------------------- */

/* 0; -EAGAIN: it can't be looked at now; or what is wrong with it */
static int cxla_restore_mapped(const struct cxla_snapshot *s,
			       const struct cxla_component *c,
			       void __iomem *hdm)
{
	struct cxla_look look;
	int rc;

	rc = cxla_component_look(s, c, hdm, &look);
	if (rc || look.same)
		return rc;
	/* only a switch, and only one that was reset, as far as it can be told */
	if (!dev_is_pci(c->uport_dev) || look.committed)
		return -EIO;
	rc = cxla_component_write(s, c, hdm);
	if (!rc)
		dev_notice(c->uport_dev, "decoders are again what they were before a reset\n");
	return rc;
}

static int cxla_restore_above(const struct cxla_snapshot *s,
			      const struct cxla_component *c)
{
	struct cxl_port *port __free(cxla_put_port) =
		cxla_find_port_by_uport(c->uport_dev);
	const struct cxl_reg_map *hdm;
	struct cxl_register_map map;
	void __iomem *regs;
	int rc;

	if (port) {
		guard(device)(&port->dev);
		if (!port->up)
			return -EAGAIN;
		if (!c->nr)
			return 0;
		return port->hdm && port->nr_decoders == c->nr ?
		       cxla_restore_mapped(s, c, port->hdm) : -EIO;
	}
	/* a host bridge is there for as long as its root is */
	if (!dev_is_pci(c->uport_dev))
		return -EAGAIN;
	if (!c->nr)
		return 0;
	rc = cxla_pci_probe_regs(to_pci_dev(c->uport_dev), &map);
	if (rc)
		return cxla_pci_answers(to_pci_dev(c->uport_dev)) ? rc : -EAGAIN;
	hdm = &map.component_map.hdm_decoder;
	if (!hdm->valid || hdm->size < CXL_HDM_BLOCK_SIZE(c->nr))
		return -EIO;
	regs = ioremap(map.resource + hdm->offset, hdm->size);
	if (!regs)
		return -ENOMEM;
	rc = cxla_restore_mapped(s, c, regs);
	iounmap(regs);
	return rc;
}

/* control after the bases, which it turns on; and what locks both last */
static int cxla_restore_dvsec(struct cxl_dev_state *cxlds,
			      const struct cxla_dvsec *was)
{
	struct pci_dev *pdev = to_pci_dev(cxlds->dev);
	int dvsec = cxlds->cxl_dvsec;
	u16 ctrl, lock;

	if (!was->known)
		return 0;
	for (int i = 0; i < CXLA_DVSEC_RANGES; i++)
		for (int half = 0; half < 2; half++) {
			int pos = dvsec + CXLA_DVSEC_RANGE_BASE(i) + 4 * half;
			u32 now = cxla_cfg_read32(pdev, pos);

			if (now != was->base[i][half])
				cxla_cfg_write32(pdev, pos, was->base[i][half]);
		}
	ctrl = cxla_cfg_read16(pdev, dvsec + CXLA_DVSEC_CTRL);
	if (ctrl != was->ctrl && !PCI_POSSIBLE_ERROR(ctrl)) {
		cxla_cfg_write16(pdev, dvsec + CXLA_DVSEC_CTRL, was->ctrl);
		ctrl = cxla_cfg_read16(pdev, dvsec + CXLA_DVSEC_CTRL);
	}
	if (PCI_POSSIBLE_ERROR(ctrl))
		return -EAGAIN;
	if ((ctrl ^ was->ctrl) & CXLA_DVSEC_CTRL_MEM_ENABLE)
		return -EIO;
	lock = cxla_cfg_read16(pdev, dvsec + CXLA_DVSEC_LOCK);
	if (was->lock & ~lock & CXLA_DVSEC_LOCK_CONFIG)
		cxla_cfg_write16(pdev, dvsec + CXLA_DVSEC_LOCK,
				 lock | CXLA_DVSEC_LOCK_CONFIG);
	return 0;
}

/* 1: it was written; 0: it is as it was; or an error */
static int cxla_restore_decoders(struct cxl_dev_state *cxlds,
				 const struct cxla_snapshot *s)
{
	const struct cxl_reg_map *map =
		&cxlds->reg_map.component_map.hdm_decoder;
	struct cxla_look look;
	void __iomem *hdm;
	int rc;

	hdm = ioremap(cxlds->reg_map.resource + map->offset, map->size);
	if (!hdm)
		return -ENOMEM;
	rc = cxla_component_look(s, s->device, hdm, &look);
	if (!rc && look.other)
		rc = -EIO;
	if (!rc && !look.same) {
		cxla_flush(cxlds, s);
		rc = cxla_component_write(s, s->device, hdm);
		/* HDM Decoder Enable is set when the device is attached */
		if (!rc)
			rc = 1;
	}
	iounmap(hdm);
	return rc;
}

static int cxla_restore_device(struct cxl_dev_state *cxlds,
			       const struct cxla_snapshot *s,
			       const struct range *range)
{
	int rc, written = 0;

	if (!s->emulated) {
		written = cxla_restore_decoders(cxlds, s);
		if (written < 0)
			return written;
	}
	rc = cxla_restore_dvsec(cxlds, &s->dvsec);
	if (rc)
		return rc;
	if (written)
		dev_notice(cxlds->dev,
			   "decoders are again what they were before a reset, [%#llx-%#llx] first\n",
			   range->start, range->end);
	return 0;
}

static int cxla_restore(struct cxl_dev_state *cxlds,
			const struct cxla_snapshot *s, const struct range *range)
{
	int rc;

	/* no switch port comes or goes, and no other device restores one */
	guard(mutex)(&cxla_enum_mutex);
	for (int i = s->nr_above - 1; i >= 0; i--) {
		rc = cxla_restore_above(s, s->above[i]);
		if (rc == -EAGAIN)
			return rc;
		if (rc) {
			dev_warn(cxlds->dev,
				 "decoders of [%#llx-%#llx] are not restored after a reset: %s does not route it as before (%d)\n",
				 range->start, range->end,
				 dev_name(s->above[i]->uport_dev), rc);
			return rc;
		}
	}
	rc = cxla_restore_device(cxlds, s, range);
	if (rc == -EAGAIN)
		dev_warn(cxlds->dev,
			 "does not answer after a reset: what it decoded at [%#llx-%#llx] is kept for when it does\n",
			 range->start, range->end);
	else if (rc)
		dev_warn(cxlds->dev,
			 "decoders of [%#llx-%#llx] can't be restored after a reset: %d\n",
			 range->start, range->end, rc);
	return rc;
}

/**
 * cxla_snapshot_restore() - put back what a reset took
 * @cxlds: device state without an endpoint
 *
 * What is as it was is not written. What was kept stays until an endpoint comes up,
 * which has its own: before that another reset may come. It is dropped if the device,
 * or the way to it, is another one by now.
 *
 * Context: no endpoint comes up meanwhile: the lock of its memdev is held, or there is
 * none and the PCI device is locked. Takes cxla_enum_mutex and the locks of ports;
 * sleeps.
 * Return: 0; -EAGAIN: a port above is not there, something does not answer yet, or
 * there was no memory, to be tried again; or why it was not restored, which is also in the log.
 */
int cxla_snapshot_restore(struct cxl_dev_state *cxlds)
{
	struct cxla_snapshot *s __free(cxla_snapshot_free) =
		xchg(&cxlds->snapshot, NULL);
	struct range range;
	int rc = 0, i = 0;

	if (!s)
		return 0;
	if (cxla_snapshot_range(s, &i, &range))
		rc = cxla_restore(cxlds, s, &range);
	if (rc == -ENOMEM)
		rc = -EAGAIN;
	if (!rc || rc == -EAGAIN)
		cxla_snapshot_free(xchg(&cxlds->snapshot, no_free_ptr(s)));
	return rc;
}
