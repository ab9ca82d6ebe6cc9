// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/cxla/accelN as shipped, as a program uses it: events are read and polled
 * for, the ioctl is called, a mapping is made and loses its range.
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
	struct fake_node *dev;
	struct file *node;
	void __user *user;	/* a page */
};

static struct rig *rig(struct kunit *test)
{
	return test->priv;
}

/* a test that needs it 60 times is over before the kernel calls it hung */
static void settle(void)
{
	msleep(1000);
}

static void bind(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, device_attach(&rig(test)->dev->pdev->dev), 1);
}

static void unbind(struct kunit *test)
{
	device_release_driver(&rig(test)->dev->pdev->dev);
}

static void root_add(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, fake_root_add(rig(test)->f), 0);
}

static void root_goes(struct kunit *test)
{
	fake_root_remove(rig(test)->f);
	KUNIT_EXPECT_EQ(test, fake_memory_mapped(), 0);
	settle();
}

static void open_node_as(struct kunit *test, int flags)
{
	rig(test)->node = fake_open_node(rig(test)->dev, flags);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rig(test)->node);
}

static void open_node(struct kunit *test, int flags)
{
	open_node_as(test, O_RDWR | flags);
}

static void close_node(struct kunit *test)
{
	filp_close(rig(test)->node, NULL);
	/* a kernel thread's files are let go of by a worker */
	settle();
	rig(test)->node = NULL;
}

static int node_init(struct kunit *test)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, rig);
	test->priv = rig;
	rig->dev = fake_test_endpoint(test, WINDOW_BASE, RANGE_BASE, RANGE_SIZE);
	rig->f = rig->dev->fabric;
	fake_test_driver(test, rig->dev, "cxla_accel");
	rig->user = (void __user *)kunit_vm_mmap(test, NULL, 0, PAGE_SIZE,
						 PROT_READ | PROT_WRITE,
						 MAP_ANONYMOUS | MAP_PRIVATE, 0);
	KUNIT_ASSERT_TRUE(test, rig->user);
	/* KUnit of 6.12 never drops the mm that it lends to a test's thread */
	kmemleak_not_leak(current->mm);
	return 0;
}

static void node_exit(struct kunit *test)
{
	if (!IS_ERR_OR_NULL(rig(test)->node))
		close_node(test);
	if (rig(test)->dev && rig(test)->dev->pdev)
		unbind(test);
	KUNIT_EXPECT_EQ(test, fake_memory_mapped(), 0);
	fake_memremap_fails = false;
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

static void reset_revokes_before_and_attaches_after(struct kunit *test)
{
	struct pci_dev *pdev = rig(test)->dev->pdev;
	const struct pci_error_handlers *h;

	root_add(test);
	bind(test);
	h = to_pci_driver(pdev->dev.driver)->err_handler;
	open_node(test, O_NONBLOCK);
	scoped_guard(device, &pdev->dev) {
		h->reset_prepare(pdev);
		KUNIT_EXPECT_EQ(test, fake_memory_mapped(), 0);
		KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 0);
		h->reset_done(pdev);
	}
	fake_expect_shows(test, rig(test)->dev, "cxla/range", RANGE_TEXT);
	KUNIT_EXPECT_EQ(test, read_events(test, 8),
			4 * sizeof(struct cxla_event));
	event_is(test, 1, CXLA_EVENT_REVOKE, 2);
	event_is(test, 2, CXLA_EVENT_DETACH, 3);
	event_is(test, 3, CXLA_EVENT_ATTACH, 4);
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
	KUNIT_EXPECT_GT(test, got.times.probe_ns, 0);
	KUNIT_EXPECT_GE(test, got.times.attach_ns, got.times.probe_ns);
	KUNIT_EXPECT_GE(test, got.times.attached_ns,
			got.times.attach_ns + got.record.total_ns);
	KUNIT_EXPECT_GE(test, got.times.ready_ns, got.times.attached_ns);
	KUNIT_EXPECT_GE(test, ktime_get_ns(), got.times.ready_ns);

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

static void ioctl_tells_the_errno_of_a_range_that_can_t_be_mapped(struct kunit *test)
{
	struct cxla_accel_info got;

	root_add(test);
	fake_memremap_fails = true;
	bind(test);
	open_node(test, O_NONBLOCK);
	KUNIT_EXPECT_EQ(test, info(test, sizeof(got), 0, 0), 0);
	KUNIT_ASSERT_EQ(test, copy_from_user(&got, rig(test)->user,
					     sizeof(got)), 0);
	KUNIT_EXPECT_EQ(test, got.state, CXLA_ACCEL_PCI_ONLY);
	KUNIT_EXPECT_EQ(test, got.reason, CXLA_REASON_ERROR);
	KUNIT_EXPECT_EQ(test, got.error, ENOMEM);
	KUNIT_EXPECT_EQ(test, got.hpa_size, 0);
	KUNIT_EXPECT_EQ(test, got.memdev_id, -1);
	KUNIT_EXPECT_EQ(test, got.region_id, -1);
	/* what the attach cost that came to nothing */
	KUNIT_EXPECT_GT(test, got.record.mmio_reads, 0);
	/* nobody was told of a range */
	KUNIT_EXPECT_EQ(test, read_events(test, 8), -EAGAIN);
}

static void ioctl_takes_structs_of_other_versions(struct kunit *test)
{
	u32 size = sizeof(struct cxla_accel_info);
	struct file *node;

	root_add(test);
	bind(test);
	open_node(test, 0);
	KUNIT_EXPECT_EQ(test, info(test, 8, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, info(test, size + 8, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, info(test, size + 8, 0, 1), -E2BIG);
	KUNIT_EXPECT_EQ(test, info(test, 4, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, info(test, PAGE_SIZE + 1, 0, 0), -E2BIG);
	KUNIT_EXPECT_EQ(test, info(test, size, 1, 0), -EINVAL);
	node = rig(test)->node;
	KUNIT_EXPECT_EQ(test, node->f_op->unlocked_ioctl(node, 0x1234, 0),
			-ENOTTY);
}

/* the node of the only expander, whatever its number */
static struct file *open_mem_node(void)
{
	struct file *node = ERR_PTR(-ENOENT);
	char path[32];

	for (int i = 0; IS_ERR(node) && i < 64; i++) {
		snprintf(path, sizeof(path), "/dev/cxla/mem%d", i);
		node = filp_open(path, O_RDWR, 0);
	}
	return node;
}

/* bound to cxla_pci, and the node that it has */
static struct file *open_as_expander(struct kunit *test)
{
	struct file *mem;

	KUNIT_ASSERT_EQ(test, fake_store(rig(test)->dev, "driver_override",
					 "cxla_pci"), 0);
	bind(test);
	mem = open_mem_node();
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, mem);
	return mem;
}

/* who has looked up accel0 before it went does not open mem1 after */
static void number_of_a_node_is_never_one_of_another_name(struct kunit *test)
{
	struct file *mem;
	dev_t number;

	root_add(test);
	bind(test);
	open_node(test, 0);
	number = file_inode(rig(test)->node)->i_rdev;
	close_node(test);
	unbind(test);
	mem = open_as_expander(test);
	KUNIT_EXPECT_NE(test, file_inode(mem)->i_rdev, number);
	filp_close(mem, NULL);
	unbind(test);
	KUNIT_ASSERT_EQ(test, fake_store(rig(test)->dev, "driver_override",
					 "cxla_accel"), 0);
	bind(test);
	open_node(test, 0);
	KUNIT_EXPECT_EQ(test, file_inode(rig(test)->node)->i_rdev, number);
}

/* the number of a file's device is nobody else's while it is open */
static void file_that_is_open_keeps_the_number_of_its_device(struct kunit *test)
{
	struct file *first;

	root_add(test);
	first = open_as_expander(test);
	unbind(test);
	rig(test)->node = open_as_expander(test);
	KUNIT_EXPECT_NE(test, file_inode(rig(test)->node)->i_rdev,
			file_inode(first)->i_rdev);
	KUNIT_EXPECT_EQ(test, first->f_op->unlocked_ioctl(first, CXLA_IOC_RESET,
							  0), -ENODEV);
	filp_close(first, NULL);
}

/* -------------------------------- mmap ----------------------------- */

/* the address, or an error */
static unsigned long map(struct kunit *test, unsigned long len,
			 unsigned long prot, unsigned long flags,
			 unsigned long offset)
{
	unsigned long addr = kunit_vm_mmap(test, rig(test)->node, 0, len, prot,
					   flags, offset);

	return addr ?: -ENOMEM;
}

static bool maps(struct kunit *test, unsigned long len, unsigned long flags,
		 unsigned long offset)
{
	return !IS_ERR_VALUE(map(test, len, PROT_READ | PROT_WRITE, flags,
				 offset));
}

static bool may(unsigned long addr, vm_flags_t flag)
{
	struct vm_area_struct *vma;
	bool may;

	mmap_read_lock(current->mm);
	vma = find_vma(current->mm, addr);
	may = vma && (vma->vm_flags & flag);
	mmap_read_unlock(current->mm);
	return may;
}

/* a page comes; there is no memory behind it that could be read */
static int fault(unsigned long addr, unsigned int flags)
{
	bool unlocked = false;
	int rc;

	mmap_read_lock(current->mm);
	rc = fixup_user_fault(current->mm, addr, flags, &unlocked);
	mmap_read_unlock(current->mm);
	return rc;
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

static void file_opened_for_reading_maps_for_reading(struct kunit *test)
{
	unsigned long addr;

	root_add(test);
	bind(test);
	open_node_as(test, O_RDONLY);
	addr = map(test, PAGE_SIZE, PROT_READ, MAP_SHARED, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	KUNIT_EXPECT_EQ(test, fault(addr, 0), 0);
	KUNIT_EXPECT_EQ(test, fault(addr, FAULT_FLAG_WRITE), -EFAULT);
	/* nor does mprotect() make it writable later */
	KUNIT_EXPECT_FALSE(test, may(addr, VM_WRITE | VM_MAYWRITE));
	KUNIT_EXPECT_EQ(test, map(test, PAGE_SIZE, PROT_READ | PROT_WRITE,
				  MAP_SHARED, 0), -EACCES);
	KUNIT_EXPECT_EQ(test, map(test, PAGE_SIZE, PROT_READ, MAP_PRIVATE, 0),
			-EINVAL);
}

static void mapping_is_not_executable_now_or_later(struct kunit *test)
{
	unsigned long addr;

	root_add(test);
	bind(test);
	open_node(test, 0);
	KUNIT_EXPECT_EQ(test, map(test, PAGE_SIZE, PROT_READ | PROT_EXEC,
				  MAP_SHARED, 0), -EPERM);
	addr = map(test, PAGE_SIZE, PROT_READ, MAP_SHARED, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	/* which is all that mprotect() asks */
	KUNIT_EXPECT_FALSE(test, may(addr, VM_EXEC | VM_MAYEXEC));
	KUNIT_EXPECT_TRUE(test, may(addr, VM_MAYWRITE));
}

static void mapping_of_a_range_that_went_answers_sigbus(struct kunit *test)
{
	unsigned long addr;
	u32 value;

	root_add(test);
	bind(test);
	open_node(test, 0);
	addr = map(test, PAGE_SIZE, PROT_READ, MAP_SHARED, 0);
	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(addr));
	root_goes(test);
	KUNIT_EXPECT_NE(test, copy_from_user(&value, (void __user *)addr,
					     sizeof(value)), 0);
	/* nor does the next attach bring it back: it is mapped anew */
	root_add(test);
	settle();
	fake_expect_shows(test, rig(test)->dev, "cxla/range", RANGE_TEXT);
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

static struct kunit_case node_cases[] = {
	KUNIT_CASE(attach_revoke_and_detach_are_read_in_order),
	KUNIT_CASE(events_end_with_the_driver),
	KUNIT_CASE(reader_that_fell_behind_is_told_how_far),
	KUNIT_CASE(read_that_holds_no_event_is_invalid),
	KUNIT_CASE(reset_revokes_before_and_attaches_after),
	KUNIT_CASE(ioctl_tells_what_sysfs_tells),
	KUNIT_CASE(ioctl_tells_the_errno_of_a_range_that_can_t_be_mapped),
	KUNIT_CASE(ioctl_takes_structs_of_other_versions),
	KUNIT_CASE(number_of_a_node_is_never_one_of_another_name),
	KUNIT_CASE(file_that_is_open_keeps_the_number_of_its_device),
	KUNIT_CASE(mapping_is_shared_and_within_the_range),
	KUNIT_CASE(file_opened_for_reading_maps_for_reading),
	KUNIT_CASE(mapping_is_not_executable_now_or_later),
	KUNIT_CASE(mapping_of_a_range_that_went_answers_sigbus),
	KUNIT_CASE(nothing_is_mapped_without_a_range),
	{}
};

static struct kunit_suite node_suite = {
	.name = "node_kunit",
	.init = node_init,
	.exit = node_exit,
	.test_cases = node_cases,
};

kunit_test_suite(node_suite);

MODULE_DESCRIPTION("KUnit: the device node of an accelerator");
MODULE_LICENSE("GPL");
