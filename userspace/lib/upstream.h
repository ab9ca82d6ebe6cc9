// SPDX-License-Identifier: GPL-2.0-only
/* What is above devices: roots and ports that have lost their driver get it back. */
#pragma once

#include "root.h"

namespace cxla
{

/* nothing that was set off is on its way any more */
void flush(const Root &root);
/* @devices: ACPI0017:NN */
void bind_roots(const Root &root, const std::vector<std::string> &devices);
void bind_ports(const Root &root);

} // namespace cxla
