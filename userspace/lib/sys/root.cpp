// SPDX-License-Identifier: GPL-2.0-only
#include "sys/root.h"

#include "sys/error.h"
#include "sys/fd.h"

#include <algorithm>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

namespace cxla
{

namespace
{

struct DirCloser {
	void operator()(DIR *dir) const { closedir(dir); }
};

/*
 * What the kernel says it is, in two steps: realpath() asks of each folder on the way.
 * Empty: no such file, no /proc, or it is gone since.
 */
std::string opened_path(const std::string &path)
{
	Fd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
	char name[PATH_MAX];
	ssize_t n =
		fd ? readlink(fmt::format("/proc/self/fd/{}", fd.get()).c_str(), name, sizeof(name))
		   : -1;
	std::string_view found(name, n > 0 ? static_cast<size_t>(n) : 0);
	bool whole = found.starts_with('/') && !found.ends_with(" (deleted)");

	return std::string(whole ? found : "");
}

bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

} // namespace

Problem errno_problem(std::string path, int err)
{
	return {std::move(path), err, std::strerror(err)};
}

Root::Root(std::string prefix) : prefix_(std::move(prefix))
{
	/* resolved, so that links found below it compare equal */
	if (!prefix_.empty()) {
		char resolved[PATH_MAX];

		if (!realpath(prefix_.c_str(), resolved))
			throw Error(fmt::format("{}: {}", prefix_, std::strerror(errno)),
				    "--sysfs-root takes a folder with sys, proc and dev below it",
				    Exit::Usage);
		prefix_ = std::string(resolved) == "/" ? "" : resolved;
	}
}

bool Root::privileged() const
{
	return by_root_ || geteuid() == 0;
}

Reading<std::string> Root::read(const std::string &path, size_t limit) const
{
	Fd fd(::open(host(path).c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));

	if (!fd)
		return errno_problem(path, errno);

	std::string content;
	char buffer[8192];

	for (;;) {
		ssize_t n = ::read(fd.get(), buffer, sizeof(buffer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno_problem(path, errno);
		if (n == 0)
			return content;
		content.append(buffer, static_cast<size_t>(n));
		if (content.size() > limit)
			return Problem{
				path, EFBIG,
				fmt::format("larger than {} bytes, which it can't be", limit)};
	}
}

Reading<std::string> Root::text(const std::string &path) const
{
	auto content = read(path);

	if (!content)
		return content;
	return std::string(trim(*content));
}

Reading<uint64_t> Root::number(const std::string &path) const
{
	auto content = text(path);

	if (!content)
		return content.problem();

	auto value = parse_number(*content);

	if (!value)
		return Problem{path, 0, fmt::format("not a number: '{:.40}'", *content)};
	return *value;
}

Reading<std::vector<std::string>> Root::list(const std::string &path) const
{
	std::unique_ptr<DIR, DirCloser> dir(opendir(host(path).c_str()));

	if (!dir)
		return errno_problem(path, errno);

	std::vector<std::string> names;

	for (;;) {
		errno = 0;
		const dirent *entry = readdir(dir.get());

		if (!entry && errno)
			return errno_problem(path, errno);
		if (!entry)
			break;

		std::string_view name = entry->d_name;

		if (name != "." && name != "..")
			names.emplace_back(name);
	}
	std::sort(names.begin(), names.end(), natural_less);
	return names;
}

Reading<std::string> Root::link_name(const std::string &path) const
{
	char target[PATH_MAX];
	ssize_t n = readlink(host(path).c_str(), target, sizeof(target));

	if (n < 0)
		return errno_problem(path, errno);

	std::string_view name(target, static_cast<size_t>(n));

	while (name.ends_with('/'))
		name.remove_suffix(1);
	return std::string(name.substr(name.rfind('/') + 1));
}

Reading<std::string> Root::resolve(const std::string &path) const
{
	std::string whole = opened_path(host(path));
	char resolved[PATH_MAX];

	if (whole.empty() && realpath(host(path).c_str(), resolved))
		whole = resolved;
	if (whole.empty())
		return errno_problem(path, errno);

	std::string_view inside = whole;

	if (!inside.starts_with(prefix_))
		return Problem{path, EXDEV, fmt::format("leads out of the root, to {}", inside)};
	inside.remove_prefix(prefix_.size());
	return std::string(inside.empty() ? "/" : inside);
}

bool Root::exists(const std::string &path) const
{
	struct stat st;

	return stat(host(path).c_str(), &st) == 0;
}

void Root::write(const std::string &path, const std::string &value) const
{
	Fd fd(::open(host(path).c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
	ssize_t n = -1;

	if (fd) {
		do {
			n = ::write(fd.get(), value.data(), value.size());
		} while (n < 0 && errno == EINTR);
	}
	if (n < 0)
		throw Error(fmt::format("writing '{}' to {}: {}", trim(value), path,
					std::strerror(errno)),
			    errno == EACCES || errno == EPERM
				    ? "run as root"
				    : "the kernel log (dmesg) may say more");
}

bool Root::try_write(const std::string &path, const std::string &value) const
{
	try {
		write(path, value);
	} catch (const Error &) {
		return false;
	}
	return true;
}

void Root::replace(const std::string &path, const std::string &content) const
{
	std::string folder = path.substr(0, path.rfind('/'));
	std::string temporary = path + ".new";

	if (::mkdir(host(folder).c_str(), 0755) < 0 && errno != EEXIST)
		throw Error(fmt::format("making {}: {}", folder, std::strerror(errno)),
			    "run as root");

	Fd fd(::open(host(temporary).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
	size_t done = 0;
	bool good = static_cast<bool>(fd);

	while (good && done < content.size()) {
		ssize_t n = ::write(fd.get(), content.data() + done, content.size() - done);

		if (n < 0 && errno == EINTR)
			continue;
		good = n > 0;
		done += good ? static_cast<size_t>(n) : 0;
	}
	good = good && fsync(fd.get()) == 0 &&
	       ::rename(host(temporary).c_str(), host(path).c_str()) == 0;
	if (!good)
		throw Error(fmt::format("writing {}: {}", path, std::strerror(errno)),
			    "run as root");
}

std::optional<uint64_t> parse_number(std::string_view text)
{
	int base = 10;
	uint64_t value = 0;

	if (text.starts_with("0x") || text.starts_with("0X")) {
		text.remove_prefix(2);
		base = 16;
	}

	auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);

	if (text.empty() || error != std::errc() || end != text.data() + text.size())
		return std::nullopt;
	return value;
}

std::string_view trim(std::string_view text)
{
	const char *space = " \t\r\n\v\f";
	size_t begin = text.find_first_not_of(space);

	if (begin == text.npos)
		return {};
	return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

std::vector<std::string> split(std::string_view text, char separator)
{
	std::vector<std::string> parts;

	while (!text.empty()) {
		size_t end = std::min(text.find(separator), text.size());

		if (end)
			parts.emplace_back(text.substr(0, end));
		text.remove_prefix(std::min(end + 1, text.size()));
	}
	return parts;
}

bool natural_less(std::string_view a, std::string_view b)
{
	size_t i = 0, j = 0;

	while (i < a.size() && j < b.size()) {
		if (is_digit(a[i]) && is_digit(b[j])) {
			size_t ai = i, bj = j;

			while (i < a.size() && is_digit(a[i]))
				i++;
			while (j < b.size() && is_digit(b[j]))
				j++;

			std::string_view x = a.substr(ai, i - ai), y = b.substr(bj, j - bj);

			while (x.size() > 1 && x.front() == '0')
				x.remove_prefix(1);
			while (y.size() > 1 && y.front() == '0')
				y.remove_prefix(1);
			if (x.size() != y.size())
				return x.size() < y.size();
			if (x != y)
				return x < y;
		} else if (a[i] != b[j]) {
			return a[i] < b[j];
		} else {
			i++;
			j++;
		}
	}
	if (a.size() - i != b.size() - j)
		return a.size() - i < b.size() - j;
	return a < b;
}

} // namespace cxla
