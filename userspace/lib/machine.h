// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that is known of the machine before anything is done: what status
 * shows, and what load and unload are planned from. Reading changes nothing.
 */
#pragma once

#include "accel.h"
#include "cedt.h"
#include "iomem.h"
#include "modules.h"
#include "pci.h"
#include "topology.h"

namespace cxla
{

/* a platform device ACPI0017:NN: the CXL root */
struct AcpiRoot {
	std::string name;
	std::string driver; /* empty: none */
	std::string driver_override;
};

struct Machine {
	std::string release; /* of the running kernel */
	std::string boot_id;
	bool privileged = false;

	Reading<Cedt> cedt = Problem{};
	Reading<Iomem> iomem = Problem{};
	std::vector<AcpiRoot> roots;
	PciBus pci;
	Topology ours;   /* /sys/bus/cxla */
	Topology intree; /* /sys/bus/cxl */
	std::vector<Accelerator> accelerators;
	std::map<std::string, LoadedModule> loaded;

	bool enforces_signatures = false;
	std::string lockdown;      /* none, integrity, confidentiality; empty: no lockdown LSM */
	std::string pci_autoprobe; /* as read; empty: unreadable */

	/* memory of a device as far as decoders and DVSEC ranges tell */
	std::vector<Range> ranges_of(const std::string &bdf) const;
	/* System RAM in any window */
	std::vector<IomemEntry> system_ram_in_windows() const;
	bool ours_loaded() const { return loaded.count("cxla_core") != 0; }
	/* everything that could not be read, from all of the above */
	std::vector<Problem> problems() const;
};

Machine read_machine(const Root &root);

} // namespace cxla
