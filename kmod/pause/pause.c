// SPDX-License-Identifier: GPL-2.0-only
/*
 * DOC: pause points
 *
 * What can go wrong between two steps is tested by holding one task between
 * them while another one acts. A point is armed by writing its name to
 * /sys/kernel/debug/cxla/pause; the next task that comes to it is held there,
 * once, until "-name" is written, it is killed, or CXLA_PAUSE_LONGEST is over.
 * Reading shows for each point its name, whether it is idle, armed or held, how
 * often somebody came by since it was armed last, and who is held. "reset" lets
 * everybody go and counts from nothing at all points: what passes where can be
 * found out with it.
 *
 * Only in kernels that are built for fault injection, which no production kernel
 * is, and under UML.
 */
#include <linux/debugfs.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/wait.h>

#include "pause.h"

/* nobody is held for good by a test that went away */
#define CXLA_PAUSE_LONGEST	(20 * HZ)

enum cxla_pause_state {
	CXLA_PAUSE_IDLE,
	CXLA_PAUSE_ARMED,
	CXLA_PAUSE_HELD,
};

#define CXLA_PAUSE_NAME(id, name) [CXLA_PAUSE_##id] = name,
static const char * const cxla_pause_names[] = {
	CXLA_PAUSE_POINTS(CXLA_PAUSE_NAME)
};

static const char * const cxla_pause_states[] = {
	[CXLA_PAUSE_IDLE] = "idle",
	[CXLA_PAUSE_ARMED] = "armed",
	[CXLA_PAUSE_HELD] = "held",
};

/* one point; cxla_pause_lock */
static struct {
	enum cxla_pause_state state;
	unsigned int passed;
	pid_t pid;
} cxla_pauses[CXLA_PAUSE_COUNT];

/* taken for a moment, under any lock of ours */
static DEFINE_SPINLOCK(cxla_pause_lock);
static DECLARE_WAIT_QUEUE_HEAD(cxla_pause_wait);

/* is the caller held at @point */
static bool cxla_pause_holds(enum cxla_pause_point point)
{
	guard(spinlock)(&cxla_pause_lock);
	return cxla_pauses[point].state == CXLA_PAUSE_HELD &&
	       cxla_pauses[point].pid == task_pid_nr(current);
}

/**
 * cxla_pause() - a test may hold the caller here
 * @point: which
 *
 * Context: sleeps, when a test wants it.
 */
void cxla_pause(enum cxla_pause_point point)
{
	long left;

	scoped_guard(spinlock, &cxla_pause_lock) {
		cxla_pauses[point].passed++;
		if (cxla_pauses[point].state != CXLA_PAUSE_ARMED)
			return;
		cxla_pauses[point].state = CXLA_PAUSE_HELD;
		cxla_pauses[point].pid = task_pid_nr(current);
	}

	/* one who is killed goes on, as it does in any other sleep of ours */
	left = wait_event_killable_timeout(cxla_pause_wait,
					   !cxla_pause_holds(point),
					   CXLA_PAUSE_LONGEST);
	if (!left)
		pr_info("cxla_core: nobody let %s[%d] go on from %s\n",
			current->comm, task_pid_nr(current),
			cxla_pause_names[point]);
	if (left > 0)
		return;
	guard(spinlock)(&cxla_pause_lock);
	if (cxla_pauses[point].state == CXLA_PAUSE_HELD &&
	    cxla_pauses[point].pid == task_pid_nr(current))
		cxla_pauses[point].state = CXLA_PAUSE_IDLE;
}
EXPORT_SYMBOL_NS_GPL(cxla_pause, "CXL");

static int cxla_pause_show(struct seq_file *seq, void *unused)
{
	for (int i = 0; i < CXLA_PAUSE_COUNT; i++) {
		guard(spinlock)(&cxla_pause_lock);
		seq_printf(seq, "%s %s %u", cxla_pause_names[i],
			   cxla_pause_states[cxla_pauses[i].state],
			   cxla_pauses[i].passed);
		if (cxla_pauses[i].state == CXLA_PAUSE_HELD)
			seq_printf(seq, " %d", cxla_pauses[i].pid);
		seq_putc(seq, '\n');
	}
	return 0;
}

static void cxla_pause_reset(void)
{
	scoped_guard(spinlock, &cxla_pause_lock)
		memset(cxla_pauses, 0, sizeof(cxla_pauses));
	wake_up_all(&cxla_pause_wait);
}

/**
 * cxla_pause_arm() - hold the next one who comes by
 * @point: where
 *
 * Return: 0; -EBUSY: somebody is held there.
 */
int cxla_pause_arm(enum cxla_pause_point point)
{
	guard(spinlock)(&cxla_pause_lock);
	if (cxla_pauses[point].state == CXLA_PAUSE_HELD)
		return -EBUSY;
	cxla_pauses[point].state = CXLA_PAUSE_ARMED;
	cxla_pauses[point].passed = 0;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(cxla_pause_arm, "CXL");

/**
 * cxla_pause_let_go() - whoever is held goes on, and the next one isn't
 * @point: where
 */
void cxla_pause_let_go(enum cxla_pause_point point)
{
	scoped_guard(spinlock, &cxla_pause_lock)
		cxla_pauses[point].state = CXLA_PAUSE_IDLE;
	wake_up_all(&cxla_pause_wait);
}
EXPORT_SYMBOL_NS_GPL(cxla_pause_let_go, "CXL");

/**
 * cxla_pause_held() - is somebody held
 * @point: where
 */
bool cxla_pause_held(enum cxla_pause_point point)
{
	guard(spinlock)(&cxla_pause_lock);
	return cxla_pauses[point].state == CXLA_PAUSE_HELD;
}
EXPORT_SYMBOL_NS_GPL(cxla_pause_held, "CXL");

static int cxla_pause_set(const char *word)
{
	bool arm = word[0] != '-';
	int point;

	if (!strcmp(word, "reset")) {
		cxla_pause_reset();
		return 0;
	}
	point = match_string(cxla_pause_names, CXLA_PAUSE_COUNT,
			     arm ? word : word + 1);
	if (point < 0)
		return -EINVAL;
	if (arm)
		return cxla_pause_arm(point);
	cxla_pause_let_go(point);
	return 0;
}

static ssize_t cxla_pause_write(struct file *file, const char __user *buf,
				size_t count, loff_t *pos)
{
	char *text __free(kfree) = NULL;
	int rc;

	if (!count || count > 64)
		return -EINVAL;
	text = memdup_user_nul(buf, count);
	if (IS_ERR(text))
		return PTR_ERR(no_free_ptr(text));
	rc = cxla_pause_set(strim(text));
	return rc ?: count;
}

DEFINE_SHOW_STORE_ATTRIBUTE(cxla_pause);

void cxla_pause_init(struct dentry *dir)
{
	debugfs_create_file("pause", 0600, dir, NULL, &cxla_pause_fops);
}
