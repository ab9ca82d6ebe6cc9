// SPDX-License-Identifier: GPL-2.0-only
/*
 * What measuring something over and over gives: for each thing measured a
 * histogram, and the median of each block of cycles, from which a comparison
 * computes its spread. What is measured, and how, is in bench_cycles.h and
 * bench_many.h.
 */
#pragma once

#include "bench/histogram.h"

#include <functional>
#include <linux/cxla.h>
#include <optional>
#include <string>
#include <vector>

namespace cxla
{

/* the values of one thing, cycle after cycle */
class Series
{
public:
	/* @cycles that are to come; they are divided into blocks in the order they come in */
	Series(std::string name, unsigned cycles);

	void record(uint64_t value);

	const std::string &name() const { return name_; }
	const Histogram &histogram() const { return histogram_; }
	/* of each block that is full: a machine that slows down half way shows in these */
	const std::vector<uint64_t> &block_medians() const { return medians_; }

	static constexpr unsigned most_blocks = 20;
	static constexpr unsigned least_in_block = 3;

private:
	std::string name_;
	Histogram histogram_;
	size_t block_size_;
	std::vector<uint64_t> block_; /* the one that is not full yet */
	std::vector<uint64_t> medians_;
};

/* in the middle of @values; of two in the middle the lower one; 0 without any */
uint64_t median(std::vector<uint64_t> values);

struct AccessCounts {
	uint32_t mmio_reads = 0, mmio_writes = 0, cfg_reads = 0, cfg_writes = 0;

	bool operator==(const AccessCounts &) const = default;
};

/* what tells one result of a run from the others; nothing: does not apply */
struct BenchSubject {
	std::string address{};            /* of the device that it is about */
	std::optional<unsigned> others{}; /* attached meanwhile */
	std::optional<unsigned> devices{}, threads{};
	std::optional<unsigned> pages{}; /* of the range, mapped and touched */

	/* for people */
	std::string text() const;
	bool operator==(const BenchSubject &) const = default;
};

/*
 * A phase of the kernel's record is called phases/NAME, NAME as phase_name() has
 * it; the others have a name in bench_label().
 */
inline constexpr const char *phase_prefix = "phases/";
std::string bench_label(const std::string &name);

/* one thing measured, in numbers: what is printed, and what a file has of it */
struct Summary {
	std::string name;
	uint64_t min = 0, p50 = 0, p90 = 0, p99 = 0, p999 = 0, max = 0;
	double mean = 0;
	std::vector<uint64_t> blocks;
};

struct ResultSummary {
	BenchSubject subject;
	unsigned cycles = 0;
	std::vector<Summary> measured;
	std::optional<AccessCounts> accesses; /* of the first cycle; nothing: nobody counted */
	bool equal_accesses = true;           /* in every cycle */

	const Summary *find(std::string_view name) const;
};

/* of a result that has devices and their wall time, by its median; 0 for any other */
double attaches_per_second(const ResultSummary &result);
/* how many times as fast as one thread among @all; nothing when that is not there */
std::optional<double> scaling(const std::vector<ResultSummary> &all, const ResultSummary &result);

class BenchResult
{
public:
	/* @cycles that are to come */
	BenchResult(BenchSubject subject, unsigned cycles);

	/* things are kept in the order in which they are first recorded */
	void record(const std::string &name, uint64_t value);
	/* phases, total, and accesses of an attach */
	void record(const cxla_attach_record &record);
	void cycle_done() { cycles_++; }
	unsigned cycles() const { return cycles_; }

	const std::vector<Series> &series() const { return series_; }
	ResultSummary summary() const;

private:
	BenchSubject subject_;
	unsigned expected_, cycles_ = 0;
	std::vector<Series> series_;
	std::optional<AccessCounts> accesses_;
	bool equal_accesses_ = true;
};

/* what a nanosecond of the clock is: under QEMU's -icount shift=0 an instruction */
enum class BenchClock { Time, Icount };
const char *unit_name(BenchClock clock);

struct BenchRequest {
	unsigned cycles = 100; /* measured */
	unsigned warmup = 5;   /* before */
	/* told after each cycle, warm-up included; false: stop */
	std::function<bool(unsigned done, unsigned all)> progress;

	unsigned all() const { return warmup + cycles; }
	/* false: somebody wants to stop; what was measured until then is the result */
	bool tell(unsigned done) const;
};

} // namespace cxla
