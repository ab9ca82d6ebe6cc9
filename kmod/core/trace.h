/* SPDX-License-Identifier: GPL-2.0-only */
/* trace events, in /sys/kernel/tracing/events/cxla */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM cxla

#if !defined(__CXLA_TRACE_H__) || defined(TRACE_HEADER_MULTI_READ)
#define __CXLA_TRACE_H__

#include <linux/tracepoint.h>

struct cxl_memdev;
struct cxl_region;
struct cxla_verdict;

/* one attach, successful or not, and what it cost */
TRACE_EVENT(cxla_attach,
	TP_PROTO(struct cxl_memdev *cxlmd, int rc, enum cxla_reason reason),
	TP_ARGS(cxlmd, rc, reason),
	TP_STRUCT__entry(
		__string(device, dev_name(cxlmd->dev.parent))
		__field(int, memdev)
		__field(int, rc)
		__string(reason, cxl_attach_reason_str(reason))
		__array(u64, phase_ns, CXLA_NR_PHASES)
		__field(u64, total_ns)
		__field(u32, mmio_reads)
		__field(u32, mmio_writes)
		__field(u32, cfg_reads)
		__field(u32, cfg_writes)
	),
	TP_fast_assign(
		__assign_str(device);
		__entry->memdev = cxlmd->id;
		__entry->rc = rc;
		__assign_str(reason);
		memcpy(__entry->phase_ns, cxlmd->record.phase_ns,
		       sizeof(__entry->phase_ns));
		__entry->total_ns = cxlmd->record.total_ns;
		__entry->mmio_reads = cxlmd->record.mmio_reads;
		__entry->mmio_writes = cxlmd->record.mmio_writes;
		__entry->cfg_reads = cxlmd->record.cfg_reads;
		__entry->cfg_writes = cxlmd->record.cfg_writes;
	),
	TP_printk("%s mem%d rc=%d reason=%s total=%llu ns: add=%llu ports=%llu decoders=%llu region=%llu attach=%llu, mmio r=%u w=%u, config r=%u w=%u",
		  __get_str(device), __entry->memdev, __entry->rc,
		  __get_str(reason), __entry->total_ns,
		  __entry->phase_ns[CXLA_PHASE_MEMDEV_ADD],
		  __entry->phase_ns[CXLA_PHASE_PORT_ENUM],
		  __entry->phase_ns[CXLA_PHASE_DECODER_PARSE],
		  __entry->phase_ns[CXLA_PHASE_REGION_ASSEMBLY],
		  __entry->phase_ns[CXLA_PHASE_ATTACH],
		  __entry->mmio_reads, __entry->mmio_writes,
		  __entry->cfg_reads, __entry->cfg_writes)
);

DECLARE_EVENT_CLASS(cxla_memdev,
	TP_PROTO(struct cxl_memdev *cxlmd),
	TP_ARGS(cxlmd),
	TP_STRUCT__entry(
		__string(device, dev_name(cxlmd->dev.parent))
		__field(int, memdev)
	),
	TP_fast_assign(
		__assign_str(device);
		__entry->memdev = cxlmd->id;
	),
	TP_printk("%s mem%d", __get_str(device), __entry->memdev)
);

/* no user of cxl_attach_enter() and no mapping touches the range any more */
DEFINE_EVENT(cxla_memdev, cxla_revoke,
	TP_PROTO(struct cxl_memdev *cxlmd), TP_ARGS(cxlmd));

/* the driver is being told to go on without, or unbound */
DEFINE_EVENT(cxla_memdev, cxla_detach,
	TP_PROTO(struct cxl_memdev *cxlmd), TP_ARGS(cxlmd));

DECLARE_EVENT_CLASS(cxla_region,
	TP_PROTO(struct cxl_region *cxlr),
	TP_ARGS(cxlr),
	TP_STRUCT__entry(
		__field(int, region)
		__field(u64, start)
		__field(u64, end)
		__field(unsigned int, ways)
	),
	TP_fast_assign(
		__entry->region = cxlr->id;
		__entry->start = cxlr->res.start;
		__entry->end = cxlr->res.end;
		__entry->ways = cxlr->ways;
	),
	TP_printk("region%d %#llx-%#llx ways=%u", __entry->region,
		  __entry->start, __entry->end, __entry->ways)
);

DEFINE_EVENT(cxla_region, cxla_region_add,
	TP_PROTO(struct cxl_region *cxlr), TP_ARGS(cxlr));
DEFINE_EVENT(cxla_region, cxla_region_del,
	TP_PROTO(struct cxl_region *cxlr), TP_ARGS(cxlr));

/* a decision about who owns a range, as the ledger has it */
TRACE_EVENT(cxla_owner,
	TP_PROTO(const struct range *range, const struct cxla_verdict *verdict),
	TP_ARGS(range, verdict),
	TP_STRUCT__entry(
		__field(u64, start)
		__field(u64, end)
		__string(owner, cxla_owner_str(verdict->owner))
		__string(state, cxla_ledger_state_str(verdict->state))
		__string(why, cxla_ledger_why_str(verdict->why))
		__string(who, verdict->who)
	),
	TP_fast_assign(
		__entry->start = range->start;
		__entry->end = range->end;
		__assign_str(owner);
		__assign_str(state);
		__assign_str(why);
		__assign_str(who);
	),
	TP_printk("%#llx-%#llx %s %s %s %s", __entry->start, __entry->end,
		  __get_str(owner), __get_str(state), __get_str(why),
		  __get_str(who))
);

#endif /* __CXLA_TRACE_H__ */

#undef TRACE_INCLUDE_PATH
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_PATH .
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
