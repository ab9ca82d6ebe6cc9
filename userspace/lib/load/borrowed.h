// SPDX-License-Identifier: GPL-2.0-only
/*
 * Settings of the kernel that one command changes for others as well, for as long as it runs.
 * The record says what each was before, so that after a crash the next command puts it back.
 * Whoever borrows, or puts back, holds the lock of the record.
 */
#pragma once

#include "load/state.h"

namespace cxla
{

/* changes one for as long as it lives; throws Error */
class Borrowed
{
public:
	Borrowed(const Root &root, BorrowedSetting setting);
	~Borrowed();
	Borrowed(const Borrowed &) = delete;
	Borrowed &operator=(const Borrowed &) = delete;

	/* the same as its end, but throws Error when it can't be done */
	void give_back();

private:
	const Root root_;
	BorrowedSetting setting_;
	bool changed_ = false;
};

/*
 * Puts back what a command that was killed has left changed, unless somebody has changed it
 * since. Says, a line each, what it did, and what it could not.
 */
std::vector<std::string> put_back_borrowed(const Root &root);

} // namespace cxla
