// SPDX-License-Identifier: GPL-2.0-only
/* Binding and unbinding cxla_accel and cxla_pci, and what came of it. */
#pragma once

#include "cxl/accel.h"
#include "load/borrowed.h"
#include "load/step.h"

#include <chrono>

namespace cxla
{

/*
 * driver_override and probe, all or nothing. One that cxla_accel has without a range is
 * unbound first, to try again; any other that the driver has is left as it is. Throws Error.
 */
void bind_device(const Root &root, const std::string &bdf, const std::string &driver,
		 StepRunner &runner);
/*
 * While it lives, cxla_accel makes a region for a device that it is bound to, where firmware
 * made none; the device has that until it is unbound. Throws Error.
 */
class RegionCreation
{
public:
	explicit RegionCreation(const Root &root);
	RegionCreation(const RegionCreation &) = delete;
	RegionCreation &operator=(const RegionCreation &) = delete;

private:
	std::optional<Borrowed> creation_;
};
/* throws Error (Refused) while somebody uses its node */
void need_unused(const Root &root, const Accelerator &accel);
/* from either driver of ours; refuses (Error) while somebody uses the node */
void unbind_device(const Root &root, const std::string &bdf);
/* waits until the device says a state; throws Error when it does not */
Accelerator wait_for_outcome(const Root &root, const std::string &bdf,
			     std::chrono::milliseconds patience = std::chrono::seconds(10));

} // namespace cxla
