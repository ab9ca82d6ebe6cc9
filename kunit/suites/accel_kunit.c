// SPDX-License-Identifier: GPL-2.0-only
/*
 * cxla_accel and cxla_pci as shipped, as userspace sees them: files of sysfs and
 * /dev/cxla/accelN are opened, read and written; a mapping is made.
 */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/kmemleak.h>
#include <linux/mman.h>
#include <linux/pci.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include "../fake/fake_fabric.h"
#include "../fake/fake_mmio.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW_BASE	0x1000000000ULL
#define RANGE_BASE	0x1010000000ULL
#define RANGE_SIZE	((u64)SZ_512M)
#define RANGE_TEXT	"0x1010000000-0x102fffffff"

struct rig {
	struct fake_fabric *f;
	struct fake_node *bridge;
	struct fake_node *dev;
	struct file *node;
	void __user *user;	/* a page */
};

static struct rig *rig(struct kunit *test)
{
	return test->priv;
}

static void settle(void)
{
	msleep(2000);
}

/* ------------------------------- files ----------------------------- */

static char *path_of(struct kunit *test, const char *name)
{
	char *path = kunit_kzalloc(test, 128, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, path);
	snprintf(path, 128, "/sys/bus/pci/devices/%s/%s",
		 pci_name(rig(test)->dev->pdev), name);
	return path;
}

static ssize_t store(struct kunit *test, const char *name, const char *text)
{
	struct file *file = filp_open(path_of(test, name), O_WRONLY, 0);
	loff_t pos = 0;
	ssize_t rc;

	if (IS_ERR(file))
		return PTR_ERR(file);
	rc = kernel_write(file, text, strlen(text), &pos);
	filp_close(file, NULL);
	return rc < 0 ? rc : 0;
}

/* what a file of the device says is @text */
static void shows(struct kunit *test, const char *name, const char *text)
{
	struct file *file = filp_open(path_of(test, name), O_RDONLY, 0);
	char buf[128] = "";
	loff_t pos = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_EXPECT_GT(test, kernel_read(file, buf, sizeof(buf) - 1, &pos), 0);
	filp_close(file, NULL);
	KUNIT_EXPECT_STREQ_MSG(test, strim(buf), text, "%s", name);
}

static void outcome(struct kunit *test, const char *state, const char *reason,
		    const char *range)
{
	shows(test, "cxla/state", state);
	shows(test, "cxla/reason", reason);
	shows(test, "cxla/range", range);
}

static void bind(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, device_attach(&rig(test)->dev->pdev->dev), 1);
}

static void unbind(struct kunit *test)
{
	device_release_driver(&rig(test)->dev->pdev->dev);
}

static void open_node(struct kunit *test, int flags)
{
	char path[32] = "/dev/cxla/";
	struct file *file = filp_open(path_of(test, "cxla/accel"), O_RDONLY, 0);
	loff_t pos = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	kernel_read(file, path + 10, sizeof(path) - 11, &pos);
	filp_close(file, NULL);
	rig(test)->node = filp_open(strim(path), O_RDWR | flags, 0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rig(test)->node);
}

static void close_node(struct kunit *test)
{
	filp_close(rig(test)->node, NULL);
	/* a kernel thread's files are let go of by a worker */
	settle();
	rig(test)->node = NULL;
}

static int accel_init(struct kunit *test)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	test->priv = rig;
	rig->f = fake_test_fabric(test);
	rig->bridge = fake_bridge(rig->f, 7, 2);
	rig->dev = fake_endpoint(fake_root_port(rig->bridge, 3), 0, 2,
				 RANGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, rig->dev);
	fake_window(rig->f, rig->bridge, WINDOW_BASE, SZ_4G);
	KUNIT_ASSERT_EQ(test, fake_fabric_start(rig->f), 0);
	/* a BAR is enabled when it has its place; the PCI core takes it back */
	KUNIT_ASSERT_EQ(test, insert_resource(&iomem_resource,
					      &rig->dev->pdev->resource[0]), 0);
	KUNIT_ASSERT_EQ(test, fake_map(rig->dev, RANGE_BASE, RANGE_SIZE, 0), 0);
	KUNIT_ASSERT_EQ(test, store(test, "driver_override", "cxla_accel"), 0);
	rig->user = (void __user *)kunit_vm_mmap(test, NULL, 0, PAGE_SIZE,
						 PROT_READ | PROT_WRITE,
						 MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_TRUE(test, rig->user);
	/* KUnit of 6.12 never drops the mm that it lends to a test's thread */
	kmemleak_not_leak(current->mm);
	return 0;
}

static void accel_exit(struct kunit *test)
{
	if (!IS_ERR_OR_NULL(rig(test)->node))
		close_node(test);
	if (rig(test)->dev && rig(test)->dev->pdev)
		unbind(test);
	KUNIT_EXPECT_EQ(test, fake_memory_mapped(), 0);
	fake_memremap_fails = false;
}

static void root_add(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
}

/* ------------------------------- state ----------------------------- */

static void attached_device_shows_its_range(struct kunit *test)
{
	root_add(test);
	bind(test);
	outcome(test, "attached", "none", RANGE_TEXT);
	KUNIT_EXPECT_EQ(test, fake_memory_mapped(), 1);
}

static void device_without_a_root_is_pci_only_and_says_why(struct kunit *test)
{
	bind(test);
	outcome(test, "pci-only", "no-root", "");
	KUNIT_EXPECT_EQ(test, fake_memory_mapped(), 0);
	/* and is attached when one comes */
	root_add(test);
	settle();
	outcome(test, "attached", "none", RANGE_TEXT);
}

static void device_that_is_no_cxl_device_is_not_bound(struct kunit *test)
{
	*fake_cfg(rig(test)->dev, FAKE_DVSEC_DEVICE) = PCI_EXT_CAP_ID_VNDR;
	root_add(test);
	KUNIT_EXPECT_NE(test, device_attach(&rig(test)->dev->pdev->dev), 1);
}

static void device_that_tells_no_capacity_is_refused(struct kunit *test)
{
	*fake_cfg(rig(test)->dev, FAKE_DVSEC_DEVICE + 0x1c) = 0;
	root_add(test);
	bind(test);
	/* its decoder maps more than it has */
	outcome(test, "pci-only", "bad-decoder", "");
}

static void range_that_can_t_be_mapped_leaves_no_attach(struct kunit *test)
{
	struct fake_census before;

	root_add(test);
	before = fake_census();
	fake_memremap_fails = true;
	KUNIT_EXPECT_NE(test, device_attach(&rig(test)->dev->pdev->dev), 1);
	fake_expect_census(test, &before);
	fake_memremap_fails = false;
	bind(test);
	outcome(test, "attached", "none", RANGE_TEXT);
}

static void range_that_can_t_be_mapped_again_leaves_a_driver(struct kunit *test)
{
	root_add(test);
	bind(test);
	fake_root_remove(rig(test)->f);
	settle();
	fake_memremap_fails = true;
	root_add(test);
	settle();
	shows(test, "cxla/state", "pci-only");
	KUNIT_EXPECT_EQ(test, fake_census().memdevs, 0);
}

/* ------------------------------ on loss ---------------------------- */

static void root_goes(struct kunit *test)
{
	fake_root_remove(rig(test)->f);
	KUNIT_EXPECT_EQ(test, fake_memory_mapped(), 0);
	settle();
}

static void device_on_reattach_comes_back_with_the_root(struct kunit *test)
{
	root_add(test);
	bind(test);
	shows(test, "cxla/on_loss", "reattach");
	root_goes(test);
	outcome(test, "pci-only", "revoked", "");
	root_add(test);
	settle();
	outcome(test, "attached", "none", RANGE_TEXT);
}

static void device_on_pci_only_stays_without(struct kunit *test)
{
	root_add(test);
	bind(test);
	KUNIT_EXPECT_EQ(test, store(test, "cxla/on_loss", "pci-only\n"), 0);
	shows(test, "cxla/on_loss", "pci-only");
	root_goes(test);
	root_add(test);
	settle();
	outcome(test, "pci-only", "revoked", "");
	/* until somebody thinks better of it, and another root comes */
	KUNIT_EXPECT_EQ(test, store(test, "cxla/on_loss", "reattach"), 0);
	fake_root_remove(rig(test)->f);
	root_add(test);
	settle();
	outcome(test, "attached", "none", RANGE_TEXT);
}

static void device_on_unbind_is_unbound(struct kunit *test)
{
	root_add(test);
	bind(test);
	KUNIT_EXPECT_EQ(test, store(test, "cxla/on_loss", "unbind"), 0);
	root_goes(test);
	KUNIT_EXPECT_PTR_EQ(test, rig(test)->dev->pdev->dev.driver, NULL);
}

static void word_that_is_no_mode_is_refused(struct kunit *test)
{
	root_add(test);
	bind(test);
	KUNIT_EXPECT_EQ(test, store(test, "cxla/on_loss", "whatever"), -EINVAL);
	shows(test, "cxla/on_loss", "reattach");
}

/* ------------------------------- events ---------------------------- */

/* read() of at most @count events into the page of userspace */
static ssize_t read_events(struct kunit *test, int count)
{
	struct file *file = rig(test)->node;

	return file->f_op->read(file, rig(test)->user,
				count * sizeof(struct cxla_event),
				&file->f_pos);
}

static void event_is(struct kunit *test, int n, u32 type, u64 seq)
{
	struct cxla_event __user *events = rig(test)->user;
	struct cxla_event event;

	KUNIT_ASSERT_EQ(test, copy_from_user(&event, events + n, sizeof(event)),
			0);
	KUNIT_EXPECT_EQ(test, event.type, type);
	KUNIT_EXPECT_EQ(test, event.seq, seq);
	if (type == CXLA_EVENT_OVERFLOW)
		return;
	KUNIT_EXPECT_EQ(test, event.hpa_start, RANGE_BASE);
	KUNIT_EXPECT_EQ(test, event.hpa_size, RANGE_SIZE);
	KUNIT_EXPECT_EQ(test, event.count, 0);
}

static __poll_t poll(struct kunit *test)
{
	return vfs_poll(rig(test)->node, NULL);
}

static void attach_revoke_and_detach_are_read_in_order(struct kunit *test)
{
	root_add(test);
	bind(test);
	open_node(test, O_NONBLOCK);
	KUNIT_EXPECT_TRUE(test, poll(test) & EPOLLIN);
	KUNIT_EXPECT_EQ(test, read_events(test, 8), sizeof(struct cxla_event));
	event_is(test, 0, CXLA_EVENT_ATTACH, 1);
	KUNIT_EXPECT_EQ(test, read_events(test, 8), -EAGAIN);
	KUNIT_EXPECT_FALSE(test, poll(test) & EPOLLIN);

	root_goes(test);
	root_add(test);
	settle();
	KUNIT_EXPECT_TRUE(test, poll(test) & EPOLLIN);
	/* as many as fit, then the rest */
	KUNIT_EXPECT_EQ(test, read_events(test, 2),
			2 * sizeof(struct cxla_event));
	event_is(test, 0, CXLA_EVENT_REVOKE, 2);
	event_is(test, 1, CXLA_EVENT_DETACH, 3);
	KUNIT_EXPECT_EQ(test, read_events(test, 2), sizeof(struct cxla_event));
	event_is(test, 0, CXLA_EVENT_ATTACH, 4);
}

static void events_end_with_the_driver(struct kunit *test)
{
	root_add(test);
	bind(test);
	open_node(test, 0);
	unbind(test);
	KUNIT_EXPECT_TRUE(test, poll(test) & EPOLLHUP);
	KUNIT_EXPECT_EQ(test, read_events(test, 8),
			2 * sizeof(struct cxla_event));
	event_is(test, 0, CXLA_EVENT_ATTACH, 1);
	event_is(test, 1, CXLA_EVENT_REVOKE, 2);
	/* the end, and no wait for more */
	KUNIT_EXPECT_EQ(test, read_events(test, 8), 0);
}

static void reader_that_fell_behind_is_told_how_far(struct kunit *test)
{
	struct cxla_event __user *events = rig(test)->user;
	u64 lost = 0;

	root_add(test);
	bind(test);
	open_node(test, O_NONBLOCK);
	/* 64 are kept: of 1 + 3 * 30 these are the last */
	for (int i = 0; i < 30; i++) {
		root_goes(test);
		root_add(test);
		settle();
	}
	KUNIT_EXPECT_EQ(test, read_events(test, 2),
			2 * sizeof(struct cxla_event));
	event_is(test, 0, CXLA_EVENT_OVERFLOW, 27);
	KUNIT_ASSERT_EQ(test, copy_from_user(&lost, &events->count,
					     sizeof(lost)), 0);
	KUNIT_EXPECT_EQ(test, lost, 27);
	event_is(test, 1, CXLA_EVENT_ATTACH, 28);
	/* one that is opened now has missed nothing */
	close_node(test);
	open_node(test, O_NONBLOCK);
	KUNIT_EXPECT_GT(test, read_events(test, 1), 0);
	event_is(test, 0, CXLA_EVENT_ATTACH, 28);
}

static void read_that_holds_no_event_is_invalid(struct kunit *test)
{
	struct file *file;

	root_add(test);
	bind(test);
	open_node(test, 0);
	file = rig(test)->node;
	KUNIT_EXPECT_EQ(test, file->f_op->read(file, rig(test)->user,
					       sizeof(struct cxla_event) - 1,
					       &file->f_pos), -EINVAL);
	KUNIT_EXPECT_EQ(test, file->f_op->read(file, NULL, PAGE_SIZE,
					       &file->f_pos), -EFAULT);
	/* what could not be delivered is not lost */
	KUNIT_EXPECT_GT(test, read_events(test, 1), 0);
	event_is(test, 0, CXLA_EVENT_ATTACH, 1);
}

/* ------------------------------- ioctl ----------------------------- */

static long info(struct kunit *test, u32 size, u32 flags, u32 tail)
{
	struct cxla_accel_info __user *uinfo = rig(test)->user;
	struct file *file = rig(test)->node;

	KUNIT_ASSERT_EQ(test, clear_user(uinfo, PAGE_SIZE), 0);
	put_user(size, &uinfo->size);
	put_user(flags, &uinfo->flags);
	put_user(tail, (u32 __user *)(uinfo + 1));
	return file->f_op->unlocked_ioctl(file, CXLA_IOC_INFO,
					  (unsigned long)uinfo);
}

static void ioctl_tells_what_sysfs_tells(struct kunit *test)
{
	struct cxla_accel_info got;

	root_add(test);
	bind(test);
	open_node(test, 0);
	KUNIT_EXPECT_EQ(test, info(test, sizeof(got), 0, 0), 0);
	KUNIT_ASSERT_EQ(test, copy_from_user(&got, rig(test)->user,
					     sizeof(got)), 0);
	KUNIT_EXPECT_EQ(test, got.state, CXLA_ACCEL_ATTACHED);
	KUNIT_EXPECT_EQ(test, got.hpa_start, RANGE_BASE);
	KUNIT_EXPECT_EQ(test, got.hpa_size, RANGE_SIZE);
	KUNIT_EXPECT_EQ(test, got.capacity, RANGE_SIZE);
	KUNIT_EXPECT_GT(test, got.record.mmio_reads, 0);
	KUNIT_EXPECT_GT(test, got.record.cfg_reads, 0);

	root_goes(test);
	KUNIT_EXPECT_EQ(test, info(test, sizeof(got), 0, 0), 0);
	KUNIT_ASSERT_EQ(test, copy_from_user(&got, rig(test)->user,
					     sizeof(got)), 0);
	KUNIT_EXPECT_EQ(test, got.state, CXLA_ACCEL_PCI_ONLY);
	KUNIT_EXPECT_EQ(test, got.hpa_size, 0);
	KUNIT_EXPECT_EQ(test, got.memdev_id, -1);
	unbind(test);
	KUNIT_EXPECT_EQ(test, info(test, sizeof(got), 0, 0), -ENODEV);
}

static void ioctl_takes_structs_of_other_versions(struct kunit *test)
{
	u32 size = sizeof(struct cxla_accel_info);

	root_add(test);
	bind(test);
	open_node(test, 0);
	KUNIT_EXPECT_EQ(test, info(test, 8, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, info(test, size + 8, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, info(test, size + 8, 0, 1), -E2BIG);
	KUNIT_EXPECT_EQ(test, info(test, 4, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, info(test, PAGE_SIZE + 1, 0, 0), -E2BIG);
	KUNIT_EXPECT_EQ(test, info(test, size, 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, rig(test)->node->f_op->
			unlocked_ioctl(rig(test)->node, 0x1234, 0), -ENOTTY);
}

/* -------------------------------- mmap ----------------------------- */

static bool maps(struct kunit *test, unsigned long len, unsigned long flags,
		 unsigned long offset)
{
	unsigned long addr = kunit_vm_mmap(test, rig(test)->node, 0, len,
					   PROT_READ | PROT_WRITE, flags,
					   offset);

	return addr && !IS_ERR_VALUE(addr);
}

static void mapping_is_shared_and_within_the_range(struct kunit *test)
{
	root_add(test);
	bind(test);
	open_node(test, 0);
	KUNIT_EXPECT_TRUE(test, maps(test, PAGE_SIZE, MAP_SHARED, 0));
	KUNIT_EXPECT_TRUE(test, maps(test, PAGE_SIZE, MAP_SHARED,
				     RANGE_SIZE - PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, maps(test, PAGE_SIZE, MAP_PRIVATE, 0));
	KUNIT_EXPECT_FALSE(test, maps(test, 2 * PAGE_SIZE, MAP_SHARED,
				      RANGE_SIZE - PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, maps(test, PAGE_SIZE, MAP_SHARED, RANGE_SIZE));
}

static void mapping_of_a_range_that_went_answers_sigbus(struct kunit *test)
{
	unsigned long addr;
	u32 value;

	root_add(test);
	bind(test);
	open_node(test, 0);
	addr = kunit_vm_mmap(test, rig(test)->node, 0, PAGE_SIZE, PROT_READ,
			     MAP_SHARED, 0);
	KUNIT_ASSERT_FALSE(test, !addr || IS_ERR_VALUE(addr));
	root_goes(test);
	KUNIT_EXPECT_NE(test, copy_from_user(&value, (void __user *)addr,
					     sizeof(value)), 0);
	/* nor does the next attach bring it back: it is mapped anew */
	root_add(test);
	settle();
	outcome(test, "attached", "none", RANGE_TEXT);
	KUNIT_EXPECT_NE(test, copy_from_user(&value, (void __user *)addr,
					     sizeof(value)), 0);
	KUNIT_EXPECT_TRUE(test, maps(test, PAGE_SIZE, MAP_SHARED, 0));
}

static void nothing_is_mapped_without_a_range(struct kunit *test)
{
	bind(test);
	open_node(test, 0);
	KUNIT_EXPECT_FALSE(test, maps(test, PAGE_SIZE, MAP_SHARED, 0));
}

/* ------------------------------- reset ----------------------------- */

static const struct pci_error_handlers *handlers(struct kunit *test)
{
	return to_pci_driver(rig(test)->dev->pdev->dev.driver)->err_handler;
}

static void reset_revokes_before_and_attaches_after(struct kunit *test)
{
	struct pci_dev *pdev = rig(test)->dev->pdev;

	root_add(test);
	bind(test);
	open_node(test, O_NONBLOCK);
	scoped_guard(device, &pdev->dev) {
		handlers(test)->reset_prepare(pdev);
		KUNIT_EXPECT_EQ(test, fake_memory_mapped(), 0);
		KUNIT_EXPECT_EQ(test, fake_census().regions, 0);
		handlers(test)->reset_done(pdev);
	}
	outcome(test, "attached", "none", RANGE_TEXT);
	KUNIT_EXPECT_EQ(test, read_events(test, 8),
			4 * sizeof(struct cxla_event));
	event_is(test, 1, CXLA_EVENT_REVOKE, 2);
	event_is(test, 2, CXLA_EVENT_DETACH, 3);
	event_is(test, 3, CXLA_EVENT_ATTACH, 4);
}

static void error_recovery_revokes_before_and_attaches_after(struct kunit *test)
{
	struct pci_dev *pdev = rig(test)->dev->pdev;

	root_add(test);
	bind(test);
	scoped_guard(device, &pdev->dev) {
		KUNIT_EXPECT_EQ(test, handlers(test)->
				error_detected(pdev, pci_channel_io_frozen),
				PCI_ERS_RESULT_NEED_RESET);
		KUNIT_EXPECT_EQ(test, fake_census().regions, 0);
		KUNIT_EXPECT_EQ(test, handlers(test)->slot_reset(pdev),
				PCI_ERS_RESULT_RECOVERED);
		handlers(test)->resume(pdev);
		KUNIT_EXPECT_EQ(test, handlers(test)->
				error_detected(pdev, pci_channel_io_normal),
				PCI_ERS_RESULT_CAN_RECOVER);
		KUNIT_EXPECT_EQ(test, handlers(test)->mmio_enabled(pdev),
				PCI_ERS_RESULT_RECOVERED);
		handlers(test)->resume(pdev);
	}
	outcome(test, "attached", "none", RANGE_TEXT);
	scoped_guard(device, &pdev->dev)
		KUNIT_EXPECT_EQ(test, handlers(test)->
				error_detected(pdev,
					       pci_channel_io_perm_failure),
				PCI_ERS_RESULT_DISCONNECT);
	outcome(test, "pci-only", "revoked", "");
}

/* ----------------------------- expanders --------------------------- */

static void expander_has_a_memdev_and_an_unlocked_region(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, store(test, "driver_override", "cxla_pci"), 0);
	root_add(test);
	bind(test);
	KUNIT_EXPECT_EQ(test, fake_census().memdevs, 1);
	KUNIT_EXPECT_EQ(test, fake_census().regions, 1);
	root_goes(test);
	/* the driver stays, with a memdev that is idle */
	KUNIT_EXPECT_EQ(test, fake_census().memdevs, 1);
	KUNIT_EXPECT_EQ(test, fake_census().regions, 0);
	unbind(test);
	KUNIT_EXPECT_EQ(test, fake_census().memdevs, 0);
}

static void expander_without_registers_is_not_bound(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, store(test, "driver_override", "cxla_pci"), 0);
	fake_locator(rig(test)->dev, 0, 0, CXL_REGLOC_RBI_MEMDEV, 0);
	root_add(test);
	KUNIT_EXPECT_NE(test, device_attach(&rig(test)->dev->pdev->dev), 1);
	KUNIT_EXPECT_EQ(test, fake_census().memdevs, 0);
}

static struct kunit_case accel_cases[] = {
	KUNIT_CASE(attached_device_shows_its_range),
	KUNIT_CASE(device_without_a_root_is_pci_only_and_says_why),
	KUNIT_CASE(device_that_is_no_cxl_device_is_not_bound),
	KUNIT_CASE(device_that_tells_no_capacity_is_refused),
	KUNIT_CASE(range_that_can_t_be_mapped_leaves_no_attach),
	KUNIT_CASE(range_that_can_t_be_mapped_again_leaves_a_driver),
	KUNIT_CASE(device_on_reattach_comes_back_with_the_root),
	KUNIT_CASE(device_on_pci_only_stays_without),
	KUNIT_CASE(device_on_unbind_is_unbound),
	KUNIT_CASE(word_that_is_no_mode_is_refused),
	KUNIT_CASE(attach_revoke_and_detach_are_read_in_order),
	KUNIT_CASE(events_end_with_the_driver),
	KUNIT_CASE(reader_that_fell_behind_is_told_how_far),
	KUNIT_CASE(read_that_holds_no_event_is_invalid),
	KUNIT_CASE(ioctl_tells_what_sysfs_tells),
	KUNIT_CASE(ioctl_takes_structs_of_other_versions),
	KUNIT_CASE(mapping_is_shared_and_within_the_range),
	KUNIT_CASE(mapping_of_a_range_that_went_answers_sigbus),
	KUNIT_CASE(nothing_is_mapped_without_a_range),
	KUNIT_CASE(reset_revokes_before_and_attaches_after),
	KUNIT_CASE(error_recovery_revokes_before_and_attaches_after),
	KUNIT_CASE(expander_has_a_memdev_and_an_unlocked_region),
	KUNIT_CASE(expander_without_registers_is_not_bound),
	{}
};

static struct kunit_suite accel_suite = {
	.name = "accel_kunit",
	.init = accel_init,
	.exit = accel_exit,
	.test_cases = accel_cases,
};

kunit_test_suite(accel_suite);

MODULE_DESCRIPTION("KUnit: the reference drivers, as userspace sees them");
MODULE_LICENSE("GPL");
