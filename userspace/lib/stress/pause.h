// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pause points of the modules: places where the next task that comes by is held
 * until it is let go. Only kernels with fault injection have them.
 */
#pragma once

#include "sys/root.h"

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

/* all that throw, throw Error */
class Pauses
{
public:
	virtual ~Pauses() = default;

	/* empty: none in this kernel */
	virtual std::vector<PausePoint> list() const = 0;
	virtual void arm(const std::string &name) const = 0;
	virtual void release(const std::string &name) const = 0;
	/* lets everybody go, and counts from nothing */
	virtual void reset() const = 0;

	PausePoint find(const std::string &name) const;
};

/* those of the kernel */
class KernelPauses : public Pauses
{
public:
	explicit KernelPauses(const Root &root) : root_(root) {}

	std::vector<PausePoint> list() const override;
	void arm(const std::string &name) const override;
	void release(const std::string &name) const override;
	void reset() const override;

private:
	Root root_;
};

} // namespace cxla
