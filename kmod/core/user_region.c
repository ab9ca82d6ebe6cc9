// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: regions that userspace makes
 *
 * In the order of Documentation/ABI/testing/sysfs-bus-cxl: a name from and to
 * create_ram_region of a window, ways and granularity, a size, by which it gets its
 * addresses, a decoder for each position, commit. All can be changed while it is not
 * committed. A region that was found is firmware's to describe, committed or not.
 *
 * The addresses are the region's while it is not committed, by a claim, and nobody
 * else's: who uses it then claims them. They are free if no host bridge of the
 * window decodes them or anything behind them, and nobody has them; what firmware
 * calls Soft Reserved somebody may have.
 *
 * Its decoders end with it, unless somebody has some of the range then, whom it is
 * not taken from.
 */
#include <linux/align.h>
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/kstrtox.h>
#include <linux/log2.h>
#include <linux/memregion.h>
#include <linux/sizes.h>

#include "floor.h"
#include "layout.h"
#include "user_region.h"

/* ----------------------------- lifetime ---------------------------- */

/**
 * cxla_user_region_next() - which region userspace may make next
 * @cxlrd: window
 *
 * Return: N of regionN, or an error.
 */
int cxla_user_region_next(struct cxl_root_decoder *cxlrd)
{
	if (!cxla_window_is_ram(cxlrd))
		return -EOPNOTSUPP;
	guard(mutex)(&cxlrd->regions_lock);
	if (cxlrd->next_id < 0)
		cxlrd->next_id = memregion_alloc(GFP_KERNEL);
	return cxlrd->next_id;
}

/**
 * cxla_user_region_make() - a region that userspace is about to describe
 * @cxlrd: window; its attributes are there
 * @name: as cxla_user_region_next() said it
 *
 * Context: sysfs; sleeps; no lock is held.
 * Return: 0; -EINVAL: that is no name of a region; -EBUSY: another one is next;
 * -EOPNOTSUPP: the window is not for volatile memory of expanders; -ENXIO: the
 * window is going; -ENOMEM.
 */
int cxla_user_region_make(struct cxl_root_decoder *cxlrd, const char *name)
{
	struct cxl_region *cxlr;
	int id, rc;

	if (sscanf(name, "region%d", &id) != 1)
		return -EINVAL;
	if (!cxla_window_is_ram(cxlrd))
		return -EOPNOTSUPP;
	scoped_guard(mutex, &cxlrd->regions_lock) {
		if (cxlrd->next_id < 0 || id != cxlrd->next_id)
			return -EBUSY;
		cxlrd->next_id = -1;
		cxlr = cxla_region_alloc(cxlrd, id);
		if (IS_ERR(cxlr))
			return PTR_ERR(cxlr);
		cxlr->user_made = true;
		cxlr->uncommitted = true;
		if (cxlrd->closed) {
			put_device(&cxlr->dev);
			return -ENXIO;
		}
		list_add_tail(&cxlr->sibling, &cxlrd->user_made);
		get_device(&cxlr->dev);
	}
	rc = cxla_region_add(cxlr);
	put_device(&cxlr->dev);
	return rc;
}

/**
 * cxla_user_regions_end() - no region that userspace made is left in a window
 * @cxlrd: window that is going; nobody makes another one
 */
void cxla_user_regions_end(struct cxl_root_decoder *cxlrd)
{
	for (;;) {
		struct cxl_region *cxlr;

		scoped_guard(mutex, &cxlrd->regions_lock) {
			cxlrd->closed = true;
			cxlr = list_first_entry_or_null(&cxlrd->user_made,
							struct cxl_region,
							sibling);
			if (cxlr)
				get_device(&cxlr->dev);
		}
		if (!cxlr)
			return;
		cxla_region_end(cxlr);
		put_device(&cxlr->dev);
	}
}

/* -------------------------- configuration -------------------------- */

/* all that is set is set by who holds these, and can't be while it is committed */
static void cxla_user_region_lock(struct cxl_region *cxlr)
{
	mutex_lock(&cxlr->writer);
	device_lock(&cxlr->dev);
	mutex_lock(&cxlr->cxlrd->regions_lock);
	down_write(&cxl_rwsem.region);
}

static void cxla_user_region_unlock(struct cxl_region *cxlr)
{
	up_write(&cxl_rwsem.region);
	mutex_unlock(&cxlr->cxlrd->regions_lock);
	device_unlock(&cxlr->dev);
	mutex_unlock(&cxlr->writer);
}

DEFINE_GUARD(cxla_user_region, struct cxl_region *, cxla_user_region_lock(_T),
	     cxla_user_region_unlock(_T))

static int cxla_user_region_open(const struct cxl_region *cxlr)
{
	lockdep_assert_held_write(&cxl_rwsem.region);
	return cxlr->life != CXLA_LIVE || !cxlr->user_made ||
	       !cxlr->uncommitted ? -EBUSY : 0;
}

/* what size and targets follow from */
static int cxla_user_region_empty(const struct cxl_region *cxlr)
{
	int rc = cxla_user_region_open(cxlr);

	if (rc)
		return rc;
	return cxla_region_placed(cxlr) || cxlr->nr_targets ? -EBUSY : 0;
}

/**
 * cxla_user_region_set_ways() - interleave_ways
 * @cxlr: region
 * @text: 1, 2, 4, 8, 16, 3, 6 or 12; a multiple of the window's
 *
 * Context: sysfs; sleeps.
 * Return: 0; -EBUSY: it is committed, going, or has a size or a target; -EINVAL.
 */
int cxla_user_region_set_ways(struct cxl_region *cxlr, const char *text)
{
	unsigned int ways = 0, eiw;
	int rc, bad;

	bad = kstrtouint(text, 0, &ways);
	guard(cxla_user_region)(cxlr);
	rc = cxla_user_region_empty(cxlr);
	if (rc)
		return rc;
	if (bad || cxl_ways_to_eiw(ways, &eiw) ||
	    ways % cxlr->cxlrd->cxld.ways)
		return -EINVAL;
	cxlr->ways = ways;
	return 0;
}

/**
 * cxla_user_region_set_granularity() - interleave_granularity
 * @cxlr: region
 * @text: bytes: 256 to 16384, a power of two; that of the window, if it interleaves
 *
 * Context, Return: as cxla_user_region_set_ways().
 */
int cxla_user_region_set_granularity(struct cxl_region *cxlr, const char *text)
{
	const struct cxl_decoder *root = &cxlr->cxlrd->cxld;
	unsigned int granularity = 0;
	int rc, bad;

	bad = kstrtouint(text, 0, &granularity);
	guard(cxla_user_region)(cxlr);
	rc = cxla_user_region_empty(cxlr);
	if (rc)
		return rc;
	if (bad || !is_power_of_2(granularity) || granularity < SZ_256 ||
	    granularity > SZ_16K ||
	    (root->ways > 1 && granularity != root->granularity))
		return -EINVAL;
	cxlr->granularity = granularity;
	return 0;
}

static int cxla_user_region_try(struct cxl_region *cxlr,
				const struct range *range)
{
	struct cxl_root_decoder *cxlrd = cxlr->cxlrd;
	int rc;

	if (cxla_window_has_region(cxlrd, range) ||
	    cxla_touches_soft_reserved(range->start, range_len(range)))
		return -EBUSY;
	rc = cxla_region_claim(cxlr, range, CXLA_WHY_CONFIGURED);
	if (rc)
		return rc;
	rc = cxla_region_index(cxlr, range);
	if (rc) {
		cxla_unclaim(&cxlr->claim);
		return rc;
	}
	cxla_region_place(cxlr, range);
	if (cxla_resource_insert(&cxlrd->res, &cxlr->res))
		dev_warn(&cxlr->dev, "no place for %pr in the iomem tree\n",
			 &cxlr->res);
	return 0;
}

static int cxla_user_region_find(struct cxl_region *cxlr, u64 size)
{
	const struct range *window = &cxlr->cxlrd->cxld.hpa_range;
	const u64 step = (u64)CXLA_DECODER_ALIGN * cxlr->ways;
	u64 start;
	int rc;

	rc = cxla_window_floor(cxlr->cxlrd, &start);
	if (rc)
		return rc;
	/* stripes begin with the window */
	start = window->start +
		roundup(max(start, window->start) - window->start, step);
	rc = -EBUSY;
	for (; rc == -EBUSY && start >= window->start && start <= window->end &&
	     window->end - start >= size - 1; start += step)
		rc = cxla_user_region_try(cxlr, &(struct range) {
			.start = start, .end = start + size - 1,
		});
	return rc == -EBUSY ? -ENOSPC : rc;
}

static void cxla_user_region_unplace(struct cxl_region *cxlr)
{
	mtree_erase(&cxlr->cxlrd->regions, cxlr->res.start);
	cxla_resource_remove(&cxlr->res);
	cxla_region_place(cxlr, NULL);
	cxla_unclaim(&cxlr->claim);
}

/**
 * cxla_user_region_set_size() - size: a region gets its addresses, or gives them back
 * @cxlr: region
 * @text: bytes, a multiple of 256 MiB for each way; 0: none
 *
 * Context: sysfs; sleeps.
 * Return: 0; -EBUSY: it is committed, going, has another size already, or a target, or
 * firmware made it; -EINVAL; -ENOSPC: the window has no such range free; -ENXIO: ways or
 * granularity are not known, or what is free is not; -ENOMEM.
 */
int cxla_user_region_set_size(struct cxl_region *cxlr, const char *text)
{
	u64 size = 0;
	int rc, bad;

	bad = kstrtou64(text, 0, &size);
	guard(cxla_user_region)(cxlr);
	rc = cxla_user_region_open(cxlr);
	if (rc)
		return rc;
	if (bad)
		return -EINVAL;
	if (cxla_region_placed(cxlr)) {
		if (size == resource_size(&cxlr->res))
			return 0;
		/* targets have their shares of it */
		if (size || cxlr->nr_targets)
			return -EBUSY;
		cxla_user_region_unplace(cxlr);
		return 0;
	}
	if (!size)
		return 0;
	if (!cxlr->ways || !cxlr->granularity)
		return -ENXIO;
	if (size % ((u64)CXLA_DECODER_ALIGN * cxlr->ways))
		return -EINVAL;
	return cxla_user_region_find(cxlr, size);
}

/**
 * cxla_user_region_set_uuid() - uuid: of persistent memory only
 * @cxlr: region
 * @text: anything
 * Return: -EBUSY: it is committed; -EINVAL.
 */
int cxla_user_region_set_uuid(struct cxl_region *cxlr, const char *text)
{
	guard(cxla_user_region)(cxlr);
	return cxla_user_region_open(cxlr) ?: -EINVAL;
}

/* -------------------------- decoders of devices -------------------- */

static void cxla_user_region_release(struct cxl_region *cxlr, int pos)
{
	struct cxl_endpoint_decoder *cxled = cxlr->targets[pos];

	cxlr->targets[pos] = NULL;
	cxlr->nr_targets--;
	cxled->cxld.region = NULL;
	cxled->reason = CXLA_REASON_NONE;
	put_device(&cxled->cxld.dev);
}

/* is @cxled one that could be at @pos */
static int cxla_user_region_suits(const struct cxl_region *cxlr,
				  const struct cxl_endpoint_decoder *cxled,
				  int pos)
{
	struct cxl_port *port = cxld_to_port(&cxled->cxld);
	const struct cxl_decoder *root = &cxlr->cxlrd->cxld;

	/* who comes or goes is not found, and who has an attach decides itself */
	if (!port->up || !cxla_is_expander(cxled_to_memdev(cxled)) ||
	    port->emulated || !port->hdm)
		return -ENXIO;
	if (cxled->cxld.region || !list_empty(&cxled->orphan) ||
	    cxled->cxld.flags & CXL_DECODER_F_ENABLE)
		return -EBUSY;
	for (int i = 0; i < cxlr->ways; i++)
		if (cxlr->targets[i] &&
		    cxld_to_port(&cxlr->targets[i]->cxld) == port)
			return -EBUSY;
	if (!cxled->dpa_size || !cxled_is_volatile(cxled))
		return -ENXIO;
	if (cxled->dpa_size * cxlr->ways != resource_size(&cxlr->res))
		return -EINVAL;
	port = cxla_bridge_above(port);
	return port->parent == cxld_to_port(root) &&
	       port->parent_dport->port_id == root->targets[pos % root->ways] ?
	       0 : -ENXIO;
}

static int cxla_user_region_assign(struct cxl_region *cxlr, int pos,
				   bool leaves,
				   struct cxl_endpoint_decoder *cxled)
{
	int rc;

	guard(cxla_user_region)(cxlr);
	rc = cxla_user_region_open(cxlr);
	if (rc)
		return rc;
	if (!leaves && !cxled)
		return -ENODEV;
	if (pos >= cxlr->ways || !cxla_region_placed(cxlr))
		return -ENXIO;
	if (cxlr->targets[pos]) {
		if (cxlr->targets[pos] == cxled)
			return 0;
		if (cxled)
			return -EBUSY;
		cxla_user_region_release(cxlr, pos);
		return 0;
	}
	if (!cxled)
		return 0;
	rc = cxla_user_region_suits(cxlr, cxled, pos);
	if (!rc)
		cxla_region_take_in(cxlr, cxled, pos);
	return rc;
}

/* a decoder that is idle waits for no region of the past */
static void cxla_orphan_forget(struct cxl_endpoint_decoder *cxled)
{
	struct cxl_root_decoder *cxlrd = READ_ONCE(cxled->cxlrd);

	if (!cxlrd)
		return;
	guard(mutex)(&cxlrd->regions_lock);
	guard(rwsem_write)(&cxl_rwsem.region);
	if (!(cxled->cxld.flags & CXL_DECODER_F_ENABLE))
		list_del_init(&cxled->orphan);
}

/**
 * cxla_user_region_set_target() - targetN: a decoder takes a position, or leaves it
 * @cxlr: region
 * @pos: N
 * @name: of an endpoint decoder of an expander, idle and with its DPA; or nothing
 *
 * Context: sysfs; sleeps.
 * Return: 0; -ENODEV: there is no such decoder; -EBUSY: the region is committed, the
 * position taken, or the decoder in use; -EINVAL: its DPA is not a share of the
 * region; -ENXIO: it has none, the window does not lead to it at that position, it is
 * no expander's, the region has no size, or one of them is going.
 */
int cxla_user_region_set_target(struct cxl_region *cxlr, int pos,
				const char *name)
{
	struct cxl_endpoint_decoder *cxled = NULL;
	struct device *dev = NULL;
	char trimmed[32];
	int rc;

	strscpy(trimmed, name);
	name = strim(trimmed);
	if (*name) {
		dev = bus_find_device_by_name(&cxla_bus_type, NULL, name);
		if (dev && is_cxl_endpoint_decoder(dev)) {
			cxled = to_cxl_endpoint_decoder(dev);
			cxla_orphan_forget(cxled);
		}
	}
	rc = cxla_user_region_assign(cxlr, pos, !*name, cxled);
	put_device(dev);
	return rc;
}

/* ------------------------------ commit ----------------------------- */

static struct cxla_layout cxla_user_region_layout(const struct cxl_region *cxlr)
{
	struct cxla_layout layout = {
		.window = cxlr->cxlrd,
		.range = cxla_region_range(cxlr),
		.ways = cxlr->ways,
		.granularity = cxlr->granularity,
		.host_only = true,
	};

	memcpy(layout.members, cxlr->targets, sizeof(layout.members));
	return layout;
}

/**
 * cxla_user_region_check() - can a region be committed for the first time
 * @cxlr: region
 *
 * Context: cxl_rwsem.region is held for writing.
 * Return: 0; -ENXIO: it has no size, not all targets, or they are not where their
 * positions say; -EBUSY: some level has no decoder for it; -EOPNOTSUPP: the
 * platform can't invalidate caches.
 */
int cxla_user_region_check(const struct cxl_region *cxlr)
{
	struct cxla_layout layout = cxla_user_region_layout(cxlr);

	if (!cxla_region_placed(cxlr) || cxlr->nr_targets != cxlr->ways)
		return -ENXIO;
	if (!cxla_cache_can_invalidate())
		return -EOPNOTSUPP;
	return cxla_layout_check(&layout);
}

/* the same way that a region is found by: each member is where it is said to be */
static int cxla_user_region_routed(struct cxl_region *cxlr, bool *hw_lock)
{
	for (int i = 0; i < cxlr->ways; i++) {
		int pos;

		if (cxla_route_check(cxlr->targets[i], cxlr->cxlrd, hw_lock,
				     &pos))
			return -ENXIO;
		if (pos != i) {
			dev_err(&cxlr->dev, "%s is at position %d, not %d\n",
				dev_name(&cxlr->targets[i]->cxld.dev), pos, i);
			return -ENXIO;
		}
	}
	return 0;
}

/**
 * cxla_user_region_commit() - have hardware decode a region
 * @cxlr: region; cxla_user_region_check() came to 0
 *
 * Context: cxl_rwsem.region is held for writing; sleeps.
 * Return: 0; as cxla_layout_commit(); -ENXIO: what is decoded then is no such
 * interleave. After an error all is taken back.
 */
int cxla_user_region_commit(struct cxl_region *cxlr)
{
	struct cxla_layout layout = cxla_user_region_layout(cxlr);
	bool hw_lock = false;
	int rc;

	rc = cxla_layout_commit(&layout);
	if (rc)
		return rc;
	rc = cxla_user_region_routed(cxlr, &hw_lock);
	if (rc)
		cxla_layout_uncommit(&layout);
	else if (hw_lock)
		cxlr->hw_locked = true;
	return rc;
}

static int cxla_user_region_decodes(const struct cxl_region *cxlr)
{
	for (int i = 0; i < cxlr->ways; i++)
		if (cxlr->targets[i] &&
		    cxlr->targets[i]->cxld.flags & CXL_DECODER_F_ENABLE)
			return true;
	return false;
}

/**
 * cxla_user_region_reset() - have hardware decode a region no longer
 * @cxlr: committed region
 *
 * Context: cxl_rwsem.region is held for writing; sleeps.
 * Return: 0; -EIO: hardware did not comply, and it is decoded as before.
 */
int cxla_user_region_reset(struct cxl_region *cxlr)
{
	struct cxla_layout layout = cxla_user_region_layout(cxlr);

	cxla_layout_uncommit(&layout);
	if (!cxla_user_region_decodes(cxlr))
		return 0;
	if (cxla_layout_commit(&layout))
		dev_err(&cxlr->dev, "some of its decoders are left over\n");
	return -EIO;
}

/* decoders that somebody's memory depends on are firmware's from here on */
static void cxla_user_region_leave(const struct cxl_region *cxlr)
{
	for (int i = 0; i < cxlr->ways; i++) {
		struct cxl_port *port;

		if (!cxlr->targets[i])
			continue;
		port = cxld_to_port(&cxlr->targets[i]->cxld);
		for (; !is_cxl_root(port); port = port->parent)
			for (int n = 0; n < port->nr_decoders; n++)
				if (port->decoders[n] &&
				    cxla_region_is_at(cxlr, port->decoders[n]))
					port->decoders[n]->made = CXLA_MADE_NOT;
	}
}

/*
 * Nobody has any of a region that nobody is offered any more. Without memory for a
 * claim the iomem tree says so.
 */
static bool cxla_user_region_take(struct cxl_region *cxlr)
{
	const struct range range = cxla_region_range(cxlr);
	int rc = 0;

	if (!cxlr->claim.holding)
		rc = cxla_region_claim(cxlr, &range, CXLA_WHY_CHANGING);
	return !rc || (rc == -ENOMEM &&
		       !cxla_range_in_iomem(&range, IORESOURCE_MEM |
						    IORESOURCE_BUSY));
}

/**
 * cxla_region_unmake_user() - what userspace had committed ends with its region
 * @cxlr: region that is dying; nobody finds it, and device-dax has let go of it
 *
 * A range that somebody has some of, whatever he was told, stays decoded: the
 * region is found by the next bind.
 *
 * Context: sleeps.
 */
void cxla_region_unmake_user(struct cxl_region *cxlr)
{
	struct cxla_layout layout;

	if (!cxlr->user_made || cxlr->uncommitted)
		return;
	if (!cxla_user_region_take(cxlr)) {
		dev_warn(&cxlr->dev, "is in use, and stays committed\n");
		guard(rwsem_write)(&cxl_rwsem.region);
		cxla_user_region_leave(cxlr);
		return;
	}
	guard(rwsem_write)(&cxl_rwsem.region);
	layout = cxla_user_region_layout(cxlr);
	cxla_layout_uncommit(&layout);
	cxlr->uncommitted = true;
}
