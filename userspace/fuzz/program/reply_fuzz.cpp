// SPDX-License-Identifier: GPL-2.0-only
/*
 * What `cxla draw` reads: any JSON that claims to be the program's. The page is well-formed: tags
 * are closed in order, and nothing of the reply becomes a tag or leaves its attribute.
 */
#include "fuzz.h"

#include "draw/map.h"
#include "draw/pages.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

namespace
{

using namespace cxla;
using cxla::fuzz::require;

/* tags that a page has; those of the head are not closed */
bool closes_itself(std::string_view tag)
{
	return tag == "meta" || tag == "!DOCTYPE" || tag == "br";
}

bool is_known(std::string_view tag)
{
	static constexpr std::string_view known[] = {
		"html", "head",     "meta", "title", "style",    "body",  "h1",   "h2",
		"p",    "section",  "div",  "table", "tr",       "th",    "td",   "ul",
		"li",   "span",     "svg",  "rect",  "text",     "tspan", "line", "circle",
		"path", "polyline", "g",    "br",    "!DOCTYPE", "code",  "pre",  "b"};

	return std::find(std::begin(known), std::end(known), tag) != std::end(known);
}

void text_is_escaped(std::string_view text)
{
	for (size_t at = 0; (at = text.find('&', at)) != text.npos; at++) {
		const size_t end = text.find(';', at);

		require(end != text.npos && end - at <= 6, "an ampersand begins an entity",
			std::string(text.substr(at, 20)));
	}
	for (unsigned char c : text)
		require(c >= ' ' || c == '\n' || c == '\t', "a page has no control characters");
}

/* name="value" ..., with a slash at the end or not */
void attributes_are_whole(std::string_view in)
{
	while (!in.empty()) {
		const size_t begin = in.find_first_not_of(" \n/");

		if (begin == in.npos)
			return;
		in.remove_prefix(begin);

		const size_t equal = in.find("=\"");

		if (equal == in.npos) {
			require(in == "html", "an attribute has a value", std::string(in));
			return;
		}

		const size_t end = in.find('"', equal + 2);

		require(end != in.npos, "an attribute ends", std::string(in));
		for (char c : in.substr(0, equal))
			require((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
					(c >= '0' && c <= '9'),
				"an attribute has a name", std::string(in));
		text_is_escaped(in.substr(equal + 2, end - equal - 2));
		require(in.substr(equal, end - equal).find("nan") == in.npos ||
				in.substr(0, equal) == "class" || in.substr(0, equal).empty() ||
				in.substr(0, equal).find("label") != in.npos,
			"a length is a number", std::string(in));
		in.remove_prefix(end + 1);
	}
}

void is_well_formed(std::string_view page)
{
	std::vector<std::string_view> open;

	while (!page.empty()) {
		const size_t less = std::min(page.find('<'), page.size());

		/* what colours and fonts there are is ours */
		if (open.empty() || open.back() != "style") {
			text_is_escaped(page.substr(0, less));
			require(page.substr(0, less).find('>') == page.npos, "text has no >",
				std::string(page.substr(0, std::min<size_t>(less, 80))));
		}
		page.remove_prefix(less);
		if (page.empty())
			break;

		const size_t greater = page.find('>');

		require(greater != page.npos, "a tag ends");

		std::string_view tag = page.substr(1, greater - 1);
		const bool end = tag.starts_with('/'), empty = tag.ends_with('/');

		if (end)
			tag.remove_prefix(1);

		const auto name = tag.substr(0, tag.find_first_of(" \n/"));

		require(is_known(name), "a tag is one of ours", std::string(name));
		if (end) {
			require(!open.empty() && open.back() == name, "tags end in their order",
				std::string(name));
			open.pop_back();
		} else {
			attributes_are_whole(tag.substr(name.size()));
			if (!empty && !closes_itself(name))
				open.push_back(name);
		}
		page.remove_prefix(greater + 1);
	}
	require(open.empty(), "every tag ends");
}

} // namespace

CXLA_FUZZ(reply)
{
	const unsigned how = in.byte();
	const auto reply = nlohmann::ordered_json::parse(in.rest(), nullptr, false);

	if (!reply.is_object() || !reply.contains("result") || !reply.contains("command") ||
	    !reply["command"].is_string())
		return;

	const std::string command = reply["command"].get<std::string>();

	if (!has_page(command) || !reply["result"].is_object())
		return;
	is_well_formed(page_of(command, "1", reply["result"]));
	if (command != "status")
		return;

	const Map map = map_of(reply["result"]);
	const MapStyle style{how & 1 ? how % 40U : 80U, (how & 2) != 0, (how & 4) != 0};

	for (const auto &window : map.windows) {
		require(!window.ranges.empty() &&
				window.ranges.front().range.start == window.range.start &&
				window.ranges.back().range.end == window.range.end,
			"what is in a window is all of it");
		for (size_t i = 1; i < window.ranges.size(); i++)
			require(window.ranges[i].range.start == window.ranges[i - 1].range.end + 1,
				"what is in a window has no hole");
	}
	require(!map_text(map, style).empty() || (map.windows.empty() && map.bridges.empty()),
		"a map is text, too");
}
