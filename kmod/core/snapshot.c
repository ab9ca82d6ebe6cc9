// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: what a reset takes, and how it comes back
 *
 * A reset of a device may clear what firmware programmed: its HDM decoders, and
 * Mem_Enable and the ranges of its DVSEC. A reset above a switch clears those of
 * the switch, too. When an endpoint goes, what it and the ports above it decoded
 * is kept with its device: as it was read last, and read once more when a reset
 * is about to come and the device answers. Recovery from an error gives no such
 * notice. The memory for it comes with the endpoint, and is the device's from when
 * that goes: what firmware committed is not lost for want of some when a reset comes.
 *
 * restore.c writes it back.
 */
#include <linux/pci.h>
#include <linux/slab.h>

#include "snapshot.h"

static void cxla_component_free(struct cxla_component *c)
{
	if (c)
		put_device(c->uport_dev);
	kfree(c);
}

/**
 * cxla_snapshot_free() - nobody wants it any more
 * @s: snapshot that nobody else has, or NULL
 */
void cxla_snapshot_free(struct cxla_snapshot *s)
{
	if (!s)
		return;
	for (int i = 0; i < s->nr_above; i++)
		cxla_component_free(s->above[i]);
	cxla_component_free(s->device);
	kfree(s->now);
	kfree(s);
}

/* what a decoder decodes, by its registers; false: nothing */
bool cxla_regs_range(const struct cxl_hdm_regs *regs, struct range *range)
{
	u64 size = (u64)regs->size_high << 32 | regs->size_low;

	if (!cxl_hdm_ctrl_active(regs->ctrl) || !size)
		return false;
	range->start = (u64)regs->base_high << 32 | regs->base_low;
	return !check_add_overflow(range->start, size - 1, &range->end);
}

/* the next range that the device decoded, from decoder @i on; *@i: one behind it */
bool cxla_snapshot_range(const struct cxla_snapshot *s, int *i,
			 struct range *range)
{
	while (*i < s->device->nr)
		if (cxla_regs_range(&s->device->regs[(*i)++], range))
			return true;
	return false;
}

/* ------------------------------- taking ---------------------------- */

static int cxla_component_nr(const struct cxl_port *port)
{
	return port->passthrough ? 0 : port->nr_decoders;
}

static struct cxla_component *cxla_component_of(struct cxl_port *port)
{
	int nr = cxla_component_nr(port);
	struct cxla_component *c;

	c = kzalloc(struct_size(c, regs, nr), GFP_KERNEL);
	if (!c)
		return NULL;
	c->nr = nr;
	if (!is_cxl_endpoint(port))
		c->uport_dev = get_device(port->uport_dev);
	return c;
}

/*
 * The decoders to be kept, as bits. What was committed here, and not by firmware, who
 * needs it commits anew: it may be that of another device, which takes it back in the
 * same reset. But a decoder is committed only behind those in front of it.
 */
static u32 cxla_component_keeps(const struct cxl_port *port, int nr)
{
	u32 keeps = 0;

	lockdep_assert_held(&cxl_rwsem.region);
	for (int i = nr - 1; i >= 0; i--) {
		const struct cxl_decoder *cxld = port->decoders[i];

		if (cxld && cxld->flags & CXL_DECODER_F_ENABLE &&
		    (!cxld->made || keeps))
			keeps |= BIT(i);
	}
	return keeps;
}

/* false: it has become another one since */
static bool cxla_component_take(struct cxla_component *c, struct cxl_port *port)
{
	u32 keeps;

	if (cxla_component_nr(port) != c->nr)
		return false;
	guard(rwsem_read)(&cxl_rwsem.region);
	keeps = cxla_component_keeps(port, c->nr);
	for (int i = 0; i < c->nr; i++)
		c->regs[i] = keeps & BIT(i) ? port->decoders[i]->regs :
					      (struct cxl_hdm_regs) { };
	return true;
}

/* false: the device does not answer, and what was known stays known */
static bool cxla_snapshot_read_dvsec(struct cxla_snapshot *s,
				     struct cxl_dev_state *cxlds)
{
	struct pci_dev *pdev = to_pci_dev(cxlds->dev);
	struct cxla_dvsec now = { .known = true };
	int dvsec = cxlds->cxl_dvsec;

	now.ctrl = cxla_cfg_read16(pdev, dvsec + CXLA_DVSEC_CTRL);
	for (int i = 0; i < CXLA_DVSEC_RANGES; i++)
		for (int half = 0; half < 2; half++)
			now.base[i][half] =
				cxla_cfg_read32(pdev, dvsec + 4 * half +
						CXLA_DVSEC_RANGE_BASE(i));
	now.lock = cxla_cfg_read16(pdev, dvsec + CXLA_DVSEC_LOCK);
	if (PCI_POSSIBLE_ERROR(now.ctrl) || PCI_POSSIBLE_ERROR(now.lock))
		return false;
	s->dvsec = now;
	return true;
}

static bool cxla_endpoint_decodes(const struct cxl_port *endpoint)
{
	guard(rwsem_read)(&cxl_rwsem.region);
	for (int i = 0; i < endpoint->nr_decoders; i++)
		if (endpoint->decoders[i] &&
		    endpoint->decoders[i]->flags & CXL_DECODER_F_ENABLE)
			return true;
	return false;
}

/**
 * cxla_snapshot_prepare() - have the memory for what an endpoint decodes
 * @endpoint: it comes up, its decoders are known
 *
 * What was kept of the one before has come back, and is dropped.
 *
 * Context: sleeps.
 * Return: 0; -ENXIO: it does not answer any more, or what was kept has not come back;
 * -ENOMEM. What was kept is there still then.
 */
int cxla_snapshot_prepare(struct cxl_port *endpoint)
{
	struct cxl_dev_state *cxlds = to_cxl_memdev(endpoint->uport_dev)->cxlds;

	if (!dev_is_pci(cxlds->dev) || !cxlds->cxl_dvsec) {
		cxla_snapshot_drop(cxlds);
		return 0;
	}
	struct cxla_snapshot *s __free(cxla_snapshot_free) =
		kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return -ENOMEM;
	s->device = cxla_component_of(endpoint);
	if (!s->device)
		return -ENOMEM;
	s->now = kcalloc(s->device->nr, sizeof(*s->now), GFP_KERNEL);
	if (!s->now)
		return -ENOMEM;
	for (struct cxl_port *p = endpoint->parent; !is_cxl_root(p);
	     p = p->parent) {
		s->above[s->nr_above] = cxla_component_of(p);
		if (!s->above[s->nr_above])
			return -ENOMEM;
		s->nr_above++;
	}
	/*
	 * Where that is all that decodes it is read now: an error gives no notice.
	 * With decoders nobody decodes by it, and a bind does not read more than
	 * it needs.
	 */
	if (endpoint->emulated && !cxla_snapshot_read_dvsec(s, cxlds))
		return -ENXIO;
	if (READ_ONCE(cxlds->was_reset) && READ_ONCE(cxlds->snapshot) &&
	    !cxla_endpoint_decodes(endpoint))
		return -ENXIO;
	cxla_snapshot_drop(cxlds);
	endpoint->snapshot = no_free_ptr(s);
	return 0;
}

/* the registers as they are, if the device says what they are */
static void cxla_snapshot_refresh(struct cxla_snapshot *s,
				  struct cxl_port *endpoint)
{
	struct cxl_dev_state *cxlds = to_cxl_memdev(endpoint->uport_dev)->cxlds;
	struct cxla_component *c = s->device;
	u32 keeps;

	for (int i = 0; i < c->nr; i++) {
		struct cxl_hdm_decoded d;

		cxla_hdm_read(endpoint, i, &s->now[i], &d);
		if (d.fault == CXL_HDM_ALL_ONES)
			return;
	}
	if (!cxla_snapshot_read_dvsec(s, cxlds))
		return;
	guard(rwsem_read)(&cxl_rwsem.region);
	keeps = cxla_component_keeps(endpoint, c->nr);
	for (int i = 0; i < c->nr; i++)
		if (keeps & BIT(i))
			c->regs[i] = s->now[i];
}

static bool cxla_snapshot_has_range(const struct cxla_snapshot *s)
{
	struct range range;
	int i = 0;

	return cxla_snapshot_range(s, &i, &range);
}

/**
 * cxla_snapshot_forget() - an endpoint does not come up after all
 * @endpoint: its lock is held
 */
void cxla_snapshot_forget(struct cxl_port *endpoint)
{
	cxla_snapshot_free(endpoint->snapshot);
	endpoint->snapshot = NULL;
}

/**
 * cxla_snapshot_take() - keep what an endpoint and all above it decode
 * @endpoint: it is going; its lock is held
 *
 * Registers are read when a reset has begun. For a driver that lets go by itself
 * nothing is kept.
 *
 * Context: sleeps; takes cxl_rwsem.region.
 */
void cxla_snapshot_take(struct cxl_port *endpoint)
{
	struct cxl_memdev *cxlmd = to_cxl_memdev(endpoint->uport_dev);
	struct cxl_dev_state *cxlds = cxlmd->cxlds;
	struct cxla_snapshot *s __free(cxla_snapshot_free) = endpoint->snapshot;
	bool held = READ_ONCE(cxlds->held);
	int above = 0;

	device_lock_assert(&endpoint->dev);
	endpoint->snapshot = NULL;
	if (test_bit(CXLA_MEMDEV_F_RELEASED, &cxlmd->flags) && !held)
		return;
	if (!s || !cxla_component_take(s->device, endpoint))
		return;
	for (struct cxl_port *p = endpoint->parent; !is_cxl_root(p);
	     p = p->parent)
		if (!cxla_component_take(s->above[above++], p))
			return;
	s->emulated = endpoint->emulated;
	if (held && !cxla_pci_is_frozen(cxlmd))
		cxla_snapshot_refresh(s, endpoint);
	if (cxla_snapshot_has_range(s))
		cxla_snapshot_free(xchg(&cxlds->snapshot, no_free_ptr(s)));
}

/**
 * cxla_snapshot_drop() - what was kept is not wanted any more
 * @cxlds: device state without an endpoint, or by its endpoint
 */
void cxla_snapshot_drop(struct cxl_dev_state *cxlds)
{
	cxla_snapshot_free(xchg(&cxlds->snapshot, NULL));
}
