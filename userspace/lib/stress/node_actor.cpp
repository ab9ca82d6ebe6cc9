// SPDX-License-Identifier: GPL-2.0-only
/*
 * Users of /dev/cxla/accelN while their range comes and goes. Nothing is written
 * to the range: it is read, and SIGBUS is the answer once it was revoked.
 */
#include "stress/actor.h"
#include "sys/fd.h"
#include "sys/range.h"
#include "sys/sigbus.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/cxla.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

namespace cxla
{

namespace
{

/* false: SIGBUS */
bool touch(const volatile char *address)
{
	return survives_sigbus([address] { (void)*address; });
}

/* events of one open file come in order, one number after the other */
class EventReader
{
public:
	/* errno, or 0; @wrong says what is wrong with them */
	int read(int fd, std::string &wrong)
	{
		std::array<cxla_event, 8> events;
		ssize_t n = ::read(fd, events.data(), sizeof(events));

		if (n < 0)
			return errno;
		if (n % static_cast<ssize_t>(sizeof(cxla_event)))
			wrong = fmt::format("{} bytes are no whole number of events", n);
		for (size_t i = 0; i < static_cast<size_t>(n) / sizeof(cxla_event); i++)
			judge(events[i], wrong);
		return 0;
	}

private:
	void judge(const cxla_event &event, std::string &wrong)
	{
		uint64_t expected =
			last_.seq + (event.type == CXLA_EVENT_OVERFLOW ? event.count : 1);

		if (last_.seq && event.seq != expected)
			wrong = fmt::format("event {} follows event {}", event.seq, last_.seq);
		else if (event.time_ns < last_.time_ns && event.type != CXLA_EVENT_OVERFLOW)
			wrong = fmt::format("event {} is older than the one before", event.seq);
		else if (last_.type && last_.type != CXLA_EVENT_OVERFLOW &&
			 event.type != CXLA_EVENT_OVERFLOW && !follows(event.type, last_.type))
			wrong = fmt::format("event of type {} follows one of type {}", event.type,
					    last_.type);
		last_ = event;
		/* its time is that of reading it, which is later than what follows */
		if (event.type == CXLA_EVENT_OVERFLOW)
			last_.time_ns = 0;
	}
	/* attach, revoke, detach, attach ... */
	static bool follows(uint32_t next, uint32_t last)
	{
		switch (last) {
		case CXLA_EVENT_ATTACH:
			return next == CXLA_EVENT_REVOKE;
		case CXLA_EVENT_REVOKE:
			return next == CXLA_EVENT_DETACH;
		default:
			return next == CXLA_EVENT_ATTACH;
		}
	}

	cxla_event last_ = {};
};

/* the file stays open while the device may be bound, unbound and bound again */
class NodeUser
{
public:
	NodeUser(Actor &actor, std::string path, int fd)
	    : actor_(actor), path_(std::move(path)), fd_(fd)
	{
	}

	/* false: nothing will come of it any more */
	bool ask()
	{
		cxla_accel_info info = {};

		info.size = sizeof(info);
		if (actor_.perform(Action::AskNode, "CXLA_IOC_INFO " + path_, [&] {
			    return ioctl(fd_, CXLA_IOC_INFO, &info) < 0 ? errno : 0;
		    }))
			return false;
		actor_.count(info.state == CXLA_ACCEL_ATTACHED ? "asked: attached" : "asked: not");
		if (info.state == CXLA_ACCEL_ATTACHED)
			check_range(info);
		return true;
	}
	void read_events()
	{
		std::string wrong;
		pollfd poll = {fd_, POLLIN, 0};

		actor_.perform(Action::PollNode, "poll of " + path_,
			       [&] { return ::poll(&poll, 1, 0) < 0 ? errno : 0; });
		actor_.perform(Action::ReadNode, "events of " + path_,
			       [&] { return events_.read(fd_, wrong); });
		if (!wrong.empty())
			actor_.report(fmt::format("{}: {}", path_, wrong));
	}
	void map()
	{
		void *address = nullptr;
		bool lost = false;
		auto touch_it = [&] {
			/* what was mapped is of one attach; that it has ended is said after the zap
			 */
			lost = lost || without_range();

			bool done = touch(static_cast<const char *>(address));

			if (done && lost)
				actor_.report(path_ + " is without its range, and what is mapped "
						      "of that can still be touched");
			return done ? 0 : EFAULT;
		};

		if (actor_.perform(Action::MapNode, "mmap of " + path_, [&] {
			    address = mmap(nullptr, page_bytes, PROT_READ, MAP_SHARED, fd_, 0);
			    return address == MAP_FAILED ? errno : 0;
		    }))
			return;
		/* some of them are counted: the range is to go between two of the others */
		for (unsigned n = 0; n < 200 && !actor_.stopping(); n++) {
			if (!(n % 8)) {
				if (actor_.perform(Action::TouchNode, "touch " + path_, touch_it))
					break;
			} else if (touch_it()) {
				actor_.note(Action::TouchNode, "touch " + path_, Clock::now(), true,
					    EFAULT);
				break;
			}
			actor_.pause(50);
		}
		munmap(address, page_bytes);
	}

private:
	bool without_range() const
	{
		cxla_accel_info info = {};

		info.size = sizeof(info);
		return ioctl(fd_, CXLA_IOC_INFO, &info) == 0 && info.state == CXLA_ACCEL_PCI_ONLY;
	}
	void check_range(const cxla_accel_info &info)
	{
		const RaceAccel *accel = actor_.targets().by_serial(info.serial);
		auto range = range_of(info.hpa_start, info.hpa_size);

		if (!accel || accel->memory.empty())
			return;
		if (!range || std::find(accel->memory.begin(), accel->memory.end(), *range) ==
				      accel->memory.end())
			actor_.report(fmt::format("{} says {}, which is no range of {}", path_,
						  range ? range->text() : "no range", accel->bdf));
	}

	Actor &actor_;
	std::string path_;
	int fd_;
	EventReader events_;
};

} // namespace

void act_on_node(Actor &actor)
{
	auto nodes = actor.root().list("/dev/cxla").value_or({});

	/* that of an expander has no range, and no events */
	std::erase_if(nodes, [](const std::string &name) { return !name.starts_with("accel"); });
	if (nodes.empty())
		return;

	/* by the time that it is opened it may be gone */
	std::string path = "/dev/cxla/" + actor.pick_of(nodes);
	Fd fd;

	if (actor.perform(Action::OpenNode, "open " + path, [&] {
		    fd = Fd(::open(actor.root().host(path).c_str(),
				   O_RDWR | O_NONBLOCK | O_CLOEXEC));
		    return fd ? 0 : errno;
	    }))
		return;

	NodeUser user(actor, path, fd.get());

	for (unsigned n = 0; n < 20 && !actor.stopping() && user.ask(); n++) {
		user.read_events();
		if (!actor.pick(3))
			user.map();
		actor.pause(5000);
	}
	user.read_events();
}

} // namespace cxla
