// SPDX-License-Identifier: GPL-2.0-only
#include "bench/bench.h"

#include "cxl/accel.h"
#include "sys/error.h"
#include "sys/named.h"

#include <algorithm>
#include <fmt/format.h>

namespace cxla
{

namespace
{

struct Label {
	const char *name;
	const char *text;
};

constexpr Label labels[] = {
	{"total", "attach in all"},
	{"bind", "bind, until the write returns"},
	{"bind_work", "bind, without waiting"},
	{"bind_wait", "bind, waiting"},
	{"event_sent", "bind, until the event is sent"},
	{"event_read", "bind, until the event is read"},
	{"unbind", "unbind, until the write returns"},
	{"unbind_work", "unbind, without waiting"},
	{"unbind_wait", "unbind, waiting"},
	{"revoke_sent", "unbind, until the revoke is sent"},
	{"revoke_read", "unbind, until the revoke is read"},
	{"detach_sent", "unbind, until the detach is sent"},
	{"detach_read", "unbind, until the detach is read"},
	{"end_read", "unbind, until the end is read"},
	{"delete", "delete_region, until the write returns"},
	{"wall", "all bound, until the last write returns"},
};

} // namespace

std::string bench_label(const std::string &name)
{
	if (name.starts_with(phase_prefix))
		return name.substr(std::string_view(phase_prefix).size());
	for (const auto &label : labels)
		if (name == label.name)
			return label.text;
	return name;
}

Series::Series(std::string name, unsigned cycles)
    : name_(std::move(name)),
      block_size_(std::max((cycles + most_blocks - 1) / most_blocks, least_in_block))
{
	block_.reserve(block_size_);
}

void Series::record(uint64_t value)
{
	histogram_.record(value);
	block_.push_back(value);
	if (block_.size() < block_size_)
		return;
	medians_.push_back(median(block_));
	block_.clear();
}

uint64_t median(std::vector<uint64_t> values)
{
	if (values.empty())
		return 0;

	auto middle = values.begin() + static_cast<std::ptrdiff_t>((values.size() - 1) / 2);

	std::nth_element(values.begin(), middle, values.end());
	return *middle;
}

std::string BenchSubject::text() const
{
	std::vector<std::string> parts;
	auto counted = [&](const std::optional<unsigned> &number, const char *one,
			   const char *more) {
		if (number)
			parts.push_back(fmt::format("{} {}", *number, *number == 1 ? one : more));
	};

	if (!address.empty())
		parts.push_back(address);
	counted(others, "other attached", "others attached");
	counted(devices, "device", "devices");
	counted(threads, "thread", "threads");
	counted(pages, "page mapped", "pages mapped");
	return fmt::format("{}", fmt::join(parts, ", "));
}

const Summary *ResultSummary::find(std::string_view name) const
{
	return find_named(measured, &Summary::name, name);
}

double attaches_per_second(const ResultSummary &result)
{
	const Summary *wall = result.find("wall");

	if (!wall || !wall->p50 || !result.subject.devices)
		return 0;
	return *result.subject.devices * 1e9 / static_cast<double>(wall->p50);
}

std::optional<double> scaling(const std::vector<ResultSummary> &all, const ResultSummary &result)
{
	for (const auto &one : all)
		if (one.subject.threads == 1 && one.subject.devices == result.subject.devices &&
		    attaches_per_second(one) > 0)
			return attaches_per_second(result) / attaches_per_second(one);
	return std::nullopt;
}

BenchResult::BenchResult(BenchSubject subject, unsigned cycles)
    : subject_(std::move(subject)), expected_(cycles)
{
}

void BenchResult::record(const std::string &name, uint64_t value)
{
	auto found = std::find_if(series_.begin(), series_.end(),
				  [&](const Series &series) { return series.name() == name; });

	if (found == series_.end())
		found = series_.emplace(found, name, expected_);
	found->record(value);
}

void BenchResult::record(const cxla_attach_record &record)
{
	AccessCounts counts{record.mmio_reads, record.mmio_writes, record.cfg_reads,
			    record.cfg_writes};

	for (unsigned i = 0; i < CXLA_NR_PHASES; i++)
		this->record(std::string(phase_prefix) + phase_name(i), record.phase_ns[i]);
	this->record("total", record.total_ns);
	if (!accesses_)
		accesses_ = counts;
	equal_accesses_ = equal_accesses_ && counts == *accesses_;
}

ResultSummary BenchResult::summary() const
{
	ResultSummary summary{subject_, cycles_, {}, accesses_, equal_accesses_};

	for (const auto &one : series_) {
		const Histogram &h = one.histogram();

		summary.measured.push_back({one.name(), h.min(), h.percentile(50), h.percentile(90),
					    h.percentile(99), h.percentile(99.9), h.max(), h.mean(),
					    one.block_medians()});
	}
	return summary;
}

const char *unit_name(BenchClock clock)
{
	return clock == BenchClock::Icount ? "instructions" : "ns";
}

bool BenchRequest::tell(unsigned done) const
{
	return !progress || progress(done, all());
}

} // namespace cxla
