// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process of its own: in a process group that no Ctrl-C at the terminal reaches, with no
 * signal blocked, and with those that this program ignores as they are elsewhere.
 */
#pragma once

#include "sys/fd.h"

#include <spawn.h>
#include <sys/types.h>

namespace cxla
{

/* 0, or an errno; @arguments end with a null */
int spawn_apart(pid_t &pid, const char *program, const posix_spawn_file_actions_t &actions,
		char *const *arguments);
/*
 * This program, executed anew so; what it prints is to be read from @told, and
 * @inherited, if it is a descriptor, is its descriptor 3. Throws Error without a pipe.
 */
int spawn_this_program(pid_t &pid, char *const *arguments, Fd &told, int inherited = -1);

} // namespace cxla
