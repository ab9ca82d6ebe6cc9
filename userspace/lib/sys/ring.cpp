// SPDX-License-Identifier: GPL-2.0-only
#include "sys/ring.h"

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
	Tell,
	Transfer,
	Close,
	stages,
};

/* entries that ended, where there are many; each chain by itself has fewer */
constexpr unsigned wake_after = 16;

/* of one chain at most: what is told comes twice */
constexpr unsigned longest_chain = FileOp::most_times + stages;

} // namespace

RingError::RingError(const std::string &what, int err)
    : Error(fmt::format("io_uring: {}: {}", what, std::strerror(err)),
	    "`--backend threads` does without"),
      err_(err)
{
}

Ring::Ring(std::shared_ptr<Recorder> recorder, size_t kind) : Batch(std::move(recorder), kind)
{
	unsigned workers[2] = {width, width}; /* not what the processors are enough for */
	int rc = io_uring_queue_init(width * longest_chain, &ring_, 0);

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

io_uring_sqe *Ring::next()
{
	io_uring_sqe *sqe = io_uring_get_sqe(&ring_);

	if (!sqe)
		throw RingError("a queue that was large enough is full", EBUSY);
	return sqe;
}

void Ring::submit(unsigned entries)
{
	for (unsigned begun = 0; begun < entries;) {
		int rc = io_uring_submit(&ring_);

		if (rc < 0 && rc != -EINTR && rc != -EAGAIN)
			throw RingError("submitting", -rc);
		begun += rc > 0 ? static_cast<unsigned>(rc) : 0;
	}
}

unsigned Ring::begin(const FileOp &op, unsigned slot)
{
	unsigned entries = 0, times = std::clamp(op.times, 1U, FileOp::most_times);
	uint64_t operation = next_operation();
	auto finish = [&](io_uring_sqe *sqe, Stage stage, unsigned flags) {
		io_uring_sqe_set_flags(sqe, flags | IOSQE_ASYNC);
		io_uring_sqe_set_data64(sqe, uint64_t{slot} * stages + stage);
		entries++;
	};
	auto told = [&](uint64_t what) {
		io_uring_sqe *sqe = next();

		io_uring_prep_msg_ring(sqe, recorder().ring_fd(), 0, what, 0);
		finish(sqe, Tell, IOSQE_IO_HARDLINK);
	};
	io_uring_sqe *sqe = next();

	io_uring_prep_openat_direct(sqe, AT_FDCWD, op.path.c_str(),
				    (op.write ? O_WRONLY : O_RDONLY) | O_NOCTTY, 0, slot);
	finish(sqe, Open, IOSQE_IO_LINK);
	told(Recorder::beginning(operation));
	for (unsigned n = 0; n < times; n++) {
		sqe = next();
		if (op.write)
			io_uring_prep_write(sqe, static_cast<int>(slot), op.value.data(),
					    static_cast<unsigned>(op.value.size()), 0);
		else
			io_uring_prep_read(sqe, static_cast<int>(slot), buffers_[slot].data(),
					   transfer_size, 0);
		/* closed whether or not the transfer succeeds */
		finish(sqe, Transfer, IOSQE_FIXED_FILE | IOSQE_IO_HARDLINK);
	}
	told(Recorder::ending(operation));
	sqe = next();
	io_uring_prep_close_direct(sqe, slot);
	finish(sqe, Close, 0);
	return entries;
}

void Ring::end(unsigned entries, const FileOp *ops, FileResult *results)
{
	std::array<bool, width> transferred = {};
	std::array<size_t, width> bytes = {};

	for (unsigned left = entries; left; left--) {
		io_uring_cqe *cqe = nullptr;
		int rc = io_uring_peek_cqe(&ring_, &cqe);

		/* to be woken for each of them would cost more than they do */
		while (rc == -EAGAIN || rc == -EINTR)
			rc = io_uring_wait_cqes(&ring_, &cqe, std::min(left, wake_after), nullptr,
						nullptr);
		if (rc < 0)
			throw RingError("waiting", -rc);

		unsigned slot = static_cast<unsigned>(cqe->user_data / stages);
		unsigned stage = cqe->user_data % stages;
		FileResult &result = results[slot];
		int res = cqe->res;

		io_uring_cqe_seen(&ring_, cqe);
		if (stage == Open) {
			result.opened = res >= 0;
			result.err = res < 0 ? -res : 0;
			result.ended = std::chrono::steady_clock::now();
		} else if (stage == Transfer && result.opened) {
			result.ended = std::chrono::steady_clock::now();
			result.add(!transferred[slot], res < 0 ? -res : 0,
				   res > 0 ? static_cast<size_t>(res) : 0);
			transferred[slot] = true;
			bytes[slot] = res > 0 ? static_cast<size_t>(res) : 0;
		} else if (stage == Tell && result.opened && res < 0) {
			throw RingError("telling of an operation", -res);
		} else if (stage == Close && result.opened && !ops[slot].write) {
			/* nobody writes to the buffer any more */
			result.text.assign(buffers_[slot].data(), bytes[slot]);
		}
	}
}

std::vector<FileResult> Ring::run(const std::vector<FileOp> &ops)
{
	std::vector<FileResult> results(ops.size());

	for (size_t done = 0; done < ops.size(); done += width) {
		auto count = static_cast<unsigned>(std::min<size_t>(width, ops.size() - done));
		unsigned entries = 0;

		for (unsigned slot = 0; slot < count; slot++)
			entries += begin(ops[done + slot], slot);
		submit(entries);
		end(entries, &ops[done], &results[done]);
	}
	return results;
}

void Ring::tell(uint64_t what)
{
	io_uring_sqe *sqe = next();
	io_uring_cqe *cqe = nullptr;

	io_uring_prep_msg_ring(sqe, recorder().ring_fd(), 0, what, 0);
	submit(1);
	while (io_uring_wait_cqe(&ring_, &cqe) == -EINTR)
		;
	if (cqe && cqe->res < 0)
		throw RingError("telling of an operation", -cqe->res);
	if (cqe)
		io_uring_cqe_seen(&ring_, cqe);
}

} // namespace cxla
