// SPDX-License-Identifier: GPL-2.0-only
#include "selftest/plan.h"

#include "bench/pattern.h"
#include "cxl/stack.h"
#include "stress/actor.h"
#include "stress/refusals.h"

#include <algorithm>
#include <fmt/format.h>
#include <ranges>

namespace cxla
{

const std::vector<std::string> selftest_actors = {"accel",  "port",   "endpoint", "memdev",
						  "region", "delete", "node"};

namespace
{

using Touch = SelftestPlan::Touch;

/* made of memory below the root, which the takeover takes whole */
bool goes(const DaxDevice &device)
{
	return !device.ours && (device.of_intree_hmem() || device.parent.starts_with("dax_region"));
}

/* nodes that go when the root is taken over, whosesoever devices they are */
void refuse_open(const Root &root, const Machine &machine, std::vector<Refusal> &refusals)
{
	auto refuse = [&](const std::string &node, const std::vector<Opener> &users) {
		if (!users.empty())
			refusals.push_back(
				{"in-use",
				 fmt::format("{} is in use by {}", node, openers_text(users)),
				 "end what uses it first: its memory goes away meanwhile"});
	};

	for (const Node *memdev : machine.intree.of(NodeKind::Memdev))
		refuse("/dev/cxl/" + memdev->name, find_openers(root, "/dev/cxl/" + memdev->name));
	for (const auto &device : machine.dax)
		if (goes(device))
			refuse("/dev/" + device.name, find_openers(root, "/dev/" + device.name));
}

/* a file system on a dax device: no process has that open */
void refuse_mounted_dax(const Root &root, const Machine &machine, std::vector<Refusal> &refusals)
{
	std::string mounts = root.read("/proc/self/mounts", 16 << 20).value_or("") +
			     root.read("/proc/1/mounts", 16 << 20).value_or("");

	for (const auto &device : machine.dax)
		if (goes(device) &&
		    ("\n" + mounts).find("\n/dev/" + device.name + " ") != std::string::npos)
			refusals.push_back({"mounted",
					    fmt::format("/dev/{} is mounted", device.name),
					    "unmount it first: its memory goes away meanwhile"});
}

/* described by userspace, and not found in the decoders of any device */
bool is_of_somebody(const Machine &machine, const Node &region)
{
	auto range = region.range();

	if (region.number("commit") != 0)
		return false;

	auto target = region.attributes.find("target0");

	if (target != region.attributes.end() && !target->second.value_or("").empty())
		return true;
	return !range || std::none_of(machine.pci.devices.begin(), machine.pci.devices.end(),
				      [&](const PciDevice &device) {
					      auto ranges = device.cxl
								    ? machine.ranges_of(device.bdf)
								    : std::vector<Range>();

					      return std::find(ranges.begin(), ranges.end(),
							       *range) != ranges.end();
				      });
}

/* what the in-tree stack would not make again as it is */
void refuse_what_would_be_another(const Machine &machine, std::vector<Refusal> &refusals)
{
	for (const Node *region : machine.intree.of(NodeKind::Region)) {
		if (region->shown("mode") == "pmem")
			refusals.push_back(
				{"persistent",
				 fmt::format("in-tree {} is persistent memory", region->name),
				 "`cxl disable-region` and `cxl destroy-region` it first, if "
				 "nothing "
				 "on it is needed"});
		if (is_of_somebody(machine, *region))
			refusals.push_back(
				{"region-idle",
				 fmt::format("in-tree {} is described, and not committed: nobody "
					     "would make it again",
					     region->name),
				 "commit it, or delete it (delete_region)"});
	}
	/* as it comes again it is kmem's, which may bring it online for good */
	for (const auto &device : machine.dax)
		if (goes(device) && device.driver == "device_dax" && machine.loaded.count("kmem"))
			refusals.push_back(
				{"dax-configured",
				 fmt::format("{} has device_dax, and kmem is loaded: in the end "
					     "the kernel would give it to kmem, and might bring it "
					     "online",
					     device.name),
				 "rmmod kmem first"});
}

/* the root goes for all of them */
void refuse_foreign(const Machine &machine, const SelftestRequest &request,
		    std::vector<Refusal> &refusals)
{
	for (const auto &device : machine.pci.devices) {
		bool named = std::find(request.devices.begin(), request.devices.end(),
				       device.bdf) != request.devices.end();

		/* of one that is named the load says more */
		if (!device.cxl || !device.cxl->mem || named || device.driver.empty() ||
		    is_intree_pci_driver(device.driver))
			continue;
		refusals.push_back(
			{"foreign",
			 fmt::format("{} is bound to {}, and loses the CXL root meanwhile",
				     device.bdf, device.driver),
			 fmt::format("unbind it first: echo {} > /sys/bus/pci/drivers/{}/unbind",
				     device.bdf, device.driver),
			 device.bdf});
	}
}

/* a test that finds the modules loaded could not tell what of theirs to leave */
void refuse_loaded(const Machine &machine, std::vector<Refusal> &refusals)
{
	if (machine.ours_loaded())
		refusals.push_back({"loaded", "the modules are loaded already",
				    "`cxla unload` first: a self-test loads them, and unloads them "
				    "at its end"});
}

/* what one check has said of a device is not said again by the next one */
void drop_repeated(std::vector<Refusal> &refusals)
{
	std::vector<Refusal> kept;

	for (auto &refusal : refusals)
		if (std::none_of(kept.begin(), kept.end(), [&](const Refusal &other) {
			    return other.code == refusal.code && other.device == refusal.device &&
				   (other.what == refusal.what || !refusal.device.empty());
		    }))
			kept.push_back(std::move(refusal));
	refusals = std::move(kept);
}

void list_touches(const Machine &machine, const SelftestRequest &request, SelftestPlan &plan)
{
	auto add = [&](const char *part, std::string what) {
		plan.touches.push_back({part, std::move(what)});
	};

	for (const auto &note : plan.steps.notes)
		add("load", "note: " + note);
	for (const auto &step : plan.steps.steps)
		add("load", describe(step));
	for (const auto &bdf : request.devices) {
		auto ranges = machine.ranges_of(bdf);

		if (ranges.empty())
			add("pattern",
			    fmt::format("{}: nothing, unless a region of it is found", bdf));
		for (const auto &range : ranges)
			add("pattern",
			    fmt::format("{}: a sample of {} pages of {}, written, read, and "
					"given what they had",
					bdf, pattern_sampled(range.size()), range.text()));
	}
	for (const auto &bdf : request.devices)
		add("latency", fmt::format("unbind and bind {} {} times", bdf, request.cycles));
	add("race", fmt::format("for {:g} s, all at once, on what is below {}:",
				request.race_seconds, our_stack().devices_folder()));
	for (const auto &name : selftest_actors)
		add("race", fmt::format("  {}", find_actor(name)->does));
	for (const auto &step : std::views::reverse(plan.steps.steps))
		/* autoprobe is as it was when the load has ended */
		if (auto back = inverse(step); back && step.act != Act::SetAutoprobe)
			add("put-back", describe(*back));
}

} // namespace

SelftestPlan plan_selftest(const Root &root, const Machine &machine, const ModuleSet &modules,
			   const std::optional<State> &earlier, const SelftestRequest &request)
{
	SelftestPlan plan;

	plan.load.takeover = true;
	plan.load.devices = request.devices;
	for (const auto &device : machine.dax)
		plan.load.users[device.name] = find_openers(root, "/dev/" + device.name);
	refuse_loaded(machine, plan.refusals);
	for (auto &refusal : check_load(machine, modules, earlier, plan.load))
		plan.refusals.push_back(std::move(refusal));
	refuse_memory_in_use(plan.refusals, root, machine);
	refuse_open(root, machine, plan.refusals);
	refuse_mounted_dax(root, machine, plan.refusals);
	refuse_what_would_be_another(machine, plan.refusals);
	refuse_foreign(machine, request, plan.refusals);
	refuse_real_machine(plan.refusals, root, request.agreed,
			    "--dry-run lists all that is touched");
	drop_repeated(plan.refusals);
	plan.steps = plan_load(machine, modules, earlier, plan.load);
	list_touches(machine, request, plan);
	return plan;
}

} // namespace cxla
