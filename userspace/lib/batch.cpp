// SPDX-License-Identifier: GPL-2.0-only
#include "batch.h"

#include "fd.h"
#include "ring.h"
#include "root.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <latch>
#include <pthread.h>
#include <thread>

namespace cxla
{

namespace
{

FileResult carry_out(const FileOp &op)
{
	FileResult result;
	std::array<char, transfer_size> buffer;
	Fd fd(::open(op.path.c_str(), (op.write ? O_WRONLY : O_RDONLY) | O_CLOEXEC | O_NOCTTY));
	ssize_t n = -1;

	result.opened = static_cast<bool>(fd);
	if (fd)
		n = op.write ? ::write(fd.get(), op.value.data(), op.value.size())
			     : ::read(fd.get(), buffer.data(), buffer.size());
	result.err = n < 0 ? errno : 0;
	result.bytes = n < 0 ? 0 : static_cast<size_t>(n);
	if (!op.write)
		result.text.assign(buffer.data(), result.bytes);
	result.ended = std::chrono::steady_clock::now();
	return result;
}

} // namespace

void InFlight::begin(unsigned count)
{
	unsigned now = now_ += count, peak = peak_;

	while (now > peak && !peak_.compare_exchange_weak(peak, now))
		;
}

std::vector<FileResult> ThreadBatch::run(const std::vector<FileOp> &ops)
{
	std::vector<FileResult> results(ops.size());
	std::vector<std::thread> threads;
	std::latch start(static_cast<std::ptrdiff_t>(ops.size()));

	threads.reserve(ops.size());
	for (size_t i = 0; i < ops.size(); i++)
		threads.emplace_back([&, i] {
			pthread_setname_np(pthread_self(), io_thread_name);
			start.arrive_and_wait();
			in_flight().begin(1);
			results[i] = carry_out(ops[i]);
			in_flight().end(1);
		});
	for (auto &thread : threads)
		thread.join();
	return results;
}

const char *backend_name(Backend backend)
{
	return backend == Backend::Ring ? "io_uring" : "threads";
}

int ring_error()
{
	try {
		Ring ring(std::make_shared<InFlight>());
	} catch (const RingError &error) {
		return error.err();
	}
	return 0;
}

std::unique_ptr<Batch> make_batch(Backend backend, std::shared_ptr<InFlight> in_flight)
{
	if (backend == Backend::Ring)
		return std::make_unique<Ring>(std::move(in_flight));
	return std::make_unique<ThreadBatch>(std::move(in_flight));
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
