// SPDX-License-Identifier: GPL-2.0-only
#include "status.h"

#include "report.h"

#include <algorithm>
#include <fmt/format.h>

namespace cxla
{

namespace
{

std::string range_and_size(const std::optional<Range> &range)
{
	return range ? fmt::format("{}  {}", range->text(), size_text(range->size())) : "";
}

std::string or_none(const std::string &name)
{
	return name.empty() ? "no driver" : name;
}

std::string cxl_words(const CxlDvsec &cxl)
{
	std::vector<std::string> words;

	if (cxl.cache)
		words.emplace_back("cache");
	if (cxl.io)
		words.emplace_back("io");
	if (cxl.mem)
		words.emplace_back("mem");
	return fmt::format("{}", fmt::join(words, "+"));
}

/* a port with a single way down: without registers it has a target all the same */
bool is_passthrough(const Node &node)
{
	auto targets = node.attributes.find("target_list");

	return node.kind == NodeKind::SwitchDecoder && node.number("size") == 0 &&
	       targets != node.attributes.end() && !targets->second.value_or("").empty();
}

/* maps a range, and no region is there for it: its devices are not attached */
bool is_without_region(const Node &node)
{
	auto region = node.attributes.find("region");

	return node.range() && region != node.attributes.end() && region->second &&
	       region->second->empty();
}

std::string decoder_text(const Node &node)
{
	if (is_passthrough(node))
		return fmt::format("{}  passthrough to port {}", node.name,
				   node.shown("target_list"));

	auto range = node.range();
	std::string text = fmt::format("{}  {}", node.name,
				       range                      ? range_and_size(range)
				       : node.number("size") == 0 ? std::string("idle")
								  : std::string("?"));

	if (!node.region().empty())
		text += "  -> " + node.region();
	else if (is_without_region(node))
		text += "  no region";
	if (node.locked().value_or(false))
		text += "  locked";
	if (range && node.kind == NodeKind::SwitchDecoder)
		text += "  targets " + node.shown("target_list");
	if (range && node.kind == NodeKind::EndpointDecoder && node.attributes.count("mode"))
		text += "  " + node.shown("mode");
	return text;
}

std::string node_text(const Machine &machine, const Topology &topology, const Node &node)
{
	auto driver = node.driver.empty() ? std::string("  no driver") : "";

	switch (node.kind) {
	case NodeKind::Root: {
		const std::string by =
			machine.roots.empty()
				? ""
				: fmt::format("  ({}, {})", machine.roots.front().name,
					      or_none(machine.roots.front().driver));
		return node.name + by;
	}
	case NodeKind::Port: {
		bool switch_port =
			node.parent >= 0 &&
			topology.nodes[static_cast<size_t>(node.parent)].kind == NodeKind::Port;

		return fmt::format("{}  {} {}{}", node.name, switch_port ? "switch" : "host bridge",
				   node.shown("uport"), driver);
	}
	case NodeKind::Endpoint:
		return node.name + driver;
	case NodeKind::RootDecoder:
		return fmt::format("{}  window {}  targets {}{}", node.name,
				   node.range() ? range_and_size(node.range()) : "?",
				   node.shown("target_list"),
				   node.locked().value_or(false) ? "  fixed" : "");
	case NodeKind::Region:
		return fmt::format("{}  {}{}{}", node.name,
				   node.range() ? range_and_size(node.range()) : "?",
				   !node.attributes.count("locked") ? ""
				   : !node.locked()                 ? "  lock ?"
				   : *node.locked()                 ? "  locked"
								    : "",
				   node.number("commit") == 0 ? "  not committed" : "");
	case NodeKind::Memdev: {
		std::string bdf = topology.pci_of(node);
		const PciDevice *device = machine.pci.find(bdf);
		std::string text = fmt::format("{}  serial {}  on {}{}", node.name,
					       node.shown("serial"), bdf.empty() ? "?" : bdf,
					       device ? "  (" + or_none(device->driver) + ")" : "");

		for (const auto &accel : machine.accelerators)
			if (accel.bdf == bdf)
				text += fmt::format("  {} {}", accel.accel.value_or("?"),
						    accel.state.value_or("?"));
		return text + driver;
	}
	case NodeKind::SwitchDecoder:
	case NodeKind::EndpointDecoder:
		return decoder_text(node);
	case NodeKind::Other:
		break;
	}
	return node.name;
}

TreeLine node_line(const Machine &machine, const Topology &topology, size_t index)
{
	const Node &node = topology.nodes[index];
	TreeLine line{node_text(machine, topology, node), {}};
	std::vector<std::string> idle;

	if (node.path.empty())
		line.text += "  ?";
	for (int child : node.children) {
		const Node &below = topology.nodes[static_cast<size_t>(child)];

		if ((below.kind == NodeKind::SwitchDecoder ||
		     below.kind == NodeKind::EndpointDecoder) &&
		    below.number("size") == 0 && !is_passthrough(below))
			idle.push_back(below.name);
		else
			line.below.push_back(
				node_line(machine, topology, static_cast<size_t>(child)));
	}
	if (!idle.empty())
		line.below.push_back({fmt::format("{}  idle", fmt::join(idle, " ")), {}});
	return line;
}

void add_windows(const Machine &machine, std::string &out)
{
	if (!machine.cedt) {
		out += fmt::format("CEDT          {}{}\n", machine.cedt.problem().text(),
				   machine.cedt.problem().err == EACCES ? " (shown to root only)"
									: "");
		return;
	}
	for (const auto &window : machine.cedt->windows)
		out += fmt::format("window        {}  host bridge {}{}  {}\n",
				   range_and_size(window.range()), fmt::join(window.targets, ","),
				   window.ways > 1 ? fmt::format("  {} ways by {} {}", window.ways,
								 window.granularity,
								 window.modulo ? "modulo" : "xor")
						   : "",
				   fmt::join(window.restriction_words(), " "));
	for (const auto &bridge : machine.cedt->bridges)
		out += fmt::format("host bridge   {}  {}  registers at {:#x}, {}\n", bridge.uid,
				   bridge.version ? "CXL 2.0" : "CXL 1.1 (not supported)",
				   bridge.base, size_text(bridge.length));
	for (const auto &bad : machine.cedt->bad)
		out += fmt::format("CEDT          skipped: {}\n", bad.text());
}

void add_iomem(const Machine &machine, std::string &out)
{
	if (!machine.iomem) {
		out += fmt::format("iomem         {}\n", machine.iomem.problem().text());
		return;
	}
	for (const auto &entry : machine.iomem->named("Soft Reserved")) {
		std::vector<std::string> owners;

		/* addresses of 0 tell one entry from another no longer */
		if (machine.iomem->addresses)
			for (const auto &owner : machine.iomem->below(entry))
				owners.push_back(owner.name);
		out += fmt::format("Soft Reserved {}{}{}\n",
				   machine.iomem->addresses ? range_and_size(entry.range)
							    : "address shown to root only",
				   owners.empty() ? "" : "  held by ", fmt::join(owners, " > "));
	}
	for (const auto &entry : machine.system_ram_in_windows())
		out += fmt::format("System RAM    {}  in a CXL window\n",
				   range_and_size(entry.range));
}

void add_devices(const Machine &machine, std::string &out)
{
	Table table({"CXL DEVICE", "ID", "CLASS", "CXL", "MEMORY", "DRIVER", "OVERRIDE"});

	for (const auto &device : machine.pci.devices)
		if (device.cxl)
			table.add({device.bdf,
				   fmt::format("{}:{}", device.vendor.value_or("?"),
					       device.device.value_or("?")),
				   device.class_code.value_or("?"), cxl_words(*device.cxl),
				   device.cxl->capacity ? size_text(device.cxl->capacity) : "",
				   or_none(device.driver), device.driver_override});
	if (!table.empty())
		out += "\n" + table.text();
	else if (machine.pci.problem)
		out += fmt::format("PCI           {}\n", machine.pci.problem->text());
	else if (!machine.pci.extended_hidden)
		out += "CXL devices   none: no PCI device has a DVSEC for CXL devices\n";
	if (machine.pci.extended_hidden)
		out += "CXL devices   unknown: extended configuration space is shown to root "
		       "only\n";
}

void add_intree(const Machine &machine, std::string &out)
{
	std::vector<std::string> modules;

	for (const auto &[name, module] : machine.loaded)
		if (!is_our_module(name) && (name.starts_with("cxl") || name.starts_with("dax_")))
			modules.push_back(module.state.empty() ? name + " (built in)" : name);
	if (!modules.empty())
		out += fmt::format("in-tree       {}\n", fmt::join(modules, ", "));
	for (const Node *memdev : machine.intree.of(NodeKind::Memdev))
		out += fmt::format("in-tree       {} on {}, {}\n", memdev->name,
				   machine.intree.pci_of(*memdev), or_none(memdev->driver));
	for (const Node *region : machine.intree.of(NodeKind::Region))
		out += fmt::format("in-tree       {}  {}, {}\n", region->name,
				   region->range() ? range_and_size(region->range()) : "?",
				   or_none(region->driver));
}

void add_blockers(const Status &status, std::string &out)
{
	if (status.blockers.empty()) {
		bool all =
			std::all_of(our_modules.begin(), our_modules.end(), [&](const char *name) {
				return status.machine.loaded.count(name) > 0;
			});

		out += all ? "\nload          done: all modules are loaded\n"
			   : "\nload          nothing stands in its way\n";
		return;
	}
	out += "\nwhat would stop `cxla load`:\n";
	for (const auto &blocker : status.blockers)
		out += fmt::format("  {}: {}\n      {}\n", blocker.code, blocker.what,
				   blocker.todo);
}

} // namespace

Status read_status(const Root &root, const ModuleSet &modules)
{
	Status status{read_machine(root), {}, {}};
	LoadRequest request;
	auto state = read_state(root, status.machine.boot_id);

	if (state)
		status.state = *state;
	for (const auto &device : status.machine.pci.devices)
		if (device.cxl && device.cxl->mem)
			request.devices.push_back(device.bdf);
	status.blockers = check_load(status.machine, modules, status.state, request);
	return status;
}

std::string machine_text(const Status &status)
{
	const Machine &machine = status.machine;
	std::vector<std::string> ours;
	std::string out;

	for (const char *name : our_modules)
		if (machine.loaded.count(name))
			ours.emplace_back(name);
	out += fmt::format("kernel        {}\n", machine.release.empty() ? "?" : machine.release);
	out += fmt::format("modules       {}\n",
			   ours.empty() ? "none of ours is loaded"
					: fmt::format("{}", fmt::join(ours, ", ")));
	for (const auto &acpi : machine.roots)
		out += fmt::format("CXL root      {}, {}\n", acpi.name, or_none(acpi.driver));
	if (machine.roots.empty())
		out += "CXL root      none: the platform has no ACPI0017 device\n";
	add_windows(machine, out);
	add_iomem(machine, out);
	add_intree(machine, out);
	add_devices(machine, out);
	add_blockers(status, out);
	return out;
}

std::string topology_text(const Machine &machine)
{
	std::string out;
	const Topology &topology = machine.ours.nodes.empty() && !machine.intree.nodes.empty()
					   ? machine.intree
					   : machine.ours;

	for (size_t i = 0; i < topology.nodes.size(); i++)
		if (topology.nodes[i].parent < 0)
			out += tree_text(node_line(machine, topology, i));
	if (!out.empty() && &topology == &machine.intree)
		out = "in-tree stack (/sys/bus/cxl):\n" + out;
	return out;
}

std::string accelerators_text(const Machine &machine)
{
	Table table({"ADDRESS", "ACCEL", "STATE", "REASON", "RANGE", "SIZE", "LOCK", "DRIVER"});

	for (const auto &accel : machine.accelerators) {
		std::string lock = !accel.locked            ? (accel.range ? "?" : "")
				   : !*accel.locked         ? "no"
				   : accel.lock_why.empty() ? "yes"
							    : "yes: " + accel.lock_why;

		table.add({accel.bdf, accel.accel.value_or("?"), accel.state.value_or("?"),
			   accel.reason.value_or("?"), accel.range ? accel.range->text() : "",
			   accel.range ? size_text(accel.range->size()) : "", lock,
			   or_none(accel.driver)});
	}
	return table.empty() ? "" : table.text();
}

std::string problems_text(const Machine &machine)
{
	std::string out;

	for (const auto &problem : machine.problems())
		out += "? " + problem.text() + "\n";
	return out;
}

} // namespace cxla
