// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: an attach to the region that firmware committed
 *
 * What a driver is given is the range of the first mapped decoder of its device,
 * if the region is that device's alone and nobody else has it.
 */
#include <linux/device.h>

#include "../pause/pause.h"
#include "record.h"
#include "region.h"

/* the first endpoint decoder that firmware mapped, committed by definition */
static struct cxl_endpoint_decoder *cxla_first_mapped(struct cxl_port *endpoint)
{
	struct cxl_endpoint_decoder *first = NULL;

	for (int i = 0; i < endpoint->nr_decoders; i++) {
		struct cxl_endpoint_decoder *cxled;

		if (!(endpoint->decoders[i]->flags & CXL_DECODER_F_ENABLE))
			continue;
		cxled = to_cxl_endpoint_decoder(&endpoint->decoders[i]->dev);
		if (cxled->cxld.region)
			return cxled;
		if (!first)
			first = cxled;
	}
	return first;
}

static enum cxla_reason cxla_attach_check(struct cxl_endpoint_decoder *cxled,
					  struct cxl_region *cxlr)
{
	lockdep_assert_held(&cxlr->cxlrd->regions_lock);

	if (cxlr->life == CXLA_DYING || cxled->cxld.region != cxlr)
		return CXLA_REASON_REVOKED;
	return cxlr->ways > 1 ? CXLA_REASON_INTERLEAVED : CXLA_REASON_NONE;
}

/* the range becomes that of the attach, unless somebody has it */
static int cxla_attach_claim(struct cxl_memdev *cxlmd,
			     const struct range *range,
			     enum cxla_reason *reason)
{
	struct cxla_verdict holder, verdict = {
		.owner = CXLA_OWNER_ACCEL,
		.state = CXLA_LEDGER_OWNED,
		.why = CXLA_WHY_ATTACHED,
	};
	int rc;

	strscpy(verdict.who, dev_name(cxlmd->dev.parent));
	rc = cxla_claim(&cxlmd->claim, range, &verdict, &holder);
	if (rc != -EBUSY)
		return rc;
	if (cxla_range_in_iomem(range, IORESOURCE_SYSTEM_RAM))
		*reason = CXLA_REASON_SYSTEM_RAM;
	else if (holder.owner == CXLA_OWNER_ACCEL)
		*reason = CXLA_REASON_QUARANTINED;
	else
		*reason = CXLA_REASON_CLAIMED;
	return 0;
}

int cxl_memdev_attach_region(struct cxl_memdev *cxlmd)
{
	struct cxl_attach_region *attach =
		container_of(cxlmd->attach, struct cxl_attach_region, attach);
	struct cxl_port *endpoint = cxlmd->endpoint;
	struct cxl_endpoint_decoder *cxled;
	struct cxl_region *cxlr;
	struct range range;
	int rc = 0;

	cxla_record_phase(cxlmd, CXLA_PHASE_ATTACH);
	cxlmd->attach_region = attach;
	attach->region = (struct range) { .start = 0, .end = -1 };
	attach->reason = CXLA_REASON_NONE;

	/* the lock keeps its decoders, and so its regions, as they are */
	guard(device)(&endpoint->dev);
	if (!endpoint->up) {
		attach->reason = CXLA_REASON_PORT_DISABLED;
		return cxla_refuse(cxlmd, attach->reason);
	}

	cxled = cxla_first_mapped(endpoint);
	if (!cxled) {
		attach->reason = cxlmd->reason ?: CXLA_REASON_NOT_COMMITTED;
		return cxla_refuse(cxlmd, attach->reason);
	}
	cxlr = cxla_region_of(cxled);
	if (!cxlr) {
		attach->reason = cxled->reason ?: CXLA_REASON_REVOKED;
		return cxla_refuse(cxlmd, attach->reason);
	}

	range = cxla_region_range(cxlr);
	scoped_guard(mutex, &cxlr->cxlrd->regions_lock) {
		attach->reason = cxla_attach_check(cxled, cxlr);
		if (!attach->reason)
			rc = cxla_attach_claim(cxlmd, &range, &attach->reason);
	}
	if (!rc && !attach->reason) {
		attach->region = cxlmd->claim.range;
		cxlmd->region_id = cxlr->id;
	}
	put_device(&cxlr->dev);
	cxla_pause(CXLA_PAUSE_RANGE_CLAIMED);
	return attach->reason ? cxla_refuse(cxlmd, attach->reason) : rc;
}
EXPORT_SYMBOL_NS_GPL(cxl_memdev_attach_region, "CXL");
