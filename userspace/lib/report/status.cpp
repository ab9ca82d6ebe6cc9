// SPDX-License-Identifier: GPL-2.0-only
#include "report/status.h"

#include "cxl/problems.h"
#include "report/report.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

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

std::string serial_text(const Machine &machine, const std::string &bdf)
{
	auto serial = machine.serial_of(bdf);

	return serial ? fmt::format("{:#x}", *serial) : "";
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

/* what it does with CXL.mem now, the first thing that keeps it from working */
std::string mem_words(const CxlDvsec &cxl)
{
	if (!cxl.mem)
		return "";
	if (cxl.link && !cxl.link->mem)
		return cxl.link->io ? "not trained" : "trained as PCIe";
	if (cxl.memory_active == false)
		return "not ready";
	return cxl.mem_enable ? "enabled" : "off";
}

/* what the window's targets are, and what is wrong with them */
std::string targets_text(const Machine &machine, const Window &window)
{
	std::vector<std::string> bridges;

	for (uint32_t uid : window.targets) {
		std::string trouble = machine.bridge_trouble(uid);

		bridges.push_back(trouble.empty() ? fmt::format("{}", uid)
						  : fmt::format("{} ({})", uid, trouble));
	}
	return fmt::format("host bridge{} {}", bridges.size() == 1 ? "" : "s",
			   fmt::join(bridges, ", "));
}

void add_bridges(const Machine &machine, std::string &out)
{
	for (const auto &bridge : machine.cedt->bridges) {
		std::string device = machine.bridge_device(bridge.uid);
		std::string trouble = machine.bridge_trouble(bridge.uid);

		out += fmt::format("host bridge   {}{}  {}  registers at {:#x}, {}{}\n", bridge.uid,
				   device.empty() ? "" : fmt::format(" ({})", device),
				   bridge.version ? "CXL 2.0" : "CXL 1.1 (not supported)",
				   bridge.base, size_text(bridge.length),
				   trouble.empty() || !bridge.version ? "" : "  " + trouble);
	}
	for (const auto &bridge : machine.acpi_bridges) {
		auto is = [&](const HostBridge &entry) { return entry.uid == bridge.uid; };

		if (std::none_of(machine.cedt->bridges.begin(), machine.cedt->bridges.end(), is))
			out += fmt::format("host bridge   {} ({})  {}\n",
					   bridge.uid ? fmt::format("{}", *bridge.uid) : "?",
					   bridge.device.empty() ? bridge.name : bridge.device,
					   bridge.uid ? machine.bridge_trouble(*bridge.uid)
						      : "has no _UID");
	}
}

void add_windows(const Machine &machine, std::string &out)
{
	if (!machine.cedt) {
		out += fmt::format("CEDT          {}{}\n", machine.cedt.problem().text(),
				   machine.cedt.problem().err == EACCES ? " (shown to root only)"
									: "");
		return;
	}
	for (const auto &window : machine.cedt->windows) {
		std::string line =
			fmt::format("window        {}  {}{}  {}", range_and_size(window.range()),
				    targets_text(machine, window),
				    window.ways > 1 ? fmt::format("  {} ways by {} {}", window.ways,
								  window.granularity,
								  window.modulo ? "modulo" : "xor")
						    : "",
				    fmt::join(window.restriction_words(), "+"));

		out += wrapped(line, "", "              ") + "\n";
	}
	add_bridges(machine, out);
	for (const auto &bad : machine.cedt->bad)
		out += fmt::format("CEDT          skipped: {}\n", bad.text());
}

/* whose the range is, in one line or in one for each part */
void add_owners(const Machine &machine, const Range &range, std::string &out)
{
	if (!machine.ledger)
		return;
	for (const auto &entry : machine.ledger->in(range))
		out += fmt::format("              {}{}\n",
				   entry.range == range ? "" : entry.range.text() + "  ",
				   entry.text());
	for (const auto &part : machine.ledger->silent_about(range))
		out += fmt::format("              {}not decided about\n",
				   part == range ? "" : part.text() + "  ");
}

/* what the ledger knows of ranges that the iomem tree does not show */
void add_ledger_only(const Machine &machine, std::string &out)
{
	auto soft =
		machine.iomem ? machine.iomem->named("Soft Reserved") : std::vector<IomemEntry>();

	if (!machine.ledger)
		return;
	for (const auto &entry : machine.ledger->entries)
		if (std::none_of(soft.begin(), soft.end(), [&](const IomemEntry &one) {
			    return one.range.overlaps(entry.range);
		    }))
			out += fmt::format("range         {}  {}\n", range_and_size(entry.range),
					   entry.text());
}

void add_dax(const Machine &machine, std::string &out)
{
	for (const auto &device : machine.hmem)
		out += fmt::format("hmem          {}, {}{}\n", device.name, or_none(device.driver),
				   device.driver == intree_hmem_driver
					   ? ": in-tree dax_hmem has the Soft Reserved ranges; "
					     "`cxla load --takeover` moves them over"
					   : "");
	for (const auto &device : machine.dax)
		out += fmt::format("dax           {}  {}  {}, of {}{}\n", device.name,
				   device.range ? range_and_size(device.range) : "?",
				   or_none(device.driver),
				   device.parent.empty() ? "?" : device.parent,
				   device.ours ? "" : " (in-tree)");
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
		if (machine.iomem->addresses)
			add_owners(machine, entry.range, out);
	}
	for (const auto &entry : machine.system_ram_in_windows())
		out += fmt::format("System RAM    {}  in a CXL window\n",
				   range_and_size(entry.range));
}

void add_devices(const Machine &machine, std::string &out)
{
	Table table({"CXL DEVICE", "BELOW", "SERIAL", "ID", "CLASS", "CXL", "MEMORY", "CXL.MEM",
		     "DRIVER", "OVERRIDE"});

	for (const auto &device : machine.pci.devices)
		if (device.cxl)
			table.add({device.bdf, device.above.empty() ? "" : device.above.front(),
				   serial_text(machine, device.bdf),
				   fmt::format("{}:{}", device.vendor.value_or("?"),
					       device.device.value_or("?")),
				   device.class_code.value_or("?"), cxl_words(*device.cxl),
				   device.cxl->capacity ? size_text(device.cxl->capacity) : "",
				   mem_words(*device.cxl), or_none(device.driver),
				   /* what its driver says already is left out */
				   device.driver_override == device.driver
					   ? ""
					   : device.driver_override});
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
				return is_dax_module(name) || status.machine.loaded.count(name) > 0;
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

	if (state && state->has_value() && (*state)->has_taken())
		status.state = *state;
	for (const auto &device : status.machine.pci.devices)
		/* an expander of ours is where it was asked to be */
		if (device.cxl && device.cxl->mem && device.driver != expander_driver)
			request.devices.push_back(device.bdf);
	status.blockers = check_load(status.machine, modules, status.state, request);
	return status;
}

std::string ranges_text(const Machine &machine)
{
	std::string out;

	add_windows(machine, out);
	add_iomem(machine, out);
	add_ledger_only(machine, out);
	add_dax(machine, out);
	add_intree(machine, out);
	return out;
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
	out += ranges_text(machine);
	add_devices(machine, out);
	add_blockers(status, out);
	return out;
}

std::string accelerators_text(const Machine &machine)
{
	Table table({"ACCELERATOR", "ACCEL", "SERIAL", "STATE", "REASON", "RANGE", "SIZE",
		     "LOCKED BY"});
	Table expanders({"EXPANDER", "MEMDEV", "SERIAL", "REGIONS"});

	for (const auto &accel : machine.accelerators) {
		std::string lock = !accel.locked           ? (accel.range ? "?" : "")
				   : !*accel.locked        ? "nobody"
				   : accel.lock_by.empty() ? "yes"
							   : accel.lock_by;

		table.add({accel.bdf, accel.accel.value_or("?"), serial_text(machine, accel.bdf),
			   accel.state.value_or("?"), accel.reason.value_or("?"),
			   accel.range ? accel.range->text() : "",
			   accel.range ? size_text(accel.range->size()) : "", lock});
	}
	for (const auto &expander : machine.expanders) {
		std::vector<std::string> head = {expander.bdf, expander.memdev,
						 serial_text(machine, expander.bdf)};

		/* a line for each region; what is the same is said once */
		for (const auto &member : expander.regions) {
			head.push_back(membership_text(member));
			expanders.add(std::exchange(head, {"", "", ""}));
		}
		if (expander.regions.empty()) {
			head.emplace_back("none");
			expanders.add(head);
		}
	}
	return (table.empty() ? "" : table.text()) +
	       (table.empty() || expanders.empty() ? "" : "\n") +
	       (expanders.empty() ? "" : expanders.text());
}

std::string wrong_text(const Machine &machine)
{
	std::string out;

	for (const auto &wrong : what_is_wrong(machine)) {
		out += wrapped(fmt::format("{}", fmt::join(wrong.things, ", ")), "  ", "  ") + "\n";
		out += wrapped(wrong.code + ": " + wrong.what, "      ", "      ") + "\n";
		if (!wrong.todo.empty())
			out += wrapped("what to do: " + wrong.todo, "      ", "      ") + "\n";
	}
	return out.empty() ? "" : "what is wrong:\n" + out;
}

std::string problems_text(const Machine &machine)
{
	std::string out;

	for (const auto &problem : machine.problems())
		out += "? " + problem.text() + "\n";
	return out;
}

} // namespace cxla
