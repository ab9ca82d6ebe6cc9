// SPDX-License-Identifier: GPL-2.0-only
/* What `cxla bench --compare` found: for each thing the ratio, and how far it may be off. */
#include "draw/drawing.h"
#include "draw/svg.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace cxla
{

namespace
{

using json = nlohmann::ordered_json;

struct Ratio {
	std::string name, verdict;
	double a = 0, b = 0, ratio = 0, low = 0, high = 0;
	bool spread = false;
};

std::vector<Ratio> ratios_of(const json &result)
{
	std::vector<Ratio> ratios;

	for (const auto &one : part(result, "measured")) {
		const json &spread = part(one, "spread");
		Ratio ratio{text_in(one, "name"),
			    text_in(one, "verdict"),
			    number_in(one, "a"),
			    number_in(one, "b"),
			    number_in(one, "ratio"),
			    0,
			    0,
			    false};

		if (spread.is_array() && spread.size() == 2 && spread[0].is_number() &&
		    spread[1].is_number()) {
			ratio.low = bounded(spread[0].get<double>());
			ratio.high = bounded(spread[1].get<double>());
			ratio.spread = true;
		}
		ratios.push_back(ratio);
	}
	return ratios;
}

const char *css_of(const Ratio &ratio)
{
	return ratio.verdict.starts_with("faster")   ? "accelerator"
	       : ratio.verdict.starts_with("slower") ? "lost"
						     : "rest";
}

/* a dot for the ratio, a bar for its spread, a line where both are the same */
std::string forest(const std::vector<Ratio> &ratios)
{
	const double names = 230, width = 640, row = 24, top = 24;
	double low = 1, high = 1;

	for (const auto &one : ratios) {
		for (double value : {one.ratio, one.spread ? one.low : one.ratio,
				     one.spread ? one.high : one.ratio}) {
			if (value <= 0)
				continue;
			low = std::min(low, value);
			high = std::max(high, value);
		}
	}
	low = std::log2(low / 1.05);
	high = std::log2(high * 1.05);

	auto x_of = [&](double ratio) {
		return names + (std::log2(std::max(ratio, 1e-6)) - low) / (high - low) * width;
	};
	Svg svg(names + width + 220, top + row * static_cast<double>(ratios.size()) + 10,
		"ratio of B to A, and its spread");

	for (double power = std::ceil(low); power <= high; power++) {
		svg.line(x_of(std::pow(2, power)), top - 6, x_of(std::pow(2, power)),
			 top + row * static_cast<double>(ratios.size()), "grid");
		svg.text(x_of(std::pow(2, power)), top - 10,
			 fmt::format("{:g}", std::pow(2, power)), "middle dim small");
	}
	svg.line(x_of(1), top - 6, x_of(1), top + row * static_cast<double>(ratios.size()));
	for (size_t i = 0; i < ratios.size(); i++) {
		const Ratio &one = ratios[i];
		double y = top + row * static_cast<double>(i) + row / 2;
		std::string tip =
			fmt::format("{}: B is {:.3g} of A, {}", one.name, one.ratio, one.verdict);

		svg.text(names - 10, y + 4, one.name, "end", tip);
		if (one.ratio <= 0)
			continue;
		if (one.spread)
			svg.rect(x_of(one.low), y - 4,
				 std::max(x_of(one.high) - x_of(one.low), 1.0), 8, css_of(one),
				 tip);
		svg.dot(x_of(one.ratio), y, css_of(one), tip);
		svg.text(std::max(x_of(one.ratio), one.spread ? x_of(one.high) : 0.0) + 10, y + 4,
			 fmt::format("{:.3g}  {}", one.ratio, one.verdict), "dim small", tip);
	}
	return svg.element();
}

std::string file_of(const json &run)
{
	return fmt::format("{} (Linux {})", text_in(run, "file"), text_in(run, "kernel"));
}

} // namespace

Sections comparison_sections(const json &comparison)
{
	std::string unit = text_in(comparison, "unit");
	Sections sections;

	sections.push_back(
		{text_in(comparison, "of"),
		 html_text(fmt::format(
			 "A is {}, B is {}. A ratio below 1 says that B takes less. The bar is "
			 "where "
			 "the middle 95 % of ratios lie when blocks of cycles are drawn anew; a "
			 "difference below {:g} % is none.",
			 file_of(part(comparison, "a")), file_of(part(comparison, "b")),
			 number_in(comparison, "tolerance") * 100))});
	for (const auto &result : part(comparison, "results")) {
		auto ratios = ratios_of(result);
		std::vector<std::vector<std::string>> rows;

		rows.reserve(ratios.size());
		for (const auto &one : ratios)
			rows.push_back({one.name, amount(one.a, unit), amount(one.b, unit),
					one.ratio > 0 ? fmt::format("{:.3g}", one.ratio) : "",
					one.verdict});
		sections.push_back(
			{text_in(result, "a") == text_in(result, "b")
				 ? text_in(result, "a")
				 : text_in(result, "a") + " against " + text_in(result, "b"),
			 ratios.empty() ? html_text("Nothing was measured in both.")
					: forest(ratios) + html_table({"MEASURED", "A", "B",
								       "RATIO", "VERDICT"},
								      rows)});
	}
	return sections;
}

} // namespace cxla
