// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signs of a bug in the kernel's log: a line that has one is told, but for what was expected;
 * every line is counted.
 */
#include "fuzz.h"

#include "sys/fd.h"
#include "sys/file_tree.h"
#include "sys/kernel_log.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace
{

/* a made-up /dev/kmsg, and room for one input in it */
struct LogFile {
	LogFile() : root(folder.path())
	{
		::mkdir((folder.path() + "/dev").c_str(), 0700);
		fd = cxla::Fd(::open((folder.path() + "/dev/kmsg").c_str(),
				     O_RDWR | O_CREAT | O_CLOEXEC, 0600));
	}

	cxla::TemporaryFolder folder;
	cxla::Root root;
	cxla::Fd fd;
};

} // namespace

CXLA_FUZZ(kernel_log)
{
	using namespace cxla;
	using cxla::fuzz::require;

	static LogFile file;
	const bool expect = in.byte() & 1;
	const std::string text(in.rest());

	require(file.fd && ::ftruncate(file.fd.get(), 0) == 0, "the file is there");

	KernelLog log(file.root);

	if (expect)
		log.expect_failed_allocations();
	require(::pwrite(file.fd.get(), text.data(), text.size(), 0) ==
			static_cast<ssize_t>(text.size()),
		"the file is written");
	log.look();

	const auto lines = split(text, '\n');

	if (text.size() <= 8192)
		require(log.lines() == lines.size(), "every line is looked at");
	require(log.recent().size() <= log.lines(), "the last lines are lines");
	if (text.size() > 8192)
		return;
	for (const auto &line : lines) {
		const size_t semicolon = line.find(';');
		const std::string said = line.substr(semicolon == line.npos ? 0 : semicolon + 1);

		if (!expect && is_kernel_warning(said))
			require(std::find(log.warnings().begin(), log.warnings().end(), said) !=
					log.warnings().end(),
				"a sign is told", said);
	}
	log.forget();
	require(log.warnings().empty(), "what is forgotten is gone");
}
