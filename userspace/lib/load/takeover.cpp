// SPDX-License-Identifier: GPL-2.0-only
#include "load/takeover.h"

#include <algorithm>
#include <fmt/format.h>
#include <ranges>

namespace cxla
{

namespace
{

Step autoprobe(const std::string &value, const std::string &previous,
	       const std::optional<PciBefore> &before)
{
	return {Act::SetAutoprobe, "pci", {}, {}, value, previous, {}, before};
}

/* an unload leaves without driver what a driver of ours has now */
PciBefore pci_now(const Machine &machine)
{
	PciBefore before{{}, machine.pci.drivers};

	for (const auto &device : machine.pci.devices)
		if (device.driver.empty() || is_our_pci_driver(device.driver))
			before.driverless.push_back(device.bdf);
	return before;
}

/* the record grows with each load */
State merged(const Machine &machine, const std::optional<State> &earlier, const State &taken)
{
	State all = earlier.value_or(State{});

	all.merge(taken);
	all.boot_id = machine.boot_id;
	return all;
}

/* a load that fails leaves the record of the earlier one */
Step save_state(const State &state, const std::optional<State> &earlier)
{
	return {Act::SaveState,
		{},
		{},
		{},
		state_to_text(state),
		earlier ? state_to_text(*earlier) : std::string()};
}

/*
 * Takes device after device from the in-tree drivers. The last one goes first: the first one
 * is given back first, by an unload or because a load fails, and mem0 is mem0 again.
 */
void take_devices(const Machine &machine, const LoadRequest &request, Plan &plan, State &taken)
{
	std::vector<std::string> devices = request.devices;
	auto number = [&](const std::string &bdf) {
		const Node *memdev = machine.intree.memdev_of(bdf);

		return memdev ? memdev->name : "";
	};

	std::stable_sort(devices.begin(), devices.end(), [&](const auto &a, const auto &b) {
		return natural_less(number(a), number(b));
	});
	for (const auto &bdf : std::views::reverse(devices)) {
		const PciDevice *device = machine.pci.find(bdf);

		if (!device || !is_intree_pci_driver(device->driver))
			continue;
		if (const Node *memdev = machine.intree.memdev_of(bdf);
		    memdev && !memdev->driver.empty())
			plan.steps.push_back(
				{Act::Unbind, "cxl", memdev->name, memdev->driver, {}, {}});
		plan.steps.push_back({Act::Unbind, "pci", bdf, device->driver, {}, {}});
		taken.taken.push_back({"pci", bdf, device->driver, device->driver_override});
	}
}

void take_roots(const Machine &machine, Plan &plan, State &taken)
{
	for (const auto &acpi : machine.roots) {
		if (acpi.driver != "cxl_acpi")
			continue;
		plan.steps.push_back({Act::Unbind, "platform", acpi.name, acpi.driver, {}, {}});
		plan.steps.push_back({Act::SetOverride,
				      "platform",
				      acpi.name,
				      {},
				      "cxla_acpi",
				      acpi.driver_override});
		taken.taken.push_back({"platform", acpi.name, acpi.driver, acpi.driver_override});
	}
}

/* in-tree dax_hmem lets go of all ranges, and with them of its dax devices */
void take_hmem(const Machine &machine, Plan &plan, State &taken)
{
	for (const auto &device : machine.hmem) {
		if (device.driver != intree_hmem_driver)
			continue;
		plan.steps.push_back({Act::Unbind, "platform", device.name, device.driver, {}, {}});
		plan.steps.push_back({Act::SetOverride,
				      "platform",
				      device.name,
				      {},
				      our_hmem_driver,
				      device.driver_override});
		taken.taken.push_back(
			{"platform", device.name, device.driver, device.driver_override});
	}
}

std::string parameters_of(std::string_view name, const LoadRequest &request)
{
	std::vector<std::string> parameters;

	if (is_dax_module(name) && request.system_ram)
		parameters.emplace_back("system_ram=1");
	if (name == "cxla_hmem" && request.wait_seconds)
		parameters.push_back(fmt::format("wait_seconds={}", *request.wait_seconds));
	return fmt::format("{}", fmt::join(parameters, " "));
}

/* one of the kernel's; what is loaded before is nothing that an unload has to remove */
void insert_foreign(const Machine &machine, Act act, const std::string &name, Plan &plan,
		    State &taken)
{
	if (machine.loaded.count(name))
		return;
	plan.steps.push_back({act, {}, name, {}, {}, {}});
	if (std::find(kernel_modules.begin(), kernel_modules.end(), name) != kernel_modules.end())
		taken.modules.push_back(name);
}

/* @dax: those that give ranges to device-dax, or the others */
void insert_modules(const Machine &machine, const ModuleSet &modules, const LoadRequest &request,
		    bool dax, Plan &plan, State &taken)
{
	bool any = false;

	for (const char *name : our_modules) {
		const ModuleFile *file = modules.find(name);

		if (is_dax_module(name) != dax || machine.loaded.count(name) || !file)
			continue;
		if (dax && !any)
			insert_foreign(machine, Act::InsertDriver,
				       request.system_ram ? "kmem" : "device_dax", plan, taken);
		any = true;
		for (const auto &need : file->depends)
			insert_foreign(machine, Act::InsertForeign, need, plan, taken);
		plan.steps.push_back(
			{Act::Insert, {}, name, {}, file->path, {}, parameters_of(name, request)});
		taken.modules.emplace_back(name);
	}
}

/* 7.x: its dax_hmem looks at ranges of CXL windows once, and at others each time that it binds */
bool hmem_looks_once(const Machine &machine)
{
	return !machine.release.starts_with("6.") && machine.cedt && !machine.cedt->windows.empty();
}

/* what becomes of Soft Reserved ranges, where there are any */
void note_ranges(const Machine &machine, const ModuleSet &modules, const LoadRequest &request,
		 Plan &plan)
{
	std::vector<std::string> others;

	if (machine.hmem.empty() || !request.dax || machine.loaded.count("cxla_hmem") ||
	    !modules.find("cxla_hmem"))
		return;
	if (machine.hmem_in_tree() && !takes_hmem(machine, modules, request)) {
		plan.notes.emplace_back("in-tree dax_hmem has the Soft Reserved ranges and keeps "
					"them, also from accelerators, where a driver has its dax "
					"devices; --takeover moves them over");
		return;
	}
	if (takes_hmem(machine, modules, request) && hmem_looks_once(machine))
		plan.notes.emplace_back("in-tree dax_hmem of this kernel takes Soft Reserved "
					"ranges of CXL windows once: after an unload, those in no "
					"region are nobody's until the next boot");
	for (const auto &device : machine.pci.devices)
		if (device.cxl && device.cxl->mem &&
		    (device.driver.empty() || is_intree_pci_driver(device.driver)) &&
		    device.driver_override.empty() &&
		    std::find(request.devices.begin(), request.devices.end(), device.bdf) ==
			    request.devices.end())
			others.push_back(device.bdf);
	if (!others.empty())
		plan.notes.push_back(fmt::format(
			"not named here: {}; Soft Reserved memory of memory expanders goes to "
			"device-dax: what an accelerator is to have, name now, or its driver in "
			"driver_override",
			fmt::join(others, ", ")));
}

void note_losses(const Machine &machine, const LoadRequest &request, Plan &plan)
{
	if (!request.takeover)
		return;
	for (const Node *region : machine.intree.of(NodeKind::Region)) {
		auto range = region->range();

		/* one that never came together has nobody's data */
		if (region->number("commit") == 0)
			continue;
		plan.notes.push_back(fmt::format(
			"in-tree {} ({}) goes; what is on its dax device becomes unreachable",
			region->name, range ? range->text() : "?"));
	}
}

/* @dax: those that give ranges to device-dax, or the others */
void remove_modules(const Machine &machine, bool dax, Plan &plan)
{
	for (size_t i = our_modules.size(); i-- > 0;) {
		std::string name = our_modules[i];

		if (is_dax_module(name) != dax || !machine.loaded.count(name))
			continue;
		/* what a detach leaves to a workqueue holds a reference for a while */
		plan.steps.push_back({Act::WaitUnused, {}, name, {}, {}, {}});
		plan.steps.push_back({Act::Remove, {}, name, {}, {}, {}});
	}
}

/* of platform devices, where it is the one that load sets */
void clear_override(const std::vector<PlatformDevice> &devices, const std::string &ours,
		    const std::optional<State> &state, Plan &plan)
{
	for (const auto &device : devices) {
		std::string previous;

		if (device.driver_override != ours)
			continue;
		if (state)
			for (const auto &taken : state->taken)
				if (taken.device == device.name && taken.driver_override != ours)
					previous = taken.driver_override;
		plan.steps.push_back(
			{Act::SetOverride, "platform", device.name, {}, previous, ours});
	}
}

void give_back(const State &state, Plan &plan)
{
	auto give = [&](const TakenBinding &taken) {
		/* gone since, or in other hands already: nothing of ours to give */
		if (!taken.driver.empty())
			plan.steps.push_back(
				{Act::Rebind, taken.bus, taken.device, taken.driver, {}, {}});
	};

	/* the root before the devices: in-tree memdevs look for it when they bind */
	for (const auto &taken : std::views::reverse(state.taken))
		give(taken);
	/* one that somebody had set for a driver of ours: it kept the driver before from binding */
	for (const auto &taken : state.taken)
		if (taken.bus == "pci" && is_our_pci_driver(taken.driver_override))
			plan.steps.push_back({Act::SetOverride,
					      "pci",
					      taken.device,
					      {},
					      taken.driver_override,
					      {}});
}

} // namespace

Plan plan_rescan(const Machine &machine, const std::optional<State> &earlier,
		 const LoadRequest &request)
{
	Plan plan;
	PciBefore before = pci_now(machine);

	/* what is looked for is not for its in-tree driver */
	before.driverless.insert(before.driverless.end(), request.devices.begin(),
				 request.devices.end());

	Step save = save_state(
		merged(machine, earlier, {machine.boot_id, machine.pci_autoprobe, {}, {}, before}),
		earlier);

	if (machine.pci_autoprobe != "1") {
		plan.steps.push_back({Act::Rescan, "pci", {}, {}, {}, {}});
		return plan;
	}
	plan.steps.push_back(save);
	plan.steps.push_back(autoprobe("0", machine.pci_autoprobe, before));
	plan.steps.push_back({Act::Rescan, "pci", {}, {}, {}, {}});
	plan.steps.push_back(autoprobe(machine.pci_autoprobe, "0", before));
	plan.steps.push_back(*inverse(save));
	return plan;
}

Plan plan_load(const Machine &machine, const ModuleSet &modules,
	       const std::optional<State> &earlier, const LoadRequest &request)
{
	Plan plan;
	State taken;
	bool quiet = request.takeover && machine.pci_autoprobe == "1";
	std::string autoprobe_after = machine.pci_autoprobe;

	/* a load that was killed has left it off */
	if (earlier && !earlier->pci_autoprobe.empty())
		autoprobe_after = earlier->pci_autoprobe;
	note_losses(machine, request, plan);
	note_ranges(machine, modules, request, plan);
	plan.steps.emplace_back(); /* the record, when it is known what it has to say */
	if (quiet) {
		taken.pci_autoprobe = machine.pci_autoprobe;
		taken.pci_before = pci_now(machine);
		plan.steps.push_back(autoprobe("0", machine.pci_autoprobe, taken.pci_before));
	}
	/* first taken is last given back: in-tree dax_hmem leaves ranges to CXL */
	if (takes_hmem(machine, modules, request))
		take_hmem(machine, plan, taken);
	take_devices(machine, request, plan, taken);
	if (request.takeover)
		take_roots(machine, plan, taken);
	insert_modules(machine, modules, request, false, plan, taken);
	for (const auto &bdf : request.devices) {
		const PciDevice *device = machine.pci.find(bdf);

		if (!device || device->driver == accel_driver)
			continue;
		if (device->driver_override != accel_driver)
			plan.steps.push_back({Act::SetOverride,
					      "pci",
					      bdf,
					      {},
					      accel_driver,
					      device->driver_override});
		plan.steps.push_back({Act::Probe, "pci", bdf, accel_driver, {}, {}});
		/* one that had a driver is on record already */
		if (!is_intree_pci_driver(device->driver))
			taken.taken.push_back({"pci", bdf, {}, device->driver_override});
	}
	/* who is to have a range has it before the rest is given to device-dax */
	if (request.dax)
		insert_modules(machine, modules, request, true, plan, taken);
	if (takes_hmem(machine, modules, request))
		for (const auto &device : machine.hmem)
			plan.steps.push_back(
				{Act::Bind, "platform", device.name, our_hmem_driver, {}, {}});

	State all = merged(machine, earlier, taken);

	if (quiet || autoprobe_after != machine.pci_autoprobe) {
		State settled = all;

		plan.steps.push_back(autoprobe(autoprobe_after, quiet ? "0" : machine.pci_autoprobe,
					       all.pci_before));
		/* what root makes of it from here on is root's */
		settled.pci_autoprobe.clear();
		settled.pci_before.reset();
		plan.steps.push_back(save_state(settled, all));
	}

	if (plan.steps.size() == 1)
		plan.steps.clear();
	else
		plan.steps.front() = save_state(all, earlier);
	return plan;
}

Plan plan_unload(const Machine &machine, const std::optional<State> &state)
{
	Plan plan;

	/* a region that ends while they are there would become theirs, or go to device-dax */
	remove_modules(machine, true, plan);
	for (const auto &accel : machine.accelerators) {
		plan.steps.push_back({Act::Unbind, "pci", accel.bdf, accel_driver, {}, {}});
		if (!accel.memdev.empty())
			plan.steps.push_back({Act::WaitGone, "cxla", accel.memdev, {}, {}, {}});
	}
	for (const auto &expander : machine.expanders) {
		plan.steps.push_back({Act::Unbind, "pci", expander.bdf, expander_driver, {}, {}});
		if (!expander.memdev.empty())
			plan.steps.push_back({Act::WaitGone, "cxla", expander.memdev, {}, {}, {}});
	}
	remove_modules(machine, false, plan);
	if (state)
		for (size_t i = state->modules.size(); i-- > 0;)
			if (const auto &name = state->modules[i];
			    !is_our_module(name) && machine.loaded.count(name))
				plan.steps.push_back({Act::RemoveForeign, {}, name, {}, {}, {}});

	/* overrides go before anything is given back, ours and what load has set */
	for (const auto &device : machine.pci.devices) {
		std::string previous;

		if (!is_our_pci_driver(device.driver_override))
			continue;
		if (state)
			for (const auto &taken : state->taken)
				if (taken.device == device.bdf &&
				    !is_our_pci_driver(taken.driver_override))
					previous = taken.driver_override;
		plan.steps.push_back({Act::SetOverride,
				      "pci",
				      device.bdf,
				      {},
				      previous,
				      device.driver_override});
	}
	clear_override(machine.roots, "cxla_acpi", state, plan);
	clear_override(machine.hmem, our_hmem_driver, state, plan);
	if (!state)
		return plan;

	give_back(*state, plan);
	if (!state->pci_autoprobe.empty() && machine.pci_autoprobe != state->pci_autoprobe)
		plan.steps.push_back(
			autoprobe(state->pci_autoprobe, machine.pci_autoprobe, state->pci_before));
	plan.steps.push_back({Act::DropState, {}, {}, {}, {}, {}});
	return plan;
}

} // namespace cxla
