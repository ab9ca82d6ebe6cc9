// SPDX-License-Identifier: GPL-2.0-only
/*
 * An actor in a process of its own, which is killed while it writes: whatever it was
 * in the middle of has to be done as a whole, or not at all.
 */
#include "stress/actor.h"
#include "stress/write_process.h"
#include "sys/error.h"

#include <fmt/format.h>
#include <optional>

namespace cxla
{

namespace
{

constexpr unsigned most_writes = 12;
/* a machine without time to start it in may take seconds */
constexpr std::chrono::seconds to_begin{10};

Operation any_write(Actor &actor)
{
	const RaceAccel &accel = actor.own_accelerator();
	const Stack &stack = actor.stack();
	bool bind = actor.pick(2);
	const char *file = bind ? "bind" : "unbind";
	auto other = [&](Driver driver, const std::string &prefix) {
		auto names = actor.bus_devices(prefix);

		return Actor::write(bind ? Action::BindOther : Action::Unbind,
				    stack.driver_file(driver, file),
				    names.empty() ? prefix + "0" : actor.pick_of(names));
	};

	switch (actor.pick(8)) {
	case 0:
		return other(Driver::Memdev, "mem");
	case 1:
		return other(Driver::Port, "endpoint");
	case 2:
		return other(Driver::Port, "port");
	case 3:
		return other(Driver::Region, "region");
	case 4:
		if (!actor.targets().roots.empty())
			return Actor::write(bind ? Action::BindRoot : Action::Unbind,
					    stack.driver_file(Driver::Root, file),
					    actor.pick_of(actor.targets().roots));
		[[fallthrough]];
	default:
		return Actor::write(bind ? Action::BindAccel : Action::Unbind,
				    stack.driver_file(Driver::Accel, file), accel.bdf);
	}
}

} // namespace

void act_and_be_killed(Actor &actor)
{
	std::vector<Operation> operations;
	std::vector<PlannedWrite> plan;

	for (unsigned n = 0; n < most_writes; n++) {
		operations.push_back(any_write(actor));

		const FileOp &file = operations.back().file;

		plan.push_back({actor.root().host(file.path), file.value, actor.next_operation()});
	}

	auto begun = Clock::now();
	std::optional<WriteProcess> process;

	try {
		process.emplace(plan, actor.state().recorder->ring_fd());
	} catch (const Error &) {
		actor.count("no process for it");
		return;
	}

	bool ended = process->begins_within(to_begin) &&
		     process->ends_within(std::chrono::microseconds(actor.pick(20000)));

	actor.begin_waiting(
		fmt::format("a process that was killed, begun with {}", operations.front().text));
	process->kill_and_wait();
	actor.end_waiting();

	auto outcomes = process->outcomes();

	for (size_t n = 0; n < outcomes.size(); n++) {
		const WriteOutcome &outcome = outcomes[n];

		if (outcome.ended) {
			actor.note(operations[n].action, operations[n].text, begun, outcome.opened,
				   outcome.err);
			continue;
		}
		actor.state().recorder->tell(Recorder::ending(plan[n].name));
		actor.count("killed in the middle of " +
			    std::string(action_name(operations[n].action)));
	}
	if (outcomes.empty())
		actor.count("killed before it wrote");
	else if (outcomes.back().ended)
		actor.count(ended ? "ended before it was killed" : "killed between two writes");
}

} // namespace cxla
