// SPDX-License-Identifier: GPL-2.0-only
/*
 * Somebody who waits for events of /dev/cxla/accelN, as a user of the device does:
 * a thread that sleeps in poll() while the other one does what the event is about.
 */
#pragma once

#include "sys/fd.h"
#include "sys/root.h"

#include <chrono>
#include <future>
#include <linux/cxla.h>
#include <memory>
#include <optional>
#include <thread>

namespace cxla
{

/* CLOCK_MONOTONIC, as the kernel has it in events */
uint64_t monotonic_ns();

struct HeardEvent {
	cxla_event event{};
	uint64_t read_ns = 0; /* when read() of it had returned */
};

struct Heard {
	std::string accel; /* accelN, whose events these are */
	std::vector<HeardEvent> events;
	std::optional<uint64_t> end_ns; /* when it was told that there will be no more */
};

/* one who is waiting already */
class Listener
{
public:
	virtual ~Listener() = default;
	/* what was heard, up to the last event waited for; throws Error when it does not come */
	virtual Heard heard() = 0;
};

class EventListener : public Listener
{
public:
	/* of @accel, open before; up to the first event of type @last, 0: to the end */
	EventListener(const Root &root, const std::string &accel, uint32_t last);
	/* of the next node that appears; up to the first event of type @last */
	EventListener(const Root &root, uint32_t last);
	/* ends the wait */
	~EventListener() override;
	EventListener(const EventListener &) = delete;
	EventListener &operator=(const EventListener &) = delete;

	Heard heard() override;

	std::chrono::milliseconds patience{10000};

private:
	void start();
	void stop();
	void run();
	bool wait_for_node();
	std::string new_node() const;
	bool open_node(const std::string &accel);
	bool listen();
	bool take(bool &finished);
	/* sleeps until there is something to read; false: it is to stop */
	bool sleep(int fd);

	const Root &root_;
	uint32_t last_;
	Fd stop_, node_, watch_;
	std::vector<std::string> old_; /* nodes that were there before */
	Heard heard_;
	std::string problem_;
	std::promise<void> waiting_, done_;
	std::future<void> done_told_;
	std::thread thread_;
};

} // namespace cxla
