/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * User interface of a CXL accelerator that cxla_accel drives, /dev/cxla/accelN, and of a
 * memory expander that cxla_pci drives, /dev/cxla/memN, which has CXLA_IOC_RESET alone.
 *
 * Every ioctl takes a pointer to a struct whose first member is its size in
 * bytes as the caller was built with. A larger struct than the kernel's is
 * accepted when what the kernel does not know is zero (-E2BIG otherwise), a
 * smaller one is filled as far as it goes. Unknown flags are -EINVAL.
 *
 * mmap() maps the range, or a part of it, while the device is attached (-ENXIO
 * otherwise; -ENODEV once the driver is unbound). The mapping is MAP_SHARED
 * (-EINVAL otherwise); a file that was opened for reading maps for reading.
 * PROT_EXEC is -EPERM, and -EACCES of mprotect(), as where noexec is mounted.
 * After a revoke it answers with SIGBUS, for good.
 */
#ifndef _UAPI_LINUX_CXLA_H
#define _UAPI_LINUX_CXLA_H

#include <linux/ioctl.h>
#include <linux/types.h>

/*
 * Why a device has no CXL.mem range: name, word. The word is the same in sysfs
 * (cxla/reason), in trace events and in the kernel log. Numbers are ABI: a new
 * reason is added at the end.
 */
#define CXLA_REASONS(_) \
	/* attached, or never tried */ \
	_(NONE, "none") \
	/* the platform describes no CXL root above the device */ \
	_(NO_ROOT, "no-root") \
	/* there is a root, no driver of ours is bound to it */ \
	_(ROOT_UNBOUND, "root-unbound") \
	/* an in-tree driver has the root */ \
	_(ROOT_IN_USE, "root-in-use") \
	/* a port between root and device has no driver */ \
	_(PORT_DISABLED, "port-disabled") \
	/* the device did not say in time that its memory is ready */ \
	_(MEDIA_NOT_READY, "media-not-ready") \
	/* component registers absent, or somebody else's */ \
	_(NO_REGISTERS, "no-registers") \
	/* the device has no usable HDM decoder */ \
	_(NO_DECODER, "no-decoder") \
	/* no decoder, here or above, is committed for it */ \
	_(NOT_COMMITTED, "not-committed") \
	/* a committed decoder's values make no sense */ \
	_(BAD_DECODER, "bad-decoder") \
	/* the range is outside of every window */ \
	_(NO_WINDOW, "no-window") \
	/* a decoder above routes the range elsewhere */ \
	_(ROUTE_MISMATCH, "route-mismatch") \
	/* the region has more than one member */ \
	_(INTERLEAVED, "interleaved") \
	/* the range overlaps another region */ \
	_(OVERLAP, "overlap") \
	/* some of the range is online as System RAM */ \
	_(SYSTEM_RAM, "system-ram") \
	/* registers read all ones, or hardware refused */ \
	_(HW_ERROR, "hw-error") \
	/* the range was taken back: something above it went */ \
	_(REVOKED, "revoked") \
	/* another error, such as no memory; errno says which */ \
	_(ERROR, "error") \
	/* a CXL 1.1 host bridge, which is not supported */ \
	_(RESTRICTED_HOST, "restricted-host") \
	/* who lost the range has not let go of it yet */ \
	_(QUARANTINED, "quarantined") \
	/* somebody else has some of the range, device-dax for one */ \
	_(CLAIMED, "claimed") \
	/* more levels of switches above it than are supported */ \
	_(TOO_DEEP, "too-deep") \
	/* of a region to be made: no window has that many free addresses in a row */ \
	_(NO_HPA, "no-hpa") \
	/* of a region to be made: the device has less than 256 MiB of memory */ \
	_(NO_DPA, "no-dpa") \
	/* of a region to be made: hardware did not commit a decoder of the way */ \
	_(COMMIT_FAILED, "commit-failed") \
	/* of a region to be made: the platform can't invalidate its CPUs' caches */ \
	_(NO_CACHE_FLUSH, "no-cache-flush")

#define CXLA_REASON_ID(id, word) CXLA_REASON_##id,
enum cxla_reason { CXLA_REASONS(CXLA_REASON_ID) CXLA_NR_REASONS };

enum cxla_accel_state {
	CXLA_ACCEL_PCI_ONLY = 0,	/* "pci-only" */
	CXLA_ACCEL_ATTACHED = 1,	/* "attached" */
	CXLA_ACCEL_REVOKED = 2,		/* "revoked" */
};

/**
 * enum cxla_phase - where an attach spends its time; phases do not overlap
 * @CXLA_PHASE_MEMDEV_ADD: devm_cxl_add_memdev() to the memdev's driver being called
 * @CXLA_PHASE_PORT_ENUM: finding, and where absent adding, the ports above
 * @CXLA_PHASE_DECODER_PARSE: reading the endpoint's HDM decoders
 * @CXLA_PHASE_REGION_ASSEMBLY: from committed decoders to region devices
 * @CXLA_PHASE_ATTACH: checking the region and handing out its range
 * @CXLA_NR_PHASES: how many there are
 */
enum cxla_phase {
	CXLA_PHASE_MEMDEV_ADD,
	CXLA_PHASE_PORT_ENUM,
	CXLA_PHASE_DECODER_PARSE,
	CXLA_PHASE_REGION_ASSEMBLY,
	CXLA_PHASE_ATTACH,
	CXLA_NR_PHASES,			/* ABI: never changes within V1 */
};

/**
 * struct cxla_attach_record - what one attach cost
 * @phase_ns: nanoseconds by enum cxla_phase
 * @total_ns: nanoseconds from first to last; at least the sum of the phases
 * @mmio_reads: 32-bit reads of component registers
 * @mmio_writes: 32-bit writes of component registers
 * @cfg_reads: reads of PCI configuration space
 * @cfg_writes: writes of PCI configuration space
 */
struct cxla_attach_record {
	__u64 phase_ns[CXLA_NR_PHASES];
	__u64 total_ns;
	__u32 mmio_reads;
	__u32 mmio_writes;
	__u32 cfg_reads;
	__u32 cfg_writes;
};

/**
 * struct cxla_times - when what was done, CLOCK_MONOTONIC, in this order
 * @probe_ns: the driver was bound: its probe began
 * @attach_ns: registers were found, memory was ready, and the last attach began
 * @attached_ns: it was over, whatever came of it
 * @ready_ns: the driver was bound: its probe was over, and the node there
 *
 * @attach_ns and @attached_ns are after @ready_ns of a device that was attached
 * again since it was bound.
 */
struct cxla_times {
	__u64 probe_ns;
	__u64 attach_ns;
	__u64 attached_ns;
	__u64 ready_ns;
};

/**
 * struct cxla_accel_info - CXLA_IOC_INFO
 * @size: in: sizeof() as the caller knows it; out: bytes filled in
 * @flags: must be 0
 * @state: enum cxla_accel_state
 * @reason: enum cxla_reason, CXLA_REASON_NONE while attached
 * @hpa_start: first byte of the range; 0 unless attached
 * @hpa_size: bytes of the range; 0 unless attached
 * @capacity: bytes of device memory by the DVSEC ranges
 * @serial: PCIe device serial number, 0 when there is none
 * @memdev_id: N of memN, or -1
 * @region_id: N of regionN, or -1
 * @error: errno of the last attach, positive, 0 when it succeeded
 * @reserved: 0
 * @record: the cost of the last attach, successful or not
 * @times: of the last bind and attach
 */
struct cxla_accel_info {
	__u32 size;
	__u32 flags;
	__u32 state;
	__u32 reason;
	__u64 hpa_start;
	__u64 hpa_size;
	__u64 capacity;
	__u64 serial;
	__s32 memdev_id;
	__s32 region_id;
	__u32 error;
	__u32 reserved;
	struct cxla_attach_record record;
	struct cxla_times times;
};

/**
 * enum cxla_event_type - what happened to an accelerator
 * @CXLA_EVENT_ATTACH: it got a range
 * @CXLA_EVENT_REVOKE: the range was taken back: mappings of it answer SIGBUS
 * @CXLA_EVENT_DETACH: the driver let go of it, and goes on PCI-only
 * @CXLA_EVENT_OVERFLOW: the reader fell behind; @count events are lost to it
 */
enum cxla_event_type {
	CXLA_EVENT_ATTACH = 1,
	CXLA_EVENT_REVOKE = 2,
	CXLA_EVENT_DETACH = 3,
	CXLA_EVENT_OVERFLOW = 4,
};

/**
 * struct cxla_event - what read() of /dev/cxla/accelN delivers, in order
 * @time_ns: when, CLOCK_MONOTONIC
 * @type: enum cxla_event_type
 * @reason: enum cxla_reason that goes with it
 * @hpa_start: first byte of the range it is about
 * @hpa_size: bytes of it
 * @seq: number of the event since the driver was bound, from 1; an overflow
 *	has that of the last event lost
 * @count: of an overflow: how many were lost; else 0
 *
 * A file that was just opened delivers what is still kept, the attach that was
 * there before it first of all. read() returns as many whole events as fit,
 * -EINVAL if none does; it waits for one unless O_NONBLOCK is set, and returns
 * 0 when there is nothing left and the driver is unbound, which poll() tells
 * by POLLHUP.
 */
struct cxla_event {
	__u64 time_ns;
	__u32 type;
	__u32 reason;
	__u64 hpa_start;
	__u64 hpa_size;
	__u64 seq;
	__u64 count;
};

/**
 * struct cxla_reset_request - CXLA_IOC_RESET
 * @size: sizeof() as the caller knows it
 * @flags: must be 0
 *
 * CXL Reset of the device, CXL 3.1 section 9.7: CXL.cache and CXL.mem of all its
 * functions, but for those of its Non-CXL Function Map, and nothing of PCIe. The
 * range is revoked before, and what the reset took of decoders is put back after.
 * It takes as long as the device advertises, 100 s at most.
 *
 * Errors: nothing was touched: EAGAIN: a function is being bound, unbound or reset by
 * somebody else; EBUSY: a function has a driver that can't be told of a reset, or
 * memory of the device is online as System RAM; EOPNOTSUPP: the device has no CXL
 * Reset, or caches of CPUs can't be written back. ETIMEDOUT, EIO: the device did
 * not comply.
 */
struct cxla_reset_request {
	__u32 size;
	__u32 flags;
};

#define CXLA_IOC_TYPE	0xD7
#define CXLA_IOC_INFO	_IO(CXLA_IOC_TYPE, 0x00)
#define CXLA_IOC_RESET	_IO(CXLA_IOC_TYPE, 0x01)

#endif /* _UAPI_LINUX_CXLA_H */
