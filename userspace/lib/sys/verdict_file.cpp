// SPDX-License-Identifier: GPL-2.0-only
#include "sys/verdict_file.h"

#include "sys/error.h"

#include <cerrno>
#include <cstdio>
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
	size_t done = 0;
	bool good = true;

	/* what was printed before comes before */
	std::fflush(stdout);
	while (good && done < text.size()) {
		ssize_t n = ::write(fd_.get(), text.data() + done, text.size() - done);

		if (n < 0 && errno == EINTR)
			continue;
		good = n > 0;
		done += good ? static_cast<size_t>(n) : 0;
	}
	/* some say only here that there is no space; a pipe can't be asked */
	if (good && ::fsync(fd_.get()) < 0)
		good = errno == EINVAL || errno == EROFS || errno == ENOTSUP;
	if (!good)
		throw Error(fmt::format("writing {}: {}; {} of {} bytes are written", path_,
					std::strerror(errno), done, text.size()),
			    "what was found is printed, and in --json");
}

} // namespace cxla
