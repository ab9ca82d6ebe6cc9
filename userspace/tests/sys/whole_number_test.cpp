// SPDX-License-Identifier: GPL-2.0-only
/* Numbers of a JSON document that somebody else has written. */
#include "sys/whole_number.h"

#include <gtest/gtest.h>

using namespace cxla;

namespace
{

template <class T> T number_in_text(const char *text)
{
	return whole_number<T>(nlohmann::json::parse(text));
}

} // namespace

TEST(WholeNumber, is_taken_if_the_type_holds_it)
{
	EXPECT_EQ(number_in_text<uint64_t>("18446744073709551615"), UINT64_MAX);
	EXPECT_EQ(number_in_text<uint32_t>("4294967295"), UINT32_MAX);
	EXPECT_EQ(number_in_text<unsigned>("0"), 0U);
	EXPECT_EQ(whole_number<unsigned>(nlohmann::json(7)), 7U);
}

TEST(WholeNumber, is_refused_if_the_type_does_not_hold_it)
{
	for (const char *text : {"-1", "1.0", "1.5", "1e308", "-1e308", "4294967296", "null",
				 "\"1\"", "[1]", "true", "18446744073709551616"})
		EXPECT_THROW(number_in_text<uint32_t>(text), Error) << text;
}
