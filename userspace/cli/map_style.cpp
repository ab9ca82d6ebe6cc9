// SPDX-License-Identifier: GPL-2.0-only
#include "map_style.h"

#include "report/report.h"

#include <cstdlib>

namespace cxla
{

MapStyle map_style()
{
	const char *no_color = std::getenv("NO_COLOR"), *term = std::getenv("TERM");
	bool wanted = (!no_color || !*no_color) && (!term || std::string(term) != "dumb");

	return {page().columns, page().utf8, page().terminal && wanted};
}

} // namespace cxla
