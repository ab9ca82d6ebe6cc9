// SPDX-License-Identifier: GPL-2.0-only
/* Whoever uses a device node is found, however it has it. */
#include "cxl/openers.h"
#include "made_up_root.h"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace cxla::test
{
namespace
{

const std::string accel0 = "/dev/cxla/accel0";

struct Openers : ::testing::Test {
	Openers() { made.dir("/dev/cxla"); }
	/* as it is, wherever it leads */
	void raw_link(const std::string &path, const std::string &target)
	{
		made.dir(path.substr(0, path.rfind('/')));
		ASSERT_EQ(symlink(target.c_str(), (made.folder() + path).c_str()), 0);
	}
	/* a node that every system has stands in for it, and has another path */
	void make_device() { raw_link(accel0, "/dev/null"); }
	std::vector<int> pids()
	{
		std::vector<int> found;
		Root root = made.root();

		root.read_by_root();
		for (const auto &opener : find_openers(root, accel0))
			found.push_back(opener.pid);
		return found;
	}

	MadeUpRoot made;
};

/* a process that did something and sleeps then */
class Sleeper
{
public:
	template <class What> explicit Sleeper(What what)
	{
		int ready[2] = {};

		EXPECT_EQ(pipe(ready), 0);
		pid_ = fork();
		if (!pid_) {
			what(ready[1]);
			(void)!::write(ready[1], "", 1);
			for (;;)
				pause();
		}

		char byte = 0;

		EXPECT_EQ(::read(ready[0], &byte, 1), 1);
		close(ready[0]);
		close(ready[1]);
	}
	~Sleeper()
	{
		kill(pid_, SIGKILL);
		waitpid(pid_, nullptr, 0);
	}
	Sleeper(const Sleeper &) = delete;
	Sleeper &operator=(const Sleeper &) = delete;

	bool is_among(const std::vector<Opener> &openers) const
	{
		return std::any_of(openers.begin(), openers.end(), [this](const Opener &opener) {
			return opener.pid == pid_ && opener.hidden.empty();
		});
	}

private:
	pid_t pid_ = 0;
};

bool is_zombie(pid_t pid)
{
	return contains(Root().text(fmt::format("/proc/{}/stat", pid)).value_or(""), ") Z ");
}

void map_zero(int)
{
	int fd = open("/dev/zero", O_RDONLY);

	if (mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		_exit(1);
	close(fd);
}

} // namespace

TEST_F(Openers, process_that_has_the_device_by_another_path_is_found)
{
	make_device();
	raw_link("/proc/42/fd/7", "/dev/null");
	raw_link("/proc/43/fd/7", "/dev/zero");
	EXPECT_EQ(pids(), std::vector<int>{42});
}

TEST_F(Openers, process_that_has_mapped_the_device_and_closed_it_is_found)
{
	make_device();
	raw_link("/proc/42/map_files/7f00-7f10", "/dev/null");
	raw_link("/proc/43/map_files/7f00-7f10", "/dev/zero");
	/* where only the text of the mappings is to be had */
	made.file("/proc/44/maps", "7f00-7f10 rw-s 00000000 00:06 9      /dev/cxla/accel0\n");
	made.file("/proc/45/maps",
		  "7f00-7f10 rw-s 00000000 00:06 9      /dev/cxla/accel0 (deleted)\n");
	EXPECT_EQ(pids(), (std::vector<int>{42, 44, 45}));
}

TEST_F(Openers, mapping_behind_very_many_others_is_found)
{
	std::string maps;

	while (maps.size() < (17 << 20))
		maps += "7f0000000000-7f0000200000 r--p 00000000 00:06 9             /usr/lib/x\n";
	made.file("/proc/42/maps", maps + "7f00-7f10 rw-s 00000000 00:06 9 /dev/cxla/accel0\n");
	EXPECT_EQ(pids(), std::vector<int>{42});
}

TEST_F(Openers, process_that_can_t_be_looked_into_counts_and_is_told_with_why)
{
	made.file("/proc/42/comm", "hidden\n");
	made.file("/proc/42/fd", "no folder");

	Root root = made.root();

	root.read_by_root();
	for (const char *what : {"fd", "map_files", "maps"}) {
		auto openers = find_openers(root, accel0);

		ASSERT_EQ(openers.size(), 1U) << what;
		EXPECT_TRUE(contains(openers_text(openers), "perhaps hidden (pid 42: ")) << what;
		EXPECT_TRUE(contains(openers_text(openers), "Not a directory") ||
			    contains(openers_text(openers), "Is a directory"))
			<< openers_text(openers);
		made.remove("/proc/42");
		made.file("/proc/42/comm", "hidden\n");
		if (what == std::string("fd"))
			made.file("/proc/42/map_files", "no folder");
		else
			made.dir("/proc/42/maps");
	}
	/* one that has ended has nothing open */
	made.remove("/proc/42/maps");
	EXPECT_TRUE(find_openers(root, accel0).empty());
}

TEST_F(Openers, each_node_has_its_own)
{
	raw_link("/proc/42/fd/7", accel0);
	raw_link("/proc/43/fd/7", "/dev/cxla/mem1");
	raw_link("/proc/43/fd/8", accel0);

	auto openers = find_openers(made.root(), {accel0, "/dev/cxla/mem1", "/dev/dax0.0"});

	EXPECT_EQ(openers[accel0].size(), 2U);
	EXPECT_EQ(openers["/dev/cxla/mem1"].size(), 1U);
	EXPECT_TRUE(openers["/dev/dax0.0"].empty());
}

TEST_F(Openers, real_process_is_found_by_its_mapping_alone)
{
	Sleeper sleeper(map_zero), other([](int) {});
	auto openers = find_openers(Root(), "/dev/zero");

	EXPECT_TRUE(sleeper.is_among(openers));
	EXPECT_FALSE(other.is_among(openers));
}

TEST_F(Openers, real_process_is_found_when_its_first_thread_has_ended)
{
	Sleeper sleeper([](int ready) {
		(void)!::open("/dev/zero", O_RDONLY);
		std::thread([ready, first = getpid()] {
			while (!is_zombie(first))
				std::this_thread::yield();
			(void)!::write(ready, "", 1);
			for (;;)
				pause();
		}).detach();
		syscall(SYS_exit, 0);
	});

	EXPECT_TRUE(sleeper.is_among(find_openers(Root(), "/dev/zero")));
}

} // namespace cxla::test
