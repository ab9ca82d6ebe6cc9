// SPDX-License-Identifier: GPL-2.0-only
/* What machines are told: KTAP and JUnit's XML, whatever the kernel has said. */
#include "stress/verdict.h"

#include <gtest/gtest.h>

using namespace cxla;
using Result = Verdict::Result;

namespace
{

VerdictGroup three()
{
	return {"cxla pairs",
		1.875,
		{{"attach detach", Result::Passed, 1.25, "", ""},
		 {"attach #2", Result::Failed, 0.5, "the kernel says:\nBUG", "one\ntwo\n"},
		 {"mmap", Result::Skipped, 0, "no device", ""}}};
}

std::string failure_with(const std::string &output)
{
	return junit({"g", 0, {{"n", Result::Failed, 0, output, output}}});
}

} // namespace

TEST(Ktap, group_is_a_test_and_each_verdict_a_subtest_with_a_number)
{
	EXPECT_EQ(ktap(three()), "KTAP version 1\n"
				 "1..1\n"
				 "  KTAP version 1\n"
				 "  1..3\n"
				 "  # seconds: 1.250\n"
				 "  ok 1 attach detach\n"
				 "  # one\n"
				 "  # two\n"
				 "  # seconds: 0.500\n"
				 "  # the kernel says: BUG\n"
				 "  not ok 2 attach _2\n"
				 "  ok 3 mmap # SKIP no device\n"
				 "not ok 1 cxla pairs\n");
}

TEST(Ktap, group_fails_only_by_a_failure_and_is_skipped_only_as_a_whole)
{
	VerdictGroup passed{
		"g", 0, {{"a", Result::Passed, 0, "", ""}, {"b", Result::Skipped, 0, "x", ""}}};
	VerdictGroup skipped{"g", 0, {{"b", Result::Skipped, 0, "x", ""}}};

	EXPECT_TRUE(ktap(passed).ends_with("\nok 1 g\n"));
	EXPECT_TRUE(ktap(skipped).ends_with("\nok 1 g # SKIP all of it\n"));
	EXPECT_EQ(ktap({"g", 0, {}}), "KTAP version 1\n1..1\n  KTAP version 1\n  1..0\nok 1 g\n");
}

TEST(Ktap, no_line_of_the_kernel_is_taken_for_a_result)
{
	std::string text = ktap({"g",
				 0,
				 {{"n\nnot ok 7 x", Result::Skipped, 0, "m\nok 8 y",
				   "ok 5 forged\nKTAP version 1\n1..9\r\n"}}});

	EXPECT_EQ(text, "KTAP version 1\n1..1\n  KTAP version 1\n  1..1\n"
			"  # ok 5 forged\n  # KTAP version 1\n  # 1..9\\x0d\n"
			"  ok 1 n not ok 7 x # SKIP m ok 8 y\nok 1 g # SKIP all of it\n");
}

TEST(Junit, group_is_a_suite_with_counts_and_times)
{
	EXPECT_EQ(junit(three()),
		  R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="cxla pairs" tests="3" failures="1" errors="0" skipped="1" time="1.875">
<testsuite name="cxla pairs" tests="3" failures="1" errors="0" skipped="1" time="1.875">
<testcase classname="cxla pairs" name="attach detach" time="1.250">
</testcase>
<testcase classname="cxla pairs" name="attach #2" time="0.500">
<failure message="the kernel says:&#10;BUG"/>
<system-out>one&#10;two&#10;</system-out>
</testcase>
<testcase classname="cxla pairs" name="mmap" time="0.000">
<skipped message="no device"/>
</testcase>
</testsuite>
</testsuites>
)");
}

TEST(Junit, markup_in_what_is_said_is_no_markup)
{
	std::string text = failure_with("</failure> \"<&>\" ]]>\t'");

	EXPECT_NE(text.find("message=\"&lt;/failure&gt; &quot;&lt;&amp;&gt;&quot; ]]&gt;&#9;'\""),
		  text.npos);
	EXPECT_NE(text.find("<system-out>&lt;/failure&gt; "), text.npos);
}

TEST(AsText, what_is_text_stays_as_it_is)
{
	for (const char *text : {"", "plain\n\ttext", "\u00e9\u20ac\U0001f600\u2028",
				 "\ue000\ufffd", "\\x41", "\U0010ffff"})
		EXPECT_EQ(as_text(text), text);
}

TEST(AsText, control_characters_are_written_in_hexadecimal)
{
	EXPECT_EQ(as_text(std::string("\0\a\x1b[31m\r\x7f", 9)), "\\x00\\x07\\x1b[31m\\x0d\\x7f");
	/* those of 8 bits, and two that XML has none for */
	EXPECT_EQ(as_text("\u0085"), "\\xc2\\x85");
	EXPECT_EQ(as_text("\xef\xbf\xbe\xef\xbf\xbf"), "\\xef\\xbf\\xbe\\xef\\xbf\\xbf");
}

TEST(AsText, bytes_that_are_no_utf8_are_written_in_hexadecimal)
{
	EXPECT_EQ(as_text("a\x80z"), "a\\x80z"); /* begins with none */
	EXPECT_EQ(as_text(std::string_view("\xe2\x82\xac").substr(0, 2)),
		  "\\xe2\\x82"); /* is cut off */
	EXPECT_EQ(as_text("\xe2\x41\x42"), "\\xe2"
					   "AB");                       /* breaks off */
	EXPECT_EQ(as_text("\xc0\xaf"), "\\xc0\\xaf");                   /* longer than needed */
	EXPECT_EQ(as_text("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");          /* the same in three */
	EXPECT_EQ(as_text("\xed\xa0\x80"), "\\xed\\xa0\\x80");          /* half of a pair */
	EXPECT_EQ(as_text("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"); /* beyond the last */
	EXPECT_EQ(as_text("\xff\xfe"), "\\xff\\xfe");
}
