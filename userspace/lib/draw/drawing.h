// SPDX-License-Identifier: GPL-2.0-only
/* What the pages share: parts of a result, and numbers for people. */
#pragma once

#include "draw/html.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace cxla
{

using Sections = std::vector<HtmlSection>;

/* null where there is none */
const nlohmann::ordered_json &part(const nlohmann::ordered_json &in, const char *key);
/* empty, or 0, where it is something else */
std::string text_in(const nlohmann::ordered_json &in, const char *key);
double bounded(double value); /* no picture has room for more than 1e18 */
double number_in(const nlohmann::ordered_json &in, const char *key);
/* 1.24 ms; 1.24 M of instructions. @unit: as results have it, `ns` or `instructions` */
std::string amount(double value, const std::string &unit);

Sections status_sections(const nlohmann::ordered_json &status);
Sections bench_sections(const nlohmann::ordered_json &bench);
Sections comparison_sections(const nlohmann::ordered_json &comparison);
Sections race_sections(const nlohmann::ordered_json &race);
Sections pairs_sections(const nlohmann::ordered_json &pairs);

/* rows and columns of names, and how often each two met; what never met stands out */
struct HeatMap {
	std::string label;
	std::vector<std::string> rows, columns;
	struct Cell {
		bool asked = false; /* they could have met */
		double met = 0;
		std::string tip;
	};
	std::vector<std::vector<Cell>> cells; /* by row, then column */

	std::string element() const;
};

} // namespace cxla
