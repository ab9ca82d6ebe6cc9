// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes in a process of its own, which can be killed in the middle of one: this program,
 * executed anew. What it has done it tells through a pipe, before and after each write.
 */
#pragma once

#include "sys/fd.h"

#include <chrono>
#include <string>
#include <sys/types.h>
#include <vector>

namespace cxla
{

struct PlannedWrite {
	std::string path, value;
	uint64_t name = 0; /* for the recorder */
};

/* what became of a write */
struct WriteOutcome {
	bool ended = false, opened = false;
	int err = 0;
};

/* the hidden command that the process is started with, and its plan */
inline constexpr const char *write_command = "perform-writes";

class WriteProcess
{
public:
	/* begins it; @recorder: the ring that is told of each write, or -1; throws Error */
	WriteProcess(const std::vector<PlannedWrite> &plan, int recorder);
	/* it is killed, and waited for */
	~WriteProcess();
	WriteProcess(const WriteProcess &) = delete;
	WriteProcess &operator=(const WriteProcess &) = delete;

	/* is it about to write, within that time */
	bool begins_within(std::chrono::microseconds time) const;
	bool ends_within(std::chrono::microseconds time) const;
	void kill_and_wait();
	/* after it has ended: of each write that was begun, in their order */
	std::vector<WriteOutcome> outcomes() const;

private:
	pid_t pid_ = 0; /* until it was waited for nobody else has this number */
	Fd told_, ended_;
};

/* in that process: does them, and tells of them on standard output */
void perform_writes(const std::string &plan);

} // namespace cxla
