// SPDX-License-Identifier: GPL-2.0-only
/*
 * An operation in a process of its own, which can be killed: this program, executed anew.
 * A fork of a program with threads would run on with whatever locks they held.
 */
#pragma once

#include "stress/operation.h"
#include "sys/fd.h"

#include <atomic>
#include <string>
#include <sys/types.h>

namespace cxla
{

/* what became of an operation */
struct OperationOutcome {
	bool opened = false; /* it came as far as its action */
	int err = 0;         /* of the action, or of finding what it is to be done to */
};

/* did the operation come as far as its action; asked from any thread */
class SeenSpan : public OperationSpan
{
public:
	void begin() override { opened_ = true; }
	bool opened() const { return opened_; }

private:
	std::atomic<bool> opened_ = false;
};

/* the hidden command that the process is started with, the operation's name, and its test bed */
inline constexpr const char *perform_command = "perform-operation";

/* begins it; its answer is to be read from @answer; throws Error */
pid_t spawn_operation(const TestBed &bed, const MachineOperation &operation, Fd &answer);
/* after it has ended; false: it ended before it had one */
bool read_answer(const Fd &answer, OperationOutcome &outcome);

/* in a process that was started so: nobody wants its answer once its parent is gone */
void end_with_parent();
/* in that process: does it, and writes the answer to standard output; throws Error */
void perform_operation(const std::string &name, const std::string &bed);

} // namespace cxla
