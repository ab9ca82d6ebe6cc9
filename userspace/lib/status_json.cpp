// SPDX-License-Identifier: GPL-2.0-only
#include "status.h"

#include <nlohmann/json.hpp>

namespace cxla
{

using json = nlohmann::ordered_json;

namespace
{

json name_or_null(const std::string &name)
{
	return name.empty() ? json() : json(name);
}

/* null: could not be read; the problem is in "problems" */
template <class T> json value_or_null(const Reading<T> &reading)
{
	return reading ? json(*reading) : json();
}

json range_json(const Range &range)
{
	return {{"start", range.start}, {"end", range.end}, {"size", range.size()}};
}

json range_or_null(const std::optional<Range> &range)
{
	return range ? range_json(*range) : json();
}

json problem_json(const Problem &problem)
{
	return {{"path", problem.path}, {"errno", problem.err}, {"what", problem.what}};
}

json cedt_json(const Reading<Cedt> &cedt)
{
	json windows = json::array(), bridges = json::array(), bad = json::array();

	if (!cedt)
		return {{"present", false}, {"problem", problem_json(cedt.problem())}};
	for (const auto &w : cedt->windows)
		windows.push_back({{"start", w.base},
				   {"size", w.size},
				   {"ways", w.ways},
				   {"granularity", w.granularity},
				   {"arithmetic", w.modulo ? "modulo" : "xor"},
				   {"restrictions", w.restriction_words()},
				   {"qtg", w.qtg},
				   {"targets", w.targets}});
	for (const auto &b : cedt->bridges)
		bridges.push_back({{"uid", b.uid},
				   {"version", b.version},
				   {"base", b.base},
				   {"length", b.length}});
	for (const auto &entry : cedt->bad)
		bad.push_back(
			{{"offset", entry.offset}, {"type", entry.type}, {"what", entry.what}});
	return {{"present", true},
		{"windows", windows},
		{"host_bridges", bridges},
		{"bad_entries", bad}};
}

json entries_json(const Machine &machine, const std::vector<IomemEntry> &entries)
{
	json out = json::array();

	for (const auto &entry : entries) {
		json owners = json::array();

		if (machine.iomem->addresses)
			for (const auto &owner : machine.iomem->below(entry))
				owners.push_back(owner.name);
		out.push_back(
			{{"name", entry.name},
			 {"range", machine.iomem->addresses ? range_json(entry.range) : json()},
			 {"owners", owners}});
	}
	return out;
}

json device_json(const PciDevice &device)
{
	json cxl;

	if (device.cxl) {
		json mapped = json::array();

		for (const auto &range : device.cxl->mapped)
			mapped.push_back(range_json(range));
		cxl = {{"cache", device.cxl->cache},       {"io", device.cxl->io},
		       {"mem", device.cxl->mem},           {"ranges", device.cxl->range_count},
		       {"capacity", device.cxl->capacity}, {"mapped", mapped}};
	}
	return {{"address", device.bdf},
		{"vendor", value_or_null(device.vendor)},
		{"device", value_or_null(device.device)},
		{"class", value_or_null(device.class_code)},
		{"driver", name_or_null(device.driver)},
		{"driver_override", name_or_null(device.driver_override)},
		{"cxl", cxl}};
}

json node_json(const Topology &topology, size_t index)
{
	const Node &node = topology.nodes[index];
	json attributes = json::object(), children = json::array();

	for (const auto &[name, reading] : node.attributes) {
		auto number = reading ? parse_number(*reading) : std::nullopt;

		attributes[name] = number ? json(*number) : value_or_null(reading);
	}
	for (int child : node.children)
		children.push_back(node_json(topology, static_cast<size_t>(child)));

	json out = {{"name", node.name},
		    {"kind", kind_word(node.kind)},
		    {"driver", name_or_null(node.driver)}};

	if (node.kind == NodeKind::Memdev)
		out["pci"] = name_or_null(topology.pci_of(node));
	if (auto range = node.range())
		out["range"] = range_json(*range);
	out["attributes"] = attributes;
	out["children"] = children;
	return out;
}

json topology_json(const Topology &topology)
{
	json out = json::array();

	for (size_t i = 0; i < topology.nodes.size(); i++)
		if (topology.nodes[i].parent < 0)
			out.push_back(node_json(topology, i));
	return out;
}

} // namespace

json accelerator_json(const Accelerator &accel)
{
	return {{"address", accel.bdf},
		{"accel", value_or_null(accel.accel)},
		{"state", value_or_null(accel.state)},
		{"reason", value_or_null(accel.reason)},
		{"range", range_or_null(accel.range)},
		{"memdev", name_or_null(accel.memdev)},
		{"locked", accel.locked ? json(*accel.locked) : json()},
		{"lock_why", name_or_null(accel.lock_why)},
		{"driver", name_or_null(accel.driver)}};
}

json refusals_json(const std::vector<Refusal> &refusals)
{
	json out = json::array();

	for (const auto &refusal : refusals)
		out.push_back({{"code", refusal.code},
			       {"what", refusal.what},
			       {"todo", refusal.todo},
			       {"device", name_or_null(refusal.device)},
			       {"takeover_helps", refusal.takeover_helps}});
	return out;
}

json status_json(const Status &status)
{
	const Machine &machine = status.machine;
	json modules = json::object(), roots = json::array(), devices = json::array();
	json accelerators = json::array(), problems = json::array();
	json iomem = {{"addresses", machine.iomem && machine.iomem->addresses},
		      {"soft_reserved", json::array()},
		      {"system_ram_in_windows", json::array()}};

	for (const auto &[name, module] : machine.loaded)
		modules[name] = {{"state", name_or_null(module.state)},
				 {"refcount", module.refcount},
				 {"holders", module.holders}};
	for (const auto &acpi : machine.roots)
		roots.push_back({{"name", acpi.name},
				 {"driver", name_or_null(acpi.driver)},
				 {"driver_override", name_or_null(acpi.driver_override)}});
	for (const auto &device : machine.pci.devices)
		if (device.cxl)
			devices.push_back(device_json(device));
	for (const auto &accel : machine.accelerators)
		accelerators.push_back(accelerator_json(accel));
	for (const auto &problem : machine.problems())
		problems.push_back(problem_json(problem));
	if (machine.iomem) {
		iomem["soft_reserved"] =
			entries_json(machine, machine.iomem->named("Soft Reserved"));
		iomem["system_ram_in_windows"] =
			entries_json(machine, machine.system_ram_in_windows());
	}
	return {{"schema", 1},
		{"kernel", machine.release},
		{"privileged", machine.privileged},
		{"loaded", machine.ours_loaded()},
		{"modules", modules},
		{"roots", roots},
		{"cedt", cedt_json(machine.cedt)},
		{"iomem", iomem},
		{"pci", {{"extended_hidden", machine.pci.extended_hidden}, {"devices", devices}}},
		{"topology", topology_json(machine.ours)},
		{"intree_topology", topology_json(machine.intree)},
		{"accelerators", accelerators},
		{"taken_over", status.state.has_value()},
		{"blockers", refusals_json(status.blockers)},
		{"problems", problems}};
}

} // namespace cxla
