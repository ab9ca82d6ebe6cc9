// SPDX-License-Identifier: GPL-2.0-only
/* What may come of what actors do. */
#include "stress/action.h"

#include <cerrno>
#include <gtest/gtest.h>

using namespace cxla;

TEST(Actions, each_has_a_name_and_success_or_an_error_that_is_allowed)
{
	for (int action = 0; action <= static_cast<int>(Action::BindDax); action++) {
		bool any = false;

		EXPECT_STRNE(action_name(static_cast<Action>(action)), "");
		for (int err = 0; err < 134; err++)
			any |= is_allowed(static_cast<Action>(action), true, err);
		EXPECT_TRUE(any) << action_name(static_cast<Action>(action));
		/* of the errors that tell of a bug none is */
		for (int err : {ENOMEM, EIO, ETIMEDOUT, EPERM, ERANGE, 517})
			EXPECT_FALSE(is_allowed(static_cast<Action>(action), true, err))
				<< action_name(static_cast<Action>(action)) << errno_name(err);
	}
}

TEST(Actions, what_must_be_refused_may_not_succeed)
{
	EXPECT_FALSE(is_allowed(Action::ChangeRegion, true, 0));
	EXPECT_FALSE(is_allowed(Action::OnLossWrong, true, 0));
	EXPECT_TRUE(is_allowed(Action::ChangeRegion, true, EBUSY));
	EXPECT_TRUE(is_allowed(Action::OnLossWrong, true, EINVAL));
	EXPECT_FALSE(is_allowed(Action::OnLoss, true, EINVAL));
}

TEST(Actions, what_is_locked_may_not_be_deleted_or_uncommitted)
{
	EXPECT_TRUE(is_allowed(Action::DeleteRegion, true, 0));
	EXPECT_TRUE(is_allowed(Action::Uncommit, true, 0));
	EXPECT_FALSE(is_allowed(Action::DeleteLocked, true, 0));
	EXPECT_FALSE(is_allowed(Action::UncommitLocked, true, 0));
	EXPECT_TRUE(is_allowed(Action::UncommitLocked, true, EBUSY));
	/* caches are of no matter to what is decoded from now on */
	EXPECT_TRUE(is_allowed(Action::Uncommit, true, EOPNOTSUPP));
	EXPECT_FALSE(is_allowed(Action::Commit, true, EOPNOTSUPP));
}

TEST(Actions, what_only_looks_or_is_refused_is_no_work_that_memory_could_grow_by)
{
	EXPECT_TRUE(makes_a_change(Action::BindAccel));
	EXPECT_TRUE(makes_a_change(Action::LoadModule));
	EXPECT_FALSE(makes_a_change(Action::ReadAttribute));
	EXPECT_FALSE(makes_a_change(Action::ChangeRegion));
}

TEST(Actions, an_accelerator_is_bound_with_or_without_a_range)
{
	EXPECT_FALSE(is_allowed(Action::BindAccel, true, ENXIO));
	EXPECT_TRUE(is_allowed(Action::BindOther, true, ENXIO));
}

TEST(Actions, only_files_that_come_and_go_may_be_missing)
{
	EXPECT_FALSE(is_allowed(Action::Unbind, false, ENOENT));
	EXPECT_FALSE(is_allowed(Action::BindRoot, false, ENOENT));
	EXPECT_TRUE(is_allowed(Action::Commit, false, ENOENT));
	EXPECT_FALSE(is_allowed(Action::Commit, false, EACCES));
}
