// SPDX-License-Identifier: GPL-2.0-only
/* Whole trees: healthy ones, and ones with something broken or gone. */
#include "made_up_root.h"
#include "status.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace cxla;
using cxla::test::device_path;
using cxla::test::MadeUpRoot;

namespace
{

const std::string bus = "/sys/bus/cxla/devices/";

struct Attached : ::testing::Test {
	Attached()
	{
		made.add_kernel();
		made.add_platform();
		made.add_attached(2);
	}
	Status status() { return read_status(made.root(), {}); }
	bool has_problem(const std::string &path)
	{
		for (const auto &problem : status().machine.problems())
			if (problem.path == path)
				return true;
		return false;
	}
	MadeUpRoot made;
};

bool contains(const std::string &text, const std::string &part)
{
	return text.find(part) != std::string::npos;
}

} // namespace

TEST_F(Attached, healthy_tree_has_no_problems)
{
	EXPECT_EQ(problems_text(status().machine), "");
}

TEST_F(Attached, tree_goes_from_root_to_pci_device)
{
	std::string tree = topology_text(status().machine);

	EXPECT_TRUE(contains(tree, "root0  (ACPI0017:00, cxla_acpi)")) << tree;
	EXPECT_TRUE(contains(tree, "├─ decoder0.0  window 0x690000000-0x78fffffff  4 GiB")) << tree;
	EXPECT_TRUE(contains(tree, "region0  0x690000000-0x6afffffff  512 MiB  locked")) << tree;
	EXPECT_TRUE(contains(tree, "port1  host bridge pci0000:0c")) << tree;
	EXPECT_TRUE(
		contains(tree, "mem1  serial 0x2  on 0000:0e:00.0  (cxla_accel)  accel1 attached"))
		<< tree;
	/* every object is below the root */
	EXPECT_EQ(tree.find("\n├─"), tree.find('\n'));
	EXPECT_EQ(tree.rfind("root0"), 0U);
}

TEST_F(Attached, passthrough_decoder_is_told_from_an_idle_one)
{
	std::string decoder = "/sys/devices/platform/ACPI0017:00/root0/port1/decoder1.";

	made.file(decoder + "0/size", "0x0\n");
	made.file(decoder + "1/size", "0x0\n");
	made.file(decoder + "1/target_list", "\n");

	std::string tree = topology_text(status().machine);

	EXPECT_TRUE(contains(tree, "decoder1.0  passthrough to port 0")) << tree;
	EXPECT_TRUE(contains(tree, "decoder1.1  idle")) << tree;
}

TEST_F(Attached, committed_decoder_without_a_region_is_told)
{
	std::string decoder = "/sys/devices/platform/ACPI0017:00/root0/port1/decoder1.";

	made.file(decoder + "1/region", "\n");

	std::string tree = topology_text(status().machine);

	EXPECT_TRUE(contains(tree, "decoder1.0  0x690000000-0x6afffffff  512 MiB  -> region0"))
		<< tree;
	EXPECT_TRUE(contains(tree, "decoder1.1  0x6b0000000-0x6cfffffff  512 MiB  no region"))
		<< tree;
}

TEST_F(Attached, load_is_shown_as_done_once_all_modules_are_loaded)
{
	Status now = status();

	now.blockers.clear();
	EXPECT_TRUE(contains(machine_text(now), "load          done"));
	now.machine.loaded.erase("cxla_accel");
	EXPECT_TRUE(contains(machine_text(now), "load          nothing stands in its way"));
	now.blockers.push_back({"root-in-use", "what", "todo", {}, false});
	EXPECT_TRUE(contains(machine_text(now), "root-in-use"));
}

TEST_F(Attached, table_has_range_size_and_why_it_is_locked)
{
	auto machine = status().machine;
	std::string table = accelerators_text(machine);

	ASSERT_EQ(machine.accelerators.size(), 2U);
	EXPECT_EQ(machine.accelerators[0].range->text(), "0x690000000-0x6afffffff");
	EXPECT_EQ(machine.accelerators[0].lock_why, "attached");
	EXPECT_EQ(machine.accelerators[1].lock_why, "decoder3.0 is hardware-locked, attached");
	EXPECT_TRUE(contains(table, "512 MiB")) << table;
}

TEST_F(Attached, missing_attribute_is_shown_as_question_mark_with_its_path)
{
	std::string path = device_path("0000:0d:00.0") + "/cxla/reason";

	made.remove(path);
	EXPECT_TRUE(has_problem("/sys/bus/pci/devices/0000:0d:00.0/cxla/reason"));
	EXPECT_TRUE(contains(accelerators_text(status().machine), "  ?  "));
}

TEST_F(Attached, garbage_in_a_decoder_is_told_and_the_rest_is_shown)
{
	std::string decoder = "/sys/devices/platform/ACPI0017:00/root0/port1/endpoint2/decoder2.0";

	made.file(decoder + "/start", "banana\n");
	made.file(decoder + "/size", std::string(100000, '9'));
	EXPECT_TRUE(has_problem(decoder + "/start"));
	EXPECT_TRUE(has_problem(decoder + "/size"));
	EXPECT_TRUE(contains(topology_text(status().machine), "decoder2.0  ?"));
	EXPECT_TRUE(
		contains(topology_text(status().machine), "decoder3.0  0x6b0000000-0x6cfffffff"));
}

TEST_F(Attached, dangling_link_is_told_and_the_rest_is_shown)
{
	made.remove("/sys/devices/platform/ACPI0017:00/root0/port1/endpoint2");
	EXPECT_TRUE(has_problem(bus + "endpoint2"));
	EXPECT_TRUE(contains(topology_text(status().machine), "endpoint3"));
	/* its memdev is still there, without a place in the tree */
	EXPECT_TRUE(contains(topology_text(status().machine), "mem0  serial 0x1"));
}

TEST_F(Attached, device_that_vanished_behind_its_driver_link_is_no_crash)
{
	made.remove(device_path("0000:0d:00.0"));

	auto s = status();

	EXPECT_EQ(s.machine.accelerators.size(), 2U);
	EXPECT_TRUE(contains(accelerators_text(s.machine), "0000:0d:00.0"));
	EXPECT_TRUE(contains(accelerators_text(s.machine), "0x6b0000000-0x6cfffffff"));
}

TEST_F(Attached, range_that_is_no_range_is_told)
{
	made.file(device_path("0000:0d:00.0") + "/cxla/range", "0x5-0x1\n");
	EXPECT_TRUE(has_problem("/sys/bus/pci/devices/0000:0d:00.0/cxla/range"));
	EXPECT_FALSE(status().machine.accelerators[0].range);
}

TEST_F(Attached, links_in_a_circle_are_told)
{
	made.remove("/sys/bus/cxla/devices/port1");
	made.link(bus + "port1", bus + "port1");
	EXPECT_TRUE(has_problem(bus + "port1"));
}

TEST_F(Attached, unlocked_region_says_no)
{
	made.file("/sys/devices/platform/ACPI0017:00/root0/decoder0.0/region0/locked", "0\n");
	EXPECT_EQ(status().machine.accelerators[0].locked, false);
	EXPECT_TRUE(contains(accelerators_text(status().machine), "  no  "));
}

TEST_F(Attached, json_has_every_key_of_the_schema)
{
	auto json = status_json(status());

	for (const char *key : {"schema", "kernel", "privileged", "loaded", "modules", "roots",
				"cedt", "iomem", "pci", "topology", "intree_topology",
				"accelerators", "taken_over", "blockers", "problems"})
		EXPECT_TRUE(json.contains(key)) << key;
	EXPECT_EQ(json["schema"], 1);
	EXPECT_EQ(json["loaded"], true);
	EXPECT_EQ(json["topology"].size(), 1U);
	EXPECT_EQ(json["topology"][0]["name"], "root0");
	EXPECT_EQ(json["accelerators"][1]["range"]["start"], 0x6b0000000);
	EXPECT_EQ(json["accelerators"][1]["locked"], true);
	EXPECT_EQ(json["cedt"]["windows"][0]["targets"][0], 12);
	EXPECT_EQ(json["iomem"]["soft_reserved"][0]["range"]["size"], 0x20000000);
	EXPECT_TRUE(json["problems"].empty());
}

TEST_F(Attached, json_has_null_for_what_could_not_be_read_and_the_problem)
{
	made.remove(device_path("0000:0d:00.0") + "/cxla/state");

	auto json = status_json(status());

	EXPECT_TRUE(json["accelerators"][0]["state"].is_null());
	ASSERT_EQ(json["problems"].size(), 1U);
	EXPECT_EQ(json["problems"][0]["path"], "/sys/bus/pci/devices/0000:0d:00.0/cxla/state");
	EXPECT_EQ(json["problems"][0]["errno"], ENOENT);
}

TEST_F(Attached, device_is_found_by_address_accel_and_memdev)
{
	EXPECT_EQ(resolve_device(made.root(), "0e:00.0"), "0000:0e:00.0");
	EXPECT_EQ(resolve_device(made.root(), "accel1"), "0000:0e:00.0");
	EXPECT_EQ(resolve_device(made.root(), "mem1"), "0000:0e:00.0");
	EXPECT_ANY_THROW(resolve_device(made.root(), "accel7"));
	EXPECT_ANY_THROW(resolve_device(made.root(), "mem0/../.."));
	EXPECT_ANY_THROW(resolve_device(made.root(), "0f:00.0"));
}

TEST(Status, machine_without_our_modules_shows_windows_ranges_and_devices)
{
	MadeUpRoot made;

	made.add_kernel();
	made.add_platform();
	made.add_device("0000:0d:00.0");

	std::string text = machine_text(read_status(made.root(), {}));

	EXPECT_TRUE(contains(text, "none of ours is loaded")) << text;
	EXPECT_TRUE(contains(text, "window        0x690000000-0x78fffffff  4 GiB  host bridge 12"))
		<< text;
	EXPECT_TRUE(contains(text, "Soft Reserved 0x690000000-0x6afffffff  512 MiB")) << text;
	EXPECT_TRUE(contains(text, "0000:0d:00.0  0x8086:0x0d93")) << text;
	EXPECT_TRUE(contains(text, "no driver")) << text;
	EXPECT_EQ(topology_text(read_machine(made.root())), "");
}

TEST(Status, in_tree_memdevs_and_regions_are_listed_with_their_drivers)
{
	MadeUpRoot made;

	made.add_kernel();
	made.add_platform();
	made.add_device("0000:0d:00.0");
	made.add_intree("0000:0d:00.0", true, false);

	Status status = read_status(made.root(), {});
	std::string text = machine_text(status);

	EXPECT_TRUE(contains(text, "CXL root      ACPI0017:00, cxl_acpi")) << text;
	EXPECT_TRUE(contains(text, "mem0 on 0000:0d:00.0, cxl_mem")) << text;
	EXPECT_TRUE(contains(text, "region0  0x690000000-0x6afffffff")) << text;
	EXPECT_TRUE(contains(topology_text(status.machine), "in-tree stack")) << text;
}

TEST(Status, empty_root_is_shown_and_kills_nothing)
{
	MadeUpRoot made;
	Status status = read_status(made.root(), {});

	EXPECT_FALSE(machine_text(status).empty());
	EXPECT_EQ(status_json(status)["loaded"], false);
	EXPECT_FALSE(status.blockers.empty());
}

TEST(Status, soft_reserved_range_names_who_has_claimed_it)
{
	MadeUpRoot made;

	made.add_kernel();
	made.add_platform();
	made.file("/proc/iomem", "690000000-6afffffff : Soft Reserved\n"
				 "  690000000-6afffffff : dax0.0\n"
				 "6b0000000-6cfffffff : Soft Reserved\n");

	Status status = read_status(made.root(), {});
	std::string text = machine_text(status);

	EXPECT_TRUE(contains(text, "0x690000000-0x6afffffff  512 MiB  held by dax0.0\n")) << text;
	EXPECT_TRUE(contains(text, "0x6b0000000-0x6cfffffff  512 MiB\n")) << text;
	EXPECT_EQ(status_json(status)["iomem"]["soft_reserved"][0]["owners"][0], "dax0.0");
}

TEST(Status, bad_entry_of_the_cedt_is_shown)
{
	MadeUpRoot made;

	made.add_kernel();
	made.add_platform();
	made.file(cedt_path, cxla::test::make_cedt().substr(0, 80));
	EXPECT_TRUE(
		contains(machine_text(read_status(made.root(), {})), "CEDT          skipped: "));
}
