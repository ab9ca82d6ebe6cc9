// SPDX-License-Identifier: GPL-2.0-only
#include "outcome.h"

#include "cxl/reason.h"
#include "report/status.h"
#include "sys/output.h"

#include <cstring>
#include <fmt/format.h>

namespace cxla
{

void print_outcome(const Accelerator &accel)
{
	std::string word = accel.reason.value_or("?");
	ReasonText reason = reason_by_word(word);

	if (accel.attached()) {
		print_out("{}  {}  attached  {}  {}\n", accel.bdf, accel.accel.value_or("?"),
			  accel.range ? accel.range->text() : "?",
			  accel.range ? size_text(accel.range->size()) : "?");
		return;
	}
	print_out("{}  {}  {}  {}\n", accel.bdf, accel.accel.value_or("?"),
		  accel.state.value_or("?"), word);
	print_out("    {}: {}\n", word, reason.meaning);
	if (word == "error" && accel.error.value_or(0))
		print_out("    errno {}: {}\n", *accel.error,
			  std::strerror(static_cast<int>(*accel.error)));
	if (!reason.todo.empty())
		print_out("    what to do: {}\n", reason.todo);
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
