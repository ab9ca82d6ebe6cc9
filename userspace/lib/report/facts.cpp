// SPDX-License-Identifier: GPL-2.0-only
#include "report/facts.h"

#include <fmt/format.h>

namespace cxla
{

namespace
{

std::string driver_text(const std::string &driver)
{
	return driver.empty() ? "no driver" : driver;
}

std::string accelerator_text(const Accelerator &accel)
{
	std::string text =
		fmt::format("{} {}", accel.accel.value_or("?"), accel.state.value_or("?"));

	if (accel.range)
		return text + " " + accel.range->text();
	return text + " (" + accel.reason.value_or("?") + ")";
}

} // namespace

Facts facts_of(const Machine &machine)
{
	Facts facts;

	for (const auto &[name, module] : machine.loaded)
		facts["module " + name] = "loaded";
	for (const auto &root : machine.roots)
		facts[root.name] = driver_text(root.driver);
	for (const auto &device : machine.pci.devices)
		if (device.cxl)
			facts[device.bdf] = driver_text(device.driver);
	for (const auto &accel : machine.accelerators)
		facts[accel.bdf] = accelerator_text(accel);
	for (const auto *region : machine.shown().of(NodeKind::Region)) {
		auto range = region->range();

		facts[region->name] =
			fmt::format("{}{}{}", range ? range->text() : "no range",
				    region->number("commit") == 0 ? ", not committed" : "",
				    region->driver.empty() ? ", no driver" : "");
	}
	for (const auto &dax : machine.dax)
		facts[dax.name] = driver_text(dax.driver);
	for (const auto &ram : machine.system_ram_in_windows())
		facts["System RAM " + ram.range.text()] = "online";
	if (machine.ledger)
		for (const auto &entry : machine.ledger->entries)
			facts["range " + entry.range.text()] = entry.text();
	return facts;
}

std::vector<std::string> changes_between(const Facts &before, const Facts &now)
{
	std::vector<std::string> changes;
	auto old = before.begin();

	for (const auto &[name, text] : now) {
		for (; old != before.end() && old->first < name; ++old)
			changes.push_back(fmt::format("{}: {} -> gone", old->first, old->second));
		if (old == before.end() || old->first != name) {
			changes.push_back(fmt::format("{}: new, {}", name, text));
			continue;
		}
		if (old->second != text)
			changes.push_back(fmt::format("{}: {} -> {}", name, old->second, text));
		++old;
	}
	for (; old != before.end(); ++old)
		changes.push_back(fmt::format("{}: {} -> gone", old->first, old->second));
	return changes;
}

} // namespace cxla
