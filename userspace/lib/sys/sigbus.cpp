// SPDX-License-Identifier: GPL-2.0-only
#include "sys/sigbus.h"

#include <csetjmp>
#include <csignal>

namespace cxla
{

namespace
{

/* where the thread that accesses goes on; null: it does not */
thread_local sigjmp_buf *volatile way_out;

void on_sigbus(int)
{
	if (way_out)
		siglongjmp(*way_out, 1); // NOLINT(cert-err52-cpp): no object is passed over
	/* not ours: it comes again, with the default action */
	std::signal(SIGBUS, SIG_DFL);
}

void catch_sigbus()
{
	struct sigaction action = {};

	action.sa_handler = on_sigbus;
	sigaction(SIGBUS, &action, nullptr);
}

} // namespace

bool survives_sigbus(void (*access)(void *argument), void *argument)
{
	static const bool caught = (catch_sigbus(), true);
	sigjmp_buf here;

	(void)caught;
	/* with the signal mask: SIGBUS is blocked in its handler */
	if (sigsetjmp(here, 1)) {
		way_out = nullptr;
		return false;
	}
	way_out = &here;
	access(argument);
	way_out = nullptr;
	return true;
}

} // namespace cxla
