// SPDX-License-Identifier: GPL-2.0-only
/*
 * A reset of a device that our drivers have: what it reaches, what stands in the way, the
 * reset itself, and what came back.
 */
#pragma once

#include "cxl/machine.h"
#include "sys/refusal.h"

namespace cxla
{

/*
 * cxl: CXL.cache and CXL.mem alone (CXL 3.1 section 9.7), by our node. flr: the function.
 * bus: all below the bridge that it hangs off. The last two are the kernel's.
 */
enum class ResetMethod { Cxl, Flr, Bus };

const char *reset_method_name(ResetMethod method);
/* cxl, flr, bus; nothing for another word */
std::optional<ResetMethod> parse_reset_method(std::string_view word);

/* a function that is reset, and who has it */
struct ResetFunction {
	std::string bdf;
	std::string driver; /* empty: none */
	std::string node;   /* /dev/cxla/accel0, /dev/cxla/mem0, or empty */
	/* what it loses meanwhile: range of an accelerator, regions of an expander */
	std::vector<Range> ranges;
	std::vector<std::string> owners; /* of these, by /proc/iomem: System RAM, dax0.0 */
	std::vector<Opener> openers;     /* who has the node open or mapped */
};

struct ResetPlan {
	std::string bdf;
	std::optional<ResetMethod> method; /* nothing: the device has none */
	std::vector<ResetFunction> functions;
	std::vector<Refusal> refusals;
};

/*
 * @wanted: nothing: the mildest that the device has. @in_use: also where a node is open or
 * memory is mapped, whose users get SIGBUS.
 */
ResetPlan plan_reset(const Root &root, const Machine &machine, const std::string &bdf,
		     std::optional<ResetMethod> wanted, bool in_use);
/* does it, and returns when the drivers have been told that it is over; throws Error */
void do_reset(const Root &root, const ResetPlan &plan);

/* how a function is now: attached, pci-only, its regions, or its driver */
struct ResetOutcome {
	std::string bdf;
	std::string state;  /* attached, pci-only; of an expander: memdev; else empty */
	std::string reason; /* why pci-only */
	std::vector<Range> ranges;

	/* all that it had before */
	bool has_all_of(const ResetFunction &before) const;
};

ResetOutcome outcome_of(const Machine &machine, const ResetFunction &before);

} // namespace cxla
