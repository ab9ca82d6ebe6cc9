// SPDX-License-Identifier: GPL-2.0-only
/* what the suites on the fake fabric have in common */
#include <kunit/test.h>
#include <linux/pci.h>

#include "fake_impl.h"

static void fake_test_destroy(void *f)
{
	fake_fabric_destroy(f);
}

struct fake_fabric *fake_test_fabric(struct kunit *test)
{
	struct fake_fabric *f = fake_fabric_create();

	KUNIT_ASSERT_NOT_NULL(test, f);
	KUNIT_ASSERT_EQ(test,
			kunit_add_action_or_reset(test, fake_test_destroy, f),
			0);
	fake_log_clear();
	return f;
}
EXPORT_SYMBOL_GPL(fake_test_fabric);

struct fake_node *fake_test_endpoint(struct kunit *test, u64 window, u64 base,
				     u64 size)
{
	struct fake_fabric *f = fake_test_fabric(test);
	struct fake_node *bridge = fake_bridge(f, 7, 2);
	struct fake_node *dev = fake_endpoint(fake_root_port(bridge, 3), 0, 2,
					      size);

	KUNIT_ASSERT_NOT_NULL(test, dev);
	fake_window(f, bridge, window, SZ_4G);
	KUNIT_ASSERT_EQ(test, fake_fabric_start(f), 0);
	KUNIT_ASSERT_EQ(test, fake_map(dev, base, size, 0), 0);
	return dev;
}
EXPORT_SYMBOL_GPL(fake_test_endpoint);

void fake_test_driver(struct kunit *test, struct fake_node *endpoint,
		      const char *driver)
{
	/* a BAR is enabled when it has its place; the PCI core takes it back */
	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource,
					      &endpoint->pdev->resource[0]), 0);
	if (endpoint->mailbox)
		KUNIT_ASSERT_EQ(test,
				insert_resource(&iomem_resource,
						&endpoint->pdev->resource[2]),
				0);
	KUNIT_ASSERT_EQ(test, fake_store(endpoint, "driver_override", driver),
			0);
}
EXPORT_SYMBOL_GPL(fake_test_driver);

void fake_test_up(struct kunit *test, struct fake_fabric *f)
{
	if (!f->started)
		KUNIT_ASSERT_EQ(test, fake_fabric_start(f), 0);
	KUNIT_ASSERT_EQ(test, fake_root_add(f), 0);
}
EXPORT_SYMBOL_GPL(fake_test_up);

void fake_expect_attached(struct kunit *test, struct fake_node *endpoint,
			  u64 base, u64 size)
{
	struct fake_accel *accel = &endpoint->accel;

	if (!accel->wanted)
		KUNIT_ASSERT_EQ(test, fake_bind(endpoint), 0);
	KUNIT_EXPECT_EQ_MSG(test, accel->rc, 0, "%s: reason %s, registers %d",
			    pci_name(endpoint->pdev),
			    cxl_attach_reason_str(accel->reason),
			    accel->setup_rc);
	KUNIT_EXPECT_EQ_MSG(test, accel->range.start, base, "%s",
			    pci_name(endpoint->pdev));
	KUNIT_EXPECT_EQ_MSG(test, accel->range.end, base + size - 1, "%s",
			    pci_name(endpoint->pdev));
}
EXPORT_SYMBOL_GPL(fake_expect_attached);

void fake_expect_refused(struct kunit *test, struct fake_node *endpoint,
			 enum cxla_reason reason)
{
	struct fake_accel *accel = &endpoint->accel;
	int revoked = accel->nr_revoke;

	if (!accel->wanted)
		KUNIT_ASSERT_EQ(test, fake_bind(endpoint), 0);
	KUNIT_EXPECT_TRUE(test, IS_ERR(accel->memdev));
	KUNIT_EXPECT_EQ(test, accel->rc, -ENXIO);
	KUNIT_EXPECT_STREQ_MSG(test, cxl_attach_reason_str(accel->reason),
			       cxl_attach_reason_str(reason), "%s",
			       pci_name(endpoint->pdev));
	KUNIT_EXPECT_EQ(test, accel->nr_revoke, revoked);
}
EXPORT_SYMBOL_GPL(fake_expect_refused);

void fake_expect_snapshot(struct kunit *test, const struct fake_snapshot *before)
{
	struct fake_snapshot now = fake_snapshot();

	KUNIT_EXPECT_EQ(test, now.devices, before->devices);
	KUNIT_EXPECT_EQ(test, now.ports, before->ports);
	KUNIT_EXPECT_EQ(test, now.endpoints, before->endpoints);
	KUNIT_EXPECT_EQ(test, now.decoders, before->decoders);
	KUNIT_EXPECT_EQ(test, now.memdevs, before->memdevs);
	KUNIT_EXPECT_EQ(test, now.regions, before->regions);
	KUNIT_EXPECT_EQ(test, now.iomem, before->iomem);
	KUNIT_EXPECT_EQ(test, now.iomem_regions, before->iomem_regions);
	KUNIT_EXPECT_EQ(test, now.mappings, before->mappings);
}
EXPORT_SYMBOL_GPL(fake_expect_snapshot);
