// SPDX-License-Identifier: GPL-2.0-only
/* An expectation that doesn't hold: KTAP has to fail the run. */
#include <kunit/test.h>

static void broken_expectation_is_reported(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 1, 2);
}

static struct kunit_case plant_ktap_cases[] = {
	KUNIT_CASE(broken_expectation_is_reported),
	{}
};

static struct kunit_suite plant_ktap_suite = {
	.name = "plant_ktap",
	.test_cases = plant_ktap_cases,
};

kunit_test_suite(plant_ktap_suite);

MODULE_DESCRIPTION("planted failure");
MODULE_LICENSE("GPL");
