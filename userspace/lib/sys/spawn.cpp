// SPDX-License-Identifier: GPL-2.0-only
#include "sys/spawn.h"

#include <csignal>
#include <unistd.h>

namespace cxla
{

int spawn_apart(pid_t &pid, const char *program, const posix_spawn_file_actions_t &actions,
		char *const *arguments)
{
	posix_spawnattr_t attributes;
	sigset_t none, ignored;

	sigemptyset(&none);
	sigemptyset(&ignored);
	sigaddset(&ignored, SIGPIPE);
	sigaddset(&ignored, SIGXFSZ);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setpgroup(&attributes, 0);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &ignored);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);

	int err = posix_spawn(&pid, program, &actions, &attributes, arguments, environ);

	posix_spawnattr_destroy(&attributes);
	return err;
}

} // namespace cxla
