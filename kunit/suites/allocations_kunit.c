// SPDX-License-Identifier: GPL-2.0-only
/*
 * What userspace and an accelerator do where firmware committed nothing, with each of
 * its allocations failing in turn: a region is made, sized, given its members, committed,
 * bound, uncommitted and deleted; an attach makes one and a detach takes it back. It is
 * done or it fails as a whole, done again it succeeds, and then nothing is left of it.
 * What firmware committed: steps_kunit. Soft Reserved ranges: soft_kunit, dax_region_kunit.
 */
#include "sweep.h"
#include "user_region_rig.h"

MODULE_IMPORT_NS("CXL");

static int stride = IS_ENABLED(CONFIG_KASAN) ? 11 : 1;
module_param(stride, int, 0444);
MODULE_PARM_DESC(stride, "one in so many allocations fails (default: 1, with KASAN 11)");

/**
 * struct operation - what is done over and over
 * @name: for who reads what came of it
 * @before: makes what it acts upon
 * @op: 0, or why it failed
 * @failed: as userspace does before it tries again; NULL: nothing
 * @after: takes back what is there after one that was done
 */
struct operation {
	const char *name;
	void (*before)(struct kunit *test);
	int (*op)(void);
	void (*failed)(struct kunit *test);
	void (*after)(struct kunit *test);
};

/* what they act upon */
static struct cxl_root_decoder *window;
static struct cxl_region *cxlr;
static char name[PAGE_SIZE] __aligned(PAGE_SIZE);	/* sysfs_emit() wants a page */

/* without a file, whose own allocations are none of ours */
static int store(struct device *dev, const char *attribute, const char *text)
{
	const struct device_attribute *attr = fake_attribute(dev, attribute);
	ssize_t rc = attr->store(dev, (struct device_attribute *)attr, text,
				 strlen(text));

	return rc < 0 ? rc : 0;
}

static void sweep(struct kunit *test, const struct operation *o)
{
	struct fake_snapshot made;
	int n, rc;

	for (n = 1; n < SWEEP_MANY; n += stride) {
		bool failed;

		if (o->before)
			o->before(test);
		made = fake_snapshot();
		sweep_fail(test, n);
		rc = o->op();
		failed = fake_fail_stop();
		if (rc) {
			/* nobody invents a reason where there is no memory */
			KUNIT_EXPECT_TRUE_MSG(test, failed && rc != -ENXIO,
					      "allocation %d of %s: %d", n, o->name, rc);
			if (o->failed)
				o->failed(test);
			fake_expect_snapshot(test, &made);
			KUNIT_ASSERT_EQ_MSG(test, o->op(), 0, "%s again, after allocation %d",
					    o->name, n);
		}
		o->after(test);
		fake_expect_snapshot(test, &before);
		expect_idle(test);
		if (!failed)
			break;
	}
	sweep_tell(test, o->name, n, stride);
}

/* ----------------------------- accelerators ------------------------ */

static int attach(void)
{
	int rc = fake_bind(accel);

	return rc ?: accel->accel.rc;
}

static void detach(struct kunit *test)
{
	fake_unbind(accel);
}

static void detach_after(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, accel->accel.range.start, ONE);
	detach(test);
	KUNIT_EXPECT_EQ(test, nr_committed(accel), 0);
}

static void attach_makes_its_region_or_leaves_nothing(struct kunit *test)
{
	accel->accel.create = true;
	sweep(test, &(struct operation) {
		.name = "attach-made", .op = attach, .failed = detach,
		.after = detach_after,
	});
}

static void attach_before(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, attach(), 0);
}

static int detach_op(void)
{
	fake_unbind(accel);
	return 0;
}

static void nothing_committed(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, nr_committed(accel), 0);
}

static void detach_takes_its_region_back(struct kunit *test)
{
	accel->accel.create = true;
	sweep(test, &(struct operation) {
		.name = "detach-made", .before = attach_before, .op = detach_op,
		.after = nothing_committed,
	});
}

/* ------------------------------- regions --------------------------- */

static void window_before(struct kunit *test)
{
	window = window_at(test, ONE);
	next_name(test, ONE, name);
}

static int make_op(void)
{
	return store(&window->cxld.dev, "create_ram_region", name);
}

/* the name of one that failed is used up */
static void make_failed(struct kunit *test)
{
	next_name(test, ONE, name);
}

static void made_after(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, store(&window->cxld.dev, "delete_region", name), 0);
}

static void region_is_made_or_is_not(struct kunit *test)
{
	sweep(test, &(struct operation) {
		.name = "make-region", .before = window_before, .op = make_op,
		.failed = make_failed, .after = made_after,
	});
}

/* given back: its DPA stays with the decoder */
static void give_back(struct kunit *test, struct fake_node *node)
{
	KUNIT_EXPECT_EQ(test, write_u64(&decoder(node, 0)->cxld.dev, "dpa_size", 0), 0);
}

static void delete_after(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, delete(test, cxlr), 0);
	give_back(test, l0);
	give_back(test, r0);
}

static void empty_before(struct kunit *test)
{
	cxlr = make(test, ONE);
	KUNIT_ASSERT_EQ(test, write_u64(&cxlr->dev, "interleave_granularity", 256), 0);
	KUNIT_ASSERT_EQ(test, write_u64(&cxlr->dev, "interleave_ways", 1), 0);
}

static int size_op(void)
{
	return store(&cxlr->dev, "size", "0x10000000");
}

static void region_has_its_addresses_or_none(struct kunit *test)
{
	sweep(test, &(struct operation) {
		.name = "place-region", .before = empty_before, .op = size_op,
		.after = delete_after,
	});
}

static void mode_before(struct kunit *test)
{
	empty_before(test);
	KUNIT_ASSERT_EQ(test, size_op(), 0);
	KUNIT_ASSERT_EQ(test, store(&decoder(l0, 0)->cxld.dev, "mode", "ram"), 0);
}

static int dpa_op(void)
{
	return store(&decoder(l0, 0)->cxld.dev, "dpa_size", "0x10000000");
}

static void decoder_has_its_memory_or_none(struct kunit *test)
{
	sweep(test, &(struct operation) {
		.name = "allot", .before = mode_before, .op = dpa_op,
		.after = delete_after,
	});
}

static void dpa_before(struct kunit *test)
{
	mode_before(test);
	KUNIT_ASSERT_EQ(test, dpa_op(), 0);
}

static int target_op(void)
{
	return store(&cxlr->dev, "target0", dev_name(&decoder(l0, 0)->cxld.dev));
}

static void region_has_its_target_or_none(struct kunit *test)
{
	sweep(test, &(struct operation) {
		.name = "target-region", .before = dpa_before,
		.op = target_op, .after = delete_after,
	});
}

static void whole_before(struct kunit *test)
{
	cxlr = region_of(test, ONE, &l0, 1, 0);
}

static int commit_op(void)
{
	return fake_write_commit(cxlr, true);
}

static void region_is_committed_or_is_not(struct kunit *test)
{
	sweep(test, &(struct operation) {
		.name = "commit-made", .before = whole_before,
		.op = commit_op, .after = delete_after,
	});
}

static void interleaved_before(struct kunit *test)
{
	struct fake_node *members[] = { l0, r0 };

	cxlr = region_of(test, BOTH, members, 2, 0);
}

static void interleaved_region_is_committed_or_is_not(struct kunit *test)
{
	sweep(test, &(struct operation) {
		.name = "commit-interleaved", .before = interleaved_before,
		.op = commit_op,
		.after = delete_after,
	});
}

static void committed_before(struct kunit *test)
{
	whole_before(test);
	KUNIT_ASSERT_EQ(test, commit_op(), 0);
}

static int bind_op(void)
{
	/* the driver core keeps to itself what a probe returned */
	return device_attach(&cxlr->dev) == 1 ? 0 : -ENOMEM;
}

static void region_is_bound_or_is_not(struct kunit *test)
{
	sweep(test, &(struct operation) {
		.name = "bind-made", .before = committed_before,
		.op = bind_op, .after = delete_after,
	});
}

static void bound_before(struct kunit *test)
{
	committed_before(test);
	KUNIT_ASSERT_EQ(test, bind_op(), 0);
}

static int uncommit_op(void)
{
	return fake_write_commit(cxlr, false);
}

static void region_is_uncommitted_or_stays(struct kunit *test)
{
	sweep(test, &(struct operation) {
		.name = "uncommit-made", .before = bound_before,
		.op = uncommit_op, .after = delete_after,
	});
}

static void named_before(struct kunit *test)
{
	bound_before(test);
	window = cxlr->cxlrd;
	strscpy(name, dev_name(&cxlr->dev), sizeof(name));
}

static int delete_op(void)
{
	return store(&window->cxld.dev, "delete_region", name);
}

static void deleted_after(struct kunit *test)
{
	give_back(test, l0);
}

static void region_is_deleted_or_stays(struct kunit *test)
{
	sweep(test, &(struct operation) {
		.name = "delete-made", .before = named_before,
		.op = delete_op, .after = deleted_after,
	});
}

/* ------------------------------ expanders -------------------------- */

static void unbound_before(struct kunit *test)
{
	fake_unbind(l1);
}

static int bind_idle_op(void)
{
	struct cxl_port *endpoint;
	int rc = fake_bind(l1);

	if (rc)
		return rc;
	if (IS_ERR(l1->accel.memdev))
		return PTR_ERR(l1->accel.memdev);
	endpoint = l1->accel.memdev->endpoint;
	return PTR_ERR_OR_ZERO(endpoint);
}

static void unbind_idle(struct kunit *test)
{
	fake_unbind(l1);
}

static void nothing_after(struct kunit *test)
{
}

static void idle_expander_is_there_or_is_not(struct kunit *test)
{
	sweep(test, &(struct operation) {
		.name = "bind-idle", .before = unbound_before,
		.op = bind_idle_op,
		.failed = unbind_idle, .after = nothing_after,
	});
}

static int unbind_idle_op(void)
{
	fake_unbind(l1);
	return 0;
}

static void bound_after(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, bind_idle_op(), 0);
}

static void idle_expander_goes_whatever_fails(struct kunit *test)
{
	sweep(test, &(struct operation) {
		.name = "unbind-idle", .op = unbind_idle_op,
		.after = bound_after,
	});
}

static struct kunit_case allocations_cases[] = {
	KUNIT_CASE(attach_makes_its_region_or_leaves_nothing),
	KUNIT_CASE(detach_takes_its_region_back),
	KUNIT_CASE(region_is_made_or_is_not),
	KUNIT_CASE(region_has_its_addresses_or_none),
	KUNIT_CASE(decoder_has_its_memory_or_none),
	KUNIT_CASE(region_has_its_target_or_none),
	KUNIT_CASE(region_is_committed_or_is_not),
	KUNIT_CASE(interleaved_region_is_committed_or_is_not),
	KUNIT_CASE(region_is_bound_or_is_not),
	KUNIT_CASE(region_is_uncommitted_or_stays),
	KUNIT_CASE(region_is_deleted_or_stays),
	KUNIT_CASE(idle_expander_is_there_or_is_not),
	KUNIT_CASE(idle_expander_goes_whatever_fails),
	{}
};

static struct kunit_suite allocations_suite = {
	.name = "allocations_kunit",
	.init = user_region_init,
	.exit = user_region_exit,
	.test_cases = allocations_cases,
};

kunit_test_suite(allocations_suite);

MODULE_DESCRIPTION("KUnit: regions that are made, and an allocation that fails");
MODULE_LICENSE("GPL");
