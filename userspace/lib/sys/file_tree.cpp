// SPDX-License-Identifier: GPL-2.0-only
#include "sys/file_tree.h"

#include "sys/error.h"
#include "sys/fd.h"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace cxla
{

namespace
{

/* as many links as the kernel follows */
constexpr unsigned most_links = 40;

std::string folder_of(const std::string &path)
{
	size_t slash = path.rfind('/');

	return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

/* /a/b and ../c: /a/c; empty: it leads out of the root */
std::string joined_path(const std::string &folder, const std::string &target)
{
	std::vector<std::string> parts;

	for (const auto &part : split(folder + "/" + target, '/')) {
		if (part.empty() || part == ".")
			continue;
		if (part != "..") {
			parts.push_back(part);
			continue;
		}
		if (parts.empty())
			return "";
		parts.pop_back();
	}

	std::string path;

	for (const auto &part : parts)
		path += "/" + part;
	return path.empty() ? "/" : path;
}

/* /c as seen from the folder /a: ../c; its name is the last part of it, whatever it is */
std::string relative_to(const std::string &folder, const std::string &path)
{
	std::filesystem::path to(path);

	return (to.parent_path().lexically_relative(folder) / to.filename()).string();
}

bool is_plain(const std::string &path)
{
	return path.size() > 1 && path.size() < PATH_MAX && path[0] == '/' &&
	       path.find('\0') == std::string::npos && joined_path("/", path) == path;
}

/* where a link points; empty: it is none */
std::string target_of(const std::string &path)
{
	char target[PATH_MAX];
	ssize_t n = readlink(path.c_str(), target, sizeof(target));

	return n < 0 ? "" : std::string(target, static_cast<size_t>(n));
}

void write_file(const std::string &path, const std::string &content)
{
	Fd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
	size_t done = 0;

	while (fd && done < content.size()) {
		ssize_t n = ::write(fd.get(), content.data() + done, content.size() - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		done += static_cast<size_t>(n);
	}
	if (!fd || done < content.size())
		throw Error(fmt::format("writing {}: {}", path, std::strerror(errno)),
			    "is there room in the folder for temporary files? TMPDIR names it");
}

} // namespace

void FileTree::add_folders(const std::string &path)
{
	for (std::string folder = folder_of(path); folder != "/"; folder = folder_of(folder))
		if (!entries_.emplace(folder, TreeEntry{}).second)
			break;
}

void FileTree::add_file(const std::string &path, std::string content)
{
	add_folders(path);
	entries_[path] = {TreeEntry::Kind::File, std::move(content)};
}

std::optional<Problem> FileTree::add(const Root &root, const std::string &path, bool names)
{
	std::string rest = joined_path("/", path), at;
	unsigned links = 0;

	/* component after component, so that each link is kept where it is */
	while (!rest.empty()) {
		size_t slash = rest.find('/', 1);
		std::string next = (at == "/" ? "" : at) + rest.substr(0, slash);
		/* most of a path is there already: paths have their folders in common */
		auto known = entries_.find(next);
		std::string text;

		if (known == entries_.end())
			text = target_of(root.host(next));
		else if (known->second.kind == TreeEntry::Kind::Link)
			text = known->second.content;
		rest = slash == std::string::npos ? "" : rest.substr(slash);
		if (text.empty()) {
			at = next;
			continue;
		}

		std::string inside = text.starts_with("/") ? joined_path("/", text)
							   : joined_path(folder_of(next), text);

		if (inside.empty() || ++links > most_links)
			return Problem{path, ELOOP, "a link that leads nowhere"};
		add_folders(next);
		/* a relative one as it is: its last part is a name */
		entries_[next] = {TreeEntry::Kind::Link,
				  text.starts_with("/") ? relative_to(folder_of(next), inside)
							: text};
		rest = inside + rest;
		at.clear();
	}

	struct stat st;

	if (lstat(root.host(at).c_str(), &st) < 0)
		return errno_problem(at, errno);
	if (S_ISDIR(st.st_mode)) {
		add_folders(at);
		entries_.emplace(at, TreeEntry{});
		if (!names)
			return std::nullopt;

		auto all = root.list(at);

		if (!all)
			return all.problem();
		for (const auto &name : *all) {
			std::string child = (at == "/" ? "" : at) + "/" + name;

			if (lstat(root.host(child).c_str(), &st) < 0)
				continue;
			if (S_ISLNK(st.st_mode))
				add(root, child);
			else
				entries_.emplace(child, TreeEntry{S_ISDIR(st.st_mode)
									  ? TreeEntry::Kind::Folder
									  : TreeEntry::Kind::File,
								  {}});
		}
		return std::nullopt;
	}
	if (!S_ISREG(st.st_mode)) {
		/* that a node is there is all that is kept of it */
		add_file(at, "");
		return std::nullopt;
	}

	auto content = root.read(at, file_limit);

	if (!content) {
		/* nor is it taken for empty */
		return content.problem();
	}
	add_file(at, *content);
	return std::nullopt;
}

void FileTree::insert(const std::string &path, TreeEntry entry)
{
	if (!is_plain(path))
		throw Error(fmt::format("'{:.80}' is no plain path", path));
	for (std::string folder = folder_of(path); folder != "/"; folder = folder_of(folder)) {
		auto found = entries_.find(folder);

		if (found != entries_.end() && found->second.kind != TreeEntry::Kind::Folder)
			throw Error(
				fmt::format("{} is below {}, which is no folder", path, folder));
	}
	if (entry.kind == TreeEntry::Kind::Link &&
	    (entry.content.empty() || entry.content[0] == '/' ||
	     entry.content.find('\0') != std::string::npos ||
	     joined_path(folder_of(path), entry.content).empty()))
		throw Error(fmt::format("the link {} leads out of the tree", path));
	total_ += entry.content.size();
	if (entry.content.size() > file_limit || total_ > total_limit)
		throw Error(fmt::format("{} is too large", path));
	add_folders(path);
	if (!entries_.emplace(path, std::move(entry)).second)
		throw Error(fmt::format("{} is there twice", path));
}

void FileTree::unpack(const std::string &folder) const
{
	for (const auto &[path, entry] : entries_) {
		std::string host = folder + path;
		int rc = 0;

		switch (entry.kind) {
		case TreeEntry::Kind::Folder:
			rc = mkdir(host.c_str(), 0700);
			break;
		case TreeEntry::Kind::Link:
			rc = symlink(entry.content.c_str(), host.c_str());
			break;
		case TreeEntry::Kind::File:
			write_file(host, entry.content);
			break;
		}
		if (rc < 0)
			throw Error(
				fmt::format("making {}: {}", host, std::strerror(errno)),
				"is there room in the folder for temporary files? TMPDIR names it");
	}
}

TemporaryFolder::TemporaryFolder()
{
	const char *parent = std::getenv("TMPDIR");

	path_ = fmt::format("{}/cxla-XXXXXX", parent && *parent ? parent : "/tmp");
	if (!mkdtemp(path_.data()))
		throw Error(fmt::format("making {}: {}", path_, std::strerror(errno)),
			    "TMPDIR names the folder for temporary files");
}

TemporaryFolder::~TemporaryFolder()
{
	std::error_code ignored;

	std::filesystem::remove_all(path_, ignored);
}

} // namespace cxla
