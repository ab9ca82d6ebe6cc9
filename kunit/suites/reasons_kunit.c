// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each reason for which an attach is refused, once, in the order of the list;
 * that the word for it is the one in sysfs; and that no reason is left out.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/ioport.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "../fake/fake_cache.h"
#include "../fake/fake_fabric.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW_BASE	0x1000000000ULL
#define RANGE_BASE	0x1010000000ULL
#define RANGE_SIZE	((u64)SZ_512M)
#define ROOT_DEVICE	"ACPI0017:00"

struct rig {
	struct fake_fabric *f;
	struct fake_node *bridge;
	struct fake_node *dev;
	struct fake_node *other;	/* below the same root port */
	struct fake_node *restricted;	/* below a CXL 1.1 host bridge */
	struct fake_node *deep;		/* below a switch too many */
};

/* reasons that a test below has brought about */
static unsigned long seen;

static int reasons_init(struct kunit *test)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	struct fake_node *port;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	test->priv = rig;
	rig->f = fake_test_fabric(test);
	rig->bridge = fake_bridge(rig->f, 7, 2);
	port = fake_root_port(rig->bridge, 3);
	rig->dev = fake_endpoint(port, 0, 2, RANGE_SIZE);
	rig->other = fake_endpoint(port, 1, 2, RANGE_SIZE);
	rig->restricted = fake_endpoint(fake_root_port(fake_rch(rig->f, 9), 0),
					0, 2, RANGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, rig->restricted);
	port = fake_root_port(rig->bridge, 4);
	for (int depth = 2; depth < CXLA_MAX_DEPTH; depth++)
		port = fake_downstream(fake_switch(port, 0), 0);
	rig->deep = fake_endpoint(port, 0, 2, RANGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, rig->deep);
	fake_window(rig->f, rig->bridge, WINDOW_BASE, SZ_4G);
	KUNIT_ASSERT_EQ(test, fake_fabric_start(rig->f), 0);
	KUNIT_ASSERT_EQ(test, fake_map(rig->dev, RANGE_BASE, RANGE_SIZE, 0), 0);
	return 0;
}

static struct rig *rig(struct kunit *test)
{
	return test->priv;
}

static void root_add(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
}

static void device_refused_as(struct kunit *test, struct fake_node *dev,
			      enum cxla_reason reason, const char *word)
{
	struct fake_snapshot before = fake_snapshot();

	fake_expect_refused(test, dev, reason);
	KUNIT_EXPECT_STREQ(test, cxl_attach_reason_str(dev->accel.reason),
			   word);
	KUNIT_EXPECT_EQ(test, range_len(&dev->accel.range), 0);
	if (dev->accel.reason == reason)
		set_bit(reason, &seen);
	/* at once, and not when the driver is unbound */
	fake_expect_snapshot(test, &before);
	/* no work was left to do, either: time costs nothing here */
	msleep(1000);
	KUNIT_EXPECT_PTR_NE(test, dev->pdev->dev.driver, NULL);
	KUNIT_EXPECT_EQ(test, dev->accel.nr_detach, 0);
}

static void refused_as(struct kunit *test, enum cxla_reason reason,
		       const char *word)
{
	device_refused_as(test, rig(test)->dev, reason, word);
}

static void attached_device_has_no_reason(struct kunit *test)
{
	root_add(test);
	fake_expect_attached(test, rig(test)->dev, RANGE_BASE, RANGE_SIZE);
	KUNIT_EXPECT_STREQ(test,
			   cxl_attach_reason_str(rig(test)->dev->accel.reason),
			   "none");
	set_bit(CXLA_REASON_NONE, &seen);
}

static void no_root(struct kunit *test)
{
	refused_as(test, CXLA_REASON_NO_ROOT, "no-root");
}

static int root_device_probe(struct platform_device *pdev)
{
	return 0;
}

static void remove_root_device(void *pdev)
{
	platform_device_unregister(pdev);
}

static struct platform_device *root_device(struct kunit *test)
{
	struct platform_device *pdev;

	pdev = platform_device_register_simple(ROOT_DEVICE, -1, NULL, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pdev);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, remove_root_device,
							pdev), 0);
	return pdev;
}

static void root_unbound(struct kunit *test)
{
	root_device(test);
	refused_as(test, CXLA_REASON_ROOT_UNBOUND, "root-unbound");
}

/* a driver of the root by that name, as the in-tree stack's, or ours */
static void root_driver(struct kunit *test, const char *name,
			enum cxla_reason reason, const char *word)
{
	static const struct platform_device_id ids[] = {
		{ ROOT_DEVICE }, { }
	};
	struct platform_driver driver = {
		.probe = root_device_probe,
		.driver.name = name,
		.id_table = ids,
	};
	struct platform_device *pdev = root_device(test);

	KUNIT_ASSERT_EQ(test, platform_driver_register(&driver), 0);
	KUNIT_EXPECT_PTR_EQ(test, pdev->dev.driver, &driver.driver);
	refused_as(test, reason, word);
	platform_driver_unregister(&driver);
}

static void root_in_use(struct kunit *test)
{
	root_driver(test, "cxl_acpi", CXLA_REASON_ROOT_IN_USE, "root-in-use");
}

static void root_that_is_ours_and_not_there_is_no_root(struct kunit *test)
{
	root_driver(test, "cxla_acpi", CXLA_REASON_NO_ROOT, "no-root");
}

static void port_disabled(struct kunit *test)
{
	struct cxl_port *port;

	root_add(test);
	port = fake_port(rig(test)->bridge);
	KUNIT_ASSERT_NOT_NULL(test, port);
	device_release_driver(&port->dev);
	refused_as(test, CXLA_REASON_PORT_DISABLED, "port-disabled");
	put_device(&port->dev);
}

static void media_not_ready(struct kunit *test)
{
	root_add(test);
	rig(test)->dev->accel.media_ready = false;
	refused_as(test, CXLA_REASON_MEDIA_NOT_READY, "media-not-ready");
}

static void no_registers(struct kunit *test)
{
	root_add(test);
	fake_locator(rig(test)->dev, 0, 0, CXL_REGLOC_RBI_MEMDEV, 0);
	refused_as(test, CXLA_REASON_NO_REGISTERS, "no-registers");
}

static void registers_of_another_driver_are_no_registers(struct kunit *test)
{
	struct resource *regs;
	u64 bar;

	root_add(test);
	bar = pci_resource_start(rig(test)->dev->pdev, 0);
	/* as an in-tree driver that still has the device would hold them */
	regs = request_mem_region(bar + FAKE_HDM, 0x50, "somebody");
	KUNIT_ASSERT_NOT_NULL(test, regs);
	refused_as(test, CXLA_REASON_NO_REGISTERS, "no-registers");
	release_mem_region(bar + FAKE_HDM, 0x50);
}

static void no_decoder(struct kunit *test)
{
	root_add(test);
	/* its array of capabilities is empty */
	*fake_block_reg(rig(test)->dev, FAKE_CAP_ARRAY) &= ~GENMASK(31, 24);
	refused_as(test, CXLA_REASON_NO_DECODER, "no-decoder");
}

static void not_committed(struct kunit *test)
{
	root_add(test);
	fake_hdm_uncommit(rig(test)->dev, 0);
	refused_as(test, CXLA_REASON_NOT_COMMITTED, "not-committed");
}

static void bad_decoder(struct kunit *test)
{
	root_add(test);
	*fake_hdm_reg(rig(test)->dev, 0, CXL_HDM_BASE_LOW) |= 1;
	refused_as(test, CXLA_REASON_BAD_DECODER, "bad-decoder");
}

static void no_window(struct kunit *test)
{
	rig(test)->f->nr_windows = 0;
	root_add(test);
	refused_as(test, CXLA_REASON_NO_WINDOW, "no-window");
}

static void route_mismatch(struct kunit *test)
{
	*fake_hdm_reg(rig(test)->bridge, 0, CXL_HDM_TL_LOW) = 4;
	root_add(test);
	refused_as(test, CXLA_REASON_ROUTE_MISMATCH, "route-mismatch");
}

static void interleaved(struct kunit *test)
{
	struct fake_node *bridge = rig(test)->bridge, *dev = rig(test)->dev;

	/* a region of two ways that has one member */
	*fake_hdm_reg(bridge, 0, CXL_HDM_TL_LOW) = 0x0403;
	*fake_hdm_reg(bridge, 0, CXL_HDM_CTRL) |= FIELD_PREP(CXL_HDM_CTRL_IW, 1);
	*fake_hdm_reg(dev, 0, CXL_HDM_CTRL) |= FIELD_PREP(CXL_HDM_CTRL_IW, 1);
	root_add(test);
	refused_as(test, CXLA_REASON_INTERLEAVED, "interleaved");
}

/* two functions of one device that say the same range is theirs */
static void overlap(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_map(rig(test)->other, RANGE_BASE, RANGE_SIZE,
				       0), 0);
	root_add(test);
	fake_expect_attached(test, rig(test)->other, RANGE_BASE, RANGE_SIZE);
	refused_as(test, CXLA_REASON_OVERLAP, "overlap");
	KUNIT_EXPECT_EQ(test, rig(test)->other->accel.nr_revoke, 0);
}

static void system_ram(struct kunit *test)
{
	struct resource ram = {
		.name = "System RAM",
		.start = RANGE_BASE + SZ_256M,
		.end = RANGE_BASE + SZ_256M + SZ_128M - 1,
		.flags = IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY,
	};

	root_add(test);
	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource, &ram), 0);
	refused_as(test, CXLA_REASON_SYSTEM_RAM, "system-ram");
	KUNIT_EXPECT_EQ(test, remove_resource(&ram), 0);
}

static void hw_error(struct kunit *test)
{
	root_add(test);
	fake_on_read(rig(test)->dev, FAKE_MMIO, 4, fake_vanish, NULL);
	refused_as(test, CXLA_REASON_HW_ERROR, "hw-error");
}

/* the range goes while it is being handed out */
static int loses_its_root(struct fake_node *node)
{
	struct cxl_port *port = fake_port(node->parent->parent);

	device_release_driver(&port->dev);
	put_device(&port->dev);
	return 0;
}

static void range_that_goes_while_it_is_handed_out_is_revoked(struct kunit *test)
{
	struct cxl_port *port;

	root_add(test);
	rig(test)->dev->accel.after = loses_its_root;
	port = fake_port(rig(test)->bridge);
	/* the ports go while the attach is in flight; so the snapshot differs */
	fake_expect_refused(test, rig(test)->dev, CXLA_REASON_REVOKED);
	KUNIT_EXPECT_STREQ(test,
			   cxl_attach_reason_str(rig(test)->dev->accel.reason),
			   "revoked");
	set_bit(CXLA_REASON_REVOKED, &seen);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 0);
	KUNIT_EXPECT_EQ(test, fake_snapshot().memdevs, 0);
	put_device(&port->dev);
}

static int fails(struct fake_node *node)
{
	return -EILSEQ;
}

static void other_errors_pass_through_as_they_are(struct kunit *test)
{
	struct fake_snapshot before;

	root_add(test);
	rig(test)->dev->accel.after = fails;
	before = fake_snapshot();
	KUNIT_ASSERT_EQ(test, fake_bind(rig(test)->dev), 0);
	/* passed through as it is */
	KUNIT_EXPECT_EQ(test, rig(test)->dev->accel.rc, -EILSEQ);
	KUNIT_EXPECT_EQ(test, rig(test)->dev->accel.reason, CXLA_REASON_ERROR);
	KUNIT_EXPECT_EQ(test, range_len(&rig(test)->dev->accel.range), 0);
	fake_expect_snapshot(test, &before);
	set_bit(CXLA_REASON_ERROR, &seen);
}

static void restricted_host(struct kunit *test)
{
	root_add(test);
	device_refused_as(test, rig(test)->restricted,
			  CXLA_REASON_RESTRICTED_HOST, "restricted-host");
}

static void too_deep(struct kunit *test)
{
	root_add(test);
	device_refused_as(test, rig(test)->deep, CXLA_REASON_TOO_DEEP,
			  "too-deep");
}

static void quarantined(struct kunit *test)
{
	struct fake_node *other = rig(test)->other;

	KUNIT_ASSERT_EQ(test, fake_map(other, RANGE_BASE, RANGE_SIZE, 0), 0);
	root_add(test);
	fake_expect_attached(test, other, RANGE_BASE, RANGE_SIZE);
	KUNIT_ASSERT_EQ(test, fake_hold(other), 0);
	fake_root_remove(rig(test)->f);
	root_add(test);
	refused_as(test, CXLA_REASON_QUARANTINED, "quarantined");
	fake_let_go();
}

static void claimed(struct kunit *test)
{
	struct cxla_claim claim = { };
	const struct range range = { RANGE_BASE + SZ_2M, RANGE_BASE + SZ_4M - 1 };
	const struct cxla_verdict hmem = {
		.owner = CXLA_OWNER_HMEM,
		.state = CXLA_LEDGER_OWNED,
		.why = CXLA_WHY_NO_REGION,
	};

	root_add(test);
	KUNIT_ASSERT_EQ(test, cxla_claim(&claim, &range, &hmem, NULL), 0);
	refused_as(test, CXLA_REASON_CLAIMED, "claimed");
	fake_unbind(rig(test)->dev);
	cxla_unclaim(&claim);

	/* one who has it without having asked us */
	KUNIT_ASSERT_NOT_NULL(test, request_mem_region(range.start,
						       range_len(&range),
						       "dax0.0"));
	refused_as(test, CXLA_REASON_CLAIMED, "claimed");
	release_mem_region(range.start, range_len(&range));
}

/* of regions that are to be made; create_kunit has more of them */
static void region_to_be_made(struct kunit *test)
{
	struct fake_node *other = rig(test)->other;

	root_add(test);
	other->accel.create = true;
	other->accel.capacity = SZ_8G;
	device_refused_as(test, other, CXLA_REASON_NO_HPA, "no-hpa");
	fake_unbind(other);
	other->accel.capacity = SZ_128M;
	device_refused_as(test, other, CXLA_REASON_NO_DPA, "no-dpa");
	fake_unbind(other);
	other->accel.capacity = RANGE_SIZE;
	rig(test)->bridge->commit_fails = true;
	device_refused_as(test, other, CXLA_REASON_COMMIT_FAILED,
			  "commit-failed");
	fake_unbind(other);
	rig(test)->bridge->commit_fails = false;
	fake_cache_able = false;
	device_refused_as(test, other, CXLA_REASON_NO_CACHE_FLUSH,
			  "no-cache-flush");
	fake_cache_able = true;
}

/* the last one: a reason that is added needs a test */
static void every_reason_was_met(struct kunit *test)
{
	int reason;

	for (reason = 0; reason < CXLA_NR_REASONS; reason++)
		KUNIT_EXPECT_TRUE_MSG(test, test_bit(reason, &seen), "%s",
				      cxl_attach_reason_str(reason));
	/* what is not in the list is an error without a name */
	KUNIT_EXPECT_STREQ(test, cxl_attach_reason_str(reason), "error");
	KUNIT_EXPECT_STREQ(test, cxl_attach_reason_str(-1), "error");
}

static struct kunit_case reasons_cases[] = {
	KUNIT_CASE(attached_device_has_no_reason),
	KUNIT_CASE(no_root),
	KUNIT_CASE(root_unbound),
	KUNIT_CASE(root_in_use),
	KUNIT_CASE(root_that_is_ours_and_not_there_is_no_root),
	KUNIT_CASE(port_disabled),
	KUNIT_CASE(media_not_ready),
	KUNIT_CASE(no_registers),
	KUNIT_CASE(registers_of_another_driver_are_no_registers),
	KUNIT_CASE(no_decoder),
	KUNIT_CASE(not_committed),
	KUNIT_CASE(region_to_be_made),
	KUNIT_CASE(bad_decoder),
	KUNIT_CASE(no_window),
	KUNIT_CASE(route_mismatch),
	KUNIT_CASE(interleaved),
	KUNIT_CASE(overlap),
	KUNIT_CASE(system_ram),
	KUNIT_CASE(hw_error),
	KUNIT_CASE(range_that_goes_while_it_is_handed_out_is_revoked),
	KUNIT_CASE(other_errors_pass_through_as_they_are),
	KUNIT_CASE(restricted_host),
	KUNIT_CASE(too_deep),
	KUNIT_CASE(quarantined),
	KUNIT_CASE(claimed),
	KUNIT_CASE(every_reason_was_met),
	{}
};

static struct kunit_suite reasons_suite = {
	.name = "reasons_kunit",
	.init = reasons_init,
	.test_cases = reasons_cases,
};

kunit_test_suite(reasons_suite);

MODULE_DESCRIPTION("KUnit: reasons of a refused attach");
MODULE_LICENSE("GPL");
