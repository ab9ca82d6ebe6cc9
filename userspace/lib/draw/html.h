// SPDX-License-Identifier: GPL-2.0-only
/*
 * A page that is whole in itself: no script, no font, no picture and no style comes from
 * anywhere else, so that it can be sent, and looked at in ten years.
 */
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cxla
{

/* text as it has to be between the tags of HTML and SVG, and in their attributes */
std::string escaped(std::string_view text);

struct HtmlSection {
	std::string title;
	std::string body; /* HTML */
};

/* @title, @subtitle: text */
std::string html_page(const std::string &title, const std::string &subtitle,
		      const std::vector<HtmlSection> &sections);
/* a paragraph of text */
std::string html_text(const std::string &text);
/* cells are text; those that begin with a digit stand to the right */
std::string html_table(const std::vector<std::string> &head,
		       const std::vector<std::vector<std::string>> &rows);
/* what colours mean: CSS classes, and words */
std::string html_legend(const std::vector<std::pair<std::string, std::string>> &entries);

} // namespace cxla
