// SPDX-License-Identifier: GPL-2.0-only
/*
 * The modules as shipped on hardware that isn't there: a PCI bus whose
 * configuration space is an array, and MMIO that models HDM decoders. One host
 * bridge with decoders, one root port, one accelerator:
 *
 *   root > host bridge 40 (component registers at MMIO 0)
 *          > root port 40:00.0, port number 3
 *            > accelerator 41:00.0, BAR 0 (component registers at MMIO 0x10000)
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/pci.h>
#include <linux/platform_device.h>

#include "../../kmod/core/core.h"
#include "../fake/fake_mmio.h"

MODULE_IMPORT_NS("CXL");

#define BRIDGE_UID	7
#define PORT_NUMBER	3
#define ROOT_BUS	0x40
#define WINDOW_BASE	0x1000000000ULL
#define WINDOW_SIZE	0x100000000ULL
#define RANGE_BASE	0x1010000000ULL
#define RANGE_SIZE	0x20000000ULL
#define NR_DECODERS	2
#define HDM		0x1128

enum { BRIDGE, DEVICE };

/* one component register block of 64 KiB each; the bridge's, the device's */
static u32 fake_blocks[2][SZ_64K / 4];
static unsigned int fake_reads;
static unsigned int fake_writes;
static bool fake_slow;	/* reads sleep, so that others get their turn */
static bool fake_gone;	/* surprise removal: all ones */

static u8 fake_cfg[2][PCI_CFG_SPACE_EXP_SIZE];

/* ------------------------------ hardware --------------------------- */

static u32 *reg(int block, u32 offset)
{
	return &fake_blocks[block][offset / 4];
}

static u32 *decoder_reg(int block, int n, u32 offset)
{
	return reg(block, HDM + CXL_HDM_DECODER(n) + offset);
}

static u32 mmio_read(u32 offset)
{
	fake_reads++;
	if (READ_ONCE(fake_slow))
		usleep_range(1000, 1100);
	if (fake_gone || offset >= sizeof(fake_blocks))
		return ~0U;
	return fake_blocks[offset / SZ_64K][offset % SZ_64K / 4];
}

static void mmio_write(u32 offset, u32 value)
{
	fake_writes++;
	if (fake_gone || offset >= sizeof(fake_blocks))
		return;
	fake_blocks[offset / SZ_64K][offset % SZ_64K / 4] = value;
}

static const struct fake_mmio_ops mmio_ops = {
	.read = mmio_read,
	.write = mmio_write,
};

static u8 *cfg_of(struct pci_bus *bus, unsigned int devfn)
{
	if (devfn || fake_gone)
		return NULL;
	if (bus->number == ROOT_BUS)
		return fake_cfg[BRIDGE];
	return bus->number == ROOT_BUS + 1 ? fake_cfg[DEVICE] : NULL;
}

static int cfg_read(struct pci_bus *bus, unsigned int devfn, int where,
		    int size, u32 *value)
{
	u8 *cfg = cfg_of(bus, devfn);

	*value = ~0U;
	if (!cfg)
		return PCIBIOS_DEVICE_NOT_FOUND;
	*value = 0;
	memcpy(value, cfg + where, size);
	return PCIBIOS_SUCCESSFUL;
}

static int cfg_write(struct pci_bus *bus, unsigned int devfn, int where,
		     int size, u32 value)
{
	u8 *cfg = cfg_of(bus, devfn);

	if (!cfg)
		return PCIBIOS_DEVICE_NOT_FOUND;
	/* a 64-bit BAR of 64 KiB; the command; the rest doesn't take writes */
	if (cfg == fake_cfg[DEVICE] && where == PCI_BASE_ADDRESS_0)
		value = (value & 0xffff0000) | PCI_BASE_ADDRESS_MEM_TYPE_64;
	else if (!(cfg == fake_cfg[DEVICE] && where == PCI_BASE_ADDRESS_1) &&
		 where != PCI_COMMAND && where != 0x10c)
		return PCIBIOS_SUCCESSFUL;
	memcpy(cfg + where, &value, size);
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops fake_pci_ops = {
	.read = cfg_read,
	.write = cfg_write,
};

static void cfg_set(int who, int where, u32 value)
{
	memcpy(fake_cfg[who] + where, &value, 4);
}

static void fake_cfg_init(void)
{
	u64 bar = FAKE_MMIO_BASE + SZ_64K;
	int who;

	memset(fake_cfg, 0, sizeof(fake_cfg));
	for (who = BRIDGE; who <= DEVICE; who++) {
		cfg_set(who, PCI_VENDOR_ID, 0x0c500000 + 0xfffe + (who << 16));
		cfg_set(who, PCI_COMMAND, PCI_STATUS_CAP_LIST << 16);
		cfg_set(who, PCI_CAPABILITY_LIST, 0x40);
	}
	/* root port */
	cfg_set(BRIDGE, PCI_CLASS_REVISION, 0x06040000);
	fake_cfg[BRIDGE][PCI_HEADER_TYPE] = PCI_HEADER_TYPE_BRIDGE;
	cfg_set(BRIDGE, PCI_PRIMARY_BUS,
		ROOT_BUS | (ROOT_BUS + 1) << 8 | (ROOT_BUS + 1) << 16);
	cfg_set(BRIDGE, 0x40, PCI_CAP_ID_EXP |
		(2 | PCI_EXP_TYPE_ROOT_PORT << 4) << 16);
	cfg_set(BRIDGE, 0x40 + PCI_EXP_LNKCAP, PORT_NUMBER << 24 | 0x11);
	/* accelerator */
	cfg_set(DEVICE, PCI_CLASS_REVISION, 0x12000000);
	cfg_set(DEVICE, PCI_BASE_ADDRESS_0,
		lower_32_bits(bar) | PCI_BASE_ADDRESS_MEM_TYPE_64);
	cfg_set(DEVICE, PCI_BASE_ADDRESS_1, upper_32_bits(bar));
	cfg_set(DEVICE, 0x40, PCI_CAP_ID_EXP |
		(2 | PCI_EXP_TYPE_ENDPOINT << 4) << 16);
	/* DVSEC for CXL devices, then the register locator */
	cfg_set(DEVICE, 0x100, PCI_EXT_CAP_ID_DVSEC | 1 << 16 | 0x140 << 20);
	cfg_set(DEVICE, 0x104, PCI_VENDOR_ID_CXL | 0x3c << 20);
	cfg_set(DEVICE, 0x108, PCI_DVSEC_CXL_DEVICE | 0x14 << 16);
	cfg_set(DEVICE, 0x140, PCI_EXT_CAP_ID_DVSEC | 1 << 16);
	cfg_set(DEVICE, 0x144, PCI_VENDOR_ID_CXL | 0x14 << 20);
	cfg_set(DEVICE, 0x148, PCI_DVSEC_CXL_REG_LOCATOR);
	cfg_set(DEVICE, 0x14c, CXL_REGLOC_RBI_COMPONENT << 8);
}

static void fake_commit(int block, u64 base, u64 size, u32 flags)
{
	*decoder_reg(block, 0, CXL_HDM_BASE_LOW) = lower_32_bits(base);
	*decoder_reg(block, 0, CXL_HDM_BASE_HIGH) = upper_32_bits(base);
	*decoder_reg(block, 0, CXL_HDM_SIZE_LOW) = lower_32_bits(size);
	*decoder_reg(block, 0, CXL_HDM_SIZE_HIGH) = upper_32_bits(size);
	*decoder_reg(block, 0, CXL_HDM_CTRL) =
		CXL_HDM_CTRL_COMMIT | CXL_HDM_CTRL_COMMITTED | flags;
	if (block == BRIDGE)
		*decoder_reg(block, 0, CXL_HDM_TL_LOW) = PORT_NUMBER;
}

static void fake_mmio_init_blocks(void)
{
	int block;

	memset(fake_blocks, 0, sizeof(fake_blocks));
	for (block = BRIDGE; block <= DEVICE; block++) {
		*reg(block, 0x1000) = 0x01110001;
		*reg(block, 0x1004) = 0x12810005;
		/* two decoders, one target */
		*reg(block, HDM + CXL_HDM_CAP) = 0x11;
		*reg(block, HDM + CXL_HDM_GLOBAL_CTRL) = CXL_HDM_GLOBAL_ENABLE;
		fake_commit(block, RANGE_BASE, RANGE_SIZE, 0);
	}
}

/* ------------------------------- driver ---------------------------- */

struct accel {
	struct cxl_dev_state cxlds;
	struct cxl_attach_region attach;
};

/* the driver stays registered; it takes the device when a test says so */
static bool accel_wanted;
/* what the driver saw; device lock */
static int accel_setup_rc;
static struct cxl_memdev *accel_memdev;
static enum cxla_reason accel_reason;
static struct range accel_range;
static struct cxla_attach_record accel_record;
static int nr_attached, nr_revoke, nr_detach;

static void accel_revoke(struct cxl_memdev *cxlmd)
{
	nr_revoke++;
}

static void accel_detach(struct cxl_memdev *cxlmd)
{
	nr_detach++;
}

/* lingers between the range being found and the attach being complete */
static int accel_attach(struct cxl_memdev *cxlmd)
{
	int rc = cxl_memdev_attach_region(cxlmd);

	if (!rc && READ_ONCE(fake_slow))
		fsleep(10 * USEC_PER_MSEC);
	return rc;
}

static int accel_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct accel *accel;

	if (!accel_wanted)
		return -ENODEV;
	accel = devm_cxl_dev_state_create(&pdev->dev, CXL_DEVTYPE_DEVMEM, 1,
					  0x100, struct accel, cxlds, false);
	if (!accel)
		return -ENOMEM;
	accel->cxlds.media_ready = true;
	accel_setup_rc = cxl_pci_setup_regs(pdev, CXL_REGLOC_RBI_COMPONENT,
					    &accel->cxlds.reg_map);
	cxl_set_capacity(&accel->cxlds, RANGE_SIZE);
	accel->attach.attach.probe = accel_attach;
	accel->attach.attach.revoke = accel_revoke;
	accel->attach.attach.detach = accel_detach;
	accel_memdev = devm_cxl_add_memdev(&accel->cxlds, &accel->attach.attach);
	accel_reason = accel->cxlds.reason;
	accel_range = accel->attach.region;
	accel_record = accel->cxlds.record;
	nr_attached += !IS_ERR(accel_memdev);
	/* PCI-only is fine, too */
	return 0;
}

static const struct pci_device_id accel_ids[] = {
	{ PCI_DEVICE(0xfffe, 0x0c51) },
	{}
};

static struct pci_driver accel_driver = {
	.name = "fabric_kunit_accel",
	.id_table = accel_ids,
	.probe = accel_probe,
};

/* ------------------------------- fabric ---------------------------- */

struct fabric {
	struct platform_device *platform;
	struct pci_host_bridge *bridge;
	struct pci_bus *bus;
	struct cxl_port *root;
	struct pci_dev *device;
};

static int fabric_add_root(struct fabric *f)
{
	struct cxla_window window = {
		.range = {
			.start = WINDOW_BASE,
			.end = WINDOW_BASE + WINDOW_SIZE - 1,
		},
		.ways = 1,
		.granularity = 256,
		.targets = { BRIDGE_UID },
		.flags = CXL_DECODER_F_RAM | CXL_DECODER_F_TYPE2,
	};
	struct cxl_register_map map = {
		.host = &f->platform->dev,
		.resource = FAKE_MMIO_BASE,
		.max_size = SZ_64K,
		.reg_type = CXL_REGLOC_RBI_COMPONENT,
	};
	struct cxl_dport *dport;
	struct cxl_port *port;
	int rc;

	f->root = cxla_port_add(&f->platform->dev, &f->platform->dev, NULL,
				NULL, NULL);
	if (IS_ERR(f->root))
		return PTR_ERR(f->root);
	rc = cxla_windows_alloc(f->root, 1);
	if (!rc)
		rc = cxla_window_add(f->root, 0, &window);
	if (rc)
		return rc;
	scoped_guard(device, &f->root->dev) {
		rc = cxla_dport_add(f->root, &f->bridge->dev, BRIDGE_UID,
				    false);
		if (rc)
			return rc;
		dport = cxla_dport_by_dev(f->root, &f->bridge->dev);
	}
	rc = cxla_probe_component_regs(&map);
	if (rc)
		return rc;
	port = cxla_port_add(NULL, &f->bridge->dev, &map, dport, NULL);
	return PTR_ERR_OR_ZERO(port);
}

/* as cxla_acpi does when it is unbound */
static void fabric_remove_root(struct fabric *f)
{
	if (IS_ERR_OR_NULL(f->root))
		return;
	scoped_guard(device, &f->root->dev)
		cxla_port_remove_children(f->root);
	cxla_windows_remove(f->root);
	scoped_guard(device, &f->root->dev)
		cxla_dports_remove(f->root);
	cxla_port_unregister(f->root);
	f->root = NULL;
}

static int fabric_init(struct kunit *test)
{
	struct fabric *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	fake_gone = false;
	fake_slow = false;
	nr_attached = 0;
	nr_revoke = 0;
	nr_detach = 0;
	accel_memdev = ERR_PTR(-ENODEV);
	fake_cfg_init();
	fake_mmio_init_blocks();
	fake_mmio_set(&mmio_ops);

	f->platform = platform_device_register_simple("fabric_root", -1, NULL,
						      0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f->platform);
	f->bridge = pci_alloc_host_bridge(0);
	KUNIT_ASSERT_NOT_NULL(test, f->bridge);
	f->bridge->dev.parent = &f->platform->dev;
	f->bridge->ops = &fake_pci_ops;
	f->bridge->busnr = ROOT_BUS;
	KUNIT_ASSERT_EQ(test, pci_scan_root_bus_bridge(f->bridge), 0);
	f->bus = f->bridge->bus;
	pci_bus_add_devices(f->bus);
	f->device = pci_get_domain_bus_and_slot(pci_domain_nr(f->bus),
						ROOT_BUS + 1, 0);
	KUNIT_ASSERT_NOT_NULL(test, f->device);
	return 0;
}

static void fabric_unbind(struct fabric *f)
{
	accel_wanted = false;
	if (f->device)
		device_release_driver(&f->device->dev);
}

static void fabric_exit(struct kunit *test)
{
	struct fabric *f = test->priv;

	fabric_unbind(f);
	fabric_remove_root(f);
	pci_dev_put(f->device);
	if (f->bus) {
		pci_lock_rescan_remove();
		pci_stop_root_bus(f->bus);
		pci_remove_root_bus(f->bus);
		pci_unlock_rescan_remove();
		pci_free_host_bridge(f->bridge);
	}
	if (!IS_ERR_OR_NULL(f->platform))
		platform_device_unregister(f->platform);
	fake_mmio_set(NULL);
}

/* bind the accelerator's driver; its probe has run on return */
static void fabric_bind(struct kunit *test)
{
	struct fabric *f = test->priv;

	accel_wanted = true;
	KUNIT_ASSERT_EQ(test, device_attach(&f->device->dev), 1);
}

static void is_attached(struct kunit *test)
{
	KUNIT_EXPECT_FALSE_MSG(test, IS_ERR(accel_memdev),
			       "%ld, reason %s, registers %d",
			       PTR_ERR(accel_memdev),
			       cxl_attach_reason_str(accel_reason),
			       accel_setup_rc);
	KUNIT_EXPECT_EQ(test, accel_range.start, RANGE_BASE);
	KUNIT_EXPECT_EQ(test, accel_range.end, RANGE_BASE + RANGE_SIZE - 1);
}

static void is_refused(struct kunit *test, enum cxla_reason reason)
{
	KUNIT_EXPECT_TRUE(test, IS_ERR(accel_memdev));
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(accel_memdev), -ENXIO);
	KUNIT_EXPECT_STREQ(test, cxl_attach_reason_str(accel_reason),
			   cxl_attach_reason_str(reason));
	KUNIT_EXPECT_EQ(test, nr_revoke, 0);
}

/* -------------------------------- rules ---------------------------- */

static void committed_range_is_attached(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fabric_add_root(test->priv), 0);
	fabric_bind(test);
	is_attached(test);
	KUNIT_EXPECT_EQ(test, nr_revoke, 0);
	fabric_unbind(test->priv);
	KUNIT_EXPECT_EQ(test, nr_revoke, 1);
}

static void attach_writes_no_decoder(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fabric_add_root(test->priv), 0);
	fake_writes = 0;
	fabric_bind(test);
	is_attached(test);
	fabric_unbind(test->priv);
	KUNIT_EXPECT_EQ(test, fake_writes, 0);
}

static void reads_are_reported_as_made(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fabric_add_root(test->priv), 0);
	fake_reads = 0;
	fabric_bind(test);
	is_attached(test);
	KUNIT_EXPECT_EQ(test, accel_record.mmio_reads, fake_reads);
}

static void attach_again_and_again_leaves_nothing(struct kunit *test)
{
	int i;

	KUNIT_ASSERT_EQ(test, fabric_add_root(test->priv), 0);
	for (i = 0; i < 20; i++) {
		fabric_bind(test);
		is_attached(test);
		fabric_unbind(test->priv);
	}
	KUNIT_EXPECT_EQ(test, nr_revoke, 20);
}

static void no_root_is_a_reason(struct kunit *test)
{
	fabric_bind(test);
	is_refused(test, CXLA_REASON_NO_ROOT);
}

static void idle_decoder_is_not_committed(struct kunit *test)
{
	*decoder_reg(DEVICE, 0, CXL_HDM_CTRL) = 0;
	KUNIT_ASSERT_EQ(test, fabric_add_root(test->priv), 0);
	fabric_bind(test);
	is_refused(test, CXLA_REASON_NOT_COMMITTED);
}

static void zero_size_decoder_is_bad(struct kunit *test)
{
	fake_commit(DEVICE, RANGE_BASE, 0, 0);
	KUNIT_ASSERT_EQ(test, fabric_add_root(test->priv), 0);
	fabric_bind(test);
	is_refused(test, CXLA_REASON_BAD_DECODER);
}

static void range_outside_of_every_window_is_refused(struct kunit *test)
{
	fake_commit(BRIDGE, WINDOW_BASE + WINDOW_SIZE, RANGE_SIZE, 0);
	fake_commit(DEVICE, WINDOW_BASE + WINDOW_SIZE, RANGE_SIZE, 0);
	KUNIT_ASSERT_EQ(test, fabric_add_root(test->priv), 0);
	fabric_bind(test);
	is_refused(test, CXLA_REASON_NO_WINDOW);
}

static void bridge_with_an_idle_decoder_is_not_committed(struct kunit *test)
{
	*decoder_reg(BRIDGE, 0, CXL_HDM_CTRL) = 0;
	KUNIT_ASSERT_EQ(test, fabric_add_root(test->priv), 0);
	fabric_bind(test);
	is_refused(test, CXLA_REASON_NOT_COMMITTED);
}

static void bridge_that_routes_elsewhere_is_refused(struct kunit *test)
{
	*decoder_reg(BRIDGE, 0, CXL_HDM_TL_LOW) = PORT_NUMBER + 1;
	KUNIT_ASSERT_EQ(test, fabric_add_root(test->priv), 0);
	fabric_bind(test);
	is_refused(test, CXLA_REASON_ROUTE_MISMATCH);
}

static void refused_device_attaches_when_the_cause_is_gone(struct kunit *test)
{
	*decoder_reg(DEVICE, 0, CXL_HDM_CTRL) = 0;
	KUNIT_ASSERT_EQ(test, fabric_add_root(test->priv), 0);
	fabric_bind(test);
	is_refused(test, CXLA_REASON_NOT_COMMITTED);
	fabric_unbind(test->priv);
	fake_commit(DEVICE, RANGE_BASE, RANGE_SIZE, CXL_HDM_CTRL_LOCK);
	fabric_bind(test);
	is_attached(test);
}

static void device_gone_from_the_bus_is_not_attached(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fabric_add_root(test->priv), 0);
	fake_gone = true;
	fabric_bind(test);
	KUNIT_EXPECT_TRUE(test, IS_ERR(accel_memdev));
	fabric_unbind(test->priv);
	fake_gone = false;
}

static void root_that_goes_first_revokes_and_detaches_once(struct kunit *test)
{
	struct fabric *f = test->priv;

	KUNIT_ASSERT_EQ(test, fabric_add_root(f), 0);
	fabric_bind(test);
	is_attached(test);
	fabric_remove_root(f);
	/* revoke is synchronous, detach is not; time costs nothing here */
	KUNIT_EXPECT_EQ(test, nr_revoke, 1);
	msleep(5000);
	KUNIT_EXPECT_EQ(test, nr_detach, 1);
	fabric_unbind(f);
	KUNIT_EXPECT_EQ(test, nr_revoke, 1);
	KUNIT_EXPECT_EQ(test, nr_detach, 1);
}

static void unbind_right_after_the_root_went_is_clean(struct kunit *test)
{
	struct fabric *f = test->priv;

	KUNIT_ASSERT_EQ(test, fabric_add_root(f), 0);
	fabric_bind(test);
	is_attached(test);
	fabric_remove_root(f);
	fabric_unbind(f);
	KUNIT_EXPECT_EQ(test, nr_revoke, 1);
	KUNIT_EXPECT_LE(test, nr_detach, 1);
}

/* as /sys/bus/cxla/drivers/NAME/unbind does */
static void goes_and_comes_again(struct kunit *test, struct device *dev)
{
	device_release_driver(dev);
	KUNIT_EXPECT_EQ(test, nr_revoke, 1);
	msleep(5000);
	KUNIT_EXPECT_EQ(test, nr_detach, 1);
	fabric_unbind(test->priv);
	KUNIT_EXPECT_EQ(test, nr_revoke, 1);
	KUNIT_EXPECT_EQ(test, nr_detach, 1);
}

static void host_bridge_that_is_unbound_revokes_once(struct kunit *test)
{
	struct fabric *f = test->priv;
	struct cxl_port *port;

	KUNIT_ASSERT_EQ(test, fabric_add_root(f), 0);
	fabric_bind(test);
	is_attached(test);
	port = cxla_find_port_by_dport(f->device->dev.parent, NULL);
	KUNIT_ASSERT_NOT_NULL(test, port);
	goes_and_comes_again(test, &port->dev);

	fabric_bind(test);
	KUNIT_EXPECT_TRUE(test, IS_ERR(accel_memdev));
	KUNIT_EXPECT_EQ(test, accel_reason, CXLA_REASON_PORT_DISABLED);
	fabric_unbind(f);
	KUNIT_EXPECT_EQ(test, device_attach(&port->dev), 1);
	fabric_bind(test);
	is_attached(test);
	put_device(&port->dev);
}

static void endpoint_that_is_unbound_revokes_once(struct kunit *test)
{
	struct device *dev;

	KUNIT_ASSERT_EQ(test, fabric_add_root(test->priv), 0);
	fabric_bind(test);
	is_attached(test);
	dev = get_device(&accel_memdev->endpoint->dev);
	goes_and_comes_again(test, dev);
	put_device(dev);
	fabric_bind(test);
	is_attached(test);
}

static void memdev_that_is_unbound_revokes_once(struct kunit *test)
{
	struct device *dev;

	KUNIT_ASSERT_EQ(test, fabric_add_root(test->priv), 0);
	fabric_bind(test);
	is_attached(test);
	dev = get_device(&accel_memdev->dev);
	goes_and_comes_again(test, dev);
	put_device(dev);
	fabric_bind(test);
	is_attached(test);
}

static void pci_device_that_is_removed_revokes_once(struct kunit *test)
{
	struct fabric *f = test->priv;

	KUNIT_ASSERT_EQ(test, fabric_add_root(f), 0);
	fabric_bind(test);
	is_attached(test);
	fake_gone = true;
	pci_stop_and_remove_bus_device_locked(f->device);
	KUNIT_EXPECT_EQ(test, nr_revoke, 1);
	fabric_remove_root(f);
	KUNIT_EXPECT_EQ(test, nr_revoke, 1);
	fake_gone = false;
}

static int root_comes_and_goes(void *data)
{
	struct fabric *f = data;
	int i, rc = 0;

	for (i = 0; i < 60 && !rc; i++) {
		msleep(1 + i * 7 % 40);
		fabric_remove_root(f);
		msleep(i * 5 % 11);
		rc = fabric_add_root(f);
	}
	while (!kthread_should_stop())
		msleep(20);
	return rc;
}

static void attach_while_the_root_goes_is_whole_or_nothing(struct kunit *test)
{
	struct fabric *f = test->priv;
	struct task_struct *task;
	int i, in_flight = 0, tries = 150;

	KUNIT_ASSERT_EQ(test, fabric_add_root(f), 0);
	fake_slow = true;
	task = kthread_run(root_comes_and_goes, f, "root_comes_and_goes");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	for (i = 0; i < tries; i++) {
		fabric_bind(test);
		if (IS_ERR(accel_memdev)) {
			KUNIT_EXPECT_NE(test, accel_reason, CXLA_REASON_NONE);
			in_flight += accel_reason == CXLA_REASON_REVOKED;
		} else {
			is_attached(test);
		}
		msleep(i * 3 % 13);
		fabric_unbind(f);
	}
	KUNIT_EXPECT_EQ(test, kthread_stop(task), 0);
	KUNIT_EXPECT_EQ(test, nr_revoke, nr_attached);
	KUNIT_EXPECT_LE(test, nr_detach, nr_revoke);
	/* both ends of the race were met */
	KUNIT_EXPECT_GT(test, nr_attached, 0);
	KUNIT_EXPECT_GT(test, in_flight, 0);
	kunit_info(test, "%d of %d attached, %d revoked in flight, %d later",
		   nr_attached, tries, in_flight, nr_detach);

	fake_slow = false;
	fabric_bind(test);
	is_attached(test);
}

static struct kunit_case fabric_cases[] = {
	KUNIT_CASE(committed_range_is_attached),
	KUNIT_CASE(attach_writes_no_decoder),
	KUNIT_CASE(reads_are_reported_as_made),
	KUNIT_CASE(attach_again_and_again_leaves_nothing),
	KUNIT_CASE(no_root_is_a_reason),
	KUNIT_CASE(idle_decoder_is_not_committed),
	KUNIT_CASE(zero_size_decoder_is_bad),
	KUNIT_CASE(range_outside_of_every_window_is_refused),
	KUNIT_CASE(bridge_with_an_idle_decoder_is_not_committed),
	KUNIT_CASE(bridge_that_routes_elsewhere_is_refused),
	KUNIT_CASE(refused_device_attaches_when_the_cause_is_gone),
	KUNIT_CASE(device_gone_from_the_bus_is_not_attached),
	KUNIT_CASE(root_that_goes_first_revokes_and_detaches_once),
	KUNIT_CASE(unbind_right_after_the_root_went_is_clean),
	KUNIT_CASE(host_bridge_that_is_unbound_revokes_once),
	KUNIT_CASE(endpoint_that_is_unbound_revokes_once),
	KUNIT_CASE(memdev_that_is_unbound_revokes_once),
	KUNIT_CASE(pci_device_that_is_removed_revokes_once),
	KUNIT_CASE(attach_while_the_root_goes_is_whole_or_nothing),
	{}
};

static int fabric_suite_init(struct kunit_suite *suite)
{
	return pci_register_driver(&accel_driver);
}

static void fabric_suite_exit(struct kunit_suite *suite)
{
	pci_unregister_driver(&accel_driver);
}

static struct kunit_suite fabric_suite = {
	.name = "fabric_kunit",
	.suite_init = fabric_suite_init,
	.suite_exit = fabric_suite_exit,
	.init = fabric_init,
	.exit = fabric_exit,
	.test_cases = fabric_cases,
};

kunit_test_suite(fabric_suite);

MODULE_DESCRIPTION("KUnit: the modules on fake hardware");
MODULE_LICENSE("GPL");
