// SPDX-License-Identifier: GPL-2.0-only
/*
 * Errors that end a command. The text says what was tried and on which path;
 * the hint says what to do about it.
 */
#pragma once

#include <stdexcept>
#include <string>

namespace cxla
{

/* exit statuses of the program, documented in its --help; 128 and a signal: interrupted */
enum class Exit {
	Ok = 0,
	Failed = 1,
	Usage = 2,
	Refused = 3,
	Partial = 4,
	Unwritten = 5,
};

class Error : public std::runtime_error
{
public:
	explicit Error(const std::string &what, std::string hint = {}, Exit status = Exit::Failed)
	    : std::runtime_error(what), hint_(std::move(hint)), status_(status)
	{
	}

	const std::string &hint() const { return hint_; }
	Exit status() const { return status_; }

private:
	std::string hint_;
	Exit status_;
};

} // namespace cxla
