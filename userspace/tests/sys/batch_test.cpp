// SPDX-License-Identifier: GPL-2.0-only
/* Several files at the same time, by io_uring and by threads. */
#include "made_up_root.h"
#include "sys/batch.h"

#include <cerrno>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

using namespace cxla;
using cxla::test::MadeUpRoot;

namespace
{

struct BatchOf : ::testing::TestWithParam<Backend> {
	void SetUp() override
	{
		if (GetParam() == Backend::Ring && ring_error())
			GTEST_SKIP() << "io_uring is not permitted here";
	}
	std::unique_ptr<Batch> batch() { return make_batch(GetParam(), recorder, 0); }
	std::shared_ptr<Recorder> recorder =
		std::make_shared<Recorder>(1, GetParam() == Backend::Ring && !ring_error());
	MadeUpRoot made;
};

INSTANTIATE_TEST_SUITE_P(Each, BatchOf, ::testing::Values(Backend::Ring, Backend::Threads),
			 [](const auto &info) {
				 return std::string(info.param == Backend::Ring ? "ring"
										: "threads");
			 });

} // namespace

TEST_P(BatchOf, writes_and_reads_give_what_each_file_answers)
{
	made.file("/a", "old");
	made.file("/b", "content\n");
	made.dir("/folder");

	auto results = batch()->run(
		{FileOp::writing(made.folder() + "/a", "new"),
		 FileOp::reading(made.folder() + "/b"), FileOp::reading(made.folder() + "/none"),
		 FileOp::reading(made.folder() + "/folder"), FileOp::writing("/dev/full", "x")});

	ASSERT_EQ(results.size(), 5U);
	EXPECT_EQ(results[0].err, 0);
	EXPECT_EQ(results[0].bytes, 3U);
	EXPECT_EQ(made.read("/a"), "new");
	EXPECT_EQ(results[1].text, "content\n");
	EXPECT_FALSE(results[2].opened);
	EXPECT_EQ(results[2].err, ENOENT);
	EXPECT_TRUE(results[3].opened);
	EXPECT_EQ(results[3].err, EISDIR);
	EXPECT_TRUE(results[4].opened);
	EXPECT_EQ(results[4].err, ENOSPC);
	EXPECT_EQ(recorder->look().now(), 0U);
}

TEST_P(BatchOf, more_operations_than_a_ring_has_room_for_are_all_done)
{
	std::vector<FileOp> ops;
	auto one = batch();

	for (int i = 0; i < 100; i++) {
		made.file(fmt::format("/f{}", i), fmt::format("{}", i));
		ops.push_back(FileOp::reading(fmt::format("{}/f{}", made.folder(), i)));
	}
	for (int round = 0; round < 3; round++) {
		auto results = one->run(ops);

		for (size_t i = 0; i < 100; i++)
			EXPECT_EQ(results[i].text, fmt::format("{}", i));
	}
	EXPECT_EQ(recorder->look().now(), 0U);
	EXPECT_GE(recorder->look().peak(), 1U);
}

TEST_P(BatchOf, operations_of_one_batch_are_in_flight_at_the_same_time)
{
	/* neither opens until the other one does: one after the other would wait for ever */
	ASSERT_EQ(mkfifo((made.folder() + "/pipe").c_str(), 0600), 0);

	auto results = batch()->run({FileOp::reading(made.folder() + "/pipe"),
				     FileOp::writing(made.folder() + "/pipe", "met")});

	EXPECT_EQ(results[0].text, "met");
	EXPECT_EQ(results[1].err, 0);
}
