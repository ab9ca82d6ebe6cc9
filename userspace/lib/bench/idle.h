// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a machine of one processor had nothing to do: a thread takes all the time that nobody
 * else wants, and its own clock says how much that was. So what is waited for is told
 * from what is worked for, where a clock counts instructions.
 */
#pragma once

#include <atomic>
#include <cstdint>
#include <ctime>
#include <thread>

namespace cxla
{

class IdleThread
{
public:
	/* throws Error: the thread can't be had, or not with less priority than all others */
	IdleThread();
	~IdleThread();
	IdleThread(const IdleThread &) = delete;
	IdleThread &operator=(const IdleThread &) = delete;

	/* nanoseconds that it had so far; to be asked by somebody who runs meanwhile */
	uint64_t ns() const;

private:
	std::atomic<bool> stop_ = false;
	std::thread thread_;
	clockid_t clock_ = 0;
};

} // namespace cxla
