// SPDX-License-Identifier: GPL-2.0-only
/* Objects in use, counted over a made-up /sys and /proc, and what of it is growth. */
#include "made_up_root.h"
#include "sys/slab.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

using namespace cxla;
using cxla::test::MadeUpRoot;

namespace
{

void add_cache(MadeUpRoot &made, const std::string &name, const std::string &objects)
{
	made.file("/sys/kernel/slab/" + name + "/objects", objects + "\n");
	made.file("/sys/kernel/slab/" + name + "/shrink", "");
}

MadeUpRoot &with_caches(MadeUpRoot &made)
{
	add_cache(made, "kmalloc-64", "100 N0=60 N1=40");
	add_cache(made, "kernfs_node_cache", "13694 N0=13694");
	made.file("/proc/meminfo", "MemTotal: 1 kB\nPercpu:             1040 kB\n"
				   "VmallocUsed:        8424 kB\n");
	made.file("/proc/loadavg", "0.10 0.20 0.30 2/123 4567\n");
	made.file("/proc/sys/vm/drop_caches", "0\n");
	return made;
}

std::string slabinfo_of(const std::string &lines)
{
	return "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize>\n" +
	       lines;
}

/* a watch that was shown one cache: after each of @counts the same work more */
SlabWatch watch_of(const std::vector<uint64_t> &counts, uint64_t work,
		   const std::vector<uint64_t> &tasks = {}, const std::string &cache = "kmalloc-64")
{
	SlabWatch watch;

	for (size_t n = 0; n < counts.size(); n++)
		watch.note({{{cache, counts[n]}}, tasks.empty() ? 100 : tasks[n]}, n * work);
	return watch;
}

std::string growth_of(const std::vector<uint64_t> &counts, uint64_t work,
		      const std::vector<uint64_t> &tasks = {},
		      const std::string &cache = "kmalloc-64")
{
	return watch_of(counts, work, tasks, cache).growth().value_or("none");
}

} // namespace

TEST(CountSlab, objects_of_all_nodes_and_pages_and_tasks)
{
	MadeUpRoot made;
	auto count = count_slab(with_caches(made).root());

	ASSERT_TRUE(count);
	EXPECT_EQ(count->objects, (std::map<std::string, uint64_t>{{"kmalloc-64", 100},
								   {"kernfs_node_cache", 13694},
								   {"percpu", 260},
								   {"vmalloc", 2106}}));
	EXPECT_EQ(count->tasks, 123U);
}

TEST(CountSlab, what_nobody_uses_is_given_back_before)
{
	MadeUpRoot made;

	ASSERT_TRUE(count_slab(with_caches(made).root()));
	EXPECT_EQ(made.read("/proc/sys/vm/drop_caches").front(), '2');
	EXPECT_EQ(made.read("/sys/kernel/slab/kmalloc-64/shrink"), "1");
	EXPECT_EQ(made.read("/sys/kernel/slab/kernfs_node_cache/shrink"), "1");
}

TEST(CountSlab, what_follows_from_processes_and_files_is_left_out)
{
	MadeUpRoot made;

	for (const char *name : {"task_struct", "dentry", "filp", "vm_area_struct", "kmalloc-cg-64",
				 "kmalloc-rcl-64", "inode_cache", "radix_tree_node"}) {
		add_cache(made, name, "5");
		made.file("/proc/slabinfo", slabinfo_of("dentry 7 7 192\n"));
	}
	EXPECT_EQ(count_slab(with_caches(made).root())->objects.size(), 4U);
	EXPECT_EQ(made.read("/sys/kernel/slab/dentry/shrink"), "");
}

TEST(CountSlab, memory_is_not_counted_while_udev_is_behind)
{
	MadeUpRoot made;
	const Root &root = with_caches(made).root();

	made.file("/run/udev/queue", "");
	auto count = count_slab(root, std::chrono::milliseconds(1));

	ASSERT_FALSE(count);
	EXPECT_EQ(count.problem().path, "/run/udev/queue");
}

TEST(CountSlab, lower_one_of_two_sources_counts)
{
	MadeUpRoot made;

	with_caches(made).file("/proc/slabinfo",
			       slabinfo_of("kmalloc-64          90 128 64 64 1 : tunables\n"
					   "kernfs_node_cache 13999 14000 128\n"
					   "dax_cache 3 42 768\n"));

	auto count = count_slab(made.root());

	EXPECT_EQ(count->objects.at("kmalloc-64"), 90U);
	EXPECT_EQ(count->objects.at("kernfs_node_cache"), 13694U);
	EXPECT_EQ(count->objects.at("dax_cache"), 3U);
}

TEST(CountSlab, caches_that_share_their_objects_count_once_and_links_are_followed)
{
	MadeUpRoot made;

	add_cache(made, ":0000064", "77");
	made.link("/sys/kernel/slab/kmalloc-64", "/sys/kernel/slab/:0000064");
	made.link("/sys/kernel/slab/kmalloc-dma-64", "/sys/kernel/slab/:0000064");

	auto count = count_slab(made.root());

	EXPECT_EQ(count->objects, (std::map<std::string, uint64_t>{{"kmalloc-64", 77}}));
}

TEST(CountSlab, slabinfo_alone_will_do_and_without_either_it_says_so)
{
	MadeUpRoot made;

	EXPECT_EQ(count_slab(made.root()).problem().text(),
		  "/proc/slabinfo: neither it nor /sys/kernel/slab says how many objects are in "
		  "use");
	made.file("/proc/slabinfo", slabinfo_of("kmalloc-8 4096 4096 8\n"));
	EXPECT_EQ(count_slab(made.root())->objects.at("kmalloc-8"), 4096U);
}

TEST(SlabWatch, object_lost_each_time_is_told_with_how_many)
{
	EXPECT_EQ(growth_of({1000, 1300, 1400, 1500}, 100),
		  "kmalloc-64: 1300, 1400, 1500: 200 more in 200 binds, 1.00 for each");
	EXPECT_NE(growth_of({1000, 1010, 1014, 1018}, 4), "none");
}

TEST(SlabWatch, object_lost_each_twentieth_time_is_told)
{
	EXPECT_EQ(growth_of({1000, 1005, 1010, 1015}, 100),
		  "kmalloc-64: 1005, 1010, 1015: 10 more in 200 binds, 0.05 for each");
	/* in a long run, though counts are some objects too high now and then */
	std::vector<uint64_t> counts;

	counts.reserve(40);
	for (uint64_t n = 0; n < 40; n++)
		counts.push_back(2000 + n * 5 + (n % 3 ? 0 : 12));
	EXPECT_NE(growth_of(counts, 100), "none");
}

TEST(SlabWatch, what_was_measured_of_modules_that_lose_nothing_is_no_growth)
{
	/* stock 6.12, 15 s of everything between two: kmalloc-64, kmalloc-96 */
	std::vector<uint64_t> tasks = {100, 104, 107, 107, 107, 107, 108, 108,
				       108, 108, 108, 108, 107, 108, 108};

	EXPECT_EQ(growth_of({2181, 2181, 2186, 2187, 2188, 2189, 2189, 2191, 2191, 2191, 2192, 2193,
			     2193, 2193, 2194},
			    160, tasks),
		  "none");
	EXPECT_EQ(growth_of({2506, 2515, 2521, 2521, 2521, 2521, 2524, 2524, 2523, 2523, 2523, 2523,
			     2524, 2523, 2523},
			    160, tasks),
		  "none");
	/* the same of accelerators and root: kmalloc-96 of slabinfo */
	EXPECT_EQ(growth_of({2343, 2345, 2345, 2349, 2346, 2351, 2352}, 150), "none");
	/* 7.3 with KASAN, 5 binds between two: kmalloc-256, kmalloc-512 */
	EXPECT_EQ(growth_of({298, 310, 311, 311, 311, 312}, 5), "none");
	EXPECT_EQ(growth_of({511, 514, 515, 517, 517, 517}, 5), "none");
}

TEST(SlabWatch, jump_and_what_comes_before_the_first_work_are_no_growth)
{
	EXPECT_EQ(growth_of({1000, 5000, 5000, 5000, 5000}, 100), "none");
	EXPECT_EQ(growth_of({1000, 1000, 1000, 5000, 5000, 5000}, 100), "none");
	EXPECT_EQ(growth_of({1000, 1000, 1000, 1000, 1000, 5000}, 100), "none");
	EXPECT_EQ(growth_of({1000, 1010, 1020}, 10), "none");
}

TEST(SlabWatch, counts_that_go_up_and_down_have_to_grow_by_more_than_that)
{
	/* stock 6.12: kmalloc-192, in slabs of 21 */
	EXPECT_EQ(growth_of({441, 420, 441, 462, 483, 500}, 30), "none");
	EXPECT_NE(growth_of({420, 420, 441, 462, 483, 500}, 30), "none");
	EXPECT_NE(growth_of({441, 420, 441, 462, 483, 510, 520}, 30), "none");
}

TEST(SlabWatch, growth_with_more_tasks_is_theirs)
{
	std::vector<uint64_t> more = {100, 110, 120, 130};

	EXPECT_EQ(growth_of({1000, 1020, 1040, 1060}, 10, more), "none");
	EXPECT_NE(growth_of({1000, 1030, 1060, 1090}, 10, more), "none");
	EXPECT_EQ(growth_of({1000, 1080, 1160, 1240}, 10, more, "vmalloc"), "none");
	EXPECT_NE(growth_of({1000, 1100, 1200, 1300}, 10, more, "vmalloc"), "none");
	EXPECT_EQ(growth_of({1000, 1015, 1030, 1045}, 10, more), "none");
	/* tasks that went take nothing away from it, and add nothing */
	EXPECT_EQ(growth_of({1000, 1000, 1000, 1000}, 10, {130, 120, 110, 100}), "none");
	EXPECT_NE(growth_of({1000, 1030, 1060, 1090}, 10, {130, 120, 110, 100}), "none");
}

TEST(SlabWatch, growth_without_work_is_not_of_the_work)
{
	EXPECT_EQ(growth_of({1000, 1100, 1200, 1300}, 0), "none");
}

TEST(SlabWatch, slow_growth_is_below_what_can_be_told)
{
	EXPECT_EQ(growth_of({1000, 1010, 1020, 1030}, 500), "none");
	EXPECT_EQ(growth_of({1000, 1003, 1006, 1009}, 100), "none");
}

TEST(SlabWatch, every_cache_that_grows_is_named_the_fastest_first)
{
	SlabWatch watch("load");

	for (uint64_t n = 0; n < 4; n++)
		watch.note({{{"kmalloc-16", 100 + n * 10},
			     {"kmalloc-256", 100 + n * 30},
			     {"kmalloc-8", 100}},
			    50},
			   n * 10);
	EXPECT_EQ(watch.growth(), "kmalloc-256: 130, 160, 190: 60 more in 20 loads, 3.00 for each\n"
				  "kmalloc-16: 110, 120, 130: 20 more in 20 loads, 1.00 for each");
}
