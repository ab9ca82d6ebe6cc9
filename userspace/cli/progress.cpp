// SPDX-License-Identifier: GPL-2.0-only
#include "progress.h"

#include "interrupt.h"
#include "sys/output.h"
#include "sys/terminal.h"

#include <algorithm>
#include <unistd.h>

namespace cxla
{

namespace
{

using namespace std::chrono_literals;

constexpr auto redraw = 200ms;
constexpr auto between_lines = 10s;

ProgressMode progress_mode = ProgressMode::Auto;

bool rewrites()
{
	static const bool terminal = obeys(STDERR_FILENO);

	return terminal && progress_mode == ProgressMode::Auto;
}

} // namespace

void ProgressLine::set_mode(ProgressMode mode)
{
	progress_mode = mode;
}

ProgressLine::~ProgressLine()
{
	if (shown_)
		print_error("\r\033[K");
}

bool ProgressLine::due()
{
	if (asked_where())
		return true;
	if (progress_mode == ProgressMode::Never)
		return false;
	if (!rewrites())
		return Clock::now() - last_ >= between_lines;
	return Clock::now() - last_ >= (shown_ ? redraw : silence_);
}

void ProgressLine::show(const std::string &line)
{
	if (rewrites()) {
		/* the last column stays free: a terminal may go on to the next line after it */
		print_error("\r{}\033[K",
			    cut_to(line, std::max<size_t>(columns_of(STDERR_FILENO, 80), 2) - 1));
		shown_ = true;
	} else {
		print_error("{}\n", line);
	}
	last_ = Clock::now();
}

} // namespace cxla
