// SPDX-License-Identifier: GPL-2.0-only
/*
 * A race: actors (actor.h) act at once on everything that an attach hangs on,
 * until time is up, enough accelerators were bound, or something is found. Then
 * the machine is brought to rest and must be as it was before.
 */
#pragma once

#include "actor.h"
#include "machine.h"
#include "obstacle.h"
#include "race_rest.h"

namespace cxla
{

struct RaceRequest {
	double seconds = 0;  /* 0: no limit */
	uint64_t cycles = 0; /* accelerators bound; 0: no limit */
	uint64_t seed = 0;
	std::vector<const ActorKind *> actors;
	Backend backend = Backend::Ring;
	/* operations that last longer are stuck */
	double patience = 150;
	/* empty: decoders that are lost stay lost */
	Recommit recommit;
	/* the command line that repeats it, for the kernel log */
	std::string command;
};

struct ActorReport {
	std::string name;
	std::map<Deed, Outcomes> outcomes;
	std::map<std::string, uint64_t> counts;
	std::vector<LoggedOperation> last;
	LoggedOperation latest; /* the last that was begun */
};

struct RaceReport {
	double seconds = 0;
	uint64_t cycles = 0, operations = 0;
	unsigned in_flight = 0, peak_in_flight = 0;
	unsigned peak_busy = 0; /* threads that ran or slept in the kernel at one moment */
	std::vector<ActorReport> actors;
	std::optional<Finding> finding;
	std::vector<std::string> kernel_log; /* from the first warning on */
	unsigned lost_records = 0;
	unsigned looks = 0, rests = 0, recommits = 0; /* with no actor at work */
	CensusChange change;
	bool stuck = false; /* threads are left: end the process without waiting for them */
	bool interrupted = false;

	Outcomes outcomes() const;
	/* of one deed, all actors together */
	Outcomes outcomes(Deed deed) const;
	uint64_t done(Deed deed) const;
};

/* one line: how it stands, and what each actor is at */
std::string progress_line(const RaceReport &report);

/* what there is to act upon */
Targets find_targets(const Machine &machine, const Root &root);
/*
 * Why not to; empty: go ahead. @agreed: --yes was given. What would be lost for
 * good is refused whatever was agreed to.
 */
std::vector<Obstacle> race_refusals(const Machine &machine, const Root &root,
				    const RaceRequest &request, bool agreed);
/* every actor, or those named; throws Error (Usage) */
std::vector<const ActorKind *> choose_actors(const std::vector<std::string> &names);

/* @tell: told now and then how it stands; false: stop */
RaceReport run_race(const Root &root, const RaceRequest &request, const Targets &targets,
		    const std::function<bool(const RaceReport &)> &tell);

} // namespace cxla
