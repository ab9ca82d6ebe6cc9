// SPDX-License-Identifier: GPL-2.0-only
#include "selftest/parcel.h"

#include "sys/error.h"
#include "sys/file_tree.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>

using namespace cxla;
namespace fs = std::filesystem;

namespace
{

/* the names in an archive, a line each, as tar lists them */
std::string names_in(const std::string &archive)
{
	std::string names;
	std::unique_ptr<FILE, int (*)(FILE *)> list(
		popen(("tar -tzf " + archive + " | sort").c_str(), "r"), pclose);
	char line[256];

	while (std::fgets(line, sizeof(line), list.get()))
		names += line;
	return names;
}

TEST(Parcel, FilesAreInTheFolderAtOnceAndInTheArchiveInTheEnd)
{
	TemporaryFolder folder;
	Parcel parcel(folder.path() + "/report.tar.gz");
	struct stat st = {};

	parcel.write("b", "of b\n");
	parcel.write("a", "of a\n");
	parcel.add_line("c", "one");
	parcel.add_line("c", "two");
	EXPECT_TRUE(fs::exists(folder.path() + "/report/b"));
	ASSERT_EQ(stat((folder.path() + "/report").c_str(), &st), 0);
	EXPECT_EQ(st.st_mode & 0777, 0700U);

	size_t bytes = parcel.close();

	EXPECT_EQ(bytes, fs::file_size(folder.path() + "/report.tar.gz"));
	EXPECT_FALSE(fs::exists(folder.path() + "/report"));
	ASSERT_EQ(stat((folder.path() + "/report.tar.gz").c_str(), &st), 0);
	EXPECT_EQ(st.st_mode & 0777, 0600U);
	EXPECT_EQ(names_in(folder.path() + "/report.tar.gz"),
		  "report/\nreport/a\nreport/b\nreport/c\n");
}

TEST(Parcel, ArchiveOrFolderThatIsThereIsNotTouched)
{
	TemporaryFolder folder;

	std::ofstream(folder.path() + "/one.tar.gz") << "mine";
	EXPECT_THROW(Parcel(folder.path() + "/one.tar.gz"), Error);
	EXPECT_EQ(fs::file_size(folder.path() + "/one.tar.gz"), 4U);
	EXPECT_FALSE(fs::exists(folder.path() + "/one"));

	fs::create_directory(folder.path() + "/two");
	EXPECT_THROW(Parcel(folder.path() + "/two.tar.gz"), Error);
	EXPECT_TRUE(fs::exists(folder.path() + "/two"));
}

TEST(Parcel, NameOfAnArchiveIsOne)
{
	for (const char *name : {"report", "report.tar", ".tar.gz", "/tmp/.tar.gz"})
		EXPECT_THROW(Parcel{std::string(name)}, Error) << name;
}

TEST(Parcel, ParcelInWhichNothingWasLeftIsGone)
{
	TemporaryFolder folder;

	{
		Parcel parcel(folder.path() + "/report.tar.gz");
	}
	EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(Parcel, WhatCannotBePackedStaysInTheFolder)
{
	TemporaryFolder folder;
	Parcel parcel(folder.path() + "/report.tar.gz");

	parcel.write("a", "of a\n");
	/* root's tar would write over what it leads to */
	std::ofstream(folder.path() + "/precious") << "mine";
	fs::create_symlink("precious", folder.path() + "/report.tar.gz");
	EXPECT_THROW(parcel.close(), Error);
	EXPECT_TRUE(fs::exists(folder.path() + "/report/a"));
	EXPECT_EQ(fs::file_size(folder.path() + "/precious"), 4U);
}

} // namespace
