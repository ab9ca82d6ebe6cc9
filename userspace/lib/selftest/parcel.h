// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a test has to tell, as files in a folder while it lasts, and as one archive that can
 * be sent when it is over. Each file is on the disk when its function returns, so that a
 * machine that dies leaves what it had found until then.
 */
#pragma once

#include "sys/fd.h"

#include <string>
#include <string_view>

namespace cxla
{

class Parcel
{
public:
	/*
	 * @archive: FOLDER.tar.gz, neither of which may be there; makes the folder, for root
	 * only. Throws Error.
	 */
	explicit Parcel(const std::string &archive);
	/* a folder in which nothing was left is gone */
	~Parcel();
	Parcel(const Parcel &) = delete;
	Parcel &operator=(const Parcel &) = delete;

	/* where a file of this name is to be, for who writes it by himself */
	std::string path(std::string_view name) const;
	/* a whole file; throws Error, of a disk that is full for one */
	void write(std::string_view name, std::string_view text) const;
	/* the same of one that is written again at the end: 0, or an errno */
	int try_write(std::string_view name, std::string_view text) const;
	/* to the end of a file that may be there; never fails: it is told besides */
	void add_line(std::string_view name, std::string_view line) const;
	/*
	 * Makes the archive, for its owner only, by tar, and removes the folder; how many bytes it
	 * has. Throws Error (Unwritten); then the folder is left, and no archive.
	 */
	size_t close();

	const std::string &archive() const { return archive_; }
	const std::string &folder() const { return folder_; }

private:
	std::string archive_, folder_;
	bool closed_ = false;
};

} // namespace cxla
