// SPDX-License-Identifier: GPL-2.0-only
/* Tasks that hang in the kernel, over a made-up /proc. */
#include "made_up_root.h"
#include "sys/stuck_tasks.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

using namespace cxla;
using cxla::test::MadeUpRoot;

namespace
{

using namespace std::chrono_literals;

const StuckTasks::TimePoint start{1000s};

struct Task {
	int tid = 40;
	std::string name = "writer";
	char state = 'D';
	unsigned switches = 7, forced = 2;
	unsigned begun = 1234;
	int process = 40;
};

void put(MadeUpRoot &made, const Task &task)
{
	std::string folder = fmt::format("/proc/{}/task/{}", task.process, task.tid);

	made.file(folder + "/stat",
		  fmt::format("{} ({}) {} 1 1 1 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 1 0 {} 0 0\n",
			      task.tid, task.name, task.state, task.begun));
	made.file(folder + "/status", fmt::format("Name:\t{}\nvoluntary_ctxt_switches:\t{}\n"
						  "nonvoluntary_ctxt_switches:\t{}\n",
						  task.name, task.switches, task.forced));
	made.file(folder + "/stack", "[<0>] device_del+0x1/0x2\n[<0>] unbind_store+0x3/0x4\n");
	made.file(folder + "/wchan", "device_del");
}

std::vector<StuckTask> look_twice(const Task &first, const Task &second,
				  std::chrono::seconds apart = 30s)
{
	MadeUpRoot made;
	StuckTasks tasks(20s);

	made.file("/proc/meminfo", "");
	put(made, first);
	EXPECT_TRUE(tasks.look(made.root(), start).empty());
	if (first.tid != second.tid)
		made.remove(fmt::format("/proc/{}", first.process));
	put(made, second);
	return tasks.look(made.root(), start + apart);
}

} // namespace

TEST(StuckTasks, one_that_sleeps_uninterruptibly_and_has_not_run_is_named_with_its_stack)
{
	auto stuck = look_twice({}, {});

	ASSERT_EQ(stuck.size(), 1U);
	EXPECT_EQ(stuck[0].tid, 40);
	EXPECT_EQ(stuck[0].name, "writer");
	EXPECT_DOUBLE_EQ(stuck[0].seconds, 30);
	EXPECT_EQ(stuck[0].words(), "writer (40) has not moved for 30 s\n"
				    "  [<0>] device_del+0x1/0x2\n  [<0>] unbind_store+0x3/0x4");
}

TEST(StuckTasks, one_that_can_be_woken_or_idles_or_runs_is_not_stuck)
{
	for (char state : {'S', 'I', 'R', 'Z', 'T'})
		EXPECT_TRUE(look_twice({.state = state}, {.state = state}).empty()) << state;
	EXPECT_TRUE(look_twice({.state = 'S'}, {}).empty());
}

TEST(StuckTasks, one_that_was_on_a_processor_meanwhile_is_not_stuck)
{
	EXPECT_TRUE(look_twice({}, {.switches = 8}).empty());
	EXPECT_TRUE(look_twice({}, {.forced = 3}).empty());
}

TEST(StuckTasks, number_that_was_given_to_another_task_is_another_task)
{
	EXPECT_TRUE(look_twice({}, {.begun = 99999}).empty());
	EXPECT_TRUE(look_twice({}, {.name = "other"}).empty());
	EXPECT_TRUE(look_twice({}, {.tid = 41, .process = 41}).empty());
}

TEST(StuckTasks, short_wait_is_no_finding)
{
	EXPECT_TRUE(look_twice({}, {}, 19s).empty());
	EXPECT_EQ(look_twice({}, {}, 20s).size(), 1U);
}

TEST(StuckTasks, time_is_counted_from_the_first_of_many_looks)
{
	MadeUpRoot made;
	StuckTasks tasks(20s);

	put(made, {});
	for (auto after = 0s; after < 20s; after += 5s)
		EXPECT_TRUE(tasks.look(made.root(), start + after).empty());
	EXPECT_EQ(tasks.look(made.root(), start + 20s).size(), 1U);
	/* it moves, and time begins anew */
	put(made, {.switches = 8});
	EXPECT_TRUE(tasks.look(made.root(), start + 25s).empty());
	EXPECT_TRUE(tasks.look(made.root(), start + 40s).empty());
	EXPECT_EQ(tasks.look(made.root(), start + 45s).size(), 1U);
}

TEST(StuckTasks, thread_of_a_process_counts_and_so_does_any_name)
{
	Task thread{.tid = 77, .name = "a) R 1 (b", .process = 40};
	auto stuck = look_twice(thread, thread);

	ASSERT_EQ(stuck.size(), 1U);
	EXPECT_EQ(stuck[0].tid, 77);
	EXPECT_EQ(stuck[0].name, "a) R 1 (b");
}

TEST(StuckTasks, without_a_stack_there_is_the_function_it_waits_in)
{
	MadeUpRoot made;
	StuckTasks tasks(20s);

	put(made, {});
	made.remove("/proc/40/task/40/stack");
	tasks.look(made.root(), start);

	auto stuck = tasks.look(made.root(), start + 20s);

	ASSERT_EQ(stuck.size(), 1U);
	EXPECT_EQ(stuck[0].stack, std::vector<std::string>{"device_del"});
	/* 0 is the kernel's word for nowhere, or for not telling */
	made.file("/proc/40/task/40/wchan", "0");
	EXPECT_TRUE(tasks.look(made.root(), start + 21s).at(0).stack.empty());
}

TEST(StuckTasks, task_that_ends_while_it_is_looked_at_is_left_out)
{
	MadeUpRoot made;
	StuckTasks tasks(0s);

	put(made, {});
	made.dir("/proc/50/task/50");
	made.file("/proc/60/task/60/stat", "60 (half");
	made.file("/proc/70/task/70/stat", "70 (short) D 1 1");
	EXPECT_TRUE(tasks.look(made.root(), start).empty());
	EXPECT_EQ(tasks.look(made.root(), start + 1s).size(), 1U);
	made.remove("/proc/40");
	EXPECT_TRUE(tasks.look(made.root(), start + 2s).empty());
}
