// SPDX-License-Identifier: GPL-2.0-only
#include "sys/kernel_log.h"

#include "sys/error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <span>
#include <sys/stat.h>

namespace cxla
{

namespace
{

constexpr const char *log_path = "/dev/kmsg";
/* a trace of calls goes on for so many lines */
constexpr size_t longest_report = 60;
constexpr size_t longest_memory = 200;

bool has_any(std::string_view line, std::span<const char *const> signs)
{
	return std::any_of(signs.begin(), signs.end(),
			   [&](const char *sign) { return line.find(sign) != line.npos; });
}

/* those that the virtual machine's harness looks for (tools/vm/vmlib/console.py) */
constexpr std::array signs = {
	"WARNING:",
	"BUG:",
	"Oops",
	"Call Trace",
	"lockdep is",
	"lockdep:",
	"KASAN",
	"KCSAN",
	"KFENCE",
	"UBSAN",
	"cut here",
	"Kernel panic",
	"general protection fault",
	"refcount_t:",
	"possible recursive locking",
	"possible circular locking",
	"inconsistent lock state",
	"suspicious RCU",
	"sleeping function called",
	"unreferenced object",
	"ODEBUG",
	"list_add corruption",
	"list_del corruption",
	"blocked for more than",
	"detected stall",
	"soft lockup",
};

/* a trace follows, and nobody has to do anything about it */
constexpr std::array failed_allocations = {
	"page allocation failure",
	"vmalloc error",
	"percpu: allocation failed",
	"FAULT_INJECTION: forcing a failure",
};

/*
 * A module is loaded without memory for its trace events' names (6.12), for their files,
 * whose references are then counted wrong (6.12; nothing is freed twice), for its debug
 * messages, or for its bus, whose lock class is then taken back before it was given (6.12).
 */
constexpr std::array foreign_warnings = {"event_define_fields", "event_file_put",
					 "ddebug_module_notify", "lockdep_unregister_key"};

constexpr std::array reports = {"cut here",     "BUG:",  "KASAN", "Oops",
				"Kernel panic", "UBSAN", "KFENCE"};

bool is_foreign_warning(std::string_view line)
{
	return has_any(line, foreign_warnings);
}

/* where a report begins that is no WARNING's */
bool is_report(std::string_view line)
{
	return has_any(line, reports);
}

bool tells_of_failed_allocation(std::string_view line)
{
	return has_any(line, failed_allocations);
}

} // namespace

bool is_kernel_warning(std::string_view line)
{
	return has_any(line, signs);
}

KernelLog::KernelLog(const Root &root)
    : fd_(::open(root.host(log_path).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY))
{
	struct stat st = {};

	if (!fd_ || fstat(fd_.get(), &st) < 0 || lseek(fd_.get(), 0, SEEK_END) < 0)
		throw Error(fmt::format("opening {}: {}", log_path, std::strerror(errno)),
			    "without the kernel log a race can't be judged: run as root",
			    Exit::Refused);
	records_ = !S_ISREG(st.st_mode);
}

bool KernelLog::is_foreign(std::string_view text)
{
	/* a report of another processor's may come in between */
	if (foreign_ && ++foreign_lines_ < longest_report && !is_report(text)) {
		foreign_ = text.find("end trace") == text.npos;
		return true;
	}
	foreign_ = false;
	foreign_lines_ = 0;
	if (cut_.empty()) {
		if (text.find("cut here") == text.npos)
			return false;
		cut_.emplace_back(text);
		return true;
	}
	foreign_ = text.find("WARNING:") != text.npos && is_foreign_warning(text);
	/* before that line comes what the warning has to say */
	if (!foreign_ && !is_kernel_warning(text) && cut_.size() < 4) {
		cut_.emplace_back(text);
		return true;
	}
	if (!foreign_)
		warnings_.insert(warnings_.end(), cut_.begin(), cut_.end());
	cut_.clear();
	return foreign_;
}

void KernelLog::take(std::string_view record)
{
	/* "6,1234,5678901,-;text", then lines of a dictionary, indented */
	size_t semicolon = record.find(';');
	std::string_view text = record.substr(semicolon == record.npos ? 0 : semicolon + 1);

	text = text.substr(0, text.find('\n'));
	lines_++;
	recent_.emplace_back(text);
	if (recent_.size() > longest_memory)
		recent_.pop_front();
	if (expecting_ && is_foreign(text))
		return;
	if (tells_of_failed_allocation(text))
		expected_ = expecting_;
	if (expected_ && text.find("Call Trace") != text.npos) {
		expected_ = false;
		return;
	}
	if (is_kernel_warning(text) ||
	    (!warnings_.empty() && warnings_.size() < longest_report && records_))
		warnings_.emplace_back(text);
}

void KernelLog::look()
{
	std::array<char, 8192> buffer;

	for (;;) {
		ssize_t n = ::read(fd_.get(), buffer.data(), buffer.size());

		if (n < 0 && errno == EPIPE) {
			lost_++;
			/* its end may be among what is lost */
			foreign_ = false;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;

		std::string_view content(buffer.data(), static_cast<size_t>(n));

		if (records_) {
			take(content);
			continue;
		}
		for (const auto &line : split(content, '\n'))
			take(line);
	}
}

void KernelLog::forget()
{
	look();
	warnings_.clear();
}

void mark_kernel_log(const Root &root, const std::string &text, int level)
{
	Fd fd(::open(root.host(log_path).c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY));
	std::string line = fmt::format("<{}>{}\n", level, text);
	ssize_t ignored = fd ? ::write(fd.get(), line.data(), line.size()) : 0;

	(void)ignored;
}

} // namespace cxla
