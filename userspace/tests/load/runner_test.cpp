// SPDX-License-Identifier: GPL-2.0-only
/* The record of what was taken, and steps carried out on made-up roots. */
#include "load/attach.h"
#include "load/runner.h"
#include "load/state.h"
#include "made_up_root.h"
#include "sys/error.h"

#include <gtest/gtest.h>

using namespace cxla;
using cxla::test::bdf;
using cxla::test::MadeUpRoot;

TEST(Record, text_round_trips)
{
	State state{"boot-1",
		    "1",
		    {"cxla_core", "cxla_port"},
		    {{"pci", "0000:0d:00.0", "cxl_pci", "x"}}};
	auto read = state_from_text(state_to_text(state), state_path);

	ASSERT_TRUE(read);
	EXPECT_EQ(*read, state);
}

TEST(Record, garbage_other_versions_and_names_that_are_paths_are_refused)
{
	State evil{"b", "", {}, {{"pci", "../../../etc/passwd", "x", ""}}};

	EXPECT_FALSE(state_from_text("", state_path));
	EXPECT_FALSE(state_from_text("{\"version\": 1", state_path));
	EXPECT_FALSE(state_from_text("{\"version\": 2}", state_path));
	EXPECT_FALSE(state_from_text("[1]", state_path));
	EXPECT_FALSE(state_from_text(state_to_text(evil), state_path));
}

TEST(Record, of_an_earlier_boot_means_nothing)
{
	MadeUpRoot made;

	made.add_kernel();
	write_state(made.root(), {"boot-0", "1", {}, {}});
	EXPECT_FALSE(read_state(made.root(), "boot-1")->has_value());
	EXPECT_TRUE(read_state(made.root(), "boot-0")->has_value());
}

TEST(Runner, probe_that_binds_nothing_is_an_error)
{
	MadeUpRoot made;
	Root root = made.root();
	SystemRunner runner(root, "");

	made.add_kernel();
	made.add_device(bdf);
	EXPECT_THROW(runner.run({Act::Probe, "pci", bdf, accel_driver, {}, {}}), Error);
	EXPECT_EQ(made.read("/sys/bus/pci/drivers_probe"), bdf);
}

TEST(Runner, rebind_of_a_device_that_is_gone_or_taken_is_no_error_and_bind_is)
{
	MadeUpRoot made;
	Root root = made.root();
	SystemRunner runner(root, "");

	made.add_kernel();
	made.add_device(bdf);
	made.bind("pci", bdf, "other");
	EXPECT_NO_THROW(runner.run({Act::Rebind, "pci", bdf, "cxl_pci", {}, {}}));
	EXPECT_NO_THROW(runner.run({Act::Rebind, "pci", "0000:77:00.0", "cxl_pci", {}, {}}));
	EXPECT_THROW(runner.run({Act::Bind, "pci", bdf, "cxl_pci", {}, {}}), Error);
}

TEST(Runner, module_that_stays_in_use_is_waited_for_and_then_told)
{
	MadeUpRoot made;
	Root root = made.root();
	SystemRunner runner(root, "");

	runner.patience = std::chrono::milliseconds(20);
	made.add_module("cxla_mem", 1);
	made.dir("/sys/module/cxla_mem/holders/my_driver");
	try {
		runner.run({Act::WaitUnused, {}, "cxla_mem", {}, {}, {}});
		FAIL() << "no error";
	} catch (const Error &error) {
		EXPECT_NE(std::string(error.what()).find("my_driver"), std::string::npos);
	}
	made.file("/sys/module/cxla_mem/refcnt", "0\n");
	EXPECT_NO_THROW(runner.run({Act::WaitUnused, {}, "cxla_mem", {}, {}, {}}));
}

TEST(Runner, modules_are_never_loaded_into_a_made_up_root)
{
	MadeUpRoot made;
	Root root = made.root();
	SystemRunner runner(root, "");

	EXPECT_THROW(runner.run({Act::Insert, {}, "cxla_core", {}, "/x.ko", {}}), Error);
}

TEST(Runner, second_load_at_the_same_time_is_refused)
{
	MadeUpRoot made;

	made.add_kernel();

	StateLock first(made.root());

	EXPECT_THROW(StateLock second(made.root()), Error);
}
