// SPDX-License-Identifier: GPL-2.0-only
/*
 * A process of its own: in a process group that no Ctrl-C at the terminal reaches, with no
 * signal blocked, and with those that this program ignores as they are elsewhere.
 */
#pragma once

#include <spawn.h>
#include <sys/types.h>

namespace cxla
{

/* 0, or an errno; @arguments end with a null */
int spawn_apart(pid_t &pid, const char *program, const posix_spawn_file_actions_t &actions,
		char *const *arguments);

} // namespace cxla
