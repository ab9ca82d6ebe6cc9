// SPDX-License-Identifier: GPL-2.0-only
#include "draw/pages.h"

#include "draw/drawing.h"
#include "draw/map.h"
#include "sys/error.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace cxla
{

namespace
{

using json = nlohmann::ordered_json;

Sections bench_or_comparison(const json &result)
{
	return part(result, "of").is_string() ? comparison_sections(result)
					      : bench_sections(result);
}

struct PageKind {
	const char *command; /* and commands below it */
	const char *title;
	Sections (*sections)(const json &result);
};

constexpr std::array<PageKind, 4> kinds = {{
	{"status", "Who has which memory", status_sections},
	{"bench", "What was measured", bench_or_comparison},
	{"race", "A race", race_sections},
	{"pairs", "Operations in pairs", pairs_sections},
}};

const PageKind *kind_of(const std::string &command)
{
	for (const auto &kind : kinds)
		if (command == kind.command || command.starts_with(std::string(kind.command) + " "))
			return &kind;
	return nullptr;
}

} // namespace

bool has_page(const std::string &command)
{
	return kind_of(command);
}

std::string page_of(const std::string &command, const std::string &version, const json &result)
{
	const PageKind *kind = kind_of(command);
	std::string kernel = text_in(result, "kernel");
	std::string when = fmt::format("{:%Y-%m-%d %H:%M:%S}", fmt::localtime(std::time(nullptr)));

	if (!kind || !result.is_object())
		throw Error(fmt::format("`cxla {}` has no result to draw", command),
			    "the page is made of what --json prints");
	return html_page(kind->title,
			 fmt::format("cxla {} {}{}; drawn {}", version, command,
				     kernel.empty() ? "" : ", Linux " + kernel, when),
			 kind->sections(result));
}

const json &part(const json &in, const char *key)
{
	static const json nothing;

	if (!in.is_object())
		return nothing;

	auto found = in.find(key);

	return found == in.end() ? nothing : *found;
}

std::string text_in(const json &in, const char *key)
{
	const json &value = part(in, key);

	return value.is_string() ? value.get<std::string>() : "";
}

double number_in(const json &in, const char *key)
{
	const json &value = part(in, key);

	return value.is_number() ? bounded(value.get<double>()) : 0;
}

double bounded(double value)
{
	return std::isnan(value) ? 0 : std::clamp(value, -1e18, 1e18);
}

std::string amount(double value, const std::string &unit)
{
	struct Step {
		double from;
		const char *time, *count;
	};
	constexpr std::array<Step, 4> steps = {
		{{1e9, "s", "G"}, {1e6, "ms", "M"}, {1e3, "µs", "k"}, {1, "ns", ""}}};
	const bool time = unit == "ns";

	for (const auto &step : steps)
		/* 999.6 of the smaller unit is 1 of the larger one in three digits */
		if (value >= step.from * 0.9995 || &step == &steps.back())
			return fmt::format("{:.3g} {}", value / step.from,
					   time ? step.time
						: std::string(step.count) +
							   (unit.empty() ? "" : " " + unit));
	return "0";
}

Sections status_sections(const json &status)
{
	Map map = map_of(status);
	std::vector<std::vector<std::string>> ranges, wrong;
	auto add = [&](const MapRange &range) {
		if (range.owner != MapOwner::Free)
			ranges.push_back({range.name, range.range.text(),
					  size_text(range.range.size()),
					  words_of(range.owner).meaning, range.who});
	};

	for (const auto &window : map.windows)
		for (const auto &range : window.ranges)
			add(range);
	for (const auto &range : map.outside)
		add(range);
	for (const auto &one : part(status, "wrong")) {
		std::string things;

		for (const auto &thing : part(one, "things"))
			if (thing.is_string())
				things += (things.empty() ? "" : ", ") + thing.get<std::string>();
		wrong.push_back(
			{text_in(one, "code"), things, text_in(one, "what"), text_in(one, "todo")});
	}
	return {{"Windows", map_windows_svg(map) + map_legend(map)},
		{"Host bridges, ports and devices", map_topology_svg(map)},
		{"Ranges", ranges.empty()
				   ? html_text("Nobody has any range.")
				   : html_table({"", "RANGE", "SIZE", "WHOSE", "WHO"}, ranges)},
		{"What is wrong",
		 wrong.empty() ? html_text("Nothing that is known.")
			       : html_table({"REASON", "WHOM", "WHAT", "WHAT TO DO"}, wrong)}};
}

} // namespace cxla
