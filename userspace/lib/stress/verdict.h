// SPDX-License-Identifier: GPL-2.0-only
/*
 * Verdicts for machines: what was done, and whether it held, as KTAP (version 1) and
 * as JUnit's XML. What the kernel says is in them, and that may be any bytes.
 */
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace cxla
{

struct Verdict {
	enum class Result { Passed, Failed, Skipped };

	std::string name; /* unlike the others' of its group */
	Result result = Result::Passed;
	double seconds = 0;  /* 0: not measured */
	std::string message; /* one line: why it failed, or was skipped */
	std::string output;  /* lines that belong to it */
};

struct VerdictGroup {
	std::string name;
	double seconds = 0;
	std::vector<Verdict> verdicts;

	unsigned count(Verdict::Result result) const;
};

/* the group is one test, and each verdict a subtest of it */
std::string ktap(const VerdictGroup &group);
std::string junit(const VerdictGroup &group);

/*
 * The same as text: bytes that are no UTF-8, and characters that neither a terminal
 * nor XML may be given, are written as \xNN. Lines stay lines, tabs stay tabs.
 */
std::string as_text(std::string_view bytes);

} // namespace cxla
