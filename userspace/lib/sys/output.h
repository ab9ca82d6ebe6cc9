// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the program prints. A full disk, a reader that went away or a terminal that is
 * gone is no reason to leave a machine half changed: no write here throws, or ends the
 * program, and SIGPIPE has to be ignored. What could not be written to standard output
 * is known in the end; of standard error nobody can be told.
 */
#pragma once

#include <fmt/format.h>
#include <mutex>
#include <string>
#include <string_view>

namespace cxla
{

class Output
{
public:
	/* from any thread; written at once to a terminal, else in larger pieces */
	void out(std::string_view text);
	/* standard error, after what was printed before */
	void err(std::string_view text);
	void flush();
	/* errno of the first write to standard output that failed, after a flush; 0: none has */
	int error() const;

private:
	void flush_locked();

	mutable std::mutex lock_; /* of what follows */
	std::string waiting_;
	int error_ = 0;
};

/* the only one: there is one standard output */
Output &output();

template <class... Args> void print_out(fmt::format_string<Args...> format, Args &&...args)
{
	output().out(fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args> void print_error(fmt::format_string<Args...> format, Args &&...args)
{
	output().err(fmt::format(format, std::forward<Args>(args)...));
}

/* all of it, or an errno; sleeps */
int write_whole(int fd, std::string_view text);
/* the same of a file that is kept: a disk that is full may say so only here */
int write_kept(int fd, std::string_view text);

} // namespace cxla
