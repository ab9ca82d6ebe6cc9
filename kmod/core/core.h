/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: objects of the core
 *
 * root (ACPI0017) > root decoders (one per window) > host-bridge ports > switch
 * ports > endpoint port (one per memdev) > endpoint decoders. A memdev is a
 * child of its PCI device. A region is a child of its root decoder.
 *
 * Locks, outermost first:
 *
 *   device lock of the accelerator
 *     device lock of the memdev
 *       cxla_enum_mutex		which switch ports exist, and for how many
 *	   device locks of ports, top-down
 *	     cxlr->writer		who writes to commit of a region
 *	     device lock of a region	what is offered to device-dax
 *		cxlrd->regions_lock	who unregisters a region; construction
 *		   cxl_rwsem.region	what decoders and regions say
 *		   cxla_claims_lock	who has which range; innermost
 *
 * No driver is bound or released under regions_lock or an rwsem.
 */
#ifndef __CXLA_CORE_H__
#define __CXLA_CORE_H__

#include <cxl/cxl.h>
#include <cxl/pci.h>
#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/list.h>
#include <linux/maple_tree.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/xarray.h>

#include "hdm_regs.h"
#include "ledger.h"

#define CXLA_MAX_DEPTH		8	/* subclasses that lockdep has */
#define CXLA_MAX_TARGETS	16

/**
 * struct cxl_rwsem - what readers of sysfs and enumeration share
 * @region: guards hpa_range, region and flags of decoders, and what a region
 *	is made of
 */
struct cxl_rwsem {
	struct rw_semaphore region;
};

extern struct cxl_rwsem cxl_rwsem;
extern struct workqueue_struct *cxla_wq;

/* what linux/range.h says, for values that nobody changes */
static inline bool cxla_range_contains(const struct range *outer,
				       const struct range *inner)
{
	return outer->start <= inner->start && outer->end >= inner->end;
}

/* ------------------------------- bus ------------------------------- */

enum cxla_device_id {
	CXLA_DEVICE_NONE,
	CXLA_DEVICE_ROOT,
	CXLA_DEVICE_PORT,
	CXLA_DEVICE_DECODER,
	CXLA_DEVICE_MEMDEV,
	CXLA_DEVICE_REGION,
	CXLA_DEVICE_DAX_REGION,
	CXLA_NR_DEVICES,
};

/**
 * enum cxla_life - where in its life an object is
 * @CXLA_BUILDING: it is not complete; nobody but its maker has it
 * @CXLA_LIVE: others find it, and its driver may bind
 * @CXLA_DYING: somebody unregisters it; it is not bound any more
 */
enum cxla_life {
	CXLA_BUILDING,
	CXLA_LIVE,
	CXLA_DYING,
};

/**
 * struct cxla_driver - a driver on the bus "cxla"
 * @drv: name and owner are set by cxla_driver_register()
 * @id: the devices it binds
 * @probe: under the device's lock
 * @remove: may be NULL; devres of the device is released after it
 */
struct cxla_driver {
	struct device_driver drv;
	enum cxla_device_id id;
	int (*probe)(struct device *dev);
	void (*remove)(struct device *dev);
};

extern const struct bus_type cxla_bus_type;
extern const struct attribute_group cxla_base_group;

void cxla_device_init(struct device *dev, struct device *parent,
		      const struct device_type *type);
int cxla_device_bind(struct device *dev);
int __cxla_driver_register(struct cxla_driver *drv, struct module *owner);
void cxla_driver_unregister(struct cxla_driver *drv);
#define cxla_driver_register(drv) __cxla_driver_register(drv, THIS_MODULE)
#define module_cxla_driver(__drv) \
	module_driver(__drv, cxla_driver_register, cxla_driver_unregister)

/* An attribute whose text follows from @dev, with cxl_rwsem.region held. */
#define CXLA_ATTR_SHOW(_name, _fmt, ...)				       \
static ssize_t _name##_show(struct device *dev,				       \
			    struct device_attribute *attr, char *buf)	       \
{									       \
	guard(rwsem_read)(&cxl_rwsem.region);				       \
	return sysfs_emit(buf, _fmt "\n", __VA_ARGS__);			       \
}									       \
static_assert(true)

#define CXLA_ATTR_RO(_name, ...) \
	CXLA_ATTR_SHOW(_name, __VA_ARGS__); \
	static DEVICE_ATTR_RO(_name)

/* ------------------------------- ports ----------------------------- */

/**
 * struct cxl_dport - a downstream port: where a port leads on
 * @dport_dev: root port, switch downstream port, or host bridge; referenced
 * @port: the port it belongs to
 * @port_id: its number in target lists: link capability port number, or _UID
 * @rch: a CXL 1.1 host bridge
 * @link: name of the symlink of @port to it, dportN; "": there is none
 *
 * Lives until its port is unbound, or its device was unplugged and another one
 * has its number.
 */
struct cxl_dport {
	struct device *dport_dev;
	struct cxl_port *port;
	u32 port_id;
	bool rch;
	char link[sizeof("dport4294967295")];
};

/**
 * struct cxl_port - root, host bridge, switch or endpoint
 * @dev: child of the parent port; of the platform device for a root
 * @uport_dev: what it stands for: ACPI0017, host bridge, switch upstream port,
 *	or memdev; referenced
 * @parent: the port above, referenced; NULL for a root
 * @parent_dport: which dport of it leads here; valid while @parent is bound
 * @reg_map: its component registers
 * @id: N of rootN, portN, endpointN
 * @depth: 0 for a root
 * @life: CXLA_DYING: somebody unregisters it
 * @up: its dports and decoders are there; written under the device lock
 * @seen: it was up before; device lock
 * @binding: endpoint: which binding of its memdev it belongs to
 * @reason: why it is not up, when setting it up came to -ENXIO; device lock
 * @gone: completed when unregistered
 * @dports: by port id; device lock
 * @nr_dports: how many; device lock
 * @children: ports below; cxla_children_lock
 * @sibling: on @children of the parent; cxla_children_lock
 * @users: switch: endpoints that were enumerated and hang off it, or are about
 *	to; cxla_enum_mutex
 * @hdm: mapping of the HDM decoder capability; while bound
 * @caps: its capability register
 * @passthrough: no HDM decoder, all goes to the one dport; while bound
 * @decoders: of this port, by instance; cxl_rwsem.region
 * @nr_decoders: how many there are
 */
struct cxl_port {
	struct device dev;
	struct device *uport_dev;
	struct cxl_port *parent;
	struct cxl_dport *parent_dport;
	struct cxl_register_map reg_map;
	int id;
	int depth;
	enum cxla_life life;
	bool up;
	bool seen;
	unsigned int binding;
	enum cxla_reason reason;
	struct completion gone;
	struct xarray dports;
	int nr_dports;
	struct list_head children;
	struct list_head sibling;
	int users;
	void __iomem *hdm;
	struct cxl_hdm_caps caps;
	bool passthrough;
	struct cxl_decoder **decoders;
	int nr_decoders;
};

#define to_cxl_port(d) container_of(d, struct cxl_port, dev)

extern const struct device_type cxla_port_type;
extern struct mutex cxla_enum_mutex;

static inline bool is_cxl_root(const struct cxl_port *port)
{
	return !port->parent;
}

extern const struct device_type cxla_memdev_type;

static inline bool is_cxl_memdev(const struct device *dev)
{
	return dev->type == &cxla_memdev_type;
}

static inline bool is_cxl_endpoint(const struct cxl_port *port)
{
	return is_cxl_memdev(port->uport_dev);
}

struct device *cxla_port_hw(struct cxl_port *port);
struct cxl_port *cxla_port_add(struct device *host, struct device *uport_dev,
			       const struct cxl_register_map *map,
			       struct cxl_dport *parent_dport);
void cxla_port_unregister(struct cxl_port *port);
void cxla_port_remove_children(struct cxl_port *port,
			       const struct cxl_dport *dport, bool stale);
struct cxl_port *cxla_find_port_by_uport(struct device *uport_dev);
int cxla_port_rescan(struct cxl_port *port);
bool cxla_port_has_children(struct cxl_port *port);
int cxla_port_setup(struct cxl_port *port);
void cxla_port_teardown(struct cxl_port *port);
int cxla_dport_add(struct cxl_port *port, struct device *dport_dev,
		   u32 port_id, bool rch);
void cxla_dports_remove(struct cxl_port *port);
struct cxl_dport *cxla_dport_by_dev(struct cxl_port *port,
				    struct device *dport_dev);
struct cxl_port *cxla_find_port_by_dport(struct device *dport_dev, bool *rch);
int cxla_enumerate_ports(struct cxl_memdev *cxlmd, struct cxl_port **port);
void cxla_switch_put(struct cxl_port *port);
bool cxla_ports_reread(struct cxl_memdev *cxlmd);
int cxla_port_bring_up(struct cxl_memdev *cxlmd, struct cxl_port *port);

DEFINE_FREE(cxla_put_port, struct cxl_port *,
	    if (!IS_ERR_OR_NULL(_T)) put_device(&_T->dev))

/* ------------------------------ decoders --------------------------- */

enum cxl_decoder_flags {
	CXL_DECODER_F_RAM = BIT(0),
	CXL_DECODER_F_PMEM = BIT(1),
	CXL_DECODER_F_TYPE2 = BIT(2),
	CXL_DECODER_F_TYPE3 = BIT(3),
	CXL_DECODER_F_LOCK = BIT(4),
	CXL_DECODER_F_ENABLE = BIT(5),	/* committed */
	CXL_DECODER_F_BROKEN = BIT(6),	/* committed, values make no sense */
};

/**
 * struct cxl_decoder - what the three kinds have in common
 * @dev: child of its port, or of the root port
 * @id: instance in the port
 * @hpa_range: inclusive; empty range when it never decoded
 * @ways: interleave ways
 * @granularity: bytes
 * @host_only: expander memory (HDM-H); else accelerator memory
 * @carried: more bits of its control, see struct cxl_hdm_decoded
 * @flags: enum cxl_decoder_flags; from hardware or CEDT, nowhere else
 * @nr_targets: entries of @targets
 * @targets: dport ids in interleave order; root and switch
 * @region: region that it takes part in
 *
 * Range, ways, targets and the like are what hardware said when it was last
 * committed with values that make sense: what is to be written to have it
 * decode again. Whether it decodes them now is for @flags to say, ENABLE
 * without BROKEN.
 */
struct cxl_decoder {
	struct device dev;
	int id;
	struct range hpa_range;
	unsigned int ways;
	unsigned int granularity;
	bool host_only;
	u32 carried;
	unsigned long flags;
	int nr_targets;
	u32 targets[CXLA_MAX_TARGETS];
	struct cxl_region *region;
};

/**
 * struct cxl_root_decoder - a window
 * @cxld: common part; @cxld.targets are _UIDs of host bridges
 * @res: its place in the iomem tree
 * @qos_class: QoS throttling group, -1 unknown
 * @regions_lock: who unregisters a region, and construction
 * @regions: by HPA; regions_lock
 * @orphans: endpoint decoders whose region ended with another member;
 *	regions_lock
 */
struct cxl_root_decoder {
	struct cxl_decoder cxld;
	struct resource res;
	int qos_class;
	struct mutex regions_lock;
	struct maple_tree regions;
	struct list_head orphans;
};

/**
 * struct cxl_endpoint_decoder - a device's own
 * @cxld: common part
 * @dpa_base: first byte of device memory it maps
 * @dpa_size: bytes, 0 when it maps none
 * @skip: bytes of device memory left out in front of @dpa_base
 * @pos: position in its region; cxl_rwsem.region
 * @reason: why it is in no region; CXLA_REASON_NONE when it is
 * @cxlrd: window whose regions it was in, or NULL; lock of its port
 * @orphan: on @orphans of that window; its regions_lock
 */
struct cxl_endpoint_decoder {
	struct cxl_decoder cxld;
	u64 dpa_base;
	u64 dpa_size;
	u64 skip;
	int pos;
	enum cxla_reason reason;
	struct cxl_root_decoder *cxlrd;
	struct list_head orphan;
};

#define to_cxl_decoder(d) container_of(d, struct cxl_decoder, dev)

extern const struct device_type cxla_decoder_root_type;
extern const struct device_type cxla_decoder_switch_type;
extern const struct device_type cxla_decoder_endpoint_type;
extern const struct attribute_group *cxla_decoder_root_groups[];

static inline struct cxl_root_decoder *to_cxl_root_decoder(struct device *dev)
{
	return container_of(dev, struct cxl_root_decoder, cxld.dev);
}

static inline struct cxl_endpoint_decoder *
to_cxl_endpoint_decoder(struct device *dev)
{
	return container_of(dev, struct cxl_endpoint_decoder, cxld.dev);
}

static inline struct cxl_port *cxld_to_port(const struct cxl_decoder *cxld)
{
	return to_cxl_port(cxld->dev.parent);
}

static inline struct cxl_memdev *
cxled_to_memdev(const struct cxl_endpoint_decoder *cxled)
{
	return container_of(cxld_to_port(&cxled->cxld)->uport_dev,
			    struct cxl_memdev, dev);
}

/* whether all that @cxled maps is volatile, as far as the device was asked */
static inline bool cxled_is_volatile(const struct cxl_endpoint_decoder *cxled)
{
	const struct cxla_mem_identity *identity =
		&cxled_to_memdev(cxled)->cxlds->identity;

	return !identity->known ||
	       cxled->dpa_base + cxled->dpa_size <= identity->ram;
}

static inline enum cxl_hdm_kind cxla_port_kind(const struct cxl_port *port)
{
	return is_cxl_endpoint(port) ? CXL_HDM_ENDPOINT : CXL_HDM_SWITCH;
}

/* the device to name in messages about @cxled */
static inline struct device *cxled_to_hw(struct cxl_endpoint_decoder *cxled)
{
	return cxla_port_hw(cxld_to_port(&cxled->cxld));
}

int cxla_decoder_init(struct cxl_decoder *cxld, struct cxl_port *port, int id,
		      const struct device_type *type);
struct cxl_decoder *cxla_decoder_alloc(struct cxl_port *port, int id);
int cxla_decoders_alloc(struct cxl_port *port, int count);
int cxla_decoder_add(struct cxl_decoder *cxld);
void cxla_decoders_remove(struct cxl_port *port);

void cxla_hdm_read_decoder(void __iomem *hdm, int id, struct cxl_hdm_regs *regs);
void cxla_hdm_read(struct cxl_port *port, int id, struct cxl_hdm_regs *regs,
		   struct cxl_hdm_decoded *d);
void cxla_decoder_values(struct cxl_decoder *cxld, struct cxl_hdm_decoded *d);
int cxla_hdm_enable(struct cxl_port *port);
int cxla_hdm_reread(struct cxl_port *port);
int cxla_decoder_in_turn(const struct cxl_decoder *cxld, bool commit);
int cxla_decoder_reset(struct cxl_decoder *cxld);
int cxla_decoder_commit(struct cxl_decoder *cxld);
int cxla_decoder_read_back(struct cxl_decoder *cxld);
int cxla_hdm_setup(struct cxl_port *port);
void cxla_hdm_teardown(struct cxl_port *port);

/* ------------------------------ windows ---------------------------- */

/**
 * struct cxla_window - a fixed memory window, as the platform describes it
 * @range: HPA, inclusive
 * @ways: host bridges it interleaves across
 * @granularity: bytes
 * @targets: port ids (_UID) of host bridges in interleave order
 * @flags: CXL_DECODER_F_{RAM,PMEM,TYPE2,TYPE3,LOCK}
 * @qos_class: QoS throttling group
 */
struct cxla_window {
	struct range range;
	unsigned int ways;
	unsigned int granularity;
	u32 targets[CXLA_MAX_TARGETS];
	unsigned long flags;
	int qos_class;
};

int cxla_window_add(struct cxl_port *root, int id,
		    const struct cxla_window *window);
struct cxl_root_decoder *cxla_window_find(const struct range *range);
void cxla_windows_remove(struct cxl_port *root);
enum cxla_reason cxla_root_absent_reason(void);

/* ------------------------------ memdevs ---------------------------- */

enum cxla_memdev_flags {
	CXLA_MEMDEV_F_ATTACHED,	/* the driver got its range; @lock */
	CXLA_MEMDEV_F_REVOKING,	/* the range is being taken back, or was; @lock */
	CXLA_MEMDEV_F_RELEASED,	/* its owner let go of it; lock of the owner */
};

#define to_cxl_memdev(d) container_of(d, struct cxl_memdev, dev)

void cxla_memdev_wake(struct cxl_dev_state *cxlds);
/* asks for no range, and what its decoders map is general memory */
static inline bool cxla_is_expander(const struct cxl_memdev *cxlmd)
{
	return !cxlmd->attach && cxlmd->cxlds->type == CXL_DEVTYPE_CLASSMEM;
}

bool cxla_is_expander_named(const char *name);
struct cxl_memdev *cxla_memdev_add(struct cxl_dev_state *cxlds,
				   const struct cxl_memdev_attach *attach);
void cxla_memdev_drop(struct cxl_memdev *cxlmd);

/* ------------------------------- attach ---------------------------- */

/* Note why @cxlmd is not attached; returns -ENXIO to be passed on. */
int cxla_refuse(struct cxl_memdev *cxlmd, enum cxla_reason reason);
void cxla_record_start(struct cxl_memdev *cxlmd);
void cxla_record_phase(struct cxl_memdev *cxlmd, enum cxla_phase phase);
void cxla_record_end(struct cxl_memdev *cxlmd, const struct cxla_access *cost);
void cxla_attach_init(struct cxl_memdev *cxlmd);
void cxla_attach_revoke(struct cxl_memdev *cxlmd);
bool cxla_attach_complete(struct cxl_memdev *cxlmd);

/*
 * For lockdep: users of cxl_attach_enter() may be waited for with any of the
 * locks held that are held here, so that inside none of them may be taken. Said
 * at each attach, it need not come to a revoke, nor to a hang, to be reported.
 */
static inline void cxla_attach_may_wait(struct cxl_memdev *cxlmd)
{
	srcu_lock_sync(&cxlmd->srcu.dep_map);
}

void cxla_detach_queue(struct cxl_memdev *cxlmd, unsigned int binding);
bool cxla_device_detaching(struct device *dev);

/**
 * enum cxla_retry_why - what may help drivers that are without a range
 * @CXLA_RETRY_ARRIVED: a root or a port came up
 * @CXLA_RETRY_UNCLAIMED: who had a range has let go of it
 */
enum cxla_retry_why {
	CXLA_RETRY_ARRIVED,
	CXLA_RETRY_UNCLAIMED,
	CXLA_NR_RETRIES,
};

void cxla_retry_kick(enum cxla_retry_why why);
void cxla_news_seen(struct cxl_dev_state *cxlds);
void cxla_retry_update(struct cxl_dev_state *cxlds);

/* for lockdep: inside of here the lock of an accelerator is held */
#ifdef CONFIG_DEBUG_LOCK_ALLOC
extern struct lockdep_map cxla_accel_map;
#define cxla_accel_enter()	lock_map_acquire(&cxla_accel_map)
#define cxla_accel_exit()	lock_map_release(&cxla_accel_map)
#else
#define cxla_accel_enter()	do { } while (0)
#define cxla_accel_exit()	do { } while (0)
#endif

void cxla_accel_lock(struct device *dev);

/* ---------------------------- started ------------------------------ */

void cxla_enum_start(void);
int cxla_enum_wait(bool (*cancelled)(void *arg), void *arg,
		   unsigned int seconds);
void cxla_enum_wake(void);
void cxla_enum_rest(void);
int cxla_enum_await_rest(bool (*cancelled)(void *arg), void *arg,
			 unsigned int seconds);
void cxla_enum_exit(void);
bool cxla_enum_waited(void);
void cxla_enum_set_waited(void);

/* ------------------------------- PCI ------------------------------- */

int cxla_pci_add_dports(struct cxl_port *port);
int cxla_pci_mem_enable(struct cxl_memdev *cxlmd);
bool cxla_pci_is_frozen(struct cxl_memdev *cxlmd);
int cxla_probe_component_regs(struct cxl_register_map *map);

#include "region.h"

#endif /* __CXLA_CORE_H__ */
