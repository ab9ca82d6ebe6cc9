// SPDX-License-Identifier: GPL-2.0-only
// Every target of fuzzing that is linked with these tests, with the inputs that are kept for it.
#include "corpus.h"

#include <gtest/gtest.h>

namespace
{

class Fuzzed : public ::testing::TestWithParam<std::string>
{
};

TEST_P(Fuzzed, inputs_that_are_kept_break_no_rule)
{
	const auto target = cxla::fuzz::targets().at(GetParam());
	const auto inputs = cxla::fuzz::kept_inputs(CXLA_TOP, GetParam());

	EXPECT_GE(inputs.size(), 5U) << "tools/fuzz --keep has more";
	for (const auto &input : inputs)
		EXPECT_EQ(cxla::fuzz::broken_rule(target, input.bytes), "")
			<< GetParam() << ", input " << input.name;
}

std::vector<std::string> names()
{
	std::vector<std::string> all;

	for (const auto &[name, target] : cxla::fuzz::targets())
		all.push_back(name);
	return all;
}

INSTANTIATE_TEST_SUITE_P(Targets, Fuzzed, ::testing::ValuesIn(names()),
			 [](const auto &info) { return info.param; });

} // namespace
