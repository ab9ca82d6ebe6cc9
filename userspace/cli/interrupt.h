// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals. While an InterruptGuard lives, SIGINT, SIGQUIT, SIGTERM and SIGHUP ask to stop: what was
 * begun is ended or taken back first, however often they come. SIGHUP that was ignored
 * when the program began (nohup) stays ignored. SIGUSR1 asks where the program is.
 */
#pragma once

#include "sys/error.h"

namespace cxla
{

class InterruptGuard
{
public:
	/* @looks_only: there is nothing to take back, and so nothing to say */
	explicit InterruptGuard(bool looks_only = false);
	~InterruptGuard();
	InterruptGuard(const InterruptGuard &) = delete;
	InterruptGuard &operator=(const InterruptGuard &) = delete;

	static bool interrupted() { return signal() != 0; }
	/* the first that came since the guard was made; 0: none */
	static int signal();
};

/* as a shell has it: 130 for SIGINT, 143 for SIGTERM */
Exit exit_of_signal(int signal);
/* SIGINT ... */
const char *signal_word(int signal);

/*
 * Once, at the program's start: SIGPIPE is ignored, SIGUSR1 noted; and a standard stream that
 * is closed is made one that nothing can be written to, so that no file of ours gets its number.
 */
void set_up_process();
/* did SIGUSR1 come since this was last asked */
bool asked_where();

} // namespace cxla
