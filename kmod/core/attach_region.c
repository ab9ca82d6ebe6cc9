// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: an attach to a region
 *
 * What a driver is given is the range of the first mapped decoder of its device,
 * if the region is that device's alone and nobody else has it; and those of the
 * others, if it wants them. Where firmware mapped none one is made for a driver
 * that asks.
 */
#include <linux/device.h>

#include "../pause/pause.h"
#include "create.h"
#include "record.h"

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

/**
 * cxla_attach_claim() - a range becomes that of an attach, unless somebody has it
 * @cxlmd: whose
 * @claim: zeroed; has it then
 * @range: HPA, inclusive
 * @holder: who has it otherwise, or NULL
 *
 * Return: as cxla_claim().
 */
int cxla_attach_claim(struct cxl_memdev *cxlmd, struct cxla_claim *claim,
		      const struct range *range, struct cxla_verdict *holder)
{
	struct cxla_verdict verdict = {
		.owner = CXLA_OWNER_ACCEL,
		.state = CXLA_LEDGER_OWNED,
		.why = CXLA_WHY_ATTACHED,
	};

	strscpy(verdict.who, dev_name(cxlmd->dev.parent));
	return cxla_claim(claim, range, &verdict, holder);
}

/* the same of a region that was found, and why it is somebody's */
static int cxla_attach_claim_found(struct cxl_memdev *cxlmd,
				   struct cxla_claim *claim,
				   const struct range *range,
				   enum cxla_reason *reason)
{
	struct cxla_verdict holder;
	int rc;

	rc = cxla_attach_claim(cxlmd, claim, range, &holder);
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

/*
 * The range of one decoder, into @claim; @id: of its region. 0 and *@reason: why
 * not, or CXLA_REASON_NONE; or an error.
 */
static int cxla_attach_decoder(struct cxl_memdev *cxlmd,
			       struct cxl_endpoint_decoder *cxled,
			       struct cxla_claim *claim, int *id,
			       enum cxla_reason *reason)
{
	struct cxl_region *cxlr = cxla_region_of(cxled);
	struct range range;
	int rc = 0;

	if (!cxlr) {
		*reason = cxled->reason ?: CXLA_REASON_REVOKED;
		return 0;
	}
	range = cxla_region_range(cxlr);
	scoped_guard(mutex, &cxlr->cxlrd->regions_lock) {
		*reason = cxla_attach_check(cxled, cxlr);
		if (!*reason)
			rc = cxla_attach_claim_found(cxlmd, claim, &range,
						     reason);
	}
	*id = cxlr->id;
	put_device(&cxlr->dev);
	return rc;
}

/* what the device has besides @first; the lock of its endpoint is held */
static int cxla_attach_more(struct cxl_memdev *cxlmd,
			    const struct cxl_endpoint_decoder *first)
{
	struct cxl_attach_region *attach = cxlmd->attach_region;
	struct cxl_port *endpoint = cxlmd->endpoint;

	for (int i = first->cxld.id + 1; i < endpoint->nr_decoders &&
	     cxlmd->nr_more < CXL_ATTACH_MAX_MORE; i++) {
		struct cxl_decoder *cxld = endpoint->decoders[i];
		struct cxla_claim *claim = &cxlmd->more[cxlmd->nr_more];
		enum cxla_reason reason;
		int rc, id;

		if (!(cxld->flags & CXL_DECODER_F_ENABLE))
			continue;
		rc = cxla_attach_decoder(cxlmd, to_cxl_endpoint_decoder(&cxld->dev),
					 claim, &id, &reason);
		if (rc)
			return rc;
		if (reason) {
			dev_notice(cxlmd->cxlds->dev, "%s is not attached: %s\n",
				   dev_name(&cxld->dev),
				   cxl_attach_reason_str(reason));
			continue;
		}
		attach->more[cxlmd->nr_more++] = claim->range;
	}
	attach->nr_more = cxlmd->nr_more;
	return 0;
}

int cxl_memdev_attach_region(struct cxl_memdev *cxlmd)
{
	struct cxl_attach_region *attach =
		container_of(cxlmd->attach, struct cxl_attach_region, attach);
	struct cxl_port *endpoint = cxlmd->endpoint;
	struct cxl_endpoint_decoder *cxled;
	int rc, id;

	cxla_record_phase(cxlmd, CXLA_PHASE_ATTACH);
	cxlmd->attach_region = attach;
	attach->region = (struct range) { .start = 0, .end = -1 };
	attach->reason = CXLA_REASON_NONE;
	attach->nr_more = 0;

	/* the lock keeps its decoders, and so its regions, as they are */
	guard(device)(&endpoint->dev);
	if (!endpoint->up) {
		attach->reason = CXLA_REASON_PORT_DISABLED;
		return cxla_refuse(cxlmd, attach->reason);
	}

	cxled = cxla_first_mapped(endpoint);
	if (!cxled && attach->create) {
		rc = cxla_region_create(cxlmd);
		if (!rc)
			attach->region = cxlmd->claim.range;
		return rc;
	}
	if (!cxled) {
		attach->reason = cxlmd->reason ?: CXLA_REASON_NOT_COMMITTED;
		return cxla_refuse(cxlmd, attach->reason);
	}
	rc = cxla_attach_decoder(cxlmd, cxled, &cxlmd->claim, &id,
				 &attach->reason);
	if (!rc && !attach->reason) {
		attach->region = cxlmd->claim.range;
		cxlmd->region_id = id;
		if (attach->want_all)
			rc = cxla_attach_more(cxlmd, cxled);
	}
	cxla_pause(CXLA_PAUSE_RANGE_CLAIMED);
	return attach->reason ? cxla_refuse(cxlmd, attach->reason) : rc;
}
EXPORT_SYMBOL_NS_GPL(cxl_memdev_attach_region, "CXL");
