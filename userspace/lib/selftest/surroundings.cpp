// SPDX-License-Identifier: GPL-2.0-only
#include "selftest/surroundings.h"

#include "cxl/machine.h"
#include "load/state.h"

#include <algorithm>
#include <fmt/format.h>
#include <thread>

namespace cxla
{

namespace
{

using namespace std::chrono_literals;

const char *or_nobody(const std::string &word)
{
	return word.empty() ? "none" : word.c_str();
}

std::string words_of(const std::string &name, const auto &device)
{
	return fmt::format("{}: driver {}, driver_override {}", name, or_nobody(device.driver),
			   or_nobody(device.driver_override));
}

/* in /proc/modules the name is the first word of a line */
std::set<std::string> loaded_modules(const Root &root)
{
	std::set<std::string> names;

	for (const auto &line : split(root.read("/proc/modules", 1 << 20).value_or(""), '\n'))
		if (std::string name = line.substr(0, line.find(' ')); !name.empty())
			names.insert(std::move(name));
	return names;
}

} // namespace

Surroundings read_surroundings(const Root &root)
{
	Machine machine = read_machine(root);
	Surroundings all;

	all.objects = take_snapshot(root, make_stack("in-tree"));
	for (const auto &device : machine.roots)
		all.objects.push_back(words_of(device.name, device));
	for (const auto &device : machine.hmem)
		all.objects.push_back(words_of(device.name, device));
	for (const auto &device : machine.pci.devices)
		if (device.cxl)
			all.objects.push_back(words_of(device.bdf, device));
	/* numbers that scripts of the owner have in them */
	for (const Node *memdev : machine.intree.of(NodeKind::Memdev))
		all.objects.push_back(
			fmt::format("{} is of {}", memdev->name, machine.intree.pci_of(*memdev)));
	for (const auto &device : machine.dax)
		if (device.range)
			all.objects.push_back(
				fmt::format("{} is {}", device.name, device.range->text()));
	for (const auto &ram : machine.system_ram_in_windows())
		all.objects.push_back("System RAM " + ram.range.text());
	all.objects.push_back(
		fmt::format("drivers_autoprobe of PCI: {}", or_nobody(machine.pci_autoprobe)));
	if (root.exists(state_path))
		all.objects.push_back(fmt::format("{} is there", state_path));
	std::sort(all.objects.begin(), all.objects.end());
	all.modules = loaded_modules(root);
	return all;
}

SnapshotChange compare_surroundings(const Root &root, const Surroundings &before,
				    std::chrono::milliseconds patience)
{
	auto deadline = std::chrono::steady_clock::now() + patience;

	for (;;) {
		Surroundings now = read_surroundings(root);
		SnapshotChange change = compare(before.objects, now.objects);

		for (const auto &name : before.modules)
			if (!now.modules.count(name))
				change.missing.push_back("module " + name);
		for (const auto &name : now.modules)
			if (!before.modules.count(name))
				change.extra.push_back("module " + name);
		if (change.empty() || std::chrono::steady_clock::now() >= deadline)
			return change;
		std::this_thread::sleep_for(100ms);
	}
}

} // namespace cxla
