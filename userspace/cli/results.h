// SPDX-License-Identifier: GPL-2.0-only
/* --ktap and --junit: a command's verdicts for machines. */
#pragma once

#include "command.h"
#include "stress/verdict.h"
#include "sys/verdict_file.h"

namespace cxla
{

struct ResultPaths {
	std::string ktap;  /* empty: not asked for; -: standard output, after the rest */
	std::string junit; /* the same, but a file only */
};

void add_result_options(CLI::App &command, ResultPaths &paths);

class Results
{
public:
	/* to be made before what takes long; throws Error */
	Results(const Context &context, const ResultPaths &paths);

	/* false: not all of it could be written, which was told; goes on with the next one */
	bool write(const Context &context, VerdictGroup group) const;

private:
	VerdictFile ktap_, junit_;
};

} // namespace cxla
