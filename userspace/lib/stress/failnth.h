// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every allocation fails once: an operation is done again and again, and each time
 * a later allocation of it fails, until there is none that late. After each it
 * either failed as a whole, or was done; nothing is lost or left behind; and done
 * again it succeeds.
 */
#pragma once

#include "cxl/snapshot.h"
#include "stress/operation.h"
#include "stress/refusals.h"

#include <chrono>
#include <functional>

namespace cxla
{

struct FailnthRequest {
	std::vector<const MachineOperation *> operations;
	/* of the allocations of an operation: this one, and every so many'th after it */
	unsigned offset = 1, stride = 1;
	unsigned last = 0;     /* none after it; 0: all */
	double patience = 120; /* seconds after which an operation is stuck */
	/* when the leak detector is asked, if the kernel has one */
	enum class Leaks { No, AtEnd, EachOperation } leaks = Leaks::EachOperation;
	std::chrono::milliseconds leak_pause{5000}; /* between two scans */
	/*
	 * after so many allocations it is done again, and all is brought back and compared;
	 * what is found meanwhile is looked for once more with one of them at a time
	 */
	unsigned batch = 16;
};

struct OperationReport {
	const MachineOperation *operation = nullptr;
	unsigned points = 0;                     /* allocations of one that nothing disturbs */
	unsigned failed = 0;                     /* those that were made to fail */
	std::map<std::string, unsigned> results; /* what came of it: ENOMEM, done ... */
	double seconds = 0;
};

struct FailnthFinding {
	std::string operation;
	unsigned nth = 0;   /* 0: not one of them */
	unsigned first = 0; /* those from this one on lead to it, and none of them alone */
	std::string what;
	std::vector<std::string> stack; /* of the allocation that failed */
	std::vector<std::string> kernel_log;
};

struct FailnthReport {
	std::vector<OperationReport> operations;
	/* what the kernel says, or being stuck, ends it; else one for each operation */
	std::vector<FailnthFinding> findings;
	double seconds = 0;
	bool leaks_looked_for = false;
	bool stuck = false; /* a thread is left: end the process without waiting for it */
	bool interrupted = false;
};

/* why not to; empty: go ahead. @agreed: --yes was given */
std::vector<Refusal> failnth_refusals(const Root &root, const Machine &machine, const TestBed &bed,
				      bool agreed);
/* all of which allocations may fail, or those named; throws Error (Usage) */
std::vector<const MachineOperation *> choose_operations(const std::vector<std::string> &names);

/* @tell: after each; false: stop. @tell_finding: at once, as it may be the last thing said */
FailnthReport run_failnth(const TestBed &bed, const FailnthRequest &request,
			  const std::function<bool(const OperationReport &, unsigned nth)> &tell,
			  const std::function<void(const FailnthFinding &)> &tell_finding = {});

} // namespace cxla
