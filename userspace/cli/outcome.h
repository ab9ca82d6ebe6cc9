// SPDX-License-Identifier: GPL-2.0-only
/* What came of an accelerator, as `load` and `attach` tell it. */
#pragma once

#include "cxl/accel.h"

#include <nlohmann/json.hpp>

namespace cxla
{

/* a line, and for one that is not attached the reason and what to do */
void print_outcome(const Accelerator &accel);
nlohmann::ordered_json outcome_json(const Accelerator &accel);

} // namespace cxla
