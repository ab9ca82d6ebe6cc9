/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The API of a CXL accelerator driver.
 *
 * Up to the line "Extensions" it is source-compatible with mainline 7.3. A
 * driver that uses what follows tests the macro CXLA_ATTACH first. Names that
 * the modules export are prefixed behind the scenes, see rename.h.
 */
#ifndef __CXL_CXL_H__
#define __CXL_CXL_H__

#include "../../compat/compat.h"

#include <linux/build_bug.h>
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/ioport.h>
#include <linux/range.h>
#include <linux/spinlock.h>
#include <linux/srcu.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "rename.h"
#include "../../../uapi/linux/cxla.h"

struct cxla_snapshot;
struct cxla_waiter;
struct cxl_memdev;
struct cxl_port;
struct cxl_region;

/**
 * enum cxl_devtype - what kind of memory device this is
 * @CXL_DEVTYPE_DEVMEM: an accelerator: HDM-D or HDM-DB memory, no mailbox or
 *	other facility of the memory device class is expected of it
 * @CXL_DEVTYPE_CLASSMEM: a memory expander: HDM-H, class-mandatory registers
 */
enum cxl_devtype {
	CXL_DEVTYPE_DEVMEM,
	CXL_DEVTYPE_CLASSMEM,
};

/**
 * struct cxl_reg_map - where one capability is in its register block
 * @valid: it is there; the rest is meaningless otherwise
 * @id: capability id
 * @offset: bytes from the start of the block
 * @size: bytes
 */
struct cxl_reg_map {
	bool valid;
	int id;
	unsigned long offset;
	unsigned long size;
};

/**
 * struct cxl_component_reg_map - capabilities of a component register block
 * @hdm_decoder: HDM Decoder Capability Structure, CXL 3.1 section 8.2.4.20
 * @ras: RAS Capability Structure, 8.2.4.17
 * @hdm_cap: private: the first register of @hdm_decoder
 */
struct cxl_component_reg_map {
	struct cxl_reg_map hdm_decoder;
	struct cxl_reg_map ras;
	u32 hdm_cap;
};

/**
 * struct cxla_access - accesses counted as they are made
 * @mmio_reads: 32-bit reads of component registers
 * @mmio_writes: 32-bit writes of component registers
 * @cfg_reads: reads of configuration space
 * @cfg_writes: writes of configuration space
 */
struct cxla_access {
	u32 mmio_reads;
	u32 mmio_writes;
	u32 cfg_reads;
	u32 cfg_writes;
};

/**
 * struct cxl_register_map - a register block that was found
 * @host: device for logging
 * @resource: physical address of the block, CXL_RESOURCE_NONE if none
 * @max_size: bytes up to the end of its BAR; 64 KiB of component registers
 * @reg_type: enum cxl_regloc_type
 * @component_map: what is in it, for CXL_REGLOC_RBI_COMPONENT
 * @access: private: what finding it cost
 */
struct cxl_register_map {
	struct device *host;
	resource_size_t resource;
	resource_size_t max_size;
	u8 reg_type;
	struct cxl_component_reg_map component_map;
	struct cxla_access access;
};

#ifndef CXL_RESOURCE_NONE
#define CXL_RESOURCE_NONE	((resource_size_t)-1)
#endif

/**
 * struct cxla_mem_identity - what a memory device said of itself
 * @known: it was asked, and answered; all else is 0 otherwise
 * @ram: bytes of volatile memory, from DPA 0 on
 * @pmem: bytes of persistent memory, behind it
 * @payload_max: bytes of a mailbox command's payload
 * @label_storage: bytes of its label storage area
 * @firmware: revision
 */
struct cxla_mem_identity {
	bool known;
	u64 ram;
	u64 pmem;
	u32 payload_max;
	u32 label_storage;
	char firmware[17];
};

/**
 * struct cxl_dev_state - an accelerator as its driver sees it
 * @dev: the PCI device
 * @cxlmd: its memdev while there is one, else NULL
 * @reg_map: component registers, filled by cxl_pci_setup_regs()
 * @cxl_dvsec: offset of the DVSEC for CXL devices
 * @rcd: CXL 1.1 device; not supported
 * @media_ready: set by the driver before it adds a memdev
 * @serial: PCIe device serial number
 * @type: see enum cxl_devtype
 * @capacity: private: bytes of device memory, cxl_set_capacity()
 * @identity: private: of a memory expander
 * @mailbox_ioctl: private: of linux/cxl_mem.h, by who knows its mailbox; or NULL
 * @reason: why the last attach failed, or ended; CXLA_REASON_NONE while attached
 * @error: negative errno of the last attach, or 0
 * @record: what the last attach cost
 * @held: private: resets that have begun and not ended, by enum cxl_reset_kind
 * @was_reset: private: since the last attach
 * @snapshot: private: what was decoded for it when its endpoint went last; whoever
 *	works with it takes it away meanwhile
 * @seen: private: how often something came, when it was known last
 * @wants: private: what of that would help
 * @waiter: private: of devm_cxl_attach_retry()
 *
 * Allocated by devm_cxl_dev_state_create() as the first member of the
 * driver's own struct. @reason, @error and @record are extensions, valid from
 * the return of devm_cxl_add_memdev() on, under the lock of @dev.
 */
struct cxl_dev_state {
	struct device *dev;
	struct cxl_memdev *cxlmd;
	struct cxl_register_map reg_map;
	int cxl_dvsec;
	bool rcd;
	bool media_ready;
	u64 serial;
	enum cxl_devtype type;
	u64 capacity;
	struct cxla_mem_identity identity;
	long (*mailbox_ioctl)(struct cxl_dev_state *cxlds, unsigned int cmd,
			      void __user *arg);
	enum cxla_reason reason;
	int error;
	struct cxla_attach_record record;
	unsigned long held;
	bool was_reset;
	struct cxla_snapshot *snapshot;
	int seen[2];
	unsigned int wants;
	struct cxla_waiter *waiter;
};

struct cxl_dev_state *_devm_cxl_dev_state_create(struct device *dev,
						 enum cxl_devtype type,
						 u64 serial, u16 dvsec,
						 size_t size, bool has_mbox);

/**
 * devm_cxl_dev_state_create() - allocate a driver's struct with its state
 * @parent: the device being probed; its lock is held, as in any probe
 * @type: enum cxl_devtype
 * @serial: PCIe device serial number
 * @dvsec: offset of the DVSEC for CXL devices (PCI_DVSEC_CXL_DEVICE)
 * @drv_struct: type to allocate, zeroed
 * @member: its first member, a struct cxl_dev_state
 * @mbox: the device has a mailbox; ignored, accelerators are not talked to
 *
 * Context: probe of @parent.
 * Return: pointer to @drv_struct, freed by devres of @parent; NULL: no memory.
 */
#define devm_cxl_dev_state_create(parent, type, serial, dvsec, drv_struct,     \
				  member, mbox)				       \
	({								       \
		static_assert(__same_type(struct cxl_dev_state,		       \
					  ((drv_struct *)NULL)->member));      \
		static_assert(offsetof(drv_struct, member) == 0);	       \
		(drv_struct *)_devm_cxl_dev_state_create(parent, type, serial, \
							 dvsec,		       \
							 sizeof(drv_struct),   \
							 mbox);		       \
	})

/**
 * cxl_set_capacity() - say how much memory the device has
 * @cxlds: device state
 * @capacity: bytes; a committed decoder that reaches beyond is refused
 *
 * Context: probe.
 * Return: 0; -EINVAL for 0; -EBUSY the second time.
 */
int cxl_set_capacity(struct cxl_dev_state *cxlds, u64 capacity);

/**
 * cxl_await_media_ready() - wait until the memory of a device is ready
 * @cxlds: device state; its PCI device is enabled
 *
 * For devices that say so by their DVSEC, CXL 3.1 section 8.1.3.8.2. A driver that
 * knows by other means sets @cxlds->media_ready without asking. The size of the
 * memory is known only afterwards.
 *
 * Context: sleeps, as long as the device advertises: 256 s at most; ends earlier
 * when the task is killed.
 * Return: 0; -ETIMEDOUT, also said in the log; -ENXIO: the device does not answer,
 * or has no memory; -EINTR.
 */
int cxl_await_media_ready(struct cxl_dev_state *cxlds);

/**
 * devm_cxl_probe_mem() - attach and learn the range
 * @cxlds: device state, capacity set, registers found, media ready
 * @range: the device's HPA range, inclusive; { 0, -1 } on failure
 *
 * devm_cxl_add_memdev() with cxl_memdev_attach_region() and no callbacks: when
 * the range goes, the driver is unbound. The range is requested in the iomem
 * tree for as long as the driver has it: don't request it again.
 *
 * Context: probe of @cxlds->dev, its lock held; sleeps.
 * Return: the memdev, or ERR_PTR(), as devm_cxl_add_memdev(); never NULL.
 */
struct cxl_memdev *devm_cxl_probe_mem(struct cxl_dev_state *cxlds,
				      struct range *range);

/* ---------------------------- Extensions ---------------------------- */

#define CXLA_ATTACH	1

/* The reasons are user interface: one list, in uapi/linux/cxla.h. */
#define cxl_attach_reason	cxla_reason

/**
 * struct cxl_memdev_attach - what a driver has to say about its memdev
 * @probe: called when the memdev's endpoint is up, in the task that called
 *	devm_cxl_add_memdev(), under the lock of the memdev; its error fails
 *	the attach. Usually cxl_memdev_attach_region().
 * @revoke: the range is gone: users of cxl_attach_enter() have left; stop
 *	everything else that may touch it and take down mappings. Synchronous,
 *	in the context of whatever is going away: may sleep, must take no
 *	device lock. Optional. Called once per successful attach, also when it
 *	ends because the driver is unbound.
 *	What is over then are accesses by CPUs. IOMMU mappings of the range, by
 *	dma_map or iommu_map, are not taken down: this callback must do that. A
 *	mapping of userspace that VFIO type1 has mapped outlives it.
 * @detach: after @revoke, from a workqueue, under the lock of the accelerator:
 *	the memdev is about to be dropped, the driver goes on without CXL.mem.
 *	Without it the driver is unbound. May be changed while attached
 *	(WRITE_ONCE()); what it is when the worker comes counts.
 *
 * Must stay valid until the driver is unbound.
 */
struct cxl_memdev_attach {
	int (*probe)(struct cxl_memdev *cxlmd);
	void (*revoke)(struct cxl_memdev *cxlmd);
	void (*detach)(struct cxl_memdev *cxlmd);
};

#define CXL_ATTACH_MAX_MORE	7

/**
 * struct cxl_attach_region - attach to the region that firmware committed, or have one made
 * @attach: pass its address to devm_cxl_add_memdev();
 *	@attach.probe = cxl_memdev_attach_region
 * @region: result: HPA range, inclusive; { 0, -1 } when not attached
 * @hpa_range: the name that mainline's private struct gives to @region
 * @reason: result: why not. A probe callback of the driver's own that does not
 *	get as far as cxl_memdev_attach_region() leaves this and @region as they
 *	are; &cxl_dev_state.reason says why in any case
 * @want_all: option: every range of the device, as far as it can be had; what it
 *	has besides @region is in @more. All go at once, with @attach.revoke
 * @create: option: where firmware committed nothing for the device, have a region
 *	made of all its memory. It is taken back when the attach ends. A driver
 *	without @attach.revoke that loses its range before it is unbound leaves it
 *	committed: the next attach finds it
 * @nr_more: result: ranges in @more
 * @more: result: HPA, inclusive, in the order of the decoders
 */
struct cxl_attach_region {
	struct cxl_memdev_attach attach;
	union {
		struct range region;
		struct range hpa_range;
	};
	enum cxl_attach_reason reason;
	bool want_all;
	bool create;
	int nr_more;
	struct range more[CXL_ATTACH_MAX_MORE];
};

struct cxla_holding;
struct cxla_mem_node;

/**
 * struct cxla_claim - a range that somebody has
 * @range: HPA, inclusive
 * @holding: what it has; NULL: nothing
 *
 * Embedded in whatever has the range; zeroed it claims nothing.
 */
struct cxla_claim {
	struct range range;
	struct cxla_holding *holding;
};

/**
 * struct cxl_memdev - an accelerator's, or expander's, CXL.mem capability
 * @dev: on the bus "cxla", child of @cxlds->dev
 * @cxlds: the device state
 * @endpoint: its port, or ERR_PTR(-ENXIO); private
 * @attach: what the driver passed in, or NULL
 * @id: N of memN
 *
 * What follows is private to the core.
 * @lock: orders the end of an attach in flight with its revocation
 * @flags: enum cxla_memdev_flags
 * @life: enum cxla_life
 * @binding: how often its driver was bound; lock of @dev
 * @lost: the binding whose endpoint went last
 * @unbinding: the worker takes it from its driver; lock of @dev
 * @region_id: N of the regionN that its range is, or -1
 * @claim: the range that it was given
 * @more: those that it was given besides, @nr_more of them
 * @nr_more: how many
 * @attach_region: what cxl_memdev_attach_region() was called for, or NULL
 * @node: /dev/cxla/memN; private
 * @srcu: cxl_attach_enter() to cxl_attach_exit()
 * @revoked: completed when no user of the range is left
 * @detach_work: step three of the end of a range
 * @reason: why it is not attached; written by the task that attaches
 * @record: cost of the attach in flight; that task only
 * @phase: the phase of @record that time is booked on
 * @phase_start: since when, ns
 */
struct cxl_memdev {
	struct device dev;
	struct cxl_dev_state *cxlds;
	struct cxl_port *endpoint;
	const struct cxl_memdev_attach *attach;
	int id;

	spinlock_t lock;
	unsigned long flags;
	int life;
	unsigned int binding;
	unsigned int lost;
	bool unbinding;
	int region_id;
	struct cxla_claim claim;
	struct cxla_claim more[CXL_ATTACH_MAX_MORE];
	int nr_more;
	struct cxl_attach_region *attach_region;
	struct cxla_mem_node *node;
	struct srcu_struct srcu;
	struct completion revoked;
	struct work_struct detach_work;
	enum cxla_reason reason;
	struct cxla_attach_record record;
	enum cxla_phase phase;
	u64 phase_start;
};

/**
 * devm_cxl_add_memdev() - add a memdev and bring it up, here and now
 * @cxlds: device state
 * @attach: what the driver needs of it; NULL: a memdev that may stay idle. What
 *	the decoders of an expander (CXL_DEVTYPE_CLASSMEM) then map is general
 *	memory, which device-dax is offered; those of an accelerator nobody is
 *
 * On return every driver it depends on has had its chance. With @attach the
 * result is a whole attach or nothing: after a failure no object that this
 * call made is left, @cxlds->reason says why, and the driver may go on without
 * CXL.mem. The attach ends with the driver's binding at the latest.
 *
 * Context: probe of @cxlds->dev, or its lock held otherwise while the driver
 * is bound; sleeps.
 * Return: the memdev, never NULL; ERR_PTR(-ENXIO) with a reason; -EBUSY while
 * the device is being taken from its driver, or is being reset, or has a memdev;
 * -EINVAL: @attach without probe; other errors as they are.
 */
struct cxl_memdev *devm_cxl_add_memdev(struct cxl_dev_state *cxlds,
				       const struct cxl_memdev_attach *attach);

/**
 * devm_cxl_del_memdev() - give the memdev up before the driver is unbound
 * @cxlds: device state; one without a memdev is fine
 *
 * The range is revoked, its region and ports go as they would at unbind; detach
 * is not called. The driver may add a memdev again. For a reset there is
 * cxl_reset_begin(), after which nobody does.
 *
 * Context: the lock of @cxlds->dev is held while the driver is bound; sleeps.
 */
void devm_cxl_del_memdev(struct cxl_dev_state *cxlds);

/**
 * enum cxl_reset_kind - what a device goes through
 * @CXL_RESET: a reset: reset_prepare() to reset_done()
 * @CXL_RECOVERY: the recovery from an error: error_detected() to resume()
 */
enum cxl_reset_kind {
	CXL_RESET,
	CXL_RECOVERY,
};

/**
 * cxl_reset_begin() - a reset, or a recovery, of the device begins
 * @cxlds: device state
 * @kind: which; the two may overlap
 *
 * What the device decodes is kept. The memdev is given up as by
 * devm_cxl_del_memdev(), and until the end nothing attaches the device
 * again: devm_cxl_add_memdev() is -EBUSY, and devm_cxl_attach_retry() calls
 * nobody.
 *
 * Context: a callback of &struct pci_error_handlers: the lock of @cxlds->dev
 * is held; sleeps.
 */
void cxl_reset_begin(struct cxl_dev_state *cxlds, enum cxl_reset_kind kind);

/**
 * cxl_reset_end() - it is over
 * @cxlds: device state
 * @kind: which; one that did not begin is fine
 *
 * What the reset took of decoders, here and of switches above, is put back when
 * neither goes on, if all above still routes to the device as it did.
 *
 * A recovery that failed has no end, and the device is PCI-only until its driver
 * is bound again: the PCI core tells nobody.
 *
 * Context: as cxl_reset_begin().
 * Return: true: neither goes on, and the device may be attached again, by
 * devm_cxl_add_memdev().
 */
bool cxl_reset_end(struct cxl_dev_state *cxlds, enum cxl_reset_kind kind);

/**
 * devm_cxl_attach_retry() - be told when what was missing above has come
 * @cxlds: device state
 * @retry: called from a workqueue, under the lock of @cxlds->dev, while the
 *	driver is bound and @cxlds has no memdev: when a root or a port has come
 *	up, if there was no way to a root, the range was revoked, memory was
 *	short, or the system was about to sleep; and when
 *	somebody has let go of a range, if it was that of another. It usually
 *	calls devm_cxl_add_memdev().
 *
 * What came before this was called counts, if it came after the attach began.
 *
 * Context: probe of @cxlds->dev.
 * Return: 0; -EBUSY the second time; or -ENOMEM.
 */
int devm_cxl_attach_retry(struct cxl_dev_state *cxlds,
			  void (*retry)(struct cxl_dev_state *cxlds));

/**
 * cxl_memdev_attach_region() - the usual &struct cxl_memdev_attach.probe
 * @cxlmd: memdev whose @attach is embedded in a struct cxl_attach_region
 *
 * Succeeds when the first mapped endpoint decoder belongs to a region that is
 * committed, not interleaved, and not System RAM; or, for a driver that asks and a
 * device of which no decoder is mapped, when a region could be made. Of what the
 * device has besides, for a driver that wants it, each is attached for which the same
 * holds; why one is not is in the log.
 *
 * Context: called by the core, or by a driver's own probe callback.
 * Return: 0 and @region set; -ENXIO and @reason set; -EBUSY.
 */
int cxl_memdev_attach_region(struct cxl_memdev *cxlmd);

/**
 * cxl_memdev_get() - keep a memdev for cxl_attach_enter()
 * @cxlmd: memdev, as devm_cxl_add_memdev() returned it; it is not dropped
 *	meanwhile
 *
 * It keeps neither the range nor the driver: once the range was taken back,
 * cxl_attach_enter() says so for as long as there is a reference.
 *
 * Return: @cxlmd, to be given to cxl_memdev_put().
 */
static inline struct cxl_memdev *cxl_memdev_get(struct cxl_memdev *cxlmd)
{
	get_device(&cxlmd->dev);
	return cxlmd;
}

static inline void cxl_memdev_put(struct cxl_memdev *cxlmd)
{
	put_device(&cxlmd->dev);
}

/**
 * cxl_attach_enter() - start to touch the range
 * @cxlmd: an attached memdev
 *
 * Until cxl_attach_exit() the range stays what it is: revoke waits. Keep it
 * short, take no device lock inside and call nothing of this API. Works once
 * devm_cxl_add_memdev() has returned, not yet in a probe callback.
 *
 * The guard lives in the memdev, which goes with the attach: whoever calls this
 * holds a reference, of cxl_memdev_get(), that was taken while the memdev could
 * not go: under the lock of the accelerator, or by the task that attached it.
 * What a thread reads from the driver's own struct at the last moment is not
 * enough.
 *
 * Context: any that may enter an SRCU read section; does not sleep itself.
 * Return: a token for cxl_attach_exit(), 0 or more; -ENXIO: the range is gone.
 */
int __must_check cxl_attach_enter(struct cxl_memdev *cxlmd);

/**
 * cxl_attach_exit() - end what cxl_attach_enter() began
 * @cxlmd: the memdev that cxl_attach_enter() was called with
 * @token: what it returned
 *
 * Context: the task that entered; any context that may call srcu_read_unlock().
 */
void cxl_attach_exit(struct cxl_memdev *cxlmd, int token);

/**
 * cxl_attach_reason_str() - the word of a reason
 * @reason: as in sysfs
 *
 * Return: a string constant.
 */
const char *cxl_attach_reason_str(enum cxl_attach_reason reason);

#endif /* __CXL_CXL_H__ */
