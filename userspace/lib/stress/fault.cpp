// SPDX-License-Identifier: GPL-2.0-only
#include "stress/fault.h"

#include "sys/error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <ranges>

namespace cxla
{

namespace
{

constexpr const char *debugfs = "/sys/kernel/debug/";
/* those that take memory from somebody; and the one that takes a user's page from a copy */
constexpr std::array allocators = {"failslab", "fail_page_alloc"};
constexpr std::array all_faults = {"failslab", "fail_page_alloc", "fail_usercopy"};

std::string attribute(const char *fault, const char *name)
{
	return fmt::format("{}{}/{}", debugfs, fault, name);
}

/*
 * Reads and writes of fail-nth copy from and to the user themselves, and may be
 * what fails.
 */
bool put(int fd, unsigned nth)
{
	std::string text = std::to_string(nth) + "\n";

	for (int attempt = 0; attempt < 2; attempt++)
		if (pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()))
			return true;
	return false;
}

unsigned get(int fd)
{
	std::array<char, 32> text = {};

	/* the last one was left, and this took it */
	if (pread(fd, text.data(), text.size() - 1, 0) < 0)
		return errno == EFAULT ? 1 : 0;
	return static_cast<unsigned>(std::strtoul(text.data(), nullptr, 10));
}

} // namespace

std::string missing_for_faults(const Root &root)
{
	if (!root.exists("/proc/thread-self/fail-nth"))
		return "/proc/thread-self/fail-nth: the kernel has no fault injection";
	for (const char *fault : allocators)
		if (!root.exists(attribute(fault, "ignore-gfp-wait")))
			return attribute(fault, "ignore-gfp-wait") +
			       ": the kernel lets no allocation fail, or debugfs is not mounted";
	return "";
}

std::optional<TextRange> text_of(const Root &root, const std::string &function,
				 const std::string &module)
{
	std::ifstream symbols(root.host("/proc/kallsyms"));
	std::string line, wanted = " " + function;
	std::optional<TextRange> range;

	if (!module.empty())
		wanted += fmt::format("\t[{}]", module);
	while (std::getline(symbols, line)) {
		unsigned long address = std::strtoul(line.c_str(), nullptr, 16);

		if (!range && line.ends_with(wanted) && address) {
			range = TextRange{address, 0};
			/* those of modules are in no order */
			symbols.seekg(0);
		} else if (range && address > range->start &&
			   (!range->end || address < range->end)) {
			range->end = address;
			if (module.empty())
				break;
		}
	}
	return range && range->end ? range : std::nullopt;
}

FaultSettings::FaultSettings(const Root &root) : root_(root)
{
	for (const char *fault : all_faults)
		for (const char *name : {"probability", "verbose"})
			if (root.exists(attribute(fault, name)))
				set(attribute(fault, name), "0");
	for (const char *fault : allocators)
		set(attribute(fault, "ignore-gfp-wait"), "N");
	set(attribute("failslab", "cache-filter"), "N");
	set(attribute("fail_page_alloc", "ignore-gfp-highmem"), "N");
	set(attribute("fail_page_alloc", "min-order"), "0");

	/* half of what is allocated is a note of the leak detector on the other half */
	auto notes = text_of(root, "__alloc_object");

	if (notes && root.exists(attribute("failslab", "reject-start"))) {
		set(attribute("failslab", "reject-start"), fmt::format("{:#x}", notes->start));
		set(attribute("failslab", "reject-end"), fmt::format("{:#x}", notes->end));
	}
}

FaultSettings::~FaultSettings()
{
	for (const auto &[path, value] : std::views::reverse(before_))
		root_.try_write(path, value);
}

void FaultSettings::set(const std::string &path, const std::string &value)
{
	before_.emplace_back(path, root_.text(path).value_or(value));
	root_.write(path, value);
}

void FaultSettings::require(const std::optional<TextRange> &range) const
{
	for (const char *fault : allocators) {
		root_.write(attribute(fault, "require-start"),
			    range ? fmt::format("{:#x}", range->start) : "0");
		root_.write(attribute(fault, "require-end"),
			    range ? fmt::format("{:#x}", range->end) : std::to_string(~0UL));
	}
}

void FaultSettings::tell(bool loudly) const
{
	for (const char *fault : all_faults)
		if (root_.exists(attribute(fault, "verbose")))
			root_.write(attribute(fault, "verbose"), loudly ? "2" : "0");
}

TaskFault::TaskFault(const Root &root, unsigned nth)
    : FaultSpan(nth),
      fd_(::open(root.host("/proc/thread-self/fail-nth").c_str(), O_RDWR | O_CLOEXEC))
{
	if (!fd_)
		throw Error(fmt::format("opening /proc/thread-self/fail-nth: errno {}", errno));
}

void TaskFault::begin()
{
	put(fd_.get(), nth_);
}

void TaskFault::end()
{
	left_ = get(fd_.get());
	put(fd_.get(), 0);
}

WorkerFault::WorkerFault(const Root &root, unsigned nth, std::function<void()> wait)
    : FaultSpan(nth), wait_(std::move(wait))
{
	for (const auto &pid : root.list("/proc").value_or({})) {
		if (pid.find_first_not_of("0123456789") != pid.npos ||
		    !root.text("/proc/" + pid + "/comm").value_or("").starts_with("kworker/u"))
			continue;

		Fd fd(::open(root.host("/proc/" + pid + "/fail-nth").c_str(), O_RDWR | O_CLOEXEC));

		if (fd)
			fds_.push_back(std::move(fd));
	}
}

void WorkerFault::begin()
{
	for (const auto &fd : fds_)
		put(fd.get(), nth_);
}

void WorkerFault::end()
{
	wait_();
	/* work is handed to whichever is free: it is the one that came furthest */
	left_ = nth_;
	for (const auto &fd : fds_) {
		left_ = std::min(left_, get(fd.get()));
		put(fd.get(), 0);
	}
}

} // namespace cxla
