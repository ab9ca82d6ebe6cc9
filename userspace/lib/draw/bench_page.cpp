// SPDX-License-Identifier: GPL-2.0-only
/* What `cxla bench` measured: where the time goes, and how it is distributed. */
#include "draw/drawing.h"
#include "draw/svg.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <map>

namespace cxla
{

namespace
{

using json = nlohmann::ordered_json;

constexpr double chart_width = 1100, label_width = 210;
constexpr std::array<const char *, 6> percentiles = {"min", "p50", "p90", "p99", "p99.9", "max"};

bool is_measured(const json &value)
{
	return value.is_object() && value.contains("p50");
}

std::string subject_of(const json &result)
{
	std::string text = text_in(result, "address");

	for (const char *key : {"others", "devices", "threads", "pages"})
		if (part(result, key).is_number())
			text += fmt::format("{}{} {}", text.empty() ? "" : ", ",
					    part(result, key).dump(), key);
	return text.empty() ? "all" : text;
}

/* one part of a whole, by its mean: means of parts add up, as medians do not */
struct Share {
	std::string name;
	double mean = 0;
	std::string css;
	std::string what;
};

/* what each part of a bind is, by its name */
const char *meaning(const std::string &name)
{
	static const std::map<std::string, const char *> meanings = {
		{"driver-core",
		 "the write to `bind` and the driver core, before they call the driver"},
		{"set-up",
		 "the driver: enabling the device, finding its registers, asking for its memory"},
		{"memdev-add", "the attach: a memdev, until its driver is called"},
		{"port-enum", "the attach: finding the ports above, or adding them"},
		{"decoder-parse", "the attach: reading the HDM decoders of the device"},
		{"region-assembly", "the attach: from committed decoders to a region"},
		{"attach", "the attach: claiming the range of the region"},
		{"publish", "the driver: mapping the range, and making the device node"},
		{"return", "the driver core, after the driver is bound"},
	};
	auto found = meanings.find(name);

	return found == meanings.end() ? "" : found->second;
}

/* All of a bind, by its parts. Nothing is left over, and nothing counted twice. */
std::vector<Share> shares_of(const json &result)
{
	std::vector<Share> shares;
	double phases = 0;
	double bind = number_in(part(result, "bind"), "mean");
	size_t colour = 0;

	for (const auto &[name, phase] : part(result, "phases").items()) {
		double mean = number_in(phase, "mean");

		shares.push_back({name, mean, fmt::format("p{}", colour++ % 8), meaning(name)});
		phases += mean;
	}
	if (bind > phases)
		shares.push_back({"in no part", bind - phases, "free",
				  "between two parts, or measured by nobody"});
	return shares;
}

std::string waterfall(const std::vector<Share> &shares, const std::string &unit)
{
	const double row = 26, bars = chart_width - label_width - 130;
	double whole = 0, at = 0, y = 4;

	for (const auto &share : shares)
		whole += share.mean;
	if (whole <= 0)
		return "";

	Svg svg(chart_width, row * static_cast<double>(shares.size() + 1) + 10,
		"where the time of an attach goes");

	for (const auto &share : shares) {
		double left = label_width + at / whole * bars, width = share.mean / whole * bars;
		std::string tip =
			fmt::format("{}: {}, {:.1f} %: {}", share.name, amount(share.mean, unit),
				    share.mean / whole * 100, share.what);

		svg.text(label_width - 10, y + 16, share.name, "end", tip);
		svg.rect(left, y + 3, std::max(width, 1.5), row - 8, share.css, tip);
		svg.text(left + std::max(width, 1.5) + 6, y + 16,
			 fmt::format("{}  {:.1f} %", amount(share.mean, unit),
				     share.mean / whole * 100),
			 "dim small", tip);
		at += share.mean;
		y += row;
	}
	svg.line(label_width, 0, label_width, y, "grid");
	svg.line(label_width + bars, 0, label_width + bars, y, "grid");
	svg.text(label_width - 10, y + 16, "all of it", "end strong");
	svg.text(label_width + bars + 6, y + 16, amount(whole, unit), "strong small");
	return svg.element();
}

struct Curve {
	std::string name;
	std::vector<double> values; /* by percentiles */
};

std::vector<Curve> curves_of(const json &result)
{
	std::vector<Curve> curves;

	for (const auto &[name, value] : result.items()) {
		if (!is_measured(value))
			continue;
		curves.push_back({name, {}});
		for (const char *percentile : percentiles)
			curves.back().values.push_back(number_in(value, percentile));
	}
	return curves;
}

std::string curves_element(const std::vector<Curve> &curves, const std::string &unit)
{
	const double left = 90, top = 14, height = 230, width = 760;
	double least = HUGE_VAL, most = 0;
	std::vector<std::pair<std::string, std::string>> legend;

	for (const auto &curve : curves)
		for (double value : curve.values) {
			least = std::min(least, std::max(value, 1.0));
			most = std::max(most, value);
		}
	if (curves.empty() || most <= 0)
		return "";

	const double low = std::floor(std::log10(least)),
		     high = std::ceil(std::log10(most * 1.0001));
	auto x_of = [&](size_t i) {
		return left + width * static_cast<double>(i) / (percentiles.size() - 1);
	};
	auto y_of = [&](double value) {
		return top + height * (1 - (std::log10(std::max(value, 1.0)) - low) /
						   std::max(high - low, 1.0));
	};
	Svg svg(left + width + 60, top + height + 36, "percentiles of what was measured");

	for (double power = low; power <= high; power++) {
		svg.line(left, y_of(std::pow(10, power)), left + width, y_of(std::pow(10, power)),
			 "grid");
		svg.text(left - 8, y_of(std::pow(10, power)) + 4, amount(std::pow(10, power), unit),
			 "end dim small");
	}
	for (size_t i = 0; i < percentiles.size(); i++)
		svg.text(x_of(i), top + height + 20, percentiles[i], "middle dim small");
	for (size_t n = 0; n < curves.size(); n++) {
		std::vector<std::pair<double, double>> points;

		points.reserve(percentiles.size());
		for (size_t i = 0; i < percentiles.size(); i++)
			points.emplace_back(x_of(i), y_of(curves[n].values[i]));
		svg.curve(points, fmt::format("c{}", n % 6));
		for (size_t i = 0; i < percentiles.size(); i++)
			svg.dot(points[i].first, points[i].second, fmt::format("d{}", n % 6),
				fmt::format("{} {}: {}", curves[n].name, percentiles[i],
					    amount(curves[n].values[i], unit)));
		legend.emplace_back(fmt::format("d{}", n % 6), curves[n].name);
	}
	return svg.element() + html_legend(legend);
}

std::string table_of(const json &result, const std::string &unit)
{
	std::vector<std::vector<std::string>> rows;
	auto add = [&](const std::string &name, const json &value) {
		std::vector<std::string> row = {name};

		for (const char *percentile : percentiles)
			row.push_back(amount(number_in(value, percentile), unit));
		row.push_back(amount(number_in(value, "mean"), unit));
		rows.push_back(std::move(row));
	};

	for (const auto &[name, value] : part(result, "phases").items())
		add("phase " + name, value);
	for (const auto &[name, value] : result.items())
		if (is_measured(value))
			add(name, value);
	return html_table({"MEASURED", "MIN", "P50", "P90", "P99", "P99.9", "MAX", "MEAN"}, rows);
}

std::string accesses_of(const json &result)
{
	const json &accesses = part(result, "accesses");

	if (!accesses.is_object())
		return "";
	return html_text(fmt::format(
		"Register accesses of an attach: {} MMIO reads, {} MMIO writes, {} configuration "
		"reads, {} configuration writes{}.",
		number_in(accesses, "mmio_reads"), number_in(accesses, "mmio_writes"),
		number_in(accesses, "cfg_reads"), number_in(accesses, "cfg_writes"),
		part(accesses, "equal_in_all_cycles") == true ? ", in every cycle"
							      : ", in the first cycle"));
}

} // namespace

Sections bench_sections(const json &bench)
{
	Sections sections;

	for (const auto &result : part(bench, "results")) {
		std::string unit = text_in(result, "unit"), of = subject_of(result);
		auto shares = shares_of(result);

		if (!shares.empty())
			sections.push_back(
				{fmt::format("{}: where the time goes, by the mean of {} cycles",
					     of, number_in(result, "cycles")),
				 waterfall(shares, unit) + accesses_of(result)});
		sections.push_back({of + ": percentiles", curves_element(curves_of(result), unit)});
		sections.push_back({of + ": in numbers", table_of(result, unit)});
	}
	if (sections.empty())
		sections.push_back({"Nothing was measured", html_text("There is no result.")});
	return sections;
}

} // namespace cxla
