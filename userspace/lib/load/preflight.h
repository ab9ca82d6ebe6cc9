// SPDX-License-Identifier: GPL-2.0-only
/*
 * What would make load or unload fail, found out before anything is changed.
 * Each refusal says what stands in the way and what to do.
 */
#pragma once

#include "cxl/machine.h"
#include "load/online.h"
#include "load/state.h"
#include "sys/refusal.h"

namespace cxla
{

struct LoadRequest {
	bool takeover = false;
	bool allow_uncommit = false;      /* in-tree regions may lose their decoders */
	std::vector<std::string> devices; /* normalised BDFs */
	bool dax = true;                  /* cxla_hmem and cxla_dax as well, where there are any */
	bool system_ram = false;          /* what they have goes online by kmem */
	std::optional<unsigned> wait_seconds{}; /* of cxla_hmem; nothing: its default */
	/* who uses /dev/daxN.M, by daxN.M */
	std::map<std::string, std::vector<Opener>> users{};
};

/* hmem_platform.0 is moved over from in-tree dax_hmem */
bool takes_hmem(const Machine &machine, const ModuleSet &modules, const LoadRequest &request);

/* drivers that a takeover unbinds from a PCI device */
bool is_intree_pci_driver(std::string_view driver);
/* devices that `load --all` means */
std::vector<std::string> all_candidates(const Machine &machine, bool takeover);

std::vector<Refusal> check_load(const Machine &machine, const ModuleSet &modules,
				const std::optional<State> &state, const LoadRequest &request);
/* @openers: who uses /dev/cxla/accelN, by accelN, and so on */
std::vector<Refusal> check_unload(const Machine &machine,
				  const std::map<std::string, std::vector<Opener>> &openers,
				  const OnlineMemory &online = {});

} // namespace cxla
