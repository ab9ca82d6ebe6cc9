// SPDX-License-Identifier: GPL-2.0-only
/* A read after free: KASAN has to fail the run. */
#include <kunit/test.h>
#include <linux/slab.h>

static void read_after_free_is_reported(struct kunit *test)
{
	volatile char *p = kmalloc(64, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, (void *)p);
	OPTIMIZER_HIDE_VAR(p);
	kfree((void *)p);
	(void)p[3];
}

static struct kunit_case plant_kasan_cases[] = {
	KUNIT_CASE(read_after_free_is_reported),
	{}
};

static struct kunit_suite plant_kasan_suite = {
	.name = "plant_kasan",
	.test_cases = plant_kasan_cases,
};

kunit_test_suite(plant_kasan_suite);

MODULE_DESCRIPTION("planted use after free");
MODULE_LICENSE("GPL");
