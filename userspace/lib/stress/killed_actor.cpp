// SPDX-License-Identifier: GPL-2.0-only
/*
 * An actor in a process of its own, which is killed while it writes: whatever it was
 * in the middle of has to be done as a whole, or not at all.
 */
#include "stress/actor.h"
#include "sys/fd.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cxla
{

namespace
{

constexpr unsigned most_writes = 12;

/* in memory that both processes have */
struct Diary {
	struct Entry {
		std::atomic<bool> opened;
		std::atomic<int> err;
	};
	std::atomic<unsigned> begun, ended; /* how many */
	std::array<Entry, most_writes> entries;
};

class SharedDiary
{
public:
	SharedDiary()
	    : address_(mmap(nullptr, sizeof(Diary), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0))
	{
		if (address_ == MAP_FAILED)
			throw std::bad_alloc();
	}
	~SharedDiary() { munmap(address_, sizeof(Diary)); }
	SharedDiary(const SharedDiary &) = delete;
	SharedDiary &operator=(const SharedDiary &) = delete;

	Diary &operator*() const { return *static_cast<Diary *>(address_); }
	Diary *operator->() const { return static_cast<Diary *>(address_); }

private:
	void *address_;
};

/* posts to the recorder of another process; where there is no ring, to nobody */
class Telling
{
public:
	explicit Telling(int recorder) : recorder_(recorder)
	{
		if (recorder_ >= 0 && io_uring_queue_init(2, &ring_, 0) < 0)
			recorder_ = -1;
	}
	void tell(uint64_t what)
	{
		io_uring_cqe *cqe = nullptr;
		io_uring_sqe *sqe = recorder_ < 0 ? nullptr : io_uring_get_sqe(&ring_);

		if (!sqe)
			return;
		io_uring_prep_msg_ring(sqe, recorder_, 0, what, 0);
		if (io_uring_submit_and_wait(&ring_, 1) == 1 &&
		    io_uring_peek_cqe(&ring_, &cqe) == 0)
			io_uring_cqe_seen(&ring_, cqe);
	}

private:
	int recorder_;
	io_uring ring_ = {};
};

/*
 * In the child: other threads of the parent may have held any lock when it was made,
 * so nothing here takes one or asks for memory.
 */
[[noreturn]] void write_all(const std::vector<Operation> &operations,
			    const std::vector<uint64_t> &names, int recorder, Diary &diary)
{
	Telling telling(recorder);

	for (unsigned n = 0; n < operations.size(); n++) {
		const FileOp &file = operations[n].file;

		diary.begun = n + 1;

		int fd = ::open(file.path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
		int err = fd < 0 ? errno : 0;

		if (fd >= 0) {
			telling.tell(Recorder::beginning(names[n]));
			err = ::write(fd, file.value.data(), file.value.size()) < 0 ? errno : 0;
			telling.tell(Recorder::ending(names[n]));
			close(fd);
		}
		diary.entries[n].opened = fd >= 0;
		diary.entries[n].err = err;
		diary.ended = n + 1;
	}
	_exit(0);
}

Operation any_write(Actor &actor)
{
	const RaceAccel &accel = actor.own_accelerator();
	const Stack &stack = actor.stack();
	bool bind = actor.pick(2);
	const char *file = bind ? "bind" : "unbind";
	auto other = [&](Driver driver, const std::string &prefix) {
		auto names = actor.bus_devices(prefix);

		return Actor::write(bind ? Action::BindOther : Action::Unbind,
				    stack.driver_file(driver, file),
				    names.empty() ? prefix + "0" : actor.pick_of(names));
	};

	switch (actor.pick(8)) {
	case 0:
		return other(Driver::Memdev, "mem");
	case 1:
		return other(Driver::Port, "endpoint");
	case 2:
		return other(Driver::Port, "port");
	case 3:
		return other(Driver::Region, "region");
	case 4:
		if (!actor.targets().roots.empty())
			return Actor::write(bind ? Action::BindRoot : Action::Unbind,
					    stack.driver_file(Driver::Root, file),
					    actor.pick_of(actor.targets().roots));
		[[fallthrough]];
	default:
		return Actor::write(bind ? Action::BindAccel : Action::Unbind,
				    stack.driver_file(Driver::Accel, file), accel.bdf);
	}
}

/* the process is waited for by whoever made it, whatever happens */
class Child
{
public:
	explicit Child(pid_t pid)
	    : pid_(pid), fd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)))
	{
	}
	~Child()
	{
		kill();
		wait();
	}
	Child(const Child &) = delete;
	Child &operator=(const Child &) = delete;

	bool ends_within(std::chrono::microseconds time) const
	{
		pollfd poll = {fd_.get(), POLLIN, 0};
		timespec timeout = {time.count() / 1000000, time.count() % 1000000 * 1000};

		return ppoll(&poll, 1, &timeout, nullptr) > 0;
	}
	void kill() const
	{
		if (pid_)
			::kill(pid_, SIGKILL);
	}
	void wait()
	{
		while (pid_ && waitpid(pid_, nullptr, 0) < 0 && errno == EINTR)
			;
		pid_ = 0;
	}

private:
	pid_t pid_; /* until it was waited for nobody else has this number */
	Fd fd_;
};

} // namespace

void act_and_be_killed(Actor &actor)
{
	std::vector<Operation> operations;
	SharedDiary diary;
	std::vector<uint64_t> names; /* for the recorder */

	for (unsigned n = 0; n < most_writes; n++) {
		names.push_back(actor.next_operation());
		operations.push_back(any_write(actor));
		operations.back().file.path = actor.root().host(operations.back().file.path);
	}

	auto begun = Clock::now();
	pid_t pid = fork();

	if (pid < 0) {
		actor.count("no process for it");
		return;
	}
	if (!pid)
		write_all(operations, names, actor.state().recorder->ring_fd(), *diary);

	Child child(pid);
	bool ended = child.ends_within(std::chrono::microseconds(actor.pick(20000)));

	actor.begin_waiting(
		fmt::format("a process that was killed, begun with {}", operations.front().text));
	child.kill();
	child.wait();
	actor.end_waiting();
	for (unsigned n = 0; n < diary->ended; n++)
		actor.note(operations[n].action, operations[n].text, begun,
			   diary->entries[n].opened, diary->entries[n].err);
	if (!ended && diary->begun > diary->ended) {
		actor.state().recorder->tell(Recorder::ending(names[diary->ended]));
		actor.count("killed in the middle of " +
			    std::string(action_name(operations[diary->ended].action)));
	} else {
		actor.count(ended ? "ended before it was killed" : "killed between two writes");
	}
}

} // namespace cxla
