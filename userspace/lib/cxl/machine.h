// SPDX-License-Identifier: GPL-2.0-only
/*
 * Everything that is known of the machine before anything is done: what status
 * shows, and what load and unload are planned from. Reading changes nothing.
 */
#pragma once

#include "cxl/accel.h"
#include "cxl/cedt.h"
#include "cxl/dax.h"
#include "cxl/expander.h"
#include "cxl/ledger.h"
#include "cxl/pci.h"
#include "cxl/topology.h"
#include "sys/iomem.h"
#include "sys/modules.h"

namespace cxla
{

/* a platform device: ACPI0017:NN is a CXL root */
struct PlatformDevice {
	std::string name;
	std::string driver; /* empty: none */
	std::string driver_override;
};

/* an ACPI0016 device: a host bridge, and the PCI root that it is */
struct AcpiBridge {
	std::string name;            /* ACPI0016:00 */
	std::optional<uint64_t> uid; /* what the CEDT calls it; nothing: no number */
	std::string device;          /* pci0000:0c; empty: it is none */
};

struct Machine {
	std::string release; /* of the running kernel */
	std::string boot_id;
	bool privileged = false;

	Reading<Cedt> cedt = Problem{};
	Reading<Iomem> iomem = Problem{};
	Reading<Ledger> ledger = Problem{}; /* absent without modules, or debugfs */
	std::vector<PlatformDevice> roots;
	std::vector<PlatformDevice> hmem; /* hmem_platform.0, which is all Soft Reserved ranges */
	std::vector<DaxDevice> dax;
	std::vector<AcpiBridge> acpi_bridges;
	PciBus pci;
	Topology ours;   /* /sys/bus/cxla */
	Topology intree; /* /sys/bus/cxl */
	std::vector<Accelerator> accelerators;
	std::vector<Expander> expanders;
	std::map<std::string, LoadedModule> loaded;

	bool enforces_signatures = false;
	std::string lockdown;      /* none, integrity, confidentiality; empty: no lockdown LSM */
	std::string pci_autoprobe; /* as read; empty: unreadable */

	/* memory of a device as far as decoders and DVSEC ranges tell */
	std::vector<Range> ranges_of(const std::string &bdf) const;
	/* the bus to show: ours, or in-tree while ours has no device */
	const Topology &shown() const;
	/* UID of the host bridge pci0000:0c, and the other way round; nothing: unknown */
	std::optional<uint64_t> uid_of(const std::string &device) const;
	std::string bridge_device(uint64_t uid) const;
	/* what keeps a host bridge from being of use: `not in the CEDT`; empty: nothing known */
	std::string bridge_trouble(uint64_t uid) const;
	/* UIDs of host bridges in the CEDT that our root is without: it could not use them */
	std::vector<uint32_t> bridges_left_out() const;
	/* by its capability, or by its memdev */
	std::optional<uint64_t> serial_of(const std::string &bdf) const;
	/* what cxla_hmem and cxla_dax have given to device-dax, and to which device */
	std::vector<std::pair<Range, std::string>> dax_ranges_of_ours() const;
	/* in-tree dax_hmem has the Soft Reserved ranges */
	bool hmem_in_tree() const;
	/* System RAM in any window */
	std::vector<IomemEntry> system_ram_in_windows() const;
	bool ours_loaded() const { return loaded.count("cxla_core") != 0; }
	/* everything that could not be read, from all of the above */
	std::vector<Problem> problems() const;
};

Machine read_machine(const Root &root);

} // namespace cxla
