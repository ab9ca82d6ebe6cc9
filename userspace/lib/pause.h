// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pause points of the modules: places where the next task that comes by is held
 * until it is let go. Only kernels with fault injection have them.
 */
#pragma once

#include "root.h"

#include <optional>
#include <string>
#include <vector>

namespace cxla
{

struct PausePoint {
	std::string name, state; /* idle, armed, held */
	unsigned passed = 0;     /* how often somebody came by since it was armed, or reset */
	int pid = 0;             /* who is held; 0: nobody */

	bool held() const { return state == "held"; }
};

/* one line of the file; nothing: it is none */
std::optional<PausePoint> parse_pause_point(std::string_view line);
/* why there are none in this kernel; empty: there are */
std::string missing_for_pauses(const Root &root);

class PausePoints
{
public:
	explicit PausePoints(const Root &root) : root_(root) {}
	/* nobody is held by a test that has ended */
	~PausePoints();
	PausePoints(const PausePoints &) = delete;
	PausePoints &operator=(const PausePoints &) = delete;

	/* all that there are; empty: none in this kernel */
	static std::vector<PausePoint> list(const Root &root);
	/* throws Error, as all that follow */
	PausePoint read(const std::string &name) const;
	void arm(const std::string &name) const;
	void release(const std::string &name) const;
	/* lets everybody go, and counts from nothing */
	void reset() const;

private:
	Root root_;
};

} // namespace cxla
