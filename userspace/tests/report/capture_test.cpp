// SPDX-License-Identifier: GPL-2.0-only
/* A machine in a file, and what another one makes of it. */
#include "report/capture.h"

#include "made_up_root.h"
#include "report/status.h"
#include "sys/error.h"

#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <zlib.h>

namespace cxla::test
{
namespace
{

struct CaptureTest : ::testing::Test {
	CaptureTest() : file(folder.path() + "/capture")
	{
		made.add_kernel();
		made.add_platform();
		made.add_attached(2);
	}
	Capture take()
	{
		Root root = made.root();

		root.read_by_root();
		return take_capture(root, "1.2.3", "/made/up");
	}
	/* what `cxla status` says, without what differs by design */
	static std::string said(const Root &root, const ModuleSet &modules)
	{
		return status_json(read_status(root, modules)).dump(1);
	}
	std::string read_error()
	{
		try {
			read_capture(file);
		} catch (const Error &error) {
			return error.what();
		}
		return "";
	}
	std::vector<std::string> names() const
	{
		return Root(folder.path()).list("/").value_or({});
	}
	std::string bytes() const
	{
		std::ifstream in(file, std::ios::binary);

		return {std::istreambuf_iterator<char>(in), {}};
	}
	void write(const std::string &content) const
	{
		std::ofstream(file, std::ios::binary) << content;
	}
	void write_document(const std::string &text) const
	{
		gzFile gz = gzopen(file.c_str(), "wb");

		gzwrite(gz, text.data(), static_cast<unsigned>(text.size()));
		gzclose(gz);
	}

	MadeUpRoot made;
	TemporaryFolder folder;
	std::string file;
};

TEST_F(CaptureTest, folder_whose_name_is_not_utf_8_is_written_all_the_same)
{
	Capture taken = take();

	taken.modules.searched.emplace_back("/home/jos\xe9/modules");
	write_capture(taken, file);
	EXPECT_EQ(read_capture(file).modules.searched.back(), "/home/jos\xef\xbf\xbd/modules");
}

TEST_F(CaptureTest, answers_as_the_machine_did)
{
	Root root = made.root();

	root.read_by_root();

	Capture taken = take();
	std::string there = said(root, taken.modules),
		    ledger = ledger_json(read_machine(root)).dump();

	write_capture(taken, file);

	CapturedRoot here(file);

	EXPECT_EQ(said(here.root(), here.capture().modules), there);
	EXPECT_EQ(ledger_json(read_machine(here.root())).dump(), ledger);
	EXPECT_EQ(here.capture().program, "1.2.3");
	EXPECT_TRUE(here.capture().by_root);
	EXPECT_EQ(here.capture().tree.entries(), taken.tree.entries());
	EXPECT_EQ(here.capture().missing, taken.missing);
}

TEST_F(CaptureTest, file_is_replaced_as_a_whole_or_stays)
{
	write("what was there");
	EXPECT_THROW(write_capture(take(), folder.path() + "/no/folder"), Error);
	EXPECT_EQ(bytes(), "what was there");
	std::filesystem::create_directory(folder.path() + "/other");
	EXPECT_THROW(write_capture(take(), folder.path() + "/other"), Error);
	std::filesystem::remove(folder.path() + "/other");
	write_capture(take(), file);
	EXPECT_NO_THROW(read_capture(file));
	EXPECT_EQ(names(), std::vector<std::string>{"capture"});
}

TEST_F(CaptureTest, what_a_killed_capture_left_does_not_matter)
{
	std::ofstream(file + ".new") << "half of";
	std::ofstream(file + ".XXXXXX") << "half of";
	write_capture(take(), file);
	EXPECT_NO_THROW(read_capture(file));
	EXPECT_EQ(names(), (std::vector<std::string>{"capture", "capture.XXXXXX", "capture.new"}));
}

TEST_F(CaptureTest, full_disk_is_told_and_leaves_nothing)
{
	if (!std::filesystem::exists("/dev/full"))
		GTEST_SKIP() << "there is no /dev/full";
	std::filesystem::create_symlink("/dev/full", folder.path() + "/full");
	/* the temporary file beside it is made anew, and so never the device */
	EXPECT_THROW(write_capture(take(), "/dev/full/capture"), Error);
}

TEST_F(CaptureTest, what_is_cut_short_is_refused_wherever)
{
	write_capture(take(), file);

	std::string whole = bytes();

	for (size_t length : {size_t{0}, size_t{1}, size_t{10}, whole.size() / 2, whole.size() - 8,
			      whole.size() - 1}) {
		write(whole.substr(0, length));
		EXPECT_NE(read_error(), "") << length << " of " << whole.size();
	}
}

TEST_F(CaptureTest, what_was_changed_is_refused)
{
	Capture taken = take();

	write_capture(taken, file);

	std::string whole = bytes();
	std::mt19937 random(1);
	unsigned refused = 0, rounds = 300;

	for (unsigned i = 0; i < rounds; i++) {
		std::string other = whole;
		/* the header of gzip has a time and a system that nothing depends on */
		size_t at = 10 + random() % (other.size() - 10);

		other[at] = static_cast<char>(other[at] ^ (1 << random() % 8));
		write(other);
		if (!read_error().empty())
			refused++;
		else /* a bit that fills the last byte up says nothing */
			EXPECT_EQ(read_capture(file).tree.entries(), taken.tree.entries());
	}
	EXPECT_GE(refused, rounds - 5);
}

TEST_F(CaptureTest, document_that_is_wrong_is_refused_and_never_harms)
{
	std::string good = capture_json(take()).dump();

	write_document(good);
	ASSERT_EQ(read_error(), "");
	write("no gzip at all");
	EXPECT_NE(read_error().find("not in gzip"), std::string::npos);
	write_document("no json");
	EXPECT_NE(read_error().find("not in JSON"), std::string::npos);
	write_document("[]");
	EXPECT_NE(read_error(), "");
	write_document("{\"format\":\"cxla-capture\",\"version\":1}");
	EXPECT_NE(read_error().find("lacks a part"), std::string::npos);

	auto later = nlohmann::json::parse(good);

	later["version"] = 2;
	write_document(later.dump());
	EXPECT_NE(read_error().find("version 2"), std::string::npos);

	std::mt19937 random(2);

	unsigned refused = 0;

	/* any character of it another one: an error, or a capture that can be read from */
	for (unsigned i = 0; i < 300; i++) {
		std::string other = good;

		other[random() % other.size()] = static_cast<char>(random());
		write_document(other);
		try {
			CapturedRoot root(file);

			said(root.root(), root.capture().modules);
		} catch (const Error &) {
			refused++;
		}
	}
	EXPECT_GT(refused, 0U);
	EXPECT_LT(refused, 300U);
}

TEST_F(CaptureTest, serial_numbers_and_the_host_s_name_become_others_everywhere)
{
	made.file("/proc/cmdline", "root=/dev/sda1 ip=::::rack7-node3:eth0\n");

	Capture taken = take();
	std::string before = capture_json(taken).dump();

	ASSERT_NE(before.find("rack7-node3"), std::string::npos);
	redact(taken, "rack7-node3");

	std::string after = capture_json(taken).dump();

	EXPECT_EQ(after.find("rack7-node3"), std::string::npos);
	EXPECT_TRUE(taken.redacted);

	unsigned serials = 0;

	for (const auto &[path, entry] : taken.tree.entries())
		if (path.ends_with("/serial") && entry.kind == TreeEntry::Kind::File) {
			serials++;
			EXPECT_TRUE(entry.content.starts_with("0xc0ffee")) << path << entry.content;
		}
	EXPECT_GE(serials, 2U);
}

TEST_F(CaptureTest, who_is_not_root_is_told_from_who_is)
{
	Root root = made.root();
	Capture taken = take_capture(root, "1", "/made/up");

	EXPECT_EQ(taken.by_root, geteuid() == 0);
}

TEST_F(CaptureTest, device_that_is_powered_down_is_not_asked)
{
	made.file(device_path(bdf) + "/power/runtime_status", "suspended\n");

	Capture taken = take();
	bool told = std::any_of(taken.missing.begin(), taken.missing.end(), [](const auto &one) {
		return contains(one.what, bdf) && contains(one.why, "powered down");
	});

	EXPECT_TRUE(told);
	for (const auto &[path, entry] : taken.tree.entries())
		EXPECT_FALSE(contains(path, bdf) && path.ends_with("/config")) << path;
}

} // namespace
} // namespace cxla::test
