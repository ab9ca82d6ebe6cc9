// SPDX-License-Identifier: GPL-2.0-only
#include "sys/output.h"

#include <cerrno>
#include <poll.h>
#include <unistd.h>

namespace cxla
{

namespace
{

/* so much waits for more where nobody is looking on */
constexpr size_t most_waiting = 8192;

bool on_terminal()
{
	static const bool terminal = isatty(STDOUT_FILENO);

	return terminal;
}

/* somebody who shares it has made it non-blocking */
void wait_until_writable(int fd)
{
	pollfd one = {fd, POLLOUT, 0};

	poll(&one, 1, -1);
}

} // namespace

int write_whole(int fd, std::string_view text)
{
	while (!text.empty()) {
		ssize_t count = ::write(fd, text.data(), text.size());

		if (count > 0)
			text.remove_prefix(static_cast<size_t>(count));
		else if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			wait_until_writable(fd);
		else if (count < 0 && errno != EINTR)
			return errno;
		else if (count == 0)
			return EIO;
	}
	return 0;
}

int write_kept(int fd, std::string_view text)
{
	int err = write_whole(fd, text);

	/* a pipe can't be asked */
	if (!err && ::fsync(fd) < 0 && errno != EINVAL && errno != EROFS && errno != ENOTSUP)
		err = errno;
	return err;
}

void Output::flush_locked()
{
	/* what comes after something that is missing would be misread */
	if (!error_ && !waiting_.empty())
		error_ = write_whole(STDOUT_FILENO, waiting_);
	waiting_.clear();
}

void Output::out(std::string_view text)
{
	std::lock_guard guard(lock_);

	waiting_ += text;
	if (waiting_.size() >= most_waiting || on_terminal())
		flush_locked();
}

void Output::err(std::string_view text)
{
	std::lock_guard guard(lock_);

	flush_locked();
	write_whole(STDERR_FILENO, text);
}

void Output::flush()
{
	std::lock_guard guard(lock_);

	flush_locked();
}

int Output::error() const
{
	std::lock_guard guard(lock_);

	return error_;
}

Output &output()
{
	static Output only;

	return only;
}

} // namespace cxla
