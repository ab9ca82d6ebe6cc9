// SPDX-License-Identifier: GPL-2.0-only
/* Commands that change the machine come one after the other. */
#include "program.h"

#include "load/runner.h"

#include <atomic>
#include <sys/inotify.h>
#include <thread>

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

TEST_F(OneAtATime, what_a_killed_command_left_is_put_back_first_and_told)
{
	const std::string create = "/sys/module/cxla_accel/parameters/create_regions";

	if (geteuid() != 0)
		GTEST_SKIP() << "only root takes the lock";
	made.file(device_path(bdf) + "/reset_method", "flr\n");
	made.file(device_path(bdf) + "/reset", "");
	for (const std::string &command :
	     {"attach " + bdf, "attach --expander " + bdf, "reset " + bdf + " --method flr",
	      std::string("load"), std::string("unload")}) {
		made.file(create, "Y\n");
		write_state(made.root(),
			    {"boot-1", {}, {}, {}, {}, {{borrowed_creation, {}, "N", "Y"}}});

		Ran ran = run(command, true);

		EXPECT_EQ(made.read(create), "N\n") << command;
		EXPECT_TRUE(contains(ran.out, create + " is N again")) << command << ran.out;
	}
}

TEST_F(OneAtATime, attach_and_reset_wait_for_another_command)
{
	if (geteuid() != 0)
		GTEST_SKIP() << "only root takes the lock";
	made.file(device_path(bdf) + "/reset_method", "flr\n");
	made.file(device_path(bdf) + "/reset", "");
	for (const std::string &command : {"attach " + bdf, "reset " + bdf + " --method flr"}) {
		std::optional<StateLock> other(made.root());
		std::atomic<bool> ended = false;
		std::thread runs([&] {
			EXPECT_EQ(run(command).status, 0) << command;
			ended = true;
		});

		std::this_thread::sleep_for(std::chrono::milliseconds(300));
		EXPECT_FALSE(ended) << command;
		other.reset();
		runs.join();
	}
}

} // namespace
} // namespace cxla::test
