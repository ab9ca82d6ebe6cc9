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

/* breaks the line at spaces so that people need not: each part is at most 100 columns wide */
std::string wrapped(const std::string &text, const std::string &first, const std::string &next);
/* lines that would be wider than that go on below */
std::string tree_text(const TreeLine &top);

} // namespace cxla
