// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include "draw/map.h"

namespace cxla
{

/* of standard output: colours where they are seen, and wanted (NO_COLOR is what programs agree on)
 */
MapStyle map_style();

} // namespace cxla
