// SPDX-License-Identifier: GPL-2.0-only
#include "stress/description.h"

#include "cxl/object_names.h"
#include "sys/range.h"

#include <algorithm>
#include <fmt/format.h>
#include <ranges>

namespace cxla
{

namespace
{

constexpr const char *some_bytes = "0x10000000";
constexpr const char *making = "/create_ram_region";

/* is a device below the first host bridge that a window leads to */
bool leads_to(const Root &root, const std::string &window, const std::string &bdf)
{
	std::string targets = root.text(bus_device(window) + "/target_list").value_or("");
	std::string dport = targets.substr(0, targets.find(','));
	std::string bridge =
		root.link_name(bus_device(parent_of(root, window)) + "/dport" + dport).value_or("");

	return !bridge.empty() &&
	       root.resolve(pci_device(bdf)).value_or("").find("/" + bridge + "/") !=
		       std::string::npos;
}

/* a window of volatile memory that leads to the device alone; empty: there is none */
std::string find_window(const Root &root, const std::string &bdf)
{
	for (const auto &name : root.list(bus_devices).value_or({}))
		if (names_decoder(name) && root.exists(bus_device(name) + making) &&
		    root.text(bus_device(name) + "/interleave_ways").value_or("") == "1" &&
		    leads_to(root, name, bdf))
			return name;
	return "";
}

uint64_t bytes_of(const Root &root, const std::string &path)
{
	return root.number(path).value_or(0);
}

bool is_member_of(const Root &root, const std::string &decoder, const std::string &memdev)
{
	std::string endpoint = parent_of(root, decoder);

	return !memdev.empty() &&
	       root.link_name(bus_device(endpoint) + "/uport").value_or("") == memdev;
}

bool is_described(const Root &root, const std::string &region,
		  const std::vector<std::string> &memdevs)
{
	for (const auto &name : root.list(bus_device(region)).value_or({})) {
		if (!name.starts_with("target"))
			continue;

		std::string decoder =
			root.text(fmt::format("{}/{}", bus_device(region), name)).value_or("");

		if (!decoder.empty() &&
		    std::none_of(memdevs.begin(), memdevs.end(), [&](const std::string &memdev) {
			    return is_member_of(root, decoder, memdev);
		    }))
			return false;
	}
	return true;
}

} // namespace

AttributeWrite Description::write_of(const Root &root, Describe step) const
{
	std::string of_region = region.empty() ? "" : bus_device(region);

	if (region.empty() && step > Describe::Make)
		return {};
	switch (step) {
	case Describe::Dpa:
		return {decoder.empty() ? "" : bus_device(decoder) + "/dpa_size", some_bytes};
	case Describe::Make:
		if (window.empty())
			return {};
		return {bus_device(window) + making,
			root.text(bus_device(window) + making).value_or("")};
	case Describe::Ways:
		return {of_region + "/interleave_ways", "1"};
	case Describe::Grain:
		return {of_region + "/interleave_granularity", "256"};
	case Describe::Size:
		return {of_region + "/size", some_bytes};
	case Describe::Target:
		return {of_region + "/target0", decoder};
	case Describe::Commit:
		return {of_region + "/commit", "1"};
	default:
		return {"/sys/bus/cxla/drivers/cxla_region/bind", region};
	}
}

AttributeWrite Description::deletion() const
{
	if (window.empty() || region.empty())
		return {};
	return {bus_device(window) + "/delete_region", region};
}

Description describe(const Root &root, const std::string &bdf, unsigned nr)
{
	auto decoders = decoders_of(root, bdf);
	Description description{find_window(root, bdf), {}, {}};

	if (!decoders.empty())
		description.decoder = decoders[nr % decoders.size()];
	return description;
}

bool can_be_described(const Root &root, const std::string &bdf)
{
	Description description = describe(root, bdf);

	return !description.window.empty() && !description.decoder.empty() &&
	       region_of(root, bdf).empty() &&
	       root.exists(bus_device(description.decoder) + "/dpa_size") &&
	       bytes_of(root, bus_device(memdev_of(root, bdf)) + "/ram/size") > 0;
}

std::vector<std::string> described_regions(const Root &root, const std::vector<std::string> &bdfs)
{
	std::vector<std::string> memdevs, regions;

	for (const auto &bdf : bdfs)
		memdevs.push_back(memdev_of(root, bdf));
	for (const auto &name : root.list(bus_devices).value_or({}))
		if (name.starts_with("region") && is_described(root, name, memdevs))
			regions.push_back(name);
	return regions;
}

void end_described(const Root &root, const std::vector<std::string> &bdfs)
{
	if (bdfs.empty())
		return;
	for (const auto &region : described_regions(root, bdfs))
		root.try_write(bus_device(parent_of(root, region)) + "/delete_region", region);
	for (const auto &bdf : bdfs) {
		auto decoders = decoders_of(root, bdf);

		/* the last has what is behind all others */
		for (const auto &decoder : std::ranges::reverse_view(decoders))
			if (bytes_of(root, bus_device(decoder) + "/dpa_size"))
				root.try_write(bus_device(decoder) + "/dpa_size", "0");
	}
}

} // namespace cxla
