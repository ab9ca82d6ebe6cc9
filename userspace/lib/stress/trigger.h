// SPDX-License-Identifier: GPL-2.0-only
/*
 * Triggers: what may end a range, or hand it out anew, while somebody else does
 * the same. Each is an operation, with what may come of it when it is disturbed.
 */
#pragma once

#include "stress/operation.h"

#include <optional>
#include <tuple>

namespace cxla
{

struct Trigger {
	enum class Side { Accel, Above, Expander, Made };

	const MachineOperation *operation = nullptr;
	Side side = Side::Accel; /* what it acts upon */
	/* decoders may be lost by it that only firmware commits */
	bool forgets = false;
	/* undisturbed; EBUSY for what is always refused */
	int alone = 0;
	/* what else may come of it, disturbed */
	std::vector<int> errors;

	const char *name() const { return operation->name; }
};

/* one for each row of what must hold at the end of a range */
const std::vector<Trigger> &triggers();
const Trigger *find_trigger(std::string_view name);

/* @opened: it came as far as its action; else there was nothing to do it to */
bool is_allowed(const Trigger &trigger, bool opened, int err);

/* a state from which both can do something, where there is one */
struct PairStart {
	Start first = Start::Everything;
	std::optional<Start> then; /* on top of that */

	bool operator==(const PairStart &) const = default;
	bool operator<(const PairStart &other) const
	{
		return std::tie(first, then) < std::tie(other.first, other.then);
	}
};

/* @second: null for none */
PairStart start_of(const Trigger &first, const Trigger *second);

} // namespace cxla
