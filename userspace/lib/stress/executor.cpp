// SPDX-License-Identifier: GPL-2.0-only
#include "stress/executor.h"

#include "sys/error.h"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <mutex>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace cxla
{

namespace
{

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

/* shorter sleeps are those of somebody who works, or waits for a grace period */
constexpr auto long_sleep = 200ms;

std::string value_of(const std::string &status, std::string_view key)
{
	for (const auto &line : split(status, '\n'))
		if (line.starts_with(key))
			return std::string(trim(std::string_view(line).substr(key.size())));
	return "";
}

std::string stack_in(const std::string &folder)
{
	std::string text;

	for (const auto &line : split(Root().read(folder + "/stack").value_or(""), '\n'))
		if (!line.empty())
			text += "\n    " + line;
	return text;
}

} // namespace

bool WaitDetector::waits(const std::string &status, TimePoint now)
{
	std::string state = value_of(status, "State:");
	std::string switches = value_of(status, "voluntary_ctxt_switches:");

	/* one that runs, or has run since the last look, begins anew */
	if (!(state.starts_with("S") || state.starts_with("D")) || switches != switches_) {
		switches_ = switches;
		since_ = now;
		return false;
	}
	return now - since_ >= long_sleep;
}

/* between an executor and its thread, which outlives it when it is stuck */
struct Executor::Shared {
	std::atomic<int> tid = 0;
	SeenSpan span;

	std::mutex lock; /* of what follows */
	std::condition_variable changed;
	bool ended = false;
	int err = 0;
};

void Executor::begin(const TestBed &bed, const MachineOperation &operation, bool settled)
{
	operation_ = &operation;
	process_ = 0;
	killed_ = false;
	detector_ = {};
	outcome_ = {};
	shared_ = std::make_shared<Shared>();
	begun_ = true;
	std::thread([shared = shared_, &bed, &operation, settled] {
		int err = 0;

		shared->tid = gettid();
		try {
			err = operation.act(bed, shared->span);
			if (settled)
				settle(bed);
		} catch (const std::exception &) {
			err = EPROTO; /* nothing allows this */
		}

		std::lock_guard guard(shared->lock);

		shared->err = err;
		shared->ended = true;
		shared->changed.notify_all();
	}).detach();
}

void Executor::begin_process(const TestBed &bed, const MachineOperation &operation)
{
	operation_ = &operation;
	killed_ = false;
	detector_ = {};
	outcome_ = {};
	shared_ = nullptr;
	process_ = spawn_operation(bed, operation, answer_);
	begun_ = true;
}

/* has the process ended */
bool Executor::reap()
{
	int status = 0;

	if (waitpid(process_, &status, WNOHANG) != process_)
		return false;
	if (!read_answer(answer_, outcome_)) {
		killed_ = WIFSIGNALED(status);
		if (!killed_)
			outcome_.err = EPROTO; /* nothing allows this */
	}
	begun_ = false;
	return true;
}

bool Executor::ended()
{
	if (!begun_)
		return true;
	if (process_)
		return reap();

	std::lock_guard guard(shared_->lock);

	outcome_ = {shared_->span.opened(), shared_->err};
	return shared_->ended;
}

std::string Executor::proc_folder() const
{
	return fmt::format("/proc/{}", process_ ? process_ : shared_->tid.load());
}

bool Executor::waits()
{
	/* it may be reading about what it is to act upon: that is waiting, too */
	return detector_.waits(Root().read(proc_folder() + "/status").value_or(""),
			       SteadyClock::now());
}

bool Executor::is(int pid) const
{
	return pid == (process_ ? process_ : shared_->tid.load());
}

void Executor::kill()
{
	if (begun_ && process_)
		::kill(process_, SIGKILL);
}

void Executor::wait(double patience)
{
	auto until = SteadyClock::now() + std::chrono::duration<double>(patience);

	if (process_) {
		while (begun_ && !reap()) {
			if (SteadyClock::now() > until)
				throw Stuck(where());
			std::this_thread::sleep_for(2ms);
		}
		return;
	}
	if (!begun_)
		return;

	std::unique_lock guard(shared_->lock);

	if (!shared_->changed.wait_until(guard, until, [&] { return shared_->ended; })) {
		guard.unlock();
		throw Stuck(where());
	}
	outcome_ = {shared_->span.opened(), shared_->err};
	begun_ = false;
}

std::string Executor::where() const
{
	if (!begun_)
		return "";
	return fmt::format("\n  {}, task {}:", operation_->name, proc_folder().substr(6)) +
	       stack_in(proc_folder());
}

void run_watched(WatchedThread &thread, const std::string &what, double patience,
		 const std::function<void()> &task)
{
	if (thread.run(task, std::chrono::duration<double>(patience)))
		return;

	std::string text = what + " does not end:";

	for (const auto &line : thread.kernel_stack())
		text += "\n    " + line;
	throw Stuck(text);
}

} // namespace cxla
