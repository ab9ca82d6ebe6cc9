// SPDX-License-Identifier: GPL-2.0-only
/* Where a command leaves what machines read; or standard output, for "-". */
#pragma once

#include "sys/fd.h"

#include <string>

namespace cxla
{

class VerdictFile
{
public:
	/*
	 * Makes the file, or empties it: what can't be written is told before anything is
	 * done, and verdicts of another run are gone. @path: empty for none. Throws Error.
	 */
	explicit VerdictFile(const std::string &path);

	explicit operator bool() const { return static_cast<bool>(fd_); }
	/* all of it; throws Error, of a disk that is full for one */
	void write(const std::string &text) const;

private:
	std::string path_;
	Fd fd_;
};

} // namespace cxla
