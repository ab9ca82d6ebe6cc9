// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel's trace events say from now on, in a buffer of our own that nobody else
 * reads or fills (Documentation/trace/ftrace.rst, "Instances"). It holds on to nothing:
 * modules whose events are listened to can be unloaded and loaded again.
 */
#pragma once

#include "sys/fd.h"
#include "sys/root.h"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace cxla
{

struct TracedEvent {
	std::string time; /* seconds and microseconds of the kernel's log: 12.345678 */
	std::string task; /* whose process: cxla-118 */
	std::string name; /* cxla_attach */
	std::string text; /* what its format prints */
};

/* a line of trace_pipe; nothing: it is none of an event */
std::optional<TracedEvent> parse_traced(const std::string &line);

/* events that the kernel had no room for, by a line of trace_pipe; 0: it tells of none */
uint64_t parse_lost(const std::string &line);

class EventTrace
{
public:
	/* @system: of events, e.g. cxla; it may come and go */
	EventTrace(const Root &root, std::string system);
	/* the buffer goes */
	~EventTrace();
	EventTrace(const EventTrace &) = delete;
	EventTrace &operator=(const EventTrace &) = delete;

	/* empty: it listens; else why it can't */
	const std::string &problem() const { return problem_; }
	/* events that were not heard, as they came too fast */
	uint64_t lost() const { return lost_; }
	/* sleeps until something is said, for at most this long; in order */
	std::vector<TracedEvent> wait(std::chrono::milliseconds most);

private:
	void sweep() const;
	void enable();
	void take();

	const Root &root_;
	std::string system_, folder_, problem_;
	Fd pipe_;
	bool made_ = false;
	uint64_t lost_ = 0;
	std::string partial_;
	std::vector<TracedEvent> heard_;
};

} // namespace cxla
