// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sweep of failing allocations over made-up roots. There fail-nth is a plain
 * file: an operation that is made up as well reads it, and writes 0 when the
 * allocation that it asks for would have failed.
 */
#include "made_up_root.h"
#include "stress/failnth.h"
#include "stress/fault.h"
#include "sys/error.h"
#include "sys/watched_thread.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fnmatch.h>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

using namespace cxla;
using cxla::test::MadeUpRoot;

namespace
{

constexpr const char *nth_file = "/proc/thread-self/fail-nth";
constexpr const char *failslab = "/sys/kernel/debug/failslab/";
constexpr const char *page_alloc = "/sys/kernel/debug/fail_page_alloc/";
constexpr unsigned points = 5;

/* what the made-up operation does when its nth allocation fails; a plain function reads it */
MadeUpRoot *made_up;
int (*on_failure)(unsigned nth);
int (*on_success)();

int made_up_act(const TestBed &bed, OperationSpan &span)
{
	int err = 0;

	span.begin();

	auto nth = static_cast<unsigned>(*parse_number(split(*bed.root.read(nth_file), '\n')[0]));

	if (nth <= points) {
		made_up->file(nth_file, "0");
		err = on_failure(nth);
	} else {
		made_up->file(nth_file, std::to_string(nth - points));
		err = on_success();
	}
	span.end();
	return err;
}

void leave_something()
{
	made_up->add_module("cxla_pci", 7);
}

struct Failnth : ::testing::Test {
	Failnth()
	{
		made_up = &made;
		on_failure = [](unsigned) { return ENOMEM; };
		on_success = [] { return 0; };
		made.add_virtual_machine();
		made.make_expander(1);
		made.file(nth_file, "0");
		for (const std::string folder : {failslab, page_alloc}) {
			made.file(folder + "probability", "100\n");
			made.file(folder + "verbose", "2\n");
			made.file(folder + "ignore-gfp-wait", "Y\n");
		}
		made.file(failslab + std::string("cache-filter"), "Y\n");
		made.file(page_alloc + std::string("ignore-gfp-highmem"), "Y\n");
		made.file(page_alloc + std::string("min-order"), "1\n");
	}

	TestBed bed()
	{
		Root root = made.root();

		return find_test_bed(root, read_machine(root), "/nowhere");
	}
	FailnthReport run(FailnthRequest request = {})
	{
		TestBed bed = this->bed();

		request.operations = {&operation};
		request.leak_pause = std::chrono::milliseconds(1);
		return run_failnth(bed, request,
				   [](const OperationReport &, unsigned) { return true; });
	}
	bool refused(const std::string &word, bool agreed = false)
	{
		Root root = made.root();
		Machine machine = read_machine(root);
		bool found = false;

		machine.privileged = true;
		for (const auto &refusal : failnth_refusals(root, machine, bed(), agreed))
			found |= refusal.what.find(word) != std::string::npos;
		return found;
	}

	MadeUpRoot made;
	MachineOperation operation{"made-up", "asks for memory", Start::Everything, made_up_act};
};

} // namespace

TEST_F(Failnth, every_point_fails_once_and_the_sweep_ends_where_there_are_no_more)
{
	FailnthReport report = run();

	ASSERT_TRUE(report.findings.empty()) << report.findings.front().what;
	ASSERT_EQ(report.operations.size(), 1U);
	EXPECT_EQ(report.operations[0].points, points);
	EXPECT_EQ(report.operations[0].failed, points);
	EXPECT_EQ(report.operations[0].results,
		  (std::map<std::string, unsigned>{{"ENOMEM", points}}));
}

TEST_F(Failnth, a_sample_takes_every_so_many_from_the_first_to_the_last_named)
{
	FailnthRequest request;

	request.offset = 2;
	request.stride = 2;
	EXPECT_EQ(run(request).operations[0].failed, 2U);
	request.last = 2;
	EXPECT_EQ(run(request).operations[0].failed, 1U);
}

TEST_F(Failnth, success_with_everything_done_is_allowed)
{
	on_failure = [](unsigned nth) { return nth % 2 ? 0 : ENOMEM; };

	FailnthReport report = run();

	ASSERT_TRUE(report.findings.empty()) << report.findings.front().what;
	EXPECT_EQ(report.operations[0].results,
		  (std::map<std::string, unsigned>{{"done", 3}, {"ENOMEM", 2}}));
}

TEST_F(Failnth, an_error_that_does_not_tell_of_memory_is_found)
{
	on_failure = [](unsigned nth) { return nth == 3 ? EIO : ENOMEM; };

	FailnthReport report = run();

	ASSERT_EQ(report.findings.size(), 1U);
	EXPECT_EQ(report.findings.front().nth, 3U);
	EXPECT_NE(report.findings.front().what.find("EIO"), std::string::npos);
}

TEST_F(Failnth, what_a_failure_leaves_behind_is_found)
{
	on_failure = [](unsigned nth) {
		if (nth == 4)
			leave_something();
		return ENOMEM;
	};

	FailnthReport report = run();

	ASSERT_EQ(report.findings.size(), 1U);
	EXPECT_EQ(report.findings.front().operation, "made-up");
	EXPECT_EQ(report.findings.front().nth, 4U);
	EXPECT_NE(report.findings.front().what.find("not there before: cxla_pci: 7 references"),
		  std::string::npos)
		<< report.findings.front().what;
}

TEST_F(Failnth, success_that_did_not_do_all_is_found)
{
	on_failure = [](unsigned nth) {
		if (nth == 2)
			made_up->remove("/dev/cxla/accel0");
		return 0;
	};
	made.file("/dev/cxla/accel0", "");

	FailnthReport report = run();

	ASSERT_EQ(report.findings.size(), 1U);
	EXPECT_EQ(report.findings.front().nth, 2U);
	EXPECT_NE(report.findings.front().what.find("not all is done"), std::string::npos)
		<< report.findings.front().what;
}

TEST_F(Failnth, an_operation_that_fails_when_it_is_repeated_is_found)
{
	static bool broken;

	for (unsigned batch : {1U, 2U}) {
		FailnthRequest request;

		broken = false;
		on_failure = [](unsigned nth) {
			broken = nth == 5;
			return ENOMEM;
		};
		on_success = [] { return broken ? EBUSY : 0; };
		request.batch = batch;

		FailnthReport report = run(request);

		ASSERT_EQ(report.findings.size(), 1U);
		EXPECT_EQ(report.findings.front().nth, 5U);
		EXPECT_EQ(report.findings.front().first, 0U);
		EXPECT_NE(report.findings.front().what.find("EBUSY"), std::string::npos);
	}
}

TEST_F(Failnth, after_a_batch_it_is_done_again_once)
{
	static unsigned again;

	for (auto [batch, times] : {std::pair(1U, 5U), {2U, 3U}, {16U, 1U}}) {
		FailnthRequest request;

		again = 0;
		on_success = [] {
			again++;
			return 0;
		};
		request.batch = batch;
		request.last = points;
		EXPECT_TRUE(run(request).findings.empty());
		/* one more is that of which nothing fails, in the beginning */
		EXPECT_EQ(again, times + 1) << batch;
	}
}

TEST_F(Failnth, what_shows_only_at_the_end_of_a_batch_is_found_again_one_by_one)
{
	static unsigned left;

	/* it goes when the operation is tried once more with nothing failing */
	left = 0;
	on_failure = [](unsigned nth) {
		if (nth == 2)
			left = 1;
		return ENOMEM;
	};
	on_success = [] { return std::exchange(left, 0) ? EBUSY : 0; };

	FailnthReport report = run();

	ASSERT_EQ(report.findings.size(), 1U);
	EXPECT_EQ(report.findings.front().nth, 2U);
	EXPECT_EQ(report.findings.front().first, 0U);
	EXPECT_EQ(report.operations[0].failed, points);
}

TEST_F(Failnth, what_none_of_a_batch_does_alone_is_told_of_all_of_them)
{
	static unsigned failed;

	failed = 0;
	on_failure = [](unsigned) {
		failed++;
		return ENOMEM;
	};
	on_success = [] { return std::exchange(failed, 0) >= 3 ? EBUSY : 0; };

	FailnthReport report = run();

	ASSERT_EQ(report.findings.size(), 1U);
	EXPECT_EQ(report.findings.front().first, 1U);
	EXPECT_EQ(report.findings.front().nth, points);
}

TEST_F(Failnth, what_can_not_be_undone_is_not_blamed_on_the_first)
{
	static bool broken;

	broken = false;
	on_failure = [](unsigned nth) {
		broken |= nth == 4;
		return ENOMEM;
	};
	on_success = [] { return broken ? EBUSY : 0; };

	FailnthReport report = run();

	ASSERT_EQ(report.findings.size(), 1U);
	EXPECT_EQ(report.findings.front().first, 1U);
	EXPECT_EQ(report.findings.front().nth, points);
}

TEST_F(Failnth, what_is_refused_anyway_is_refused_afterwards_too)
{
	on_success = [] { return EBUSY; };

	FailnthReport report = run();

	EXPECT_TRUE(report.findings.empty()) << report.findings.front().what;
}

TEST_F(Failnth, a_kernel_warning_is_found_with_the_point_that_led_to_it)
{
	on_failure = [](unsigned nth) {
		std::ofstream log(made_up->folder() + "/dev/kmsg", std::ios::app);

		/* what the kernel says of any failed allocation is none */
		log << "vmalloc error: size 8192\nCall Trace:\n";
		if (nth == 3)
			log << "WARNING: CPU: 1 PID: 1 at kmod/core/port.c:1\n";
		return ENOMEM;
	};

	FailnthReport report = run();

	ASSERT_EQ(report.findings.size(), 1U);
	EXPECT_EQ(report.findings.front().nth, 3U);
	EXPECT_NE(report.findings.front().what.find("port.c:1"), std::string::npos);
}

TEST_F(Failnth, what_the_leak_detector_says_of_our_code_is_found)
{
	FailnthRequest request;

	made.file("/sys/kernel/debug/kmemleak",
		  "     unreferenced object 0x1\n    [<0>] other+0x1 [virtio]\n");
	EXPECT_TRUE(run(request).findings.empty());
	made.file("/sys/kernel/debug/kmemleak",
		  "     unreferenced object 0x1\n    [<0>] cxla_x+0x1 [cxla_core]\n");

	FailnthReport report = run(request);

	ASSERT_EQ(report.findings.size(), 1U);
	EXPECT_NE(report.findings.front().what.find("cxla_x"), std::string::npos);
	/* asked for by a module that was removed since, whose code has no name any more */
	made.file("/sys/kernel/debug/kmemleak",
		  "     unreferenced object 0xffff88800a0b0c00 (size 8):\n"
		  "  backtrace (crc 0):\n"
		  "    kmalloc_noprof+0x1\n"
		  "    0xffffffffa0123456\n");
	EXPECT_EQ(run(request).findings.size(), 1U);
	request.leaks = FailnthRequest::Leaks::No;
	EXPECT_TRUE(run(request).findings.empty());
}

TEST_F(Failnth, name_that_in_tree_device_dax_loses_is_not_blamed_on_us)
{
	const std::string caller = "    [<0>] devm_cxla_publish_dax+0x1 [cxla_hmem]\n";
	const std::string creator = "    [<0>] __devm_create_dev_dax+0x1\n" + caller;

	made.file("/sys/kernel/debug/kmemleak",
		  "     unreferenced object 0x1\n    [<0>] dev_set_name+0x1\n" + creator);
	EXPECT_TRUE(run().findings.empty());
	made.file("/sys/kernel/debug/kmemleak", "     unreferenced object 0x1\n" + creator);
	EXPECT_EQ(run().findings.size(), 1U);
}

TEST_F(Failnth, settings_of_fault_injection_are_as_before_afterwards)
{
	auto value = [&](const char *folder, const char *name) {
		return std::string(trim(made.read(folder + std::string(name))));
	};

	{
		FaultSettings settings(made.root());

		EXPECT_EQ(value(failslab, "ignore-gfp-wait").substr(0, 1), "N");
		EXPECT_EQ(value(failslab, "cache-filter").substr(0, 1), "N");
		EXPECT_EQ(value(page_alloc, "min-order").substr(0, 1), "0");
		EXPECT_EQ(value(page_alloc, "ignore-gfp-highmem").substr(0, 1), "N");
	}
	EXPECT_EQ(value(failslab, "ignore-gfp-wait").substr(0, 1), "Y");
	EXPECT_EQ(value(failslab, "cache-filter").substr(0, 1), "Y");
	EXPECT_EQ(value(page_alloc, "min-order").substr(0, 1), "1");
}

TEST_F(Failnth, the_worker_that_came_furthest_counts)
{
	made.file("/proc/10/comm", "kworker/u8:1\n");
	made.file("/proc/10/fail-nth", "0");
	made.file("/proc/11/comm", "kworker/u8:2\n");
	made.file("/proc/11/fail-nth", "0");
	made.file("/proc/12/comm", "kworker/1:0\n");
	made.file("/proc/12/fail-nth", "0");

	WorkerFault fault(made.root(), 7, [&] {
		EXPECT_EQ(made.read("/proc/10/fail-nth").substr(0, 1), "7");
		EXPECT_EQ(made.read("/proc/11/fail-nth").substr(0, 1), "7");
		EXPECT_EQ(made.read("/proc/12/fail-nth").substr(0, 1), "0");
		made.file("/proc/11/fail-nth", "3");
	});

	fault.begin();
	fault.end();
	EXPECT_EQ(fault.left(), 3U);
	EXPECT_EQ(made.read("/proc/10/fail-nth").substr(0, 1), "0");
}

TEST_F(Failnth, symbols_are_read_once_for_as_long_as_the_module_is_where_it_was)
{
	static constexpr const char *section = "/sys/module/cxla_core/sections/.text";
	static std::vector<std::string> ranges;
	static bool moves;
	auto symbols = [](const std::string &page) {
		made_up->file("/proc/kallsyms", "ffffffffc0" + page + "080 t work\t[cxla_core]\n" +
							"ffffffffc0" + page +
							"100 t next\t[cxla_core]\n");
	};

	for (const std::string folder : {failslab, page_alloc})
		for (const char *name : {"require-start", "require-end"})
			made.file(folder + name, "0\n");
	operation.worker = "work";
	operation.act = [](const TestBed &bed, OperationSpan &span) {
		span.begin();
		ranges.push_back(
			bed.root.text(failslab + std::string("require-start")).value_or(""));
		made_up->file("/proc/kallsyms", "ffffffffc0222080 t work\t[cxla_core]\n"
						"ffffffffc0222100 t next\t[cxla_core]\n");
		if (moves)
			made_up->file(section, "0xffffffffc0222000\n");
		span.end();
		return 0;
	};
	for (bool one : {false, true}) {
		ranges.clear();
		moves = one;
		symbols("111");
		made.file(section, "0xffffffffc0111000\n");
		EXPECT_TRUE(run().findings.empty());
		ASSERT_EQ(ranges.size(), 2U);
		EXPECT_EQ(ranges[0], "0xffffffffc0111080");
		EXPECT_EQ(ranges[1], moves ? "0xffffffffc0222080" : "0xffffffffc0111080");
	}
}

TEST_F(Failnth, a_worker_that_the_kernel_does_not_know_is_no_leave_to_fail_everything)
{
	static bool acted;

	operation.worker = "work";
	operation.act = [](const TestBed &, OperationSpan &) {
		acted = true;
		return 0;
	};

	FailnthReport report = run();

	ASSERT_EQ(report.findings.size(), 1U);
	EXPECT_NE(report.findings[0].what.find("no work of cxla_core"), std::string::npos)
		<< report.findings[0].what;
	EXPECT_FALSE(acted);
}

TEST_F(Failnth, a_function_ends_where_the_next_one_begins)
{
	made.file("/proc/kallsyms", "ffffffff81000000 t first\n"
				    "ffffffff81000100 t wanted\n"
				    "ffffffff81000180 t next\n"
				    "ffffffffc0000200 t after\t[cxla_core]\n"
				    "ffffffffc0000080 t wanted\t[cxla_core]\n"
				    "ffffffffc0000100 t next\t[cxla_core]\n");

	auto in_kernel = text_of(made.root(), "wanted");
	auto in_module = text_of(made.root(), "wanted", "cxla_core");

	ASSERT_TRUE(in_kernel && in_module);
	EXPECT_EQ(in_kernel->start, 0xffffffff81000100UL);
	EXPECT_EQ(in_kernel->end, 0xffffffff81000180UL);
	EXPECT_EQ(in_module->start, 0xffffffffc0000080UL);
	EXPECT_EQ(in_module->end, 0xffffffffc0000100UL);
	EXPECT_FALSE(text_of(made.root(), "want"));
	EXPECT_FALSE(text_of(made.root(), "wanted", "cxla_mem"));
}

TEST_F(Failnth, a_kernel_without_fault_injection_is_refused)
{
	EXPECT_FALSE(refused("fault injection"));
	made.remove(nth_file);
	EXPECT_TRUE(refused("fault injection"));
}

TEST_F(Failnth, a_machine_that_is_not_virtual_is_refused_unless_agreed_to)
{
	EXPECT_FALSE(refused("virtual machine"));
	made.file("/sys/class/dmi/id/sys_vendor", "Somebody\n");
	made.file("/proc/cpuinfo", "flags : fpu\n");
	EXPECT_TRUE(refused("virtual machine"));
	EXPECT_FALSE(refused("virtual machine", true));
}

TEST(Operations, each_has_a_name_of_its_own_and_unknown_ones_are_wrong_usage)
{
	std::set<std::string> names;

	for (const auto &operation : operations())
		EXPECT_TRUE(names.insert(operation.name).second) << operation.name;
	EXPECT_EQ(choose_operations({}).size(), operations().size() - 1);
	EXPECT_THROW(choose_operations({"rescan"}), Error);
	EXPECT_EQ(choose_operations({"attach", "attach"}).size(), 1U);
	EXPECT_THROW(choose_operations({"attack"}), Error);
}

/* the boots of the proof: an operation that is added is to be in one of them */
TEST(Operations, each_is_in_one_boot_that_fails_all_of_its_allocations)
{
	std::ifstream boots_file(CXLA_TOP "/tools/vm/tests.json"),
		parts_file(CXLA_TOP "/tools/proof.d/parts.json");
	auto boots = nlohmann::json::parse(boots_file), parts = nlohmann::json::parse(parts_file);
	std::map<std::string, unsigned> boots_of;

	for (const auto &boot : boots["boots"]) {
		std::string name = boot["name"], append = boot.value("append", "");
		size_t at = append.find("cxla.failnth=");

		if (!name.starts_with("failnth-full-"))
			continue;
		ASSERT_NE(at, append.npos) << name;

		/* OPTION,VALUE+VALUE,OPTION,VALUE */
		auto words = split(append.substr(at + strlen("cxla.failnth=")), ',');

		ASSERT_EQ(words.size(), 4U) << name << ": a sample proves nothing";
		EXPECT_EQ(words[0], "--operations") << name;
		EXPECT_EQ(words[2], "--leaks") << name;
		EXPECT_EQ(words[3], "end") << name;
		for (const auto &operation : split(words[1], '+')) {
			EXPECT_TRUE(find_operation(operation)) << name << ": " << operation;
			EXPECT_EQ(++boots_of[operation], 1U) << name << ": " << operation;
		}
		EXPECT_EQ(boot["kernels"], (nlohmann::json{"debug-6.12", "debug-7"})) << name;
		EXPECT_TRUE(std::any_of(parts["parts"].begin(), parts["parts"].end(),
					[&](const auto &part) {
						return fnmatch(part.value("boot", "").c_str(),
							       name.c_str(), 0) == 0 &&
						       part["kernels"] == boot["kernels"];
					}))
			<< name << " is no part of the proof";
	}
	for (const auto &operation : operations())
		EXPECT_EQ(boots_of[operation.name], operation.spared ? 0U : 1U)
			<< operation.name << " has to be in one boot failnth-full-*";
}

TEST(WatchedThread, what_comes_on_may_take_longer)
{
	/* what is left behind outlives the test */
	static std::atomic<bool> go_on;
	static WatchedThread watched;

	EXPECT_TRUE(watched.run(
		[] {
			for (int n = 0; n < 50; n++) {
				std::this_thread::sleep_for(std::chrono::milliseconds(50));
				watched.comes_on();
			}
		},
		std::chrono::seconds(2)));
	EXPECT_FALSE(watched.run(
		[] {
			watched.comes_on();
			while (!go_on)
				std::this_thread::sleep_for(std::chrono::milliseconds(1));
		},
		std::chrono::milliseconds(20)));
	go_on = true;
}

TEST(WatchedThread, what_does_not_end_in_time_is_told)
{
	static std::atomic<bool> go_on;
	WatchedThread watched;
	int done = 0;

	EXPECT_TRUE(watched.run([&] { done++; }, std::chrono::seconds(10)));
	EXPECT_TRUE(watched.run([&] { done++; }, std::chrono::seconds(10)));
	EXPECT_EQ(done, 2);
	EXPECT_THROW(watched.run([] { throw Error("no"); }, std::chrono::seconds(10)), Error);
	EXPECT_FALSE(watched.run(
		[] {
			while (!go_on)
				std::this_thread::sleep_for(std::chrono::milliseconds(1));
		},
		std::chrono::milliseconds(20)));
	go_on = true;
}
