// SPDX-License-Identifier: GPL-2.0-only
#include "results.h"
#include "sys/output.h"

#include <fmt/format.h>

namespace cxla
{

namespace
{

/* what is read from standard output as a whole is alone there; KTAP may follow other lines */
void expect_places(const Context &context, const ResultPaths &paths)
{
	if (paths.ktap == "-" && context.json)
		throw Error("--json and --ktap - both want standard output",
			    "name a file for --ktap", Exit::Usage);
	if (paths.junit == "-")
		throw Error("--junit - would be XML among other lines", "name a file for --junit",
			    Exit::Usage);
}

bool write_one(const Context &context, const VerdictFile &file, const std::string &text)
{
	try {
		if (file)
			file.write(text);
	} catch (const Error &error) {
		report_error(context, error.what(), error.hint());
		return false;
	}
	return true;
}

} // namespace

void add_result_options(CLI::App &command, ResultPaths &paths)
{
	command.add_option("--ktap", paths.ktap,
			   "Write verdicts as KTAP to this file, or to standard output after "
			   "everything else (-)");
	command.add_option("--junit", paths.junit, "Write verdicts as JUnit XML to this file");
}

Results::Results(const Context &context, const ResultPaths &paths)
    : ktap_((expect_places(context, paths), paths.ktap)), junit_(paths.junit)
{
}

bool Results::write(const Context &context, VerdictGroup group) const
{
	/* what was not done any more may not be taken for what held */
	if (int signal = InterruptGuard::signal())
		group.verdicts.push_back(
			{"interrupted", Verdict::Result::Failed, 0,
			 fmt::format("interrupted by {}: not all was done", signal_word(signal)),
			 ""});

	bool ktap_written = write_one(context, ktap_, ktap(group));
	bool junit_written = write_one(context, junit_, junit(group));

	return ktap_written && junit_written;
}

} // namespace cxla
