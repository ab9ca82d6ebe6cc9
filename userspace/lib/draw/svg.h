// SPDX-License-Identifier: GPL-2.0-only
/* Shapes of a drawing in SVG. Colours are CSS classes of the page: html.cpp. */
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace cxla
{

class Svg
{
public:
	/* @label: what it shows, for those who can't see it */
	Svg(double width, double height, std::string label);

	/* lengths are in pixels; @tip: shown under the pointer, empty: nothing */
	void rect(double x, double y, double width, double height, const std::string &css,
		  const std::string &tip = {});
	void text(double x, double y, const std::string &text, const std::string &css = {},
		  const std::string &tip = {});
	void line(double x1, double y1, double x2, double y2, const std::string &css = "edge");
	void curve(const std::vector<std::pair<double, double>> &points, const std::string &css);
	void dot(double x, double y, const std::string &css, const std::string &tip = {});

	/* the whole element, in a box that can be scrolled */
	std::string element() const;

private:
	double width_, height_;
	std::string label_, shapes_;
};

/* as much of the text as fits into so many pixels, in the font of drawings */
std::string fitted(const std::string &text, double width);

} // namespace cxla
