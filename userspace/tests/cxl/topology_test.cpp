// SPDX-License-Identifier: GPL-2.0-only
/* Whole trees: healthy ones, and ones with something broken or gone. */
#include "cxl/snapshot.h"
#include "made_up_root.h"
#include "report/report.h"
#include "report/status.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

using namespace cxla;
using cxla::test::contains;
using cxla::test::device_path;
using cxla::test::MadeUpRoot;

namespace
{

const std::string bus = "/sys/bus/cxla/devices/";
const std::string region0 = "/sys/devices/platform/ACPI0017:00/root0/decoder0.0/region0";

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

} // namespace

TEST_F(Attached, healthy_tree_has_no_problems)
{
	EXPECT_EQ(problems_text(status().machine), "");
}

TEST_F(Attached, what_is_asked_for_of_each_object_is_all_that_is_read)
{
	Topology all = read_topology(made.root(), "cxla"),
		 few = read_topology(made.root(), "cxla", {"start", "uport"});
	std::set<std::string> read;

	ASSERT_EQ(few.nodes.size(), all.nodes.size());
	for (size_t at = 0; at < few.nodes.size(); at++) {
		EXPECT_EQ(few.nodes[at].kind, all.nodes[at].kind);
		EXPECT_EQ(few.nodes[at].parent, all.nodes[at].parent);
		EXPECT_EQ(few.nodes[at].driver, all.nodes[at].driver);
		for (const auto &[name, value] : few.nodes[at].attributes) {
			EXPECT_EQ(value.value_or(""), all.nodes[at].shown(name));
			read.insert(name);
		}
	}
	EXPECT_EQ(read, (std::set<std::string>{"start", "uport"}));
}

TEST_F(Attached, tree_goes_from_root_to_pci_device)
{
	std::string tree = topology_text(status().machine);

	EXPECT_TRUE(contains(tree, "root0  (ACPI0017:00, cxla_acpi)")) << tree;
	EXPECT_TRUE(contains(tree, "├─ decoder0.0  window 0x690000000-0x78fffffff  4 GiB")) << tree;
	EXPECT_TRUE(contains(tree, "region0  0x690000000-0x6afffffff  512 MiB  locked")) << tree;
	EXPECT_TRUE(contains(tree, "port1  host bridge 12 (pci0000:0c)\n")) << tree;
	EXPECT_TRUE(contains(tree,
			     "endpoint3  mem1  0000:0e:00.0  serial 0x2  accel1 attached  below "
			     "0000:0c:01.0\n"))
		<< tree;
	EXPECT_TRUE(contains(tree, "  4 GiB  to host bridge 12\n")) << tree;
	/* every object is below the root */
	EXPECT_EQ(tree.find("\n├─"), tree.find('\n'));
	EXPECT_EQ(tree.rfind("root0"), 0U);
}

TEST_F(Attached, passthrough_decoder_is_told_from_an_idle_one)
{
	std::string decoder = "/sys/devices/platform/ACPI0017:00/root0/port1/decoder1.";

	/* the in-tree stack shows a target for each of several idle ones, too */
	made.file(decoder + "0/size", "0x0\n");
	made.file(decoder + "1/size", "0x0\n");

	std::string tree = topology_text(status().machine);

	EXPECT_FALSE(contains(tree, "decoder1.")) << tree;
	EXPECT_TRUE(contains(tree, "(pci0000:0c)  no decoder committed\n")) << tree;

	made.remove("/sys/bus/cxla/devices/decoder1.1");
	tree = topology_text(status().machine);
	EXPECT_TRUE(contains(tree, "decoder1.0  passthrough to 0000:0c:00.0\n")) << tree;
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

TEST_F(Attached, refused_device_is_shown_below_the_port_it_hangs_at)
{
	made.refuse(1, "interleaved");

	std::string tree = topology_text(status().machine);

	EXPECT_TRUE(contains(tree, "   └─ 0000:0e:00.0  accel1 pci-only: interleaved  below "
				   "0000:0c:01.0\n"))
		<< tree;
	EXPECT_TRUE(contains(tree, "decoder1.1  0x6b0000000-0x6cfffffff  512 MiB  no region  to "
				   "0000:0c:01.0\n"))
		<< tree;
}

TEST_F(Attached, device_without_a_driver_is_shown_below_its_port)
{
	made.add_device("0000:0f:00.0");
	/* no way down leads there: the host bridge does */
	EXPECT_TRUE(contains(topology_text(status().machine),
			     "   └─ 0000:0f:00.0  no driver  below 0000:0c:02.0\n"));
}

TEST_F(Attached, device_below_no_port_is_told_apart)
{
	made.file("/sys/devices/pci0000:80/0000:80:00.0/0000:81:00.0/config",
		  cxla::test::make_config());
	made.link("/sys/bus/pci/devices/0000:81:00.0",
		  "/sys/devices/pci0000:80/0000:80:00.0/0000:81:00.0");
	EXPECT_TRUE(contains(topology_text(status().machine),
			     "CXL devices that no port of this tree is above\n"
			     "└─ 0000:81:00.0  no driver  below 0000:80:00.0\n"));
}

TEST_F(Attached, region_names_the_device_that_has_it)
{
	std::string tree = topology_text(status().machine);

	EXPECT_TRUE(contains(tree, "region1  0x6b0000000-0x6cfffffff  512 MiB  locked  mem1  "
				   "0000:0e:00.0  accel1 attached\n"))
		<< tree;
}

TEST_F(Attached, interleaved_region_lists_its_positions_in_order)
{
	made.make_expander(0);
	made.file(region0 + "/interleave_ways", "2\n");
	made.file(region0 + "/target1", "\n");

	std::string tree = topology_text(status().machine);

	EXPECT_TRUE(contains(tree, "512 MiB  2 ways by 256  locked\n")) << tree;
	EXPECT_TRUE(contains(tree, "├─ position 0: decoder2.0  mem0  0000:0d:00.0  expander\n"))
		<< tree;
	EXPECT_TRUE(contains(tree, "└─ position 1: nobody yet\n")) << tree;

	auto json = status_json(status());
	auto region = json["topology"][0]["children"][0]["children"][0];

	ASSERT_EQ(region["name"], "region0");
	EXPECT_EQ(region["targets"][0]["address"], "0000:0d:00.0");
	EXPECT_EQ(region["targets"][1]["position"], 1);
	EXPECT_TRUE(region["targets"][1]["decoder"].is_null());
	EXPECT_EQ(json["wrong"][0]["code"], "incomplete");
	EXPECT_EQ(json["wrong"][0]["things"][0], "region0");
}

TEST_F(Attached, ways_of_a_region_are_believed_up_to_sixteen)
{
	made.file(region0 + "/interleave_ways", "4000000000\n");
	EXPECT_EQ(status_json(status())["topology"][0]["children"][0]["children"][0]["targets"]
			  .size(),
		  16U);
}

TEST_F(Attached, several_targets_of_a_decoder_are_shown_with_their_bus_once)
{
	made.file("/sys/devices/platform/ACPI0017:00/root0/port1/decoder1.0/target_list", "0,1\n");
	EXPECT_TRUE(contains(topology_text(status().machine), "to 0000:0c:{00.0,01.0}\n"));
	made.file("/sys/devices/platform/ACPI0017:00/root0/port1/decoder1.0/target_list", "7\n");
	EXPECT_TRUE(contains(topology_text(status().machine), "to port 7, which is not there\n"));
}

TEST_F(Attached, equal_refusals_are_told_once_with_what_to_do)
{
	made.refuse(0, "no-window");
	made.refuse(1, "no-window");

	std::string text = wrong_text(status().machine);

	EXPECT_TRUE(contains(text,
			     "what is wrong:\n  0000:0d:00.0 (accel0), 0000:0e:00.0 (accel1)\n"
			     "      no-window: the device's range lies outside"))
		<< text;
	EXPECT_TRUE(contains(text, "      what to do: ")) << text;
	EXPECT_EQ(text.find("no-window"), text.rfind("no-window"));
}

TEST_F(Attached, nothing_is_wrong_with_a_healthy_tree)
{
	EXPECT_EQ(wrong_text(status().machine), "");
	EXPECT_TRUE(status_json(status())["wrong"].empty());
}

TEST_F(Attached, port_without_a_driver_is_wrong)
{
	made.remove(bus + "port1/driver");
	EXPECT_TRUE(contains(wrong_text(status().machine),
			     "  port1\n      no-driver: has no driver; cxla_port belongs to it\n"));
}

TEST_F(Attached, expander_has_its_region_and_position_in_a_table_of_its_own)
{
	made.make_expander(1);

	Status now = status();
	std::string table = accelerators_text(now.machine);
	auto json = status_json(now);

	EXPECT_TRUE(contains(table, "0000:0e:00.0  mem1    0x2     region1 0x6b0000000-0x6cfffffff "
				    "512 MiB  1 way\n"))
		<< table;
	ASSERT_EQ(json["expanders"].size(), 1U);
	EXPECT_EQ(json["expanders"][0]["regions"][0]["position"], 0);
	EXPECT_EQ(json["accelerators"].size(), 1U);
	/* it is where it was asked to be: nothing that keeps a load from the others */
	for (const auto &blocker : now.blockers)
		EXPECT_NE(blocker.device, "0000:0e:00.0");
}

TEST_F(Attached, serial_number_is_the_capabilitys_or_the_memdevs)
{
	std::string config = cxla::test::make_config();

	EXPECT_EQ(status().machine.serial_of("0000:0e:00.0"), 2U);
	/* in place of the chain's first capability */
	config.replace(0x100, 12, std::string("\x03\0\x01\x20\x78\x56\x34\x12\x01\0\0\0", 12));
	made.file(device_path("0000:0e:00.0") + "/config", config);
	EXPECT_EQ(status().machine.serial_of("0000:0e:00.0"), 0x112345678U);
	EXPECT_TRUE(contains(machine_text(status()), "0x112345678"));
	EXPECT_EQ(status_json(status())["accelerators"][1]["serial"], "0x112345678");
}

TEST_F(Attached, host_bridge_is_known_by_the_uid_of_its_acpi_device_or_its_port_number)
{
	EXPECT_EQ(status().machine.uid_of("pci0000:0c"), 12U);
	made.remove("/sys/devices/platform/ACPI0017:00/root0/dport12");
	EXPECT_EQ(status().machine.uid_of("pci0000:0c"), std::nullopt);
	made.file("/sys/bus/acpi/devices/ACPI0016:00/uid", "12\n");
	made.link("/sys/bus/acpi/devices/ACPI0016:00/physical_node", "/sys/devices/pci0000:0c");

	Status now = status();

	EXPECT_EQ(now.machine.uid_of("pci0000:0c"), 12U);
	EXPECT_TRUE(contains(machine_text(now), "host bridge   12 (pci0000:0c)  CXL 2.0"));
	EXPECT_EQ(status_json(now)["cedt"]["host_bridges"][0]["device"], "pci0000:0c");
}

TEST_F(Attached, window_to_a_host_bridge_that_is_not_there_is_wrong)
{
	made.remove("/sys/devices/platform/ACPI0017:00/root0/dport12");
	made.file("/sys/bus/acpi/devices/ACPI0016:00/uid", "7\n");
	made.link("/sys/bus/acpi/devices/ACPI0016:00/physical_node", "/sys/devices/pci0000:0c");

	Status now = status();

	EXPECT_TRUE(contains(machine_text(now), "4 GiB  host bridge 12 (no such device)"));
	EXPECT_TRUE(contains(machine_text(now), "host bridge   7 (pci0000:0c)  not in the CEDT\n"));
	EXPECT_TRUE(contains(topology_text(now.machine), "to host bridge 12 (no such device)\n"));
	EXPECT_TRUE(contains(wrong_text(now.machine), "window-target: leads to host bridge 12"));
}

TEST_F(Attached, host_bridge_that_the_root_is_without_is_left_out)
{
	EXPECT_TRUE(status().machine.bridges_left_out().empty());

	made.remove("/sys/bus/cxla/devices/port1");

	Status now = status();

	EXPECT_EQ(now.machine.bridges_left_out(), std::vector<uint32_t>{12});
	EXPECT_TRUE(contains(machine_text(now), "host bridge 12 (left out, the kernel log"));
	EXPECT_TRUE(contains(wrong_text(now.machine), "leads to host bridge 12: left out"));

	/* without a root it is not known */
	made.remove("/sys/bus/cxla/devices/root0");
	EXPECT_TRUE(status().machine.bridges_left_out().empty());
}

TEST_F(Attached, window_to_a_cxl_1_1_host_bridge_says_so)
{
	std::string table = cxla::test::make_cedt();

	/* version of the CHBS; the checksum is told, and read all the same */
	table[36 + 8] = 0;
	/* the size of an RCRB */
	table[36 + 25] = 0x20;
	table[36 + 26] = 0;
	made.file(cedt_path, table);
	EXPECT_TRUE(contains(topology_text(status().machine), "to host bridge 12 (CXL 1.1)\n"));
	EXPECT_TRUE(contains(wrong_text(status().machine), "leads to host bridge 12: CXL 1.1\n"));
}

TEST(Report, line_wider_than_the_page_goes_on_below_and_loses_nothing)
{
	std::string line = std::string(60, 'a') + "  " + std::string(60, 'b');

	EXPECT_EQ(wrapped(line, "- ", "  "),
		  "- " + std::string(60, 'a') + "\n  " + std::string(60, 'b'));
	EXPECT_EQ(wrapped("a  b c", "- ", "  "), "- a  b c");
	/* a word that is wider than the page has a line of its own */
	EXPECT_EQ(wrapped(std::string(120, 'x') + " y", "", "  "), std::string(120, 'x') + "\n  y");
}

TEST_F(Attached, sixteen_devices_fit_into_a_hundred_columns)
{
	made.remove("/sys/bus/cxla/devices");
	made.add_attached(16);

	Status now = status();

	for (const std::string &text :
	     {machine_text(now), topology_text(now.machine), accelerators_text(now.machine)}) {
		std::istringstream in(text);

		for (std::string line; std::getline(in, line);) {
			auto wide = std::count_if(line.begin(), line.end(),
						  [](char c) { return (c & 0xc0) != 0x80; });

			EXPECT_LE(wide, 100) << line;
		}
	}
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
	EXPECT_TRUE(contains(table, "512 MiB  decoder, attach\n")) << table;
}

TEST_F(Attached, missing_attribute_is_shown_as_question_mark_with_its_path)
{
	std::string path = device_path("0000:0d:00.0") + "/cxla/reason";

	made.remove(path);
	EXPECT_TRUE(has_problem("/sys/bus/pci/devices/0000:0d:00.0/cxla/reason"));
	EXPECT_TRUE(contains(accelerators_text(status().machine), "  ?  "));
}

TEST_F(Attached, which_of_what_is_above_went_first_is_no_change_of_a_snapshot)
{
	std::string path = device_path("0000:0d:00.0") + "/cxla/reason";
	auto with = [&](const char *reason) {
		made.file(path, std::string(reason) + "\n");
		return take_snapshot(made.root());
	};
	Snapshot revoked = with("revoked");

	for (const char *reason : {"no-root", "root-unbound", "port-disabled"})
		EXPECT_TRUE(compare(revoked, with(reason)).empty()) << reason;
	for (const char *reason : {"none", "not-committed", "error", "quarantined"})
		EXPECT_FALSE(compare(revoked, with(reason)).empty()) << reason;
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
	EXPECT_TRUE(contains(topology_text(status().machine),
			     "mem0  0000:0d:00.0  serial 0x1  accel0 attached  below 0000:0c:00.0  "
			     "no endpoint"));
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
	EXPECT_TRUE(contains(accelerators_text(status().machine), "  nobody\n"));
}

TEST_F(Attached, json_has_every_key_of_the_schema)
{
	auto json = status_json(status());

	for (const char *key :
	     {"kernel", "privileged", "loaded", "modules", "roots", "cedt", "iomem", "pci",
	      "topology", "intree_topology", "accelerators", "taken_over", "blockers", "problems"})
		EXPECT_TRUE(json.contains(key)) << key;
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
	EXPECT_TRUE(contains(text, "0000:0d:00.0  0000:0c:00.0  0x8086:0x0d93")) << text;
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
