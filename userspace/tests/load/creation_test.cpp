// SPDX-License-Identifier: GPL-2.0-only
/* That cxla_accel makes regions is asked for as long as somebody wants it. */
#include "load/attach.h"

#include "planning.h"

namespace cxla::test
{
namespace
{

constexpr const char *create_file = "/sys/module/cxla_accel/parameters/create_regions";

TEST(Creation, is_wanted_while_a_command_attaches_and_no_longer)
{
	MadeUpRoot made;

	made.add_kernel();
	made.file(create_file, "N\n");
	{
		RegionCreation creation(made.root());

		EXPECT_EQ(made.root().text(create_file).value_or(""), "Y");
	}
	EXPECT_EQ(made.root().text(create_file).value_or(""), "N");
}

TEST(Creation, that_somebody_wants_anyway_stays)
{
	MadeUpRoot made;

	made.file(create_file, "Y\n");
	{
		RegionCreation creation(made.root());
	}
	EXPECT_EQ(made.root().text(create_file).value_or(""), "Y");
}

TEST(Creation, is_refused_by_modules_that_do_not_know_it)
{
	MadeUpRoot made;

	EXPECT_THROW(RegionCreation creation(made.root()), Error);
}

} // namespace
} // namespace cxla::test
