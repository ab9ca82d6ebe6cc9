// SPDX-License-Identifier: GPL-2.0-only
/* What `cxla bench` measured, kept, read and compared: written again it is the same. */
#include "fuzz.h"

#include "bench/bench_compare.h"
#include "sys/error.h"

CXLA_FUZZ(bench)
{
	using namespace cxla;
	using cxla::fuzz::require;

	const std::string text(in.rest());
	BenchRun run;

	try {
		run = parse_bench(text, "file");
	} catch (const Error &error) {
		require(*error.what(), "what is wrong is said");
		return;
	}

	const std::string written = bench_json(run).dump();
	const BenchRun same = parse_bench(written, "file");

	require(bench_json(same).dump() == written, "a result written again is the same", written);
	/* thousands of draws from each: of small ones only */
	if (text.size() > 2000)
		return;

	const auto comparison = compare_runs(run, same, 0.01);

	for (const auto &result : comparison.results)
		for (const auto &one : result.measured)
			require(!one.ratio || *one.ratio == 1, "what is the same has the ratio 1");
	require(!comparison_json(comparison, run, same).dump().empty(), "a comparison is printed");
}
