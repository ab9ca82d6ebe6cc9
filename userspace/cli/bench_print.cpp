// SPDX-License-Identifier: GPL-2.0-only
#include "bench_print.h"

#include "report/report.h"
#include "sys/output.h"

#include <fmt/format.h>

namespace cxla
{

namespace
{

const char *shown_unit(BenchClock clock)
{
	return clock == BenchClock::Icount ? "instructions" : "us";
}

std::string accesses_text(const AccessCounts &counts)
{
	return fmt::format("{} MMIO reads, {} MMIO writes, {} config reads, {} config writes",
			   counts.mmio_reads, counts.mmio_writes, counts.cfg_reads,
			   counts.cfg_writes);
}

void print_result(const ResultSummary &result, BenchClock clock)
{
	Table table({fmt::format("WHAT ({})", shown_unit(clock)), "MIN", "P50", "P90", "P99",
		     "P99.9", "MAX"});

	for (const auto &one : result.measured) {
		std::vector<std::string> cells = {bench_label(one.name)};

		for (uint64_t value : {one.min, one.p50, one.p90, one.p99, one.p999, one.max})
			cells.push_back(bench_value(value, clock));
		table.add(std::move(cells));
	}
	print_out("{}  {} cycles\n{}", result.subject.text(), result.cycles, table.text("  "));
	if (result.accesses)
		print_out("  accesses per attach: {} ({})\n", accesses_text(*result.accesses),
			  result.equal_accesses ? "equal in all cycles"
						: "of the first cycle: NOT equal in all cycles");
}

std::string p50_text(const ResultSummary &result, const char *name, BenchClock clock)
{
	const Summary *one = result.find(name);

	return one ? bench_value(one->p50, clock) : "";
}

/* one line for each number of devices that were attached already */
void print_scale(const BenchRun &run)
{
	Table table({"OTHERS ATTACHED", fmt::format("BIND P50 ({})", shown_unit(run.clock)),
		     "ATTACH P50", "MMIO READS", "MMIO WRITES", "CONFIG READS", "CONFIG WRITES"});

	for (const auto &result : run.results) {
		std::vector<std::string> cells = {std::to_string(result.subject.others.value_or(0)),
						  p50_text(result, "bind", run.clock),
						  p50_text(result, "total", run.clock)};

		if (auto counts = result.accesses)
			for (uint32_t count : {counts->mmio_reads, counts->mmio_writes,
					       counts->cfg_reads, counts->cfg_writes})
				cells.push_back(std::to_string(count));
		cells.resize(7);
		table.add(std::move(cells));
	}
	print_out("{}\n{}", run.results.front().subject.address, table.text("  "));
}

void print_threads(const BenchRun &run)
{
	Table table({"THREADS", fmt::format("WALL P50 ({})", shown_unit(run.clock)), "P99",
		     "ATTACHES PER SECOND", "TIMES ONE THREAD"});

	for (const auto &result : run.results) {
		const Summary *wall = result.find("wall");
		auto factor = scaling(run.results, result);

		if (!wall)
			continue;
		table.add({std::to_string(result.subject.threads.value_or(0)),
			   bench_value(wall->p50, run.clock), bench_value(wall->p99, run.clock),
			   fmt::format("{:.0f}", attaches_per_second(result)),
			   factor ? fmt::format("{:.2f}", *factor) : ""});
	}
	print_out("{} devices at once, {} cycles\n{}",
		  run.results.front().subject.devices.value_or(0), run.results.front().cycles,
		  table.text("  "));
}

std::string ratio_text(const Compared &one)
{
	return one.ratio ? fmt::format("{:.3f}", *one.ratio) : "-";
}

std::string spread_text(const Compared &one)
{
	return one.spread ? fmt::format("{:.3f}-{:.3f}", one.spread->first, one.spread->second)
			  : "-";
}

void print_compared(const ComparedResult &result, BenchClock clock)
{
	std::string a = result.a.text(), b = result.b.text();
	Table table(
		{fmt::format("P50 ({})", shown_unit(clock)), "A", "B", "B/A", "SPREAD", "VERDICT"});

	for (const auto &one : result.measured)
		table.add({bench_label(one.name), bench_value(one.a, clock),
			   bench_value(one.b, clock), ratio_text(one), spread_text(one),
			   verdict_words(one.verdict)});
	print_out("{}{}\n{}", a, a == b ? "" : " and " + b, table.text("  "));
	if (result.a_accesses && result.b_accesses && *result.a_accesses == *result.b_accesses)
		print_out("  accesses per attach, A and B: {}\n",
			  accesses_text(*result.a_accesses));
	else {
		if (result.a_accesses)
			print_out("  accesses per attach, A: {}\n",
				  accesses_text(*result.a_accesses));
		if (result.b_accesses)
			print_out("  accesses per attach, B: {}\n",
				  accesses_text(*result.b_accesses));
	}
	for (const auto &name : result.only_a)
		print_out("  only in A: {}\n", bench_label(name));
	for (const auto &name : result.only_b)
		print_out("  only in B: {}\n", bench_label(name));
}

} // namespace

std::string bench_value(uint64_t value, BenchClock clock)
{
	if (clock == BenchClock::Icount)
		return std::to_string(value);
	return fmt::format("{:.1f}", static_cast<double>(value) / 1000);
}

void print_run(const BenchRun &run)
{
	if (run.results.empty())
		return;
	if (run.results.front().subject.others)
		return print_scale(run);
	if (run.results.front().subject.threads)
		return print_threads(run);
	for (const auto &result : run.results)
		print_result(result, run.clock);
}

void print_comparison(const Comparison &comparison, const BenchRun &a, const BenchRun &b)
{
	auto line = [](char which, const BenchRun &run) {
		print_out("{}: {}, {}, kernel {}{}{}\n", which, run.file, run.command, run.kernel,
			  run.stack.empty() ? "" : ", ", run.stack);
	};

	line('A', a);
	line('B', b);
	for (const auto &result : comparison.results)
		print_compared(result, comparison.clock);
	for (const auto &subject : comparison.only_a)
		print_out("only in A: {}\n", subject.text());
	for (const auto &subject : comparison.only_b)
		print_out("only in B: {}\n", subject.text());
}

} // namespace cxla
