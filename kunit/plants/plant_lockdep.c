// SPDX-License-Identifier: GPL-2.0-only
/* Two locks in two orders: lockdep has to fail the run; the test passes. */
#include <kunit/test.h>
#include <linux/mutex.h>

static DEFINE_MUTEX(plant_a);
static DEFINE_MUTEX(plant_b);

static void inverted_order_is_reported(struct kunit *test)
{
	mutex_lock(&plant_a);
	mutex_lock(&plant_b);
	mutex_unlock(&plant_b);
	mutex_unlock(&plant_a);

	mutex_lock(&plant_b);
	mutex_lock(&plant_a);
	mutex_unlock(&plant_a);
	mutex_unlock(&plant_b);
}

static struct kunit_case plant_lockdep_cases[] = {
	KUNIT_CASE(inverted_order_is_reported),
	{}
};

static struct kunit_suite plant_lockdep_suite = {
	.name = "plant_lockdep",
	.test_cases = plant_lockdep_cases,
};

kunit_test_suite(plant_lockdep_suite);

MODULE_DESCRIPTION("planted lock inversion");
MODULE_LICENSE("GPL");
