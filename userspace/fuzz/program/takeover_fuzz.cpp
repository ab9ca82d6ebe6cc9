// SPDX-License-Identifier: GPL-2.0-only
/* The record of a takeover: its names become parts of paths that root writes to. */
#include "fuzz.h"

#include "load/state.h"

CXLA_FUZZ(takeover)
{
	using namespace cxla;
	using cxla::fuzz::require;

	const auto state = state_from_text(std::string(in.rest()), "record");

	if (!state) {
		require(!state.problem().what.empty(), "what is wrong is said");
		return;
	}
	for (const auto &binding : state->taken)
		for (const auto *part : {&binding.bus, &binding.device, &binding.driver})
			require(part->find('/') == part->npos && *part != ".." &&
					part->find('\0') == part->npos,
				"a name is no path", *part);

	const auto same = state_from_text(state_to_text(*state), "record");

	require(same && *same == *state, "a record written again is the same");

	State merged = *state;

	merged.merge(*state);
	require(merged.taken.size() <= 2 * state->taken.size(), "a record merged is one record");
}
