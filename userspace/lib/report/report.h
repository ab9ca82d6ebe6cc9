// SPDX-License-Identifier: GPL-2.0-only
/* Text for people: tables and trees, and nothing that knows of CXL. */
#pragma once

#include <string>
#include <vector>

namespace cxla
{

class Table
{
public:
	explicit Table(std::vector<std::string> head) { rows_.push_back(std::move(head)); }
	void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
	bool empty() const { return rows_.size() < 2; }
	/* columns that are empty in every row are left out */
	std::string text(const std::string &indent = "") const;

private:
	std::vector<std::vector<std::string>> rows_;
};

struct TreeLine {
	std::string text;
	std::vector<TreeLine> below;
};

/* what text may look like where it is shown */
struct Page {
	size_t columns = 100;
	bool utf8 = true;      /* else ASCII */
	bool terminal = false; /* else a row of a table is a line, however wide: programs read it */
};

/* of the terminal as wide as it is now, and of the locale; where there is no terminal 100 columns
 */
Page page();

/* breaks the line at spaces so that people need not: no part is wider than the page */
std::string wrapped(const std::string &text, const std::string &first, const std::string &next);
/* lines that would be wider than the page go on below */
std::string tree_text(const TreeLine &top);

} // namespace cxla
