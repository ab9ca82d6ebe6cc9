// SPDX-License-Identifier: GPL-2.0-only
/* The program, run over a made-up root. */
#pragma once

#include "made_up_root.h"
#include "reply.h"

#include <cstdio>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <memory>
#include <nlohmann/json.hpp>
#include <sys/wait.h>

namespace cxla::test
{

using nlohmann::json;

struct Ran {
	int status = -1;
	std::string out;
};

struct Close {
	void operator()(FILE *pipe) const { pclose(pipe); }
};

struct Program : ::testing::Test {
	Ran run(const std::string &arguments, bool errors = false)
	{
		return command(fmt::format("CXLA_ROOT={} {} {} 2>{}", made.folder(), CXLA_PROGRAM,
					   arguments, errors ? "&1" : "/dev/null"));
	}
	/* what it prints on standard output, and its exit status; -1: a signal ended it */
	static Ran command(const std::string &line)
	{
		std::unique_ptr<FILE, Close> pipe(popen(line.c_str(), "r"));
		Ran result;
		char buffer[4096];

		while (size_t n = fread(buffer, 1, sizeof(buffer), pipe.get()))
			result.out.append(buffer, n);

		int status = pclose(pipe.release());

		result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		return result;
	}
	/* what is printed with --json, which has the form that its schema says */
	json reply(const std::string &arguments)
	{
		Ran ran = run(arguments + " --json");
		std::string wrong = wrong_with_reply(ran.out);

		EXPECT_EQ(wrong, "") << arguments << ": " << ran.out;
		if (!wrong.empty())
			return {};

		json out = json::parse(ran.out);

		EXPECT_EQ(out["exit"], ran.status);
		return out;
	}
	json result(const std::string &arguments) { return reply(arguments)["result"]; }
	MadeUpRoot made;
};

} // namespace cxla::test
