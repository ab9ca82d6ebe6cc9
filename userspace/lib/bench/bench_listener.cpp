// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bench_listener.h"

#include "sys/error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>

namespace cxla
{

namespace
{

const std::string folder = "/dev/cxla";

} // namespace

uint64_t monotonic_ns()
{
	return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
					     std::chrono::steady_clock::now().time_since_epoch())
					     .count());
}

EventListener::EventListener(const Root &root, const std::string &accel, uint32_t last)
    : root_(root), last_(last)
{
	if (!open_node(accel))
		throw Error(problem_);
	start();
}

EventListener::EventListener(const Root &root, uint32_t last)
    : root_(root), last_(last), watch_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK))
{
	/* the folder goes with its last node, and comes with the first */
	if (!watch_ || inotify_add_watch(watch_.get(), root_.host("/dev").c_str(), IN_CREATE) < 0)
		throw Error(fmt::format("watching /dev: {}", std::strerror(errno)));
	old_ = root_.list(folder).value_or({});
	start();
}

EventListener::~EventListener()
{
	stop();
}

void EventListener::stop()
{
	if (!thread_.joinable())
		return;
	eventfd_write(stop_.get(), 1);
	thread_.join();
}

void EventListener::start()
{
	stop_ = Fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
	if (!stop_)
		throw Error(fmt::format("eventfd: {}", std::strerror(errno)));

	auto waiting = waiting_.get_future();

	done_told_ = done_.get_future();
	thread_ = std::thread([this] { run(); });
	waiting.wait();
}

Heard EventListener::heard()
{
	bool in_time = done_told_.wait_for(patience) == std::future_status::ready;

	stop();
	if (!problem_.empty())
		throw Error(problem_);
	if (!in_time)
		throw Error(fmt::format("{} within {} ms",
					heard_.accel.empty() ? "no node appeared in /dev/cxla"
							     : "not all events came",
					patience.count()),
			    "the kernel log (dmesg) may say what became of the device");
	return heard_;
}

void EventListener::run()
{
	if (node_) {
		bool finished = false;

		/* what happened before: the attach that is there */
		take(finished);
		waiting_.set_value();
		if (!finished)
			listen();
	} else if (wait_for_node()) {
		listen();
	}
	/* the number of the node is free again when nobody has it open */
	node_ = Fd();
	done_.set_value();
}

bool EventListener::sleep(int fd)
{
	std::array<pollfd, 2> fds = {{{fd, POLLIN, 0}, {stop_.get(), POLLIN, 0}}};

	while (poll(fds.data(), fds.size(), -1) < 0)
		if (errno != EINTR)
			return false;
	return !fds[1].revents;
}

std::string EventListener::new_node() const
{
	for (const auto &name : root_.list(folder).value_or({}))
		if (name.starts_with("accel") &&
		    std::find(old_.begin(), old_.end(), name) == old_.end())
			return name;
	return {};
}

/* false: it is to stop, or the node can't be opened */
bool EventListener::wait_for_node()
{
	bool told = false;

	for (;;) {
		/* a folder that is watched already has one watch all the same */
		inotify_add_watch(watch_.get(), root_.host(folder).c_str(), IN_CREATE);

		std::string name = new_node();

		if (!told)
			waiting_.set_value();
		told = true;
		if (!name.empty())
			return open_node(name);
		if (!sleep(watch_.get()))
			return false;

		std::array<char, 4096> words;

		while (::read(watch_.get(), words.data(), words.size()) > 0)
			;
	}
}

bool EventListener::open_node(const std::string &accel)
{
	std::string path = folder + "/" + accel;

	node_ = Fd(::open(root_.host(path).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
	if (!node_) {
		problem_ = fmt::format("opening {}: {}", path, std::strerror(errno));
		return false;
	}
	heard_.accel = accel;
	return true;
}

bool EventListener::listen()
{
	for (bool finished = false; !finished;)
		if (!sleep(node_.get()) || !take(finished))
			return false;
	return true;
}

/* what there is to read now */
bool EventListener::take(bool &finished)
{
	std::array<cxla_event, 8> events;

	for (;;) {
		ssize_t n = ::read(node_.get(), events.data(), sizeof(events));
		int err = errno;
		uint64_t now = monotonic_ns();

		if (n < 0 && err == EINTR)
			continue;
		if (n < 0 && err == EAGAIN)
			return true;
		if (n < 0) {
			problem_ = fmt::format("reading {}/{}: {}", folder, heard_.accel,
					       std::strerror(err));
			finished = true;
			return false;
		}
		if (!n) {
			heard_.end_ns = now;
			finished = true;
			return true;
		}
		for (size_t i = 0; i < static_cast<size_t>(n) / sizeof(cxla_event); i++) {
			heard_.events.push_back({events[i], now});
			finished = finished || events[i].type == last_;
		}
		if (finished)
			return true;
	}
}

} // namespace cxla
