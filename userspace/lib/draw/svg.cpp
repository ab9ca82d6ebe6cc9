// SPDX-License-Identifier: GPL-2.0-only
#include "draw/svg.h"

#include "draw/html.h"
#include "sys/terminal.h"

#include <algorithm>
#include <fmt/format.h>

namespace cxla
{

namespace
{

/* of 12 pixels' sans-serif in bold, on average */
constexpr double character_width = 7.4;

std::string shape(const std::string &element, const std::string &attributes, const std::string &css,
		  const std::string &tip)
{
	return fmt::format(
		"<{} {} class=\"{}\"{}\n", element, attributes, escaped(css),
		tip.empty() ? "/>" : fmt::format("><title>{}</title></{}>", escaped(tip), element));
}

} // namespace

Svg::Svg(double width, double height, std::string label)
    : width_(width), height_(height), label_(std::move(label))
{
}

void Svg::rect(double x, double y, double width, double height, const std::string &css,
	       const std::string &tip)
{
	shapes_ += shape("rect",
			 fmt::format("x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
				     "rx=\"2\"",
				     x, y, std::max(width, 0.0), std::max(height, 0.0)),
			 css, tip);
}

void Svg::text(double x, double y, const std::string &text, const std::string &css,
	       const std::string &tip)
{
	shapes_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}{}</text>\n", x, y,
			       escaped(css), escaped(text),
			       tip.empty() ? "" : fmt::format("<title>{}</title>", escaped(tip)));
}

void Svg::line(double x1, double y1, double x2, double y2, const std::string &css)
{
	shapes_ += shape("line",
			 fmt::format("x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\"", x1,
				     y1, x2, y2),
			 css, "");
}

void Svg::curve(const std::vector<std::pair<double, double>> &points, const std::string &css)
{
	std::string all;

	for (const auto &[x, y] : points)
		all += fmt::format("{}{:.1f},{:.1f}", all.empty() ? "" : " ", x, y);
	shapes_ += shape("polyline", fmt::format("points=\"{}\"", all), "curve " + css, "");
}

void Svg::dot(double x, double y, const std::string &css, const std::string &tip)
{
	shapes_ +=
		shape("circle", fmt::format("cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\"", x, y), css, tip);
}

std::string Svg::element() const
{
	return fmt::format(
		"<div class=\"wide\"><svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
		"aria-label=\"{}\" width=\"{:.0f}\" height=\"{:.0f}\" "
		"viewBox=\"0 0 {:.0f} {:.0f}\">\n{}</svg></div>\n",
		escaped(label_), width_, height_, width_, height_, shapes_);
}

std::string fitted(const std::string &text, double width)
{
	size_t columns = static_cast<size_t>(std::max(width / character_width, 1.0));

	return text_width(text) <= columns ? text : cut_to(text, columns);
}

} // namespace cxla
