// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bench_json.h"

#include "sys/error.h"
#include "sys/whole_number.h"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <sstream>

namespace cxla
{

namespace
{

using json = nlohmann::ordered_json;

constexpr std::string_view prefix = phase_prefix;

json summary_json(const Summary &one)
{
	return {{"min", one.min},    {"p50", one.p50}, {"p90", one.p90},   {"p99", one.p99},
		{"p99.9", one.p999}, {"max", one.max}, {"mean", one.mean}, {"blocks", one.blocks}};
}

void put_number(json &out, const char *name, const std::optional<unsigned> &number)
{
	if (number)
		out[name] = *number;
}

json result_json(const ResultSummary &result, BenchClock clock)
{
	json out, phases;

	if (!result.subject.address.empty())
		out["address"] = result.subject.address;
	put_number(out, "others", result.subject.others);
	put_number(out, "devices", result.subject.devices);
	put_number(out, "threads", result.subject.threads);
	put_number(out, "pages", result.subject.pages);
	out["cycles"] = result.cycles;
	out["unit"] = unit_name(clock);
	for (const auto &one : result.measured)
		if (one.name.starts_with(prefix))
			phases[one.name.substr(prefix.size())] = summary_json(one);
	if (!phases.is_null())
		out["phases"] = phases;
	for (const auto &one : result.measured)
		if (!one.name.starts_with(prefix))
			out[one.name] = summary_json(one);
	if (result.accesses)
		out["accesses"] = {{"mmio_reads", result.accesses->mmio_reads},
				   {"mmio_writes", result.accesses->mmio_writes},
				   {"cfg_reads", result.accesses->cfg_reads},
				   {"cfg_writes", result.accesses->cfg_writes},
				   {"equal_in_all_cycles", result.equal_accesses}};
	return out;
}

bool is_summary(const json &value)
{
	return value.is_object() && value.contains("p50");
}

Summary summary_of(const std::string &name, const json &in)
{
	std::vector<uint64_t> blocks;

	for (const auto &block : in.at("blocks"))
		blocks.push_back(whole_number<uint64_t>(block));
	return {name,
		whole_number<uint64_t>(in.at("min")),
		whole_number<uint64_t>(in.at("p50")),
		whole_number<uint64_t>(in.at("p90")),
		whole_number<uint64_t>(in.at("p99")),
		whole_number<uint64_t>(in.at("p99.9")),
		whole_number<uint64_t>(in.at("max")),
		in.at("mean").get<double>(),
		blocks};
}

std::optional<unsigned> number_of(const json &in, const char *name)
{
	if (!in.contains(name))
		return std::nullopt;
	return whole_number<unsigned>(in.at(name));
}

ResultSummary result_of(const json &in)
{
	ResultSummary result;

	result.subject = {in.value("address", ""), number_of(in, "others"),
			  number_of(in, "devices"), number_of(in, "threads"),
			  number_of(in, "pages")};
	result.cycles = whole_number<unsigned>(in.at("cycles"));
	if (in.contains("phases"))
		for (const auto &[name, value] : in.at("phases").items())
			result.measured.push_back(summary_of(phase_prefix + name, value));
	for (const auto &[name, value] : in.items())
		if (is_summary(value))
			result.measured.push_back(summary_of(name, value));
	if (in.contains("accesses")) {
		const json &counts = in.at("accesses");

		result.accesses = {whole_number<uint32_t>(counts.at("mmio_reads")),
				   whole_number<uint32_t>(counts.at("mmio_writes")),
				   whole_number<uint32_t>(counts.at("cfg_reads")),
				   whole_number<uint32_t>(counts.at("cfg_writes"))};
		result.equal_accesses = counts.at("equal_in_all_cycles").get<bool>();
	}
	return result;
}

} // namespace

json bench_json(const BenchRun &run)
{
	json results = json::array();

	for (const auto &result : run.results) {
		json one = result_json(result, run.clock);

		if (result.subject.threads) {
			auto factor = scaling(run.results, result);

			one["attaches_per_second"] = attaches_per_second(result);
			one["scaling"] = factor ? json(*factor) : json(nullptr);
		}
		results.push_back(one);
	}
	json out = {{"command", run.command}, {"kernel", run.kernel}};

	if (!run.stack.empty())
		out["stack"] = run.stack;
	out["clock"] = run.clock == BenchClock::Icount ? "icount" : "time";
	out["results"] = results;
	return out;
}

BenchRun parse_bench(const std::string &text, const std::string &where)
{
	const char *hint = "it takes what `cxla bench attach --json` and the like print";
	json in = json::parse(text, nullptr, false);
	BenchRun run;
	const auto not_of_bench = [&](const char *why) {
		return Error(fmt::format("{} is not of `cxla bench`: {}", where, why), hint,
			     Exit::Usage);
	};

	run.file = where;

	if (in.is_discarded())
		throw Error(fmt::format("{} is no JSON", where), hint, Exit::Usage);
	/* as the program prints it, or what it prints it in */
	if (in.is_object() && in.contains("result"))
		in = json(in["result"]);
	if (in.is_null())
		throw Error(fmt::format("{} has no results: its command came to none", where), hint,
			    Exit::Usage);
	try {
		run.command = in.at("command").get<std::string>();
		if (!run.command.starts_with("bench "))
			throw Error(fmt::format("{} is of `cxla {}`", where, run.command), hint,
				    Exit::Usage);
		run.kernel = in.at("kernel").get<std::string>();
		run.stack = in.value("stack", "");
		run.clock = in.at("clock").get<std::string>() == "icount" ? BenchClock::Icount
									  : BenchClock::Time;
		for (const auto &result : in.at("results"))
			try {
				run.results.push_back(result_of(result));
			} catch (const Error &error) {
				throw not_of_bench(error.what());
			}
	} catch (const json::exception &error) {
		throw not_of_bench(error.what());
	}
	if (run.results.empty())
		throw Error(fmt::format("{} has no results", where), hint, Exit::Usage);
	return run;
}

BenchRun read_bench(const std::string &path)
{
	std::ifstream in(path, std::ios::binary);
	std::ostringstream text;

	text << in.rdbuf();
	if (!in)
		throw Error(fmt::format("reading {}: {}", path, std::strerror(errno)), {},
			    Exit::Usage);
	return parse_bench(text.str(), path);
}

} // namespace cxla
