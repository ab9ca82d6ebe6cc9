// SPDX-License-Identifier: GPL-2.0-only
/* Commands that change the machine come one after the other. */
#include "program.h"

#include "load/runner.h"

#include <sys/inotify.h>

namespace cxla::test
{
namespace
{

struct OneAtATime : Program {
	OneAtATime()
	{
		made.add_kernel();
		made.add_platform();
		made.add_attached(1);
	}
};

/* tells whether a file was opened since */
class OpenWatch
{
public:
	explicit OpenWatch(const std::string &path) : fd_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC))
	{
		EXPECT_GE(inotify_add_watch(fd_.get(), path.c_str(), IN_OPEN), 0);
	}
	bool opened() const
	{
		char events[4096];

		return ::read(fd_.get(), events, sizeof(events)) > 0;
	}

private:
	Fd fd_;
};

TEST_F(OneAtATime, machine_is_read_only_when_the_lock_is_held)
{
	if (geteuid() != 0)
		GTEST_SKIP() << "only root takes the lock";

	OpenWatch watch(made.folder() + "/proc/sys/kernel/osrelease");

	for (const char *command : {"load --all", "unload"}) {
		{
			StateLock other(made.root());

			EXPECT_EQ(run(command).status, 3) << command;
			EXPECT_FALSE(watch.opened()) << command;
		}
		run(command);
		EXPECT_TRUE(watch.opened()) << command;
	}
}

} // namespace
} // namespace cxla::test
