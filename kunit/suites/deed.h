/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Something done in a thread of its own, which may be held between two steps
 * (pause/pause.c) while the test does something else.
 */
#ifndef KUNIT_DEED_H
#define KUNIT_DEED_H

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kthread.h>

#include "../../kmod/pause/pause.h"

struct deed {
	int (*fn)(void *data);
	void *data;
	int rc;
	struct completion done;
};

static inline int deed_thread(void *_deed)
{
	struct deed *deed = _deed;

	deed->rc = deed->fn(deed->data);
	complete(&deed->done);
	return 0;
}

static inline struct deed *begin(struct kunit *test, int (*fn)(void *data),
				 void *data)
{
	struct deed *deed = kunit_kzalloc(test, sizeof(*deed), GFP_KERNEL);
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, deed);
	deed->fn = fn;
	deed->data = data;
	init_completion(&deed->done);
	task = kthread_run(deed_thread, deed, "deed");
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	return deed;
}

static inline bool has_ended(struct deed *deed)
{
	return completion_done(&deed->done);
}

/* it has had the time it takes, and waits for somebody */
static inline void waits(struct kunit *test, struct deed *deed)
{
	msleep(1000);
	KUNIT_EXPECT_FALSE(test, has_ended(deed));
}

static inline int end_of(struct kunit *test, struct deed *deed)
{
	KUNIT_ASSERT_NE(test, wait_for_completion_timeout(&deed->done, 60 * HZ),
			0);
	return deed->rc;
}

static inline void arm(struct kunit *test, enum cxla_pause_point point)
{
	KUNIT_ASSERT_EQ(test, cxla_pause_arm(point), 0);
}

static inline void somebody_is_at(struct kunit *test,
				  enum cxla_pause_point point)
{
	for (int i = 0; i < 5000 && !cxla_pause_held(point); i++)
		fsleep(1000);
	KUNIT_ASSERT_TRUE(test, cxla_pause_held(point));
}

/* somebody is held at @point: it, or who came there because of it */
static inline struct deed *begin_until(struct kunit *test,
				       enum cxla_pause_point point,
				       int (*fn)(void *data), void *data)
{
	struct deed *deed;

	arm(test, point);
	deed = begin(test, fn, data);
	somebody_is_at(test, point);
	return deed;
}

static inline void go_on(enum cxla_pause_point point)
{
	cxla_pause_let_go(point);
	msleep(2000);
}

/* exit of a suite: nobody is held for longer than the test that wanted it */
static inline void all_go_on(struct kunit *test)
{
	bool held = false;

	for (int point = 0; point < CXLA_PAUSE_COUNT; point++) {
		held |= cxla_pause_held(point);
		cxla_pause_let_go(point);
	}
	if (held)
		msleep(2000);
}

#endif
