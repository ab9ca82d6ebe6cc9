// SPDX-License-Identifier: GPL-2.0-only
#include "load/step.h"

#include "sys/error.h"

#include <fmt/format.h>

namespace cxla
{

namespace
{

/* the first is what an outcome is about */
void note_failure(const Step &step, const std::string &error, const std::string &hint,
		  Outcome &outcome)
{
	if (outcome.failed) {
		outcome.undo_errors.push_back(error);
		return;
	}
	outcome.failed = step;
	outcome.error = error;
	outcome.hint = hint;
}

/* false when it failed; @outcome then says why */
bool run_one(const Step &step, StepRunner &runner, Outcome &outcome)
{
	try {
		runner.about_to(step, false);
		runner.run(step);
	} catch (const Error &error) {
		note_failure(step, error.what(), error.hint(), outcome);
		return false;
	} catch (const std::exception &error) {
		/* memory that is short, for one: what was done is undone all the same */
		note_failure(step, error.what(), {}, outcome);
		return false;
	}
	outcome.done++;
	return true;
}

} // namespace

std::string describe(const Step &step)
{
	switch (step.act) {
	case Act::SaveState:
		return "record what is changed in /run/cxla/takeover.json";
	case Act::DropState:
		return "remove /run/cxla/takeover.json";
	case Act::SetAutoprobe:
		return fmt::format("set drivers_autoprobe of the {} bus to {} (was {}){}", step.bus,
				   step.value, step.previous,
				   step.before && step.value == "1" ? ", and probe what missed it"
								    : "");
	case Act::Unbind:
		return fmt::format("unbind {} from {}", step.device, step.driver);
	case Act::Bind:
		return fmt::format("bind {} to {}", step.device, step.driver);
	case Act::Rebind:
		return fmt::format("bind {} to {} if it is there and has no driver", step.device,
				   step.driver);
	case Act::SetOverride:
		return step.value.empty() ? fmt::format("clear driver_override of {}", step.device)
					  : fmt::format("set driver_override of {} to {}",
							step.device, step.value);
	case Act::Probe:
		return fmt::format("probe {}, so that {} binds to it", step.device, step.driver);
	case Act::Insert:
		return fmt::format("load {} from {}{}{}", step.device, step.value,
				   step.parameters.empty() ? "" : " with ", step.parameters);
	case Act::Remove:
		return fmt::format("unload {}", step.device);
	case Act::InsertForeign:
		return fmt::format("load {}, which ours need", step.device);
	case Act::InsertDriver:
		return fmt::format("load {}, which drives dax devices, if there is one",
				   step.device);
	case Act::RemoveForeign:
		return fmt::format("unload {} if nothing uses it", step.device);
	case Act::WaitUnused:
		return fmt::format("wait until nothing uses {}", step.device);
	case Act::WaitGone:
		return fmt::format("wait until {} has left the {} bus", step.device, step.bus);
	case Act::Rescan:
		return "rescan the PCI bus";
	}
	return "?";
}

const char *act_word(Act act)
{
	switch (act) {
	case Act::SaveState:
		return "save-state";
	case Act::DropState:
		return "drop-state";
	case Act::SetAutoprobe:
		return "set-autoprobe";
	case Act::Unbind:
		return "unbind";
	case Act::Bind:
		return "bind";
	case Act::Rebind:
		return "rebind";
	case Act::SetOverride:
		return "set-override";
	case Act::Probe:
		return "probe";
	case Act::Insert:
		return "insert";
	case Act::Remove:
		return "remove";
	case Act::InsertForeign:
		return "insert-foreign";
	case Act::InsertDriver:
		return "insert-driver";
	case Act::RemoveForeign:
		return "remove-foreign";
	case Act::WaitUnused:
		return "wait-unused";
	case Act::WaitGone:
		return "wait-gone";
	case Act::Rescan:
		return "rescan";
	}
	return "?";
}

std::optional<Step> inverse(const Step &step)
{
	Step back = step;

	switch (step.act) {
	case Act::SaveState:
		std::swap(back.value, back.previous);
		back.act = back.value.empty() ? Act::DropState : Act::SaveState;
		return back;
	case Act::SetAutoprobe:
	case Act::SetOverride:
		std::swap(back.value, back.previous);
		return back;
	case Act::Unbind:
		/* its device may have gone and come back under another name, with a driver */
		back.act = step.bus == "cxl" ? Act::Rebind : Act::Bind;
		return back;
	case Act::Bind:
	case Act::Probe:
		back.act = Act::Unbind;
		return back;
	case Act::Insert:
		back.act = Act::Remove;
		back.value.clear();
		back.parameters.clear();
		return back;
	case Act::InsertForeign:
	case Act::InsertDriver:
		back.act = Act::RemoveForeign;
		return back;
	case Act::Rebind:
	case Act::DropState:
	case Act::Remove:
	case Act::RemoveForeign:
	case Act::WaitUnused:
	case Act::WaitGone:
	case Act::Rescan:
		break;
	}
	return std::nullopt;
}

Outcome run_all_or_nothing(const std::vector<Step> &steps, StepRunner &runner)
{
	Outcome outcome;

	for (const auto &step : steps) {
		outcome.interrupted = runner.interrupted();
		if (outcome.interrupted || !run_one(step, runner, outcome))
			break;
	}
	/* an interrupt during the last step comes too late for the loop above */
	if (!outcome.failed && runner.interrupted())
		outcome.interrupted = true;
	if (outcome.ok())
		return outcome;

	for (size_t i = outcome.done; i-- > 0;) {
		auto back = inverse(steps[i]);

		/* what could not be undone stays on record, for unload to try again */
		if (!back || (steps[i].act == Act::SaveState && !outcome.undo_errors.empty()))
			continue;
		try {
			runner.about_to(*back, true);
			runner.run(*back);
		} catch (const std::exception &error) {
			outcome.undo_errors.emplace_back(error.what());
		}
	}
	return outcome;
}

Outcome run_in_order(const std::vector<Step> &steps, StepRunner &runner)
{
	Outcome outcome;

	outcome.interrupted = !steps.empty() && runner.interrupted();
	for (const auto &step : steps) {
		/* what could not be given back stays on record */
		if (outcome.interrupted || (outcome.failed && step.act == Act::DropState))
			break;
		if (!run_one(step, runner, outcome) && step.act != Act::Rebind)
			break;
	}
	return outcome;
}

} // namespace cxla
