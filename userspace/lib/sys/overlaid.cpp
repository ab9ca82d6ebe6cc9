// SPDX-License-Identifier: GPL-2.0-only
#include "sys/overlaid.h"

#include "sys/error.h"
#include "sys/fd.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace cxla
{

namespace
{

[[noreturn]] void failed(const std::string &what)
{
	throw Error(fmt::format("{}: {}", what, std::strerror(errno)));
}

void bind_mount(const std::string &from, const std::string &to)
{
	if (mount(from.c_str(), to.c_str(), nullptr, MS_BIND | MS_REC, nullptr) < 0)
		failed(fmt::format("mounting {} at {}", from, to));
}

void make_folder(const std::string &path)
{
	if (mkdir(path.c_str(), 0755) < 0)
		failed(path);
}

/* what is mounted at @name of the folder @from is at @to, too */
void clone(int from, const char *name, const std::string &to)
{
	Fd tree(open_tree(from, name, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE));

	if (!tree || move_mount(tree.get(), "", AT_FDCWD, to.c_str(), MOVE_MOUNT_F_EMPTY_PATH) < 0)
		failed(fmt::format("mounting {} of /dev at {}", name, to));
}

struct Entry {
	std::string name, link; /* link: where it leads; empty: it is none */
	bool folder;
};

std::vector<Entry> entries_of(const std::string &path)
{
	std::vector<Entry> entries;

	for (const auto &entry : std::filesystem::directory_iterator(path))
		entries.push_back({entry.path().filename(),
				   entry.is_symlink() ? std::filesystem::read_symlink(entry) : "",
				   entry.is_directory()});
	return entries;
}

/* one of the old /dev, at the same name in the new one */
void take_along(int old, const Entry &entry)
{
	std::string to = "/dev/" + entry.name;

	if (!entry.link.empty()) {
		if (symlink(entry.link.c_str(), to.c_str()) < 0)
			failed(to);
		return;
	}
	if (entry.folder)
		make_folder(to);
	else if (!Fd(::open(to.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)))
		failed(to);
	clone(old, entry.name.c_str(), to);
}

/*
 * A folder in /dev would be there for everybody, whose file system it is: a /dev of
 * one's own is made of what is in that one, and @as besides.
 */
void private_dev(const std::string &as)
{
	Fd old(::open("/dev", O_PATH | O_DIRECTORY | O_CLOEXEC));

	if (!old)
		failed("/dev");

	auto entries = entries_of("/dev");

	if (mount("tmpfs", "/dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "mode=0755") < 0)
		failed("mounting a /dev");
	for (const auto &entry : entries)
		take_along(old.get(), entry);
	make_folder("/dev/" + as);
}

} // namespace

void lay_over(const std::string &bus, const std::string &over, const std::string &nodes,
	      const std::string &as)
{
	if (unshare(CLONE_NEWNS) < 0)
		failed("a mount namespace");
	/* what is mounted here stays here */
	if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0)
		failed("making mounts private");
	bind_mount(bus, over);
	if (access(("/dev/" + as).c_str(), F_OK) < 0)
		private_dev(as);
	if (access(("/dev/" + nodes).c_str(), F_OK) == 0)
		bind_mount("/dev/" + nodes, "/dev/" + as);
	else if (mount("tmpfs", ("/dev/" + as).c_str(), "tmpfs", 0, "mode=0755") < 0)
		failed("mounting an empty /dev/" + as);
}

} // namespace cxla
