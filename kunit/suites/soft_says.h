/* SPDX-License-Identifier: GPL-2.0-only */
/* what tests of the machine in soft_rig.h ask of the ledger */
#ifndef KUNIT_SOFT_SAYS_H
#define KUNIT_SOFT_SAYS_H

#include "soft_rig.h"

static inline struct cxla_verdict verdict_at(u64 hpa)
{
	struct cxla_verdict verdict = { };
	struct range range;
	u64 time;

	if (!fake_ledger_find(hpa, &range, &verdict, &time) ||
	    range.start > hpa)
		verdict.why = CXLA_NR_WHYS;
	return verdict;
}

static inline void says(struct kunit *test, u64 hpa, enum cxla_owner owner,
			enum cxla_ledger_state state, enum cxla_ledger_why why)
{
	struct cxla_verdict found = verdict_at(hpa);

	KUNIT_ASSERT_LT_MSG(test, found.why, CXLA_NR_WHYS,
			    "%#llx is not in the ledger", hpa);
	KUNIT_EXPECT_STREQ_MSG(test, cxla_owner_str(found.owner),
			       cxla_owner_str(owner), "%#llx", hpa);
	KUNIT_EXPECT_STREQ_MSG(test, cxla_ledger_state_str(found.state),
			       cxla_ledger_state_str(state), "%#llx", hpa);
	KUNIT_EXPECT_STREQ_MSG(test, cxla_ledger_why_str(found.why),
			       cxla_ledger_why_str(why), "%#llx", hpa);
}

static inline u64 lone(void)
{
	return soft_ranges[SOFT_LONE].start;
}

static inline u64 inside(void)
{
	return soft_ranges[SOFT_INSIDE].start;
}

static inline void load(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, soft_load(soft_rig(test)), 0);
	KUNIT_ASSERT_TRUE(test, soft_is_bound(soft_rig(test)));
}

static inline void load_and_settle(struct kunit *test)
{
	load(test);
	soft_settle(soft_rig(test));
}

#endif /* KUNIT_SOFT_SAYS_H */
