// SPDX-License-Identifier: GPL-2.0-only
/* Each actor's step: what it does once. */
#include "cxl/accel.h"
#include "cxl/reason.h"
#include "stress/actor.h"
#include "sys/named.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <sys/stat.h>

namespace cxla
{

namespace
{

std::string accel_folder(const std::string &bdf)
{
	return "/sys/bus/pci/devices/" + bdf + "/cxla/";
}

/* a reason that ends when what is above the device returns */
bool comes_and_goes(std::string_view reason, bool made)
{
	/* what its region would be made of others may have */
	static constexpr std::array<std::string_view, 4> lacking = {"not-committed", "no-hpa",
								    "no-dpa", "no-decoder"};

	if (made && std::find(lacking.begin(), lacking.end(), reason) != lacking.end())
		return true;

	return reason.empty() || reason == "none" || reason == "quarantined" ||
	       waits_for_what_is_above(reason);
}

/* the same where the driver says nothing: as far as the bus shows it */
void look_at_bus(Actor &actor, const RaceAccel &accel)
{
	BindOutcome outcome = actor.stack().outcome(actor.root(), accel.bdf);

	actor.count(outcome.driver.empty() ? "gone at once"
		    : outcome.attached()   ? "attached"
					   : "no range");
	if (outcome.range && !accel.memory.empty() &&
	    std::find(accel.memory.begin(), accel.memory.end(), *outcome.range) ==
		    accel.memory.end())
		actor.report(fmt::format("range of {} is '{}', which is none of its own", accel.bdf,
					 outcome.range->text()));
}

/* what the bind came to; a range, when there is one, is the device's own */
void look_at_outcome(Actor &actor, const RaceAccel &accel)
{
	auto results = actor.run({Actor::read(accel_folder(accel.bdf) + "state"),
				  Actor::read(accel_folder(accel.bdf) + "reason"),
				  Actor::read(accel_folder(accel.bdf) + "range")});
	std::string state(trim(results[0].text)), range(trim(results[2].text));
	std::string reason(trim(results[1].text));

	if (results[0].err || state.empty())
		actor.count("gone at once");
	else
		actor.count(state == "attached" ? state : reason);
	/* decoders are not touched by anything here: they stand, or somebody was let through */
	if (!results[1].err && accel.range && !comes_and_goes(reason, accel.made))
		actor.report(fmt::format("{} had a range before, and now: {}", accel.bdf, reason));
	if (results[2].err || range.empty() || accel.memory.empty())
		return;

	auto parsed = parse_range(range);

	if (!parsed ||
	    std::find(accel.memory.begin(), accel.memory.end(), *parsed) == accel.memory.end())
		actor.report(fmt::format("range of {} is '{}', which is none of its own", accel.bdf,
					 range));
}

void act_on_accel(Actor &actor)
{
	const RaceAccel &accel = actor.own_accelerator();
	Operation unbind = Actor::write(
		Action::Unbind, actor.stack().driver_file(Driver::Accel, "unbind"), accel.bdf);
	Operation bind = Actor::write(Action::BindAccel,
				      actor.stack().driver_file(Driver::Accel, "bind"), accel.bdf);
	std::vector<FileResult> bound;

	switch (actor.pick(4)) {
	case 0:
		/* who is first is not known */
		bound = actor.run({unbind, bind});
		bound.erase(bound.begin());
		if (bound[0].err)
			bound = actor.run({bind});
		break;
	default:
		actor.run({unbind});
		bound = actor.run({bind});
		break;
	}
	if (bound[0].err)
		return;
	actor.state().cycles++;
	if (actor.stack().can(Ability::Outcome))
		look_at_outcome(actor, accel);
	else
		look_at_bus(actor, accel);
}

void act_on_root(Actor &actor)
{
	const std::string &device = actor.pick_of(actor.targets().roots);
	Operation unbind = Actor::write(Action::Unbind,
					actor.stack().driver_file(Driver::Root, "unbind"), device);
	Operation bind = Actor::write(Action::BindRoot,
				      actor.stack().driver_file(Driver::Root, "bind"), device);

	actor.end_and_return(unbind, bind, 4, 3000);
}

void rebind(Actor &actor, Driver driver, const std::string &prefix)
{
	auto names = actor.bus_devices(prefix);

	if (names.empty())
		return;

	std::string name = actor.pick_of(names);
	Operation unbind =
		Actor::write(Action::Unbind, actor.stack().driver_file(driver, "unbind"), name);
	Operation bind =
		Actor::write(Action::BindOther, actor.stack().driver_file(driver, "bind"), name);

	actor.end_and_return(unbind, bind, 3, 2000, false);
}

void act_on_port(Actor &actor)
{
	rebind(actor, Driver::Port, "port");
}

void act_on_endpoint(Actor &actor)
{
	rebind(actor, Driver::Port, "endpoint");
}

void act_on_memdev(Actor &actor)
{
	rebind(actor, Driver::Memdev, "mem");
}

void act_on_region(Actor &actor)
{
	rebind(actor, Driver::Region, "region");
}

/*
 * Two files at a time: with more of them the workers of the ring spend their time in
 * waiting for one another, and all answers are of the same lock.
 */
void change_regions(Actor &actor)
{
	static const std::vector<std::string> attributes = {
		"size", "uuid", "target0", "interleave_ways", "interleave_granularity"};
	std::vector<std::string> regions = actor.bus_devices("region");
	std::vector<Operation> all;

	for (unsigned n = 0; n < 2 && !regions.empty(); n++)
		all.push_back(Actor::repeated(
			Actor::write(actor.targets().idle().empty() ? Action::ChangeRegion
								    : Action::DescribeRegion,
				     actor.stack().device_folder(actor.pick_of(regions)) + "/" +
					     actor.pick_of(attributes),
				     actor.pick(2) ? "0" : "\n"),
			1 + actor.pick(FileOp::most_times)));
	if (!all.empty())
		actor.run(std::move(all));
}

void change_on_loss(Actor &actor)
{
	static const std::vector<std::string> words = {"unbind", "pci-only", "reattach", "reattach",
						       "forget"};
	std::vector<Operation> all;

	for (const auto &accel : actor.targets().accelerators) {
		const std::string &word = actor.pick_of(words);

		all.push_back(Actor::write(word == "forget" ? Action::OnLossWrong : Action::OnLoss,
					   accel_folder(accel.bdf) + "on_loss", word));
	}
	actor.run(std::move(all));
}

/* of three devices of the bus and an accelerator: every attribute that can be read */
void read_attributes(Actor &actor)
{
	std::vector<Operation> all;
	auto add = [&](const std::string &folder) {
		for (const auto &name : actor.root().list(folder).value_or({})) {
			struct stat st = {};

			if (stat(actor.root().host(folder + name).c_str(), &st) == 0 &&
			    S_ISREG(st.st_mode) && (st.st_mode & S_IRUSR))
				all.push_back(Actor::repeated(Actor::read(folder + name),
							      1 + actor.pick(4)));
		}
	};
	auto devices = actor.root().list(actor.stack().devices_folder()).value_or({});

	for (unsigned n = 0; n < 3 && !devices.empty(); n++)
		add(actor.stack().device_folder(actor.pick_of(devices)) + "/");
	add(accel_folder(actor.pick_of(actor.targets().accelerators).bdf));
	if (!all.empty())
		actor.run(std::move(all));
}

} // namespace

const std::vector<ActorKind> &actor_kinds()
{
	constexpr auto accelerators = [](const Targets &targets) {
		return static_cast<unsigned>(targets.accelerators.size());
	};
	constexpr auto expanders = [](const Targets &targets) {
		return static_cast<unsigned>(targets.expanders.size());
	};
	constexpr auto one = [](const Targets &) { return 1U; };
	/* those that are to meet on one file: a ring does not race with itself there */
	constexpr auto two = [](const Targets &) { return 2U; };
	constexpr auto makers = [](const Targets &targets) {
		return targets.idle().empty() ? 0U : 2U;
	};
	constexpr auto modules = [](const Targets &targets) {
		return targets.modules.empty() ? 0U : 1U;
	};
	constexpr auto hmem = [](const Targets &targets) { return targets.hmem.empty() ? 0U : 1U; };
	constexpr auto on_loss = [](const Targets &targets) {
		return targets.stack.can(Ability::OnLoss) ? 1U : 0U;
	};
	constexpr auto nodes = [](const Targets &targets) {
		return targets.stack.can(Ability::Node)
			       ? static_cast<unsigned>(targets.accelerators.size())
			       : 0U;
	};
	constexpr auto dax = [](const Targets &targets) { return targets.dax ? 1U : 0U; };
	static const std::vector<ActorKind> kinds = {
		{"accel", "unbinds and binds an accelerator", accelerators, 500, 0, act_on_accel},
		{"expander", "unbinds and binds a memory expander", expanders, 20000, 1,
		 act_on_expander},
		{"root", "unbinds and binds the CXL root", one, 30000, 4, act_on_root},
		{"port", "unbinds and binds ports of host bridges and switches", one, 30000, 4,
		 act_on_port},
		{"endpoint", "unbinds and binds endpoint ports", one, 20000, 4, act_on_endpoint},
		{"memdev", "unbinds and binds memdevs", one, 20000, 4, act_on_memdev},
		{"region", "unbinds and binds regions", one, 10000, 4, act_on_region},
		{"delete", "writes each region's name to delete_region", two, 1000, 4,
		 delete_regions},
		{"commit", "writes 0 and 1 to commit of each region", two, 1000, 4, commit_regions,
		 true},
		{"change", "writes what is refused to size, uuid, target0, interleave_*", one, 1000,
		 2, change_regions},
		{"make", "makes regions by create_ram_region, size, target0 ..., and deletes them",
		 makers, 5000, 2, make_regions},
		{"on-loss", "changes on_loss, by words that there are not, too", on_loss, 20000, 4,
		 change_on_loss},
		{"read", "reads attributes", two, 20000, 8, read_attributes},
		{"node", "opens, asks, polls, reads, maps and touches /dev/cxla/accelN", nodes,
		 5000, 1, act_on_node},
		{"pci", "removes a device from the PCI bus, and rescans it", one, 100000, 8,
		 act_on_pci},
		{"modules", "unloads modules and loads them again", modules, 300000, 16,
		 act_on_modules, false, true},
		{"hmem", "unbinds and binds hmem_platform, the Soft Reserved ranges", hmem, 30000,
		 4, act_on_hmem},
		{"dax", "unbinds and binds dax regions and dax devices", dax, 20000, 4, act_on_dax},
		{"killed", "does what others do, in a process that is killed meanwhile", two, 20000,
		 4, act_and_be_killed},
	};

	return kinds;
}

size_t place_of(const ActorKind &kind)
{
	return static_cast<size_t>(&kind - actor_kinds().data());
}

const ActorKind *find_actor(std::string_view name)
{
	return find_named(actor_kinds(), &ActorKind::name, name);
}

} // namespace cxla
