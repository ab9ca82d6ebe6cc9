// SPDX-License-Identifier: GPL-2.0-only
/* What may come of what actors do. */
#include "stress/deed.h"

#include <cerrno>
#include <gtest/gtest.h>

using namespace cxla;

TEST(Deeds, each_has_a_name_and_success_or_an_error_that_is_allowed)
{
	for (int deed = 0; deed <= static_cast<int>(Deed::BindDax); deed++) {
		bool any = false;

		EXPECT_STRNE(deed_name(static_cast<Deed>(deed)), "");
		for (int err = 0; err < 134; err++)
			any |= is_allowed(static_cast<Deed>(deed), true, err);
		EXPECT_TRUE(any) << deed_name(static_cast<Deed>(deed));
		/* of the errors that tell of a bug none is */
		for (int err : {ENOMEM, EIO, ETIMEDOUT, EPERM, ERANGE, 517})
			EXPECT_FALSE(is_allowed(static_cast<Deed>(deed), true, err))
				<< deed_name(static_cast<Deed>(deed)) << errno_name(err);
	}
}

TEST(Deeds, what_must_be_refused_may_not_succeed)
{
	EXPECT_FALSE(is_allowed(Deed::ChangeRegion, true, 0));
	EXPECT_FALSE(is_allowed(Deed::OnLossWrong, true, 0));
	EXPECT_TRUE(is_allowed(Deed::ChangeRegion, true, EBUSY));
	EXPECT_TRUE(is_allowed(Deed::OnLossWrong, true, EINVAL));
	EXPECT_FALSE(is_allowed(Deed::OnLoss, true, EINVAL));
}

TEST(Deeds, what_is_locked_may_not_be_deleted_or_uncommitted)
{
	EXPECT_TRUE(is_allowed(Deed::DeleteRegion, true, 0));
	EXPECT_TRUE(is_allowed(Deed::Uncommit, true, 0));
	EXPECT_FALSE(is_allowed(Deed::DeleteLocked, true, 0));
	EXPECT_FALSE(is_allowed(Deed::UncommitLocked, true, 0));
	EXPECT_TRUE(is_allowed(Deed::UncommitLocked, true, EBUSY));
	/* caches are of no matter to what is decoded from now on */
	EXPECT_TRUE(is_allowed(Deed::Uncommit, true, EOPNOTSUPP));
	EXPECT_FALSE(is_allowed(Deed::Commit, true, EOPNOTSUPP));
}

TEST(Deeds, what_only_looks_or_is_refused_is_no_work_that_memory_could_grow_by)
{
	EXPECT_TRUE(makes_a_change(Deed::BindAccel));
	EXPECT_TRUE(makes_a_change(Deed::LoadModule));
	EXPECT_FALSE(makes_a_change(Deed::ReadAttribute));
	EXPECT_FALSE(makes_a_change(Deed::ChangeRegion));
}

TEST(Deeds, an_accelerator_is_bound_with_or_without_a_range)
{
	EXPECT_FALSE(is_allowed(Deed::BindAccel, true, ENXIO));
	EXPECT_TRUE(is_allowed(Deed::BindOther, true, ENXIO));
}

TEST(Deeds, only_files_that_come_and_go_may_be_missing)
{
	EXPECT_FALSE(is_allowed(Deed::Unbind, false, ENOENT));
	EXPECT_FALSE(is_allowed(Deed::BindRoot, false, ENOENT));
	EXPECT_TRUE(is_allowed(Deed::Commit, false, ENOENT));
	EXPECT_FALSE(is_allowed(Deed::Commit, false, EACCES));
}
