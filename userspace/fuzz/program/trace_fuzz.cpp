// SPDX-License-Identifier: GPL-2.0-only
/* A line of trace_pipe: an event written again is the same. */
#include "fuzz.h"

#include "sys/event_trace.h"

#include <fmt/format.h>

CXLA_FUZZ(trace)
{
	using namespace cxla;
	using cxla::fuzz::require;

	const std::string line(in.rest());
	const auto event = parse_traced(line);

	if (parse_lost(line))
		require(line.starts_with("CPU:"), "events are lost of a processor");
	if (!event)
		return;
	require(event->name.find(' ') == event->name.npos && line.ends_with(event->text) &&
			event->time.find('.') != event->time.npos,
		"an event has a name, a time and its text");

	const auto same = parse_traced(fmt::format("{} [001] .....  {}: {}: {}", event->task,
						   event->time, event->name, event->text));

	/* a task may be called like the processor's number */
	if (event->task.find(" [") == event->task.npos)
		require(same && same->task == event->task && same->time == event->time &&
				same->name == event->name && same->text == event->text,
			"an event written again is the same");
}
