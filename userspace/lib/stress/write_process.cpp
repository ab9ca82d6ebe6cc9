// SPDX-License-Identifier: GPL-2.0-only
#include "stress/write_process.h"

#include "stress/operation_process.h"
#include "sys/error.h"
#include "sys/recorder.h"
#include "sys/root.h"
#include "sys/spawn.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace cxla
{

namespace
{

/* where spawn_this_program() puts the recorder's ring */
constexpr int recorder_fd = 3;

std::string text_of_plan(const std::vector<PlannedWrite> &plan, bool recorded)
{
	nlohmann::json writes = nlohmann::json::array();

	for (const auto &write : plan)
		writes.push_back({write.path, write.value, write.name});
	return nlohmann::json{{"writes", writes}, {"recorded", recorded}}.dump();
}

bool ready_within(const Fd &fd, std::chrono::microseconds time)
{
	pollfd poll = {fd.get(), POLLIN, 0};
	timespec timeout = {time.count() / 1000000, time.count() % 1000000 * 1000};

	return ppoll(&poll, 1, &timeout, nullptr) > 0;
}

/* posts to the recorder of another process; where there is no ring, to nobody */
class Telling
{
public:
	explicit Telling(bool recorded) : there_(recorded)
	{
		if (there_ && io_uring_queue_init(2, &ring_, 0) < 0)
			there_ = false;
	}
	void tell(uint64_t what)
	{
		io_uring_cqe *cqe = nullptr;
		io_uring_sqe *sqe = there_ ? io_uring_get_sqe(&ring_) : nullptr;

		if (!sqe)
			return;
		io_uring_prep_msg_ring(sqe, recorder_fd, 0, what, 0);
		if (io_uring_submit_and_wait(&ring_, 1) == 1 &&
		    io_uring_peek_cqe(&ring_, &cqe) == 0)
			io_uring_cqe_seen(&ring_, cqe);
	}

private:
	bool there_;
	io_uring ring_ = {};
};

/* in one piece, so that whoever is killed has told all of it or nothing */
void say(const std::string &line)
{
	if (::write(STDOUT_FILENO, line.data(), line.size()) < 0)
		_exit(1);
}

} // namespace

WriteProcess::WriteProcess(const std::vector<PlannedWrite> &plan, int recorder)
{
	std::string text = text_of_plan(plan, recorder >= 0), program = "cxla",
		    command = write_command;
	std::array<char *, 4> arguments = {program.data(), command.data(), text.data(), nullptr};
	int err = spawn_this_program(pid_, arguments.data(), told_, recorder);

	if (err)
		throw Error(fmt::format("starting a process that writes: {}", std::strerror(err)));
	ended_ = Fd(static_cast<int>(syscall(SYS_pidfd_open, pid_, 0)));
}

WriteProcess::~WriteProcess()
{
	kill_and_wait();
}

bool WriteProcess::begins_within(std::chrono::microseconds time) const
{
	return ready_within(told_, time);
}

bool WriteProcess::ends_within(std::chrono::microseconds time) const
{
	return ready_within(ended_, time);
}

void WriteProcess::kill_and_wait()
{
	if (pid_ > 0)
		::kill(pid_, SIGKILL);
	while (pid_ > 0 && waitpid(pid_, nullptr, 0) < 0 && errno == EINTR)
		;
	pid_ = 0;
}

std::vector<WriteOutcome> WriteProcess::outcomes() const
{
	std::vector<WriteOutcome> outcomes;
	std::array<char, 4096> piece = {};
	std::string text;

	for (ssize_t got = 0; (got = ::read(told_.get(), piece.data(), piece.size())) > 0;)
		text.append(piece.data(), static_cast<size_t>(got));
	for (const auto &line : split(text, '\n')) {
		int opened = 0, err = 0;

		if (line == "begin")
			outcomes.emplace_back();
		else if (!outcomes.empty() &&
			 std::sscanf(line.c_str(), "end %d %d", &opened, &err) == 2)
			outcomes.back() = {true, opened != 0, err};
	}
	return outcomes;
}

void perform_writes(const std::string &plan)
{
	end_with_parent();

	auto in = nlohmann::json::parse(plan);
	Telling telling(in.at("recorded"));

	for (const auto &write : in.at("writes")) {
		std::string path = write.at(0), value = write.at(1);
		uint64_t name = write.at(2);

		say("begin\n");

		Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
		int err = file ? 0 : errno;

		if (file) {
			telling.tell(Recorder::beginning(name));
			err = ::write(file.get(), value.data(), value.size()) < 0 ? errno : 0;
			telling.tell(Recorder::ending(name));
		}
		say(fmt::format("end {:d} {}\n", static_cast<bool>(file), err));
	}
}

} // namespace cxla
