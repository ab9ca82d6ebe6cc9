// SPDX-License-Identifier: GPL-2.0-only
#include "obstacle.h"

#include "machine.h"
#include "operation.h"

#include <fmt/format.h>

namespace cxla
{

namespace
{

/* is this a virtual machine, where nothing is at stake */
bool in_virtual_machine(const Root &root)
{
	std::string vendor = root.text("/sys/class/dmi/id/sys_vendor").value_or("");
	std::string processor = root.read("/proc/cpuinfo", 16 << 20).value_or("");

	return vendor == "QEMU" || processor.find(" hypervisor ") != processor.npos;
}

} // namespace

void refuse_in_use(std::vector<Obstacle> &refusals, const Root &root, const Machine &machine)
{
	for (const auto &accel : machine.accelerators)
		for (const auto &opener :
		     find_openers(root, "/dev/cxla/" + accel.accel.value_or("?")))
			refusals.push_back({fmt::format("{} is in use by {} (pid {})", accel.bdf,
							opener.command, opener.pid),
					    "end what uses it first"});
}

void refuse_incomplete(std::vector<Obstacle> &refusals, const Field &field)
{
	if (std::string missing = missing_from(field); !missing.empty())
		refusals.push_back({missing, "`cxla load BDF`, `cxla attach --expander BDF`: one "
					     "accelerator and one expander are needed"});
}

void refuse_real_machine(std::vector<Obstacle> &refusals, const Root &root, bool agreed,
			 const std::string &rehearsal)
{
	if (!agreed && !in_virtual_machine(root))
		refusals.push_back(
			{"this is no virtual machine", rehearsal + ", --yes agrees to it"});
}

} // namespace cxla
