// SPDX-License-Identifier: GPL-2.0-only
#include "ring.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>

namespace cxla
{

namespace
{

enum Stage : unsigned {
	Open,
	Transfer,
	Close,
	stages,
};

} // namespace

RingError::RingError(const std::string &what, int err)
    : Error(fmt::format("io_uring: {}: {}", what, std::strerror(err)),
	    "`--backend threads` does without"),
      err_(err)
{
}

Ring::Ring(std::shared_ptr<InFlight> in_flight) : Batch(std::move(in_flight))
{
	unsigned workers[2] = {width, width}; /* not what the processors are enough for */
	int rc = io_uring_queue_init(width * stages, &ring_, 0);

	if (rc < 0)
		throw RingError("setting up a ring", -rc);
	rc = io_uring_register_files_sparse(&ring_, width);
	if (!rc)
		rc = io_uring_register_iowq_max_workers(&ring_, workers);
	if (rc < 0) {
		io_uring_queue_exit(&ring_);
		throw RingError("registering files and workers", -rc);
	}
}

Ring::~Ring()
{
	io_uring_queue_exit(&ring_);
}

void Ring::begin(const FileOp &op, unsigned slot)
{
	auto next = [&] {
		io_uring_sqe *sqe = io_uring_get_sqe(&ring_);

		if (!sqe)
			throw RingError("a queue that was large enough is full", EBUSY);
		return sqe;
	};
	auto finish = [&](io_uring_sqe *sqe, Stage stage, unsigned flags) {
		io_uring_sqe_set_flags(sqe, flags | IOSQE_ASYNC);
		io_uring_sqe_set_data64(sqe, uint64_t{slot} * stages + stage);
	};
	io_uring_sqe *sqe = next();

	io_uring_prep_openat_direct(sqe, AT_FDCWD, op.path.c_str(),
				    (op.write ? O_WRONLY : O_RDONLY) | O_NOCTTY, 0, slot);
	finish(sqe, Open, IOSQE_IO_LINK);
	sqe = next();
	if (op.write)
		io_uring_prep_write(sqe, static_cast<int>(slot), op.value.data(),
				    static_cast<unsigned>(op.value.size()), 0);
	else
		io_uring_prep_read(sqe, static_cast<int>(slot), buffers_[slot].data(),
				   transfer_size, 0);
	/* closed whether or not the transfer succeeds */
	finish(sqe, Transfer, IOSQE_FIXED_FILE | IOSQE_IO_HARDLINK);
	sqe = next();
	io_uring_prep_close_direct(sqe, slot);
	finish(sqe, Close, 0);
}

void Ring::end(unsigned count, const FileOp *ops, FileResult *results)
{
	for (unsigned left = count * stages; left;) {
		io_uring_cqe *cqe = nullptr;
		int rc = io_uring_wait_cqe(&ring_, &cqe);

		if (rc == -EINTR)
			continue;
		if (rc < 0)
			throw RingError("waiting", -rc);

		unsigned slot = static_cast<unsigned>(cqe->user_data / stages);
		FileResult &result = results[slot];
		int res = cqe->res;

		switch (cqe->user_data % stages) {
		case Open:
			result.opened = res >= 0;
			if (res < 0)
				result.err = -res;
			break;
		case Transfer:
			result.ended = std::chrono::steady_clock::now();
			in_flight().end(1);
			if (result.opened && res < 0)
				result.err = -res;
			else if (res > 0)
				result.bytes = static_cast<size_t>(res);
			if (!ops[slot].write)
				result.text.assign(buffers_[slot].data(), result.bytes);
			break;
		default:
			break;
		}
		io_uring_cqe_seen(&ring_, cqe);
		left--;
	}
}

std::vector<FileResult> Ring::run(const std::vector<FileOp> &ops)
{
	std::vector<FileResult> results(ops.size());

	for (size_t done = 0; done < ops.size(); done += width) {
		auto count = static_cast<unsigned>(std::min<size_t>(width, ops.size() - done));

		for (unsigned slot = 0; slot < count; slot++)
			begin(ops[done + slot], slot);
		in_flight().begin(count);
		for (unsigned begun = 0; begun < count * stages;) {
			int rc = io_uring_submit(&ring_);

			if (rc < 0 && rc != -EINTR && rc != -EAGAIN)
				throw RingError("submitting", -rc);
			begun += rc > 0 ? static_cast<unsigned>(rc) : 0;
		}
		end(count, &ops[done], &results[done]);
	}
	return results;
}

} // namespace cxla
