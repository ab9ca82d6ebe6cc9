// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger of cxla_core in debugfs: whose each range is, since when and why; and
 * a sentence for people on each of its words.
 */
#pragma once

#include "cxl/reason.h"
#include "sys/range.h"
#include "sys/root.h"

#include <string>
#include <vector>

namespace cxla
{

extern const char *const ledger_path;

/* a range, and what was decided about it */
struct LedgerEntry {
	Range range;
	std::string owner, state, reason;
	std::string who;      /* device or driver that it is about; empty: none */
	uint64_t time_us = 0; /* since boot */

	/* somebody has it, or has not let go of it */
	bool held() const { return state == "owned" || state == "quarantined"; }
	/* `hmem owned (no-region), dax0.0` */
	std::string text() const;
	bool operator==(const LedgerEntry &) const = default;
};

struct Ledger {
	std::vector<LedgerEntry> entries; /* by address */
	std::vector<Problem> problems;    /* lines that could not be understood */

	/* those that have some of the range, in order */
	std::vector<LedgerEntry> in(const Range &range) const;
	/* parts of the range that it says nothing of */
	std::vector<Range> silent_about(const Range &range) const;
};

Ledger parse_ledger(std::string_view text);
Reading<Ledger> read_ledger(const Root &root);

/* a word that is unknown here gets a text that says so */
ReasonText owner_by_word(std::string_view word);
ReasonText ledger_state_by_word(std::string_view word);
ReasonText why_by_word(std::string_view word);

} // namespace cxla
