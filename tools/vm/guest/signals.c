// SPDX-License-Identifier: GPL-2.0-only
/* What a user of a mapped range hears: that it is gone, and that it is to end. */
#include <stddef.h>

#include "guest.h"

sigjmp_buf bus;
volatile sig_atomic_t ended;

static void on_bus(int sig)
{
	siglongjmp(bus, sig);
}

static void on_term(int sig)
{
	ended = sig;
}

void hear_signals(void)
{
	struct sigaction action = { .sa_handler = on_bus };

	sigaction(SIGBUS, &action, NULL);
	action.sa_handler = on_term;
	sigaction(SIGTERM, &action, NULL);
}
