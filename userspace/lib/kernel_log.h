// SPDX-License-Identifier: GPL-2.0-only
/* The kernel log from now on, and whether any of it is a warning. */
#pragma once

#include "fd.h"
#include "root.h"

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

	/* what was said since the last look; what follows a warning is kept with it */
	void look();
	const std::vector<std::string> &warnings() const { return warnings_; }
	/* records that were overwritten before they could be read */
	unsigned lost() const { return lost_; }
	unsigned long lines() const { return lines_; }

private:
	void take(std::string_view record);

	Fd fd_;
	bool records_; /* a read is one record; of a plain file it is many lines */
	std::vector<std::string> warnings_;
	unsigned lost_ = 0;
	unsigned long lines_ = 0;
};

/* a line of ours in the kernel log, so that people find their way; never fails */
void mark_kernel_log(const Root &root, const std::string &text);

} // namespace cxla
