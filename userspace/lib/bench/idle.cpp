// SPDX-License-Identifier: GPL-2.0-only
#include "bench/idle.h"

#include "sys/error.h"

#include <cstring>
#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>

namespace cxla
{

IdleThread::IdleThread()
{
	thread_ = std::thread([this] {
		while (!stop_.load(std::memory_order_relaxed))
			;
	});

	const sched_param none{};
	int error = pthread_setschedparam(thread_.native_handle(), SCHED_IDLE, &none);

	if (!error)
		error = pthread_getcpuclockid(thread_.native_handle(), &clock_);
	if (!error)
		return;
	stop_ = true;
	thread_.join();
	throw Error(fmt::format("a thread for what time is left: {}", std::strerror(error)));
}

IdleThread::~IdleThread()
{
	stop_ = true;
	thread_.join();
}

uint64_t IdleThread::ns() const
{
	timespec time{};

	clock_gettime(clock_, &time);
	return static_cast<uint64_t>(time.tv_sec) * 1000000000 +
	       static_cast<uint64_t>(time.tv_nsec);
}

} // namespace cxla
