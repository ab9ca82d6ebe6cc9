// SPDX-License-Identifier: GPL-2.0-only
/* Parts of a file system in memory, and laid down again. */
#include "sys/file_tree.h"

#include "made_up_root.h"
#include "sys/error.h"

#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace cxla::test
{
namespace
{

using Kind = TreeEntry::Kind;

struct Tree : ::testing::Test {
	/* what a root over the tree reads */
	Root laid_down()
	{
		tree.unpack(folder.path());
		return Root(folder.path());
	}
	MadeUpRoot made;
	FileTree tree;
	TemporaryFolder folder;
};

TEST_F(Tree, file_is_read_again_through_the_links_that_lead_to_it)
{
	made.file("/sys/devices/pci0000:0c/0000:0c:00.0/vendor", "0x8086\n");
	made.link("/sys/bus/pci/devices/0000:0c:00.0", "/sys/devices/pci0000:0c/0000:0c:00.0");
	EXPECT_EQ(tree.add(made.root(), "/sys/bus/pci/devices/0000:0c:00.0/vendor"), std::nullopt);

	Root root = laid_down();

	EXPECT_EQ(root.text("/sys/bus/pci/devices/0000:0c:00.0/vendor").value_or(""), "0x8086");
	EXPECT_EQ(root.resolve("/sys/bus/pci/devices/0000:0c:00.0").value_or(""),
		  "/sys/devices/pci0000:0c/0000:0c:00.0");
}

TEST_F(Tree, link_to_the_folder_above_has_its_name)
{
	made.dir("/sys/devices/ACPI0017:00/root0");
	std::filesystem::create_symlink("../../ACPI0017:00",
					made.folder() + "/sys/devices/ACPI0017:00/root0/uport");
	/* as seen from inside of the root */
	std::filesystem::create_symlink("/sys/devices/ACPI0017:00",
					made.folder() + "/sys/devices/ACPI0017:00/root0/parent");
	EXPECT_EQ(tree.add(made.root(), "/sys/devices/ACPI0017:00/root0/uport"), std::nullopt);
	EXPECT_EQ(tree.add(made.root(), "/sys/devices/ACPI0017:00/root0/parent"), std::nullopt);

	Root root = laid_down();

	for (const char *name : {"uport", "parent"})
		EXPECT_EQ(root.link_name(std::string("/sys/devices/ACPI0017:00/root0/") + name)
				  .value_or(""),
			  "ACPI0017:00")
			<< name;
}

TEST_F(Tree, names_in_a_folder_are_there_and_links_with_what_they_lead_to)
{
	made.link("/sys/bus/cxl/devices/root0", "/sys/devices/platform/ACPI0017:00/root0");
	made.dir("/sys/devices/platform/ACPI0017:00/root0");
	made.file("/sys/bus/cxl/drivers_autoprobe", "1\n");
	EXPECT_EQ(tree.add(made.root(), "/sys/bus/cxl/devices", true), std::nullopt);
	EXPECT_EQ(tree.add(made.root(), "/sys/bus/cxl", true), std::nullopt);

	Root root = laid_down();

	EXPECT_EQ(root.list("/sys/bus/cxl/devices").value_or({}),
		  std::vector<std::string>{"root0"});
	EXPECT_TRUE(root.exists("/sys/bus/cxl/devices/root0"));
	EXPECT_EQ(root.list("/sys/bus/cxl").value_or({}),
		  (std::vector<std::string>{"devices", "drivers_autoprobe"}));
}

TEST_F(Tree, what_is_absent_is_a_problem_and_no_entry)
{
	auto problem = tree.add(made.root(), "/sys/firmware/acpi/tables/HMAT");

	ASSERT_TRUE(problem.has_value());
	EXPECT_EQ(problem->err, ENOENT);
	EXPECT_FALSE(tree.entries().contains("/sys/firmware/acpi/tables/HMAT"));
}

TEST_F(Tree, node_is_never_opened)
{
	made.dir("/dev/cxla");
	ASSERT_EQ(mkfifo((made.folder() + "/dev/cxla/accel0").c_str(), 0600), 0);
	/* to open it would wait for ever */
	EXPECT_EQ(tree.add(made.root(), "/dev/cxla/accel0"), std::nullopt);
	EXPECT_TRUE(laid_down().exists("/dev/cxla/accel0"));
}

TEST_F(Tree, link_that_leads_in_a_circle_ends)
{
	std::filesystem::create_symlink("b", made.folder() + "/a");
	std::filesystem::create_symlink("a", made.folder() + "/b");
	EXPECT_TRUE(tree.add(made.root(), "/a").has_value());
}

TEST_F(Tree, path_of_another_machine_stays_in_the_tree)
{
	for (const char *path : {"", "/", "sys/x", "/sys/../x", "/sys//x", "/sys/./x", "/sys/x/"})
		EXPECT_THROW(tree.insert(path, {Kind::File, "x"}), Error) << path;
	EXPECT_THROW(tree.insert(std::string("/s\0y", 4), {Kind::File, "x"}), Error);
	tree.insert("/sys/x", {Kind::File, "x"});
	EXPECT_THROW(tree.insert("/sys/x", {Kind::File, "y"}), Error);
}

TEST_F(Tree, link_of_another_machine_stays_in_the_tree_and_nothing_is_written_through_it)
{
	for (const char *target : {"", "/etc", "../..", "../../../etc"})
		EXPECT_THROW(tree.insert("/sys/link", {Kind::Link, target}), Error) << target;
	tree.insert("/sys/link", {Kind::Link, "devices"});
	EXPECT_THROW(tree.insert("/sys/link/x", {Kind::File, "x"}), Error);
	tree.insert("/sys/devices/x", {Kind::File, "x"});
	EXPECT_EQ(laid_down().text("/sys/link/x").value_or(""), "x");
}

TEST_F(Tree, too_much_is_refused)
{
	EXPECT_THROW(tree.insert("/a", {Kind::File, std::string(FileTree::file_limit + 1, 'a')}),
		     Error);

	FileTree many;
	std::string large(FileTree::file_limit, 'a');

	EXPECT_THROW(
		{
			for (size_t i = 0; i <= FileTree::total_limit / FileTree::file_limit; i++)
				many.insert("/a" + std::to_string(i), {Kind::File, large});
		},
		Error);
}

TEST(TemporaryFolderTest, is_gone_with_the_object)
{
	std::string path;

	{
		TemporaryFolder folder;

		path = folder.path();
		std::filesystem::create_directories(path + "/a/b");
	}
	EXPECT_FALSE(std::filesystem::exists(path));
}

} // namespace
} // namespace cxla::test
