// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI devices as sysfs shows them, and what their configuration space says about
 * CXL: the DVSEC for CXL devices (vendor 0x1e98, id 0). It lies in extended
 * configuration space, which only root reads.
 */
#pragma once

#include "sys/range.h"
#include "sys/root.h"

#include <optional>
#include <string>
#include <vector>

namespace cxla
{

/* what a link trained as, by the DVSEC for flex bus ports */
struct FlexBus {
	bool cache = false, io = false, mem = false;
};

struct CxlDvsec {
	bool mem_enable = false; /* its driver, or firmware, has it answer CXL.mem */
	/* of the ranges that it has; nothing: it does not say */
	std::optional<bool> memory_active;
	std::optional<FlexBus> link;
	bool cache = false;
	bool io = false;
	bool mem = false;
	bool reset = false; /* it has CXL Reset */
	unsigned range_count = 0;
	uint64_t capacity = 0; /* bytes, by the ranges that are valid */
	std::vector<Range>
		mapped; /* ranges that are active and have a base: HPA without HDM decoders */
};

struct PciDevice {
	std::string bdf;
	Reading<std::string> vendor = Problem{};
	Reading<std::string> device = Problem{};
	Reading<std::string> class_code = Problem{};
	std::string driver;          /* empty: none */
	std::string driver_override; /* empty: none */
	std::optional<CxlDvsec> cxl; /* it is a CXL device */
	/* by its capability; nothing: it has none, or only root may read it */
	std::optional<uint64_t> serial;
	/* what it hangs below, nearest first: 0000:0c:00.0, pci0000:0c */
	std::vector<std::string> above;
	/* why cxl could not be found out; a device without extended space has none */
	std::optional<Problem> config_problem;

	std::string path() const { return "/sys/bus/pci/devices/" + bdf; }
};

struct PciBus {
	std::vector<PciDevice> devices;
	std::vector<std::string> drivers; /* that are registered; empty: unreadable */
	std::optional<Problem> problem;   /* the folder itself could not be read */
	/* extended configuration space was hidden from us on some device */
	bool extended_hidden = false;

	const PciDevice *find(const std::string &bdf) const;
};

PciDevice read_pci_device(const Root &root, const std::string &bdf);
PciBus read_pci(const Root &root);

/*
 * 0000:0d:00.0; takes 0d:00.0 too; nothing for what is no PCI address. A domain that no
 * firmware numbers, such as that of a VMD, has more digits: 10000:0d:00.0.
 */
std::optional<std::string> parse_bdf(std::string_view text);

/* driver_override of a device; empty: none */
std::string read_override(const Root &root, const std::string &device_path);
/* no problem: no driver is bound */
Reading<std::string> bound_driver(const Root &root, const std::string &device_path);

} // namespace cxla
