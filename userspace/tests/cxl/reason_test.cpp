// SPDX-License-Identifier: GPL-2.0-only
// What the program says of a reason, against the header that lists them.
#include "cxl/reason.h"

#include <gtest/gtest.h>
#include <linux/cxla.h>
#include <set>
#include <string>

namespace cxla
{
namespace
{

TEST(Reason, every_reason_of_the_header_has_a_word_a_meaning_and_a_remedy)
{
	std::set<std::string> words;

	for (uint32_t n = 0; n < CXLA_NR_REASONS; n++) {
		ReasonText text = reason_by_number(n);

		EXPECT_NE(text.word, "?") << n;
		EXPECT_FALSE(text.meaning.empty()) << n;
		EXPECT_EQ(text.todo.empty(), n == CXLA_REASON_NONE) << n;
		EXPECT_TRUE(words.insert(std::string(text.word)).second) << n;
		EXPECT_EQ(reason_by_word(text.word).meaning, text.meaning) << n;
	}
}

TEST(Reason, reason_of_newer_modules_is_told_to_be_unknown)
{
	EXPECT_EQ(reason_by_number(CXLA_NR_REASONS).word, "?");
	EXPECT_EQ(reason_by_word("from-the-future").word, "from-the-future");
	EXPECT_NE(reason_by_word("from-the-future").todo.find("update"), std::string_view::npos);
}

} // namespace
} // namespace cxla
