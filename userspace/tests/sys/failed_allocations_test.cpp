// SPDX-License-Identifier: GPL-2.0-only
/* What a kernel says of allocations that fail, and of what goes wrong without memory. */
#include "made_up_root.h"
#include "sys/kernel_log.h"

#include <fstream>
#include <gtest/gtest.h>

using namespace cxla;
using cxla::test::MadeUpRoot;

TEST(FailedAllocations, their_trace_is_no_warning_and_another_one_is)
{
	MadeUpRoot made;

	made.file("/dev/kmsg", "");

	KernelLog log(made.root()), strict(made.root());

	log.expect_failed_allocations();
	std::ofstream(made.folder() + "/dev/kmsg", std::ios::app)
		<< "percpu: allocation failed, size=8\nCall Trace:\n";
	log.look();
	strict.look();
	EXPECT_TRUE(log.warnings().empty());
	EXPECT_FALSE(strict.warnings().empty());
	std::ofstream(made.folder() + "/dev/kmsg", std::ios::app) << "Call Trace:\n";
	log.look();
	EXPECT_EQ(log.warnings().size(), 1U);
	EXPECT_EQ(log.recent().size(), 3U);
}

TEST(FailedAllocations, what_the_kernel_itself_warns_of_without_memory_is_none_of_ours)
{
	MadeUpRoot made;
	auto say = [&](const std::string &lines) {
		std::ofstream(made.folder() + "/dev/kmsg", std::ios::app) << lines;
	};
	const std::string cut = "------------[ cut here ]------------\n";
	const std::string rest = "Modules linked in:\nCall Trace:\n---[ end trace 0 ]---\n";

	made.file("/dev/kmsg", "");

	KernelLog log(made.root()), strict(made.root());

	log.expect_failed_allocations();
	say(cut +
	    "WARNING: CPU: 0 PID: 9 at kernel/trace/trace_events.c:2628 "
	    "event_define_fields+0x5c/0x70\n" +
	    rest);
	say(cut + "WARNING: CPU: 0 PID: 9 at file.c:1158 event_file_put+0xea/0x100\n" + rest);
	say(cut + "Failed to allocate memory: dyndbg may not work properly.\n" +
	    "WARNING: CPU: 0 PID: 9 at file.c:1353 ddebug_module_notify+0x53/0x2b0\n" + rest);
	say(cut +
	    "WARNING: CPU: 0 PID: 9 at kernel/trace/trace_events.c:1158 "
	    "event_file_put+0xea/0x100\n" +
	    rest);
	log.look();
	strict.look();
	EXPECT_TRUE(log.warnings().empty());
	EXPECT_FALSE(strict.warnings().empty());
	/* a report of another processor's, before the end of the trace */
	say(cut + "WARNING: CPU: 0 PID: 9 at file.c:1 event_file_put+0xea/0x100\n"
		  "BUG: KASAN: slab-use-after-free in cxla_anything+0x1/0x2\n");
	log.look();
	EXPECT_FALSE(log.warnings().empty());
	log.forget();
	say(cut + "WARNING: CPU: 0 PID: 9 at core.c:1 cxla_anything+0x5c/0x70\n" + rest);
	log.look();
	ASSERT_EQ(log.warnings().size(), 3U);
	EXPECT_EQ(log.warnings()[0] + '\n', cut);
}
