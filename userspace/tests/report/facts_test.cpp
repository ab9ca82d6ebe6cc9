// SPDX-License-Identifier: GPL-2.0-only
/* What `cxla watch` tells of two looks at a machine, and of a line of the kernel's trace. */
#include "report/facts.h"

#include "made_up_root.h"
#include "sys/event_trace.h"

#include <gtest/gtest.h>

using namespace cxla;
using cxla::test::contains;
using cxla::test::MadeUpRoot;

TEST(Changes, are_what_two_looks_differ_by_in_the_order_of_names)
{
	Facts before = {{"a", "1"}, {"b", "2"}, {"d", "4"}, {"z", "9"}};
	Facts now = {{"a", "1"}, {"b", "3"}, {"c", "5"}, {"d", "4"}};

	EXPECT_EQ(changes_between(before, now),
		  (std::vector<std::string>{"b: 2 -> 3", "c: new, 5", "z: 9 -> gone"}));
	EXPECT_TRUE(changes_between(now, now).empty());
	EXPECT_EQ(changes_between({}, {{"a", "1"}}), std::vector<std::string>{"a: new, 1"});
	EXPECT_EQ(changes_between({{"a", "1"}}, {}), std::vector<std::string>{"a: 1 -> gone"});
}

TEST(Changes, accelerator_module_and_region_are_facts)
{
	MadeUpRoot made;

	made.add_kernel();
	made.add_platform();
	made.add_attached(1);

	Facts facts = facts_of(read_machine(made.root()));

	EXPECT_EQ(facts["0000:0d:00.0"], "accel0 attached 0x690000000-0x6afffffff");
	EXPECT_EQ(facts["module cxla_core"], "loaded");
	EXPECT_EQ(facts["ACPI0017:00"], "cxla_acpi");
	EXPECT_TRUE(contains(facts["region0"], "0x690000000-0x6afffffff"));
	made.refuse(0, "no-window");
	EXPECT_TRUE(contains(facts_of(read_machine(made.root()))["0000:0d:00.0"], "(no-window)"));
}

TEST(Traced, buffer_that_can_not_be_read_goes_and_one_that_was_left_does)
{
	MadeUpRoot made;
	const std::string instances = "/sys/kernel/tracing/instances";

	made.add_kernel();
	made.dir(instances + "/cxla-999999999");
	made.dir(instances + "/somebody");
	{
		/* a made-up folder has no trace_pipe */
		const Root root = made.root();
		EventTrace trace(root, "cxla");

		EXPECT_FALSE(trace.problem().empty());
	}
	EXPECT_EQ(made.root().list(instances).value_or({}), std::vector<std::string>{"somebody"});
}

TEST(Traced, line_of_an_event_is_taken_apart_and_another_is_none)
{
	auto event =
		parse_traced("            sh-153     [001] ...1.    12.345678: cxla_region_del: "
			     "region0 0x690000000-0x6afffffff ways=1");

	ASSERT_TRUE(event);
	EXPECT_EQ(event->task, "sh-153");
	EXPECT_EQ(event->time, "12.345678");
	EXPECT_EQ(event->name, "cxla_region_del");
	EXPECT_EQ(event->text, "region0 0x690000000-0x6afffffff ways=1");
	event = parse_traced(
		" kworker/u8:0-12  [000] .....     2.000001: cxla_detach: 0000:0e:00.0 mem1");
	ASSERT_TRUE(event);
	EXPECT_EQ(event->task, "kworker/u8:0-12");
	EXPECT_EQ(event->text, "0000:0e:00.0 mem1");
	event = parse_traced(
		"       a: [b: c-7       [002] .....    12.000001: cxla_revoke: 0000:0d:00.0 mem0");
	ASSERT_TRUE(event);
	EXPECT_EQ(event->task, "a: [b: c-7");
	EXPECT_EQ(event->name, "cxla_revoke");
	EXPECT_EQ(parse_lost("CPU:1 [LOST 5 EVENTS]"), 5U);
	EXPECT_EQ(parse_lost(" sh-1 [LOST 5 EVENTS]"), 0U);
	for (const char *line :
	     {"", "CPU:1 [LOST 5 EVENTS]", "# tracer: nop", ": :", "a [0] : b: c"})
		EXPECT_FALSE(parse_traced(line)) << line;
}
