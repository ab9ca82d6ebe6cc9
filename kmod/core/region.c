// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: regions from committed decoders
 *
 * A region is a range that firmware mapped, end to end: a window contains it,
 * each port on the way routes it towards the device, and the device's own
 * decoder is committed for it. Regions are assembled when an endpoint comes up
 * and end with the first member that goes; the hardware stays as firmware left
 * it.
 *
 * A region is unregistered once: who finds it not dying, under regions_lock,
 * does it; others wait. The driver core is called with that lock dropped: who
 * finds a region that is not added yet waits for it, too.
 */
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/ktime.h>
#include <linux/memregion.h>
#include <linux/slab.h>

#include "../pause/pause.h"
#include "region.h"
#include "trace.h"
#include "user_region.h"

static void cxla_region_release(struct device *dev)
{
	struct cxl_region *cxlr = to_cxl_region(dev);

	memregion_free(cxlr->id);
	mutex_destroy(&cxlr->writer);
	put_device(&cxlr->cxlrd->cxld.dev);
	kfree(cxlr);
}

static const struct cxla_type cxla_region_type = {
	.base.name = "cxl_region",
	.base.release = cxla_region_release,
	.base.groups = cxla_region_groups,
	.id = CXLA_DEVICE_REGION,
	.life = CXLA_LIFE_OF(struct cxl_region),
};

/* ----------------------------- lifetime ---------------------------- */

static bool cxla_regions_held;

/**
 * cxla_regions_hold() - no region comes from here on, or they may again
 * @hold: which of both; who finds one after this, by cxla_region_next(), finds all
 *
 * An attach meanwhile fails with -ESHUTDOWN.
 */
void cxla_regions_hold(bool hold)
{
	WRITE_ONCE(cxla_regions_held, hold);
}
EXPORT_SYMBOL_NS_GPL(cxla_regions_hold, "CXL");

/**
 * cxla_region_index() - have a region found at its addresses
 * @cxlr: region; its regions_lock is held
 * @range: HPA, inclusive
 *
 * Return: 0; -ESHUTDOWN: the system is about to sleep; -EEXIST, -ENOMEM.
 */
int cxla_region_index(struct cxl_region *cxlr, const struct range *range)
{
	lockdep_assert_held(&cxlr->cxlrd->regions_lock);
	if (READ_ONCE(cxla_regions_held))
		return -ESHUTDOWN;
	return mtree_insert_range(&cxlr->cxlrd->regions, range->start,
				  range->end, cxlr, GFP_KERNEL);
}

/**
 * cxla_region_alloc() - a region without members and addresses
 * @cxlrd: its window
 * @id: N of its name, from memregion_alloc(); the region's from here on
 *
 * Return: a region that nobody finds, or an error.
 */
struct cxl_region *cxla_region_alloc(struct cxl_root_decoder *cxlrd, int id)
{
	struct cxl_region *cxlr;
	struct device *dev;

	if (id < 0)
		return ERR_PTR(id);
	cxlr = kzalloc(sizeof(*cxlr), GFP_KERNEL);
	if (!cxlr) {
		memregion_free(id);
		return ERR_PTR(-ENOMEM);
	}

	cxlr->id = id;
	cxlr->cxlrd = cxlrd;
	get_device(&cxlrd->cxld.dev);
	mutex_init(&cxlr->writer);
	INIT_LIST_HEAD(&cxlr->sibling);
	init_completion(&cxlr->built);
	init_completion(&cxlr->gone);

	dev = &cxlr->dev;
	cxla_device_init(dev, &cxlrd->cxld.dev, &cxla_region_type);
	if (dev_set_name(dev, "region%d", id)) {
		put_device(dev);
		return ERR_PTR(-ENOMEM);
	}
	cxla_region_place(cxlr, NULL);
	cxlr->res.flags = IORESOURCE_MEM;
	cxlr->res.name = dev_name(dev);
	cxlr->since_ns = ktime_get_boottime_ns();
	return cxlr;
}

/**
 * cxla_region_place() - where a region is
 * @cxlr: region, in no tree
 * @range: HPA, inclusive; NULL: nowhere
 */
void cxla_region_place(struct cxl_region *cxlr, const struct range *range)
{
	cxlr->res.start = range ? range->start : U64_MAX;
	cxlr->res.end = range ? range->end : U64_MAX - 1;
}

/* one of a range that is committed */
static struct cxl_region *cxla_region_alloc_at(struct cxl_root_decoder *cxlrd,
					       const struct cxl_decoder *cxld)
{
	struct range part = cxla_window_part(cxlrd, &cxld->hpa_range);
	struct cxl_region *cxlr;

	cxlr = cxla_region_alloc(cxlrd, memregion_alloc(GFP_KERNEL));
	if (IS_ERR(cxlr))
		return cxlr;
	cxlr->ways = cxld->ways;
	cxlr->granularity = cxld->granularity;
	cxla_region_place(cxlr, &part);
	return cxlr;
}

/**
 * cxla_region_take_in() - a decoder becomes a member
 * @cxlr: region; its regions_lock is held, and cxl_rwsem.region for writing
 * @cxled: endpoint decoder, in no region
 * @pos: where nobody is
 */
void cxla_region_take_in(struct cxl_region *cxlr,
			 struct cxl_endpoint_decoder *cxled, int pos)
{
	lockdep_assert_held(&cxlr->cxlrd->regions_lock);
	lockdep_assert_held_write(&cxl_rwsem.region);
	get_device(&cxled->cxld.dev);
	WRITE_ONCE(cxled->cxlrd, cxlr->cxlrd);
	cxlr->targets[pos] = cxled;
	cxlr->nr_targets++;
	cxled->pos = pos;
	cxled->cxld.region = cxlr;
	if (!cxla_is_expander(cxled_to_memdev(cxled)))
		cxlr->nr_attach++;
}

/* make @cxled a member; regions_lock held, so that it can't be dying */
static int cxla_region_join(struct cxl_region *cxlr,
			    struct cxl_endpoint_decoder *cxled)
{
	bool hw_lock = false;
	int pos;

	lockdep_assert_held(&cxlr->cxlrd->regions_lock);
	guard(rwsem_write)(&cxl_rwsem.region);
	/* of an attach all locks are held, from that of the accelerator on */
	cxla_attach_may_wait(cxled_to_memdev(cxled));

	cxled->reason = cxla_route_check(cxled, cxlr->cxlrd, &hw_lock, &pos);
	if (cxled->reason)
		return -ENXIO;
	if (cxlr->targets[pos]) {
		dev_err(cxled_to_hw(cxled), "%s: position %d of %s is taken\n",
			dev_name(&cxled->cxld.dev), pos, dev_name(&cxlr->dev));
		cxled->reason = CXLA_REASON_ROUTE_MISMATCH;
		return -ENXIO;
	}

	list_del_init(&cxled->orphan);
	cxla_region_take_in(cxlr, cxled, pos);
	cxla_route_note(cxled, NULL, cxlr);
	if (hw_lock)
		cxlr->hw_locked = true;
	return 0;
}

/*
 * The reverse, for all members at once; the ports above are still there. They
 * are orphans until their endpoints go, or one that comes back makes the region
 * anew.
 */
static void cxla_region_disband(struct cxl_region *cxlr)
{
	lockdep_assert_held(&cxlr->cxlrd->regions_lock);
	guard(rwsem_write)(&cxl_rwsem.region);

	cxla_region_give_up(cxlr);
	for (int i = 0; i < cxlr->ways; i++) {
		struct cxl_endpoint_decoder *cxled = cxlr->targets[i];

		if (!cxled)
			continue;
		cxla_route_note(cxled, cxlr, NULL);
		cxlr->targets[i] = NULL;
		cxled->cxld.region = NULL;
		cxled->reason = CXLA_REASON_REVOKED;
		/* one of userspace's is made anew by its maker, if it does not stay committed */
		if (!cxlr->user_made || !cxlr->uncommitted)
			list_add_tail(&cxled->orphan, &cxlr->cxlrd->orphans);
		put_device(&cxled->cxld.dev);
	}
	cxlr->nr_targets = 0;
	cxlr->nr_attach = 0;
}

/* nobody finds the region any more, and it has no members */
static void cxla_region_dismantle(struct cxl_region *cxlr)
{
	lockdep_assert_held(&cxlr->cxlrd->regions_lock);

	if (cxla_region_placed(cxlr)) {
		mtree_erase(&cxlr->cxlrd->regions, cxlr->res.start);
		cxla_resource_remove(&cxlr->res);
	}
	list_del_init(&cxlr->sibling);
	cxla_region_disband(cxlr);
}

/**
 * cxla_region_unregister() - the end of a region
 * @cxlr: region that the caller marked dying, under regions_lock
 *
 * Context: sleeps; no lock of regions is held.
 */
void cxla_region_unregister(struct cxl_region *cxlr)
{
	cxla_pause(CXLA_PAUSE_REGION_DYING);
	trace_cxla_region_del(cxlr);
	device_del(&cxlr->dev);
	cxla_pause(CXLA_PAUSE_REGION_DELETED);
	cxla_region_unmake_user(cxlr);
	/* before anybody makes it anew, and offers it */
	cxla_unclaim(&cxlr->claim);
	scoped_guard(mutex, &cxlr->cxlrd->regions_lock)
		cxla_region_dismantle(cxlr);
	complete_all(&cxlr->gone);
	put_device(&cxlr->dev);
}

static bool cxla_region_fits(const struct cxl_region *cxlr,
			     const struct cxl_endpoint_decoder *cxled)
{
	return cxlr->ways == cxled->cxld.ways &&
	       cxlr->granularity == cxled->cxld.granularity &&
	       cxla_region_is_at(cxlr, &cxled->cxld);
}

/* a region of @cxled, and of those who wait for it to come back */
static struct cxl_region *
cxla_region_construct(struct cxl_root_decoder *cxlrd,
		      struct cxl_endpoint_decoder *cxled)
{
	struct cxl_endpoint_decoder *orphan, *next;
	struct cxl_region *cxlr;
	int rc;

	lockdep_assert_held(&cxlrd->regions_lock);

	cxlr = cxla_region_alloc_at(cxlrd, &cxled->cxld);
	if (IS_ERR(cxlr))
		return cxlr;
	rc = cxla_region_join(cxlr, cxled);
	if (!rc) {
		const struct range range = cxla_region_range(cxlr);

		rc = cxla_region_index(cxlr, &range);
	}
	if (rc) {
		cxla_region_disband(cxlr);
		put_device(&cxlr->dev);
		return ERR_PTR(rc);
	}
	list_for_each_entry_safe(orphan, next, &cxlrd->orphans, orphan)
		if (cxlr->ways > 1 && cxla_region_fits(cxlr, orphan) &&
		    orphan->cxld.flags & CXL_DECODER_F_ENABLE &&
		    !(orphan->cxld.flags & CXL_DECODER_F_BROKEN))
			cxla_region_join(cxlr, orphan);
	/*
	 * Firmware may have described the range in pieces that are not the
	 * region's. That costs the region its name in /proc/iomem and nothing
	 * else: who has it is asked at the attach.
	 */
	if (cxla_resource_insert(&cxlrd->res, &cxlr->res))
		dev_warn(&cxlr->dev, "no place for %pr in the iomem tree\n",
			 &cxlr->res);
	return cxlr;
}

/*
 * Find the region that @cxled belongs to, or construct it. One that is not
 * CXLA_LIVE is returned as it is; *@fresh says that it was made here.
 */
static struct cxl_region *cxla_region_get(struct cxl_root_decoder *cxlrd,
					  struct cxl_endpoint_decoder *cxled,
					  bool *fresh)
{
	struct range range = cxla_window_part(cxlrd, &cxled->cxld.hpa_range);
	unsigned long index = range.start;
	struct cxl_region *cxlr;
	int rc;

	lockdep_assert_held(&cxlrd->regions_lock);

	cxlr = mt_find(&cxlrd->regions, &index, range.end);
	*fresh = !cxlr;
	if (!cxlr)
		return cxla_region_construct(cxlrd, cxled);
	if (cxlr->life != CXLA_LIVE)
		return cxlr;
	if (cxlr->ways == 1 || cxlr->user_made ||
	    !cxla_region_fits(cxlr, cxled)) {
		dev_err(cxled_to_hw(cxled),
			"%s: [%#llx-%#llx] overlaps %s [%#llx-%#llx]\n",
			dev_name(&cxled->cxld.dev), range.start, range.end,
			dev_name(&cxlr->dev), (u64)cxlr->res.start,
			(u64)cxlr->res.end);
		cxled->reason = CXLA_REASON_OVERLAP;
		return ERR_PTR(-ENXIO);
	}
	rc = cxla_region_join(cxlr, cxled);
	return rc ? ERR_PTR(rc) : cxlr;
}

/**
 * cxla_region_add() - let userspace see a region, and others find it
 * @cxlr: region, of which others wait to find out what becomes of it; the caller has
 *	a reference of his own
 *
 * Context: sleeps; no lock of regions is held.
 * Return: 0; or an error, after which the region is gone.
 */
int cxla_region_add(struct cxl_region *cxlr)
{
	int rc = device_add(&cxlr->dev);

	scoped_guard(mutex, &cxlr->cxlrd->regions_lock) {
		if (rc) {
			cxlr->life = CXLA_DYING;
			cxla_region_dismantle(cxlr);
			complete_all(&cxlr->gone);
			put_device(&cxlr->dev);
		} else {
			WRITE_ONCE(cxlr->life, CXLA_LIVE);
			trace_cxla_region_add(cxlr);
		}
	}
	complete_all(&cxlr->built);
	return rc;
}

/*
 * The region of @cxled, referenced and added. One that somebody else adds is
 * waited for, and one that is dying as well: neither needs a lock that is held
 * here.
 */
static struct cxl_region *
cxla_region_find_or_make(struct cxl_root_decoder *cxlrd,
			 struct cxl_endpoint_decoder *cxled)
{
	for (;;) {
		struct cxl_region *cxlr;
		enum cxla_life life;
		bool fresh;
		int rc = 0;

		scoped_guard(mutex, &cxlrd->regions_lock) {
			cxlr = cxla_region_get(cxlrd, cxled, &fresh);
			if (IS_ERR(cxlr))
				return cxlr;
			get_device(&cxlr->dev);
			life = cxlr->life;
		}
		if (fresh)
			rc = cxla_region_add(cxlr);
		if (life == CXLA_LIVE || (fresh && !rc))
			return cxlr;
		if (!fresh)
			wait_for_completion(life == CXLA_DYING ? &cxlr->gone :
								 &cxlr->built);
		put_device(&cxlr->dev);
		if (rc)
			return ERR_PTR(rc);
	}
}

/**
 * cxla_region_bind() - offer a region, if it is whole
 * @cxlr: region; no lock of it is held
 *
 * Return: 0, also when it is in parts, uncommitted, or going; or an error.
 */
int cxla_region_bind(struct cxl_region *cxlr)
{
	int rc = cxla_device_bind(&cxlr->dev);

	switch (rc) {
	case -ENXIO:
	case -ENODEV:
	case -EBUSY:	/* somebody's hand was at it */
	case -EAGAIN:	/* a device link has a supplier without driver */
		return 0;
	default:
		return rc;
	}
}

/**
 * cxla_region_assemble() - from a committed decoder to its region
 * @cxled: endpoint decoder; the lock of its port is held
 *
 * Whether userspace may change the region follows from its members: it is not
 * found before the first is in.
 *
 * Return: 0; -ENXIO and @cxled->reason; or another error, after which
 * cxla_regions_detach() is due.
 */
int cxla_region_assemble(struct cxl_endpoint_decoder *cxled)
{
	struct cxl_root_decoder *cxlrd;
	struct cxl_region *cxlr;
	int rc = 0;

	device_lock_assert(cxled->cxld.dev.parent);

	if (cxled->cxld.flags & CXL_DECODER_F_BROKEN) {
		cxled->reason = CXLA_REASON_BAD_DECODER;
		return -ENXIO;
	}
	cxlrd = cxla_window_find(&cxled->cxld.hpa_range);
	if (!cxlrd) {
		cxla_window_report(cxled_to_hw(cxled),
				   dev_name(&cxled->cxld.dev),
				   &cxled->cxld.hpa_range);
		cxled->reason = CXLA_REASON_NO_WINDOW;
		return -ENXIO;
	}

	cxlr = cxla_region_find_or_make(cxlrd, cxled);
	if (IS_ERR(cxlr)) {
		rc = PTR_ERR(cxlr);
	} else {
		cxla_pause(CXLA_PAUSE_REGION_MADE);
		rc = cxla_region_bind(cxlr);
		cxla_pause(CXLA_PAUSE_REGION_ADDED);
		put_device(&cxlr->dev);
	}
	put_device(&cxlrd->cxld.dev);
	return rc;
}

/**
 * cxla_region_of() - the region that a decoder is a member of
 * @cxled: endpoint decoder
 *
 * Return: the region, referenced, or NULL.
 */
struct cxl_region *cxla_region_of(struct cxl_endpoint_decoder *cxled)
{
	struct cxl_region *cxlr;

	guard(rwsem_read)(&cxl_rwsem.region);
	cxlr = cxled->cxld.region;
	if (cxlr)
		get_device(&cxlr->dev);
	return cxlr;
}

/* the region that @cxled is a member of, referenced; or no orphan any more */
static struct cxl_region *cxla_region_leave(struct cxl_endpoint_decoder *cxled)
{
	struct cxl_root_decoder *cxlrd = READ_ONCE(cxled->cxlrd);
	struct cxl_region *cxlr;

	if (!cxlrd)
		return NULL;
	guard(mutex)(&cxlrd->regions_lock);
	cxlr = cxled->cxld.region;
	if (cxlr)
		get_device(&cxlr->dev);
	else
		list_del_init(&cxled->orphan);
	return cxlr;
}

/**
 * cxla_region_end() - end a region, or wait for who does
 * @cxlr: region
 *
 * Context: sleeps; no lock of regions is held.
 */
void cxla_region_end(struct cxl_region *cxlr)
{
	bool first;

	wait_for_completion(&cxlr->built);
	scoped_guard(mutex, &cxlr->cxlrd->regions_lock) {
		first = cxlr->life != CXLA_DYING;
		WRITE_ONCE(cxlr->life, CXLA_DYING);
	}
	if (first)
		cxla_region_unregister(cxlr);
	else
		wait_for_completion(&cxlr->gone);
}

/**
 * cxla_regions_detach() - an endpoint leaves all of its regions
 * @endpoint: port whose lock is held; revocation is over
 *
 * A region ends with the first member that leaves: who uses it would lose every
 * so many bytes of it. It is gone on return.
 */
void cxla_regions_detach(struct cxl_port *endpoint)
{
	device_lock_assert(&endpoint->dev);
	for (int i = 0; i < endpoint->nr_decoders; i++) {
		struct cxl_endpoint_decoder *cxled;
		struct cxl_region *cxlr;

		if (!endpoint->decoders[i])
			continue;
		cxled = to_cxl_endpoint_decoder(&endpoint->decoders[i]->dev);
		/* another member may make it anew, with this one, meanwhile */
		while ((cxlr = cxla_region_leave(cxled))) {
			cxla_region_end(cxlr);
			put_device(&cxlr->dev);
		}
	}
}

/**
 * cxla_region_locked() - is a region out of reach of userspace
 * @cxlr: region; cxl_rwsem.region or regions_lock held
 */
bool cxla_region_locked(struct cxl_region *cxlr)
{
	lockdep_assert(lockdep_is_held(&cxl_rwsem.region) ||
		       lockdep_is_held(&cxlr->cxlrd->regions_lock));
	return cxlr->hw_locked || cxlr->nr_attach;
}

/**
 * cxla_region_whole() - are all members there and committed
 * @cxlr: region; cxl_rwsem.region held
 */
bool cxla_region_whole(const struct cxl_region *cxlr)
{
	lockdep_assert_held(&cxl_rwsem.region);
	return cxlr->nr_targets == cxlr->ways && !cxlr->uncommitted;
}

/**
 * cxla_region_volatile() - is all memory of a region volatile
 * @cxlr: region; cxl_rwsem.region held
 */
bool cxla_region_volatile(const struct cxl_region *cxlr)
{
	lockdep_assert_held(&cxl_rwsem.region);

	for (int i = 0; i < cxlr->ways; i++)
		if (cxlr->targets[i] && !cxled_is_volatile(cxlr->targets[i]))
			return false;
	return true;
}
