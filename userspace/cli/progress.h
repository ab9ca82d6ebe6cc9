// SPDX-License-Identifier: GPL-2.0-only
/*
 * How far something is, on standard error, while it lasts: on a terminal one line that is
 * written over, five times a second at most; elsewhere a line each ten seconds; and a line
 * at once whenever SIGUSR1 asks.
 */
#pragma once

#include <chrono>
#include <string>

namespace cxla
{

enum class ProgressMode { Auto, Lines, Never };

class ProgressLine
{
public:
	/* nothing is shown for @silence on a terminal */
	explicit ProgressLine(std::chrono::milliseconds silence = {}) : silence_(silence) {}
	/* clears what a terminal shows */
	~ProgressLine();
	ProgressLine(const ProgressLine &) = delete;
	ProgressLine &operator=(const ProgressLine &) = delete;

	/* of every line from now on: --progress */
	static void set_mode(ProgressMode mode);
	/* is it time to show anything */
	bool due();
	void show(const std::string &line);

private:
	using Clock = std::chrono::steady_clock;

	std::chrono::milliseconds silence_;
	Clock::time_point last_ = Clock::now();
	bool shown_ = false; /* on a terminal, and not cleared */
};

} // namespace cxla
