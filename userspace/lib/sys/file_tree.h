// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files, links and folders of a part of the file system, held in memory: collected from a
 * root, and laid down in an empty folder, which is then a root for everything that reads.
 */
#pragma once

#include "sys/root.h"

#include <map>
#include <string>

namespace cxla
{

struct TreeEntry {
	enum class Kind { Folder, Link, File } kind = Kind::Folder;
	/* of a file; of a link where it points, relative to its folder */
	std::string content{};

	bool operator==(const TreeEntry &) const = default;
};

class FileTree
{
public:
	/* no file of sysfs or procfs that anybody needs is larger */
	static constexpr size_t file_limit = 4 << 20;
	static constexpr size_t total_limit = 64 << 20;

	/*
	 * What is at @path, with the links that lead to it. Of a folder the names in it, if
	 * @names. A special file is none: it is never opened. What can't be read is a problem.
	 */
	std::optional<Problem> add(const Root &root, const std::string &path, bool names = false);
	/* as read by somebody else */
	void add_file(const std::string &path, std::string content);

	/*
	 * An entry as another machine says it: a path that is absolute and plain, below
	 * folders of the tree, a link that stays inside. Throws Error.
	 */
	void insert(const std::string &path, TreeEntry entry);
	/* lays all of it down below @folder, which is empty; throws Error */
	void unpack(const std::string &folder) const;

	const std::map<std::string, TreeEntry> &entries() const { return entries_; }
	std::map<std::string, TreeEntry> &entries() { return entries_; }

private:
	void add_folders(const std::string &path);

	std::map<std::string, TreeEntry> entries_; /* folders before what is in them */
	size_t total_ = 0;
};

/* a temporary folder that is gone with the object, with all that is in it */
class TemporaryFolder
{
public:
	TemporaryFolder(); /* throws Error */
	~TemporaryFolder();
	TemporaryFolder(const TemporaryFolder &) = delete;
	TemporaryFolder &operator=(const TemporaryFolder &) = delete;

	const std::string &path() const { return path_; }

private:
	std::string path_;
};

} // namespace cxla
