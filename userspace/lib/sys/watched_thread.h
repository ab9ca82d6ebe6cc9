// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread that does one thing after the other for another, which watches it: what
 * is stuck in the kernel can't be taken back, but told.
 */
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace cxla
{

class WatchedThread
{
public:
	WatchedThread();
	~WatchedThread();
	WatchedThread(const WatchedThread &) = delete;
	WatchedThread &operator=(const WatchedThread &) = delete;

	/*
	 * False: for so long it has neither ended nor come on. That is told after twice the
	 * time at most. Nothing else may be asked for then, and what it refers to has to outlive
	 * the process. What it throws is thrown here.
	 */
	bool run(const std::function<void()> &task, std::chrono::duration<double> patience);
	/* The task has come on: by itself, or on its behalf. Does not wait. */
	void comes_on() { shared_->steps++; }
	/* where in the kernel it is at this moment, line by line */
	std::vector<std::string> kernel_stack() const;

private:
	struct Shared {
		std::mutex lock; /* of what follows */
		std::condition_variable changed;
		std::function<void()> task;
		std::exception_ptr thrown;
		bool busy = false, ending = false;
		int tid = 0;
		std::atomic<unsigned> steps = 0;
	};
	static void serve(const std::shared_ptr<Shared> &shared);

	std::shared_ptr<Shared> shared_;
};

} // namespace cxla
