// SPDX-License-Identifier: GPL-2.0-only
/* Of `cxla race` and `cxla pairs`: who met whom, how often, and who never did. */
#include "draw/drawing.h"
#include "draw/svg.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>

namespace cxla
{

namespace
{

using json = nlohmann::ordered_json;

const char *heat_of(const HeatMap::Cell &cell)
{
	if (!cell.asked)
		return "none";
	return cell.met < 1      ? "h0"
	       : cell.met < 10   ? "h1"
	       : cell.met < 100  ? "h2"
	       : cell.met < 1000 ? "h3"
				 : "h4";
}

std::string short_count(double count)
{
	return count < 10000 ? fmt::format("{:.0f}", count) : fmt::format("{:.0f}k", count / 1000);
}

std::string heat_legend()
{
	return html_legend({{"h0", "never met"},
			    {"h1", "1 to 9 times"},
			    {"h2", "10 to 99"},
			    {"h3", "100 to 999"},
			    {"h4", "1,000 and more"},
			    {"none", "was not asked"}});
}

/* where a name stands; it is added where it does not */
size_t place_in(std::vector<std::string> &names, const std::string &name)
{
	auto found = std::find(names.begin(), names.end(), name);

	if (found != names.end())
		return static_cast<size_t>(found - names.begin());
	names.push_back(name);
	return names.size() - 1;
}

void grow(HeatMap &map)
{
	map.cells.resize(map.rows.size());
	for (auto &row : map.cells)
		row.resize(map.columns.size());
}

std::string never_met(const HeatMap &map, bool symmetric)
{
	std::string out;
	size_t asked = 0, met = 0;

	for (size_t r = 0; r < map.cells.size(); r++)
		for (size_t c = symmetric ? r : 0; c < map.cells[r].size(); c++) {
			const HeatMap::Cell &cell = map.cells[r][c];

			if (!cell.asked)
				continue;
			asked++;
			met += cell.met >= 1;
			if (cell.met < 1)
				out += (out.empty() ? "" : ", ") + map.rows[r] + " with " +
				       map.columns[c];
		}
	return html_text(
		fmt::format("{} of {} pairs met. {}", met, asked,
			    out.empty() ? "None is left out." : "These never did: " + out + "."));
}

std::string finding_of(const json &result)
{
	const json &finding = part(result, "finding");
	std::string what = finding.is_string() ? finding.get<std::string>()
					       : text_in(finding, "what"),
		    repeat = text_in(result, "repeat");

	if (repeat.empty())
		repeat = text_in(finding, "repeat");
	if (finding.is_null())
		return html_text(part(result, "interrupted") == true
					 ? "It was interrupted, and nothing was found until then."
					 : "Nothing was found.");
	return fmt::format("<p class=\"bad\">{}</p>\n",
			   escaped(what.empty() ? "something was found" : what)) +
	       (repeat.empty() ? "" : html_text("This repeats it: " + repeat));
}

std::string outcomes_of(const json &outcomes)
{
	std::string text;

	if (outcomes.is_object())
		for (const auto &[word, count] : outcomes.items())
			text += fmt::format("{}{} {}", text.empty() ? "" : ", ", word,
					    count.dump());
	return text;
}

} // namespace

std::string HeatMap::element() const
{
	const double side = 34, height = 24, left = 170, top = 96;
	Svg svg(left + side * static_cast<double>(columns.size()) + 60,
		top + height * static_cast<double>(rows.size()) + 4, label);

	/* names of columns stand in five steps, as there is no room for them side by side */
	for (size_t c = 0; c < columns.size(); c++) {
		double x = left + side * static_cast<double>(c) + side / 2;
		double y = top - 8 - 17 * static_cast<double>(c % 5);

		svg.line(x, y + 3, x, top, "grid");
		svg.text(x, y, columns[c], "middle small");
	}
	for (size_t r = 0; r < rows.size(); r++) {
		double y = top + height * static_cast<double>(r);

		svg.text(left - 8, y + 16, rows[r], "end");
		for (size_t c = 0; c < columns.size(); c++) {
			const Cell &cell = cells[r][c];
			double x = left + side * static_cast<double>(c);
			std::string tip =
				rows[r] + " with " + columns[c] + ": " +
				(!cell.tip.empty() ? cell.tip
				 : !cell.asked     ? "was not asked"
						   : fmt::format("met {:.0f} times", cell.met));

			svg.rect(x + 1, y + 1, side - 2, height - 2, heat_of(cell), tip);
			if (cell.asked)
				svg.text(x + side / 2, y + 16, short_count(cell.met),
					 cell.met >= 100 ? "inside middle small" : "middle small",
					 tip);
		}
	}
	return svg.element();
}

Sections race_sections(const json &race)
{
	HeatMap map{"which actors' operations were under way at one moment", {}, {}, {}};
	std::vector<std::vector<std::string>> actors;
	std::string idle;

	for (const auto &pair : part(part(race, "overlaps"), "pairs")) {
		size_t a = place_in(map.rows, text_in(pair, "first"));
		size_t b = place_in(map.rows, text_in(pair, "second"));

		map.columns = map.rows;
		grow(map);
		for (auto [r, c] : {std::pair{a, b}, std::pair{b, a}})
			map.cells[r][c] = {true, number_in(pair, "met"), ""};
	}
	for (const auto &actor : part(race, "actors")) {
		const json &outcomes = part(actor, "outcomes");

		if (!outcomes.is_object())
			continue;
		for (const auto &[action, counts] : outcomes.items())
			actors.push_back({text_in(actor, "name"), action, outcomes_of(counts)});
	}
	for (const auto &name : part(race, "idle_actors"))
		if (name.is_string())
			idle += (idle.empty() ? "" : ", ") + name.get<std::string>();
	return {{"What came of it",
		 finding_of(race) +
			 html_text(fmt::format(
				 "{:.0f} operations in {:.1f} s, {:.0f} a second while actors "
				 "acted; "
				 "{:.0f} attaches; at most {:.0f} threads ran or slept in the "
				 "kernel at "
				 "one moment.{}",
				 number_in(race, "operations"), number_in(race, "seconds"),
				 number_in(race, "operations_per_second"),
				 number_in(race, "cycles"), number_in(race, "peak_busy_threads"),
				 idle.empty() ? ""
					      : " These actors had nothing to act upon: " + idle +
							"."))},
		{"Who met whom", map.rows.empty()
					 ? html_text("Nobody acted.")
					 : map.element() + heat_legend() + never_met(map, true)},
		{"What became of operations",
		 actors.empty() ? "" : html_table({"ACTOR", "ACTION", "OUTCOMES"}, actors)}};
}

Sections pairs_sections(const json &pairs)
{
	std::map<std::string, HeatMap> maps; /* by mode */
	Sections sections = {
		{"What came of it",
		 finding_of(pairs) + html_text(fmt::format("{:.0f} cases in {:.1f} s.",
							   number_in(pairs, "cases"),
							   number_in(pairs, "seconds")))}};

	for (const auto &one : part(pairs, "pairs")) {
		std::string mode = text_in(one, "mode"), second = text_in(one, "second");
		HeatMap &map = maps[mode];
		size_t r = place_in(map.rows, text_in(one, "first"));
		size_t c = place_in(map.columns, second.empty() ? "alone" : second);
		double cases = number_in(one, "cases");
		double met = mode == "overlapped"
				     ? number_in(one, "inside") + number_in(one, "waited")
			     : mode == "killed" ? number_in(one, "killed")
						: cases;

		grow(map);
		map.cells[r][c] = {cases > 0, met, outcomes_of(one)};
	}
	for (auto &[mode, map] : maps) {
		map.label = "pairs of operations, " + mode;
		sections.push_back(
			{mode == "overlapped"
				 ? "Overlapped: the second began while the first was held"
			 : mode == "killed" ? "Killed: the first was killed where it was held"
					    : "Sequential: one after the other",
			 map.element() + heat_legend() + never_met(map, false)});
	}
	return sections;
}

} // namespace cxla
