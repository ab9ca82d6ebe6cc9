// SPDX-License-Identifier: GPL-2.0-only
#include "report.h"

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

void add_lines(const TreeLine &line, const std::string &indent, std::string &out)
{
	for (size_t i = 0; i < line.below.size(); i++) {
		bool last = i + 1 == line.below.size();

		out += indent + (last ? "└─ " : "├─ ") + line.below[i].text + "\n";
		add_lines(line.below[i], indent + (last ? "   " : "│  "), out);
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

std::string tree_text(const TreeLine &top)
{
	std::string out = top.text + "\n";

	add_lines(top, "", out);
	return out;
}

} // namespace cxla
