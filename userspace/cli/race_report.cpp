// SPDX-License-Identifier: GPL-2.0-only
#include "race_report.h"

#include "report/report.h"
#include "sys/output.h"

#include <algorithm>
#include <fmt/format.h>

namespace cxla
{

namespace
{

using json = nlohmann::ordered_json;

/* by kind, all its instances together */
struct KindTotal {
	uint64_t done = 0, failed = 0;
};

std::vector<std::pair<std::string, KindTotal>> totals(const RaceReport &report)
{
	std::vector<std::pair<std::string, KindTotal>> all;

	for (const auto &actor : report.actors) {
		std::string name = actor.name.substr(0, actor.name.find('/'));

		/* instances of one kind need not follow one another: some came in later rounds */
		auto found = std::find_if(all.begin(), all.end(),
					  [&](const auto &one) { return one.first == name; });

		if (found == all.end())
			found = all.insert(all.end(), {name, KindTotal{}});
		for (const auto &[action, outcomes] : actor.outcomes)
			for (const auto &[err, count] : outcomes)
				(err ? found->second.failed : found->second.done) += count;
	}
	return all;
}

std::string outcomes_text(const Outcomes &outcomes)
{
	std::string text;

	for (const auto &[err, count] : outcomes)
		text += fmt::format("{}{} {}", text.empty() ? "" : ", ", errno_name(err), count);
	return text;
}

std::string round_text(const RaceReport &report)
{
	if (report.rounds.empty())
		return "";
	if (report.rounds_wanted)
		return fmt::format("pair {} of {}: {}", report.rounds.size(), report.rounds_wanted,
				   report.rounds.back().name);
	return "round " + report.rounds.back().name;
}

std::string coverage_text(const RaceReport &report)
{
	auto [met, all] = report.coverage();

	return fmt::format("{} of {} pairs met", met, all);
}

/* how often operations of two actors were under way at one moment */
json overlaps_json(const RaceReport &report)
{
	json pairs = json::array();

	for (size_t i = 0; i < report.acting.size(); i++)
		for (size_t j = i; j < report.acting.size(); j++)
			pairs.push_back(
				{{"first", report.acting[i]->name},
				 {"second", report.acting[j]->name},
				 {"met", report.overlaps.met(place_of(*report.acting[i]),
							     place_of(*report.acting[j]))}});

	auto [met, all] = report.coverage();

	return {{"pairs", pairs}, {"pairs_met", met}, {"pairs_in_all", all}};
}

/* 12345 as 12k: columns are narrow */
std::string short_number(uint64_t number)
{
	if (number < 10000)
		return std::to_string(number);
	if (number < 10000000)
		return fmt::format("{}k", number / 1000);
	return fmt::format("{}M", number / 1000000);
}

void print_matrix(const RaceReport &report)
{
	std::vector<std::string> header = {"MET"};

	for (const ActorKind *kind : report.acting)
		header.emplace_back(kind->name);

	Table table(header);

	for (size_t i = 0; i < report.acting.size(); i++) {
		std::vector<std::string> row = {report.acting[i]->name};

		for (size_t j = 0; j < report.acting.size(); j++)
			row.push_back(j < i ? ""
					    : short_number(report.overlaps.met(
						      place_of(*report.acting[i]),
						      place_of(*report.acting[j]))));
		table.add(row);
	}
	print_out("how often two operations were under way at the same time:\n{}",
		  table.text("  "));
}

} // namespace

json targets_json(const Targets &targets, const RaceRequest &request)
{
	json accelerators = json::array(), expanders = json::array(), actors = json::array();

	for (const auto &accel : targets.accelerators)
		accelerators.push_back({{"address", accel.bdf},
					{"range", accel.range ? accel.range->text() : ""}});
	for (const auto &expander : targets.expanders)
		expanders.push_back({{"address", expander.bdf}, {"unlocked", expander.unlocked}});
	for (const ActorKind *kind : request.actors)
		actors.push_back({{"name", kind->name}, {"does", kind->does}});
	json inabilities = json::object();

	for (const auto &inability : targets.stack.inabilities())
		inabilities[ability_word(inability.ability)] = inability.why;
	return {{"stack", targets.stack.name()}, {"can_not", inabilities},
		{"accelerators", accelerators},  {"expanders", expanders},
		{"roots", targets.roots},        {"actors", actors}};
}

void print_targets(const Targets &targets, const RaceRequest &request)
{
	for (const auto &inability : targets.stack.inabilities())
		print_out("not {:<18}{}\n", ability_word(inability.ability), inability.why);
	for (const auto &root : targets.roots)
		print_out("root         {}\n", root);
	for (const auto &accel : targets.accelerators)
		print_out("accelerator  {}  {}\n", accel.bdf,
			  accel.range ? accel.range->text() : "not attached");
	for (const auto &expander : targets.expanders)
		print_out("expander     {}  {}\n", expander.bdf,
			  expander.unlocked ? "its regions may be deleted and uncommitted"
					    : "locked");
	for (const ActorKind *kind : request.actors)
		print_out("actor        {:<9} {}\n", kind->name, kind->does);
}

namespace
{

json outcomes_json(const Outcomes &outcomes)
{
	json out = json::object();

	for (const auto &[err, count] : outcomes)
		out[errno_name(err)] = count;
	return out;
}

/* what became of regions that may be deleted and uncommitted */
json regions_json(const RaceReport &report)
{
	return {{"deleted", report.done(Action::DeleteRegion)},
		{"uncommitted", report.done(Action::Uncommit)},
		{"standstills", report.looks},
		{"rests", report.rests},
		{"recommitted_at_rest", report.recommits}};
}

} // namespace

json report_json(const RaceReport &report, const RaceRequest &request, const std::string &notice)
{
	json actors = json::array();

	for (const auto &actor : report.actors) {
		json actions = json::object(), last = json::array();

		for (const auto &[action, outcomes] : actor.outcomes)
			actions[action_name(action)] = outcomes_json(outcomes);
		for (const auto &operation : actor.last)
			last.push_back({{"begun", operation.begun},
					{"ended", operation.ended},
					{"operation", operation.text},
					{"outcome", operation.outcome}});
		actors.push_back({{"name", actor.name},
				  {"outcomes", actions},
				  {"counts", actor.counts},
				  {"last_operations", last}});
	}

	json rounds = json::array();

	for (const auto &round : report.rounds)
		rounds.push_back({{"name", round.name},
				  {"seed", round.seed},
				  {"seconds", round.seconds},
				  {"operations", round.operations},
				  {"met", round.met},
				  {"wrong", round.wrong}});

	json finding;

	if (report.finding)
		finding = {{"actor", report.finding->actor}, {"what", report.finding->what}};
	return {{"seed", request.seed},
		{"backend", backend_name(request.backend)},
		{"notice", notice},
		{"seconds", report.seconds},
		{"acting_seconds", report.acting_seconds},
		{"cycles", report.cycles},
		{"operations", report.operations},
		{"operations_per_second", report.operations_per_second()},
		{"rounds", rounds},
		{"idle_actors", report.idle},
		{"overlaps", overlaps_json(report)},
		{"peak_in_flight", report.overlaps.peak()},
		{"peak_busy_threads", report.peak_busy},
		{"outcomes", outcomes_json(report.outcomes())},
		{"actors", actors},
		{"regions", regions_json(report)},
		{"interrupted", report.interrupted},
		{"slab_counts", report.slab_counts},
		{"slab_problem", report.slab_problem},
		{"lost_log_records", report.lost_records},
		{"kernel_log", report.kernel_log},
		{"kernel_words", report.finding ? report.kernel_words : std::vector<std::string>{}},
		{"missing", report.change.missing},
		{"extra", report.change.extra},
		{"finding", finding},
		{"repeat",
		 report.finding ? report.repeat : request.command(request.actors, request.seed)}};
}

namespace
{

void print_summary(const RaceReport &report)
{
	Table table({"ACTOR", "OPERATIONS", "PER SECOND", "WHAT CAME OF THEM"});

	for (const auto &[name, total] : totals(report)) {
		Outcomes outcomes;
		uint64_t sum = total.done + total.failed;

		for (const auto &actor : report.actors)
			if (actor.name.starts_with(name + "/"))
				for (const auto &[action, some] : actor.outcomes)
					for (const auto &[err, count] : some)
						outcomes[err] += count;
		table.add({name, std::to_string(sum),
			   fmt::format("{:.0f}", static_cast<double>(sum) /
							 std::max(report.acting_seconds, 1e-3)),
			   outcomes_text(outcomes)});
	}
	print_out("{}", table.text(""));

	std::map<std::string, uint64_t> counts;

	for (const auto &actor : report.actors)
		for (const auto &[what, count] : actor.counts)
			counts[what] += count;
	for (const auto &[what, count] : counts)
		print_out("  {}: {}\n", what, count);
	print_out(
		"{} binds, {} operations in {:.1f} of {:.1f} s ({:.0f} a second); {} in the kernel "
		"at one moment, of those {} threads were seen to run or wait there\n",
		report.cycles, report.operations, report.acting_seconds, report.seconds,
		report.operations_per_second(), report.overlaps.peak(), report.peak_busy);
	for (Action action : {Action::DeleteRegion, Action::Uncommit, Action::Commit})
		if (Outcomes outcomes = report.outcomes(action); !outcomes.empty())
			print_out("{}: {}\n", action_name(action), outcomes_text(outcomes));
	print_out("{} rounds, {}\n", report.rounds.size(), coverage_text(report));
	if (!report.idle.empty())
		print_out("nothing here to act upon for {}\n", fmt::join(report.idle, ", "));
	if (report.slab_problem.empty())
		print_out("memory of the kernel counted {} times\n", report.slab_counts);
	else
		print_out("memory of the kernel can't be counted: {}\n", report.slab_problem);
	print_out("at a standstill {} times, at rest {} times, decoders committed again by "
		  "--recommit {} times\n",
		  report.looks, report.rests, report.recommits);
	if (report.lost_records)
		print_out("{} times the kernel log was faster than this program\n",
			  report.lost_records);
}

void print_finding(const RaceReport &report)
{
	const RoundReport &round = report.rounds.back();

	print_out("\nFOUND{}: {}\nin round {}, seed {}, after {:.1f} s\n",
		  report.finding->actor.empty() ? "" : " by " + report.finding->actor,
		  report.finding->what, round.name, round.seed, report.seconds);
	for (const auto &actor : report.actors) {
		if (actor.last.empty())
			continue;
		print_out("last of {}:\n", actor.name);
		for (const auto &operation : actor.last)
			print_out("  {:10.6f} {:10.6f}  {}: {}\n", operation.begun, operation.ended,
				  operation.text, operation.outcome);
	}
	for (const auto &line : report.kernel_log.empty() ? report.kernel_words : report.kernel_log)
		print_out("kernel: {}\n", line);
	print_out("again: {}\n", report.repeat);
}

} // namespace

void print_report(const RaceReport &report, const RaceRequest &request)
{
	print_summary(report);
	if (request.pairs || report.acting.size() > 1)
		print_matrix(report);
	if (report.finding)
		print_finding(report);
	else
		print_out("nothing found{}\n", report.interrupted ? ", interrupted" : "");
}

VerdictGroup verdicts_of(const RaceReport &report)
{
	VerdictGroup group{"race", report.seconds, {}};
	std::map<std::string, unsigned> seen;

	for (const auto &round : report.rounds) {
		/* a pair that did not meet has another turn */
		unsigned turn = ++seen[round.name];
		Verdict verdict{turn > 1 ? fmt::format("{} ({})", round.name, turn) : round.name,
				Verdict::Result::Passed,
				round.seconds,
				{},
				{}};

		if (!round.wrong.empty()) {
			verdict.result = Verdict::Result::Failed;
			verdict.message = round.wrong.substr(0, round.wrong.find('\n'));
			verdict.output =
				fmt::format("{}\n{}\nagain: {}\n", round.wrong,
					    fmt::join(report.kernel_log, "\n"), report.repeat);
		}
		group.verdicts.push_back(std::move(verdict));
	}
	return group;
}

void RaceProgress::tell(const RaceReport &report)
{
	if (!line_.due())
		return;

	std::string line = fmt::format(
		"{:4.0f} s, {}, {} binds, {} in flight (peak {}), {}; per second:", report.seconds,
		round_text(report), report.cycles, report.overlaps.now(), report.overlaps.peak(),
		coverage_text(report));
	double passed = report.seconds - last_seconds_;

	for (const auto &[name, total] : totals(report)) {
		uint64_t sum = total.done + total.failed;

		if (sum != last_[name])
			line += fmt::format(" {} {:.0f}", name,
					    static_cast<double>(sum - last_[name]) /
						    std::max(passed, 0.001));
		last_[name] = sum;
	}
	last_seconds_ = report.seconds;
	line_.show(line + "; " + outcomes_text(report.outcomes()));
}

} // namespace cxla
