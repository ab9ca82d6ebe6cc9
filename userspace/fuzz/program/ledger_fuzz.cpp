// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ledger: each line is an entry or a problem, entries written again are the same, and
 * what it is silent about is in none of them.
 */
#include "lines_in.h"

#include "cxl/ledger.h"

#include <algorithm>
#include <fmt/format.h>

CXLA_FUZZ(ledger)
{
	using namespace cxla;
	using cxla::fuzz::require;

	const auto text = in.rest();
	const Ledger ledger = parse_ledger(text);
	std::string again;

	require(ledger.entries.size() + ledger.problems.size() == fuzz::lines_in(text),
		"a line is an entry or a problem");
	for (const auto &entry : ledger.entries) {
		require(entry.range.start <= entry.range.end, "a range does not wrap");
		require(!entry.text().empty() && !owner_by_word(entry.owner).meaning.empty() &&
				!ledger_state_by_word(entry.state).meaning.empty() &&
				!why_by_word(entry.reason).meaning.empty(),
			"every word has a meaning");
		again += fmt::format("{} {} {} {} {} {}.{:06}\n", entry.range.text(), entry.owner,
				     entry.state, entry.reason, entry.who.empty() ? "-" : entry.who,
				     entry.time_us / 1000000, entry.time_us % 1000000);
	}

	const Ledger same = parse_ledger(again);

	require(same.problems.empty() && same.entries.size() == ledger.entries.size() &&
			std::is_permutation(same.entries.begin(), same.entries.end(),
					    ledger.entries.begin()),
		"entries written again are the same", again);
	for (size_t i = 0; i < ledger.entries.size() && i < 4; i++) {
		/* the range and what is around it */
		Range range = ledger.entries[i].range;

		range.start -= std::min<uint64_t>(range.start, 0x1000);
		range.end += std::min<uint64_t>(UINT64_MAX - range.end, 0x1000);
		require(!ledger.in(range).empty(), "an entry is in its own range");
		for (const auto &silent : ledger.silent_about(range)) {
			require(silent.start <= silent.end && range.contains(silent),
				"what it is silent about lies in the range");
			require(ledger.in(silent).empty(), "it is silent where it has no entry",
				again + silent.text());
		}
	}
}
