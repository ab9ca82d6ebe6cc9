// SPDX-License-Identifier: GPL-2.0-only
/* Where verdicts go, and what is said when they can't. */
#include "made_up_root.h"
#include "sys/error.h"
#include "sys/verdict_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace cxla;
using cxla::test::MadeUpRoot;

namespace
{

std::string refusal_of(const std::string &path, const std::string &text)
{
	try {
		VerdictFile(path).write(text);
	} catch (const Error &error) {
		return error.what();
	}
	return "none";
}

} // namespace

TEST(VerdictFile, has_what_was_written_and_nothing_of_the_run_before)
{
	MadeUpRoot made;
	std::string path = made.folder() + "/out.xml";

	made.file("/out.xml", "much of an earlier run");

	VerdictFile file(path);

	EXPECT_EQ(made.read("/out.xml"), "");
	file.write("this\n");
	EXPECT_EQ(made.read("/out.xml"), "this\n");
}

TEST(VerdictFile, without_a_path_there_is_none)
{
	EXPECT_FALSE(VerdictFile(""));
	EXPECT_TRUE(VerdictFile("-"));
}

TEST(VerdictFile, folder_that_is_not_there_is_told_before_anything_is_done)
{
	MadeUpRoot made;
	std::string path = made.folder() + "/nowhere/out.xml";

	try {
		VerdictFile file(path);
		FAIL() << "no error";
	} catch (const Error &error) {
		EXPECT_EQ(error.what(), "opening " + path + ": No such file or directory");
	}
}

TEST(VerdictFile, disk_that_is_full_is_told)
{
	EXPECT_EQ(refusal_of("/dev/full", "1234"),
		  "writing /dev/full: No space left on device; it is not whole");
}

TEST(VerdictFile, what_can_not_be_synced_is_written_all_the_same)
{
	int ends[2];

	ASSERT_EQ(pipe(ends), 0);

	std::string path = "/dev/fd/" + std::to_string(ends[1]);
	char buffer[8] = {};

	EXPECT_EQ(refusal_of(path, "1234"), "none");
	EXPECT_EQ(read(ends[0], buffer, sizeof(buffer)), 4);
	EXPECT_STREQ(buffer, "1234");
	close(ends[0]);
	close(ends[1]);
}
