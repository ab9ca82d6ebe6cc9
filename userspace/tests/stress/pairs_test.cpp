// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pairs of triggers over made-up roots: triggers are functions of this file, and so
 * are the points where they are held.
 */
#include "made_up_root.h"
#include "stress/executor.h"
#include "stress/pairs.h"
#include "sys/error.h"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <fstream>
#include <gtest/gtest.h>
#include <mutex>
#include <set>
#include <thread>
#include <unistd.h>

using namespace cxla;
using cxla::test::MadeUpRoot;

namespace
{

using namespace std::chrono_literals;

class MadeUpPauses : public Pauses
{
public:
	std::vector<PausePoint> list() const override
	{
		std::lock_guard guard(lock_);

		return points_;
	}
	void arm(const std::string &name) const override { set(name, "armed"); }
	void release(const std::string &name) const override { set(name, "idle"); }
	void reset() const override
	{
		std::lock_guard guard(lock_);

		for (auto &point : points_)
			point = {point.name, "idle", 0, 0};
		changed_.notify_all();
	}

	/* what a trigger does in the kernel */
	void pass(const std::string &name) const
	{
		std::unique_lock guard(lock_);
		PausePoint &point = at(name);

		point.passed++;
		if (point.state != "armed")
			return;
		point.state = "held";
		point.pid = gettid();
		changed_.wait(guard, [&] { return !point.held(); });
	}

private:
	PausePoint &at(const std::string &name) const
	{
		return name == "early" ? points_[0] : name == "late" ? points_[1] : points_[2];
	}
	void set(const std::string &name, const std::string &state) const
	{
		std::lock_guard guard(lock_);

		at(name) = {name, state, 0, 0};
		changed_.notify_all();
	}

	mutable std::mutex lock_;
	mutable std::condition_variable changed_;
	mutable std::vector<PausePoint> points_ = {
		{"early", "idle", 0, 0}, {"late", "idle", 0, 0}, {"never", "idle", 0, 0}};
};

/* what plain functions refer to */
MadeUpRoot *pairs_made_up;
MadeUpPauses *made_up_pauses;
std::mutex taken;
std::atomic<int> slow_err, quick_err;
std::atomic<bool> inside_late, met, let_go;
void (*while_met)();

/* passes two points, and holds a lock at the second one */
int slow(const TestBed &, OperationSpan &span)
{
	span.begin();
	made_up_pauses->pass("early");

	std::lock_guard guard(taken);

	inside_late = true;
	made_up_pauses->pass("late");
	inside_late = false;
	span.end();
	return slow_err;
}

int quick(const TestBed &, OperationSpan &span)
{
	span.begin();
	if (inside_late && while_met)
		while_met();
	met = met || inside_late;
	span.end();
	return quick_err;
}

int wants_lock(const TestBed &, OperationSpan &span)
{
	span.begin();

	std::lock_guard guard(taken);

	span.end();
	return 0;
}

int finds_nothing(const TestBed &, OperationSpan &)
{
	return ENODEV;
}

int hangs(const TestBed &, OperationSpan &span)
{
	span.begin();
	while (!let_go)
		std::this_thread::sleep_for(1ms);
	return 0;
}

constexpr MachineOperation slow_operation{"slow", "", Start::Everything, slow};
constexpr MachineOperation quick_operation{"quick", "", Start::Everything, quick};
constexpr MachineOperation lock_operation{"wants-lock", "", Start::Everything, wants_lock};
constexpr MachineOperation nothing_operation{"nothing", "", Start::Everything, finds_nothing};
constexpr MachineOperation hang_operation{"hangs", "", Start::Everything, hangs};

Trigger trigger(const MachineOperation &operation, std::vector<int> errors = {})
{
	Trigger made;

	made.operation = &operation;
	made.errors = std::move(errors);
	return made;
}

struct Pairs : ::testing::Test {
	Pairs()
	{
		pairs_made_up = &made;
		made_up_pauses = &pauses;
		slow_err = quick_err = 0;
		met = inside_late = let_go = false;
		while_met = nullptr;
		made.add_virtual_machine();
		made.make_expander(1);
		made.file("/sys/kernel/debug/cxla/pause", "early idle 0\n");
	}

	TestBed bed()
	{
		Root root = made.root();

		return find_test_bed(root, read_machine(root), "/nowhere");
	}
	PairsReport run(const Trigger &first, const Trigger &second, PairMode mode,
			double patience = 10)
	{
		PairsRequest request;

		request.first = {&first};
		request.second = {&second};
		request.modes = {mode};
		request.patience = patience;
		request.point = point;
		return run_pairs(bed(), request, pauses,
				 [](const PairsReport &, const PairCase &) { return true; });
	}
	PairCell overlapped(const Trigger &first, const Trigger &second)
	{
		PairsReport report = run(first, second, PairMode::Overlapped);

		EXPECT_FALSE(report.finding) << report.finding->what;
		return report.total(PairMode::Overlapped);
	}
	std::string found(const PairsReport &report)
	{
		return report.finding ? report.finding->at.words() + ": " + report.finding->what
				      : "nothing";
	}
	bool refused(const std::string &word, const PairsRequest &request = {}, bool agreed = false)
	{
		Root root = made.root();
		Machine machine = read_machine(root);
		bool found = false;

		machine.privileged = true;
		for (const auto &refusal : pairs_refusals(root, machine, bed(), request, agreed))
			found |= refusal.what.find(word) != std::string::npos;
		return found;
	}

	MadeUpRoot made;
	MadeUpPauses pauses;
	std::string point;
	const Trigger slow_one = trigger(slow_operation), quick_one = trigger(quick_operation),
		      lock_one = trigger(lock_operation), nothing_one = trigger(nothing_operation);
};

} // namespace

TEST_F(Pairs, the_first_is_held_at_each_point_it_passes_and_at_no_other)
{
	PairsReport report = run(slow_one, quick_one, PairMode::Overlapped);

	ASSERT_FALSE(report.finding) << report.finding->what;
	EXPECT_EQ(report.points["slow"], (std::vector<std::string>{"early", "late"}));
	EXPECT_EQ(report.cases, 2U);
	EXPECT_EQ(report.profiles, 1U);
	EXPECT_TRUE(met);
}

TEST_F(Pairs, one_that_ends_meanwhile_is_told_from_one_that_waits)
{
	EXPECT_EQ(overlapped(slow_one, quick_one).inside, 2U);

	PairCell cell = overlapped(slow_one, lock_one);

	EXPECT_EQ(cell.inside, 1U);
	EXPECT_EQ(cell.waited, 1U);
	cell = overlapped(slow_one, nothing_one);
	EXPECT_EQ(cell.nothing, 2U);
	EXPECT_EQ(cell.overlapped(), 0U);
}

TEST_F(Pairs, only_the_point_that_is_named_is_used)
{
	point = "late";
	EXPECT_EQ(overlapped(slow_one, quick_one).cases, 1U);
	point = "never";
	EXPECT_EQ(overlapped(slow_one, quick_one).cases, 0U);
}

TEST_F(Pairs, one_after_the_other_is_not_overlapped)
{
	PairsReport report = run(slow_one, quick_one, PairMode::Sequential);

	EXPECT_EQ(found(report), "nothing");
	EXPECT_FALSE(met);
	EXPECT_EQ(report.total(PairMode::Sequential).cases, 1U);
	EXPECT_EQ(report.profiles, 0U);
}

TEST_F(Pairs, an_error_that_nothing_allows_is_found_in_either_of_both)
{
	quick_err = EIO;
	EXPECT_EQ(found(run(slow_one, quick_one, PairMode::Overlapped)),
		  "slow, held at early; quick: quick ended with EIO");
	EXPECT_EQ(found(run(slow_one, trigger(quick_operation, {EIO}), PairMode::Overlapped)),
		  "nothing");
	slow_err = EBUSY;
	EXPECT_EQ(found(run(trigger(slow_operation, {EBUSY}), nothing_one, PairMode::Sequential)),
		  "slow; nothing: undisturbed slow ended with EBUSY");
}

TEST_F(Pairs, what_is_left_behind_is_found_with_the_pair)
{
	while_met = [] { pairs_made_up->add_module("cxla_pci", 7); };

	PairsReport report = run(slow_one, quick_one, PairMode::Overlapped);

	EXPECT_NE(found(report).find("not there before: cxla_pci: 7 references"), std::string::npos)
		<< found(report);
	EXPECT_EQ(report.finding->at.second->name(), std::string("quick"));
}

TEST_F(Pairs, a_kernel_warning_is_found_with_the_point)
{
	while_met = [] {
		std::ofstream(pairs_made_up->folder() + "/dev/kmsg", std::ios::app)
			<< "WARNING: CPU: 1 PID: 1 at kmod/core/port.c:1\n";
	};

	PairsReport report = run(slow_one, quick_one, PairMode::Overlapped);

	EXPECT_NE(found(report).find("port.c:1"), std::string::npos);
	ASSERT_TRUE(report.finding);
	EXPECT_EQ(report.finding->at.point, "late");
}

TEST_F(Pairs, one_that_does_not_end_is_told_and_not_waited_for)
{
	static const Trigger hang = trigger(hang_operation);
	PairsReport report = run(hang, quick_one, PairMode::Sequential, 0.2);

	EXPECT_TRUE(report.stuck);
	EXPECT_NE(found(report).find("hangs does not end"), std::string::npos) << found(report);
	let_go = true;
	/* its thread refers to what this test has made */
	std::this_thread::sleep_for(200ms);
}

TEST_F(Pairs, a_kernel_without_pause_points_is_refused)
{
	EXPECT_FALSE(refused("pause"));
	made.remove("/sys/kernel/debug/cxla/pause");
	EXPECT_TRUE(refused("pause"));
}

TEST_F(Pairs, decoders_are_risked_only_with_a_way_back)
{
	PairsRequest request;

	request.first = {find_trigger("detach")};
	EXPECT_FALSE(refused("decoders", request));
	request.second = {find_trigger("uncommit")};
	EXPECT_TRUE(refused("decoders", request, true));
	request.recommit = [](const std::vector<std::string> &) {};
	EXPECT_FALSE(refused("decoders", request));
}

TEST_F(Pairs, a_machine_that_is_not_virtual_is_refused_unless_agreed_to)
{
	EXPECT_FALSE(refused("virtual machine"));
	made.file("/sys/class/dmi/id/sys_vendor", "Somebody\n");
	made.file("/proc/cpuinfo", "flags : fpu\n");
	EXPECT_TRUE(refused("virtual machine"));
	EXPECT_FALSE(refused("virtual machine", {}, true));
}

TEST(Triggers, each_has_an_operation_and_a_name_of_its_own_and_unknown_ones_are_wrong_usage)
{
	std::set<std::string> names;

	for (const auto &trigger : triggers()) {
		ASSERT_NE(trigger.operation, nullptr);
		EXPECT_TRUE(names.insert(trigger.name()).second) << trigger.name();
	}
	EXPECT_EQ(choose_triggers({}).size(), triggers().size());
	EXPECT_EQ(choose_triggers({"attach", "attach"}).size(), 1U);
	EXPECT_THROW(choose_triggers({"attack"}), Error);
}

TEST(Triggers, what_must_be_refused_may_not_succeed)
{
	const Trigger &refused = *find_trigger("delete-locked-region");

	EXPECT_TRUE(is_allowed(refused, true, EBUSY));
	EXPECT_FALSE(is_allowed(refused, true, 0));
	EXPECT_TRUE(is_allowed(refused, false, ENOENT));
	EXPECT_FALSE(is_allowed(refused, true, ENOENT));
	EXPECT_FALSE(is_allowed(*find_trigger("attach"), true, ENOMEM));
}

TEST(Triggers, a_pair_starts_where_both_can_act)
{
	auto start = [](const char *first, const char *second) {
		return start_of(*find_trigger(first), find_trigger(second));
	};

	EXPECT_EQ(start("detach", "attach"), (PairStart{Start::Everything, {}}));
	EXPECT_EQ(start("unbind-root", "attach"), (PairStart{Start::AccelUnbound, {}}));
	EXPECT_EQ(start("attach", "bind-root"),
		  (PairStart{Start::RootUnbound, Start::AccelUnbound}));
	EXPECT_EQ(start("return-root", "attach"),
		  (PairStart{Start::WithoutRoot, Start::AccelUnbound}));
	EXPECT_EQ(start("unbind-port", "commit"), (PairStart{Start::Uncommitted, {}}));
	EXPECT_EQ(start("uncommit", "commit"), (PairStart{Start::Everything, {}}));
}

TEST(PauseFile, a_line_is_a_point_and_whatever_else_is_none)
{
	auto held = parse_pause_point("region-dying held 1 77");

	ASSERT_TRUE(held);
	EXPECT_TRUE(held->held());
	EXPECT_EQ(held->pid, 77);
	EXPECT_EQ(parse_pause_point("region-dying idle 3")->passed, 3U);
	EXPECT_FALSE(parse_pause_point("region-dying held 1"));
	EXPECT_FALSE(parse_pause_point("region-dying idle 1 77"));
	EXPECT_FALSE(parse_pause_point("region-dying asleep 1"));
	EXPECT_FALSE(parse_pause_point("region-dying idle x"));
	EXPECT_FALSE(parse_pause_point(""));
}

TEST(Waiting, is_a_long_sleep_that_nobody_interrupts)
{
	WaitDetector detector;
	WaitDetector::TimePoint now{};
	const std::string sleeps = "State:\tD (disk sleep)\nvoluntary_ctxt_switches:\t5\n";

	EXPECT_FALSE(detector.waits(sleeps, now));
	EXPECT_FALSE(detector.waits(sleeps, now + 100ms));
	EXPECT_FALSE(
		detector.waits("State:\tS (sleeping)\nvoluntary_ctxt_switches:\t6\n", now + 300ms));
	EXPECT_FALSE(
		detector.waits("State:\tR (running)\nvoluntary_ctxt_switches:\t6\n", now + 600ms));
	EXPECT_FALSE(
		detector.waits("State:\tS (sleeping)\nvoluntary_ctxt_switches:\t6\n", now + 700ms));
	EXPECT_TRUE(
		detector.waits("State:\tS (sleeping)\nvoluntary_ctxt_switches:\t6\n", now + 900ms));
}

TEST(PairSample, takes_every_so_many_from_its_offset_on)
{
	Sample sample(3, 1);

	EXPECT_EQ((std::vector<bool>{sample.take(), sample.take(), sample.take(), sample.take(),
				     sample.take()}),
		  (std::vector<bool>{false, true, false, false, true}));
}
