// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bench_before.h"
#include "bench/bench_fake.h"
#include "bench/bench_many.h"
#include "cxl/accel.h"
#include "sys/error.h"

#include <algorithm>
#include <fmt/format.h>
#include <gtest/gtest.h>

namespace
{

using cxla::BenchMachine;
using cxla::BenchRequest;
using cxla::Error;
using cxla::ResultSummary;
using cxla::test::FakeMachine;

constexpr unsigned count = 3;

class Bench : public testing::Test
{
protected:
	Bench()
	{
		made.add_virtual_machine();
		made.add_attached(count);
		made.file("/sys/bus/cxla/drivers/cxla_mem/unbind", "");
		made.file("/sys/bus/cxla/devices/decoder0.0/delete_region", "");
		machine = std::make_unique<FakeMachine>(made, count);
		before = cxla::devices_before(made.root(), bdfs());
	}

	cxla::BenchDevice device(unsigned index) const
	{
		return {FakeMachine::bdf_of(index), cxla::accel_driver};
	}
	std::vector<cxla::BenchDevice> devices() const { return {device(0), device(1), device(2)}; }
	std::vector<std::string> bdfs() const
	{
		return {device(0).bdf, device(1).bdf, device(2).bdf};
	}
	/* what the body throws, in words; empty: nothing */
	std::string put_back_after(const std::function<void()> &body)
	{
		try {
			cxla::put_back_after(*machine, bdfs(), body);
		} catch (const Error &error) {
			return error.what();
		}
		return {};
	}
	uint64_t p50(const ResultSummary &result, const std::string &name) const
	{
		const cxla::Summary *one = result.find(name);

		return one ? one->p50 : 0;
	}
	uint64_t cycles_of(const cxla::BenchResult &result, const std::string &name) const
	{
		for (const auto &series : result.series())
			if (series.name() == name)
				return series.histogram().count();
		return 0;
	}

	cxla::test::MadeUpRoot made;
	std::unique_ptr<FakeMachine> machine;
	std::vector<cxla::DeviceBefore> before; /* all of them, attached */
	BenchRequest request{.cycles = 4, .warmup = 2, .progress = {}};
};

bool is_bind(const std::string &path)
{
	return path.ends_with("/bind");
}

TEST_F(Bench, attach_is_measured_from_the_write_to_its_end_and_to_the_event)
{
	machine->cost = [](const std::string &path) { return is_bind(path) ? 700 : 50; };
	machine->record.phase_ns[CXLA_PHASE_PORT_ENUM] = 111;
	machine->record.total_ns = 222;
	machine->record.mmio_reads = 17;

	auto result = cxla::bench_attach(*machine, device(0), request);
	ResultSummary summary = result.summary();

	EXPECT_EQ(summary.cycles, 4U);
	EXPECT_EQ(p50(summary, "bind"), 700U);
	EXPECT_EQ(p50(summary, "event_sent"), 10U);
	EXPECT_EQ(p50(summary, "event_read"), 30U);
	EXPECT_EQ(p50(summary, "phases/port-enum"), 111U);
	EXPECT_EQ(p50(summary, "total"), 222U);
	ASSERT_TRUE(summary.accesses);
	EXPECT_EQ(summary.accesses->mmio_reads, 17U);
	EXPECT_TRUE(summary.equal_accesses);
	EXPECT_EQ(machine->writes.size(), 12U);
}

TEST_F(Bench, parts_of_a_bind_are_all_of_it)
{
	machine->cost = [](const std::string &path) { return is_bind(path) ? 700 : 50; };
	machine->record.phase_ns[CXLA_PHASE_ATTACH] = 200;
	machine->record.total_ns = 200;
	machine->change_info = [&](cxla_accel_info &info) {
		uint64_t end = machine->now();

		info.times = {end - 680, end - 600, end - 400, end - 30};
	};

	ResultSummary summary = cxla::bench_attach(*machine, device(0), request).summary();
	uint64_t sum = 0;

	for (const auto &one : summary.measured)
		if (one.name.starts_with(cxla::phase_prefix))
			sum += one.p50;
	EXPECT_EQ(p50(summary, "phases/driver-core"), 20U);
	EXPECT_EQ(p50(summary, "phases/set-up"), 80U);
	EXPECT_EQ(p50(summary, "phases/publish"), 370U);
	EXPECT_EQ(p50(summary, "phases/return"), 30U);
	EXPECT_EQ(sum, p50(summary, "bind"));
}

TEST_F(Bench, parts_that_are_older_than_the_bind_are_an_error)
{
	machine->change_info = [&](cxla_accel_info &info) { info.times = {1, 2, 3, 4}; };
	EXPECT_THROW(cxla::bench_attach(*machine, device(0), request), cxla::Error);
}

TEST_F(Bench, waiting_is_told_from_work)
{
	machine->cost = [](const std::string &path) { return is_bind(path) ? 700 : 500; };
	machine->waiting = [](const std::string &path) { return is_bind(path) ? 100 : 200; };

	ResultSummary bound = cxla::bench_attach(*machine, device(0), request).summary();
	ResultSummary unbound = cxla::bench_detach(*machine, device(0), request).summary();

	EXPECT_EQ(p50(bound, "bind_work"), 600U);
	EXPECT_EQ(p50(bound, "bind_wait"), 100U);
	EXPECT_EQ(p50(unbound, "unbind_work"), 300U);
	EXPECT_EQ(p50(unbound, "unbind_wait"), 200U);
}

TEST(IdleThread, time_that_somebody_wants_is_not_idle)
{
	cxla::IdleThread idle;
	uint64_t before = idle.ns();

	/* it has some, whatever else this machine does, and never less than before */
	while (idle.ns() == before)
		std::this_thread::sleep_for(std::chrono::milliseconds(1));
	EXPECT_GT(idle.ns(), before);
}

TEST_F(Bench, warm_up_is_done_and_not_recorded)
{
	unsigned binds = 0;

	machine->cost = [&](const std::string &path) -> uint64_t {
		return is_bind(path) && ++binds <= request.warmup ? 99999 : 700;
	};

	auto result = cxla::bench_attach(*machine, device(0), request);

	EXPECT_EQ(cycles_of(result, "bind"), 4U);
	EXPECT_EQ(binds, 6U);
	EXPECT_EQ(result.summary().find("bind")->max, 700U);
}

struct Steps {
	std::function<void(FakeMachine &, const cxla::BenchDevice &, const BenchRequest &)> run;
	unsigned begins; /* in a cycle: what is measured, and a bind to have it back */
};

const Steps all_steps[] = {
	{[](auto &machine, const auto &device, const auto &request) {
		 cxla::bench_attach(machine, device, request);
	 },
	 1},
	{[](auto &machine, const auto &device, const auto &request) {
		 cxla::bench_detach(machine, device, request);
	 },
	 2},
	{[](auto &machine, const auto &device, const auto &request) {
		 cxla::bench_revoke(machine, device, 0, request);
	 },
	 2},
	{[](auto &machine, const auto &device, const auto &request) {
		 cxla::bench_threads(machine, {device}, 1, request);
	 },
	 1},
};

TEST_F(Bench, no_cycle_begins_in_step_with_the_one_before)
{
	for (const auto &one : all_steps) {
		machine->steps = 0;
		one.run(*machine, device(0), request);
		EXPECT_EQ(machine->steps, one.begins * request.all());
		cxla::put_back(*machine, before);
	}
	machine->make_expander(2);
	machine->steps = 0;
	cxla::bench_delete(*machine, device(2).bdf, request);
	EXPECT_EQ(machine->steps, 2 * request.all());
}

TEST_F(Bench, steps_are_spread_over_a_tick)
{
	std::vector<unsigned> tenths(10);

	for (unsigned nth = 1; nth <= 100; nth++)
		tenths.at(cxla::part_of_tick(nth) / 400000)++;
	for (unsigned many : tenths) {
		EXPECT_GE(many, 9U);
		EXPECT_LE(many, 11U);
	}

	cxla::RealMachine real(made.root());

	/* it may take longer, if the machine is busy */
	for (unsigned nth = 1; nth <= 4; nth++) {
		uint64_t start = real.now();

		real.fall_out_of_step();
		EXPECT_GE(real.now() - start, cxla::part_of_tick(nth));
	}
}

TEST_F(Bench, one_cycle_with_other_accesses_is_told)
{
	unsigned asked = 0;

	machine->change_info = [&](cxla_accel_info &info) {
		info.record.cfg_reads = ++asked == 5 ? 27 : 26;
	};

	ResultSummary summary = cxla::bench_attach(*machine, device(0), request).summary();

	EXPECT_EQ(summary.accesses->cfg_reads, 26U);
	EXPECT_FALSE(summary.equal_accesses);
}

TEST_F(Bench, other_accesses_while_warming_up_are_no_difference)
{
	unsigned asked = 0;

	machine->change_info = [&](cxla_accel_info &info) {
		info.record.cfg_reads = ++asked == 1 ? 27 : 26;
	};
	EXPECT_TRUE(cxla::bench_attach(*machine, device(0), request).summary().equal_accesses);
}

TEST_F(Bench, device_that_comes_up_without_its_range_ends_the_run)
{
	machine->change_info = [](cxla_accel_info &info) {
		info.state = CXLA_ACCEL_PCI_ONLY;
		info.reason = CXLA_REASON_OVERLAP;
	};
	EXPECT_THROW(cxla::bench_attach(*machine, device(0), request), Error);
}

TEST_F(Bench, node_of_another_device_is_not_taken_for_its_own)
{
	machine->appears = "accel7";
	EXPECT_THROW(cxla::bench_attach(*machine, device(0), request), Error);
}

TEST_F(Bench, one_of_several_that_comes_up_without_its_range_ends_the_run)
{
	EXPECT_NO_THROW(cxla::bench_threads(*machine, devices(), 2, request));
	machine->state_of_new = "pci-only";
	EXPECT_THROW(cxla::bench_threads(*machine, devices(), 2, request), Error);
}

TEST_F(Bench, driver_that_tells_nothing_is_measured_by_its_write_alone)
{
	cxla::BenchDevice quiet = device(0);

	quiet.tells = false;
	machine->cost = [](const std::string &) { return 700; };

	ResultSummary summary = cxla::bench_attach(*machine, quiet, request).summary();

	ASSERT_EQ(summary.measured.size(), 1U);
	EXPECT_EQ(summary.measured[0].name, "bind");
	EXPECT_EQ(summary.measured[0].p50, 700U);
	EXPECT_FALSE(summary.accesses);
}

TEST_F(Bench, driver_of_a_stack_that_shows_no_range_ends_the_run)
{
	cxla::BenchDevice quiet = device(0);

	quiet.tells = false;
	quiet.stack = std::make_shared<cxla::Stack>(cxla::make_stack("in-tree"));
	EXPECT_THROW(cxla::bench_attach(*machine, quiet, request), Error);
	quiet.stack = std::make_shared<cxla::Stack>(cxla::our_stack());
	EXPECT_NO_THROW(cxla::bench_attach(*machine, quiet, request));
}

TEST_F(Bench, device_of_the_in_tree_stack_needs_its_range_and_has_no_node)
{
	auto intree = std::make_shared<cxla::Stack>(cxla::make_stack("in-tree"));

	EXPECT_THROW(cxla::attached_device(machine->root(), intree, device(0).bdf), Error);
	made.add_intree(device(0).bdf, true, false);
	made.bind("pci", device(0).bdf, cxla::intree_accel_driver);

	cxla::BenchDevice measured = cxla::attached_device(machine->root(), intree, device(0).bdf);

	EXPECT_EQ(measured.driver, "cxl_sample_intree");
	EXPECT_FALSE(measured.tells);
}

TEST_F(Bench, detach_is_measured_to_the_revoke_and_to_the_end)
{
	ResultSummary summary = cxla::bench_detach(*machine, device(1), request).summary();

	EXPECT_EQ(p50(summary, "unbind"), 1000U);
	EXPECT_EQ(p50(summary, "revoke_sent"), 10U);
	EXPECT_EQ(p50(summary, "revoke_read"), 30U);
	EXPECT_EQ(p50(summary, "end_read"), 1500U);
}

TEST_F(Bench, revoke_is_measured_to_both_events_with_pages_mapped)
{
	auto result = cxla::bench_revoke(*machine, device(1), 512, request);
	ResultSummary summary = result.summary();

	EXPECT_EQ(summary.subject.pages, 512U);
	EXPECT_EQ(p50(summary, "unbind"), 1000U);
	EXPECT_EQ(p50(summary, "revoke_read"), 30U);
	EXPECT_EQ(p50(summary, "detach_sent"), 30U);
	EXPECT_EQ(p50(summary, "detach_read"), 50U);
	EXPECT_EQ(machine->populated, std::vector<unsigned>(6, 512));
}

TEST_F(Bench, events_in_another_order_are_an_error)
{
	machine->change_events = [](std::vector<cxla_event> &events) {
		if (events.size() == 3)
			std::swap(events[1], events[2]);
	};
	EXPECT_THROW(cxla::bench_revoke(*machine, device(0), 0, request), Error);
	EXPECT_NO_THROW(cxla::bench_detach(*machine, device(1), request));
	machine->change_events = [](std::vector<cxla_event> &events) { events.pop_back(); };
	EXPECT_THROW(cxla::bench_detach(*machine, device(1), request), Error);
}

TEST_F(Bench, event_that_is_older_than_its_cause_is_an_error)
{
	machine->change_events = [](std::vector<cxla_event> &events) { events.back().time_ns = 5; };
	EXPECT_THROW(cxla::bench_attach(*machine, device(0), request), Error);
}

TEST_F(Bench, delete_is_measured_and_the_region_assembled_again)
{
	machine->make_expander(2);
	machine->cost = [](const std::string &path) {
		return path.ends_with("/delete_region") ? 333 : 50;
	};

	std::string state = machine->state();
	ResultSummary summary = cxla::bench_delete(*machine, device(2).bdf, request).summary();

	EXPECT_EQ(p50(summary, "delete"), 333U);
	EXPECT_EQ(machine->state(), state);
	EXPECT_EQ(std::count(machine->writes.begin(), machine->writes.end(),
			     "/sys/bus/cxla/devices/decoder0.0/delete_region region2"),
		  6);
}

TEST_F(Bench, delete_is_refused_without_a_region_of_its_own_that_is_not_locked)
{
	std::string region = "/sys/devices/platform/ACPI0017:00/root0/decoder0.0/region2/";

	EXPECT_THROW(cxla::need_deletable_region(made.root(), device(2).bdf), Error);
	machine->make_expander(2);
	EXPECT_NO_THROW(cxla::need_deletable_region(made.root(), device(2).bdf));
	made.file(region + "locked", "1\n");
	EXPECT_THROW(cxla::need_deletable_region(made.root(), device(2).bdf), Error);
	made.file(region + "locked", "0\n");
	made.file(region + "interleave_ways", "2\n");
	EXPECT_THROW(cxla::need_deletable_region(made.root(), device(2).bdf), Error);
}

TEST_F(Bench, device_that_is_not_attached_is_refused)
{
	EXPECT_NO_THROW(cxla::attached_device(made.root(), device(0).bdf));
	made.refuse(0, "overlap");
	try {
		cxla::attached_device(made.root(), device(0).bdf);
		FAIL();
	} catch (const Error &error) {
		EXPECT_EQ(error.status(), cxla::Exit::Refused);
		EXPECT_NE(std::string(error.what()).find("overlap"), std::string::npos);
	}
}

TEST_F(Bench, device_whose_node_is_open_is_refused)
{
	made.file("/proc/77/comm", "user\n");
	made.dir("/proc/77/fd");
	/* where it points to is outside of the root, as it is in the running system */
	ASSERT_EQ(symlink("/dev/cxla/accel0", (made.folder() + "/proc/77/fd/3").c_str()), 0);
	EXPECT_THROW(cxla::attached_device(made.root(), device(0).bdf), Error);
	EXPECT_NO_THROW(cxla::attached_device(made.root(), device(1).bdf));
}

TEST_F(Bench, scale_attaches_the_first_with_none_to_all_of_the_others_bound)
{
	std::vector<unsigned> others_at_bind;

	machine->cost = [&](const std::string &path) -> uint64_t {
		unsigned bound = 0;

		for (unsigned i = 0; i < count; i++)
			bound += made.root()
					 .link_name(cxla::test::device_path(device(i).bdf) +
						    "/driver")
					 .value_or("") != "";
		if (is_bind(path))
			others_at_bind.push_back(bound);
		return 100 + 10 * bound;
	};

	auto results = cxla::bench_scale(*machine, devices(), request);

	ASSERT_EQ(results.size(), count);
	for (unsigned others = 0; others < count; others++) {
		ResultSummary summary = results[others].summary();

		EXPECT_EQ(summary.subject.others, others);
		EXPECT_EQ(summary.cycles, 4U);
		EXPECT_EQ(p50(summary, "bind"), 100 + 10 * others);
	}
	EXPECT_EQ(std::count(others_at_bind.begin(), others_at_bind.end(), 0U), 6);
}

TEST_F(Bench, threads_bind_each_device_once_a_cycle)
{
	for (unsigned threads : {1U, 2U, 3U}) {
		machine->writes.clear();
		ASSERT_EQ(put_back_after([&] {
				  auto result = cxla::bench_threads(*machine, devices(), threads,
								    request);

				  EXPECT_EQ(cycles_of(result, "wall"), 4U);
				  /* the clock goes on by one write after the other */
				  EXPECT_EQ(result.summary().find("wall")->min, 3000U);
				  EXPECT_EQ(result.summary().subject.threads, threads);
			  }),
			  "");
		for (const auto &bdf : bdfs())
			EXPECT_EQ(std::count(machine->writes.begin(), machine->writes.end(),
					     cxla::pci_driver_file(cxla::accel_driver, "bind") +
						     " " + bdf),
				  7);
	}
}

struct Measurement {
	const char *name;
	std::function<void(BenchMachine &, const std::vector<cxla::BenchDevice> &,
			   const BenchRequest &)>
		run;
};

const Measurement measurements[] = {
	{"attach", [](auto &machine, const auto &devices,
		      const auto &request) { cxla::bench_attach(machine, devices[1], request); }},
	{"detach", [](auto &machine, const auto &devices,
		      const auto &request) { cxla::bench_detach(machine, devices[1], request); }},
	{"revoke",
	 [](auto &machine, const auto &devices, const auto &request) {
		 cxla::bench_revoke(machine, devices[1], 1, request);
	 }},
	{"scale", [](auto &machine, const auto &devices,
		     const auto &request) { cxla::bench_scale(machine, devices, request); }},
	{"threads", [](auto &machine, const auto &devices,
		       const auto &request) { cxla::bench_threads(machine, devices, 2, request); }},
};

TEST_F(Bench, all_is_as_before_after_each_measurement)
{
	machine->default_on_loss = "unbind";

	std::string state = machine->state();

	for (const auto &one : measurements) {
		EXPECT_EQ(put_back_after([&] { one.run(*machine, devices(), request); }), "")
			<< one.name;
		EXPECT_EQ(machine->state(), state) << one.name;
	}
}

TEST_F(Bench, all_is_as_before_whichever_write_fails)
{
	std::string state = machine->state();

	request.cycles = 1;
	request.warmup = 1;
	for (const auto &one : measurements) {
		unsigned failed = 0;
		std::string error = "made to fail";

		for (unsigned n = 1; error.find("made to fail") != error.npos; n++) {
			machine->writes.clear();
			machine->failing_write = n;
			error = put_back_after([&] { one.run(*machine, devices(), request); });
			failed++;
			if (error.find("could not be put back") != error.npos) {
				EXPECT_NE(machine->state(), state) << one.name << ", write " << n;
				EXPECT_EQ(cxla::put_back(*machine, before),
					  std::vector<std::string>());
			}
			EXPECT_EQ(machine->state(), state) << one.name << ", write " << n;
		}
		EXPECT_EQ(error, "");
		EXPECT_GE(failed, 4U) << one.name;
	}
}

TEST_F(Bench, all_is_as_before_when_somebody_interrupts)
{
	std::string state = machine->state();

	for (const auto &one : measurements) {
		request.progress = [](unsigned done, unsigned) { return done < 3; };

		std::string error = put_back_after([&] { one.run(*machine, devices(), request); });

		EXPECT_EQ(error, "") << one.name;
		EXPECT_EQ(machine->state(), state) << one.name;
	}
}

TEST_F(Bench, region_is_back_when_its_deletion_is_interrupted)
{
	machine->make_expander(2);

	std::string state = machine->state();

	for (unsigned failing : {2U, 3U}) {
		machine->writes.clear();
		machine->failing_write = failing;
		EXPECT_NE(put_back_after(
				  [&] { cxla::bench_delete(*machine, device(2).bdf, request); }),
			  "");
		EXPECT_EQ(machine->state(), state) << failing;
	}
}

TEST_F(Bench, what_can_not_be_put_back_is_named)
{
	std::string error = put_back_after([&] {
		cxla::unbind_once(*machine, device(1));
		cxla::unbind_once(*machine, device(2));
		/* somebody else takes it */
		made.bind("pci", device(1).bdf, "vfio-pci");
		throw Error("broken");
	});

	EXPECT_EQ(error, "broken; and could not be put back: 0000:0e:00.0: is bound to vfio-pci, "
			 "not to cxla_accel");
	EXPECT_NE(machine->state().find("0000:0f:00.0 cxla_accel"), std::string::npos);
}

TEST_F(Bench, devices_get_their_numbers_again)
{
	/* bound in another order than that of their addresses */
	for (unsigned i = 0; i < count; i++)
		cxla::unbind_once(*machine, device(i));
	for (unsigned i : {2U, 0U, 1U})
		cxla::bind_once(*machine, device(i), nullptr);

	std::string state = machine->state();

	EXPECT_EQ(put_back_after([&] { cxla::bench_scale(*machine, devices(), request); }), "");
	EXPECT_EQ(machine->state(), state);
}

} // namespace
