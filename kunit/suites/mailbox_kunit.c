// SPDX-License-Identifier: GPL-2.0-only
/*
 * cxla_pci as shipped and the mailbox of a memory expander: what it says counts,
 * and whatever it says wrong is refused, with an error and nothing left.
 */
#include <kunit/test.h>
#include <linux/ktime.h>
#include <linux/pci.h>

#include "../fake/fake_fabric.h"
#include "../fake/fake_mailbox.h"
#include "../fake/fake_mmio.h"
#include "sweep.h"

MODULE_IMPORT_NS("CXL");

#define WINDOW_BASE	0x1000000000ULL
#define RANGE_BASE	0x1010000000ULL
#define RANGE_SIZE	((u64)SZ_512M)
#define MANY		3000

static int stride = 7;
module_param(stride, int, 0444);
MODULE_PARM_DESC(stride, "one in so many allocations of a bind fails (default: 7)");

/* registers of the mailbox and the status, not by way of what is tested */
#define MBOX_CTRL	(FAKE_MBOX + 0x04)
#define MBOX_CMD	(FAKE_MBOX + 0x08)
#define MBOX_STATUS	(FAKE_MBOX + 0x10)
#define NOT_READY	0x00	/* neither mailbox nor media */
#define MEDIA_NOT_READY	0x10
#define MEDIA_READY	0x04

struct rig {
	struct fake_fabric *f;
	struct fake_node *dev;
	struct fake_mailbox *mb;
};

static struct rig *rig(struct kunit *test)
{
	return test->priv;
}

/* 1 GiB, all of it volatile; the DVSEC knows of half of it */
static int mailbox_init(struct kunit *test)
{
	struct rig *rig = kunit_kzalloc(test, sizeof(*rig), GFP_KERNEL);
	struct fake_node *bridge;

	KUNIT_ASSERT_NOT_NULL(test, rig);
	test->priv = rig;
	rig->f = fake_test_fabric(test);
	bridge = fake_bridge(rig->f, 7, 2);
	rig->dev = fake_endpoint(fake_root_port(bridge, 3), 0, 2, RANGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, rig->dev);
	rig->mb = fake_mailbox_add(rig->dev);
	KUNIT_ASSERT_NOT_NULL(test, rig->mb);
	fake_mailbox_capacity(rig->mb, 4, 4, 0, 0);
	fake_window(rig->f, bridge, WINDOW_BASE, SZ_4G);
	KUNIT_ASSERT_EQ(test, fake_fabric_start(rig->f), 0);
	KUNIT_ASSERT_EQ(test, fake_map(rig->dev, RANGE_BASE, RANGE_SIZE, 0), 0);
	fake_test_up(test, rig->f);
	fake_test_driver(test, rig->dev, "cxla_pci");
	return 0;
}

static void unbind(struct kunit *test)
{
	device_release_driver(&rig(test)->dev->pdev->dev);
}

static void mailbox_exit(struct kunit *test)
{
	fake_ioremap_fails = 0;
	if (rig(test)->dev && rig(test)->dev->pdev)
		unbind(test);
}

static bool binds(struct kunit *test)
{
	return device_attach(&rig(test)->dev->pdev->dev) == 1;
}

static int note_memdev(struct device *dev, void *found)
{
	if (dev->type && !strcmp(dev->type->name, "cxl_memdev"))
		*(struct cxl_memdev **)found = to_cxl_memdev(dev);
	return 0;
}

/* of the device, bound, or the test ends */
static struct cxl_memdev *memdev(struct kunit *test)
{
	struct cxl_memdev *cxlmd = NULL;

	if (!rig(test)->dev->pdev->dev.driver)
		KUNIT_ASSERT_TRUE(test, binds(test));
	device_for_each_child(&rig(test)->dev->pdev->dev, &cxlmd, note_memdev);
	KUNIT_ASSERT_NOT_NULL(test, cxlmd);
	return cxlmd;
}

static void has(struct kunit *test, u64 capacity, const char *ram,
		const char *pmem)
{
	struct cxl_memdev *cxlmd;

	fake_log_clear();
	cxlmd = memdev(test);
	KUNIT_EXPECT_EQ(test, cxlmd->cxlds->capacity, capacity);
	fake_expect_cxla(test, &cxlmd->dev, "ram/size", ram);
	fake_expect_cxla(test, &cxlmd->dev, "pmem/size", pmem);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR), 0);
}

/* not bound, for that reason, which is told once; nothing of it is left */
static void refused(struct kunit *test, int error, const char *word)
{
	struct fake_snapshot before = fake_snapshot();
	int with_error, with_word, lines;
	char errno_text[16];
	bool bound;

	snprintf(errno_text, sizeof(errno_text), "error %d:", error);
	fake_log_clear();
	bound = binds(test);
	/* what fails is told in the same log: count first */
	with_error = fake_log_count(LOGLEVEL_ERR, errno_text,
				    "can't learn the capacity");
	with_word = fake_log_count(LOGLEVEL_ERR, word);
	/* the driver core adds one for most errors */
	lines = fake_log_count(LOGLEVEL_ERR) -
		fake_log_count(LOGLEVEL_ERR, "probe with driver");
	KUNIT_EXPECT_EQ_MSG(test, with_error, 1, "%s", errno_text);
	KUNIT_EXPECT_EQ_MSG(test, with_word, 1, "%s", word);
	KUNIT_EXPECT_EQ(test, lines, 2);
	KUNIT_EXPECT_FALSE(test, bound);
	if (bound)
		unbind(test);
	fake_expect_snapshot(test, &before);
}

/* ------------------------------ capacity --------------------------- */

static void capacity_is_what_identify_says(struct kunit *test)
{
	struct fake_mailbox *mb = rig(test)->mb;
	struct cxl_memdev *cxlmd;

	fake_mailbox_capacity(mb, 5, 4, 1, 0);
	has(test, 5ULL * SZ_256M, "0x40000000", "0x10000000");
	cxlmd = memdev(test);
	fake_expect_cxla(test, &cxlmd->dev, "firmware_version", "FW 1.2.3");
	fake_expect_cxla(test, &cxlmd->dev, "payload_max", "512");
	fake_expect_cxla(test, &cxlmd->dev, "label_storage_size", "131072");
	/* what can't be partitioned is not asked for partitions */
	KUNIT_EXPECT_EQ(test, mb->nr_commands, 1);
	KUNIT_EXPECT_EQ(test, mb->commands[0], 0x4000);
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 1);
}

static void partitions_are_those_that_are_active(struct kunit *test)
{
	struct fake_mailbox *mb = rig(test)->mb;

	fake_mailbox_capacity(mb, 8, 1, 1, 2);
	fake_mailbox_partition(mb, 3, 5);
	has(test, 8ULL * SZ_256M, "0x30000000", "0x50000000");
	KUNIT_EXPECT_EQ(test, mb->nr_commands, 2);
	KUNIT_EXPECT_EQ(test, mb->commands[1], 0x4100);
}

static void firmware_revision_of_all_its_bytes_ends(struct kunit *test)
{
	memcpy(rig(test)->mb->identify, "0123456789abcdef", 16);
	fake_expect_cxla(test, &memdev(test)->dev, "firmware_version",
			 "0123456789abcdef");
}

static void decoder_of_more_than_the_capacity_has_no_region(struct kunit *test)
{
	fake_mailbox_capacity(rig(test)->mb, 1, 1, 0, 0);
	KUNIT_EXPECT_TRUE(test, binds(test));
	KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 0);
}

static void capacity_that_makes_no_sense_is_refused(struct kunit *test)
{
	struct fake_mailbox *mb = rig(test)->mb;

	fake_mailbox_capacity(mb, 0, 0, 0, 0);
	refused(test, -ENXIO, "makes no sense: 0x0 bytes");
	/* 2^36 times 256 MiB are 2^64 */
	fake_mailbox_capacity(mb, 1ULL << 36, 4, 0, 0);
	refused(test, -ENXIO, "makes no sense");
	fake_mailbox_capacity(mb, 4, 4, 1, 0);
	refused(test, -ENXIO, "makes no sense");
	fake_mailbox_capacity(mb, 8, 1, 1, 2);
	fake_mailbox_partition(mb, 4, 5);
	refused(test, -ENXIO, "makes no sense");
}

/* ---------------------------- no mailbox --------------------------- */

static void falls_back(struct kunit *test)
{
	struct cxl_memdev *cxlmd;

	has(test, RANGE_SIZE, "0x20000000", "0x0");
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_NOTICE, "no mailbox",
					     "0x20000000"), 1);
	cxlmd = memdev(test);
	fake_expect_cxla(test, &cxlmd->dev, "firmware_version", "");
	fake_expect_cxla(test, &cxlmd->dev, "payload_max", "");
	fake_expect_cxla(test, &cxlmd->dev, "label_storage_size", "");
	unbind(test);
}

static void no_mailbox_falls_back_to_dvsec(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;

	/* device registers of another kind */
	*fake_device_reg(dev, FAKE_DEVCAP(FAKE_DEVCAP_MAILBOX)) = 0x10003;
	falls_back(test);
	/* none */
	fake_locator(dev, 0, 0, CXL_REGLOC_RBI_COMPONENT, 0);
	falls_back(test);
}

static void dvsec_without_capacity_is_no_way_back(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;

	fake_locator(dev, 0, 0, CXL_REGLOC_RBI_COMPONENT, 0);
	*fake_cfg(dev, FAKE_DVSEC_DEVICE + 0x1c) = 0;
	KUNIT_EXPECT_FALSE(test, binds(test));
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, "no mailbox, and",
					     "tells no capacity"), 1);
}

/* ------------------------------ registers -------------------------- */

/* @offset in the header of @cap has @value for the time of a refusal */
static void refused_devcap(struct kunit *test, int cap, int offset, u32 value,
			   const char *word)
{
	u32 *reg = fake_device_reg(rig(test)->dev, FAKE_DEVCAP(cap) + offset);
	u32 old = *reg;

	*reg = value;
	refused(test, -ENXIO, word);
	*reg = old;
}

static void array_that_is_none_is_refused(struct kunit *test)
{
	refused_devcap(test, 0, 0, 0x01010001, "no array of device capabilities");
	refused_devcap(test, 0, 4, 255 + 1, "no array of device capabilities");
	refused_devcap(test, 0, 4, ~0U, "no array of device capabilities");
}

static void capability_outside_of_its_block_is_refused(struct kunit *test)
{
	const char *word = "not within";

	/* in the array; not aligned; behind the end, by place, length and both */
	refused_devcap(test, FAKE_DEVCAP_MAILBOX, 4, 0x38, word);
	refused_devcap(test, FAKE_DEVCAP_MAILBOX, 4, FAKE_MBOX + 4, word);
	refused_devcap(test, FAKE_DEVCAP_MAILBOX, 4, SZ_64K, word);
	refused_devcap(test, FAKE_DEVCAP_MAILBOX, 8, SZ_64K, word);
	refused_devcap(test, FAKE_DEVCAP_MAILBOX, 8, 0xfffffff8, word);
	refused_devcap(test, FAKE_DEVCAP_MEMDEV, 4, SZ_64K - 4, word);
	/* too short */
	refused_devcap(test, FAKE_DEVCAP_MAILBOX, 8, 0x20 + 255, word);
	refused_devcap(test, FAKE_DEVCAP_MEMDEV, 8, 4, word);
	/* and the last place that there is */
	*fake_device_reg(rig(test)->dev, FAKE_DEVCAP(FAKE_DEVCAP_MAILBOX) + 8) =
		SZ_64K - FAKE_MBOX;
	*fake_device_reg(rig(test)->dev, FAKE_DEVCAP(FAKE_DEVCAP_MEMDEV) + 4) =
		0x80;
	*fake_device_reg(rig(test)->dev, 0x80) = 0x14;
	has(test, SZ_1G, "0x40000000", "0x0");
}

static void capabilities_that_contradict_each_other_are_refused(struct kunit *test)
{
	refused_devcap(test, FAKE_DEVCAP_MEMDEV, 0, 0x10002, "there twice");
	refused_devcap(test, FAKE_DEVCAP_MEMDEV, 4, FAKE_MBOX + 0x18,
		       "at the same place");
	refused_devcap(test, FAKE_DEVCAP_MEMDEV, 0, 0x14001,
		       "no memory device status");
}

static void payload_that_can_t_be_there_is_refused(struct kunit *test)
{
	u32 *caps = fake_device_reg(rig(test)->dev, FAKE_MBOX);

	*caps = 7;
	refused(test, -ENXIO, "has capabilities 0x00000007");
	/* 1 KiB in 512 bytes */
	*caps = 10;
	refused(test, -ENXIO, "has capabilities 0x0000000a");
	*caps = ~0U;
	refused(test, -ENXIO, "has capabilities 0xffffffff");
}

static void block_outside_of_its_bar_is_refused(struct kunit *test)
{
	struct resource *bar = &rig(test)->dev->pdev->resource[2];

	fake_locator(rig(test)->dev, 1, 2, CXL_REGLOC_RBI_MEMDEV, SZ_128K);
	refused(test, -ENXIO, "reaches out of BAR 2");
	/* no room for the array of capabilities */
	fake_locator(rig(test)->dev, 1, 2, CXL_REGLOC_RBI_MEMDEV, 0);
	bar->end = bar->start + SZ_2K - 1;
	refused(test, -ENXIO, "reaches out of BAR 2");
}

/* ------------------------------- ready ----------------------------- */

static void not_ready(struct kunit *test, u32 status, unsigned int reads)
{
	rig(test)->mb->status = status;
	rig(test)->mb->not_ready = reads;
}

static void device_that_takes_its_time_is_waited_for(struct kunit *test)
{
	not_ready(test, NOT_READY, 50);
	has(test, SZ_1G, "0x40000000", "0x0");
	KUNIT_EXPECT_EQ(test, rig(test)->mb->not_ready, 0);
}

static void device_that_asked_for_time_is_given_it(struct kunit *test)
{
	ktime_t start = ktime_get();

	/* more reads than 2 s have; 12 s */
	*fake_device_reg(rig(test)->dev, FAKE_MBOX) |= 12 << 11;
	not_ready(test, NOT_READY, 254);
	rig(test)->dev->slow = true;
	has(test, SZ_1G, "0x40000000", "0x0");
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), 12500);
}

static void device_that_is_never_ready_is_a_timeout(struct kunit *test)
{
	ktime_t start = ktime_get();

	not_ready(test, MEDIA_READY, FAKE_NEVER);
	refused(test, -ETIMEDOUT, "mailbox not ready after 2 s");
	KUNIT_EXPECT_GE(test, ktime_ms_delta(ktime_get(), start), 2000);
	not_ready(test, MEDIA_NOT_READY, FAKE_NEVER);
	refused(test, -ETIMEDOUT, "media not ready after 2 s");
	/* 255 s are more than anybody waits */
	*fake_device_reg(rig(test)->dev, FAKE_MBOX) |= 255 << 11;
	start = ktime_get();
	refused(test, -ETIMEDOUT, "media not ready after 60 s");
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), 70000);
	KUNIT_EXPECT_EQ(test, rig(test)->mb->nr_commands, 0);
}

static void device_that_says_that_it_failed_is_refused(struct kunit *test)
{
	not_ready(test, 0x15, FAKE_NEVER);
	refused(test, -EIO, "fatal error");
	not_ready(test, 0x16, FAKE_NEVER);
	refused(test, -EIO, "firmware halted");
	not_ready(test, 0x18, FAKE_NEVER);
	refused(test, -EIO, "media error");
	not_ready(test, 0x1c, FAKE_NEVER);
	refused(test, -ENXIO, "media disabled");
	KUNIT_EXPECT_EQ(test, rig(test)->mb->nr_commands, 0);
}

/* ------------------------------ commands --------------------------- */

static void doorbell_that_is_slow_is_waited_for(struct kunit *test)
{
	rig(test)->mb->delay = 200;
	has(test, SZ_1G, "0x40000000", "0x0");
}

static void doorbell_that_never_clears_is_a_timeout(struct kunit *test)
{
	ktime_t start = ktime_get();
	s64 ms;

	rig(test)->mb->delay = FAKE_NEVER;
	refused(test, -ETIMEDOUT, "busy with command 4000");
	ms = ktime_ms_delta(ktime_get(), start);
	KUNIT_EXPECT_GE(test, ms, 2000);
	KUNIT_EXPECT_LT(test, ms, 2500);
	/* and so is what is left of it for who comes next */
	refused(test, -ETIMEDOUT, "busy before command 4000");
	KUNIT_EXPECT_EQ(test, rig(test)->mb->nr_commands, 1);
}

static void command_of_somebody_else_is_waited_for(struct kunit *test)
{
	*fake_device_reg(rig(test)->dev, MBOX_CTRL) = 1;
	rig(test)->mb->pending = 200;
	has(test, SZ_1G, "0x40000000", "0x0");
	KUNIT_EXPECT_EQ(test, rig(test)->mb->nr_commands, 1);
}

static void command_to_be_tried_again_is(struct kunit *test)
{
	rig(test)->mb->nr_busy = 2;
	has(test, SZ_1G, "0x40000000", "0x0");
	KUNIT_EXPECT_EQ(test, rig(test)->mb->nr_commands, 3);
}

static void command_that_fails_is_told_with_its_code(struct kunit *test)
{
	struct fake_mailbox *mb = rig(test)->mb;

	mb->code = 3;
	refused(test, -EOPNOTSUPP, "command 4000 returned 0x3");
	mb->code = 4;
	refused(test, -EIO, "command 4000 returned 0x4");
	mb->nr_commands = 0;
	mb->nr_busy = 10;
	refused(test, -EBUSY, "command 4000 returned 0x5");
	KUNIT_EXPECT_EQ(test, mb->nr_commands, 3);
}

static void short_answer_is_refused(struct kunit *test)
{
	struct fake_mailbox *mb = rig(test)->mb;

	mb->identify_length = 0x42;
	refused(test, -EIO, "answer to command 4000");
	mb->identify_length = 0;
	refused(test, -EIO, "answer to command 4000");
	/* that of CXL 2.0 will do */
	mb->identify_length = 0x43;
	fake_mailbox_capacity(mb, 4, 1, 1, 1);
	fake_mailbox_partition(mb, 2, 2);
	mb->partition_length = 0x1f;
	refused(test, -EIO, "answer to command 4100");
	mb->partition_length = 0x20;
	has(test, SZ_1G, "0x20000000", "0x20000000");
}

static void answer_of_more_than_the_payload_is_refused(struct kunit *test)
{
	rig(test)->mb->identify_length = FAKE_MBOX_PAYLOAD + 1;
	refused(test, -ENXIO, "answer to command 4000");
	/* of the length's bits some are in the upper half */
	rig(test)->mb->identify_length = 0x10043;
	refused(test, -ENXIO, "answer to command 4000");
}

/* ------------------------------- gone ------------------------------ */

static void all_ones_is_a_device_gone(struct kunit *test)
{
	ktime_t start = ktime_get();

	refused_devcap(test, 0, 0, ~0U, "no array of device capabilities");
	refused_devcap(test, FAKE_DEVCAP_MEMDEV, 0, ~0U, "reads all ones");
	refused_devcap(test, FAKE_DEVCAP_MEMDEV, 4, ~0U, "not within");
	not_ready(test, ~0U, FAKE_NEVER);
	refused(test, -ENXIO, "all ones");
	not_ready(test, 0, 0);
	*fake_device_reg(rig(test)->dev, MBOX_CTRL) = ~0U;
	refused(test, -ENXIO, "all ones before command 4000");
	/* nobody waits for it */
	KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), 1000);
}

static void device_that_vanishes_at_any_register_leaves_nothing(struct kunit *test)
{
	struct fake_node *dev = rig(test)->dev;
	struct fake_snapshot before = fake_snapshot();
	int n, silent = 0;

	fake_mailbox_capacity(rig(test)->mb, 4, 1, 1, 1);
	fake_mailbox_partition(rig(test)->mb, 2, 2);
	for (n = 1; n < MANY; n++) {
		ktime_t start = ktime_get();
		bool bound, vanished;

		fake_log_clear();
		fake_on_read(dev, FAKE_MMIO, n, fake_vanish, NULL);
		bound = binds(test);
		vanished = dev->gone;
		dev->gone = false;
		/* bound is who had an answer, and lost the device later */
		if (bound && vanished)
			silent++;
		if (bound)
			unbind(test);
		else
			KUNIT_EXPECT_GE_MSG(test, fake_log_count(LOGLEVEL_ERR),
					    1, "read %d", n);
		KUNIT_EXPECT_LT(test, ktime_ms_delta(ktime_get(), start), 1000);
		fake_expect_snapshot(test, &before);
		if (!vanished) {
			KUNIT_EXPECT_TRUE(test, bound);
			break;
		}
	}
	fake_on_read(dev, 0, 0, NULL, NULL);
	kunit_info(test, "%d reads, %d after the answers", n - 1, silent);
	KUNIT_EXPECT_GT(test, n - silent, 40);
	KUNIT_EXPECT_LT(test, n, MANY);
	has(test, SZ_1G, "0x20000000", "0x20000000");
}

/* ------------------------------ memory ----------------------------- */

static void mapping_that_fails_leaves_nothing(struct kunit *test)
{
	struct fake_snapshot before = fake_snapshot();

	/* component registers; then array, mailbox, status */
	for (int n = 1; n <= 4; n++) {
		fake_ioremap_fails = n;
		KUNIT_EXPECT_FALSE_MSG(test, binds(test), "mapping %d", n);
		KUNIT_EXPECT_EQ(test, fake_ioremap_fails, 0);
		fake_expect_snapshot(test, &before);
	}
	KUNIT_EXPECT_EQ(test, rig(test)->mb->nr_commands, 0);
	has(test, SZ_1G, "0x40000000", "0x0");
}

static void bind_with_any_allocation_failing_is_whole_or_nothing(struct kunit *test)
{
	struct fake_snapshot before = fake_snapshot();
	int n, failed = 0;

	if (!FAKE_CAN_FAIL)
		kunit_skip(test, "no fault injection in this kernel");
	for (n = 1; n < SWEEP_MANY; n += stride) {
		bool bound, met;

		fake_fail_start(n);
		bound = binds(test);
		met = fake_fail_stop();
		if (bound) {
			KUNIT_EXPECT_EQ(test, fake_snapshot().regions, 1);
			KUNIT_EXPECT_EQ(test, memdev(test)->cxlds->identity.ram,
					SZ_1G);
			unbind(test);
		}
		failed += !bound;
		fake_expect_snapshot(test, &before);
		if (!met)
			break;
	}
	KUNIT_EXPECT_GT(test, failed, 0);
	sweep_tell(test, "bind-expander-with-mailbox", n, stride);
}

static struct kunit_case mailbox_cases[] = {
	KUNIT_CASE(capacity_is_what_identify_says),
	KUNIT_CASE(partitions_are_those_that_are_active),
	KUNIT_CASE(firmware_revision_of_all_its_bytes_ends),
	KUNIT_CASE(decoder_of_more_than_the_capacity_has_no_region),
	KUNIT_CASE(capacity_that_makes_no_sense_is_refused),
	KUNIT_CASE(no_mailbox_falls_back_to_dvsec),
	KUNIT_CASE(dvsec_without_capacity_is_no_way_back),
	KUNIT_CASE(array_that_is_none_is_refused),
	KUNIT_CASE(capability_outside_of_its_block_is_refused),
	KUNIT_CASE(capabilities_that_contradict_each_other_are_refused),
	KUNIT_CASE(payload_that_can_t_be_there_is_refused),
	KUNIT_CASE(block_outside_of_its_bar_is_refused),
	KUNIT_CASE(device_that_takes_its_time_is_waited_for),
	KUNIT_CASE(device_that_asked_for_time_is_given_it),
	KUNIT_CASE(device_that_is_never_ready_is_a_timeout),
	KUNIT_CASE(device_that_says_that_it_failed_is_refused),
	KUNIT_CASE(doorbell_that_is_slow_is_waited_for),
	KUNIT_CASE(doorbell_that_never_clears_is_a_timeout),
	KUNIT_CASE(command_of_somebody_else_is_waited_for),
	KUNIT_CASE(command_to_be_tried_again_is),
	KUNIT_CASE(command_that_fails_is_told_with_its_code),
	KUNIT_CASE(short_answer_is_refused),
	KUNIT_CASE(answer_of_more_than_the_payload_is_refused),
	KUNIT_CASE(all_ones_is_a_device_gone),
	KUNIT_CASE(device_that_vanishes_at_any_register_leaves_nothing),
	KUNIT_CASE(mapping_that_fails_leaves_nothing),
	KUNIT_CASE(bind_with_any_allocation_failing_is_whole_or_nothing),
	{}
};

static struct kunit_suite mailbox_suite = {
	.name = "mailbox_kunit",
	.init = mailbox_init,
	.exit = mailbox_exit,
	.test_cases = mailbox_cases,
};

kunit_test_suite(mailbox_suite);

MODULE_DESCRIPTION("KUnit: what a memory expander says of itself");
MODULE_LICENSE("GPL");
