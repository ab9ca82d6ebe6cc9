// SPDX-License-Identifier: GPL-2.0-only
#include "outcome.h"

#include "cxl/reason.h"
#include "report/status.h"

#include <fmt/format.h>

namespace cxla
{

void print_outcome(const Accelerator &accel)
{
	std::string word = accel.reason.value_or("?");
	ReasonText reason = reason_by_word(word);

	if (accel.attached()) {
		fmt::print("{}  {}  attached  {}  {}\n", accel.bdf, accel.accel.value_or("?"),
			   accel.range ? accel.range->text() : "?",
			   accel.range ? size_text(accel.range->size()) : "?");
		return;
	}
	fmt::print("{}  {}  {}  {}\n", accel.bdf, accel.accel.value_or("?"),
		   accel.state.value_or("?"), word);
	fmt::print("    {}: {}\n", word, reason.meaning);
	if (!reason.todo.empty())
		fmt::print("    what to do: {}\n", reason.todo);
}

nlohmann::ordered_json outcome_json(const Accelerator &accel)
{
	nlohmann::ordered_json out = accelerator_json(accel);
	ReasonText reason = reason_by_word(accel.reason.value_or("?"));

	out["meaning"] = std::string(reason.meaning);
	out["todo"] = std::string(reason.todo);
	return out;
}

} // namespace cxla
