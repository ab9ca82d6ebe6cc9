// SPDX-License-Identifier: GPL-2.0-only
#include "report/status.h"

#include "cxl/problems.h"

#include <fmt/format.h>
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

/* as text: numbers beyond 2^53 don't survive every reader */
json serial_or_null(const std::optional<uint64_t> &serial)
{
	return serial ? json(fmt::format("{:#x}", *serial)) : json();
}

json range_or_null(const std::optional<Range> &range)
{
	return range ? range_json(*range) : json();
}

json problem_json(const Problem &problem)
{
	return {{"path", problem.path}, {"errno", problem.err}, {"what", problem.what}};
}

json cedt_json(const Machine &machine)
{
	const Reading<Cedt> &cedt = machine.cedt;
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
				   {"length", b.length},
				   {"device", name_or_null(machine.bridge_device(b.uid))},
				   {"trouble", name_or_null(machine.bridge_trouble(b.uid))}});
	for (const auto &entry : cedt->bad)
		bad.push_back(
			{{"offset", entry.offset}, {"type", entry.type}, {"what", entry.what}});
	return {{"present", true},
		{"windows", windows},
		{"host_bridges", bridges},
		{"bad_entries", bad}};
}

/* what the ledger says of a range; null: it can't be read */
json ledger_of(const Machine &machine, const Range &range)
{
	json out = json::array();

	if (!machine.ledger)
		return {};
	for (const auto &entry : machine.ledger->in(range))
		out.push_back(ledger_entry_json(entry));
	return out;
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
			 {"owners", owners},
			 {"ledger",
			  machine.iomem->addresses ? ledger_of(machine, entry.range) : json()}});
	}
	return out;
}

json device_json(const Machine &machine, const PciDevice &device)
{
	json cxl;

	if (device.cxl) {
		json mapped = json::array();

		for (const auto &range : device.cxl->mapped)
			mapped.push_back(range_json(range));
		const auto &link = device.cxl->link;

		cxl = {{"cache", device.cxl->cache},
		       {"io", device.cxl->io},
		       {"mem", device.cxl->mem},
		       {"mem_enable", device.cxl->mem_enable},
		       {"memory_active",
			device.cxl->memory_active ? json(*device.cxl->memory_active) : json()},
		       {"link",
			link ? json{{"cache", link->cache}, {"io", link->io}, {"mem", link->mem}}
			     : json()},
		       {"ranges", device.cxl->range_count},
		       {"capacity", device.cxl->capacity},
		       {"mapped", mapped}};
	}
	return {{"address", device.bdf},
		{"vendor", value_or_null(device.vendor)},
		{"device", value_or_null(device.device)},
		{"class", value_or_null(device.class_code)},
		{"driver", name_or_null(device.driver)},
		{"driver_override", name_or_null(device.driver_override)},
		{"cxl", cxl},
		{"serial", serial_or_null(machine.serial_of(device.bdf))},
		{"above", device.above}};
}

json targets_json(const Topology &topology, const Node &region)
{
	json out = json::array();

	for (const auto &target : topology.targets(region))
		out.push_back({{"position", target.position},
			       {"decoder", target.name ? name_or_null(*target.name) : json()},
			       {"memdev", target.memdev ? json(target.memdev->name) : json()},
			       {"address", name_or_null(target.bdf)}});
	return out;
}

/* what names of other objects, and numbers, stand for */
void add_links(const Machine &machine, const Topology &topology, const Node &node, json &out)
{
	if (node.kind == NodeKind::Region)
		out["targets"] = targets_json(topology, node);
	if (node.kind == NodeKind::SwitchDecoder) {
		json targets = json::array();

		for (const auto &[number, device] : topology.ways_down(node))
			targets.push_back({{"port", number}, {"device", name_or_null(device)}});
		out["targets"] = targets;
	}
	if (node.kind == NodeKind::Port) {
		auto uid = machine.uid_of(node.shown("uport"));
		json dports = json::object();

		for (const auto &[number, device] : node.dports)
			dports[std::to_string(number)] = device;
		out["uid"] = uid ? json(*uid) : json();
		out["dports"] = dports;
	}
}

json node_json(const Machine &machine, const Topology &topology, size_t index)
{
	const Node &node = topology.nodes[index];
	json attributes = json::object(), children = json::array();

	for (const auto &[name, reading] : node.attributes) {
		auto number = reading ? parse_number(*reading) : std::nullopt;

		attributes[name] = number ? json(*number) : value_or_null(reading);
	}
	for (int child : node.children)
		children.push_back(node_json(machine, topology, static_cast<size_t>(child)));

	json out = {{"name", node.name},
		    {"kind", kind_word(node.kind)},
		    {"driver", name_or_null(node.driver)}};

	if (node.kind == NodeKind::Memdev)
		out["address"] = name_or_null(topology.pci_of(node));
	if (auto range = node.range()) {
		out["range"] = range_json(*range);
		if (node.kind == NodeKind::Region)
			out["ledger"] = ledger_of(machine, *range);
	}
	add_links(machine, topology, node, out);
	out["attributes"] = attributes;
	out["children"] = children;
	return out;
}

json wrong_json(const Wrong &wrong)
{
	return {{"code", wrong.code},
		{"things", wrong.things},
		{"what", wrong.what},
		{"todo", wrong.todo}};
}

json topology_json(const Machine &machine, const Topology &topology)
{
	json out = json::array();

	for (size_t i = 0; i < topology.nodes.size(); i++)
		if (topology.nodes[i].parent < 0)
			out.push_back(node_json(machine, topology, i));
	return out;
}

} // namespace

json iomem_json(const Machine &machine)
{
	json iomem = {{"addresses", machine.iomem && machine.iomem->addresses},
		      {"soft_reserved", json::array()},
		      {"system_ram_in_windows", json::array()}};

	if (machine.iomem) {
		iomem["soft_reserved"] =
			entries_json(machine, machine.iomem->named("Soft Reserved"));
		iomem["system_ram_in_windows"] =
			entries_json(machine, machine.system_ram_in_windows());
	}
	return {{"iomem", iomem}};
}

json accelerator_json(const Accelerator &accel)
{
	return {{"address", accel.bdf},
		{"accel", value_or_null(accel.accel)},
		{"state", value_or_null(accel.state)},
		{"reason", value_or_null(accel.reason)},
		{"errno", value_or_null(accel.error)},
		{"range", range_or_null(accel.range)},
		{"memdev", name_or_null(accel.memdev)},
		{"locked", accel.locked ? json(*accel.locked) : json()},
		{"lock_why", name_or_null(accel.lock_why)},
		{"driver", name_or_null(accel.driver)}};
}

json expander_json(const Expander &expander)
{
	json regions = json::array();

	for (const auto &member : expander.regions)
		regions.push_back(
			{{"region", member.region},
			 {"decoder", member.decoder},
			 {"range", range_or_null(member.range)},
			 {"ways", member.ways ? json(member.ways) : json()},
			 {"position", member.position ? json(*member.position) : json()}});
	return {{"address", expander.bdf},
		{"memdev", name_or_null(expander.memdev)},
		{"serial", serial_or_null(parse_number(expander.serial))},
		{"regions", regions},
		{"driver", name_or_null(expander.driver)}};
}

json refusals_json(const std::vector<Refusal> &refusals)
{
	json out = json::array();

	for (const auto &refusal : refusals)
		out.push_back({{"code", refusal.code},
			       {"what", refusal.what},
			       {"todo", refusal.todo},
			       {"address", name_or_null(refusal.device)},
			       {"takeover_helps", refusal.takeover_helps}});
	return out;
}

json status_json(const Status &status)
{
	const Machine &machine = status.machine;
	json modules = json::object(), devices = json::array();
	json accelerators = json::array(), expanders = json::array(), problems = json::array();
	json wrong = json::array(), ledger = json::array();

	for (const auto &[name, module] : machine.loaded)
		modules[name] = {{"state", name_or_null(module.state)},
				 {"refcount", module.refcount},
				 {"holders", module.holders}};
	for (const auto &device : machine.pci.devices)
		if (device.cxl)
			devices.push_back(device_json(machine, device));
	for (const auto &accel : machine.accelerators) {
		json one = accelerator_json(accel);

		one["serial"] = serial_or_null(machine.serial_of(accel.bdf));
		accelerators.push_back(std::move(one));
	}
	for (const auto &expander : machine.expanders)
		expanders.push_back(expander_json(expander));
	for (const auto &one : what_is_wrong(machine))
		wrong.push_back(wrong_json(one));
	for (const auto &problem : machine.problems())
		problems.push_back(problem_json(problem));
	if (machine.ledger)
		for (const auto &entry : machine.ledger->entries)
			ledger.push_back(ledger_entry_json(entry));
	return {{"kernel", machine.release},
		{"privileged", machine.privileged},
		{"loaded", machine.ours_loaded()},
		{"modules", modules},
		{"roots", platform_json(machine.roots)},
		{"cedt", cedt_json(machine)},
		{"iomem", iomem_json(machine)["iomem"]},
		{"ledger", machine.ledger ? ledger : json()},
		{"hmem", platform_json(machine.hmem)},
		{"dax", dax_json(machine)},
		{"pci", {{"extended_hidden", machine.pci.extended_hidden}, {"devices", devices}}},
		{"topology", topology_json(machine, machine.ours)},
		{"intree_topology", topology_json(machine, machine.intree)},
		{"accelerators", accelerators},
		{"expanders", expanders},
		{"wrong", wrong},
		{"taken_over", status.state.has_value()},
		{"blockers", refusals_json(status.blockers)},
		{"problems", problems}};
}

} // namespace cxla
