// SPDX-License-Identifier: GPL-2.0-only
#include "sys/verdict_file.h"

#include "sys/error.h"
#include "sys/output.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>

namespace cxla
{

VerdictFile::VerdictFile(const std::string &path) : path_(path == "-" ? "standard output" : path)
{
	if (path.empty())
		return;
	fd_ = Fd(path == "-" ? ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0)
			     : ::open(path.c_str(),
				      O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0644));
	if (!fd_)
		throw Error(fmt::format("opening {}: {}", path_, std::strerror(errno)),
			    "results need a file that can be made or written");
}

void VerdictFile::write(const std::string &text) const
{
	/* what was printed before comes before */
	output().flush();

	if (int err = write_kept(fd_.get(), text))
		throw Error(
			fmt::format("writing {}: {}; it is not whole", path_, std::strerror(err)),
			"what was found is printed, and in --json");
}

} // namespace cxla
