// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bench_compare.h"

#include "sys/error.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <random>

namespace cxla
{

namespace
{

using json = nlohmann::ordered_json;
using Blocks = std::vector<uint64_t>;

constexpr unsigned draws = 2000;

/* the median of as many blocks drawn anew */
double drawn_median(const Blocks &blocks, std::mt19937_64 &random)
{
	Blocks drawn(blocks.size());

	for (auto &one : drawn)
		one = blocks[random() % blocks.size()];
	return static_cast<double>(median(std::move(drawn)));
}

std::optional<std::pair<double, double>> spread_of(const Blocks &a, const Blocks &b)
{
	/* the same files give the same answer */
	std::mt19937_64 random(20250101);
	std::vector<double> ratios;

	if (std::min(a.size(), b.size()) < least_blocks)
		return std::nullopt;
	ratios.reserve(draws);
	for (unsigned i = 0; i < draws; i++) {
		double from = drawn_median(a, random), to = drawn_median(b, random);

		if (from <= 0)
			return std::nullopt;
		ratios.push_back(to / from);
	}
	std::sort(ratios.begin(), ratios.end());
	return std::pair(ratios[draws / 40], ratios[draws - 1 - draws / 40]);
}

/* the address apart: another machine's device may be elsewhere */
bool same_but_for_address(BenchSubject a, const BenchSubject &b)
{
	a.address = b.address;
	return a == b;
}

/* for each of A which of B, or nothing; each of B once */
std::vector<std::optional<size_t>> matched(const BenchRun &a, const BenchRun &b, bool by_address)
{
	std::vector<std::optional<size_t>> matches(a.results.size());
	std::vector<bool> taken(b.results.size());

	for (size_t i = 0; i < a.results.size(); i++)
		for (size_t j = 0; j < b.results.size() && !matches[i]; j++) {
			const BenchSubject &one = a.results[i].subject;
			const BenchSubject &other = b.results[j].subject;

			if (taken[j] ||
			    !(by_address ? one == other : same_but_for_address(one, other)))
				continue;
			matches[i] = j;
			taken[j] = true;
		}
	return matches;
}

ComparedResult compare_results(const ResultSummary &a, const ResultSummary &b, double tolerance)
{
	ComparedResult result{a.subject, b.subject, {}, a.accesses, b.accesses, {}, {}};

	for (const auto &one : a.measured) {
		if (const Summary *other = b.find(one.name))
			result.measured.push_back(compare_one(one, *other, tolerance));
		else
			result.only_a.push_back(one.name);
	}
	for (const auto &one : b.measured)
		if (!a.find(one.name))
			result.only_b.push_back(one.name);
	return result;
}

json accesses_json(const std::optional<AccessCounts> &counts)
{
	if (!counts)
		return nullptr;
	return {{"mmio_reads", counts->mmio_reads},
		{"mmio_writes", counts->mmio_writes},
		{"cfg_reads", counts->cfg_reads},
		{"cfg_writes", counts->cfg_writes}};
}

json compared_json(const Compared &one)
{
	json out = {{"name", one.name}, {"a", one.a}, {"b", one.b}};

	out["ratio"] = one.ratio ? json(*one.ratio) : json(nullptr);
	out["spread"] = one.spread ? json({one.spread->first, one.spread->second}) : json(nullptr);
	out["verdict"] = verdict_words(one.verdict);
	return out;
}

json names_json(const std::vector<BenchSubject> &subjects)
{
	json out = json::array();

	for (const auto &subject : subjects)
		out.push_back(subject.text());
	return out;
}

} // namespace

const char *verdict_words(BenchVerdict verdict)
{
	switch (verdict) {
	case BenchVerdict::Same:
		return "same within spread";
	case BenchVerdict::Slower:
		return "slower";
	case BenchVerdict::Faster:
		return "faster";
	default:
		return "too few cycles to tell";
	}
}

Compared compare_one(const Summary &a, const Summary &b, double tolerance)
{
	Compared one{a.name, a.p50, b.p50, {}, {}, BenchVerdict::Unsure};

	if (a.p50 == b.p50)
		one.ratio = 1;
	else if (a.p50)
		one.ratio = static_cast<double>(b.p50) / static_cast<double>(a.p50);
	one.spread = spread_of(a.blocks, b.blocks);
	if (!one.ratio || !one.spread)
		return one;
	if (std::abs(*one.ratio - 1) < tolerance ||
	    (one.spread->first <= 1 && one.spread->second >= 1))
		one.verdict = BenchVerdict::Same;
	else
		one.verdict = *one.ratio > 1 ? BenchVerdict::Slower : BenchVerdict::Faster;
	return one;
}

Comparison compare_runs(const BenchRun &a, const BenchRun &b, double tolerance)
{
	Comparison comparison{a.command, a.clock, {}, {}, {}, tolerance};

	if (a.command != b.command)
		throw Error(fmt::format("A is of `cxla {}`, B of `cxla {}`", a.command, b.command),
			    "compare two runs of the same", Exit::Usage);
	if (a.clock != b.clock)
		throw Error(
			fmt::format("A counts {}, B {}", unit_name(a.clock), unit_name(b.clock)),
			"measure both under -icount, or both without", Exit::Usage);

	auto none = [](const auto &matches) {
		return std::none_of(matches.begin(), matches.end(),
				    [](const auto &match) { return match.has_value(); });
	};
	auto matches = matched(a, b, true);

	if (none(matches))
		matches = matched(a, b, false);
	if (none(matches))
		throw Error(fmt::format("A is about {}, B about {}",
					a.results.front().subject.text(),
					b.results.front().subject.text()),
			    "compare runs with as many devices, threads or pages", Exit::Usage);

	std::vector<bool> taken(b.results.size());

	for (size_t i = 0; i < matches.size(); i++) {
		if (!matches[i]) {
			comparison.only_a.push_back(a.results[i].subject);
			continue;
		}
		taken[*matches[i]] = true;
		comparison.results.push_back(
			compare_results(a.results[i], b.results[*matches[i]], tolerance));
	}
	for (size_t j = 0; j < taken.size(); j++)
		if (!taken[j])
			comparison.only_b.push_back(b.results[j].subject);
	return comparison;
}

json comparison_json(const Comparison &comparison, const BenchRun &a, const BenchRun &b)
{
	json results = json::array();

	for (const auto &result : comparison.results) {
		json measured = json::array();

		for (const auto &one : result.measured)
			measured.push_back(compared_json(one));
		results.push_back({{"a", result.a.text()},
				   {"b", result.b.text()},
				   {"measured", measured},
				   {"a_accesses", accesses_json(result.a_accesses)},
				   {"b_accesses", accesses_json(result.b_accesses)},
				   {"only_a", result.only_a},
				   {"only_b", result.only_b}});
	}
	return {{"of", comparison.command},
		{"unit", unit_name(comparison.clock)},
		{"a", {{"file", a.file}, {"kernel", a.kernel}}},
		{"b", {{"file", b.file}, {"kernel", b.kernel}}},
		{"tolerance", comparison.tolerance},
		{"results", results},
		{"only_a", names_json(comparison.only_a)},
		{"only_b", names_json(comparison.only_b)}};
}

} // namespace cxla
