// SPDX-License-Identifier: GPL-2.0-only
/*
 * An attach that fails at any step leaves nothing: the device vanishes at each
 * read of registers or configuration space in turn, each allocation fails in
 * turn, each hook of the driver fails. Below a switch, so that ports come and
 * go with the attach:
 *
 *   root > host bridge 7 > root port 3 > switch > downstream port 1 > dev
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/pci.h>

#include "../fake/fake_fabric.h"
#include "sweep.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW_BASE	0x1000000000ULL
#define RANGE_BASE	0x1010000000ULL
#define RANGE_SIZE	((u64)SZ_512M)
#define MANY		5000

static int stride = 37;
module_param(stride, int, 0444);
MODULE_PARM_DESC(stride, "one in so many allocations fails (1: each)");

struct rig {
	struct fake_fabric *f;
	struct fake_node *bridge;
	struct fake_node *sw;
	struct fake_node *dev;
	struct fake_node *other;	/* below the same switch, not mapped */
};

static int steps_init(struct kunit *test)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	test->priv = rig;
	rig->f = fake_test_fabric(test);
	rig->bridge = fake_bridge(rig->f, 7, 2);
	rig->sw = fake_switch(fake_root_port(rig->bridge, 3), 2);
	rig->dev = fake_endpoint(fake_downstream(rig->sw, 1), 0, 2, RANGE_SIZE);
	rig->other = fake_endpoint(fake_downstream(rig->sw, 2), 0, 2,
				   RANGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, rig->dev);
	KUNIT_ASSERT_NOT_NULL(test, rig->other);
	fake_window(rig->f, rig->bridge, WINDOW_BASE, SZ_4G);
	KUNIT_ASSERT_EQ(test, fake_fabric_start(rig->f), 0);
	KUNIT_ASSERT_EQ(test, fake_map(rig->dev, RANGE_BASE, RANGE_SIZE, 0), 0);
	return 0;
}

static struct rig *rig(struct kunit *test)
{
	return test->priv;
}

static void is_attached(struct kunit *test)
{
	fake_expect_attached(test, rig(test)->dev, RANGE_BASE, RANGE_SIZE);
	fake_unbind(rig(test)->dev);
}

/* whatever came of it: a whole attach, or none and a reason */
static void is_whole_or_nothing(struct kunit *test,
				const struct fake_snapshot *before)
{
	const struct fake_accel *accel = &rig(test)->dev->accel;
	int revoked = accel->nr_revoke;

	if (accel->rc) {
		KUNIT_EXPECT_NE(test, accel->reason, CXLA_REASON_NONE);
		KUNIT_EXPECT_EQ(test, range_len(&accel->range), 0);
		fake_expect_snapshot(test, before);
	} else {
		KUNIT_EXPECT_EQ(test, accel->range.start, RANGE_BASE);
	}
	fake_unbind(rig(test)->dev);
	/* told of the end of what it got, and of nothing else */
	KUNIT_EXPECT_EQ(test, accel->nr_revoke - revoked, !accel->rc);
	KUNIT_EXPECT_EQ(test, accel->nr_detach, 0);
	fake_expect_snapshot(test, before);
}

/* ------------------------------ vanishing -------------------------- */

static void vanishes_at_each_read(struct kunit *test, struct fake_node *node,
				  unsigned int kinds)
{
	struct fake_snapshot before;
	int n;

	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	before = fake_snapshot();
	for (n = 1; n < MANY; n++) {
		fake_on_read(node, kinds, n, fake_vanish, NULL);
		if (fake_bind(rig(test)->dev))
			KUNIT_EXPECT_TRUE(test, node->gone);
		else
			is_whole_or_nothing(test, &before);
		if (!node->gone)
			break;
		node->gone = false;
	}
	fake_on_read(node, 0, 0, NULL, NULL);
	kunit_info(test, "%d reads", n - 1);
	KUNIT_EXPECT_GT(test, n, 5);
	KUNIT_EXPECT_LT(test, n, MANY);
	is_attached(test);
	fake_expect_snapshot(test, &before);
}

static void device_that_vanishes_at_any_register_leaves_nothing(struct kunit *test)
{
	vanishes_at_each_read(test, rig(test)->dev, FAKE_MMIO);
}

static void device_that_vanishes_from_configuration_space_leaves_nothing(struct kunit *test)
{
	vanishes_at_each_read(test, rig(test)->dev, FAKE_CFG);
}

static void switch_that_vanishes_at_any_register_leaves_nothing(struct kunit *test)
{
	vanishes_at_each_read(test, rig(test)->sw, FAKE_MMIO);
}

static void switch_that_vanishes_from_configuration_space_leaves_nothing(struct kunit *test)
{
	vanishes_at_each_read(test, rig(test)->sw, FAKE_CFG);
}

static void bridge_that_vanishes_at_any_register_leaves_a_root_that_can_go(struct kunit *test)
{
	struct fake_fabric *f = rig(test)->f;
	struct fake_snapshot before, now;
	int n;

	/* known from the first root on */
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
	fake_root_remove(f);
	before = fake_snapshot();
	for (n = 1; n < MANY; n++) {
		fake_on_read(rig(test)->bridge, FAKE_MMIO, n, fake_vanish, NULL);
		fake_root_add(f);
		now = fake_snapshot();
		KUNIT_ASSERT_EQ(test, fake_bind(rig(test)->dev), 0);
		is_whole_or_nothing(test, &now);
		fake_root_remove(f);
		fake_expect_snapshot(test, &before);
		if (!rig(test)->bridge->gone)
			break;
		rig(test)->bridge->gone = false;
	}
	kunit_info(test, "%d reads", n - 1);
	KUNIT_EXPECT_GT(test, n, 5);
	KUNIT_EXPECT_LT(test, n, MANY);
}

/* ----------------------------- allocations ------------------------- */

/* @op with one allocation failing, then @undo; until none is left to fail */
static void each_allocation(struct kunit *test, const char *name,
			    int (*op)(struct rig *),
			    void (*undo)(struct rig *))
{
	struct fake_snapshot before;
	int n, rc;
	bool failed;

	before = fake_snapshot();
	for (n = 1; n < SWEEP_MANY; n += stride) {
		sweep_fail(test, n);
		rc = op(rig(test));
		failed = fake_fail_stop();
		if (!failed) {
			KUNIT_EXPECT_EQ(test, rc, 0);
		} else {
				/* nobody invents a reason where there is no memory */
			KUNIT_EXPECT_NE_MSG(test, rc, -ENXIO,
					    "allocation %d", n);
		}
		undo(rig(test));
		fake_expect_snapshot(test, &before);
		if (!failed)
			break;
	}
	KUNIT_EXPECT_GT(test, n, 5);
	sweep_tell(test, name, n, stride);
}

static int op_bind(struct rig *rig)
{
	int rc = fake_bind(rig->dev);

	return rc ?: rig->dev->accel.rc;
}

static void undo_bind(struct rig *rig)
{
	fake_unbind(rig->dev);
}

static void attach_with_any_allocation_failing_leaves_nothing(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	each_allocation(test, "attach", op_bind, undo_bind);
	is_attached(test);
}

struct failure {
	struct kunit *test;
	int n;
};

static void fail_from_here(struct fake_node *node, void *_failure)
{
	struct failure *failure = _failure;

	sweep_fail(failure->test, failure->n);
}

/* of an attach the region is made after the last read of the device's registers */
static void region_has_its_driver_whatever_allocation_fails(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	struct failure failure = { .test = test };
	int attached = 0;
	unsigned int reads;
	bool failed;

	sweep_fail(test, 0);
	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	/* where its registers are is known the second time */
	for (int i = 0; i < 2; i++) {
		fake_count_reset(rig(test)->f);
		KUNIT_ASSERT_EQ(test, op_bind(rig(test)), 0);
		reads = dev->count.reads;
		undo_bind(rig(test));
	}
	for (failure.n = 1; failure.n < SWEEP_MANY; failure.n++) {
		int rc;

		fake_on_read(dev, FAKE_MMIO, reads, fail_from_here, &failure);
		rc = op_bind(rig(test));
		failed = fake_fail_stop();
		if (rc) {
			KUNIT_EXPECT_EQ(test, rc, -ENOMEM);
		} else {
			struct cxl_port *port = dev->accel.memdev->endpoint;
			struct cxl_region *cxlr = port->decoders[0]->region;

			attached++;
			KUNIT_EXPECT_NOT_NULL_MSG(test, cxlr->dev.driver,
						  "allocation %d", failure.n);
		}
		undo_bind(rig(test));
		if (!failed)
			break;
	}
	sweep_tell(test, "attach-its-region", failure.n, 1);
	/* the one in which nothing failed, and others */
	KUNIT_EXPECT_GT(test, attached, 1);
}

static int op_bind_expander(struct rig *rig)
{
	int rc = op_bind(rig);
	struct cxl_port *endpoint;

	if (rc)
		return rc;
	/* bound, it has what firmware committed */
	endpoint = rig->dev->accel.memdev->endpoint;
	return IS_ERR(endpoint) || !endpoint->decoders[0]->region ? -ENXIO : 0;
}

static void expander_with_any_allocation_failing_has_all_or_nothing(struct kunit *test)
{
	rig(test)->dev->accel.expander = true;
	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	each_allocation(test, "bind-expander", op_bind_expander, undo_bind);
}

static void bind_it(struct rig *rig)
{
	fake_bind(rig->dev);
}

static int op_unbind(struct rig *rig)
{
	fake_unbind(rig->dev);
	return 0;
}

static void unbind_with_any_allocation_failing_leaves_nothing(struct kunit *test)
{
	struct fake_snapshot before;
	bool failed = true;
	int n;

	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	before = fake_snapshot();
	for (n = 1; n < SWEEP_MANY && failed; n++) {
		bind_it(rig(test));
		sweep_fail(test, n);
		op_unbind(rig(test));
		failed = fake_fail_stop();
		fake_expect_snapshot(test, &before);
	}
	sweep_tell(test, "detach", n - 1, 1);
	is_attached(test);
}

static int op_root(struct rig *rig)
{
	return fake_root_add(rig->f);
}

static void undo_root(struct rig *rig)
{
	fake_root_remove(rig->f);
}

static void root_with_any_allocation_failing_can_go(struct kunit *test)
{
	/* known from the first root on */
	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	fake_root_remove(rig(test)->f);
	each_allocation(test, "return-root", op_root, undo_root);
	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	is_attached(test);
}

static void root_removal_with_any_allocation_failing_detaches(struct kunit *test)
{
	struct fake_accel *accel = &rig(test)->dev->accel;
	bool failed = true;
	int n;

	for (n = 1; n < SWEEP_MANY && failed; n++) {
		KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
		KUNIT_ASSERT_EQ(test, op_bind(rig(test)), 0);
		sweep_fail(test, n);
		fake_root_remove(rig(test)->f);
		failed = fake_fail_stop();
		KUNIT_EXPECT_EQ(test, accel->nr_revoke, n);
		msleep(1000);
		KUNIT_EXPECT_EQ(test, accel->nr_detach, n);
		fake_unbind(rig(test)->dev);
		KUNIT_EXPECT_EQ(test, fake_snapshot().devices, 0);
	}
	sweep_tell(test, "remove-root", n - 1, 1);
}

/* its driver needs memory, its decoders don't: they are not committed alone */
static void commit_with_any_allocation_failing_leaves_all_as_before(struct kunit *test)
{
	struct fake_accel *accel = &rig(test)->dev->accel;
	struct cxl_region *cxlr;
	int n, rc, failures = 0;

	accel->expander = true;
	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	KUNIT_ASSERT_EQ(test, fake_bind(rig(test)->dev), 0);
	KUNIT_ASSERT_EQ(test, accel->rc, 0);
	cxlr = accel->memdev->endpoint->decoders[0]->region;
	KUNIT_ASSERT_NOT_NULL(test, cxlr);
	for (n = 1; n < SWEEP_MANY; n++) {
		bool failed;

		KUNIT_ASSERT_EQ(test, fake_write_commit(cxlr, false), 0);
		sweep_fail(test, n);
		rc = fake_write_commit(cxlr, true);
		failed = fake_fail_stop();
		failures += !!rc;
		fake_expect_cxla(test, &cxlr->dev, "commit", rc ? "0" : "1");
		KUNIT_EXPECT_EQ_MSG(test, !cxlr->dev.driver, !!rc,
				    "allocation %d", n);
		KUNIT_EXPECT_EQ(test, fake_write_commit(cxlr, true), 0);
		KUNIT_EXPECT_NOT_NULL(test, cxlr->dev.driver);
		if (!failed)
			break;
		KUNIT_EXPECT_TRUE_MSG(test, !rc || rc == -ENOMEM, "%d", rc);
	}
	KUNIT_EXPECT_EQ(test, rc, 0);
	KUNIT_EXPECT_GT(test, failures, 0);
	sweep_tell(test, "commit", n, 1);
}

/* -------------------------------- hooks ---------------------------- */

static int fails(struct fake_node *node)
{
	return -EILSEQ;
}

static void hook_fails(struct kunit *test, struct fake_snapshot before)
{
	KUNIT_ASSERT_EQ(test, fake_bind(rig(test)->dev), 0);
	KUNIT_EXPECT_EQ(test, rig(test)->dev->accel.rc, -EILSEQ);
	fake_expect_snapshot(test, &before);
	KUNIT_EXPECT_EQ(test, rig(test)->dev->accel.nr_revoke, 0);
	fake_unbind(rig(test)->dev);
}

static void attach_probe_that_fails_leaves_nothing(struct kunit *test)
{
	struct fake_accel *accel = &rig(test)->dev->accel;

	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	accel->before = fails;
	hook_fails(test, fake_snapshot());
	accel->before = NULL;
	accel->after = fails;
	hook_fails(test, fake_snapshot());
	accel->after = NULL;
	is_attached(test);
}

static void range_of_an_attach_that_failed_after_it_was_found_is_empty(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	rig(test)->dev->accel.after = fails;
	KUNIT_ASSERT_EQ(test, fake_bind(rig(test)->dev), 0);
	KUNIT_EXPECT_EQ(test, range_len(&rig(test)->dev->accel.range), 0);
}

static void pci_probe_that_fails_after_the_attach_leaves_nothing(struct kunit *test)
{
	struct fake_accel *accel = &rig(test)->dev->accel;
	struct fake_snapshot before;

	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	before = fake_snapshot();
	accel->probe_error = -EILSEQ;
	KUNIT_EXPECT_NE(test, fake_bind(rig(test)->dev), 0);
	KUNIT_EXPECT_EQ(test, accel->nr_attached, 1);
	KUNIT_EXPECT_EQ(test, accel->nr_revoke, 1);
	fake_expect_snapshot(test, &before);
	msleep(1000);
	KUNIT_EXPECT_EQ(test, accel->nr_detach, 0);
	accel->probe_error = 0;
	is_attached(test);
}

/* ------------------------------ enables ---------------------------- */

static void decoders_left_disabled_are_enabled_once(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	u32 *global = fake_block_reg(dev, FAKE_HDM + CXL_HDM_GLOBAL_CTRL);

	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	*global = 0;
	fake_expect_attached(test, dev, RANGE_BASE, RANGE_SIZE);
	KUNIT_EXPECT_EQ(test, *global, CXL_HDM_GLOBAL_ENABLE);
	KUNIT_EXPECT_EQ(test, dev->count.writes, 1);
	/* Mem_Enable, too */
	KUNIT_EXPECT_TRUE(test, *fake_cfg(dev, FAKE_DVSEC_DEVICE + 0xc) & BIT(2));
	fake_unbind(dev);
	KUNIT_EXPECT_EQ(test, *global, CXL_HDM_GLOBAL_ENABLE);
}

static void memory_that_does_not_come_on_is_not_handed_out(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	u32 *global = fake_block_reg(dev, FAKE_HDM + CXL_HDM_GLOBAL_CTRL);
	u32 *ctrl = fake_cfg(dev, FAKE_DVSEC_DEVICE + 0xc);

	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	dev->deaf = true;
	/* HDM Decoder Enable, and then Mem_Enable */
	*global = 0;
	fake_expect_refused(test, dev, CXLA_REASON_HW_ERROR);
	fake_unbind(dev);
	*global = CXL_HDM_GLOBAL_ENABLE;
	*ctrl &= ~BIT(2);
	fake_expect_refused(test, dev, CXLA_REASON_HW_ERROR);
	fake_unbind(dev);
	dev->deaf = false;
	fake_expect_attached(test, dev, RANGE_BASE, RANGE_SIZE);
}

static void decoders_that_make_no_sense_are_not_enabled(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	u32 *global = fake_block_reg(dev, FAKE_HDM + CXL_HDM_GLOBAL_CTRL);

	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	*global = 0;
	*fake_hdm_reg(dev, 0, CXL_HDM_BASE_LOW) |= 1;
	fake_expect_refused(test, dev, CXLA_REASON_BAD_DECODER);
	KUNIT_EXPECT_EQ(test, *global, 0);
	KUNIT_EXPECT_EQ(test, dev->count.writes, 0);
	KUNIT_EXPECT_FALSE(test, *fake_cfg(dev, FAKE_DVSEC_DEVICE + 0xc) & BIT(2));
}

static void switch_that_is_unbound_gets_no_second_port(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	struct fake_snapshot before;
	struct cxl_port *port;

	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
	KUNIT_ASSERT_EQ(test, fake_bind(dev), 0);
	port = fake_port(rig(test)->sw);
	KUNIT_ASSERT_NOT_NULL(test, port);
	/* its port is there as long as the worker waits for the device */
	KUNIT_ASSERT_EQ(test, fake_hold(dev), 0);
	device_release_driver(&port->dev);
	before = fake_snapshot();
	fake_expect_refused(test, rig(test)->other, CXLA_REASON_PORT_DISABLED);
	fake_expect_snapshot(test, &before);
	fake_let_go();
	msleep(1000);
	KUNIT_EXPECT_EQ(test, dev->accel.nr_detach, 1);
	/* with the last user it is there still, to be bound again */
	fake_unbind(dev);
	fake_expect_refused(test, rig(test)->other, CXLA_REASON_PORT_DISABLED);
	fake_unbind(rig(test)->other);
	KUNIT_EXPECT_EQ(test, device_attach(&port->dev), 1);
	put_device(&port->dev);
	is_attached(test);
}

static struct kunit_case steps_cases[] = {
	KUNIT_CASE(device_that_vanishes_at_any_register_leaves_nothing),
	KUNIT_CASE(device_that_vanishes_from_configuration_space_leaves_nothing),
	KUNIT_CASE(switch_that_vanishes_at_any_register_leaves_nothing),
	KUNIT_CASE(switch_that_vanishes_from_configuration_space_leaves_nothing),
	KUNIT_CASE(bridge_that_vanishes_at_any_register_leaves_a_root_that_can_go),
	KUNIT_CASE(attach_with_any_allocation_failing_leaves_nothing),
	KUNIT_CASE(region_has_its_driver_whatever_allocation_fails),
	KUNIT_CASE(expander_with_any_allocation_failing_has_all_or_nothing),
	KUNIT_CASE(unbind_with_any_allocation_failing_leaves_nothing),
	KUNIT_CASE(root_with_any_allocation_failing_can_go),
	KUNIT_CASE(root_removal_with_any_allocation_failing_detaches),
	KUNIT_CASE(commit_with_any_allocation_failing_leaves_all_as_before),
	KUNIT_CASE(attach_probe_that_fails_leaves_nothing),
	KUNIT_CASE(range_of_an_attach_that_failed_after_it_was_found_is_empty),
	KUNIT_CASE(pci_probe_that_fails_after_the_attach_leaves_nothing),
	KUNIT_CASE(decoders_left_disabled_are_enabled_once),
	KUNIT_CASE(memory_that_does_not_come_on_is_not_handed_out),
	KUNIT_CASE(decoders_that_make_no_sense_are_not_enabled),
	KUNIT_CASE(switch_that_is_unbound_gets_no_second_port),
	{}
};

static struct kunit_suite steps_suite = {
	.name = "steps_kunit",
	.init = steps_init,
	.test_cases = steps_cases,
};

kunit_test_suite(steps_suite);

MODULE_DESCRIPTION("KUnit: an attach that fails at any step");
MODULE_LICENSE("GPL");
