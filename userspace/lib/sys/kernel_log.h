// SPDX-License-Identifier: GPL-2.0-only
/* The kernel log from now on, and whether any of it is a warning. */
#pragma once

#include "sys/fd.h"
#include "sys/root.h"

#include <deque>
#include <string>
#include <vector>

namespace cxla
{

/* is this what a kernel says that has found a bug: WARNING, BUG, KASAN, lockdep ... */
bool is_kernel_warning(std::string_view line);

class KernelLog
{
public:
	/* from the end of /dev/kmsg on; throws Error */
	explicit KernelLog(const Root &root);

	/*
	 * The trace that goes with an allocation that failed is no warning, nor is what the
	 * kernel itself warns of where it has no memory.
	 */
	void expect_failed_allocations() { expecting_ = true; }

	/* what was said since the last look; what follows a warning is kept with it */
	void look();
	const std::vector<std::string> &warnings() const { return warnings_; }
	/* all that was said until now; reads it first */
	void forget();
	/* records that were overwritten before they could be read */
	unsigned lost() const { return lost_; }
	unsigned long lines() const { return lines_; }
	/* the last of all lines */
	const std::deque<std::string> &recent() const { return recent_; }

private:
	void take(std::string_view record);
	/* a line of a report that is none of ours, or may be the first of one */
	bool is_foreign(std::string_view text);

	Fd fd_;
	bool records_; /* a read is one record; of a plain file it is many lines */
	std::vector<std::string> warnings_;
	unsigned lost_ = 0;
	unsigned long lines_ = 0;
	std::deque<std::string> recent_;
	bool expecting_ = false, expected_ = false; /* such a trace: at all, and now */
	std::vector<std::string> cut_; /* `cut here`, and on to the line that says what of */
	size_t foreign_lines_ = 0;
	bool foreign_ = false; /* until the end of its trace */
};

/* a line of ours in the kernel log, so that people find their way; never fails */
void mark_kernel_log(const Root &root, const std::string &text, int level = 6);

} // namespace cxla
