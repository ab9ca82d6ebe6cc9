// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bench_compare.h"
#include "bench/bench_listener.h"
#include "bench/bench_machine.h"
#include "made_up_root.h"
#include "sys/error.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace
{

using cxla::BenchClock;
using cxla::BenchRun;
using cxla::BenchVerdict;
using cxla::compare_one;
using cxla::compare_runs;
using cxla::Compared;
using cxla::Error;
using cxla::Series;
using cxla::Summary;

/* a thing whose blocks are around @middle, every third of them off by @off */
Summary around(uint64_t middle, uint64_t off, size_t blocks = 20)
{
	Summary one;

	one.name = "bind";
	one.min = one.p50 = one.p90 = one.p99 = one.p999 = one.max = middle;
	one.mean = static_cast<double>(middle);
	for (size_t i = 0; i < blocks; i++)
		one.blocks.push_back(i % 3 == 0   ? middle
				     : i % 3 == 1 ? middle + off
						  : middle - off);
	return one;
}

BenchRun run_of(const std::string &address, const Summary &one)
{
	BenchRun run;
	cxla::ResultSummary result;

	run.command = "bench attach";
	run.kernel = "6.12.0";
	result.subject.address = address;
	result.cycles = 100;
	result.measured = {one};
	result.accesses = {17, 0, 26, 0};
	run.results = {result};
	return run;
}

/* what went wrong, and what kind of error it is; empty: nothing */
std::string error_of(const std::function<void()> &body)
{
	try {
		body();
	} catch (const Error &error) {
		EXPECT_EQ(error.status(), cxla::Exit::Usage);
		return error.what();
	}
	return {};
}

TEST(Series, has_the_median_of_each_full_block_in_order)
{
	Series series("bind", 60);

	for (uint64_t i = 0; i < 60; i++)
		series.record(i);
	/* three to a block: 0 1 2, 3 4 5 ... */
	ASSERT_EQ(series.block_medians().size(), 20U);
	EXPECT_EQ(series.block_medians().front(), 1U);
	EXPECT_EQ(series.block_medians().back(), 58U);
	series.record(1000);
	EXPECT_EQ(series.block_medians().size(), 20U);
	EXPECT_EQ(series.histogram().count(), 61U);
}

TEST(Series, has_no_more_than_twenty_blocks_of_many_cycles)
{
	Series series("bind", 9999);

	for (uint64_t i = 0; i < 9999; i++)
		series.record(i);
	EXPECT_EQ(series.block_medians().size(), 19U);
}

TEST(Series, median_is_one_of_the_values)
{
	EXPECT_EQ(cxla::median({}), 0U);
	EXPECT_EQ(cxla::median({7}), 7U);
	EXPECT_EQ(cxla::median({9, 1}), 1U);
	EXPECT_EQ(cxla::median({9, 1, 5}), 5U);
}

TEST(Compare, run_with_itself_is_the_same)
{
	Compared one = compare_one(around(1000, 30), around(1000, 30), 0);

	EXPECT_EQ(one.ratio, 1);
	EXPECT_EQ(one.verdict, BenchVerdict::Same);
	ASSERT_TRUE(one.spread);
	EXPECT_LE(one.spread->first, 1);
	EXPECT_GE(one.spread->second, 1);
}

TEST(Compare, difference_outside_of_the_spread_is_one)
{
	EXPECT_EQ(compare_one(around(1000, 30), around(1100, 30), 0.01).verdict,
		  BenchVerdict::Slower);
	EXPECT_EQ(compare_one(around(1100, 30), around(1000, 30), 0.01).verdict,
		  BenchVerdict::Faster);
	EXPECT_DOUBLE_EQ(*compare_one(around(1000, 30), around(1100, 30), 0).ratio, 1.1);
}

TEST(Compare, difference_inside_of_the_spread_is_none)
{
	Compared one = compare_one(around(1000, 300), around(1100, 300), 0.01);

	EXPECT_EQ(one.verdict, BenchVerdict::Same);
	EXPECT_LT(one.spread->first, 1);
	EXPECT_GT(one.spread->second, 1.1);
}

TEST(Compare, difference_below_the_tolerance_is_none)
{
	EXPECT_EQ(compare_one(around(1000, 0), around(1009, 0), 0.01).verdict, BenchVerdict::Same);
	EXPECT_EQ(compare_one(around(1000, 0), around(1009, 0), 0.001).verdict,
		  BenchVerdict::Slower);
}

TEST(Compare, few_blocks_are_no_ground_for_a_verdict)
{
	Compared one = compare_one(around(1000, 0, 4), around(2000, 0), 0.01);

	EXPECT_EQ(one.verdict, BenchVerdict::Unsure);
	EXPECT_FALSE(one.spread);
	EXPECT_EQ(one.ratio, 2);
	EXPECT_EQ(compare_one(around(1000, 0, 5), around(2000, 0, 5), 0.01).verdict,
		  BenchVerdict::Slower);
}

TEST(Compare, nothing_is_divided_by_zero)
{
	Compared one = compare_one(around(0, 0), around(5, 0), 0.01);

	EXPECT_FALSE(one.ratio);
	EXPECT_EQ(one.verdict, BenchVerdict::Unsure);
	EXPECT_EQ(compare_one(around(0, 0), around(0, 0), 0.01).ratio, 1);
}

TEST(Compare, same_files_give_the_same_spread)
{
	Compared first = compare_one(around(1000, 300), around(1100, 200), 0.01);
	Compared again = compare_one(around(1000, 300), around(1100, 200), 0.01);

	EXPECT_EQ(first.spread, again.spread);
}

TEST(Compare, runs_of_different_things_are_refused)
{
	BenchRun a = run_of("0000:0d:00.0", around(1000, 30)), b = a;

	b.command = "bench detach";
	EXPECT_EQ(error_of([&] { compare_runs(a, b, 0); }),
		  "A is of `cxla bench attach`, B of `cxla bench detach`");
	b = a;
	b.clock = BenchClock::Icount;
	EXPECT_EQ(error_of([&] { compare_runs(a, b, 0); }), "A counts ns, B instructions");
	b = a;
	b.results[0].subject.others = 3;
	EXPECT_EQ(error_of([&] { compare_runs(a, b, 0); }),
		  "A is about 0000:0d:00.0, B about 0000:0d:00.0, 3 others attached");
}

TEST(Compare, results_are_matched_by_address_and_else_in_order)
{
	BenchRun a = run_of("0000:0d:00.0", around(1000, 0)), b = a;

	a.results.push_back(run_of("0000:0e:00.0", around(3000, 0)).results[0]);
	b.results.insert(b.results.begin(), run_of("0000:0e:00.0", around(6000, 0)).results[0]);

	auto results = compare_runs(a, b, 0).results;

	ASSERT_EQ(results.size(), 2U);
	EXPECT_EQ(results[0].measured[0].ratio, 1);
	EXPECT_EQ(results[1].measured[0].ratio, 2);
	/* another machine */
	b.results[0].subject.address = "0000:36:00.0";
	b.results[1].subject.address = "0000:37:00.0";
	results = compare_runs(a, b, 0).results;
	ASSERT_EQ(results.size(), 2U);
	EXPECT_EQ(results[0].measured[0].ratio, 6);
	EXPECT_EQ(results[0].b.address, "0000:36:00.0");
}

TEST(Compare, what_only_one_has_is_listed)
{
	BenchRun a = run_of("0000:0d:00.0", around(1000, 0)), b = a;
	Summary more = around(5, 0);

	more.name = "event_read";
	a.results[0].measured.push_back(more);
	b.results[0].accesses.reset();
	b.results.push_back(run_of("0000:0e:00.0", around(1, 0)).results[0]);

	auto comparison = compare_runs(a, b, 0);

	ASSERT_EQ(comparison.results.size(), 1U);
	EXPECT_EQ(comparison.results[0].measured.size(), 1U);
	EXPECT_EQ(comparison.results[0].only_a, std::vector<std::string>{"event_read"});
	EXPECT_TRUE(comparison.results[0].a_accesses);
	EXPECT_FALSE(comparison.results[0].b_accesses);
	ASSERT_EQ(comparison.only_b.size(), 1U);
	EXPECT_EQ(comparison.only_b[0].address, "0000:0e:00.0");
}

TEST(BenchJson, says_again_what_was_measured)
{
	BenchRun run = run_of("0000:0d:00.0", around(1000, 30));
	Summary phase = around(77, 0);

	phase.name = std::string(cxla::phase_prefix) + "port-enum";
	run.results[0].measured.insert(run.results[0].measured.begin(), phase);
	run.results[0].subject.others = 2;
	run.results[0].equal_accesses = false;
	run.clock = BenchClock::Icount;

	auto out = cxla::bench_json(run);

	EXPECT_EQ(out["results"][0]["phases"]["port-enum"]["p50"], 77);
	EXPECT_EQ(out["results"][0]["unit"], "instructions");

	BenchRun again = cxla::parse_bench(out.dump(), "A");

	EXPECT_EQ(cxla::bench_json(again), out);
	EXPECT_EQ(again.results[0].subject, run.results[0].subject);
	EXPECT_EQ(again.results[0].measured.size(), 2U);
	EXPECT_EQ(again.clock, BenchClock::Icount);
}

TEST(BenchJson, result_of_a_stack_that_tells_nothing_is_read)
{
	BenchRun run = run_of("0000:0d:00.0", around(1000, 30));

	run.results[0].accesses.reset();

	auto out = cxla::bench_json(run);

	EXPECT_FALSE(out["results"][0].contains("phases"));
	EXPECT_FALSE(out["results"][0].contains("accesses"));
	EXPECT_FALSE(cxla::parse_bench(out.dump(), "A").results[0].accesses);
	EXPECT_EQ(compare_runs(run, run, 0).results[0].measured.size(), 1U);
}

TEST(BenchJson, several_threads_are_compared_with_one)
{
	BenchRun run = run_of("", around(2000000, 0));

	run.results[0].measured[0].name = "wall";
	run.results[0].subject.devices = 4;
	run.results[0].subject.threads = 1;
	run.results.push_back(run.results[0]);
	run.results[1].subject.threads = 2;
	run.results[1].measured[0].p50 = 1000000;

	auto out = cxla::bench_json(run);

	EXPECT_EQ(out["results"][0]["attaches_per_second"], 2000);
	EXPECT_EQ(out["results"][1]["attaches_per_second"], 4000);
	EXPECT_EQ(out["results"][1]["scaling"], 2);
}

TEST(BenchJson, what_is_no_run_is_told_by_its_name)
{
	auto parse = [](const std::string &text) {
		return error_of([&] { cxla::parse_bench(text, "A.json"); });
	};

	EXPECT_EQ(parse("WHAT (us)  MIN"), "A.json is no JSON");
	EXPECT_EQ(parse(R"({"command":"status"})"), "A.json is of `cxla status`");
	EXPECT_NE(parse(R"({"error":{}})").find("A.json is not of `cxla bench`"),
		  std::string::npos);
	EXPECT_NE(parse("[]").find("A.json is not of `cxla bench`"), std::string::npos);
	EXPECT_EQ(parse(R"({"command":"bench attach","kernel":"6","clock":"time","results":[]})"),
		  "A.json has no results");
	EXPECT_NE(parse(R"({"command":"bench attach","kernel":"6","clock":"time",)"
			R"("results":[{"cycles":3,"bind":{"p50":5}}]})")
			  .find("A.json is not of `cxla bench`"),
		  std::string::npos);
	EXPECT_EQ(error_of([] { cxla::read_bench("/nowhere/a.json"); }),
		  "reading /nowhere/a.json: No such file or directory");
}

TEST(BenchClock, is_what_who_started_the_machine_says)
{
	cxla::test::MadeUpRoot made;

	EXPECT_EQ(cxla::read_clock(made.root()), BenchClock::Time);
	made.file("/proc/cmdline", "console=ttyS0 cxla.clock=icount panic=-1\n");
	EXPECT_EQ(cxla::read_clock(made.root()), BenchClock::Icount);
	made.file("/proc/cmdline", "console=ttyS0 cxla.clock=icountx\n");
	EXPECT_EQ(cxla::read_clock(made.root()), BenchClock::Time);
}

/* a pipe with a name stands for the node */
class ListenerTest : public testing::Test
{
protected:
	ListenerTest()
	{
		made.dir("/dev");
		pipe = made.folder() + "/pipe";
		EXPECT_EQ(mkfifo(pipe.c_str(), 0600), 0);
		kernel = cxla::Fd(open(pipe.c_str(), O_RDWR | O_CLOEXEC));
		root.emplace(made.folder());
	}

	/* as devtmpfs does */
	void make_node(const std::string &accel)
	{
		made.dir("/dev/cxla");
		ASSERT_EQ(link(pipe.c_str(), (made.folder() + "/dev/cxla/" + accel).c_str()), 0);
	}
	void send(uint32_t type)
	{
		cxla_event event{};

		event.type = type;
		event.time_ns = cxla::monotonic_ns();
		ASSERT_EQ(write(kernel.get(), &event, sizeof(event)),
			  static_cast<ssize_t>(sizeof(event)));
	}
	void end() { kernel = cxla::Fd(); }

	cxla::test::MadeUpRoot made;
	std::optional<cxla::Root> root;
	std::string pipe;
	cxla::Fd kernel;
};

TEST_F(ListenerTest, event_of_an_open_node_is_heard_after_it_was_sent)
{
	make_node("accel3");
	send(CXLA_EVENT_ATTACH);

	cxla::EventListener listener(*root, "accel3", CXLA_EVENT_DETACH);

	send(CXLA_EVENT_REVOKE);
	send(CXLA_EVENT_DETACH);

	cxla::Heard heard = listener.heard();

	EXPECT_EQ(heard.accel, "accel3");
	ASSERT_EQ(heard.events.size(), 3U);
	EXPECT_EQ(heard.events[0].event.type, static_cast<uint32_t>(CXLA_EVENT_ATTACH));
	EXPECT_EQ(heard.events[2].event.type, static_cast<uint32_t>(CXLA_EVENT_DETACH));
	for (const auto &one : heard.events)
		EXPECT_GE(one.read_ns, one.event.time_ns);
	EXPECT_FALSE(heard.end_ns);
}

TEST_F(ListenerTest, end_is_heard)
{
	make_node("accel0");

	cxla::EventListener listener(*root, "accel0", 0);
	uint64_t before = cxla::monotonic_ns();

	send(CXLA_EVENT_REVOKE);
	end();

	cxla::Heard heard = listener.heard();

	EXPECT_EQ(heard.events.size(), 1U);
	ASSERT_TRUE(heard.end_ns);
	EXPECT_GE(*heard.end_ns, before);
}

TEST_F(ListenerTest, node_that_appears_is_listened_to_in_a_folder_that_appears)
{
	cxla::EventListener listener(*root, CXLA_EVENT_ATTACH);

	make_node("accel0");
	send(CXLA_EVENT_ATTACH);

	cxla::Heard heard = listener.heard();

	EXPECT_EQ(heard.accel, "accel0");
	EXPECT_EQ(heard.events.size(), 1U);
}

TEST_F(ListenerTest, node_that_was_there_before_is_not_the_one)
{
	made.file("/dev/cxla/accel0", "");

	cxla::EventListener listener(*root, CXLA_EVENT_ATTACH);

	make_node("accel1");
	send(CXLA_EVENT_ATTACH);
	EXPECT_EQ(listener.heard().accel, "accel1");
}

TEST_F(ListenerTest, wait_ends_without_an_event)
{
	cxla::EventListener never(*root, CXLA_EVENT_ATTACH);

	never.patience = std::chrono::milliseconds(20);
	EXPECT_THROW(never.heard(), Error);
	make_node("accel0");

	cxla::EventListener silent(*root, "accel0", CXLA_EVENT_DETACH);

	silent.patience = std::chrono::milliseconds(20);
	send(CXLA_EVENT_REVOKE);
	EXPECT_THROW(silent.heard(), Error);
	EXPECT_THROW(cxla::EventListener(*root, "accel7", 0), Error);
	/* one that nobody asks any more ends, too */
	cxla::EventListener forgotten(*root, CXLA_EVENT_ATTACH);
}

} // namespace
