// SPDX-License-Identifier: GPL-2.0-only
/* What `cxla race` says: while it lasts, in the end, and to machines. */
#pragma once

#include "progress.h"
#include "stress/race.h"
#include "stress/verdict.h"

#include <nlohmann/json.hpp>

namespace cxla
{

/* how it stands, and what was done since it was last shown */
class RaceProgress
{
public:
	void tell(const RaceReport &report);

private:
	ProgressLine line_;
	std::map<std::string, uint64_t> last_;
	double last_seconds_ = 0;
};

/* what would be touched, and by whom */
nlohmann::ordered_json targets_json(const Targets &targets, const RaceRequest &request);
void print_targets(const Targets &targets, const RaceRequest &request);

/* @notice: why not by io_uring, or nothing */
nlohmann::ordered_json report_json(const RaceReport &report, const RaceRequest &request,
				   const std::string &notice);
/* a verdict for each round */
VerdictGroup verdicts_of(const RaceReport &report);
void print_report(const RaceReport &report, const RaceRequest &request);

} // namespace cxla
