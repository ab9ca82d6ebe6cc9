// SPDX-License-Identifier: GPL-2.0-only
#include "map_style.h"

#include "report/report.h"
#include "sys/terminal.h"

#include <cstdlib>
#include <unistd.h>

namespace cxla
{

MapStyle map_style()
{
	const char *no_color = std::getenv("NO_COLOR");

	return {page().columns, page().utf8, obeys(STDOUT_FILENO) && (!no_color || !*no_color)};
}

} // namespace cxla
