// SPDX-License-Identifier: GPL-2.0-only
#include "sys/sigbus.h"

#include <csignal>
#include <cstdio>
#include <gtest/gtest.h>
#include <memory>
#include <sys/mman.h>
#include <thread>
#include <unistd.h>

using namespace cxla;

namespace
{

constexpr size_t sigbus_page = 4096;

struct CloseStream {
	void operator()(FILE *stream) const { std::fclose(stream); }
};

/* two pages of a file, of which the second is cut off: the kernel answers SIGBUS there */
class CutMapping
{
public:
	CutMapping() : file_(std::tmpfile())
	{
		EXPECT_EQ(ftruncate(fileno(file_.get()), 2 * sigbus_page), 0);
		address_ = mmap(nullptr, 2 * sigbus_page, PROT_READ | PROT_WRITE, MAP_SHARED,
				fileno(file_.get()), 0);
		EXPECT_NE(address_, MAP_FAILED);
		EXPECT_EQ(ftruncate(fileno(file_.get()), sigbus_page), 0);
	}
	~CutMapping() { munmap(address_, 2 * sigbus_page); }
	CutMapping(const CutMapping &) = delete;
	CutMapping &operator=(const CutMapping &) = delete;

	volatile char *page(size_t number) const
	{
		return static_cast<volatile char *>(address_) + number * sigbus_page;
	}

private:
	std::unique_ptr<FILE, CloseStream> file_;
	void *address_;
};

TEST(Sigbus, AccessThatIsAnsweredBySigbusEndsThereAndTheNextOneIsServed)
{
	CutMapping mapping;
	volatile char *there = mapping.page(0), *gone = mapping.page(1);
	volatile int reached = 0;

	for (int n = 0; n < 3; n++) {
		EXPECT_FALSE(survives_sigbus([&] {
			reached = 1;
			*gone = 1;
			reached = 2;
		}));
		EXPECT_EQ(reached, 1);
		EXPECT_TRUE(survives_sigbus([&] { *there = 7; }));
		EXPECT_EQ(*there, 7);
	}
}

TEST(Sigbus, EachThreadHasItsOwnWayOut)
{
	CutMapping mapping;
	auto cut_short = [&] {
		for (int n = 0; n < 200; n++)
			EXPECT_FALSE(survives_sigbus([&] { *mapping.page(1) = 1; }));
	};
	std::thread one(cut_short), other(cut_short);

	one.join();
	other.join();
}

TEST(SigbusDeathTest, SigbusFromElsewhereEndsTheProcess)
{
	CutMapping mapping;

	EXPECT_TRUE(survives_sigbus([&] { *mapping.page(0) = 1; }));
	EXPECT_EXIT(*mapping.page(1) = 1, testing::KilledBySignal(SIGBUS), "");
}

} // namespace
