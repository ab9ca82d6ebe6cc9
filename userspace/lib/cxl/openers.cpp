// SPDX-License-Identifier: GPL-2.0-only
#include "cxl/openers.h"

#include <algorithm>
#include <climits>
#include <cstdlib>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace cxla
{

namespace
{

/* as many mappings as a process can have, and more */
constexpr size_t largest_maps = 256 << 20;

struct Sought {
	std::string node;
	std::optional<dev_t> device; /* nothing: it is no character device here */
};

struct Seen {
	std::set<const Sought *> used;
	std::optional<Problem> hidden; /* what could not be looked at, and may be a use */
};

/* of the process, or of what is looked at */
bool has_gone(int err)
{
	return err == ENOENT || err == ESRCH;
}

Sought sought_of(const Root &root, const std::string &node)
{
	struct stat st = {};

	if (::stat(root.host(node).c_str(), &st) < 0 || !S_ISCHR(st.st_mode))
		return {node, {}};
	return {node, st.st_rdev};
}

/* what a link of /proc leads to; opens nothing, and asks no file system that may not answer */
Reading<std::optional<dev_t>> device_behind(const Root &root, const std::string &link)
{
	struct statx st = {};

	if (statx(AT_FDCWD, root.host(link).c_str(), AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT,
		  STATX_TYPE, &st) < 0)
		return errno_problem(link, errno);
	if (!S_ISCHR(st.stx_mode))
		return std::optional<dev_t>();
	return std::optional<dev_t>(makedev(st.stx_rdev_major, st.stx_rdev_minor));
}

/* @folder: fd or map_files of a process */
void look_at_links(const Root &root, const std::string &folder, const std::vector<Sought> &sought,
		   Seen &seen)
{
	auto names = root.list(folder);

	if (!names && !has_gone(names.problem().err))
		seen.hidden = names.problem();
	for (const auto &name : names.value_or({})) {
		std::string link = fmt::format("{}/{}", folder, name);
		char target[PATH_MAX];
		ssize_t n = readlink(root.host(link).c_str(), target, sizeof(target));
		std::string_view text(target, n > 0 ? static_cast<size_t>(n) : 0);

		if (n < 0 && !has_gone(errno))
			seen.hidden = errno_problem(link, errno);
		/* pipes, sockets and the like have no path */
		if (!text.starts_with('/'))
			continue;

		auto device = device_behind(root, link);

		/* a file system that does not answer has no device of ours */
		if (!device && (device.problem().err == EACCES || device.problem().err == EPERM))
			seen.hidden = device.problem();
		for (const auto &one : sought)
			if (text == one.node || (device && *device && *device == one.device))
				seen.used.insert(&one);
	}
}

/* by their paths, where map_files is not to be had */
void look_at_maps(const Root &root, const std::string &process, const std::vector<Sought> &sought,
		  Seen &seen)
{
	auto maps = root.read(process + "/maps", largest_maps);

	if (!maps && !has_gone(maps.problem().err))
		seen.hidden = maps.problem();
	for (const auto &line : split(maps.value_or(""), '\n'))
		for (const auto &one : sought)
			if (line.ends_with(" " + one.node) ||
			    line.ends_with(" " + one.node + " (deleted)"))
				seen.used.insert(&one);
}

void look_at(const Root &root, const std::string &process, const std::vector<Sought> &sought,
	     Seen &seen)
{
	look_at_links(root, process + "/fd", sought, seen);
	look_at_links(root, process + "/map_files", sought, seen);
	if (seen.hidden || !root.exists(process + "/map_files"))
		look_at_maps(root, process, sought, seen);
}

Seen look_at_process(const Root &root, const std::string &pid, const std::vector<Sought> &sought)
{
	std::string process = "/proc/" + pid;
	Seen seen;

	look_at(root, process, sought, seen);
	/* where the first thread has ended, the others have what the process has */
	if (auto files = root.list(process + "/fd"); !files || files->empty())
		for (const auto &tid : root.list(process + "/task").value_or({}))
			if (tid != pid)
				look_at(root, "/proc/" + tid, sought, seen);
	return seen;
}

} // namespace

std::map<std::string, std::vector<Opener>> find_openers(const Root &root,
							const std::vector<std::string> &nodes)
{
	std::map<std::string, std::vector<Opener>> openers;
	std::vector<Sought> sought;

	sought.reserve(nodes.size());
	for (const auto &node : nodes)
		sought.push_back(sought_of(root, node));
	if (sought.empty())
		return openers;
	for (const auto &pid : root.list("/proc").value_or({})) {
		if (pid.find_first_not_of("0123456789") != pid.npos)
			continue;
		/* what we have inherited from whoever called us is no use of ours */
		if (root.real() && pid == std::to_string(getpid()))
			continue;

		Seen seen = look_at_process(root, pid, sought);

		/* anybody else can look into next to none, and change nothing */
		if (!root.privileged())
			seen.hidden.reset();
		if (seen.used.empty() && !seen.hidden)
			continue;

		std::string command = root.text("/proc/" + pid + "/comm").value_or("?");

		for (const auto &one : sought)
			if (seen.used.count(&one))
				openers[one.node].push_back({std::atoi(pid.c_str()), command});
			else if (seen.hidden)
				openers[one.node].push_back(
					{std::atoi(pid.c_str()), command, seen.hidden->text()});
	}
	return openers;
}

std::vector<Opener> find_openers(const Root &root, const std::string &node)
{
	return find_openers(root, std::vector<std::string>{node})[node];
}

std::string openers_text(const std::vector<Opener> &openers)
{
	std::vector<std::string> who;

	who.reserve(openers.size());
	for (const auto &opener : openers)
		who.push_back(opener.hidden.empty()
				      ? fmt::format("{} (pid {})", opener.command, opener.pid)
				      : fmt::format("perhaps {} (pid {}: {})", opener.command,
						    opener.pid, opener.hidden));
	return fmt::format("{}", fmt::join(who, ", "));
}

} // namespace cxla
