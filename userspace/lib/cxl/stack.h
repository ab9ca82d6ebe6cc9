// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stack of CXL drivers: how its bus, drivers and modules are called, and what it can
 * do. Ours, and the kernel's own; what drives either asks here, and knows no name itself.
 */
#pragma once

#include "cxl/topology.h"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cxla
{

enum class Driver {
	Accel,    /* of an accelerator: PCI */
	Expander, /* of a memory expander: PCI */
	Root,     /* of ACPI0017: platform; what follows is on the stack's own bus */
	Port,     /* of ports and endpoints */
	Memdev,
	Region,
	DaxRegion,
};
inline constexpr size_t driver_count = static_cast<size_t>(Driver::DaxRegion) + 1;

/* what not every stack can do, or not with every driver of an accelerator */
enum class Ability {
	Outcome,           /* BDF/cxla/state, reason, range */
	OnLoss,            /* BDF/cxla/on_loss: what follows when the range goes */
	Node,              /* /dev/cxla/accelN: ioctl, mmap, read, poll */
	Record,            /* what an attach cost, phase by phase */
	Ledger,            /* who has a range, and why: debugfs */
	PausePoints,       /* a task held at a named place: debugfs */
	DeleteIsRefused,   /* delete_region of a region that somebody is attached to */
	UncommitIsRefused, /* 0 to commit of it, by EBUSY */
	Returns,           /* attached again when what was lost is back */
};

struct Inability {
	Ability ability;
	const char *why; /* a sentence for people */
};

/* what came of a bind */
struct BindOutcome {
	std::string driver; /* of the PCI device; empty: none, here and below */
	std::string memdev, endpoint, region;
	std::optional<Range> range; /* of the region that the device has its own of */

	bool attached() const { return range.has_value(); }
};

class Stack
{
public:
	Stack(std::string name, std::string bus, std::array<std::string, driver_count> drivers,
	      std::vector<std::string> modules, std::vector<Inability> inabilities);

	/* "ours", "in-tree" */
	const std::string &name() const { return name_; }
	bool is_ours() const { return bus_ == "cxla"; }
	/* "cxla", "cxl": what read_topology() wants */
	const std::string &bus() const { return bus_; }
	/* of an accelerator's driver, in the order they are loaded */
	const std::vector<std::string> &modules() const { return modules_; }
	bool is_module(std::string_view name) const;
	/* the one whose removal takes the root */
	const std::string &root_module() const { return driver(Driver::Root); }

	const std::string &driver(Driver driver) const;
	/* /sys/bus/pci/drivers/cxla_accel */
	std::string driver_folder(Driver driver) const;
	/* "bind", "unbind" */
	std::string driver_file(Driver driver, std::string_view file) const;
	/* /sys/bus/cxla/devices */
	std::string devices_folder() const;
	std::string device_folder(std::string_view name) const;
	/* a write ends when nothing that was set off is on its way */
	std::string flush_file() const;
	/* in the kernel's log and slabs, what is of this stack begins with it: "cxla_" */
	std::string prefix() const { return bus_ + "_"; }

	bool can(Ability ability) const { return why_not(ability).empty(); }
	/* empty: it can */
	std::string_view why_not(Ability ability) const;
	const std::vector<Inability> &inabilities() const { return inabilities_; }

	/* PCI devices that the driver of accelerators has, sorted */
	std::vector<std::string> accelerators(const Root &root) const;
	/*
	 * What came of a bind; either stack shows this much. @topology: of bus(), as it is
	 * now.
	 */
	BindOutcome outcome(const Root &root, const Topology &topology,
			    const std::string &bdf) const;
	BindOutcome outcome(const Root &root, const std::string &bdf) const;

private:
	std::string name_, bus_;
	std::array<std::string, driver_count> drivers_;
	std::vector<std::string> modules_;
	std::vector<Inability> inabilities_;
};

/* with cxla_accel, our reference driver */
const Stack &our_stack();
/*
 * Either, with a driver in mainline's form, such as kmod/sample's: it is unbound when its
 * range goes. Empty: the driver that the stack is raced and measured with.
 */
Stack make_stack(std::string_view name, const std::string &accel_driver = {});
/* "ours", "in-tree" */
const std::vector<std::string> &stack_names();
const char *ability_word(Ability ability);

/* kmod/sample built against the kernel's own headers */
inline constexpr const char *intree_accel_driver = "cxl_sample_intree";

} // namespace cxla
