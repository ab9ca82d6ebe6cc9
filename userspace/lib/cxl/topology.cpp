// SPDX-License-Identifier: GPL-2.0-only
#include "cxl/topology.h"

#include "cxl/pci.h"

#include <algorithm>
#include <fmt/format.h>

namespace cxla
{

namespace
{

bool digits(std::string_view text)
{
	return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

bool numbered(std::string_view name, std::string_view prefix)
{
	return name.starts_with(prefix) && digits(name.substr(prefix.size()));
}

/* what the kernel's device type and, without it, the name says */
NodeKind kind_of(const Root &root, const std::string &name, const std::string &path)
{
	/* others are told apart by their names */
	bool decoder = name.starts_with("decoder");
	std::string type = decoder ? root.text(path + "/devtype").value_or("") : "";

	if (type == "cxl_decoder_root")
		return NodeKind::RootDecoder;
	if (type == "cxl_decoder_switch")
		return NodeKind::SwitchDecoder;
	if (type == "cxl_decoder_endpoint")
		return NodeKind::EndpointDecoder;
	if (numbered(name, "root"))
		return NodeKind::Root;
	if (numbered(name, "port"))
		return NodeKind::Port;
	if (numbered(name, "endpoint"))
		return NodeKind::Endpoint;
	if (numbered(name, "mem"))
		return NodeKind::Memdev;
	if (numbered(name, "region"))
		return NodeKind::Region;
	if (numbered(name, "dax_region"))
		return NodeKind::DaxRegion;
	if (decoder) {
		if (root.exists(path + "/target_list"))
			return root.exists(path + "/cap_ram") ? NodeKind::RootDecoder
							      : NodeKind::SwitchDecoder;
		return root.exists(path + "/dpa_size") ? NodeKind::EndpointDecoder
						       : NodeKind::SwitchDecoder;
	}
	return NodeKind::Other;
}

struct Attributes {
	NodeKind kind;
	std::vector<const char *> required;
	std::vector<const char *> optional;
};

const std::vector<Attributes> &attributes_of_kinds()
{
	static const std::vector<Attributes> table = {
		{NodeKind::RootDecoder,
		 {"start", "size", "locked", "target_list", "interleave_ways",
		  "interleave_granularity"},
		 {"cap_ram", "cap_pmem", "cap_type2", "cap_type3", "qos_class"}},
		{NodeKind::SwitchDecoder,
		 {"start", "size", "locked", "target_list", "interleave_ways",
		  "interleave_granularity"},
		 {"target_type", "region"}},
		{NodeKind::EndpointDecoder,
		 {"start", "size", "locked", "interleave_ways", "interleave_granularity"},
		 {"target_type", "mode", "dpa_resource", "dpa_size", "region"}},
		/* that of an accelerator has none in the kernel's own stack */
		{NodeKind::Memdev, {}, {"serial", "numa_node", "ram/size"}},
		{NodeKind::Region,
		 {"resource", "size", "interleave_ways"},
		 {"interleave_granularity", "mode", "commit", "locked", "target0"}},
		{NodeKind::Port, {}, {"decoders_committed"}},
		{NodeKind::Endpoint, {}, {"decoders_committed"}},
	};

	return table;
}

bool is_numeric(std::string_view attribute)
{
	static constexpr std::string_view numeric[] = {"start",
						       "size",
						       "resource",
						       "locked",
						       "commit",
						       "interleave_ways",
						       "interleave_granularity",
						       "decoders_committed",
						       "serial"};

	return std::find(std::begin(numeric), std::end(numeric), attribute) != std::end(numeric);
}

/* checks what is a number here, so that garbage is told with its path */
Reading<std::string> read_attribute(const Root &root, const std::string &path,
				    const std::string &attribute)
{
	auto text = root.text(path + "/" + attribute);

	/* "commit" and the like of a region that has none yet are empty */
	if (text && is_numeric(attribute) && !text->empty() && !parse_number(*text))
		return Problem{path + "/" + attribute, 0,
			       fmt::format("not a number: '{:.40}'", *text)};
	return text;
}

/* by the specification 16 at most, whatever the file says */
uint64_t ways_of(const Node &region)
{
	return std::min<uint64_t>(region.number("interleave_ways").value_or(0), 16);
}

void read_dports(const Root &root, Node &node)
{
	for (const auto &name : root.list(node.path).value_or({})) {
		if (!numbered(name, "dport"))
			continue;

		auto number = parse_number(name.substr(5));
		auto device = root.link_name(node.path + "/" + name);

		/* one that went meanwhile leads nowhere */
		if (number && device)
			node.dports.emplace(*number, *device);
	}
}

void read_node(const Root &root, Node &node, const Wanted &only, std::vector<Problem> &problems)
{
	auto wants = [&](std::string_view what) {
		return only.empty() || std::find(only.begin(), only.end(), what) != only.end();
	};
	auto driver = bound_driver(root, node.path);

	if (!driver)
		problems.push_back(driver.problem());
	node.driver = driver.value_or("");

	for (const auto &kind : attributes_of_kinds()) {
		if (kind.kind != node.kind)
			continue;
		for (const char *attribute : kind.required) {
			if (!wants(attribute))
				continue;

			auto text = read_attribute(root, node.path, attribute);

			if (!text)
				problems.push_back(text.problem());
			node.attributes.emplace(attribute, std::move(text));
		}
		for (const char *attribute : kind.optional) {
			if (!wants(attribute))
				continue;

			auto text = read_attribute(root, node.path, attribute);

			if (text.absent())
				continue;
			if (!text)
				problems.push_back(text.problem());
			node.attributes.emplace(attribute, std::move(text));
		}
	}
	/* there are as many as it has ways, the first of them read above */
	for (uint64_t i = 1; node.kind == NodeKind::Region && i < ways_of(node); i++) {
		std::string name = fmt::format("target{}", i);
		auto text = root.text(node.path + "/" + name);

		if (!text)
			problems.push_back(text.problem());
		node.attributes.emplace(name, std::move(text));
	}
	if (wants("dports") && (node.kind == NodeKind::Port || node.kind == NodeKind::Root))
		read_dports(root, node);
	if (wants("uport") && (node.kind == NodeKind::Port || node.kind == NodeKind::Endpoint ||
			       node.kind == NodeKind::Root)) {
		auto uport = root.link_name(node.path + "/uport");

		if (!uport && (node.kind == NodeKind::Endpoint || !uport.absent()))
			problems.push_back(uport.problem());
		node.attributes.emplace("uport", std::move(uport));
	}
}

void link_nodes(Topology &topology)
{
	auto &nodes = topology.nodes;
	std::map<std::string, int, std::less<>> by_path, by_name;

	for (size_t i = 0; i < nodes.size(); i++) {
		by_name[nodes[i].name] = static_cast<int>(i);
		if (!nodes[i].path.empty())
			by_path[nodes[i].path] = static_cast<int>(i);
	}
	for (auto &node : nodes) {
		std::string_view path = node.path;

		while (node.parent < 0 && path.size() > 1 && path.rfind('/') != path.npos) {
			path = path.substr(0, path.rfind('/'));
			auto found = by_path.find(path);

			if (found != by_path.end())
				node.parent = found->second;
		}
	}
	for (size_t i = 0; i < nodes.size(); i++) {
		auto uport = nodes[i].attributes.find("uport");

		if (nodes[i].kind != NodeKind::Endpoint || !uport->second)
			continue;
		auto memdev = by_name.find(*uport->second);

		if (memdev != by_name.end() &&
		    nodes[static_cast<size_t>(memdev->second)].kind == NodeKind::Memdev)
			nodes[static_cast<size_t>(memdev->second)].parent = static_cast<int>(i);
	}
	for (size_t i = 0; i < nodes.size(); i++)
		if (nodes[i].parent >= 0)
			nodes[static_cast<size_t>(nodes[i].parent)].children.push_back(
				static_cast<int>(i));
}

} // namespace

std::string Node::shown(const std::string &attribute) const
{
	auto found = attributes.find(attribute);

	if (found == attributes.end() || !found->second)
		return "?";
	return *found->second;
}

std::optional<uint64_t> Node::number(const std::string &attribute) const
{
	auto found = attributes.find(attribute);

	if (found == attributes.end() || !found->second)
		return std::nullopt;
	return parse_number(*found->second);
}

std::optional<Range> Node::range() const
{
	auto start = number(kind == NodeKind::Region ? "resource" : "start");
	auto size = number("size");

	if (!start || !size)
		return std::nullopt;
	return range_of(*start, *size);
}

std::optional<bool> Node::locked() const
{
	auto value = number("locked");

	if (!value)
		return std::nullopt;
	return *value != 0;
}

std::string Node::region() const
{
	auto found = attributes.find("region");

	return found == attributes.end() ? "" : found->second.value_or("");
}

const Node *Topology::find(const std::string &name) const
{
	auto found = std::find_if(nodes.begin(), nodes.end(),
				  [&](const Node &node) { return node.name == name; });

	return found == nodes.end() ? nullptr : &*found;
}

std::vector<const Node *> Topology::of(NodeKind kind) const
{
	std::vector<const Node *> found;

	for (const auto &node : nodes)
		if (node.kind == kind)
			found.push_back(&node);
	return found;
}

const Node *Topology::region_of(const Range &range) const
{
	for (const Node *region : of(NodeKind::Region))
		if (auto own = region->range(); own && own->contains(range))
			return region;
	return nullptr;
}

std::vector<const Node *> Topology::members(const std::string &region) const
{
	std::vector<const Node *> found;

	for (const Node *decoder : of(NodeKind::EndpointDecoder))
		if (!region.empty() && decoder->region() == region)
			found.push_back(decoder);
	return found;
}

std::string Topology::pci_of(const Node &memdev) const
{
	/* .../0000:0d:00.0/mem0, and in-tree .../0000:0d:00.0/mem0 as well */
	std::string_view path = memdev.path;

	while (path.rfind('/') != path.npos) {
		path = path.substr(0, path.rfind('/'));
		if (auto bdf = parse_bdf(path.substr(path.rfind('/') + 1)))
			return *bdf;
	}
	return {};
}

std::vector<Target> Topology::targets(const Node &region) const
{
	std::vector<Target> found;

	for (unsigned i = 0; i < ways_of(region); i++) {
		Target target;
		auto attribute = region.attributes.find(fmt::format("target{}", i));

		target.position = i;
		if (attribute != region.attributes.end())
			target.name = attribute->second;

		const Node *decoder = find(target.name.value_or(""));

		/* a decoder's parent is its endpoint, whose child the memdev is */
		if (decoder && decoder->parent >= 0)
			for (int child : nodes[static_cast<size_t>(decoder->parent)].children)
				if (nodes[static_cast<size_t>(child)].kind == NodeKind::Memdev)
					target.memdev = &nodes[static_cast<size_t>(child)];
		if (target.memdev)
			target.bdf = pci_of(*target.memdev);
		found.push_back(std::move(target));
	}
	return found;
}

std::vector<std::pair<uint64_t, std::string>> Topology::ways_down(const Node &decoder) const
{
	std::vector<std::pair<uint64_t, std::string>> found;
	auto list = decoder.attributes.find("target_list");

	if (list == decoder.attributes.end() || !list->second)
		return found;
	for (const auto &text : split(*list->second, ',')) {
		auto number = parse_number(text);
		std::string device;

		if (!number)
			continue;
		if (decoder.parent >= 0) {
			const auto &dports = nodes[static_cast<size_t>(decoder.parent)].dports;

			if (auto dport = dports.find(*number); dport != dports.end())
				device = dport->second;
		}
		found.emplace_back(*number, std::move(device));
	}
	return found;
}

const Node *Topology::port_above(const std::string &device) const
{
	for (const Node *port : of(NodeKind::Port)) {
		for (const auto &[number, dport] : port->dports)
			if (dport == device)
				return port;
		if (auto uport = port->attributes.find("uport");
		    uport != port->attributes.end() && uport->second.value_or("") == device)
			return port;
	}
	return nullptr;
}

const Node *Topology::memdev_of(const std::string &bdf) const
{
	for (const Node *memdev : of(NodeKind::Memdev))
		if (pci_of(*memdev) == bdf)
			return memdev;
	return nullptr;
}

const Node *Topology::endpoint_of(const Node &memdev) const
{
	return memdev.parent < 0 ? nullptr : &nodes[static_cast<size_t>(memdev.parent)];
}

Topology read_topology(const Root &root, const std::string &bus, const Wanted &only)
{
	Topology topology;
	std::string folder = "/sys/bus/" + bus + "/devices";
	auto names = root.list(folder);

	topology.bus = bus;
	if (!names) {
		if (!names.absent())
			topology.problems.push_back(names.problem());
		return topology;
	}
	topology.present = true;
	for (const auto &name : *names) {
		Node node;
		auto path = root.resolve(folder + "/" + name);

		node.name = name;
		if (path) {
			node.path = *path;
			node.kind = kind_of(root, name, node.path);
			read_node(root, node, only, topology.problems);
		} else {
			node.kind = kind_of(root, name, folder + "/" + name);
			topology.problems.push_back(path.problem());
			if (node.kind == NodeKind::Endpoint)
				node.attributes.emplace("uport", path.problem());
		}
		topology.nodes.push_back(std::move(node));
	}
	link_nodes(topology);
	return topology;
}

const char *kind_word(NodeKind kind)
{
	switch (kind) {
	case NodeKind::Root:
		return "root";
	case NodeKind::Port:
		return "port";
	case NodeKind::Endpoint:
		return "endpoint";
	case NodeKind::RootDecoder:
		return "root-decoder";
	case NodeKind::SwitchDecoder:
		return "switch-decoder";
	case NodeKind::EndpointDecoder:
		return "endpoint-decoder";
	case NodeKind::Memdev:
		return "memdev";
	case NodeKind::Region:
		return "region";
	case NodeKind::DaxRegion:
		return "dax-region";
	case NodeKind::Other:
		break;
	}
	return "other";
}

} // namespace cxla
