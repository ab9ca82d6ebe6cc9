// SPDX-License-Identifier: GPL-2.0-only
#include "stress/race.h"

#include "stress/description.h"
#include "sys/error.h"
#include "sys/modules.h"
#include "sys/named.h"

#include <algorithm>
#include <fmt/format.h>

namespace cxla
{

namespace
{

RaceExpander find_expander(const Root &root, const Stack &stack, const Topology &topology,
			   const Expander &expander)
{
	RaceExpander target;
	const Node *memdev = topology.memdev_of(expander.bdf);
	const Node *endpoint = memdev ? topology.endpoint_of(*memdev) : nullptr;

	target.bdf = expander.bdf;
	if (endpoint)
		target.committed =
			static_cast<unsigned>(endpoint->number("decoders_committed").value_or(0));
	for (const auto &member : expander.regions) {
		const Node *region = topology.find(member.region);

		if (member.range)
			target.regions.push_back(*member.range);
		target.unlocked |= region && !region->locked().value_or(false);
	}
	target.idle = stack.is_ours() && can_be_described(root, expander.bdf);
	return target;
}

/* each that is loaded, by its file; none where the file of one of them is missing */
std::vector<RaceModule> find_race_modules(const Machine &machine, const Root &root,
					  const Stack &stack, const std::string &program_dir)
{
	ModuleSet files;
	Kmod kmod(root.host("/lib/modules/" + machine.release));
	std::vector<std::string> names = stack.modules();
	std::vector<RaceModule> modules;

	if (stack.is_ours()) {
		names.assign(our_modules.begin(), our_modules.end());
		files = find_modules(root, {}, machine.release, program_dir);
	}
	for (const auto &name : names) {
		const ModuleFile *file = files.find(name);
		RaceModule module{name, file ? file->path : kmod.lookup(name), {}};
		const std::string folder = fmt::format("/sys/module/{}/parameters", name);

		/* built in, or not there */
		if (!root.exists(fmt::format("/sys/module/{}/initstate", name)))
			continue;
		if (module.file.empty())
			return {};
		for (const auto &parameter : root.list(folder).value_or({}))
			if (auto value = root.text(folder + "/" + parameter))
				module.parameters +=
					fmt::format("{}{}={}", module.parameters.empty() ? "" : " ",
						    parameter, *value);
		modules.push_back(std::move(module));
	}
	return modules;
}

RaceAccel find_accelerator(const Machine &machine, const Root &root, const Stack &stack,
			   const Topology &topology, const std::string &bdf)
{
	const std::string folder = "/sys/bus/pci/devices/" + bdf + "/cxla/";
	RaceAccel target;

	target.bdf = bdf;
	target.serial = machine.serial_of(bdf).value_or(0);
	if (stack.can(Ability::Outcome)) {
		target.on_loss = root.text(folder + "on_loss").value_or("");
		target.range = parse_range(root.text(folder + "range").value_or(""));
	} else {
		target.range = stack.outcome(root, topology, bdf).range;
	}
	target.made = root.text(region_creation).value_or("N") == "Y";
	/* one that was not attached may be, once something else is bound */
	if (target.range && !target.made)
		target.memory = machine.ranges_of(bdf);
	return target;
}

} // namespace

Outcomes RaceReport::outcomes() const
{
	Outcomes all;

	for (const auto &actor : actors)
		for (const auto &[action, outcomes] : actor.outcomes)
			for (const auto &[err, count] : outcomes)
				all[err] += count;
	return all;
}

Outcomes RaceReport::outcomes(Action action) const
{
	Outcomes all;

	for (const auto &actor : actors)
		if (auto found = actor.outcomes.find(action); found != actor.outcomes.end())
			for (const auto &[err, count] : found->second)
				all[err] += count;
	return all;
}

uint64_t RaceReport::done(Action action) const
{
	Outcomes all = outcomes(action);

	return all.count(0) ? all.at(0) : 0;
}

std::pair<unsigned, unsigned> RaceReport::coverage() const
{
	unsigned met = 0, all = 0;

	for (size_t i = 0; i < acting.size(); i++)
		for (size_t j = i; j < acting.size(); j++) {
			all++;
			met += overlaps.met(place_of(*acting[i]), place_of(*acting[j])) != 0;
		}
	return {met, all};
}

std::string progress_line(const RaceReport &report)
{
	std::string line =
		fmt::format("race {:.1f} s, round {}, {} binds, {} operations", report.seconds,
			    report.rounds.empty() ? "?" : report.rounds.back().name, report.cycles,
			    report.operations);

	for (const auto &actor : report.actors)
		if (!actor.latest.text.empty())
			line += fmt::format("; {} {:.3f} {}: {}", actor.name, actor.latest.begun,
					    actor.latest.text, actor.latest.outcome);
	return line;
}

Targets find_targets(const Machine &machine, const Root &root, const std::string &program_dir,
		     const Stack &stack)
{
	Topology topology = read_topology(root, stack.bus());
	Targets targets;

	targets.stack = stack;
	for (const auto &device : machine.roots)
		if (device.driver == stack.driver(Driver::Root))
			targets.roots.push_back(device.name);
	for (const auto &bdf : stack.accelerators(root))
		targets.accelerators.push_back(
			find_accelerator(machine, root, stack, topology, bdf));
	for (const auto &bdf : bound_to(root, stack.driver(Driver::Expander)))
		targets.expanders.push_back(
			find_expander(root, stack, topology, read_expander(root, bdf, topology)));
	targets.modules = find_race_modules(machine, root, stack, program_dir);
	if (!stack.is_ours())
		return targets;
	for (const auto &device : machine.hmem)
		if (device.driver == our_hmem_driver)
			targets.hmem = device.name;
	targets.dax = machine.loaded.count("cxla_dax") != 0;
	return targets;
}

std::vector<Refusal> race_refusals(const Machine &machine, const Root &root, const Targets &targets,
				   const RaceRequest &request, bool agreed)
{
	const std::string &driver = targets.stack.driver(Driver::Accel);
	std::vector<Refusal> refusals;
	bool resets = std::any_of(request.actors.begin(), request.actors.end(),
				  [](const ActorKind *kind) { return kind->resets_decoders; });
	auto refuse = [&](std::string code, std::string what, std::string todo) {
		refusals.push_back({std::move(code), std::move(what), std::move(todo)});
	};

	if (!machine.privileged)
		refuse("not-privileged", "only root may unbind and bind", "run as root");
	if (!root.exists(targets.stack.devices_folder()))
		refuse("not-loaded",
		       fmt::format("{} is not loaded", targets.stack.modules().front()),
		       targets.stack.is_ours()
			       ? "`cxla load --all`"
			       : fmt::format("modprobe {}",
					     fmt::join(targets.stack.modules(), ", then ")));
	else if (targets.accelerators.empty())
		refuse("no-target", fmt::format("no accelerator is bound to {}", driver),
		       driver == accel_driver ? "`cxla attach BDF`"
					      : "write its name to driver_override, and its "
						"address to the driver's bind");
	refuse_memory_in_use(refusals, root, machine);
	refuse_in_use(refusals, root, machine);
	for (const auto &expander : targets.expanders)
		if (resets && expander.unlocked && !request.recommit)
			refuse("no-recommit",
			       fmt::format(
				       "decoders of {} could be lost: commit=0, and then an "
				       "unbind, leaves them reset until the platform starts anew",
				       expander.bdf),
			       fmt::format("--recommit COMMAND that commits them as firmware did, "
					   "--actors without commit, or `cxla detach {}`",
					   expander.bdf));
	refuse_real_machine(refusals, root, agreed, "--dry-run lists what would be touched");
	return refusals;
}

ActorKinds choose_actors(const std::vector<std::string> &names)
{
	std::vector<std::string> known;
	ActorKinds chosen;

	for (const auto &kind : actor_kinds())
		known.emplace_back(kind.name);
	chosen = choose(actor_kinds(), &ActorKind::name, names, "actor",
			fmt::format("there are {}", fmt::join(known, ", ")));
	for (auto name = names.begin(); name != names.end(); ++name)
		if (std::find(names.begin(), name, *name) != name)
			chosen.push_back(find_actor(*name));
	return chosen;
}

} // namespace cxla
