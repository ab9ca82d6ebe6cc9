// SPDX-License-Identifier: GPL-2.0-only
/* The hammer over made-up roots, whose files are plain ones. */
#include "made_up_root.h"
#include "stress/race.h"
#include "sys/error.h"
#include "sys/kernel_log.h"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/stat.h>

using namespace cxla;
using cxla::test::bdf;
using cxla::test::MadeUpRoot;

namespace
{

std::vector<Backend> backends()
{
	if (ring_error())
		return {Backend::Threads};
	return {Backend::Ring, Backend::Threads};
}

struct Race : ::testing::Test {
	Race() { made.add_virtual_machine(); }

	RaceRequest request(const std::vector<std::string> &actors, uint64_t cycles = 20)
	{
		RaceRequest request;

		request.cycles = cycles;
		request.seconds = 20;
		request.seed = 1;
		request.actors = choose_actors(actors);
		request.backend = backends().front();
		return request;
	}
	RaceReport run(const RaceRequest &request)
	{
		Root root = made.root();
		Machine machine = read_machine(root);

		return run_race(root, request, find_targets(machine, root),
				[](const RaceReport &) { return true; });
	}
	std::vector<Refusal> refusals(const Machine &machine, const RaceRequest &request,
				      bool agreed)
	{
		return race_refusals(machine, made.root(), find_targets(machine, made.root()),
				     request, agreed);
	}
	bool refused(const Machine &machine, const std::string &word, bool agreed = false)
	{
		bool found = false;

		for (const auto &refusal : refusals(machine, request({}), agreed))
			found |= refusal.what.find(word) != std::string::npos;
		return found;
	}
	Machine machine()
	{
		Machine machine = read_machine(made.root());

		machine.privileged = true;
		return machine;
	}

	MadeUpRoot made;
};

} // namespace

TEST_F(Race, nothing_is_found_where_nothing_changes)
{
	for (Backend backend : backends()) {
		RaceRequest wanted = request({"accel", "root", "port", "endpoint", "memdev",
					      "region", "delete", "read", "node"});

		wanted.backend = backend;

		RaceReport report = run(wanted);

		EXPECT_FALSE(report.finding) << report.finding->what;
		EXPECT_GE(report.cycles, 20U);
		EXPECT_GE(report.overlaps.peak(), 1U);
		EXPECT_EQ(report.overlaps.now(), 0U);
		EXPECT_TRUE(report.change.empty());
	}
	EXPECT_EQ(made.read("/sys/bus/platform/drivers/cxla_acpi/unbind"), "ACPI0017:00");
	EXPECT_EQ(made.read("/sys/bus/cxla/flush"), "1");
}

TEST_F(Race, a_write_that_must_be_refused_and_is_taken_is_found)
{
	RaceReport report = run(request({"accel", "change"}, 0));

	ASSERT_TRUE(report.finding);
	EXPECT_EQ(report.finding->actor, "change/0");
	EXPECT_NE(report.finding->what.find("done, though it must be refused"), std::string::npos);
	for (const auto &actor : report.actors)
		EXPECT_TRUE(actor.name != "change/0" || !actor.last.empty());
}

TEST_F(Race, a_driver_that_is_gone_is_found)
{
	made.remove("/sys/bus/pci/drivers/cxla_accel/bind");

	RaceReport report = run(request({"accel"}, 0));

	ASSERT_TRUE(report.finding);
	EXPECT_NE(report.finding->what.find("opening it: ENOENT"), std::string::npos)
		<< report.finding->what;
}

TEST_F(Race, a_range_that_is_another_device_s_is_found)
{
	Root root = made.root();
	Targets targets = find_targets(read_machine(root), root);

	made.file(cxla::test::device_path(bdf) + "/cxla/range", "0x6b0000000-0x6cfffffff\n");

	RaceReport report = run_race(root, request({"accel"}, 0), targets,
				     [](const RaceReport &) { return true; });

	ASSERT_TRUE(report.finding);
	EXPECT_NE(report.finding->what.find("none of its own"), std::string::npos)
		<< report.finding->what;
}

TEST_F(Race, a_device_that_lost_its_decoders_is_found)
{
	Root root = made.root();
	Targets targets = find_targets(read_machine(root), root);

	made.refuse(0, "not-committed");

	RaceReport report = run_race(root, request({"accel"}, 0), targets,
				     [](const RaceReport &) { return true; });

	ASSERT_TRUE(report.finding);
	EXPECT_EQ(report.finding->what, bdf + " had a range before, and now: not-committed");
}

TEST_F(Race, a_warning_of_the_kernel_ends_it)
{
	Root root = made.root();
	RaceRequest wanted = request({"accel"}, 0);
	bool told = false;

	wanted.seconds = 30;

	RaceReport report = run_race(
		root, wanted, find_targets(read_machine(root), root), [&](const RaceReport &) {
			if (!told)
				std::ofstream(made.folder() + "/dev/kmsg", std::ios::app)
					<< "4,1,1,-;WARNING: CPU: 0\n";
			told = true;
			return true;
		});

	ASSERT_TRUE(report.finding);
	EXPECT_EQ(report.finding->what, "the kernel says: WARNING: CPU: 0");
	EXPECT_LT(report.seconds, 20);
	EXPECT_EQ(report.kernel_log.size(), 1U);
}

TEST_F(Race, a_warning_from_before_is_none_of_it)
{
	made.file("/dev/kmsg", "4,1,1,-;WARNING: CPU: 0\n");
	EXPECT_FALSE(run(request({"accel"})).finding);
}

TEST_F(Race, a_region_that_is_missing_at_rest_is_found)
{
	Root root = made.root();
	bool done = false;

	RaceReport report =
		run_race(root, request({"accel"}, 0), find_targets(read_machine(root), root),
			 [&](const RaceReport &) {
				 if (!done)
					 made.remove("/sys/bus/cxla/devices/region0");
				 done = true;
				 return false;
			 });

	ASSERT_TRUE(report.finding);
	EXPECT_TRUE(report.interrupted);
	ASSERT_EQ(report.change.missing.size(), 1U);
	EXPECT_NE(report.change.missing[0].find("region(0x690000000"), std::string::npos);
	EXPECT_TRUE(report.change.extra.empty());
}

TEST_F(Race, a_locked_region_that_is_uncommitted_or_deleted_is_found)
{
	/* nobody refuses it in a made-up root */
	made.file("/sys/bus/cxla/devices/decoder0.0/delete_region", "");
	for (const char *actor : {"commit", "delete"}) {
		RaceReport report = run(request({actor}, 0));

		ASSERT_TRUE(report.finding) << actor;
		EXPECT_TRUE(report.finding->actor.starts_with(actor)) << report.finding->actor;
		EXPECT_NE(report.finding->what.find("done, though it must be refused"),
			  std::string::npos);
	}
}

TEST_F(Race, a_region_of_an_expander_may_be_deleted_and_uncommitted)
{
	/* the one region that there is, and no driver that would have to go by itself */
	made.file("/sys/bus/cxla/devices/decoder0.0/delete_region", "");
	made.refuse(0, "not-committed");
	made.make_expander(1);
	made.remove("/sys/bus/cxla/devices/region1/driver");

	RaceRequest wanted = request({"expander", "delete", "commit"}, 0);

	wanted.seconds = 1;

	RaceReport report = run(wanted);

	EXPECT_FALSE(report.finding) << report.finding->what;
	EXPECT_GE(report.done(Action::DeleteRegion), 1U);
	EXPECT_GE(report.done(Action::Uncommit), 1U);
	EXPECT_GE(report.done(Action::BindExpander), 1U);
	/* at rest it is committed, whoever wrote last */
	EXPECT_EQ(made.read("/sys/bus/cxla/devices/region1/commit"), "1\n");
}

TEST_F(Race, a_region_that_is_not_committed_and_has_its_driver_is_found)
{
	Root root = made.root();
	Targets targets = find_targets(read_machine(root), root);

	made.file("/sys/bus/cxla/devices/region1/commit", "0\n");
	EXPECT_EQ(wrong_at_standstill(root, {}), "region1 is not committed, and has its driver");
	made.remove("/sys/bus/cxla/devices/region1/driver");
	EXPECT_EQ(wrong_at_standstill(root, {}), "");
	/* whoever is attached relies on it */
	EXPECT_NE(wrong_at_standstill(root, targets).find("whose locked is 1 and commit is 0"),
		  std::string::npos);
}

TEST_F(Race, a_range_that_is_attached_and_no_locked_region_s_is_found)
{
	Root root = made.root();
	Targets targets = find_targets(read_machine(root), root);
	RaceRequest wanted = request({"root"}, 0);

	EXPECT_EQ(wrong_at_standstill(root, targets), "");
	made.file("/sys/bus/cxla/devices/region0/locked", "0\n");
	EXPECT_NE(wrong_at_standstill(root, targets).find("whose locked is 0"), std::string::npos);
	made.remove("/sys/bus/cxla/devices/region0");
	EXPECT_NE(wrong_at_standstill(root, targets).find("no region has it"), std::string::npos);

	/* in the middle of a race, too */
	RaceReport report =
		run_race(root, wanted, targets, [](const RaceReport &) { return true; });

	ASSERT_TRUE(report.finding);
	EXPECT_EQ(report.finding->what, "with nobody at work " + bdf +
						" is attached to 0x690000000-0x6afffffff, and no "
						"region has it");
	EXPECT_LT(report.seconds, 10);
}

TEST_F(Race, decoders_that_are_lost_are_committed_again_with_nobody_at_work)
{
	const std::string committed = "/sys/bus/cxla/devices/endpoint3/decoders_committed";
	std::vector<std::string> asked;

	made.make_expander(1);

	RaceRequest wanted = request({"accel", "expander"}, 0);

	wanted.seconds = 15;
	wanted.recommit = [&](const std::vector<std::string> &bdfs) {
		asked.insert(asked.end(), bdfs.begin(), bdfs.end());
		made.file(committed, "1\n");
		made.link("/sys/bus/cxla/devices/region1",
			  "/sys/devices/platform/ACPI0017:00/root0/decoder0.0/region1");
	};

	Root root = made.root();
	RaceReport report = run_race(root, wanted, find_targets(read_machine(root), root),
				     [&, told = false](const RaceReport &so_far) mutable {
					     if (!told) {
						     made.file(committed, "0\n");
						     made.remove("/sys/bus/cxla/devices/region1");
					     }
					     told = true;
					     return so_far.recommits == 0;
				     });

	EXPECT_FALSE(report.finding) << report.finding->what;
	EXPECT_EQ(report.recommits, 1U);
	EXPECT_EQ(asked, std::vector<std::string>{"0000:0e:00.0"});
	EXPECT_LT(report.seconds, 10);
}

TEST_F(Race, decoders_that_nobody_commits_again_are_found)
{
	made.make_expander(1);

	RaceRequest wanted = request({"accel", "expander"}, 0);

	wanted.seconds = 15;
	wanted.recommit = recommit_by("false");

	Root root = made.root();
	RaceReport report = run_race(
		root, wanted, find_targets(read_machine(root), root), [&](const RaceReport &) {
			made.file("/sys/bus/cxla/devices/endpoint3/decoders_committed", "0\n");
			return false;
		});

	ASSERT_TRUE(report.finding);
	EXPECT_NE(report.finding->what.find("`false 0000:0e:00.0` ended with 1"), std::string::npos)
		<< report.finding->what;
}

TEST_F(Race, a_line_says_what_each_actor_is_at_and_the_kernel_log_how_to_repeat_it)
{
	Root root = made.root();
	RaceRequest wanted = request({"accel", "root"});
	std::string line;

	wanted.seconds = 1.5;
	wanted.cycles = 0;
	wanted.command = [](const ActorKinds &, uint64_t seed) {
		return fmt::format("cxla race --seed {}", seed);
	};
	run_race(root, wanted, find_targets(read_machine(root), root),
		 [&](const RaceReport &report) {
			 line = progress_line(report);
			 return true;
		 });
	EXPECT_NE(line.find("; accel/0 "), std::string::npos) << line;
	EXPECT_NE(line.find("; root/0 "), std::string::npos) << line;
	EXPECT_NE(line.find("/sys/bus/platform/drivers/cxla_acpi/"), std::string::npos) << line;
	EXPECT_EQ(line.find('\n'), line.npos);
	EXPECT_NE(made.read("/dev/kmsg").find("round 1, seed 1; again: cxla race --seed 1"),
		  std::string::npos);
}

TEST_F(Race, of_pairs_each_has_a_round_and_is_repeated_by_itself)
{
	RaceRequest wanted = request({"accel", "root", "read"}, 0);
	std::vector<std::string> commands;

	wanted.pairs = true;
	wanted.seconds = 2;
	wanted.command = [&](const ActorKinds &actors, uint64_t seed) {
		commands.push_back(fmt::format("{}{} {} {}", actors.size(), actors.front()->name,
					       actors.back()->name, seed));
		return commands.back();
	};

	RaceReport report = run(wanted);
	std::vector<std::string> names;

	ASSERT_FALSE(report.finding) << report.finding->what;
	for (const auto &round : report.rounds) {
		names.push_back(round.name);
		EXPECT_GT(round.operations, 0U) << round.name;
	}
	names.resize(6);
	EXPECT_EQ(names, (std::vector<std::string>{"accel+accel", "accel+root", "accel+read",
						   "root+root", "root+read", "read+read"}));
	EXPECT_EQ(commands[1], "2accel root 2");
	EXPECT_EQ(report.coverage().second, 6U);
}

TEST_F(Race, what_a_round_found_is_repeated_by_its_actors_and_its_seed)
{
	RaceRequest wanted = request({"root", "change"}, 0);

	wanted.pairs = true;
	wanted.seconds = 3;
	wanted.command = [](const ActorKinds &actors, uint64_t seed) {
		return fmt::format("{}+{} {}", actors.front()->name, actors.back()->name, seed);
	};

	RaceReport report = run(wanted);

	ASSERT_TRUE(report.finding);
	EXPECT_EQ(report.rounds.size(), 2U);
	EXPECT_TRUE(report.rounds.front().wrong.empty());
	EXPECT_EQ(report.rounds.back().wrong, report.finding->what);
	EXPECT_EQ(report.repeat, "root+change 2");
}

TEST_F(Race, every_other_round_is_of_a_few_actors_and_with_a_number_of_binds_none_is)
{
	RaceRequest wanted = request({"accel", "root", "port", "endpoint", "memdev", "region"}, 0);
	std::vector<size_t> acting;

	wanted.seconds = 2;
	wanted.round_seconds = 0.3;
	wanted.command = [&](const ActorKinds &actors, uint64_t) {
		acting.push_back(actors.size());
		return std::string();
	};
	run(wanted);
	ASSERT_GE(acting.size(), 4U);
	EXPECT_EQ(acting[0], 6U);
	EXPECT_EQ(acting[2], 6U);
	for (size_t n : {1, 3}) {
		EXPECT_GE(acting[n], 2U);
		EXPECT_LE(acting[n], 4U);
	}
	acting.clear();
	wanted.cycles = 100000;
	run(wanted);
	EXPECT_EQ(std::count(acting.begin(), acting.end(), 6U), static_cast<long>(acting.size()));
}

TEST_F(Race, after_each_round_it_is_at_rest)
{
	RaceRequest wanted = request({"accel"}, 0);

	wanted.seconds = 1.2;
	wanted.round_seconds = 0.3;

	RaceReport report = run(wanted);

	EXPECT_GE(report.rounds.size(), 3U);
	EXPECT_EQ(report.rests, report.rounds.size());
}

TEST_F(Race, a_process_that_was_killed_is_no_finding_and_what_it_did_is_judged)
{
	RaceRequest wanted = request({"accel", "killed"}, 0);

	wanted.seconds = 1;

	RaceReport report = run(wanted);

	/* nobody is at home below a made-up driver: writes are taken */
	EXPECT_FALSE(report.finding) << report.finding->what;
	EXPECT_GT(report.done(Action::Unbind), 0U);
	made.remove("/sys/bus/pci/drivers/cxla_accel/bind");
	report = run(request({"killed"}, 0));
	ASSERT_TRUE(report.finding);
	EXPECT_NE(report.finding->what.find("opening it: ENOENT"), std::string::npos);
}

TEST_F(Race, what_is_left_behind_is_found_and_new_numbers_are_not)
{
	Snapshot before = take_snapshot(made.root());

	/* the same region by another number */
	made.remove("/sys/bus/cxla/devices/region1");
	made.link("/sys/bus/cxla/devices/region7",
		  "/sys/devices/platform/ACPI0017:00/root0/decoder0.0/region1");
	EXPECT_TRUE(compare(before, take_snapshot(made.root())).empty());

	made.file("/sys/module/cxla_core/refcnt", "3\n");
	made.file("/dev/cxla/accel5", "");

	SnapshotChange change = compare(before, take_snapshot(made.root()));

	EXPECT_EQ(change.extra,
		  (std::vector<std::string>{"/dev/cxla/accel#", "cxla_core: 3 references"}));
	EXPECT_EQ(change.missing, std::vector<std::string>{"cxla_core: 0 references"});
}

TEST_F(Race, an_operation_that_does_not_end_is_found)
{
	/* a pipe that nobody writes to: opening it for reading waits */
	std::string path = "/sys/bus/pci/drivers/cxla_accel/bind";
	RaceRequest wanted = request({"accel"}, 0);

	made.remove(path);
	ASSERT_EQ(mkfifo((made.folder() + path).c_str(), 0600), 0);
	wanted.patience = 0.5;
	/* rest would wait, too: that it is left out is part of the rule */
	EXPECT_EXIT(
		{
			RaceReport report = run(wanted);

			std::_Exit(report.stuck && report.finding ? 7 : 8);
		},
		::testing::ExitedWithCode(7), "");
}

TEST_F(Race, refused_without_root_modules_or_accelerators)
{
	Machine now = machine();

	EXPECT_TRUE(refusals(now, request({}), false).empty());
	now.privileged = false;
	EXPECT_TRUE(refused(now, "only root"));
	now = machine();
	made.remove("/sys/bus/pci/drivers/cxla_accel/0000:0d:00.0");
	made.remove("/sys/bus/pci/drivers/cxla_accel/0000:0e:00.0");
	EXPECT_TRUE(refused(now, "no accelerator"));
	made.remove("/sys/bus/cxla");
	EXPECT_TRUE(refused(now, "cxla_core is not loaded"));
}

TEST_F(Race, refused_when_memory_of_a_device_is_system_ram)
{
	made.file("/proc/iomem", "690000000-78fffffff : CXL Window 0\n"
				 "  6a0000000-6a7ffffff : System RAM (kmem)\n");
	EXPECT_TRUE(refused(machine(), "System RAM", true));
}

TEST_F(Race, refused_when_memory_of_a_device_is_mounted)
{
	made.file("/proc/iomem", "690000000-78fffffff : CXL Window 0\n"
				 "  6a0000000-6a7ffffff : namespace1.0\n");
	made.file("/proc/self/mounts", "/dev/pmem1p1 /data ext4 rw 0 0\n");
	EXPECT_TRUE(refused(machine(), "is mounted: /dev/pmem1p1 at /data", true));
	/* another one, whose name begins alike */
	made.file("/proc/self/mounts", "/dev/pmem10 /data ext4 rw 0 0\n");
	EXPECT_FALSE(refused(machine(), "is mounted", true));
}

TEST_F(Race, refused_while_decoders_could_be_lost_for_good)
{
	RaceRequest wanted = request({});

	made.make_expander(1);
	/* its decoders are locked by hardware */
	EXPECT_TRUE(refusals(machine(), wanted, true).empty());
	made.file("/sys/bus/cxla/devices/region1/locked", "0\n");
	EXPECT_TRUE(refused(machine(), "could be lost", true));
	EXPECT_TRUE(refusals(machine(), request({"accel", "root", "expander", "delete"}), true)
			    .empty());
	wanted.recommit = recommit_by("true");
	EXPECT_TRUE(refusals(machine(), wanted, true).empty());
}

TEST_F(Race, refused_outside_of_a_virtual_machine_unless_agreed)
{
	made.file("/sys/class/dmi/id/sys_vendor", "Somebody\n");
	EXPECT_TRUE(refused(machine(), "no virtual machine"));
	EXPECT_FALSE(refused(machine(), "no virtual machine", true));
	made.file("/proc/cpuinfo", "flags : fpu hypervisor lahf_lm\n");
	EXPECT_FALSE(refused(machine(), "no virtual machine"));
}

TEST(Actors, unknown_name_is_wrong_usage_and_each_known_one_is_taken)
{
	EXPECT_EQ(choose_actors({}).size(), actor_kinds().size());
	/* one that is to meet itself is named twice */
	EXPECT_EQ(choose_actors({"root", "port", "root"}).size(), 3U);
	try {
		choose_actors({"roots"});
		FAIL();
	} catch (const Error &error) {
		EXPECT_EQ(error.status(), Exit::Usage);
		EXPECT_NE(error.hint().find("on-loss"), std::string::npos);
	}
}
