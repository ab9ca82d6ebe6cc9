// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of one accelerator's attach, with the modules as shipped on hardware
 * that isn't there:
 *
 *   root > host bridge 7, two decoders
 *          > root port 3
 *            > accelerator, two decoders
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/pci.h>

#include "../fake/fake_fabric.h"
#include "deed.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW_BASE	0x1000000000ULL
#define WINDOW_SIZE	0x100000000ULL
#define RANGE_BASE	0x1010000000ULL
#define RANGE_SIZE	0x20000000ULL

struct fabric {
	struct fake_fabric *fake;
	struct fake_node *bridge;
	struct fake_node *device;
	struct fake_accel *accel;
};

static const struct fake_commit good = {
	.base = RANGE_BASE,
	.size = RANGE_SIZE,
	.targets = { 3 },
};

static int fabric_init(struct kunit *test)
{
	struct fabric *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	f->fake = fake_test_fabric(test);
	f->bridge = fake_bridge(f->fake, 7, 2);
	f->device = fake_endpoint(fake_root_port(f->bridge, 3), 0, 2,
				  RANGE_SIZE);
	fake_window(f->fake, f->bridge, WINDOW_BASE, WINDOW_SIZE);
	KUNIT_ASSERT_EQ(test, fake_fabric_start(f->fake), 0);
	f->accel = &f->device->accel;
	KUNIT_ASSERT_EQ(test, fake_hdm_commit(f->bridge, 0, &good), 0);
	KUNIT_ASSERT_EQ(test, fake_hdm_commit(f->device, 0, &good), 0);
	return 0;
}

static void root_add(struct kunit *test)
{
	struct fabric *f = test->priv;

	KUNIT_ASSERT_EQ(test, fake_root_add(f->fake), 0);
}

static void bind(struct kunit *test)
{
	struct fabric *f = test->priv;

	KUNIT_ASSERT_EQ(test, fake_bind(f->device), 0);
}

static void unbind(struct kunit *test)
{
	struct fabric *f = test->priv;

	fake_unbind(f->device);
}

/* bound if it isn't */
static void is_attached(struct kunit *test)
{
	struct fabric *f = test->priv;

	fake_expect_attached(test, f->device, RANGE_BASE, RANGE_SIZE);
}

static void is_refused(struct kunit *test, enum cxla_reason reason)
{
	struct fabric *f = test->priv;

	fake_expect_refused(test, f->device, reason);
}

/* the root is there and the accelerator attached */
static struct fabric *attached(struct kunit *test)
{
	root_add(test);
	bind(test);
	is_attached(test);
	return test->priv;
}

static void was_told(struct kunit *test, int revoked, int detached)
{
	struct fabric *f = test->priv;

	KUNIT_EXPECT_EQ(test, f->accel->nr_revoke, revoked);
	KUNIT_EXPECT_EQ(test, f->accel->nr_detach, detached);
}

/* -------------------------------- rules ---------------------------- */

static void committed_range_is_attached(struct kunit *test)
{
	attached(test);
	was_told(test, 0, 0);
	unbind(test);
	was_told(test, 1, 0);
}

static void attach_writes_no_decoder(struct kunit *test)
{
	struct fabric *f = test->priv;

	root_add(test);
	fake_count_reset(f->fake);
	is_attached(test);
	unbind(test);
	KUNIT_EXPECT_EQ(test, f->fake->count.writes, 0);
}

static void reads_are_reported_as_made(struct kunit *test)
{
	struct fabric *f = test->priv;

	root_add(test);
	fake_count_reset(f->fake);
	is_attached(test);
	KUNIT_EXPECT_EQ(test, f->accel->record.mmio_reads,
			f->fake->count.reads);
	KUNIT_EXPECT_EQ(test, f->device->count.reads, f->fake->count.reads);
}

static void attach_again_and_again_leaves_nothing(struct kunit *test)
{
	struct fake_snapshot before;
	int i;

	root_add(test);
	before = fake_snapshot();
	for (i = 0; i < 8; i++) {
		is_attached(test);
		unbind(test);
		fake_expect_snapshot(test, &before);
	}
	was_told(test, 8, 0);
}

static void no_root_is_a_reason(struct kunit *test)
{
	is_refused(test, CXLA_REASON_NO_ROOT);
}

static void idle_decoder_is_not_committed(struct kunit *test)
{
	struct fabric *f = test->priv;

	fake_hdm_uncommit(f->device, 0);
	root_add(test);
	is_refused(test, CXLA_REASON_NOT_COMMITTED);
}

static void decoder_of_size_zero_is_not_committed(struct kunit *test)
{
	struct fabric *f = test->priv;

	*fake_hdm_reg(f->device, 0, CXL_HDM_SIZE_LOW) = 0;
	root_add(test);
	is_refused(test, CXLA_REASON_NOT_COMMITTED);
}

static void range_outside_of_every_window_is_refused(struct kunit *test)
{
	struct fake_commit outside = good;
	struct fabric *f = test->priv;

	outside.base = WINDOW_BASE + WINDOW_SIZE;
	KUNIT_ASSERT_EQ(test, fake_hdm_commit(f->bridge, 0, &outside), 0);
	KUNIT_ASSERT_EQ(test, fake_hdm_commit(f->device, 0, &outside), 0);
	root_add(test);
	is_refused(test, CXLA_REASON_NO_WINDOW);
}

static void bridge_with_an_idle_decoder_is_not_committed(struct kunit *test)
{
	struct fabric *f = test->priv;

	fake_hdm_uncommit(f->bridge, 0);
	root_add(test);
	is_refused(test, CXLA_REASON_NOT_COMMITTED);
}

static void bridge_that_routes_elsewhere_is_refused(struct kunit *test)
{
	struct fabric *f = test->priv;

	*fake_hdm_reg(f->bridge, 0, CXL_HDM_TL_LOW) = 4;
	root_add(test);
	is_refused(test, CXLA_REASON_ROUTE_MISMATCH);
}

static void refused_device_attaches_when_the_cause_is_gone(struct kunit *test)
{
	struct fake_commit locked = good;
	struct fabric *f = test->priv;

	fake_hdm_uncommit(f->device, 0);
	root_add(test);
	is_refused(test, CXLA_REASON_NOT_COMMITTED);
	unbind(test);
	locked.flags = CXL_HDM_CTRL_LOCK;
	KUNIT_ASSERT_EQ(test, fake_hdm_commit(f->device, 0, &locked), 0);
	is_attached(test);
}

static void device_gone_from_the_bus_is_not_attached(struct kunit *test)
{
	struct fabric *f = test->priv;

	root_add(test);
	f->fake->gone = true;
	bind(test);
	KUNIT_EXPECT_TRUE(test, IS_ERR(f->accel->memdev));
	KUNIT_EXPECT_NE(test, f->accel->reason, CXLA_REASON_NONE);
}

static void root_that_goes_first_revokes_and_detaches_once(struct kunit *test)
{
	struct fabric *f = attached(test);

	fake_root_remove(f->fake);
	/* revoke is synchronous, detach is not; time costs nothing here */
	KUNIT_EXPECT_EQ(test, f->accel->nr_revoke, 1);
	msleep(5000);
	was_told(test, 1, 1);
	unbind(test);
	was_told(test, 1, 1);
}

static void unbind_right_after_the_root_went_is_clean(struct kunit *test)
{
	struct fabric *f = attached(test);

	fake_root_remove(f->fake);
	unbind(test);
	KUNIT_EXPECT_EQ(test, f->accel->nr_revoke, 1);
	KUNIT_EXPECT_LE(test, f->accel->nr_detach, 1);
}

/* as /sys/bus/cxla/drivers/NAME/unbind does */
static void goes_and_comes_again(struct kunit *test, struct device *dev)
{
	struct fabric *f = test->priv;

	device_release_driver(dev);
	KUNIT_EXPECT_EQ(test, f->accel->nr_revoke, 1);
	msleep(5000);
	was_told(test, 1, 1);
	unbind(test);
	was_told(test, 1, 1);
}

static void host_bridge_that_is_unbound_revokes_once(struct kunit *test)
{
	struct fabric *f = attached(test);
	struct cxl_port *port = fake_port(f->bridge);

	KUNIT_ASSERT_NOT_NULL(test, port);
	goes_and_comes_again(test, &port->dev);

	bind(test);
	KUNIT_EXPECT_TRUE(test, IS_ERR(f->accel->memdev));
	KUNIT_EXPECT_EQ(test, f->accel->reason, CXLA_REASON_PORT_DISABLED);
	unbind(test);
	KUNIT_EXPECT_EQ(test, device_attach(&port->dev), 1);
	is_attached(test);
	put_device(&port->dev);
}

static void endpoint_that_is_unbound_revokes_once(struct kunit *test)
{
	struct fabric *f = attached(test);
	struct device *dev = get_device(&f->accel->memdev->endpoint->dev);

	goes_and_comes_again(test, dev);
	put_device(dev);
	is_attached(test);
}

static void endpoint_bound_again_by_hand_is_no_error_of_an_attach(struct kunit *test)
{
	struct fabric *f = attached(test);
	struct cxl_port *endpoint = f->accel->memdev->endpoint;

	get_device(&endpoint->dev);
	device_release_driver(&endpoint->dev);
	/* it is brought up once, and was */
	KUNIT_EXPECT_NE(test, device_attach(&endpoint->dev), 1);
	KUNIT_EXPECT_NULL(test, endpoint->dev.driver);
	put_device(&endpoint->dev);
}

static void memdev_that_is_unbound_revokes_once(struct kunit *test)
{
	struct fabric *f = attached(test);
	struct device *dev = get_device(&f->accel->memdev->dev);

	goes_and_comes_again(test, dev);
	put_device(dev);
	is_attached(test);
}

static void pci_device_that_is_removed_revokes_once(struct kunit *test)
{
	struct fabric *f = attached(test);

	f->device->gone = true;
	pci_stop_and_remove_bus_device_locked(f->device->pdev);
	KUNIT_EXPECT_EQ(test, f->accel->nr_revoke, 1);
	fake_root_remove(f->fake);
	KUNIT_EXPECT_EQ(test, f->accel->nr_revoke, 1);
}

/* ------------------------------- race ------------------------------ */

static int root_comes_and_goes(void *data)
{
	struct fabric *f = data;
	int i, rc = 0;

	for (i = 0; i < 16 && !rc; i++) {
		msleep(1 + i * 7 % 40);
		fake_root_remove(f->fake);
		msleep(i * 5 % 11);
		rc = fake_root_add(f->fake);
	}
	return rc;
}

/* lingers between the range being found and the attach being complete */
static int linger(struct fake_node *device)
{
	fsleep(10 * USEC_PER_MSEC);
	return 0;
}

static void attach_while_the_root_goes_is_whole_or_nothing(struct kunit *test)
{
	struct fabric *f = test->priv;
	struct deed *root;
	int i, in_flight = 0, tries = 40;

	root_add(test);
	f->fake->slow = true;
	f->accel->after = linger;
	root = begin(test, root_comes_and_goes, f);
	for (i = 0; i < tries; i++) {
		bind(test);
		if (IS_ERR(f->accel->memdev)) {
			KUNIT_EXPECT_NE(test, f->accel->reason,
					CXLA_REASON_NONE);
			in_flight += f->accel->reason == CXLA_REASON_REVOKED;
		} else {
			is_attached(test);
		}
		msleep(i * 3 % 13);
		unbind(test);
	}
	KUNIT_EXPECT_EQ(test, end_of(test, root), 0);
	KUNIT_EXPECT_EQ(test, f->accel->nr_revoke, f->accel->nr_attached);
	KUNIT_EXPECT_LE(test, f->accel->nr_detach, f->accel->nr_revoke);
	/* both ends of the race were met */
	KUNIT_EXPECT_GT(test, f->accel->nr_attached, 0);
	KUNIT_EXPECT_GT(test, in_flight, 0);
	kunit_info(test, "%d of %d attached, %d revoked in flight, %d later",
		   f->accel->nr_attached, tries, in_flight,
		   f->accel->nr_detach);

	f->fake->slow = false;
	is_attached(test);
}

static struct kunit_case fabric_cases[] = {
	KUNIT_CASE(committed_range_is_attached),
	KUNIT_CASE(attach_writes_no_decoder),
	KUNIT_CASE(reads_are_reported_as_made),
	KUNIT_CASE(attach_again_and_again_leaves_nothing),
	KUNIT_CASE(no_root_is_a_reason),
	KUNIT_CASE(idle_decoder_is_not_committed),
	KUNIT_CASE(decoder_of_size_zero_is_not_committed),
	KUNIT_CASE(range_outside_of_every_window_is_refused),
	KUNIT_CASE(bridge_with_an_idle_decoder_is_not_committed),
	KUNIT_CASE(bridge_that_routes_elsewhere_is_refused),
	KUNIT_CASE(refused_device_attaches_when_the_cause_is_gone),
	KUNIT_CASE(device_gone_from_the_bus_is_not_attached),
	KUNIT_CASE(root_that_goes_first_revokes_and_detaches_once),
	KUNIT_CASE(unbind_right_after_the_root_went_is_clean),
	KUNIT_CASE(host_bridge_that_is_unbound_revokes_once),
	KUNIT_CASE(endpoint_that_is_unbound_revokes_once),
	KUNIT_CASE(endpoint_bound_again_by_hand_is_no_error_of_an_attach),
	KUNIT_CASE(memdev_that_is_unbound_revokes_once),
	KUNIT_CASE(pci_device_that_is_removed_revokes_once),
	KUNIT_CASE(attach_while_the_root_goes_is_whole_or_nothing),
	{}
};

static struct kunit_suite fabric_suite = {
	.name = "fabric_kunit",
	.init = fabric_init,
	.test_cases = fabric_cases,
};

kunit_test_suite(fabric_suite);

MODULE_DESCRIPTION("KUnit: the attach of one accelerator, on fake hardware");
MODULE_LICENSE("GPL");
