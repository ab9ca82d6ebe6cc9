// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tasks of the whole machine, kernel threads included, that hang in the kernel: they
 * are in uninterruptible sleep and have not been on a processor for a while.
 */
#pragma once

#include "sys/root.h"

#include <chrono>
#include <map>
#include <string>
#include <vector>

namespace cxla
{

struct StuckTask {
	int tid = 0;
	std::string name;
	double seconds = 0;             /* for how long it is known not to have moved */
	std::vector<std::string> stack; /* in the kernel, or as much as it tells */

	std::string words() const;
};

class StuckTasks
{
public:
	using TimePoint = std::chrono::steady_clock::time_point;

	/* @patience: as long as that may be a wait for something slow */
	explicit StuckTasks(std::chrono::duration<double> patience) : patience_(patience) {}

	/*
	 * Those that stand where they stood @patience or longer ago, as looks before this
	 * one show; the first one names nobody.
	 */
	std::vector<StuckTask> look(const Root &root, TimePoint now);

private:
	/* what changes when a task moves, or its number is given to another one */
	struct Asleep {
		std::string mark;
		TimePoint since;
	};

	std::chrono::duration<double> patience_;
	std::map<int, Asleep> asleep_;
};

/*
 * What stands still in the kernel at this moment, a line before each; empty: nothing. Looks
 * twice, and takes longer than a second.
 */
std::string standing_still(const Root &root);

} // namespace cxla
