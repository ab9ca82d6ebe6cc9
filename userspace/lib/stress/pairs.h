// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every ordered pair of triggers: one after the other; the second while the first is
 * held at each pause point it passes; and the same with the first killed there. After
 * each there is what there was before.
 */
#pragma once

#include "cxl/snapshot.h"
#include "stress/pause.h"
#include "stress/race_rest.h"
#include "stress/refusals.h"
#include "stress/trigger.h"

#include <functional>
#include <map>
#include <optional>

namespace cxla
{

enum class PairMode { Sequential, Overlapped, Killed };

const char *pair_mode_name(PairMode mode);

struct PairsRequest {
	std::vector<const Trigger *> first, second;
	std::vector<PairMode> modes;
	std::string point;         /* empty: every one that the first passes */
	bool killed_pairs = false; /* with the second meanwhile; else the first is killed alone */
	/* of all pairs: every so many'th, from this one on, counted from 0 */
	unsigned stride = 1, offset = 0;
	double patience = 120; /* seconds after which something is stuck */
	Recommit recommit;     /* empty: decoders that are lost stay lost */
	std::string on_loss;   /* of each accelerator; empty: as it is */
};

struct PairCase {
	const Trigger *first = nullptr, *second = nullptr; /* second: null for none */
	PairMode mode = PairMode::Sequential;
	std::string point;

	std::string words() const;
};

struct PairCell {
	unsigned cases = 0;
	/* the second began while the first was held, and ... */
	unsigned inside = 0;  /* ... ended meanwhile */
	unsigned waited = 0;  /* ... waited for it */
	unsigned nothing = 0; /* ... found nothing to act upon */
	unsigned missed = 0;  /* the first did not come by */
	unsigned killed = 0;  /* held and killed */
	unsigned not_own = 0; /* held was a worker, which can't be killed */

	unsigned overlapped() const { return inside + waited; }
	void add(const PairCell &other);
};

struct PairsFinding {
	PairCase at;
	std::string what;
	std::vector<std::string> kernel_log;
};

struct PairsReport {
	/* by the names of both; second: empty for none */
	std::map<std::pair<std::string, std::string>, std::map<PairMode, PairCell>> cells;
	/* points that each first trigger passes, from any start */
	std::map<std::string, std::vector<std::string>> points;
	std::map<std::string, std::map<std::string, unsigned>> results; /* ENODEV ... */
	unsigned cases = 0, profiles = 0, recommits = 0;
	double seconds = 0;
	std::optional<PairsFinding> finding;
	bool stuck = false; /* a thread is left: end the process without waiting for it */
	bool interrupted = false;

	PairCell total(PairMode mode) const;
};

/* why not to; empty: go ahead. @agreed: --yes was given */
std::vector<Refusal> pairs_refusals(const Root &root, const Machine &machine, const TestBed &bed,
				    const PairsRequest &request, bool agreed);
/* all, or those named; throws Error (Usage) */
std::vector<const Trigger *> choose_triggers(const std::vector<std::string> &names);

/* takes every @stride'th of what it is asked for, from @offset on */
class Sample
{
public:
	Sample(unsigned stride, unsigned offset) : stride_(stride), offset_(offset) {}
	bool take() { return next_++ % stride_ == offset_ % stride_; }

private:
	unsigned stride_, offset_, next_ = 0;
};

/* @pauses: outlives the process when something is stuck. @tell: after each; false: stop */
PairsReport run_pairs(const TestBed &bed, const PairsRequest &request, const Pauses &pauses,
		      const std::function<bool(const PairsReport &, const PairCase &)> &tell);

} // namespace cxla
