// SPDX-License-Identifier: GPL-2.0-only
#include "sys/event_trace.h"

#include "sys/output.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace cxla
{

namespace
{

constexpr const char *instances = "/sys/kernel/tracing/instances";
constexpr const char *prefix = "cxla-";

} // namespace

/*
 * "  cxla-118  [001] .....  12.345678: cxla_attach: 0000:0d:00.0 mem0 ...". The name of the
 * task may be anything, so that the processor's number is looked for, and all else behind it.
 */
std::optional<TracedEvent> parse_traced(const std::string &line)
{
	constexpr const char *digits = "0123456789";
	size_t processor = line.find(" [");

	while (processor != line.npos &&
	       (line.find_first_not_of(digits, processor + 2) == processor + 2 ||
		line.find(']', processor) != line.find_first_not_of(digits, processor + 2)))
		processor = line.find(" [", processor + 1);
	if (processor == line.npos)
		return std::nullopt;

	size_t colon = line.find(": ", processor);
	size_t name = colon == line.npos ? colon : line.find(": ", colon + 2);

	if (name == line.npos)
		return std::nullopt;

	size_t time = line.rfind(' ', colon);
	TracedEvent event{line.substr(time + 1, colon - time - 1),
			  std::string(trim(line.substr(0, processor))),
			  line.substr(colon + 2, name - colon - 2), line.substr(name + 2)};

	if (event.name.find(' ') != event.name.npos || event.time.find('.') == event.time.npos)
		return std::nullopt;
	return event;
}

/* "CPU:1 [LOST 5 EVENTS]"; 0: it says nothing of the kind */
uint64_t parse_lost(const std::string &line)
{
	size_t at = line.find("[LOST ");

	if (!line.starts_with("CPU:") || at == line.npos)
		return 0;

	std::string number = line.substr(at + 6, line.find(' ', at + 6) - at - 6);

	return parse_number(number).value_or(1);
}

/* what a process that was killed has left; those of others that live stay */
void EventTrace::sweep() const
{
	for (const auto &name : root_.list(instances).value_or({}))
		if (name.starts_with(prefix) &&
		    !root_.exists("/proc/" + name.substr(std::strlen(prefix))))
			::rmdir(root_.host(fmt::format("{}/{}", instances, name)).c_str());
}

EventTrace::EventTrace(const Root &root, std::string system)
    : root_(root), system_(std::move(system)),
      folder_(fmt::format("{}/{}{}", instances, prefix, ::getpid()))
{
	if (!root_.exists(instances)) {
		problem_ = fmt::format("{} is not there: mount tracefs, or be root", instances);
		return;
	}
	sweep();
	/* one of this name is of a process that had this number before */
	::rmdir(root_.host(folder_).c_str());
	if (::mkdir(root_.host(folder_).c_str(), 0700) < 0) {
		problem_ = fmt::format("{}: {}", folder_, std::strerror(errno));
		return;
	}
	made_ = true;
	pipe_ = Fd(::open(root_.host(folder_ + "/trace_pipe").c_str(),
			  O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	if (!pipe_)
		problem_ = fmt::format("{}/trace_pipe: {}", folder_, std::strerror(errno));
	enable();
}

EventTrace::~EventTrace()
{
	pipe_ = Fd();
	if (made_ && ::rmdir(root_.host(folder_).c_str()) < 0)
		print_error("cxla: {} can't be removed: {}\n", folder_, std::strerror(errno));
}

/* the events come with their module */
void EventTrace::enable()
{
	std::string path = fmt::format("{}/events/{}/enable", folder_, system_);

	if (pipe_ && root_.exists(path) && root_.text(path).value_or("0") != "1" &&
	    !root_.try_write(path, "1") && root_.exists(path))
		problem_ = fmt::format("{} can't be written", path);
}

void EventTrace::take()
{
	char buffer[4096];
	ssize_t got;

	while ((got = ::read(pipe_.get(), buffer, sizeof(buffer))) > 0) {
		partial_.append(buffer, static_cast<size_t>(got));
		for (size_t end; (end = partial_.find('\n')) != partial_.npos;
		     partial_.erase(0, end + 1)) {
			std::string line = partial_.substr(0, end);

			lost_ += parse_lost(line);
			if (auto event = parse_traced(line))
				heard_.push_back(std::move(*event));
		}
	}
}

std::vector<TracedEvent> EventTrace::wait(std::chrono::milliseconds most)
{
	enable();
	if (!pipe_) {
		std::this_thread::sleep_for(most);
		return {};
	}

	pollfd poller{pipe_.get(), POLLIN, 0};

	::poll(&poller, 1, static_cast<int>(most.count()));
	take();
	return std::exchange(heard_, {});
}

} // namespace cxla
