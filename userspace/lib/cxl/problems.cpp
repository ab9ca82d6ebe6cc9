// SPDX-License-Identifier: GPL-2.0-only
#include "cxl/problems.h"

#include "cxl/reason.h"

#include <algorithm>
#include <fmt/format.h>

namespace cxla
{

namespace
{

using Wrongs = std::vector<Wrong>;

void add(Wrongs &out, const std::string &thing, Wrong wrong)
{
	auto same = std::find_if(out.begin(), out.end(), [&](const Wrong &w) {
		return w.code == wrong.code && w.what == wrong.what;
	});

	if (same == out.end())
		same = out.insert(out.end(), std::move(wrong));
	if (std::find(same->things.begin(), same->things.end(), thing) == same->things.end())
		same->things.push_back(thing);
}

void add_windows(const Machine &machine, Wrongs &out)
{
	if (!machine.cedt)
		return;
	if (machine.cedt->windows.empty())
		add(out, "CEDT",
		    {"no-windows",
		     {},
		     "has no window: the platform routes no address to CXL memory",
		     "turn CXL memory on in the firmware's settings; without a window no memory "
		     "of a CXL device can be used"});
	for (const auto &window : machine.cedt->windows)
		for (uint32_t uid : window.targets) {
			std::string trouble = machine.bridge_trouble(uid);

			if (trouble.empty())
				continue;
			add(out,
			    fmt::format("window {}", window.range() ? window.range()->text() : "?"),
			    {"window-target",
			     {},
			     fmt::format("leads to host bridge {}: {}", uid, trouble),
			     trouble == "CXL 1.1"
				     ? "nothing can be attached below a CXL 1.1 host bridge"
				     : "report it to the firmware's vendor: CEDT and ACPI0016 "
				       "devices do not agree"});
		}
}

void add_drivers(const Topology &topology, Wrongs &out)
{
	const std::string prefix = topology.bus + "_";

	for (const auto &node : topology.nodes) {
		const char *driver = node.kind == NodeKind::Port       ? "port"
				     : node.kind == NodeKind::Endpoint ? "port"
				     : node.kind == NodeKind::Memdev   ? "mem"
								       : nullptr;

		/* one whose link dangles is among the problems */
		if (!driver || !node.driver.empty() || node.path.empty())
			continue;
		add(out, node.name,
		    {"no-driver",
		     {},
		     fmt::format("has no driver; {}{} belongs to it", prefix, driver),
		     fmt::format(
			     "the kernel log says why it refused; to bind it again: echo NAME > "
			     "/sys/bus/{}/drivers/{}{}/bind",
			     topology.bus, prefix, driver)});
	}
}

void add_regions(const Topology &topology, Wrongs &out)
{
	for (const Node *region : topology.of(NodeKind::Region)) {
		std::vector<std::string> missing;
		auto targets = topology.targets(*region);

		for (const auto &target : targets)
			if (target.name && target.name->empty())
				missing.push_back(std::to_string(target.position));
		if (missing.empty())
			continue;
		add(out, region->name,
		    {"incomplete",
		     {},
		     fmt::format("has nobody in position {} of {}", fmt::join(missing, ", "),
				 targets.size()),
		     topology.bus == "cxla"
			     ? "its device has no memdev now: `cxla detach DEVICE` and `cxla "
			       "attach --expander DEVICE` "
			       "give it one"
			     : "the in-tree driver could not assemble it: the kernel log says "
			       "why"});
	}
}

/* what a device's own registers say, with or without a driver */
void add_devices(const Machine &machine, Wrongs &out)
{
	auto refused_for_media = [&](const std::string &bdf) {
		return std::any_of(machine.accelerators.begin(), machine.accelerators.end(),
				   [&](const Accelerator &accel) {
					   return accel.bdf == bdf &&
						  accel.reason.value_or("") == "media-not-ready";
				   });
	};

	for (const auto &device : machine.pci.devices) {
		if (!device.cxl || !device.cxl->mem)
			continue;
		if (device.cxl->link && !device.cxl->link->mem)
			add(out, device.bdf,
			    {"trained-without-cxl",
			     {},
			     device.cxl->link->io ? "its link trained without CXL.mem"
						  : "its link trained as PCIe",
			     "check that the slot has CXL and that the firmware's settings allow "
			     "it there; the device works PCI-only"});
		/* of one that was refused for that the refusal says so */
		else if (device.cxl->memory_active == false && !refused_for_media(device.bdf))
			add(out, device.bdf,
			    {"memory-not-active",
			     {},
			     "says that its memory is not ready",
			     "wait for the device to finish its initialisation; an attach waits "
			     "for as long as the device says that it takes"});
	}
}

void add_refused(const Machine &machine, Wrongs &out)
{
	for (const auto &accel : machine.accelerators) {
		/* what could not be read is among the problems */
		if (!accel.state || accel.attached() || !accel.reason)
			continue;

		ReasonText reason = reason_by_word(*accel.reason);

		add(out,
		    accel.accel && !accel.accel->empty()
			    ? fmt::format("{} ({})", accel.bdf, *accel.accel)
			    : accel.bdf,
		    {*accel.reason, {}, std::string(reason.meaning), std::string(reason.todo)});
	}
}

} // namespace

std::vector<Wrong> what_is_wrong(const Machine &machine)
{
	Wrongs out;

	add_windows(machine, out);
	add_drivers(machine.shown(), out);
	add_regions(machine.shown(), out);
	add_devices(machine, out);
	add_refused(machine, out);
	return out;
}

} // namespace cxla
