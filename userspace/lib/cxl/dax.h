// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices of the kernel's device-dax, which the in-tree stack makes as well as ours
 * does, and hmem_platform, which stands for all Soft Reserved ranges.
 */
#pragma once

#include "cxl/accel.h"
#include "sys/range.h"
#include "sys/root.h"

#include <string>
#include <vector>

namespace cxla
{

/* in-tree dax_hmem's, and cxla_hmem's, driver of hmem_platform.0 */
inline constexpr const char *intree_hmem_driver = "hmem_platform";
inline constexpr const char *our_hmem_driver = "cxla_hmem_platform";

struct DaxDevice {
	std::string name;           /* dax0.0 */
	std::string driver;         /* device_dax, kmem; empty: none */
	std::string parent;         /* cxla_hmem.0, hmem.0, dax_region0 ... */
	bool ours = false;          /* made by cxla_hmem or cxla_dax */
	std::optional<Range> range; /* nothing: unreadable, or it has none */

	/* by in-tree dax_hmem */
	bool of_intree_hmem() const { return !ours && parent.starts_with("hmem."); }
};

std::vector<DaxDevice> read_dax(const Root &root);

} // namespace cxla
