// SPDX-License-Identifier: GPL-2.0-only
/* Either stack by its names, and what it shows of a bind. */
#include "cxl/accel.h"
#include "cxl/snapshot.h"
#include "cxl/stack.h"
#include "made_up_root.h"
#include "sys/error.h"

#include <algorithm>
#include <gtest/gtest.h>

using namespace cxla;
using cxla::test::MadeUpRoot;

namespace
{

const std::string first = "0000:0d:00.0";
const Range first_range = *range_of(0x690000000, 0x20000000);

struct InTree : ::testing::Test {
	InTree()
	{
		made.add_kernel();
		made.add_platform();
		made.add_device(first);
		made.add_intree(first, true, false);
		made.bind("pci", first, intree_accel_driver);
	}
	BindOutcome outcome() { return stack.outcome(made.root(), first); }

	MadeUpRoot made;
	Stack stack = make_stack("in-tree");
};

} // namespace

TEST(stack, each_driver_is_found_on_its_own_bus)
{
	const Stack &ours = our_stack();

	EXPECT_EQ(ours.driver_file(Driver::Accel, "bind"), "/sys/bus/pci/drivers/cxla_accel/bind");
	EXPECT_EQ(ours.driver_file(Driver::Root, "unbind"),
		  "/sys/bus/platform/drivers/cxla_acpi/unbind");
	EXPECT_EQ(ours.driver_file(Driver::Memdev, "bind"), "/sys/bus/cxla/drivers/cxla_mem/bind");

	Stack intree = make_stack("in-tree");

	EXPECT_EQ(intree.driver_file(Driver::Accel, "bind"),
		  "/sys/bus/pci/drivers/cxl_sample_intree/bind");
	EXPECT_EQ(intree.driver_file(Driver::Root, "unbind"),
		  "/sys/bus/platform/drivers/cxl_acpi/unbind");
	EXPECT_EQ(intree.driver_file(Driver::Port, "bind"), "/sys/bus/cxl/drivers/cxl_port/bind");
	EXPECT_EQ(intree.device_folder("mem0"), "/sys/bus/cxl/devices/mem0");
	EXPECT_EQ(intree.flush_file(), "/sys/bus/cxl/flush");
}

TEST(stack, no_name_of_one_is_one_of_the_other)
{
	Stack intree = make_stack("in-tree");

	for (size_t n = 0; n < driver_count; n++)
		EXPECT_NE(our_stack().driver(static_cast<Driver>(n)),
			  intree.driver(static_cast<Driver>(n)));
	for (const auto &module : intree.modules())
		EXPECT_FALSE(our_stack().is_module(module)) << module;
}

TEST(stack, what_it_cannot_do_it_says_in_a_sentence)
{
	Stack intree = make_stack("in-tree");

	EXPECT_TRUE(our_stack().inabilities().empty());
	EXPECT_TRUE(our_stack().can(Ability::Record));
	EXPECT_FALSE(intree.can(Ability::Record));
	for (const auto &[ability, why] : intree.inabilities()) {
		EXPECT_GT(std::string_view(why).size(), 20U) << ability_word(ability);
		EXPECT_EQ(intree.why_not(ability), why) << "named twice";
	}
}

TEST(stack, ours_with_a_portable_driver_refuses_by_what_is_below_it)
{
	Stack stack = make_stack("ours", "cxl_sample");

	EXPECT_EQ(stack.driver(Driver::Accel), "cxl_sample");
	EXPECT_EQ(stack.modules().back(), "cxl_sample");
	EXPECT_FALSE(stack.can(Ability::Node));
	EXPECT_TRUE(stack.can(Ability::DeleteIsRefused));
	EXPECT_FALSE(make_stack("in-tree").can(Ability::DeleteIsRefused));
}

TEST(stack, unknown_name_is_a_mistake_of_usage)
{
	try {
		make_stack("mainline");
		FAIL() << "no error";
	} catch (const Error &error) {
		EXPECT_EQ(error.status(), Exit::Usage);
		EXPECT_NE(error.hint().find("in-tree"), std::string::npos) << error.hint();
	}
}

TEST_F(InTree, outcome_of_a_bind_is_the_range_of_its_region)
{
	EXPECT_EQ(outcome().driver, intree_accel_driver);
	EXPECT_EQ(outcome().memdev, "mem0");
	EXPECT_EQ(outcome().endpoint, "endpoint2");
	EXPECT_EQ(outcome().region, "region0");
	EXPECT_EQ(outcome().range, first_range);
	EXPECT_EQ(stack.accelerators(made.root()), std::vector<std::string>{first});
}

TEST_F(InTree, region_that_was_deleted_leaves_no_range)
{
	made.remove("/sys/bus/cxl/devices/region0");
	made.remove("/sys/devices/platform/ACPI0017:00/root0/decoder0.0/region0");
	EXPECT_FALSE(outcome().attached());
	EXPECT_EQ(outcome().driver, intree_accel_driver);
}

TEST_F(InTree, region_that_is_not_committed_is_no_range)
{
	made.file("/sys/devices/platform/ACPI0017:00/root0/decoder0.0/region0/commit", "0\n");
	EXPECT_FALSE(outcome().attached());
}

TEST_F(InTree, interleaved_region_is_no_range_of_its_own)
{
	made.file("/sys/devices/platform/ACPI0017:00/root0/decoder0.0/region0/interleave_ways",
		  "2\n");
	EXPECT_FALSE(outcome().attached());
}

TEST_F(InTree, region_of_an_expander_is_not_its_drivers_range)
{
	made.bind("pci", first, "cxl_pci");
	EXPECT_EQ(outcome().region, "region0");
	EXPECT_FALSE(outcome().attached());
}

TEST_F(InTree, snapshot_counts_the_objects_of_the_stack_asked_for)
{
	Snapshot ours = take_snapshot(made.root()), intree = take_snapshot(made.root(), stack);
	auto has = [](const Snapshot &snapshot, const std::string &line) {
		return std::find(snapshot.begin(), snapshot.end(), line) != snapshot.end();
	};

	EXPECT_TRUE(has(intree, first + ": cxl_sample_intree, 0x690000000-0x6afffffff"));
	EXPECT_TRUE(has(intree, "memdev(0x1), driver cxl_mem"));
	EXPECT_TRUE(has(intree, "cxl_mem: 0 references"));
	EXPECT_FALSE(has(ours, "memdev(0x1), driver cxl_mem"));
}

TEST_F(InTree, memdev_without_a_serial_number_is_known_by_its_device)
{
	made.remove(cxla::test::device_path(first) + "/mem0/serial");
	EXPECT_TRUE(read_topology(made.root(), "cxl").problems.empty());

	Snapshot snapshot = take_snapshot(made.root(), stack);

	EXPECT_NE(std::find(snapshot.begin(), snapshot.end(),
			    "memdev(" + first + "), driver cxl_mem"),
		  snapshot.end());
}

TEST(stack, outcome_of_ours_is_what_the_driver_says)
{
	MadeUpRoot made;

	made.add_kernel();
	made.add_platform();
	made.add_attached(2);
	EXPECT_EQ(our_stack().outcome(made.root(), first).range,
		  read_accelerator(made.root(), first, {}).range);
	EXPECT_EQ(our_stack().outcome(made.root(), first).range, first_range);
}
