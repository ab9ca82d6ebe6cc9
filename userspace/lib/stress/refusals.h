// SPDX-License-Identifier: GPL-2.0-only
/* What stands in the way of more than one command. */
#pragma once

#include "sys/refusal.h"

#include <string>
#include <vector>

namespace cxla
{

class Root;
struct TestBed;
struct MachineOperation;
struct Machine;

/* is this a virtual machine, where nothing is at stake */
bool in_virtual_machine(const Root &root);

/* each adds to @refusals */

/* memory of a CXL device is online as System RAM, or mounted */
void refuse_memory_in_use(std::vector<Refusal> &refusals, const Root &root, const Machine &machine);
/* a process has the node of an accelerator open */
void refuse_in_use(std::vector<Refusal> &refusals, const Root &root, const Machine &machine);
/* operations have nothing to be done to */
void refuse_incomplete(std::vector<Refusal> &refusals, const TestBed &bed);
/* something is at stake. @agreed: --yes was given; @rehearsal: what shows what would be done */
void refuse_real_machine(std::vector<Refusal> &refusals, const Root &root, bool agreed,
			 const std::string &rehearsal);

/* an operation that was asked for by its name lacks that, as missing_for() says */
Refusal refusal_of(const MachineOperation &operation, const std::string &missing);

} // namespace cxla
