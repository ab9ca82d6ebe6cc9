// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bench_machine.h"

#include "cxl/accel.h"
#include "sys/range.h"

#include <algorithm>

namespace cxla
{

namespace
{

/* of kernels with 250 ticks a second, and a multiple of those with 1000 */
constexpr double tick_ns = 4e6;
/* its multiples, without their whole parts, are evenly spread however many there are */
constexpr double golden = 0.6180339887498949;

} // namespace

uint64_t part_of_tick(unsigned nth)
{
	double part = nth * golden;

	return static_cast<uint64_t>((part - static_cast<unsigned>(part)) * tick_ns);
}

void RealMachine::fall_out_of_step()
{
	/* not asleep: who sleeps is woken up with a tick, too */
	for (uint64_t end = now() + part_of_tick(++steps_); now() < end;)
		;
}

std::optional<uint64_t> RealMachine::idle()
{
	return idle_ ? std::optional(idle_->ns()) : std::nullopt;
}

void RealMachine::write(const std::string &path, const std::string &value)
{
	root().write(path, value);
}

cxla_accel_info RealMachine::info(const std::string &accel)
{
	/* devtmpfs makes the node before the bind returns */
	return AccelNode(root(), accel, false).info();
}

std::unique_ptr<Listener> RealMachine::listen_to(const std::string &accel, uint32_t last)
{
	return std::make_unique<EventListener>(root(), accel, last);
}

std::unique_ptr<Listener> RealMachine::listen_to_next(uint32_t last)
{
	return std::make_unique<EventListener>(root(), last);
}

std::shared_ptr<void> RealMachine::populate(const std::string &accel, unsigned pages)
{
	/* shared mappings want a file that is open for writing; nothing is written */
	auto mapping = std::make_shared<Mapping>(
		AccelNode(root(), accel, true).map(pages * page_bytes, true));
	const volatile std::byte *bytes = mapping->bytes().data();

	for (size_t i = 0; i < pages; i++)
		(void)bytes[i * page_bytes];
	return mapping;
}

BenchClock read_clock(const Root &root)
{
	auto words = split(root.text("/proc/cmdline").value_or(""), ' ');

	return std::find(words.begin(), words.end(), "cxla.clock=icount") == words.end()
		       ? BenchClock::Time
		       : BenchClock::Icount;
}

} // namespace cxla
