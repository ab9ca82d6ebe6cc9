// SPDX-License-Identifier: GPL-2.0-only
#include "stress/refusals.h"

#include "cxl/machine.h"
#include "stress/operation.h"

#include <fmt/format.h>

namespace cxla
{

bool in_virtual_machine(const Root &root)
{
	std::string vendor = root.text("/sys/class/dmi/id/sys_vendor").value_or("");
	std::string processor = root.read("/proc/cpuinfo", 16 << 20).value_or("");

	return vendor == "QEMU" || processor.find(" hypervisor ") != processor.npos;
}

namespace
{

/* namespace0.0 of the iomem tree is /dev/pmem0, pmem0s, pmem0p1 ... */
void refuse_mounted(std::vector<Refusal> &refusals, const std::vector<std::string> &mounts,
		    const std::string &bdf, const std::string &name)
{
	if (!name.starts_with("namespace"))
		return;

	std::string number = name.substr(std::string_view("namespace").size());
	std::string node = "/dev/pmem" + number.substr(0, number.find('.'));

	for (const auto &mount : mounts) {
		auto fields = split(mount, ' ');

		if (fields.size() < 2 || !fields[0].starts_with(node) ||
		    (fields[0].size() > node.size() && fields[0][node.size()] >= '0' &&
		     fields[0][node.size()] <= '9'))
			continue;
		refusals.push_back({"mounted",
				    fmt::format("memory of {} is mounted: {} at {}", bdf, fields[0],
						fields[1]),
				    "unmount it first: it would be pulled away", bdf});
	}
}

} // namespace

void refuse_memory_in_use(std::vector<Refusal> &refusals, const Root &root, const Machine &machine)
{
	auto mounts = split(root.read("/proc/self/mounts", 16 << 20).value_or(""), '\n');

	for (const auto &device : machine.pci.devices) {
		if (!device.cxl || !machine.iomem)
			continue;
		for (const auto &range : machine.ranges_of(device.bdf)) {
			for (const auto &ram : machine.iomem->system_ram_in(range))
				refusals.push_back({"system-ram",
						    fmt::format("{} has System RAM at {}",
								device.bdf, ram.range.text()),
						    "take it offline first: it would be pulled "
						    "away",
						    device.bdf});
			for (const auto &entry : machine.iomem->entries)
				if (range.contains(entry.range))
					refuse_mounted(refusals, mounts, device.bdf, entry.name);
		}
	}
}

void refuse_in_use(std::vector<Refusal> &refusals, const Root &root, const Machine &machine)
{
	for (const auto &accel : machine.accelerators)
		if (auto openers = find_openers(root, "/dev/cxla/" + accel.accel.value_or("?"));
		    !openers.empty())
			refusals.push_back({"in-use",
					    fmt::format("{} is in use by {}", accel.bdf,
							openers_text(openers)),
					    "end what uses it first", accel.bdf});
}

void refuse_incomplete(std::vector<Refusal> &refusals, const TestBed &bed)
{
	if (std::string missing = missing_from(bed); !missing.empty())
		refusals.push_back({"no-target", missing,
				    "`cxla load BDF`, `cxla attach --expander BDF`: one "
				    "accelerator and one expander are needed"});
}

Refusal refusal_of(const MachineOperation &operation, const std::string &missing)
{
	if (operation.hmem)
		return {"no-soft-reserved", missing,
			"boot with Soft Reserved memory, and `cxla load` cxla_hmem and cxla_dax, "
			"too"};
	return {"no-target", missing,
		operation.besides == &TestBed::idle
			? "`cxla attach --expander BDF` of one without a committed decoder"
			: "`cxla attach BDF` of one without a committed decoder"};
}

void refuse_real_machine(std::vector<Refusal> &refusals, const Root &root, bool agreed,
			 const std::string &rehearsal)
{
	if (!agreed && !in_virtual_machine(root))
		refusals.push_back({"real-machine", "this is no virtual machine",
				    rehearsal + ", --yes agrees to it"});
}

} // namespace cxla
