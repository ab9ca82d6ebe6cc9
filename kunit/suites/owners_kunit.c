// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whose a Soft Reserved range is, in every order in which those come and go who
 * have something to say about it: cxla_hmem and cxla_dax as shipped, on the fake
 * fabric, with device-dax of the kernel.
 */
#include "soft_rig.h"

static int stride = IS_ENABLED(CONFIG_KASAN) ? 251 : 5;
module_param(stride, int, 0444);
MODULE_PARM_DESC(stride, "one in so many of the 15120 orders is tried (default: 5, with KASAN 251)");

enum event {
	HMEM_BOUND,
	HMEM_UNBOUND,
	EXPANDER_BOUND,
	EXPANDER_UNBOUND,
	ACCEL_BOUND,
	ACCEL_UNBOUND,
	ROOT_COMES,
	RELOAD,
	NR_EVENTS,
};

static const char * const event_names[NR_EVENTS] = {
	"hmem-bound", "hmem-unbound", "expander-bound", "expander-unbound",
	"accel-bound", "accel-unbound", "root", "reload",
};

/* what happens between two events */
enum pace {
	AT_ONCE,	/* nothing: who is to run later has not run yet */
	BEGUN,		/* work has begun, and waits for what it waits for */
	SETTLED,	/* all of it has ended */
	NR_PACES,
};

struct order {
	enum event events[NR_EVENTS];
	enum pace pace;
	u64 begin_ns;
	bool bound_once;
	char text[160];
};

static void name_order(struct order *order)
{
	int at = scnprintf(order->text, sizeof(order->text), "pace %d:",
			   order->pace);

	for (int i = 0; i < NR_EVENTS; i++)
		at += scnprintf(order->text + at, sizeof(order->text) - at,
				" %s", event_names[order->events[i]]);
}

static void happen(struct kunit *test, struct order *order, enum event event)
{
	struct soft_rig *rig = soft_rig(test);
	int rc = 0;

	switch (event) {
	case HMEM_BOUND:
		/* with its module, unless that is there by now */
		if (!rig->loaded)
			rc = soft_load(rig);
		else if (!soft_is_bound(rig))
			rc = soft_bind(rig);
		break;
	case HMEM_UNBOUND:
		soft_unbind(rig);
		break;
	case EXPANDER_BOUND:
		rc = soft_bind_expander(rig);
		break;
	case EXPANDER_UNBOUND:
		soft_unbind_expander(rig);
		break;
	case ACCEL_BOUND:
		rc = fake_bind(rig->accel);
		break;
	case ACCEL_UNBOUND:
		fake_unbind(rig->accel);
		break;
	case ROOT_COMES:
		soft_root(rig);
		break;
	case RELOAD:
		soft_unload(rig);
		rc = soft_load(rig);
		break;
	default:
		break;
	}
	KUNIT_EXPECT_EQ_MSG(test, rc, 0, "%s: %s", order->text,
			    event_names[event]);
	order->bound_once |= soft_is_bound(rig);
}

/* ------------------------------ invariants ------------------------- */

static bool accel_has_its_range(struct soft_rig *rig)
{
	return rig->accel->accel.wanted && !rig->accel->accel.rc &&
	       !IS_ERR(rig->accel->accel.memdev);
}

static const char *piece_fault(struct kunit *test, const struct order *order,
			       enum soft_id id, const struct range *piece,
			       const struct cxla_verdict *v, bool settled)
{
	struct soft_rig *rig = soft_rig(test);
	bool owned = v->state == CXLA_LEDGER_OWNED;

	if (settled && v->state == CXLA_LEDGER_WAITING)
		return "is waiting, and nobody decides about it any more";
	if (soft_overlap(piece, &accel_range)) {
		if (v->owner == CXLA_OWNER_HMEM || v->owner == CXLA_OWNER_DAX)
			return "is the accelerator's, and went to device-dax";
		if (settled && accel_has_its_range(rig) != owned)
			return "is the accelerator's, and the ledger disagrees";
		return NULL;
	}
	if (owned != soft_is_claimed(piece->start) ||
	    owned != soft_is_claimed(piece->end))
		return "is owned by nobody who claimed it, or the reverse";
	if (owned && v->owner == CXLA_OWNER_DAX &&
	    !cxla_range_contains(&expander_range, piece))
		return "is owned by a region that it is no part of";
	if (!settled || !soft_is_bound(rig) || owned)
		return NULL;
	/* what has no owner then is too small, or the region's */
	if (v->why == CXLA_WHY_TOO_SMALL)
		return range_len(piece) < CXLA_DAX_ALIGN ? NULL :
		       "is called too small";
	if (cxla_range_contains(&expander_range, piece) &&
	    v->why == CXLA_WHY_REGION_GONE)
		return NULL;
	return "has no owner, and was there to be had";
}

static void check_range(struct kunit *test, const struct order *order,
			enum soft_id id, bool settled)
{
	const struct range *range = &soft_ranges[id];
	struct cxla_verdict verdict;
	u64 pos = range->start, time;
	const char *fault;
	struct range found;

	do {
		if (!fake_ledger_find(pos, &found, &verdict, &time) ||
		    found.start > pos) {
			KUNIT_FAIL(test, "%s: %#llx is not in the ledger",
				   order->text, pos);
			return;
		}
		found.start = pos;
		found.end = min(found.end, range->end);
		fault = piece_fault(test, order, id, &found, &verdict, settled);
		/* what was said before this order began is nobody's word here */
		if (!fault && time < order->begin_ns &&
		    !soft_overlap(&found, &accel_range))
			fault = "has an entry from before";
		if (fault)
			KUNIT_FAIL(test, "%s: %#llx-%#llx %s: %s %s %s %s",
				   order->text, found.start, found.end, fault,
				   cxla_owner_str(verdict.owner),
				   cxla_ledger_state_str(verdict.state),
				   cxla_ledger_why_str(verdict.why),
				   verdict.who);
		pos = found.end + 1;
	} while (!fault && found.end < range->end);
}

static void check(struct kunit *test, const struct order *order, bool settled)
{
	if (order->bound_once)
		for (int id = 0; id < SOFT_NR; id++)
			check_range(test, order, id, settled);
	/* nothing is pending: those who listen were told */
	if (settled && soft_rig(test)->loaded)
		KUNIT_EXPECT_EQ_MSG(test, cxla_dax_rc, 0, "%s", order->text);
	KUNIT_EXPECT_EQ_MSG(test, soft_stolen, 0, "%s", order->text);
	KUNIT_EXPECT_EQ_MSG(test, soft_passed_over, 0, "%s", order->text);
	KUNIT_EXPECT_EQ_MSG(test, soft_twice, 0, "%s", order->text);
}

/* nobody is there any more; cxla_hmem comes again, and so do the ranges */
static void nothing_is_lost(struct kunit *test, struct order *order)
{
	struct soft_rig *rig = soft_rig(test);
	struct range found;
	struct cxla_verdict v;
	u64 time;

	order->bound_once = true;
	order->begin_ns = ktime_get_boottime_ns();
	KUNIT_ASSERT_EQ(test, soft_load(rig), 0);
	soft_settle(rig);
	KUNIT_EXPECT_TRUE(test, soft_is_bound(rig));
	check(test, order, true);
	for (int id = 0; id < SOFT_NR; id++) {
		u64 middle = round_up(soft_ranges[id].start, CXLA_DAX_ALIGN);
		bool accel = id == SOFT_INSIDE;

		KUNIT_ASSERT_TRUE(test, fake_ledger_find(middle, &found, &v,
							 &time));
		KUNIT_EXPECT_EQ_MSG(test, v.owner, accel ? CXLA_OWNER_ACCEL :
				    CXLA_OWNER_HMEM, "%s: range %d",
				    order->text, id);
		KUNIT_EXPECT_EQ_MSG(test, v.state, accel ?
				    CXLA_LEDGER_RESERVED : CXLA_LEDGER_OWNED,
				    "%s: range %d", order->text, id);
	}
	soft_tear_down(rig);
	KUNIT_EXPECT_TRUE(test, list_empty(&soft_claims));
}

static void try_order(struct kunit *test, struct order *order,
		      const struct fake_snapshot *before)
{
	struct soft_rig *rig = soft_rig(test);

	name_order(order);
	order->begin_ns = ktime_get_boottime_ns();
	order->bound_once = false;
	soft_forget();
	for (int i = 0; i < NR_EVENTS; i++) {
		happen(test, order, order->events[i]);
		if (order->pace == BEGUN)
			fsleep(10 * USEC_PER_MSEC);
		else if (order->pace == SETTLED)
			soft_settle(rig);
		check(test, order, order->pace == SETTLED);
	}
	soft_settle(rig);
	check(test, order, true);
	soft_tear_down(rig);
	fake_expect_snapshot(test, before);
	nothing_is_lost(test, order);
	fake_expect_snapshot(test, before);
}

/* ------------------------------- orders ---------------------------- */

struct orders {
	struct kunit *test;
	struct fake_snapshot before;
	struct order order;
	unsigned int used;
	unsigned int number;
	unsigned int tried;
};

/* who has not come does not go */
static bool may_be_next(const struct orders *orders, enum event event)
{
	if (orders->used & BIT(event))
		return false;
	if (event == HMEM_UNBOUND || event == EXPANDER_UNBOUND ||
	    event == ACCEL_UNBOUND)
		return orders->used & BIT(event - 1);
	return true;
}

static void try_orders(struct orders *orders, int depth)
{
	if (depth == NR_EVENTS) {
		if (orders->number++ % stride)
			return;
		orders->tried++;
		try_order(orders->test, &orders->order, &orders->before);
		return;
	}
	for (int event = 0; event < NR_EVENTS; event++) {
		/* the first that fails tells enough */
		if (orders->test->status == KUNIT_FAILURE)
			return;
		if (!may_be_next(orders, event))
			continue;
		orders->used |= BIT(event);
		orders->order.events[depth] = event;
		try_orders(orders, depth + 1);
		orders->used &= ~BIT(event);
	}
}

/* an event that may be the first, and how many orders begin with it */
static const struct beginning {
	enum event first;
	enum pace pace;
	unsigned int number;
} beginnings[] = {
	{ HMEM_BOUND, AT_ONCE, 1260 },
	{ HMEM_BOUND, BEGUN, 1260 },
	{ HMEM_BOUND, SETTLED, 1260 },
	{ EXPANDER_BOUND, AT_ONCE, 1260 },
	{ EXPANDER_BOUND, BEGUN, 1260 },
	{ EXPANDER_BOUND, SETTLED, 1260 },
	{ ACCEL_BOUND, AT_ONCE, 1260 },
	{ ACCEL_BOUND, BEGUN, 1260 },
	{ ACCEL_BOUND, SETTLED, 1260 },
	{ ROOT_COMES, AT_ONCE, 630 },
	{ ROOT_COMES, BEGUN, 630 },
	{ ROOT_COMES, SETTLED, 630 },
	{ RELOAD, AT_ONCE, 630 },
	{ RELOAD, BEGUN, 630 },
	{ RELOAD, SETTLED, 630 },
};

static void beginning_name(const struct beginning *beginning, char *name)
{
	static const char * const paces[NR_PACES] = {
		"at once", "begun", "settled"
	};

	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%s, %s",
		 event_names[beginning->first], paces[beginning->pace]);
}

KUNIT_ARRAY_PARAM(beginning, beginnings, beginning_name);

static void every_byte_has_an_owner_or_a_reason_in_every_order(struct kunit *test)
{
	struct orders *orders = kunit_kzalloc(test, sizeof(*orders), GFP_KERNEL);
	const struct beginning *beginning = test->param_value;
	struct soft_rig *rig = soft_rig(test);

	KUNIT_ASSERT_NOT_NULL(test, orders);
	KUNIT_ASSERT_GT(test, stride, 0);
	orders->test = test;
	/* the bus is known from the first root on, and so what is counted */
	soft_root(rig);
	soft_tear_down(rig);
	orders->before = fake_snapshot();
	orders->order.pace = beginning->pace;
	orders->order.events[0] = beginning->first;
	orders->used = BIT(beginning->first);
	try_orders(orders, 1);
	if (test->status == KUNIT_SUCCESS)
		KUNIT_EXPECT_EQ(test, orders->number, beginning->number);
	KUNIT_EXPECT_GT(test, orders->tried, 0);
}

static struct kunit_case owners_cases[] = {
	KUNIT_CASE_PARAM(every_byte_has_an_owner_or_a_reason_in_every_order,
			 beginning_gen_params),
	{}
};

static struct kunit_suite owners_suite = {
	.name = "owners_kunit",
	.init = soft_init,
	.exit = soft_exit,
	.test_cases = owners_cases,
};

kunit_test_suite(owners_suite);

MODULE_DESCRIPTION("KUnit: whose a Soft Reserved range is, in every order");
MODULE_LICENSE("GPL");
