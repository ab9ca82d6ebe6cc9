// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tree of `cxla status`: the objects of a CXL bus, and each CXL device at the
 * port that it hangs below, whether or not it has got as far as having a memdev.
 */
#include "report/report.h"
#include "report/status.h"

#include <algorithm>
#include <fmt/format.h>

namespace cxla
{

namespace
{

bool is_decoder(const Node &node)
{
	return node.kind == NodeKind::SwitchDecoder || node.kind == NodeKind::EndpointDecoder;
}

class Tree
{
public:
	Tree(const Machine &machine, const Topology &topology)
	    : machine_(machine), topology_(topology)
	{
	}

	std::string text() const;

private:
	const Node &node(int index) const { return topology_.nodes[static_cast<size_t>(index)]; }

	bool is_passthrough(const Node &decoder) const;
	bool is_stray(const Node &memdev) const;
	std::string bridge_text(uint64_t uid) const;
	std::string window_text(const Node &window) const;
	std::string decoder_text(const Node &decoder) const;
	std::string region_text(const Node &region) const;
	std::string owner_text(const Node &region, const std::string &line) const;
	std::string dax_region_text(const Node &dax_region) const;
	std::string port_text(const Node &port) const;
	std::string outcome_text(const std::string &bdf) const;
	std::string device_text(const std::string &bdf, const Node *memdev) const;
	std::string node_text(const Node &node) const;
	std::string below_text(const std::string &bdf) const;
	const Node *place_of(const PciDevice &device) const;
	void add_targets(const Node &region, TreeLine &line) const;
	void add_devices(const Node *port, TreeLine &line) const;
	TreeLine line_of(size_t index) const;

	const Machine &machine_;
	const Topology &topology_;
};

std::string range_text(const Node &node)
{
	auto range = node.range();

	return range ? fmt::format("{}  {}", range->text(), size_text(range->size())) : "?";
}

/* 0000:0c:00.0, and 0000:0c:{00.0,01.0} for several of one bus */
std::string together(const std::vector<std::string> &devices)
{
	std::vector<std::string> ends;
	std::string bus = devices.front().substr(0, devices.front().rfind(':') + 1);

	for (const auto &device : devices) {
		if (bus.empty() || !device.starts_with(bus) ||
		    device.find(':', bus.size()) != device.npos)
			return fmt::format("{}", fmt::join(devices, ", "));
		ends.push_back(device.substr(bus.size()));
	}
	return devices.size() == 1 ? devices.front()
				   : fmt::format("{}{{{}}}", bus, fmt::join(ends, ","));
}

/* a port with a single way down: without registers it has a target all the same */
bool Tree::is_passthrough(const Node &decoder) const
{
	if (decoder.kind != NodeKind::SwitchDecoder || decoder.number("size") != 0 ||
	    topology_.ways_down(decoder).empty() || decoder.parent < 0)
		return false;

	/* the in-tree stack shows a target for each idle decoder, too */
	const auto &siblings = node(decoder.parent).children;

	return std::count_if(siblings.begin(), siblings.end(), [&](int child) {
		       return node(child).kind == NodeKind::SwitchDecoder;
	       }) == 1;
}

/* 12 (pci0000:0c), or what is wrong with it */
std::string Tree::bridge_text(uint64_t uid) const
{
	std::string trouble = machine_.bridge_trouble(uid);

	return trouble.empty() ? fmt::format("{}", uid) : fmt::format("{} ({})", uid, trouble);
}

std::string Tree::window_text(const Node &window) const
{
	std::vector<std::string> bridges;

	for (const auto &[uid, device] : topology_.ways_down(window))
		bridges.push_back(bridge_text(uid));
	return fmt::format("{}  window {}  to {}{}", window.name, range_text(window),
			   bridges.empty() ? "host bridge ?"
			   : bridges.size() == 1
				   ? "host bridge " + bridges.front()
				   : fmt::format("host bridges {}  {} ways by {}",
						 fmt::join(bridges, ", "),
						 window.shown("interleave_ways"),
						 window.shown("interleave_granularity")),
			   window.locked().value_or(false) ? "  fixed" : "");
}

std::string Tree::decoder_text(const Node &decoder) const
{
	std::vector<std::string> down;
	auto region = decoder.attributes.find("region");

	for (const auto &[number, device] : topology_.ways_down(decoder))
		down.push_back(device.empty() ? fmt::format("port {}, which is not there", number)
					      : device);
	if (is_passthrough(decoder))
		return fmt::format("{}  passthrough to {}", decoder.name, together(down));

	std::string text = fmt::format("{}  {}", decoder.name, range_text(decoder));

	if (!decoder.region().empty())
		text += "  -> " + decoder.region();
	else if (decoder.range() && region != decoder.attributes.end() && region->second)
		text += "  no region";
	if (decoder.locked().value_or(false))
		text += "  locked";
	if (decoder.range() && decoder.kind == NodeKind::SwitchDecoder)
		text += "  to " + (down.empty() ? "?" : together(down));
	if (decoder.range() && decoder.kind == NodeKind::EndpointDecoder &&
	    decoder.attributes.count("mode"))
		text += "  " + decoder.shown("mode");
	return text;
}

std::string Tree::region_text(const Node &region) const
{
	std::string text = fmt::format("{}  {}", region.name, range_text(region));
	auto targets = topology_.targets(region);

	if (targets.size() > 1)
		text += fmt::format("  {} ways by {}", targets.size(),
				    region.shown("interleave_granularity"));
	if (region.attributes.count("locked"))
		text += !region.locked() ? "  lock ?" : *region.locked() ? "  locked" : "";
	if (region.number("commit") == 0)
		text += "  not committed";
	if (targets.size() == 1 && targets.front().name)
		text += targets.front().name->empty() ? "  nobody's yet"
			: targets.front().memdev
				? fmt::format("  {}  {}{}", targets.front().memdev->name,
					      targets.front().bdf,
					      outcome_text(targets.front().bdf))
				: "  " + *targets.front().name;
	return text + owner_text(region, text);
}

/* whose it is by the ledger, but for a name that @line has already */
std::string Tree::owner_text(const Node &region, const std::string &line) const
{
	std::string text;
	auto range = region.range();

	if (!range || !machine_.ledger)
		return text;
	for (const auto &entry : machine_.ledger->in(*range)) {
		text += text.empty() ? "  owner " : ", ";
		text += entry.owner;
		if (!entry.held() || entry.state != "owned")
			text += fmt::format(" {} ({})", entry.state, entry.reason);
		if (!entry.who.empty() && line.find(entry.who) == line.npos)
			text += " " + entry.who;
	}
	return text.empty() ? "  owner: not decided about" : text;
}

std::string Tree::dax_region_text(const Node &dax_region) const
{
	std::string text = dax_region.name;

	for (const auto &device : machine_.dax)
		if (device.parent == dax_region.name && device.ours == (topology_.bus == "cxla"))
			text += fmt::format("  {} ({})", device.name,
					    device.driver.empty() ? "no driver" : device.driver);
	return text + (dax_region.driver.empty() ? "  no driver" : "");
}

std::string Tree::port_text(const Node &port) const
{
	bool is_switch = port.parent >= 0 && node(port.parent).kind == NodeKind::Port;
	std::string uport = port.shown("uport");
	auto uid = is_switch ? std::nullopt : machine_.uid_of(uport);

	return fmt::format("{}  {} {}{}{}", port.name, is_switch ? "switch" : "host bridge",
			   uid ? fmt::format("{} ({})", *uid, uport) : uport,
			   is_switch ? below_text(uport) : "",
			   port.driver.empty() ? "  no driver" : "");
}

/* what came of the device, in its driver's terms */
std::string Tree::outcome_text(const std::string &bdf) const
{
	const PciDevice *device = machine_.pci.find(bdf);

	for (const auto &accel : machine_.accelerators) {
		if (accel.bdf != bdf)
			continue;
		return fmt::format("  {} {}{}", accel.accel.value_or("?"),
				   accel.state.value_or("?"),
				   accel.attached() ? "" : ": " + accel.reason.value_or("?"));
	}
	if (!device)
		return "";
	if (device->driver == expander_driver)
		return "  expander";
	return "  " + (device->driver.empty() ? std::string("no driver") : device->driver);
}

std::string Tree::below_text(const std::string &bdf) const
{
	const PciDevice *device = machine_.pci.find(bdf);

	return device && !device->above.empty() ? "  below " + device->above.front() : "";
}

std::string Tree::device_text(const std::string &bdf, const Node *memdev) const
{
	auto serial = machine_.serial_of(bdf);
	std::string text = memdev ? memdev->name + "  " : "";

	text += bdf.empty() ? "?" : bdf;
	if (memdev)
		text += "  serial " + memdev->shown("serial");
	else if (serial)
		text += fmt::format("  serial {:#x}", *serial);
	text += outcome_text(bdf) + below_text(bdf);
	if (memdev && memdev->driver.empty())
		text += fmt::format("  {} has no driver", memdev->name);
	return text;
}

std::string Tree::node_text(const Node &node) const
{
	switch (node.kind) {
	case NodeKind::Root: {
		if (machine_.roots.empty())
			return node.name;

		const PlatformDevice &acpi = machine_.roots.front();

		return fmt::format("{}  ({}, {})", node.name, acpi.name,
				   acpi.driver.empty() ? "no driver" : acpi.driver);
	}
	case NodeKind::Port:
		return port_text(node);
	case NodeKind::Endpoint:
		for (int child : node.children)
			if (this->node(child).kind == NodeKind::Memdev)
				return fmt::format("{}  {}{}", node.name,
						   device_text(topology_.pci_of(this->node(child)),
							       &this->node(child)),
						   node.driver.empty() ? "  endpoint has no driver"
								       : "");
		return node.name + (node.driver.empty() ? "  no driver" : "");
	case NodeKind::RootDecoder:
		return window_text(node);
	case NodeKind::Region:
		return region_text(node);
	case NodeKind::DaxRegion:
		return dax_region_text(node);
	case NodeKind::Memdev:
		return device_text(topology_.pci_of(node), &node) + "  no endpoint";
	case NodeKind::SwitchDecoder:
	case NodeKind::EndpointDecoder:
		return decoder_text(node);
	case NodeKind::Other:
		break;
	}
	return node.name;
}

/* the port nearest above, even where ports in between were not made */
const Node *Tree::place_of(const PciDevice &device) const
{
	for (const auto &above : device.above)
		if (const Node *port = topology_.port_above(above))
			return port;
	return nullptr;
}

/* a memdev without an endpoint: its device tells where it belongs */
bool Tree::is_stray(const Node &memdev) const
{
	return memdev.kind == NodeKind::Memdev && memdev.parent < 0;
}

void Tree::add_targets(const Node &region, TreeLine &line) const
{
	auto targets = topology_.targets(region);

	for (const auto &target : targets) {
		std::string text = fmt::format("position {}: ", target.position);

		/* of a single one the region's own line has said it */
		if (targets.size() < 2)
			return;
		if (!target.name)
			text += "?";
		else if (target.name->empty())
			text += "nobody yet";
		else
			text += *target.name +
				(target.memdev ? fmt::format("  {}  {}{}", target.memdev->name,
							     target.bdf, outcome_text(target.bdf))
					       : "");
		line.below.push_back({std::move(text), {}});
	}
}

/* devices that have no endpoint; of no port: those that are below none */
void Tree::add_devices(const Node *port, TreeLine &line) const
{
	for (const auto &device : machine_.pci.devices) {
		const Node *memdev = topology_.memdev_of(device.bdf);

		if (!device.cxl || (memdev && !is_stray(*memdev)) || place_of(device) != port)
			continue;
		line.below.push_back(
			{device_text(device.bdf, memdev) + (memdev ? "  no endpoint" : ""), {}});
	}
}

TreeLine Tree::line_of(size_t index) const
{
	const Node &node = topology_.nodes[index];
	TreeLine line{node_text(node), {}};
	bool idle = false, active = false;

	if (node.path.empty())
		line.text += "  ?";
	if (node.kind == NodeKind::Region)
		add_targets(node, line);
	for (int child : node.children) {
		const Node &below = this->node(child);

		if (is_decoder(below) && below.number("size") == 0 && !is_passthrough(below))
			idle = true;
		/* a memdev is in its endpoint's line */
		else if (below.kind != NodeKind::Memdev && below.kind != NodeKind::Other) {
			active |= is_decoder(below);
			line.below.push_back(line_of(static_cast<size_t>(child)));
		}
	}
	if (node.kind == NodeKind::Port)
		add_devices(&node, line);
	/* idle ones beside others are nothing to tell; a port or device with no other is */
	if (idle && !active)
		line.text += "  no decoder committed";
	return line;
}

std::string Tree::text() const
{
	std::string out;

	for (size_t i = 0; i < topology_.nodes.size(); i++) {
		const Node &top = topology_.nodes[i];
		const PciDevice *device = machine_.pci.find(topology_.pci_of(top));

		/* devices that are below no port follow */
		if (top.parent >= 0 || (is_stray(top) && device && device->cxl))
			continue;
		out += tree_text(line_of(i));
	}
	if (topology_.nodes.empty())
		return out;

	TreeLine nowhere{"CXL devices that no port of this tree is above", {}};

	add_devices(nullptr, nowhere);
	if (!nowhere.below.empty())
		out += tree_text(nowhere);
	return out;
}

} // namespace

std::string topology_text(const Machine &machine)
{
	std::string out = Tree(machine, machine.shown()).text();

	if (!out.empty() && &machine.shown() == &machine.intree)
		out = "in-tree stack (/sys/bus/cxl):\n" + out;
	return out;
}

} // namespace cxla
