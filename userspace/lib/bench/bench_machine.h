// SPDX-License-Identifier: GPL-2.0-only
/* The machine as a measurement sees it. Tests have one whose clock they set. */
#pragma once

#include "bench/bench.h"
#include "bench/bench_listener.h"
#include "bench/idle.h"
#include "sys/root.h"

#include <memory>
#include <optional>

namespace cxla
{

class BenchMachine
{
public:
	explicit BenchMachine(Root root) : root_(std::move(root)) {}
	virtual ~BenchMachine() = default;

	/* for what is read, and takes no part in what is measured */
	const Root &root() const { return root_; }

	/* nanoseconds of CLOCK_MONOTONIC, which events have too */
	virtual uint64_t now() = 0;
	/*
	 * To be called before what is measured begins. What is waited for between cycles ends
	 * with a tick of the timer, so that each of them would begin right after one, and the
	 * next tick interrupt all of them at the same point, or none of them. This takes
	 * another part of a tick's time each time.
	 */
	virtual void fall_out_of_step() = 0;
	/* nanoseconds of now() in which nobody had anything to do; nothing: not counted */
	virtual std::optional<uint64_t> idle() { return std::nullopt; }
	/* of a sysfs attribute, from any thread; throws Error */
	virtual void write(const std::string &path, const std::string &value) = 0;
	/* of accelN, bound */
	virtual cxla_accel_info info(const std::string &accel) = 0;
	/* as EventListener's; they wait already */
	virtual std::unique_ptr<Listener> listen_to(const std::string &accel, uint32_t last) = 0;
	virtual std::unique_ptr<Listener> listen_to_next(uint32_t last) = 0;
	/* the first pages of the range mapped, and touched, as long as it lives */
	virtual std::shared_ptr<void> populate(const std::string &accel, unsigned pages) = 0;

private:
	Root root_;
};

/* nanoseconds, less than a tick: for @nth = 1, 2 ... spread evenly, however many there are */
uint64_t part_of_tick(unsigned nth);

class RealMachine : public BenchMachine
{
public:
	using BenchMachine::BenchMachine;

	uint64_t now() override { return monotonic_ns(); }
	void fall_out_of_step() override;
	std::optional<uint64_t> idle() override;
	/* from now on; of a machine with one processor */
	void count_idle() { idle_ = std::make_unique<IdleThread>(); }
	void write(const std::string &path, const std::string &value) override;
	cxla_accel_info info(const std::string &accel) override;
	std::unique_ptr<Listener> listen_to(const std::string &accel, uint32_t last) override;
	std::unique_ptr<Listener> listen_to_next(uint32_t last) override;
	std::shared_ptr<void> populate(const std::string &accel, unsigned pages) override;

private:
	unsigned steps_ = 0;
	std::unique_ptr<IdleThread> idle_;
};

/*
 * What the clock counts, which nothing in a machine shows by itself: who starts one with
 * -icount says `cxla.clock=icount` on the kernel's command line.
 */
BenchClock read_clock(const Root &root);

} // namespace cxla
