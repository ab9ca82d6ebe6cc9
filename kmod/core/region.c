// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: regions from committed decoders
 *
 * A region is a range that firmware mapped, end to end: a window contains it,
 * each port on the way routes it towards the device, and the device's own
 * decoder is committed for it. Regions are assembled when an endpoint comes up
 * and are there as long as it is; the hardware stays as firmware left it.
 *
 * A region is unregistered once: who finds it not dying, under regions_lock,
 * does it; others wait. The driver core is called with that lock dropped.
 */
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/memregion.h>
#include <linux/slab.h>

#include "core.h"
#include "pause.h"
#include "trace.h"

static struct lock_class_key cxla_region_key;
static atomic_t cxla_nr_regions = ATOMIC_INIT(0);

/* is any region there, that is to say, any memory that a sleep would lose */
bool cxla_regions_active(void)
{
	return atomic_read(&cxla_nr_regions);
}

static void cxla_region_release(struct device *dev)
{
	struct cxl_region *cxlr = to_cxl_region(dev);

	memregion_free(cxlr->id);
	put_device(&cxlr->cxlrd->cxld.dev);
	kfree(cxlr);
}

const struct device_type cxla_region_type = {
	.name = "cxl_region",
	.release = cxla_region_release,
	.groups = cxla_region_groups,
};

/* ----------------------------- lifetime ---------------------------- */

static struct cxl_region *cxla_region_alloc(struct cxl_root_decoder *cxlrd,
					    const struct cxl_decoder *cxld)
{
	struct cxl_region *cxlr;
	struct device *dev;
	int id;

	cxlr = kzalloc(sizeof(*cxlr), GFP_KERNEL);
	if (!cxlr)
		return ERR_PTR(-ENOMEM);
	id = memregion_alloc(GFP_KERNEL);
	if (id < 0) {
		kfree(cxlr);
		return ERR_PTR(id);
	}

	cxlr->id = id;
	cxlr->cxlrd = cxlrd;
	get_device(&cxlrd->cxld.dev);
	cxlr->ways = cxld->ways;
	cxlr->granularity = cxld->granularity;
	init_completion(&cxlr->gone);

	dev = &cxlr->dev;
	device_initialize(dev);
	lockdep_set_class(&dev->mutex, &cxla_region_key);
	device_set_pm_not_required(dev);
	dev->parent = &cxlrd->cxld.dev;
	dev->bus = &cxla_bus_type;
	dev->type = &cxla_region_type;
	if (dev_set_name(dev, "region%d", id)) {
		put_device(dev);
		return ERR_PTR(-ENOMEM);
	}

	cxlr->res.start = cxld->hpa_range.start;
	cxlr->res.end = cxld->hpa_range.end;
	cxlr->res.flags = IORESOURCE_MEM;
	cxlr->res.name = dev_name(dev);
	return cxlr;
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

	cxled->reason = cxla_route_check(cxled, cxlr->cxlrd, &hw_lock);
	if (cxled->reason)
		return -ENXIO;
	pos = cxlr->ways > 1 ? cxla_route_position(cxled, cxlr->cxlrd) : 0;
	if (pos < 0 || cxlr->targets[pos]) {
		dev_err(cxled_to_hw(cxled), "%s: position %d of %s is taken\n",
			dev_name(&cxled->cxld.dev), pos, dev_name(&cxlr->dev));
		cxled->reason = CXLA_REASON_ROUTE_MISMATCH;
		return -ENXIO;
	}

	get_device(&cxled->cxld.dev);
	cxlr->targets[pos] = cxled;
	cxlr->nr_targets++;
	cxled->pos = pos;
	cxled->cxld.region = cxlr;
	cxla_route_note(cxled, NULL, cxlr);
	if (hw_lock)
		set_bit(CXL_REGION_F_HW_LOCK, &cxlr->flags);
	if (cxled_to_memdev(cxled)->attach)
		cxlr->nr_attach++;
	return 0;
}

/* the reverse; the ports above are still there */
static void cxla_region_leave(struct cxl_region *cxlr,
			      struct cxl_endpoint_decoder *cxled)
{
	lockdep_assert_held(&cxlr->cxlrd->regions_lock);
	guard(rwsem_write)(&cxl_rwsem.region);

	cxla_route_note(cxled, cxlr, NULL);
	cxlr->targets[cxled->pos] = NULL;
	cxlr->nr_targets--;
	cxled->cxld.region = NULL;
	if (cxled_to_memdev(cxled)->attach)
		cxlr->nr_attach--;
	/* members that share a part of the way keep it */
	for (int i = 0; i < cxlr->ways; i++)
		if (cxlr->targets[i])
			cxla_route_note(cxlr->targets[i], NULL, cxlr);
	put_device(&cxled->cxld.dev);
}

static bool cxla_region_mark_dying(struct cxl_region *cxlr)
{
	lockdep_assert_held(&cxlr->cxlrd->regions_lock);
	return !test_and_set_bit(CXL_REGION_F_DYING, &cxlr->flags);
}

/* for the ledger; of what is claimed by somebody it says nothing */
static int cxla_region_tell(struct cxl_region *cxlr, enum cxla_ledger_why why)
{
	struct cxla_verdict verdict = { .why = why };
	const struct range range = { cxlr->res.start, cxlr->res.end };

	strscpy(verdict.who, dev_name(&cxlr->dev));
	return cxla_ledger_note(&range, &verdict);
}

/* nobody finds the region any more, and it has no members */
static void cxla_region_dismantle(struct cxl_region *cxlr)
{
	struct cxl_root_decoder *cxlrd = cxlr->cxlrd;

	/* needs no memory: it was noted when it was made */
	cxla_region_tell(cxlr, CXLA_WHY_REGION_GONE);

	scoped_guard(mutex, &cxlrd->regions_lock) {
		mtree_erase(&cxlrd->regions, cxlr->res.start);
		atomic_dec(&cxla_nr_regions);
		if (cxlr->res_inserted)
			remove_resource(&cxlr->res);
		for (int i = 0; i < cxlr->ways; i++)
			if (cxlr->targets[i])
				cxla_region_leave(cxlr, cxlr->targets[i]);
	}
	complete_all(&cxlr->gone);
	put_device(&cxlr->dev);
}

/* who marked the region dying does this, with no lock of ours held */
static void cxla_region_unregister(struct cxl_region *cxlr)
{
	cxla_pause(CXLA_PAUSE_REGION_DYING);
	trace_cxla_region_del(cxlr);
	device_del(&cxlr->dev);
	cxla_pause(CXLA_PAUSE_REGION_DELETED);
	cxla_region_dismantle(cxlr);
}

static int cxla_region_insert(struct cxl_region *cxlr)
{
	struct cxl_root_decoder *cxlrd = cxlr->cxlrd;
	int rc;

	rc = cxla_region_tell(cxlr, CXLA_WHY_REGION_IDLE);
	if (rc)
		return rc;
	rc = mtree_insert_range(&cxlrd->regions, cxlr->res.start,
				cxlr->res.end, cxlr, GFP_KERNEL);
	if (rc)
		return rc;

	/*
	 * Firmware may have described the range in pieces that are not the
	 * region's. That costs the region its name in /proc/iomem and nothing
	 * else: whether any of it is System RAM is asked at the attach.
	 */
	rc = insert_resource(&cxlrd->res, &cxlr->res);
	if (rc)
		dev_warn(&cxlr->dev, "no place for %pr in the iomem tree\n",
			 &cxlr->res);
	cxlr->res_inserted = !rc;
	atomic_inc(&cxla_nr_regions);
	return 0;
}

/* a region with one member; regions_lock held, userspace sees nothing yet */
static struct cxl_region *
cxla_region_construct(struct cxl_root_decoder *cxlrd,
		      struct cxl_endpoint_decoder *cxled)
{
	struct cxl_region *cxlr;
	int rc;

	lockdep_assert_held(&cxlrd->regions_lock);

	cxlr = cxla_region_alloc(cxlrd, &cxled->cxld);
	if (IS_ERR(cxlr))
		return cxlr;
	rc = cxla_region_join(cxlr, cxled);
	if (rc) {
		put_device(&cxlr->dev);
		return ERR_PTR(rc);
	}
	rc = cxla_region_insert(cxlr);
	if (rc) {
		cxla_region_leave(cxlr, cxled);
		put_device(&cxlr->dev);
		return ERR_PTR(rc);
	}
	return cxlr;
}

/*
 * Find the region that @cxled belongs to, or construct it. *@fresh says that
 * it is new and has to be added. One that is dying is returned as it is.
 */
static struct cxl_region *cxla_region_get(struct cxl_root_decoder *cxlrd,
					  struct cxl_endpoint_decoder *cxled,
					  bool *fresh)
{
	const struct range *range = &cxled->cxld.hpa_range;
	unsigned long index = range->start;
	struct cxl_region *cxlr;
	int rc;

	lockdep_assert_held(&cxlrd->regions_lock);

	cxlr = mt_find(&cxlrd->regions, &index, range->end);
	if (!cxlr) {
		*fresh = true;
		return cxla_region_construct(cxlrd, cxled);
	}

	*fresh = false;
	if (test_bit(CXL_REGION_F_DYING, &cxlr->flags))
		return cxlr;
	if (cxlr->ways == 1 ||
	    cxlr->ways != cxled->cxld.ways ||
	    cxlr->granularity != cxled->cxld.granularity ||
	    cxlr->res.start != range->start || cxlr->res.end != range->end) {
		dev_err(cxled_to_hw(cxled),
			"%s: [%#llx-%#llx] overlaps %s [%#llx-%#llx]\n",
			dev_name(&cxled->cxld.dev), range->start, range->end,
			dev_name(&cxlr->dev), (u64)cxlr->res.start,
			(u64)cxlr->res.end);
		cxled->reason = CXLA_REASON_OVERLAP;
		return ERR_PTR(-ENXIO);
	}
	rc = cxla_region_join(cxlr, cxled);
	return rc ? ERR_PTR(rc) : cxlr;
}

/*
 * The region of @cxled, referenced. One that is dying is as good as gone, and
 * waited for: who unregisters it needs no lock that is held here.
 */
static struct cxl_region *
cxla_region_find_or_make(struct cxl_root_decoder *cxlrd,
			 struct cxl_endpoint_decoder *cxled, bool *fresh)
{
	for (;;) {
		struct cxl_region *cxlr;
		bool dying;

		scoped_guard(mutex, &cxlrd->regions_lock) {
			cxlr = cxla_region_get(cxlrd, cxled, fresh);
			if (IS_ERR(cxlr))
				return cxlr;
			get_device(&cxlr->dev);
			dying = test_bit(CXL_REGION_F_DYING, &cxlr->flags);
		}
		if (!dying)
			return cxlr;
		wait_for_completion(&cxlr->gone);
		put_device(&cxlr->dev);
	}
}

/*
 * Let userspace see a region. Until it does nobody else can end it:
 * delete_region takes it for not there, and it keeps a member, ours, as long as
 * the lock of that endpoint is held.
 */
static int cxla_region_add(struct cxl_region *cxlr)
{
	int rc;

	cxla_pause(CXLA_PAUSE_REGION_MADE);
	rc = cxla_device_add(&cxlr->dev, &cxlr->flags, CXL_REGION_F_PROBED);
	if (!rc && cxlr->error) {
		rc = cxlr->error;
		device_del(&cxlr->dev);
	}
	scoped_guard(mutex, &cxlr->cxlrd->regions_lock) {
		if (rc) {
			set_bit(CXL_REGION_F_DYING, &cxlr->flags);
		} else {
			set_bit(CXL_REGION_F_ADDED, &cxlr->flags);
			trace_cxla_region_add(cxlr);
		}
	}
	if (rc)
		cxla_region_dismantle(cxlr);
	else
		cxla_pause(CXLA_PAUSE_REGION_ADDED);
	return rc;
}

/**
 * cxla_region_reprobe() - ask the driver of a region again
 * @cxlr: region, added; no lock of it is held
 *
 * Return: 0, also when the driver declined; -ENOMEM: it had no memory.
 */
int cxla_region_reprobe(struct cxl_region *cxlr)
{
	int rc = cxla_device_reprobe(&cxlr->dev);

	return rc ?: READ_ONCE(cxlr->error);
}

/**
 * cxla_region_assemble() - from a committed decoder to its region
 * @cxled: endpoint decoder; the lock of its port is held
 *
 * The lock flag follows from the members, who are there before the device is
 * added.
 *
 * Return: 0; -ENXIO and @cxled->reason; or another error.
 */
int cxla_region_assemble(struct cxl_endpoint_decoder *cxled)
{
	struct cxl_root_decoder *cxlrd;
	struct cxl_region *cxlr;
	bool fresh;
	int rc = 0;

	device_lock_assert(cxled->cxld.dev.parent);

	if (cxled->cxld.flags & CXL_DECODER_F_BROKEN) {
		cxled->reason = CXLA_REASON_BAD_DECODER;
		return -ENXIO;
	}
	cxlrd = cxla_window_find(&cxled->cxld.hpa_range);
	if (!cxlrd) {
		dev_err(cxled_to_hw(cxled),
			"%s: [%#llx-%#llx] is in no window\n",
			dev_name(&cxled->cxld.dev), cxled->cxld.hpa_range.start,
			cxled->cxld.hpa_range.end);
		cxled->reason = CXLA_REASON_NO_WINDOW;
		return -ENXIO;
	}

	cxlr = cxla_region_find_or_make(cxlrd, cxled, &fresh);
	if (IS_ERR(cxlr)) {
		rc = PTR_ERR(cxlr);
	} else {
		if (fresh)
			rc = cxla_region_add(cxlr);
		else
			/* the driver had refused it as long as it was in parts */
			rc = cxla_region_reprobe(cxlr);
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

/**
 * cxla_regions_detach() - an endpoint leaves all of its regions
 * @endpoint: port whose lock is held; revocation is over
 *
 * Regions of which it was the last member are gone on return.
 */
void cxla_regions_detach(struct cxl_port *endpoint)
{
	device_lock_assert(&endpoint->dev);
	for (int i = 0; i < endpoint->nr_decoders; i++) {
		struct cxl_endpoint_decoder *cxled;
		struct cxl_root_decoder *cxlrd;
		struct cxl_region *cxlr;
		bool last = false;

		if (!endpoint->decoders[i])
			continue;
		cxled = to_cxl_endpoint_decoder(&endpoint->decoders[i]->dev);

		cxlr = cxla_region_of(cxled);
		if (!cxlr)
			continue;

		cxlrd = cxlr->cxlrd;
		scoped_guard(mutex, &cxlrd->regions_lock) {
			if (test_bit(CXL_REGION_F_DYING, &cxlr->flags) ||
			    cxled->cxld.region != cxlr)
				;
			else if (cxlr->nr_targets == 1)
				last = cxla_region_mark_dying(cxlr);
			else
				cxla_region_leave(cxlr, cxled);
		}
		if (last)
			cxla_region_unregister(cxlr);
		else if (test_bit(CXL_REGION_F_DYING, &cxlr->flags))
			wait_for_completion(&cxlr->gone);
		put_device(&cxlr->dev);
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
	return test_bit(CXL_REGION_F_HW_LOCK, &cxlr->flags) || cxlr->nr_attach;
}

/**
 * cxla_region_whole() - are all members there and committed
 * @cxlr: region; cxl_rwsem.region held
 */
bool cxla_region_whole(const struct cxl_region *cxlr)
{
	lockdep_assert_held(&cxl_rwsem.region);
	return cxlr->nr_targets == cxlr->ways &&
	       !test_bit(CXL_REGION_F_RESET, &cxlr->flags);
}

/* is any of it online as System RAM */
bool cxla_region_is_ram(struct cxl_region *cxlr)
{
	return cxla_range_in_iomem(&(struct range) { cxlr->res.start,
						     cxlr->res.end },
				   IORESOURCE_SYSTEM_RAM);
}

/**
 * cxla_region_delete() - delete_region of a root decoder
 * @cxlrd: root decoder
 * @name: name of a region of it, as userspace wrote it
 *
 * Context: sysfs; takes no lock that is held while the attribute is removed.
 * Return: 0; -ENODEV no such region; -EBUSY it is locked, or going already.
 */
int cxla_region_delete(struct cxl_root_decoder *cxlrd, const char *name)
{
	struct cxl_region *cxlr, *found = NULL;
	unsigned long index = 0;
	int rc = -ENODEV;

	scoped_guard(mutex, &cxlrd->regions_lock) {
		mt_for_each(&cxlrd->regions, cxlr, index, ULONG_MAX) {
			if (!sysfs_streq(name, dev_name(&cxlr->dev)))
				continue;
			if (!test_bit(CXL_REGION_F_ADDED, &cxlr->flags))
				break;
			scoped_guard(rwsem_read, &cxl_rwsem.region)
				rc = cxla_region_locked(cxlr) ? -EBUSY : 0;
			if (cxla_region_is_ram(cxlr))
				rc = -EBUSY;
			if (!rc && !cxla_region_mark_dying(cxlr))
				rc = -EBUSY;
			if (!rc)
				found = cxlr;
			break;
		}
	}
	if (found)
		cxla_region_unregister(found);
	return rc;
}
