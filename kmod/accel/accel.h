/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef __CXLA_ACCEL_H__
#define __CXLA_ACCEL_H__

#include <cxl/cxl.h>
#include <linux/kref.h>
#include <linux/poll.h>
#include <linux/rwsem.h>

#include "../core/devnode.h"

#define CXLA_EVENTS_KEPT	64

/**
 * struct cxla_events - what happened to an accelerator, for readers
 * @lock: guards the rest
 * @wait: who waits for more
 * @last: number of the last event; the first one is 1
 * @closed: there will be no more
 * @ring: the last of them, by number
 */
struct cxla_events {
	spinlock_t lock;	/* guards the rest */
	wait_queue_head_t wait;
	u64 last;
	bool closed;
	struct cxla_event ring[CXLA_EVENTS_KEPT];
};

/**
 * enum cxla_on_loss - what to do when the range is taken back
 * @CXLA_ON_LOSS_UNBIND: be unbound
 * @CXLA_ON_LOSS_PCI_ONLY: go on without, for good
 * @CXLA_ON_LOSS_REATTACH: go on without, and attach again when a root comes
 *
 * In a reset, or a recovery, the driver stays bound. After it the driver attaches
 * again, unless it is to go on without.
 */
enum cxla_on_loss {
	CXLA_ON_LOSS_UNBIND,
	CXLA_ON_LOSS_PCI_ONLY,
	CXLA_ON_LOSS_REATTACH,
};

/**
 * struct cxla_map - one attach, for the mappings made of it
 * @kref: the node's while attached, and one of each mapping
 * @cxlmd: memdev to enter; referenced
 * @range: HPA
 */
struct cxla_map {
	struct kref kref;
	struct cxl_memdev *cxlmd;
	struct range range;
};

/**
 * struct cxla_node - /dev/cxla/accelN, which open files outlive the device by
 * @kref: the device's while bound, one of each open file
 * @id: N
 * @devnode: /dev/cxla/accelN
 * @inode: carries all mappings, whichever inode the file was opened by
 * @lock: guards what follows. Innermost: no lock of the core, nor the
 *	mmap lock, is taken under it.
 * @accel: the device; NULL once unbound
 * @info: what ioctl and sysfs tell
 * @map: the attach to map; NULL unless attached
 * @revoked: the attach in flight, or made, was revoked
 * @told: range that readers were told to be attached, and not yet to be
 *	detached; empty otherwise
 * @events: for readers; own lock
 */
struct cxla_node {
	struct kref kref;
	int id;
	struct cxla_devnode devnode;
	struct inode *inode;
	struct rw_semaphore lock;
	struct cxla_accel *accel;
	struct cxla_accel_info info;
	struct cxla_map *map;
	bool revoked;
	struct range told;
	struct cxla_events events;
};

/**
 * struct cxla_file - an open file of a node
 * @node: the node, one of its references
 * @lock: keeps readers apart, guards @next
 * @next: number of the event that read() delivers next
 */
struct cxla_file {
	struct cxla_node *node;
	struct mutex lock;	/* keeps readers apart */
	u64 next;
};

/**
 * struct cxla_accel - a bound device
 * @cxlds: CXL device state; first
 * @attach: what the driver asks of its memdev
 * @node: its device node
 * @mem: write-back mapping of the range, which is what makes mappings of
 *	userspace write-back too; NULL unless attached; @node->lock
 * @on_loss: what to do when it is taken back; @node->lock
 * @reset_jiffies: when it was reset last
 * @late: its memory was not ready after that, and is looked at
 */
struct cxla_accel {
	struct cxl_dev_state cxlds;
	struct cxl_attach_region attach;
	struct cxla_node *node;
	void *mem;
	enum cxla_on_loss on_loss;
	unsigned long reset_jiffies;
	bool late;
};

extern const struct attribute_group *cxla_accel_groups[];

extern const char * const cxla_on_loss_names[];

void cxla_accel_set_on_loss(struct cxla_accel *accel, enum cxla_on_loss what);

void cxla_events_init(struct cxla_events *events);
void cxla_events_push(struct cxla_events *events, enum cxla_event_type type,
		      enum cxla_reason reason, u64 start, u64 size);
void cxla_events_close(struct cxla_events *events);
u64 cxla_events_first(struct cxla_events *events);
ssize_t cxla_events_read(struct cxla_events *events, u64 *next,
			 char __user *buf, size_t count, bool nonblock);
__poll_t cxla_events_poll(struct cxla_events *events, u64 next,
			  struct file *file, poll_table *wait);

struct cxla_node *cxla_node_create(struct cxla_accel *accel);
int cxla_node_register(struct cxla_node *node);
void cxla_node_unregister(struct cxla_node *node);
void cxla_node_close(struct cxla_node *node);
void cxla_node_put(struct cxla_node *node);
void cxla_node_zap(struct cxla_node *node);
long cxla_node_ioctl_reset(struct cxla_node *node,
			   const struct cxla_reset_request __user *request);

struct cxla_map *cxla_map_create(struct cxl_memdev *cxlmd,
				 const struct range *range);
void cxla_map_put(struct cxla_map *map);
int cxla_map_mmap(struct cxla_map *map, struct vm_area_struct *vma);

int cxla_inode_init(void);
void cxla_inode_exit(void);
struct inode *cxla_inode_new(void);

#endif /* __CXLA_ACCEL_H__ */
