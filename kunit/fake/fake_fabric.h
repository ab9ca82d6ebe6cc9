/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: a CXL fabric that isn't there
 *
 * The modules as shipped run on it: a PCI hierarchy whose configuration space
 * is an array, and component registers that behave as HDM decoders do. A test
 * builds it, starts it, adds a root as cxla_acpi does, and binds accelerators:
 *
 *	f = fake_fabric_create();
 *	bridge = fake_bridge(f, 7, 2);
 *	port = fake_root_port(bridge, 3);
 *	dev = fake_endpoint(port, 0, 2, SZ_512M);
 *	fake_window(f, bridge, 0x1000000000, SZ_4G);
 *	fake_fabric_start(f);
 *	fake_map(dev, 0x1010000000, SZ_512M, 0);
 *	fake_root_add(f);
 *	fake_bind(dev);			dev->accel says what came of it
 *	fake_fabric_destroy(f);
 *
 * There is one fabric at a time. What can't be allocated while it is built is
 * told by fake_fabric_start(); until then a node may be NULL, and what is added
 * below it is, too. Of a machine with 256 buses, each root port and each
 * downstream port has one: 1,024 endpoints are 4 bridges of 32 root ports with
 * 8 functions below each.
 */
#ifndef __FAKE_FABRIC_H__
#define __FAKE_FABRIC_H__

#include "../../kmod/core/attach.h"
#include "../../kmod/core/ledger.h"
#include "../../kmod/core/pci.h"
#include "../../kmod/core/retry.h"
#include "../../kmod/core/started.h"

#define FAKE_MAX_WINDOWS	16
#define FAKE_MAX_CHANGES	32

/* commit_delay of a commit that never comes to an end */
#define FAKE_NEVER		255

struct fake_mailbox;
struct fake_node;

enum fake_kind {
	FAKE_BRIDGE,		/* host bridge */
	FAKE_RCH,		/* CXL 1.1 host bridge */
	FAKE_ROOT_PORT,
	FAKE_UPSTREAM,		/* of a switch */
	FAKE_DOWNSTREAM,
	FAKE_ENDPOINT,
};

/* what fake_on_read() looks at */
#define FAKE_MMIO	BIT(0)
#define FAKE_CFG	BIT(1)

/**
 * struct fake_counters - accesses of hardware
 * @reads: of component registers
 * @writes: of component registers
 * @cfg_reads: of configuration space
 * @cfg_writes: of configuration space
 */
struct fake_counters {
	unsigned int reads;
	unsigned int writes;
	unsigned int cfg_reads;
	unsigned int cfg_writes;
};

/**
 * struct fake_change - a write to the control of a decoder
 * @node: whose
 * @decoder: which
 * @old: what it read before
 * @value: what was written
 * @invalidations: how often caches had been invalidated by then
 */
struct fake_change {
	struct fake_node *node;
	int decoder;
	u32 old;
	u32 value;
	unsigned int invalidations;
};

/**
 * struct fake_accel - the test's driver on an endpoint: options and results
 * @media_ready: option, true unless a test says otherwise
 * @expander: option: a memory expander, no attach
 * @unwanting: option: with @expander, an accelerator that asks for no range
 * @no_detach: option: no detach callback, so the driver is unbound instead
 * @want_all: option: every range of the device
 * @create: option: a region where firmware made none
 * @no_revoke: option: no revoke callback, as in mainline's form
 * @retry: option: attach again when what was missing above has come
 * @capacity: option: what the driver sets; that of the node unless a test
 *	says otherwise; 0: it sets none
 * @probe_error: option: error of the PCI probe, after the attach
 * @before: option: called in attach.probe, before it asks for its region
 * @after: option: and after it got it. An error of either is attach.probe's.
 * @memdev: result: what devm_cxl_add_memdev() returned, or ERR_PTR(-ENODEV)
 * @setup_rc: result: of cxl_pci_setup_regs()
 * @rc: result: errno of the attach, or 0
 * @reason: result: why it failed
 * @range: result: HPA, inclusive
 * @more: result: those that it has besides, HPA
 * @nr_more: result: how many
 * @record: result: what it cost
 * @nr_retry: calls to attach again
 * @nr_attached: how often it succeeded, since the node was made
 * @nr_revoke: calls of revoke since then
 * @nr_detach: calls of detach since then
 * @wanted: private: the driver takes the device
 */
struct fake_accel {
	bool media_ready;
	bool expander;
	bool unwanting;
	bool no_detach;
	bool want_all;
	bool create;
	bool no_revoke;
	bool retry;
	u64 capacity;
	int probe_error;
	int (*before)(struct fake_node *node);
	int (*after)(struct fake_node *node);

	struct cxl_memdev *memdev;
	int setup_rc;
	int rc;
	enum cxla_reason reason;
	struct range range;
	struct range more[CXL_ATTACH_MAX_MORE];
	int nr_more;
	struct cxla_attach_record record;
	int nr_retry;
	int nr_attached;
	int nr_revoke;
	int nr_detach;

	bool wanted;
};

/**
 * struct fake_node - host bridge, port or endpoint
 * @fabric: it is part of
 * @parent: node above; NULL for a bridge
 * @kind: which
 * @number: _UID of a bridge, link port number of a port
 * @devfn: device and function number on @bus
 * @bus: number of the bus it is on; of a bridge: of its root bus
 * @nr_decoders: HDM decoders it has; 0: it has no HDM capability
 * @capacity: of an endpoint, bytes
 * @pdev: the PCI device, once started; NULL for a bridge
 * @host: the host bridge, once started; NULL for others
 * @accel: of an endpoint
 * @mailbox: of one that has device registers, by fake_mailbox.h
 * @count: its share of the accesses
 * @locked_writes: writes that a locked decoder ignored
 * @gone: knob: it and all below don't answer, as after surprise removal
 * @slow: knob: register reads sleep for a millisecond
 * @commit_fails: knob: each commit ends in error-not-committed
 * @deaf: knob: Mem_Enable and HDM Decoder Enable stay as they are
 * @drops: knob: mask of a decoder's registers, BIT(offset / 4), that keep
 *	nothing of what is written; it commits all the same. Of control the
 *	values are dropped, not COMMIT
 * @commit_delay: knob: committed shows after that many reads of control, below
 *	FAKE_NEVER
 * @reset_hangs: knob: a CXL Reset does not end
 * @wild_writes: of control 2 of its DVSEC with bits that are reserved, also when gone
 * @reset_fails: knob: it ends with an error
 * @flush_hangs: knob: its cache is never written back
 * @nr_cxl_resets: CXL Resets that were begun
 * @nr_flushes: how often its cache was to be written back
 * @reset_with_cache: the last CXL Reset found its cache off and empty
 * @registers: knob: of a bridge: where firmware says that its component registers
 *	are; 0: where they are
 *
 * The rest is private.
 */
struct fake_node {
	struct fake_fabric *fabric;
	struct fake_node *parent;
	enum fake_kind kind;
	u32 number;
	unsigned int devfn;
	unsigned int bus;
	int nr_decoders;
	u64 capacity;
	struct pci_dev *pdev;
	struct pci_host_bridge *host;
	struct fake_accel accel;
	struct fake_mailbox *mailbox;
	struct fake_counters count;
	unsigned int locked_writes;
	bool gone;
	bool slow;
	bool commit_fails;
	bool deaf;
	u32 drops;
	unsigned int commit_delay;
	bool reset_hangs;
	unsigned int wild_writes;
	bool reset_fails;
	bool flush_hangs;
	unsigned int nr_cxl_resets;
	unsigned int nr_flushes;
	bool reset_with_cache;
	u64 registers;

	struct list_head list;
	int block;
	u8 *cfg;
	u32 *regs;
	u8 pending[CXL_HDM_MAX_DECODERS];
	unsigned int nr_children;
	unsigned int secondary, subordinate;
	struct resource busn;
	unsigned int on_read_kinds, on_read_left;
	void (*on_read)(struct fake_node *node, void *data);
	void *on_read_data;
};

/**
 * struct fake_fabric - all of it
 * @platform: stands for ACPI0017
 * @root: the root port while it is there
 * @windows: what fake_root_add() makes of it; a test may change them before
 * @nr_windows: how many
 * @count: accesses of all nodes
 * @changes: what the modules wrote to controls, in order
 * @nr_changes: how often they did
 * @gone: knob: nothing answers
 * @slow: knob: all register reads sleep
 * @error: first error while it was built
 * @nodes: private: in the order they were made
 * @started: private
 */
struct fake_fabric {
	struct platform_device *platform;
	struct cxl_port *root;
	struct cxla_window windows[FAKE_MAX_WINDOWS];
	int nr_windows;
	struct fake_counters count;
	struct fake_change changes[FAKE_MAX_CHANGES];
	int nr_changes;
	bool gone;
	bool slow;
	int error;

	struct list_head nodes;
	bool started;
};

/* ------------------------------ building --------------------------- */

struct fake_fabric *fake_fabric_create(void);
/* unbinds, removes the root, removes the buses; NULL is fine */
void fake_fabric_destroy(struct fake_fabric *f);

/* @decoders: 0 none; 1, 2, 4, 6, 8 ... 16, 20, 24, 28, 32 */
struct fake_node *fake_bridge(struct fake_fabric *f, u32 uid, int decoders);
struct fake_node *fake_rch(struct fake_fabric *f, u32 uid);
struct fake_node *fake_root_port(struct fake_node *bridge, u8 number);
/* @port: root port or downstream port; the result is the upstream port */
struct fake_node *fake_switch(struct fake_node *port, int decoders);
struct fake_node *fake_downstream(struct fake_node *upstream, u8 number);
/* @devfn: function 0 has to be there when others are */
struct fake_node *fake_endpoint(struct fake_node *port, unsigned int devfn,
				int decoders, u64 capacity);
/* a window of RAM for accelerators and expanders that leads to @bridge */
struct cxla_window *fake_window(struct fake_fabric *f, struct fake_node *bridge,
				u64 base, u64 size);
/* another host bridge in the interleave of a window */
void fake_window_target(struct cxla_window *window, struct fake_node *bridge);

/* the PCI devices appear; 0, or what went wrong since fake_fabric_create() */
int fake_fabric_start(struct fake_fabric *f);
/* as cxla_acpi when it is bound, and unbound */
int fake_root_add(struct fake_fabric *f);
void fake_root_remove(struct fake_fabric *f);
/* the port of a bridge or switch, bound or not, referenced; or NULL */
struct cxl_port *fake_port(struct fake_node *node);

/* ------------------------------ hardware --------------------------- */

/**
 * struct fake_commit - what firmware writes to a decoder
 * @base: HPA
 * @size: bytes of HPA
 * @ways: interleave ways, 0 stands for 1
 * @granularity: bytes, 0 stands for 256
 * @skip: endpoint: DPA bytes left out
 * @targets: port numbers, bridges and switches
 * @flags: CXL_HDM_CTRL_LOCK, CXL_HDM_CTRL_HOSTONLY
 */
struct fake_commit {
	u64 base;
	u64 size;
	unsigned int ways;
	unsigned int granularity;
	u64 skip;
	u8 targets[CXL_HDM_MAX_TARGETS];
	u32 flags;
};

/*
 * Commit by the rules of the hardware, not counted. 0: committed, or about to
 * be; -EIO: error-not-committed, or the decoder is locked.
 */
int fake_hdm_commit(struct fake_node *node, int decoder,
		    const struct fake_commit *commit);
void fake_hdm_uncommit(struct fake_node *node, int decoder);
/* a reset: decoders are as after power-on, also locked ones */
void fake_hdm_reset(struct fake_node *node);
/* the same, with all that a reset takes of the DVSEC of an endpoint */
void fake_cxl_clear(struct fake_node *node);
/* an endpoint that has CXL Reset; @with_cache: and a cache that can be written back */
void fake_can_reset(struct fake_node *node, bool with_cache);

/*
 * As firmware does it: commit a range in the next free decoder of the endpoint
 * and of each port above, unless one there has it already. 0, -EIO, or -ENOSPC
 * when there is no decoder left.
 */
int fake_map(struct fake_node *endpoint, u64 base, u64 size, u32 flags);
/* @endpoints in the order of the interleave; @granularity that of the window */
int fake_map_interleaved(struct fake_node *const *endpoints, int ways,
			 u64 base, u64 size, unsigned int granularity,
			 u32 flags);

/* raw registers, for values that no hardware would take; offset in the block */
u32 *fake_block_reg(struct fake_node *node, u32 offset);
u32 *fake_hdm_reg(struct fake_node *node, int decoder, u32 offset);
u32 *fake_cfg(struct fake_node *node, int offset);

/* where the structures are in the block and in configuration space */
#define FAKE_CAP_ARRAY		0x1000
#define FAKE_HDM		0x1128
#define FAKE_DVSEC_DEVICE	0x100	/* endpoints */
#define FAKE_DVSEC_LOCATOR	0x140	/* endpoints, upstream ports */
#define FAKE_DSN		0x1c0	/* endpoints */

/* entry @n of the register locator, up to 4; those before it have to be set */
void fake_locator(struct fake_node *node, int n, u8 bir, u8 id, u64 offset);

/*
 * Call @fn in the middle of the @n-th read from now, of those of @kinds, before
 * it is answered. In a read of configuration space it must not sleep.
 */
void fake_on_read(struct fake_node *node, unsigned int kinds, unsigned int n,
		  void (*fn)(struct fake_node *node, void *data), void *data);
/* an @fn: the device is gone */
void fake_vanish(struct fake_node *node, void *data);
void fake_count_reset(struct fake_fabric *f);

/* ------------------------------- driver ---------------------------- */

/* 0: the driver is bound, its probe has run; or -ENODEV */
int fake_bind(struct fake_node *endpoint);
void fake_unbind(struct fake_node *endpoint);
/*
 * Somebody has the lock of a device until fake_let_go(), so that no worker comes
 * near its driver. One at a time. 0, or an error.
 */
int fake_hold(struct fake_node *endpoint);
void fake_let_go(void);
/* of a bound endpoint: as its driver does before and after a reset */
void fake_lose(struct fake_node *endpoint);
void fake_attach_again(struct fake_node *endpoint);
/* the same, with the lock of the PCI device held by the caller */
void fake_attach_locked(struct fake_node *endpoint);

/* -------------------------------- log ------------------------------ */

/* from here on */
void fake_log_clear(void);
/*
 * Lines of at most that level (LOGLEVEL_ERR ...) that contain all words, since
 * fake_log_clear(); -ENOSPC: there were more lines than are kept.
 */
int __fake_log_count(int level, ...);
#define fake_log_count(level, ...) \
	__fake_log_count(level, ##__VA_ARGS__, (const char *)NULL)

/* ------------------------------ snapshot ----------------------------- */

/**
 * struct fake_snapshot - what there is, to be compared before and after
 * @devices: on the bus "cxla"
 * @ports: of these, roots, bridges, switches
 * @endpoints: endpoint ports
 * @decoders: of all kinds
 * @memdevs: memN
 * @regions: regionN
 * @iomem: entries of the iomem tree
 * @iomem_regions: of these, with the name of a region
 * @mappings: of component registers
 */
struct fake_snapshot {
	int devices;
	int ports;
	int endpoints;
	int decoders;
	int memdevs;
	int regions;
	int iomem;
	int iomem_regions;
	int mappings;
};

/* meaningful while nothing comes or goes, once there was a root */
struct fake_snapshot fake_snapshot(void);

/* ------------------------------- files ----------------------------- */

struct file;
struct kunit;

/* write to a file in the folder of an endpoint's PCI device; 0, or an error */
ssize_t fake_store(struct fake_node *endpoint, const char *name,
		   const char *text);
/* what such a file says, without the end of the line */
void fake_expect_shows(struct kunit *test, struct fake_node *endpoint,
		       const char *name, const char *text);
/* the same of a device on the bus "cxla" */
ssize_t fake_store_cxla(const struct device *dev, const char *name,
			const char *text);
void fake_expect_cxla(struct kunit *test, const struct device *dev,
		      const char *name, const char *text);
/* an attribute of such a device, to be called without a file; or NULL */
const struct device_attribute *fake_attribute(const struct device *dev,
					      const char *name);
/* write commit of a region, without a file; 0, or the error a writer is told */
int fake_write_commit(struct cxl_region *cxlr, bool commit);
/*
 * /dev/cxla/accelN of an endpoint that is bound to cxla_accel, or ERR_PTR();
 * @flags as of open(2)
 */
struct file *fake_open_node(struct fake_node *endpoint, int flags);

/* ------------------------------- KUnit ----------------------------- */

/* a fabric that is destroyed with the test */
struct fake_fabric *fake_test_fabric(struct kunit *test);
/*
 * The smallest one, started: host bridge 7 with two decoders, root port 3, an
 * endpoint with two decoders and @size of memory, a window of 4 GiB at @window,
 * and @base to its end committed. The endpoint, or the test ends.
 */
struct fake_node *fake_test_endpoint(struct kunit *test, u64 window, u64 base,
				     u64 size);
/* a driver of PCI that enables the device may have it, by driver_override */
void fake_test_driver(struct kunit *test, struct fake_node *endpoint,
		      const char *driver);
/* start and add the root, or end the test */
void fake_test_up(struct kunit *test, struct fake_fabric *f);
/* bind, and it got the range; or it got none for that reason */
void fake_expect_attached(struct kunit *test, struct fake_node *endpoint,
			  u64 base, u64 size);
void fake_expect_refused(struct kunit *test, struct fake_node *endpoint,
			 enum cxla_reason reason);
void fake_expect_snapshot(struct kunit *test, const struct fake_snapshot *before);

/* what the ledger says at an address, or behind it; false: nothing */
static inline bool fake_ledger_find(u64 hpa, struct range *range,
				    struct cxla_verdict *verdict, u64 *time_ns)
{
	struct cxla_ledger_line line;

	if (!cxla_ledger_next(hpa, &line))
		return false;
	*range = line.range;
	*verdict = line.verdict;
	*time_ns = line.time_ns;
	return true;
}

#endif
