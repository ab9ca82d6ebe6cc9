// SPDX-License-Identifier: GPL-2.0-only
#include "sys/recorder.h"

#include "sys/ring.h"

namespace cxla
{

Recorder::Recorder(size_t kinds, bool by_ring) : by_ring_(by_ring), overlaps_(kinds)
{
	if (!by_ring)
		return;

	io_uring_params parameters = {};

	parameters.flags = IORING_SETUP_CQSIZE;
	parameters.cq_entries = room;
	if (int rc = io_uring_queue_init_params(8, &ring_, &parameters); rc < 0)
		throw RingError("setting up the ring that is told of operations", -rc);
}

Recorder::~Recorder()
{
	if (by_ring_)
		io_uring_queue_exit(&ring_);
}

uint64_t Recorder::operation(size_t kind, uint64_t number)
{
	return (uint64_t{kind} << kind_shift) | (number & ((1ULL << kind_shift) - 1));
}

void Recorder::take(uint64_t what)
{
	if (what & end_bit)
		overlaps_.end(what & ~end_bit);
	else
		overlaps_.begin(what >> kind_shift, what);
}

void Recorder::tell(uint64_t what)
{
	std::scoped_lock guard(lock_);

	/* what was posted before comes first */
	drain();
	take(what);
}

void Recorder::drain()
{
	io_uring_cqe *cqe = nullptr;

	/* peeking asks the kernel for what it keeps where there was no room */
	while (by_ring_ && io_uring_peek_cqe(&ring_, &cqe) == 0 && cqe) {
		take(cqe->user_data);
		io_uring_cqe_seen(&ring_, cqe);
	}
}

Overlaps Recorder::look()
{
	std::scoped_lock guard(lock_);

	drain();
	return overlaps_;
}

void Recorder::forget()
{
	std::scoped_lock guard(lock_);

	drain();
	overlaps_.forget();
}

} // namespace cxla
