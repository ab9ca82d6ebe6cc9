// SPDX-License-Identifier: GPL-2.0-only
#include "sys/event_trace.h"

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

constexpr const char *tracing = "/sys/kernel/tracing";

} // namespace

/* "  cxla-118  [001] .....  12.345678: cxla_attach: 0000:0d:00.0 mem0 ..." */
std::optional<TracedEvent> parse_traced(const std::string &line)
{
	size_t colon = line.find(": "),
	       name = colon == line.npos ? colon : line.find(": ", colon + 2);
	size_t processor = line.find(" [");

	if (name == line.npos || processor == line.npos || processor > colon)
		return std::nullopt;

	std::string task(trim(line.substr(0, processor)));
	size_t time = line.rfind(' ', colon);
	TracedEvent event{line.substr(time + 1, colon - time - 1), task,
			  line.substr(colon + 2, name - colon - 2), line.substr(name + 2)};

	if (event.name.find(' ') != event.name.npos || event.time.find('.') == event.time.npos)
		return std::nullopt;
	return event;
}

EventTrace::EventTrace(const Root &root, std::string system)
    : root_(root), system_(std::move(system)),
      folder_(fmt::format("{}/instances/cxla-{}", tracing, ::getpid()))
{
	if (!root_.exists(std::string(tracing) + "/instances")) {
		problem_ = fmt::format("{} is not there: mount tracefs, or be root", tracing);
		return;
	}
	if (::mkdir(root_.host(folder_).c_str(), 0700) < 0) {
		problem_ = fmt::format("{}: {}", folder_, std::strerror(errno));
		return;
	}
	pipe_ = Fd(::open(root_.host(folder_ + "/trace_pipe").c_str(),
			  O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	if (!pipe_)
		problem_ = fmt::format("{}/trace_pipe: {}", folder_, std::strerror(errno));
	enable();
}

EventTrace::~EventTrace()
{
	if (!pipe_)
		return;
	pipe_ = Fd();
	::rmdir(root_.host(folder_).c_str());
}

/* the events come with their module */
void EventTrace::enable()
{
	std::string path = fmt::format("{}/events/{}/enable", folder_, system_);

	if (pipe_ && root_.exists(path) && root_.text(path).value_or("1") != "1")
		root_.try_write(path, "1");
}

void EventTrace::take()
{
	char buffer[4096];
	ssize_t got;

	while ((got = ::read(pipe_.get(), buffer, sizeof(buffer))) > 0) {
		partial_.append(buffer, static_cast<size_t>(got));
		for (size_t end; (end = partial_.find('\n')) != partial_.npos;
		     partial_.erase(0, end + 1))
			if (auto event = parse_traced(partial_.substr(0, end)))
				heard_.push_back(std::move(*event));
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
