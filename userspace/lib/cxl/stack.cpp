// SPDX-License-Identifier: GPL-2.0-only
#include "cxl/stack.h"

#include "cxl/accel.h"
#include "sys/error.h"
#include "sys/modules.h"

#include <algorithm>
#include <fmt/format.h>

namespace cxla
{

namespace
{

std::vector<std::string> names_of_ours()
{
	return {our_modules.begin(), our_modules.begin() + necessary_modules};
}

/* what a driver in mainline's form leaves out, whatever is below it */
std::vector<Inability> of_a_portable_driver()
{
	return {
		{Ability::Outcome, "the driver shows no state, reason or range in sysfs: what the "
				   "bus shows of the device's region is taken instead"},
		{Ability::OnLoss, "its driver is unbound when the range goes, and has no choice"},
		{Ability::Node, "the driver has no device node: no ioctl, no mapping, no events"},
		{Ability::Record, "the driver hands out no record of an attach: only what can be "
				  "seen from outside is measured"},
		{Ability::Returns, "a driver that lost its range is unbound for good"},
	};
}

std::vector<Inability> of_the_in_tree_stack()
{
	std::vector<Inability> all = of_a_portable_driver();

	all.insert(all.end(),
		   {{Ability::Ledger, "nothing says who has which range, and why"},
		    {Ability::PausePoints, "there are no pause points in its code"},
		    {Ability::DeleteIsRefused,
		     "delete_region ends a region while a driver is attached to it"},
		    {Ability::UncommitIsRefused, "commit=0 is answered by EPERM, not EBUSY"}});
	return all;
}

} // namespace

Stack::Stack(std::string name, std::string bus, std::array<std::string, driver_count> drivers,
	     std::vector<std::string> modules, std::vector<Inability> inabilities)
    : name_(std::move(name)), bus_(std::move(bus)), drivers_(std::move(drivers)),
      modules_(std::move(modules)), inabilities_(std::move(inabilities))
{
}

bool Stack::is_module(std::string_view name) const
{
	return std::find(modules_.begin(), modules_.end(), name) != modules_.end();
}

const std::string &Stack::driver(Driver driver) const
{
	return drivers_.at(static_cast<size_t>(driver));
}

std::string Stack::driver_folder(Driver driver) const
{
	std::string bus = bus_;

	if (driver == Driver::Accel || driver == Driver::Expander)
		bus = "pci";
	else if (driver == Driver::Root)
		bus = "platform";
	return fmt::format("/sys/bus/{}/drivers/{}", bus, this->driver(driver));
}

std::string Stack::driver_file(Driver driver, std::string_view file) const
{
	return fmt::format("{}/{}", driver_folder(driver), file);
}

std::string Stack::devices_folder() const
{
	return fmt::format("/sys/bus/{}/devices", bus_);
}

std::string Stack::device_folder(std::string_view name) const
{
	return fmt::format("{}/{}", devices_folder(), name);
}

std::string Stack::flush_file() const
{
	return fmt::format("/sys/bus/{}/flush", bus_);
}

std::string_view Stack::why_not(Ability ability) const
{
	auto found = std::find_if(inabilities_.begin(), inabilities_.end(),
				  [&](const Inability &one) { return one.ability == ability; });

	return found == inabilities_.end() ? std::string_view() : found->why;
}

std::vector<std::string> Stack::accelerators(const Root &root) const
{
	return bound_to(root, driver(Driver::Accel));
}

BindOutcome Stack::outcome(const Root &root, const Topology &topology, const std::string &bdf) const
{
	BindOutcome outcome;

	outcome.driver = root.link_name("/sys/bus/pci/devices/" + bdf + "/driver").value_or("");

	const Node *memdev = topology.memdev_of(bdf);

	if (!memdev)
		return outcome;
	outcome.memdev = memdev->name;

	const Node *endpoint = topology.endpoint_of(*memdev);

	if (!endpoint)
		return outcome;
	outcome.endpoint = endpoint->name;
	for (int child : endpoint->children) {
		const Node &decoder = topology.nodes[static_cast<size_t>(child)];
		const Node *region =
			decoder.kind == NodeKind::EndpointDecoder && !decoder.region().empty()
				? topology.find(decoder.region())
				: nullptr;

		if (!region)
			continue;
		outcome.region = region->name;
		/* a region of several members is nobody's alone */
		if (outcome.driver == driver(Driver::Accel) && region->shown("commit") == "1" &&
		    region->number("interleave_ways") == 1U)
			outcome.range = region->range();
		break;
	}
	return outcome;
}

BindOutcome Stack::outcome(const Root &root, const std::string &bdf) const
{
	return outcome(root, read_topology(root, bus_), bdf);
}

const Stack &our_stack()
{
	static const Stack stack("ours", "cxla",
				 {accel_driver, expander_driver, "cxla_acpi", "cxla_port",
				  "cxla_mem", "cxla_region", "cxla_dax_region"},
				 names_of_ours(), {});

	return stack;
}

Stack make_stack(std::string_view name, const std::string &accel_driver)
{
	if (name == "ours") {
		if (accel_driver.empty() || accel_driver == cxla::accel_driver)
			return our_stack();

		std::vector<std::string> modules = names_of_ours();

		modules.push_back(accel_driver);
		return {"ours",
			"cxla",
			{accel_driver, expander_driver, "cxla_acpi", "cxla_port", "cxla_mem",
			 "cxla_region", "cxla_dax_region"},
			std::move(modules),
			of_a_portable_driver()};
	}
	if (name == "in-tree") {
		std::string accel = accel_driver.empty() ? intree_accel_driver : accel_driver;

		/* with cxl_acpi before cxl_port there would be no endpoints */
		return {"in-tree",
			"cxl",
			{accel, "cxl_pci", "cxl_acpi", "cxl_port", "cxl_mem", "cxl_region",
			 "cxl_dax_region"},
			{"cxl_core", "cxl_port", "cxl_acpi", "cxl_mem", accel},
			of_the_in_tree_stack()};
	}
	throw Error(fmt::format("there is no stack '{}'", name),
		    fmt::format("one of {}", fmt::join(stack_names(), ", ")), Exit::Usage);
}

const std::vector<std::string> &stack_names()
{
	static const std::vector<std::string> names = {"ours", "in-tree"};

	return names;
}

const char *ability_word(Ability ability)
{
	switch (ability) {
	case Ability::Outcome:
		return "outcome";
	case Ability::OnLoss:
		return "on-loss";
	case Ability::Node:
		return "node";
	case Ability::Record:
		return "record";
	case Ability::Ledger:
		return "ledger";
	case Ability::PausePoints:
		return "pause-points";
	case Ability::DeleteIsRefused:
		return "delete-is-refused";
	case Ability::UncommitIsRefused:
		return "uncommit-is-refused";
	case Ability::Returns:
		return "returns";
	}
	return "?";
}

} // namespace cxla
