// SPDX-License-Identifier: GPL-2.0-only
#include "sys/batch.h"

#include "sys/fd.h"
#include "sys/ring.h"
#include "sys/root.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

namespace cxla
{

uint64_t Batch::next_operation() const
{
	static std::atomic<uint64_t> last = 0;

	return Recorder::operation(kind_, ++last);
}

uint64_t Batch::begin()
{
	uint64_t operation = next_operation();

	tell(Recorder::beginning(operation));
	return operation;
}

ThreadBatch::~ThreadBatch()
{
	{
		std::scoped_lock guard(lock_);

		ending_ = true;
	}
	changed_.notify_all();
	for (auto &thread : threads_)
		thread.join();
}

FileResult ThreadBatch::carry_out(const FileOp &op)
{
	FileResult result;
	std::array<char, transfer_size> buffer;
	Fd fd(::open(op.path.c_str(), (op.write ? O_WRONLY : O_RDONLY) | O_CLOEXEC | O_NOCTTY));

	result.opened = static_cast<bool>(fd);
	result.err = fd ? 0 : errno;
	result.ended = std::chrono::steady_clock::now();
	if (!fd)
		return result;

	uint64_t operation = begin();

	for (unsigned n = 0; n < op.times; n++) {
		/* each from the beginning; a pipe has none */
		if (n)
			lseek(fd.get(), 0, SEEK_SET);

		ssize_t done = op.write ? ::write(fd.get(), op.value.data(), op.value.size())
					: ::read(fd.get(), buffer.data(), buffer.size());
		int err = done < 0 ? errno : 0;

		result.add(!n, err, err ? 0 : static_cast<size_t>(done));
		if (!op.write && !err)
			result.text.assign(buffer.data(), static_cast<size_t>(done));
	}
	end(operation);
	result.ended = std::chrono::steady_clock::now();
	return result;
}

void FileResult::add(bool first, int error, size_t count)
{
	if (first)
		err = error;
	else
		more.push_back(error);
	if (!error)
		bytes = bytes ? std::min(bytes, count) : count;
}

void ThreadBatch::serve(unsigned number)
{
	std::unique_lock guard(lock_);

	pthread_setname_np(pthread_self(), io_thread_name);
	for (uint64_t turn = 0;;) {
		changed_.wait(guard, [&] { return ending_ || (turn_ != turn && number < count_); });
		if (ending_)
			return;
		turn = turn_;
		guard.unlock();
		start_->arrive_and_wait();
		results_[number] = carry_out(ops_[number]);
		guard.lock();
		if (!--left_)
			changed_.notify_all();
	}
}

std::vector<FileResult> ThreadBatch::run(const std::vector<FileOp> &ops)
{
	std::vector<FileResult> results(ops.size());

	for (size_t done = 0; done < ops.size(); done += width) {
		std::unique_lock guard(lock_);

		count_ = left_ = static_cast<unsigned>(std::min<size_t>(width, ops.size() - done));
		ops_ = &ops[done];
		results_ = &results[done];
		start_.emplace(count_);
		turn_++;
		while (threads_.size() < count_)
			threads_.emplace_back([this, number = static_cast<unsigned>(
							     threads_.size())] { serve(number); });
		changed_.notify_all();
		changed_.wait(guard, [this] { return !left_; });
	}
	return results;
}

const char *backend_name(Backend backend)
{
	return backend == Backend::Ring ? "io_uring" : "threads";
}

int ring_error()
{
	try {
		Ring ring(std::make_shared<Recorder>(1, true), 0);
	} catch (const RingError &error) {
		return error.err();
	}
	return 0;
}

std::unique_ptr<Batch> make_batch(Backend backend, std::shared_ptr<Recorder> recorder, size_t kind)
{
	if (backend == Backend::Ring)
		return std::make_unique<Ring>(std::move(recorder), kind);
	return std::make_unique<ThreadBatch>(std::move(recorder), kind);
}

unsigned busy_io_threads()
{
	static const Root machine;
	unsigned busy = 0;

	for (const auto &task : machine.list("/proc/self/task").value_or({})) {
		std::string stat = machine.text("/proc/self/task/" + task + "/stat").value_or("");
		size_t open = stat.find('('), close = stat.rfind(')');

		if (close == stat.npos || close + 2 >= stat.size())
			continue;

		std::string_view name = std::string_view(stat).substr(open + 1, close - open - 1);
		char state = stat[close + 2];

		if (name.starts_with(io_thread_name) || name.starts_with(ring_thread_name))
			busy += state == 'R' || state == 'D';
	}
	return busy;
}

} // namespace cxla
