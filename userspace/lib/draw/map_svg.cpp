// SPDX-License-Identifier: GPL-2.0-only
/* The map as drawings of a page: windows as bars, and the topology below them. */
#include "draw/html.h"
#include "draw/map.h"
#include "draw/svg.h"

#include <algorithm>
#include <fmt/format.h>

namespace cxla
{

namespace
{

constexpr double page_width = 1140;
constexpr double bar_height = 34, window_height = 74;
constexpr double row_height = 40, box_height = 30, box_width = 300, level_width = 340;

std::string tip_of(const MapRange &range)
{
	return fmt::format("{} {}: {}", range.range.text(), size_text(range.range.size()),
			   range.owner == MapOwner::Free ? "free" : range.who);
}

void draw_window(Svg &svg, const MapWindow &window, double top)
{
	const double whole = static_cast<double>(window.range.size());

	svg.text(0, top + 14,
		 fmt::format("{}  {}  {}  {}", window.name, window.range.text(),
			     size_text(window.range.size()), window.leads),
		 "strong");
	for (const auto &range : window.ranges) {
		double left = static_cast<double>(range.range.start - window.range.start) / whole *
			      page_width;
		double width =
			std::max(static_cast<double>(range.range.size()) / whole * page_width, 3.0);
		std::string label = range.name.empty() ? "" : range.name + "  " + range.who;

		svg.rect(left, top + 22, width - 1, bar_height, words_of(range.owner).css,
			 tip_of(range));
		if (width > 16 && !label.empty())
			svg.text(left + 6, top + 22 + bar_height / 2 + 4, fitted(label, width - 10),
				 "inside", tip_of(range));
	}
}

/* rows that a tree takes: one for each that has nothing below it */
size_t rows_of(const MapNode &node)
{
	size_t rows = 0;

	for (const auto &below : node.below)
		rows += rows_of(below);
	return std::max<size_t>(rows, 1);
}

size_t depth_of(const MapNode &node)
{
	size_t deepest = 0;

	for (const auto &below : node.below)
		deepest = std::max(deepest, depth_of(below));
	return deepest + 1;
}

/* from left to right, each in the middle of what is below it; the row behind */
size_t draw_node(Svg &svg, const MapNode &node, size_t level, size_t row)
{
	const double x = static_cast<double>(level) * level_width;
	const size_t rows = rows_of(node);
	const double y = (static_cast<double>(row) + static_cast<double>(rows) / 2) * row_height -
			 box_height / 2;
	std::string tip = node.name + (node.text.empty() ? "" : ": " + node.text);
	size_t next = row;

	for (const auto &below : node.below) {
		double middle =
			(static_cast<double>(next) + static_cast<double>(rows_of(below)) / 2) *
			row_height;

		svg.line(x + box_width, y + box_height / 2, x + level_width - 20, middle);
		svg.line(x + level_width - 20, middle, x + level_width, middle);
		next = draw_node(svg, below, level + 1, next);
	}
	svg.rect(x, y, box_width, box_height, "box", tip);
	if (node.device)
		svg.rect(x, y, 8, box_height, words_of(node.owner).css, tip);
	svg.text(x + 14, y + 12,
		 fitted(node.name + (node.names.empty() ? "" : "  range " + node.names),
			box_width - 20),
		 "strong small", tip);
	svg.text(x + 14, y + 25, fitted(node.text, box_width - 20),
		 node.wanting ? "bad small" : "dim small", tip);
	return std::max(next, row + rows);
}

} // namespace

std::string map_windows_svg(const Map &map)
{
	Svg svg(page_width, std::max(static_cast<double>(map.windows.size()) * window_height, 1.0),
		"CXL windows, and whose each range of them is");

	if (map.windows.empty())
		return html_text("The platform has no CXL window.");
	for (size_t i = 0; i < map.windows.size(); i++)
		draw_window(svg, map.windows[i], static_cast<double>(i) * window_height);
	return svg.element();
}

std::string map_topology_svg(const Map &map)
{
	size_t rows = 0, depth = 0, row = 0;

	for (const auto &bridge : map.bridges) {
		rows += rows_of(bridge);
		depth = std::max(depth, depth_of(bridge));
	}
	if (!rows)
		return html_text("There is no CXL host bridge.");

	Svg svg(static_cast<double>(depth) * level_width - (level_width - box_width) + 2,
		static_cast<double>(rows) * row_height, "host bridges, ports and devices");

	for (const auto &bridge : map.bridges)
		row = draw_node(svg, bridge, 0, row);
	return svg.element();
}

std::string map_legend(const Map &map)
{
	std::vector<std::pair<std::string, std::string>> entries;
	bool seen[map_owners] = {};

	for (const auto &window : map.windows)
		for (const auto &range : window.ranges)
			seen[static_cast<size_t>(range.owner)] = true;
	for (const auto &range : map.outside)
		seen[static_cast<size_t>(range.owner)] = true;
	for (size_t i = 0; i < map_owners; i++)
		if (seen[i])
			entries.emplace_back(words_of(static_cast<MapOwner>(i)).css,
					     words_of(static_cast<MapOwner>(i)).meaning);
	return html_legend(entries);
}

} // namespace cxla
