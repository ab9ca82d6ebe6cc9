// SPDX-License-Identifier: GPL-2.0-only
#include "cxl/expander.h"

#include <fmt/format.h>

namespace cxla
{

namespace
{

Membership membership_of(const Topology &ours, const Node &decoder)
{
	Membership member{decoder.name, decoder.region(), {}, 0, {}};
	const Node *region = ours.find(member.region);

	if (!region)
		return member;
	member.range = region->range();
	member.ways = static_cast<unsigned>(region->number("interleave_ways").value_or(0));
	for (const auto &target : ours.targets(*region))
		if (target.name.value_or("") == decoder.name)
			member.position = target.position;
	return member;
}

} // namespace

Expander read_expander(const Root &root, const std::string &bdf, const Topology &ours)
{
	Expander expander;
	const Node *memdev = ours.memdev_of(bdf);
	const Node *endpoint = memdev ? ours.endpoint_of(*memdev) : nullptr;

	expander.bdf = bdf;
	expander.driver = bound_driver(root, "/sys/bus/pci/devices/" + bdf).value_or("");
	if (memdev) {
		expander.memdev = memdev->name;
		expander.serial = memdev->shown("serial");
	}
	if (!endpoint)
		return expander;
	for (int child : endpoint->children) {
		const Node &node = ours.nodes[static_cast<size_t>(child)];

		if (node.kind == NodeKind::EndpointDecoder && !node.region().empty())
			expander.regions.push_back(membership_of(ours, node));
	}
	return expander;
}

std::string membership_text(const Membership &member)
{
	return fmt::format(
		"{} {}  {} {}{}", member.region,
		member.range ? member.range->text() + " " + size_text(member.range->size()) : "?",
		member.ways ? std::to_string(member.ways) : "?", member.ways == 1 ? "way" : "ways",
		!member.position   ? ", no position"
		: member.ways == 1 ? ""
				   : fmt::format(", position {}", *member.position));
}

std::vector<Expander> read_expanders(const Root &root, const Topology &ours)
{
	std::vector<Expander> expanders;

	for (const auto &bdf : bound_to(root, expander_driver))
		expanders.push_back(read_expander(root, bdf, ours));
	return expanders;
}

} // namespace cxla
