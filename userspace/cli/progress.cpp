// SPDX-License-Identifier: GPL-2.0-only
#include "progress.h"

#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

namespace cxla
{

ProgressLine::~ProgressLine()
{
	if (shown_ && on_terminal())
		fmt::print(stderr, "\r\033[K");
}

bool ProgressLine::on_terminal()
{
	static const bool terminal = isatty(STDERR_FILENO);

	return terminal;
}

bool ProgressLine::due() const
{
	if (shown_ && on_terminal())
		return true;
	return Clock::now() - last_ >= (shown_ ? every_ : silence_);
}

void ProgressLine::show(const std::string &line)
{
	fmt::print(stderr, "{}{}{}", on_terminal() ? "\r\033[K" : "", line,
		   on_terminal() ? "" : "\n");
	last_ = Clock::now();
	shown_ = true;
}

} // namespace cxla
