// SPDX-License-Identifier: GPL-2.0-only
#include "sys/watched_thread.h"

#include "sys/root.h"

#include <fmt/format.h>
#include <thread>
#include <unistd.h>

namespace cxla
{

WatchedThread::WatchedThread() : shared_(std::make_shared<Shared>())
{
	/* one that is stuck outlives this */
	std::thread([shared = shared_] { serve(shared); }).detach();
}

WatchedThread::~WatchedThread()
{
	std::lock_guard guard(shared_->lock);

	shared_->ending = true;
	shared_->changed.notify_all();
}

void WatchedThread::serve(const std::shared_ptr<Shared> &shared)
{
	std::unique_lock guard(shared->lock);

	shared->tid = gettid();
	for (;;) {
		shared->changed.wait(guard, [&] { return shared->busy || shared->ending; });
		if (!shared->busy)
			return;

		auto task = std::exchange(shared->task, nullptr);
		std::exception_ptr thrown;

		guard.unlock();
		try {
			task();
		} catch (...) {
			thrown = std::current_exception();
		}
		guard.lock();
		shared->thrown = thrown;
		shared->busy = false;
		shared->changed.notify_all();
	}
}

bool WatchedThread::run(const std::function<void()> &task, std::chrono::duration<double> patience)
{
	std::unique_lock guard(shared_->lock);

	shared_->task = task;
	shared_->busy = true;
	shared_->changed.notify_all();
	for (unsigned seen = shared_->steps;
	     !shared_->changed.wait_for(guard, patience, [&] { return !shared_->busy; });) {
		if (seen == shared_->steps)
			return false;
		seen = shared_->steps;
	}
	if (auto thrown = std::exchange(shared_->thrown, nullptr))
		std::rethrow_exception(thrown);
	return true;
}

std::vector<std::string> WatchedThread::kernel_stack() const
{
	int tid = 0;

	{
		std::lock_guard guard(shared_->lock);

		tid = shared_->tid;
	}
	return split(Root().read(fmt::format("/proc/self/task/{}/stack", tid)).value_or(""), '\n');
}

} // namespace cxla
