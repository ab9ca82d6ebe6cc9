// SPDX-License-Identifier: GPL-2.0-only
/*
 * What every search for faults on a test bed stands on: whatever is asked of the machine is
 * watched, the kernel's log is listened to, and what there is is compared with what there
 * was. What is wrong is thrown.
 */
#pragma once

#include "cxl/snapshot.h"
#include "stress/operation.h"
#include "sys/kernel_log.h"
#include "sys/watched_thread.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cxla
{

class Search
{
public:
	struct Found {
		std::string what;
		std::vector<std::string> kernel_log; /* warnings */
		bool stuck = false; /* a thread is left in the kernel, and refers to the search */
	};

protected:
	/* @patience: seconds after which something is stuck */
	Search(const TestBed &bed, double patience);

	[[noreturn]] void found(const std::string &what, bool stuck = false);
	/*
	 * @what, in the words of `coming to rest`, has to end in time, and without an
	 * exception. When it does not end @task goes on: it may refer to the search, which
	 * then has to stay, and to nothing that its caller has.
	 */
	void watched(const std::string &what, const std::function<void()> &task);
	/* the same, for what @task returns */
	template <class Result>
	Result asked(const std::string &what, const std::function<Result()> &task)
	{
		auto result = std::make_shared<Result>();

		watched(what, [result, task] { *result = task(); });
		return *result;
	}
	/* a warning of the kernel is found */
	void listen();
	Snapshot snapshot();
	/*
	 * What is on its way, like a node that udev makes, gets a moment: @looks, of which
	 * fewer do where it need not become that.
	 */
	static constexpr int all_looks = 20, few_looks = 3;
	bool becomes(const Snapshot &wanted, SnapshotChange &change, int looks = all_looks);
	void expect(const Snapshot &wanted, const std::string &otherwise);

	TestBed bed_;
	KernelLog log_;
	Snapshot rest_; /* of the beginning; whoever searches takes it */

private:
	double patience_;
	WatchedThread thread_;
};

} // namespace cxla
