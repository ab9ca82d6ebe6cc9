// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several files opened, written or read once, and closed, all at the same time.
 * By io_uring (ring.h), or by a thread each where that is not permitted.
 */
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cxla
{

struct FileOp {
	std::string path; /* where it is to be opened */
	bool write = false;
	std::string value; /* written in one piece */

	static FileOp reading(std::string path) { return {std::move(path), false, {}}; }
	static FileOp writing(std::string path, std::string value)
	{
		return {std::move(path), true, std::move(value)};
	}
};

struct FileResult {
	bool opened = false;
	int err = 0; /* errno of opening it or, once opened, of the transfer */
	size_t bytes = 0;
	std::string text; /* what was read, 4095 bytes of it at most */
	std::chrono::steady_clock::time_point ended{};
};

/* how many operations have been begun and not ended, over all batches that share it */
class InFlight
{
public:
	void begin(unsigned count);
	void end(unsigned count) { now_ -= count; }
	unsigned now() const { return now_; }
	unsigned peak() const { return peak_; }

private:
	std::atomic<unsigned> now_ = 0, peak_ = 0;
};

class Batch
{
public:
	explicit Batch(std::shared_ptr<InFlight> in_flight) : in_flight_(std::move(in_flight)) {}
	virtual ~Batch() = default;
	/* begins all of them, and returns when all have ended; results in the same order */
	virtual std::vector<FileResult> run(const std::vector<FileOp> &ops) = 0;

protected:
	InFlight &in_flight() { return *in_flight_; }

private:
	std::shared_ptr<InFlight> in_flight_;
};

/* name of the threads that carry operations out, and of those of io_uring */
inline constexpr const char *io_thread_name = "cxla-io", *ring_thread_name = "iou-wrk";

class ThreadBatch : public Batch
{
public:
	using Batch::Batch;
	std::vector<FileResult> run(const std::vector<FileOp> &ops) override;
};

enum class Backend {
	Ring,
	Threads,
};

const char *backend_name(Backend backend);
/* 0, or the errno that io_uring answers here, such as ENOSYS or EPERM */
int ring_error();
std::unique_ptr<Batch> make_batch(Backend backend, std::shared_ptr<InFlight> in_flight);

/*
 * Of this process's threads that carry operations out, those that run or wait in
 * the kernel at this moment; the others have nothing to do.
 */
unsigned busy_io_threads();

} // namespace cxla
