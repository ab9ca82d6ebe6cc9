// SPDX-License-Identifier: GPL-2.0-only
#include "cxl/snapshot.h"

#include "cxl/reason.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace cxla
{

namespace
{

/* regions, memdevs and the like get a new number each time */
std::string without_numbers(std::string_view text)
{
	std::string out;

	for (char c : text) {
		if (c < '0' || c > '9')
			out += c;
		else if (!out.ends_with('#'))
			out += '#';
	}
	return out;
}

/*
 * what there is to be said of an object, and what Stack::outcome() asks; in an emulated machine
 * each file that is read counts
 */
const Wanted shown = {"uport",  "serial", "start",  "size",           "resource",
		      "commit", "locked", "region", "interleave_ways"};

class Bus
{
public:
	explicit Bus(const Topology &topology) : topology_(topology) {}

	std::string words(const Node &node) const
	{
		return fmt::format("{}, driver {}", place(node),
				   node.driver.empty() ? "none" : node.driver);
	}

private:
	std::string above(const Node &node) const
	{
		return node.parent < 0 ? ""
				       : place(topology_.nodes[static_cast<size_t>(node.parent)]);
	}
	std::string memdev_of(const Node &endpoint) const
	{
		for (int child : endpoint.children) {
			const Node &node = topology_.nodes[static_cast<size_t>(child)];

			if (node.kind == NodeKind::Memdev)
				return whose(node);
		}
		return "?";
	}
	/* not each stack shows the serial number of an accelerator; its address stays, too */
	std::string whose(const Node &memdev) const
	{
		return memdev.attributes.count("serial") ? memdev.shown("serial")
							 : topology_.pci_of(memdev);
	}
	std::string place(const Node &node) const
	{
		switch (node.kind) {
		case NodeKind::Root:
		case NodeKind::Port:
			return fmt::format("{}{}({})", above(node), kind_word(node.kind),
					   node.shown("uport"));
		case NodeKind::Endpoint:
			return fmt::format("{}/endpoint({})", above(node), memdev_of(node));
		case NodeKind::Memdev:
			return fmt::format("memdev({})", whose(node));
		case NodeKind::Region:
			return fmt::format("{}/region({} {} commit={} locked={})", above(node),
					   node.shown("resource"), node.shown("size"),
					   node.shown("commit"), node.shown("locked"));
		case NodeKind::DaxRegion:
			return above(node) + "/dax_region";
		case NodeKind::Other:
			return above(node) + "/" + without_numbers(node.name);
		default:
			return fmt::format("{}/decoder(.{} {} {}{})", above(node),
					   node.name.substr(node.name.find('.') + 1),
					   node.shown("start"), node.shown("size"),
					   node.region().empty() ? "" : " in a region");
		}
	}

	const Topology &topology_;
};

std::string in_lasting_words(const std::string &reason)
{
	return waits_for_what_is_above(reason) ? "waits for what is above it" : reason;
}

void add_accelerators(const Root &root, const Stack &stack, const Topology &topology,
		      Snapshot &snapshot)
{
	if (!stack.can(Ability::Outcome)) {
		for (const auto &bdf : stack.accelerators(root)) {
			BindOutcome outcome = stack.outcome(root, topology, bdf);

			snapshot.push_back(
				fmt::format("{}: {}, {}", bdf, outcome.driver,
					    outcome.range ? outcome.range->text() : "no range"));
		}
		return;
	}
	for (const auto &accel : read_accelerators(root, topology))
		snapshot.push_back(fmt::format("{}: {}, {}, {}, {}", accel.bdf, accel.driver,
					       accel.state.value_or("?"),
					       in_lasting_words(accel.reason.value_or("?")),
					       accel.range ? accel.range->text() : "no range"));
}

/* who has device-dax, or was to, and whose ranges are: not since when or why */
void add_ranges(const Root &root, Snapshot &snapshot)
{
	const std::string platform = "/sys/bus/platform/devices/";

	for (const auto &device : read_dax(root))
		snapshot.push_back(fmt::format("dax device of {}: {}, driver {}",
					       without_numbers(device.parent),
					       device.range ? device.range->text() : "no range",
					       device.driver.empty() ? "none" : device.driver));
	for (const auto &name : root.list(platform).value_or({}))
		if (name.starts_with("cxla_hmem.") || name.starts_with("hmem"))
			snapshot.push_back(fmt::format(
				"{}, driver {}", without_numbers(name),
				root.link_name(platform + name + "/driver").value_or("none")));
	if (auto ledger = read_ledger(root))
		for (const auto &entry : ledger->entries)
			if (entry.held())
				snapshot.push_back(fmt::format(
					"ledger {} {} {} {}", entry.range.text(), entry.owner,
					entry.state, without_numbers(entry.who)));
}

void add_modules(const Root &root, const Stack &stack, Snapshot &snapshot)
{
	auto add = [&](const std::string &name) {
		if (auto references = module_references(root, name))
			snapshot.push_back(fmt::format("{}: {} references", name, *references));
	};

	/* ours in any case: they are not to be there beside another stack */
	for (const char *name : our_modules)
		add(name);
	for (const auto &name : stack.modules())
		if (!is_our_module(name))
			add(name);
}

} // namespace

Snapshot take_snapshot(const Root &root, const Stack &stack)
{
	Snapshot snapshot;
	Topology topology = read_topology(root, stack.bus(), shown);
	Bus bus(topology);

	for (const auto &node : topology.nodes)
		snapshot.push_back(bus.words(node));
	add_accelerators(root, stack, topology, snapshot);
	add_ranges(root, snapshot);
	for (const auto &name : root.list("/dev/cxla").value_or({}))
		snapshot.push_back("/dev/cxla/" + without_numbers(name));
	if (auto iomem = read_iomem(root))
		for (const auto &entry : iomem->entries)
			snapshot.push_back(fmt::format("iomem {} {}", entry.range.text(),
						       without_numbers(entry.name)));
	add_modules(root, stack, snapshot);
	std::sort(snapshot.begin(), snapshot.end());
	return snapshot;
}

SnapshotChange compare(const Snapshot &before, const Snapshot &after)
{
	SnapshotChange change;

	std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
			    std::back_inserter(change.missing));
	std::set_difference(after.begin(), after.end(), before.begin(), before.end(),
			    std::back_inserter(change.extra));
	return change;
}

} // namespace cxla
