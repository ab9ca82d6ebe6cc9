// SPDX-License-Identifier: GPL-2.0-only
/* Carries steps out, says which on standard error, and stops when it is asked to. */
#pragma once

#include "command.h"
#include "load/runner.h"
#include "sys/output.h"

namespace cxla
{

class TellingRunner : public SystemRunner
{
public:
	/* with --json there is nobody to tell; --verbose tells more, whatever @quiet says */
	TellingRunner(const Root &root, const std::string &release, const Context &context,
		      bool quiet)
	    : SystemRunner(root, release), quiet_((quiet || context.json) && !context.verbose)
	{
		tell_libkmod = context.verbose;
	}
	bool interrupted() override { return InterruptGuard::interrupted(); }
	void about_to(const Step &step, bool undoing) override
	{
		/* SIGUSR1 asks for what would be told anyway */
		if (!quiet_ || asked_where())
			print_error("{}{}\n", undoing ? "undo: " : "", describe(step));
	}

private:
	bool quiet_;
};

} // namespace cxla
