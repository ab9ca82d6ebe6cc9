/* SPDX-License-Identifier: GPL-2.0-only */
/* What an attach leaves behind: why it came to nothing, and what it cost. */
#ifndef __CXLA_RECORD_H__
#define __CXLA_RECORD_H__

#include <cxl/cxl.h>

/**
 * cxla_refuse() - note why a memdev does not get its range
 * @cxlmd: memdev being attached, in the task that does
 * @reason: why; the last one noted counts
 *
 * Return: -ENXIO.
 */
static inline int cxla_refuse(struct cxl_memdev *cxlmd, enum cxla_reason reason)
{
	cxlmd->reason = reason;
	return -ENXIO;
}

void cxla_record_start(struct cxl_memdev *cxlmd);
void cxla_record_phase(struct cxl_memdev *cxlmd, enum cxla_phase phase);
void cxla_record_end(struct cxl_memdev *cxlmd, const struct cxla_access *cost);

#endif /* __CXLA_RECORD_H__ */
