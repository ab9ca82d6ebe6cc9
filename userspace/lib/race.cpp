// SPDX-License-Identifier: GPL-2.0-only
#include "race.h"

#include "error.h"
#include "kernel_log.h"
#include "named.h"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <thread>

namespace cxla
{

namespace
{

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds look_every = 25ms, tell_every = 1s, stand_every = 400ms;

/* signals are for the main thread: it ends the race */
class SignalsBlocked
{
public:
	SignalsBlocked()
	{
		sigset_t set;

		sigemptyset(&set);
		for (int signal : {SIGINT, SIGTERM, SIGHUP})
			sigaddset(&set, signal);
		pthread_sigmask(SIG_BLOCK, &set, &before_);
	}
	~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
	SignalsBlocked(const SignalsBlocked &) = delete;
	SignalsBlocked &operator=(const SignalsBlocked &) = delete;

private:
	sigset_t before_ = {};
};

/* a thread that is stuck in the kernel outlives this, with what it needs */
class Crew
{
public:
	Crew(const std::shared_ptr<Arena> &arena, const RaceRequest &request)
	{
		SignalsBlocked blocked;

		for (const ActorKind *kind : request.actors) {
			for (unsigned number = 0; number < kind->count(arena->targets); number++)
				actors_.push_back(std::make_shared<Actor>(arena, *kind, number,
									  request.backend));
		}
		for (const auto &actor : actors_)
			threads_.emplace_back([actor] { actor->act(); });
	}
	~Crew()
	{
		for (auto &thread : threads_)
			if (thread.joinable())
				thread.detach();
	}
	Crew(const Crew &) = delete;
	Crew &operator=(const Crew &) = delete;

	const std::vector<std::shared_ptr<Actor>> &actors() const { return actors_; }
	bool ended() const
	{
		return std::all_of(actors_.begin(), actors_.end(),
				   [](const auto &actor) { return actor->ended(); });
	}
	/* does each of them stand at the gate, or has ended */
	bool at_rest(const Arena &arena) const
	{
		auto acting = std::count_if(actors_.begin(), actors_.end(),
					    [](const auto &actor) { return !actor->ended(); });

		return arena.gate.closed() &&
		       arena.gate.standing() == static_cast<unsigned>(acting);
	}
	void join()
	{
		for (auto &thread : threads_)
			thread.join();
	}

private:
	std::vector<std::shared_ptr<Actor>> actors_;
	std::vector<std::thread> threads_;
};

void fill_in(RaceReport &report, const Arena &arena, const Crew &crew)
{
	report.cycles = arena.cycles;
	report.in_flight = arena.in_flight->now();
	report.peak_in_flight = arena.in_flight->peak();
	report.finding = arena.finding();
	report.operations = 0;
	report.actors.clear();
	for (const auto &actor : crew.actors()) {
		report.actors.push_back({fmt::format("{}/{}", actor->kind().name, actor->number()),
					 actor->outcomes(), actor->counts(),
					 actor->last_operations(), actor->latest()});
		for (const auto &[deed, outcomes] : report.actors.back().outcomes)
			for (const auto &[err, count] : outcomes)
				report.operations += count;
	}
}

const Actor *stuck_actor(const Crew &crew, double patience)
{
	for (const auto &actor : crew.actors())
		if (actor->waiting() > patience)
			return actor.get();
	return nullptr;
}

/* with no actor at work */
void look_around(const Root &root, Arena &arena, RaceReport &report)
{
	if (std::string wrong = wrong_at_standstill(root, arena.targets); !wrong.empty())
		arena.report({{}, "with nobody at work " + wrong});
	report.looks++;
}

void come_to_rest(RaceRest &rest, Arena &arena, RaceReport &report)
{
	report.change = rest.come_to();
	if (!report.change.empty())
		arena.report({{}, "at rest it is not as it was before:" + in_words(report.change)});
	report.rests++;
	report.recommits = rest.recommitted();
}

/* has all actors stand still now and then, and looks at what they have left */
class Standstill
{
public:
	Standstill(const Root &root, Arena &arena, RaceRest &rest)
	    : root_(root), arena_(arena), rest_(rest)
	{
	}

	/* for as long as the race lasts */
	void turn(const Crew &crew, RaceReport &report)
	{
		if (!arena_.gate.closed() && Clock::now() >= next_)
			arena_.gate.close();
		if (arena_.gate.closed() && !closed_since_)
			closed_since_ = Clock::now();
		if (!crew.at_rest(arena_))
			return;
		stand(report, arena_.rest_wanted.exchange(false));
		arena_.gate.open(arena_.stop);
		/* where all is slow they would stand more than they act */
		next_ = Clock::now() +
			std::max<Clock::duration>(stand_every, 3 * (Clock::now() - *closed_since_));
		closed_since_.reset();
	}
	/* what can't be carried out is as much of a finding as what is wrong */
	void stand(RaceReport &report, bool rest)
	{
		try {
			look_around(root_, arena_, report);
			if (rest)
				come_to_rest(rest_, arena_, report);
		} catch (const Error &error) {
			arena_.report({{}, error.what()});
		}
	}

private:
	const Root &root_;
	Arena &arena_;
	RaceRest &rest_;
	Clock::time_point next_ = Clock::now() + stand_every;
	std::optional<Clock::time_point> closed_since_;
};

void look_at_log(KernelLog &log, Arena &arena)
{
	log.look();
	if (!log.warnings().empty())
		arena.report({{}, "the kernel says: " + log.warnings().front()});
}

RaceExpander find_expander(const Machine &machine, const Expander &expander)
{
	RaceExpander target;
	const Node *memdev = machine.ours.memdev_of(expander.bdf);
	const Node *endpoint = memdev ? machine.ours.endpoint_of(*memdev) : nullptr;

	target.bdf = expander.bdf;
	if (endpoint)
		target.committed =
			static_cast<unsigned>(endpoint->number("decoders_committed").value_or(0));
	for (const auto &member : expander.regions) {
		const Node *region = machine.ours.find(member.region);

		if (member.range)
			target.regions.push_back(*member.range);
		target.unlocked |= region && !region->locked().value_or(false);
	}
	return target;
}

bool is_over(const RaceRequest &request, const Arena &arena, double seconds)
{
	return arena.stop || (request.seconds > 0 && seconds >= request.seconds) ||
	       (request.cycles && arena.cycles >= request.cycles);
}

} // namespace

Outcomes RaceReport::outcomes() const
{
	Outcomes all;

	for (const auto &actor : actors)
		for (const auto &[deed, outcomes] : actor.outcomes)
			for (const auto &[err, count] : outcomes)
				all[err] += count;
	return all;
}

Outcomes RaceReport::outcomes(Deed deed) const
{
	Outcomes all;

	for (const auto &actor : actors)
		if (auto found = actor.outcomes.find(deed); found != actor.outcomes.end())
			for (const auto &[err, count] : found->second)
				all[err] += count;
	return all;
}

uint64_t RaceReport::done(Deed deed) const
{
	Outcomes all = outcomes(deed);

	return all.count(0) ? all.at(0) : 0;
}

std::string progress_line(const RaceReport &report)
{
	std::string line = fmt::format("race {:.1f} s, {} binds, {} operations", report.seconds,
				       report.cycles, report.operations);

	for (const auto &actor : report.actors)
		line += fmt::format("; {} {:.3f} {}: {}", actor.name, actor.latest.begun,
				    actor.latest.text, actor.latest.outcome);
	return line;
}

Targets find_targets(const Machine &machine, const Root &root)
{
	Targets targets;

	for (const auto &device : machine.roots)
		if (device.driver == "cxla_acpi")
			targets.roots.push_back(device.name);
	for (const auto &accel : machine.accelerators) {
		RaceAccel target;

		target.bdf = accel.bdf;
		target.accel = accel.accel.value_or("");
		target.on_loss = root.text("/sys/bus/pci/devices/" + accel.bdf + "/cxla/on_loss")
					 .value_or("");
		target.serial = machine.serial_of(accel.bdf).value_or(0);
		target.range = accel.range;
		/* one that was not attached may be, once something else is bound */
		if (accel.range)
			target.memory = machine.ranges_of(accel.bdf);
		targets.accelerators.push_back(std::move(target));
	}
	for (const auto &expander : machine.expanders)
		targets.expanders.push_back(find_expander(machine, expander));
	return targets;
}

std::vector<Obstacle> race_refusals(const Machine &machine, const Root &root,
				    const RaceRequest &request, bool agreed)
{
	std::vector<Obstacle> refusals;
	bool resets = std::any_of(request.actors.begin(), request.actors.end(),
				  [](const ActorKind *kind) { return kind->resets_decoders; });
	auto refuse = [&](std::string what, std::string hint) {
		refusals.push_back({std::move(what), std::move(hint)});
	};

	if (!machine.privileged)
		refuse("only root may unbind and bind", "run as root");
	if (!machine.ours_loaded())
		refuse("cxla_core is not loaded", "`cxla load --all`");
	else if (machine.accelerators.empty())
		refuse("no accelerator is bound to cxla_accel", "`cxla attach BDF`");
	for (const auto &device : machine.pci.devices) {
		if (!device.cxl || !machine.iomem)
			continue;
		for (const auto &range : machine.ranges_of(device.bdf))
			for (const auto &ram : machine.iomem->system_ram_in(range))
				refuse(fmt::format("{} has System RAM at {}", device.bdf,
						   ram.range.text()),
				       "take it offline first: the race would pull it away");
	}
	refuse_in_use(refusals, root, machine);
	for (const auto &expander : find_targets(machine, root).expanders)
		if (resets && expander.unlocked && !request.recommit)
			refuse(fmt::format(
				       "decoders of {} could be lost: commit=0, and then an "
				       "unbind, leaves them reset until the platform starts anew",
				       expander.bdf),
			       fmt::format("--recommit COMMAND that commits them as firmware did, "
					   "--actors without commit, or `cxla detach {}`",
					   expander.bdf));
	refuse_real_machine(refusals, root, agreed, "--dry-run lists what would be touched");
	return refusals;
}

std::vector<const ActorKind *> choose_actors(const std::vector<std::string> &names)
{
	std::vector<std::string> known;

	for (const auto &kind : actor_kinds())
		known.emplace_back(kind.name);
	return choose(actor_kinds(), &ActorKind::name, names, "actor",
		      fmt::format("there are {}", fmt::join(known, ", ")));
}

RaceReport run_race(const Root &root, const RaceRequest &request, const Targets &targets,
		    const std::function<bool(const RaceReport &)> &tell)
{
	auto arena = std::make_shared<Arena>();
	RaceReport report;
	KernelLog log(root);
	RaceRest rest(root, targets, request.recommit);

	/* for whoever reads it after the kernel did not survive */
	mark_kernel_log(root, fmt::format("cxla race: begin, seed {}; again: {}", request.seed,
					  request.command));
	arena->root = root;
	arena->targets = targets;
	arena->seed = request.seed;
	arena->recommits = static_cast<bool>(request.recommit);
	arena->start = Clock::now();

	Crew crew(arena, request);
	Standstill standstill(root, *arena, rest);
	auto told = arena->start;

	while (!crew.ended()) {
		report.seconds = std::chrono::duration<double>(Clock::now() - arena->start).count();
		look_at_log(log, *arena);
		report.peak_busy = std::max(report.peak_busy, busy_io_threads());
		if (const Actor *actor = stuck_actor(crew, request.patience)) {
			arena->report({fmt::format("{}/{}", actor->kind().name, actor->number()),
				       fmt::format("an operation has not ended after {:.0f} s",
						   request.patience)});
			report.stuck = true;
			break;
		}
		if (is_over(request, *arena, report.seconds))
			arena->stop = true;
		if (Clock::now() - told >= tell_every) {
			told = Clock::now();
			fill_in(report, *arena, crew);
			if (!tell(report)) {
				report.interrupted = true;
				arena->stop = true;
			}
		}
		if (!arena->stop)
			standstill.turn(crew, report);
		std::this_thread::sleep_for(look_every);
	}
	if (!report.stuck) {
		crew.join();
		standstill.stand(report, true);
	}
	look_at_log(log, *arena);
	mark_kernel_log(root, "cxla race: end");
	fill_in(report, *arena, crew);
	report.kernel_log = log.warnings();
	report.lost_records = log.lost();
	return report;
}

} // namespace cxla
