// SPDX-License-Identifier: GPL-2.0-only
/*
 * One bug, chosen by the parameter `bug`, at insertion: the detector that is
 * made for it has to report. Each is a function of its own, so that the report
 * names it. Loaded by scenarios/planted_bug_is_found.sh.
 */
#include <linux/completion.h>
#include <linux/fault-inject.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

#define PLANT_SIZE	96

static char *bug = "";
module_param(bug, charp, 0444);
MODULE_PARM_DESC(bug, "which one");

static noinline int plant_use_after_free(void)
{
	volatile char *p = kmalloc(PLANT_SIZE, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	OPTIMIZER_HIDE_VAR(p);
	kfree((void *)p);
	(void)p[3];
	return 0;
}

static noinline int plant_out_of_bounds(void)
{
	volatile char *p = kmalloc(PLANT_SIZE - 3, GFP_KERNEL);

	if (!p)
		return -ENOMEM;
	OPTIMIZER_HIDE_VAR(p);
	p[PLANT_SIZE - 3] = 1;
	kfree((void *)p);
	return 0;
}

static DEFINE_MUTEX(plant_outer);
static DEFINE_MUTEX(plant_inner);

static noinline int plant_lock_inversion(void)
{
	mutex_lock(&plant_outer);
	mutex_lock(&plant_inner);
	mutex_unlock(&plant_inner);
	mutex_unlock(&plant_outer);

	mutex_lock(&plant_inner);
	mutex_lock(&plant_outer);
	mutex_unlock(&plant_outer);
	mutex_unlock(&plant_inner);
	return 0;
}

static DEFINE_SPINLOCK(plant_spinlock);

static noinline int plant_sleep_in_atomic(void)
{
	spin_lock(&plant_spinlock);
	/* may sleep; here it finds the lock free */
	mutex_lock(&plant_outer);
	mutex_unlock(&plant_outer);
	spin_unlock(&plant_spinlock);
	return 0;
}

struct plant_timed {
	struct timer_list timer;
};

static void plant_timer_fn(struct timer_list *timer)
{
}

static noinline int plant_free_of_active_timer(void)
{
	struct plant_timed *timed = kmalloc(sizeof(*timed), GFP_KERNEL);

	if (!timed)
		return -ENOMEM;
	timer_setup(&timed->timer, plant_timer_fn, 0);
	mod_timer(&timed->timer, jiffies + 600 * HZ);
	/* the detector takes the timer down, so this is all that happens */
	kfree(timed);
	return 0;
}

static noinline int plant_leak(void)
{
	int i;

	/* a stale word on some stack may still point to one of them */
	for (i = 0; i < 20; i++) {
		void *p = kmalloc(PLANT_SIZE, GFP_KERNEL);

		OPTIMIZER_HIDE_VAR(p);
	}
	return 0;
}

static DECLARE_COMPLETION(plant_never);
static struct task_struct *plant_hung;

static noinline int plant_waits(void *unused)
{
	wait_for_completion(&plant_never);
	return 0;
}

static noinline int plant_hung_task(void)
{
	plant_hung = kthread_create(plant_waits, NULL, "plant_hung");
	if (IS_ERR(plant_hung))
		return PTR_ERR(plant_hung);
	get_task_struct(plant_hung);
	wake_up_process(plant_hung);
	return 0;
}

static noinline int plant_failed_allocation(void)
{
#ifdef CONFIG_FAULT_INJECTION
	void *p;

	current->fail_nth = 1;
	p = kmalloc(PLANT_SIZE, GFP_KERNEL);
	current->fail_nth = 0;
	pr_info("plant_failed_allocation: %s\n", p ? "had its memory" :
						     "had no memory");
	kfree(p);
#endif
	return 0;
}

static unsigned long plant_counter;

/* two of them lose some of what they count */
static noinline int plant_counts(void *unused)
{
	unsigned long end = jiffies + HZ;

	while (time_before(jiffies, end)) {
		plant_counter++;
		/* each time, in memory */
		barrier();
		cond_resched();
	}
	return 0;
}

static noinline int plant_data_race(void)
{
	struct task_struct *other;

	other = kthread_create(plant_counts, NULL, "plant_counts");
	if (IS_ERR(other))
		return PTR_ERR(other);
	get_task_struct(other);
	wake_up_process(other);
	plant_counts(NULL);
	kthread_stop(other);
	put_task_struct(other);
	return 0;
}

static const struct {
	const char *name;
	int (*plant)(void);
} plants[] = {
	{ "use-after-free", plant_use_after_free },
	{ "out-of-bounds", plant_out_of_bounds },
	{ "lock-inversion", plant_lock_inversion },
	{ "sleep-in-atomic", plant_sleep_in_atomic },
	{ "free-of-active-timer", plant_free_of_active_timer },
	{ "leak", plant_leak },
	{ "hung-task", plant_hung_task },
	{ "failed-allocation", plant_failed_allocation },
	{ "data-race", plant_data_race },
};

static int __init plant_init(void)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(plants); i++)
		if (sysfs_streq(bug, plants[i].name))
			return plants[i].plant();
	pr_err("plant_bug: no bug is called '%s'\n", bug);
	return -EINVAL;
}
module_init(plant_init);

static void __exit plant_exit(void)
{
	if (!plant_hung)
		return;
	complete(&plant_never);
	kthread_stop(plant_hung);
	put_task_struct(plant_hung);
}
module_exit(plant_exit);

MODULE_DESCRIPTION("planted bugs");
MODULE_LICENSE("GPL");
