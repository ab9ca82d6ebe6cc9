// SPDX-License-Identifier: GPL-2.0-only
/* The map as text: a bar for each window, what is in it line by line, and the topology. */
#include "draw/map.h"
#include "sys/terminal.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace cxla
{

namespace
{

class MapText
{
public:
	MapText(const Map &map, const MapStyle &style) : map_(map), style_(style) {}

	std::string text();

private:
	std::string painted(const std::string &text, MapOwner owner) const;
	std::string bar(const MapWindow &window) const;
	std::string range_line(const MapRange &range) const;
	void add_window(const MapWindow &window);
	void add_node(const MapNode &node, const std::string &first, const std::string &rest);
	void add_key();
	/* what is left of a line; nothing is, where there is less */
	size_t columns_but(size_t used) const
	{
		return style_.columns - std::min(style_.columns, used);
	}
	void line(const std::string &text)
	{
		out_ += cut_to(printable(text), style_.columns) + "\n";
	}

	const Map &map_;
	const MapStyle style_;
	std::string out_;
	bool seen_[map_owners] = {};
};

std::string MapText::painted(const std::string &text, MapOwner owner) const
{
	return style_.colour ? fmt::format("\033[{};30m{}\033[0m", words_of(owner).ansi, text)
			     : text;
}

/* a range has at least one column: what can't be seen is missed */
std::vector<size_t> widths_in(const MapWindow &window, size_t columns)
{
	std::vector<size_t> out;
	const double whole = static_cast<double>(window.range.size());
	size_t given = 0;

	for (const auto &range : window.ranges) {
		double share = static_cast<double>(range.range.size()) / whole;

		out.push_back(std::max<size_t>(
			1, static_cast<size_t>(std::floor(share * static_cast<double>(columns)))));
		given += out.back();
	}
	while (given > columns) {
		auto widest = std::max_element(out.begin(), out.end());

		/* more ranges than columns: the bar is longer than it ought to be */
		if (widest == out.end() || *widest < 2)
			break;
		--*widest;
		given--;
	}
	if (given < columns && !out.empty())
		*std::max_element(out.begin(), out.end()) += columns - given;
	return out;
}

std::string MapText::bar(const MapWindow &window) const
{
	const size_t columns = columns_but(4);
	auto widths = widths_in(window, columns);
	std::string out = "  ";

	out += style_.utf8 ? "▕" : "|";
	for (size_t i = 0; i < window.ranges.size(); i++) {
		const MapRange &range = window.ranges[i];
		std::string cells(widths[i], style_.colour ? ' ' : words_of(range.owner).letter);

		/* the number by which the lines below refer to it, where there is room */
		if (widths[i] + (style_.colour ? 1 : 0) > range.name.size())
			cells.replace((widths[i] - range.name.size() + 1) / 2, range.name.size(),
				      range.name);
		/* where it begins: its neighbour may have the same colour */
		if (widths[i] > range.name.size() + 1 && range.owner != MapOwner::Free)
			cells.replace(0, 1, style_.utf8 ? "▏" : "|");
		out += painted(cells, range.owner);
	}
	return out + (style_.utf8 ? "▏" : "|");
}

std::string MapText::range_line(const MapRange &range) const
{
	return fmt::format("  {:>4}  {}  {:>8}  {}", range.name, range.range.text(),
			   size_text(range.range.size()), range.who);
}

void MapText::add_window(const MapWindow &window)
{
	line(fmt::format("{}  {}  {}  {}", window.name, window.range.text(),
			 size_text(window.range.size()), window.leads));
	out_ += bar(window) + "\n";
	for (const auto &range : window.ranges) {
		seen_[static_cast<size_t>(range.owner)] = true;
		if (range.owner != MapOwner::Free)
			line(range_line(range));
	}
}

void MapText::add_node(const MapNode &node, const std::string &first, const std::string &rest)
{
	std::string text = node.name;
	const bool utf8 = style_.utf8;

	if (!node.names.empty())
		text += " [" + node.names + "]";
	if (!node.text.empty())
		text += "  " + node.text;
	line(first + text);
	for (size_t i = 0; i < node.below.size(); i++) {
		bool last = i + 1 == node.below.size();

		add_node(node.below[i],
			 rest + (last ? (utf8 ? "└─ " : "`- ") : (utf8 ? "├─ " : "|- ")),
			 rest + (last ? "   " : (utf8 ? "│  " : "|  ")));
	}
}

void MapText::add_key()
{
	for (size_t i = 0; i < map_owners; i++) {
		auto owner = static_cast<MapOwner>(i);

		if (seen_[i])
			out_ += fmt::format(
				"  {}  {}\n",
				painted(style_.colour ? "  "
						      : std::string(2, words_of(owner).letter),
					owner),
				cut_to(words_of(owner).meaning, columns_but(6)));
	}
}

std::string MapText::text()
{
	for (const auto &window : map_.windows)
		add_window(window);
	if (!map_.outside.empty())
		line("in no window");
	for (const auto &range : map_.outside) {
		seen_[static_cast<size_t>(range.owner)] = true;
		line(range_line(range));
	}
	add_key();
	if (!out_.empty() && !map_.bridges.empty())
		out_ += "\n";
	for (const auto &bridge : map_.bridges)
		add_node(bridge, "", "");
	return out_;
}

} // namespace

std::string map_text(const Map &map, const MapStyle &style)
{
	return MapText(map, style).text();
}

} // namespace cxla
