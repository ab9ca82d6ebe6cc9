// SPDX-License-Identifier: GPL-2.0-only
/*
 * /run/cxla/takeover.json: what load is about to change, written before it
 * changes anything, so that unload gives back what was taken even when load, or
 * the machine's patience with it, ended half way. A record of an earlier boot
 * means nothing.
 */
#pragma once

#include "sys/root.h"

#include <optional>
#include <string>
#include <vector>

namespace cxla
{

extern const char *const state_path;

/* a device that had a driver, or a driver_override, before load */
struct TakenBinding {
	std::string bus;
	std::string device;
	std::string driver;          /* that it had; empty: none */
	std::string driver_override; /* that it had; empty: none */

	bool operator==(const TakenBinding &) const = default;
};

/* the PCI bus before its autoprobe went off: what is there now and was not has missed it */
struct PciBefore {
	std::vector<std::string> driverless; /* devices without driver, or with one of ours */
	std::vector<std::string> drivers;    /* empty: unknown */

	bool operator==(const PciBefore &) const = default;
};

inline constexpr const char *borrowed_creation = "create_regions";
inline constexpr const char *borrowed_reset_method = "reset_method";

/* one that a command has changed for as long as it runs */
struct BorrowedSetting {
	std::string name;   /* either of the above */
	std::string device; /* of reset_method */
	std::string before, set;

	bool operator==(const BorrowedSetting &) const = default;
};

struct State {
	std::string boot_id;
	std::string pci_autoprobe;             /* to be restored; empty: untouched */
	std::vector<std::string> modules;      /* that load has loaded, the kernel's too */
	std::vector<TakenBinding> taken;       /* in the order they were taken */
	std::optional<PciBefore> pci_before{}; /* of pci_autoprobe */
	std::vector<BorrowedSetting> borrowed{};

	/* there is something for an unload to give back */
	bool has_taken() const
	{
		return !pci_autoprobe.empty() || !modules.empty() || !taken.empty();
	}

	/* adds what @later has taken on top; what is first on record stays */
	void merge(const State &later);
	bool operator==(const State &) const = default;
};

std::string state_to_text(const State &state);
Reading<State> state_from_text(const std::string &text, const std::string &path);

/* nothing: no record; a problem with err 0: it is there and can't be used */
Reading<std::optional<State>> read_state(const Root &root, const std::string &boot_id);
void write_state(const Root &root, const State &state);
void drop_state(const Root &root);

} // namespace cxla
