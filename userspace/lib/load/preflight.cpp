// SPDX-License-Identifier: GPL-2.0-only
#include "load/preflight.h"

#include <algorithm>
#include <fmt/format.h>

namespace cxla
{

namespace
{

using Refusals = std::vector<Refusal>;

const char *const offline_first = "offline it first (/sys/devices/system/memory, `daxctl "
				  "reconfigure-device -m devdax`); it is never taken";

std::string joined(const std::vector<std::string> &names)
{
	return fmt::format("{}", fmt::join(names, ", "));
}

void check_platform(const Machine &machine, const LoadRequest &request, Refusals &out)
{
	if (!machine.privileged)
		out.push_back({"not-privileged",
			       "loading modules and binding drivers takes root",
			       "run as root",
			       {},
			       false});

	if (machine.cedt.absent())
		out.push_back(
			{"no-cedt",
			 fmt::format("the platform has no CEDT ({} does not exist)", cedt_path),
			 "turn CXL on in the firmware; without a CEDT there is no CXL memory",
			 {},
			 false});
	else if (!machine.cedt && machine.cedt.problem().err == 0)
		out.push_back({"bad-cedt",
			       machine.cedt.problem().text(),
			       "report it to the firmware's vendor",
			       {},
			       false});

	if (machine.roots.empty())
		out.push_back({"no-root",
			       "the platform has no CXL root (no ACPI0017 in "
			       "/sys/bus/platform/devices)",
			       "turn CXL on in the firmware",
			       {},
			       false});
	for (const auto &acpi : machine.roots) {
		if (acpi.driver.empty() || acpi.driver == "cxla_acpi")
			continue;

		bool intree = acpi.driver == "cxl_acpi";

		if (intree && request.takeover)
			continue;
		out.push_back(
			{"root-in-use",
			 fmt::format("the {} driver {} is bound to {}",
				     intree ? "in-tree" : "foreign", acpi.driver, acpi.name),
			 intree ? "use --takeover to move the hardware over" : "unbind it first",
			 {},
			 intree});
	}
}

/* whether what is asked of the modules that give ranges to device-dax can be had */
void check_dax_modules(const Machine &machine, const ModuleSet &modules, const LoadRequest &request,
		       Refusals &out)
{
	bool asked = request.system_ram || request.wait_seconds;

	if (asked && !request.dax)
		out.push_back({"no-dax",
			       "--system-ram and --wait-seconds are for the modules that --no-dax "
			       "leaves out",
			       "leave --no-dax out",
			       {},
			       false});
	for (const char *name : our_modules) {
		if (!asked || !request.dax || !is_dax_module(name))
			continue;
		if (machine.loaded.count(name))
			out.push_back(
				{"loaded",
				 fmt::format("{} is loaded already, with other parameters", name),
				 "`cxla unload` first",
				 {},
				 false});
		else if (!modules.find(name))
			out.push_back(
				{"no-modules",
				 fmt::format("{} not found in {}", name, joined(modules.searched)),
				 "it is built where the kernel has CONFIG_DAX, and cxla_hmem "
				 "where it has CONFIG_DEV_DAX_HMEM_DEVICES, too",
				 {},
				 false});
	}
}

void check_modules(const Machine &machine, const ModuleSet &modules, const LoadRequest &request,
		   Refusals &out)
{
	std::vector<std::string> missing, foreign, unsigned_names;

	for (const char *name : our_modules) {
		if (machine.loaded.count(name))
			continue;
		if (is_dax_module(name) && (!request.dax || !modules.find(name)))
			continue;

		const ModuleFile *file = modules.find(name);

		if (!file) {
			missing.emplace_back(name);
			continue;
		}
		if (file->release() != machine.release)
			foreign.push_back(fmt::format("{} ({})", file->path, file->release()));
		if (machine.enforces_signatures && !file->is_signed)
			unsigned_names.push_back(file->path);
	}
	if (!missing.empty())
		out.push_back(
			{"no-modules",
			 fmt::format("{} not found in {}", joined(missing),
				     joined(modules.searched)),
			 fmt::format("build them for {} (`make kmod`), or name their folder with "
				     "--modules",
				     machine.release),
			 {},
			 false});
	if (!foreign.empty())
		out.push_back({"vermagic",
			       fmt::format("built for another kernel than {}: {}", machine.release,
					   joined(foreign)),
			       "`make kmod KDIR=/lib/modules/$(uname -r)/build`",
			       {},
			       false});
	if (!unsigned_names.empty())
		out.push_back(
			{"signature",
			 fmt::format("the kernel takes signed modules only ({}) and these are "
				     "not: {}",
				     !machine.lockdown.empty() && machine.lockdown != "none"
					     ? "lockdown: " + machine.lockdown
					     : std::string("sig_enforce"),
				     joined(unsigned_names)),
			 "sign them with an enrolled key (kmodsign, mokutil), or turn Secure Boot "
			 "off",
			 {},
			 false});
}

/* what in-tree dax_hmem can't give up */
void check_hmem(const Machine &machine, const LoadRequest &request, Refusals &out)
{
	for (const auto &device : machine.dax) {
		if (!device.of_intree_hmem())
			continue;
		if (device.range && machine.iomem &&
		    !machine.iomem->system_ram_in(*device.range).empty())
			out.push_back({"system-ram",
				       fmt::format("memory of in-tree {} ({}) is online as System "
						   "RAM",
						   device.name, device.range->text()),
				       offline_first,
				       {},
				       false});
		if (auto users = request.users.find(device.name);
		    users != request.users.end() && !users->second.empty())
			out.push_back({"in-use",
				       fmt::format("/dev/{} is in use by {}", device.name,
						   openers_text(users->second)),
				       "end what uses it first",
				       {},
				       false});
	}
}

/* what would be lost with the in-tree stack's regions */
void check_takeover(const Machine &machine, const LoadRequest &request, Refusals &out)
{
	bool intree_root =
		std::any_of(machine.roots.begin(), machine.roots.end(),
			    [](const PlatformDevice &r) { return r.driver == "cxl_acpi"; });

	if (!request.takeover)
		return;
	/* taking the root takes every range below it, whosoever's it is */
	if (intree_root) {
		std::vector<std::string> ram;

		for (const auto &entry : machine.system_ram_in_windows())
			ram.push_back(entry.range.text());
		if (!ram.empty())
			out.push_back(
				{"system-ram",
				 fmt::format("memory below the CXL root is online as System RAM: "
					     "{}",
					     joined(ram)),
				 offline_first,
				 {},
				 false});
	}
	for (const Node *region : machine.intree.of(NodeKind::Region)) {
		auto members = machine.intree.members(region->name);
		std::vector<std::string> loose;

		if (request.allow_uncommit || region->shown("commit") != "1")
			continue;
		for (const Node *decoder : members)
			if (!decoder->locked().value_or(false))
				loose.push_back(decoder->name);
		if (!loose.empty())
			out.push_back(
				{"would-uncommit",
				 fmt::format(
					 "in-tree {} ({}) would go, and the in-tree driver resets "
					 "decoders that are not locked ({}): nothing would be left "
					 "to "
					 "attach until firmware commits them at the next boot",
					 region->name,
					 region->range() ? region->range()->text() : "?",
					 joined(loose)),
				 "keep cxl_acpi from loading (module_blacklist=cxl_acpi,cxl_pci) "
				 "and boot "
				 "again, or accept the loss with --allow-uncommit",
				 {},
				 false});
	}
}

void check_device(const Machine &machine, const std::string &bdf, const LoadRequest &request,
		  Refusals &out)
{
	const PciDevice *device = machine.pci.find(bdf);

	if (!device) {
		out.push_back({"no-device", fmt::format("there is no PCI device {}", bdf),
			       "`lspci -D` lists them; `load --takeover` looks again (rescan)", bdf,
			       true});
		return;
	}
	/* of what is no device of ours nothing else is said: its driver is none of our business */
	if (!device->cxl && device->config_problem) {
		out.push_back({"no-dvsec", device->config_problem->text(),
			       "run as root, and check that the device answers (`lspci`)", bdf,
			       false});
		return;
	}
	if (!device->cxl) {
		out.push_back(
			{"not-cxl",
			 fmt::format("{} is no CXL device: it has no DVSEC 0x1e98 with id 0", bdf),
			 "`cxla status` lists CXL devices", bdf, false});
		return;
	}
	if (!device->cxl->mem) {
		out.push_back({"no-cxl-mem", fmt::format("{} is not CXL.mem capable", bdf),
			       "it has no memory to attach", bdf, false});
		return;
	}

	if (!device->driver.empty() && device->driver != accel_driver) {
		bool intree = is_intree_pci_driver(device->driver);

		if (!intree || !request.takeover)
			out.push_back(
				{"device-bound",
				 fmt::format("{} is bound to the {} {}", bdf,
					     intree ? "in-tree driver" : "driver", device->driver),
				 intree ? "use --takeover to move it over"
				 : device->driver == expander_driver
					 ? fmt::format("it is a memory expander now: `cxla detach "
						       "{}` first",
						       bdf)
					 : fmt::format("unbind it first: echo {} > "
						       "/sys/bus/pci/drivers/{}/unbind",
						       bdf, device->driver),
				 bdf, intree});
	}
	for (const auto &range : machine.ranges_of(bdf)) {
		if (!machine.iomem || machine.iomem->system_ram_in(range).empty())
			continue;
		out.push_back(
			{"system-ram",
			 fmt::format("memory of {} is online as System RAM: {}", bdf,
				     machine.iomem->system_ram_in(range).front().range.text()),
			 offline_first, bdf, false});
		break;
	}
}

} // namespace

bool is_intree_pci_driver(std::string_view driver)
{
	return driver == "cxl_pci";
}

bool takes_hmem(const Machine &machine, const ModuleSet &modules, const LoadRequest &request)
{
	return request.takeover && request.dax && machine.hmem_in_tree() &&
	       (machine.loaded.count("cxla_hmem") || modules.find("cxla_hmem"));
}

std::vector<std::string> all_candidates(const Machine &machine, bool takeover)
{
	std::vector<std::string> found;

	for (const auto &device : machine.pci.devices) {
		if (!device.cxl || !device.cxl->mem || !device.cxl->range_count)
			continue;
		if (device.driver.empty() || (takeover && is_intree_pci_driver(device.driver)))
			found.push_back(device.bdf);
	}
	return found;
}

std::vector<Refusal> check_load(const Machine &machine, const ModuleSet &modules,
				const std::optional<State> &state, const LoadRequest &request)
{
	Refusals out;

	check_platform(machine, request, out);
	check_modules(machine, modules, request, out);
	check_dax_modules(machine, modules, request, out);
	/* a record without modules: a load or unload that did not get to its end */
	if (state && state->has_taken() && !machine.ours_loaded())
		out.push_back(
			{"unfinished",
			 fmt::format("an earlier load did not end: {} is still there", state_path),
			 "`cxla unload` puts back what it took",
			 {},
			 false});
	check_takeover(machine, request, out);
	if (takes_hmem(machine, modules, request))
		check_hmem(machine, request, out);
	for (const auto &bdf : request.devices)
		check_device(machine, bdf, request, out);
	return out;
}

std::vector<Refusal> check_unload(const Machine &machine,
				  const std::map<std::string, std::vector<Opener>> &openers,
				  const OnlineMemory &online)
{
	Refusals out;

	if (!machine.privileged)
		out.push_back({"not-privileged",
			       "unloading modules and binding drivers takes root",
			       "run as root",
			       {},
			       false});
	for (const auto &accel : machine.accelerators) {
		if (accel.range && online.in(machine, *accel.range))
			out.push_back({"system-ram",
				       fmt::format("memory of {} ({}) is online as System RAM",
						   accel.bdf, accel.range->text()),
				       "offline it first (/sys/devices/system/memory)", accel.bdf,
				       false});

		auto found = openers.find(accel.accel.value_or(""));

		if (found == openers.end() || found->second.empty())
			continue;

		out.push_back({"in-use",
			       fmt::format("/dev/cxla/{} is in use by {}", found->first,
					   openers_text(found->second)),
			       "end what uses it first", accel.bdf, false});
	}
	for (const auto &expander : machine.expanders) {
		auto found = openers.find(expander.memdev);

		if (found != openers.end() && !found->second.empty())
			out.push_back({"in-use",
				       fmt::format("/dev/cxla/{} is in use by {}", found->first,
						   openers_text(found->second)),
				       "end what uses it first", expander.bdf, false});
	}
	for (const auto &line : online_dax_ranges(machine, online))
		out.push_back({"system-ram", line, online_dax_hint, {}, false});
	for (const auto &[range, name] : machine.dax_ranges_of_ours()) {
		auto users = openers.find(name);

		if (users != openers.end() && !users->second.empty())
			out.push_back({"in-use",
				       fmt::format("/dev/{} is in use by {}", name,
						   openers_text(users->second)),
				       "end what uses it first",
				       {},
				       false});
	}
	for (const auto &expander : machine.expanders)
		for (const auto &range : machine.ranges_of(expander.bdf))
			if (online.in(machine, range))
				out.push_back({"system-ram",
					       fmt::format("memory of {} ({}) is online as System "
							   "RAM",
							   expander.bdf, range.text()),
					       "offline it first (/sys/devices/system/memory)",
					       expander.bdf, false});
	for (const char *name : our_modules) {
		auto found = machine.loaded.find(name);

		if (found == machine.loaded.end())
			continue;
		for (const auto &holder : found->second.holders)
			if (!is_our_module(holder))
				out.push_back({"module-in-use",
					       fmt::format("module {} uses {}", holder, name),
					       fmt::format("unload it first: rmmod {}", holder),
					       {},
					       false});
	}
	return out;
}

} // namespace cxla
