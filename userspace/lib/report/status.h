// SPDX-License-Identifier: GPL-2.0-only
/* What `cxla status` says of a machine: as text, and as JSON. */
#pragma once

#include "load/preflight.h"

#include <nlohmann/json_fwd.hpp>

namespace cxla
{

struct Status {
	Machine machine;
	std::vector<Refusal> blockers; /* of a `cxla load` of every CXL.mem device */
	std::optional<State> state;    /* record of a load */
};

Status read_status(const Root &root, const ModuleSet &modules);

/* root, windows, host bridges, ranges, devices, drivers, what would stop a load */
std::string machine_text(const Status &status);
/* of that: windows, ranges, who has them, in-tree drivers */
std::string ranges_text(const Machine &machine);
/* the bus that has devices, ours first; empty when none has */
std::string topology_text(const Machine &machine);
/* accelerators, then expanders; empty when there are none */
std::string accelerators_text(const Machine &machine);
/* each trouble once, with whom it befell and what to do; empty when all is well */
std::string wrong_text(const Machine &machine);
/* `path: error` for each thing shown as `?` */
std::string problems_text(const Machine &machine);

/* the ledger; without the modules, what the in-tree stack did */
std::string ledger_text(const Machine &machine);

/* "schema": 1; fields are only ever added */
nlohmann::ordered_json status_json(const Status &status);
nlohmann::ordered_json ledger_json(const Machine &machine);
/* parts of these */
nlohmann::ordered_json range_json(const Range &range);
nlohmann::ordered_json ledger_entry_json(const LedgerEntry &entry);
nlohmann::ordered_json dax_json(const Machine &machine);
nlohmann::ordered_json platform_json(const std::vector<PlatformDevice> &devices);
/* "iomem": Soft Reserved ranges, and System RAM in windows */
nlohmann::ordered_json iomem_json(const Machine &machine);
nlohmann::ordered_json accelerator_json(const Accelerator &accel);
nlohmann::ordered_json expander_json(const Expander &expander);
nlohmann::ordered_json refusals_json(const std::vector<Refusal> &refusals);

} // namespace cxla
