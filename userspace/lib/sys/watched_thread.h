// SPDX-License-Identifier: GPL-2.0-only
/*
 * A thread that does one thing after the other for another, which watches it: what
 * is stuck in the kernel can't be taken back, but told.
 */
#pragma once

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
	 * False: it has not ended in time. Nothing else may be asked for then, and what
	 * it refers to has to outlive the process. What it throws is thrown here.
	 */
	bool run(const std::function<void()> &task, std::chrono::duration<double> patience);
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
	};
	static void serve(const std::shared_ptr<Shared> &shared);

	std::shared_ptr<Shared> shared_;
};

} // namespace cxla
