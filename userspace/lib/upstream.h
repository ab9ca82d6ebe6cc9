// SPDX-License-Identifier: GPL-2.0-only
/* What is above devices: roots and ports that have lost their driver get it back. */
#pragma once

#include "stack.h"

namespace cxla
{

/* nothing that was set off is on its way any more */
void flush(const Root &root, const Stack &stack = our_stack());
/* @devices: ACPI0017:NN */
void bind_roots(const Root &root, const std::vector<std::string> &devices,
		const Stack &stack = our_stack());
void bind_ports(const Root &root, const Stack &stack = our_stack());

} // namespace cxla
