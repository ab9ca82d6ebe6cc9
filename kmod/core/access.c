// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: who counts accesses
 *
 * The meters of all tasks that have one. What is counted is found by the task
 * that makes the access, so that no function on the way has to pass a meter on.
 */
#include <linux/sched.h>
#include <linux/spinlock.h>

#include "access.h"

/* cxla_meters; taken for a moment, under any lock of ours */
static DEFINE_SPINLOCK(cxla_meters_lock);
static LIST_HEAD(cxla_meters);

/**
 * cxla_meter_start() - count what the current task accesses
 * @meter: zeroed, or with what was counted before
 *
 * Context: any task; not from an interrupt.
 */
void cxla_meter_start(struct cxla_meter *meter)
{
	meter->task = current;
	scoped_guard(spinlock, &cxla_meters_lock)
		list_add(&meter->list, &cxla_meters);
}
EXPORT_SYMBOL_NS_GPL(cxla_meter_start, "CXL");

/**
 * cxla_meter_stop() - the reverse
 * @meter: one that the current task started
 */
void cxla_meter_stop(struct cxla_meter *meter)
{
	scoped_guard(spinlock, &cxla_meters_lock)
		list_del(&meter->list);
}
EXPORT_SYMBOL_NS_GPL(cxla_meter_stop, "CXL");

/**
 * cxla_access_count() - the current task makes an access
 * @one: of which kind
 */
void cxla_access_count(const struct cxla_access *one)
{
	struct cxla_meter *meter;

	spin_lock(&cxla_meters_lock);
	list_for_each_entry(meter, &cxla_meters, list) {
		if (meter->task != current)
			continue;
		meter->count.mmio_reads += one->mmio_reads;
		meter->count.mmio_writes += one->mmio_writes;
		meter->count.cfg_reads += one->cfg_reads;
		meter->count.cfg_writes += one->cfg_writes;
	}
	spin_unlock(&cxla_meters_lock);
}
EXPORT_SYMBOL_NS_GPL(cxla_access_count, "CXL");
