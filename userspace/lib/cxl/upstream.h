// SPDX-License-Identifier: GPL-2.0-only
/* What is above devices: roots and ports that have lost their driver get it back. */
#pragma once

#include "cxl/stack.h"

#include <chrono>

namespace cxla
{

/* nothing that was set off is on its way any more */
void flush(const Root &root, const Stack &stack = our_stack());
/* @devices: ACPI0017:NN */
void bind_roots(const Root &root, const std::vector<std::string> &devices,
		const Stack &stack = our_stack());
void bind_ports(const Root &root, const Stack &stack = our_stack());

/* @device: hmem_platform.N; empty: there is none, and nothing is done */
void unbind_hmem(const Root &root, const std::string &device);
/* refused while work of the last time is left: tried again for so long */
void bind_hmem(const Root &root, const std::string &device, std::chrono::milliseconds patience);

} // namespace cxla
