// SPDX-License-Identifier: GPL-2.0-only
/* Binding and unbinding over and over, and how long it takes. */
#pragma once

#include "accel.h"
#include "histogram.h"

#include <array>
#include <functional>

namespace cxla
{

struct AccessCounts {
	uint32_t mmio_reads = 0, mmio_writes = 0, cfg_reads = 0, cfg_writes = 0;

	bool operator==(const AccessCounts &) const = default;
};

struct BenchResult {
	std::string bdf;
	unsigned cycles = 0; /* measured, without the warm-up */
	Histogram bind;      /* nanoseconds of the write that binds */
	Histogram total;     /* nanoseconds by the kernel's record */
	std::array<Histogram, CXLA_NR_PHASES> phases;
	AccessCounts accesses;      /* of the first cycle measured */
	bool equal_accesses = true; /* in every cycle measured */

	void add(uint64_t bind_ns, const cxla_attach_record &record);
};

struct BenchRequest {
	unsigned cycles = 100;
	unsigned warmup = 5;
	/* told after each cycle, warm-up included; false: stop */
	std::function<bool(unsigned done, unsigned all)> progress;
};

/* the device must be attached; it is afterwards too; throws Error */
BenchResult bench_attach(const Root &root, const std::string &bdf, const BenchRequest &request);

} // namespace cxla
