// SPDX-License-Identifier: GPL-2.0-only
/*
 * A value read from a file that may be missing, unreadable or garbage, and that
 * may vanish while it is read. Reading such a file is no exceptional event: the
 * caller gets the value or the problem, and shows either.
 */
#pragma once

#include <cerrno>
#include <optional>
#include <string>
#include <utility>

namespace cxla
{

/* what was read, on which path, and what came of it */
struct Problem {
	std::string path;
	int err = 0; /* errno, or 0 when the content was at fault */
	std::string what;

	std::string text() const { return path + ": " + what; }
	bool operator==(const Problem &) const = default;
};

/* a problem made of an errno value */
Problem errno_problem(std::string path, int err);

template <class T> class Reading
{
public:
	Reading(T value) : value_(std::move(value)) {}
	Reading(Problem problem) : problem_(std::move(problem)) {}

	explicit operator bool() const { return value_.has_value(); }
	const T &operator*() const { return *value_; }
	const T *operator->() const { return &*value_; }
	T value_or(T other) const { return value_.value_or(std::move(other)); }
	const Problem &problem() const { return problem_; }

	/* the file does not exist; any other problem is worth telling */
	bool absent() const { return !value_ && problem_.err == ENOENT; }

private:
	std::optional<T> value_;
	Problem problem_;
};

} // namespace cxla
