// SPDX-License-Identifier: GPL-2.0-only
/*
 * One change to the machine, as a value: it can be printed, written to a file,
 * undone and tested without a machine.
 */
#pragma once

#include "load/state.h"

#include <optional>
#include <string>
#include <vector>

namespace cxla
{

enum class Act {
	SaveState,     /* value: text of the state file; previous: what it was */
	DropState,     /* remove it */
	SetAutoprobe,  /* value: 0 or 1; previous; before: 1 probes what has missed it */
	Unbind,        /* device from driver */
	Bind,          /* device to driver; no error when it already is */
	Rebind,        /* as Bind, and no error when the device is gone or taken */
	SetOverride,   /* value: driver's name, empty for none; previous */
	Probe,         /* let the bus bind the device; driver has it afterwards */
	Insert,        /* device: module's name; value: its file */
	Remove,        /* device: module's name */
	InsertForeign, /* device: name of a module that ours need */
	InsertDriver,  /* device: name of a module that drives dax devices, if there is one */
	RemoveForeign, /* device: name of a module that was inserted so; stays if it is in use */
	WaitUnused,    /* until nothing refers to the module */
	WaitGone,      /* until the device has left the bus */
	Rescan,        /* look for PCI devices */
};

struct Step {
	Act act{};
	std::string bus; /* pci, platform, cxl */
	std::string device;
	std::string driver;
	std::string value;
	std::string previous;
	std::string parameters{}; /* of a module: `system_ram=1` */
	std::optional<PciBefore> before{};

	bool operator==(const Step &) const = default;
};

/* one line for people */
std::string describe(const Step &step);
/* a word for JSON */
const char *act_word(Act act);
/* what takes the step back; nothing when there is nothing to take back */
std::optional<Step> inverse(const Step &step);

/* what carries a step out */
class StepRunner
{
public:
	virtual ~StepRunner() = default;
	/* throws Error */
	virtual void run(const Step &step) = 0;
	/* asked between steps: somebody wants to stop (Ctrl-C) */
	virtual bool interrupted() { return false; }
	/* told before each step */
	virtual void about_to(const Step &, bool /* undoing */) {}
};

struct Outcome {
	size_t done = 0; /* steps that succeeded */
	bool interrupted = false;
	std::optional<Step> failed; /* the step that did not */
	std::string error, hint;
	std::vector<std::string> undo_errors; /* what could not be taken back */

	bool ok() const { return !failed && !interrupted; }
};

/*
 * Runs the steps in order. When one fails or somebody interrupts, the inverses
 * of those already done are run in reverse order, all of them, whether or not
 * some fail.
 */
Outcome run_all_or_nothing(const std::vector<Step> &steps, StepRunner &runner);
/*
 * Runs the steps in order and stops at the first that fails. For steps that nothing takes
 * back: an interrupt is heard before the first of them only, and then they go to their end.
 * A Rebind that fails keeps no other step from being run, but the record, which is then not
 * removed; @failed is the first, undo_errors are the others.
 */
Outcome run_in_order(const std::vector<Step> &steps, StepRunner &runner);

} // namespace cxla
