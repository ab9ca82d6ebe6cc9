// SPDX-License-Identifier: GPL-2.0-only
/*
 * An io_uring of one thread. Each operation is a chain of open, transfers and close
 * that runs in a worker of the kernel, so that writes that sleep in the kernel do
 * so side by side. Before and after its transfers a chain posts to the recorder. Of two writes to
 * one file the kernel makes the second of the same ring wait: those that are to race go through two
 * rings.
 */
#pragma once

#include "sys/batch.h"
#include "sys/error.h"

#include <array>
#include <liburing.h>

namespace cxla
{

/* of one read; an attribute has no more */
inline constexpr size_t transfer_size = 4095;

class RingError : public Error
{
public:
	RingError(const std::string &what, int err);
	int err() const { return err_; }

private:
	int err_;
};

class Ring : public Batch
{
public:
	/* operations at a time; what is more waits for those before */
	static constexpr unsigned width = 32;

	/* throws RingError */
	Ring(std::shared_ptr<Recorder> recorder, size_t kind);
	~Ring() override;
	Ring(const Ring &) = delete;
	Ring &operator=(const Ring &) = delete;

	std::vector<FileResult> run(const std::vector<FileOp> &ops) override;

protected:
	void tell(uint64_t what) override;

private:
	/* how many the chain has */
	unsigned begin(const FileOp &op, unsigned slot);
	/* waits for @entries of the queue */
	void end(unsigned entries, const FileOp *ops, FileResult *results);
	io_uring_sqe *next();
	void submit(unsigned entries);

	io_uring ring_ = {};
	std::array<std::array<char, transfer_size>, width> buffers_;
};

} // namespace cxla
