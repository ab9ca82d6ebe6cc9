// SPDX-License-Identifier: GPL-2.0-only
/* How far something is, on standard error, while it lasts. */
#pragma once

#include <chrono>
#include <string>

namespace cxla
{

/* written over on a terminal; elsewhere a line now and then */
class ProgressLine
{
public:
	/* nothing is shown for @silence, and elsewhere only every so often */
	explicit ProgressLine(std::chrono::seconds silence = {},
			      std::chrono::seconds every = std::chrono::seconds(5))
	    : silence_(silence), every_(every)
	{
	}
	/* clears what a terminal shows */
	~ProgressLine();
	ProgressLine(const ProgressLine &) = delete;
	ProgressLine &operator=(const ProgressLine &) = delete;

	static bool on_terminal();
	/* is it time to show anything */
	bool due() const;
	void show(const std::string &line);

private:
	using Clock = std::chrono::steady_clock;

	std::chrono::seconds silence_, every_;
	Clock::time_point last_ = Clock::now();
	bool shown_ = false;
};

} // namespace cxla
