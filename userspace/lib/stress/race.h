// SPDX-License-Identifier: GPL-2.0-only
/*
 * A race: actors (actor.h) act at once on everything that an attach hangs on, round
 * after round, until time is up, enough accelerators were bound, or something is
 * found. After each round the machine is brought to rest and must be as it was before
 * the first one. Of pairs, each has a round of its own.
 */
#pragma once

#include "cxl/machine.h"
#include "stress/actor.h"
#include "stress/race_rest.h"
#include "stress/refusals.h"

#include <algorithm>

namespace cxla
{

using ActorKinds = std::vector<const ActorKind *>;

struct RaceRequest {
	double seconds = 0;       /* 0: no limit */
	uint64_t cycles = 0;      /* accelerators bound; 0: no limit */
	double round_seconds = 5; /* from rest to rest; of pairs: what @seconds leaves each */
	uint64_t seed = 0;        /* of the first round; each has one more than that before */
	ActorKinds actors;        /* one that is there twice has two threads at least */
	bool pairs = false;       /* two of them at a time, each with each */
	Backend backend = Backend::Ring;
	/* operations that last longer are stuck */
	double patience = 150;
	/* empty: decoders that are lost stay lost */
	Recommit recommit;
	/* the command line that repeats a round, for the kernel log and findings */
	std::function<std::string(const ActorKinds &actors, uint64_t seed)> command;
	/* told of each write before it begins, by any thread; empty: nobody is */
	std::function<void(const FileOp &file)> written;
};

struct ActorReport {
	std::string name;
	std::map<Action, Outcomes> outcomes;
	std::map<std::string, uint64_t> counts;
	std::vector<LoggedOperation> last;
	LoggedOperation latest; /* the last that was begun */
};

struct RoundReport {
	std::string name; /* a number, or a pair */
	uint64_t seed = 0;
	double seconds = 0;
	uint64_t operations = 0;
	uint64_t met = 0;    /* of a pair: operations of the one that met one of the other */
	std::string wrong{}; /* empty: nothing is */
};

struct RaceReport {
	double seconds = 0;
	double acting_seconds = 0; /* of them; in the others nobody acted, and it was checked */
	uint64_t cycles = 0, operations = 0;
	Overlaps overlaps;               /* by places of actor_kinds() */
	unsigned peak_busy = 0;          /* threads that ran or slept in the kernel at one moment */
	unsigned rounds_wanted = 0;      /* 0: as many as there is time for */
	std::vector<RoundReport> rounds; /* the last one may be under way */
	std::vector<std::string> idle;   /* actors that have nothing here to act upon */
	std::vector<ActorReport> actors;
	std::optional<Finding> finding;
	std::string repeat; /* the command line that repeats the round it was found in */
	std::vector<std::string> kernel_log;   /* from the first warning on */
	std::vector<std::string> kernel_words; /* the last it said, of whatever kind */
	unsigned lost_records = 0;
	unsigned looks = 0, rests = 0, recommits = 0; /* with no actor at work */
	unsigned slab_counts = 0;
	std::string slab_problem; /* why memory was not counted; empty: it was */
	SnapshotChange change;
	bool stuck = false; /* threads are left: end the process without waiting for them */
	bool interrupted = false;

	double operations_per_second() const
	{
		return static_cast<double>(operations) / std::max(acting_seconds, 1e-3);
	}
	/* pairs of those that act that met so far, and how many there are */
	std::pair<unsigned, unsigned> coverage() const;
	ActorKinds acting{}; /* what coverage is of */

	Outcomes outcomes() const;
	/* of one action, all actors together */
	Outcomes outcomes(Action action) const;
	uint64_t done(Action action) const;
};

/* one line: how it stands, and what each actor is at */
std::string progress_line(const RaceReport &report);

/* what there is to act upon */
/* @program_dir: where modules are looked for, too */
Targets find_targets(const Machine &machine, const Root &root, const std::string &program_dir = {},
		     const Stack &stack = our_stack());
/*
 * Why not to; empty: go ahead. @agreed: --yes was given. What would be lost for
 * good is refused whatever was agreed to.
 */
std::vector<Refusal> race_refusals(const Machine &machine, const Root &root, const Targets &targets,
				   const RaceRequest &request, bool agreed);
/* every actor, or those named, as often as they are; throws Error (Usage) */
ActorKinds choose_actors(const std::vector<std::string> &names);

/* @tell: told now and then how it stands; false: stop */
RaceReport run_race(const Root &root, const RaceRequest &request, const Targets &targets,
		    const std::function<bool(const RaceReport &)> &tell);

} // namespace cxla
