// SPDX-License-Identifier: GPL-2.0-only
/*
 * The root of the file system that everything is read from: "/" or, in a test,
 * a folder with a made-up /sys, /proc, /dev and /run below it. Paths given to
 * and returned from its functions are as seen from inside of that root, so that
 * what is printed is the same for both.
 */
#pragma once

#include "sys/reading.h"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cxla
{

class Root
{
public:
	explicit Root(std::string prefix = {});

	/* the running system, not a made-up one */
	bool real() const { return prefix_.empty(); }
	/* of a made-up root that holds what root read: everything may be read */
	void read_by_root() { by_root_ = true; }
	bool privileged() const;
	/* hears of each path that is looked at, from here on */
	void listen(std::function<void(const std::string &)> listener)
	{
		listener_ = std::move(listener);
	}
	/* where @path is to be opened */
	std::string host(std::string_view path) const
	{
		if (listener_)
			listener_(std::string(path));
		return prefix_ + std::string(path);
	}

	/* everything in the file; a file of more than @limit bytes is a problem */
	Reading<std::string> read(const std::string &path, size_t limit = 64 << 10) const;
	/* the same without white space around it: one attribute */
	Reading<std::string> text(const std::string &path) const;
	/* an attribute that is a number, decimal or 0x hexadecimal, nothing else */
	Reading<uint64_t> number(const std::string &path) const;
	/* names in a folder, sorted as people count: memory2 before memory10 */
	Reading<std::vector<std::string>> list(const std::string &path) const;
	/* last component of where the link points, e.g. a device's driver */
	Reading<std::string> link_name(const std::string &path) const;
	/* the path with every link resolved, inside of the root */
	Reading<std::string> resolve(const std::string &path) const;
	bool exists(const std::string &path) const;

	/* writes an existing attribute in one write(2); throws Error */
	void write(const std::string &path, const std::string &value) const;
	/* the same where nothing but the outcome counts; false: it was refused */
	bool try_write(const std::string &path, const std::string &value) const;
	/* makes or replaces a file as a whole, through a rename; throws Error */
	void replace(const std::string &path, const std::string &content) const;

private:
	std::string prefix_;
	bool by_root_ = false;
	std::function<void(const std::string &)> listener_;
};

/* decimal or 0x hexadecimal, the whole of it, no sign; nothing else */
std::optional<uint64_t> parse_number(std::string_view text);
std::string_view trim(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);
/* memory2 before memory10 */
bool natural_less(std::string_view a, std::string_view b);

} // namespace cxla
