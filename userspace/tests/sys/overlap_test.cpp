// SPDX-License-Identifier: GPL-2.0-only
/* Which operations were under way at the same time. */
#include "sys/batch.h"
#include "sys/overlap.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

using namespace cxla;

TEST(Overlap, two_met_when_one_began_before_the_other_had_ended)
{
	Overlaps overlaps(3);

	overlaps.begin(0, 1);
	overlaps.begin(2, 2);
	overlaps.end(1);
	overlaps.begin(1, 3);
	overlaps.end(3);
	overlaps.end(2);
	EXPECT_EQ(overlaps.met(0, 2), 1U);
	EXPECT_EQ(overlaps.met(2, 0), 1U);
	EXPECT_EQ(overlaps.met(1, 2), 1U);
	/* the one had ended */
	EXPECT_EQ(overlaps.met(0, 1), 0U);
	EXPECT_EQ(overlaps.peak(), 2U);
	EXPECT_EQ(overlaps.now(), 0U);
}

TEST(Overlap, each_pair_of_operations_counts_once)
{
	Overlaps overlaps(2);

	overlaps.begin(0, 1);
	overlaps.begin(0, 2);
	overlaps.begin(0, 3);
	overlaps.begin(1, 4);
	EXPECT_EQ(overlaps.met(0, 0), 3U);
	EXPECT_EQ(overlaps.met(0, 1), 3U);
	EXPECT_EQ(overlaps.met(1, 1), 0U);
	EXPECT_EQ(overlaps.peak(), 4U);
}

TEST(Overlap, an_end_of_nothing_ends_nobody_else)
{
	Overlaps overlaps(1);

	overlaps.begin(0, 1);
	overlaps.end(7);
	overlaps.begin(0, 1);
	EXPECT_EQ(overlaps.now(), 1U);
	overlaps.end(1);
	overlaps.end(1);
	EXPECT_EQ(overlaps.now(), 0U);
	overlaps.begin(0, 2);
	EXPECT_EQ(overlaps.met(0, 0), 0U);
}

TEST(Overlap, who_was_killed_meets_nobody_any_more)
{
	Overlaps overlaps(2);

	overlaps.begin(0, 1);
	overlaps.forget();
	overlaps.begin(1, 2);
	EXPECT_EQ(overlaps.met(0, 1), 0U);
	EXPECT_EQ(overlaps.now(), 1U);
}

namespace
{

struct Recorded : ::testing::TestWithParam<Backend> {
	void SetUp() override
	{
		if (GetParam() == Backend::Ring && ring_error())
			GTEST_SKIP() << "io_uring is not permitted here";
		recorder = std::make_shared<Recorder>(3, GetParam() == Backend::Ring);
		folder = ::testing::TempDir() + "cxla-recorded-" + std::to_string(getpid());
		ASSERT_EQ(mkdir(folder.c_str(), 0700), 0);
		ASSERT_EQ(mkfifo((folder + "/pipe").c_str(), 0600), 0);
	}
	void TearDown() override
	{
		unlink((folder + "/pipe").c_str());
		rmdir(folder.c_str());
	}
	std::shared_ptr<Recorder> recorder;
	std::string folder;
};

INSTANTIATE_TEST_SUITE_P(Each, Recorded, ::testing::Values(Backend::Ring, Backend::Threads),
			 [](const auto &info) {
				 return std::string(info.param == Backend::Ring ? "ring"
										: "threads");
			 });

} // namespace

/* a read of an empty pipe lasts until the other one has written */
TEST_P(Recorded, operations_of_two_threads_meet_and_those_one_after_the_other_do_not)
{
	auto first = make_batch(GetParam(), recorder, 0),
	     other = make_batch(GetParam(), recorder, 2);

	for (int n = 0; n < 3; n++)
		first->run({FileOp::reading("/dev/null")});
	other->run({FileOp::reading("/dev/null")});
	EXPECT_EQ(recorder->look().met(0, 2), 0U);
	EXPECT_EQ(recorder->look().peak(), 1U);

	/* somebody has it open for both: opening it waits for nobody */
	int keep = open((folder + "/pipe").c_str(), O_RDWR | O_CLOEXEC);
	std::thread reader([&] {
		auto own = make_batch(GetParam(), recorder, 0);

		own->run({FileOp::reading(folder + "/pipe")});
	});

	while (!recorder->look().now())
		std::this_thread::yield();
	/* this one has to be in the midst of the read */
	other->run({FileOp::reading("/dev/null")});
	EXPECT_EQ(recorder->look().met(0, 2), 1U);
	other->run({FileOp::writing(folder + "/pipe", "x")});
	reader.join();
	close(keep);
	EXPECT_EQ(recorder->look().now(), 0U);
	EXPECT_EQ(recorder->look().peak(), 2U);
}

TEST_P(Recorded, what_could_not_be_opened_was_never_under_way)
{
	auto batch = make_batch(GetParam(), recorder, 1);

	batch->run({FileOp::reading(folder + "/none"), FileOp::reading(folder + "/none")});
	EXPECT_EQ(recorder->look().peak(), 0U);
}

TEST_P(Recorded, an_operation_in_a_row_is_one_that_is_answered_each_time)
{
	auto batch = make_batch(GetParam(), recorder, 1);
	FileOp full = FileOp::writing("/dev/full", "x");

	full.times = 5;

	auto results = batch->run({full});

	EXPECT_EQ(results[0].err, ENOSPC);
	EXPECT_EQ(results[0].more, (std::vector<int>{ENOSPC, ENOSPC, ENOSPC, ENOSPC}));
	EXPECT_EQ(recorder->look().peak(), 1U);
	EXPECT_EQ(recorder->look().now(), 0U);
}

TEST_P(Recorded, more_is_told_than_there_is_room_for_and_nothing_is_lost)
{
	auto batch = make_batch(GetParam(), recorder, 1);
	std::vector<FileOp> ops(1000, FileOp::reading("/dev/null"));

	/* nobody looks meanwhile */
	for (int n = 0; n < 12; n++)
		batch->run(ops);
	EXPECT_EQ(recorder->look().begun(), 12000U);
	EXPECT_EQ(recorder->look().now(), 0U);
}
