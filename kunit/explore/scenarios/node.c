// SPDX-License-Identifier: GPL-2.0-only
/*
 * One accelerator that cxla_accel drives, and its device node, as programs use
 * it: who opens, reads, polls, asks and maps while the range comes and goes.
 *
 * A kernel thread borrows the address space of the program that asked for the
 * schedules. What it has mapped stays until all actors are done.
 */
#include <linux/file.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/pci.h>
#include <linux/poll.h>
#include <linux/uaccess.h>

#include "../../../kmod/accel/accel.h"
#include "../../fake/fake_mmio.h"
#include "worlds.h"

#define MAX_MAPS	4
/* who polls is woken, or nothing happens for so long that all others are done */
#define POLL_NAPS	3
#define POLL_NAP	(50 * HZ)

/* a page of the node, and the file that it is of */
struct node_map {
	struct file *file;
	unsigned long address;
};

static struct mm_struct *node_mm;
static struct node_map node_maps[MAX_MAPS];
static atomic_t node_next_map;
static struct resource *node_resource;

/* ------------------------------ the world -------------------------- */

static int node_setup(void)
{
	struct fake_node *device;
	int rc;

	memset(node_maps, 0, sizeof(node_maps));
	atomic_set(&node_next_map, 0);
	node_resource = NULL;
	rc = bench_single(false);
	if (rc)
		return rc;
	device = bench.devices[0];
	node_mm = current->mm;
	/* its registers have their place, so that the PCI device can be enabled */
	rc = insert_resource(&iomem_resource, &device->pdev->resource[0]);
	if (rc)
		return rc;
	node_resource = &device->pdev->resource[0];
	rc = fake_store(device, "driver_override", "cxla_accel");
	return rc ?: bench_root();
}

static int node_bound_setup(void)
{
	return node_setup() ?: bench_bind_all();
}

/* ----------------------------- programs ---------------------------- */

/* NULL: there is no node now */
static struct file *node_open(int flags)
{
	struct file *file;

	if (bench.removed[0])
		return NULL;
	file = fake_open_node(bench.devices[0], O_RDWR | flags);
	return IS_ERR(file) ? NULL : file;
}

/* the last close, here and not in a worker that comes later */
static void node_close(struct file *file)
{
	__fput_sync(file);
}

/* a page of the borrowed address space; or 0 */
static unsigned long node_page(void)
{
	unsigned long page = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE,
				     MAP_ANONYMOUS | MAP_PRIVATE, 0);

	return IS_ERR_VALUE(page) ? 0 : page;
}

/* events come in order, and say in turn that the range came, and that it went */
struct node_story {
	u64 seq;
	u32 last;
};

static void node_hear(struct node_story *story, const struct cxla_event *event)
{
	bool fits;

	switch (event->type) {
	case CXLA_EVENT_ATTACH:
		fits = story->last != CXLA_EVENT_ATTACH;
		break;
	case CXLA_EVENT_REVOKE:
		fits = story->last == CXLA_EVENT_ATTACH;
		break;
	case CXLA_EVENT_DETACH:
		fits = story->last == CXLA_EVENT_REVOKE;
		break;
	default:
		fits = false;
	}
	if (!fits || event->seq != story->seq + 1)
		explore_fail("event %llu of type %u comes after %llu of type %u",
			     event->seq, event->type, story->seq, story->last);
	story->seq = event->seq;
	story->last = event->type;
}

/* what is there to be read; of a file that is O_NONBLOCK, or has an event */
static ssize_t node_read(struct file *file, struct node_story *story)
{
	unsigned long page = node_page();
	struct cxla_event event;
	ssize_t rc;

	if (!page)
		return -ENOMEM;
	rc = file->f_op->read(file, (void __user *)page, PAGE_SIZE,
			      &file->f_pos);
	for (ssize_t at = 0; at < rc; at += sizeof(event)) {
		if (copy_from_user(&event, (void __user *)page + at,
				   sizeof(event)))
			break;
		node_hear(story, &event);
	}
	vm_munmap(page, PAGE_SIZE);
	return rc;
}

static int node_info(struct file *file, struct cxla_accel_info *info)
{
	unsigned long page = node_page();
	int rc;

	*info = (struct cxla_accel_info) { .size = sizeof(*info) };
	if (!page)
		return -ENOMEM;
	rc = copy_to_user((void __user *)page, info, sizeof(*info)) ? -EFAULT :
	     file->f_op->unlocked_ioctl(file, CXLA_IOC_INFO, page);
	if (!rc && copy_from_user(info, (void __user *)page, sizeof(*info)))
		rc = -EFAULT;
	vm_munmap(page, PAGE_SIZE);
	return rc;
}

/* as a program: with its address space, and a file while there is a node */
static int node_program(int (*run)(struct file *file), int flags)
{
	struct file *file = node_open(flags);
	int rc;

	if (!file)
		return -ENODEV;
	kthread_use_mm(node_mm);
	rc = run(file);
	kthread_unuse_mm(node_mm);
	node_close(file);
	return rc;
}

static int node_run_reader(struct file *file)
{
	struct node_story story = { };
	ssize_t rc = 0;

	for (int i = 0; i < 4 && (rc >= 0 || rc == -EAGAIN); i++)
		rc = node_read(file, &story);
	return rc;
}

static int act_reader(void *unused)
{
	return node_program(node_run_reader, O_NONBLOCK);
}

static int node_run_info(struct file *file)
{
	struct cxla_accel_info info;
	int rc = node_info(file, &info);
	bool attached = info.state == CXLA_ACCEL_ATTACHED;

	if (!rc && attached != !!info.hpa_size)
		explore_fail("the ioctl tells state %u, and %llu bytes",
			     info.state, info.hpa_size);
	return rc;
}

static int act_info(void *unused)
{
	return node_program(node_run_info, 0);
}

/* as poll() does it; 1: there is something; 0: nothing came */
static int node_wait(struct file *file)
{
	const __poll_t wanted = EPOLLIN | EPOLLHUP;
	struct poll_wqueues table;
	__poll_t mask;

	poll_initwait(&table);
	mask = vfs_poll(file, &table.pt) & wanted;
	for (int i = 0; i < POLL_NAPS && !mask; i++) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!table.triggered)
			schedule_timeout(POLL_NAP);
		__set_current_state(TASK_RUNNING);
		if (table.triggered || signal_pending(current))
			mask = vfs_poll(file, NULL) & wanted;
		table.triggered = 0;
		if (signal_pending(current))
			break;
	}
	if (!mask && !signal_pending(current) && vfs_poll(file, NULL) & wanted)
		explore_fail("poll() sleeps, and there is something to be read");
	poll_freewait(&table);
	return !!mask;
}

static int node_run_poll(struct file *file)
{
	struct node_story story = { };
	int n = 0;

	for (int i = 0; i < 2; i++) {
		/* also: nothing, which is the end */
		if (node_read(file, &story) == 0)
			break;
		n += node_wait(file);
	}
	return n;
}

static int act_poll(void *unused)
{
	return node_program(node_run_poll, O_NONBLOCK);
}

/* a page of the range is mapped and touched */
static int node_run_map(struct file *file)
{
	int nr = atomic_fetch_inc(&node_next_map);
	unsigned long address;
	bool unlocked = false;
	int rc;

	if (nr >= MAX_MAPS)
		return -EMFILE;
	address = vm_mmap(file, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
			  0);
	if (IS_ERR_VALUE(address))
		return (int)address;
	node_maps[nr] = (struct node_map) { get_file(file), address };
	mmap_read_lock(node_mm);
	rc = fixup_user_fault(node_mm, address, FAULT_FLAG_WRITE, &unlocked);
	mmap_read_unlock(node_mm);
	return rc;
}

static int act_map(void *unused)
{
	return node_program(node_run_map, 0);
}

/* ------------------------------ the driver ------------------------- */

static const struct pci_error_handlers *node_handlers(struct pci_dev *pdev)
{
	return pdev->dev.driver ? to_pci_driver(pdev->dev.driver)->err_handler :
				  NULL;
}

/* as the PCI core around a reset of the function */
static int act_node_reset(void *unused)
{
	struct pci_dev *pdev = bench.devices[0]->pdev;
	const struct pci_error_handlers *handlers;

	guard(device)(&pdev->dev);
	handlers = node_handlers(pdev);
	if (!handlers)
		return -ENODEV;
	handlers->reset_prepare(pdev);
	explore_point();
	if (fake_memory_mapped())
		explore_fail("the range is mapped in the middle of a reset");
	handlers->reset_done(pdev);
	return 0;
}

/* as the PCI core in an error recovery */
static int act_node_recovery(void *unused)
{
	struct pci_dev *pdev = bench.devices[0]->pdev;
	const struct pci_error_handlers *handlers;

	scoped_guard(device, &pdev->dev) {
		handlers = node_handlers(pdev);
		if (!handlers)
			return -ENODEV;
		handlers->error_detected(pdev, pci_channel_io_normal);
	}
	explore_point();
	scoped_guard(device, &pdev->dev) {
		handlers = node_handlers(pdev);
		if (handlers)
			handlers->resume(pdev);
	}
	return 0;
}

static int node_on_loss(const char *what)
{
	bench.by_hand = true;
	return bench.removed[0] ? -ENODEV :
		fake_store(bench.devices[0], "cxla/on_loss", what);
}

static int act_stay_pci_only(void *unused)
{
	return node_on_loss("pci-only");
}

static int act_be_unbound(void *unused)
{
	return node_on_loss("unbind");
}

/* ----------------------------- invariants -------------------------- */

/* no program can touch what was taken back */
static void node_check_map(const struct node_map *map)
{
	struct follow_pfnmap_args args = { .address = map->address };
	const struct cxla_map *of;

	mmap_read_lock(node_mm);
	args.vma = find_vma(node_mm, map->address);
	of = args.vma->vm_private_data;
	if (!follow_pfnmap_start(&args)) {
		if (test_bit(CXLA_MEMDEV_F_REVOKING, &of->cxlmd->flags))
			explore_fail("a page is mapped of a range that was taken back");
		follow_pfnmap_end(&args);
	}
	mmap_read_unlock(node_mm);
}

static void node_check_file(struct file *file, bool attached)
{
	struct cxla_accel_info info;
	struct node_story story = { };
	bool told;

	while (node_read(file, &story) > 0)
		;
	told = story.last == CXLA_EVENT_ATTACH;
	if (attached != told)
		explore_fail("the device is %sattached, and the last event is %u",
			     attached ? "" : "not ", story.last);
	if (node_info(file, &info))
		return;
	told = info.state == CXLA_ACCEL_ATTACHED;
	if (attached != told)
		explore_fail("the device is %sattached, and the ioctl tells state %u",
			     attached ? "" : "not ", info.state);
}

static void node_check(void)
{
	struct file *file;
	bool attached;

	bench_check();
	for (int i = 0; i < MAX_MAPS; i++)
		if (node_maps[i].file)
			node_check_map(&node_maps[i]);
	attached = bench_is_attached(0);
	if (fake_memory_mapped() != attached)
		explore_fail("%d mappings, and the device is %sattached",
			     fake_memory_mapped(), attached ? "" : "not ");
	file = node_open(O_NONBLOCK);
	if (!file) {
		/* or no program of this world has ever done anything */
		if (!bench.removed[0] && bench.devices[0]->pdev->dev.driver)
			explore_fail("a driver has the device, and its node can't be opened");
		return;
	}
	node_check_file(file, attached);
	node_close(file);
}

static void node_teardown(void)
{
	for (int i = 0; i < MAX_MAPS; i++) {
		if (!node_maps[i].file)
			continue;
		vm_munmap(node_maps[i].address, PAGE_SIZE);
		node_close(node_maps[i].file);
	}
	/* it goes with its device, which may have gone */
	if (node_resource && !bench.removed[0]) {
		device_release_driver(&bench.devices[0]->pdev->dev);
		remove_resource(node_resource);
	}
	bench_teardown();
	if (fake_memory_mapped())
		explore_fail("all is gone, and the range is mapped");
}

static const struct explore_action node_actions[] = {
	BENCH_ACTIONS,
	{ "node-reset", act_node_reset },
	{ "node-recovery", act_node_recovery },
	{ "reader", act_reader },
	{ "poll", act_poll },
	{ "info", act_info },
	{ "map", act_map },
	{ "pci-only", act_stay_pci_only },
	{ "be-unbound", act_be_unbound },
	{ }
};

const struct explore_world node_world =
	EXPLORE_WORLD("node", node_setup, node_check, node_teardown, bench_after,
		      node_actions);

const struct explore_world node_bound_world =
	EXPLORE_WORLD("node-bound", node_bound_setup, node_check, node_teardown, bench_after,
		      node_actions);
