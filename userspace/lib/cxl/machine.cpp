// SPDX-License-Identifier: GPL-2.0-only
#include "cxl/machine.h"

#include <algorithm>
#include <unistd.h>

namespace cxla
{

namespace
{

std::vector<PlatformDevice> read_platform(const Root &root, std::string_view prefix)
{
	std::vector<PlatformDevice> devices;
	const std::string folder = "/sys/bus/platform/devices/";

	for (const auto &name : root.list(folder).value_or({})) {
		if (!name.starts_with(prefix))
			continue;

		std::string override = root.text(folder + name + "/driver_override").value_or("");

		devices.push_back({name, bound_driver(root, folder + name).value_or(""),
				   override == "(null)" ? "" : override});
	}
	return devices;
}

std::vector<AcpiBridge> read_acpi_bridges(const Root &root)
{
	std::vector<AcpiBridge> bridges;
	const std::string folder = "/sys/bus/acpi/devices/";

	for (const auto &name : root.list(folder).value_or({})) {
		if (!name.starts_with("ACPI0016"))
			continue;

		AcpiBridge bridge;

		bridge.name = name;
		if (auto uid = root.number(folder + name + "/uid"))
			bridge.uid = *uid;
		bridge.device = root.link_name(folder + name + "/physical_node").value_or("");
		bridges.push_back(std::move(bridge));
	}
	return bridges;
}

/* "none [integrity] confidentiality": the one in brackets holds */
std::string read_lockdown(const Root &root)
{
	std::string text = root.text("/sys/kernel/security/lockdown").value_or("");
	size_t open = text.find('['), close = text.find(']');

	if (open == text.npos || close == text.npos || close < open)
		return {};
	return text.substr(open + 1, close - open - 1);
}

void add_bus_ranges(const Topology &topology, const std::string &bdf, std::vector<Range> &ranges)
{
	const Node *memdev = topology.memdev_of(bdf);
	const Node *endpoint = memdev ? topology.endpoint_of(*memdev) : nullptr;

	if (!endpoint)
		return;
	for (int child : endpoint->children) {
		const Node &node = topology.nodes[static_cast<size_t>(child)];

		if (node.kind == NodeKind::EndpointDecoder)
			if (auto range = node.range())
				ranges.push_back(*range);
	}
}

} // namespace

std::vector<Range> Machine::ranges_of(const std::string &bdf) const
{
	std::vector<Range> ranges;

	if (const PciDevice *device = pci.find(bdf); device && device->cxl)
		ranges = device->cxl->mapped;
	add_bus_ranges(ours, bdf, ranges);
	add_bus_ranges(intree, bdf, ranges);
	for (const auto &accel : accelerators)
		if (accel.bdf == bdf && accel.range)
			ranges.push_back(*accel.range);
	return ranges;
}

const Topology &Machine::shown() const
{
	return ours.nodes.empty() && !intree.nodes.empty() ? intree : ours;
}

std::optional<uint64_t> Machine::uid_of(const std::string &device) const
{
	for (const auto &bridge : acpi_bridges)
		if (bridge.device == device && bridge.uid)
			return bridge.uid;
	/* ports of a root are numbered by UID */
	for (const Topology *topology : {&ours, &intree})
		for (const Node *top : topology->of(NodeKind::Root))
			for (const auto &[number, dport] : top->dports)
				if (dport == device)
					return number;
	return std::nullopt;
}

std::string Machine::bridge_device(uint64_t uid) const
{
	for (const auto &bridge : acpi_bridges)
		if (bridge.uid == uid)
			return bridge.device;
	for (const Topology *topology : {&ours, &intree})
		for (const Node *top : topology->of(NodeKind::Root))
			if (auto found = top->dports.find(uid); found != top->dports.end())
				return found->second;
	return {};
}

std::string Machine::bridge_trouble(uint64_t uid) const
{
	const HostBridge *entry = nullptr;

	if (cedt)
		for (const auto &bridge : cedt->bridges)
			if (bridge.uid == uid)
				entry = &bridge;
	if (cedt && !entry) {
		auto broken = cedt->broken_bridges.find(static_cast<uint32_t>(uid));

		return broken == cedt->broken_bridges.end() ? "not in the CEDT" : broken->second;
	}
	if (entry && !entry->version)
		return "CXL 1.1";
	/* a machine that shows none of them hides them */
	if (!acpi_bridges.empty() && bridge_device(uid).empty())
		return "no such device";

	auto out = bridges_left_out();

	if (std::find(out.begin(), out.end(), uid) != out.end())
		return "left out, the kernel log says why";
	return {};
}

std::vector<uint32_t> Machine::bridges_left_out() const
{
	std::vector<uint32_t> out;

	if (!cedt || ours.of(NodeKind::Root).empty())
		return out;
	for (const auto &bridge : cedt->bridges) {
		std::string device = bridge_device(bridge.uid);

		if (bridge.version && !device.empty() && !ours.port_above(device) &&
		    std::find(out.begin(), out.end(), bridge.uid) == out.end())
			out.push_back(bridge.uid);
	}
	return out;
}

std::optional<uint64_t> Machine::serial_of(const std::string &bdf) const
{
	const PciDevice *device = pci.find(bdf);

	if (device && device->serial)
		return device->serial;
	for (const Topology *topology : {&ours, &intree})
		if (const Node *memdev = topology->memdev_of(bdf))
			if (auto serial = memdev->number("serial"))
				return serial;
	return std::nullopt;
}

std::vector<std::pair<Range, std::string>> Machine::dax_ranges_of_ours() const
{
	std::vector<std::pair<Range, std::string>> found;

	for (const auto &device : dax)
		if (device.ours && device.range)
			found.emplace_back(*device.range, device.name);
	/* what was online when its device went is ours still */
	if (ledger)
		for (const auto &entry : ledger->entries) {
			auto same = [&](const auto &one) { return one.first == entry.range; };

			if (entry.held() && (entry.owner == "dax" || entry.owner == "hmem") &&
			    std::none_of(found.begin(), found.end(), same))
				found.emplace_back(entry.range, entry.who);
		}
	return found;
}

bool Machine::hmem_in_tree() const
{
	return std::any_of(hmem.begin(), hmem.end(), [](const PlatformDevice &device) {
		return device.driver == intree_hmem_driver;
	});
}

std::vector<IomemEntry> Machine::system_ram_in_windows() const
{
	std::vector<IomemEntry> found;

	if (!cedt || !iomem)
		return found;
	for (const auto &window : cedt->windows)
		if (auto range = window.range())
			for (auto &entry : iomem->system_ram_in(*range))
				found.push_back(std::move(entry));
	return found;
}

std::vector<Problem> Machine::problems() const
{
	std::vector<Problem> all;
	auto add = [&](const std::vector<Problem> &some) {
		all.insert(all.end(), some.begin(), some.end());
	};

	if (!cedt && !cedt.absent())
		all.push_back(cedt.problem());
	if (!iomem)
		all.push_back(iomem.problem());
	else
		add(iomem->problems);
	if (ledger)
		add(ledger->problems);
	/* everybody but root is kept out of debugfs as a whole */
	else if (!ledger.absent() && ledger.problem().err != EACCES)
		all.push_back(ledger.problem());
	if (pci.problem)
		all.push_back(*pci.problem);
	for (const auto &device : pci.devices)
		if (device.config_problem && device.config_problem->err != EPERM)
			all.push_back(*device.config_problem);
	add(ours.problems);
	add(intree.problems);
	for (const auto &accel : accelerators)
		add(accel.problems);
	return all;
}

Machine read_machine(const Root &root)
{
	Machine machine;

	machine.release = root.text("/proc/sys/kernel/osrelease").value_or("");
	machine.boot_id = root.text("/proc/sys/kernel/random/boot_id").value_or("");
	machine.privileged = root.privileged();
	machine.cedt = read_cedt(root);
	machine.iomem = read_iomem(root);
	machine.ledger = read_ledger(root);
	machine.roots = read_platform(root, "ACPI0017");
	machine.hmem = read_platform(root, "hmem_platform");
	machine.dax = read_dax(root);
	machine.acpi_bridges = read_acpi_bridges(root);
	machine.pci = read_pci(root);
	machine.ours = read_topology(root, "cxla");
	machine.intree = read_topology(root, "cxl");
	machine.accelerators = read_accelerators(root, machine.ours);
	machine.expanders = read_expanders(root, machine.ours);
	machine.loaded = read_loaded_modules(root);
	machine.lockdown = read_lockdown(root);
	machine.enforces_signatures =
		root.text("/sys/module/module/parameters/sig_enforce").value_or("N") == "Y" ||
		(!machine.lockdown.empty() && machine.lockdown != "none");
	machine.pci_autoprobe = root.text("/sys/bus/pci/drivers_autoprobe").value_or("");
	return machine;
}

} // namespace cxla
