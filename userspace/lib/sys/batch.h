// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several files opened, written or read once, and closed, all at the same time.
 * By io_uring (ring.h), or by a thread each where that is not permitted.
 */
#pragma once

#include "sys/recorder.h"

#include <barrier>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace cxla
{

struct FileOp {
	/* more often than this it is not done in a row */
	static constexpr unsigned most_times = 64;

	std::string path; /* where it is to be opened */
	bool write = false;
	std::string value;  /* written in one piece */
	unsigned times = 1; /* opened once, and then so often in a row */

	static FileOp reading(std::string path) { return {std::move(path), false, {}}; }
	static FileOp writing(std::string path, std::string value)
	{
		return {std::move(path), true, std::move(value)};
	}
};

struct FileResult {
	bool opened = false;
	int err = 0;           /* errno of opening it or, once opened, of the transfer */
	std::vector<int> more; /* of each further transfer, in any order */
	size_t bytes = 0;      /* the fewest of those that were successful */
	std::string text;      /* what was read, 4095 bytes of it at most */
	std::chrono::steady_clock::time_point ended{};

	/* what came of a transfer: the first, or a further one */
	void add(bool first, int error, size_t count);
};

class Batch
{
public:
	/* @recorder is told of each operation once it has opened its file, as one of @kind */
	Batch(std::shared_ptr<Recorder> recorder, size_t kind)
	    : recorder_(std::move(recorder)), kind_(kind)
	{
	}
	virtual ~Batch() = default;
	/* begins all of them, and returns when all have ended; results in the same order */
	virtual std::vector<FileResult> run(const std::vector<FileOp> &ops) = 0;

	/* what is carried out without it: the recorder is told by the same way; its name */
	uint64_t begin();
	void end(uint64_t operation) { tell(Recorder::ending(operation)); }
	/* a name for one that somebody else tells the recorder of */
	uint64_t next_operation() const;

protected:
	Recorder &recorder() { return *recorder_; }
	virtual void tell(uint64_t what) { recorder_->tell(what); }

private:
	std::shared_ptr<Recorder> recorder_;
	size_t kind_;
};

/* name of the threads that carry operations out, and of those of io_uring */
inline constexpr const char *io_thread_name = "cxla-io", *ring_thread_name = "iou-wrk";

/* a thread for each operation of a batch; they stay for the next one */
class ThreadBatch : public Batch
{
public:
	/* operations at a time; what is more waits for those before */
	static constexpr unsigned width = 32;

	using Batch::Batch;
	~ThreadBatch() override;
	std::vector<FileResult> run(const std::vector<FileOp> &ops) override;

private:
	void serve(unsigned number);
	FileResult carry_out(const FileOp &op);

	std::vector<std::thread> threads_;
	std::mutex lock_; /* of what follows */
	std::condition_variable changed_;
	bool ending_ = false;
	uint64_t turn_ = 0;
	unsigned count_ = 0, left_ = 0;
	const FileOp *ops_ = nullptr;
	FileResult *results_ = nullptr;
	std::optional<std::barrier<>> start_;
};

enum class Backend {
	Ring,
	Threads,
};

const char *backend_name(Backend backend);
/* 0, or the errno that io_uring answers here, such as ENOSYS or EPERM */
int ring_error();
/* @recorder: made for the same backend */
std::unique_ptr<Batch> make_batch(Backend backend, std::shared_ptr<Recorder> recorder, size_t kind);

/*
 * Of this process's threads that carry operations out, those that run or wait in
 * the kernel at this moment; the others have nothing to do.
 */
unsigned busy_io_threads();

} // namespace cxla
