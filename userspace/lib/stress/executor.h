// SPDX-License-Identifier: GPL-2.0-only
/*
 * Carries one operation out while others carry out theirs: in a thread, or in a
 * process that can be killed. It is watched: what is stuck in the kernel is told.
 */
#pragma once

#include "stress/operation_process.h"
#include "sys/fd.h"
#include "sys/watched_thread.h"

#include <chrono>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <sys/types.h>

namespace cxla
{

/* it has not ended in time */
struct Stuck : std::runtime_error {
	using std::runtime_error::runtime_error;
};

/*
 * A task that sleeps in the kernel and is woken by nobody waits for somebody. Asked
 * again and again.
 */
class WaitDetector
{
public:
	using TimePoint = std::chrono::steady_clock::time_point;

	/* @status: of /proc/.../status. Has it slept for long enough? */
	bool waits(const std::string &status, TimePoint now);

private:
	std::string switches_;
	TimePoint since_;
};

class Executor
{
public:
	Executor() = default;
	/* a process that has not ended is killed */
	~Executor() { kill(); }
	Executor(const Executor &) = delete;
	Executor &operator=(const Executor &) = delete;

	/*
	 * The operation begins, in a thread. @settled: it has ended when all that it has
	 * set off has. The one before has to have been waited for.
	 */
	void begin(const TestBed &bed, const MachineOperation &operation, bool settled);
	/* the same, in a process of its own */
	void begin_process(const TestBed &bed, const MachineOperation &operation);
	/* and has not been waited for */
	bool begun() const { return begun_; }
	/* or was waited for */
	bool ended();
	/* it sleeps, and has for a while */
	bool waits();
	/* is it its own task, by its number */
	bool is(int pid) const;
	/* a process: it dies as soon as the kernel lets it */
	void kill();
	/* was it killed before it had ended by itself */
	bool killed() const { return killed_; }
	/* throws Stuck after @patience seconds */
	void wait(double patience);
	/* after it was waited for */
	const OperationOutcome &outcome() const { return outcome_; }
	/* lines, for people: which task, and where in the kernel; empty: nothing is under way */
	std::string where() const;

private:
	struct Shared;

	std::string proc_folder() const;
	bool reap();

	std::shared_ptr<Shared> shared_; /* with the thread */
	const MachineOperation *operation_ = nullptr;
	bool begun_ = false, killed_ = false;
	pid_t process_ = 0; /* 0: it is a thread */
	Fd answer_;         /* of the process */
	OperationOutcome outcome_;
	WaitDetector detector_;
};

/* anything else that has to end: throws Stuck, and what @task throws */
void run_watched(WatchedThread &thread, const std::string &what, double patience,
		 const std::function<void()> &task);

} // namespace cxla
