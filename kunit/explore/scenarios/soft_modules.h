/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DOC: cxla_hmem and cxla_dax as modules of a schedule
 *
 * The parts of soft_parts.h, and a module loader for them: init and exit of a
 * module never run at the same time; cxla_dax is loaded while cxla_hmem is, and
 * keeps it.
 */
#ifndef EXPLORE_SOFT_MODULES_H
#define EXPLORE_SOFT_MODULES_H

#include "worlds.h"

enum soft_state {
	SOFT_OUT,
	SOFT_COMING,
	SOFT_LIVE,
	SOFT_GOING,
};

/**
 * struct soft_module - as the kernel has it
 * @init: called when it is loaded
 * @exit: called when it is removed
 * @needs: the module that has to be loaded; or NULL
 * @user: the module that keeps it; or NULL
 * @state: soft_modules_lock
 */
struct soft_module {
	int (*init)(void);
	void (*exit)(void);
	struct soft_module *needs;
	struct soft_module *user;
	enum soft_state state;
};

/**
 * struct soft_world - the machine's state that the bench does not have
 * @platform: hmem_platform
 * @refs: references to it before anybody else came
 * @iomem: entries of the iomem tree before there was a machine
 * @id: the number that device-dax would get then
 * @bound_first: the expander was bound before ranges were decided about
 * @late: cxla_hmem decided without the root
 * @unbound: somebody unbound hmem_platform
 * @disturbed: something above a range, or the range itself, was taken away
 * @undecoded: decoders were uncommitted
 * @mapped: and committed again
 * @other: another driver had a range
 */
struct soft_world {
	struct platform_device *platform;
	unsigned int refs;
	int iomem;
	int id;
	bool bound_first;
	bool late;
	bool unbound;
	bool disturbed;
	bool undecoded;
	bool mapped;
	bool other;
};

static struct soft_world soft;

static int soft_enum_wait(bool (*cancelled)(void *arg), void *arg,
			  unsigned int seconds)
{
	int rc = cxla_enum_wait(cancelled, arg, seconds);

	soft.late |= rc == -ETIMEDOUT;
	return rc;
}

static int soft_driver_register(struct cxla_driver *driver,
				struct module *owner);

#define cxla_enum_wait		soft_enum_wait
#define __cxla_driver_register	soft_driver_register
#include "../../suites/soft_parts.h"
#undef __cxla_driver_register

static bool soft_is_waiting(void)
{
	struct cxla_verdict verdict;
	struct range range;
	u64 hpa = 0, time;

	while (fake_ledger_find(hpa, &range, &verdict, &time)) {
		if (verdict.state == CXLA_LEDGER_WAITING)
			return true;
		hpa = range.end + 1;
	}
	return false;
}

/* cxla_dax registers its driver after cxla_hmem has decided */
static int soft_driver_register(struct cxla_driver *driver,
				struct module *owner)
{
	/* in the middle of a probe nothing is pending yet: first come, first served */
	if (hmem_turn.state != TURN_IDLE &&
	    hmem_turn.state != TURN_ABANDONED && soft_is_waiting())
		explore_fail("cxla_dax registers in the middle of the decision");
	return __cxla_driver_register(driver, owner);
}

/* ------------------------------ modules ---------------------------- */

/* what was loaded listens, until its exit takes it off the list, once */
static int soft_init_dax(void)
{
	int rc = soft_load_dax();

	if (rc || cxla_dax_listener.list.next != LIST_POISON1)
		return rc;
	explore_fail("cxla_dax is loaded, and is not on the list of listeners");
	cxla_hmem_listen(&cxla_dax_listener);
	return 0;
}

static DEFINE_MUTEX(soft_modules_lock);
static DECLARE_WAIT_QUEUE_HEAD(soft_modules_queue);
static struct soft_module soft_dax_module;

static struct soft_module soft_hmem_module = {
	.init = soft_load_hmem,
	.exit = cxla_hmem_exit,
	.user = &soft_dax_module,
};

static struct soft_module soft_dax_module = {
	.init = soft_init_dax,
	.exit = cxla_dax_exit,
	.needs = &soft_hmem_module,
};

static bool soft_dax_is_registered(void)
{
	return driver_find(cxla_dax_region_driver.drv.name, &cxla_bus_type);
}

static void soft_module_set(struct soft_module *module, enum soft_state state)
{
	scoped_guard(mutex, &soft_modules_lock)
		module->state = state;
	wake_up_all(&soft_modules_queue);
}

static int act_load(void *_module)
{
	struct soft_module *module = _module;
	int rc;

	/* as the kernel, until symbols are there that are about to come */
	if (module->needs)
		wait_event(soft_modules_queue,
			   READ_ONCE(module->needs->state) != SOFT_COMING);
	scoped_guard(mutex, &soft_modules_lock) {
		if (module->state != SOFT_OUT)
			return -EEXIST;
		if (module->needs && module->needs->state != SOFT_LIVE)
			return -ENOENT;
		module->state = SOFT_COMING;
	}
	rc = module->init();
	soft_module_set(module, rc ? SOFT_OUT : SOFT_LIVE);
	return rc;
}

static int act_unload(void *_module)
{
	struct soft_module *module = _module;

	scoped_guard(mutex, &soft_modules_lock) {
		if (module->state != SOFT_LIVE)
			return -EBUSY;
		if (module->user && module->user->state != SOFT_OUT)
			return -EBUSY;
		module->state = SOFT_GOING;
	}
	module->exit();
	if (module == &soft_dax_module && soft_dax_is_registered())
		explore_fail("cxla_dax was removed, and its driver is registered");
	if (module == &soft_hmem_module && work_busy(&hmem_work))
		explore_fail("cxla_hmem was removed, and its work is not done");
	soft_module_set(module, SOFT_OUT);
	return 0;
}

static int act_load_both(void *unused)
{
	return act_load(&soft_hmem_module) ?: act_load(&soft_dax_module);
}

static int act_unload_both(void *unused)
{
	act_unload(&soft_dax_module);
	return act_unload(&soft_hmem_module);
}

static int act_reload(void *unused)
{
	act_unload_both(NULL);
	return act_load_both(NULL);
}

/* until no worker has anything to do, however long it waits */
static void soft_settle(void)
{
	explore_core_settle();
	if (soft_hmem_module.state == SOFT_LIVE)
		flush_workqueue(hmem_wq);
	explore_core_settle();
}

#endif
