// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: claimed ranges
 *
 * A range that was handed to a driver is that driver's until its binding has
 * let go of the memdev, which may be long after the range was revoked: a driver
 * that knows nothing of revocation touches it until it is unbound. Until then
 * nobody else gets it, not even by other decoders, another root, or another
 * device: it is quarantined.
 */
#include <linux/device.h>
#include <linux/maple_tree.h>

#include "core.h"

/* HPA -> struct cxl_memdev that has it; own lock */
static struct maple_tree cxla_claims =
	MTREE_INIT(cxla_claims, MT_FLAGS_ALLOC_RANGE);

/**
 * cxla_claim() - a range becomes that of an attach
 * @cxlmd: memdev being attached; @cxlmd->claim is written
 * @range: HPA, inclusive
 *
 * Context: sleeps; the lock of the accelerator is held.
 * Return: 0; -EBUSY: some of it is somebody's still; -ENOMEM.
 */
int cxla_claim(struct cxl_memdev *cxlmd, const struct range *range)
{
	int rc;

	rc = mtree_insert_range(&cxla_claims, range->start, range->end, cxlmd,
				GFP_KERNEL);
	if (rc == -EEXIST)
		return -EBUSY;
	if (rc)
		return rc;
	cxlmd->claim = *range;
	cxlmd->claimed = true;
	return 0;
}

/**
 * cxla_unclaim() - the binding has let go of its range
 * @cxlmd: memdev; one without a claim is fine
 */
void cxla_unclaim(struct cxl_memdev *cxlmd)
{
	if (!cxlmd->claimed)
		return;
	mtree_erase(&cxla_claims, cxlmd->claim.start);
	cxlmd->claimed = false;
	/* somebody may have been kept waiting by it */
	cxla_retry_kick(CXLA_RETRY_UNCLAIMED);
}
