// SPDX-License-Identifier: GPL-2.0-only
/*
 * Those who make, end and uncommit regions, and who gives expanders theirs back. Where
 * there is no expander somebody is attached to each region as long as it can be
 * seen: nothing of this may succeed then.
 */
#include "cxl/accel.h"
#include "cxl/object_names.h"
#include "cxl/topology.h"
#include "stress/actor.h"
#include "stress/description.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace cxla
{

namespace
{

/* each region has somebody attached to it, who is not to lose it by this */
bool all_locked(const Actor &actor, Ability refusal)
{
	return actor.targets().expanders.empty() && actor.stack().can(refusal);
}

/*
 * Its region is gone, and the decoders of the endpoint are not those of before:
 * somebody wrote 0 to commit, and then the region ended. No bind brings it back.
 */
bool has_lost_decoders(const Root &root, const Stack &stack, const RaceExpander &expander)
{
	Topology ours = read_topology(root, stack.bus());
	const Node *memdev = ours.memdev_of(expander.bdf);
	const Node *endpoint = memdev ? ours.endpoint_of(*memdev) : nullptr;

	if (!endpoint || endpoint->number("decoders_committed").value_or(expander.committed) >=
				 expander.committed)
		return false;
	return std::any_of(expander.regions.begin(), expander.regions.end(),
			   [&](const Range &range) { return !ours.region_of(range); });
}

void look_at_regions(Actor &actor, const RaceExpander &expander)
{
	if (!actor.state().recommits || actor.stopping() ||
	    !has_lost_decoders(actor.root(), actor.stack(), expander))
		return;
	actor.count("expanders seen without their decoders");
	actor.state().rest_wanted = true;
	actor.state().gate.close();
}

} // namespace

void delete_regions(Actor &actor)
{
	Action action = all_locked(actor, Ability::DeleteIsRefused) ? Action::DeleteLocked
								    : Action::DeleteRegion;
	std::vector<Operation> all;
	auto regions = actor.bus_devices("region");

	for (const auto &decoder : actor.bus_devices("decoder0."))
		for (const auto &region : regions)
			all.push_back(Actor::repeated(
				Actor::write(action,
					     actor.stack().device_folder(decoder) +
						     "/delete_region",
					     region),
				1 + actor.pick(action == Action::DeleteLocked ? 8 : 2)));
	if (!all.empty())
		actor.run(std::move(all));
}

/* often back at once: a region that ends uncommitted costs the others their time */
void commit_regions(Actor &actor)
{
	std::vector<Operation> first, then;

	for (const auto &region : actor.bus_devices("region")) {
		const std::string path = actor.stack().device_folder(region) + "/commit";
		Operation on = Actor::write(Action::Commit, path, "1");
		Operation off = Actor::write(all_locked(actor, Ability::UncommitIsRefused)
						     ? Action::UncommitLocked
						     : Action::Uncommit,
					     path, "0");

		switch (actor.pick(8)) {
		case 0:
		case 1:
			first.push_back(on);
			break;
		case 2:
			/* it stays so for a while, which somebody may come to see */
			first.push_back(off);
			break;
		case 3:
		case 4:
			first.push_back(off);
			first.push_back(on);
			break;
		default:
			first.push_back(off);
			then.push_back(on);
			break;
		}
	}
	if (!first.empty())
		actor.run(std::move(first));
	/* who comes to look is to see it as it is now; rest commits it */
	if (!then.empty() && !actor.stopping())
		actor.run(std::move(then));
}

/* as far as it gets: others are at the same decoders, and delete what is made */
void make_regions(Actor &actor)
{
	static constexpr std::array steps = {Describe::Ways,   Describe::Grain,  Describe::Size,
					     Describe::Target, Describe::Commit, Describe::Bind};
	const Root &root = actor.root();
	auto idle = actor.targets().idle();
	std::vector<std::string> mine;

	if (!actor.pick(4))
		for (const auto &region : described_regions(root, idle))
			mine.push_back(region);

	Description now = describe(root, actor.pick_of(idle), actor.pick(2));
	auto write = [&](Action action, const AttributeWrite &what) {
		/* there is no such object at this moment */
		if (what.path.empty() || what.value.empty())
			return false;
		return actor.run({Actor::write(action, what.path, what.value)})[0].err == 0;
	};

	for (const auto &region : mine) {
		Description old{parent_of(root, region), {}, region};

		if (!old.window.empty())
			write(Action::DeleteRegion, old.deletion());
	}
	write(Action::DescribeRegion, now.write_of(root, Describe::Dpa));

	AttributeWrite making = now.write_of(root, Describe::Make);

	if (!write(Action::MakeRegion, making))
		return;
	now.region = making.value;
	for (Describe step : steps) {
		Action action = step == Describe::Commit ? Action::Commit
				: step == Describe::Bind ? Action::BindOther
							 : Action::DescribeRegion;

		if (!write(action, now.write_of(root, step)) || !actor.pick(12))
			break;
		if (step == Describe::Commit)
			actor.count("regions made");
	}
	actor.pause(2000);
	if (actor.pick(4))
		write(Action::DeleteRegion, now.deletion());
}

void act_on_expander(Actor &actor)
{
	const RaceExpander &expander = actor.own_expander();
	const Stack &stack = actor.stack();
	Operation unbind = Actor::write(
		Action::Unbind, stack.driver_file(Driver::Expander, "unbind"), expander.bdf);
	Operation bind = Actor::write(Action::BindExpander,
				      stack.driver_file(Driver::Expander, "bind"), expander.bdf);

	actor.end_and_return(unbind, bind, 4, 0);
	look_at_regions(actor, expander);
}

} // namespace cxla
