// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: what an attach leaves behind
 *
 * Why it came to nothing, and how long each of its phases took, for whoever asks
 * afterwards. Only the task that attaches writes it.
 */
#include <linux/ktime.h>
#include <linux/module.h>

#include "record.h"

#define CXLA_REASON_WORD(id, word) word,
static const char * const cxla_reasons[] = { CXLA_REASONS(CXLA_REASON_WORD) };

const char *cxl_attach_reason_str(enum cxl_attach_reason reason)
{
	if (reason >= ARRAY_SIZE(cxla_reasons))
		reason = CXLA_REASON_ERROR;
	return cxla_reasons[reason];
}
EXPORT_SYMBOL_NS_GPL(cxl_attach_reason_str, "CXL");

/**
 * cxla_record_start() - the clock of an attach starts
 * @cxlmd: new memdev
 */
void cxla_record_start(struct cxl_memdev *cxlmd)
{
	cxlmd->phase = CXLA_PHASE_MEMDEV_ADD;
	cxlmd->phase_start = ktime_get_ns();
}

/**
 * cxla_record_phase() - from now on time belongs to another phase
 * @cxlmd: memdev being attached, in the task that does
 * @phase: that phase
 */
void cxla_record_phase(struct cxl_memdev *cxlmd, enum cxla_phase phase)
{
	u64 now = ktime_get_ns();

	cxlmd->record.phase_ns[cxlmd->phase] += now - cxlmd->phase_start;
	cxlmd->record.total_ns += now - cxlmd->phase_start;
	cxlmd->phase_start = now;
	cxlmd->phase = phase;
}
EXPORT_SYMBOL_NS_GPL(cxla_record_phase, "CXL");

void cxla_record_end(struct cxl_memdev *cxlmd, const struct cxla_access *cost)
{
	cxla_record_phase(cxlmd, cxlmd->phase);
	cxlmd->record.mmio_reads = cost->mmio_reads;
	cxlmd->record.mmio_writes = cost->mmio_writes;
	cxlmd->record.cfg_reads = cost->cfg_reads;
	cxlmd->record.cfg_writes = cost->cfg_writes;
}
