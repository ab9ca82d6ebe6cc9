// SPDX-License-Identifier: GPL-2.0-only
#include "draw/html.h"

#include <cctype>
#include <fmt/format.h>

namespace cxla
{

namespace
{

/*
 * Colours are told apart by people who see few of them (after Okabe and Ito); what a
 * colour says stands there in words, too.
 */
constexpr const char *style = R"(
:root { color-scheme: light dark; --ink: #1c2126; --dim: #5b6670; --paper: #ffffff; --line: #c9d1d8;
  --free: #eef1f4; --accelerator: #009e73; --memory: #0072b2; --ram: #7a4fb5; --reserved: #e69f00;
  --lost: #d55e00; --decoded: #b58900; --foreign: #8a6d5a; --a: #0072b2; --b: #d55e00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --dim: #9aa5ae; --paper: #15191d;
  --line: #3a444d; --free: #242b31; } }
body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 1180px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p.sub { color: var(--dim); margin: .2rem 0 0; } .wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .88rem; } th { text-align: left; color: var(--dim);
  font-weight: 600; } th, td { padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line);
  vertical-align: top; } td.n { text-align: right; font-variant-numeric: tabular-nums; }
ul.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .3rem 1.2rem;
  font-size: .85rem; } ul.legend span { display: inline-block; width: 1em; height: 1em;
  margin-right: .4em; vertical-align: -.15em; border: 1px solid var(--line); }
svg { display: block; font: 12px system-ui, sans-serif; } svg text { fill: var(--ink);
  white-space: pre; } svg .bad { fill: var(--lost); } svg circle { stroke: var(--ink); } ul.legend .h0 { border-color: var(--lost); }
svg .dim { fill: var(--dim); } svg .small { font-size: 11px; } svg .end { text-anchor: end; }
svg .middle { text-anchor: middle; } svg .strong { font-weight: 600; }
svg .inside { fill: #fff; font-weight: 600; } svg .box { fill: var(--paper); stroke: var(--line); }
svg .edge { stroke: var(--dim); fill: none; } svg .grid { stroke: var(--line); fill: none; }
.free { fill: var(--free); background: var(--free); }
.accelerator { fill: var(--accelerator); background: var(--accelerator); }
.memory { fill: var(--memory); background: var(--memory); }
.ram { fill: var(--ram); background: var(--ram); }
.reserved { fill: var(--reserved); background: var(--reserved); }
.lost { fill: var(--lost); background: var(--lost); }
.decoded { fill: var(--decoded); background: var(--decoded); }
.foreign { fill: var(--foreign); background: var(--foreign); }
.rest { fill: var(--line); background: var(--line); }
.p0 { fill: #0072b2; background: #0072b2; } .p1 { fill: #009e73; background: #009e73; }
.p2 { fill: #e69f00; background: #e69f00; } .p3 { fill: #cc79a7; background: #cc79a7; }
.p4 { fill: #d55e00; background: #d55e00; } .p5 { fill: #56b4e9; background: #56b4e9; }
.p6 { fill: #7a4fb5; background: #7a4fb5; } .p7 { fill: #8a6d5a; background: #8a6d5a; }
.h0 { fill: var(--paper); background: var(--paper); stroke: var(--lost); stroke-width: 1.5; }
.h1 { fill: #cfe3f1; background: #cfe3f1; } .h2 { fill: #8fbfe0; background: #8fbfe0; }
.h3 { fill: #4595c8; background: #4595c8; } .h4 { fill: #0a5c91; background: #0a5c91; }
.none { fill: var(--free); background: var(--free); }
.curve { fill: none; stroke-width: 2; } .c0 { stroke: #0072b2; } .c1 { stroke: #d55e00; }
.c2 { stroke: #009e73; } .c3 { stroke: #cc79a7; } .c4 { stroke: #e69f00; } .c5 { stroke: #7a4fb5; }
.d0 { fill: #0072b2; background: #0072b2; } .d1 { fill: #d55e00; background: #d55e00; }
.d2 { fill: #009e73; background: #009e73; } .d3 { fill: #cc79a7; background: #cc79a7; }
.d4 { fill: #e69f00; background: #e69f00; } .d5 { fill: #7a4fb5; background: #7a4fb5; }
.bad { color: var(--lost); font-weight: 600; }
)";

bool is_number(const std::string &cell)
{
	size_t first = cell.starts_with('-') || cell.starts_with('+') ? 1 : 0;

	return first < cell.size() && std::isdigit(static_cast<unsigned char>(cell[first])) &&
	       !cell.starts_with("0x") && cell.find(':') == cell.npos;
}

} // namespace

std::string escaped(std::string_view text)
{
	std::string out;

	for (char c : text)
		switch (c) {
		case '&':
			out += "&amp;";
			break;
		case '<':
			out += "&lt;";
			break;
		case '>':
			out += "&gt;";
			break;
		case '"':
			out += "&quot;";
			break;
		case '\'':
			out += "&#39;";
			break;
		default:
			/* no page may have other control characters */
			if (static_cast<unsigned char>(c) >= ' ' || c == '\n' || c == '\t')
				out += c;
			else
				out += ' ';
		}
	return out;
}

std::string html_page(const std::string &title, const std::string &subtitle,
		      const std::vector<HtmlSection> &sections)
{
	std::string out = fmt::format(
		"<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n"
		"<h1>{}</h1>\n<p class=\"sub\">{}</p>\n",
		escaped(title), style, escaped(title), escaped(subtitle));

	for (const auto &section : sections)
		if (!section.body.empty())
			out += fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n",
					   escaped(section.title), section.body);
	return out + "</body>\n</html>\n";
}

std::string html_text(const std::string &text)
{
	return fmt::format("<p>{}</p>\n", escaped(text));
}

std::string html_table(const std::vector<std::string> &head,
		       const std::vector<std::vector<std::string>> &rows)
{
	std::string out = "<div class=\"wide\"><table>\n<tr>";

	for (const auto &cell : head)
		out += fmt::format("<th>{}</th>", escaped(cell));
	out += "</tr>\n";
	for (const auto &row : rows) {
		out += "<tr>";
		for (const auto &cell : row)
			out += fmt::format("<td{}>{}</td>", is_number(cell) ? " class=\"n\"" : "",
					   escaped(cell));
		out += "</tr>\n";
	}
	return out + "</table></div>\n";
}

std::string html_legend(const std::vector<std::pair<std::string, std::string>> &entries)
{
	std::string out = "<ul class=\"legend\">";

	for (const auto &[css, words] : entries)
		out += fmt::format("<li><span class=\"{}\"></span>{}</li>", escaped(css),
				   escaped(words));
	return out + "</ul>\n";
}

} // namespace cxla
