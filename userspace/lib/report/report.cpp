// SPDX-License-Identifier: GPL-2.0-only
#include "report/report.h"

#include <algorithm>

namespace cxla
{

namespace
{

/* of UTF-8 text without combining characters */
size_t width(const std::string &text)
{
	return static_cast<size_t>(
		std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

constexpr size_t page_width = 100;

void add_lines(const TreeLine &line, const std::string &indent, std::string &out)
{
	for (size_t i = 0; i < line.below.size(); i++) {
		const TreeLine &below = line.below[i];
		bool last = i + 1 == line.below.size();
		std::string rest = indent + (last ? "   " : "│  ");

		out += wrapped(below.text, indent + (last ? "└─ " : "├─ "),
			       rest + (below.below.empty() ? "    " : "│   ")) +
		       "\n";
		add_lines(below, rest, out);
	}
}

} // namespace

std::string Table::text(const std::string &indent) const
{
	std::vector<size_t> widths(rows_.front().size());
	std::string out;

	for (size_t r = 0; r < rows_.size(); r++)
		for (size_t c = 0; c < std::min(widths.size(), rows_[r].size()); c++)
			if (r)
				widths[c] = std::max(widths[c], width(rows_[r][c]));
	/* a column of nothing stays 0 and is left out */
	for (size_t c = 0; c < widths.size(); c++)
		if (widths[c])
			widths[c] = std::max(widths[c], width(rows_.front()[c]));

	for (const auto &row : rows_) {
		std::string line = indent;

		for (size_t c = 0; c < std::min(widths.size(), row.size()); c++)
			if (widths[c])
				line += row[c] + std::string(widths[c] - width(row[c]) + 2, ' ');
		line.erase(line.find_last_not_of(' ') + 1);
		out += line + "\n";
	}
	return out;
}

std::string wrapped(const std::string &text, const std::string &first, const std::string &next)
{
	std::string out, line = first;
	size_t at = 0;
	bool fresh = true; /* nothing on the line but its indent */

	while (at < text.size()) {
		size_t word = text.find_first_not_of(' ', at);
		size_t end = text.find(' ', std::min(word, text.size()));

		if (word == text.npos)
			break;

		std::string more = text.substr(at, end == text.npos ? end : end - at);

		if (!fresh && width(line) + width(more) > page_width) {
			out += line + "\n";
			line = next;
			fresh = true;
		}
		line += fresh ? more.substr(word - at) : more;
		fresh = false;
		at = end == text.npos ? text.size() : end;
	}
	return out + line;
}

std::string tree_text(const TreeLine &top)
{
	std::string out = top.text + "\n";

	add_lines(top, "", out);
	return out;
}

} // namespace cxla
