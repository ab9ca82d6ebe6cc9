// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rest in the middle of a race, and at its end. A race that writes 0 to commit
 * and then has the region end leaves decoders reset that only firmware commits:
 * somebody has to do that in its place.
 */
#pragma once

#include "stress/rest.h"

namespace cxla
{

/*
 * Commits the decoders of these devices again, as firmware would have; nothing of
 * ours is bound while it does. Throws Error.
 */
using Recommit = std::function<void(const std::vector<std::string> &bdfs)>;

/* `sh -c "COMMAND BDF..."`; what it prints goes to standard error */
Recommit recommit_by(std::string command);

/*
 * With no actor at work, and nothing else done: what holds whatever was done before.
 * Empty, or in words what does not.
 */
std::string wrong_at_standstill(const Root &root, const Targets &targets);

class RaceRest
{
public:
	/* counts what there is before the race */
	RaceRest(const Root &root, Targets targets, Recommit recommit);

	/* with no actor at work: what is not as it was before */
	SnapshotChange come_to();
	unsigned recommitted() const { return recommitted_; }

private:
	void unbind_all() const;
	std::vector<std::string> lost() const;

	Root root_;
	Targets targets_;
	Recommit recommit_;
	Snapshot before_;
	unsigned recommitted_ = 0;
};

} // namespace cxla
