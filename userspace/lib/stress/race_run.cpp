// SPDX-License-Identifier: GPL-2.0-only
/* Rounds of a race: who acts in each, for how long, and what is looked at when it is over. */
#include "stress/executor.h"
#include "stress/race.h"
#include "sys/error.h"
#include "sys/kernel_log.h"
#include "sys/slab.h"
#include "sys/stuck_tasks.h"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <random>
#include <thread>

namespace cxla
{

namespace
{

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds look_every = 10ms, tell_every = 1s, stand_every = 400ms,
				    count_every = 250ms;
constexpr double least_round = 0.2;

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

/* what a round is to be */
struct RoundPlan {
	std::string name;
	ActorKinds actors;
	uint64_t seed = 0;
	double seconds = 0; /* with its rest */
};

/* a thread that is stuck in the kernel outlives this, with what it needs */
class ActorThreads
{
public:
	ActorThreads(const std::shared_ptr<RaceState> &state, const RoundPlan &plan,
		     Backend backend)
	{
		SignalsBlocked blocked;

		for (const auto &kind : actor_kinds()) {
			auto named = static_cast<unsigned>(
				std::count(plan.actors.begin(), plan.actors.end(), &kind));
			unsigned count = std::max(kind.count(state->targets), named);

			for (unsigned number = 0; named && number < count; number++)
				actors_.push_back(
					std::make_shared<Actor>(state, kind, number, backend));
		}
		try {
			for (const auto &actor : actors_)
				threads_.emplace_back([actor] { actor->act(); });
		} catch (...) {
			/* those that there are end first */
			state->stop = true;
			for (auto &thread : threads_)
				thread.join();
			throw;
		}
	}
	~ActorThreads()
	{
		for (auto &thread : threads_)
			if (thread.joinable())
				thread.detach();
	}
	ActorThreads(const ActorThreads &) = delete;
	ActorThreads &operator=(const ActorThreads &) = delete;

	const std::vector<std::shared_ptr<Actor>> &actors() const { return actors_; }
	bool ended() const
	{
		return std::all_of(actors_.begin(), actors_.end(),
				   [](const auto &actor) { return actor->ended(); });
	}
	/* does each of them stand at the gate, or has ended */
	bool at_rest(const RaceState &state) const
	{
		auto acting = std::count_if(actors_.begin(), actors_.end(),
					    [](const auto &actor) { return !actor->ended(); });

		return state.gate.closed() &&
		       state.gate.standing() == static_cast<unsigned>(acting);
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

ActorReport report_of(const Actor &actor)
{
	return {fmt::format("{}/{}", actor.kind().name, actor.number()), actor.outcomes(),
		actor.counts(), actor.last_operations(), actor.latest()};
}

/* what it did in rounds before is added; what it did last is of this one */
void add(std::vector<ActorReport> &all, const ActorReport &one)
{
	auto found = std::find_if(all.begin(), all.end(),
				  [&](const ActorReport &other) { return other.name == one.name; });

	if (found == all.end()) {
		all.push_back(one);
		return;
	}
	for (const auto &[action, outcomes] : one.outcomes)
		for (const auto &[err, count] : outcomes)
			found->outcomes[action][err] += count;
	for (const auto &[what, count] : one.counts)
		found->counts[what] += count;
	found->last = one.last;
	found->latest = one.latest;
}

uint64_t operations_of(const std::vector<ActorReport> &all)
{
	uint64_t operations = 0;

	for (const auto &actor : all)
		for (const auto &[action, outcomes] : actor.outcomes)
			for (const auto &[err, count] : outcomes)
				operations += count;
	return operations;
}

const Actor *stuck_actor(const ActorThreads &threads, double patience)
{
	for (const auto &actor : threads.actors())
		if (actor->waiting() > patience)
			return actor.get();
	return nullptr;
}

/* with no actor at work */
void look_around(const Root &root, RaceState &state, RaceReport &report)
{
	/* what has to hold is settled for our stack */
	if (!state.targets.stack.is_ours())
		return;
	if (std::string wrong = wrong_at_standstill(root, state.targets); !wrong.empty())
		state.report({{}, "with nobody at work " + wrong});
	report.looks++;
}

void come_to_rest(RaceRest &rest, RaceState &state, RaceReport &report)
{
	report.change = rest.come_to();
	if (!report.change.empty())
		state.report({{}, "at rest it is not as it was before:" + in_words(report.change)});
	report.rests++;
	report.recommits = rest.recommitted();
}

/* has all actors stand still now and then, and looks at what they have left */
class Standstill
{
public:
	Standstill(const Root &root, RaceState &state, RaceRest &rest)
	    : root_(root), state_(state), rest_(rest)
	{
	}

	/* for as long as the race lasts */
	void turn(const ActorThreads &threads, RaceReport &report)
	{
		if (!state_.gate.closed() && Clock::now() >= next_)
			state_.gate.close();
		if (state_.gate.closed() && !closing_) {
			closing_ = true;
			closed_since_ = Clock::now();
		}
		if (!threads.at_rest(state_))
			return;
		stand(report, state_.rest_wanted.exchange(false));
		state_.gate.open(state_.stop);
		stood_ += Clock::now() - closed_since_;
		/* where all is slow they would stand more than they act */
		next_ = Clock::now() +
			std::max<Clock::duration>(stand_every, 3 * (Clock::now() - closed_since_));
		closing_ = false;
	}
	/* for how long nobody acted */
	Clock::duration stood() const { return stood_; }
	/* what can't be carried out is as much of a finding as what is wrong */
	void stand(RaceReport &report, bool rest)
	{
		try {
			look_around(root_, state_, report);
			if (rest)
				come_to_rest(rest_, state_, report);
		} catch (const Error &error) {
			state_.report({{}, error.what()});
		}
	}

private:
	const Root &root_;
	RaceState &state_;
	RaceRest &rest_;
	Clock::time_point next_ = Clock::now() + stand_every;
	bool closing_ = false;
	Clock::time_point closed_since_ = {};
	Clock::duration stood_ = {};
};

void look_at_log(KernelLog &log, RaceState &state)
{
	log.look();
	if (!log.warnings().empty())
		state.report({{}, "the kernel says: " + log.warnings().front()});
}

class RaceRun
{
public:
	RaceRun(const Root &root, const RaceRequest &request, const Targets &targets,
		const std::function<bool(const RaceReport &)> &tell)
	    : root_(root), request_(request), tell_(tell), log_(root),
	      rest_(root, targets, request.recommit),
	      tasks_(std::chrono::duration<double>(request.patience))
	{
		state_->root = root;
		state_->targets = targets;
		state_->recommits = static_cast<bool>(request.recommit);
		state_->recorder = std::make_shared<Recorder>(actor_kinds().size(),
							      request.backend == Backend::Ring);
		state_->start = Clock::now();
		state_->written = request.written;
		for (const ActorKind *kind : request.actors) {
			if (!kind->count(targets))
				report_.idle.emplace_back(kind->name);
			else if (std::find(report_.acting.begin(), report_.acting.end(), kind) ==
				 report_.acting.end())
				report_.acting.push_back(kind);
			if (kind->count(targets))
				actors_.push_back(kind);
		}
	}

	RaceReport all()
	{
		if (request_.pairs)
			pairs();
		else
			for (uint64_t number = 0; !over(); number++)
				round(number % 2 && !request_.cycles
					      ? some_of(number)
					      : RoundPlan{std::to_string(number + 1), actors_,
							  request_.seed + number, seconds_left()});
		mark_kernel_log(root_, "cxla race: end");
		return std::move(report_);
	}

private:
	/* each so many seconds, and not more than a tenth of the time */
	static constexpr double slab_seconds = 10, stuck_seconds = 5;
	static constexpr int slab_share = 10;

	double seconds() const
	{
		return std::chrono::duration<double>(Clock::now() - state_->start).count();
	}
	double seconds_left() const
	{
		double left = request_.seconds > 0 ? request_.seconds - seconds()
						   : request_.round_seconds;

		return std::min(request_.round_seconds, left);
	}
	/*
	 * Where all act, most find that somebody else was there before them. So every
	 * other round is of two to four kinds.
	 */
	RoundPlan some_of(uint64_t number) const
	{
		std::mt19937_64 random(request_.seed + number);
		ActorKinds some = actors_;
		size_t count = 2 + random() % 3;

		if (some.size() > count + 1) {
			std::shuffle(some.begin(), some.end(), random);
			some.resize(count);
		}

		std::vector<std::string> names;

		names.reserve(some.size());
		for (const ActorKind *kind : some)
			names.emplace_back(kind->name);
		return {some.size() == actors_.size()
				? std::to_string(number + 1)
				: fmt::format("{}: {}", number + 1, fmt::join(names, ", ")),
			some, request_.seed + number, seconds_left()};
	}
	/* the race, not only a round */
	bool over() const
	{
		return report_.finding || report_.interrupted || report_.stuck ||
		       (request_.seconds > 0 && seconds() >= request_.seconds) ||
		       (request_.cycles && state_->cycles >= request_.cycles);
	}

	RoundPlan pair_of(const ActorKind *a, const ActorKind *b, uint64_t number,
			  double seconds) const
	{
		return {fmt::format("{}+{}", a->name, b->name),
			{a, b},
			request_.seed + number,
			seconds};
	}

	/* each with each; then those once more that did not meet, with the time that is left */
	void pairs()
	{
		const ActorKinds &acting = report_.acting;
		std::vector<std::pair<const ActorKind *, const ActorKind *>> all, apart;
		uint64_t number = 0;

		for (size_t i = 0; i < acting.size(); i++)
			for (size_t j = i; j < acting.size(); j++)
				all.emplace_back(acting[i], acting[j]);
		report_.rounds_wanted = static_cast<unsigned>(all.size());
		for (size_t n = 0; n < all.size() && !ended_early(); n++) {
			auto [a, b] = all[n];

			round(pair_of(a, b, number++, share_of(all.size() - n)));
			if (!report_.rounds.back().met)
				apart.emplace_back(a, b);
		}
		for (size_t n = 0; n < apart.size() && !over() && request_.seconds > 0; n++) {
			auto [a, b] = apart[n];

			report_.rounds_wanted++;
			round(pair_of(a, b, number++, share_of(apart.size() - n)));
		}
	}
	/* whatever the time: each pair has its turn */
	bool ended_early() const { return report_.finding || report_.interrupted || report_.stuck; }
	double share_of(size_t pairs) const
	{
		if (request_.seconds <= 0)
			return request_.round_seconds;
		return (request_.seconds - seconds()) / static_cast<double>(pairs);
	}

	/* until its time is up, the race is over, or something is found */
	void round(const RoundPlan &plan)
	{
		double begun = seconds();
		/* the last rest tells how long the next one takes */
		double end = begun + std::max(least_round, plan.seconds - rest_seconds_);
		std::string command =
			request_.command ? request_.command(plan.actors, plan.seed) : "";

		/* for whoever reads it after the kernel did not survive */
		mark_kernel_log(root_, fmt::format("cxla race: round {}, seed {}; again: {}",
						   plan.name, plan.seed, command));
		state_->seed = plan.seed;
		state_->files_vanish =
			std::any_of(plan.actors.begin(), plan.actors.end(),
				    [](const ActorKind *kind) { return kind->removes_files; });
		state_->stop = false;
		state_->gate.reset();
		report_.rounds.push_back({plan.name, plan.seed});
		before_ = state_->recorder->look();
		{
			ActorThreads threads(state_, plan, request_.backend);

			act(threads, end);
			acted_ = report_.acting_seconds;
			if (!report_.stuck)
				threads.join();
			conclude(threads, plan);
		}
		report_.rounds.back().seconds = seconds() - begun;
		if (report_.finding) {
			report_.rounds.back().wrong = report_.finding->what;
			report_.repeat = command;
		}
	}

	void act(const ActorThreads &threads, double end)
	{
		Standstill standstill(root_, *state_, rest_);
		double begun = seconds();

		while (!threads.ended()) {
			report_.seconds = seconds();
			report_.acting_seconds =
				acted_ + report_.seconds - begun -
				std::chrono::duration<double>(standstill.stood()).count();
			look_at_log(log_, *state_);
			look_at_tasks();
			count_busy_threads();
			if (const Actor *actor = stuck_actor(threads, request_.patience)) {
				state_->report(
					{fmt::format("{}/{}", actor->kind().name, actor->number()),
					 fmt::format("an operation has not ended after {:.0f} s{}",
						     request_.patience, standing_still(root_))});
				report_.stuck = true;
				return;
			}
			if (report_.seconds >= end || (request_.cycles && !request_.pairs &&
						       state_->cycles >= request_.cycles))
				state_->stop = true;
			if (Clock::now() - told_ >= tell_every) {
				told_ = Clock::now();
				fill_in(threads);
				if (!tell_(report_)) {
					report_.interrupted = true;
					state_->stop = true;
				}
			}
			if (!state_->stop)
				standstill.turn(threads, report_);
			/* what it is told must not pile up */
			state_->recorder->look();
			std::this_thread::sleep_for(look_every);
		}
	}

	/* with no actor at work any more */
	void conclude(const ActorThreads &threads, const RoundPlan &plan)
	{
		auto begun = Clock::now();

		state_->recorder->forget();
		look_at_log(log_, *state_);
		/* once the kernel has found a bug it may hold any lock for good */
		if (!report_.stuck && log_.warnings().empty())
			rest();
		rest_seconds_ = std::chrono::duration<double>(Clock::now() - begun).count();
		look_at_log(log_, *state_);
		report_.seconds = seconds();
		fill_in(threads);
		if (!report_.stuck && !report_.finding && slab_due()) {
			look_at_slab();
			fill_in(threads);
		}

		RoundReport &round = report_.rounds.back();
		size_t a = place_of(*plan.actors.front()), b = place_of(*plan.actors.back());

		round.operations = report_.operations - operations_of(ended_);
		if (request_.pairs)
			round.met = report_.overlaps.met(a, b) - before_.met(a, b);
		ended_ = report_.actors;
		/* what was last is of this round */
		for (auto &actor : ended_) {
			actor.last.clear();
			actor.latest = {};
		}
	}

	void rest()
	{
		try {
			run_watched(resting_, "bringing it to rest", request_.patience, [this] {
				Standstill(root_, *state_, rest_).stand(report_, true);
			});
		} catch (const Stuck &stuck) {
			state_->report({{}, stuck.what()});
			report_.stuck = true;
		}
	}

	bool slab_due() const { return Clock::now() >= next_slab_; }
	/* at rest */
	void look_at_slab()
	{
		auto begun = Clock::now();
		auto count = count_slab(root_);

		if (!count) {
			report_.slab_problem = count.problem().text();
			next_slab_ = Clock::time_point::max();
			return;
		}
		slab_.note(*count, changes());
		report_.slab_counts++;
		if (auto growth = slab_.growth())
			state_->report({{}, "memory of the kernel grows: " + *growth});
		next_slab_ = Clock::now() +
			     std::max<Clock::duration>(
				     std::chrono::duration_cast<Clock::duration>(
					     std::chrono::duration<double>(slab_seconds)),
				     slab_share * std::chrono::duration_cast<Clock::duration>(
							  Clock::now() - begun));
	}

	uint64_t changes() const
	{
		uint64_t done = 0;

		for (const auto &actor : report_.actors)
			for (const auto &[action, outcomes] : actor.outcomes)
				if (auto some = outcomes.find(0);
				    makes_a_change(action) && some != outcomes.end())
					done += some->second;
		return done;
	}

	/* tasks of the kernel, too, that wait for who will never come */
	void look_at_tasks()
	{
		if (Clock::now() - tasks_seen_ < std::chrono::duration<double>(stuck_seconds))
			return;
		tasks_seen_ = Clock::now();
		for (const auto &task : tasks_.look(root_, tasks_seen_))
			state_->report({{}, task.words()});
	}

	void fill_in(const ActorThreads &threads)
	{
		report_.cycles = state_->cycles;
		report_.overlaps = state_->recorder->look();
		report_.finding = state_->finding();
		report_.actors = ended_;
		for (const auto &actor : threads.actors())
			add(report_.actors, report_of(*actor));
		report_.operations = operations_of(report_.actors);
		report_.kernel_log = log_.warnings();
		report_.kernel_words.assign(log_.recent().begin(), log_.recent().end());
		report_.lost_records = log_.lost();
	}

	/* to look at each thread costs something */
	void count_busy_threads()
	{
		if (Clock::now() - counted_ < count_every)
			return;
		counted_ = Clock::now();
		report_.peak_busy = std::max(report_.peak_busy, busy_io_threads());
	}

	const Root root_;
	const RaceRequest request_;
	const std::function<bool(const RaceReport &)> &tell_;
	std::shared_ptr<RaceState> state_ = std::make_shared<RaceState>();
	KernelLog log_;
	RaceRest rest_;
	RaceReport report_;
	ActorKinds actors_;              /* those of the request that have something to act upon */
	std::vector<ActorReport> ended_; /* of rounds that are over */
	Overlaps before_;                /* this round */
	WatchedThread resting_;
	SlabWatch slab_{"change"};
	Clock::time_point next_slab_ = {};
	StuckTasks tasks_;
	Clock::time_point tasks_seen_ = {};
	double rest_seconds_ = 0, acted_ = 0;
	Clock::time_point told_ = Clock::now(), counted_ = {};
};

} // namespace

RaceReport run_race(const Root &root, const RaceRequest &request, const Targets &targets,
		    const std::function<bool(const RaceReport &)> &tell)
{
	auto run = std::make_unique<RaceRun>(root, request, targets, tell);
	RaceReport report = run->all();

	/* a thread that is stuck refers to it for ever */
	if (report.stuck) [[maybe_unused]]
		auto *kept = run.release();
	return report;
}

} // namespace cxla
