// SPDX-License-Identifier: GPL-2.0-only
/* Why something is not begun, and what to do about it. */
#pragma once

#include <string>
#include <vector>

namespace cxla
{

class Root;
struct TestBed;
struct Machine;

/* is this a virtual machine, where nothing is at stake */
bool in_virtual_machine(const Root &root);

struct Obstacle {
	std::string what, hint;
};

/* what stands in the way of more than one command, added to @refusals */

/* memory of a CXL device is online as System RAM, or mounted */
void refuse_memory_in_use(std::vector<Obstacle> &refusals, const Root &root,
			  const Machine &machine);
/* a process has the node of an accelerator open */
void refuse_in_use(std::vector<Obstacle> &refusals, const Root &root, const Machine &machine);
/* operations have nothing to be done to */
void refuse_incomplete(std::vector<Obstacle> &refusals, const TestBed &bed);
/* something is at stake. @agreed: --yes was given; @rehearsal: what shows what would be done */
void refuse_real_machine(std::vector<Obstacle> &refusals, const Root &root, bool agreed,
			 const std::string &rehearsal);

} // namespace cxla
