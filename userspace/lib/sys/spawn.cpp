// SPDX-License-Identifier: GPL-2.0-only
#include "sys/spawn.h"

#include "sys/error.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
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

int spawn_this_program(pid_t &pid, char *const *arguments, Fd &told, int inherited)
{
	std::array<int, 2> ends = {};
	posix_spawn_file_actions_t actions;

	if (pipe2(ends.data(), O_CLOEXEC) < 0)
		throw Error(fmt::format("pipe: {}", std::strerror(errno)));
	told = Fd(ends[0]);

	Fd end(ends[1]);

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, end.get(), STDOUT_FILENO);
	if (inherited >= 0)
		posix_spawn_file_actions_adddup2(&actions, inherited, 3);

	int err = spawn_apart(pid, "/proc/self/exe", actions, arguments);

	posix_spawn_file_actions_destroy(&actions);
	return err;
}

} // namespace cxla
