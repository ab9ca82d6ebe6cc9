// SPDX-License-Identifier: GPL-2.0-only
#include "report/report.h"

#include "sys/terminal.h"

#include <algorithm>
#include <unistd.h>

namespace cxla
{

namespace
{

void add_lines(const TreeLine &line, const std::string &indent, std::string &out)
{
	for (size_t i = 0; i < line.below.size(); i++) {
		const TreeLine &below = line.below[i];
		bool last = i + 1 == line.below.size();
		const bool utf8 = page().utf8;
		std::string trunk = utf8 ? "│  " : "|  ";
		std::string branch = last ? (utf8 ? "└─ " : "`- ") : (utf8 ? "├─ " : "|- ");
		std::string rest = indent + (last ? "   " : trunk);

		out += wrapped(below.text, indent + branch,
			       rest + (below.below.empty() ? "    " : trunk + " ")) +
		       "\n";
		add_lines(below, rest, out);
	}
}

} // namespace

Page page()
{
	static const bool utf8 = utf8_locale(), terminal = isatty(STDOUT_FILENO) == 1;

	return {std::max<size_t>(columns_of(STDOUT_FILENO, Page{}.columns), 40), utf8, terminal};
}

std::string Table::text(const std::string &indent) const
{
	std::vector<size_t> widths(rows_.front().size());
	std::string out;

	for (size_t r = 0; r < rows_.size(); r++)
		for (size_t c = 0; c < std::min(widths.size(), rows_[r].size()); c++)
			if (r)
				widths[c] = std::max(widths[c], text_width(rows_[r][c]));
	/* a column of nothing stays 0 and is left out */
	for (size_t c = 0; c < widths.size(); c++)
		if (widths[c])
			widths[c] = std::max(widths[c], text_width(rows_.front()[c]));

	for (const auto &row : rows_) {
		std::string line = indent;
		size_t last = 0; /* where the last cell begins */

		for (size_t c = 0; c < std::min(widths.size(), row.size()); c++) {
			if (!widths[c])
				continue;
			last = line.size();
			line += row[c] + std::string(widths[c] - text_width(row[c]) + 2, ' ');
		}
		line.erase(line.find_last_not_of(' ') + 1);
		/* the last cell is the one with words; it goes on below itself */
		if (page().terminal && text_width(line) > page().columns && last < line.size() &&
		    text_width(line.substr(0, last)) + 20 < page().columns)
			line = wrapped(line.substr(last), line.substr(0, last),
				       std::string(text_width(line.substr(0, last)), ' '));
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

		if (!fresh && text_width(line) + text_width(more) > page().columns) {
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
