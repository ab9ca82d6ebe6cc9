// SPDX-License-Identifier: GPL-2.0-only
#include "interrupt.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>

namespace cxla
{

namespace
{

constexpr std::array stop_signals = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

std::atomic<int> stop_signal;
std::atomic<bool> where_asked, silent;
/* of stop_signals, before the guard */
std::array<struct sigaction, stop_signals.size()> actions_before;

/* only what a handler may do */
void ask_to_stop(int signal)
{
	static constexpr std::string_view text =
		"\ncxla: stopping: what was begun is ended or taken back first\n";
	int none = 0, saved = errno;

	stop_signal.compare_exchange_strong(none, signal);

	ssize_t ignored = silent ? 0 : ::write(STDERR_FILENO, text.data(), text.size());

	(void)ignored;
	errno = saved;
}

void note_where(int)
{
	where_asked = true;
}

} // namespace

InterruptGuard::InterruptGuard(bool looks_only)
{
	struct sigaction action = {};

	stop_signal = 0;
	silent = looks_only;
	action.sa_handler = ask_to_stop;
	/* a write to sysfs is not to be broken off half way */
	action.sa_flags = SA_RESTART;
	for (size_t n = 0; n < stop_signals.size(); n++) {
		sigaction(stop_signals[n], nullptr, &actions_before[n]);
		if (stop_signals[n] != SIGHUP || actions_before[n].sa_handler != SIG_IGN)
			sigaction(stop_signals[n], &action, nullptr);
	}
}

InterruptGuard::~InterruptGuard()
{
	for (size_t n = 0; n < stop_signals.size(); n++)
		sigaction(stop_signals[n], &actions_before[n], nullptr);
}

int InterruptGuard::signal()
{
	return stop_signal;
}

Exit exit_of_signal(int signal)
{
	return static_cast<Exit>(128 + signal);
}

const char *signal_word(int signal)
{
	switch (signal) {
	case SIGINT:
		return "SIGINT";
	case SIGTERM:
		return "SIGTERM";
	case SIGHUP:
		return "SIGHUP";
	case SIGQUIT:
		return "SIGQUIT";
	default:
		return "a signal";
	}
}

void set_up_process()
{
	struct sigaction action = {};

	for (int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!::open("/dev/null", O_RDONLY);
	/* what can't be written is told by the write */
	std::signal(SIGPIPE, SIG_IGN);
	std::signal(SIGXFSZ, SIG_IGN);
	/* ignored, nobody could be waited for */
	std::signal(SIGCHLD, SIG_DFL);
	action.sa_handler = note_where;
	action.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &action, nullptr);
}

bool asked_where()
{
	return where_asked.exchange(false);
}

} // namespace cxla
