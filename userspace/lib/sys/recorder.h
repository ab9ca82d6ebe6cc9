// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is told when an operation begins and when it has ended, by whoever carries it out
 * and at that moment: a thread of this program, a worker of the kernel in the middle
 * of an io_uring chain, or a process that may be killed. The last two tell it through
 * a ring that all of them post to (IORING_OP_MSG_RING), so that what is counted is
 * the order in which it happened, not that in which this program came to hear of it.
 */
#pragma once

#include "sys/overlap.h"

#include <liburing.h>
#include <mutex>

namespace cxla
{

class Recorder
{
public:
	/* @by_ring: throws RingError where the kernel has no such ring */
	Recorder(size_t kinds, bool by_ring);
	~Recorder();
	Recorder(const Recorder &) = delete;
	Recorder &operator=(const Recorder &) = delete;

	/* to be posted to; -1: it is told by tell() only */
	int ring_fd() const { return by_ring_ ? ring_.ring_fd : -1; }
	/* an operation's name, for both of what is told of it; of @kind */
	static uint64_t operation(size_t kind, uint64_t number);
	static uint64_t beginning(uint64_t operation) { return operation; }
	static uint64_t ending(uint64_t operation) { return operation | end_bit; }

	/*
	 * From any thread; where there is a ring what happens is to be posted there, and
	 * this is for the end of what somebody has begun who was killed.
	 */
	void tell(uint64_t what);
	/* what was posted until now */
	Overlaps look();
	/* those who have not ended were killed */
	void forget();

private:
	static constexpr uint64_t end_bit = 1ULL << 63;
	static constexpr unsigned kind_shift = 52;
	/* posted between two looks; the kernel keeps what is more */
	static constexpr unsigned room = 16384;

	void take(uint64_t what);
	void drain();

	bool by_ring_;
	io_uring ring_ = {};
	std::mutex lock_; /* of what follows, and of reading the ring */
	Overlaps overlaps_;
};

} // namespace cxla
