// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: committing and uncommitting regions
 *
 * What firmware committed stays committed, whatever is unbound or unloaded. It
 * is userspace that may take it back, by writing 0 to commit of a region that
 * is not locked, and may commit it again, with the range, ways and targets that
 * firmware had given it. How one decoder is changed is in program.c.
 */
#include <linux/device.h>

#include "../pause/pause.h"
#include "region.h"
#include "user_region.h"

/* of one that userspace made and has not committed the addresses are kept */
static bool cxla_region_keeps(const struct cxl_region *cxlr)
{
	return cxlr->user_made && cxlr->uncommitted;
}

/*
 * The decoder of @port that is @cxlr's alone, or NULL: one above that maps more
 * than the region serves others, too.
 */
static struct cxl_decoder *cxla_own_decoder(struct cxl_region *cxlr,
					    struct cxl_endpoint_decoder *cxled,
					    struct cxl_port *port)
{
	if (port == cxld_to_port(&cxled->cxld))
		return &cxled->cxld;
	for (int i = 0; i < port->nr_decoders; i++) {
		struct cxl_decoder *cxld = port->decoders[i];

		if (!port->passthrough && cxld && cxla_region_is_at(cxlr, cxld))
			return cxld;
	}
	return NULL;
}

/* @fn for each decoder of a region on one level, until it fails */
static int cxla_each_on_level(struct cxl_region *cxlr, int depth,
			      int (*fn)(struct cxl_decoder *cxld))
{
	for (int i = 0; i < cxlr->ways; i++) {
		struct cxl_endpoint_decoder *cxled = cxlr->targets[i];
		struct cxl_decoder *cxld;
		struct cxl_port *port;
		int rc;

		if (!cxled)
			continue;
		port = cxld_to_port(&cxled->cxld);
		while (port->depth > depth)
			port = port->parent;
		if (port->depth < depth)
			continue;
		cxld = cxla_own_decoder(cxlr, cxled, port);
		rc = cxld ? fn(cxld) : 0;
		if (rc)
			return rc;
	}
	return 0;
}

/* the same on all levels, children before parents or the other way around */
static int cxla_each_child_first(struct cxl_region *cxlr,
				 int (*fn)(struct cxl_decoder *cxld))
{
	int rc = 0;

	for (int depth = CXLA_MAX_DEPTH - 1; !rc && depth > 0; depth--)
		rc = cxla_each_on_level(cxlr, depth, fn);
	return rc;
}

static int cxla_each_parent_first(struct cxl_region *cxlr,
				  int (*fn)(struct cxl_decoder *cxld))
{
	int rc = 0;

	for (int depth = 1; !rc && depth < CXLA_MAX_DEPTH; depth++)
		rc = cxla_each_on_level(cxlr, depth, fn);
	return rc;
}

static int cxla_each_member(struct cxl_region *cxlr,
			    int (*fn)(struct cxl_decoder *cxld))
{
	int rc = 0;

	for (int i = 0; !rc && i < cxlr->ways; i++)
		if (cxlr->targets[i])
			rc = fn(&cxlr->targets[i]->cxld);
	return rc;
}

static int cxla_check_reset(struct cxl_decoder *cxld)
{
	int rc;

	if (cxld->flags & CXL_DECODER_F_LOCK)
		return -EBUSY;
	rc = cxla_decoder_in_turn(cxld, false);
	/* what does not answer does not decode */
	return rc == -ENXIO ? 0 : rc;
}

static int cxla_do_reset(struct cxl_decoder *cxld)
{
	int rc = 0;

	if (cxld->flags & CXL_DECODER_F_ENABLE)
		rc = cxla_decoder_reset(cxld);
	/* what does not answer does not decode */
	if (rc == -ENXIO) {
		cxld->flags &= ~CXL_DECODER_F_ENABLE;
		cxld->regs.ctrl &= ~CXL_HDM_CTRL_COMMITTED;
	} else if (rc) {
		return rc;
	}
	cxld->kept = true;
	return 0;
}

static int cxla_do_commit(struct cxl_decoder *cxld)
{
	int rc = cxla_decoder_commit(cxld);

	if (!rc)
		cxld->kept = false;
	return rc;
}

static int cxla_do_give_up(struct cxl_decoder *cxld)
{
	cxld->kept = false;
	return 0;
}

/**
 * cxla_region_give_up() - a region that was found will not be committed again
 * @cxlr: region; its members, and the ports above them, are still there
 *
 * Context: cxl_rwsem.region is held for writing.
 */
void cxla_region_give_up(struct cxl_region *cxlr)
{
	lockdep_assert_held_write(&cxl_rwsem.region);
	cxla_each_child_first(cxlr, cxla_do_give_up);
}

/* a member that was read again may decode another range by now */
static bool cxla_region_fits_members(const struct cxl_region *cxlr)
{
	for (int i = 0; i < cxlr->ways; i++)
		if (!cxlr->targets[i] ||
		    !cxla_region_is_at(cxlr, &cxlr->targets[i]->cxld))
			return false;
	return true;
}

/* does hardware decode it, on all of the way to each member */
static int cxla_region_read_back(struct cxl_region *cxlr)
{
	int rc = 0;

	for (int i = 0; !rc && i < cxlr->ways; i++)
		if (cxlr->targets[i])
			rc = cxla_route_read_back(cxlr->targets[i]);
	return rc;
}

static void cxla_region_note(struct cxl_region *cxlr, bool committed)
{
	for (int i = 0; i < cxlr->ways; i++)
		if (cxlr->targets[i])
			cxla_route_note(cxlr->targets[i],
					committed ? NULL : cxlr,
					committed ? cxlr : NULL);
}

static int cxla_region_do_reset(struct cxl_region *cxlr)
{
	int rc;

	lockdep_assert_held_write(&cxl_rwsem.region);
	rc = cxla_cache_invalidate(cxlr->res.start, resource_size(&cxlr->res));
	if (rc)
		return rc;

	cxla_region_note(cxlr, false);
	rc = cxlr->user_made ? cxla_user_region_reset(cxlr) :
			       cxla_each_child_first(cxlr, cxla_do_reset);
	if (rc) {
		dev_err(&cxlr->dev, "decoders can't be reset: %d\n", rc);
		if (cxla_each_parent_first(cxlr, cxla_do_commit))
			dev_err(&cxlr->dev, "and not be committed again\n");
		cxla_region_note(cxlr, true);
		return rc;
	}
	cxlr->uncommitted = true;
	return 0;
}

/* write what hardware does not decode, as it once did */
static int cxla_region_restore(struct cxl_region *cxlr)
{
	int rc;

	rc = cxla_cache_invalidate(cxlr->res.start, resource_size(&cxlr->res));
	if (!rc)
		rc = cxla_each_parent_first(cxlr, cxla_do_commit);
	if (!rc)
		rc = cxla_region_read_back(cxlr);
	if (rc && cxlr->uncommitted)
		cxla_each_child_first(cxlr, cxla_do_reset);
	return rc;
}

/* of a region that nobody uses */
static int cxla_region_do_commit(struct cxl_region *cxlr)
{
	int rc;

	lockdep_assert_held_write(&cxl_rwsem.region);
	rc = cxla_region_keeps(cxlr) ? cxla_user_region_commit(cxlr) :
				       cxla_region_restore(cxlr);
	if (rc)
		return rc;
	cxlr->uncommitted = false;
	cxla_region_note(cxlr, true);
	return 0;
}

/**
 * cxla_region_check_change() - is there anything against changing a region
 * @cxlr: region; its regions_lock held
 *
 * Return: 0; -ENXIO: it is going; -EBUSY: it is locked, System RAM, or not
 * complete yet.
 */
int cxla_region_check_change(struct cxl_region *cxlr)
{
	const struct range range = cxla_region_range(cxlr);

	lockdep_assert_held(&cxlr->cxlrd->regions_lock);

	if (cxlr->life == CXLA_DYING)
		return -ENXIO;
	if (cxlr->life == CXLA_BUILDING || cxla_region_locked(cxlr))
		return -EBUSY;
	return cxla_region_placed(cxlr) &&
	       cxla_range_in_iomem(&range, IORESOURCE_SYSTEM_RAM) ? -EBUSY : 0;
}

/**
 * cxla_region_claim() - a range is a region's, and nobody else's
 * @cxlr: region, which claims nothing; its lock is held, or it is dying
 * @range: HPA, inclusive
 * @why: for the ledger
 *
 * Return: as cxla_claim().
 */
int cxla_region_claim(struct cxl_region *cxlr, const struct range *range,
		      enum cxla_ledger_why why)
{
	struct cxla_verdict verdict = {
		.owner = CXLA_OWNER_REGION,
		.state = CXLA_LEDGER_OWNED,
		.why = why,
	};

	strscpy(verdict.who, dev_name(&cxlr->dev));
	return cxla_claim(&cxlr->claim, range, &verdict, NULL);
}

/**
 * cxla_region_change_begin() - nobody owns any of a region from here on
 * @cxlr: region, its lock held: it is neither bound nor unbound meanwhile
 *
 * Device-dax lets go of what it was offered. Who has some of the range besides
 * is not asked to.
 *
 * Return: 0; -ENXIO, -EBUSY, -ENOMEM, after which all is as before.
 */
int cxla_region_change_begin(struct cxl_region *cxlr)
{
	const struct range range = cxla_region_range(cxlr);
	int rc;

	device_lock_assert(&cxlr->dev);
	scoped_guard(mutex, &cxlr->cxlrd->regions_lock)
		rc = cxla_region_check_change(cxlr);
	if (rc)
		return rc;
	cxla_pause(CXLA_PAUSE_COMMIT_CHANGING);
	cxla_region_withdraw(cxlr);
	cxla_pause(CXLA_PAUSE_COMMIT_UNBOUND);
	if (cxla_region_keeps(cxlr))
		return 0;
	rc = cxla_region_claim(cxlr, &range, CXLA_WHY_CHANGING);
	if (rc)
		cxla_region_change_end(cxlr, true);
	return rc;
}

/**
 * cxla_region_change_end() - a change of a region is over
 * @cxlr: region, its lock held
 * @offer: who had the region has it again
 */
void cxla_region_change_end(struct cxl_region *cxlr, bool offer)
{
	device_lock_assert(&cxlr->dev);
	if (cxla_region_keeps(cxlr))
		cxla_claim_mark(&cxlr->claim, CXLA_LEDGER_OWNED,
				CXLA_WHY_CONFIGURED);
	else
		cxla_unclaim(&cxlr->claim);
	/* that of one that goes is released after this lock is */
	if (offer && cxlr->dev.driver && cxla_region_offer(cxlr) == -ENOMEM)
		dev_warn(&cxlr->dev, "no memory to offer it to device-dax again\n");
}

/*
 * Change what decoders of a region say, which nobody uses meanwhile; its lock is
 * held. @check: 1: they have to be changed; 0: it is so already; or an error. It is
 * asked first, since what is refused takes the region from nobody, and again when
 * nobody has it. @offer: who may use the region gets it afterwards.
 */
static int cxla_region_change(struct cxl_region *cxlr,
			      int (*check)(struct cxl_region *cxlr),
			      int (*change)(struct cxl_region *cxlr), bool offer)
{
	int rc;

	scoped_guard(mutex, &cxlr->cxlrd->regions_lock) {
		guard(rwsem_write)(&cxl_rwsem.region);
		rc = check(cxlr);
	}
	if (rc <= 0)
		return rc;
	rc = cxla_region_change_begin(cxlr);
	if (rc)
		return rc;
	scoped_guard(mutex, &cxlr->cxlrd->regions_lock) {
		guard(rwsem_write)(&cxl_rwsem.region);
		rc = check(cxlr);
		if (rc == 1)
			rc = change(cxlr);
	}
	cxla_pause(CXLA_PAUSE_COMMIT_CHANGED);
	cxla_region_change_end(cxlr, offer || rc);
	return rc;
}

static int cxla_region_check_reset(struct cxl_region *cxlr)
{
	int rc;

	if (cxlr->uncommitted)
		return 0;
	rc = cxla_region_check_change(cxlr);
	if (!rc && !cxla_cache_can_invalidate())
		rc = -EOPNOTSUPP;
	/* above its devices others may be behind what userspace made */
	if (!rc && cxlr->user_made)
		rc = cxla_each_member(cxlr, cxla_check_reset);
	else if (!rc)
		rc = cxla_each_child_first(cxlr, cxla_check_reset);
	return rc ?: 1;
}

/* one that lacks a member says 0 already: what it decodes is for that one, too */
static int cxla_region_check_uncommit(struct cxl_region *cxlr)
{
	return !cxlr->user_made && cxlr->nr_targets != cxlr->ways ?
	       0 : cxla_region_check_reset(cxlr);
}

static int cxla_region_take_back(struct cxl_region *cxlr,
				 int (*check)(struct cxl_region *cxlr))
{
	int rc;

	lockdep_assert_held(&cxlr->writer);
	scoped_guard(device, &cxlr->dev)
		rc = cxla_region_change(cxlr, check, cxla_region_do_reset,
					false);
	/* a driver says that a region is of use */
	if (!rc && READ_ONCE(cxlr->uncommitted))
		device_release_driver(&cxlr->dev);
	return rc;
}

/**
 * cxla_region_uncommit() - 0 written to commit
 * @cxlr: region
 *
 * Its decoders are reset, children before parents, after the CPU's caches have
 * let go of the range. The region stays, with its members, and can be
 * committed again.
 *
 * Members keep the ports that their decoders are in: they leave the region,
 * under regions_lock, before those are torn down.
 *
 * Context: sysfs; sleeps; no lock held.
 * Return: 0, also if one that firmware made lacks a member, and then nothing is
 * changed; -EBUSY: locked, somebody has some of it, or decoders behind it are
 * committed; -EOPNOTSUPP: the platform can't invalidate caches; -ENXIO: going
 * away; -EIO, -ETIMEDOUT: hardware did not comply; -ENOMEM. After an error all
 * is as before.
 */
int cxla_region_uncommit(struct cxl_region *cxlr)
{
	guard(mutex)(&cxlr->writer);
	return cxla_region_take_back(cxlr, cxla_region_check_uncommit);
}

static int cxla_region_check_commit(struct cxl_region *cxlr)
{
	int rc;

	lockdep_assert_held_write(&cxl_rwsem.region);
	if (cxlr->life == CXLA_DYING)
		return -ENXIO;
	if (cxlr->life == CXLA_BUILDING)
		return -EBUSY;
	if (cxla_region_keeps(cxlr))
		return cxla_user_region_check(cxlr) ?: 1;
	if (!cxla_region_fits_members(cxlr))
		return -ENXIO;
	if (cxlr->uncommitted)
		return 1;
	/* a reset that nobody saw may have taken it */
	rc = cxla_region_read_back(cxlr);
	return rc == -EIO ? 1 : rc;
}

/**
 * cxla_region_commit() - 1 written to commit
 * @cxlr: region
 *
 * Context: sysfs; sleeps; no lock held.
 *
 * What hardware decodes already is not written, and 0 says that it was asked,
 * on all of the way to each member.
 *
 * Return: 0, also when it was committed already; -ENXIO: members are missing or
 * map something else by now, a component does not answer, or it is going away;
 * -EBUSY: it is not complete yet, decoders in front of its own are idle, or
 * hardware has them locked and committed for something else, or a reset took a
 * range that is locked or System RAM;
 * -EOPNOTSUPP: a reset took it, and the platform can't invalidate caches; -EIO,
 * -ETIMEDOUT: hardware refused; -ENOMEM: its driver could not be bound. Of one to
 * which 0 was written before all is then as before.
 */
int cxla_region_commit(struct cxl_region *cxlr)
{
	bool was_uncommitted;
	int rc;

	guard(mutex)(&cxlr->writer);
	scoped_guard(device, &cxlr->dev) {
		was_uncommitted = cxlr->uncommitted;
		/* offered again also where its driver was bound all the time */
		rc = cxla_region_change(cxlr, cxla_region_check_commit,
					cxla_region_do_commit, true);
	}
	/* who makes a region binds its driver, too */
	if (!rc && !cxlr->user_made)
		rc = cxla_region_bind(cxlr);
	/* committed, and with its driver, or neither */
	if (rc && was_uncommitted && !cxlr->uncommitted)
		cxla_region_take_back(cxlr, cxla_region_check_reset);
	return rc;
}
