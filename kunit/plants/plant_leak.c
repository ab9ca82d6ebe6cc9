// SPDX-License-Identifier: GPL-2.0-only
/* Memory that nobody points to: kmemleak has to fail the run; the test passes. */
#include <kunit/test.h>
#include <linux/slab.h>

static void lost_memory_is_reported(struct kunit *test)
{
	int i;

	/* a stale word on some stack may still point to one of them */
	for (i = 0; i < 20; i++) {
		void *p = kmalloc(96, GFP_KERNEL);

		OPTIMIZER_HIDE_VAR(p);
	}
}

static struct kunit_case plant_leak_cases[] = {
	KUNIT_CASE(lost_memory_is_reported),
	{}
};

static struct kunit_suite plant_leak_suite = {
	.name = "plant_leak",
	.test_cases = plant_leak_cases,
};

kunit_test_suite(plant_leak_suite);

MODULE_DESCRIPTION("planted leak");
MODULE_LICENSE("GPL");
