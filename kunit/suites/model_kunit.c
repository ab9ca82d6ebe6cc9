// SPDX-License-Identifier: GPL-2.0-only
/* does the hardware that the other suites stand on behave as hardware does? */
#include <kunit/test.h>
#include <linux/io.h>
#include <linux/pci.h>

#include "../fake/fake_fabric.h"
#include "../fake/fake_mmio.h"

MODULE_IMPORT_NS("CXL");

#define BASE	0x1000000000ULL
#define SIZE	((u64)SZ_256M)

struct device_under_test {
	struct fake_fabric *f;
	struct fake_node *port;
	struct fake_node *node;
	void __iomem *regs;
};

static const struct fake_commit good = { .base = BASE, .size = SIZE };

static int model_init(struct kunit *test)
{
	struct device_under_test *d = kunit_kzalloc(test, sizeof(*d),
						    GFP_KERNEL);
	resource_size_t bar;

	KUNIT_ASSERT_NOT_NULL(test, d);
	d->f = fake_test_fabric(test);
	d->port = fake_root_port(fake_bridge(d->f, 1, 1), 5);
	d->node = fake_endpoint(d->port, 0, 4, SZ_1G);
	KUNIT_ASSERT_EQ(test, fake_fabric_start(d->f), 0);
	bar = pci_resource_start(d->node->pdev, 0);
	d->regs = ioremap(bar, SZ_64K);
	KUNIT_ASSERT_NOT_NULL(test, (__force void *)d->regs);
	test->priv = d;
	return 0;
}

static void model_exit(struct kunit *test)
{
	struct device_under_test *d = test->priv;

	if (d)
		iounmap(d->regs);
}

static void __iomem *decoder(struct kunit *test, int n)
{
	struct device_under_test *d = test->priv;

	return d->regs + FAKE_HDM + CXL_HDM_DECODER(n);
}

static u32 control(struct kunit *test, int n)
{
	return readl(decoder(test, n) + CXL_HDM_CTRL);
}

/* as a driver commits, by register writes */
static u32 commit(struct kunit *test, int n, u64 base, u64 size, u32 flags)
{
	void __iomem *regs = decoder(test, n);

	writel(lower_32_bits(base), regs + CXL_HDM_BASE_LOW);
	writel(upper_32_bits(base), regs + CXL_HDM_BASE_HIGH);
	writel(lower_32_bits(size), regs + CXL_HDM_SIZE_LOW);
	writel(upper_32_bits(size), regs + CXL_HDM_SIZE_HIGH);
	writel(CXL_HDM_CTRL_COMMIT | flags, regs + CXL_HDM_CTRL);
	return control(test, n) & (CXL_HDM_CTRL_COMMITTED | CXL_HDM_CTRL_ERROR);
}

static void good_values_are_committed(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, commit(test, 0, BASE, SIZE, 0),
			CXL_HDM_CTRL_COMMITTED);
	KUNIT_EXPECT_EQ(test, commit(test, 1, BASE + SIZE, SIZE, 0),
			CXL_HDM_CTRL_COMMITTED);
}

static void committed_and_error_are_not_for_writing(struct kunit *test)
{
	writel(CXL_HDM_CTRL_COMMITTED | CXL_HDM_CTRL_ERROR,
	       decoder(test, 0) + CXL_HDM_CTRL);
	KUNIT_EXPECT_EQ(test, control(test, 0), 0);
}

static void values_that_make_no_sense_are_an_error(struct kunit *test)
{
	static const struct { u64 base, size; } bad[] = {
		{ BASE, 0 },
		{ BASE + SZ_1M, SIZE },
		{ BASE, SIZE + SZ_1M },
		{ 0 - SIZE, 2 * SIZE },
	};

	for (int i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ_MSG(test, commit(test, 0, bad[i].base,
						 bad[i].size, 0),
				    CXL_HDM_CTRL_ERROR, "%d", i);
		writel(0, decoder(test, 0) + CXL_HDM_CTRL);
		KUNIT_EXPECT_EQ(test, control(test, 0), 0);
	}
}

static void decoders_are_committed_in_order(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, commit(test, 1, BASE, SIZE, 0),
			CXL_HDM_CTRL_ERROR);
}

static void decoders_do_not_overlap(struct kunit *test)
{
	commit(test, 0, BASE, 2 * SIZE, 0);
	KUNIT_EXPECT_EQ(test, commit(test, 1, BASE + SIZE, SIZE, 0),
			CXL_HDM_CTRL_ERROR);
}

static void locked_decoder_ignores_writes_until_reset(struct kunit *test)
{
	struct device_under_test *d = test->priv;
	u32 locked;

	commit(test, 0, BASE, SIZE, CXL_HDM_CTRL_LOCK);
	locked = control(test, 0);
	writel(0, decoder(test, 0) + CXL_HDM_CTRL);
	writel(0, decoder(test, 0) + CXL_HDM_SIZE_LOW);
	KUNIT_EXPECT_EQ(test, control(test, 0), locked);
	KUNIT_EXPECT_EQ(test, readl(decoder(test, 0) + CXL_HDM_SIZE_LOW),
			(u32)SIZE);
	KUNIT_EXPECT_EQ(test, d->node->locked_writes, 2);
	KUNIT_EXPECT_EQ(test, fake_hdm_commit(d->node, 0, &good), -EIO);
	fake_hdm_reset(d->node);
	KUNIT_EXPECT_EQ(test, control(test, 0), 0);
	KUNIT_EXPECT_EQ(test, fake_hdm_commit(d->node, 0, &good), 0);
}

static void unlocked_decoder_is_uncommitted(struct kunit *test)
{
	struct device_under_test *d = test->priv;

	commit(test, 0, BASE, SIZE, 0);
	writel(0, decoder(test, 0) + CXL_HDM_CTRL);
	KUNIT_EXPECT_EQ(test, control(test, 0), 0);
	KUNIT_EXPECT_EQ(test, d->node->locked_writes, 0);
}

static void slow_commit_shows_after_that_many_reads(struct kunit *test)
{
	struct device_under_test *d = test->priv;

	d->node->commit_delay = 3;
	KUNIT_EXPECT_EQ(test, fake_hdm_commit(d->node, 0, &good), 0);
	for (int i = 0; i < 3; i++)
		KUNIT_EXPECT_FALSE(test, control(test, 0) &
				   CXL_HDM_CTRL_COMMITTED);
	KUNIT_EXPECT_TRUE(test, control(test, 0) & CXL_HDM_CTRL_COMMITTED);
}

static void commit_fails_when_it_is_told_to(struct kunit *test)
{
	struct device_under_test *d = test->priv;

	d->node->commit_fails = true;
	KUNIT_EXPECT_EQ(test, fake_hdm_commit(d->node, 0, &good), -EIO);
	KUNIT_EXPECT_TRUE(test, control(test, 0) & CXL_HDM_CTRL_ERROR);
	KUNIT_EXPECT_FALSE(test, control(test, 0) & CXL_HDM_CTRL_COMMITTED);
}

static void accesses_are_counted(struct kunit *test)
{
	struct device_under_test *d = test->priv;
	u32 value;

	fake_count_reset(d->f);
	control(test, 0);
	writel(0, decoder(test, 0) + CXL_HDM_CTRL);
	writel(0, decoder(test, 0) + CXL_HDM_CTRL);
	pci_read_config_dword(d->node->pdev, PCI_VENDOR_ID, &value);
	pci_read_config_dword(d->port->pdev, PCI_VENDOR_ID, &value);
	/* by firmware: not counted */
	fake_hdm_commit(d->node, 0, &good);
	KUNIT_EXPECT_EQ(test, d->node->count.reads, 1);
	KUNIT_EXPECT_EQ(test, d->node->count.writes, 2);
	KUNIT_EXPECT_EQ(test, d->node->count.cfg_reads, 1);
	KUNIT_EXPECT_EQ(test, d->f->count.reads, 1);
	KUNIT_EXPECT_EQ(test, d->f->count.cfg_reads, 2);
}

static void device_that_is_gone_reads_all_ones(struct kunit *test)
{
	struct device_under_test *d = test->priv;
	u32 value;

	/* with the port above it is out of reach, too */
	d->port->gone = true;
	KUNIT_EXPECT_EQ(test, control(test, 0), ~0U);
	pci_read_config_dword(d->node->pdev, PCI_VENDOR_ID, &value);
	KUNIT_EXPECT_EQ(test, value, ~0U);
	d->port->gone = false;
	KUNIT_EXPECT_EQ(test, control(test, 0), 0);
}

static void device_vanishes_in_the_middle(struct kunit *test)
{
	struct device_under_test *d = test->priv;

	fake_on_read(d->node, FAKE_MMIO, 3, fake_vanish, NULL);
	KUNIT_EXPECT_EQ(test, control(test, 0), 0);
	KUNIT_EXPECT_EQ(test, control(test, 0), 0);
	KUNIT_EXPECT_EQ(test, control(test, 0), ~0U);
	KUNIT_EXPECT_TRUE(test, d->node->gone);
}

static void log_keeps_lines_with_their_level(struct kunit *test)
{
	struct device_under_test *d = test->priv;

	pci_err(d->node->pdev, "decoder7.3: a lie\n");
	pci_warn(d->node->pdev, "decoder7.3: a doubt\n");
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR, "decoder7.3"), 1);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_WARNING, "decoder7.3"), 2);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_WARNING, "decoder7.3",
					     "doubt"), 1);
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_ERR,
					     pci_name(d->node->pdev), "lie"), 1);
	fake_log_clear();
	KUNIT_EXPECT_EQ(test, fake_log_count(LOGLEVEL_WARNING), 0);
}

static void snapshot_sees_what_comes_and_goes(struct kunit *test)
{
	struct device_under_test *d = test->priv;
	struct fake_snapshot empty = fake_snapshot(), now;

	fake_window(d->f, d->node->parent->parent, BASE, SZ_1G);
	KUNIT_ASSERT_EQ(test, fake_map(d->node, BASE, SIZE, 0), 0);
	KUNIT_ASSERT_EQ(test, fake_root_add(d->f), 0);
	fake_expect_attached(test, d->node, BASE, SIZE);
	now = fake_snapshot();
	KUNIT_EXPECT_EQ(test, now.ports, empty.ports + 2);
	KUNIT_EXPECT_EQ(test, now.endpoints, empty.endpoints + 1);
	KUNIT_EXPECT_EQ(test, now.memdevs, empty.memdevs + 1);
	KUNIT_EXPECT_EQ(test, now.regions, empty.regions + 1);
	/* window, host bridge, four of the device */
	KUNIT_EXPECT_EQ(test, now.decoders, empty.decoders + 6);
	KUNIT_EXPECT_EQ(test, now.iomem_regions, empty.iomem_regions + 1);
	KUNIT_EXPECT_EQ(test, now.mappings, empty.mappings + 2);
	fake_unbind(d->node);
	fake_root_remove(d->f);
	fake_expect_snapshot(test, &empty);
}

static struct kunit_case model_cases[] = {
	KUNIT_CASE(good_values_are_committed),
	KUNIT_CASE(committed_and_error_are_not_for_writing),
	KUNIT_CASE(values_that_make_no_sense_are_an_error),
	KUNIT_CASE(decoders_are_committed_in_order),
	KUNIT_CASE(decoders_do_not_overlap),
	KUNIT_CASE(locked_decoder_ignores_writes_until_reset),
	KUNIT_CASE(unlocked_decoder_is_uncommitted),
	KUNIT_CASE(slow_commit_shows_after_that_many_reads),
	KUNIT_CASE(commit_fails_when_it_is_told_to),
	KUNIT_CASE(accesses_are_counted),
	KUNIT_CASE(device_that_is_gone_reads_all_ones),
	KUNIT_CASE(device_vanishes_in_the_middle),
	KUNIT_CASE(log_keeps_lines_with_their_level),
	KUNIT_CASE(snapshot_sees_what_comes_and_goes),
	{}
};

static struct kunit_suite model_suite = {
	.name = "model_kunit",
	.init = model_init,
	.exit = model_exit,
	.test_cases = model_cases,
};

kunit_test_suite(model_suite);

MODULE_DESCRIPTION("KUnit: the fake hardware itself");
MODULE_LICENSE("GPL");
